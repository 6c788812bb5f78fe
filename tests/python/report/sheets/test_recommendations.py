"""The sheet of answers: a row for everybody who asks."""

from __future__ import annotations

from pathlib import Path

import pytest
from instacart.report.question import Question
from instacart.report.questions.q3_price_ranges import PriceRanges

from report.support import (
    ADVICE,
    ASKED_BY,
    CHARTS,
    LEFT,
    Export,
    Report,
)


def test_every_question_is_answered(each: Report) -> None:
    rows = each.dicts(ADVICE, "Asked by", "Asked by")
    assert [row["Asked by"] for row in rows] == ASKED_BY
    for row in rows:
        assert row["Question"].endswith("?")
        assert row["Finding"].endswith("."), row
        if "can't be answered" not in row["Finding"]:
            assert row["Action"] and row["Action"].endswith("."), row


def test_answers_link_to_charts(demo: Report) -> None:
    page = demo.book[ADVICE]
    header = demo.row_of(ADVICE, "Asked by")
    column = {page.cell(header, n).value: n for n in range(2, 9)}["Chart"]
    charted = {
        drawing.anchor._from.row for drawing in demo.book[CHARTS]._charts
    } | set()
    for number in range(1, len(ASKED_BY) + 1):
        link = page.cell(header + number, column).hyperlink.location
        name, _, place = link.rpartition("!A")
        assert name == f"'{CHARTS}'"
        heading = demo.book[CHARTS].cell(int(place), LEFT).value
        assert heading and heading.endswith("?")
    assert charted


def test_unanswered_questions_show_no_chart(kaggle: Report) -> None:
    for row in kaggle.dicts(ADVICE, "Asked by", "Asked by"):
        if "can't be answered" in row["Finding"]:
            assert row["Chart"] != "See the chart", row["Asked by"]


def test_revenue_today_is_that_of_whom_the_action_addresses(each: Report) -> None:
    asked = {one.asked_by: one for one in each.questions if one.asked_by}
    for row in each.dicts(ADVICE, "Asked by", "Asked by"):
        question = asked[row["Asked by"]]
        today = row.get("Revenue today") or row.get("Customers today") or ""
        is_idle = (row["Action"] or "No advice").startswith(("No advice", "Don't"))
        assert today == ("" if is_idle else question.prize()), row["Asked by"]


def test_nobody_brings_revenue_without_prices(demo: Report, kaggle: Report) -> None:
    assert "Revenue today" in demo.table(ADVICE, "Asked by", "Asked by")[0]
    assert "Customers today" in kaggle.table(ADVICE, "Asked by", "Asked by")[0]


def test_new_customers_are_those_who_are_to_order_more(demo: Report) -> None:
    today = demo.dicts(ADVICE, "Asked by", "Asked by")
    (row,) = (one for one in today if one["Asked by"] == "Key question 5a")
    (new,) = demo.query(
        "from marts.rpt_customer_segments where segment = 'New customer'"
    )
    assert f"from {new['customer_count']:,} customers" in row["Revenue today"]


def test_without_any_prize_there_is_no_column_of_it(
    tiny: Report, export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in (Question, PriceRanges):
        monkeypatch.setattr(each, "prize", lambda self: "")
    report = export(tiny.database, tmp_path / "Prize.xlsx")
    header, *_ = report.table(ADVICE, "Asked by", "Asked by")
    assert header == ["Asked by", "Question", "Finding", "Evidence", "Action", "Chart"]
