"""How many customers, orders and items are each segment's."""

from __future__ import annotations

from collections.abc import Sequence

from instacart.dashboard import charts
from instacart.dashboard.columns import CUSTOMERS, ITEMS, ORDERS, SHARES
from instacart.dashboard.pages.customers.types import (
    SEGMENT,
    SEGMENT_KEY,
    SEGMENT_TYPE,
    SegmentType,
    without_figures,
)
from instacart.dashboard.panel import ALL, Choice, Click, Panel, View
from instacart.report.questions.q5a_loyalty import Loyalty
from instacart.report.segment_sentences import size_sentence
from instacart.report.segments import unreliable
from instacart.report.source import Source


def size_panel(source: Source, types: Sequence[SegmentType]) -> Panel:
    chart = charts.shares_side_by_side(
        SEGMENT, SHARES, CUSTOMERS, ORDERS, ITEMS, click=SEGMENT_KEY
    )
    views: dict[Choice, View] = {
        (one.key, label): _sized(source, one, label, chart)
        for one in types
        for label in (ALL, *one.chosen)
    }
    return Panel(
        "customers-size",
        "How large is each segment?",
        "customers, orders and items, as shares of each",
        ["marts.rpt_customer_segments", "marts.rpt_segment_differences"],
        views,
        [SEGMENT_TYPE, SEGMENT_KEY],
        Click(SEGMENT_KEY, SEGMENT.key),
        asks={Loyalty: ("loyalty_flag", ALL)},
    )


def _sized(source: Source, one: SegmentType, label: str, chart: charts.Drawn) -> View:
    """The sizes of all segments of a type, told of one of them if it is chosen."""
    told = size_sentence(source.warehouse, source.facts, one.key, label)
    if not one.is_known:
        return without_figures(told)
    chosen = [row for row in one.segments if label in (ALL, row["segment"])]
    notes = [unreliable(chosen), one.caution]
    return View(
        told.sentence,
        chart,
        one.segments,
        [SEGMENT, CUSTOMERS, ORDERS, ITEMS, *SHARES],
        told.verdict,
        " ".join(note for note in notes if note),
        judged="Orders per customer",
    )
