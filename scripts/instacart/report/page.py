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
    sheet_address,
    write_text,
)

# The kind of texts that make their row as high as they need.
WRAPPED = "wrapped"
PIXELS_PER_ROW, CLOSE_ROW, POINTS_PER_PIXEL = 20, 16, 0.75
# Width and height of A4 less its margins, at 96 pixels an inch.
ACROSS, UPRIGHT = (1064, 700), (736, 1035)
# Pixels that the first screen of a laptop of 1,366 x 768 leaves to rows.
SCREEN_HEIGHT = 500
# LibreOffice draws columns up to a tenth wider than Excel.
ROOM_FOR_OFFICE = 0.9
# Points below which nothing is printed, and of the smallest text of the sheets.
SMALLEST_PRINT, SMALLEST_TEXT = 8, 10
# Arial's letters by their width, as parts of the font's size; others are wider.
LETTERS = {
    0.28: "ijl|' !,./:;ftI[]",
    0.34: "r()-*\u201c\u201d",
    0.5: "ckvxyzsJ",
    0.56: "abdeghnopqu0123456789$+<=>?_#L",
    0.67: "ABEFKPSTVXYZ&",
    0.73: "CDHNRUw",
    0.84: "mM",
}
LETTER_WIDTHS = {one: width for width, some in LETTERS.items() for one in some}
WIDEST_LETTER, BOLD_WIDTH, PIXELS_PER_POINT = 0.95, 1.08, 4 / 3
# Points of a line in rows that are set close.
CLOSE_LINE = 12.5
# Pixels that a cell's edges take from its text, and its indent.
CELL_PADDING, INDENT = 4, 10
# Where Excel's default font is 7 pixels wide.
PIXELS_PER_WIDTH, COLUMN_PADDING = 7, 5

# What a link keeps of the look of its cell.
KEPT_BY_LINKS = ("valign", "bottom", "bottom_color", "text_wrap", "indent")
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


def value_look(column: Column, indent: int = 1) -> dict[str, Any]:
    """The format of a table's cells of a column."""
    kind = column.kind
    look = {"bottom": 4, "bottom_color": RULE, "valign": "top", "indent": indent}
    if column.kind in NUMBER_FORMATS:
        return look | {"num_format": column.number_format, "align": "right"}
    look |= {"align": "left", "text_wrap": kind == WRAPPED}
    return look | ({"bold": True} if kind == "strong" else {})


def text_pixels(text: str, points: float = SMALLEST_TEXT, bold: bool = False) -> float:
    """How wide a text is."""
    parts = sum(LETTER_WIDTHS.get(one, WIDEST_LETTER) for one in text)
    return parts * points * PIXELS_PER_POINT * (BOLD_WIDTH if bold else 1)


def wrapped_lines(
    text: str, pixels: float, points: float = SMALLEST_TEXT, bold: bool = False
) -> int:
    """How many lines a text takes in a width; a word too long for one is broken."""
    lines, pixels = 0, max(pixels, points * PIXELS_PER_POINT)
    for part in text.split("\n"):
        used, lines = 0.0, lines + 1
        # A hyphen ends a word.
        for word in part.replace("-", "- ").split(" "):
            wide = text_pixels(f" {word}" if used else word, points, bold)
            if used and used + wide > pixels:
                lines, used, wide = lines + 1, 0.0, text_pixels(word, points, bold)
            used += wide
            while used > pixels:
                lines, used = lines + 1, used - pixels
    return lines


