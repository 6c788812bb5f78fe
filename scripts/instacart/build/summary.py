"""Say in a few lines what the last ``dbt build`` made."""

from __future__ import annotations

import json
from pathlib import Path

from instacart import config, words
from instacart.config import shown
from instacart.origin import fabricated_parts, is_demo, read_files
from instacart.warehouse import Row, Warehouse, open_warehouse

COUNTS = ("rows_read", "rows_kept", "duplicates_removed", "rows_rejected")
HEADINGS = ("read", "kept", "duplicates", "rejected")


def summarize() -> None:
    """Print the summary. Raises UserError if there is no warehouse to read."""
    with open_warehouse() as warehouse:
        lines = raw_file_lines(warehouse, config.raw_dir())
        lines += mart_lines(warehouse)
        rejected = count(warehouse, "data_quality.rejected_rows")
        reasons = rejection_lines(warehouse)
        repaired = count(warehouse, "data_quality.repaired_values")
        database = warehouse.path
    lines += test_lines(config.target_dir() / "run_results.json")
    lines += [
        "",
        f"Database   {shown(database)} ({database.stat().st_size / 1e6:,.0f} MB)",
        f"Repairs    {repaired:,} values, in data_quality.repaired_values",
        f"Rejected   {rejected:,} row{'' if rejected == 1 else 's'}, in"
        " data_quality.rejected_rows",
        *reasons,
        "Next       `make report`, `make docs` for all columns, or"
        " `instacart query -c 'from marts.rpt_departments'`",
    ]
    print("\n".join(lines))


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


def mart_lines(warehouse: Warehouse) -> list[str]:
    """The size of each dimension and fact, and the number of reports."""
    tables = {
        "customers": "dim_customers",
        "products": "dim_products",
        "orders": "fct_orders",
        "order products": "fct_order_products",
    }
    sizes = [
        f"{count(warehouse, f'marts.{table}'):,} {name}"
        for name, table in tables.items()
    ]
    reports = warehouse.value(
        "select count(*) as report_count from information_schema.tables"
        " where table_schema = 'marts' and starts_with(table_name, 'rpt_')"
    )
    return [
        "",
        f"Marts      {', '.join(sizes)}",
        f"Reports    {reports}, as marts.rpt_...; queries for the brief's questions in"
        " analyses/",
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


def test_lines(run_results: Path) -> list[str]:
    """One line with the tests of the last run, if there is one."""
    if not run_results.is_file():
        return []
    results = json.loads(run_results.read_text())["results"]
    tests = [
        result["status"]
        for result in results
        if result["unique_id"].startswith(("test.", "unit_test."))
    ]
    passed, warned = tests.count("pass"), tests.count("warn")
    failed = len(tests) - passed - warned
    return [f"Tests      {passed} passed, {warned} warned, {failed} failed"]
