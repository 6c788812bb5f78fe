"""Compare all tables of two published files, row by row.

Keys, counts, labels, money and text must be equal; doubles may differ in the last
digits, as the order in which an engine adds is its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
from instacart import config
from instacart.warehouse import identifier, literal

# Of the larger of two doubles.
TOLERANCE = 1e-9
# When a file was published, of which build and after which other one, is its own.
NOT_COMPARED = ["build_info", "changes_since_last_version"]
SHOWN = 3

Columns = list[tuple[str, str]]


@dataclass
class Compared:
    """What was compared of two files, and what differs."""

    tables: int
    rows: int
    # A line each: the table, and what differs in it.
    differences: list[str]


def compare(one: Path, other: Path) -> Compared:
    """Compare two published files, that of DuckDB first."""
    with duckdb.connect(config={**config.duckdb_limits()}) as connection:
        for name, path in {"one": one, "other": other}.items():
            connection.execute(f"attach {literal(path)} as {name} (read_only)")
        tables = {name: tables_of(connection, name) for name in ("one", "other")}
        found = Compared(len(tables["one"]), 0, [])
        for table in sorted(tables["one"].keys() | tables["other"].keys()):
            columns = [tables[name].get(table) for name in ("one", "other")]
            if columns[0] is None or columns[1] is None:
                engine = "DuckDB" if columns[1] is None else "Spark"
                found.differences.append(f"{table}: built by {engine} only")
            elif columns[0] != columns[1]:
                changed = sorted(set(columns[0]) ^ set(columns[1]))
                found.differences.append(f"{table}: other columns, {changed}")
            else:
                rows, lines = compare_rows(connection, table, columns[0])
                found.rows += rows
                found.differences += [f"{table}: {line}" for line in lines]
    return found


def tables_of(
    connection: duckdb.DuckDBPyConnection, database: str
) -> dict[str, Columns]:
    """Names and types of the columns of each table, in their order."""
    rows = connection.execute(
        "select schema_name || '.' || table_name, column_name, data_type"
        " from duckdb_columns() where database_name = $1 and table_name not in $2"
        " order by schema_name, table_name, column_index",
        [database, NOT_COMPARED],
    ).fetchall()
    found: dict[str, Columns] = {}
    for table, column, kind in rows:
        found.setdefault(table, []).append((column, kind))
    return found


def compare_rows(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Columns
) -> tuple[int, list[str]]:
    """The number of rows of a table, and lines that say what differs in them."""
    counts = [
        connection.execute(f"select count(*) from {name}.{table}").fetchall()[0][0]
        for name in ("one", "other")
    ]
    if counts[0] != counts[1]:
        lines = [f"{counts[0]:,} rows on DuckDB, {counts[1]:,} on Spark"]
        return counts[0], [*lines, *rows_of_one_only(connection, table, columns)]
    return counts[0], list(rows_that_differ(connection, table, columns))


def rows_that_differ(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Columns
) -> Iterator[str]:
    """A line for each of the first rows that differ, where both files are sorted."""
    is_double = {name: kind == "DOUBLE" for name, kind in columns}
    # What is exact comes first: it says which row is which.
    order = ", ".join(
        identifier(name) for name in sorted(is_double, key=lambda name: is_double[name])
    )
    numbered = f"select row_number() over (order by {order}) as n, * from"
    differs = " or ".join(
        differing(identifier(name), is_double[name]) for name in is_double
    )
    rows = connection.execute(
        f"with a as ({numbered} one.{table}), b as ({numbered} other.{table})"
        f" select a, b from a inner join b on a.n = b.n where {differs} order by a.n"
    ).fetchall()
    for a, b in rows[:SHOWN]:
        values = [
            f"{name} {a[name]!r} and {b[name]!r}" for name in a if a[name] != b[name]
        ]
        yield f"row {a['n']:,} has {', '.join(values)}"
    if len(rows) > SHOWN:
        yield f"{len(rows):,} rows differ"


def differing(column: str, is_double: bool) -> str:
    """A condition: whether a column differs between rows a and b."""
    condition = f"a.{column} is distinct from b.{column}"
    if is_double:
        are_finite = f"isfinite(a.{column}) and isfinite(b.{column})"
        largest = f"greatest(abs(a.{column}), abs(b.{column}))"
        is_near = f"abs(a.{column} - b.{column}) <= {TOLERANCE} * {largest}"
        condition += f" and not coalesce({are_finite} and {is_near}, false)"
    return f"({condition})"


def rows_of_one_only(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Columns
) -> Iterator[str]:
    """Some rows that only one file has, by their exact columns."""
    names = ", ".join(identifier(name) for name, kind in columns if kind != "DOUBLE")
    for engine, with_it, without in (
        ("DuckDB", "one", "other"),
        ("Spark", "other", "one"),
    ):
        rows = connection.execute(
            f"select {names} from {with_it}.{table} except all"
            f" select {names} from {without}.{table} order by all limit {SHOWN}"
        ).fetchall()
        for row in rows:
            yield f"on {engine} only: {row}"
