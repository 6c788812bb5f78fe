"""Key question 2: At what hours is most money spent?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from instacart import words
from instacart.report.chart import Chart, Series
from instacart.report.question import Question, highest
from instacart.report.times import HOUR_AXIS, hours_of_day
from instacart.warehouse import Row
from instacart.workbook import MID_GREY, Column


class Revenue(Question):
    title = "Key question 2: At what hours is most money spent?"
    needs = ("prices",)

    @cached_property
    def rows(self) -> list[Row]:
        rows = hours_of_day(self.warehouse)
        total = sum(row["revenue"] for row in rows)
        for row in rows:
            row["revenue_share"] = row["revenue"] / total if total else None
        return rows

    def sentence(self) -> str:
        most, busiest = highest(self.rows, "revenue"), highest(self.rows, "order_count")
        text = (
            f"Most money is spent from {words.hours([most['hour_of_day']])}:"
            f" {words.money(most['revenue'])}, or {words.share(most['revenue_share'])}"
            " of the day"
        )
        if most is busiest:
            return f"{text}, when most orders come."
        return f"{text}; most orders come at {busiest['hour']}."

    def columns(self) -> Sequence[Column]:
        return (
            Column("hour", "Hour from"),
            Column("customer_count", "Customers", "count"),
            Column("order_count", "Orders", "count"),
            Column("order_product_count", "Items", "count"),
            Column("revenue", "Revenue", "dollars"),
            Column("revenue_share", "Share of revenue", "share"),
        )

    def drawing(self) -> Chart:
        most = self.rows.index(highest(self.rows, "revenue"))
        return Chart(
            "column",
            [Series("revenue", MID_GREY, "hour", {"gap": 30}, highlights=[most])],
            "Revenue by hour of the day",
            HOUR_AXIS,
            {"name": "Dollars", "num_format": "$#,##0"},
        )
