"""What segments favour: departments of which they buy more than chance explains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from instacart.dashboard import charts
from instacart.dashboard.columns import CUSTOMERS, DEPARTMENT_NAME, ITEMS
from instacart.dashboard.comparisons import bars_against
from instacart.dashboard.pages.customers.types import (
    SEGMENT,
    SEGMENT_KEY,
    SEGMENT_TYPE,
    VERDICT,
    SegmentType,
    without_figures,
)
from instacart.dashboard.panel import ALL, Choice, Panel, View
from instacart.report.segment_sentences import departments_sentence
from instacart.report.segments import MADE_OF_ORDERS, favourites, tastes
from instacart.report.source import Source
from instacart.warehouse import Row
from instacart.workbook import Column

SHARE = Column("share_of_segment", "Share of their items", "share")
# In as few words as a phone has room for.
BAR = replace(SHARE, heading="Share of items (line: all)")
OF_ALL = Column("overall_share", "Share of all customers' items", "share")
NOTHING = "none clearly"


def departments_panel(source: Source, types: Sequence[SegmentType]) -> Panel:
    whole = bars_against(SEGMENT, BAR, OF_ALL, CUSTOMERS, text=DEPARTMENT_NAME)
    single = bars_against(
        DEPARTMENT_NAME,
        BAR,
        OF_ALL,
        ITEMS,
        colour=VERDICT,
        colours=charts.verdict_colours(source.facts.verdicts),
    )
    views: dict[Choice, View] = {}
    for one in types:
        views[one.key, ALL] = _whole(source, one, whole)
        rows = _by_segment(source, one) if one.is_known else {}
        for label, departments in rows.items():
            views[one.key, label] = _single(source, one, label, departments, single)
    return Panel(
        "customers-departments",
        "Which departments do they favour beyond chance?",
        "items",
        ["marts.rpt_segment_departments"],
        views,
        [SEGMENT_TYPE, SEGMENT_KEY],
    )


def _by_segment(source: Source, one: SegmentType) -> dict[str, list[Row]]:
    """The departments of each segment, the largest first."""
    rows: dict[str, list[Row]] = {label: [] for label in one.labels}
    for row in tastes(source.warehouse, one.key):
        rows[row["segment"]].append(row)
    for found in rows.values():
        found.sort(
            key=lambda row: (-(row["share_of_segment"] or 0), row["department_id"])
        )
    return rows


def _whole(source: Source, one: SegmentType, chart: charts.Drawn) -> View:
    """The department that each segment favours most, if any clearly."""
    told = departments_sentence(source.warehouse, source.facts, one.key)
    if not one.is_known or source.facts.lacking("departments"):
        return without_figures(told)
    favoured = favourites(source.warehouse, source.facts, one.key)
    rows = []
    for segment in one.segments:
        label = segment["segment"]
        found = favoured.get(label) if label != source.facts.unknown_label else None
        rows.append(
            Row(
                segment=label,
                customer_count=segment["customer_count"],
                department=found["department"] if found else NOTHING,
                share_of_segment=found["share_of_segment"] if found else None,
                overall_share=found["overall_share"] if found else None,
            )
        )
    columns = [SEGMENT, CUSTOMERS, DEPARTMENT_NAME, SHARE, OF_ALL]
    is_any = any(row["share_of_segment"] is not None for row in rows)
    return View(
        told.sentence,
        chart if is_any else None,
        rows,
        columns,
        told.verdict,
        one.caution or MADE_OF_ORDERS,
        judged="Departments",
    )


def _single(
    source: Source, one: SegmentType, label: str, rows: list[Row], chart: charts.Drawn
) -> View:
    """What a segment buys of each department, against all customers."""
    told = departments_sentence(source.warehouse, source.facts, one.key, label)
    if source.facts.lacking("departments"):
        return without_figures(told)
    return View(
        told.sentence,
        chart,
        rows,
        [DEPARTMENT_NAME, CUSTOMERS, ITEMS, SHARE, OF_ALL, VERDICT],
        told.verdict,
        one.caution or MADE_OF_ORDERS,
        judged="Departments",
    )
