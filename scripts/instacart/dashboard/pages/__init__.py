"""The pages of the dashboard, a file each, in the order of their tabs."""

from __future__ import annotations

from collections.abc import Callable

from instacart.dashboard.pages import (
    baskets,
    categories,
    customers,
    loyalty,
    overview,
    times,
    trust,
)
from instacart.dashboard.panel import Page
from instacart.report.source import Source

# After the overview, which shows of them what matters most.
PAGES: tuple[Callable[[Source], Page], ...] = (
    times.page,
    categories.page,
    customers.page,
    loyalty.page,
    baskets.page,
    trust.page,
)


def make_pages(source: Source) -> list[Page]:
    """All pages of a warehouse."""
    pages = [page(source) for page in PAGES]
    return [overview.page(source, pages), *pages]
