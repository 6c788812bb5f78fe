"""Sales: Do high incomes reorder less in some departments?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from instacart import words
from instacart.report.chart import Chart, Series, labels, tight_axis
from instacart.report.department_hours import would_show
from instacart.report.facts import IS_LISTED
from instacart.report.question import Question, Size
from instacart.warehouse import Row
from instacart.workbook import MID_GREY, NUMBER_FORMATS, Column

# As many departments as a sentence names.
MOST_NAMED = 3


class IncomeOpportunities(Question):
    title = "Sales: Do high incomes reorder less in some departments?"
    needs = ("prices", "customers", "departments")

    @cached_property
    def rows(self) -> list[Row]:
        """The departments that are large enough to be named, as the highest incomes
        buy them: where they reorder least against others first."""
        rows = self.warehouse.rows(
            f"""
            with highest as (
                select income_group from marts.dim_customers
                where income is not null and order_count > 0
                order by income desc limit 1
            )

            select * from marts.rpt_income_opportunities
            where
                income_group in (select income_group from highest)
                and {IS_LISTED}
                and department_id in (
                    select department_id from marts.rpt_department_opportunities
                    where is_frequent
                )
            order by reorder_rate_difference nulls last, department_id
            """
        )
        for row in rows:
            gap = row["reorder_rate_difference"]
            row["reorder_rate_points"] = None if gap is None else 100 * gap
            # A difference that may be chance has no price.
            if not self._is_less(row):
                row["dollars_at_stake"] = None
        return rows

    def _is_less(self, row: Row) -> bool:
        differs = row["verdict"] == self.facts.verdicts.differs
        return differs and row["reorder_rate_difference"] < 0

    @cached_property
    def found(self) -> list[Row]:
        """The departments that high incomes reorder less, most at stake first."""
        less = [row for row in self.rows if self._is_less(row)]
        return sorted(less, key=lambda row: -row["dollars_at_stake"])

    @cached_property
    def group(self) -> str:
        """The highest income group, at the start of a sentence."""
        return words.capital(str(self.rows[0]["income_group"]))

    def sentence(self) -> str:
        least = f"at least {self.facts.smallest_share('is_frequent')} of items"
        if not self.rows:
            return (
                "No income is known of those who bought from a department with"
                f" {least}, so that this can't be answered."
            )
        if self.found:
            first = self.found[0]
            names = [row["department"] for row in self.found[:MOST_NAMED]]
            if others := len(self.found) - len(names):
                names.append(words.plural(others, "other"))
            return (
                f"{self.group} reorders less in {words.listing(names)}. Most is at"
                f" stake in {first['department']}:"
                f" {words.money(first['dollars_at_stake'])}, as"
                f" {words.share(first['reorder_rate'])} of the items bought there had"
                " been bought before, and"
                f" {words.share(first['other_reorder_rate'])} by other incomes."
            )
        verdicts = {row["verdict"] for row in self.rows}
        if self.facts.verdicts.too_few in verdicts:
            return (
                "There are too few customers to tell whether"
                f" {words.lower(self.group)} reorders less in a department with"
                f" {least}{would_show(self.rows)}."
            )
        more = [
            row["department"]
            for row in self.rows
            if row["verdict"] == self.facts.verdicts.differs
        ]
        if more:
            return (
                f"{self.group} reorders less in no department with {least}, and more in"
                f" {words.listing(more)}."
            )
        return (
            f"{self.group} reorders the same as other incomes in every department with"
            f" {least}."
        )

    def verdict(self) -> str:
        """Whether high incomes reorder less somewhere, as the sentence says."""
        if self.found:
            return self.facts.verdicts.differs
        verdicts = {row["verdict"] for row in self.rows}
        if self.facts.verdicts.too_few in verdicts:
            return self.facts.verdicts.too_few
        return self.facts.joint_verdict(verdicts)

    def size(self) -> Size | None:
        """What is at stake, not all that they bring."""
        if not self.found:
            return None
        first = self.found[0]
        return Size(first["customer_count"], first["dollars_at_stake"])

    def so_what(self) -> str:
        first = self.found[0]
        return (
            f"if they reordered {first['department']} as often as others,"
            f" {words.plural(first['customer_count'], 'customer')} of"
            f" {words.lower(self.group)} would bring"
            f" {words.money(first['dollars_at_stake'])} more, at most."
        )

    def caution(self) -> str:
        return (
            "Counted are customers whose income is known; others are those of the other"
            " income groups together. Beyond chance from: the smallest difference that"
            " can be told from chance. Who has ordered more often has reordered more."
        )

    def columns(self) -> Sequence[Column]:
        return (
            Column("department", "Department"),
            Column("customer_count", "Customers", "count"),
            Column("order_count", "Orders", "count"),
            Column("order_product_count", "Items", "count"),
            Column("reorder_rate", "Reorder rate", "share"),
            Column("other_reorder_rate", "Rate of others", "share"),
            Column("reorder_rate_points", "Difference, points", "points"),
            Column("detectable_difference", "Beyond chance from", "share"),
            Column("dollars_at_stake", "At stake", "dollars"),
            Column("verdict", "Verdict"),
        )

    def drawing(self) -> Chart:
        key = "reorder_rate_points"
        differ = [number for number, row in enumerate(self.rows) if self._is_less(row)]
        look = {"gap": 25, "data_labels": labels(NUMBER_FORMATS["points"])}
        # With room for the figures beside the bars.
        gaps = [row[key] or 0 for row in self.rows]
        low, high = min(0, *gaps), max(0, *gaps)
        room = (high - low) / 3
        around = [{key: low - room}, {key: high + room}]
        return Chart(
            "bar",
            [Series(key, MID_GREY, "department", look, highlights=differ)],
            f"Reorder rate of {words.lower(self.group)} against others",
            {"name": "Department", "label_position": "low"},
            {"name": "Percentage points less (-) or more", "num_format": "0"}
            | tight_axis(around, key, 1),
        )
