"""Key question 3: What do price ranges sell?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from instacart import words
from instacart.report.chart import Chart, share_columns
from instacart.report.question import Question, highest, size_of
from instacart.warehouse import Row
from instacart.workbook import BLUE, LIGHT_GREY, MID_GREY, Column


class PriceRanges(Question):
    title = "Key question 3: What do price ranges sell?"
    asked_by = "Key question 3"
    asked = "Which simpler price range groupings help to direct efforts?"
    needs = ("prices",)

    @cached_property
    def rows(self) -> list[Row]:
        """The price ranges, the dearest last."""
        return self.warehouse.analysis("key_question_3_price_ranges")

    def sentence(self) -> str:
        largest, dearest = highest(self.rows, "order_product_count"), self.rows[-1]
        return (
            f"{words.group(largest['price_range'])} are"
            f" {words.share(largest['order_product_share'])} of items and"
            f" {words.share(largest['revenue_share'])} of revenue;"
            f" {words.segment(dearest['price_range'])} are"
            f" {words.share(dearest['order_product_share'])} and"
            f" {words.share(dearest['revenue_share'])}, bought at least once by"
            f" {words.share(dearest['customer_share'], 0)} of customers."
        )

    def prize(self) -> str:
        """That of the range put first; none is a finding, as prices make the ranges."""
        return size_of(self.main).text

    @cached_property
    def main(self) -> Row:
        """The range of most revenue."""
        return max(self.rows, key=lambda row: row["revenue_share"] or 0)

    def caution(self) -> str:
        return (
            "In the table, shares of customers don't add up to 100%: most bought in"
            " several ranges."
        )

    def columns(self) -> Sequence[Column]:
        return (
            Column("price_range", "Price range"),
            Column("customer_count", "Customers", "count"),
            Column("order_count", "Orders", "count"),
            Column("order_product_count", "Items", "count"),
            Column("customer_share", "Share of customers", "share"),
            Column("product_share", "Share of catalogue", "share"),
            Column("order_product_share", "Share of items", "share"),
            Column("revenue_share", "Share of revenue", "share"),
        )

    def drawing(self) -> Chart:
        return share_columns(
            "price_range",
            {
                "product_share": LIGHT_GREY,
                "order_product_share": MID_GREY,
                "revenue_share": BLUE,
            },
            "Price ranges: on offer, bought and earned",
            ("Price range of the product", "Share, %"),
        )

    def answer(self) -> str:
        ranges = [
            f"{words.segment(row['price_range'])} ({words.money(row['lowest_price'])}"
            f" to {words.money(row['highest_price'])}) are"
            f" {words.share(row['order_product_share'])} of items"
            for row in self.rows
        ]
        return f"Grouped by price, {'; '.join(ranges)}."

    def figures(self) -> str:
        lines = [
            f"{row['price_range']}: {words.share(row['revenue_share'])} of revenue,"
            f" {words.share(row['product_share'])} of the catalogue"
            for row in self.rows
        ]
        dear = self.rows[-1]
        if dear["largest_department_share"]:
            lines.append(
                f"{dear['price_range']}: {words.share(dear['customer_share'], 0)} of"
                " customers bought any;"
                f" {words.share(dear['largest_department_share'], 0)} of its items are"
                f" {dear['largest_department']}"
            )
        return "\n".join(lines)

    def advice(self) -> str:
        main, dear = self.main, self.rows[-1]
        revenue = main["revenue_share"] or 0
        if revenue <= main["product_share"]:
            return "No advice: no range earns more than its share of the catalogue."
        text = (
            f"Put {words.segment(main['price_range'])} first: they are"
            f" {words.share(main['product_share'])} of the catalogue and bring"
            f" {words.share(revenue)} of revenue."
        )
        if dear is main or not dear["largest_department_share"]:
            return text
        return (
            f"{text} Of {words.segment(dear['price_range'])},"
            f" {words.share(dear['largest_department_share'], 0)} are"
            f" {dear['largest_department']}: plan them with that department."
        )
