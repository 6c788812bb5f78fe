"""Write dbt's documentation and the lineage of its columns: two pages, no server."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from dbt_colibri.lineage_extractor.extractor import DbtColumnLineageExtractor
from dbt_colibri.report.generator import DbtColibriReportGenerator

from instacart import config
from instacart.config import shown
from instacart.dbt_process import run_dbt
from instacart.errors import UserError, one_line
from instacart.files import replaced_when_complete
from instacart.warehouse import open_warehouse

PAGES = {
    "index.html": "every table and column, by dbt",
    "lineage.html": "where each column comes from, by dbt-colibri",
}
# The page brings a tracker, which is off; this lets the browser refuse it, too.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline';"
    " img-src data:; font-src data:"
)


def run(folder: Path) -> Iterator[str]:
    """Write both pages into `folder`; give the lines of the summary.

    Progress is printed. Raises UserError, with older pages as they were.
    """
    start = time.monotonic()
    # Else dbt would make an empty warehouse.
    with open_warehouse(path=config.working_database()):
        pass
    index, lineage = (folder / name for name in PAGES)
    with (
        replaced_when_complete(index) as new_index,
        replaced_when_complete(lineage) as new_lineage,
    ):
        print("Documenting tables and columns ...", flush=True)
        if run_dbt("--log-level", "warn", "docs", "generate", "--static"):
            raise UserError(
                "dbt to write the documentation",
                "what it says above",
                "correct that and run `make docs` again",
            )
        shutil.copyfile(config.target_dir() / "static_index.html", new_index)
        print("Tracing each column ...", flush=True)
        write_lineage(config.target_dir(), new_lineage)
    yield f"Docs       2 pages in {time.monotonic() - start:.1f} s"
    for name, holds in PAGES.items():
        size = (folder / name).stat().st_size / 1e6
        yield f"Written    {shown(folder / name)} ({size:.1f} MB): {holds}"


def write_lineage(artifacts: Path, page: Path) -> None:
    """Write the page from dbt's manifest.json and catalog.json in `artifacts`.

    The folder of `page` gets temporary files. Raises UserError if a model is not built
    or its SQL can't be read: dbt-colibri would leave out its columns.
    """
    logging.getLogger("colibri").addHandler(Unreadable(logging.ERROR))
    extractor = DbtColumnLineageExtractor(
        str(artifacts / "manifest.json"), str(artifacts / "catalog.json")
    )
    DbtColibriReportGenerator(extractor, disable_telemetry=True).generate_report(
        str(page.parent)
    )
    text = (page.parent / "index.html").read_text("utf-8")
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    page.write_text(text.replace("<head>", f"<head>{policy}", 1), "utf-8")


class Unreadable(logging.Handler):
    """Turns an error that dbt-colibri logs into one that ends the command."""

    def emit(self, record: logging.LogRecord) -> None:
        raise UserError(
            "a warehouse that is built, of SQL that dbt-colibri can trace",
            one_line(record.getMessage()),
            "run `make build`, or correct that, and run `make docs` again",
        )
