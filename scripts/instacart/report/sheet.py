"""The parts that the report's sheets are put together from: heads, texts and tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from instacart.report.page import (
    CLOSE_LINE,
    POINTS_PER_PIXEL,
    WRAPPED,
    Link,
    Page,
    Range,
    Span,
    link_to,
    value_look,
)
from instacart.warehouse import check_columns
from instacart.workbook import (
    BAND,
    BLUE,
    FAINT_INK,
    HEADER,
    LINE_HEIGHT,
    NUMBER_FORMATS,
    Book,
    Column,
)

# Pixels below a finding of the title page, and the look of a heading.
FINDING_GAP = 8
HEADING = {"bold": True, "font_size": 12, "bottom": 2, "bottom_color": BLUE}

Rows = Sequence[dict[str, Any]]
# The key that makes a row of a table a heading over the rows below it.
IS_HEADING = "is_heading"
# A row of the first columns of a grouped table, and the rows that belong to it.
Group = tuple[dict[str, Any], Rows]


class Sheet(Page):
    """A sheet of the report; every part is written at `row`, and leaves it below.

    home: the name of the sheet to lead back to, if any.
    """

    def __init__(
        self, book: Book, name: str, widths: Sequence[float], home: str = ""
    ) -> None:
        super().__init__(book, name, widths)
        self.home = home

    def indent(self, column: Column, span: Span) -> int:
        """How far the cells of a table's column are indented."""
        # Numbers end and the first column begins where no other text is.
        needs_none = column.kind in NUMBER_FORMATS or span[0] == 1
        return 0 if self.is_close and needs_none else 1

    def start(
        self,
        title: str,
        subtitle: str,
        is_frozen: bool = True,
        is_upright: bool = False,
    ) -> None:
        """Write the head: title, what the sheet shows, and the way back.

        is_frozen: it stays when the sheet is scrolled.
        """
        self.print_scaled(is_upright)
        self.set_height(0, 27)
        self.write(0, 1, title, bold=True, font_size=16, font_color=BLUE)
        span = (1, self.last_column)
        self.set_lines(1, self.lines(subtitle, span), 3)
        self.write(
            1, span, subtitle, font_color=FAINT_INK, text_wrap=True, valign="top"
        )
        self.row = 3
        if self.home:
            back = link_to(self.home, "Back to the title page")
            self.write(2, 1, back, text_wrap=False)
            if is_frozen:
                self.worksheet.freeze_panes(3, 0)
            self.row = 4

    def heading(self, text: str) -> int:
        """Write a heading over the sheet's width; return its row."""
        row = self.row
        self.set_height(row, 21)
        self.write(row, 1, text, **HEADING)
        for column in range(2, self.last_column + 1):
            self.write(row, column, None, **HEADING)
        self.row += 1
        return row

    def paragraph(self, text: str, **look: Any) -> None:
        """Write a text over the sheet's width, as high as it needs to be."""
        span = (1, self.last_column)
        self.set_lines(self.row, self.lines(text, span), 4)
        self.write(self.row, span, text, text_wrap=True, **look)
        self.row += 1

    def entry(self, name: str | Link, text: str) -> None:
        """Write a name or link, and a text over the rest of the sheet's width."""
        label = name.text if isinstance(name, Link) else name
        span = (2, self.last_column)
        lines = max(self.lines(text, span), self.lines(label, (1, 1)))
        self.set_lines(self.row, lines, 5)
        self.write(self.row, 1, name, text_wrap=True, bold=True)
        self.write(self.row, span, text, text_wrap=True)
        self.row += 1

    def finding(self, text: str, so_what: str, link: Link) -> None:
        """Write a text over the sheet's width, a link at its end, and in a row below
        what follows from it, if anything."""
        last = self.last_column
        span = (1, last - 1)
        self.set_lines(self.row, self.lines(text, span, bold=True), 4)
        self.write(self.row, span, text, text_wrap=True, bold=True, valign="top")
        self.write(self.row, last, link, text_wrap=True, valign="top")
        self.row += 1
        if so_what:
            so_what = f"So what: {so_what}"
            self.set_lines(self.row, self.lines(so_what, span), 8)
            self.write(self.row, span, so_what, text_wrap=True, valign="top")
            self.row += 1
        self.gap_of(FINDING_GAP)

    def table(
        self,
        columns: Sequence[Column],
        rows: Rows,
        first_column: int = 1,
        strong_last: bool = False,
    ) -> Range:
        """Write a header and typed rows; return where they are.

        Missing values are blank; what is true or false reads yes and no. strong_last:
        the last row is a total.
        """
        check_columns(rows, (column.key for column in columns))
        spans = spans_of(columns, first_column)
        cells = Range(
            self.name,
            {key: first for key, (first, _) in spans.items()},
            self.row,
            self.row + 1,
            self.row + max(len(rows), 1),
            rows,
        )
        self._header(columns, spans)
        look = self._looks(columns, spans)
        for row, values in enumerate(rows, start=cells.first_row):
            is_strong = strong_last and row == cells.last_row
            more: dict[str, Any] = {"bold": True, "top": 1} if is_strong else {}
            if values.get(IS_HEADING):
                more = {"bold": True, "bg_color": BAND}
            for column in columns:
                span, value = spans[column.key], values.get(column.key)
                self.write(row, span, value, **look[column.key] | more)
            height = self._row_lines(columns, spans, values)
            if height > 1:
                self.set_lines(row, height, 4)
        self.row = cells.last_row + 1
        return cells

    def grouped_table(
        self,
        group_columns: Sequence[Column],
        columns: Sequence[Column],
        groups: Sequence[Group],
    ) -> None:
        """A table whose first columns hold once what belongs to a group of rows."""
        spans = spans_of((*group_columns, *columns))
        looks = self._looks((*group_columns, *columns), spans)
        self._header((*group_columns, *columns), spans)
        for group, rows in groups:
            need = max(
                self.lines(
                    str(group[column.key]), spans[column.key], column.kind == "strong"
                )
                for column in group_columns
            )
            own = [
                max(
                    self.lines(str(row.get(column.key) or ""), spans[column.key])
                    if column.kind == WRAPPED
                    else 1
                    for column in columns
                )
                for row in rows
            ]
            points = CLOSE_LINE if self.is_close else LINE_HEIGHT + 3
            pixels = max(need, sum(own)) * points / POINTS_PER_PIXEL
            self.keep_together(pixels / self.row_pixels)
            self._group_cells(looks, spans, group, len(rows))
            # The rows of a group are together as high as its longest text.
            more = max(0.0, need - sum(own)) / len(rows)
            for lines, values in zip(own, rows, strict=True):
                self.set_lines(self.row, lines + more, 3)
                for column in columns:
                    span, value = spans[column.key], values.get(column.key)
                    self.write(self.row, span, value, **looks[column.key])
                self.row += 1

    def colour(
        self, cells: Range, first: int, last: int, scale: dict[str, Any]
    ) -> None:
        """Colour cells of a table, from column to column, by their values."""
        self.worksheet.conditional_format(
            cells.first_row, first, cells.last_row, last, scale
        )

    def _header(self, columns: Sequence[Column], spans: dict[str, Span]) -> None:
        """Write the headings of a table."""
        for column in columns:
            span = spans[column.key]
            self.write(
                self.row, span, column.heading,
                **HEADER | {"bold": not self.is_close},
                align="right" if column.kind in NUMBER_FORMATS else "left",
                indent=self.indent(column, span),
                text_wrap=True,
                valign="bottom",
            )  # fmt: skip
        self.set_lines(self.row, self.header_lines(columns, spans), 4)
        self.row += 1

    def header_lines(
        self, columns: Sequence[Column], spans: dict[str, Span] | None = None
    ) -> int:
        """How many lines the headings of a table need."""
        spans = spans or spans_of(columns)
        is_bold = not self.is_close
        return max(
            self.lines(
                one.heading, spans[one.key], is_bold, self.indent(one, spans[one.key])
            )
            for one in columns
        )

    def _looks(
        self, columns: Sequence[Column], spans: dict[str, Span]
    ) -> dict[str, dict[str, Any]]:
        """The formats of a table's cells, by the keys of its columns."""
        return {
            one.key: value_look(one, self.indent(one, spans[one.key]))
            for one in columns
        }

    def _row_lines(
        self, columns: Sequence[Column], spans: dict[str, Span], values: dict[str, Any]
    ) -> int:
        """How many lines a row of a table needs."""
        needs = [1]
        for column in columns:
            value = values.get(column.key)
            if column.kind == WRAPPED and value is not None:
                span = spans[column.key]
                indent = self.indent(column, span)
                needs.append(self.lines(str(value), span, indent=indent))
        return max(needs)

    def _group_cells(
        self,
        looks: dict[str, dict[str, Any]],
        spans: dict[str, Span],
        group: dict[str, Any],
        row_count: int,
    ) -> None:
        """Write what belongs to a group of rows beside all of them."""
        first, last = self.row, self.row + row_count - 1
        for key, text in group.items():
            look = looks[key] | {"text_wrap": True}
            self.write_block((first, last), spans[key], text, **look)


def spans_of(columns: Sequence[Column], first: int = 1) -> dict[str, Span]:
    """First and last column of the sheet of each column of a table, by its key."""
    spans = {}
    for column in columns:
        spans[column.key] = (first, first + column.span - 1)
        first += column.span
    return spans
