"""Key question 5d: Are age and family status connected?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import cycle

from instacart import words
from instacart.report.chart import FILLS, Chart, Series
from instacart.report.question import Question, Size
from instacart.report.segment_names import members, membership
from instacart.report.segments import Differences, differences
from instacart.warehouse import Row
from instacart.workbook import BLUE, Column


class AgeAndFamily(Question):
    title = "Key question 5d: Are age and family status connected?"
    asked_by = "Key question 5d"
    asked = "Are age and family status connected in terms of ordering habits?"
    needs = ("customers",)
    segment_types = ("age_group", "family_status")

    @cached_property
    def cells(self) -> list[Row]:
        """A row per age group and family status, also where nobody is in both."""
        return self.warehouse.analysis("key_question_5d_age_and_family_status")

    @cached_property
    def statuses(self) -> list[str]:
        return sorted({cell["family_status"] for cell in self.cells})

    @cached_property
    def rows(self) -> list[Row]:
        """A row per age group with the share of each family status."""
        rows = []
        groups = [cell["age_group"] for cell in self.cells]
        for group in self.facts.in_order("age_group", groups):
            own = [cell for cell in self.cells if cell["age_group"] == group]
            row = Row(age_group=group, customers=sum(c["customer_count"] for c in own))
            for cell in own:
                row[f"status {cell['family_status']}"] = cell["share_of_age_group"]
            rows.append(row)
        return rows

    @cached_property
    def by_status(self) -> Differences:
        return differences(self.warehouse, self.facts, "family_status")

    @cached_property
    def by_both(self) -> Differences:
        return differences(self.warehouse, self.facts, *self.segment_types)

    def sentence(self) -> str:
        found = self.by_status
        texts = [
            f"All {members('family_status', cell['family_status'])}"
            f" {membership('age_group', cell['age_group'])}."
            for cell in self._only_cells()
        ]
        if found.found:
            texts.append(f"By family status customers clearly differ in {found.text}.")
        elif found.is_same:
            texts.append(f"{found.same('Knowing the family status')}.")
        else:
            texts.append(f"{found.too_few('family status makes a difference')}.")
        return " ".join(texts)

    def size(self) -> Size | None:
        return self.by_status.size

    def so_what(self) -> str:
        return self.by_status.so_what

    def _only_cells(self) -> list[Row]:
        """The cells of family statuses that one age group alone has."""
        if len(self.rows) == 1:
            return []
        inhabited = [cell for cell in self.cells if cell["customer_count"]]
        statuses = [cell["family_status"] for cell in inhabited]
        return [
            cell
            for cell in inhabited
            if cell["has_enough_customers"]
            and statuses.count(cell["family_status"]) == 1
        ]

    def caution(self) -> str:
        return "The course made family status out of age and dependants by a rule."

    def columns(self) -> Sequence[Column]:
        return (
            Column("age_group", "Age group"),
            Column("customers", "Customers", "count"),
            *(Column(f"status {one}", one, "share") for one in self.statuses),
        )

    def drawing(self) -> Chart:
        look = {"gap": 50, "overlap": 100}
        return Chart(
            "column",
            [
                Series(f"status {one}", BLUE, "age_group", look | fill)
                for one, fill in zip(self.statuses, cycle(FILLS), strict=False)
            ],
            "Family status by age group",
            {"name": "Age group"},
            {"name": "Share of customers, %", "num_format": "0%", "max": 1},
            subtype="stacked",
        )

    def answer(self) -> str:
        found = self.by_both
        if found.found:
            return (
                f"{self._connection()} In ordering habits they clearly differ in"
                f" {found.text}."
            )
        if found.is_same:
            same = found.same("Knowing age group or family status")
            return f"{self._connection()} {same}."
        return (
            f"{self._connection()}"
            f" {found.too_few('either makes a difference to ordering')}."
        )

    def _connection(self) -> str:
        """Which age group and family status go together most, if any."""
        verdict = self.facts.joint_verdict(cell["verdict"] for cell in self.cells)
        if verdict == self.facts.verdicts.same:
            return "Age and family status are not connected."
        if verdict == self.facts.verdicts.too_few:
            return (
                f"{words.plural(self.facts.customers, 'customer')} are too few to tell"
                " whether age and family status are connected."
            )
        cell = max(
            (cell for cell in self.cells if cell["verdict"] == verdict),
            key=lambda cell: cell["customers_against_chance"],
        )
        return (
            f"They are connected: {cell['family_status']} and"
            f" {cell['age_group'].lower()} go together"
            f" {words.decimal(cell['customers_against_chance'])} times as often as if"
            " they were not."
        )

    def figures(self) -> str:
        largest = sorted(self.cells, key=lambda cell: -cell["customer_count"])[:4]
        return "\n".join(
            f"{cell['age_group']}, {cell['family_status']}:"
            f" {words.plural(cell['customer_count'], 'customer')},"
            f" {words.decimal(cell['customers_against_chance'] or 0)} times the number"
            " expected by chance"
            for cell in largest
            if cell["customer_count"]
        )

    def advice(self) -> str:
        found = self.by_both
        if found.found:
            return "Try offers by the groups named in the answer, and measure."
        if found.is_same:
            return "Don't target by age or family status."
        return found.no_advice

    def prize(self) -> str:
        size = self.by_both.size
        return size.text if size else ""
