"""Products and departments that are bought together, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from instacart import words
from instacart.report.facts import IS_LISTED, Facts
from instacart.warehouse import Row, Warehouse

NO_PAIR = "No two products are bought together often enough to be reported."


def times_text(row: Row) -> str:
    """How often a pair is in one order: 12.5 times as often as by chance."""
    return (
        f"{words.decimal(row['lift'], 0 if row['lift'] >= 10 else 1)} times as often as"
        " by chance"
        f" ({words.plural(row['order_count'], 'order')} of"
        f" {words.plural(row['customer_count'], 'customer')})"
    )


def few_text(facts: Facts) -> str:
    """Which pairs say little of other customers."""
    return f"fewer than {facts.fewest_customers} customers bought both"


def partners(warehouse: Warehouse, most: int, most_products: int) -> list[Row]:
    """The closest partners of the products of rpt_product_pairs, those of few customers
    last: a row per product and partner, products in most orders first.

    most: of each product. most_products: of all. A partner's rank is in `partner_rank`,
    how many there are of the product in `partner_count`.
    """
    return warehouse.rows(
        f"""
        with both_ways as (
            select
                product_id_a as product_id,
                product_name_a as product_name,
                order_count_a as product_order_count,
                product_id_b as partner_id,
                product_name_b as partner_name,
                confidence_a_to_b as confidence,
                customer_count,
                order_count,
                lift,
                has_enough_customers
            from marts.rpt_product_pairs
            union all
            select
                product_id_b,
                product_name_b,
                order_count_b,
                product_id_a,
                product_name_a,
                confidence_b_to_a,
                customer_count,
                order_count,
                lift,
                has_enough_customers
            from marts.rpt_product_pairs
        )

        select
            *,
            dense_rank() over (
                order by product_order_count desc, product_id
            ) as product_rank,
            row_number() over (
                partition by product_id
                order by not has_enough_customers, lift desc, partner_id
            ) as partner_rank,
            count(*) over (partition by product_id) as partner_count
        from both_ways
        qualify product_rank <= {most_products} and partner_rank <= {most}
        order by product_rank, partner_rank
        """
    )


def partner_sentence(row: Row, facts: Facts) -> str:
    """What goes best with a product: of its first partner."""
    text = (
        f"{row['product_name']} and {row['partner_name']} are in one order"
        f" {times_text(row)}"
    )
    if not row["has_enough_customers"]:
        return (
            f"{text}: fewer than {facts.fewest_customers} customers bought it with any"
            " partner, too few to say anything of others."
        )
    return (
        f"{text}; {words.share(row['confidence'], 0)} of the orders with the first hold"
        " the second."
    )


def products_sentence(rows: Sequence[Row], facts: Facts) -> str:
    """How many products have a partner, and that of the most ordered one.

    rows: the first row of each product of `partners`.
    """
    if not rows:
        return NO_PAIR
    first = rows[0]
    have = "product has" if len(rows) == 1 else "products have"
    return (
        f"{words.count(len(rows))} {have} partners: search one, or see the most ordered"
        " products, each with the partner closest to it."
        f" {partner_sentence(first, facts)}"
    )


class DepartmentPairs:
    """Pairs of departments that are large enough to be named, closest first."""

    def __init__(self, warehouse: Warehouse, facts: Facts) -> None:
        self.facts = facts
        self.rows = warehouse.rows(
            f"""
            with named as (
                select department_id from marts.rpt_departments
                where
                    is_frequent
                    and customer_count >= {facts.bound("has_enough_customers")}
                    and {IS_LISTED}
            )

            select *, median(lift) over () as typical_lift
            from marts.rpt_department_pairs
            where
                department_id_a in (from named)
                and department_id_b in (from named)
            order by lift desc, department_id_a, department_id_b
            """
        )
        for row in self.rows:
            row["pair"] = f"{row['department_a']} + {row['department_b']}"

    def sentence(self) -> str:
        """Which two are most often in one order against chance, and the typical two."""
        of = (
            f"departments with at least {self.facts.smallest_share('is_frequent')} of"
            f" items and {self.facts.fewest_customers} customers"
        )
        if not self.rows:
            return f"No two {of} are in one order."
        first = self.rows[0]
        return (
            f"Of {of}, {first['department_a']} and {first['department_b']} go together"
            f" best: they are in one order {words.decimal(first['lift'], 2)}"
            f" times as often as by chance"
            f" ({words.plural(first['order_count'], 'order')}), the typical two"
            f" {words.decimal(first['typical_lift'], 2)} times."
        )

    def caution(self) -> str:
        return (
            "Large orders hold many departments, so that nearly every pair is in one"
            " order more often than by chance: compare pairs with each other."
        )
