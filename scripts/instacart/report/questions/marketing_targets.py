"""Marketing: Which departments does each segment favour, and whom to target?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from instacart import words
from instacart.report.chart import ColouredCells
from instacart.report.facts import IS_LISTED
from instacart.report.question import Question, Size, highest, size_of
from instacart.report.segment_names import type_name
from instacart.report.sheet import IS_HEADING
from instacart.report.times import span_text, usual_window
from instacart.warehouse import Row
from instacart.workbook import Column

# Index of the cells that are wholly orange, white and wholly blue.
COLOURS = (0.75, 1, 1.25)
# As many departments as a page has room for; seldom are more frequent.
MOST_DEPARTMENTS = 15
WITH_CUSTOMERS = (
    *("loyalty_flag", "age_group", "income_group", "family_size", "region"),
)
WITHOUT_CUSTOMERS = (
    *("loyalty_flag", "order_frequency_flag", "shopping_time_segment"),
    "adventurousness_flag",
)


class MarketingTargets(Question):
    title = "Key questions 5 and 6: Which departments does each segment favour?"
    asked_by = "VP of Marketing"
    asked = "How can ad campaigns be targeted better?"
    needs = ("departments",)
    segment_types = tuple(dict.fromkeys((*WITH_CUSTOMERS, *WITHOUT_CUSTOMERS)))

    @cached_property
    def shown_types(self) -> tuple[str, ...]:
        """The types beside each other: those of demographics, where there are any."""
        return WITH_CUSTOMERS if self.facts.has_customers else WITHOUT_CUSTOMERS

    @cached_property
    def shares(self) -> list[Row]:
        return self.warehouse.rows(
            "select * from marts.rpt_segment_departments"
            f" where segment_type in {self.shown_types} and overall_share > 0"
            f" and {IS_LISTED} order by overall_share desc, department_id"
        )

    @cached_property
    def segments(self) -> list[tuple[str, str]]:
        """Type and name of the segments, a column each."""
        return [
            (segment_type, segment)
            for segment_type in self.shown_types
            for segment in self.facts.in_order(
                segment_type,
                [
                    r["segment"]
                    for r in self.shares
                    if r["segment_type"] == segment_type
                ],
            )
        ]

    @cached_property
    def departments(self) -> list[str]:
        """The departments, a column each, those of which most is bought first; without
        those of few products, whose shares fluctuate."""
        frequent = [
            share["department"]
            for share in self.shares
            if share["is_frequent_department"]
        ]
        return list(dict.fromkeys(frequent))[:MOST_DEPARTMENTS]

    @cached_property
    def rows(self) -> list[Row]:
        """A row per segment with the index of each department, below its type."""
        index = {
            (share["segment_type"], share["segment"], share["department"]): share
            for share in self.shares
        }
        rows: list[Row] = []
        above = ""
        for segment_type, segment in self.segments:
            if segment_type != above:
                named = words.capital(type_name(segment_type))
                rows.append(Row({"segment": named, IS_HEADING: True}))
                above = segment_type
            row = Row(segment=segment)
            for department in self.departments:
                share = index[segment_type, segment, department]
                row[department] = share["affinity_index"]
                row[f"is_sure {department}"] = _is_sure(share)
            rows.append(row)
        return rows

    def sentence(self) -> str:
        least = self.facts.smallest_share("is_frequent_department")
        far = self.strongest
        if not far:
            # Some may be sure to buy less of a department.
            too_few = self.facts.verdicts.too_few
            if too_few in {row["verdict"] for row in self.frequent}:
                return (
                    "There are too few customers to tell whether a segment favours a"
                    f" department with at least {least} of items{self._would_show()}."
                )
            return f"No segment favours a department with at least {least} of items."
        return (
            f"{far['segment']}: {far['department']} is"
            f" {words.share(far['share_of_segment'])} of what they buy and"
            f" {words.share(far['overall_share'])} of what all buy"
            f" ({far['affinity_index']:.2f} times as much). Of the segments shown none"
            f" favours a department with at least {least} of items more."
        )

    @cached_property
    def frequent(self) -> list[Row]:
        return [row for row in self.shares if row["is_frequent_department"]]

    @cached_property
    def strongest(self) -> Row | None:
        """What a segment clearly favours most, against all."""
        sure = [
            row
            for row in self.frequent
            if row["verdict"] == self.facts.verdicts.differs
            and row["share_of_segment"] > row["overall_share"]
        ]
        return highest(sure, "affinity_index") if sure else None

    def _would_show(self) -> str:
        """Which difference would show in the segment of which most is known."""
        furthest: dict[tuple[str, str], float] = {}
        for row in self.frequent:
            if row["detectable_difference"]:
                key = (row["segment_type"], row["segment"])
                known = furthest.get(key, 0)
                furthest[key] = max(known, row["detectable_difference"])
        # Beyond the whole there is nothing to show.
        if min(furthest.values(), default=1) >= 1:
            return ""
        return (
            ": even for the segment of which most is known a gap under"
            f" {words.points(min(furthest.values()))} can't be told from chance"
        )

    def size(self) -> Size | None:
        return size_of(self.strongest) if self.strongest else None

    def so_what(self) -> str:
        row = self.strongest
        assert row
        buyers = words.count(row["customer_count"])
        text = f"{buyers} of them bought {row['department']}"
        if row["revenue"] is None:
            return f"{text}."
        return f"{text}, for {words.money(row['revenue'])}."

    def caution(self) -> str:
        return (
            "Index: the department's share of what the segment buys against its share"
            " of what all buy. Cells are coloured where that is beyond chance: blue is"
            " more than all, orange less. Departments with less than"
            f" {self.facts.smallest_share('is_frequent_department')} of items are left"
            " out."
        )

    def columns(self) -> Sequence[Column]:
        return (
            Column("segment", "Segment"),
            *(Column(name, name, "index") for name in self.departments),
        )

    def drawing(self) -> ColouredCells:
        sure = [
            (number, name)
            for number, row in enumerate(self.rows)
            for name in self.departments
            if row.get(f"is_sure {name}")
        ]
        return ColouredCells(self.departments, COLOURS, sure)

    @cached_property
    def targets(self) -> list[Row]:
        """Segments of a taste of their own, the strongest first."""
        return [row for row in self.favoured if row["is_advised"]][:4]

    @cached_property
    def favoured(self) -> list[Row]:
        return self.warehouse.analysis("stakeholder_marketing_better_targeting")

    def answer(self) -> str:
        if not self.targets:
            verdicts = {row["favoured_verdict"] for row in self.favoured}
            points = words.points(self.facts.bound("is_worth_targeting"))
            if self.facts.verdicts.too_few in verdicts or not verdicts:
                return (
                    "There are too few customers to tell: no segment of at least"
                    f" {self.facts.fewest_customers} favours a department for sure by"
                    f" {points} or more."
                )
            return f"No segment favours a department by {points} or more."
        targets = [
            f"{row['segment']} ({row['favoured_department']},"
            f" {words.points(row['favoured_points'] / 100)} more than all)"
            for row in self.targets
        ]
        return f"Segments whose taste is most their own: {words.listing(targets)}."

    def figures(self) -> str:
        lines = [
            f"{row['segment']}: {words.plural(row['customer_count'], 'customer')},"
            f" {words.share(row['order_share'])} of orders;"
            f" {row['favoured_department']} {words.share(row['share_of_segment'])} of"
            f" what they buy, {words.share(row['overall_share'])} of what all buy"
            for row in self.targets
        ]
        window = self.window
        return "\n".join(
            [
                *lines,
                f"{span_text(window)}: {words.plural(window['order_count'], 'order')}",
            ]
        )

    @cached_property
    def window(self) -> Row:
        return usual_window(self.warehouse, "waking hours")

    def advice(self) -> str:
        whom = "".join(
            f"{row['segment']}: {row['advice']} " for row in self.targets[:2]
        )
        if self.window["customer_count"] < self.facts.bound("has_enough_customers"):
            return whom or "No advice: too few customers to tell whom, and when."
        return (
            f"{whom or 'Whom: no advice. '}When: {span_text(self.window)}, the quietest"
            " waking hours."
        )

    def prize(self) -> str:
        """That of the segment named first; segments overlap."""
        return size_of(self.targets[0]).text if self.targets else ""


def _is_sure(share: Row) -> bool:
    """Whether a segment's share of a department is beyond chance."""
    return bool(share["is_favoured"])
