"""The sheet of charts: a page per question, that a screen and a sheet of paper hold.

A page has the question, the finding as its title, a chart beside or above its table,
and what follows. Charts are native and draw the cells of the table; sentences are made
of the same rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from instacart.report.chart import Drawing, Place
from instacart.report.page import (
    CELL_PADDING,
    CLOSE_LINE,
    INDENT,
    POINTS_PER_PIXEL,
    SCREEN_HEIGHT,
    WRAPPED,
    Range,
    Span,
    link_to,
    text_pixels,
    wrapped_lines,
)
from instacart.report.question import Question
from instacart.report.sheet import Sheet
from instacart.report.source import Source
from instacart.warehouse import Row
from instacart.workbook import BAND, BLUE, FAINT_INK, NUMBER_FORMATS, RULE, Column

NAME = "Visualizations"
ABOUT = "a page per question: the finding, one chart, its table, and what follows"
# A grid as wide as a page; a table's column takes one of it, or two if it must.
GRID = 17
WIDTHS = (0.3, *[9.3] * GRID)
# Tables of so many rows stand below their chart, longer ones beside it.
MOST_ROWS_BELOW = 7
# Points of the finding, of long ones, and lines from which on it is long; a line's
# height as a part of its letters'.
TITLE_POINTS, LONG_TITLE_POINTS, LONG_TITLE, LINE_SPACING = 14, 12, 3, 1.25
# Pixels: between the parts of a page, and of a chart that is worth looking at.
GAP, LOWEST_CHART, HIGHEST_CHART, NARROWEST_CHART = 8, 200, 380, 330
# Columns of the grid that a text of several lines takes.
WRAPPED_SPAN = 4
# Columns that the questions of the contents take.
CONTENTS = 8


def write(sheet: Sheet, source: Source) -> None:
    """Write the contents, a page per question that has a chart, and last what this
    package can't answer."""
    facts = source.facts
    sheet.set_close()
    sheet.start(
        NAME,
        "A page per question: the finding, a chart drawn from the cells of its table,"
        f" and what follows. {facts.population} {facts.warning}".strip(),
        is_frozen=False,
    )
    questions = [question for question in source.questions if question.title]
    charted = [question for question in questions if question.shown_columns]
    without = [question for question in questions if not question.shown_columns]
    contents = sheet.heading("Findings")
    sheet.gap(len(questions))
    for number, question in enumerate(charted, start=1):
        sheet.begin_page()
        question.chart_link = link_to(sheet.name, "See the chart", sheet.row)
        _write_entry(sheet, contents, number, question)
        _write_page(sheet, question, contents)
    if without:
        sheet.begin_page()
    for number, question in enumerate(without, start=len(charted) + 1):
        _write_entry(sheet, contents, number, question)
        _write_head(sheet, question, contents)
        sheet.gap()


def _write_entry(sheet: Sheet, contents: int, number: int, question: Question) -> None:
    """A line of the contents: the question, linked to this row, and its finding."""
    row, reading = contents + number, question.reading
    asked, found = (2, CONTENTS), (CONTENTS + 1, sheet.last_column)
    link = link_to(sheet.name, question.title, sheet.row)
    lines = max(sheet.lines(question.title, asked), sheet.lines(reading, found))
    sheet.set_height(row, CLOSE_LINE * lines + 4)
    look = {"valign": "top", "bottom": 4, "bottom_color": RULE}
    sheet.write(row, 1, number, **look, align="left", num_format="0")
    sheet.write(row, asked, link, **look)
    sheet.write(row, found, reading, **look, text_wrap=True)


def _write_head(sheet: Sheet, question: Question, contents: int) -> None:
    """The question in small type, the way back, and the finding as the title."""
    last, row = sheet.last_column, sheet.row
    sheet.write(row, (1, last - 2), question.title, font_color=FAINT_INK)
    sheet.write(row, (last - 1, last), link_to(sheet.name, "Findings", contents))
    span = (1, last)
    for points in (TITLE_POINTS, LONG_TITLE_POINTS):
        room = sheet.width(span) - CELL_PADDING
        lines = wrapped_lines(question.reading, room, points, bold=True)
        if lines < LONG_TITLE:
            break
    look = {"bold": True, "font_size": points, "font_color": BLUE}
    sheet.set_height(row + 1, lines * points * LINE_SPACING + 3)
    sheet.write(row + 1, span, question.reading, **look, text_wrap=True, valign="top")
    sheet.row += 2


def _write_page(sheet: Sheet, question: Question, contents: int) -> None:
    start = sheet.row
    _write_head(sheet, question, contents)
    columns = fitted(sheet, question.shown_columns, question.rows)
    room = SCREEN_HEIGHT - sheet.height(start, sheet.row)
    so_what = f"So what: {text}" if (text := question.consequence) else ""
    _Page(sheet, question, columns, question.drawing(), so_what, room).write()
    if caution := question.caution():
        sheet.gap()
        sheet.paragraph(caution, italic=True, font_color=FAINT_INK)
    sheet.gap()


