"""Key question 5a: How are customers distributed by loyalty?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from instacart import words
from instacart.report.chart import Chart, share_columns
from instacart.report.question import Question
from instacart.report.segments import segments
from instacart.warehouse import Row
from instacart.workbook import BLUE, LIGHT_GREY, MID_GREY, Column


class Loyalty(Question):
    title = "Key question 5a: How are customers distributed by loyalty?"
    asked_by = "Key question 5a"
    asked = "How are users distributed by brand loyalty?"
    segment_types = ("loyalty_flag",)
    finding_rank = 3

    @cached_property
    def rows(self) -> list[Row]:
        return segments(self.warehouse, "loyalty_flag")

    def sentence(self) -> str:
        first = self.rows[0]
        if len(self.rows) == 1:
            return f"All customers are {words.segment(first['segment'])}."
        return (
            f"{words.group(first['segment'])} are"
            f" {words.share(first['customer_share'])} of customers,"
            f" {words.share(first['order_share'])} of orders and"
            f" {words.share(first['order_product_share'])} of order products: a share"
            " of rows is not a share of people."
        )

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
            f" {words.share(row['order_product_share'])} of order products"
            for row in self.rows
        )

    def advice(self) -> str:
        first, last = self.rows[0], self.rows[-1]
        if len(self.rows) == 1:
            return "There is nobody to compare them with."
        return (
            f"Win the {words.plural(last['customer_count'], 'customer')} of the last"
            " group for more orders: they place"
            f" {words.decimal(last['orders_per_customer'])} each,"
            f" {words.segment(first['segment'])}"
            f" {words.decimal(first['orders_per_customer'])}."
        )
