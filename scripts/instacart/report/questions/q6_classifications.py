"""Key question 6: How do income and age go together, and how to classify customers?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

from instacart import words
from instacart.report.chart import Chart, Series
from instacart.report.question import FEWEST_CUSTOMERS, Question
from instacart.report.segments import Differences, differences
from instacart.warehouse import Row
from instacart.workbook import BLUE, ORANGE, SKY, Column

# The simple ones first.
CLASSIFICATIONS = {
    "age_group": "age group",
    "income_group": "income group",
    "family_size": "family size",
    "family_status": "family status",
    "gender": "gender",
    "is_parent": "parents or not",
    "region": "region",
    "customer_profile": "profile",
}


class Classifications(Question):
    title = "Key question 6: How do income and age go together?"
    asked_by = "Key question 6"
    asked = "What classifications does the demographic information suggest?"
    needs = "customers"
    segment_types = tuple(CLASSIFICATIONS)

    @cached_property
    def rows(self) -> list[Row]:
        """Incomes by age, in bands of five years from 16: the data breaks after 40."""
        rows = self.warehouse.rows(
            """
            select
                (age - 1) // 5 * 5 + 1 as first_age,
                count(*) as customers,
                percentile_cont(0.25) within group (order by income) as first_quartile,
                median(income) as median_income,
                percentile_cont(0.75) within group (order by income) as third_quartile
            from marts.dim_customers
            where order_count > 0 and age is not null and income is not null
            group by first_age
            order by first_age
            """
        )
        for row in rows:
            row["ages"] = f"{row['first_age']} to {row['first_age'] + 4}"
        return rows

    def sentence(self) -> str:
        if not self.rows:
            return "No customer's age and income are known."
        # A band of few customers jumps by itself.
        large = [row for row in self.rows if row["customers"] >= FEWEST_CUSTOMERS]
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
        return "Incomes are fabricated by the course." if self.rows else ""

    def columns(self) -> Sequence[Column]:
        return (
            Column("ages", "Age"),
            Column("customers", "Customers", "count"),
            Column("first_quartile", "First quartile", "dollars"),
            Column("median_income", "Median income", "dollars"),
            Column("third_quartile", "Third quartile", "dollars"),
        )

    def drawing(self) -> Chart:
        return Chart(
            "line",
            [
                Series("third_quartile", SKY, "ages"),
                Series(
                    "median_income", BLUE, "ages", {"line": {"color": BLUE, "width": 3}}
                ),
                Series("first_quartile", ORANGE, "ages"),
            ],
            "Income by age: half of the customers are between the outer lines",
            {"name": "Age"},
            {"name": "Dollars a year", "num_format": "$#,##0", "min": 0},
        )

    @cached_property
    def found(self) -> dict[str, Differences]:
        """By what the segments of each classification differ, the best one first."""
        found = {
            one: differences(self.warehouse, self.facts, one) for one in CLASSIFICATIONS
        }
        return dict(sorted(found.items(), key=lambda one: -(one[1].most or 0)))

    @cached_property
    def useful(self) -> list[str]:
        return [one for one, differences in self.found.items() if differences.found]

    def answer(self) -> str:
        useless = words.listing(
            [name for one, name in CLASSIFICATIONS.items() if one not in self.useful]
        )
        if not self.useful:
            return (
                "No classification separates customers who order differently:"
                f" {useless} explain too little, or no more than chance."
            )
        text = (
            f"By {words.listing([CLASSIFICATIONS[one] for one in self.useful])}: there"
            " customers differ by more than chance"
        )
        if useless:
            text += f"; {useless} explain too little, or no more than chance"
        return f"{text}."

    def figures(self) -> str:
        lines = []
        for one, found in self.found.items():
            line = f"{words.capital(CLASSIFICATIONS[one])}: "
            if found.found:
                line += f"explains {words.share(found.most or 0)} of {found.measure}"
            else:
                line += f"{words.share(found.most or 0)} at most"
            lines.append(line)
        return "\n".join(lines)

    def advice(self) -> str:
        if not self.useful:
            return (
                "Classify customers by what they do (loyalty, order frequency), not by"
                " who they are."
            )
        # The simplest that says nearly as much as the best: a profile holds others in
        # it.
        enough = 0.9 * (self.found[self.useful[0]].most or 0)
        best = next(
            one
            for one in CLASSIFICATIONS
            if one in self.useful and (self.found[one].most or 0) >= enough
        )
        return (
            f"Classify by {CLASSIFICATIONS[best]}, which explains"
            f" {words.share(self.found[best].most or 0, 0)} of"
            f" {self.found[best].measure}."
        )
