"""Sales: Which part of the offering has the lowest market share, and why?"""

from __future__ import annotations

from functools import cached_property

from instacart import words
from instacart.report.question import Question
from instacart.report.questions.q4_departments import Departments
from instacart.warehouse import Row


class LowestShare(Question):
    asked_by = "SVP of Sales"
    asked = "Which part of the offering has the lowest market share, and why?"
    shown_by = Departments
    needs = ("departments",)

    @cached_property
    def lowest(self) -> list[Row]:
        return self.warehouse.analysis("stakeholder_sales_lowest_market_share")[:5]

    def answer(self) -> str:
        first = self.lowest[0]
        names = words.listing(
            [
                f"{row['department']} ({words.share(row['order_product_share'], 2)})"
                for row in self.lowest
            ]
        )
        return (
            f"Lowest are {names}. Why, for {first['department']}:"
            f" {words.lower(first['main_reason'])}"
        )

    def figures(self) -> str:
        return "\n".join(
            f"{row['department']}: {row['main_reason']}" for row in self.lowest[1:]
        )

    def advice(self) -> str:
        gaps = [
            row["department"]
            for row in self.lowest
            if row["department_group"] == "Miscellaneous"
        ]
        offered = [row for row in self.lowest if row["department"] not in gaps]
        offer = (offered or self.lowest)[0]
        text = (
            f"{words.capital(offer['department'])} has"
            f" {words.plural(offer['product_count'] or 0, 'product')}: widen the offer,"
            " or show it only to those who need it."
        )
        if not gaps:
            return text
        return (
            f"{words.capital(words.listing(gaps))}: gaps of the catalogue and no offer;"
            f" fix them there. {text}"
        )
