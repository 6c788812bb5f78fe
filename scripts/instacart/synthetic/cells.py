"""Figures as the analysis compares them, and how they are written."""

from __future__ import annotations

from dataclasses import dataclass

# The verdicts of analyses/synthetic_data_fidelity.sql, in the order they are counted.
WITHIN, BROKEN = "within", "broken"
NOT_COMPARABLE, ABSENT = "not comparable", "not in this package"
FULL_SIZE_ONLY = "full size only"
VERDICTS = (WITHIN, BROKEN, NOT_COMPARABLE, ABSENT, FULL_SIZE_ONLY)


@dataclass(frozen=True)
class Cell:
    """One figure as the analysis gives it: published, expected here, and found."""

    metric: str
    dimension: str
    published: float
    expected: float
    actual: float | None
    error: float | None
    tolerance: float | None
    tolerance_kind: str
    verdict: str
    basis: str
    source: str

    @property
    def strain(self) -> float:
        """How much of the tolerance is used up, rounded so that ties are ties."""
        if self.error is None or self.tolerance is None:
            return -1.0
        if not self.tolerance:
            return float("inf") if self.error else 0.0
        return round(abs(self.error) / self.tolerance, 9)


def verdict_counts(cells: list[Cell]) -> dict[str, int]:
    """Return how many cells have each verdict, without those that none has."""
    verdicts = [cell.verdict for cell in cells]
    return {word: verdicts.count(word) for word in VERDICTS if word in verdicts}


def number(value: float | None) -> str:
    """Return a figure with as many digits as a reader compares."""
    if value is None:
        return "none"
    if value == int(value) or abs(value) >= 10_000:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 1000 else f"{value:.4g}"


def error_text(cell: Cell) -> str:
    """Return the error in the unit of its tolerance, with its sign."""
    if cell.error is None:
        return "none"
    if cell.tolerance_kind == "relative":
        return f"{cell.error:+.2%}"
    return f"{cell.error:+,.4g}" if cell.error else "0"


def tolerance_text(cell: Cell) -> str:
    """Return the tolerance in the unit of the error."""
    if cell.tolerance is None:
        return "none"
    if cell.tolerance_kind == "exact":
        return "exact"
    if cell.tolerance_kind == "relative":
        return f"{100 * cell.tolerance:.3g}%"
    return f"{cell.tolerance:.3g}"
