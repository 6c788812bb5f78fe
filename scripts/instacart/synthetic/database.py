"""The DuckDB file in which generated rows are collected, sorted and written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import numpy as np

from instacart import config
from instacart.warehouse import literal


@contextmanager
def working_database(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a new database in a folder, in which it spills as well."""
    con = duckdb.connect(str(folder / "work.duckdb"))
    try:
        limit = config.setting("INSTACART_MEMORY_LIMIT")
        con.execute(f"SET memory_limit = {literal(limit)}")
        con.execute(f"SET temp_directory = {literal(folder / 'spill')}")
        # Files are written in the order of their query.
        con.execute("SET preserve_insertion_order = true")
        con.execute("SET enable_progress_bar = false")
        yield con
    finally:
        con.close()


def insert(
    con: duckdb.DuckDBPyConnection, table: str, rows: dict[str, np.ndarray]
) -> None:
    """Append `rows`, one array per column in the table's order, to a table."""
    # DuckDB finds the argument by its name.
    con.execute(f"INSERT INTO {table} SELECT * FROM rows")


def row_count(con: duckdb.DuckDBPyConnection, rows: str) -> int:
    """Return how many rows a table, or a table with a condition, has."""
    found: int = con.execute(f"SELECT count(*) FROM {rows}").fetchall()[0][0]
    return found
