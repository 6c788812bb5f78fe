"""Views of the report's questions: their sentences, cautions and tables."""

from __future__ import annotations

from instacart.dashboard.charts import Drawn
from instacart.dashboard.panel import View
from instacart.report.question import Question


def view_of(
    question: Question,
    chart: Drawn | None = None,
    verdict: str = "",
) -> View:
    """What the report says of a question, with a chart of its rows.

    Without what the question needs it says so in a sentence, without chart or table.
    """
    if question.lacking:
        return View(question.lacking)
    notes = [question.caution()]
    if question.size():
        notes.append(f"So what: {question.so_what()}")
    return View(
        question.sentence(),
        chart,
        question.rows,
        question.shown_columns,
        verdict or question.verdict(),
        " ".join(note for note in notes if note),
    )


def question_of(question: Question) -> str:
    """What a question asks, without who asks it."""
    _, _, asked = question.title.partition(": ")
    return asked or question.title
