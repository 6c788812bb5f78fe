"""Do customers slow down?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from instacart import words
from instacart.report.chart import Chart, Series, labels
from instacart.report.question import Question, Size
from instacart.warehouse import Row
from instacart.workbook import MID_GREY, Column

# Days before the last order, which lapsed customers are told by.
LAST_GAP = "mean_last_gap_days"
# Shuffled gaps of a customer look slowing nearly as often as those in their order.
BY_CHANCE = ", most of them perhaps by chance"


class CustomerLifecycle(Question):
    title = "Loyalty: Do customers slow down?"

    @cached_property
    def rows(self) -> list[Row]:
        """The stages in their order: new, growing, steady, slowing, lapsed."""
        return self.warehouse.rows(
            "select * from marts.rpt_customer_lifecycle order by stage_number"
        )

    @cached_property
    def slower(self) -> list[Row]:
        """The last two stages, if anybody is in them."""
        return [row for row in self.rows[-2:] if row["customer_count"]]

    @cached_property
    def is_told(self) -> bool:
        """Whether so many slow down or lapse that it is no habit of a few."""
        customers = sum(row["customer_count"] for row in self.slower)
        return customers >= self.facts.bound("has_enough_customers")

    @cached_property
    def lapsed(self) -> Row | None:
        """The last stage, which is no matter of chance; nothing if a few are in it."""
        row = self.rows[-1]
        fewest = self.facts.bound("has_enough_customers")
        return row if row["customer_count"] >= fewest else None

    @cached_property
    def new(self) -> str:
        """What the first stage means, which a tier of loyalty can be called too."""
        return f"{self.rows[0]['lifecycle_stage']} (too few orders to compare)"

    def sentence(self) -> str:
        *_, slowing, lapsed = self.rows
        if not self.is_told:
            customers = words.plural(self.facts.customers, "customer")
            return _too_few("customers", customers, [slowing, lapsed])
        parts: list[str] = []
        for row, gap in ((lapsed, LAST_GAP), (slowing, "mean_recent_gap_days")):
            if row["customer_count"]:
                of_whom = "" if parts else " of customers"
                days = (
                    f"{words.decimal(row[gap], 0)} days or more before the last order"
                    if gap == LAST_GAP
                    else f"{words.decimal(row[gap])} days between recent orders"
                )
                parts.append(
                    f"{words.share(row['customer_share'])}{of_whom} are"
                    f" {words.lower(row['lifecycle_stage'])}"
                    f" ({days}, usually"
                    f" {words.decimal(row['mean_usual_gap_days'])})"
                    f"{'' if gap == LAST_GAP else BY_CHANCE}"
                )
        return f"{'; '.join(parts)}."

    @cached_property
    def by_tier(self) -> dict[str, list[Row]]:
        """The stages of the customers of each tier of loyalty, with shares of it."""
        rows = self.warehouse.rows(
            """
            with customers as (
                select * from marts.dim_customers where order_count > 0
            ),
            tiers as (
                select distinct loyalty_flag from customers
            ),
            counted as (
                select
                    tiers.loyalty_flag,
                    stages.lifecycle_stage,
                    stages.stage_number,
                    count(customers.customer_id) as customer_count,
                    cast(coalesce(sum(customers.order_count), 0) as bigint)
                        as order_count,
                    cast(coalesce(sum(customers.order_product_count), 0) as bigint)
                        as order_product_count
                from tiers
                cross join marts.rpt_customer_lifecycle as stages
                left join customers using (loyalty_flag, lifecycle_stage)
                group by all
            )
            select
                *,
                customer_count / sum(customer_count) over tier as customer_share,
                order_count / sum(order_count) over tier as order_share,
                order_product_count / sum(order_product_count) over tier
                    as order_product_share
            from counted
            window tier as (partition by loyalty_flag)
            order by loyalty_flag, stage_number
            """
        )
        tiers: dict[str, list[Row]] = {}
        for row in rows:
            tiers.setdefault(row["loyalty_flag"], []).append(row)
        return tiers

    def tier_sentence(self, tier: str) -> str:
        """How many customers of one tier slow down or lapse."""
        stages = self.by_tier[tier]
        slower = stages[-2:]
        customers = sum(row["customer_count"] for row in slower)
        if customers < self.facts.bound("has_enough_customers"):
            everybody = sum(row["customer_count"] for row in stages)
            who = words.segment(tier).removeprefix("those ")
            return _too_few(who, f"{words.count(everybody)},", slower)
        slowing, lapsed = (
            f"{words.share(row['customer_share'])} are"
            f" {words.lower(row['lifecycle_stage'])}"
            for row in slower
        )
        chance = BY_CHANCE if slower[0]["customer_count"] else ""
        return f"Of {words.segment(tier)} {lapsed}; {slowing}{chance}."

    def size(self) -> Size | None:
        if not (row := self.lapsed):
            return None
        return Size(row["customer_count"], row["revenue_of_one_order_each"])

    def so_what(self) -> str:
        row = self.lapsed
        assert row
        text = (
            f"{words.plural(row['customer_count'], 'customer')}"
            f" ({words.lower(row['lifecycle_stage'])}) did order again; remind them"
            " sooner, and measure."
        )
        if not self.facts.has_prices:
            return text
        return (
            f"{text} One more order from each would bring"
            f" {words.money(row['revenue_of_one_order_each'])}."
        )

    def caution(self) -> str:
        return (
            "Nobody is seen leaving: each customer's data ends with an order, and 30"
            " days mean 30 or more. A customer's gaps vary by themselves: most of those"
            f" who look {words.lower(self.rows[1]['lifecycle_stage'])} or"
            f" {words.lower(self.rows[3]['lifecycle_stage'])} may do so by chance."
            f" Here {self.rows[0]['lifecycle_stage']} means too few orders to compare,"
            " not a tier of loyalty."
        )

    def columns(self) -> Sequence[Column]:
        return (
            Column("lifecycle_stage", "Stage"),
            Column("customer_count", "Customers", "count"),
            Column("order_count", "Orders", "count"),
            Column("order_product_count", "Items", "count"),
            Column("customer_share", "Share of customers", "share"),
            Column("order_share", "Share of orders", "share"),
            Column("orders_per_customer", "Orders per customer", "decimal"),
            Column("mean_usual_gap_days", "Usual days between orders", "tenth"),
            Column("mean_recent_gap_days", "Recent days between orders", "tenth"),
            Column(LAST_GAP, "Days before last order", "tenth"),
            Column("revenue_of_one_order_each", "One order of each", "money"),
        )

    def drawing(self) -> Chart:
        look = {"gap": 60, "data_labels": labels("0.0%")}
        told = [len(self.rows) - 1] if self.lapsed else ()
        share = Series(
            "customer_share", MID_GREY, "lifecycle_stage", look, highlights=told
        )
        return Chart(
            "column",
            [share],
            "Customers by stage",
            {"name": f"Stage, by own days between orders; {self.new}"},
            {"name": "Share of customers, %", "num_format": "0%"},
        )


def _too_few(who: str, everybody: str, slower: Sequence[Row]) -> str:
    """That those who slow down may be so by chance; everybody: how many there are."""
    parts = [
        f"{words.count(row['customer_count'])}"
        f" {'is' if row['customer_count'] == 1 else 'are'}"
        f" {words.lower(row['lifecycle_stage'])}"
        for row in slower
    ]
    return (
        f"There are too few {who} to tell whether they slow down: of {everybody}"
        f" {words.listing(parts)}."
    )
