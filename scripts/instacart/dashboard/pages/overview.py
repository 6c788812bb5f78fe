"""The first page: what the data is, the largest findings, what changed, how sure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlencode

from instacart import words
from instacart.dashboard.pages.asked import question_of, view_of
from instacart.dashboard.panel import Choice, Page, Panel, one_view
from instacart.report.findings import find_largest, findings_heading, read_changes
from instacart.report.question import Question
from instacart.report.source import Source
from instacart.report.trust import trust_line


def page(source: Source, others: Sequence[Page]) -> Page:
    """The page, with panels of the others that show the largest findings."""
    facts = source.facts
    shown = {
        kind: (page, panel, choice)
        for page in others
        for panel in page.panels
        for kind, choice in panel.asks.items()
    }
    asked = (one for one in source.questions if type(one) in shown)
    found = find_largest(asked, facts)
    lines = {}
    if changes := read_changes(source.warehouse, facts):
        lines["Largest changes since the last version"] = changes
    figures = {
        "Customers": words.count(facts.customers),
        "Orders": words.count(facts.orders),
        "Items (products in an order)": words.count(facts.order_products),
        "Revenue": "not known" if facts.revenue is None else words.money(facts.revenue),
    }
    return Page(
        "overview",
        "Overview",
        f"Data trust: {trust_line(source.warehouse, facts)} Below are the"
        f" {words.lower(findings_heading(found))}.",
        [
            _finding(number, question, *shown[type(question)])
            for number, question in enumerate(found, start=1)
        ],
        figures=figures,
        lines=lines,
    )


def _finding(
    number: int, question: Question, page: Page, panel: Panel, choice: Choice
) -> Panel:
    """The panel of another page that shows a finding, as it is when that is chosen."""
    chosen = dict(zip(panel.controls, choice, strict=True))
    parameters = f"?{urlencode(chosen)}" if any(chosen.values()) else ""
    told = view_of(question)
    view = replace(
        panel.views[choice], finding=told.finding, verdict=told.verdict, note=told.note
    )
    return replace(
        panel,
        key=f"overview-{number}",
        question=question_of(question),
        views=one_view(view),
        controls=(),
        click=None,
        is_wide=False,
        asks={},
        more=(f"#{page.key}{parameters}", page.title),
    )
