"""What segments of customers do, a sentence each with the verdict that it rests on.

A sentence on a whole type names no segment that is small or whose label is unknown.
Where there is nothing to compare it says why, with the verdict that too few can tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from instacart import words
from instacart.report.facts import Facts
from instacart.report.question import highest
from instacart.report.segment_names import (
    groups,
    members,
    membership,
    subject,
    topic,
)
from instacart.report.segments import (
    favourites,
    habits,
    order_difference,
    segments,
    taste,
    tastes,
)
from instacart.warehouse import Row, Warehouse


class Told(NamedTuple):
    """A sentence, and the verdict (one of `facts.verdicts`) that it rests on."""

    sentence: str
    verdict: str


def size_sentence(
    warehouse: Warehouse, facts: Facts, segment_type: str, segment: str = ""
) -> Told:
    """What a segment is of all: the one that orders most; if none does, the largest.

    The verdict is on the orders per customer of the type's segments, which tell a share
    of orders from a share of customers.
    """
    if nothing := nothing_to_compare(warehouse, facts, segment_type, segment):
        return nothing
    ordered = order_difference(warehouse, segment_type)
    rows = _known(warehouse, facts, segment_type)
    if segment:
        (row,) = (row for row in rows if row["segment"] == segment)
        if not row["has_enough_customers"]:
            return Told(shares_sentence(segment_type, row), facts.verdicts.too_few)
    elif ordered["is_by_definition"]:
        row = rows[0]
    elif ordered["verdict"] == facts.verdicts.differs:
        row = _large(rows)[0]
    else:
        row = highest(rows, "customer_count")
    return Told(shares_sentence(segment_type, row), ordered["verdict"])


def shares_sentence(segment_type: str, row: Row) -> str:
    """How large a segment is."""
    return (
        f"{words.capital(members(segment_type, row['segment']))} are"
        f" {words.share(row['customer_share'])} of customers,"
        f" {words.share(row['order_share'])} of orders and"
        f" {words.share(row['order_product_share'])} of items."
    )


def habits_sentence(warehouse: Warehouse, facts: Facts, segment_type: str) -> Told:
    """In what the segments of a type differ that doesn't define them."""
    if nothing := nothing_to_compare(warehouse, facts, segment_type):
        return nothing
    found, labels = habits(warehouse, facts, segment_type), facts.verdicts
    named = groups(segment_type)
    if found.found:
        text = f"{named} clearly differ in {found.text}."
        return Told(words.capital(text), labels.differs)
    if found.verdict == labels.too_few:
        return Told(f"{found.too_few(f'{named} differ')}.", labels.too_few)
    if order_difference(warehouse, segment_type)["is_by_definition"]:
        text = f"{named} differ in nothing but orders, by which they are defined."
    else:
        known = f"knowing the {subject(segment_type)}"
        text = f"{named} order alike: {found.same(known)}."
    return Told(words.capital(text), labels.same)


def hours_sentence(
    warehouse: Warehouse, facts: Facts, segment_type: str, segment: str = ""
) -> Told:
    """Whether the segments of a type, or one of them, order at other hours than all."""
    if nothing := nothing_to_compare(warehouse, facts, segment_type, segment):
        return nothing
    rows = warehouse.rows(
        "select * from marts.rpt_segment_hours"
        f" where segment_type = '{segment_type}'"
        " order by abs(share_difference) desc, segment, hour_of_day"
    )
    judged = _Judged(warehouse, facts, segment_type, segment, rows)
    if not judged.differing:
        return judged.told(
            same="order at the same hours" + (" as all do" if segment else ""),
            asked="order at other hours than all do",
        )
    row = judged.differing[0]
    text = (
        f"{members(segment_type, row['segment'])} place"
        f" {words.share(row['share_of_segment'])} of their orders at"
        f" {words.hour(row['hour_of_day'])}, all customers"
        f" {words.share(row['overall_share'])}."
    )
    if row["is_by_definition"]:
        text = f"by the definition of {topic(segment_type)}, {text}"
    return Told(words.capital(text), facts.verdicts.differs)


