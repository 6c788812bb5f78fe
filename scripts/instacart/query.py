"""Run one query on the warehouse and show or write its result."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from instacart.config import shown
from instacart.errors import UserError, one_line, printable
from instacart.files import replaced_when_complete
from instacart.text_table import table_lines
from instacart.warehouse import Warehouse, literal, open_warehouse, stoppable
from instacart.words import plural

# What `copy` is told, by the ending of a file's name.
FORMATS = {
    ".csv": "format csv, header",
    ".parquet": "format parquet",
    ".json": "format json, array true",
}
JINJA = re.compile(r"\{[{%]")
# Where DuckDB quotes the query: below its message, with a mark under the word.
QUOTED_LINE = re.compile(r"\s*LINE (\d+): .*", re.DOTALL)


def run(
    file: Path | None, command: str | None, out: Path | None, to: str, limit: int
) -> Iterator[str]:
    """Run the query of a file or of a command line; give the lines to print.

    out: file to write; its ending names the format. Else `to` says what is printed: a
    table of at most `limit` rows, csv or json. Raises UserError.
    """
    where = f"in {shown(file)}" if file else "after -c"
    sql = read(file) if file else str(command)
    if out and out.suffix.lower() not in FORMATS:
        raise UserError(
            f"a name that ends in {', '.join(FORMATS)}",
            shown(out),
            "name another file with --out",
        )
    with open_warehouse() as warehouse, said_in_a_sentence(where):
        print(warehouse.shown_build(), file=sys.stderr)
        take_variables_for_tables(warehouse, False)
        check_is_one_query(warehouse, sql, where)
        if out:
            with replaced_when_complete(out) as work:
                copy(warehouse, sql, work)
            yield f"Written    {shown(out)} ({out.stat().st_size / 1e3:,.1f} kB)"
        elif to == "table":
            yield from table(warehouse, sql, limit)
        else:
            print_file(warehouse, sql, f".{to}")


def read(file: Path) -> str:
    """The SQL of a file."""
    try:
        sql = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"a query in {shown(file)}", one_line(error), "name a file with SQL"
        ) from None
    if JINJA.search(sql):
        raise UserError(
            f"plain SQL in {shown(file)}",
            "Jinja, which dbt has to render",
            "run `dbt compile` and name the file of that name in target/compiled",
        )
    return sql


def check_is_one_query(warehouse: Warehouse, sql: str, where: str) -> None:
    """Refuse none or several statements, and any that is not a query.

    The connection is read-only, but `copy`, `attach` and `export` would still write
    other files.
    """
    statements = warehouse.connection.extract_statements(sql)
    # DuckDB makes two of a pivot: one to find its columns, one to fill them.
    is_pivot = bool(statements) and not any(each.query for each in statements)
    if len(statements) != 1 and not is_pivot:
        raise UserError(
            f"one query {where}",
            f"{len(statements) or 'no'} statements",
            "leave one" if statements else "write a select",
        )
    if statements[-1].type != duckdb.StatementType.SELECT:
        kind = statements[-1].type.name.lower().replace("_", " ")
        raise UserError(
            f"a query {where}, which only reads",
            f"the statement {kind}",
            "write a select",
        )


@contextmanager
def said_in_a_sentence(where: str) -> Iterator[None]:
    """Turn what DuckDB says of somebody's query into a UserError."""
    try:
        with stoppable():
            yield
    except duckdb.Error as error:
        text = str(error)
        line = QUOTED_LINE.search(text)
        message = one_line(QUOTED_LINE.sub("", text)).rstrip("?")
        raise UserError(
            f"a query {where} that the warehouse can answer",
            (f"in line {line[1]}: " if line else "") + message,
            "correct it (`instacart query -c 'show all tables'` lists the tables)",
        ) from None


def copy(warehouse: Warehouse, sql: str, path: Path) -> None:
    """Write the result to a file, in the format that its name's ending says."""
    result = warehouse.connection.sql(sql)  # noqa: F841
    options = FORMATS[path.suffix.lower()]
    # DuckDB then finds it by the name of the variable.
    take_variables_for_tables(warehouse, True)
    warehouse.connection.execute(f"copy (from result) to {literal(path)} ({options})")


def take_variables_for_tables(warehouse: Warehouse, is_on: bool) -> None:
    """Whether a query may name a variable of this module where it names a table."""
    warehouse.execute(f"set python_enable_replacements = {is_on}")


def print_file(warehouse: Warehouse, sql: str, ending: str) -> None:
    """Print what a file of that ending would hold."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"result{ending}"
        copy(warehouse, sql, path)
        if sys.stdout.isatty():
            # Programs need the data as it is; a terminal would act on it.
            print(printable(path.read_text("utf-8"), but="\n\t"), end="")
        else:
            with path.open("rb") as written:
                shutil.copyfileobj(written, sys.stdout.buffer)
    sys.stdout.flush()


def table(warehouse: Warehouse, sql: str, limit: int) -> Iterator[str]:
    """The lines of a table with the first rows, and how many there are."""
    cursor = warehouse.connection.execute(sql)
    names = [column[0] for column in cursor.description]
    rows = cursor.fetchmany(limit + 1)
    # A pipe, unlike a terminal, is never too narrow.
    width = shutil.get_terminal_size((sys.maxsize, 0)).columns
    yield from table_lines(names, rows[:limit], width)
    yield ""
    yield row_count(warehouse, sql, len(rows), limit)


def row_count(warehouse: Warehouse, sql: str, fetched: int, limit: int) -> str:
    """How many rows the result has, and how many of them are not shown."""
    if fetched <= limit:
        return plural(fetched, "row")
    counted = warehouse.connection.sql(sql).aggregate("count(*)").fetchall()
    (count,) = counted[0]
    return (
        f"{limit:,} of {count:,} rows ({count - limit:,} left out; --rows shows more,"
        " --out writes all)"
    )
