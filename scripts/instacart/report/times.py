"""Hours of the day and windows of the week, as several questions read them."""

from __future__ import annotations

from instacart import words
from instacart.report.chart import SMALL
from instacart.report.facts import LARGEST_REALISTIC, Facts
from instacart.report.question import Size
from instacart.warehouse import Row, Warehouse

# Names of all hours would meet: every third is written.
HOUR_AXIS = {"name": "Hour of the day", "num_font": SMALL, "interval_unit": 3}


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
        return frequent, f"only hours with at least {least} of orders are compared"
    return hours, f"no hour has {least} of orders, so that each figure may be chance"


def would_show(hours: list[Row], column: str) -> str:
    """Which difference of an hour from all is too small to tell, to end a sentence."""
    known = [hour[column] for hour in hours if hour[column]]
    if len(known) < len(hours):
        return ""
    if max(known) >= LARGEST_REALISTIC:
        return "; even a large difference could be chance"
    return (
        f"; a difference under {words.share(max(known), 0)} can't be told from chance"
    )


def quietest_windows(warehouse: Warehouse) -> list[Row]:
    """Spans of hours with few orders, the quietest of the week first."""
    windows = warehouse.analysis("quietest_ad_windows")
    return sorted(windows, key=lambda window: window["week_rank"])


def span_text(window: Row) -> str:
    """The hours of a window: 20:00 to 23:00."""
    return f"{words.hour(window['first_hour'])} to {words.hour(window['end_hour'])}"


def below_average(window: Row) -> str:
    """How quiet a window is: 63% fewer orders an hour than in the week's average
    hour."""
    below = window["below_average_hour"]
    return (
        f"{words.share(abs(below), 0)} {'fewer' if below >= 0 else 'more'} orders"
        " an hour than in the week's average hour"
    )


def window_sentence(window: Row) -> str:
    """The quietest window of a weekday."""
    orders = words.plural(window["order_count"], "order")
    return (
        f"On {window['day_name']} the quietest of {window['considered']} are"
        f" {span_text(window)}: {orders}, {below_average(window)}."
    )


def windows_sentence(windows: list[Row]) -> str:
    """Which of the weekdays' quietest windows is the quietest of the week."""
    first = windows[0]
    spans = [span_text(window) for window in windows]
    usual = max(spans, key=spans.count)
    orders = words.plural(first["order_count"], "order")
    return (
        f"Of {first['considered']} {usual} are the quietest on {spans.count(usual)} of"
        f" {words.plural(len(windows), 'day')}; fewest orders come on"
        f" {first['day_name']} from {span_text(first)} ({orders})."
    )


def considered_note(window: Row) -> str:
    """Which hours the windows of a choice are looked for in, and how short they get."""
    return (
        f"{words.capital(window['considered'])} are"
        f" {words.hour(window['considered_from'])} to"
        f" {words.hour(window['considered_until'])}; a window is at least"
        f" {words.plural(window['shortest_window'], 'hour')} in a row, of one day."
    )


def ordering_then(size: Size, facts: Facts, when: str) -> str:
    """What hours or days are worth without prices: who orders then."""
    customers = words.plural(size.customers, "customer")
    share = words.share(size.customers / facts.customers)
    return f"{customers}, {share} of all, ordered {when} at least once"


def usual_window(warehouse: Warehouse, considered: str) -> Row:
    """The hours that are the quietest on most days, with the orders of all days: which
    day is the quietest of them may be chance.

    considered: `all hours` or `waking hours`.
    """
    spans = [
        (window["first_hour"], window["end_hour"])
        for window in quietest_windows(warehouse)
        if window["considered"] == considered
    ]
    first, end = max(spans, key=spans.count)
    row = warehouse.row(
        "select count(*) as order_count, count(distinct customer_id) as customer_count,"
        f" count(*) filter (where hour_of_day >= {first} and hour_of_day < {end})"
        " as own_count, count(distinct customer_id) filter (where hour_of_day >="
        f" {first} and hour_of_day < {end}) as own_customer_count"
        " from marts.fct_orders where is_analysed"
    )
    in_average_hours = row["order_count"] * (end - first) / 24
    return Row(
        first_hour=first,
        end_hour=end,
        day_count=spans.count((first, end)),
        order_count=row["own_count"],
        customer_count=row["own_customer_count"],
        below_average_hour=1 - row["own_count"] / in_average_hours,
    )


def kinds_of_hours(hours: list[Row]) -> str:
    """What the names of the hours' phenomena mean that there are."""
    ranked = sorted(
        hours, key=lambda row: (not row["is_high_traffic"], not row["is_high_value"])
    )
    kinds = {
        row["phenomenon"]: f"{'busy' if row['is_high_traffic'] else 'quiet'} hours of"
        f" {'large' if row['is_high_value'] else 'small'} orders"
        for row in ranked
    }
    return "; ".join(f"{name}: {kind}" for name, kind in kinds.items())