def departments_sentence(
    warehouse: Warehouse, facts: Facts, segment_type: str, segment: str = ""
) -> Told:
    """What the segments of a type, or one of them, favour beyond chance."""
    if lacking := facts.lacking("departments"):
        return Told(lacking, facts.verdicts.too_few)
    if nothing := nothing_to_compare(warehouse, facts, segment_type, segment):
        return nothing
    rows = tastes(warehouse, segment_type)
    judged = _Judged(warehouse, facts, segment_type, segment, rows)
    if not judged.differing:
        return judged.told(
            same="favour no department: they buy what all buy",
            asked="favour a department",
        )
    favoured = favourites(warehouse, facts, segment_type).values()
    row = next((row for row in judged.differing if row in favoured), None)
    if row:
        text = f"{members(segment_type, row['segment'])} favour {taste(row)}."
    else:
        row = judged.differing[0]
        text = (
            f"{members(segment_type, row['segment'])} favour no department, and buy"
            f" clearly less of {taste(row)}."
        )
    return Told(words.capital(text), facts.verdicts.differs)


def crosstab_sentence(
    warehouse: Warehouse, facts: Facts, type_a: str, type_b: str, segment: str = ""
) -> Told:
    """Whether the segments of two types go together, and which do most clearly.

    segment: of the first type, to tell of it alone.
    """
    for one, chosen in ((type_a, segment), (type_b, "")):
        if nothing := nothing_to_compare(warehouse, facts, one, chosen):
            return nothing
    large = {
        one: {row["segment"] for row in _large(_known(warehouse, facts, one))}
        for one in (type_a, type_b)
    }
    among = [
        row
        for row in _cells(warehouse, type_a, type_b)
        if row["segment_b"] in large[type_b]
    ]
    every = [row for row in among if row["segment_a"] in large[type_a]]
    if segment:
        cells = [row for row in among if row["segment_a"] == segment]
        whom = _counted(warehouse, facts, type_a, segment)
    else:
        cells, whom = every, words.plural(facts.customers, "customer")
    verdict = facts.joint_verdict(cell["verdict"] for cell in cells)
    both = f"{topic(type_a)} and {topic(type_b)}"
    if verdict == facts.verdicts.same:
        text = f"{both} are independent of each other."
        if segment:
            text = f"{members(type_a, segment)} are as all are by {topic(type_b)}."
        return Told(words.capital(text), verdict)
    if verdict == facts.verdicts.too_few:
        text = (
            f"{whom} are too few to tell whether {both} go"
            f" together{_gap(cells, type_a, 'segment_a')}."
        )
        return Told(words.capital(text), verdict)
    cell = next(cell for cell in cells if cell["verdict"] == verdict)
    text = (
        f"of {members(type_a, cell['segment_a'])}"
        f" {words.share(cell['customer_share_of_a'])}"
        f" {membership(type_b, cell['segment_b'])}, against"
        f" {words.share(cell['overall_share'])} of all."
    )
    if cell["is_by_definition"]:
        text = f"by definition, as both are made from the same figure, {text}"
    elif _decides(every, "segment_a"):
        text = f"{topic(type_a)} determines {topic(type_b)}: {text}"
    elif _decides(every, "segment_b"):
        text = f"{topic(type_b)} determines {topic(type_a)}: {text}"
    return Told(words.capital(text), verdict)


def _cells(warehouse: Warehouse, type_a: str, type_b: str) -> list[Row]:
    """The rows of rpt_segment_crosstabs of two types, the clearest first.

    overall_share: that of segment_b of all customers. is_by_definition: whether bounds
    on the same figure make both types.
    """
    return warehouse.rows_once(
        f"""
        with measures as (
            select distinct column_name, measure
            from data_quality.conditions_in_force
            where
                column_name in ('{type_a}', '{type_b}')
                and bound is not null
                and measure <> 'order_count'
        )
        select
            *,
            sum(customer_count) over (partition by segment_b)
            / sum(customer_count) over () as overall_share,
            (select count(distinct measure) < count(*) from measures)
                as is_by_definition
        from marts.rpt_segment_crosstabs
        where segment_type_a = '{type_a}' and segment_type_b = '{type_b}'
        order by
            is_more_than_chance desc,
            abs(customer_count - expected_customers) / sqrt(expected_customers) desc,
            segment_a,
            segment_b
        """
    )


def _decides(cells: Sequence[Row], key: str) -> bool:
    """Whether each segment of one type is in one segment of the other only."""
    filled = [cell[key] for cell in cells if cell["customer_count"]]
    return len(set(filled)) == len(filled)


