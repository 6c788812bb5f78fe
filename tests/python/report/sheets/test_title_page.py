"""The first sheet: totals, findings, contents, and where the data is from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from instacart import config

from report.support import (
    ADVICE,
    CHARTS,
    CROSSTABS,
    FLOW,
    LEFT,
    TITLE,
    Changed,
    Report,
    needs_samples,
)


def test_totals_are_those_of_the_reports(demo: Report) -> None:
    totals = demo.query(
        "select sum(order_count) as orders, sum(order_product_count) as products,"
        " sum(revenue) as revenue from marts.rpt_hours_of_day"
    )[0]
    customers = demo.one(
        "select customer_count from marts.rpt_order_sequence where order_number = 1"
    )
    row = demo.row_of(TITLE, f"{customers:,}")
    shown = [demo.book[TITLE].cell(row, column).value for column in range(2, 6)]
    assert shown[:3] == [
        f"{customers:,}",
        f"{totals['orders']:,}",
        f"{totals['products']:,}",
    ]
    assert shown[3] == f"${float(totals['revenue']) / 1e6:,.1f} million"


def test_files_are_listed_with_their_rows(each: Report) -> None:
    rows = {
        row["File"]: (row["Rows read"], row["Rows kept"])
        for row in each.dicts(TITLE, "Data", "File")
    }
    assert rows == {
        row["source_file"]: (row["rows_read"], row["rows_kept"])
        for row in each.query("from data_quality.file_row_counts")
    }


def test_required_citations_are_given(each: Report) -> None:
    text = " ".join(each.texts(TITLE))
    assert "The Instacart Online Grocery Shopping Dataset 2017" in text
    assert "https://www.instacart.com/datasets/grocery-shopping-2017" in text
    assert f"{each.database.name}, last written 20" in text


def test_only_what_a_package_has_is_cited(tiny: Report, kaggle: Report) -> None:
    assert any("CareerFoundry" in text for text in tiny.texts(TITLE))
    assert not any("CareerFoundry" in text for text in kaggle.texts(TITLE))
    assert not any("Demographics" in text for text in kaggle.texts(TITLE))


def test_five_findings_are_readings_of_charts(each: Report) -> None:
    page = each.book[TITLE]
    questions = {one.reading: one for one in each.questions if one.title}
    for number in range(1, 6):
        row = each.row_of(TITLE, f"{number}. ")
        text = page.cell(row, LEFT).value
        link = page.cell(row, 7).hyperlink.location
        assert link.startswith(f"'{CHARTS}'!A")
        place = int(link.rpartition("!A")[2])
        reading = each.book[CHARTS].cell(place + 1, LEFT).value
        assert text == f"{number}. {reading}"
        so_what = questions[reading].so_what()
        below = page.cell(row + 1, LEFT).value
        assert below == (f"So what: {so_what}" if so_what else None)
    assert not any(text.startswith("6. ") and "?" in text for text in each.texts(TITLE))


SAMPLE_TEXT = "Real, a sample: 14 orders of the 3,421,083"
ENRICHED = (
    "update data_quality.file_row_counts set fabricated_columns = case dataset"
    " when 'customers' then 'all' when 'products' then 'prices' end"
)


@pytest.fixture
def full_data_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[int, int], None]:
    """Lets the full data have other orders and prior order products than it has."""

    def set_totals(orders: int, order_products: int) -> None:
        figures = tmp_path / "figures.csv"
        figures.write_text(
            f"metric,dimension,published\norders,all,{orders}\n"
            f"prior order products,all,{order_products}\n"
        )
        monkeypatch.setattr(config, "PUBLISHED_FIGURES", figures)

    return set_totals


@pytest.mark.parametrize(
    ("statements", "said", "warning"),
    [
        ([], SAMPLE_TEXT, "A sample"),
        (
            ["update data_quality.file_row_counts set fabricated_columns = 'all'"],
            "Synthetic",
            "no figure here says anything of real customers",
        ),
        (
            [ENRICHED],
            "fabricated by this project: prices of products.csv and customers.csv.",
            "says nothing of real customers",
        ),
    ],
    ids=["sample", "generated", "partly generated"],
)
def test_it_says_where_the_data_is_from(
    changed: Changed, statements: list[str], said: str, warning: str
) -> None:
    report = changed(*statements)
    assert any(said in text for text in report.texts(TITLE))
    for sheet in (TITLE, FLOW, CHARTS, ADVICE, CROSSTABS):
        assert any(warning in text for text in report.texts(sheet)), sheet


def test_the_full_data_is_no_sample(
    changed: Changed, full_data_has: Callable[[int, int], None]
) -> None:
    full_data_has(14, 30)
    report = changed()
    assert any("Real: the full 2017 data." in text for text in report.texts(TITLE))
    for sheet in (TITLE, FLOW, CHARTS, ADVICE, CROSSTABS):
        assert not any("sample" in text for text in report.texts(sheet)), sheet


def test_a_sample_with_fabricated_files_is_still_said_to_be_one(
    changed: Changed,
) -> None:
    report = changed(ENRICHED)
    facts = report.facts
    assert "sample" in facts.origin.lower() and "sample" in facts.warning.lower()
    origins = {
        row["File"]: row["Origin"] for row in report.dicts(TITLE, "Data", "File")
    }
    assert origins == {
        **dict.fromkeys(origins, "as handed out"),
        "customers.csv": "fabricated",
        "products.csv": "prices fabricated",
    }
    assert not any("CareerFoundry" in text for text in report.texts(TITLE))


def test_full_orders_with_too_few_order_products_are_not_the_full_data(
    changed: Changed, full_data_has: Callable[[int, int], None]
) -> None:
    full_data_has(14, 31)
    report = changed()
    assert not report.facts.origin.startswith("Real: the full")


@needs_samples
def test_the_real_sample_is_said_to_be_one(sample: Report) -> None:
    text = " ".join(sample.texts(TITLE))
    assert "Real, a sample: 1,000 orders of the 3,421,083 of the full 2017 data" in text
    origins = {row["Origin"] for row in sample.dicts(TITLE, "Data", "File")}
    assert origins == {"as handed out"} and "this project" not in text
