"""Key question 4: Which departments are bought from most often?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from instacart import words
from instacart.report.chart import Chart, bars
from instacart.report.facts import IS_LISTED
from instacart.report.question import Question, Size, size_of
from instacart.warehouse import Row
from instacart.workbook import Column

# As many departments without a sale as a sentence names.
MOST_NAMED = 3


class Departments(Question):
    title = "Key question 4: Which departments are bought from most often?"
    asked_by = "Key question 4"
    asked = "Which departments have the highest frequency of product orders?"
    needs = ("departments",)

    @cached_property
    def rows(self) -> list[Row]:
        """The departments, those of most order products first."""
        return self.warehouse.analysis("key_question_4_departments_by_frequency")

    def sentence(self) -> str:
        first = self.rows[0]
        text = (
            f"{first['department'].capitalize()} is"
            f" {words.share(first['order_product_share'], 0)} of items, in"
            f" {words.share(first['order_share'], 0)} of orders"
        )
        if len(self.rows) <= 2:
            return f"{text}."
        second = self.rows[1]
        return (
            f"{text}; {first['department']} and {second['department']} together are"
            f" {words.share(second['cumulative_share'], 0)} of items."
            f" {self._least_sold()}"
        )

    def _least_sold(self) -> str:
        """Which department sells least, and from which nobody bought."""
        sold = [row for row in self.rows if row["order_product_count"]]
        unsold = [row["department"] for row in self.rows if row not in sold]
        least = (
            f"{words.capital(sold[-1]['department'])} sells least"
            f"{' of the others' if unsold else ''}"
            f" ({words.plural(sold[-1]['order_product_count'], 'item')})."
        )
        if not unsold:
            return least
        if len(unsold) > MOST_NAMED:
            unsold = [words.plural(len(unsold), "department")]
        nobody = f"Nobody bought from {words.listing(unsold)}."
        return nobody if len(sold) == 1 else f"{nobody} {least}"

    @cached_property
    def again(self) -> Row:
        """Which of the first departments is most often bought again."""
        return max(self.top, key=lambda row: row["reorder_rate"] or 0)

    @cached_property
    def again_size(self) -> Size:
        """What it brings."""
        rank = self.again["order_product_rank"]
        return size_of(
            self.warehouse.row(
                f"select * from marts.rpt_departments where order_product_rank = {rank}"
            )
        )

    def size(self) -> Size | None:
        return self.again_size if self.again["reorder_rate"] else None

    def so_what(self) -> str:
        subject = f"{self.again['department']}, most often bought again of the first"
        return f"{self.again_size.brought_by(f'{subject} {len(self.top)},')}."

    def caution(self) -> str:
        left_out = self.warehouse.row(
            "select count(*) as department_count, sum(order_product_share) as share"
            f" from marts.rpt_departments where not {IS_LISTED}"
        )
        if not left_out["department_count"]:
            return ""
        return (
            f"Left out: {words.plural(left_out['department_count'], 'department')} that"
            " departments.csv doesn't list, with"
            f" {words.share(left_out['share'])} of items."
        )

    def columns(self) -> Sequence[Column]:
        return (
            Column("department", "Department"),
            Column("customer_count", "Customers", "count"),
            Column("order_count", "Orders", "count"),
            Column("order_product_count", "Items", "count"),
            Column("customer_share", "Share of customers", "share"),
            Column("order_share", "Share of orders", "share"),
            Column("order_product_share", "Share of items", "share"),
            Column("reorder_rate", "Reorder rate", "share"),
        )

    def drawing(self) -> Chart:
        # Departments of few products would make the chart's lines too close to read.
        frequent = self.warehouse.value(
            "select count(*) as n from marts.rpt_departments"
            f" where is_frequent and {IS_LISTED}"
        )
        least = self.facts.smallest_share("is_frequent")
        return bars(
            "department",
            "order_product_share",
            f"Departments with at least {least} of items"
            if frequent
            else "Departments by their share of items",
            "0.0%",
            ("Department", "Share of items, %"),
            row_count=frequent or None,
        )

    @cached_property
    def top(self) -> list[Row]:
        return self.rows[:5]

    def answer(self) -> str:
        names = words.listing([row["department"] for row in self.top])
        text = (
            f"{words.capital(names)} are"
            f" {words.share(self.top[-1]['cumulative_share'], 0)} of items"
        )
        if rest := self.rows[len(self.top) :]:
            least = [row["department"] for row in reversed(rest[-5:])]
            text += f"; least are {words.listing(least)}"
        return f"{text}."

    def figures(self) -> str:
        return "\n".join(
            f"{row['department']}: {words.share(row['order_product_share'])} of"
            f" items, in {words.share(row['order_share'], 0)} of orders, bought by"
            f" {words.share(row['customer_share'], 0)} of customers,"
            f" {words.share(row['reorder_rate'] or 0, 0)} bought again"
            for row in self.top
        )

    def advice(self) -> str:
        again = self.again
        if not again["reorder_rate"]:
            return "No advice: nothing was bought again."
        return (
            f"Remind customers of {again['department']}: of the first {len(self.top)}"
            " departments it is most often bought again"
            f" ({words.share(again['reorder_rate'], 0)} of its items)."
        )
