"""Write the documentation site, one file, from the warehouse and dbt's project."""

from __future__ import annotations

from collections.abc import Iterator

from instacart import config
from instacart.config import shown
from instacart.dbt_process import run_dbt
from instacart.errors import UserError
from instacart.warehouse import open_warehouse


def run() -> Iterator[str]:
    """Write the site; give the lines of the summary. Raises UserError."""
    # Else dbt would make an empty warehouse.
    with open_warehouse(path=config.working_database()):
        pass
    if run_dbt("--log-level", "warn", "docs", "generate", "--static"):
        raise UserError(
            "dbt to write the documentation",
            "what it says above",
            "correct that and run `make docs` again",
        )
    page = config.target_dir() / "static_index.html"
    yield f"Written    {shown(page)}: open it in a browser (one file, no server needed)"
