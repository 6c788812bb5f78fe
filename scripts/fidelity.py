"""Compare a warehouse with the figures published for the real 2017 data.

    python scripts/fidelity.py --db warehouse/instacart.duckdb --out docs/fidelity.md

Runs ``analyses/synthetic_data_fidelity.sql``, which decides what is within its tolerance, and
says so in the terminal and, with ``--out``, on a page. Equal data gives equal bytes.
Exits 0 if every figure is within its tolerance, 1 if one is not, and 2 if there is
nothing to compare.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import sys
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import duckdb

PROJECT_DIR = Path(__file__).resolve().parents[1]
ANALYSIS = "synthetic_data_fidelity"
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


class FidelityError(Exception):
    """Why nothing can be compared, as one sentence for the person who asked."""


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


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return its exit code (0 within, 1 broken, 2 bad use)."""
    parser = argparse.ArgumentParser(
        prog="fidelity.py",
        description="Compare a warehouse with the figures published for the real data.",
    )
    parser.add_argument(
        "--db",
        default=os.environ.get("INSTACART_DB") or "warehouse/instacart.duckdb",
        help="the warehouse (default INSTACART_DB, else warehouse/instacart.duckdb)",
    )
    parser.add_argument(
        "--raw",
        default=os.environ.get("INSTACART_RAW_DIR") or "data/raw",
        help="folder of its raw files (default INSTACART_RAW_DIR, else data/raw)",
    )
    parser.add_argument(
        "--sql",
        help=f"compiled query (default: dbt compiles analyses/{ANALYSIS}.sql)",
    )
    parser.add_argument("--out", default="-", help="page to write (default none)")
    args = parser.parse_args(argv)
    database = Path(args.db)
    try:
        check_database(database)
        sql = read_query(Path(args.sql)) if args.sql else compile_query(database)
        cells = in_seed_order(compare(database, sql), metric_order())
        origin = describe_origin(Path(args.raw), cells)
        if args.out != "-":
            write_page(Path(args.out), page(cells, origin))
    except FidelityError as error:
        print(f"fidelity.py: {error}", file=sys.stderr)
        return 2
    print("\n".join(summary(cells, origin)))
    if args.out != "-":
        print(f"Page       {args.out}")
    return int(any(cell.verdict == BROKEN for cell in cells))


# --- the query ------------------------------------------------------------------


def check_database(database: Path) -> None:
    """Raise FidelityError unless the file is a warehouse that nobody is writing."""
    if not database.is_file():
        raise FidelityError(
            f"expected a warehouse at {database}, found no file; run `make build`, or"
            " name another with --db."
        )
    with connect(database) as warehouse:
        tables = "marts.fct_order_products, reference.published_figures"
        try:
            warehouse.execute(f"select 1 from {tables} limit 0")
            customers = warehouse.execute("from marts.dim_customers limit 1").fetchone()
        except duckdb.Error:
            raise FidelityError(
                f"expected marts and the seed published_figures in {database}, found"
                " none that can be read; run `make build`."
            ) from None
    if not customers:
        raise FidelityError(
            f"expected customers in {database}, found none; build it from a package"
            " that has some."
        )


def connect(database: Path) -> duckdb.DuckDBPyConnection:
    """Open a warehouse to read, with the settings that dbt has too."""
    memory_limit = os.environ.get("INSTACART_MEMORY_LIMIT") or "2GB"
    try:
        return duckdb.connect(
            str(database),
            read_only=True,
            config={
                "memory_limit": memory_limit,
                "threads": os.environ.get("INSTACART_THREADS") or "2",
                "temp_directory": os.environ.get("INSTACART_TEMP_DIR")
                or "warehouse/tmp",
                "preserve_insertion_order": "false",
            },
        )
    except duckdb.IOException:
        raise FidelityError(
            f"expected a database at {database} that can be opened, found one that is"
            " being written or is none; wait, or name another with --db."
        ) from None
    except duckdb.Error as error:
        raise FidelityError(
            "expected settings that DuckDB takes in INSTACART_MEMORY_LIMIT,"
            f" INSTACART_THREADS and INSTACART_TEMP_DIR, found others: {plain(error)}."
        ) from None


def read_query(path: Path) -> str:
    """Return the text of a compiled query."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FidelityError(
            f"expected a compiled query at {path}, found none that can be read:"
            f" {plain(error)}."
        ) from None


def compile_query(database: Path) -> str:
    """Return the analysis as dbt compiles it for a warehouse, which stays closed."""
    # Loading dbt takes longer than the query on a small package.
    from dbt.cli.main import dbtRunner

    os.environ["INSTACART_DB"] = str(database)
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
        raise FidelityError(
            f"expected analyses/{ANALYSIS}.sql to compile, found that it doesn't:"
            f" {plain(result.exception)}; run `dbt compile --select {ANALYSIS}`."
        )
    return nodes[0].compiled_code


def compare(database: Path, sql: str) -> list[Cell]:
    """Run the compiled analysis on a warehouse."""
    with connect(database) as warehouse:
        try:
            rows = warehouse.execute(sql)
            names = [column[0] for column in rows.description]
            cells = [
                Cell(**dict(zip(names, row, strict=True))) for row in rows.fetchall()
            ]
        except (duckdb.Error, TypeError) as error:
            raise FidelityError(
                f"expected analyses/{ANALYSIS}.sql to run on {database}, found that it"
                f" doesn't: {plain(error)}; build the warehouse anew."
            ) from None
    if not cells:
        raise FidelityError(
            f"expected figures in reference.published_figures of {database}, among them"
            " that of all customers, found none; run `dbt seed`."
        )
    return cells


def plain(error: object) -> str:
    """Return an error's text as part of a sentence."""
    return " ".join(str(error or "no reason given").split()).rstrip(".")


# --- order and origin -----------------------------------------------------------


def metric_order(figures: Path = FIGURES) -> list[str]:
    """Return the metrics in the order in which the seed lists them."""
    try:
        with figures.open(newline="", encoding="utf-8") as file:
            return list(dict.fromkeys(row["metric"] for row in csv.DictReader(file)))
    except (OSError, KeyError) as error:
        raise FidelityError(
            f"expected a column metric in {figures}, found none: {plain(error)}."
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


def write_page(path: Path, text: str) -> None:
    """Put a page in place whole, or leave the one that is there."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, "utf-8", newline="\n")
        os.replace(partial, path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise FidelityError(
            f"expected to write {path}, found that it can't be written:"
            f" {error.strerror or plain(error)}; name another with --out."
        ) from None


if __name__ == "__main__":
    sys.exit(main())
