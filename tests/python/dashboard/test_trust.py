"""The page of what became of rows and values: its views, not its look."""

from __future__ import annotations

from pathlib import Path

import pytest
from instacart.dashboard.pages import trust
from instacart.dashboard.panel import ALL, Choice, Page, View
from instacart.report.source import read_source
from report.support import Report, change

DATASETS = ["customers", "products", "aisles", "departments", "orders"]
DATASETS.append("order_products")
NAME = "Jane Doe"
REJECTED = (
    "insert into data_quality.rejected_rows select 'customers', 'customers.csv',"
    f" 'age is not a number', '{NAME}' from range(30)",
    "insert into data_quality.rejected_rows select 'orders', 'orders.csv',"
    " 'reason ' || n, 'row' from range(50) as numbers (n)",
)


@pytest.fixture(scope="module")
def page(demo: Report) -> Page:
    return trust.page(read_source(demo.warehouse))


def views_of(page: Page, key: str) -> dict[Choice, View]:
    """The views of a panel, one for each choice that its drop-down allows."""
    panel = next(one for one in page.panels if one.key == f"trust-{key}")
    assert sorted(panel.views) == sorted(page.choices(panel))
    return dict(panel.views)


def test_each_dataset_can_be_chosen(page: Page) -> None:
    (control,) = page.controls
    assert [one.value for one in control.options[""]] == [ALL, *DATASETS]


def test_the_flow_has_the_steps_of_a_dataset(page: Page, demo: Report) -> None:
    views = views_of(page, "flow")
    assert views[ALL,] == views["order_products",]
    files = {file["dataset"] for file in demo.facts.files}
    for dataset in DATASETS:
        also = "dim_customers" if dataset == "customers" else dataset
        steps = demo.query(
            "select step, rows_in, rows_removed, rows_out from"
            " data_quality.population_flow where"
            f" dataset in ('{dataset}', '{also}') order by step_number"
        )
        view = views[dataset,]
        assert (view.chart is not None) == (dataset in files)
        if dataset in files:
            assert [{key: row[key] for key in steps[0]} for row in view.rows] == steps
        else:
            assert view.finding == "The package has no file of this dataset."


@pytest.mark.parametrize(
    ("key", "table", "column"),
    [
        ("files", "data_quality.file_row_counts", "rows_read"),
        ("checks", "data_quality.consistency_checks", "row_count"),
        ("repairs", "data_quality.repaired_values", "value_count"),
    ],
)
def test_figures_are_those_of_the_tables(
    key: str, table: str, column: str, page: Page, demo: Report
) -> None:
    sums = {
        row["dataset"]: row["total"]
        for row in demo.query(
            f"select dataset, sum({column})::bigint as total from {table} group by all"
        )
    }
    views = views_of(page, key)
    assert sum(row[column] for row in views[ALL,].rows) == sum(sums.values()) > 0
    for dataset in DATASETS:
        view = views[dataset,]
        assert {row["dataset"] for row in view.rows} <= {dataset}
        assert sum(row[column] for row in view.rows) == sums.get(dataset, 0)
        assert (view.chart is not None) == (sums.get(dataset, 0) > 0)


def test_problems_stand_first_and_are_drawn(page: Page) -> None:
    view = views_of(page, "checks")[ALL,]
    found = [row["row_count"] for row in view.rows]
    assert found == sorted(found, reverse=True) and 0 in found
    assert view.finding.endswith("have a problem.")


def test_ways_to_merge_and_published_figures(page: Page, demo: Report) -> None:
    (variants,) = views_of(page, "variants").values()
    assert [row["difference_from_correct"] for row in variants.rows] == [
        row["difference_from_correct"]
        for row in demo.query(
            "from data_quality.merge_variants order by variant_number"
        )
    ]
    (published,) = views_of(page, "published").values()
    assert published.chart is None and not published.columns
    assert published.finding.endswith("what is loaded is generated.")


def test_rejected_rows_are_counted_by_reason_and_never_shown(
    demo: Report, tmp_path: Path
) -> None:
    database = change(demo.database, tmp_path, REJECTED)
    report = Report(database, demo.manifest, tmp_path / "none.xlsx")
    page = trust.page(read_source(report.warehouse))
    report.warehouse.connection.close()
    views = views_of(page, "rejected")
    assert sum(row["row_count"] for row in views[ALL,].rows) == 80
    assert views[ALL,].finding == (
        "80 rows are rejected, 30 of customers.csv: age is not a number."
    )
    assert len(views["orders",].rows) == 41
    assert views["products",].finding == "No row had to be rejected."
    shown = str([panel.views for panel in page.panels])
    assert NAME not in shown and "age is not a number" in shown
