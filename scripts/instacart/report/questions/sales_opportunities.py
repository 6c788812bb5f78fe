"""Sales: Which departments earn much per order and are seldom reordered?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from instacart import words
from instacart.report.chart import tight_axis
from instacart.report.facts import IS_LISTED
from instacart.report.quadrants import Quadrants
from instacart.report.question import Question, Size, size_of
from instacart.warehouse import Row
from instacart.workbook import Column

MEDIAN = "median of departments"


class Opportunities(Question):
    title = "Sales: Which departments earn much per order and are seldom reordered?"
    needs = ("prices", "departments")

    @cached_property
    def rows(self) -> list[Row]:
        """The departments, those with most to gain first, and their medians."""
        return self.warehouse.rows(
            f"""
            with departments as (
                select * from marts.rpt_departments
                where order_product_count > 0 and {IS_LISTED}
            ),

            medians as (
                select
                    '{MEDIAN}' as department,
                    median(reorder_rate) as reorder_rate,
                    median(revenue_per_order) as revenue_per_order
                from departments
            )

            select * from departments
            union all by name
            select * from medians
            order by opportunity_rank nulls last, department_id
            """
        )

    def sentence(self) -> str:
        first = self.rows[0]
        return (
            f"{first['department'].capitalize()} has most to gain: an order with it"
            f" earns {words.money(first['revenue_per_order'])} there, and only"
            f" {words.share(first['reorder_rate'], 0)} of the items bought there had"
            " been bought before."
        )

    def size(self) -> Size | None:
        return size_of(self.rows[0])

    def so_what(self) -> str:
        return f"{size_of(self.rows[0]).brought_by(self.rows[0]['department'])}."

    def caution(self) -> str:
        return (
            "Opportunity is the mean of two ranks: high revenue per order, low reorder"
            " rate."
        )

    def columns(self) -> Sequence[Column]:
        return (
            Column("department", "Department"),
            Column("customer_count", "Customers", "count"),
            Column("order_count", "Orders", "count"),
            Column("order_product_count", "Items", "count"),
            Column("reorder_rate", "Reorder rate", "share"),
            Column("revenue_per_order", "Revenue per order", "money"),
        )

    def drawing(self) -> Quadrants:
        *departments, medians = self.rows
        return Quadrants(
            "department",
            "reorder_rate",
            "revenue_per_order",
            "Revenue per order and reorder rate; the lines are the medians",
            {"name": "Reorder rate, % of items bought before", "num_format": "0%"}
            | tight_axis(self.rows, "reorder_rate", 0.1),
            {"name": "Dollars per order", "num_format": "$#,##0"}
            | tight_axis(self.rows, "revenue_per_order", 5),
            [
                number
                for number, row in enumerate(departments)
                if row["revenue_per_order"] >= medians["revenue_per_order"]
                and row["reorder_rate"] <= medians["reorder_rate"]
            ],
        )
