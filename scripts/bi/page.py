"""The results in docs/bi.md, between two marks; every figure of them was measured."""

from __future__ import annotations

from typing import Any

from benchmark.page import gigabytes, plural, table
from instacart.errors import UserError

from bi.trial import Found

START, END = "<!-- results of make bi -->", "<!-- end of the results -->"
HEADINGS = (
    *("Client", "Version", "Lists tables, columns", "Figures as DuckDB's"),
    *("New data by", "Verdict", "Publishes", "Queries", "Failed", "Out of date"),
)
TEXTS = HEADINGS[:6]


def with_results(page: str, saved: dict[str, Any]) -> str:
    """A page with other results. Raises UserError if it has no place for them."""
    if page.count(START) != 1 or page.count(END) != 1:
        raise UserError(
            f"the lines {START} and {END}, once each",
            "another number of them",
            "add them where the results belong",
            where="docs/bi.md",
        )
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n\n{results(saved)}\n\n{END}{after}"


def results(saved: dict[str, Any]) -> str:
    """The table, the first error of each client that has one, and where it was run."""
    found = [Found(**each) for each in saved["found"]]
    machine = saved["machine"]
    errors = [f"{each.client} says: `{each.failure}`" for each in found if each.failure]
    return "\n\n".join(
        [
            table(HEADINGS, [row(each) for each in found], TEXTS),
            *errors,
            f"Run on {saved['date']} at commit {saved['commit']}, on"
            f" {machine['processor']}, {plural(machine['cores'], 'core')},"
            f" {gigabytes(machine['memory'])}, {machine['system']}.",
        ]
    )


def row(found: Found) -> tuple[str, ...]:
    return (
        found.client,
        found.versions,
        f"{yes(found.tables)}, {yes(found.columns)}",
        yes(found.figures),
        found.new_data,
        "passed" if found.is_passed else "**does not pass**",
        *(f"{each:,}" for each in (found.publishes, found.queries)),
        *(f"{each:,}" for each in (found.failed + found.wrong, found.stale)),
    )


def yes(is_so: bool) -> str:
    return "yes" if is_so else "**no**"
