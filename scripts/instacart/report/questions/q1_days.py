"""Key question 1: On which days do customers order?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from instacart import words
from instacart.report.chart import Chart, Series, labels
from instacart.report.question import Question, Size, highest, size_of
from instacart.report.times import ordering_then
from instacart.warehouse import Row
from instacart.workbook import MID_GREY, Column


class Days(Question):
    title = "Key question 1: On which days do customers order?"

    @cached_property
    def rows(self) -> list[Row]:
        return self.warehouse.rows(
            "select * from marts.rpt_days_of_week order by day_of_week"
        )

    def sentence(self) -> str:
        first, last = self.busiest[0], highest(self.rows, "order_rank")
        shares = [words.share(row["order_share"]) for row in self.busiest]
        same = len(shares) == 2 and len(set(shares)) == 1
        told = f"{shares[0]} of orders each" if same else ""
        told = told or f"{words.listing(shares)} of orders"
        verb = "is the busiest day" if len(shares) == 1 else "are the busiest days"
        text = (
            f"{self.names} {verb} ({told}),"
            f" {last['day_name']} the quietest ({words.share(last['order_share'])})"
        )
        if not last["order_count"]:
            return f"{text}."
        more = first["order_count"] / last["order_count"] - 1
        return (
            f"{text}. {first['day_name']} has {words.share(more, 0)} more orders than"
            f" {last['day_name']}."
        )

    @cached_property
    def busiest(self) -> list[Row]:
        """The two of most orders: which of them is first may be chance."""
        ranked = sorted(self.rows, key=lambda row: row["order_rank"])
        return [row for row in ranked[:2] if row["order_count"]]

    @property
    def names(self) -> str:
        return words.listing([row["day_name"] for row in self.busiest])

    @cached_property
    def brought(self) -> Size:
        """What they bring; customers may order on both."""
        days = ", ".join(str(row["day_of_week"]) for row in self.busiest)
        customers = self.warehouse.value(
            "select count(distinct customer_id) as customers from marts.fct_orders"
            f" where is_analysed and day_of_week in ({days})"
        )
        return Size(customers, size_of(*self.busiest).revenue)

    def size(self) -> Size | None:
        return self.brought

    def so_what(self) -> str:
        if self.brought.revenue is None:
            days = " or ".join(row["day_name"] for row in self.busiest)
            return f"{ordering_then(self.brought, self.facts, f'on {days}')}."
        verb = "brings" if len(self.busiest) == 1 else "bring"
        return f"{self.brought.brought_by(self.names, verb)}."

    def caution(self) -> str:
        return (
            "Names of days are the course's guess (0 is Saturday); Instacart never"
            " said."
        )

    def columns(self) -> Sequence[Column]:
        return (
            Column("day_name", "Day"),
            Column("customer_count", "Customers", "count"),
            Column("order_count", "Orders", "count"),
            Column("order_share", "Share of orders", "share"),
            Column("order_product_count", "Items", "count"),
            Column("products_per_order", "Items per order", "decimal"),
            Column("avg_order_total", "Average order", "money"),
        )

    def drawing(self) -> Chart:
        look = {"gap": 50, "data_labels": labels("#,##0")}
        busiest = [n for n, row in enumerate(self.rows) if row in self.busiest]
        return Chart(
            "column",
            [Series("order_count", MID_GREY, "day_name", look, highlights=busiest)],
            "Orders by day of the week",
            {"name": "Day of the week"},
            {"name": "Orders", "num_format": "#,##0"},
        )
