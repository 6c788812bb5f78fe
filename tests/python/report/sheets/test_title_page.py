"""The first sheet: totals, findings, contents, and where the data is from."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from instacart import config
from instacart.report.findings import FIGURES, OF
from instacart.report.question import Question

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


def findings(report: Report) -> list[tuple[Question, str]]:
    """The questions of the findings, and what is said of each."""
    start = next(
        number
        for number, row in enumerate(report.cells[TITLE], start=1)
        if str(row[LEFT - 1] or "").endswith("the largest first")
    )
    found = []
    page = report.book[TITLE]
    row = start + 1
    while (text := page.cell(row, LEFT).value or "").startswith(f"{len(found) + 1}. "):
        link = page.cell(row, 7).hyperlink.location
        assert link.startswith(f"'{CHARTS}'!A")
        title = report.book[CHARTS].cell(int(link.rpartition("!A")[2]), LEFT).value
        (question,) = (one for one in report.questions if one.title == title)
        found.append((question, f"{text} {page.cell(row + 1, LEFT).value}"))
        # The finding, what follows from it, and a gap.
        row += 3
    return found


def test_findings_are_readings_of_charts_with_a_so_what(each: Report) -> None:
    found = findings(each)
    assert 1 <= len(found) <= 5
    assert (len(found) == 5) == any(
        text.startswith("Five findings") for text in each.texts(TITLE)
    )
    for number, (question, text) in enumerate(found, start=1):
        assert text == f"{number}. {question.reading} So what: {question.so_what()}"
        assert re.search(r"\$[\d,.]+|\d customers|\(\d+\)", question.so_what())


def test_findings_are_the_largest(each: Report) -> None:
    shares = {
        question.title: size.share(each.facts)
        for question in each.questions
        if question.title and not question.lacking and (size := question.size())
    }
    found = [question.title for question, _ in findings(each)]
    assert [shares[title] for title in found] == sorted(shares.values())[::-1][:5]


def test_demo_has_five_findings(demo: Report) -> None:
    assert len(findings(demo)) == 5


@pytest.mark.parametrize("verdict", ["The same", "Too few to tell"])
def test_what_does_not_differ_is_no_finding(
    changed: Changed, demo: Report, verdict: str
) -> None:
    columns = {
        "rpt_segment_differences": ["verdict"],
        "rpt_segment_types": ["verdict"],
        "rpt_segment_departments": ["verdict"],
        "rpt_age_bands": ["verdict"],
        "rpt_hours_of_day": ["order_total_verdict", "price_verdict"],
        "rpt_income_opportunities": ["verdict"],
        "rpt_phenomenon_departments": ["verdict"],
    }
    report = changed(
        *(
            f"update marts.{table} set {column} = '{verdict}'"
            for table, names in columns.items()
            for column in names
        ),
        database=demo.database,
    )
    judged = {"2: When", "2: Do", "2: What", "5b", "5c", "5d", "6: How", "7: Do"}
    for question in report.questions:
        if any(question.title.startswith(f"Key question {one}") for one in judged):
            assert question.size() is None, question.title
        if question.title.startswith(("Key questions 5 and 6", "Sales: Do")):
            assert question.size() is None


CHANGES = "Largest changes since the last version"
SINCE = "insert into data_quality.changes_since_last_version values"


def since(*rows: tuple[str, str, str, float | None, float | None, str]) -> str:
    """A statement that adds changes: figure, dimension, value, before, now, verdict."""
    values = []
    for figure, dimension, value, before, now, verdict in rows:
        change = "null" if None in (before, now) else f"{now} - {before}"
        relative = "null" if change == "null" else f"({change}) / {before}"
        then, at_last = ("null" if one is None else one for one in (before, now))
        values.append(
            f"('{figure}', '{dimension}', '{value}', 50, {then}, {at_last},"
            f" {change}, {relative}, '{verdict}')"
        )
    return f"{SINCE} {', '.join(values)}"


def changes(report: Report) -> list[str]:
    """What is said of the version before."""
    start = report.row_of(TITLE, CHANGES)
    texts = []
    while (text := report.book[TITLE].cell(start + 1, LEFT).value) is not None:
        texts.append(text)
        start += 1
    return texts


def test_the_largest_changes_are_listed_those_of_all_first(changed: Changed) -> None:
    report = changed(
        since(
            ("order_count", "weekday", "Saturday", 1234, 1500, "Differs"),
            ("avg_order_total", "segment", "age_group: Senior", 50, 90, "Differs"),
            ("customer_count", "hour", "8", 100, 40, "Differs"),
            ("revenue", "all", "all", 1000, 1100, "Differs"),
            ("reorder_rate", "department", "pantry", 0.5, 0.4, "Differs"),
            ("order_count", "department", "babies", None, 70, "Differs"),
            ("order_count", "all", "all", 100, 101, "The same"),
            ("order_count", "hour", "3", 1, 9, "Too few to tell"),
        )
    )
    assert changes(report) == [
        "Revenue: $1,000 \N{RIGHTWARDS ARROW} $1,100 (+10.0%)",
        "Average order of age group: Senior: $50.00 \N{RIGHTWARDS ARROW} $90.00"
        " (+80.0%)",
        "Customers at 08:00: 100 \N{RIGHTWARDS ARROW} 40 (-60.0%)",
        "Orders on Saturday: 1,234 \N{RIGHTWARDS ARROW} 1,500 (+21.6%)",
        "Reorder rate of pantry: 50.0% \N{RIGHTWARDS ARROW} 40.0% (-10.0 points)",
    ]


def test_what_was_not_there_before_has_no_percentage(changed: Changed) -> None:
    new = ("order_count", "department", "babies", None, 70, "Differs")
    gone = ("order_count", "department", "pets", 70, None, "Differs")
    assert changes(changed(since(new, gone))) == [
        "Orders of babies: none \N{RIGHTWARDS ARROW} 70",
        "Orders of pets: 70 \N{RIGHTWARDS ARROW} none",
    ]


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        (("The same", "Too few to tell"), "Nothing changed by enough to be named."),
        (("Too few to tell",), "There are too few customers to tell whether anything"),
    ],
)
def test_where_nothing_changed_it_says_so(
    verdicts: tuple[str, ...], said: str, changed: Changed
) -> None:
    rows = [("order_count", "all", "all", 100, 101, verdict) for verdict in verdicts]
    (text,) = changes(changed(since(*rows)))
    assert text.startswith(said)


def test_a_first_build_has_no_changes(each: Report, changed: Changed) -> None:
    assert each.one("select count(*) from data_quality.changes_since_last_version") == 0
    assert CHANGES not in each.texts(TITLE)
    older = changed(
        "drop table data_quality.changes_since_last_version", database=each.database
    )
    assert CHANGES not in older.texts(TITLE)


def test_all_figures_and_dimensions_of_changes_have_words(demo: Report) -> None:
    known = demo.query(
        "select distinct figure, dimension from data_quality.headline_figures"
    )
    assert {row["figure"] for row in known} == set(FIGURES)
    assert {row["dimension"] for row in known} == set(OF)


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


@needs_samples
def test_what_the_course_made_up_is_said(sample: Report, demo: Report) -> None:
    assert "The course made up the customers and prices" in sample.facts.warning
    assert "The course" not in demo.facts.warning


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
