"""Write the dashboard: one HTML file that opens without a server or a network.

Reads the published warehouse. What a page asks is in the folder pages, a file each; its
sentences are those of the report.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from instacart.config import shown
from instacart.dashboard.html import render
from instacart.dashboard.pages import make_pages
from instacart.errors import UserError, unusable_file
from instacart.files import OUT, replaced_when_complete
from instacart.report.source import read_source
from instacart.warehouse import open_warehouse

TITLE = "Instacart grocery baskets"


@dataclass(frozen=True)
class Written:
    """What a dashboard has, and where its data is from."""

    pages: int
    panels: int
    origin: str


def write_dashboard(target: Path, say: Callable[[str], None] = print) -> Written:
    """Write the dashboard to `target`; `say` gets lines of progress.

    Raises UserError, with an existing dashboard as it was, if there is no warehouse to
    read or the target can't be written.
    """
    if target.suffix.lower() not in {".html", ".htm"}:
        raise UserError(
            "a name that ends in .html", shown(target), f"name another file with {OUT}"
        )
    with open_warehouse() as warehouse, replaced_when_complete(target) as work:
        say(warehouse.shown_build())
        say(f"Writing {shown(target)} ...")
        source = read_source(warehouse)
        pages = make_pages(source)
        built = (
            f"From {warehouse.path.name}, built"
            f" {warehouse.written():%Y-%m-%d %H:%M} UTC."
        )
        try:
            work.write_text(render(pages, source.facts, TITLE, built), "utf-8")
        except OSError as error:
            raise unusable_file(error) from error
    panels = sum(len(page.panels) for page in pages)
    return Written(len(pages), panels, source.facts.origin)


def run(target: Path) -> Iterator[str]:
    """Write the dashboard; give the lines of the summary. Progress is printed."""
    start = time.monotonic()
    made = write_dashboard(target, lambda line: print(line, flush=True))
    yield f"Data       {made.origin}"
    yield (
        f"Dashboard  {made.pages} pages, {made.panels} panels, in"
        f" {time.monotonic() - start:.1f} s"
    )
    yield (
        f"Written    {shown(target)} ({target.stat().st_size / 1e3:,.0f} kB): open it"
        " with a double click"
    )
