"""Write the published tables of the warehouse to one Excel workbook.

Reads the schemas marts and data_quality and writes a list of contents, a list of
columns, and a sheet per table. A table with more rows than a sheet can hold is written
as Parquet beside the workbook. The same warehouse file gives the same bytes, and an
existing file is replaced when the new one is complete.
"""

from __future__ import annotations

import glob
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import duckdb
from xlsxwriter.exceptions import XlsxWriterException

from instacart import words
from instacart.config import shown
from instacart.errors import UserError, one_line
from instacart.export.book import Book, sides, write_sheet
from instacart.export.tables import (
    Column,
    Table,
    measure_widths,
    read_rows,
    read_tables,
)
from instacart.files import check_workbook_name, replaced_when_complete
from instacart.report.design import BLUE, CELL_CHARACTERS
from instacart.report.facts import COURSE, INSTACART, read_origin
from instacart.warehouse import Warehouse, literal, open_warehouse

# Excel's 1,048,576 rows less the header.
SHEET_ROWS = 1_048_575
# With what Python and XlsxWriter take, a full-size export stays below 1 GB.
MEMORY_LIMIT = "400MB"


def export(target: Path, say: Callable[[str], None] = print) -> list[str]:
    """Write the workbook and what doesn't fit in it; return the lines of a summary.

    `say` gets lines of progress. Raises UserError, with existing files as they
    were, if there is no warehouse to read or a target can't be written.
    """
    start = time.monotonic()
    check_workbook_name(target)
    with open_warehouse(MEMORY_LIMIT) as warehouse:
        tables = read_tables(warehouse)
        sheets = [table for table in tables if fits(table)]
        others = [table for table in tables if not fits(table)]
        with ExitStack() as complete:
            works = {}
            for table in others:
                path = parquet_path(table, target)
                if path.exists() and not is_ours(warehouse, path, target):
                    raise UserError(
                        f"no {shown(path)}, or one that an export to {shown(target)}"
                        " wrote",
                        "another file",
                        "move it away, or name another folder with --out",
                    )
                works[table.name] = complete.enter_context(replaced_when_complete(path))
            work = complete.enter_context(replaced_when_complete(target))
            warehouse.spill_to(work.parent / "spill")
            for table in others:
                write_parquet(warehouse, table, works[table.name], target, say)
            cut = write_workbook(warehouse, tables, work, say)
        # Of earlier exports, whose tables are sheets now.
        outdated = [
            path
            for path in (parquet_path(table, target) for table in sheets)
            if is_ours(warehouse, path, target)
        ]
        for path in outdated:
            path.unlink()
    rows = sum(table.row_count for table in sheets)
    lines = [
        f"Workbook   {words.plural(len(sheets), 'table')} with"
        f" {words.plural(rows, 'row')}, a sheet each"
    ]
    for table in others:
        path = parquet_path(table, target)
        lines.append(
            f"Left out   {table.name}: {table.row_count:,} rows, a sheet holds"
            f" {SHEET_ROWS:,}; see {shown(path)} ({megabytes(path)})"
        )
    for path in outdated:
        lines.append(
            f"Removed    {shown(path)} of an earlier export; it is a sheet now"
        )
    if cut:
        lines.append(
            f"Cut        {words.plural(cut, 'text')} to the {CELL_CHARACTERS:,}"
            " characters that a cell holds"
        )
    return [
        *lines,
        f"Written    {shown(target)} ({megabytes(target)}) in"
        f" {time.monotonic() - start:.1f} s",
    ]


def fits(table: Table) -> bool:
    """Whether a table fits in a sheet."""
    return table.row_count <= SHEET_ROWS


def parquet_path(table: Table, target: Path) -> Path:
    """Where a table lies that doesn't fit in the workbook `target`."""
    return target.with_name(f"{table.name}.parquet")


def is_ours(warehouse: Warehouse, path: Path, target: Path) -> bool:
    """Whether a Parquet file says that an export to this workbook's name wrote it."""
    # Else DuckDB would read a name with brackets as a pattern.
    exact = literal(glob.escape(str(path)))
    try:
        marks = warehouse.connection.execute(
            f"select decode(value) from parquet_kv_metadata({exact})"
            " where decode(key) = 'exported_with'"
        ).fetchall()
    except duckdb.Error:
        return False
    return marks == [(target.name,)]


