"""List what commands have written for people to open."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from instacart import config
from instacart.config import shown
from instacart.errors import UserError


def run(dashboard: Path, report: Path, docs: Path) -> Iterator[str]:
    """Give a line for each file that is there. Raises UserError if one is missing."""
    files = [
        (dashboard, "dashboard", "the dashboard, for a browser"),
        (report, "report", "the final report, for Excel or LibreOffice"),
        (docs / "index.html", "docs", "every table and column, for a browser"),
        (docs / "lineage.html", "docs", "where each column comes from, for a browser"),
        (config.database(), "build", "the warehouse, for BI tools and DuckDB"),
    ]
    width = max(len(shown(path)) for path, _, _ in files)
    yield ""
    for path, _, holds in files:
        if path.is_file():
            yield f"Open       {shown(path):<{width}}  {holds}"
    for path, target, _ in files:
        if not path.is_file():
            raise UserError(shown(path), "none", f"run `make {target}`")
