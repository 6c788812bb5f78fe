"""The week planner: when customers order, how much, and when the shop is quiet."""

from __future__ import annotations

from dataclasses import replace

from instacart import words
from instacart.dashboard import charts
from instacart.dashboard.columns import CUSTOMERS, HOUR, ITEMS, ORDERS
from instacart.dashboard.pages.asked import panel_of, question_of, view_of
from instacart.dashboard.pages.customers.hours import hours_of_types_panel
from instacart.dashboard.pages.customers.types import read_types, type_control
from instacart.dashboard.panel import (
    ALL,
    Choice,
    Click,
    Control,
    Option,
    Page,
    Panel,
    View,
    one_view,
)
from instacart.report.question import Question
from instacart.report.questions.q1_days import Days
from instacart.report.questions.q1_hours import Hours
from instacart.report.questions.q1_quiet_windows import QuietWindows
from instacart.report.questions.q2_order_totals import OrderTotals
from instacart.report.questions.q2_product_prices import ProductPrices
from instacart.report.questions.q2_revenue import Revenue
from instacart.report.questions.q2_times_of_day import TimesOfDay
from instacart.report.source import Source
from instacart.report.times import (
    considered_note,
    quietest_windows,
    span_text,
    window_sentence,
    windows_sentence,
)
from instacart.warehouse import Row
from instacart.workbook import Column

DAY, CONSIDERED = "day", "considered"
DAY_NAME = Column("day_name", "Day of the week")
TOTAL = Column("avg_order_total", "Average order", "money")


def page(source: Source) -> Page:
    """The page, with a filter by weekday that a click on a day sets."""
    days = [row["day_name"] for row in source.question(Days).rows]
    types = read_types(source)
    return Page(
        "times",
        "Week planner",
        "When customers order and how much, and which hours are quiet enough for"
        " advertising.",
        [
            _week(source),
            _hours(source),
            _totals(source),
            _days(source),
            _quiet_windows(source),
            _revenue(source),
            _prices(source),
            _times_of_day(source),
            _over_all_days(hours_of_types_panel("times-segments", source, types)),
        ],
        [
            Control(
                DAY,
                "Day",
                {"": [Option(ALL, "All days"), *(Option(one, one) for one in days)]},
            ),
            Control(
                CONSIDERED,
                "Quiet windows of",
                {"": [Option(one, one) for one in ("waking hours", "all hours")]},
            ),
            type_control(types),
        ],
    )


def _week(source: Source) -> Panel:
    question = source.question(QuietWindows)
    rows = [_with_hour(row) for row in question.day_hours]
    chart = charts.heat_map(HOUR, DAY_NAME, ORDERS, CUSTOMERS, TOTAL, click="day_name")
    view = View(
        question.sentence(),
        chart,
        rows,
        [DAY_NAME, HOUR, CUSTOMERS, ORDERS, ITEMS, TOTAL],
        action=question.advice(),
    )
    return Panel(
        "times-week",
        question_of(question),
        "orders",
        ["marts.rpt_day_hours"],
        one_view(view),
        click=Click(DAY, "day_name"),
        is_wide=True,
        asks={QuietWindows: ()},
    )


def _hours(source: Source) -> Panel:
    """The orders of each hour, of all days by the hour's phenomenon, or of a day."""
    question = source.question(Hours)
    names = question.phenomena
    colours = charts.palette(names)
    kind = Column("phenomenon", "Time of day")
    if names and question.are_totals_told:
        chart = charts.columns(HOUR, ORDERS, CUSTOMERS, colour=kind, colours=colours)
    else:
        # What may be chance has no colours.
        chart = charts.columns(HOUR, ORDERS, CUSTOMERS, *([kind] if names else []))
    every = view_of(question, chart)
    views: dict[Choice, View] = {(ALL,): every}
    for day, rows in _by_day(source).items():
        views[day,] = View(
            source.question(QuietWindows).day_sentence(day),
            charts.columns(HOUR, ORDERS, CUSTOMERS, TOTAL),
            rows,
            [HOUR, CUSTOMERS, ORDERS, ITEMS, TOTAL],
        )
    return Panel(
        "times-hours",
        question_of(question),
        "orders",
        ["marts.rpt_hours_of_day", "marts.rpt_day_hours"],
        views,
        [DAY],
        asks={Hours: (ALL,)},
    )


def _by_day(source: Source) -> dict[str, list[Row]]:
    days: dict[str, list[Row]] = {}
    for row in source.question(QuietWindows).day_hours:
        days.setdefault(row["day_name"], []).append(_with_hour(row))
    return days