class _Judged:
    """Rows with a verdict each, of one segment or of the large ones of a type.

    differing: those that differ, in the order given.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        facts: Facts,
        segment_type: str,
        segment: str,
        rows: Sequence[Row],
    ) -> None:
        known = _known(warehouse, facts, segment_type)
        if segment:
            (one,) = (row for row in known if row["segment"] == segment)
            known = [one]
            self.whom = _counted(warehouse, facts, segment_type, segment)
        else:
            self.whom = words.plural(facts.customers, "customer")
        self.facts, self.segment_type, self.segment = facts, segment_type, segment
        names = {row["segment"] for row in _large(known)}
        self.rows = [row for row in rows if row["segment"] in names]
        self.verdict = facts.joint_verdict(row["verdict"] for row in self.rows)
        self.differing = [
            row for row in self.rows if row["verdict"] == facts.verdicts.differs
        ]

    def told(self, same: str, asked: str) -> Told:
        """That they do the same, or that too few can tell whether they do something."""
        named = groups(self.segment_type)
        if self.verdict == self.facts.verdicts.same:
            one = members(self.segment_type, self.segment) if self.segment else named
            return Told(words.capital(f"{one} {same}."), self.verdict)
        text = (
            f"{self.whom} are too few to tell whether"
            f" {'they' if self.segment else named} {asked}"
            f"{_gap(self.rows, self.segment_type)}."
        )
        return Told(words.capital(text), self.verdict)


def _gap(rows: Sequence[Row], segment_type: str, key: str = "segment") -> str:
    """Which difference would show in the segment of which most is known, if any."""
    furthest: dict[str, float] = {}
    for row in rows:
        if row["detectable_difference"]:
            known = furthest.get(row[key], 0)
            furthest[row[key]] = max(known, row["detectable_difference"])
    least = min(furthest, key=lambda one: (furthest[one], one), default=None)
    # Beyond the whole there is nothing to show.
    if least is None or furthest[least] >= 1:
        return ""
    gap = f"a gap under {words.points(furthest[least])} can't be told from chance"
    if len(furthest) == 1:
        return f": {gap}"
    whom = members(segment_type, least)
    return f": even among {whom}, who are measured most precisely, {gap}"


@lru_cache(maxsize=64)
def _segments(warehouse: Warehouse, segment_type: str) -> tuple[Row, ...]:
    """Those of a type; read once, as a page asks for every pair of types."""
    return tuple(segments(warehouse, segment_type))


def _known(warehouse: Warehouse, facts: Facts, segment_type: str) -> list[Row]:
    """The segments of a type whose label is known, those who order most first."""
    rows = _segments(warehouse, segment_type)
    return [row for row in rows if row["segment"] != facts.unknown_label]


def _counted(
    warehouse: Warehouse, facts: Facts, segment_type: str, segment: str
) -> str:
    """Those in a segment, and how many they are."""
    rows = _known(warehouse, facts, segment_type)
    (count,) = (row["customer_count"] for row in rows if row["segment"] == segment)
    return f"{members(segment_type, segment)} ({words.count(count)})"


def _large(rows: list[Row]) -> list[Row]:
    """Those that can be named among others; all, if there is none."""
    large = [row for row in rows if row["is_large"] and row["has_enough_customers"]]
    return large or rows


def nothing_to_compare(
    warehouse: Warehouse, facts: Facts, segment_type: str, segment: str = ""
) -> Told | None:
    """Why there is nothing to say of a type or segment, if so."""
    name = topic(segment_type)
    known = {row["segment"] for row in _known(warehouse, facts, segment_type)}
    text = ""
    if not known:
        is_demographic = warehouse.value(
            "select is_demographic from marts.rpt_segment_types"
            f" where segment_type = '{segment_type}'"
        )
        lacking = facts.lacking("customers" if is_demographic else "prices")
        text = lacking or f"No customer's segment by {name} is known."
    elif segment == facts.unknown_label:
        text = (
            f"These customers' segment by {name} is unknown: they are no group to"
            " compare."
        )
    elif segment and segment not in known:
        text = f"No customer with orders is in the segment “{segment}” by {name}."
    elif len(_segments(warehouse, segment_type)) == 1:
        text = f"All customers {membership(segment_type, *known)}."
    return Told(text, facts.verdicts.too_few) if text else None
