"""Segment types and their segments, as the drop-downs offer them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from instacart import words
from instacart.dashboard.panel import ALL, Control, Option, View
from instacart.report.segment_names import type_name
from instacart.report.segment_sentences import Told
from instacart.report.segments import FABRICATED, unreliable
from instacart.report.source import Source
from instacart.warehouse import Row
from instacart.workbook import Column

SEGMENT_TYPE, SEGMENT_KEY, CROSSED = "segment_type", "segment", "segment_type_b"
SEGMENT = Column("segment", "Segment")
VERDICT = Column("verdict", "Verdict")
ENOUGH = "has_enough_customers"


@dataclass(frozen=True)
class SegmentType:
    """What customers are divided by.

    segments: rows of rpt_customer_segments in the order of their conditions. is_known:
    whether the package says of any customer in which they are.
    """

    key: str
    name: str
    is_known: bool
    is_demographic: bool
    segments: Sequence[Row]

    @property
    def labels(self) -> list[str]:
        return [row["segment"] for row in self.segments]

    @property
    def chosen(self) -> list[str]:
        """The segments that the drop-down offers."""
        return self.labels if self.is_known else []

    @property
    def shown(self) -> list[str]:
        """Those of enough customers, if any: a few would take all the dark colours."""
        enough = [row["segment"] for row in self.segments if row[ENOUGH]]
        return enough or self.labels

    @property
    def few(self) -> str:
        """Which have too few customers, and whether a chart of `shown` has them."""
        left_out = len(self.shown) < len(self.segments)
        return unreliable(self.segments) + " The chart leaves them out." * left_out

    @property
    def caution(self) -> str:
        return FABRICATED if self.is_demographic else ""


def by_telling(source: Source) -> list[Row]:
    """The rows of rpt_segment_types, those that tell most first."""
    return sorted(
        source.segment_types.values(),
        key=lambda row: (-(row["adjusted_r_squared"] or 0), row["segment_type"]),
    )


def read_types(source: Source) -> list[SegmentType]:
    """All types, in that order: first by what customers do, then by who they are.

    Last are those of which the package says nothing.
    """
    found: dict[str, dict[str, Row]] = {}
    for row in source.warehouse.rows("select * from marts.rpt_customer_segments"):
        found.setdefault(row["segment_type"], {})[row["segment"]] = row
    types = []
    for row in sorted(
        by_telling(source),
        key=lambda row: (not row["segment_count"], row["is_demographic"]),
    ):
        key = row["segment_type"]
        segments = found.get(key, {})
        types.append(
            SegmentType(
                key,
                words.capital(type_name(key)),
                bool(row["segment_count"]),
                row["is_demographic"],
                [segments[one] for one in source.facts.in_order(key, segments)],
            )
        )
    return types


def type_control(types: Sequence[SegmentType]) -> Control:
    options = [Option(one.key, one.name) for one in types]
    return Control(SEGMENT_TYPE, "Customers by", {"": options})


def segment_control(types: Sequence[SegmentType]) -> Control:
    return Control(
        SEGMENT_KEY,
        "Segment",
        {
            one.key: [
                Option(ALL, "All segments"),
                *(Option(label, label) for label in one.chosen),
            ]
            for one in types
        },
        of=SEGMENT_TYPE,
    )


def crossed_control(types: Sequence[SegmentType]) -> Control:
    return Control(
        CROSSED,
        "Crossed with",
        {
            one.key: [Option(other.key, other.name) for other in types if other != one]
            for one in types
        },
        of=SEGMENT_TYPE,
    )


def without_figures(told: Told) -> View:
    """Why there is nothing to show of a type."""
    return View(told.sentence)
