"""Key question 2: When do customers spend most per order, and in all?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from instacart import words
from instacart.report.chart import Chart, Series, tight_axis
from instacart.report.question import Question, highest, lowest
from instacart.report.times import HOUR_AXIS, frequent_hours, hours_of_day
from instacart.warehouse import Row
from instacart.workbook import BLUE, GREY, Column

AVERAGE = {"dash_type": "dash", "color": GREY, "width": 1.5}


class OrderTotals(Question):
    title = "Key question 2: When do customers spend most per order?"
    asked_by = "Key question 2"
    asked = "Are there particular times of the day when people spend the most money?"
    needs = ("prices",)
    finding_rank = 5

    @cached_property
    def rows(self) -> list[Row]:
        return hours_of_day(self.warehouse)

    def sentence(self) -> str:
        frequent, note = frequent_hours(self.rows, self.facts)
        high = highest(frequent, "avg_order_total")
        low = lowest(frequent, "avg_order_total")
        return (
            f"The mean order is dearest at {high['hour']}"
            f" ({words.money(high['avg_order_total'])}) and cheapest at"
            f" {low['hour']} ({words.money(low['avg_order_total'])}); over all hours it"
            f" is {words.money(high['overall'])} ({note})."
        )

    def caution(self) -> str:
        return "Hours with few orders fluctuate; prices are fabricated."

    def columns(self) -> Sequence[Column]:
        return (
            Column("hour", "Hour from"),
            Column("order_count", "Orders", "count"),
            Column("products_per_order", "Items per order", "decimal"),
            Column("avg_order_total", "Average order", "money"),
            Column("overall", "Average of all hours", "money"),
        )

    def drawing(self) -> Chart:
        return Chart(
            "line",
            [
                Series("avg_order_total", BLUE, "hour"),
                Series("overall", GREY, "hour", {"line": AVERAGE}),
            ],
            "Average order by hour (the axis does not start at 0)",
            HOUR_AXIS,
            tight_axis(self.rows, "avg_order_total", 5)
            | {"name": "Dollars per order", "num_format": "$#,##0"},
        )

    @cached_property
    def hours(self) -> list[Row]:
        return self.warehouse.analysis("key_question_2_when_people_spend_most")

    @cached_property
    def frequent_hours(self) -> list[Row]:
        return frequent_hours(self.hours, self.facts)[0]

    @cached_property
    def priced_hours(self) -> list[Row]:
        """Those of them whose orders have products."""
        return [
            row for row in self.frequent_hours if row["avg_product_price"] is not None
        ]

    def answer(self) -> str:
        most = lowest(self.hours, "revenue_rank")
        dearest = lowest(self.frequent_hours, "order_total_rank")
        text = (
            f"In all, most is spent at {words.hour(most['hour_of_day'])}"
            f" ({words.share(most['revenue_share'])} of revenue); per order, at"
            f" {words.hour(dearest['hour_of_day'])}"
            f" ({words.money(dearest['avg_order_total'])})."
        )
        if all(row["is_usual_price"] for row in self.priced_hours):
            text += " The price of a product hardly depends on the hour."
        return text

    def figures(self) -> str:
        most = lowest(self.hours, "revenue_rank")
        prices = [row["avg_product_price"] for row in self.priced_hours]
        return (
            f"Revenue at {words.hour(most['hour_of_day'])}:"
            f" {words.money(most['revenue'])}\n"
            f"Mean price of a product: {words.money(min(prices))} to"
            f" {words.money(max(prices))}"
        )

    def advice(self) -> str:
        busy = {row["hour_of_day"] for row in self.rows if row["is_high_traffic"]}
        tastes = [
            f"{row['typical_department']} at {words.hour(row['hour_of_day'])}"
            for row in self.hours
            if row["is_typical_department"] and row["hour_of_day"] in busy
        ]
        if not tastes:
            return (
                "What is bought hardly changes over the day (in no busy hour by more"
                " than chance): choose the hour by the number of orders, not by"
                " product."
            )
        return (
            "In busy hours try what is bought more then than otherwise:"
            f" {words.listing(tastes[:3])}."
        )
