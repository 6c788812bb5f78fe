"""The sheet of answers: a row for everybody who asks."""

from __future__ import annotations

from report.support import (
    ADVICE,
    ASKED_BY,
    CHARTS,
    LEFT,
    Report,
)


def test_every_question_is_answered(each: Report) -> None:
    rows = each.dicts(ADVICE, "Asked by", "Asked by")
    assert [row["Asked by"] for row in rows] == ASKED_BY
    for row in rows:
        assert row["Question"].endswith("?")
        assert row["Answer"].endswith("."), row
        if "can't be answered" not in row["Answer"]:
            assert row["Advice"] and row["Advice"].endswith("."), row


def test_answers_link_to_charts(demo: Report) -> None:
    page = demo.book[ADVICE]
    header = demo.row_of(ADVICE, "Asked by")
    column = {page.cell(header, n).value: n for n in range(2, 8)}["Chart"]
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
        if "can't be answered" in row["Answer"]:
            assert row["Chart"] != "See the chart", row["Asked by"]
