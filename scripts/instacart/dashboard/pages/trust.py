"""Data trust: what became of each row and value, and whether the figures are right."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from instacart.dashboard.charts import Drawn
from instacart.dashboard.flow import COLUMNS as FLOW_COLUMNS
from instacart.dashboard.flow import flow, flow_rows
from instacart.dashboard.named_bars import named_bars, parts_of_whole
from instacart.dashboard.panel import (
    ALL,
    Choice,
    Click,
    Control,
    Option,
    Page,
    Panel,
    View,
    one_view,
)
from instacart.report import trust
from instacart.report.source import Source
from instacart.warehouse import Row
from instacart.workbook import BLUE, ORANGE, SKY, Column

DATASET = "dataset"
# What ends in what is analysed; its flow is shown of all datasets.
ANALYSED = "order_products"
CLICK = Click(DATASET, DATASET)
NAME = Column("name", "What")
DATASET_NAME = Column("dataset", "Dataset")
FILE = Column("source_file", "File")
COLUMN_NAME = Column("column_name", "Column")

# Makes the view of some rows of a dataset, or of all.
Viewed = Callable[[list[Row]], View]


def page(source: Source) -> Page:
    """The page, with a filter by dataset."""
    datasets = [
        one
        for one in dict.fromkeys(
            step["dataset"] for step in trust.population_steps(source.warehouse)
        )
        if one != trust.ALL_CUSTOMERS
    ]
    names = [Option(one, one.replace("_", " ")) for one in datasets]
    return Page(
        "trust",
        "Data trust",
        "From raw files to what is analysed, and what was wrong."
        f" {trust.trust_line(source.warehouse, source.facts)}",
        [
            _flow(source, datasets),
            _files(source, datasets),
            _checks(source, datasets),
            _repairs(source, datasets),
            _rejected(source, datasets),
            _variants(source),
            _published(source),
        ],
        [Control(DATASET, "Dataset", {"": [Option(ALL, "All datasets"), *names]})],
        lines={"Documentation": ["Two pages that make docs writes beside this file."]},
        links={
            "docs/index.html": "Documentation of all tables and columns",
            "docs/lineage.html": "Lineage of each column",
        },
    )


def _by_dataset(
    rows: Sequence[Row], datasets: Sequence[str], view: Viewed
) -> dict[Choice, View]:
    """A view of all rows, and of those of each dataset."""
    views: dict[Choice, View] = {(ALL,): view(list(rows))}
    for dataset in datasets:
        views[dataset,] = view([row for row in rows if row[DATASET] == dataset])
    return views


def _flow(source: Source, datasets: Sequence[str]) -> Panel:
    steps, files = trust.population_steps(source.warehouse), source.facts.files
    views: dict[Choice, View] = {}
    for dataset in datasets:
        found = flow_rows(trust.flow_of(steps, files, dataset))
        views[dataset,] = (
            View(trust.flow_sentence(found), flow(found), found, FLOW_COLUMNS)
            if found
            else View(trust.files_sentence([]))
        )
    views[ALL,] = views[ANALYSED,]
    return Panel(
        "trust-flow",
        "How many rows of the raw files are analysed?",
        "rows",
        ["data_quality.population_flow"],
        views,
        [DATASET],
        CLICK,
        is_wide=True,
    )


def _files(source: Source, datasets: Sequence[str]) -> Panel:
    parts = {
        Column("rows_kept", "Kept", "count"): BLUE,
        Column("duplicates_removed", "Exact copies", "count"): SKY,
        Column("rows_rejected", "Rejected", "count"): ORANGE,
    }
    read = Column("rows_read", "Rows read", "count")
    columns = [DATASET_NAME, FILE, read, *parts]
    columns.append(Column("fabricated_columns", "Fabricated here"))

    def view(rows: list[Row]) -> View:
        chart = parts_of_whole(FILE, parts, read, click=DATASET) if rows else None
        return View(trust.files_sentence(rows), chart, rows, columns)

    return Panel(
        "trust-files",
        "What became of the rows of each file?",
        "rows",
        ["data_quality.file_row_counts"],
        _by_dataset(source.facts.files, datasets, view),
        [DATASET],
        CLICK,
    )


def _checks(source: Source, datasets: Sequence[str]) -> Panel:
    found = Column("row_count", "Rows or values with the problem", "count")
    treatment = Column("treatment", "Treatment")
    kind, read = (
        Column("check_name", "Check"),
        Column("rows_read", "Rows read", "count"),
    )
    columns = [DATASET_NAME, COLUMN_NAME, kind, found, read, treatment]
    checked = trust.checked_columns(source.warehouse)
    rows = [
        Row(row, name=f"{row['dataset']}, {row['column_name']}: {row['check_name']}")
        for row in trust.checks(source.warehouse)
    ]

    loaded = {file["dataset"] for file in source.facts.files}

    def view(rows: list[Row]) -> View:
        if not any(row["dataset"] in loaded for row in rows):
            return View(trust.files_sentence([]))
        shown = {(row["dataset"], row["column_name"]) for row in rows}
        sentence = trust.checks_sentence(
            [one for one in checked if (one["dataset"], one["column_name"]) in shown]
        )
        problems = sum(row["row_count"] > 0 for row in rows)
        chart: Drawn | None = None
        if problems:
            chart = named_bars(
                NAME, found, treatment, read, click=DATASET, rows=problems
            )
        return View(sentence, chart, rows, columns)

    return Panel(
        "trust-checks",
        "What is wrong in the raw files?",
        "rows or values",
        ["data_quality.consistency_checks"],
        _by_dataset(rows, datasets, view),
        [DATASET],
        CLICK,
    )


def _repairs(source: Source, datasets: Sequence[str]) -> Panel:
    values, repair = (
        Column("value_count", "Values", "count"),
        Column("repair", "Repair"),
    )
    rows = [
        Row(row, name=f"{row['column_name']}: {row['repair']}")
        for row in sorted(
            trust.repairs(source.warehouse), key=lambda row: -row["value_count"]
        )
    ]

    def view(rows: list[Row]) -> View:
        chart = named_bars(NAME, values, click=DATASET) if rows else None
        columns = [DATASET_NAME, COLUMN_NAME, values, repair]
        return View(trust.repairs_sentence(rows), chart, rows, columns)

    return Panel(
        "trust-repairs",
        "Which values are shown otherwise than in their files?",
        "values",
        ["data_quality.repaired_values"],
        _by_dataset(rows, datasets, view),
        [DATASET],
        CLICK,
    )


def _rejected(source: Source, datasets: Sequence[str]) -> Panel:
    rejected, reason = Column("row_count", "Rows", "count"), Column("reason", "Reason")
    reasons = {
        dataset: trust.rejected_reasons(source.warehouse, dataset)
        for dataset in (ALL, *datasets)
    }
    views: dict[Choice, View] = {}
    for dataset, found in reasons.items():
        rows = [Row(row, name=_reason(row)) for row in found]
        chart = named_bars(NAME, rejected, click=DATASET) if rows else None
        columns = [DATASET_NAME, FILE, rejected, reason]
        views[dataset,] = View(trust.rejected_sentence(rows), chart, rows, columns)
    return Panel(
        "trust-rejected",
        "Which rows are rejected?",
        "rows",
        ["data_quality.rejected_rows"],
        views,
        [DATASET],
        CLICK,
    )


def _reason(row: Row) -> str:
    return ": ".join(one for one in (row.get("source_file"), row["reason"]) if one)


def _variants(source: Source) -> Panel:
    rows = trust.merge_variants(source.warehouse)
    variant = Column("variant", "Way to merge")
    wrong = Column("what_goes_wrong", "What goes wrong")
    change = Column(
        "difference_from_correct", "Order products against the correct number", "change"
    )
    counts = [
        Column("order_product_count", "Order products", "count"),
        Column("high_activity_order_product_count", "Of active customers", "count"),
        Column("lost_order_product_count", "Lost", "count"),
        Column("extra_order_product_count", "Extra", "count"),
        Column("unmatched_order_product_count", "Without a product", "count"),
    ]
    view = View(
        trust.variants_sentence(rows),
        named_bars(variant, change, *counts[2:], wrong),
        rows,
        [variant, *counts, change, wrong],
        note=trust.variants_caution(rows),
    )
    return Panel(
        "trust-variants",
        "Which published ways to merge the files go astray on this data?",
        "order products (items)",
        ["data_quality.merge_variants"],
        one_view(view),
    )


def _published(source: Source) -> Panel:
    figures = trust.published_figures(source.warehouse)
    columns = [
        Column("metric", "Figure"),
        Column("dimension", "Of"),
        Column("published", "Published", "decimal"),
        Column("actual", "Here", "decimal"),
        Column("match", "Match"),
    ]
    rows = [Row(row, match="yes" if row["is_match"] else "no") for row in figures]
    view = View(
        trust.published_sentence(figures, source.facts),
        rows=rows,
        columns=columns if rows else (),
    )
    return Panel(
        "trust-published",
        "Do figures that others published of the 2017 data match?",
        "figures",
        ["data_quality.published_figures_check"],
        one_view(view),
    )
