"""Key question 2: Do customers buy dearer products at some hours?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from instacart import words
from instacart.report.chart import Chart, Series
from instacart.report.question import Question, highest, lowest
from instacart.report.times import HOUR_AXIS, frequent_hours, hours_of_day
from instacart.warehouse import Row
from instacart.workbook import BLUE, Column


class ProductPrices(Question):
    title = "Key question 2: Do customers buy dearer products at some hours?"
    needs = ("prices",)

    @cached_property
    def rows(self) -> list[Row]:
        return hours_of_day(self.warehouse)

    def sentence(self) -> str:
        known = [row for row in self.rows if row["avg_product_price"] is not None]
        frequent, note = frequent_hours(known, self.facts)
        high = highest(frequent, "avg_product_price")
        low = lowest(frequent, "avg_product_price")
        spread = high["avg_product_price"] / low["avg_product_price"] - 1
        return (
            f"The mean price of a product is {words.money(low['avg_product_price'])} to"
            f" {words.money(high['avg_product_price'])}, highest at {high['hour']}:"
            f" {words.share(spread)} between the ends ({note})."
        )

    def caution(self) -> str:
        return "Hours with few orders fluctuate; prices are fabricated."

    def columns(self) -> Sequence[Column]:
        return (
            Column("hour", "Hour from"),
            Column("order_product_count", "Items", "count"),
            Column("avg_product_price", "Price per item", "money"),
        )

    def drawing(self) -> Chart:
        return Chart(
            "line",
            [Series("avg_product_price", BLUE, "hour")],
            "Average price of an item by hour",
            HOUR_AXIS,
            {"name": "Dollars per item", "num_format": "$0.00", "min": 0},
        )
