"""Key question 1: When in the week is the shop busiest, and when quietest?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from instacart import words
from instacart.report.chart import Both, Chart, ColouredCells, Options, Series
from instacart.report.question import Question, highest
from instacart.report.times import (
    HOUR_AXIS,
    below_average,
    span_text,
    usual_window,
)
from instacart.warehouse import Row
from instacart.workbook import BLUE, LIGHT_GREY, MID_GREY, Column

THIN: Options = {"line": {"color": MID_GREY, "width": 1}}
HIGHLIGHTED: Options = {"line": {"color": BLUE, "width": 3}}


class QuietWindows(Question):
    title = (
        "Key question 1: When in the week is the shop busiest, and which waking hours"
        " are quietest?"
    )
    asked_by = "Key question 1"
    asked = (
        "What are the busiest days of the week and hours of the day, so that"
        " advertisements can be scheduled when there are fewer orders?"
    )

    @cached_property
    def day_hours(self) -> list[Row]:
        return self.warehouse.rows(
            "select * from marts.rpt_day_hours order by day_of_week, hour_of_day"
        )

    @cached_property
    def waking(self) -> Row:
        """The quietest hours when customers are awake."""
        return usual_window(self.warehouse, "waking hours")

    @cached_property
    def night(self) -> Row:
        """The quietest of all."""
        return usual_window(self.warehouse, "all hours")

    @property
    def is_night_quieter(self) -> bool:
        return self.night["below_average_hour"] > self.waking["below_average_hour"]

    @cached_property
    def rows(self) -> list[Row]:
        """A row per hour with the orders of each day."""
        return [
            Row(
                {
                    row["day_name"]: row["order_count"]
                    for row in self.day_hours
                    if row["hour_of_day"] == hour
                },
                hour=words.hour(hour),
            )
            for hour in range(24)
        ]

    @cached_property
    def days(self) -> list[str]:
        return list(dict.fromkeys(row["day_name"] for row in self.day_hours))

    def sentence(self) -> str:
        peak, quiet = highest(self.day_hours, "order_count"), self.waking
        days = f"on {quiet['day_count']} of {len(self.days)} days"
        if quiet["day_count"] == len(self.days):
            days = "every day"
        return (
            f"Busiest is {peak['day_name']} at {words.hour(peak['hour_of_day'])}"
            f" ({words.plural(peak['order_count'], 'order')}). The quietest waking"
            f" hours are {span_text(quiet)} {days}:"
            f" {words.plural(quiet['order_count'], 'order')} all week."
        )

    def day_sentence(self, day: str) -> str:
        """The busiest hour of a weekday."""
        hours = [row for row in self.day_hours if row["day_name"] == day]
        peak, total = (
            highest(hours, "order_count"),
            sum(h["order_count"] for h in hours),
        )
        if not total:
            return f"There are no orders on {day}."
        return (
            f"On {day} most orders come at {words.hour(peak['hour_of_day'])}"
            f" ({words.plural(peak['order_count'], 'order')},"
            f" {words.share(peak['order_count'] / total)} of the day)."
        )

    def caution(self) -> str:
        return "Darker cells have more orders."

    def columns(self) -> Sequence[Column]:
        return (
            Column("hour", "Hour from"),
            *(Column(day, day[:3], "count") for day in self.days),
        )

    def drawing(self) -> Both:
        """A line per day; that of the peak is thick."""
        peak = highest(self.day_hours, "order_count")["day_name"]
        look = {day: THIN for day in self.days} | {peak: HIGHLIGHTED}
        return Both(
            ColouredCells(self.days),
            Chart(
                "line",
                [Series(day, LIGHT_GREY, "hour", look[day]) for day in self.days],
                "Orders by hour, a line per day of the week",
                HOUR_AXIS,
                {"name": "Orders", "num_format": "#,##0", "min": 0},
                unnamed=[n for n, day in enumerate(self.days) if day != peak],
            ),
        )

    @cached_property
    def ranked_days(self) -> list[Row]:
        return self.warehouse.rows(
            "select * from marts.rpt_days_of_week order by order_rank"
        )

    @cached_property
    def ranked_hours(self) -> list[Row]:
        return self.warehouse.rows(
            "select * from marts.rpt_hours_of_day order by order_rank"
        )

    def answer(self) -> str:
        busy, quiet = self.ranked_days[:2], self.ranked_days[-2:]
        top = self.ranked_hours[:8]
        return (
            f"{_names(busy)} are the busiest days ({_share(busy)} of orders),"
            f" {_names(quiet)} the quietest ({_share(quiet)}). The {len(top)} busiest"
            f" hours, {words.hours([row['hour_of_day'] for row in top])}, take"
            f" {_share(top)}."
        )

    def figures(self) -> str:
        days, hours = self.ranked_days, self.ranked_hours
        named = [(row["day_name"], row) for row in (days[0], days[-1])]
        named += [
            (words.hour(row["hour_of_day"]), row) for row in (hours[0], hours[-1])
        ]
        lines = [
            f"{name}: {words.plural(row['order_count'], 'order')}"
            for name, row in named
        ]
        lines += [
            f"{span_text(row)}: {words.plural(row['order_count'], 'order')},"
            f" {below_average(row)}"
            for row in (self.waking, self.night)
            if row is self.waking or self.is_night_quieter
        ]
        return "\n".join(lines)

    def advice(self) -> str:
        quiet, night = self.waking, self.night
        if quiet["customer_count"] < self.facts.bound("has_enough_customers"):
            return (
                f"No advice: fewer than {self.facts.fewest_customers} customers order"
                f" from {span_text(quiet)}, too few to tell how quiet it is."
            )
        if quiet["below_average_hour"] <= 0:
            return "No advice: no waking hours have few orders."
        text = (
            f"Advertise from {span_text(quiet)}, when customers are awake and there are"
            f" {below_average(quiet)}."
        )
        if self.is_night_quieter:
            text += (
                f" From {span_text(night)} it is quieter still"
                f" ({below_average(night)}), but few are awake."
            )
        return text


def _names(days: list[Row]) -> str:
    return words.listing([day["day_name"] for day in days])


def _share(rows: list[Row]) -> str:
    return words.share(sum(row["order_share"] for row in rows))
