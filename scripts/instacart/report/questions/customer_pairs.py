"""Customers: Which products are bought together, and which to recommend?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from instacart import words
from instacart.report.baskets import NO_PAIR, times_text
from instacart.report.chart import Chart, bars
from instacart.report.question import Question, Size
from instacart.warehouse import Row
from instacart.workbook import Column


class ProductPairs(Question):
    title = "Customers: Which products are bought together?"
    asked_by = "The customer"
    asked = "Which products are relevant recommendations?"

    @cached_property
    def rows(self) -> list[Row]:
        """The closest pairs; those of few customers only if there is no other."""
        rows = self.warehouse.rows(
            "select * from marts.rpt_product_pairs"
            " order by not has_enough_customers, lift desc, product_id_a, product_id_b"
            " limit 8"
        )
        rows = [row for row in rows if row["has_enough_customers"]] or rows
        for row in rows:
            row["pair"] = f"{row['product_name_a']} + {row['product_name_b']}"
        return rows

    def sentence(self) -> str:
        if not self.rows:
            return NO_PAIR
        first = self.rows[0]
        text = (
            f"{first['product_name_a']} and {first['product_name_b']} are in one order"
            f" {times_text(first)}"
        )
        if first["has_enough_customers"]:
            return f"{text}."
        return (
            f"{text}: no pair is bought by {self.facts.fewest_customers} customers, too"
            " few to say anything of others."
        )

    def verdict(self) -> str:
        """Whether too few customers bought any pair; else nothing is compared."""
        if not self.rows or self.rows[0]["has_enough_customers"]:
            return ""
        return self.facts.verdicts.too_few

    def size(self) -> Size | None:
        if not self.rows or not self.rows[0]["has_enough_customers"]:
            return None
        return Size(self.rows[0]["customer_count"], None)

    def so_what(self) -> str:
        customers = words.plural(self.rows[0]["customer_count"], "customer")
        return (
            f"{customers} bought both in one order; show one to customers who have the"
            " other."
        )

    def caution(self) -> str:
        if not self.rows:
            return ""
        return (
            "Pairs in few orders are left out, and those of few customers, if there are"
            " others."
        )

    def columns(self) -> Sequence[Column]:
        return (
            Column("pair", "Pair of products", "wrapped"),
            Column("customer_count", "Customers with both", "count"),
            Column("order_count", "Orders with both", "count"),
            Column("confidence_a_to_b", "Second, given first", "share"),
            Column("confidence_b_to_a", "First, given second", "share"),
            Column("lift", "Times as often as by chance", "decimal"),
        )

    def drawing(self) -> Chart:
        return bars(
            "pair",
            "lift",
            "How much more often the pair is bought than by chance",
            "0.0",
            ("Pair of products", "Orders with both, times as often as by chance"),
            has_long_names=True,
        )

    @cached_property
    def recommendations(self) -> list[Row]:
        """A product and another that goes with it, the closest first."""
        rows = self.warehouse.analysis("stakeholder_customer_recommendations")
        return sorted(
            (row for row in rows if row["has_enough_customers"]),
            key=lambda row: -row["lift"],
        )

    @cached_property
    def closest(self) -> list[Row]:
        """The first of them, each pair in one direction: that of the table."""
        shown = {(row["product_name_a"], row["product_name_b"]) for row in self.rows}
        pairs: dict[frozenset[str], Row] = {}
        for row in sorted(
            self.recommendations,
            key=lambda row: (
                -row["lift"],
                (row["product"], row["recommended_product"]) not in shown,
            ),
        ):
            pair = frozenset((row["product"], row["recommended_product"]))
            pairs.setdefault(pair, row)
        return list(pairs.values())[:4]

    def answer(self) -> str:
        if not self.recommendations:
            return (
                "There are too few customers to tell: no two products are bought"
                f" together by at least {self.facts.fewest_customers} of them, clearly"
                " more often than chance would give."
            )
        products = len({row["product"] for row in self.recommendations})
        closest = [
            f"{row['product']} with {row['recommended_product']}"
            for row in self.closest[:2]
        ]
        return (
            f"For {words.plural(products, 'product')} there is another that is bought"
            " with it clearly more often than chance would give; closest are"
            f" {words.listing(closest)}."
        )

    def figures(self) -> str:
        return "\n".join(
            f"{row['product']} + {row['recommended_product']}:"
            f" {words.decimal(row['lift'])} times as often as by chance,"
            f" {words.share(row['confidence'], 0)} of"
            f" orders with {row['product']} hold both,"
            f" {words.plural(row['orders_with_both'], 'order')} of"
            f" {words.plural(row['customers_with_both'], 'customer')}"
            for row in self.closest
        )

    def advice(self) -> str:
        if not self.closest:
            return "No advice: no pair is bought by enough customers."
        first = self.closest[0]
        return (
            f"Show {first['recommended_product']} to whoever has {first['product']} in"
            f" the cart ({words.share(first['confidence'], 0)} of such orders hold"
            " both), and measure whether more is bought."
        )
