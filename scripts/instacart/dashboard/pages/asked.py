"""Views of the report's questions: their sentences, cautions and tables."""

from __future__ import annotations

from collections.abc import Sequence

from instacart.dashboard.charts import Drawn
from instacart.dashboard.panel import Click, Panel, View, one_view
from instacart.report.question import Question


def view_of(question: Question, chart: Drawn | None = None) -> View:
    """What the report says of a question, with a chart of its rows.

    Without what the question needs it says so in a sentence, without chart or table.
    """
    if question.lacking:
        return View(question.lacking)
    notes = [question.caution()]
    advice = question.advice() if question.asked_by else ""
    if question.size():
        notes.append(f"So what: {question.so_what()}")
    return View(
        question.sentence(),
        chart,
        question.rows,
        question.shown_columns,
        question.verdict(),
        " ".join(note for note in notes if note),
        action="" if advice.startswith("No advice") else advice,
    )


def panel_of(
    key: str,
    question: Question,
    chart: Drawn | None,
    counts: str,
    tables: Sequence[str],
    click: Click | None = None,
) -> Panel:
    """The panel of a question that follows no drop-down."""
    return Panel(
        key,
        question_of(question),
        counts,
        tables,
        one_view(view_of(question, chart)),
        click=click,
        asks={type(question): ()},
    )


def question_of(question: Question) -> str:
    """What a question asks, without who asks it."""
    _, _, asked = question.title.partition(": ")
    return asked or question.title
