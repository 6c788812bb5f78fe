"""The first sheet: what this is, from which data, and where to find what."""

from __future__ import annotations

from instacart import words
from instacart.report.blocks import Charts
from instacart.report.design import BLUE, FAINT_INK, Column, Sheet, link_to
from instacart.report.facts import Facts, citations
from instacart.warehouse import Warehouse

WIDTHS = (2, 30, 22, 22, 22, 22, 22)
# The findings of most weight, in this order; those that this package can't answer are
# passed over.
FINDINGS = (
    "orders_by_day_and_hour",
    "departments",
    "loyalty",
    "regions",
    "order_total_by_hour",
    "orders_by_hour",
    "retention",
    "pairs",
)
MOST_FINDINGS = 5


def write(
    sheet: Sheet,
    warehouse: Warehouse,
    facts: Facts,
    charts: Charts,
    contents: dict[str, str],
) -> None:
    """Write the page; `contents` says of each sheet, by name, what it holds."""
    sheet.start(
        "Instacart grocery baskets: final report",
        "Who orders, what, when and how often: the answers to the brief, each figure"
        " and sentence computed from the warehouse. No figure here is typed by hand;"
        " `make report` writes it anew.",
    )
    sheet.worksheet.fit_to_pages(1, 1)
    sheet.worksheet.set_portrait()
    if facts.warning:
        sheet.paragraph(facts.warning, bold=True, font_color="#A33F00")
        sheet.gap()
    _write_totals(sheet, facts)
    sheet.heading("Five findings")
    known = [
        charts.blocks[name] for name in FINDINGS if charts.blocks[name].is_answered
    ]
    for number, block in enumerate(known[:MOST_FINDINGS], start=1):
        sheet.finding(
            f"{number}. {block.reading}",
            link_to(charts.sheet.name, "See the chart", block.row),
        )
    sheet.gap()
    sheet.heading("Contents")
    for name, about in contents.items():
        sheet.entry(link_to(name, name), about)
    sheet.gap()
    _write_sources(sheet, warehouse, facts)


def _write_totals(sheet: Sheet, facts: Facts) -> None:
    """The size of what is analysed, in large figures."""
    totals = {
        "customers": words.count(facts.customers),
        "orders": words.count(facts.orders),
        "order products": words.count(facts.order_products),
        "revenue": "not known" if facts.revenue is None else words.money(facts.revenue),
    }
    sheet.set_height(sheet.row, 30)
    for column, (name, figure) in enumerate(totals.items(), start=1):
        sheet.write(sheet.row, column, figure, bold=True, font_size=18, font_color=BLUE)
        sheet.write(sheet.row + 1, column, f"{name} analysed", font_color=FAINT_INK)
    sheet.gap(3)


def _write_sources(sheet: Sheet, warehouse: Warehouse, facts: Facts) -> None:
    sheet.heading("Data")
    sheet.entry("What it is", facts.origin + ".")
    sheet.entry(
        "Built",
        f"Warehouse file {warehouse.path.name}, last written"
        f" {warehouse.written():%Y-%m-%d %H:%M} UTC.",
    )
    for number, citation in enumerate(citations(facts)):
        sheet.entry("" if number else "Citation", citation)
    made_up = (
        " Demographics and prices are made up: they describe no person and no shop."
    )
    sheet.entry(
        "Ethics",
        "Names of customers are not taken into the warehouse."
        + (made_up if facts.has_prices or facts.has_customers else ""),
    )
    sheet.gap()
    sheet.table(
        [
            Column("source_file", "File"),
            Column("dataset", "Holds"),
            Column("rows_read", "Rows read", "count"),
            Column("rows_kept", "Rows kept", "count"),
            Column("origin", "Origin"),
        ],
        [
            file | {"origin": "generated" if file["is_generated"] else "as handed out"}
            for file in facts.files
        ],
    )
