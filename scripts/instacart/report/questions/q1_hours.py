"""Key question 1: At what hours do customers order?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from instacart import words
from instacart.report.chart import FILLS, Chart, Series
from instacart.report.question import Question, Size, highest
from instacart.report.times import (
    HOUR_AXIS,
    hours_of_day,
    kinds_of_hours,
    ordering_then,
)
from instacart.warehouse import Row
from instacart.workbook import BLUE, MID_GREY, Column


class Hours(Question):
    title = "Key question 1: At what hours do customers order?"

    @cached_property
    def rows(self) -> list[Row]:
        """The hours; orders once more in the column of the hour's phenomenon."""
        rows = hours_of_day(self.warehouse)
        for row in rows:
            row[f"phenomenon {row['phenomenon']}"] = row["order_count"]
        return rows

    @cached_property
    def phenomena(self) -> list[str]:
        """The kinds of hours that there are, the busiest first."""
        if not self.facts.has_prices:
            return []
        busiest = sorted(
            self.rows,
            key=lambda row: (not row["is_high_traffic"], not row["is_high_value"]),
        )
        return list(dict.fromkeys(row["phenomenon"] for row in busiest))

    def sentence(self) -> str:
        peak = highest(self.rows, "order_count")
        busy = [row for row in self.rows if row["is_high_traffic"]]
        busy_share = sum(row["order_share"] for row in busy)
        text = (
            f"Most orders come at {peak['hour']}"
            f" ({words.share(peak['order_share'])} of the day); the"
            f" {words.plural(len(busy), 'hour')} with at least the average,"
            f" {words.hours([row['hour_of_day'] for row in busy])}, take"
            f" {words.share(busy_share, 0)}."
        )
        if not self.facts.has_prices:
            return text
        both = self.busy_and_large
        if not self.are_totals_told:
            return (
                f"{text} There are too few customers to tell whether orders are larger"
                " then."
            )
        if not both:
            return f"{text} Orders are no larger then than at other hours."
        return (
            f"{text} Many orders, and large ones ({both[0]['phenomenon']}):"
            f" {words.hours([row['hour_of_day'] for row in both])}."
        )

    @cached_property
    def busy_and_large(self) -> list[Row]:
        """The hours of many orders that clearly have large ones."""
        differs = self.facts.verdicts.differs
        return [
            row
            for row in self.rows
            if row["is_high_traffic"]
            and row["is_high_value"]
            and row["order_total_verdict"] == differs
        ]

    @property
    def are_totals_told(self) -> bool:
        """Whether it can be told if hours of many orders have large ones."""
        verdicts = {
            row["order_total_verdict"] for row in self.rows if row["is_high_traffic"]
        }
        too_few = self.facts.verdicts.too_few in verdicts
        return bool(self.busy_and_large) or not too_few

    @cached_property
    def busy_hours(self) -> Size:
        """What the hours bring that have at least the average number of orders."""
        customers = self.warehouse.value(
            "select count(distinct customer_id) as customers from marts.fct_orders"
            " where is_analysed and hour_of_day in (select hour_of_day from"
            " marts.rpt_hours_of_day where is_high_traffic)"
        )
        revenues = [row["revenue"] for row in self.rows if row["is_high_traffic"]]
        return Size(customers, None if None in revenues else sum(revenues))

    def size(self) -> Size | None:
        return self.busy_hours

    def so_what(self) -> str:
        if self.busy_hours.revenue is None:
            then = ordering_then(self.busy_hours, self.facts, "in the busy hours")
            return f"{then}."
        return f"{self.busy_hours.brought_by('the busy hours', 'bring')}."

    def caution(self) -> str:
        if not self.phenomena:
            return ""
        return (
            f"{kinds_of_hours(self.rows)}, each against the average, however little"
            " above or below it."
        )

    def columns(self) -> Sequence[Column]:
        return (
            Column("hour", "Hour from"),
            Column("customer_count", "Customers", "count"),
            Column("order_count", "Orders", "count"),
            Column("order_share", "Share of orders", "share"),
            *(Column(f"phenomenon {one}", one, "count") for one in self.phenomena),
        )

    def drawing(self) -> Chart:
        look = {"gap": 30, "overlap": 100}
        peak = self.rows.index(highest(self.rows, "order_count"))
        series = [
            Series(f"phenomenon {one}", BLUE, "hour", look | fill)
            for one, fill in zip(self.phenomena, FILLS, strict=False)
        ]
        return Chart(
            "column",
            series
            or [Series("order_count", MID_GREY, "hour", look, highlights=[peak])],
            "Orders by hour of the day",
            HOUR_AXIS,
            {"name": "Orders", "num_format": "#,##0"},
        )
