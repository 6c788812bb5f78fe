"""Key question 5b: Do ordering habits differ by loyalty?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from instacart import words
from instacart.report.chart import Chart, Series, labels
from instacart.report.question import Question
from instacart.report.segments import (
    differences,
    favourites,
    segments,
    taste,
)
from instacart.warehouse import Row
from instacart.workbook import MID_GREY, Column


class HabitsByLoyalty(Question):
    title = "Key question 5b: Do ordering habits differ by loyalty?"
    asked_by = "Key question 5b"
    asked = "Are there differences in ordering habits based on loyalty status?"
    segment_types = ("loyalty_flag",)

    @cached_property
    def rows(self) -> list[Row]:
        return segments(self.warehouse, "loyalty_flag")

    def sentence(self) -> str:
        first, last = self.rows[0], self.rows[-1]
        if len(self.rows) == 1:
            return (
                f"All customers are {words.segment(first['segment'])}, who order every"
                f" {_days(first)} (median over customers)."
            )
        text = (
            f"{words.group(first['segment'])} order every {_days(first)} (median over"
            f" customers), {words.segment(last['segment'])} every {_days(last)}; of"
            f" what they buy {words.share(first['reorder_rate'] or 0, 0)} and"
            f" {words.share(last['reorder_rate'] or 0, 0)} had been bought before"
        )
        if not self.facts.has_prices:
            return f"{text}."
        return (
            f"{text}, and a mean order is {words.money(first['avg_order_total'])} and"
            f" {words.money(last['avg_order_total'])}."
        )

    def caution(self) -> str:
        return (
            "Loyalty is defined by the number of orders, so that orders and reorders"
            " follow it by definition."
        )

    def columns(self) -> Sequence[Column]:
        return (
            Column("segment", "Segment"),
            Column("customer_count", "Customers", "count"),
            Column("orders_per_customer", "Orders per customer", "decimal"),
            Column("median_days_between_orders", "Days between orders", "decimal"),
            Column("products_per_order", "Items per order", "decimal"),
            Column("avg_order_total", "Average order", "money"),
            Column("avg_product_price", "Price per item", "money"),
            Column("reorder_rate", "Reorder rate", "share"),
        )

    def drawing(self) -> Chart:
        look = {"gap": 80, "data_labels": labels("0.0")}
        days = "median_days_between_orders"
        return Chart(
            "column",
            [Series(days, MID_GREY, "segment", look, highlights=[0])],
            "Days between orders, median over customers",
            {"name": "Loyalty of the customer"},
            {"name": "Days between orders", "num_format": "0"},
        )

    @cached_property
    def habits(self) -> list[Row]:
        """The segments with their habits, those who order most first."""
        return sorted(
            self.warehouse.analysis("key_question_5b_habits_by_loyalty"),
            key=lambda row: -row["orders_per_customer"],
        )

    def answer(self) -> str:
        if len(self.habits) == 1:
            label = self.habits[0]["loyalty_flag"]
            return (
                f"All customers are {words.segment(label)}: there is nothing to"
                " compare."
            )
        found = differences(self.warehouse, self.facts, "loyalty_flag")
        if not found.found:
            return (
                "Hardly: in nothing but the number of orders, by which loyalty is"
                " defined."
            )
        return f"Yes, by more than chance in {found.text} (means of customers)."

    def figures(self) -> str:
        return "\n".join(
            f"{row['loyalty_flag']}: {words.decimal(row['orders_per_customer'])}"
            f" orders, {words.decimal(row['products_per_order'])} products per order"
            for row in self.habits
        )

    def advice(self) -> str:
        first, last = (self.habits[at]["loyalty_flag"] for at in (0, -1))
        if len(self.habits) == 1:
            return "Treat all alike."
        tastes = favourites(self.warehouse, "loyalty_flag")
        return (
            f"Remind {words.segment(first)} of what they buy anyway"
            f"{taste(tastes, first)}; show {words.segment(last)} what brings them back"
            f"{taste(tastes, last)}."
        )


def _days(row: Row) -> str:
    days = row["median_days_between_orders"]
    return "unknown number of days" if days is None else f"{round(days, 1):g} days"
