"""The report's workbook as a whole, of every package."""

from __future__ import annotations

import itertools
import os
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from instacart import warehouse as warehouse_module
from instacart.errors import UserError
from openpyxl.utils import range_boundaries
from support.packages import CUSTOMER_NAMES
from support.warehouse import Warehouse

from report.support import (
    ADVICE,
    ASKED_BY,
    CHARTS,
    CROSSTABS,
    LEFT,
    NAMESPACES,
    SHEETS,
    TITLE,
    Changed,
    Export,
    Report,
    crosstab,
    needs_samples,
    percent,
)

ERROR_VALUES = {"#REF!", "#NAME?", "#VALUE!", "#N/A", "#DIV/0!", "#NULL!", "#NUM!"}


def test_it_has_its_sheets_in_order(each: Report) -> None:
    assert each.book.sheetnames == SHEETS
    assert all(page.sheet_state == "visible" for page in each.book)


def test_every_part_is_well_formed(each: Report) -> None:
    for name, content in each.parts.items():
        if name.endswith((".xml", ".rels")):
            ElementTree.fromstring(content)


def test_every_link_leads_to_a_cell_of_a_sheet_that_has_something(each: Report) -> None:
    count = 0
    for page in each.book:
        for row in page.iter_rows():
            for cell in row:
                if not cell.hyperlink:
                    continue
                count += 1
                assert cell.hyperlink.target is None
                name, _, place = cell.hyperlink.location.rpartition("!")
                target = each.book[name.strip("'")]
                left, top, *_ = range_boundaries(place)
                assert left <= target.max_column and top <= target.max_row
                shown = [target.cell(top, one).value for one in range(1, 20)]
                assert any(value is not None for value in shown), cell.coordinate
    assert count > 40


def test_the_title_page_links_to_every_sheet_and_every_sheet_back(each: Report) -> None:
    page = each.book[TITLE]
    linked = {
        cell.value: cell.hyperlink.location
        for row in page.iter_rows()
        for cell in row
        if cell.hyperlink and cell.column == LEFT
    }
    assert linked == {name: f"'{name}'!A1" for name in SHEETS}
    for name in SHEETS[1:]:
        cell = each.book[name]["B3"]
        assert cell.value == "Back to the title page"
        assert cell.hyperlink.location == f"'{TITLE}'!A1"
        header = each.row_of(name, "Asked by") if name == ADVICE else 3
        # The sheet of charts leaves the whole screen to its pages.
        frozen = None if name == CHARTS else f"A{header + 1}"
        assert each.book[name].freeze_panes == frozen


def test_it_says_what_the_questions_say(each: Report) -> None:
    said = [q.reading for q in each.questions if q.title]
    titles = [q.title for q in each.questions if q.title]
    assert said == [
        each.cells[CHARTS][each.row_of(CHARTS, title)][LEFT - 1] for title in titles
    ]
    for row in each.dicts(ADVICE, "Asked by", "Asked by"):
        answer = each.answer(row["Asked by"])
        assert row["Finding"] == answer.answer
        assert (row["Evidence"] or "") == answer.figures
        assert (row["Action"] or "") == answer.advice


def test_no_cell_holds_an_error(each: Report) -> None:
    for page in each.book:
        for row in page.iter_rows():
            for cell in row:
                assert cell.data_type != "e", (page.title, cell.coordinate)
                assert cell.value not in ERROR_VALUES
                if isinstance(cell.value, str):
                    # What Python makes of what it does not know.
                    words = re.search(r"\bNone\b(?!:| of)|\bnan\b|\binf\b", cell.value)
                    assert not words, cell.value


def test_no_sentence_has_a_blank_too_many(each: Report) -> None:
    for name in SHEETS:
        for text in each.texts(name):
            assert text == text.strip()
            assert "  " not in text and " ." not in text and " ," not in text, text


@pytest.mark.parametrize("each", ["tiny", "odd"], indirect=True)
def test_no_name_of_a_customer_is_anywhere(each: Report) -> None:
    names = [name for pair in CUSTOMER_NAMES.values() for name in pair if name]
    for part, content in each.parts.items():
        for name in names:
            assert name.encode() not in content, part


