"""Write the final report: an Excel workbook made from the warehouse.

Reads the warehouse and dbt's manifest of it. An existing report is replaced when the
new one is complete. What the report asks is in the folder questions, a file each; what
it looks like in the folder sheets.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from instacart.config import shown
from instacart.files import check_workbook_name, replaced_when_complete
from instacart.report.sheet import Sheet
from instacart.report.sheets import SHEETS
from instacart.report.source import read_source
from instacart.warehouse import open_warehouse, read_manifest
from instacart.workbook import INK, Book, said_in_a_sentence

TITLE = "Instacart grocery baskets: final report"


@dataclass(frozen=True)
class Written:
    """What a report has, and where its data is from."""

    sheets: int
    charts: int
    origin: str


def write_report(target: Path, say: Callable[[str], None] = print) -> Written:
    """Write the report to `target`; `say` gets lines of progress.

    Raises UserError, with an existing report as it was, if there is no warehouse to
    read or the target can't be written.
    """
    check_workbook_name(target)
    with open_warehouse() as warehouse, replaced_when_complete(target) as work:
        say(warehouse.shown_build())
        say(f"Writing {shown(target)} ...")
        names = [
            f"{number}. {each.NAME}" for number, each in enumerate(SHEETS, start=1)
        ]
        abouts = [each.ABOUT for each in SHEETS]
        contents = dict(zip(names, abouts, strict=True))
        source = read_source(warehouse, read_manifest(), contents)
        book = Book(
            work, TITLE, warehouse.written(), {"font_color": INK, "valign": "vcenter"}
        )
        book.workbook.set_size(2400, 1500)
        home = names[0]
        sheets = [
            Sheet(book, name, each.WIDTHS, home if name != home else "")
            for name, each in zip(names, SHEETS, strict=True)
        ]
        written = list(zip(sheets, SHEETS, strict=True))
        # The title page last: it links to what the others have.
        for sheet, each in (*written[1:], written[0]):
            each.write(sheet, source)
        book.close()
    charts = sum(sheet.chart_count for sheet in sheets)
    return Written(len(sheets), charts, source.facts.origin)


def run(target: Path) -> Iterator[str]:
    """Write the report; give the lines of the summary. Progress is printed."""
    start = time.monotonic()
    with said_in_a_sentence(target):
        made = write_report(target, lambda line: print(line, flush=True))
    yield f"Data       {made.origin}"
    yield (
        f"Report     {made.sheets} sheets, {made.charts} charts, in"
        f" {time.monotonic() - start:.1f} s"
    )
    yield f"Written    {shown(target)} ({target.stat().st_size / 1e3:,.0f} kB)"
