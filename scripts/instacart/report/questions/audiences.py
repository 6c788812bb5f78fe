"""Whom should a campaign address?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from instacart import words
from instacart.report.chart import SIGN, Both, ColouredCells, bars
from instacart.report.question import Question, Size, size_of
from instacart.warehouse import Row
from instacart.workbook import Column

# Where the plot is: ten bars have room in it.
PLOT = {"x": 0.32, "y": 0.15, "width": 0.58, "height": 0.76}

OVERLAP = "A customer can be in several audiences: don't add them up."
LISTING = "Its customers are listed by analyses/audience_members.sql."


class Audiences(Question):
    title = "Campaigns: Whom to address?"

    @cached_property
    def measure(self) -> str:
        """By what audiences are sorted."""
        return "revenue" if self.facts.has_prices else "customer_count"

    @cached_property
    def rows(self) -> list[Row]:
        """The audiences that anybody is in, the largest first."""
        return self.warehouse.rows(
            "select * from marts.rpt_audiences where customer_count > 0"
            f" order by {self.measure} desc, audience_number"
        )

    @cached_property
    def every(self) -> list[Row]:
        """All audiences, also those that nobody is in."""
        return self.warehouse.rows(
            "select * from marts.rpt_audiences order by audience_number"
        )

    @cached_property
    def sure(self) -> list[Row]:
        """Those that clearly favour a department."""
        differs = self.facts.verdicts.differs
        return [row for row in self.rows if row["favoured_verdict"] == differs]

    @cached_property
    def first(self) -> Row | None:
        """The largest with a taste of its own, or else that of the best customers;
        none of a few."""
        if self.sure:
            return self.sure[0]
        return max(
            (row for row in self.rows if self.has_enough(row)),
            key=lambda row: row[self.brought] / row["customer_count"],
            default=None,
        )

    def has_enough(self, row: Row) -> bool:
        """Whether what an audience does is no habit of a few."""
        return bool(row["customer_count"] >= self.facts.bound("has_enough_customers"))

    @cached_property
    def brought(self) -> str:
        """What the best customers bring most of."""
        return "revenue" if self.facts.has_prices else "order_count"

    def sentence(self) -> str:
        row = self.first
        if not row:
            return (
                f"No audience has {self.facts.fewest_customers} customers, too few to"
                " tell what any favours."
            )
        if self.sure:
            return f"{row['title']}: {_favour(row)}."
        each = row[self.brought] / row["customer_count"]
        most = (
            f"revenue per customer comes from {row['title']} ({words.money(each)})"
            if self.facts.has_prices
            else f"orders per customer come from {row['title']} ({words.decimal(each)})"
        )
        taste = (
            "none has a taste of its own"
            if self.is_same
            else "too few to tell what any favours"
        )
        return (
            f"Of audiences of at least {self.facts.fewest_customers} customers,"
            f" the most {most}; {taste}."
        )

    def largest_sentence(self) -> str:
        """Which audience is the largest."""
        if not self.rows:
            return "Nobody is in any audience."
        return (
            f"The largest audience is {words.lower(self.size_sentence(self.rows[0]))}"
        )

    def size_sentence(self, row: Row) -> str:
        """How large one audience is."""
        if not row["customer_count"]:
            lacks = not (self.facts.has_prices and self.facts.has_customers)
            why = ", or the files lack what tells who is" if lacks else ""
            return f"{row['title']}: nobody is in it{why}."
        return (
            f"{row['title']}: {size_of(row).text},"
            f" {words.share(row['customer_share'])} of all customers."
        )

    def taste_sentence(self, row: Row) -> str:
        """What one audience favours."""
        verdict, labels = row["favoured_verdict"], self.facts.verdicts
        if verdict == labels.differs:
            taste = _favour(row)
        elif verdict == labels.same:
            taste = "they buy as all customers do"
        else:
            taste = "too few to tell what they favour"
        return f"{row['title']}: {taste}."

    def of_few(self, where: str) -> str:
        """To end a note with: how audiences of too few are shown, if there are any."""
        if all(self.has_enough(row) for row in self.rows):
            return ""
        return (
            f" Audiences of fewer than {self.facts.fewest_customers} customers are"
            f" {where}."
        )

    def verdict(self) -> str:
        return self.facts.joint_verdict(row["favoured_verdict"] for row in self.rows)

    @cached_property
    def is_same(self) -> bool:
        """Whether all buy as all customers do, and are enough to say so."""
        return self.verdict() == self.facts.verdicts.same

    def size(self) -> Size | None:
        row = self.first
        if not row or not self.has_enough(row):
            return None
        return size_of(row)

    def so_what(self) -> str:
        row = self.first
        assert row
        size = f"{size_of(row).text}, {words.share(row['customer_share'])} of all"
        if self.sure:
            offer = f"try {row['favoured_department']} with them, and measure"
        elif self.is_same:
            offer = "offer them what all customers buy"
        else:
            offer = "what to offer them can't be told yet"
        return f"{size} customers; {offer}."

    def caution(self) -> str:
        return (
            "Favourite: the department of which an audience buys most above all"
            " customers, other than the one it is defined by; blue where that is beyond"
            f" chance. {OVERLAP}"
        )

    def columns(self) -> Sequence[Column]:
        return (
            Column("title", "Audience"),
            Column("customer_count", "Customers", "count"),
            Column("order_count", "Orders", "count"),
            Column("order_product_count", "Items", "count"),
            Column("customer_share", "Share of customers", "share"),
            Column("revenue", "Revenue", "dollars"),
            Column("avg_order_total", "Average order", "money"),
            Column("favoured_department", "Favourite"),
            Column("share_of_audience", "Of their items", "share"),
            Column("overall_share", "Of all items", "share"),
            Column("favoured_verdict", "Against all"),
        )

    def drawing(self) -> Both:
        coloured = [
            (number, "share_of_audience")
            for number, row in enumerate(self.rows)
            if row in self.sure
        ]
        unit, shown = (
            ("Revenue, dollars", "$#,##0")
            if self.facts.has_prices
            else ("Customers", "#,##0")
        )
        return Both(
            ColouredCells(["share_of_audience"], SIGN, coloured),
            bars(
                "title",
                self.measure,
                "Audiences by revenue"
                if self.facts.has_prices
                else "Audiences by customers",
                shown,
                ("Audience", unit),
                has_long_names=True,
                highlights=[self.rows.index(self.first)] if self.first else (),
                layout=PLOT,
            ),
        )


def _favour(row: Row) -> str:
    """That an audience buys more of a department than all, to end a sentence."""
    return (
        f"they buy clearly more {row['favoured_department']} than all do,"
        f" {words.share(row['share_of_audience'])} of their items against"
        f" {words.share(row['overall_share'])}"
    )
