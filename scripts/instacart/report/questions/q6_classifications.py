"""Key question 6: How do income and age go together, and how to classify customers?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

from instacart import words
from instacart.report.chart import Chart, Options, Series
from instacart.report.question import Question, Size
from instacart.report.segment_names import type_name
from instacart.report.segments import differences, explained, is_too_small
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
        if self.step:
            before, after = self.step
            change = after["median_income"] / before["median_income"] - 1
            return (
                f"The median income changes most between the ages of {before['ages']}"
                f" ({words.money(before['median_income'])}) and {after['ages']}"
                f" ({words.money(after['median_income'])}):"
                f" {words.against(change, 'before')}."
            )
        # The first band has none before it.
        verdict = self.facts.joint_verdict(row["verdict"] for row in self.rows[1:])
        if verdict == self.facts.verdicts.same:
            return "The median income hardly changes from age to age."
        shown = [
            row["detectable_difference"]
            for row in self.rows
            if row["has_enough_customers"] and row["detectable_difference"]
        ]
        text = "Too few customers of each age to tell whether income changes with it"
        if shown:
            text += (
                f": from one age to the next less than {words.money(min(shown))} can't"
                " be told from chance"
            )
        return f"{text}."

    @cached_property
    def step(self) -> tuple[Row, Row] | None:
        """The bands between which the median income clearly changes most, if any."""
        steps = [
            (before, after)
            for before, after in pairwise(self.rows)
            if after["verdict"] == self.facts.verdicts.differs
            and before["median_income"]
        ]
        return max(
            steps,
            key=lambda step: abs(
                step[1]["median_income"] / step[0]["median_income"] - 1
            ),
            default=None,
        )

    def size(self) -> Size | None:
        if not self.step:
            return None
        return Size(sum(row["customer_count"] for row in self.step), None)

    def so_what(self) -> str:
        assert self.step
        sides = [
            f"{words.plural(row['customer_count'], 'customer')} of {row['ages']}"
            for row in self.step
        ]
        return f"the step lies between {words.listing(sides)}."

    @property
    def consequence(self) -> str:
        """Not the advice, which is on classifications: the chart shows none."""
        return self.so_what() if self.size() else ""

    def caution(self) -> str:
        return "Incomes are fabricated." if self.rows else ""

    def columns(self) -> Sequence[Column]:
        return (
            Column("ages", "Age"),
            Column("customer_count", "Customers", "count"),
            Column("income_first_quartile", "A quarter earn less than", "dollars"),
            Column("median_income", "Median income", "dollars"),
            Column("income_third_quartile", "A quarter earn more than", "dollars"),
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
        labels = self.facts.verdicts
        named = {
            label: words.listing(
                [_name(row) for row in self.by_explained if row["verdict"] == label]
            )
            for label in labels
        }
        texts = []
        if useful := named[labels.differs]:
            texts.append(f"By {useful}: there customers clearly differ")
        if useless := named[labels.same]:
            texts.append(f"no difference by {useless}")
        if unknown := named[labels.too_few]:
            texts.append(f"too few customers to tell by {unknown}")
        return f"{words.capital('; '.join(texts))}."

    def figures(self) -> str:
        return "\n".join(map(self._figure, self.by_explained))

    def _figure(self, row: Row) -> str:
        name, labels = words.capital(_name(row)), self.facts.verdicts
        if row["verdict"] == labels.differs:
            return f"{name}: explains {explained(row)}"
        if row["verdict"] == labels.same:
            return f"{name}: {words.share(row['adjusted_r_squared'] or 0)} at most"
        if row["detectable_r_squared"] is None:
            return f"{name}: too few customers to tell"
        return (
            f"{name}: too few customers to tell, as less than"
            f" {words.share(row['detectable_r_squared'])} can't be told from chance"
        )

    def advice(self) -> str:
        # The simplest that says nearly as much as the best: a profile holds others in
        # it.
        best = [row for row in self.classifications if row["is_nearly_best"]]
        for row in best:
            if not is_too_small(self.warehouse, row["segment_type"]):
                return f"Classify by {_name(row)}, which explains {explained(row)}."
        if best:
            return "No advice yet: these groups are too small to target."
        rows = self.classifications
        verdict = self.facts.joint_verdict(row["verdict"] for row in rows)
        if verdict == self.facts.verdicts.same:
            return "Don't classify customers by who they are."
        return differences(
            self.warehouse, self.facts, *(row["segment_type"] for row in rows)
        ).no_advice

    def prize(self) -> str:
        """Nothing: to classify addresses everybody."""
        return ""


def _name(row: Row) -> str:
    return type_name(row["segment_type"])


def _dashed(dash: str) -> Options:
    return {"line": {"color": DARK_GREY, "width": 1.5, "dash_type": dash}}