def test_the_same_warehouse_gives_the_same_bytes(
    tiny: Report, export: Export, tmp_path: Path
) -> None:
    again = export(tiny.database, tmp_path / "again.xlsx")
    assert again.content == tiny.content


def test_the_warehouse_is_only_read(
    tiny: Report, export: Export, tmp_path: Path
) -> None:
    before = tiny.database.read_bytes(), os.listdir(tiny.database.parent)
    export(tiny.database, tmp_path / "again.xlsx").write()
    assert (tiny.database.read_bytes(), os.listdir(tiny.database.parent)) == before


@pytest.mark.parametrize("each", ["tiny", "odd"], indirect=True)
def test_texts_of_the_data_stay_texts(each: Report) -> None:
    formulas = [
        cell.value
        for page in each.formulas
        for row in page.iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]
    assert formulas
    assert all(formula.startswith("=IF(") for formula in formulas)


def test_a_product_named_as_xml_does_not_break_the_file(changed: Changed) -> None:
    report = changed(
        "delete from marts.rpt_product_pairs",
        "insert into marts.rpt_product_pairs select 1, 2, '<r><b></r>', '<r>x</r>',"
        " 5, 5, 1, 5, 0.5, 1, 1, 2, false",
    )
    assert any("<r><b></r>" in text for text in report.texts(CHARTS))


def test_kaggle_says_what_it_lacks(kaggle: Report) -> None:
    for question in (
        *("Key question 2", "Key question 3", "Sales: Which"),
        *("Key question 5c", "Key question 5d", "Key question 6", "Key question 7"),
    ):
        assert "can't be answered" in kaggle.reading(question)
    for question in ("2", "3", "5c", "5d", "6", "7"):
        answer = kaggle.answer(f"Key question {question}")
        assert "can't be answered" in answer.answer
        assert not answer.advice
    for question in ("1", "4", "5a", "5b"):
        assert "can't" not in kaggle.answer(f"Key question {question}").answer
    text = " ".join(kaggle.texts(CROSSTABS))
    assert "no customers.csv" in text and "no prices" in text
    assert "not known" in kaggle.texts(TITLE)
    money = " ".join(itertools.chain(*map(kaggle.texts, (TITLE, CHARTS, ADVICE))))
    assert "$" not in money
    assert crosstab(kaggle, "Loyalty by department")[0]


def test_customers_without_demographics_are_not_taken_for_a_missing_file(
    changed: Changed,
) -> None:
    report = changed(
        "update marts.dim_customers set age = null, income = null,"
        " dependants_count = null"
    )
    charted = [question for question in report.questions if question.title]
    assert not any("no customers.csv" in question.reading for question in charted)


def test_customers_of_whom_nothing_is_known_are_missing(changed: Changed) -> None:
    report = changed(
        "update marts.dim_customers set age = null, income = null,"
        " dependants_count = null, gender = 'Unknown', state = 'Unknown',"
        " family_status = 'Unknown'"
    )
    assert "no customers.csv" in report.reading("Key question 5c")


def test_one_order_of_one_customer_is_reported(single: Report) -> None:
    assert single.book.sheetnames == SHEETS
    assert [
        row["Asked by"] for row in single.dicts(ADVICE, "Asked by", "Asked by")
    ] == (ASKED_BY)


def test_hours_whose_orders_have_no_products_are_reported(changed: Changed) -> None:
    report = changed(
        "update marts.rpt_hours_of_day set order_product_count = 0,"
        " products_per_order = 0, revenue = 0, avg_order_total = 0,"
        " avg_product_price = null where hour_of_day = 11"
    )
    assert report.answer("Key question 2").answer
    assert report.content


def test_departments_of_the_same_reorder_rate_are_reported(changed: Changed) -> None:
    report = changed(
        "update marts.rpt_departments set reorder_rate = 0, revenue_per_order = 5"
    )
    for chart in report.charts:
        for scale in chart.findall(".//c:scaling", NAMESPACES):
            low, high = scale.find("c:min", NAMESPACES), scale.find("c:max", NAMESPACES)
            if low is not None and high is not None:
                assert float(low.get("val")) < float(high.get("val"))


