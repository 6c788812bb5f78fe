"""Departments, aisles and products: what each sells, in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from instacart import words
from instacart.report.facts import IS_LISTED, Facts
from instacart.warehouse import Row, Warehouse


def departments(warehouse: Warehouse) -> list[Row]:
    """The rows of rpt_departments that are listed, those of most items first, with the
    reorder rate of the typical one (the median) in `typical_reorder_rate`."""
    return warehouse.rows(
        f"""
        select
            *,
            (
                select max(median_reorder_rate) from marts.rpt_department_opportunities
            ) as typical_reorder_rate
        from marts.rpt_departments
        where {IS_LISTED}
        order by order_product_rank
        """
    )


def aisles(warehouse: Warehouse) -> list[Row]:
    """The rows of rpt_aisles, those of most items first, with the reorder rate of the
    typical one (the median) in `typical_reorder_rate`."""
    rows = warehouse.rows(
        "select *, median(reorder_rate) over () as typical_reorder_rate"
        " from marts.rpt_aisles order by order_product_rank"
    )
    tell_apart(rows, "aisle", "aisle_id")
    return rows


def products(
    warehouse: Warehouse, most_of_department: int, most_of_aisle: int
) -> list[Row]:
    """The first products of each department and of each aisle, those of most items
    first, with their rank in each: `department_rank` and `aisle_rank`."""
    rows = warehouse.rows(
        f"""
        select
            *,
            row_number() over (
                partition by department_id order by order_product_rank
            ) as department_rank,
            row_number() over (
                partition by aisle_id order by order_product_rank
            ) as aisle_rank
        from marts.rpt_products
        where order_product_count > 0
        qualify
            department_rank <= {most_of_department} or aisle_rank <= {most_of_aisle}
        order by order_product_rank
        """
    )
    tell_apart(rows, "product_name", "product_id")
    return rows


def tell_apart(rows: Sequence[Row], name: str, key: str) -> None:
    """Add its id to each name that several rows have."""
    shared = Counter(row[name] for row in rows)
    for row in rows:
        if shared[row[name]] > 1:
            row[name] = f"{row[name]} ({row[key]})"


def part(share: float) -> str:
    """A share that may be tiny: 29%, 0.4%, less than 0.1%."""
    if words.is_same(share):
        return "less than 0.1%"
    return words.share(share, 0 if share >= 0.1 else 1)


def few_verdict(row: Row, facts: Facts) -> str:
    """The verdict that too few customers bought it, or nothing: no test compares it."""
    is_few = row["customer_count"] < facts.bound("has_enough_customers")
    return facts.verdicts.too_few if is_few else ""


def sales_sentence(row: Row, kind: str, facts: Facts) -> str:
    """How much a department or aisle sells, and how often that is bought again.

    row: of `departments` or `aisles`. kind: `department` or `aisle`.
    """
    name = row[kind]
    if not row["order_product_count"]:
        return f"Nobody bought from {name}."
    text = (
        f"{words.capital(name)} is {part(row['order_product_share'])} of items, in"
        f" {part(row['order_count'] / facts.orders)} of orders"
    )
    if few_verdict(row, facts):
        customers = words.plural(row["customer_count"], "customer")
        return f"{text}; it was bought by {customers}, too few to say more."
    return (
        f"{text}; {words.share(row['reorder_rate'], 0)} of its items had been bought"
        f" before, {words.share(row['typical_reorder_rate'], 0)} in the typical {kind}."
    )


def aisles_sentence(rows: Sequence[Row], most: int, department: str = "") -> str:
    """Which aisle sells most, of a department or of all, and how much the first do.

    rows: of `aisles`, all of the department. most: how many are shown.
    """
    of = f" of {department}" if department else ""
    sold = [row for row in rows if row["order_product_count"]]
    if not sold:
        return f"Nobody bought from an aisle{of}."
    total = sum(row["order_product_count"] for row in sold)
    first = sold[0]
    if len(sold) == 1:
        return f"All that is bought{of} is from the aisle {first['aisle']}."
    text = (
        f"{words.capital(first['aisle'])} sells most of the {len(rows)} aisles{of}:"
        f" {part(first['order_product_count'] / total)} of their items"
    )
    if len(sold) <= most:
        return f"{text}."
    shown = sum(row["order_product_count"] for row in sold[:most])
    return f"{text}; the first {most} are {part(shown / total)}."


def products_sentence(rows: Sequence[Row], total: int, of: str = "") -> str:
    """Which product sells most, of a department or aisle or of all.

    rows: those shown, that of most items first. total: the items of all its products.
    """
    if not rows:
        return f"Nobody bought a product of {of}."
    first = rows[0]
    text = (
        f"{first['product_name']} sells most:"
        f" {part(first['order_product_count'] / total)} of"
        f" {f'the items of {of}' if of else 'all items'}"
    )
    shown = sum(row["order_product_count"] for row in rows)
    if len(rows) == 1 or shown == total:
        return f"{text}."
    return f"{text}; the first {len(rows)} products are {part(shown / total)}."
