"""Where the loaded data is from, whom to cite for it, and what it can't show."""

from __future__ import annotations

from instacart import words
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
# The published totals: what the full data has.
FULL = (
    "select cast(max(published) filter (where metric = 'orders') as bigint) as orders,"
    " cast(max(published) filter (where metric = 'prior order products') as bigint) as"
    " order_products from reference.published_figures where dimension = 'all'"
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
