"""Run one query on the warehouse and show or write its result."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from instacart.config import shown
from instacart.errors import UserError, one_line
from instacart.files import replaced_when_complete
from instacart.warehouse import Warehouse, literal, open_warehouse

FORMATS = {".csv": "csv, header", ".parquet": "parquet", ".json": "json, array true"}
STANDARD_OUTPUT = "/dev/stdout"
# Columns of a terminal that nobody sees, as in a pipe.
WIDE = 10_000


def run(
    file: Path | None, command: str | None, out: Path | None, to: str, rows: int
) -> None:
    """Run the query of a file or of a command line, read-only.

    out: file to write; its ending names the format. Else `to` says what is printed: a
    table of at most `rows` rows, csv or json. Raises UserError.
    """
    sql = read(file) if file else str(command)
    where = shown(file) if file else "the query"
    if out and out.suffix.lower() not in FORMATS:
        raise UserError(
            f"a name that ends in {', '.join(FORMATS)}", shown(out), "name another"
        )
    with open_warehouse() as warehouse:
        try:
            relation = only_query(warehouse, sql, where)
            if out:
                with replaced_when_complete(out) as work:
                    copy(relation, work, FORMATS[out.suffix.lower()])
                print(f"Written    {shown(out)} ({out.stat().st_size / 1e3:,.1f} kB)")
            elif to == "table":
                show(relation, rows)
            else:
                copy(relation, Path(STANDARD_OUTPUT), FORMATS[f".{to}"])
        except duckdb.Error as error:
            raise UserError(
                f"{where} to run on {shown(warehouse.path)}",
                one_line(error),
                "correct it; `instacart query -c 'show all tables'` lists the tables",
            ) from None


def read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"a query in {shown(file)}", one_line(error), "name a file with SQL"
        ) from None


def only_query(warehouse: Warehouse, sql: str, where: str) -> duckdb.DuckDBPyRelation:
    """The query as a relation; raises UserError for none, several, or no query."""
    statements = warehouse.connection.extract_statements(sql)
    if len(statements) != 1:
        raise UserError(f"one query in {where}", f"{len(statements)}", "leave one")
    relation = warehouse.connection.sql(statements[0].query)
    if relation is None:
        raise UserError(
            f"a query in {where}", "a statement without a result", "write a select"
        )
    return relation


def show(relation: duckdb.DuckDBPyRelation, rows: int) -> None:
    """Print the first rows as a table as wide as the terminal."""
    width = shutil.get_terminal_size((WIDE, 0)).columns
    relation.show(max_rows=rows, max_width=width, max_col_width=width)


def copy(relation: duckdb.DuckDBPyRelation, path: Path, options: str) -> None:
    relation.query(
        "result", f"copy (from result) to {literal(path)} (format {options})"
    )
