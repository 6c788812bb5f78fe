"""Key question 1: On which days do customers order?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from instacart import words
from instacart.report.chart import Chart, Series, labels
from instacart.report.question import Question, Size, lowest, size_of
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
        ranked = sorted(self.rows, key=lambda row: row["order_rank"])
        first, last = ranked[0], ranked[-1]
        text = (
            f"{first['day_name']} is the busiest day"
            f" ({words.share(first['order_share'])} of orders), {last['day_name']} the"
            f" quietest ({words.share(last['order_share'])})"
        )
        if not last["order_count"]:
            return f"{text}."
        more = first["order_count"] / last["order_count"] - 1
        return f"{text}: {words.share(more, 0)} more orders."

    @cached_property
    def busiest(self) -> Row:
        return lowest(self.rows, "order_rank")

    def size(self) -> Size | None:
        return size_of(self.busiest)

    def so_what(self) -> str:
        return f"{size_of(self.busiest).brought_by(self.busiest['day_name'])}."

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
        busiest = [n for n, row in enumerate(self.rows) if row["order_rank"] == 1]
        return Chart(
            "column",
            [Series("order_count", MID_GREY, "day_name", look, highlights=busiest)],
            "Orders by day of the week",
            {"name": "Day of the week"},
            {"name": "Orders", "num_format": "#,##0"},
        )
