"""Rows as a table of plain text, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from instacart.errors import printable

GAP = "  "
# Of a column that is laid out: its name, a rule, and a text per row, of one width.
Column = list[str]


def table_lines(
    names: Sequence[str], rows: Sequence[Sequence[Any]], width: int
) -> Iterator[str]:
    """The lines of a table.

    Columns that `width` characters can't hold side by side follow below the others,
    each part with the numbers of the rows on its left.
    """
    columns = [
        column(name, [row[index] for row in rows]) for index, name in enumerate(names)
    ]
    numbers = column("row", list(range(1, len(rows) + 1)))
    for number, part in enumerate(side_by_side(columns, numbers, width)):
        if number:
            yield ""
        for texts in zip(*part, strict=True):
            yield GAP.join(texts).rstrip()


def column(name: str, values: Sequence[Any]) -> Column:
    """A column laid out: numbers to the right, all else to the left."""
    texts = [printable(name), *map(text_of, values)]
    width = max(map(len, texts))
    is_numeric = all(
        value is None or type(value) in (int, float, Decimal) for value in values
    )
    align = str.rjust if is_numeric else str.ljust
    name, *cells = (align(text, width) for text in texts)
    return [name, "-" * width, *cells]


def text_of(value: Any) -> str:
    """A value on one line."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    return printable(str(value))


def side_by_side(
    columns: Sequence[Column], numbers: Column, width: int
) -> Iterator[list[Column]]:
    """All columns if they fit; else as many at a time as do, after the numbers."""
    if total_width(columns) <= width:
        yield list(columns)
        return
    part = [numbers]
    for each in columns:
        if len(part) > 1 and total_width([*part, each]) > width:
            yield part
            part = [numbers]
        part.append(each)
    yield part


def total_width(columns: Sequence[Column]) -> int:
    return len(GAP.join(column[0] for column in columns))
