"""The sheets of the report, a file each, in their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, cast

from instacart.report.sheet import Sheet
from instacart.report.sheets import (
    consistency,
    crosstabs,
    derivations,
    population_flow,
    recommendations,
    title_page,
    visualizations,
    wrangling,
)
from instacart.report.source import Source


class SheetModule(Protocol):
    """What a sheet is called, what the contents say of it, how wide its columns are in
    characters, and how it is written."""

    NAME: str
    ABOUT: str
    WIDTHS: Sequence[float]

    def write(self, sheet: Sheet, source: Source) -> None: ...


SHEETS = cast(
    tuple[SheetModule, ...],
    (
        title_page,
        population_flow,
        consistency,
        wrangling,
        derivations,
        visualizations,
        recommendations,
        crosstabs,
    ),
)
