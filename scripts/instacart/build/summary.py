"""Say in a few lines what the last ``dbt build`` made."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from instacart import config, words
from instacart.build.record import RELATIONS, TESTS
from instacart.config import shown
from instacart.errors import printable
from instacart.origin import fabricated_parts, is_demo, read_files
from instacart.publish.state import State, read_state
from instacart.warehouse import Row, Warehouse, open_warehouse

COUNTS = ("rows_read", "rows_kept", "duplicates_removed", "rows_rejected")
HEADINGS = ("read", "kept", "duplicates", "rejected")
# What dbt says of a node that it could not build, or whose test found something.
MISSED = ("error", "skipped")
FAILED = ("error", "fail")


def summarize(path: Path) -> None:
    """Print the summary of the database that was built, also if that failed.

    Tables that it should have made and did not are named, and nothing is counted in
    them. Raises UserError if there is no warehouse to read.
    """
    state = read_state(config.record_dir())
    results = state.last_results
    missed = names(results, RELATIONS, MISSED)
    has_passed = not missed and not names(results, TESTS, FAILED)
    database = config.database()
    with open_warehouse(path=path) as warehouse:
        found = tables(warehouse)
        built = {name for name in found if name.partition(".")[2] not in missed}
        lines = [] if has_passed else ["", "The build did not pass. What there is:"]
        if "data_quality.file_row_counts" in built:
            lines += raw_file_lines(warehouse, config.raw_dir())
        lines += mart_lines(warehouse, built)
        lines += test_lines(results)
        lines += missed_lines(missed, found)
        lines += ["", *database_lines(state, database)]
        lines += quality_lines(warehouse, built)
    if has_passed:
        lines.append(
            "Next       `make demo` for dashboard, report and documentation, or"
            " `instacart query -c 'from marts.rpt_departments'`"
        )
    # A file's name may be anything.
    print("\n".join(printable(line, but="\n") for line in lines), flush=True)


def database_lines(state: State, database: Path) -> list[str]:
    """What readers see now."""
    if not database.is_file():
        return [f"Database   {shown(database)} is not there yet"]
    size = f"({database.stat().st_size / 1e6:,.0f} MB)"
    if state.is_published:
        return [f"Database   {shown(database)} {size}"]
    return [f"Database   {shown(database)} {size}: the build before, not this one"]


def names(
    results: Mapping[str, str], kinds: tuple[str, ...], statuses: Collection[str]
) -> list[str]:
    """Names of the nodes of some kinds that ended in one of some ways."""
    return sorted(
        unique_id.split(".")[-1 if unique_id.startswith("unit_test.") else 2]
        for unique_id, status in results.items()
        if unique_id.startswith(kinds) and status in statuses
    )


def tables(warehouse: Warehouse) -> list[str]:
    """Schema and name of all tables and views that are there."""
    rows = warehouse.execute(
        "select concat(table_schema, '.', table_name) from information_schema.tables"
    ).fetchall()
    return [name for (name,) in rows]


def raw_file_lines(warehouse: Warehouse, raw_dir: Path) -> list[str]:
    """A table of the raw files: rows read, kept, removed and rejected."""
    files = read_files(warehouse)
    heading = "".join(f"{word:>13}" for word in HEADINGS)
    return [
        "",
        f"Raw files in {shown(raw_dir)} ({origin(files)})",
        f"  {'file':<27}{heading}",
        *(
            f"  {file['source_file']:<27}"
            + "".join(f"{file[column]:>13,}" for column in COUNTS)
            for file in files
        ),
    ]


def origin(files: list[Row]) -> str:
    """Whose the files are, and what of them is fabricated, in brackets."""
    if is_demo(files):
        real = [file["source_file"] for file in files if not file["fabricated_columns"]]
        return f"generated demo files, all fabricated but {words.listing(real)}"
    parts = fabricated_parts(files)
    if parts:
        return f"yours, but {words.listing(parts)} fabricated by `make enrich`"
    return "yours"


def mart_lines(warehouse: Warehouse, built: Collection[str]) -> list[str]:
    """The size of each dimension and fact that was built, and the number of reports."""
    titles = {
        "marts.dim_customers": "customers",
        "marts.dim_products": "products",
        "marts.fct_orders": "orders",
        "marts.fct_order_products": "order products",
    }
    sizes = [
        f"{count(warehouse, table):,} {title}"
        for table, title in titles.items()
        if table in built
    ]
    reports = sum(name.startswith("marts.rpt_") for name in built)
    return [
        "",
        f"Marts      {', '.join(sizes) or 'none'}",
        f"Reports    {reports}, as marts.rpt_...; queries for the brief's questions in"
        " analyses/",
    ]


def quality_lines(warehouse: Warehouse, built: Collection[str]) -> list[str]:
    """How many values were repaired and rows rejected, as far as that was counted."""
    lines = []
    if "data_quality.repaired_values" in built:
        repaired = warehouse.value(
            "select coalesce(sum(value_count), 0) as value_count"
            " from data_quality.repaired_values"
        )
        lines.append(
            f"Repairs    {int(repaired):,} values, in data_quality.repaired_values"
        )
        lines += repair_lines(warehouse)
    if "data_quality.rejected_rows" in built:
        rejected = count(warehouse, "data_quality.rejected_rows")
        lines.append(
            f"Rejected   {rejected:,} row{'' if rejected == 1 else 's'}, in"
            " data_quality.rejected_rows"
        )
        lines += rejection_lines(warehouse)
    return lines


def repair_lines(warehouse: Warehouse) -> list[str]:
    """The repairs of whole columns, with one value of each."""
    rows = warehouse.execute(
        "select dataset, column_name, repair, raw_value, value_count"
        " from data_quality.repaired_values where value_count > 1"
        " order by value_count desc, dataset, column_name, repair, raw_value limit 5"
    ).fetchall()
    return [
        f"           {number:,} in {dataset}.{column}: {repair}, such as {value}"
        for dataset, column, repair, value, number in rows
    ]


def rejection_lines(warehouse: Warehouse) -> list[str]:
    """The most frequent reasons of rejected rows."""
    rows = warehouse.execute(
        "select dataset, reason, count(*) as row_count"
        " from data_quality.rejected_rows group by all"
        " order by row_count desc, dataset, reason limit 5"
    ).fetchall()
    return [f"           {number:,} in {name}: {why}" for name, why, number in rows]


def count(warehouse: Warehouse, table: str) -> int:
    return int(warehouse.value(f"select count(*) as row_count from {table}"))


def test_lines(results: Mapping[str, str]) -> list[str]:
    """A line on the last run's tests, and one for each node that failed or warned."""
    tests = [status for name, status in results.items() if name.startswith(TESTS)]
    not_made = names(results, RELATIONS, FAILED)
    failed, warned = names(results, TESTS, FAILED), names(results, TESTS, ["warn"])
    skipped = tests.count("skipped")
    counts = f"{tests.count('pass')} passed, {len(warned)} warned, {len(failed)} failed"
    if skipped:
        counts += f", {skipped} skipped"
    return [
        *([f"Tests      {counts}"] if tests else []),
        *(f"Failed     {name}" for name in (*not_made, *failed)),
        *(f"Warned     {name}" for name in warned),
    ]


def missed_lines(missed: Iterable[str], found: Iterable[str]) -> list[str]:
    """Names of the tables and views that the build should have made and did not."""
    older = {name.partition(".")[2] for name in found}
    missing = [name for name in missed if name not in older]
    outdated = [name for name in missed if name in older]
    lines = []
    for title, group in {
        f"Missing    {len(missing)} not built: ": missing,
        f"Outdated   {len(outdated)} as an older build left them: ": outdated,
    }.items():
        if group:
            text = title + ", ".join(group)
            lines += textwrap.wrap(text, 88, subsequent_indent=" " * 11)
    return lines
