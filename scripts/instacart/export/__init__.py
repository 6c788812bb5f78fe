"""Write the public tables of the warehouse to one Excel workbook.

Reads the schemas marts and data_quality, and dbt's manifest for how a reader wants to
see them. Writes a list of contents, a sheet per report, dimension and table of data
quality, and a list of columns. Facts, and tables with more rows than a sheet can hold,
are Parquet files in a folder beside the workbook. The same warehouse file gives the
same bytes; an earlier workbook and its folder are replaced when the new ones are
complete.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

from instacart import words
from instacart.config import shown
from instacart.export.parquet import check_folder, folder_beside, write_parquet
from instacart.export.sheets import CONTENTS, Say, TypedBook, sides
from instacart.export.tables import (
    Table,
    frozen_columns,
    measured,
    read_rows,
    read_tables,
)
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

# Excel's 1,048,576 rows less the link to the contents and the headings.
SHEET_ROWS = 1_048_574
FACTS = "fct_"
COLUMNS = "columns"
# With what Python and XlsxWriter take, a full-size export stays below 1 GB.
MEMORY_LIMIT = "400MB"


def export(target: Path, say: Say = print) -> list[str]:
    """Write the workbook and the folder beside it; return the lines of a summary.

    `say` gets lines of progress. Raises UserError, with existing files as they
    were, if there is no warehouse to read or a target can't be written.
    """
    start = time.monotonic()
    check_workbook_name(target)
    folder = folder_beside(target)
    with open_warehouse(MEMORY_LIMIT) as warehouse:
        say(warehouse.shown_build())
        tables = read_tables(warehouse)
        with replaced_when_complete(target, beside=folder) as work:
            check_folder(warehouse, folder, target)
            for table in filter(is_in_parquet, tables):
                path = work.parent / folder.name / parquet_name(table)
                with timed(path.name, table.row_count, say):
                    write_parquet(warehouse, table, path, target)
            cut = write_workbook(warehouse, tables, work, folder, say)
    written = f"Written    {shown(target)} ({megabytes(target)})"
    return [
        *summary(tables, folder, cut),
        f"{written} in {time.monotonic() - start:.1f} s",
    ]


def is_sheet(table: Table) -> bool:
    """Whether a table is a sheet: it is no fact and fits in one."""
    return not table.name.startswith(FACTS) and table.sheet_row_count <= SHEET_ROWS


def is_in_parquet(table: Table) -> bool:
    """Whether a table is a Parquet file: no sheet shows all its rows."""
    return not is_sheet(table) or table.sheet_row_count < table.row_count


def parquet_name(table: Table) -> str:
    return f"{table.name}.parquet"


def summary(tables: list[Table], folder: Path, cut: int) -> list[str]:
    """What was written where; `cut` texts were too long for a cell."""
    sheets = [table for table in tables if is_sheet(table)]
    rows = sum(table.sheet_row_count for table in sheets)
    lines = [
        f"Workbook   {words.plural(len(sheets), 'table')} with"
        f" {words.plural(rows, 'row')}, a sheet each"
    ]
    for table in filter(is_in_parquet, tables):
        path = folder / parquet_name(table)
        rows_written = words.plural(table.row_count, "row")
        lines.append(f"Parquet    {shown(path)} ({rows_written}, {megabytes(path)})")
    if cut:
        lines.append(
            f"Cut        {words.plural(cut, 'text')} to the {CELL_CHARACTERS:,}"
            " characters that a cell holds"
        )
    return lines


def write_workbook(
    warehouse: Warehouse, tables: list[Table], path: Path, folder: Path, say: Say
) -> int:
    """Write all sheets; return how many texts were cut."""
    book = TypedBook(path, warehouse)
    write_contents(book, warehouse, tables, folder)
    for table in filter(is_sheet, tables):
        with timed(table.name, table.sheet_row_count, say):
            own = measured(warehouse, table)
            book.write_list(
                table.sheet_name,
                ". ".join([table.grain, *filter(None, [sheet_note(table, folder)])]),
                own,
                read_rows(warehouse, table),
                table.sheet_row_count,
                frozen_columns(table, own),
                say,
            )
    write_columns(book, tables)
    say("packing the workbook ...")
    book.close()
    return book.cut


def sheet_note(table: Table, folder: Path) -> str:
    """What a sheet doesn't show of its table."""
    if table.sheet_row_count == table.row_count:
        return table.sheet.note
    return (
        f"{table.sheet.note} All {table.row_count:,} rows are in"
        f" {folder.name}/{parquet_name(table)}."
    ).lstrip()


