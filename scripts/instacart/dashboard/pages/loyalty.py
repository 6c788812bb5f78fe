"""Loyalty: tiers, the way from order to order, stages, first baskets and audiences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from instacart.dashboard import charts
from instacart.dashboard.columns import CUSTOMERS, ITEMS, OF_CUSTOMERS, ORDERS, SHARES
from instacart.dashboard.pages.asked import panel_of, question_of, view_of
from instacart.dashboard.pages.audiences import audience_control, favourites, sizes
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
from instacart.report.questions.customer_lifecycle import CustomerLifecycle
from instacart.report.questions.first_baskets import FirstBaskets
from instacart.report.questions.loyalty_tiers import LoyaltyTiers
from instacart.report.questions.q5a_loyalty import Loyalty
from instacart.report.questions.retention import Retention
from instacart.report.segment_sentences import shares_sentence
from instacart.report.source import Source
from instacart.warehouse import Row
from instacart.workbook import Column

TIER, REACHED = "tier", "reached"
ORDER_NUMBER = Column("order_number", "Order number", "number")


def page(source: Source) -> Page:
    """The page, with filters by tier and audience that clicks on their bars set."""
    tiers = [row["loyalty_tier"] for row in _tier_rows(source)]
    bounds = source.question(FirstBaskets).bounds
    return Page(
        "loyalty",
        "Loyalty",
        "Who is loyal, who could become so, who slows down, and whom to address.",
        [
            _tiers(source),
            _next_tier(source),
            _ladder(source),
            _reorders(source),
            _gaps(source),
            _lifecycle(source),
            _first_baskets(source),
            sizes(source),
            favourites(source),
        ],
        [
            Control(
                TIER,
                "Loyalty tier",
                {"": [Option(ALL, "All tiers"), *(Option(one, one) for one in tiers)]},
            ),
            Control(
                REACHED,
                "First baskets of those who reach",
                {"": [Option(str(one), f"{one} orders") for one in bounds]},
            ),
            audience_control(source),
        ],
    )


def _tier_rows(source: Source) -> list[Row]:
    """The tiers that anybody is in, the lowest first."""
    return [row for row in source.question(LoyaltyTiers).rows if row["customer_count"]]


def _tiers(source: Source) -> Panel:
    question = source.question(Loyalty)
    segments = {row["segment"]: row for row in question.rows}
    rows = [segments[row["loyalty_tier"]] for row in _tier_rows(source)]
    chart = charts.shares_side_by_side(
        Column("segment", "Loyalty tier"),
        SHARES,
        CUSTOMERS,
        ORDERS,
        ITEMS,
        click="segment",
    )
    every = replace(view_of(question, chart), rows=rows)
    views: dict[Choice, View] = {(ALL,): every}
    for row in rows:
        views[row["segment"],] = replace(
            every, finding=shares_sentence("loyalty_flag", row), note=""
        )
    return Panel(
        "loyalty-tiers",
        question_of(question),
        "customers, orders and items",
        ["marts.rpt_customer_segments"],
        views,
        [TIER],
        Click(TIER, "segment"),
        asks={Loyalty: (ALL,)},
    )


def _next_tier(source: Source) -> Panel:
    question = source.question(LoyaltyTiers)
    near = Column("customers_near_next_tier", "Customers close to it", "count")
    missing = Column("orders_to_next_tier", "Orders missing", "count")
    revenue = Column("revenue_to_next_tier", "Dollars they would bring", "dollars")
    has_prices = source.facts.has_prices
    value, more = (revenue, [near, missing]) if has_prices else (missing, [near])
    chart = charts.bars(
        Column("loyalty_tier", "Loyalty tier"),
        value,
        Column("next_tier", "Next tier"),
        *more,
        click="loyalty_tier",
    )
    every = view_of(question, chart)
    views: dict[Choice, View] = {(ALL,): every}
    for row in _tier_rows(source):
        views[row["loyalty_tier"],] = replace(
            every, finding=question.tier_sentence(row), note=question.caution()
        )
    return Panel(
        "loyalty-next",
        question_of(question),
        "dollars" if has_prices else "orders",
        ["marts.rpt_loyalty_tiers"],
        views,
        [TIER],
        Click(TIER, "loyalty_tier"),
        asks={LoyaltyTiers: (ALL,)},
    )


def _ladder(source: Source) -> Panel:
    question = source.question(Retention)
    share = Column("placed_retention_rate", "Customers still ordering, %", "share")
    placed = Column("placed_customer_count", "Customers", "count")
    return panel_of(
        "loyalty-ladder",
        question,
        charts.lines(ORDER_NUMBER, share, placed),
        "customers, by orders placed",
        ["marts.rpt_order_sequence"],
    )


def _reorders(source: Source) -> Panel:
    question = source.question(Retention)
    rate = Column("reorder_rate", "Items bought before, %", "share")
    return _later_orders(
        source,
        "loyalty-reorders",
        "How much of an order had been bought before?",
        question.reorder_sentence(),
        rate,
        "items of analysed orders",
    )


def _gaps(source: Source) -> Panel:
    question = source.question(Retention)
    days = Column("avg_days_since_prior_order", "Days since the order before", "tenth")
    return _later_orders(
        source,
        "loyalty-gaps",
        "How long do customers wait between orders?",
        question.gap_sentence(),
        days,
        "days, of analysed orders",
    )


def _later_orders(
    source: Source, key: str, question: str, finding: str, value: Column, counts: str
) -> Panel:
    """A figure by order number, from the second on; the first has nothing before."""
    asked = source.question(Retention)
    rows = [row for row in asked.rows if row["order_number"] > 1]
    chart = (
        charts.lines(ORDER_NUMBER, value, CUSTOMERS) if asked.later(value.key) else None
    )
    view = View(
        finding,
        chart,
        rows,
        [ORDER_NUMBER, CUSTOMERS, ORDERS, ITEMS, value],
        note=asked.later_orders_caution(),
    )
    return Panel(key, question, counts, ["marts.rpt_order_sequence"], one_view(view))


def _lifecycle(source: Source) -> Panel:
    """The stages of all customers, or of those of a tier, with shares of the tier."""
    question = source.question(CustomerLifecycle)
    stage = Column("lifecycle_stage", "Stage")
    chart = charts.shares_side_by_side(
        Column("meaning", "Stage"), SHARES, CUSTOMERS, ORDERS, ITEMS
    )
    meanings = {question.rows[0]["lifecycle_stage"]: question.new.replace(" (", "\n(")}

    def explained(rows: Sequence[Row]) -> list[Row]:
        """Rows with what their stage means, where its label doesn't say so."""
        return [
            Row(row, meaning=meanings.get(row[stage.key], row[stage.key]))
            for row in rows
        ]

    every = view_of(question, chart)
    views: dict[Choice, View] = {(ALL,): replace(every, rows=explained(every.rows))}
    for row in _tier_rows(source):
        tier = row["loyalty_tier"]
        views[tier,] = View(
            question.tier_sentence(tier),
            chart,
            explained(question.by_tier[tier]),
            [stage, CUSTOMERS, ORDERS, ITEMS, *SHARES],
            note=question.caution(),
        )
    return Panel(
        "loyalty-lifecycle",
        question_of(question),
        "customers, orders and items",
        ["marts.rpt_customer_lifecycle", "marts.dim_customers"],
        views,
        [TIER],
        asks={CustomerLifecycle: (ALL,)},
    )


