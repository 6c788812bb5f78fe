"""Long typed lists as sheets of a workbook that is written row by row."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from instacart.errors import UserError
from instacart.export.tables import KINDS, NUMBERS, Column
from instacart.report.design import (
    BAND,
    BLUE,
    CHARACTERS_PER_WIDTH,
    FONT,
    GREEN,
    LINE_HEIGHT,
    ORANGE,
    RULE,
    write_text,
)
from instacart.warehouse import Warehouse

TAB_COLOURS = {"dim": GREEN, "fct": ORANGE, "rpt": BLUE}
# Points; Excel refuses more.
HIGHEST_ROW = 409
SECONDS_BETWEEN_LINES = 5


class Book:
    """The workbook that is being written; `cut` counts texts too long for a cell."""

    def __init__(self, path: Path, warehouse: Warehouse):
        self.workbook = xlsxwriter.Workbook(
            str(path),
            {
                "constant_memory": True,
                "tmpdir": str(path.parent),
                "use_zip64": True,
                "nan_inf_to_errors": True,
                "default_format_properties": {"font_name": FONT, "font_size": 10},
            },
        )
        # The time of the warehouse, so that it gives the same bytes again.
        self.workbook.set_properties(
            {"title": "Instacart warehouse", "created": warehouse.written()}
        )
        self.cut = 0
        self.link = self.format(font_color=BLUE, underline=1, **sides("text"))
        self.cells = {
            (kind, is_wrapped): self.format(
                num_format=form, text_wrap=is_wrapped, **sides(kind)
            )
            for kind, (form, _) in KINDS.items()
            for is_wrapped in (False, True)
        }

    def format(self, **properties) -> Format:
        base = {"font_name": FONT, "font_size": 10, "valign": "top"}
        return self.workbook.add_format(base | properties)

    def add_sheet(self, name: str, columns: list[Column], header_row: int = 0):
        """Add a sheet with its columns and pages; rows then follow from the top."""
        sheet = self.workbook.add_worksheet(name)
        for number, column in enumerate(columns):
            look = self.cells[column.kind, column.is_wrapped]
            sheet.set_column(number, number, column.width, look)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(header_row)
        sheet.set_footer(f'&L&"{FONT}"&8&A&R&"{FONT}"&8Page &P of &N')
        return sheet

    def write_header(
        self, sheet: Worksheet, columns: list[Column], row: int, button: int = 0
    ) -> None:
        """Write bold names, with place for a filter's button `button` digits wide."""
        look = {"bold": True, "bg_color": BAND, "bottom": 1, "bottom_color": BLUE}
        for number, column in enumerate(columns):
            shown = look | sides(column.kind, button)
            if row == number == 0:
                linked = self.format(**shown, font_color=BLUE, underline=1)
                sheet.write_url(
                    row, number, "internal:'contents'!A1", linked, column.name,
                    "Back to the contents",
                )  # fmt: skip
            else:
                header = self.format(**shown)
                sheet.write_string(row, number, column.name, header)

    def write_rows(
        self,
        sheet: Worksheet,
        columns: list[Column],
        rows: Iterable[tuple],
        first_row: int = 1,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        """Write typed rows; nulls stay blank. `progress` gets the rows so far."""
        writers = [self.writer(sheet, column.kind) for column in columns]
        wrapped = [n for n, column in enumerate(columns) if column.is_wrapped]
        last = time.monotonic()
        for count, values in enumerate(rows):
            row = first_row + count
            if wrapped:
                # Excel would find the height itself; LibreOffice does not.
                lines = max(line_count(values[n], columns[n].width) for n in wrapped)
                sheet.set_row(row, min(max(lines, 1) * LINE_HEIGHT, HIGHEST_ROW))
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

    def writer(self, sheet: Worksheet, kind: str) -> Callable[[int, int, object], int]:
        """What writes a cell of a kind: its row, column and value."""
        if kind == "boolean":
            return sheet.write_boolean
        if kind == "text":
            return lambda row, column, text: self.write_text(sheet, row, column, text)
        if kind != "date":
            return sheet.write_number

        def write_date(row: int, column: int, day) -> int:
            # Excel knows no earlier dates.
            if getattr(day, "year", 0) < 1900:
                return sheet.write_string(row, column, str(day))
            return sheet.write_datetime(row, column, day)

        return write_date

    def write_text(self, sheet: Worksheet, row: int, column: int, text: str) -> int:
        """Write a text as it is, whatever it looks like; cut what is too long."""
        answer = write_text(sheet, row, column, text, self.cells["text", False])
        self.cut += answer == -2
        return 0 if answer == -2 else answer


def write_sheet(
    book: Book,
    name: str,
    columns: list[Column],
    rows: Iterable[tuple],
    row_count: int,
    say: Callable[[str], None] = print,
) -> None:
    """Write a filtered list whose first header leads to the contents."""
    sheet = book.add_sheet(name, columns)
    sheet.set_tab_color(TAB_COLOURS.get(name[:3], RULE))
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, row_count, len(columns) - 1)
    book.write_header(sheet, columns, 0, button=2)
    book.write_rows(
        sheet, columns, rows,
        progress=lambda count: say(f"{name:<26}{count:>12,} of {row_count:,} rows"),
    )  # fmt: skip


def line_count(text: str | None, width: float) -> int:
    """How many lines a text takes in a column; a little generous."""
    characters = int((width - 1) * CHARACTERS_PER_WIDTH)
    return sum(
        len(textwrap.wrap(part, characters)) for part in (text or "").split("\n")
    )


def sides(kind: str, button: int = 0) -> dict:
    """Numbers to the right, `button` digits from the edge; others to the left."""
    if kind in NUMBERS:
        return {"align": "right", "indent": button}
    return {"align": "left", "indent": 1}
