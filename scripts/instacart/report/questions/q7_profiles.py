"""Key question 7: Do customer profiles order differently?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from instacart import words
from instacart.report.chart import Chart, Series, labels
from instacart.report.question import Question, Size, size_of
from instacart.report.segments import (
    FABRICATED,
    Differences,
    differences,
    favourites,
    segments,
    taste,
)
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
        rows = self.warehouse.analysis("key_question_7_customer_profiles")
        exact = {
            row["segment"]: row for row in segments(self.warehouse, "customer_profile")
        }
        for row in rows:
            # The analysis rounds, and a figure rounded twice may be another.
            for key in ("orders_per_customer", "avg_order_total", "avg_product_price"):
                row[key] = exact[row["customer_profile"]][key]
        return sorted(
            rows,
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
            return f"Profiles clearly differ in {self.differences.text}."
        if self.differences.is_same:
            return (
                f"Profiles order alike: {self.differences.same('knowing the profile')}."
            )
        return f"{self.differences.too_few('profiles differ')}."

    def size(self) -> Size | None:
        return self.differences.size

    def so_what(self) -> str:
        return self.differences.so_what

    def caution(self) -> str:
        least = self.facts.smallest_share("is_large")
        text = f"The chart leaves out profiles of less than {least} of customers, which"
        if not any(row["is_large"] for row in self.rows):
            text = f"No profile has {least} of customers, so that all"
        return f"{text} fluctuate. {FABRICATED}"

    def columns(self) -> Sequence[Column]:
        return (
            Column("customer_profile", "Profile"),
            Column("customer_count", "Customers", "count"),
            Column("order_count", "Orders", "count"),
            Column("order_product_count", "Items", "count"),
            Column("orders_per_customer", "Orders per customer", "decimal"),
            Column("avg_order_total", "Average order", "money"),
            Column("avg_product_price", "Price per item", "money")
            if self.facts.has_prices
            else Column("orders_against_all", "Orders against average", "signed_share"),
            Column("order_total_against_all", "Order against average", "signed_share"),
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
        if not self.differences.found:
            return self.sentence()
        text = f"Yes, clearly in {self.differences.text}."
        if len(self.large) < 2:
            return text
        low, high = self.large[0], self.large[-1]
        what = "average order" if self.facts.has_prices else "number of orders"
        return (
            f"{text} Of profiles with at least {self.facts.smallest_share('is_large')}"
            f" of customers the {what} of {words.lower(high['customer_profile'])} is"
            f" {words.against(high[self.compared], 'that of all')}, of"
            f" {words.lower(low['customer_profile'])}"
            f" {words.against(low[self.compared], 'that of all')}."
        )

    def figures(self) -> str:
        largest = sorted(self.rows, key=lambda row: -row["customer_count"])[:4]
        return "\n".join(
            f"{row['customer_profile']}:"
            f" {words.plural(row['customer_count'], 'customer')},"
            f" {words.decimal(row['orders_per_customer'])} orders each"
            for row in largest
        ) + (f"\n{self.target['segment']}, {taste(self.target)}" if self.target else "")

    @cached_property
    def target(self) -> Row | None:
        """What the profile of the lowest orders favours, if that is sure."""
        if not self.differences.found or len(self.large) < 2:
            return None
        tastes = favourites(self.warehouse, self.facts, "customer_profile")
        return tastes.get(self.large[0]["customer_profile"])

    def advice(self) -> str:
        if self.differences.is_same:
            return "Don't build campaigns on profiles."
        if not self.differences.found:
            return self.differences.no_advice
        if len(self.large) < 2:
            return "No advice yet: these groups are too small to target."
        profile = words.lower(self.large[0]["customer_profile"])
        if not self.target:
            return (
                f"No advice: {profile} spend least, but buy no department clearly more"
                " than others."
                if self.facts.has_prices
                else f"No advice: {profile} order least, but buy no department clearly"
                " more than others."
            )
        return f"Try {self.target['department']} with {profile}, and measure."

    def prize(self) -> str:
        """That of the profile that the action addresses, if any."""
        if not self.target:
            return ""
        (addressed,) = (
            row
            for row in segments(self.warehouse, "customer_profile")
            if row["segment"] == self.large[0]["customer_profile"]
        )
        return size_of(addressed).text
