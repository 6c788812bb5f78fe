"""In which measures segments differ, and which types tell most, in sentences."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from instacart import words
from instacart.report.facts import LARGEST_REALISTIC, Facts
from instacart.report.segment_names import groups, members, topic
from instacart.report.segment_sentences import Told, nothing_to_compare
from instacart.report.segments import (
    COLUMNS,
    MEASURES,
    NOTHING_SHOWS,
    SHOWN,
    Difference,
    ends,
    everybody,
    explained,
    segments,
    small_share,
)
from instacart.warehouse import Row, Warehouse

# What those in a segment do, by measure.
DOING = {
    "order_count": "place {} orders each",
    "products_per_order": "buy {} items per order",
    "avg_order_total": "spend {} per order",
    "avg_product_price": "pay {} per item",
    "median_days_between_orders": "have a median of {} days between orders",
    "reorder_rate": "have a reorder rate of {}",
}
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
    warehouse: Warehouse,
    facts: Facts,
    segment_type: str,
    measure: str,
    segment: str = "",
) -> Told:
    """Whether the segments of a type differ in a measure, a key of MEASURES.

    segment: one to tell of, against all customers; the verdict is on the type's
    segments, unless it has too few customers.
    """
    labels, is_money = facts.verdicts, SHOWN.get(measure) is words.money
    if is_money and (lacking := facts.lacking("prices")):
        return Told(lacking, labels.too_few)
    if nothing := nothing_to_compare(warehouse, facts, segment_type, segment):
        return nothing
    row = measure_row(warehouse, segment_type, measure)
    found, name = groups(segment_type), MEASURES[measure]
    if not row["customer_count"]:
        return Told(f"No customer has {name} to compare.", labels.too_few)
    if segment:
        return _against_all(warehouse, facts, row, segment)
    if row["verdict"] == labels.differs:
        differ = Difference(measure, ends(warehouse, facts, row)).text
        text = (
            f"by definition, {found} differ in {differ}"
            if row["is_by_definition"]
            else f"{found} clearly differ in {differ}"
        )
    elif row["verdict"] == labels.same:
        text = f"{found} hardly differ in {name}: the segment {_explains(row)}"
    else:
        customers = words.plural(row["customer_count"], "customer")
        text = f"{customers} are too few to tell whether {found} differ in {name}"
        text += _gap(row)
    return Told(words.capital(f"{text}."), row["verdict"])


def _against_all(
    warehouse: Warehouse, facts: Facts, difference: Row, segment: str
) -> Told:
    """What a segment does, and what all customers do."""
    segment_type, measure = difference["segment_type"], difference["measure"]
    (row,) = (
        row for row in segments(warehouse, segment_type) if row["segment"] == segment
    )
    named = members(segment_type, segment)
    shown = Difference(measure, None).shown
    if row[COLUMNS.get(measure, measure)] is None:
        text = f"Nothing is known of {MEASURES[measure]} of {named}."
        return Told(text, facts.verdicts.too_few)
    who = words.capital(named)
    does = DOING[measure].format(shown(row))
    every = f"all customers {shown(everybody(warehouse))}"
    if row["has_enough_customers"]:
        text = f"{who} {does}, {every}"
        if difference["verdict"] == facts.verdicts.same:
            # Which is why the verdict is so, whatever the two figures.
            text += f": the segment {_explains(difference)}"
        return Told(f"{text}.", difference["verdict"])
    count = words.count(row["customer_count"])
    return Told(
        f"{who} ({count}) {does}, {every}: they are too few to rely on.",
        facts.verdicts.too_few,
    )


def _explains(row: Row) -> str:
    share = small_share(row["adjusted_r_squared"] or 0)
    return f"explains {share} of how customers differ"


def _gap(row: Row) -> str:
    """Which difference would show, if anything is known of it."""
    gap = row["detectable_difference"]
    if not gap:
        return ""
    if gap >= LARGEST_REALISTIC * row["overall_mean"]:
        return f": {NOTHING_SHOWS}"
    shown = SHOWN.get(row["measure"], words.decimal)(gap)
    return f": a gap under {shown} can't be told from chance"


def types_sentence(
    facts: Facts, types: Sequence[Row], small: Collection[str] = ()
) -> Told:
    """Which types tell most about how customers order, of each kind that is known.

    Of those that tell nearly as much as the best, the simplest. types: rows of
    rpt_segment_types. small: types without two segments of enough customers, which
    can't tell anything.
    """
    labels = facts.verdicts
    known = [
        Row(row, verdict=labels.too_few) if row["segment_type"] in small else row
        for row in types
        if row["segment_count"]
    ]
    texts = []
    for is_demographic, kind in KINDS.items():
        rows = [row for row in known if row["is_demographic"] == is_demographic]
        useful = [row for row in rows if row["verdict"] == labels.differs]
        if useful:
            best = min(
                useful,
                key=lambda row: (
                    not row["is_nearly_best"],
                    row["segment_count"] if row["is_nearly_best"] else 0,
                    -row["adjusted_r_squared"],
                    row["segment_type"],
                ),
            )
            most = max(row["adjusted_r_squared"] for row in useful)
            is_best = best["adjusted_r_squared"] == most
            texts.append(
                f"of {kind}, {topic(best['segment_type'])} tells"
                f" {'most' if is_best else 'nearly most with the fewest segments'} (it"
                f" explains {explained(best)})"
            )
        elif rows and facts.joint_verdict(r["verdict"] for r in rows) == labels.same:
            texts.append(f"{kind} tells almost nothing about how they order")
        elif rows:
            texts.append(f"too few customers to tell by {kind}")
    if not texts:
        return Told("Nothing is known by which to compare customers.", labels.too_few)
    verdict = facts.joint_verdict(row["verdict"] for row in known)
    return Told(words.capital(f"{'; '.join(texts)}."), verdict)
