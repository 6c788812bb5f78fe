"""Versions of a database whose every table tells which version it belongs to.

Rows of totals are (table, lowest build, highest build, rows, sum of values).
"""

from __future__ import annotations

Totals = list[tuple[str, int, int, int, int]]

# Rows of each table, of the first version.
TABLES = {
    "data_quality.file_row_counts": 5,
    "marts.dim_customers": 2_000,
    "marts.fct_order_products": 50_000,
    "marts.fct_orders": 10_000,
    "marts.rpt_departments": 21,
}
QUERY = (
    " union all ".join(
        f"select '{table}' as table_name, min(build), max(build), count(*),"
        f" cast(sum(value) as bigint) from {table}"
        for table in TABLES
    )
    + " order by 1"
)


def statements(build: int) -> list[str]:
    """What makes a build's tables in a database that has their schemas."""
    return [
        f"create or replace table {table} as"
        f" select {build} as build, {build} * value as value"
        f" from range({rows + build}) as numbers(value)"
        for table, rows in TABLES.items()
    ]


def totals(build: int) -> Totals:
    """What QUERY gives where all tables are of one build."""
    return [
        (table, build, build, rows + build, build * sum(range(rows + build)))
        for table, rows in TABLES.items()
    ]
