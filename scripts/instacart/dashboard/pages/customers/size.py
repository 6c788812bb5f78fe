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
from instacart.dashboard.panel import Choice, Click, Panel, View
from instacart.report.questions.q5a_loyalty import Loyalty
from instacart.report.segment_sentences import size_sentence
from instacart.report.source import Source


def size_panel(source: Source, types: Sequence[SegmentType]) -> Panel:
    chart = charts.shares_side_by_side(
        SEGMENT, SHARES, CUSTOMERS, ORDERS, ITEMS, click=SEGMENT_KEY
    )
    columns = [SEGMENT, CUSTOMERS, ORDERS, ITEMS, *SHARES]
    views: dict[Choice, View] = {}
    for one in types:
        told = size_sentence(source.warehouse, source.facts, one.key)
        views[one.key,] = (
            View(told.sentence, chart, one.segments, columns, told.verdict, one.caution)
            if one.is_known
            else without_figures(told)
        )
    return Panel(
        "customers-size",
        "How large is each segment?",
        "customers, orders and items, as shares of each",
        ["marts.rpt_customer_segments", "marts.rpt_segment_differences"],
        views,
        [SEGMENT_TYPE],
        Click(SEGMENT_KEY, SEGMENT.key),
        asks={Loyalty: ("loyalty_flag",)},
    )
