"""Hours of the day and windows of the week, as several questions read them."""

from __future__ import annotations

from instacart import words
from instacart.report.chart import SMALL
from instacart.report.facts import Facts
from instacart.warehouse import Row, Warehouse

# Names of all hours would meet if they lay.
HOUR_AXIS = {"name": "Hour of the day", "num_font": SMALL | {"rotation": -45}}


def hours_of_day(warehouse: Warehouse) -> list[Row]:
    """The 24 hours with their label and the mean total of all orders."""
    rows = warehouse.rows(
        "select *, (select sum(revenue) / sum(order_count) from marts.rpt_hours_of_day)"
        " as overall from marts.rpt_hours_of_day order by hour_of_day"
    )
    for row in rows:
        row["hour"] = words.hour(row["hour_of_day"])
    return rows


def frequent_hours(hours: list[Row], facts: Facts) -> tuple[list[Row], str]:
    """Those with enough orders to be named, and a note on that; all, if none has."""
    least = facts.smallest_share("has_enough_orders")
    if frequent := [hour for hour in hours if hour["has_enough_orders"]]:
        return frequent, f"of hours with at least {least} of orders; others fluctuate"
    return hours, f"no hour has {least} of orders, so that all fluctuate"


def would_show(hours: list[Row], column: str) -> str:
    """Which difference of an hour from all would show in each, to end a sentence."""
    known = [hour[column] for hour in hours if hour[column]]
    if len(known) < len(hours):
        return ""
    return f"; only {words.share(max(known), 0)} more or less would be sure to show"


def quietest_windows(warehouse: Warehouse) -> list[Row]:
    """Spans of hours with few orders, the quietest of the week first."""
    windows = warehouse.analysis("quietest_ad_windows")
    return sorted(windows, key=lambda window: window["week_rank"])


def quietest_waking_windows(warehouse: Warehouse) -> list[Row]:
    """Those of waking hours."""
    return [
        window
        for window in quietest_windows(warehouse)
        if window["considered"] == "waking hours"
    ]


def window_text(window: Row) -> str:
    """A window in words: Tuesday, 20:00 to 23:00."""
    return (
        f"{window['day_name']}, {words.hour(window['first_hour'])} to"
        f" {words.hour(window['end_hour'])}"
    )
