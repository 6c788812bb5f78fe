"""Key question 6: How do income and age go together, and how to classify customers?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

from instacart import words
from instacart.report.chart import Chart, Options, Series
from instacart.report.question import Question
from instacart.report.segments import MEASURES, type_name
from instacart.warehouse import Row
from instacart.workbook import BLUE, DARK_GREY, Column


class Classifications(Question):
    title = "Key question 6: How do income and age go together?"
    asked_by = "Key question 6"
    asked = "What classifications does the demographic information suggest?"
    needs = ("customers",)

    @cached_property
    def rows(self) -> list[Row]:
        """Incomes by age, in bands of five years: the data breaks after 40."""
        rows = self.warehouse.rows("select * from marts.rpt_age_bands order by 1")
        for row in rows:
            row["ages"] = f"{row['first_age']} to {row['last_age']}"
        return rows

    def sentence(self) -> str:
        if not self.rows:
            return "No customer's age and income are known."
        large = [row for row in self.rows if row["has_enough_customers"]]
        steps = [
            (after["median_income"] / before["median_income"] - 1, before, after)
            for before, after in pairwise(large)
            if before["median_income"]
        ]
        if not steps:
            return (
                "There are too few customers of each age to say how income changes with"
                " it."
            )
        step, before, after = max(steps, key=lambda one: abs(one[0]))
        if words.is_same(step):
            return "The median income is the same at all ages."
        return (
            f"The median income changes most between the ages of {before['ages']}"
            f" ({words.money(before['median_income'])}) and {after['ages']}"
            f" ({words.money(after['median_income'])}):"
            f" {words.against(step, 'before')}."
        )

    def caution(self) -> str:
        return "Incomes are fabricated." if self.rows else ""

    def columns(self) -> Sequence[Column]:
        return (
            Column("ages", "Age"),
            Column("customer_count", "Customers", "count"),
            Column("income_first_quartile", "First quartile", "dollars"),
            Column("median_income", "Median income", "dollars"),
            Column("income_third_quartile", "Third quartile", "dollars"),
        )

    def drawing(self) -> Chart:
        return Chart(
            "line",
            [
                Series("income_third_quartile", DARK_GREY, "ages", _dashed("dash")),
                Series(
                    "median_income", BLUE, "ages", {"line": {"color": BLUE, "width": 3}}
                ),
                Series(
                    "income_first_quartile", DARK_GREY, "ages", _dashed("round_dot")
                ),
            ],
            "Income by age: half of the customers are between the outer lines",
            {"name": "Age, years"},
            {"name": "Dollars a year", "num_format": "$#,##0", "min": 0},
        )

    @cached_property
    def classifications(self) -> list[Row]:
        """What the segment reports divide customers by who they are, and how much of
        what they do that explains at most; those of the fewest segments first."""
        return self.warehouse.rows(
            "select * from marts.rpt_segment_types where is_demographic"
            " order by segment_count, segment_type"
        )

    @cached_property
    def by_explained(self) -> list[Row]:
        """The same, those that explain most first."""
        return sorted(
            self.classifications, key=lambda row: -(row["adjusted_r_squared"] or 0)
        )

    def answer(self) -> str:
        useful = [_name(row) for row in self.by_explained if row["is_significant"]]
        useless = words.listing(
            [_name(row) for row in self.classifications if not row["is_significant"]]
        )
        if not useful:
            return (
                "No classification separates customers who order differently:"
                f" {useless} explain too little, or no more than chance."
            )
        text = f"By {words.listing(useful)}: there customers differ by more than chance"
        if useless:
            text += f"; {useless} explain too little, or no more than chance"
        return f"{text}."

    def figures(self) -> str:
        return "\n".join(
            f"{words.capital(_name(row))}: explains {_explained(row, 1)}"
            if row["is_significant"]
            else f"{words.capital(_name(row))}:"
            f" {words.share(row['adjusted_r_squared'] or 0)} at most"
            for row in self.by_explained
        )

    def advice(self) -> str:
        # The simplest that says nearly as much as the best: a profile holds others in
        # it.
        best = next(
            (row for row in self.classifications if row["is_nearly_best"]), None
        )
        if best is None:
            return (
                "Classify customers by what they do (loyalty, order frequency), not by"
                " who they are."
            )
        return f"Classify by {_name(best)}, which explains {_explained(best, 0)}."


def _name(row: Row) -> str:
    return type_name(row["segment_type"])


def _explained(row: Row, digits: int) -> str:
    """How much a classification explains of what it explains best."""
    share = words.share(row["adjusted_r_squared"], digits)
    return f"{share} of {MEASURES[row['best_explained_measure']]}"


def _dashed(dash: str) -> Options:
    return {"line": {"color": DARK_GREY, "width": 1.5, "dash_type": dash}}