@dataclass
class _Page:
    """A page below its head; room: pixels that the screen has left."""

    sheet: Sheet
    question: Question
    columns: list[Column]
    drawing: Drawing | None
    so_what: str
    room: float

    def write(self) -> None:
        """Table and chart beside each other, or below, and what follows."""
        if not self.drawing or not self.drawing.has_chart:
            self.write_alone()
        elif (
            len(self.question.rows) > MOST_ROWS_BELOW
            and self.sheet.width(self.beside) >= NARROWEST_CHART
        ):
            self.write_beside()
        else:
            self.write_below()

    @property
    def whole(self) -> Span:
        """The columns of the sheet."""
        return 1, self.sheet.last_column

    @property
    def beside(self) -> Span:
        """The columns that the table leaves."""
        return sum(one.span for one in self.columns) + 1, self.sheet.last_column

    def write_alone(self) -> None:
        """The table, and what follows below it."""
        self.draw(self.table(), self.sheet.row, 1, 0, 0)
        self.sheet.gap_of(GAP)
        self.write_so_what(self.whole)

    def write_beside(self) -> None:
        """The table, and to its right the chart, what follows below that."""
        sheet, top = self.sheet, self.sheet.row
        cells, end = self.table(), self.sheet.row
        need = self.need(self.beside)
        # As high as the table, where the screen has room.
        wished = max(sheet.height(top, end) - need, HIGHEST_CHART)
        room = self.room - need - sheet.row_pixels
        height = max(min(wished, room), LOWEST_CHART)
        self.draw(cells, top, self.beside[0], sheet.width(self.beside), height)
        sheet.row = top
        while sheet.height(top, sheet.row) < height:
            sheet.row += 1
        self.write_so_what(self.beside, end)
        sheet.row = max(sheet.row, end)

    def write_below(self) -> None:
        """The chart, what follows, and the table below both."""
        sheet, top = self.sheet, self.sheet.row
        room = self.room - self.need(self.whole) - self.table_height() - 2 * GAP
        rows = int(min(max(room, LOWEST_CHART), HIGHEST_CHART) // sheet.row_pixels)
        sheet.gap(rows)
        self.write_so_what(self.whole)
        sheet.gap_of(GAP)
        cells, height = self.table(), rows * sheet.row_pixels - GAP
        self.draw(cells, top, 1, sheet.width(self.whole), height)

    def table(self) -> Range:
        return self.sheet.table(self.columns, self.question.rows)

    def table_height(self) -> float:
        """Pixels that the table will take."""
        lines = self.sheet.header_lines(self.columns)
        pixels = lines * CLOSE_LINE / POINTS_PER_PIXEL
        return pixels + len(self.question.rows) * self.sheet.row_pixels

    def draw(
        self, cells: Range, row: int, column: int, width: float, height: float
    ) -> None:
        """Draw the table at a cell's corner; to the right of a table a little off."""
        if self.drawing:
            offset = GAP if column > 1 else 0
            extent = int(width) - offset, int(height)
            place = Place(row, column, offset, *extent, self.question.reading)
            self.drawing.draw(self.sheet, cells, place)

    def need(self, span: Span) -> float:
        """Pixels of what follows, over some columns."""
        if not self.so_what:
            return 0
        width = self.sheet.width(span) - INDENT - CELL_PADDING
        lines = wrapped_lines(self.so_what, width)
        return (lines * CLOSE_LINE + 6) / POINTS_PER_PIXEL

    def write_so_what(self, span: Span, end: int = 0) -> None:
        """What follows: in a row as high as it needs, or in rows that are there,
        before `end`."""
        if not self.so_what:
            return
        sheet, row, need = self.sheet, self.sheet.row, self.need(span)
        look = {"bg_color": BAND, "text_wrap": True, "valign": "vcenter", "indent": 1}
        if row < end:
            while sheet.height(row, sheet.row) < need:
                sheet.row += 1
        else:
            sheet.set_height(row, need * POINTS_PER_PIXEL)
            sheet.row += 1
        rows = (row, sheet.row - 1)
        sheet.write_block(rows, span, self.so_what, **look)


def fitted(
    sheet: Sheet, columns: Sequence[Column], rows: Sequence[Row]
) -> list[Column]:
    """Columns that take as many of the grid as their longest value and word of their
    heading need; where that is too much, the first is wrapped and headings are cut."""
    one = sheet.width((1, 1))
    found = []
    for column in columns:
        texts = [shown(column, row.get(column.key)) for row in rows]
        longest = max(map(text_pixels, texts), default=0)
        word = max(map(text_pixels, column.heading.split()))
        span = -int(-(max(longest, word) + CELL_PADDING) // one)
        if column.kind == WRAPPED:
            span = WRAPPED_SPAN
        found.append(replace(column, span=span))
    if sum(column.span for column in found) <= GRID:
        return found
    first, *others = found
    others = [replace(column, span=1) for column in others]
    return [replace(first, kind=WRAPPED, span=max(1, GRID - len(others))), *others]


def shown(column: Column, value: Any) -> str:
    """About what a cell shows."""
    if value is None:
        return ""
    number = NUMBER_FORMATS.get(column.kind)
    if number is None:
        return str(value)
    # Of formats for positive, negative and zero values the first.
    decimals = number.partition(";")[0].partition(".")[2].count("0")
    if "%" in number:
        return f"{100 * value:+.{decimals}f}%"
    return f"{value:,.{decimals}f}" + ("$" if "$" in number else "")
