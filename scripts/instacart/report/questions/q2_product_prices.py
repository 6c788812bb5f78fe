"""Key question 2: Do customers buy dearer products at some hours?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from instacart import words
from instacart.report.chart import Chart, Series
from instacart.report.question import Question, Size, highest, lowest, size_of
from instacart.report.times import HOUR_AXIS, frequent_hours, hours_of_day, would_show
from instacart.warehouse import Row
from instacart.workbook import BLUE, Column


class ProductPrices(Question):
    title = "Key question 2: Do customers buy dearer products at some hours?"
    needs = ("prices",)

    @cached_property
    def rows(self) -> list[Row]:
        return hours_of_day(self.warehouse)

    def sentence(self) -> str:
        frequent, note = self.frequent
        high = highest(frequent, "avg_product_price")
        low = lowest(frequent, "avg_product_price")
        ends = (
            f"{words.money(low['avg_product_price'])} at {low['hour']} to"
            f" {words.money(high['avg_product_price'])} at {high['hour']} ({note})"
        )
        if self.clear_hours:
            names = words.listing([row["hour"] for row in self.clear_hours])
            return f"The average price per item differs at {names}: {ends}."
        if self.verdict() == self.facts.verdicts.same:
            return f"The average price per item is much the same all day: {ends}."
        shown = would_show(frequent, "detectable_price_difference")
        return (
            "There are too few customers to tell whether the average price per item"
            f" changes over the day: {ends}{shown}."
        )

    def verdict(self) -> str:
        frequent, _ = self.frequent
        return self.facts.joint_verdict(row["price_verdict"] for row in frequent)

    @cached_property
    def frequent(self) -> tuple[list[Row], str]:
        known = [row for row in self.rows if row["avg_product_price"] is not None]
        return frequent_hours(known, self.facts)

    @cached_property
    def clear_hours(self) -> list[Row]:
        """Those whose price clearly differs."""
        differs = self.facts.verdicts.differs
        return [row for row in self.frequent[0] if row["price_verdict"] == differs]

    def size(self) -> Size | None:
        return size_of(self.clear_hours[0]) if self.clear_hours else None

    def so_what(self) -> str:
        row = self.clear_hours[0]
        return f"{size_of(row).text} at {row['hour']} are spent on other products."

    def caution(self) -> str:
        return "Averages of few orders vary by chance; prices are fabricated."

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
