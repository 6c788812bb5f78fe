"""The first sheet: what this is, from which data, and where to find what."""

from __future__ import annotations

from instacart import words
from instacart.generated_files import ALL
from instacart.report.facts import Facts
from instacart.report.findings import find_largest, findings_heading, read_changes
from instacart.report.page import link_to
from instacart.report.sheet import Sheet
from instacart.report.source import Source
from instacart.workbook import BLUE, FAINT_INK, WARNING, Column

NAME = "Title page"
ABOUT = "this page"
WIDTHS = (1, 25, 18, 23, 17, 14, 13.5)


def write(sheet: Sheet, source: Source) -> None:
    """Write the page, after the sheets that it links to."""
    facts = source.facts
    sheet.set_close()
    sheet.start(
        "Instacart grocery baskets: final report",
        "Who orders, what, when and how often: the answers to the brief. Each figure"
        " and sentence is computed from the data; none is typed by hand.",
        is_upright=True,
    )
    if facts.warning:
        sheet.paragraph(facts.warning, bold=True, font_color=WARNING)
        sheet.gap()
    _write_totals(sheet, facts)
    _write_findings(sheet, source)
    _write_changes(sheet, source)
    sheet.heading("Contents")
    for name, about in source.contents.items():
        sheet.entry(link_to(name, name), about)
    sheet.gap()
    _write_data(sheet, source)
    _write_files(sheet, facts)


def _write_totals(sheet: Sheet, facts: Facts) -> None:
    """The size of what is analysed, in large figures."""
    totals = {
        "customers": words.count(facts.customers),
        "orders": words.count(facts.orders),
        "items": words.count(facts.order_products),
        "revenue": "not known" if facts.revenue is None else words.money(facts.revenue),
    }
    sheet.set_height(sheet.row, 30)
    for column, (name, figure) in enumerate(totals.items(), start=1):
        sheet.write(sheet.row, column, figure, bold=True, font_size=18, font_color=BLUE)
        sheet.write(sheet.row + 1, column, f"{name} analysed", font_color=FAINT_INK)
    sheet.gap(3)


def _write_findings(sheet: Sheet, source: Source) -> None:
    """What is about most revenue, or without prices about most customers."""
    charted = (one for one in source.questions if one.chart_link)
    found = find_largest(charted, source.facts)
    sheet.heading(findings_heading(found))
    for number, question in enumerate(found, start=1):
        assert question.chart_link
        sheet.finding(
            f"{number}. {question.reading}", question.so_what(), question.chart_link
        )
    sheet.gap()


def _write_changes(sheet: Sheet, source: Source) -> None:
    """What is otherwise than in the version before, if there was one."""
    changes = read_changes(source.warehouse, source.facts)
    if not changes:
        return
    sheet.heading("Largest changes since the last version")
    for text in changes:
        sheet.paragraph(text)
    sheet.gap()


def _write_data(sheet: Sheet, source: Source) -> None:
    facts, warehouse = source.facts, source.warehouse
    sheet.heading("Data")
    sheet.entry("What it is", facts.origin + ".")
    sheet.entry(
        "Built",
        f"Warehouse file {warehouse.path.name}, last written"
        f" {warehouse.written():%Y-%m-%d %H:%M} UTC.",
    )
    for number, citation in enumerate(facts.citations):
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


def _write_files(sheet: Sheet, facts: Facts) -> None:
    origins = {None: "as handed out", ALL: "fabricated"}
    sheet.table(
        [
            Column("source_file", "File"),
            Column("dataset", "Holds"),
            Column("rows_read", "Rows read", "count"),
            Column("rows_kept", "Rows kept", "count"),
            Column("origin", "Origin"),
        ],
        [
            file | {"origin": origins.get(columns, f"{columns} fabricated")}
            for file in facts.files
            for columns in [file["fabricated_columns"]]
        ],
    )