def _with_hour(row: Row) -> Row:
    return Row(row, hour=words.hour(row["hour_of_day"]))


def _totals(source: Source) -> Panel:
    question = source.question(OrderTotals)
    average = Column("overall", "Average of all orders", "money")
    chart = charts.lines(
        HOUR, TOTAL, ORDERS, rule=average, zero=_from_zero(source, question)
    )
    return _over_all_days(
        panel_of(
            "times-totals",
            question,
            chart,
            "dollars per order",
            ["marts.rpt_hours_of_day"],
        )
    )


def _from_zero(source: Source, question: Question) -> bool:
    """Whether an axis shows how little is between values that don't clearly differ."""
    return bool(question.lacking) or question.verdict() != source.facts.verdicts.differs


def _over_all_days(panel: Panel) -> Panel:
    """The panel, which doesn't follow the choice of a day, with a question that says
    so."""
    return replace(panel, question=f"{panel.question.rstrip('?')}, over all days?")


def _revenue(source: Source) -> Panel:
    question = source.question(Revenue)
    revenue = Column("revenue", "Revenue", "dollars")
    share = Column("revenue_share", "Share of revenue", "share")
    return _over_all_days(
        panel_of(
            "times-revenue",
            question,
            charts.columns(HOUR, revenue, share),
            "dollars",
            ["marts.rpt_hours_of_day"],
        )
    )


def _prices(source: Source) -> Panel:
    question = source.question(ProductPrices)
    price = Column("avg_product_price", "Price per item", "money")
    return _over_all_days(
        panel_of(
            "times-prices",
            question,
            charts.lines(HOUR, price, ITEMS, zero=_from_zero(source, question)),
            "dollars per item",
            ["marts.rpt_hours_of_day"],
        )
    )


def _days(source: Source) -> Panel:
    question = source.question(Days)
    for row in question.rows:
        row["is_busiest"] = row in question.busiest
    chart = charts.columns(
        DAY_NAME, ORDERS, CUSTOMERS, highlight="is_busiest", click="day_name"
    )
    return panel_of(
        "times-days",
        question,
        chart,
        "orders",
        ["marts.rpt_days_of_week"],
        Click(DAY, "day_name"),
    )


def _times_of_day(source: Source) -> Panel:
    """The four phenomena: hours of many or few orders, of large or small ones."""
    question = source.question(TimesOfDay)
    chart = None
    if not question.lacking:
        # The last row is all hours together.
        per_hour = Column("orders_per_hour", "Orders per hour", "count")
        whole = question.rows[-1]
        chart = charts.quadrants(
            Column("phenomenon", "Time of day"),
            per_hour,
            TOTAL,
            (whole["orders_per_hour"], whole["avg_order_total"]),
            Column("hours", "Hours from"),
            ORDERS,
            highlight="phenomenon",
        )
    panel = panel_of(
        "times-phenomena",
        question,
        chart,
        "orders and dollars per order",
        ["marts.rpt_phenomena", "marts.rpt_phenomenon_departments"],
    )
    view = replace(panel.views[()], judged="What sells")
    return _over_all_days(replace(panel, views=one_view(view)))


def _quiet_windows(source: Source) -> Panel:
    """The quietest window of each weekday, or of one, by which hours are considered."""
    first = Column("first_hour", "From hour", "number")
    end = Column("end_hour", "To hour", "number")
    per_hour = Column("orders_per_hour", "Orders per hour", "tenth")
    below = Column(
        "below_average_hour", "Fewer than in the week's average hour", "share"
    )
    chart = charts.spans(DAY_NAME, first, end, per_hour, below, click="day_name")
    columns = [DAY_NAME, Column("span", "Hours"), ORDERS, ITEMS, per_hour, below]
    views: dict[Choice, View] = {}
    windows = quietest_windows(source.warehouse)
    for considered in dict.fromkeys(window["considered"] for window in windows):
        rows = [
            Row(row, span=span_text(row))
            for row in windows
            if row["considered"] == considered
        ]
        note = considered_note(rows[0])
        finding = windows_sentence(rows)
        rows.sort(key=lambda row: row["day_of_week"])
        views[ALL, considered] = View(finding, chart, rows, columns, note=note)
        for row in rows:
            views[row["day_name"], considered] = View(
                window_sentence(row), chart, [row], columns, note=note
            )
    return Panel(
        "times-quiet",
        "Which hours are quiet enough for advertising?",
        "orders",
        ["marts.rpt_day_hours"],
        views,
        [DAY, CONSIDERED],
        Click(DAY, "day_name"),
    )