class Page:
    """A sheet that is written from top to bottom; `row` is the next free row."""

    def __init__(self, book: Book, name: str, widths: Sequence[float]) -> None:
        self.book, self.name, self.widths = book, name, list(widths)
        self.worksheet = book.add_sheet(name)
        self.row = self.chart_count = 0
        # Pixels of a usual row, and of rows that are otherwise.
        self.row_pixels = PIXELS_PER_ROW
        self.is_close = False
        self.heights: dict[int, float] = {}
        # Rows that begin a printed page, where we break them.
        self.breaks: list[int] = []
        self.paper, self.scale = ACROSS, 100
        for column, width in enumerate(widths):
            self.worksheet.set_column(column, column, width)
        self.worksheet.hide_gridlines(2)
        self.set_usual_row(PIXELS_PER_ROW)

    def set_close(self) -> None:
        """Set rows and columns close, so that a screen holds a table and its chart."""
        self.is_close = True
        self.set_usual_row(CLOSE_ROW)

    def set_usual_row(self, pixels: int) -> None:
        """Make rows so high that nothing else is said of."""
        self.row_pixels = pixels
        self.worksheet.set_default_row(pixels * POINTS_PER_PIXEL)

    @property
    def last_column(self) -> int:
        return len(self.widths) - 1

    def left(self, column: int) -> int:
        """Pixels from the sheet's left edge to a column."""
        return sum(
            int(width * PIXELS_PER_WIDTH) + COLUMN_PADDING
            for width in self.widths[:column]
        )

    def width(self, span: Span) -> int:
        """Pixels of some columns."""
        return self.left(span[1] + 1) - self.left(span[0])

    def lines(self, text: str, span: Span, bold: bool = False, indent: int = 1) -> int:
        """How many lines a text takes in some columns."""
        room = self.width(span) - CELL_PADDING - INDENT * indent
        return wrapped_lines(text, room, bold=bold)

    def gap(self, rows: int = 1) -> None:
        self.row += rows

    def gap_of(self, pixels: float) -> None:
        """Leave a row as narrow as that free."""
        self.set_height(self.row, pixels * POINTS_PER_PIXEL)
        self.row += 1

    def write_block(self, rows: Span, span: Span, text: str, **look: Any) -> None:
        """Write a text over some rows and columns."""
        form = self.book.format(**look)
        if rows[1] > rows[0] or span[1] > span[0]:
            self.worksheet.merge_range(rows[0], span[0], rows[1], span[1], "", form)
        write_text(self.worksheet, rows[0], span[0], text, form, form)

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
            linked = self.book.format(**{"text_wrap": True} | kept, **LINK)
            self.worksheet.write_url(row, first, value.target, linked, value.text)
        else:
            self.worksheet.write_number(row, first, value, form)

    def set_height(self, row: int, points: float) -> None:
        """Make a row so many points high."""
        self.heights[row] = points / POINTS_PER_PIXEL
        self.worksheet.set_row(row, points)

    def set_lines(self, row: int, lines: float, more: float) -> None:
        """Make a row as high as so many lines, and some points more."""
        if self.is_close:
            self.set_height(row, CLOSE_LINE * lines)
        else:
            self.set_height(row, LINE_HEIGHT * lines + more)

    def print_scaled(self, is_upright: bool = False) -> None:
        """Print to the width of a page; not fitted by Excel, which then ignores breaks.

        The scale leaves no text below SMALLEST_PRINT: a sheet that is too wide for that
        is an error of ours.
        """
        self.paper = UPRIGHT if is_upright else ACROSS
        if is_upright:
            self.worksheet.set_portrait()
        pixels = self.left(len(self.widths))
        self.scale = min(100, int(100 * ROOM_FOR_OFFICE * self.paper[0] / pixels))
        if self.scale * SMALLEST_TEXT < 100 * SMALLEST_PRINT:
            raise ValueError(f"{self.name}: {pixels} pixels are too wide to print")
        self.worksheet.set_print_scale(self.scale)

    @property
    def page_pixels(self) -> float:
        """The height of a printed page in pixels of the sheet."""
        return self.paper[1] * 100 / self.scale

    def height(self, first: int, end: int) -> float:
        """Pixels of the rows from one to before another."""
        return sum(self.heights.get(row, self.row_pixels) for row in range(first, end))

    def keep_together(self, rows: float) -> None:
        """Begin a new printed page if so many usual rows don't fit on this one."""
        used = self.height(self.breaks[-1] if self.breaks else 0, self.row)
        if used and used + rows * self.row_pixels > self.page_pixels:
            self.begin_page()

    def begin_page(self) -> None:
        """Begin a new printed page at this row."""
        self.breaks.append(self.row)
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
                "font": {"name": FONT, "size": SMALLEST_TEXT, "color": colour} | font,
            },
        )  # fmt: skip
