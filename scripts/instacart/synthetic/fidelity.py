"""Compare a warehouse with the figures published for the real 2017 data.

Runs ``analyses/twin_fidelity.sql``, which decides what is within its tolerance, and
says so in the terminal and, with ``--out``, on a page. Equal data gives equal bytes.
"""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import duckdb

from instacart import config
from instacart.config import PROJECT_DIR, shown
from instacart.errors import UserError, one_line
from instacart.files import replaced_when_complete
from instacart.warehouse import Warehouse, open_warehouse

ANALYSIS = "twin_fidelity"
FIGURES = PROJECT_DIR / "seeds" / "published_figures.csv"
WITHIN, BROKEN = "within", "broken"
ABSENT, FULL_SIZE_ONLY = "not in this package", "full size only"
VERDICTS = (WITHIN, BROKEN, ABSENT, FULL_SIZE_ONLY)
TEXT_COLUMNS = {"Metric", "Worst cell", "Cell", "Verdict"}
BASES = {
    "exact": "Counted on the full data",
    "sample": "Estimated from real rows",
    "derived": "Calculated from such figures",
}


@dataclass(frozen=True)
class Cell:
    """One figure as the analysis gives it: published, expected here, and found."""

    metric: str
    dimension: str
    published: float
    expected: float
    actual: float | None
    error: float | None
    tolerance: float | None
    is_within: bool | None
    tolerance_kind: str
    basis: str
    source: str

    @property
    def verdict(self) -> str:
        """One of VERDICTS, by what the analysis says."""
        if self.actual is None:
            return ABSENT
        if self.is_within is None:
            return FULL_SIZE_ONLY
        return WITHIN if self.is_within else BROKEN

    @property
    def strain(self) -> float:
        """How much of the tolerance is used up, rounded so that ties are ties."""
        if self.error is None or self.tolerance is None:
            return -1.0
        if not self.tolerance:
            return float("inf") if self.error else 0.0
        return round(abs(self.error) / self.tolerance, 9)


