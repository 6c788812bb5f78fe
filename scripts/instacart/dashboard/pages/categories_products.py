"""The panels of aisles and products of the page of categories."""

from __future__ import annotations

from collections.abc import Sequence

from instacart.dashboard import charts
from instacart.dashboard.columns import CUSTOMERS, DEPARTMENT_NAME, ITEMS, ORDERS
from instacart.dashboard.panel import ALL, Choice, Click, Panel, View
from instacart.report.categories import (
    aisles_sentence,
    few_verdict,
    products,
    products_sentence,
    sales_sentence,
)
from instacart.report.source import Source
from instacart.warehouse import Row
from instacart.workbook import Column

DEPARTMENT, AISLE = "department", "aisle"
# As many as a chart shows, and as fit into the file.
MOST_AISLES, MOST_OF_DEPARTMENT, MOST_OF_AISLE = 15, 15, 10
AISLE_NAME = Column("aisle", "Aisle")
REORDER_RATE = Column("reorder_rate", "Reorder rate", "share")
REVENUE = Column("revenue", "Revenue", "dollars")
PRODUCT = Column("product_name", "Product")
PRICE = Column("price", "Price", "money")
# One for all views, as a chart takes long to make.
PRODUCTS = charts.bars(PRODUCT, ITEMS, CUSTOMERS, REORDER_RATE, PRICE, AISLE_NAME)


def of_department(rows: Sequence[Row], department: str) -> list[Row]:
    """Aisles or products of a department, or of all."""
    return [row for row in rows if department in (ALL, row["department"])]


def aisles_panel(departments: Sequence[Row], aisles: Sequence[Row]) -> Panel:
    """The aisles of a department, or the largest of all."""
    chart = charts.bars(
        AISLE_NAME, ITEMS, ORDERS, CUSTOMERS, REORDER_RATE, DEPARTMENT_NAME, click=AISLE
    )
    columns = [AISLE_NAME, DEPARTMENT_NAME, CUSTOMERS, ORDERS, ITEMS, REORDER_RATE]
    views: dict[Choice, View] = {}
    for department in (ALL, *(row["department"] for row in departments)):
        rows = of_department(aisles, department)
        sold = [row for row in rows if row["order_product_count"]]
        shown = sold if department else sold[:MOST_AISLES]
        views[department,] = View(
            aisles_sentence(rows, MOST_AISLES, department),
            chart if shown else None,
            shown,
            [*columns, REVENUE] if shown else [],
            note="Shown are the first"
            f" {MOST_AISLES}; choose a department for all of its aisles."
            if len(shown) < len(sold)
            else "",
        )
    return Panel(
        "categories-aisles",
        "Which aisles make up a department?",
        "items",
        ["marts.rpt_aisles"],
        views,
        [DEPARTMENT],
        Click(AISLE, AISLE),
    )


def products_panel(
    source: Source, departments: Sequence[Row], aisles: Sequence[Row]
) -> Panel:
    """The first products of a department or an aisle, or of all."""
    every = products(source.warehouse, MOST_OF_DEPARTMENT, MOST_OF_AISLE)
    views: dict[Choice, View] = {}
    for department in (ALL, *(row["department"] for row in departments)):
        rows = of_department(every, department)
        total = next(
            (
                row["order_product_count"]
                for row in departments
                if row["department"] == department
            ),
            source.facts.order_products,
        )
        shown = rows[:MOST_OF_DEPARTMENT]
        views[department, ALL] = _products_view(
            products_sentence(shown, total, department), shown, MOST_OF_DEPARTMENT
        )
    for aisle in aisles:
        shown = [row for row in every if row["aisle_id"] == aisle["aisle_id"]]
        shown = shown[:MOST_OF_AISLE]
        finding = sales_sentence(aisle, AISLE, source.facts)
        if shown:
            total = aisle["order_product_count"]
            finding += f" {products_sentence(shown, total, aisle[AISLE])}"
        view = _products_view(
            finding, shown, MOST_OF_AISLE, few_verdict(aisle, source.facts)
        )
        views[ALL, aisle[AISLE]] = view
        views[aisle["department"], aisle[AISLE]] = view
    return Panel(
        "categories-products",
        "Which products sell most?",
        "items, of which an order holds one of each product",
        ["marts.rpt_products", "marts.rpt_aisles", "marts.rpt_departments"],
        views,
        [DEPARTMENT, AISLE],
    )


def _products_view(
    finding: str, rows: Sequence[Row], most: int, verdict: str = ""
) -> View:
    if not rows:
        return View(finding, verdict=verdict)
    note = f"Shown are the first {most} by items." if len(rows) == most else ""
    columns = [PRODUCT, AISLE_NAME, CUSTOMERS, ITEMS, REORDER_RATE, PRICE, REVENUE]
    return View(finding, PRODUCTS, rows, columns, verdict, note)
