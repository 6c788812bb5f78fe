"""The first sheet: what this is, from which data, and where to find what."""

from __future__ import annotations

from collections.abc import Callable

from instacart import words
from instacart.generated_files import ALL
from instacart.report.facts import Facts
from instacart.report.page import link_to
from instacart.report.question import Question
from instacart.report.segments import type_name
from instacart.report.sheet import Sheet
from instacart.report.source import Source
from instacart.warehouse import Row
from instacart.workbook import BLUE, FAINT_INK, WARNING, Column

NAME = "Title page"
ABOUT = "this page"
WIDTHS = (1, 25, 18, 23, 17, 14, 13.5)
MOST_FINDINGS = 5
MOST_CHANGES = 5
CHANGES = ("data_quality", "changes_since_last_version")
FIGURES: dict[str, tuple[str, Callable[[float], str]]] = {
    "customer_count": ("Customers", words.count),
    "order_count": ("Orders", words.count),
    "revenue": ("Revenue", words.money),
    "avg_order_total": ("Average order", words.money),
    "reorder_rate": ("Reorder rate", words.share),
}
# What a figure is of, by the dimension of its change.
OF = {
    "all": "",
    "weekday": " on {}",
    "hour": " at {}",
    "department": " of {}",
    "segment": " of {}",
}


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
    found = find_largest(source)
    name = "Five findings" if len(found) == MOST_FINDINGS else "Findings"
    sheet.heading(f"{name}, the largest first")
    for number, question in enumerate(found, start=1):
        assert question.chart_link
        sheet.finding(
            f"{number}. {question.reading}", question.so_what(), question.chart_link
        )
    sheet.gap()


def find_largest(source: Source) -> list[Question]:
    """The questions with the largest findings; those with none have no size."""
    sizes = [
        (size.share(source.facts), question)
        for question in source.questions
        if not question.lacking and question.chart_link and (size := question.size())
    ]
    sizes.sort(key=lambda one: -one[0])
    return [question for _, question in sizes[:MOST_FINDINGS]]


def _write_changes(sheet: Sheet, source: Source) -> None:
    """What is otherwise than in the version before, if there was one."""
    if not source.warehouse.has_table(*CHANGES):
        return
    changes = source.warehouse.rows(
        # Those of all first: small dimensions change most by themselves.
        "select * from data_quality.changes_since_last_version order by"
        " dimension <> 'all', abs(relative_change) desc nulls last,"
        " customer_count desc, figure, dimension, dimension_value"
    )
    if not changes:
        return
    labels = source.facts.verdicts
    differing = [row for row in changes if row["verdict"] == labels.differs]
    sheet.heading("Largest changes since the last version")
    for row in differing[:MOST_CHANGES]:
        sheet.paragraph(change_text(row))
    if not differing:
        is_known = any(row["verdict"] == labels.same for row in changes)
        sheet.paragraph(
            "Nothing changed by enough to be named."
            if is_known
            else "There are too few customers to tell whether anything changed."
        )
    sheet.gap()


def change_text(row: Row) -> str:
    """A change in words: Orders on Saturday: 1,234 → 1,500 (+21.6%)."""
    name, show = FIGURES[row["figure"]]
    value = row["dimension_value"]
    if row["dimension"] == "hour":
        value = words.hour(int(value))
    elif row["dimension"] == "segment":
        segment_type, _, segment = value.partition(": ")
        value = f"{type_name(segment_type)}: {segment}"
    before, now = (
        "none" if row[key] is None else show(row[key]) for key in ("before", "now")
    )
    text = f"{name}{OF[row['dimension']].format(value)}: {before} → {now}"
    if row["figure"] == "reorder_rate" and row["change"] is not None:
        sign = "+" if row["change"] > 0 else "-"
        return f"{text} ({sign}{words.points(row['change'])})"
    if row["relative_change"] is None:
        return text
    return f"{text} ({100 * row['relative_change']:+.1f}%)"


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
