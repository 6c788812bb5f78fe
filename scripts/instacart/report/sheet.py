"""The parts that the report's sheets are put together from: heads, texts and tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from instacart.report.page import (
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
    BLUE,
    FAINT_INK,
    HEADER,
    LINE_HEIGHT,
    NUMBER_FORMATS,
    Book,
    Column,
    write_text,
)

Rows = Sequence[dict[str, Any]]
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

    def start(self, title: str, subtitle: str) -> None:
        """Write the head: title, what the sheet shows, and the way back."""
        self.set_height(0, 27)
        self.write(0, 1, title, bold=True, font_size=16, font_color=BLUE)
        span = (1, self.last_column)
        self.set_lines(1, self.lines(subtitle, span), 3)
        self.write(
            1, span, subtitle, font_color=FAINT_INK, text_wrap=True, valign="top"
        )
        self.row = 3
        if self.home:
            self.write(2, 1, link_to(self.home, "Back to the title page"))
            self.worksheet.freeze_panes(3, 0)
            self.row = 4

    def heading(self, text: str) -> int:
        """Write a heading over the sheet's width; return its row."""
        row = self.row
        self.set_height(row, 21)
        look = {"bold": True, "font_size": 12, "bottom": 2, "bottom_color": BLUE}
        self.write(row, 1, text, **look)
        for column in range(2, self.last_column + 1):
            self.write(row, column, None, **look)
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

    def finding(self, text: str, link: Link) -> None:
        """Write a text over the sheet's width, and a link at its end."""
        last = self.last_column
        self.set_lines(self.row, self.lines(text, (1, last - 1)), 7)
        self.write(self.row, (1, last - 1), text, text_wrap=True)
        self.write(self.row, last, link, text_wrap=True)
        self.row += 1

    def table(
        self,
        columns: Sequence[Column],
        rows: Rows,
        first_column: int = 1,
        strong_last: bool = False,
    ) -> Range:
        """Write a header and typed rows; return where they are.

        Missing values are blank; what is true or false reads yes and no.
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
        for row, values in enumerate(rows, start=cells.first_row):
            is_strong = strong_last and row == cells.last_row
            more = {"bold": True, "top": 1} if is_strong else {}
            for column in columns:
                span, value = spans[column.key], values.get(column.key)
                self.write(row, span, value, **value_look(column), **more)
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
        self._header((*group_columns, *columns), spans)
        for group, rows in groups:
            need = max(
                self.lines(str(group[column.key]), spans[column.key])
                for column in group_columns
            )
            own = [
                max(
                    self.lines(str(row.get(column.key) or ""), spans[column.key])
                    if column.kind in WRAPPED
                    else 1
                    for column in columns
                )
                for row in rows
            ]
            self.keep_together(max(need, sum(own)) * LINE_HEIGHT / 15 + 0.2 * len(rows))
            self._group_cells(group_columns, spans, group, len(rows))
            # The rows of a group are together as high as its longest text.
            more = max(0.0, need - sum(own)) / len(rows)
            for lines, values in zip(own, rows, strict=True):
                self.set_lines(self.row, lines + more, 3)
                for column in columns:
                    span, value = spans[column.key], values.get(column.key)
                    self.write(self.row, span, value, **value_look(column))
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
        height = 1
        for column in columns:
            span = spans[column.key]
            self.write(
                self.row, span, column.heading,
                **HEADER,
                font_size=9,
                align="right" if column.kind in NUMBER_FORMATS else "left",
                indent=1,
                text_wrap=True,
                valign="bottom",
            )  # fmt: skip
            height = max(height, self.lines(column.heading, span, 0.9))
        self.set_lines(self.row, height, 4)
        self.row += 1

    def _row_lines(
        self, columns: Sequence[Column], spans: dict[str, Span], values: dict[str, Any]
    ) -> float:
        """How many usual lines a row of a table needs."""
        needs = [1.0]
        for column in columns:
            value = values.get(column.key)
            if column.kind in WRAPPED and value is not None:
                density = WRAPPED[column.kind]
                needs.append(
                    self.lines(str(value), spans[column.key], density) / density
                )
        return max(needs)

    def _group_cells(
        self,
        columns: Sequence[Column],
        spans: dict[str, Span],
        group: dict[str, Any],
        row_count: int,
    ) -> None:
        """Write what belongs to a group of rows beside all of them."""
        first, last = self.row, self.row + row_count - 1
        for column in columns:
            look = self.book.format(**value_look(column) | {"text_wrap": True})
            left, right = spans[column.key]
            if last > first or right > left:
                self.worksheet.merge_range(first, left, last, right, "", look)
            write_text(self.worksheet, first, left, group[column.key], look, look)


def spans_of(columns: Sequence[Column], first: int = 1) -> dict[str, Span]:
    """First and last column of the sheet of each column of a table, by its key."""
    spans = {}
    for column in columns:
        spans[column.key] = (first, first + column.span - 1)
        first += column.span
    return spans