def write_contents(
    book: TypedBook, warehouse: Warehouse, tables: list[Table], folder: Path
) -> None:
    """Write where the data is from, and a row with a link per table."""
    columns = [
        Column("table", "Table", width=29),
        Column("rows", "Rows", "count", width=11),
        Column("columns", "Columns", "count", width=9),
        Column("where", "Where", width=28),
        Column("grain", "Grain", "wrapped", width=36),
        Column("description", "Description", "wrapped", width=64),
    ]
    lines = introduction(warehouse, tables, folder)
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
    headed = book.format(bold=True, font_color=BLUE, **sides("text"))
    row = header_row
    for section, members in groupby(tables, key=lambda table: table.section):
        row += 1
        sheet.write_string(row, 0, section, headed)
        for table in members:
            row += 1
            rows = table.sheet_row_count if is_sheet(table) else table.row_count
            where = "sheet" if is_sheet(table) else parquet_name(table)
            note = sheet_note(table, folder) if is_sheet(table) else ""
            description = " ".join(filter(None, [note, table.description]))
            values = (
                table.name, rows, len(table.columns), where, table.grain, description,
            )  # fmt: skip
            book.write_rows(sheet, columns, [values], row)
            if is_sheet(table):
                address = sheet_address(table.sheet_name)
                sheet.write_url(row, 0, address, linked, table.name)


def introduction(warehouse: Warehouse, tables: list[Table], folder: Path) -> list[str]:
    """Lines on where the data is from, and what is where."""
    lines = [
        f"{read_origin(warehouse)[0]}.",
        f"Read from {warehouse.path.name}, written"
        f" {warehouse.written():%Y-%m-%d %H:%M:%S} UTC.",
        INSTACART,
        *([COURSE] if cites_course(read_files(warehouse)) else []),
        "The data is free for non-commercial use and may not be redistributed.",
        "A name leads to its sheet, the first cell of a sheet back here; the last"
        f" sheet, {COLUMNS}, describes every column.",
    ]
    if any(map(is_in_parquet, tables)):
        lines.append(
            f"Facts, and tables of more than {SHEET_ROWS:,} rows, are Parquet files in"
            f" the folder {folder.name} beside this workbook."
        )
    return lines


def write_columns(book: TypedBook, tables: list[Table]) -> None:
    """Write what each column is called in the warehouse, and what it says."""
    columns = [
        Column("table", "Table", width=29),
        Column("heading", "Heading", width=36),
        Column("column", "Column", width=36),
        Column("type", "Type", width=15),
        Column("description", "Description", "wrapped", width=62),
    ]
    rows = [
        (table.name, column.heading, column.key, column.data_type, column.description)
        for table in tables
        for column in table.columns
    ]
    title = "One row per column of a table, sheet or Parquet file"
    book.write_list(COLUMNS, title, columns, rows, len(rows))


@contextmanager
def timed(name: str, row_count: int, say: Say) -> Iterator[None]:
    """Say how long a table took."""
    start = time.monotonic()
    yield
    seconds = time.monotonic() - start
    say(f"{name:<34}{row_count:>12,} rows {seconds:>8.1f} s")


def megabytes(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:,.1f} MB"


def run(target: Path) -> Iterator[str]:
    """Write the workbook; give the lines of the summary. Progress is printed."""
    with said_in_a_sentence(target):
        lines = export(target, lambda line: print(line, flush=True))
    yield from ["", *lines]
