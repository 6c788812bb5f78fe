"""Do customers come back, order after order?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from instacart import words
from instacart.report.chart import Chart, Series
from instacart.report.question import Question
from instacart.warehouse import Row
from instacart.workbook import BLUE, DARK_GREY, Column

NOTHING_LATER = "Nobody's orders after the second are analysed."


class Retention(Question):
    title = "Do customers come back, order after order?"

    @cached_property
    def order_numbers(self) -> list[Row]:
        return self.warehouse.rows(
            "select * from marts.rpt_order_sequence order by order_number"
        )

    @cached_property
    def rows(self) -> list[Row]:
        """The first ten order numbers, then each tenth, and the last: 99 rows are two
        pages, and the line looks the same."""
        last = self.order_numbers[-1]
        return [
            row
            for row in self.order_numbers
            if row["order_number"] <= 10 or row["order_number"] % 10 == 0 or row is last
        ]

    @cached_property
    def last(self) -> Row:
        """The last of them that is no habit of a few; without such, the last."""
        fewest = self.facts.bound("has_enough_customers")
        known = [row for row in self.rows if row["customer_count"] >= fewest]
        return (known or self.rows)[-1]

    def sentence(self) -> str:
        last = self.last
        tenth = next(
            (row for row in self.order_numbers if row["order_number"] == 10), None
        )
        if not tenth or None in (tenth["reorder_rate"], last["reorder_rate"]):
            return (
                f"{words.share(last['placed_retention_rate'], 0)} of customers place"
                f" their {words.ordinal(last['order_number'])} order."
            )
        if last is tenth:
            return (
                f"{words.share(tenth['placed_retention_rate'])} of customers place a"
                f" tenth order; {words.share(tenth['reorder_rate'], 0)} of the products"
                " in it had been bought before."
            )
        final = words.ordinal(last["order_number"])
        return (
            f"{words.share(tenth['placed_retention_rate'])} of customers place a tenth"
            f" order, {words.share(last['placed_retention_rate'])} the {final}; of"
            f" their products {words.share(tenth['reorder_rate'], 0)} in the tenth and"
            f" {words.share(last['reorder_rate'], 0)} in the {final} had been bought"
            " before."
        )

    def later(self, column: str) -> tuple[Row, Row] | None:
        """The second order number, and the last that is no habit of a few, of those
        where a column is known; nothing where there are no two."""
        fewest = self.facts.bound("has_enough_customers")
        rows = [
            row
            for row in self.rows
            if row["order_number"] > 1 and row[column] is not None
        ]
        known = [row for row in rows if row["customer_count"] >= fewest] or rows
        return (known[0], known[-1]) if len(known) > 1 else None

    def reorder_sentence(self) -> str:
        """How much of late orders had been bought before, against second ones."""
        if not (ends := self.later("reorder_rate")):
            return NOTHING_LATER
        second, last = (words.share(row["reorder_rate"], 0) for row in ends)
        return (
            f"Of the products in second orders {second} had been bought before, of"
            f" those in the {words.ordinal(ends[1]['order_number'])} order {last}."
        )

    def gap_sentence(self) -> str:
        """How long late orders are after the one before, against second ones."""
        if not (ends := self.later("avg_days_since_prior_order")):
            return NOTHING_LATER
        second, last = (
            f"{words.decimal(row['avg_days_since_prior_order'])} days" for row in ends
        )
        return (
            f"Second orders come {second} after the first, the"
            f" {words.ordinal(ends[1]['order_number'])} {last} after the one before."
        )

    def later_orders_caution(self) -> str:
        """What a reader of those has to know."""
        return (
            "Only frequent customers get to late orders: that these come sooner, or"
            " hold more that was bought before, need not be a change in anybody."
        )

    def caution(self) -> str:
        text = (
            "The data ends for each customer at an unknown day: who stops here may have"
            " gone on."
        )
        least = sum(row["placed_retention_rate"] == 1 for row in self.order_numbers)
        if least < 2:
            return text
        return (
            f"{text} It holds only customers of {least} or more orders: that all place"
            f" the first {least} is no loyalty."
        )

    def columns(self) -> Sequence[Column]:
        return (
            Column("order_number", "Order number", "number"),
            Column("placed_customer_count", "Customers", "count"),
            Column("order_product_count", "Items", "count"),
            Column("placed_retention_rate", "Customers still ordering", "share"),
            Column("reorder_rate", "Reorder rate", "share"),
            Column("products_per_order", "Items per order", "decimal"),
            Column("avg_days_since_prior_order", "Days since the last", "decimal"),
        )

    def drawing(self) -> Chart:
        last = self.order_numbers[-1]["order_number"]
        dashed = {"line": {"color": DARK_GREY, "width": 2, "dash_type": "dash"}}
        return Chart(
            "scatter",
            [
                Series("placed_retention_rate", BLUE, "order_number"),
                Series("reorder_rate", DARK_GREY, "order_number", dashed),
            ],
            "Customers still ordering, and items bought again, by order number",
            {
                "name": "Order number",
                "min": 0,
                "max": 10 * -(-last // 10),
                "major_gridlines": {"visible": False},
            },
            {"name": "Share, %", "num_format": "0%", "min": 0, "max": 1},
            subtype="straight",
        )
