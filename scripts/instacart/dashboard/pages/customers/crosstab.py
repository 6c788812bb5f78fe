"""Customers by two segment types at a time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from instacart.dashboard import charts
from instacart.dashboard.columns import CUSTOMERS
from instacart.dashboard.pages.customers.types import (
    CROSSED,
    SEGMENT_KEY,
    SEGMENT_TYPE,
    VERDICT,
    SegmentType,
    without_figures,
)
from instacart.dashboard.panel import ALL, Choice, Panel, View
from instacart.report.segment_sentences import crosstab_sentence
from instacart.report.segments import BOTH_MADE_OF_ORDERS
from instacart.report.source import Source
from instacart.warehouse import Row
from instacart.workbook import Column

# How many columns have room for level labels, also on a phone.
LEVEL_LABELS = 4


def crosstab_panel(source: Source, types: Sequence[SegmentType]) -> Panel:
    """The share of each segment's customers that is in each segment of another type."""
    cells: dict[Choice, list[Row]] = {}
    for row in source.warehouse.rows("select * from marts.rpt_segment_crosstabs"):
        pair = row["segment_type_a"], row["segment_type_b"]
        cells.setdefault(pair, []).append(row)
    views: dict[Choice, View] = {}
    for one in types:
        for other in types:
            if one == other:
                continue
            rows = _shown(one, other, cells[one.key, other.key])
            for label in (ALL, *one.chosen):
                view = _crossed(source, one, other, rows, label)
                views[one.key, other.key, label] = view
    return Panel(
        "customers-crosstab",
        "How do two segment types go together?",
        "customers",
        ["marts.rpt_segment_crosstabs"],
        views,
        [SEGMENT_TYPE, CROSSED, SEGMENT_KEY],
    )


def _shown(one: SegmentType, other: SegmentType, cells: Sequence[Row]) -> Sequence[Row]:
    """The cells of the first type's segments of enough customers, in order."""
    own, others = one.shown, other.labels
    return sorted(
        (cell for cell in cells if cell["segment_a"] in own),
        key=lambda row: (own.index(row["segment_a"]), others.index(row["segment_b"])),
    )


def _crossed(
    source: Source,
    one: SegmentType,
    other: SegmentType,
    rows: Sequence[Row],
    label: str,
) -> View:
    warehouse, facts = source.warehouse, source.facts
    told = crosstab_sentence(warehouse, facts, one.key, other.key, label)
    if not (one.is_known and other.is_known):
        return without_figures(told)
    own, others = one.shown, other.labels
    # Many segments have room on rows only.
    is_turned = len(others) > max(len(own), LEVEL_LABELS)
    columns = own if is_turned else others
    notes = [one.few, one.caution or other.caution]
    if not notes[-1] and told.verdict == facts.verdicts.differs:
        notes.append(BOTH_MADE_OF_ORDERS)
    return View(
        told.sentence,
        _heat_map(is_turned=is_turned, is_upright=len(columns) > LEVEL_LABELS),
        rows,
        [
            Column("segment_a", one.name),
            Column("segment_b", other.name),
            CUSTOMERS,
            Column("expected_customers", "Customers by chance", "tenth"),
            Column("customer_share_of_a", f"Share of {one.name.lower()}", "share"),
            VERDICT,
        ],
        told.verdict,
        " ".join(note for note in notes if note),
        judged=other.name,
    )


@cache
def _heat_map(*, is_turned: bool, is_upright: bool) -> charts.Drawn:
    """A cell per pair of segments, as their customers' share of the first one.

    is_turned: whether the first type is on columns.
    """
    # Called as the drop-downs are that choose them.
    first = Column("segment_a", "Customers by")
    second = Column("segment_b", "Crossed with")
    line = "column" if is_turned else "row"
    share = Column("customer_share_of_a", f"Of the {line}'s customers", "share")
    across, down = (first, second) if is_turned else (second, first)
    angle = -90 if is_upright else 0
    return charts.heat_map(across, down, share, CUSTOMERS, label_angle=angle)
