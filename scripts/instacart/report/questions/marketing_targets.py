"""Marketing: Which departments does each segment favour, and whom to target?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from instacart import words
from instacart.report.chart import ColouredCells
from instacart.report.facts import IS_LISTED
from instacart.report.question import Question, highest
from instacart.report.segments import type_name
from instacart.report.sheet import IS_HEADING
from instacart.report.times import quietest_waking_windows, window_text
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
    title = "Key questions 5 to 7: Which departments does each segment favour?"
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
        sure = [
            row
            for row in self.shares
            if row["is_favoured"] and row["is_frequent_department"]
        ]
        if not sure:
            return (
                f"No segment favours a department with at least {least} of order"
                " products by more than chance."
            )
        far = highest(sure, "affinity_index")
        return (
            f"{far['segment']}: {far['department']} is"
            f" {words.share(far['share_of_segment'])} of what they buy and"
            f" {words.share(far['overall_share'])} of what all buy (index"
            f" {far['affinity_index']:.2f}). Of departments with at least {least} of"
            " order products none is favoured more."
        )

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
        rows = self.warehouse.analysis("stakeholder_marketing_better_targeting")
        return [row for row in rows if row["is_advised"]][:4]

    def answer(self) -> str:
        if not self.targets:
            return (
                f"No segment of at least {self.facts.fewest_customers} customers"
                " favours a department by"
                f" {words.points(self.facts.bound('is_worth_targeting'))} and by more"
                " than chance."
            )
        targets = [
            f"{row['segment']} ({row['favoured_department']},"
            f" {words.points(row['favoured_points'] / 100)} more than all)"
            for row in self.targets
        ]
        return f"Segments whose taste is most their own: {words.listing(targets)}."

    def figures(self) -> str:
        return "\n".join(
            f"{row['segment']}: {words.plural(row['customer_count'], 'customer')},"
            f" {words.share(row['order_share'])} of orders"
            for row in self.targets
        )

    def advice(self) -> str:
        window = quietest_waking_windows(self.warehouse)[0]
        return (
            "".join(f"{row['segment']}: {row['advice']} " for row in self.targets[:2])
            + f"When: {window_text(window)}, the quietest waking hours of the week."
        )


def _is_sure(share: Row) -> bool:
    """Whether a segment's share of a department is beyond chance."""
    return bool(share["is_favoured"])
