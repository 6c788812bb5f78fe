"""What a new file has otherwise than the one before: changes_since_last_version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
from duckdb import DuckDBPyConnection

# What the query of the changes reads: tables of the connection that publishes.
BEFORE, NOW = "figures_before", "figures_now"
FIGURES = "data_quality.headline_figures"
CHANGES = "data_quality.changes_since_last_version"


def published_figures(path: Path) -> list[tuple[Any, ...]]:
    """The figures of a published file; none where it can't be read or has none.

    By a connection of its own: a damaged file can make one unusable.
    """
    if not path.is_file():
        return []
    query = (
        "select figure, dimension, dimension_value, cast(customer_count as bigint),"
        f" cast(figure_value as double) from {FIGURES}"
    )
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            return connection.execute(query).fetchall()
    except duckdb.Error:
        return []


def write_changes(
    connection: DuckDBPyConnection, database: str, before: Path, query: str
) -> None:
    """Fill the table of a database with what a query finds, if there was a file before.

    query: reads BEFORE and NOW, which both have the columns of headline_figures.
    """
    figures = published_figures(before)
    if not figures:
        return
    now = f"{database}.{FIGURES}"
    connection.execute(f"create or replace temp view {NOW} as from {now}")
    connection.execute(f"create or replace temp table {BEFORE} as from {now} limit 0")
    connection.executemany(f"insert into {BEFORE} values (?, ?, ?, ?, ?)", figures)
    connection.execute(f"insert into {database}.{CHANGES} by name {query}")
    connection.execute(f"drop table {BEFORE}")
    connection.execute(f"drop view {NOW}")
