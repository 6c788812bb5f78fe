"""What tests share: raw packages, ways to spoil them, and a warehouse to build."""