def run(out: Path | None) -> int:
    """Compare the warehouse, and write a page if asked to; return 1 if not close.

    Raises UserError if there is nothing to compare.
    """
    with open_warehouse(config.setting("INSTACART_MEMORY_LIMIT")) as warehouse:
        check_warehouse(warehouse)
    query = compile_query()
    with open_warehouse(config.setting("INSTACART_MEMORY_LIMIT")) as warehouse:
        warehouse.spill_to(config.temp_dir())
        cells = in_seed_order(compare(warehouse, query), metric_order())
    origin = describe_origin(config.raw_dir(), cells)
    if out:
        with replaced_when_complete(out) as work:
            work.write_text(page(cells, origin), "utf-8", newline="\n")
    print("\n".join(summary(cells, origin)))
    if out:
        print(f"Page       {shown(out)}")
    return int(any(cell.verdict == BROKEN for cell in cells))


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

    result = dbtRunner().invoke(
        [
            *("compile", "--select", ANALYSIS, "--no-introspect"),
            *("--no-populate-cache", "--no-write-json", "--quiet"),
            *("--log-level", "none", "--log-level-file", "none"),
            *("--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR)),
        ]
    )
    nodes = [run.node for run in result.result or [] if run.node.name == ANALYSIS]
    if not result.success or not nodes or not nodes[0].compiled_code:
        raise UserError(
            f"analyses/{ANALYSIS}.sql to compile",
            f"that it doesn't: {one_line(result.exception)}",
            f"run `dbt compile --select {ANALYSIS}`",
        )
    return nodes[0].compiled_code


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
    places = {metric: place for place, metric in enumerate(metrics)}

    def key(cell: Cell) -> tuple:
        parts = re.split(r"([0-9]+)", cell.dimension)
        numbers_first = [
            (0, int(part), "") if part.isdigit() else (1, 0, part)
            for part in parts
            if part
        ]
        place = places.get(cell.metric, len(places))
        return (place, cell.metric, numbers_first)

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
        truth = json.loads((raw_dir / "truth.json").read_text("utf-8"))
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


def verdict_counts(cells: list[Cell]) -> dict[str, int]:
    """Return how many cells have each verdict, without those that none has."""
    verdicts = [cell.verdict for cell in cells]
    return {word: verdicts.count(word) for word in VERDICTS if word in verdicts}


def page(cells: list[Cell], origin: str) -> str:
    """Return the Markdown page: what it is, a row per metric, then all cells."""
    metrics = [(name, list(rows)) for name, rows in groupby(cells, lambda x: x.metric)]
    present = [(name, rows) for name, rows in metrics if rows[0].verdict != ABSENT]
    absent = [name for name, rows in metrics if rows[0].verdict == ABSENT]
    counts = verdict_counts(cells)
    first = "Published" if is_full_size(cells) else "Expected"
    headings = (first, "Twin", "Error", "Tolerance", "Verdict")
    parts = [
        "# How close the twin is to the real data",
        "The twin is fabricated from end to end. This page compares it with the figures"
        " that public sources print of the real 2017 data. `make fidelity` writes it,"
        f" by `analyses/{ANALYSIS}.sql`, from the seed `published_figures`; the same"
        " data gives the same page.",
        f"The twin: {origin}. Of {len(cells):,} figures, "
        + ", ".join(f"{count:,} {word}" for word, count in counts.items())
        + ".",
        reading(cells),
        "## Metrics",
        "The worst cell is the one that uses up most of its tolerance.",
        table(
            ("Metric", "Cells", "Worst cell", *headings),
            [metric_row(name, rows) for name, rows in present],
        ),
    ]
    if absent:
        parts += ["Not in this package: " + "; ".join(absent) + "."]
    parts += ["## Cells"]
    for name, rows in present:
        parts += [
            f"### {name}",
            sources(rows),
            table(("Cell", *headings), [(cell.dimension, *row(cell)) for cell in rows]),
        ]
    return "\n\n".join(parts) + "\n"


def is_full_size(cells: list[Cell]) -> bool:
    """Whether the published figures are expected as they are."""
    return all(cell.expected == cell.published for cell in cells)


def reading(cells: list[Cell]) -> str:
    """Return how to read errors, and how figures of this size came about."""
    text = (
        "An error in per cent is relative to the published figure, any other is the"
        " difference; `exact` allows none."
    )
    if is_full_size(cells):
        return text
    return (
        text + " This twin does not have the 206,209 customers of the real data. It is"
        " expected to have the published counts in proportion, and errors of exact ones"
        " are relative. Every tolerance grows by what chance may do: by the figure's"
        " `noise` in the seed, five standard deviations or more of generated packages,"
        " divided by the square root of the expected count, or, of rates and means, of"
        " the customers."
        f" Figures that can't be taken in proportion are `{FULL_SIZE_ONLY}`."
    )


def metric_row(name: str, cells: list[Cell]) -> tuple[str, ...]:
    """Return a metric's row: its worst cell, broken if any cell is."""
    worst = max(cells, key=lambda cell: cell.strain)
    return (name, f"{len(cells):,}", worst.dimension, *row(worst))


def row(cell: Cell) -> tuple[str, ...]:
    """Return a cell's texts, from its figure to its verdict."""
    verdict = f"**{BROKEN}**" if cell.verdict == BROKEN else cell.verdict
    return (
        number(cell.expected),
        number(cell.actual),
        error_text(cell),
        tolerance_text(cell),
        verdict,
    )


def sources(cells: list[Cell]) -> str:
    """Return a sentence per basis of a metric's figures, with where they stand."""
    sentences = []
    for basis, text in BASES.items():
        places = dict.fromkeys(cell.source for cell in cells if cell.basis == basis)
        if places:
            sentences.append(f"{text} ({'; '.join(places)}).")
    return " ".join(sentences)


def table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a Markdown table: texts to the left, figures to the right."""
    lines = [
        headings,
        tuple("---" if heading in TEXT_COLUMNS else "---:" for heading in headings),
        *(tuple(text.replace("|", "\\|") for text in texts) for texts in rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def number(value: float | None) -> str:
    """Return a figure with as many digits as a reader compares."""
    if value is None:
        return "none"
    if value == int(value) or abs(value) >= 10_000:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 1000 else f"{value:.4g}"


def error_text(cell: Cell) -> str:
    """Return the error in the unit of its tolerance, with its sign."""
    if cell.error is None:
        return "none"
    if cell.tolerance_kind == "relative":
        return f"{cell.error:+.2%}"
    return f"{cell.error:+,.4g}" if cell.error else "0"


def tolerance_text(cell: Cell) -> str:
    """Return the tolerance in the unit of the error."""
    if cell.tolerance is None:
        return "none"
    if cell.tolerance_kind == "exact":
        return "exact"
    if cell.tolerance_kind == "relative":
        return f"{100 * cell.tolerance:.3g}%"
    return f"{cell.tolerance:.3g}"
