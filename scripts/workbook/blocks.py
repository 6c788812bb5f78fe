"""Blocks of the sheet of charts: a question, a sentence, its table and its chart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from workbook import words
from workbook.design import (
    PIXELS_PER_ROW,
    Column,
    Range,
    Series,
    Sheet,
)
from workbook.facts import Facts
from workbook.warehouse import Warehouse

# Label, eight figures, a gap, and the chart's room.
WIDTHS = (2, 34, *[11.5] * 18)

CHART_COLUMN = 11

CHART_SIZE = (735, 400)

CHART_ROWS = CHART_SIZE[1] // PIXELS_PER_ROW + 2

WITHOUT_PRICES = (
    "This package has no prices (Kaggle's has none), so that this can't be answered;"
    " `make enrich` adds fabricated ones."
)

WITHOUT_CUSTOMERS = (
    "This package has no customers.csv (Kaggle's has none), so that this can't be"
    " answered; `make enrich` adds fabricated customers."
)

# Hours, segments and the like with a smaller share waver too much to be named.
FREQUENT = 0.01


@dataclass
class Charts:
    """The sheet while it is written; `places` are the rows of its blocks."""

    sheet: Sheet
    warehouse: Warehouse
    facts: Facts
    places: dict[str, int] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    readings: dict[str, str] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)

    def rows(self, query: str) -> list[dict]:
        return self.warehouse.rows(query)

    def block(
        self,
        key: str,
        question: str,
        reading: str,
        columns: Sequence[Column] = (),
        rows: Sequence[dict] = (),
        draw: Callable[[Range, int], None] | None = None,
        cautions: str = "",
        chart_rows: int = CHART_ROWS,
    ) -> None:
        """Write one block; `draw` gets the table's place and the row of its header."""
        sheet = self.sheet
        # What this package lacks, such as money without prices, has no column.
        columns = [
            column
            for column in columns
            if any(row.get(column.key) is not None for row in rows)
        ]
        height = 4 + (max(len(rows), chart_rows if draw else 0) if columns else 0)
        sheet.keep_together(height)
        self.places[key] = sheet.heading(question)
        self.titles[key] = question.partition(": ")[2] or question
        self.readings[key] = reading
        if columns:
            self.answered.add(key)
        sheet.paragraph(reading, bold=bool(columns))
        if cautions:
            sheet.paragraph(cautions, italic=True, font_color="#5A6672")
        if columns:
            header = sheet.row
            place = sheet.table(columns, rows)
            if draw:
                draw(place, header)
                sheet.row = max(sheet.row, header + chart_rows)
        sheet.gap()

    def chart(
        self,
        kind: str,
        series: Sequence[Series],
        title: str,
        x_axis: dict,
        y_axis: dict,
        subtype: str | None = None,
    ) -> Callable[[Range, int], None]:
        """What draws a chart to the right of a block's table."""

        def draw(place: Range, header: int) -> None:
            self.sheet.chart(
                {"type": kind} | ({"subtype": subtype} if subtype else {}),
                place,
                series,
                title,
                x_axis,
                y_axis,
                (header, CHART_COLUMN),
                CHART_SIZE,
            )

        return draw


def population(facts: Facts) -> str:
    """What is counted, in a sentence."""
    return (
        f"Counted are analysed orders: {words.plural(facts.customers, 'customer')},"
        f" {words.plural(facts.orders, 'order')},"
        f" {words.plural(facts.order_products, 'order product')}."
    )


def highest(rows: Sequence[dict], key: str) -> dict:
    return max(rows, key=lambda row: row[key])


def lowest(rows: Sequence[dict], key: str) -> dict:
    return min(rows, key=lambda row: row[key])


def floor(rows: Sequence[dict], key: str, step: float) -> float:
    low = min(row[key] for row in rows if row[key] is not None)
    return round(low // step * step, 6)


def ceiling(rows: Sequence[dict], key: str, step: float) -> float:
    high = max(row[key] for row in rows if row[key] is not None)
    # An axis is a step long at least.
    return round(max(-(-high // step) * step, floor(rows, key, step) + step), 6)


def labels(number_format: str) -> dict:
    return {
        "value": True,
        "num_format": number_format,
        "font": {"name": "Arial", "size": 8},
    }
