"""At which hours segments order: of a whole type, or of one segment against all."""

from __future__ import annotations

from collections.abc import Sequence

from instacart import words
from instacart.dashboard import charts
from instacart.dashboard.columns import CUSTOMERS, HOUR, ITEMS, ORDERS
from instacart.dashboard.comparisons import shares_as_lines
from instacart.dashboard.pages.customers.types import (
    SEGMENT,
    SEGMENT_KEY,
    SEGMENT_TYPE,
    VERDICT,
    SegmentType,
    without_figures,
)
from instacart.dashboard.panel import ALL, Choice, Panel, View
from instacart.report.segment_sentences import hours_sentence
from instacart.report.source import Source
from instacart.warehouse import Row
from instacart.workbook import BLUE, GREY, Column

QUESTION = "At which hours do they order?"
TABLES = ("marts.rpt_segment_hours",)
SHARE = Column("share_of_segment", "Share of its orders", "share")
OF_ALL = Column("overall_share", "Share of all orders", "share")


def hours_panel(source: Source, types: Sequence[SegmentType]) -> Panel:
    whole, single = _heat_map(), _lines()
    views: dict[Choice, View] = {}
    for one in types:
        rows = _by_segment(source, one)
        views[one.key, ALL] = _whole(source, one, rows, whole)
        for label in one.chosen:
            views[one.key, label] = _single(source, one, label, rows[label], single)
    return Panel(
        "customers-hours",
        QUESTION,
        "orders",
        TABLES,
        views,
        [SEGMENT_TYPE, SEGMENT_KEY],
    )


def hours_of_types_panel(
    key: str, source: Source, types: Sequence[SegmentType]
) -> Panel:
    """The same of whole types, for another page."""
    chart = _heat_map()
    views: dict[Choice, View] = {
        (one.key,): _whole(source, one, _by_segment(source, one), chart)
        for one in types
    }
    return Panel(key, QUESTION, "orders", TABLES, views, [SEGMENT_TYPE])


def _by_segment(source: Source, one: SegmentType) -> dict[str, list[Row]]:
    """The hours of each segment."""
    rows: dict[str, list[Row]] = {label: [] for label in one.labels}
    for row in source.warehouse.rows(
        f"select * from marts.rpt_segment_hours where segment_type = '{one.key}'"
        " order by segment, hour_of_day"
    ):
        rows[row["segment"]].append(Row(row, hour=words.hour(row["hour_of_day"])))
    return rows


def _heat_map() -> charts.Drawn:
    return charts.heat_map(HOUR, SEGMENT, SHARE, OF_ALL, ORDERS, CUSTOMERS)


def _lines() -> charts.Drawn:
    return shares_as_lines(HOUR, {SHARE: BLUE, OF_ALL: GREY}, ORDERS, CUSTOMERS)


def _whole(
    source: Source, one: SegmentType, rows: dict[str, list[Row]], chart: charts.Drawn
) -> View:
    told = hours_sentence(source.warehouse, source.facts, one.key)
    if not one.is_known:
        return without_figures(told)
    notes = [one.few, one.caution]
    return View(
        told.sentence,
        chart,
        [row for label in one.shown for row in rows[label]],
        [SEGMENT, HOUR, CUSTOMERS, ORDERS, ITEMS, SHARE, OF_ALL, VERDICT],
        told.verdict,
        " ".join(note for note in notes if note),
        judged="Hours",
    )


def _single(
    source: Source, one: SegmentType, label: str, rows: list[Row], chart: charts.Drawn
) -> View:
    told = hours_sentence(source.warehouse, source.facts, one.key, label)
    return View(
        told.sentence,
        chart,
        rows,
        [HOUR, CUSTOMERS, ORDERS, ITEMS, SHARE, OF_ALL, VERDICT],
        told.verdict,
        one.caution,
        judged="Hours",
    )
