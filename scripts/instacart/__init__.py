"""The Instacart warehouse's command `instacart`, and dbt's plugin."""
