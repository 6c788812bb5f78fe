"""A sheet of the report as a page: what a cell holds, how high rows are, and where a
printed page ends."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from xlsxwriter.utility import quote_sheetname, xl_rowcol_to_cell

from instacart.workbook import (
    FONT,
    INK,
    LINE_HEIGHT,
    LINK,
    NUMBER_FORMATS,
    RULE,
    Book,
    Column,
    line_count,
    sheet_address,
    write_text,
)

# Kinds of texts that make their row as high as they need, and how many of their
# characters take the room of one of usual size.
WRAPPED = {"wrapped": 1.0, "small": 1.25}
PIXELS_PER_ROW, POINTS_PER_PIXEL = 20, 0.75
# A4 across less its margins, at 96 pixels an inch.
PAGE_WIDTH, PAGE_HEIGHT = 1045, 700
# Where Excel's default font is 7 pixels wide.
PIXELS_PER_WIDTH, COLUMN_PADDING = 7, 5

# What a link keeps of the look of its cell.
KEPT_BY_LINKS = ("valign", "bottom", "bottom_color")
# First and last column of the sheet that something takes.
Span = tuple[int, int]


@dataclass(frozen=True)
class Formula:
    """A formula and its value, for readers that don't calculate."""

    text: str
    value: str | float


@dataclass(frozen=True)
class Link:
    """A text that leads somewhere."""

    target: str
    text: str


def link_to(sheet: str, text: str, row: int = 0) -> Link:
    """A link to a row, counted from 0, of a sheet of the workbook."""
    return Link(sheet_address(sheet, row), text)


@dataclass(frozen=True)
class Range:
    """Where a table's cells are, counted from 0: for charts and formats."""

    sheet: str
    columns: dict[str, int]
    header_row: int
    first_row: int
    last_row: int
    rows: Sequence[dict[str, Any]] = field(repr=False)

    def part(self, first: int, last: int) -> Range:
        """Some of its data rows, counted from 0."""
        return replace(
            self,
            first_row=self.first_row + first,
            last_row=self.first_row + last,
            rows=self.rows[first : last + 1],
        )

    def values(self, key: str) -> list[Any]:
        """What is in the data cells of a column; None in blank ones."""
        return [row.get(key) for row in self.rows]

    def column(self, key: str) -> list[Any]:
        """The data cells of a column, as charts want them."""
        column = self.columns[key]
        return [self.sheet, self.first_row, column, self.last_row, column]

    def cell(self, key: str, row: int) -> str:
        """A formula for one data cell, its row counted from 0."""
        cell = xl_rowcol_to_cell(
            self.first_row + row, self.columns[key], row_abs=True, col_abs=True
        )
        return f"={quote_sheetname(self.sheet)}!{cell}"

    def heading(self, key: str) -> list[Any]:
        """The cell of a column's heading."""
        return [self.sheet, self.header_row, self.columns[key]]


def value_look(column: Column) -> dict[str, Any]:
    """The format of a table's cells of a column."""
    kind = column.kind
    look = {"bottom": 4, "bottom_color": RULE, "valign": "top", "indent": 1}
    if column.kind in NUMBER_FORMATS:
        return look | {"num_format": column.number_format, "align": "right"}
    look |= {"align": "left", "text_wrap": kind in WRAPPED}
    look |= {"bold": True} if kind == "strong" else {}
    return look | ({"font_size": 8} if kind == "small" else {})