def _first_baskets(source: Source) -> Panel:
    question = source.question(FirstBaskets)
    department = Column("department", "In the first order")
    views: dict[Choice, View] = {}
    for bound in question.bounds:
        if question.lacking:
            views[str(bound),] = View(question.lacking)
            continue
        rows = [
            Row(row, is_sure=(row, bound) in question.sure)
            for row in question.known(bound)
        ]
        verdict = Column(f"reached_{bound}_verdict", "Against others")
        lead = Column(
            f"lead_{bound}", "Percentage points more than of others", "points"
        )
        reach = [
            Column(f"reached_{bound}_share", f"Reach {bound} orders", "share"),
            Column(f"reached_{bound}_share_of_others", "Of others", "share"),
        ]
        chart = charts.bars(
            department, lead, *reach, CUSTOMERS, verdict, highlight="is_sure"
        )
        views[str(bound),] = View(
            question.bound_sentence(bound),
            chart if rows else None,
            rows,
            [department, CUSTOMERS, OF_CUSTOMERS, *reach, lead, verdict],
            question.bound_verdict(bound),
            question.bound_caution(),
        )
    return Panel(
        "loyalty-baskets",
        question_of(question),
        "customers, by the departments of their first order",
        ["marts.rpt_first_baskets", "marts.dim_departments"],
        views,
        [REACHED],
        is_wide=True,
        asks={FirstBaskets: (str(question.bound),)},
    )