def write_parquet(
    warehouse: Warehouse,
    table: Table,
    path: Path,
    target: Path,
    say: Callable[[str], None],
) -> None:
    """Write a table as Parquet, in the warehouse's order, marked as ours."""
    start = time.monotonic()
    say(f"{table.name:<26}{table.row_count:>12,} rows to Parquet ...")
    warehouse.execute(
        f"copy (from {table.source}) to {literal(path)}"
        f" (format parquet, kv_metadata {{exported_with: {literal(target.name)}}})"
    )
    say(f"{table.name:<26}{table.row_count:>12,} rows {seconds_since(start)}")


def write_workbook(
    warehouse: Warehouse, tables: list[Table], path: Path, say: Callable[[str], None]
) -> int:
    """Write all sheets; return how many texts were cut."""
    book = Book(path, warehouse)
    write_contents(book, warehouse, tables)
    columns = [
        Column("table", width=26),
        Column("column", width=36),
        Column("type", width=15),
        Column("description", width=100, is_wrapped=True),
    ]
    rows = [
        (table.name, column.name, column.data_type, column.description)
        for table in tables
        for column in table.columns
    ]
    write_sheet(book, "columns", columns, rows, len(rows))
    for table in filter(fits, tables):
        start = time.monotonic()
        measure_widths(warehouse, table)
        write_sheet(
            book, table.name, table.columns, read_rows(warehouse, table),
            table.row_count, say,
        )  # fmt: skip
        say(f"{table.name:<26}{table.row_count:>12,} rows {seconds_since(start)}")
    say("packing the workbook ...")
    book.workbook.close()
    return book.cut


def write_contents(book: Book, warehouse: Warehouse, tables: list[Table]) -> None:
    """Write where the data is from, and a row with a link per table."""
    lines = [
        f"{read_origin(warehouse)[0]}.",
        f"Read from {warehouse.path.name}, written"
        f" {warehouse.written():%Y-%m-%d %H:%M:%S} UTC.",
        INSTACART,
        COURSE,
        "The data is free for non-commercial use and may not be redistributed.",
        "A name leads to its sheet; the first header of a sheet leads back here.",
    ]
    left_out = [table.name for table in tables if not fits(table)]
    if left_out:
        lines.append(
            f"A sheet holds {SHEET_ROWS:,} rows, too few for"
            f" {words.listing(left_out)}: Parquet files beside this workbook hold them."
        )
    columns = [
        Column("table", width=26),
        Column("schema", width=14),
        Column("rows", "integer", width=12),
        Column("columns", "integer", width=10),
        Column("grain", width=50, is_wrapped=True),
        Column("description", width=95, is_wrapped=True),
    ]
    header_row = len(lines) + 2
    sheet = book.add_sheet("contents", columns, header_row)
    sheet.hide_gridlines(2)
    sheet.freeze_panes(header_row + 1, 1)
    sheet.set_row(0, 24)
    title = book.format(bold=True, font_size=16, font_color=BLUE, **sides("text"))
    sheet.write_string(0, 0, "Instacart warehouse: published tables", title)
    for row, line in enumerate(lines, start=1):
        sheet.write_string(row, 0, line, book.cells["text", False])
    book.write_header(sheet, columns, header_row)
    for row, table in enumerate(tables, start=header_row + 1):
        description = table.description
        if not fits(table):
            description = f"In {table.name}.parquet, not here. {description}"
        values = (
            table.name, table.schema, table.row_count, len(table.columns), table.grain,
            description,
        )  # fmt: skip
        book.write_rows(sheet, columns, [values], row)
        if fits(table):
            link = f"internal:'{table.name}'!A1"
            sheet.write_url(row, 0, link, book.link, table.name)


def seconds_since(start: float) -> str:
    return f"{time.monotonic() - start:>8.1f} s"


def megabytes(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:,.1f} MB"


def run(target: Path) -> Iterator[str]:
    """Write the workbook; give the lines of the summary. Progress is printed."""
    try:
        yield from ["", *export(target, lambda line: print(line, flush=True))]
    except (duckdb.Error, XlsxWriterException) as error:
        raise UserError(
            f"to write {shown(target)}", one_line(error), "see that the disk has room"
        ) from error
