"""The same project on Spark: a cluster on this machine, and builds on any."""
