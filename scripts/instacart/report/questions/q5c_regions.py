"""Key question 5c: Do ordering habits differ by region?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from instacart import words
from instacart.report.chart import Chart, share_columns
from instacart.report.question import Question, Size
from instacart.report.segment_sentences import habits_sentence
from instacart.report.segments import Differences, differences, segments
from instacart.warehouse import Row
from instacart.workbook import BLUE, LIGHT_GREY, MID_GREY, Column


class Regions(Question):
    title = "Key question 5c: Do ordering habits differ by region?"
    asked_by = "Key question 5c"
    asked = "Are there differences in ordering habits based on region?"
    needs = ("customers",)
    segment_types = ("region",)

    @cached_property
    def rows(self) -> list[Row]:
        """The regions, those of most customers first."""
        rows = self.warehouse.analysis("key_question_5c_habits_by_region")
        exact = {row["segment"]: row for row in segments(self.warehouse, "region")}
        for row in rows:
            # The analysis rounds, and a figure rounded twice may be another.
            for key in ("order_share", "orders_per_customer", "avg_order_total"):
                row[key] = exact[row["region"]][key]
        return rows

    @cached_property
    def differences(self) -> Differences:
        return differences(self.warehouse, self.facts, "region")

    def sentence(self) -> str:
        told = habits_sentence(self.warehouse, self.facts, "region")
        if len(self.rows) == 1:
            return told.sentence
        return f"{told.sentence} {self._size()}"

    def _size(self) -> str:
        """Which region is the largest, by customers and by states."""
        first = self.rows[0]
        most_states = max(row["state_count"] or 0 for row in self.rows)
        largest = [
            row["region"] for row in self.rows if row["state_count"] == most_states
        ]
        text = (
            f"{first['region']} has most customers"
            f" ({words.share(first['customer_share'])})"
        )
        if largest == [first["region"]]:
            is_same = first["verdict"] == self.facts.verdicts.same
            link = "as it has" if is_same else "and"
            return f"{text}, {link} most states ({words.share(first['state_share'])})."
        if largest and first["region"] not in largest:
            return f"{text}, though {words.listing(largest)} has most states."
        return f"{text}."

    def size(self) -> Size | None:
        return self.differences.size

    def so_what(self) -> str:
        return self.differences.so_what

    def columns(self) -> Sequence[Column]:
        return (
            Column("region", "Region"),
            Column("customer_count", "Customers", "count"),
            Column("order_count", "Orders", "count"),
            Column("order_product_count", "Items", "count"),
            Column("state_share", "Share of states", "share"),
            Column("customer_share", "Share of customers", "share"),
            Column("order_share", "Share of orders", "share"),
            Column("orders_per_customer", "Orders per customer", "tenth"),
            Column("avg_order_total", "Average order", "money"),
        )

    def drawing(self) -> Chart:
        return share_columns(
            "region",
            {
                "state_share": LIGHT_GREY,
                "customer_share": BLUE,
                "order_share": MID_GREY,
            },
            "Regions: their states, customers and orders",
            ("Region", "Share, %"),
        )

    def answer(self) -> str:
        return self.sentence()

    def figures(self) -> str:
        return "\n".join(
            f"{row['region']}: {words.decimal(row['orders_per_customer'])} orders per"
            f" customer, {words.share(row['customer_share'])} of customers"
            + (
                f", {words.money(row['avg_order_total'])} per order"
                if row["avg_order_total"] is not None
                else ""
            )
            for row in self.rows
        )

    def advice(self) -> str:
        if len(self.rows) == 1:
            return "No advice: there is no other region."
        if self.differences.found:
            return (
                "Try a campaign in one of the regions named, and measure it against the"
                " other."
            )
        if self.differences.is_same:
            return (
                "Treat all regions alike: no regional campaign is justified by this"
                " data."
            )
        return self.differences.no_advice
