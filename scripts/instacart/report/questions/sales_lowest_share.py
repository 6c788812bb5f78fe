"""Sales: Which part of the offering has the lowest market share, and why?"""

from __future__ import annotations

from functools import cached_property

from instacart import words
from instacart.report.facts import GAPS
from instacart.report.question import Question
from instacart.report.questions.q4_departments import Departments
from instacart.warehouse import Row

# What may help, by the factor that lags most.
LEVERS = {
    "customers": "try to win first buyers, of whom it has few",
    "orders": "try to bring its buyers back, who seldom return to it",
    "products": "try to sell more at a time, as its orders hold little of it",
}


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
            f"{row['department']}: {row['main_reason']}" for row in self.lowest
        )

    def advice(self) -> str:
        gaps = [
            row["department"] for row in self.lowest if row["department_group"] == GAPS
        ]
        offered = [row for row in self.lowest if row["department"] not in gaps]
        unsold = [row["department"] for row in offered if not row["customer_count"]]
        bought = [row for row in offered if row["customer_count"]]
        texts = []
        if gaps:
            are = "holds" if len(gaps) == 1 else "hold"
            texts.append(
                f"{words.capital(words.listing(gaps))} {are} products without a"
                " department: give them one."
            )
        if unsold:
            texts.append(
                f"Nobody bought {words.listing(unsold)}: see whether it is on offer."
            )
        if bought:
            texts.append(self._lift(bought[0]))
        return " ".join(texts)

    def _lift(self, offer: Row) -> str:
        """What may help a department that somebody bought from."""
        lever = LEVERS.get(offer["lagging_factor"])
        return (
            f"{words.capital(offer['department'])}: {lever}, and measure."
            if lever
            else f"No advice on {offer['department']}: nothing lags behind."
        )
