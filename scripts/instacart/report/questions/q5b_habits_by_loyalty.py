"""Key question 5b: Do ordering habits differ by loyalty?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from instacart import words
from instacart.report.chart import Chart, Series, labels
from instacart.report.question import Question, Size, size_of
from instacart.report.segments import (
    AVERAGED,
    Differences,
    days,
    habits,
    segments,
    unreliable,
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

    @cached_property
    def differences(self) -> Differences:
        return habits(self.warehouse, self.facts, "loyalty_flag")

    @cached_property
    def reminded(self) -> list[Row]:
        """The segments to remind, if their days clearly differ."""
        sure = [one.measure for one in self.differences.found if one.ends]
        if "median_days_between_orders" not in sure:
            return []
        return [
            row
            for row in self.rows
            if row["has_enough_customers"]
            and row["is_large"]
            and row["median_days_between_orders"] is not None
        ]

    def sentence(self) -> str:
        first, last = self.rows[0], self.rows[-1]
        if len(self.rows) == 1:
            return (
                f"All customers are {words.segment(first['segment'])}, who typically"
                f" order every {_days(first)}."
            )
        return (
            f"{words.group(first['segment'])} typically order every {_days(first)},"
            f" {words.segment(last['segment'])} every {_days(last)}."
        )

    def size(self) -> Size | None:
        return self.differences.size

    def so_what(self) -> str:
        return self.differences.so_what

    def caution(self) -> str:
        text = (
            "Loyalty is defined by the number of orders, so that orders and reorders"
            f" follow it by definition. {AVERAGED}"
        )
        return f"{text} {unreliable(self.rows)}".strip()

    def columns(self) -> Sequence[Column]:
        return (
            Column("segment", "Segment"),
            Column("customer_count", "Customers", "count"),
            Column("orders_per_customer", "Orders per customer", "tenth"),
            Column("median_days_between_orders", "Days between orders", "tenth"),
            Column("products_per_order", "Items per order", "tenth"),
            Column("avg_order_total", "Average order", "money"),
            Column("avg_product_price", "Price per item", "money"),
            Column("reorder_rate", "Reorder rate", "share"),
        )

    def drawing(self) -> Chart:
        look = {"gap": 80, "data_labels": labels("General")}
        between = "median_days_between_orders"
        return Chart(
            "column",
            [Series(between, MID_GREY, "segment", look, highlights=[0])],
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
        if found.is_same or found.verdict == self.facts.verdicts.differs:
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
        if len(self.rows) == 1:
            return "No advice: there is nobody to compare them with."
        if self.reminded:
            reminders = [
                f"to {words.segment(row['segment'])} after {_days(row)}"
                for row in self.reminded
            ]
            return (
                f"Time reminders by segment: {words.listing(reminders)}. Measure who"
                " comes back sooner."
            )
        if self.differences.is_same or any(one.ends for one in self.differences.found):
            return "No advice: they differ in nothing that tells when to address them."
        return "No advice yet: a segment has too few customers."

    def prize(self) -> str:
        return size_of(*self.reminded).text if self.reminded else ""


def _days(row: Row) -> str:
    known = row["median_days_between_orders"]
    return "unknown number of days" if known is None else f"{days(known)} days"
