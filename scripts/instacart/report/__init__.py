"""Write the final report: an Excel workbook made from the warehouse.

Reads the warehouse and dbt's manifest of it. An existing report is replaced when the
new one is complete.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from xlsxwriter.exceptions import XlsxWriterException

from instacart.config import shown
from instacart.errors import UserError, one_line
from instacart.files import check_workbook_name, replaced_when_complete
from instacart.report.design import Book
from instacart.report.facts import read_facts
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
from instacart.warehouse import open_warehouse, read_manifest

TITLE = "Instacart grocery baskets: final report"
# The sheets in their order: name, and what the contents say of them.
SHEETS = {
    title_page: ("Title page", "this page"),
    population_flow: (
        "Population flow",
        "every row from raw file to analysis, and how published pipelines go astray",
    ),
    consistency: (
        "Consistency checks",
        "what was checked in each file and column, what was found, what became of it",
    ),
    wrangling: ("Wrangling steps", "columns dropped, renamed and retyped, and why"),
    derivations: (
        "Column derivations",
        "each derived column: from what, on what conditions, with what values",
    ),
    visualizations: (
        "Visualizations",
        "one chart per question, with its table and a sentence that reads it",
    ),
    recommendations: (
        "Recommendations",
        "the brief's key questions and the stakeholders', answered",
    ),
    crosstabs: (
        "Crosstabs",
        "customers by two things at a time, as counts and shares",
    ),
}


def write_report(target: Path) -> dict:
    """Write the report to `target`; return how many sheets and charts it has.

    Raises UserError, with an existing report as it was, if there is no warehouse to
    read or the target can't be written.
    """
    check_workbook_name(target)
    with open_warehouse() as warehouse, replaced_when_complete(target) as work:
        warehouse.spill_to(work.parent / "spill")
        manifest = read_manifest()
        facts = read_facts(warehouse)
        book = Book(work, TITLE, warehouse.written())
        names = {
            module: f"{number}. {name}"
            for number, (module, (name, _)) in enumerate(SHEETS.items(), start=1)
        }
        home = names[title_page]
        sheets = {
            module: book.sheet(name, module.WIDTHS, home if name != home else None)
            for module, name in names.items()
        }
        population_flow.write(sheets[population_flow], warehouse, facts)
        consistency.write(sheets[consistency], warehouse, facts)
        wrangling.write(sheets[wrangling], warehouse, manifest)
        derivations.write(sheets[derivations], warehouse, manifest, facts)
        charts = visualizations.write(sheets[visualizations], warehouse, facts)
        recommendations.write(sheets[recommendations], warehouse, facts, charts)
        crosstabs.write(sheets[crosstabs], warehouse, facts)
        contents = {sheet.name: SHEETS[module][1] for module, sheet in sheets.items()}
        title_page.write(sheets[title_page], warehouse, facts, charts, contents)
        book.close()
    return {"sheets": len(sheets), "charts": book.chart_count, "origin": facts.origin}


def run(target: Path) -> Iterator[str]:
    """Write the report; give lines of progress and of the summary."""
    start = time.monotonic()
    yield f"Writing {shown(target)} ..."
    try:
        made = write_report(target)
    except XlsxWriterException as error:
        raise UserError(
            f"to write {shown(target)}", one_line(error), "see that the disk has room"
        ) from error
    yield f"Data       {made['origin']}"
    yield (
        f"Report     {made['sheets']} sheets, {made['charts']} charts, in"
        f" {time.monotonic() - start:.1f} s"
    )
    yield f"Written    {shown(target)} ({target.stat().st_size / 1e3:,.0f} kB)"
