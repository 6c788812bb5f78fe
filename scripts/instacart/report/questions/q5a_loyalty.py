"""Key question 5a: How are customers distributed by loyalty?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from instacart import words
from instacart.report.chart import Chart, share_columns
from instacart.report.question import Question, Size, size_of
from instacart.report.segment_sentences import size_sentence
from instacart.report.segments import segments
from instacart.warehouse import Row
from instacart.workbook import BLUE, LIGHT_GREY, MID_GREY, Column


class Loyalty(Question):
    title = "Key question 5a: How are customers distributed by loyalty?"
    asked_by = "Key question 5a"
    asked = "How are users distributed by brand loyalty?"
    segment_types = ("loyalty_flag",)

    @cached_property
    def rows(self) -> list[Row]:
        return segments(self.warehouse, "loyalty_flag")

    def sentence(self) -> str:
        return size_sentence(self.warehouse, self.facts, "loyalty_flag").sentence

    def size(self) -> Size | None:
        return size_of(self.rows[0]) if len(self.rows) > 1 else None

    def so_what(self) -> str:
        first, last = (
            f"{words.segment(row['segment'])} ({words.count(row['customer_count'])})"
            for row in (self.rows[0], self.rows[-1])
        )
        if self.facts.has_prices:
            revenues = [words.money(self.rows[at]["revenue"]) for at in (0, -1)]
            return f"{first} bring {revenues[0]}, {last} {revenues[1]}."
        shares = [words.share(self.rows[at]["order_share"]) for at in (0, -1)]
        return f"{first} place {shares[0]} of orders, {last} {shares[1]}."

    def columns(self) -> Sequence[Column]:
        return (
            Column("segment", "Segment"),
            Column("customer_count", "Customers", "count"),
            Column("order_count", "Orders", "count"),
            Column("order_product_count", "Items", "count"),
            Column("customer_share", "Share of customers", "share"),
            Column("order_share", "Share of orders", "share"),
            Column("order_product_share", "Share of items", "share"),
        )

    def drawing(self) -> Chart:
        return share_columns(
            "segment",
            {
                "customer_share": BLUE,
                "order_share": MID_GREY,
                "order_product_share": LIGHT_GREY,
            },
            "Loyalty by customers, orders and items",
            ("Loyalty of the customer", "Share, %"),
            "0.0%",
        )

    def answer(self) -> str:
        if len(self.rows) == 1:
            return self.sentence()
        parts = [
            f"{words.share(row['customer_share'])} are {words.segment(row['segment'])}"
            for row in self.rows
        ]
        return f"Of customers {words.listing(parts)}."

    def figures(self) -> str:
        return "\n".join(
            f"{row['segment']}: {words.plural(row['customer_count'], 'customer')},"
            f" {words.share(row['order_share'])} of orders,"
            f" {words.share(row['order_product_share'])} of items,"
            f" {words.decimal(row['orders_per_customer'])} orders each"
            for row in self.rows
        )

    def advice(self) -> str:
        if len(self.rows) == 1:
            return "No advice: there is nobody to compare them with."
        *others, last = self.rows
        enough = [row for row in others if row["has_enough_customers"]]
        text = (
            f"Aim for more orders from {words.segment(last['segment'])}"
            f" ({words.count(last['customer_count'])}): they place"
            f" {words.decimal(last['orders_per_customer'])} each"
        )
        if not enough:
            return f"{text}."
        return (
            f"{text}, {words.segment(enough[0]['segment'])}"
            f" {words.decimal(enough[0]['orders_per_customer'])}."
        )

    def prize(self) -> str:
        """The last group's, whom the action addresses."""
        return size_of(self.rows[-1]).text if len(self.rows) > 1 else ""
