"""The page that says how close a warehouse comes to what is published, in Markdown."""

from __future__ import annotations

from itertools import groupby

from instacart.synthetic.cells import (
    ABSENT,
    BROKEN,
    FULL_SIZE_ONLY,
    NOT_COMPARABLE,
    Cell,
    error_text,
    number,
    tolerance_text,
    verdict_counts,
)

TEXT_COLUMNS = {"Metric", "Worst cell", "Cell", "Verdict"}
BASES = {
    "exact": "Counted on the full data",
    "sample": "Estimated from real rows",
    "derived": "Calculated from such figures",
}


def page(cells: list[Cell], origin: str) -> str:
    """Return the Markdown page: what it is, a row per metric, then all cells."""
    metrics = [(name, list(rows)) for name, rows in groupby(cells, lambda x: x.metric)]
    present = [(name, rows) for name, rows in metrics if rows[0].verdict != ABSENT]
    absent = [name for name, rows in metrics if rows[0].verdict == ABSENT]
    counts = verdict_counts(cells)
    first = "Published" if is_full_size(cells) else "Expected"
    headings = (first, "Synthetic", "Error", "Tolerance", "Verdict")
    parts = [
        "# How close the synthetic data is to the real data",
        "The synthetic data is fabricated from end to end. This page compares it with"
        " the figures that public sources print of the real 2017 data. `make fidelity`"
        " writes it, by `analyses/synthetic_data_fidelity.sql`, from the seed"
        " `published_figures`; the same data gives the same page.",
        f"The synthetic data: {origin}. Of {len(cells):,} figures, "
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
    sentences = [
        "An error in per cent is relative to the published figure, any other is the"
        " difference; `exact` allows none."
    ]
    if not is_full_size(cells):
        sentences += [
            "This data does not have the 206,209 customers of the real one. It is"
            " expected to have the published counts in proportion, and errors of exact"
            " ones are relative. Every tolerance grows by what chance may do: by the"
            " figure's `noise` in the seed, five standard deviations or more of"
            " generated packages, divided by the square root of the expected count, or,"
            " of rates and means, of the customers. Figures that can't be taken in"
            f" proportion are `{FULL_SIZE_ONLY}`."
        ]
    if any(cell.verdict == NOT_COMPARABLE for cell in cells):
        sentences += [
            f"What depends on a var that is not as published is `{NOT_COMPARABLE}`."
        ]
    return " ".join(sentences)


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
    """Return a sentence per basis of a metric's figures, with where it is printed."""
    sentences = []
    for basis, text in BASES.items():
        printed = dict.fromkeys(cell.source for cell in cells if cell.basis == basis)
        if printed:
            sentences.append(f"{text} ({'; '.join(printed)}).")
    return " ".join(sentences)


def table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a Markdown table: texts to the left, figures to the right."""
    lines = [
        headings,
        tuple("---" if heading in TEXT_COLUMNS else "---:" for heading in headings),
        *(tuple(text.replace("|", "\\|") for text in texts) for texts in rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
