"""Panels of the audiences of campaigns: how large they are, and what they favour."""

from __future__ import annotations

from dataclasses import replace

from instacart.dashboard.columns import CUSTOMERS, ITEMS, ORDERS
from instacart.dashboard.named_bars import named_bars
from instacart.dashboard.pages.asked import view_of
from instacart.dashboard.panel import (
    ALL,
    Choice,
    Click,
    Control,
    Option,
    Panel,
    View,
)
from instacart.report.questions.audiences import LISTING, OVERLAP, Audiences
from instacart.report.source import Source
from instacart.warehouse import Row
from instacart.workbook import Column

AUDIENCE = "audience"
CLICK = Click(AUDIENCE, "audience")
TITLE = Column("title", "Audience")
REVENUE = Column("revenue", "Revenue, dollars", "dollars")


def audience_control(source: Source) -> Control:
    """The drop-down of all audiences, also those that nobody is in."""
    every = source.question(Audiences).every
    named = [Option(row["audience"], row["title"]) for row in every]
    return Control(AUDIENCE, "Audience", {"": [Option(ALL, "All audiences"), *named]})


def sizes(source: Source) -> Panel:
    """How large the audiences are, or one of them."""
    question = source.question(Audiences)
    has_prices = source.facts.has_prices
    measure, more = (REVENUE, [CUSTOMERS]) if has_prices else (CUSTOMERS, [])
    chart = named_bars(
        TITLE,
        measure,
        *more,
        ORDERS,
        ITEMS,
        highlight="has_enough",
        click="audience",
    )
    few = question.of_few("grey")
    every = replace(
        view_of(question, chart if question.rows else None),
        finding=question.largest_sentence(),
        rows=[Row(row, has_enough=question.has_enough(row)) for row in question.rows],
        verdict="",
        note=f"{OVERLAP}{few}",
    )
    views: dict[Choice, View] = {(ALL,): every}
    for row in question.every:
        views[row["audience"],] = replace(
            every,
            finding=question.size_sentence(row),
            note=f"{LISTING}{few}" if row["customer_count"] else "",
        )
    return Panel(
        "loyalty-audiences",
        "How large are the audiences of campaigns?",
        "dollars" if has_prices else "customers",
        ["marts.rpt_audiences"],
        views,
        [AUDIENCE],
        CLICK,
    )


def favourites(source: Source) -> Panel:
    """By how much the audiences buy more of their favourite than all customers."""
    question = source.question(Audiences)
    labels = source.facts.verdicts
    compared = [
        Row(
            row,
            favourite=f"{row['title']}: {row['favoured_department']}",
            points=100 * row["share_difference"],
            is_sure=row["favoured_verdict"] == labels.differs,
        )
        for row in question.rows
        if row["favoured_department"]
    ]
    rows = sorted(
        compared, key=lambda row: (not question.has_enough(row), -row["points"])
    )
    points = Column("points", "Percentage points more than all customers", "points")
    shares = [
        Column("share_of_audience", "Of their items", "share"),
        Column("overall_share", "Of all items", "share"),
    ]
    verdict = Column("favoured_verdict", "Against all")
    department = Column("favoured_department", "Favourite")
    chart = named_bars(
        Column("favourite", "Audience and favourite"),
        points,
        *shares,
        verdict,
        highlight="is_sure",
        click="audience",
    )
    few = question.of_few("last, and grey")
    told = view_of(question, chart if rows else None)
    every = replace(
        told,
        note=f"{told.note}{few}",
        rows=rows,
        columns=[TITLE, CUSTOMERS, department, *shares, points, verdict],
    )
    views: dict[Choice, View] = {(ALL,): every}
    for row in question.every:
        views[row["audience"],] = (
            replace(
                every,
                finding=question.taste_sentence(row),
                verdict=row["favoured_verdict"],
                note=f"{question.caution()}{few}",
            )
            if row["customer_count"]
            else View(question.size_sentence(row))
        )
    return Panel(
        "loyalty-favourites",
        "What do audiences buy more of than all customers?",
        "items",
        ["marts.rpt_audiences"],
        views,
        [AUDIENCE],
        CLICK,
        asks={Audiences: (ALL,)},
    )
