"""A substitute for dbt's ``adapter`` where sqlfluff renders a model without dbt."""

from __future__ import annotations

from collections.abc import Callable


def dispatch(macro: str) -> Callable[..., str]:
    """An expression of the kind that the macro gives, whatever its arguments."""
    return lambda *arguments: "true" if macro == "matches_whole" else "null"
