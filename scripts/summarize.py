"""Say in a few lines what the last ``dbt build`` made.

    python scripts/summarize.py

Reads the warehouse file (``INSTACART_DB``, else ``warehouse/instacart.duckdb``) and
``target/run_results.json``.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import duckdb
from demo_files import is_unchanged, recorded_files

COUNTS = ("rows_read", "rows_kept", "duplicates_removed", "rows_rejected")
HEADINGS = ("read", "kept", "duplicates", "rejected")


def main() -> int:
    """Print the summary; return the exit code (0 done, 1 nothing to summarize)."""
    database = Path(os.environ.get("INSTACART_DB", "warehouse/instacart.duckdb"))
    raw_dir = Path(os.environ.get("INSTACART_RAW_DIR", "data/raw"))
    try:
        if not database.is_file():
            raise FileNotFoundError
        with duckdb.connect(str(database), read_only=True) as warehouse:
            lines = raw_file_lines(warehouse, raw_dir)
            lines += mart_lines(warehouse)
            rejected = count(warehouse, "data_quality.rejected_rows")
            reasons = rejection_lines(warehouse)
            repaired = count(warehouse, "data_quality.repaired_values")
    except duckdb.IOException:
        print(
            f"summarize.py: expected a database at {database} that can be opened, found"
            " one that is being written or is none; wait, or name another with"
            " INSTACART_DB.",
            file=sys.stderr,
        )
        return 1
    except (FileNotFoundError, duckdb.Error):
        print(
            f"summarize.py: expected a built warehouse at {database}, found none that"
            " can be read; run `make build`.",
            file=sys.stderr,
        )
        return 1
    lines += test_lines(
        Path(os.environ.get("DBT_TARGET_PATH") or "target") / "run_results.json"
    )
    lines += [
        "",
        f"Database   {database} ({database.stat().st_size / 1e6:,.0f} MB)",
        f"Repairs    {repaired:,} values, in data_quality.repaired_values",
        f"Rejected   {rejected:,} row{'' if rejected == 1 else 's'}, in"
        " data_quality.rejected_rows",
        *reasons,
        "Next       query the marts (see README.md), or `make docs` for all columns",
    ]
    print("\n".join(lines))
    return 0


def raw_file_lines(warehouse: duckdb.DuckDBPyConnection, raw_dir: Path) -> list[str]:
    """A table of the raw files: rows read, kept, removed and rejected."""
    rows = warehouse.execute(
        f"select source_file, {', '.join(COUNTS)} from data_quality.file_row_counts"
        " order by rows_read desc, source_file"
    ).fetchall()
    sizes = recorded_files(raw_dir)
    generated = [is_unchanged(raw_dir / name, sizes) for name, *_ in rows]
    origin = "yours"
    if any(generated):
        origin = "generated demo files, all rows fabricated"
    if any(generated) and not all(generated):
        origin = "some generated and fabricated, some yours"
    heading = "".join(f"{word:>13}" for word in HEADINGS)
    return [
        "",
        f"Raw files in {raw_dir} ({origin})",
        f"  {'file':<27}{heading}",
        *(
            f"  {name:<27}" + "".join(f"{number:>13,}" for number in numbers)
            for name, *numbers in rows
        ),
    ]


def mart_lines(warehouse: duckdb.DuckDBPyConnection) -> list[str]:
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
    (reports,) = warehouse.execute(
        "select count(*) from information_schema.tables"
        " where table_schema = 'marts' and starts_with(table_name, 'rpt_')"
    ).fetchone()
    return [
        "",
        f"Marts      {', '.join(sizes)}",
        f"Reports    {reports}, as marts.rpt_...; queries for the brief's questions in"
        " analyses/",
    ]


def rejection_lines(warehouse: duckdb.DuckDBPyConnection) -> list[str]:
    """The most frequent reasons of rejected rows."""
    rows = warehouse.execute(
        "select dataset, reason, count(*) as row_count"
        " from data_quality.rejected_rows group by all"
        " order by row_count desc, dataset, reason limit 5"
    ).fetchall()
    return [f"           {number:,} in {name}: {why}" for name, why, number in rows]


def count(warehouse: duckdb.DuckDBPyConnection, table: str) -> int:
    return warehouse.execute(f"select count(*) from {table}").fetchone()[0]


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


if __name__ == "__main__":
    sys.exit(main())
