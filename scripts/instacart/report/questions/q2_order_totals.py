"""Key question 2: When do customers spend most per order, and in all?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from instacart import words
from instacart.report.chart import Chart, Series, tight_axis
from instacart.report.facts import IS_LISTED
from instacart.report.question import Question, Size, highest, lowest, size_of
from instacart.report.times import HOUR_AXIS, frequent_hours, hours_of_day, would_show
from instacart.warehouse import Row
from instacart.workbook import BLUE, GREY, Column

AVERAGE = {"dash_type": "dash", "color": GREY, "width": 1.5}


class OrderTotals(Question):
    title = "Key question 2: When do customers spend most per order?"
    asked_by = "Key question 2"
    asked = "Are there particular times of the day when people spend the most money?"
    needs = ("prices",)

    @cached_property
    def rows(self) -> list[Row]:
        return hours_of_day(self.warehouse)

    def sentence(self) -> str:
        frequent, note = frequent_hours(self.rows, self.facts)
        high, low = self.ends
        ends = (
            f"{words.money(low['avg_order_total'])} at {low['hour']} to"
            f" {words.money(high['avg_order_total'])} at {high['hour']}"
        )
        overall = f"{words.money(high['overall'])} over all hours ({note})"
        if self.clear_ends:
            verbs = {id(high): "peaks at", id(low): "is smallest at"}
            parts = [
                f"{verbs[id(row)]} {row['hour']}"
                f" ({words.money(row['avg_order_total'])})"
                for row in self.clear_ends
            ]
            return f"The average order {words.listing(parts)}, against {overall}."
        if self.verdict() == self.facts.verdicts.same:
            return f"The average order is much the same all day: {ends}; {overall}."
        shown = would_show(frequent, "detectable_order_total_difference")
        return (
            "There are too few customers to tell whether the average order changes over"
            f" the day: {ends}; {overall}{shown}."
        )

    def verdict(self) -> str:
        labels = self.facts.verdicts
        if self.clear_ends:
            return labels.differs
        frequent, _ = frequent_hours(self.rows, self.facts)
        verdict = self.facts.joint_verdict(
            row["order_total_verdict"] for row in frequent
        )
        return labels.same if verdict == labels.same else labels.too_few

    @cached_property
    def ends(self) -> tuple[Row, Row]:
        """The hours of the largest and of the smallest orders."""
        frequent, _ = frequent_hours(self.rows, self.facts)
        return (
            highest(frequent, "avg_order_total"),
            lowest(frequent, "avg_order_total"),
        )

    @cached_property
    def clear_ends(self) -> list[Row]:
        """Those of them that clearly differ from all hours."""
        differs = self.facts.verdicts.differs
        return [row for row in self.ends if row["order_total_verdict"] == differs]

    def size(self) -> Size | None:
        # Customers may order at both.
        return size_of(self.clear_ends[0]) if self.clear_ends else None

    def so_what(self) -> str:
        row = self.clear_ends[0]
        gap = abs(row["avg_order_total"] - row["overall"]) * row["order_count"]
        more = "more" if row["avg_order_total"] > row["overall"] else "less"
        return (
            f"the {words.plural(row['order_count'], 'order')} at {row['hour']} bring"
            f" {words.money(gap)} {more} than as many average ones."
        )

    def caution(self) -> str:
        return "Averages of few orders vary by chance; prices are fabricated."

    def columns(self) -> Sequence[Column]:
        return (
            Column("hour", "Hour from"),
            Column("order_count", "Orders", "count"),
            Column("products_per_order", "Items per order", "decimal"),
            Column("avg_order_total", "Average order", "money"),
            Column("overall", "Average of all orders", "money"),
        )

    def drawing(self) -> Chart:
        return Chart(
            "line",
            [
                Series("avg_order_total", BLUE, "hour"),
                Series("overall", GREY, "hour", {"line": AVERAGE}),
            ],
            "Average order by hour (the axis does not start at 0)",
            HOUR_AXIS,
            tight_axis(self.rows, "avg_order_total", 5)
            | {"name": "Dollars per order", "num_format": "$#,##0"},
        )

    @cached_property
    def hours(self) -> list[Row]:
        return self.warehouse.analysis("key_question_2_when_people_spend_most")

    @cached_property
    def frequent_hours(self) -> list[Row]:
        return frequent_hours(self.hours, self.facts)[0]

    @cached_property
    def priced_hours(self) -> list[Row]:
        """Those of them whose orders have products."""
        return [
            row for row in self.frequent_hours if row["avg_product_price"] is not None
        ]

    def answer(self) -> str:
        most = lowest(self.hours, "revenue_rank")
        dearest = lowest(self.frequent_hours, "order_total_rank")
        text = (
            f"In all, most is spent at {words.hour(most['hour_of_day'])}"
            f" ({words.share(most['revenue_share'])} of revenue)"
        )
        if dearest["order_total_verdict"] == self.facts.verdicts.differs:
            text += (
                f"; per order, at {words.hour(dearest['hour_of_day'])}"
                f" ({words.money(dearest['avg_order_total'])})"
            )
        verdict = self.facts.joint_verdict(
            row["price_verdict"] for row in self.priced_hours
        )
        if verdict == self.facts.verdicts.same:
            return f"{text}. The price per item is much the same at every hour."
        if verdict == self.facts.verdicts.too_few:
            return (
                f"{text}. There are too few customers to tell whether the price per"
                " item depends on the hour."
            )
        hours = [
            words.hour(row["hour_of_day"])
            for row in self.priced_hours
            if row["price_verdict"] == self.facts.verdicts.differs
        ]
        return f"{text}. The price per item differs at {words.listing(hours)}."

    def figures(self) -> str:
        most = lowest(self.hours, "revenue_rank")
        prices = [row["avg_product_price"] for row in self.priced_hours]
        lines = [
            f"Revenue at {words.hour(most['hour_of_day'])}:"
            f" {words.money(most['revenue'])}",
            f"Average price per item: {words.money(min(prices))} to"
            f" {words.money(max(prices))}",
        ]
        lines += [
            f"{words.capital(row['typical_department'])} at"
            f" {words.hour(row['hour_of_day'])}:"
            f" {words.points(row['typical_department_points'] / 100)} more of all items"
            " than over the day"
            for row in self.tastes
        ]
        return "\n".join(lines)

    @cached_property
    def tastes(self) -> list[Row]:
        """Busy hours in which clearly more of a department is bought."""
        busy = {row["hour_of_day"] for row in self.rows if row["is_high_traffic"]}
        return [
            row
            for row in self.hours
            if row["typical_department_verdict"] == self.facts.verdicts.differs
            and row["typical_department_points"] > 0
            and row["hour_of_day"] in busy
        ][:3]

    def advice(self) -> str:
        if self.tastes:
            tastes = [
                f"{row['typical_department']} at {words.hour(row['hour_of_day'])}"
                for row in self.tastes
            ]
            return (
                "In busy hours try what is bought more then than otherwise:"
                f" {words.listing(tastes)}."
            )
        busy = self.warehouse.rows(
            "select verdict, max(detectable_difference) as would_show"
            " from marts.rpt_department_hours inner join marts.rpt_hours_of_day"
            f" using (hour_of_day) where is_high_traffic and {IS_LISTED}"
            " group by verdict"
        )
        too_few = self.facts.verdicts.too_few
        unsure = [row for row in busy if row["verdict"] == too_few]
        if unsure:
            would_show_at = unsure[0]["would_show"] or 1
            text = "No advice on products yet: too few customers order in an hour"
            if would_show_at >= 1:
                return f"{text}."
            return (
                f"{text}, and a difference in a department's share under"
                f" {words.points(would_show_at)} can't be told from chance."
            )
        return (
            "Choose the hour by the number of orders, not by product: no department is"
            " bought clearly more in a busy hour."
        )
