"""The sheet of answers: every key question of the brief, and every stakeholder's.

Where the data shows no difference, or can't tell, the answer says so; advice rests on
the figures beside it. What nobody can know from this data is listed below.
"""

from __future__ import annotations

from typing import Any

from instacart.report.facts import Facts
from instacart.report.question import Question
from instacart.report.sheet import Sheet
from instacart.report.source import Source
from instacart.workbook import Column

NAME = "Recommendations"
ABOUT = "the brief's key questions and the stakeholders', answered"
WIDTHS = (1, 14.5, 20, 36, 36, 31, 12, 12.5)
OF_THE_BRIEF = "Key question"
# How advice begins that is to do nothing, and so addresses nobody.
NO_ACTION = ("No advice", "Don't")
# What the data can't say, whatever the package.
LIMITS = {
    "Campaigns": "The data has no advertisements: advice is what to try, and measure.",
    "Causes": "A difference says that customers order differently, not why.",
    "Quantities": "An item is a product in an order; how many of it is not known.",
    "Seasons": "Orders have a weekday and an hour, but no date: no season, no trend.",
    "Products": "Products that came after the data was collected are not in it.",
    "Age": "The orders were published in 2017; customers may order otherwise today.",
    "Profit": "There are no costs: revenue is no profit.",
}
MADE_UP = "Prices and who the customers are were made up: they show no real shop."


def write(sheet: Sheet, source: Source) -> None:
    """Write one row per question that somebody asks, those of the brief first."""
    facts = source.facts
    sheet.start(
        NAME,
        "Each question with its finding, evidence and action, and what those whom the"
        f" action addresses bring today. {facts.population}"
        f" {facts.warning}".strip(),
    )
    asked = [question for question in source.questions if question.asked_by]
    asked.sort(key=lambda question: not question.asked_by.startswith(OF_THE_BRIEF))
    charted = {type(question): question for question in source.questions}
    rows = []
    for question in asked:
        shown_by = charted[question.shown_by or type(question)]
        rows.append(_row(question) | {"chart": shown_by.chart_link})
    header = sheet.row
    sheet.worksheet.freeze_panes(header + 1, 0)
    columns = [
        Column("asked_by", "Asked by", "wrapped"),
        Column("question", "Question", "wrapped"),
        Column("answer", "Finding", "wrapped"),
        Column("figures", "Evidence", "wrapped"),
        Column("advice", "Action", "wrapped"),
        Column("prize", _today(facts), "wrapped"),
        Column("chart", "Chart", "wrapped"),
    ]
    if not any(row["prize"] for row in rows):
        del columns[-2]
    sheet.table(columns, rows)
    sheet.worksheet.repeat_rows(header)
    sheet.gap()
    sheet.heading("Limits")
    for name, limit in LIMITS.items():
        sheet.entry(name, limit)
    if facts.has_prices or facts.has_customers:
        sheet.entry("Prices and customers", MADE_UP)


def _today(facts: Facts) -> str:
    return "Revenue today" if facts.has_prices else "Customers today"


def _row(question: Question) -> dict[str, Any]:
    lacking = question.lacking
    advice = "" if lacking else question.advice()
    addresses_nobody = not advice or advice.startswith(NO_ACTION)
    return {
        "asked_by": question.asked_by,
        "question": question.asked,
        "answer": lacking or question.answer(),
        "figures": "" if lacking else question.figures(),
        "advice": advice,
        "prize": "" if addresses_nobody else question.prize(),
    }
