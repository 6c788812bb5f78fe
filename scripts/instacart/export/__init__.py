"""Write the public tables of the warehouse to one Excel workbook.

Reads the schemas marts and data_quality and writes a list of contents, a list of
columns, and a sheet per table. A table with more rows than a sheet can hold is written
as Parquet beside the workbook. The same warehouse file gives the same bytes, and an
existing file is replaced when the new one is complete.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from instacart import words
from instacart.config import shown
from instacart.export.parquet import (
    check_parquet,
    is_ours,
    parquet_path,
    write_parquet,
)
from instacart.export.sheets import CONTENTS, Say, TypedBook, sides
from instacart.export.tables import Table, measured, read_rows, read_tables
from instacart.files import check_workbook_name, replaced_when_complete
from instacart.origin import (
    COURSE,
    INSTACART,
    cites_course,
    read_files,
    read_origin,
)
from instacart.warehouse import Warehouse, open_warehouse
from instacart.workbook import (
    BLUE,
    CELL_CHARACTERS,
    LINK,
    Column,
    said_in_a_sentence,
    sheet_address,
)

# Excel's 1,048,576 rows less the header.
SHEET_ROWS = 1_048_575
# With what Python and XlsxWriter take, a full-size export stays below 1 GB.
MEMORY_LIMIT = "400MB"


def export(target: Path, say: Say = print) -> list[str]:
    """Write the workbook and what doesn't fit in it; return the lines of a summary.

    `say` gets lines of progress. Raises UserError, with existing files as they
    were, if there is no warehouse to read or a target can't be written.
    """
    start = time.monotonic()
    check_workbook_name(target)
    with open_warehouse(MEMORY_LIMIT) as warehouse:
        say(warehouse.shown_build())
        tables = read_tables(warehouse)
        beside = {
            table.name: parquet_path(table, target)
            for table in tables
            if not fits(table)
        }
        with ExitStack() as complete:
            works = {}
            for name, path in beside.items():
                check_parquet(warehouse, path, target)
                works[name] = complete.enter_context(replaced_when_complete(path))
            work = complete.enter_context(replaced_when_complete(target))
            for table in tables:
                if table.name in works:
                    say(f"{counted(table)} to Parquet ...")
                    with timed(table, say):
                        write_parquet(warehouse, table, works[table.name], target)
            cut = write_workbook(warehouse, tables, work, say)
        outdated = remove_outdated(warehouse, tables, target)
    written = f"Written    {shown(target)} ({megabytes(target)})"
    return [
        *summary(tables, beside, outdated, cut),
        f"{written} in {time.monotonic() - start:.1f} s",
    ]


def fits(table: Table) -> bool:
    """Whether a table fits in a sheet."""
    return table.row_count <= SHEET_ROWS


def remove_outdated(
    warehouse: Warehouse, tables: list[Table], target: Path
) -> list[Path]:
    """Remove Parquet files of earlier exports whose tables are sheets now."""
    paths = [parquet_path(table, target) for table in tables if fits(table)]
    outdated = [path for path in paths if is_ours(warehouse, path, target)]
    for path in outdated:
        path.unlink()
    return outdated


def summary(
    tables: list[Table], beside: dict[str, Path], outdated: list[Path], cut: int
) -> list[str]:
    """What was written where; `cut` texts were too long for a cell."""
    sheets = [table for table in tables if fits(table)]
    rows = sum(table.row_count for table in sheets)
    lines = [
        f"Workbook   {words.plural(len(sheets), 'table')} with"
        f" {words.plural(rows, 'row')}, a sheet each"
    ]
    for table in tables:
        if path := beside.get(table.name):
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
    return lines


def write_workbook(
    warehouse: Warehouse, tables: list[Table], path: Path, say: Say
) -> int:
    """Write all sheets; return how many texts were cut."""
    book = TypedBook(path, warehouse)
    write_contents(book, warehouse, tables)
    columns = [
        Column("table", "table", width=26),
        Column("column", "column", width=36),
        Column("type", "type", width=15),
        Column("description", "description", "wrapped", width=100),
    ]
    rows = [
        (table.name, column.key, column.data_type, column.description)
        for table in tables
        for column in table.columns
    ]
    book.write_list("columns", columns, rows, len(rows))
    for table in filter(fits, tables):
        with timed(table, say):
            found = read_rows(warehouse, table)
            own = measured(warehouse, table)
            book.write_list(table.name, own, found, table.row_count, say)
    say("packing the workbook ...")
    book.close()
    return book.cut


def write_contents(book: TypedBook, warehouse: Warehouse, tables: list[Table]) -> None:
    """Write where the data is from, and a row with a link per table."""
    columns = [
        Column("table", "table", width=26),
        Column("schema", "schema", width=14),
        Column("rows", "rows", "count", width=12),
        Column("columns", "columns", "count", width=10),
        Column("grain", "grain", "wrapped", width=50),
        Column("description", "description", "wrapped", width=95),
    ]
    lines = introduction(warehouse, tables)
    header_row = len(lines) + 2
    sheet = book.add_list(CONTENTS, columns, header_row)
    sheet.hide_gridlines(2)
    sheet.freeze_panes(header_row + 1, 1)
    sheet.set_row(0, 24)
    title = book.format(bold=True, font_size=16, font_color=BLUE, **sides("text"))
    sheet.write_string(0, 0, "Instacart warehouse: public tables", title)
    for row, line in enumerate(lines, start=1):
        sheet.write_string(row, 0, line, book.plain)
    book.write_header(sheet, columns, header_row)
    linked = book.format(**LINK, **sides("text"))
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
            sheet.write_url(row, 0, sheet_address(table.name), linked, table.name)


def introduction(warehouse: Warehouse, tables: list[Table]) -> list[str]:
    """Lines on where the data is from, and what is where."""
    lines = [
        f"{read_origin(warehouse)[0]}.",
        f"Read from {warehouse.path.name}, written"
        f" {warehouse.written():%Y-%m-%d %H:%M:%S} UTC.",
        INSTACART,
        *([COURSE] if cites_course(read_files(warehouse)) else []),
        "The data is free for non-commercial use and may not be redistributed.",
        "A name leads to its sheet; the first header of a sheet leads back here.",
    ]
    left_out = [table.name for table in tables if not fits(table)]
    if left_out:
        lines.append(
            f"A sheet holds {SHEET_ROWS:,} rows, too few for"
            f" {words.listing(left_out)}: Parquet files beside this workbook hold them."
        )
    return lines


@contextmanager
def timed(table: Table, say: Say) -> Iterator[None]:
    """Say how long a table took."""
    start = time.monotonic()
    yield
    say(f"{counted(table)} {time.monotonic() - start:>8.1f} s")


def counted(table: Table) -> str:
    return f"{table.name:<26}{table.row_count:>12,} rows"


def megabytes(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:,.1f} MB"


def run(target: Path) -> Iterator[str]:
    """Write the workbook; give the lines of the summary. Progress is printed."""
    with said_in_a_sentence(target):
        lines = export(target, lambda line: print(line, flush=True))
    yield from ["", *lines]
