"""Key question 5b: Do ordering habits differ by loyalty?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from instacart import words
from instacart.report.chart import Chart, Series, labels
from instacart.report.question import Question, Size
from instacart.report.segments import Differences, differences, segments
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

    @cached_property
    def differences(self) -> Differences:
        return differences(self.warehouse, self.facts, "loyalty_flag")

    def sentence(self) -> str:
        first, last = self.rows[0], self.rows[-1]
        if len(self.rows) == 1:
            return (
                f"All customers are {words.segment(first['segment'])}, who typically"
                f" order every {_days(first)}."
            )
        text = (
            f"{words.group(first['segment'])} typically order every {_days(first)},"
            f" {words.segment(last['segment'])} every {_days(last)}; of what they buy"
            f" {words.share(first['reorder_rate'] or 0)} and"
            f" {words.share(last['reorder_rate'] or 0)} had been bought before"
        )
        if not self.facts.has_prices:
            return f"{text}."
        return (
            f"{text}, and an average order is {words.money(first['avg_order_total'])}"
            f" and {words.money(last['avg_order_total'])}."
        )

    def size(self) -> Size | None:
        return self.differences.size

    def so_what(self) -> str:
        return self.differences.so_what

    def caution(self) -> str:
        return (
            "Loyalty is defined by the number of orders, so that orders and reorders"
            " follow it by definition. Averages are over orders; days are the median"
            " customer's."
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

    def answer(self) -> str:
        if len(self.rows) == 1:
            label = self.rows[0]["segment"]
            return (
                f"All customers are {words.segment(label)}: there is nothing to"
                " compare."
            )
        found = self.differences
        if found.found:
            return f"Yes, clearly in {found.text}."
        if found.is_same:
            return (
                "No: they differ in nothing but the number of orders, by which loyalty"
                " is defined."
            )
        return f"{words.capital(found.too_few('loyalty makes a difference'))}."

    def figures(self) -> str:
        return "\n".join(
            f"{row['segment']}: {words.decimal(row['orders_per_customer'])}"
            f" orders, every {_days(row)},"
            f" {words.decimal(row['products_per_order'])} items per order"
            for row in self.rows
        )

    def advice(self) -> str:
        first, last = self.rows[0], self.rows[-1]
        if len(self.rows) == 1:
            return "No advice: there is nobody to compare them with."
        sure = [one.measure for one in self.differences.found if one.ends]
        if "median_days_between_orders" in sure:
            return (
                "Time reminders by segment: to"
                f" {words.segment(first['segment'])} after {_days(first)}, to"
                f" {words.segment(last['segment'])} after {_days(last)}, and"
                " measure who comes back sooner."
            )
        if self.differences.is_same or sure:
            return "No advice: they differ in nothing that tells when to address them."
        return "No advice yet: a segment has too few customers."


def _days(row: Row) -> str:
    days = row["median_days_between_orders"]
    return "unknown number of days" if days is None else f"{round(days, 1):g} days"
