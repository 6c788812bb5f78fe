"""Blocks of the sheet of charts: a question, a sentence, its table and its chart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import wraps

from instacart import words
from instacart.report.design import (
    BLUE,
    FAINT_INK,
    FONT,
    PIXELS_PER_ROW,
    Column,
    Range,
    Series,
    Sheet,
)
from instacart.report.facts import Facts
from instacart.warehouse import Warehouse, check_columns

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
# Of fewer customers nothing is said: what differs there is one habit.
FEWEST_CUSTOMERS = 30


@dataclass(frozen=True)
class Block:
    """What answers a question: a sentence, the table it reads, and what draws it."""

    reading: str
    columns: Sequence[Column] = ()
    rows: Sequence[dict] = ()
    draw: Callable[[Range], None] | None = None
    caution: str = ""
    chart_rows: int = CHART_ROWS


@dataclass(frozen=True)
class Written:
    """Where a block is, what it says, and whether this package can answer it."""

    row: int
    reading: str
    is_answered: bool


@dataclass
class Charts:
    """The sheet while it is written, and the blocks that are in it, by name."""

    sheet: Sheet
    warehouse: Warehouse
    facts: Facts
    blocks: dict[str, Written] = field(default_factory=dict)

    def rows(self, query: str) -> list[dict]:
        return self.warehouse.rows(query)

    def write(self, name: str, question: str, block: Block) -> None:
        """Write a block under its question."""
        sheet = self.sheet
        check_columns(block.rows, (column.key for column in block.columns))
        # What this package lacks, such as money without prices, has no column.
        columns = [
            column
            for column in block.columns
            if any(row.get(column.key) is not None for row in block.rows)
        ]
        chart_rows = block.chart_rows if block.draw else 0
        sheet.keep_together(4 + (max(len(block.rows), chart_rows) if columns else 0))
        row = sheet.heading(question)
        self.blocks[name] = Written(row, block.reading, bool(columns))
        sheet.paragraph(block.reading, bold=bool(columns))
        if block.caution:
            sheet.paragraph(block.caution, italic=True, font_color=FAINT_INK)
        if columns:
            place = sheet.table(columns, block.rows)
            if block.draw:
                block.draw(place)
                sheet.row = max(sheet.row, place.header_row + chart_rows)
        sheet.gap()

    def chart(
        self,
        kind: str,
        series: Sequence[Series],
        title: str,
        x_axis: dict,
        y_axis: dict,
        subtype: str | None = None,
    ) -> Callable[[Range], None]:
        """What draws a chart to the right of a block's table."""

        def draw(place: Range) -> None:
            known = [one for one in series if one.values in place.columns]
            if not known:
                return
            self.sheet.chart(
                {"type": kind} | ({"subtype": subtype} if subtype else {}),
                place,
                known,
                title,
                x_axis,
                y_axis,
                (place.header_row, CHART_COLUMN),
                CHART_SIZE,
            )

        return draw

    def share_columns(
        self, category: str, colours: dict[str, str], title: str, shown: str = "0%"
    ) -> Callable[[Range], None]:
        """What draws shares side by side; `colours` are those of the columns shown."""
        look = {"gap": 60, "overlap": -5, "data_labels": labels(shown)}
        series = [Series(key, one, category, look) for key, one in colours.items()]
        return self.chart("column", series, title, {}, {"num_format": "0%"})

    def bars(
        self,
        category: str,
        value: str,
        title: str,
        shown: str,
        axis: dict | None = None,
    ) -> Callable[[Range], None]:
        """What draws a bar with its value per row; `axis` is that of the categories."""
        look = {"gap": 25, "data_labels": labels(shown)}
        series = [Series(value, BLUE, category, look)]
        return self.chart("bar", series, title, axis or {}, {})


def asks(
    question: str, needs: str = ""
) -> Callable[[Callable[[Charts], Block]], Callable[[Charts], None]]:
    """Make a function's answer a block of the sheet, named as the function.

    needs: what it can't be answered without, `prices` or `customers`; a package that
    lacks it is told so instead.
    """

    def decorate(answer: Callable[[Charts], Block]) -> Callable[[Charts], None]:
        @wraps(answer)
        def write(charts: Charts) -> None:
            lacking = what_lacks(charts.facts, needs)
            block = Block(lacking) if lacking else answer(charts)
            charts.write(answer.__name__, question, block)

        return write

    return decorate


def what_lacks(facts: Facts, *needs: str) -> str:
    """Why something that needs `prices` or `customers` can't be said, or nothing."""
    if "prices" in needs and not facts.has_prices:
        return WITHOUT_PRICES
    if "customers" in needs and not facts.has_customers:
        return WITHOUT_CUSTOMERS
    return ""


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
        "font": {"name": FONT, "size": 8},
    }