def unlisted(where: str) -> list[str]:
    """Statements that make departments what a mistyped id makes of them."""
    tables = (
        *("dim_departments", "dim_products", "rpt_departments", "rpt_products"),
        *("rpt_department_hours", "rpt_segment_departments"),
    )
    return [
        f"update marts.dim_departments set is_listed = false where {where}",
        *(
            f"update marts.{table} set department = 'Unknown department '"
            f" || department_id where {where}"
            for table in tables
        ),
    ]


def test_departments_that_are_not_listed_are_left_out_and_counted(
    changed: Changed, tiny: Report
) -> None:
    least = tiny.query(
        "from marts.rpt_departments order by order_product_rank desc limit 1"
    )[0]
    assert f"{least['department'].capitalize()} sells least" in tiny.reading(
        "Key question 4"
    )
    report = changed(*unlisted(f"department_id = {least['department_id']}"))
    assert f"{least['department'].capitalize()} sells" not in report.reading(
        "Key question 4"
    )
    share = percent(least["order_product_share"])
    caution = (
        "Left out: 1 department that departments.csv doesn't list, with"
        f" {share} of items."
    )
    assert caution in report.texts(CHARTS)
    assert not any(text.startswith("Left out: ") for text in tiny.texts(CHARTS))
    for sheet in (TITLE, CHARTS, ADVICE, CROSSTABS):
        assert not any("Unknown department" in text for text in report.texts(sheet))
        assert any("produce" in text.lower() for text in report.texts(sheet))


def test_a_report_of_no_listed_department_says_so(
    changed: Changed, demo: Report
) -> None:
    report = changed(*unlisted("true"), database=demo.database)
    for question in ("Key question 4", "Sales: Which", "Key questions 5 and 6"):
        assert "departments.csv lists, so that" in report.reading(question)
    for asked_by in ("Key question 4", "VP of Marketing", "SVP of Sales"):
        assert "compare its ids" in report.answer(asked_by).answer
    for sheet in (CHARTS, ADVICE, CROSSTABS):
        assert not any("Unknown department" in text for text in report.texts(sheet))


def test_a_segment_type_left_out_is_one_sentence(changed: Changed) -> None:
    with pytest.raises(UserError, match="expected region among the segment types"):
        changed(
            "delete from marts.rpt_segment_types where segment_type = 'region'"
        ).write()


def test_lineage_knows_what_the_report_reads(
    tiny: Report,
    export: Export,
    warehouse: Warehouse,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: set[str] = set()
    execute = warehouse_module.Warehouse.execute

    def listen(self: warehouse_module.Warehouse, query: str) -> Any:
        schemas = "marts|data_quality|reference"
        found = re.findall(rf"\b(?:from|join)\s+((?:{schemas})\.\w+)", query)
        read.update(found)
        return execute(self, query)

    monkeypatch.setattr(warehouse_module.Warehouse, "execute", listen)
    export(tiny.database, tmp_path / "Final Report.xlsx").write()
    manifest = warehouse.manifest
    assert manifest
    (exposure,) = (
        one for one in manifest.exposures.values() if one.name == "final_report"
    )
    listed = {
        f"{manifest.nodes[key].schema}.{manifest.nodes[key].name}"
        for key in exposure.depends_on.nodes
    }
    assert read == listed


@needs_samples
def test_the_real_sample_is_reported_whole(sample: Report) -> None:
    assert len(sample.charts) >= 14
    assert [
        row["Asked by"] for row in sample.dicts(ADVICE, "Asked by", "Asked by")
    ] == (ASKED_BY)


@needs_samples
def test_numbers_of_orders_are_spelled_as_people_do(sample: Report) -> None:
    text = " ".join(itertools.chain(*map(sample.texts, SHEETS)))
    assert not re.search(r"\b\d*(?<!1)1th\b|\b\d*(?<!1)2th\b|\b\d*(?<!1)3th\b", text)
