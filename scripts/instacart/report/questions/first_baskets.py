"""Which first baskets lead to loyal customers?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

from instacart import words
from instacart.report.chart import SIGN, Both, ColouredCells, bars, tight_axis
from instacart.report.facts import GAPS, IS_LISTED
from instacart.report.question import Question, Size, highest, lowest
from instacart.warehouse import Row
from instacart.workbook import Column

# Percentage points from line to line of the chart.
STEP = 5
# Where the plot is: the names of all departments have room beside it.
PLOT = {"x": 0.3, "y": 0.12, "width": 0.62, "height": 0.8}

WARNING = (
    "This says whom to expect back, not what to advertise: larger baskets hold more"
    " departments."
)


class FirstBaskets(Question):
    title = "Loyalty: Which first baskets lead to loyal customers?"
    needs = ("departments",)

    @cached_property
    def bounds(self) -> list[int]:
        """Numbers of orders that customers are followed to."""
        found = (
            re.fullmatch(r"reached_(\d+)_verdict", column)
            for column in self.facts.label_order
        )
        return sorted(int(one[1]) for one in found if one)

    @cached_property
    def departments(self) -> list[Row]:
        """The departments of first orders, with their lead over others in points."""
        leads = "".join(
            f", 100 * reached_{bound}_difference as lead_{bound}"
            for bound in self.bounds
        )
        return self.warehouse.rows(
            f"select *{leads} from marts.rpt_first_baskets inner join"
            " marts.dim_departments using (department_id, department)"
            f" where {IS_LISTED} order by department_id"
        )

    @cached_property
    def sure(self) -> list[tuple[Row, int]]:
        """Departments and bounds where they clearly lead or trail."""
        return [
            (row, bound)
            for row in self.departments
            for bound in self.bounds
            if row[f"reached_{bound}_verdict"] == self.facts.verdicts.differs
        ]

    @cached_property
    def strongest(self) -> tuple[Row, int] | None:
        """The clearest lead, or if none leads, what trails most; no gap of the
        catalogue."""
        return self._strongest(self.bounds)

    def _strongest(self, bounds: Sequence[int]) -> tuple[Row, int] | None:
        def strength(one: tuple[Row, int]) -> tuple[bool, float]:
            lead = one[0][f"lead_{one[1]}"]
            return lead > 0, abs(lead)

        named = [one for one in self.sure if not _is_gap(one[0]) and one[1] in bounds]
        return max(named, key=strength, default=None)

    @cached_property
    def bound(self) -> int:
        """The number of orders that the chart shows."""
        if self.strongest:
            return self.strongest[1]
        return self.bounds[len(self.bounds) // 2]

    @cached_property
    def rows(self) -> list[Row]:
        """The departments by their lead; those that are not drawn last."""
        return self._by_lead(self.bound)

    def _by_lead(self, bound: int) -> list[Row]:
        return sorted(
            self.departments,
            key=lambda row: (not self._is_drawn(row), -(row[f"lead_{bound}"] or 0)),
        )

    def _is_drawn(self, row: Row) -> bool:
        """Whether it is a department, and of enough customers."""
        fewest = self.facts.bound("has_enough_customers")
        return row["customer_count"] >= fewest and not _is_gap(row)

    @cached_property
    def frequent(self) -> list[Row]:
        """Those that are drawn, with something to compare."""
        return self.known(self.bound)

    def known(self, bound: int) -> list[Row]:
        """Departments of enough customers to compare who reach so many, by lead."""
        return [
            row
            for row in self._by_lead(bound)
            if self._is_drawn(row) and row[f"lead_{bound}"] is not None
        ]

    def _share(self, row: Row, bound: int) -> str:
        return words.share(row[f"reached_{bound}_share"])

    def sentence(self) -> str:
        return self._told(self.bounds, self.bound)

    def verdict(self) -> str:
        return self._verdict(self.bounds, self.bound)

    def bound_sentence(self, bound: int) -> str:
        """What tells who reach one number of orders."""
        return self._told([bound], bound)

    def bound_verdict(self, bound: int) -> str:
        """Whether the first basket tells who reach one number of orders."""
        return self._verdict([bound], bound)

    def _verdict(self, bounds: Sequence[int], shown: int) -> str:
        if self._strongest(bounds):
            return self.facts.verdicts.differs
        return self.facts.joint_verdict(
            row[f"reached_{bound}_verdict"]
            for row in self.known(shown)
            for bound in bounds
        )

    def _told(self, bounds: Sequence[int], shown: int) -> str:
        """What some bounds say; shown: the one whose figures are told."""
        if strongest := self._strongest(bounds):
            row, bound = strongest
            lead = row[f"lead_{bound}"]
            return (
                f"Of customers who begin with {row['department']}"
                f" {self._share(row, bound)} reach {bound} orders,"
                f" {words.decimal(abs(lead))} points"
                f" {'more' if lead > 0 else 'less'} than of those who begin without it."
            )
        known = self.known(shown)
        if self._verdict(bounds, shown) == self.facts.verdicts.same:
            column = f"reached_{shown}_share"
            ends = [
                f"{self._share(row, shown)} ({row['department']})"
                for row in (lowest(known, column), highest(known, column))
            ]
            return (
                "What the first basket holds makes no difference: whatever customers"
                f" begin with, {ends[0]} to {ends[1]} reach {shown} orders."
            )
        return (
            "There are too few customers to tell whether the first basket matters"
            f"{self._would_show(known, shown)}."
        )

    def _would_show(self, known: Sequence[Row], bound: int) -> str:
        """Which gap would show in the department of which most is known."""
        column = f"reached_{bound}_detectable_difference"
        known = [row for row in known if row[column]]
        if not known or lowest(known, column)[column] >= 1:
            return ""
        surest = lowest(known, column)
        return (
            f": even for {surest['department']}, where it takes least, only a gap of"
            f" {words.points(surest[column])} or more at {bound} orders could be"
            " told from chance"
        )

    @cached_property
    def extra_customers(self) -> int:
        """Customers by which the strongest differs from what the others do."""
        if not self.strongest:
            return 0
        row, bound = self.strongest
        return round(abs(row[f"lead_{bound}"]) / 100 * row["customer_count"])

    def size(self) -> Size | None:
        return Size(self.extra_customers, None) if self.extra_customers else None

    def so_what(self) -> str:
        assert self.strongest
        row, bound = self.strongest
        more = "more" if row[f"lead_{bound}"] > 0 else "fewer"
        return (
            f"of the {words.plural(row['customer_count'], 'customer')} who began so,"
            f" about {words.count(self.extra_customers)} {more} reached {bound} orders"
            " than if they had done as the others."
        )

    def caution(self) -> str:
        return (
            "In the table blue is clearly more than of those who begin without the"
            " department, orange clearly less; elsewhere it is the same, or there are"
            f" too few customers to tell. {WARNING} {self.left_out} stand last, not in"
            " the chart."
        )

    def bound_caution(self) -> str:
        """What a reader of one number of orders has to know."""
        return (
            "Blue: clearly different from those who begin without the department;"
            f" elsewhere it is the same, or there are too few to tell. {WARNING}"
            f" {self.left_out} are left out."
        )

    @property
    def left_out(self) -> str:
        """What is not drawn, to begin a sentence."""
        text = f"Departments of fewer than {self.facts.fewest_customers} customers"
        gaps = [row["department"] for row in self.departments if _is_gap(row)]
        return f"{text} and products of none ({words.listing(gaps)})" if gaps else text

    def columns(self) -> Sequence[Column]:
        return (
            Column("department", "In the first order"),
            Column("customer_count", "Customers", "count"),
            Column("customer_share", "Share of customers", "share"),
            *(
                column
                for bound in self.bounds
                for column in (
                    Column(f"reached_{bound}_share", f"Reach {bound} orders", "share"),
                    Column(f"lead_{bound}", "Points more", "points"),
                )
            ),
        )

    def _axis(self, lead: str) -> dict[str, float]:
        """Around 0 and the leads, with room for the figures of those below 0."""
        axis: dict[str, float] = tight_axis([{lead: 0}, *self.frequent], lead, STEP)
        return axis | {"min": axis["min"] - (STEP if axis["min"] < 0 else 0)}

    def drawing(self) -> Both | None:
        if not self.frequent:
            return None
        lead = f"lead_{self.bound}"
        coloured = [
            (number, f"lead_{bound}")
            for number, row in enumerate(self.rows)
            for bound in self.bounds
            if (row, bound) in self.sure
        ]
        return Both(
            ColouredCells([f"lead_{one}" for one in self.bounds], SIGN, coloured),
            bars(
                "department",
                lead,
                f"Who reach {self.bound} orders, against those who begin without",
                "+0.0;-0.0;0.0",
                ("In the first order", "Percentage points more"),
                row_count=len(self.frequent),
                highlights=[self.rows.index(self.strongest[0])]
                if self.strongest
                else (),
                bounds=self._axis(lead),
                layout=PLOT,
            ),
        )


def _is_gap(row: Row) -> bool:
    """Whether it holds what the catalogue has no department for."""
    return bool(row["department_group"] == GAPS)
