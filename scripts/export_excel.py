"""Write the final report: an Excel workbook made of the warehouse.

    python scripts/export_excel.py

Reads the warehouse file (INSTACART_DB, else warehouse/instacart.duckdb) and dbt's
manifest (in DBT_TARGET_PATH, else target), and writes reports/Final Report.xlsx. An
existing report is replaced when the new one is complete.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from workbook import (
    consistency,
    crosstabs,
    derivations,
    population_flow,
    recommendations,
    title_page,
    visualizations,
    wrangling,
)
from workbook.design import Book
from workbook.facts import read_facts
from workbook.target import (
    check_workbook_name,
    replaced_when_complete,
    run,
    stop_as_asked,
)
from workbook.warehouse import open_warehouse, read_manifest

TARGET = Path("reports/Final Report.xlsx")
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

    Raises WorkbookError, with an existing report as it was, if there is no warehouse to
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


def report_lines(target: Path) -> list[str]:
    """Write the report; return the lines of a summary."""
    start = time.monotonic()
    made = write_report(target)
    return [
        f"Data       {made['origin']}",
        f"Report     {made['sheets']} sheets, {made['charts']} charts, in"
        f" {time.monotonic() - start:.1f} s",
        f"Written    {target} ({target.stat().st_size / 1e3:,.0f} kB)",
    ]


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return its exit code (0 done, 1 refused)."""
    return run(
        "export_excel.py",
        "Write the final report as an Excel workbook.",
        TARGET,
        report_lines,
        argv,
    )


if __name__ == "__main__":
    stop_as_asked()
    sys.exit(main())
