"""Key question 7: Do customer profiles order differently?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from instacart import words
from instacart.report.chart import Chart, Series, labels
from instacart.report.question import Question
from instacart.report.segments import Differences, differences, favourites, taste
from instacart.warehouse import Row
from instacart.workbook import MID_GREY, NUMBER_FORMATS, Column


class Profiles(Question):
    title = "Key question 7: Do customer profiles order differently?"
    asked_by = "Key question 7"
    asked = "What differences are there in ordering habits of customer profiles?"
    needs = ("customers",)
    segment_types = ("customer_profile",)

    @cached_property
    def rows(self) -> list[Row]:
        """The profiles of many customers, then the others, the most above all first."""
        return sorted(
            self.warehouse.analysis("key_question_7_customer_profiles"),
            key=lambda row: (
                not row["is_large"],
                -(row[self.compared] or 0),
                row["customer_profile"],
            ),
        )

    @cached_property
    def differences(self) -> Differences:
        return differences(self.warehouse, self.facts, "customer_profile")

    def sentence(self) -> str:
        if self.differences.found:
            return f"Profiles differ by more than chance in {self.differences.text}."
        return f"Hardly: {self.differences.hardly('the profile')}."

    def caution(self) -> str:
        least = self.facts.smallest_share("is_large")
        text = f"The chart leaves out profiles of less than {least} of customers, which"
        if not any(row["is_large"] for row in self.rows):
            text = f"No profile has {least} of customers, so that all"
        return f"{text} fluctuate. Customers and prices are fabricated."

    def columns(self) -> Sequence[Column]:
        return (
            Column("customer_profile", "Profile"),
            Column("customer_count", "Customers", "count"),
            Column("order_count", "Orders", "count"),
            Column("order_product_count", "Items", "count"),
            Column("orders_per_customer", "Orders per customer", "decimal"),
            Column("avg_order_total", "Average order", "money"),
            Column("orders_against_all", "Orders against all", "signed_share"),
            Column("order_total_against_all", "Total against all", "signed_share"),
        )

    @property
    def compared(self) -> str:
        """The column by which profiles are compared: money, if there is any."""
        has_prices = self.facts.has_prices
        return "order_total_against_all" if has_prices else "orders_against_all"

    def drawing(self) -> Chart:
        # Rows begin with profiles of many customers; others would fill the chart.
        shown = sum(row["is_large"] for row in self.rows) or len(self.rows)
        values = [row[self.compared] or 0 for row in self.rows[:shown]]
        look = {"gap": 25, "data_labels": labels(NUMBER_FORMATS["signed_share"])}
        above = [number for number, value in enumerate(values) if value > 0]
        what = "Average order" if self.facts.has_prices else "Orders per customer"
        return Chart(
            "bar",
            [
                Series(
                    self.compared, MID_GREY, "customer_profile", look, highlights=above
                )
            ],
            f"{what} against that of all customers",
            {"name": "Profile", "label_position": "low"},
            # With room for the labels of the lowest bars.
            {"name": "Difference, %", "min": min(-0.05, 2.2 * min(values))},
            row_count=shown,
        )

    @cached_property
    def large(self) -> list[Row]:
        """Profiles of enough customers to be compared, the lowest first."""
        large = [
            row
            for row in self.rows
            if row["is_large"]
            and row["has_enough_customers"]
            and row[self.compared] is not None
        ]
        return sorted(large, key=lambda row: row[self.compared])

    def answer(self) -> str:
        text = (
            f"Yes, in {self.differences.text}."
            if self.differences.found
            else f"Hardly: {self.differences.hardly('the profile')}."
        )
        if len(self.large) < 2:
            return text
        low, high = self.large[0], self.large[-1]
        what = "total of an order" if self.facts.has_prices else "number of orders"
        return (
            f"{text} Of profiles with at least {self.facts.smallest_share('is_large')}"
            f" of customers the {what} of {words.lower(high['customer_profile'])} is"
            f" {words.against(high[self.compared], 'that of all')}, of"
            f" {words.lower(low['customer_profile'])}"
            f" {words.against(low[self.compared], 'that of all')}."
        )

    def figures(self) -> str:
        return "\n".join(
            f"{row['customer_profile']}:"
            f" {words.plural(row['customer_count'], 'customer')},"
            f" {words.decimal(row['orders_per_customer'])} orders each"
            for row in self.rows[:4]
        )

    def advice(self) -> str:
        if not self.differences.found:
            return "Don't build campaigns on profiles."
        if len(self.large) < 2:
            return (
                "Look again with more customers: these groups are too small to target."
            )
        profile = self.large[0]["customer_profile"]
        favoured = taste(favourites(self.warehouse, "customer_profile"), profile)
        return f"Give {words.lower(profile)} offers of their own{favoured}."
