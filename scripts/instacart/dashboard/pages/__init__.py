"""The pages of the dashboard, a file each, in the order of their tabs."""

from __future__ import annotations

from collections.abc import Callable

from instacart.dashboard.pages import times
from instacart.dashboard.panel import Page
from instacart.report.source import Source

PAGES: tuple[Callable[[Source], Page], ...] = (times.page,)
