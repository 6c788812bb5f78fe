"""In which measures segments differ, and which types tell most, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from instacart import words
from instacart.report.facts import LARGEST_REALISTIC, Facts
from instacart.report.segment_names import groups, topic
from instacart.report.segment_sentences import Told, nothing_to_compare
from instacart.report.segments import (
    MEASURES,
    NOTHING_SHOWS,
    SHOWN,
    Difference,
    ends,
    explained,
    small_share,
)
from instacart.warehouse import Row, Warehouse

# What types of segments are made from, by whether they are demographic.
KINDS = {False: "what customers do", True: "who customers are"}


def measure_row(warehouse: Warehouse, segment_type: str, measure: str) -> Row:
    """The row of rpt_segment_differences on a type and a measure."""
    rows = warehouse.rows_once("select * from marts.rpt_segment_differences")
    (found,) = (
        row
        for row in rows
        if row["segment_type"] == segment_type and row["measure"] == measure
    )
    return found


def measure_sentence(
    warehouse: Warehouse, facts: Facts, segment_type: str, measure: str
) -> Told:
    """Whether the segments of a type differ in a measure, a key of MEASURES."""
    labels, is_money = facts.verdicts, SHOWN.get(measure) is words.money
    if is_money and (lacking := facts.lacking("prices")):
        return Told(lacking, labels.too_few)
    if nothing := nothing_to_compare(warehouse, facts, segment_type):
        return nothing
    row = measure_row(warehouse, segment_type, measure)
    found, name = groups(segment_type), MEASURES[measure]
    if not row["customer_count"]:
        return Told(f"No customer has {name} to compare.", labels.too_few)
    if row["verdict"] == labels.differs:
        differ = Difference(measure, ends(warehouse, facts, row)).text
        text = (
            f"by definition, {found} differ in {differ}"
            if row["is_by_definition"]
            else f"{found} clearly differ in {differ}"
        )
    elif row["verdict"] == labels.same:
        text = (
            f"{found} hardly differ in {name}: the segment explains"
            f" {small_share(row['adjusted_r_squared'] or 0)} of how customers differ"
        )
    else:
        customers = words.plural(row["customer_count"], "customer")
        text = f"{customers} are too few to tell whether {found} differ in {name}"
        text += _gap(row)
    return Told(words.capital(f"{text}."), row["verdict"])


def _gap(row: Row) -> str:
    """Which difference would show, if anything is known of it."""
    gap = row["detectable_difference"]
    if not gap:
        return ""
    if gap >= LARGEST_REALISTIC * row["overall_mean"]:
        return f": {NOTHING_SHOWS}"
    shown = SHOWN.get(row["measure"], words.decimal)(gap)
    return f": a gap under {shown} can't be told from chance"


def types_sentence(facts: Facts, types: Sequence[Row]) -> Told:
    """Which types tell most about how customers order, of each kind that is known.

    types: rows of rpt_segment_types.
    """
    labels = facts.verdicts
    known = [row for row in types if row["segment_count"]]
    texts = []
    for is_demographic, kind in KINDS.items():
        rows = [row for row in known if row["is_demographic"] == is_demographic]
        useful = [row for row in rows if row["verdict"] == labels.differs]
        if useful:
            best = min(
                useful,
                key=lambda row: (-row["adjusted_r_squared"], row["segment_type"]),
            )
            texts.append(
                f"of {kind}, {topic(best['segment_type'])} tells most (it explains"
                f" {explained(best)})"
            )
        elif rows and facts.joint_verdict(r["verdict"] for r in rows) == labels.same:
            texts.append(f"{kind} tells almost nothing about how they order")
        elif rows:
            texts.append(f"too few customers to tell by {kind}")
    if not texts:
        return Told("Nothing is known by which to compare customers.", labels.too_few)
    verdict = facts.joint_verdict(row["verdict"] for row in known)
    return Told(words.capital(f"{'; '.join(texts)}."), verdict)