class Page:
    """A sheet that is written from top to bottom; `row` is the next free row."""

    def __init__(self, book: Book, name: str, widths: Sequence[float]) -> None:
        self.book, self.name, self.widths = book, name, list(widths)
        self.worksheet = book.add_sheet(name)
        self.row = self.chart_count = 0
        # Pixels of rows that are not of usual height.
        self.heights: dict[int, float] = {}
        # Rows that begin a printed page, where we break them; and how far it is scaled.
        self.breaks: list[int] | None = None
        self.page_start, self.scale = 0, 100
        for column, width in enumerate(widths):
            self.worksheet.set_column(column, column, width)
        self.worksheet.hide_gridlines(2)
        self.worksheet.set_default_row(PIXELS_PER_ROW * POINTS_PER_PIXEL)

    @property
    def last_column(self) -> int:
        return len(self.widths) - 1

    def left(self, column: int) -> int:
        """Pixels from the sheet's left edge to a column."""
        return sum(
            int(width * PIXELS_PER_WIDTH) + COLUMN_PADDING
            for width in self.widths[:column]
        )

    def lines(self, text: str, span: Span, density: float = 1) -> int:
        """How many lines a text takes in some columns."""
        return line_count(text, sum(self.widths[span[0] : span[1] + 1]), density)

    def gap(self, rows: int = 1) -> None:
        self.row += rows

    def write(self, row: int, span: Span | int, value: Any, **look: Any) -> None:
        """Write a value of whatever type into a column, or over those of a span."""
        first, last = (span, span) if isinstance(span, int) else span
        form = self.book.format(**look)
        if last > first:
            self.worksheet.merge_range(row, first, row, last, "", form)
        if isinstance(value, bool):
            value = "yes" if value else "no"
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            self.worksheet.write_blank(row, first, None, form)
        elif isinstance(value, str):
            write_text(self.worksheet, row, first, value, form, form)
        elif isinstance(value, Formula):
            self.worksheet.write_formula(row, first, value.text, form, value.value)
        elif isinstance(value, Link):
            kept = {key: look[key] for key in look if key in KEPT_BY_LINKS}
            linked = self.book.format(text_wrap=True, **kept, **LINK)
            self.worksheet.write_url(row, first, value.target, linked, value.text)
        else:
            self.worksheet.write_number(row, first, value, form)

    def set_height(self, row: int, points: float) -> None:
        """Make a row so many points high."""
        self.heights[row] = points / POINTS_PER_PIXEL
        self.worksheet.set_row(row, points)

    def set_lines(self, row: int, lines: float, more: float) -> None:
        """Make a row as high as so many lines, and some points more."""
        self.set_height(row, LINE_HEIGHT * lines + more)

    def print_in_blocks(self) -> None:
        """Print to the width of a page, broken between blocks (see keep_together).

        Excel ignores breaks of a sheet that it fits to pages by itself.
        """
        pixels = self.left(len(self.widths))
        # LibreOffice draws columns up to a tenth wider than Excel.
        self.scale = min(100, int(90 * PAGE_WIDTH / pixels))
        self.worksheet.set_print_scale(self.scale)
        self.breaks = []

    def keep_together(self, rows: float) -> None:
        """Begin a new printed page if so many usual rows don't fit on this one."""
        if self.breaks is None:
            return
        used = sum(
            self.heights.get(row, PIXELS_PER_ROW)
            for row in range(self.page_start, self.row)
        )
        room = PAGE_HEIGHT * 100 / self.scale
        if used and used + rows * PIXELS_PER_ROW > room:
            self.breaks.append(self.row)
            self.page_start = self.row
            self.worksheet.set_h_pagebreaks(self.breaks)

    def box(
        self,
        text: str,
        left: int,
        top: int,
        extent: tuple[int, int],
        row: int,
        fill: str | None = None,
        colour: str = INK,
        **font: Any,
    ) -> None:
        """Draw a box (or, without a fill, a text) at pixels from the left edge and
        from the top of `row`."""
        filled: dict[str, Any] = {"color": fill} if fill else {"none": True}
        self.worksheet.insert_textbox(
            row, 0, text,
            {
                "x_offset": left,
                "y_offset": top,
                "width": extent[0],
                "height": extent[1],
                "object_position": 1,
                "fill": filled,
                "line": {"none": True},
                "align": {"vertical": "middle", "text": "center"},
                "font": {"name": FONT, "size": 9, "color": colour} | font,
            },
        )  # fmt: skip
