"""Compare a warehouse with the figures published for the real 2017 data.

Runs ``analyses/synthetic_data_fidelity.sql``, which decides what is within its
tolerance, and says so in the terminal and, with ``--out``, on a page. Equal data gives
equal bytes.
"""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path
from typing import Any

import duckdb

from instacart import config
from instacart.config import PROJECT_DIR, shown
from instacart.dbt_process import run_dbt
from instacart.errors import UserError, one_line
from instacart.files import replaced_when_complete
from instacart.generated_files import read_record
from instacart.synthetic import fidelity_page, generate
from instacart.synthetic.cells import (
    BROKEN,
    VERDICTS,
    Cell,
    error_text,
    number,
    tolerance_text,
    verdict_counts,
)
from instacart.warehouse import Warehouse, open_warehouse

ANALYSIS = "synthetic_data_fidelity"
FIGURES = PROJECT_DIR / "seeds" / "published_figures.csv"
# What docs/fidelity.md is about: package, scale and seed.
DOCUMENTED = ("careerfoundry", 1.0, 42)
WITHOUT_TESTS = ("--exclude-resource-type", "test", "unit_test")


def run(out: Path | None) -> int:
    """Compare the warehouse, and write a page if asked to; return 1 if not close.

    Raises UserError if there is nothing to compare.
    """
    # It may have been built in part, and has the published figures.
    working = config.working_database()
    with open_warehouse(path=working) as warehouse:
        check_warehouse(warehouse)
    query = compile_query()
    with open_warehouse(path=working) as warehouse:
        cells = in_seed_order(compare(warehouse, query), metric_order())
    origin = describe_origin(config.raw_dir(), cells)
    if out:
        with replaced_when_complete(out) as work:
            page = fidelity_page.page(cells, origin)
            work.write_text(page, "utf-8", newline="\n")
    print("\n".join(summary(cells, origin)))
    if out:
        print(f"Page       {shown(out)}")
    return int(any(cell.verdict == BROKEN for cell in cells))


def run_generated(out: Path | None, package: str, scale: float, seed: int) -> int:
    """Generate a package, build it without tests, and compare it; return the exit code.

    Everything lies in target/fidelity; only the page that docs/ has is written there.
    """
    folder = config.in_project("target/fidelity") / package
    os.environ |= {
        "INSTACART_RAW_DIR": str(folder / "raw"),
        "INSTACART_DB": str(folder / "instacart.duckdb"),
        "INSTACART_TEMP_DIR": str(folder / "tmp"),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    for line in generate.run(folder / "raw", package, scale, seed, dirt=0):
        print(line, flush=True)
    if code := run_dbt("build", "--select", f"+{ANALYSIS}", *WITHOUT_TESTS):
        return code
    is_documented = (package, scale, seed) == DOCUMENTED
    pages = config.in_project("docs") if is_documented else folder
    return run(out or pages / "fidelity.md")


# --- the query ------------------------------------------------------------------


def check_warehouse(warehouse: Warehouse) -> None:
    """Raise UserError unless the warehouse has customers and published figures."""
    warehouse.execute("from reference.published_figures limit 0")
    if not warehouse.rows("select customer_id from marts.dim_customers limit 1"):
        raise UserError(
            f"customers in {shown(warehouse.path)}",
            "none",
            "build it from a package that has some",
        )


def compile_query() -> str:
    """The analysis as dbt compiles it for the warehouse, which has to be closed."""
    # Loading dbt takes longer than the query on a small package.
    from dbt.cli.main import dbtRunner

    ran = dbtRunner().invoke(
        [
            *("compile", "--select", ANALYSIS, "--no-introspect"),
            *("--no-populate-cache", "--no-write-json", "--quiet"),
            *("--log-level", "none", "--log-level-file", "none"),
            *("--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR)),
        ]
    )
    results: Any = ran.result
    nodes = [each.node for each in results or [] if each.node.name == ANALYSIS]
    if not ran.success or not nodes or not nodes[0].compiled_code:
        raise UserError(
            f"analyses/{ANALYSIS}.sql to compile",
            f"that it doesn't: {one_line(ran.exception)}",
            f"run `dbt compile --select {ANALYSIS}`",
        )
    return str(nodes[0].compiled_code)


def compare(warehouse: Warehouse, sql: str) -> list[Cell]:
    """Run the compiled analysis on a warehouse."""
    try:
        rows = warehouse.connection.execute(sql)
        names = [column[0] for column in rows.description]
        cells = [Cell(**dict(zip(names, row, strict=True))) for row in rows.fetchall()]
    except (duckdb.Error, TypeError) as error:
        raise UserError(
            f"analyses/{ANALYSIS}.sql to run on {shown(warehouse.path)}",
            f"that it doesn't: {one_line(error)}",
            "build the warehouse again",
        ) from None
    if not cells:
        raise UserError(
            f"figures in reference.published_figures of {shown(warehouse.path)}",
            "none, or not that of all customers",
            "run `dbt seed`",
        )
    return cells


# --- order and origin -----------------------------------------------------------


def metric_order(figures: Path = FIGURES) -> list[str]:
    """Return the metrics in the order in which the seed lists them."""
    try:
        with figures.open(newline="", encoding="utf-8") as file:
            return list(dict.fromkeys(row["metric"] for row in csv.DictReader(file)))
    except (OSError, KeyError) as error:
        raise UserError(
            "a column metric",
            f"none: {one_line(error)}",
            "restore it",
            where=shown(figures),
        ) from None


def in_seed_order(cells: list[Cell], metrics: list[str]) -> list[Cell]:
    """Sort cells by metric as listed, then by dimension, numbers as numbers."""
    ranks = {metric: rank for rank, metric in enumerate(metrics)}

    def key(cell: Cell) -> tuple[int, str, list[tuple[int, int, str]]]:
        parts = re.split(r"([0-9]+)", cell.dimension)
        numbers_first = [
            (0, int(part), "") if part.isdigit() else (1, 0, part)
            for part in parts
            if part
        ]
        rank = ranks.get(cell.metric, len(ranks))
        return (rank, cell.metric, numbers_first)

    return sorted(cells, key=key)


def describe_origin(raw_dir: Path, cells: list[Cell]) -> str:
    """Say which package the cells are from, by truth.json if it describes them."""
    found = {
        cell.metric: int(cell.actual or 0)
        for cell in cells
        if cell.metric in ("customers", "orders") and cell.dimension == "all"
    }
    size = f"{found.get('customers', 0):,} customers"
    try:
        truth = read_record(raw_dir)
        stated = {metric: truth["expected"][metric] for metric in found}
        package = f"package {truth['package']}, scale {truth['scale']:g}"
        package += f", seed {truth['seed']}"
    except (OSError, ValueError, KeyError, TypeError):
        return f"{size}, origin not known"
    return f"{package}, {size}" if stated == found else f"{size}, origin not known"


# --- what is said ---------------------------------------------------------------


def summary(cells: list[Cell], origin: str) -> list[str]:
    """Return the lines for the terminal: what is broken, then the counts."""
    width = max(len(word) for word in VERDICTS)
    lines = [f"Fidelity   {origin}"]
    lines += [
        f"  {BROKEN}: {cell.metric}, {cell.dimension}: expected"
        f" {number(cell.expected)}, found {number(cell.actual)}; error"
        f" {error_text(cell)}, tolerance {tolerance_text(cell)}"
        for cell in cells
        if cell.verdict == BROKEN
    ]
    counts = verdict_counts(cells)
    lines += [
        f"  {word:<{width}} {count:>6,} figures" for word, count in counts.items()
    ]
    return lines
