"""Write the final report: an Excel workbook made of the warehouse.

    python scripts/export_excel.py

Reads the warehouse file (INSTACART_DB, else warehouse/instacart.duckdb) and dbt's
manifest (in DBT_TARGET_PATH, else target), and writes reports/Final Report.xlsx. An
existing report is replaced when the new one is complete.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import duckdb
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
from workbook.target import replaced_when_complete
from workbook.warehouse import WorkbookError, open_warehouse, read_manifest
from xlsxwriter.exceptions import XlsxWriterException

TARGET = Path("reports/Final Report.xlsx")
TITLE = "Instacart grocery baskets: final report"


def write_report(target: Path) -> dict:
    """Write the report to `target`; return how many sheets and charts it has.

    Raises WorkbookError, with an existing report as it was, if there is no warehouse to
    read or the target can't be written.
    """
    with open_warehouse() as warehouse, replaced_when_complete(target) as work:
        manifest = read_manifest()
        facts = read_facts(warehouse)
        book = Book(work, TITLE, warehouse.written())
        names = {
            module: f"{number}. {name}"
            for number, (module, name) in enumerate(
                {
                    title_page: "Title page",
                    population_flow: "Population flow",
                    consistency: "Consistency checks",
                    wrangling: "Wrangling steps",
                    derivations: "Column derivations",
                    visualizations: "Visualizations",
                    recommendations: "Recommendations",
                    crosstabs: "Crosstabs",
                }.items(),
                start=1,
            )
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
        title_page.write(
            sheets[title_page], warehouse, facts, charts, list(sheets.values())
        )
        book.close()
    return {"sheets": len(sheets), "charts": book.chart_count, "origin": facts.origin}


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return its exit code (0 done, 1 refused)."""
    parser = argparse.ArgumentParser(
        prog="export_excel.py",
        description="Write the final report as an Excel workbook.",
    )
    parser.add_argument(
        "--out", type=Path, default=TARGET, help=f"file to write (default {TARGET})"
    )
    args = parser.parse_args(argv)
    start = time.monotonic()
    try:
        made = write_report(args.out)
    except WorkbookError as error:
        print(f"export_excel.py: {error}", file=sys.stderr)
        return 1
    except (OSError, XlsxWriterException, duckdb.Error) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        print(f"export_excel.py: can't write {args.out}: {reason}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("export_excel.py: stopped; nothing was replaced.", file=sys.stderr)
        return 130
    size = args.out.stat().st_size / 1e3
    print(
        f"Data       {made['origin']}\n"
        f"Report     {made['sheets']} sheets, {made['charts']} charts, in"
        f" {time.monotonic() - start:.1f} s\n"
        f"Written    {args.out} ({size:,.0f} kB)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
