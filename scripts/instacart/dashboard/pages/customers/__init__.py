"""The page on customers by segments of any type, a file for each of its panels."""

from __future__ import annotations

from instacart.dashboard.pages.customers.crosstab import crosstab_panel
from instacart.dashboard.pages.customers.departments import departments_panel
from instacart.dashboard.pages.customers.habits import (
    habits_panel,
    measure_control,
    ranking_panel,
)
from instacart.dashboard.pages.customers.hours import hours_panel
from instacart.dashboard.pages.customers.size import size_panel
from instacart.dashboard.pages.customers.types import (
    crossed_control,
    read_types,
    segment_control,
    type_control,
)
from instacart.dashboard.panel import Page
from instacart.report.source import Source


def page(source: Source) -> Page:
    """The page, with filters by segment type and segment that clicks on bars set."""
    types = read_types(source)
    return Page(
        "customers",
        "Customers",
        "Customers in segments of any type: how many they are, how, when and what they"
        " order, and how two types go together.",
        [
            size_panel(source, types),
            habits_panel(source, types),
            departments_panel(source, types),
            hours_panel(source, types),
            crosstab_panel(source, types),
            ranking_panel(source),
        ],
        [
            type_control(types),
            segment_control(types),
            measure_control(),
            crossed_control(types),
        ],
    )
