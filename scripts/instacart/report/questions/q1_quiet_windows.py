"""Key question 1: When in the week is the shop busiest, and when quiet?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from instacart import words
from instacart.report.chart import Both, Chart, ColouredCells, Options, Series
from instacart.report.question import Question, Size, highest, size_of
from instacart.report.times import (
    HOUR_AXIS,
    quietest_waking_windows,
    quietest_windows,
    window_text,
)
from instacart.warehouse import Row
from instacart.workbook import BLUE, DARK_GREY, LIGHT_GREY, MID_GREY, Column

THIN: Options = {"line": {"color": MID_GREY, "width": 1}}
THICK: Options = {"line": {"color": DARK_GREY, "width": 2, "dash_type": "dash"}}
HIGHLIGHTED: Options = {"line": {"color": BLUE, "width": 3}}


class QuietWindows(Question):
    title = "Key question 1: When in the week is the shop busiest, and when quiet?"
    asked_by = "Key question 1"
    asked = (
        "What are the busiest days of the week and hours of the day, so that"
        " advertisements can be scheduled when there are fewer orders?"
    )

    @cached_property
    def day_hours(self) -> list[Row]:
        return self.warehouse.rows(
            "select * from marts.rpt_day_hours order by day_of_week"
        )

    @cached_property
    def waking_windows(self) -> list[Row]:
        return quietest_waking_windows(self.warehouse)

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
        peak, quiet = highest(self.day_hours, "order_count"), self.waking_windows[0]
        return (
            f"Busiest is {peak['day_name']} at {words.hour(peak['hour_of_day'])}"
            f" ({words.plural(peak['order_count'], 'order')}). The quietest span of"
            f" waking hours is {window_text(quiet)}:"
            f" {words.plural(quiet['order_count'], 'order')}."
        )

    def size(self) -> Size | None:
        return size_of(highest(self.day_hours, "order_count"))

    def so_what(self) -> str:
        peak = highest(self.day_hours, "order_count")
        brought = size_of(peak).brought_by("the busiest hour of the week")
        return f"{brought}; advertise in the quiet hours."

    def caution(self) -> str:
        return "Darker cells have more orders."

    def columns(self) -> Sequence[Column]:
        return (
            Column("hour", "Hour from"),
            *(Column(day, day[:3], "count") for day in self.days),
        )

    def drawing(self) -> Both:
        """A line per day; thick are the day of the peak and that of the quietest
        window."""
        peak = highest(self.day_hours, "order_count")["day_name"]
        quiet = self.waking_windows[0]["day_name"]
        look: dict[str, Options] = {day: THIN for day in self.days}
        look |= {peak: THICK, quiet: HIGHLIGHTED}
        named = (peak, quiet)
        return Both(
            ColouredCells(self.days),
            Chart(
                "line",
                [Series(day, LIGHT_GREY, "hour", look[day]) for day in self.days],
                "Orders by hour, a line per day of the week",
                HOUR_AXIS,
                {"name": "Orders", "num_format": "#,##0", "min": 0},
                unnamed=[n for n, day in enumerate(self.days) if day not in named],
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
            f"{window_text(row)}: {words.plural(row['order_count'], 'order')},"
            f" {_below(row)}"
            for row in self.waking_windows[:2]
        ]
        if (night := self.night)["considered"] == "all hours":
            orders = words.plural(night["order_count"], "order")
            lines.append(f"{window_text(night)}: {orders}")
        return "\n".join(lines)

    @cached_property
    def night(self) -> Row:
        return min(
            quietest_windows(self.warehouse), key=lambda span: span["orders_per_hour"]
        )

    def advice(self) -> str:
        first, second = self.waking_windows[:2]
        night = self.night
        text = (
            "Advertise where there are few orders and customers are awake: first"
            f" {window_text(first)} ({_below(first)}), then {window_text(second)}"
            f" ({_below(second)})."
        )
        if night["considered"] == "all hours":
            text += (
                f" {window_text(night)} is quieter still"
                f" ({words.plural(night['order_count'], 'order')}), as few are awake."
            )
        return text


def _names(days: list[Row]) -> str:
    return words.listing([day["day_name"] for day in days])


def _share(rows: list[Row]) -> str:
    return words.share(sum(row["order_share"] for row in rows))


def _below(window: Row) -> str:
    below = window["below_average_hour"]
    return (
        f"{words.share(abs(below), 0)} {'fewer' if below >= 0 else 'more'} orders than"
        " in an average hour"
    )
