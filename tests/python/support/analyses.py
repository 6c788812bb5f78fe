"""The queries of analyses/, and what they say of a warehouse."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
from instacart.config import PROJECT_DIR

from support.warehouse import Built

ANALYSES = {
    path.stem: path for path in sorted((PROJECT_DIR / "analyses").glob("*.sql"))
}
# With Jinja a query is no example to paste: the comparison with published figures only.
TEMPLATED = {"synthetic_data_fidelity"}
PLAIN = [name for name in ANALYSES if name not in TEMPLATED]
Row = dict[str, Any]
Rows = list[Row]


def text_of(name: str) -> str:
    return ANALYSES[name].read_text("utf-8")


def tables_of(name: str) -> set[str]:
    return set(re.findall(r"\b(?:from|join) (\w+\.\w+)", text_of(name)))


def all_tables() -> set[str]:
    """What plain queries read."""
    return set().union(*map(tables_of, PLAIN))


def rows_of(database: Path, sql: str, threads: int = 1) -> Rows:
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute(f"set threads = {threads}")
        connection.execute(f"set preserve_insertion_order = {threads == 1}")
        return fetched(connection.execute(sql))


def fetched(result: duckdb.DuckDBPyConnection) -> Rows:
    columns = [column[0] for column in result.description]
    return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


def column(rows: Rows, name: str) -> list:
    return [row[name] for row in rows]


def by(rows: Rows, *keys: str) -> dict:
    """Rows by one column, or by several."""
    found = {
        row[keys[0]] if len(keys) == 1 else tuple(row[key] for key in keys): row
        for row in rows
    }
    assert len(found) == len(rows)
    return found


def attach_copy(
    connection: duckdb.DuckDBPyConnection, built: Built, beginning: str
) -> None:
    """Copy what a query reads, to be changed."""
    (name,) = (each for each in PLAIN if each.startswith(beginning))
    connection.execute(f"attach '{built.database}' as built (read_only)")
    connection.execute("create schema marts")
    for table in tables_of(name):
        connection.execute(f"create table {table} as from built.{table}")
