"""What is loaded: where it is from, how much it is, and what it lacks."""

from __future__ import annotations

from dataclasses import dataclass

from instacart import words
from instacart.config import shown
from instacart.errors import UserError
from instacart.warehouse import Warehouse

INSTACART = (
    '"The Instacart Online Grocery Shopping Dataset 2017", accessed from'
    " https://www.instacart.com/datasets/grocery-shopping-2017 on <date of your"
    " download>."
)
COURSE = (
    "Customers and prices: fabricated by CareerFoundry for its course; customers are"
    " fictitious."
)
# What the sheets compare customers by.
SEGMENT_TYPES = (
    "loyalty_flag",
    "spending_flag",
    "order_frequency_flag",
    "region",
    "gender",
    "age_group",
    "income_group",
    "family_size",
    "family_status",
    "is_parent",
    "customer_profile",
    "shopping_time_segment",
    "adventurousness_flag",
    "has_bought_meat",
)
# The published totals: what the full data has.
FULL = (
    "select cast(max(published) filter (where metric = 'orders') as bigint) as orders,"
    " cast(max(published) filter (where metric = 'prior order products') as bigint) as"
    " order_products from reference.published_figures where dimension = 'all'"
)


@dataclass(frozen=True)
class Facts:
    """What every sheet has to know of the loaded package."""

    files: list[dict]
    origin: str
    warning: str
    has_prices: bool
    has_customers: bool
    customers: int
    orders: int
    order_products: int
    revenue: float | None
    label_order: dict[str, list[str]]

    def in_order(self, segment_type: str, segments) -> list[str]:
        """Segments as their conditions are listed; without conditions, by name."""
        order = self.label_order.get(segment_type, [])
        place = {label: number for number, label in enumerate(order)}
        return sorted(set(segments), key=lambda one: (place.get(one, len(order)), one))


def read_facts(warehouse: Warehouse) -> Facts:
    """Read them; raise UserError if no analysed order has a product."""
    files = warehouse.rows(
        "select * from data_quality.file_row_counts order by rows_read desc, dataset,"
        " source_file"
    )
    totals = warehouse.row(
        """
        with unknown as (
            select label from data_quality.conditions_in_force
            where column_name = 'age_group' and condition like 'is null%'
        )
        select
            count(*) as customers,
            cast(sum(order_count) as bigint) as orders,
            cast(sum(order_product_count) as bigint) as order_products,
            sum(total_spend) as revenue,
            coalesce(bool_or(
                age is not null
                or income is not null
                or dependants_count is not null
                or unknown.label not in (gender, state, family_status)
            ), false) as has_customers
        from marts.dim_customers
        cross join unknown
        where order_count > 0
        """
    )
    if not totals["order_products"]:
        raise UserError(
            f"analysed orders with products in {shown(warehouse.path)}",
            "none to report on",
            "see data_quality.rejected_rows and the var analysed_eval_sets",
        )
    found = {
        row["segment_type"]
        for row in warehouse.rows(
            "select distinct segment_type from marts.rpt_customer_segments"
        )
    }
    if lacking := [one for one in SEGMENT_TYPES if one not in found]:
        raise UserError(
            f"{words.listing(lacking)} among the segment types of the reports",
            "that the var segment_types leaves them out",
            "list them in dbt_project.yml and run `make build`",
        )
    prices = warehouse.row("select count(price) as known from marts.dim_products")
    labels: dict[str, list[str]] = {}
    for row in warehouse.rows(
        "select column_name, label from data_quality.conditions_in_force order by"
        " column_name, condition like 'is null%', label_number"
    ):
        labels.setdefault(row["column_name"], []).append(row["label"])
    origin, warning = read_origin(warehouse)
    return Facts(
        files=files,
        origin=origin,
        warning=warning,
        has_prices=prices["known"] > 0,
        has_customers=totals["has_customers"],
        customers=totals["customers"],
        orders=totals["orders"],
        order_products=totals["order_products"],
        revenue=totals["revenue"],
        label_order=labels,
    )


def read_origin(warehouse: Warehouse) -> tuple[str, str]:
    """Where the data is from, and in a sentence what that forbids to conclude."""
    files = warehouse.rows(
        "select source_file, is_generated from data_quality.file_row_counts order by 1"
    )
    generated = [file["source_file"] for file in files if file["is_generated"]]
    if len(generated) == len(files):
        return (
            "Generated: every row is fabricated by this project's generator after"
            " published totals of the real data",
            "Generated data: no figure here says anything of real customers.",
        )
    full = warehouse.row(FULL)
    loaded = warehouse.row(
        "select count(*) as orders, cast(sum(product_count) filter (where eval_set ="
        " 'prior') as bigint) as order_products from marts.fct_orders"
    )
    is_full = all(full[what] and (loaded[what] or 0) >= full[what] for what in full)
    origin, warning = "Real: the full 2017 data", ""
    if not is_full:
        origin = (
            f"Real, a sample: {words.plural(loaded['orders'], 'order')} of the"
            f" {words.count(full['orders'] or 0)} of the full 2017 data"
        )
        warning = "A sample: small differences are chance."
    if generated:
        fabricated = words.listing(generated)
        origin += f"; fabricated by this project: {fabricated}"
        warning = (
            f"{warning} Fabricated by this project: {fabricated}; what rests on them"
            " says nothing of real customers."
        ).strip()
    return origin, warning


def citations(facts: Facts) -> list[str]:
    """Whom to cite for what is loaded."""
    return [INSTACART, *([COURSE] if facts.has_prices or facts.has_customers else [])]
