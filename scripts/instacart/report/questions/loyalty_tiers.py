"""Who is close to the next tier of loyalty, and what would they bring?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from instacart import words
from instacart.report.chart import Chart, bars
from instacart.report.question import Question, Size, highest
from instacart.warehouse import Row
from instacart.workbook import Column


class LoyaltyTiers(Question):
    title = "Loyalty: Who is close to the next tier, and what would they bring?"

    @cached_property
    def rows(self) -> list[Row]:
        """The tiers, the lowest first."""
        return self.warehouse.rows(
            "select * from marts.rpt_loyalty_tiers order by tier_number"
        )

    @cached_property
    def near(self) -> list[Row]:
        """Those with customers close to the next."""
        return [row for row in self.rows if row["customers_near_next_tier"]]

    @property
    def within(self) -> str:
        """How close is close, in words."""
        return words.plural(int(self.facts.bound("is_near_next_tier")), "order")

    def sentence(self) -> str:
        within = self.within
        if not self.near:
            return f"No customer is within {within} of the next tier of loyalty."
        groups = [
            f"{words.count(row['customers_near_next_tier'])} of"
            f" {words.count(row['customer_count'])}"
            f" {words.segment(row['loyalty_tier']).removeprefix('those ')}"
            for row in self.near
        ]
        is_one = len(self.near) == 1 and self.near[0]["customers_near_next_tier"] == 1
        return (
            f"{words.listing(groups)} {'is' if is_one else 'are'} within {within} of"
            " the next tier of loyalty."
        )

    def tier_sentence(self, row: Row) -> str:
        """Who of one tier is close to the next, and what they would bring."""
        near, tier = row["customers_near_next_tier"], row["loyalty_tier"]
        if not row["next_tier"]:
            return f"{words.group(tier)} are in the highest tier."
        who, become = (
            words.segment(one).removeprefix("those ")
            for one in (tier, row["next_tier"])
        )
        close = (
            f"{who} {'is' if near == 1 else 'are'} within {self.within} of becoming"
            f" {become}"
        )
        if not near:
            return f"None of {words.count(row['customer_count'])} {close}."
        missing = words.plural(row["orders_to_next_tier"], "order is", "orders are")
        money = (
            f", {words.money(row['revenue_to_next_tier'])} at each customer's own"
            " average"
            if self.facts.has_prices
            else ""
        )
        return (
            f"{words.count(near)} of {words.count(row['customer_count'])} {close}:"
            f" {missing} missing{money}."
        )

    def size(self) -> Size | None:
        customers = sum(row["customers_near_next_tier"] for row in self.near)
        if not self.near or customers < self.facts.bound("has_enough_customers"):
            return None
        revenues = [row["revenue_to_next_tier"] for row in self.near]
        return Size(customers, None if None in revenues else sum(revenues))

    def so_what(self) -> str:
        parts = []
        for row in self.near:
            orders = words.plural(row["orders_to_next_tier"], "order")
            if self.facts.has_prices:
                orders = f"{words.money(row['revenue_to_next_tier'])} ({orders})"
            parts.append(f"{orders} from {words.segment(row['loyalty_tier'])}")
        return (
            f"{words.listing(parts)}, if each of them places the orders that are"
            " missing."
        )

    def caution(self) -> str:
        money = " at each customer's own average" if self.facts.has_prices else ""
        return (
            f"The most there is to gain, not a forecast: the orders missing{money}."
            " Nearly everybody has placed one more order, the last, which is not"
            " analysed."
        )

    def columns(self) -> Sequence[Column]:
        return (
            Column("loyalty_tier", "Loyalty tier"),
            Column("customer_count", "Customers", "count"),
            Column("order_count", "Orders", "count"),
            Column("order_product_count", "Items", "count"),
            Column("orders_per_customer", "Orders per customer", "decimal"),
            Column("avg_order_total", "Average order", "money"),
            Column("next_tier", "Next tier"),
            Column("next_tier_order_number", "From order number", "number"),
            Column("customers_near_next_tier", "Close to it", "count"),
            Column("orders_to_next_tier", "Orders missing", "count"),
            Column("revenue_to_next_tier", "They would bring", "money"),
        )

    def drawing(self) -> Chart:
        value, unit, shown = (
            ("revenue_to_next_tier", "Dollars", "$#,##0")
            if self.facts.has_prices
            else ("orders_to_next_tier", "Orders", "#,##0")
        )
        return bars(
            "loyalty_tier",
            value,
            "What the orders missing to the next tier would bring"
            if self.facts.has_prices
            else "Orders missing to the next tier",
            shown,
            ("Loyalty tier", f"{unit}, of customers close to the next tier"),
            highlights=[self.rows.index(highest(self.near, value))]
            if self.near
            else (),
        )
