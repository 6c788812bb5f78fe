"""Long typed lists as sheets of a workbook that is written row by row."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from instacart.errors import UserError
from instacart.warehouse import Warehouse
from instacart.workbook import (
    BLUE,
    GREEN,
    HEADER,
    HIGHEST_ROW,
    LINE_HEIGHT,
    LINK,
    ORANGE,
    RULE,
    TOO_LONG,
    Book,
    Column,
    line_count,
    sheet_address,
    write_text,
)

CONTENTS = "contents"
# Leads there from every other sheet.
BACK = "Contents"
# Where a sheet has its headings: below the link to the contents.
HEADER_ROW = 1
TAB_COLOURS = {"dim": GREEN, "fct": ORANGE, "rpt": BLUE}
# Columns of ids are numbers that are read as names.
LEFT_ALIGNED = ("id", "text", "wrapped", "boolean", "date")
SECONDS_BETWEEN_LINES = 5
# How much denser than texts on average those that wrap, and bold ones, may be; points
# around a heading.
WRAPPED, BOLD, HEADER_SPACE = 0.9, 0.9, 3

# Writes a cell: its row, column and value; answers as XlsxWriter does.
Writer = Callable[[int, int, Any], int]
Say = Callable[[str], None]


class TypedBook(Book):
    """A workbook of typed lists; `cut` counts texts too long for a cell."""

    def __init__(self, path: Path, warehouse: Warehouse) -> None:
        super().__init__(
            path,
            "Instacart warehouse",
            warehouse.written(),
            {"valign": "top"},
            constant_memory=True,
            use_zip64=True,
            nan_inf_to_errors=True,
        )
        self.cut = 0
        self.plain = self.cell(Column("", ""))

    def cell(self, column: Column) -> Format:
        """The format of a column's cells."""
        return self.format(
            num_format=column.number_format,
            text_wrap=column.kind == "wrapped",
            **sides(column.kind),
        )

    def add_list(
        self, name: str, columns: Sequence[Column], header_row: int = 0
    ) -> Worksheet:
        """Add a sheet with its columns and pages; rows then follow from the top."""
        sheet = self.add_sheet(name, top_margin=0.5)
        for number, column in enumerate(columns):
            sheet.set_column(number, number, column.width, self.cell(column))
        sheet.repeat_rows(0 if header_row == HEADER_ROW else header_row, header_row)
        return sheet

    def write_header(
        self, sheet: Worksheet, columns: Sequence[Column], row: int, button: int = 0
    ) -> None:
        """Write bold headings, with room for a filter's button `button` digits wide."""
        lines = max(
            line_count(column.heading, column.width - button, BOLD)
            for column in columns
        )
        sheet.set_row(row, lines * LINE_HEIGHT + HEADER_SPACE)
        for number, column in enumerate(columns):
            look = HEADER | sides(column.kind, button) | {"text_wrap": True}
            sheet.write_string(row, number, column.heading, self.format(**look))

    def write_rows(
        self,
        sheet: Worksheet,
        columns: Sequence[Column],
        rows: Iterable[Sequence[Any]],
        first_row: int,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        """Write typed rows; nulls stay blank. `progress` gets the rows so far."""
        writers = [self.writer(sheet, column.kind) for column in columns]
        wrapped = [n for n, column in enumerate(columns) if column.kind == "wrapped"]
        last = time.monotonic()
        for count, values in enumerate(rows):
            row = first_row + count
            if wrapped:
                # Excel would find the height itself; LibreOffice does not.
                lines = max(
                    line_count(values[n] or "", columns[n].width, WRAPPED)
                    for n in wrapped
                )
                sheet.set_row(row, min(lines * LINE_HEIGHT, HIGHEST_ROW))
            for number, value in enumerate(values):
                # XlsxWriter refuses what lies outside of a sheet by its answer only.
                if value is not None and writers[number](row, number, value):
                    raise UserError(
                        f"row {row + 1:,} of {sheet.get_name()} to fit in its sheet",
                        "that it doesn't",
                        "report this as a bug",
                    )
            if progress and time.monotonic() - last > SECONDS_BETWEEN_LINES:
                progress(count)
                last = time.monotonic()

    def write_list(
        self,
        name: str,
        title: str,
        columns: Sequence[Column],
        rows: Iterable[Sequence[Any]],
        row_count: int,
        frozen: int = 1,
        say: Say = print,
    ) -> None:
        """Write a filtered list, below its title and a link to the contents."""
        sheet = self.add_list(name, columns, HEADER_ROW)
        sheet.set_tab_color(TAB_COLOURS.get(name[:3], RULE))
        sheet.freeze_panes(HEADER_ROW + 1, frozen)
        sheet.autofilter(HEADER_ROW, 0, HEADER_ROW + row_count, len(columns) - 1)
        linked = self.format(**LINK, **sides("text"))
        sheet.write_url(0, 0, sheet_address(CONTENTS), linked, BACK)
        write_text(sheet, 0, 1, title, self.plain, self.plain)
        self.write_header(sheet, columns, HEADER_ROW, button=2)
        self.write_rows(
            sheet, columns, rows, HEADER_ROW + 1,
            progress=lambda count: say(f"{name:<34}{count:>12,} of {row_count:,} rows"),
        )  # fmt: skip

    def writer(self, sheet: Worksheet, kind: str) -> Writer:
        """What writes the cells of a kind."""
        if kind == "boolean":
            return sheet.write_boolean
        if kind == "date":
            return lambda row, column, day: write_date(sheet, row, column, day)
        if kind in ("text", "wrapped"):
            return lambda row, column, text: self.write_text(sheet, row, column, text)
        return sheet.write_number

    def write_text(self, sheet: Worksheet, row: int, column: int, text: str) -> int:
        """Write a text as it is, whatever it looks like; cut what is too long."""
        answer = write_text(sheet, row, column, text, self.plain)
        self.cut += answer == TOO_LONG
        return 0 if answer == TOO_LONG else answer


def write_date(sheet: Worksheet, row: int, column: int, day: Any) -> int:
    # Excel knows no earlier dates.
    if getattr(day, "year", 0) < 1900:
        return int(sheet.write_string(row, column, str(day)))
    return int(sheet.write_datetime(row, column, day))


def sides(kind: str, button: int = 0) -> dict[str, Any]:
    """Numbers to the right, `button` digits from the edge; others to the left."""
    if kind in LEFT_ALIGNED:
        return {"align": "left", "indent": 1}
    return {"align": "right", "indent": button}
