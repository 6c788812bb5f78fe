"""The sheet of charts: a question, a sentence that reads the chart, table and chart.

Charts are native and draw the cells beside them; sentences are made of the same rows.
"""

from __future__ import annotations

from instacart.report import customers, products, times
from instacart.report.blocks import WIDTHS, Charts, population
from instacart.report.design import Sheet
from instacart.report.facts import Facts
from instacart.warehouse import Warehouse

__all__ = ["WIDTHS", "write"]


BLOCKS = (
    times.orders_by_hour,
    times.orders_by_day,
    times.orders_by_day_and_hour,
    times.order_total_by_hour,
    times.revenue_by_hour,
    times.product_price_by_hour,
    products.price_ranges,
    products.departments,
    products.opportunities,
    customers.loyalty,
    customers.habits_by_loyalty,
    customers.segment_departments,
    customers.regions,
    customers.age_and_family,
    customers.income_by_age,
    customers.profiles,
    customers.retention,
    products.pairs,
)


def write(sheet: Sheet, warehouse: Warehouse, facts: Facts) -> Charts:
    """Write the sheet; return where its blocks are and what they say."""
    sheet.start(
        "Visualizations",
        "A chart or coloured table per question, drawn from the cells beside it; the"
        " sentence above is"
        f" computed from the same rows. {population(facts)} {facts.warning}".strip(),
    )
    sheet.print_in_blocks()
    charts = Charts(sheet, warehouse, facts)
    for write_block in BLOCKS:
        write_block(charts)
    return charts
