"""The sheet of charts: a question, a sentence that reads the chart, table and chart.

Charts are native and draw the cells beside them; sentences are made of the same rows.
"""

from __future__ import annotations

from instacart.report.page import link_to
from instacart.report.question import Question
from instacart.report.sheet import Sheet
from instacart.report.source import Source
from instacart.workbook import FAINT_INK

NAME = "Visualizations"
ABOUT = "one chart per question, with its table and a sentence that reads it"
# Label, eight figures, a gap, and the chart's room.
WIDTHS = (2, 34, *[11.5] * 18)


def write(sheet: Sheet, source: Source) -> None:
    """Write a block per question that has a chart, and link the question to it."""
    facts = source.facts
    sheet.start(
        NAME,
        "A chart or coloured table per question, drawn from the cells beside it; the"
        " sentence above is computed from the same rows."
        f" {facts.population} {facts.warning}".strip(),
    )
    sheet.print_in_blocks()
    for question in source.questions:
        if question.title:
            _write_block(sheet, question)


def _write_block(sheet: Sheet, question: Question) -> None:
    columns = question.shown_columns
    drawing = question.drawing() if columns else None
    chart_rows = question.chart_rows if drawing else 0
    rows = max(len(question.rows), chart_rows) if columns else 0
    sheet.keep_together(4 + rows)
    row = sheet.heading(question.title)
    sheet.paragraph(question.reading, bold=bool(columns))
    if columns:
        question.chart_link = link_to(sheet.name, "See the chart", row)
    if not question.lacking and question.caution():
        sheet.paragraph(question.caution(), italic=True, font_color=FAINT_INK)
    if columns:
        cells = sheet.table(columns, question.rows)
        if drawing:
            drawing.draw(sheet, cells)
            sheet.row = max(sheet.row, cells.header_row + chart_rows)
    sheet.gap()
