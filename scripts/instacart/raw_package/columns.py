"""Which cell of a header is which column, and what is said of other names."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence

from instacart.errors import UserError
from instacart.raw_package.expectations import Column
from instacart.words import listing

# From this likeness on, 0 to 1, an unknown column may be a missing one renamed.
ALIKE = 0.6
# An optional column may well be absent: only what is nearly its name is meant for it.
OPTIONAL_ALIKE = 0.85
CONTAINED = 0.95
# A proposal has to be better than any other by so much.
MARGIN = 0.1
LONGEST_NAME = 60
LONGEST_QUOTE = 120


def bare(name: str) -> str:
    """A name without what makes no difference: case, blanks and punctuation."""
    return re.sub(r"[\s_.-]+", "", name).casefold()


def as_expected(header: Sequence[str], columns: Mapping[str, Column]) -> list[str]:
    """A header with the columns that are expected spelt as expected."""
    spelling = {bare(column): column for column in columns}
    return [spelling.get(bare(cell), cell) for cell in header]


def is_index_column(cell: str) -> bool:
    """Whether a column is the row number that pandas adds to an exported file."""
    return not cell or cell.lower().startswith("unnamed:")


def holds_values(header: Sequence[str], ids_are_titles: bool = False) -> bool:
    """Whether a header is a row, or goes on with one: it has a number or a date.

    What a row says is nobody's to print, as it may be a customer's name.
    """
    return any(
        any(map(str.isdigit, cell))
        and not any(map(str.isalpha, cell))
        and not (ids_are_titles and cell.isdigit())
        for cell in header
    )


def check_columns(
    name: str,
    header: Sequence[str],
    columns: Mapping[str, Column],
    ids_are_titles: bool = False,
) -> None:
    """Raise UserError for the columns that a header lacks.

    An optional column may be absent, but not while an unknown one is nearly its name:
    it was renamed then, and would be lost in silence.
    """
    unknown = [
        cell for cell in header if cell not in columns and not is_index_column(cell)
    ]
    missing = [column for column in columns if column not in header]
    present = {
        bare(other)
        for column in set(columns) - set(missing)
        for other in columns[column].also_called
    }
    candidates = [cell for cell in unknown if bare(cell) not in present]
    likeness = [
        [alike(cell, column, columns[column]) for cell in candidates]
        for column in missing
    ]
    # Optional columns that nothing is like are absent.
    wanted = [
        (column, row)
        for column, row in zip(missing, likeness, strict=True)
        if any(row) or not columns[column].is_optional
    ]
    if not wanted:
        return
    is_row = holds_values(header, ids_are_titles)
    if is_row or not (set(header) & set(columns) or any(map(any, likeness))):
        raise UserError(
            f"a header with {', '.join(columns)} in the first line",
            "values of a row beside them"
            if set(header) & set(columns)
            else "none of these names",
            "take the file as it was handed out, or add the header above the rows",
            where=name,
        )
    lacking = [column for column, _ in wanted]
    pairs = convincing_pairs([row for _, row in wanted])
    if pairs:
        renamed = {lacking[i]: candidates[j] for i, j in pairs.items()}
        raise renamed_columns(name, lacking, renamed, candidates)
    raise UserError(
        expected_columns(lacking),
        f"{shorten(listing(unknown))} in the header, which "
        f"{'are' if len(unknown) > 1 else 'is'} unknown"
        if unknown
        else f"only {shorten(', '.join(cell or '(unnamed)' for cell in header))}",
        "rename what is meant, or add what is missing"
        if unknown
        else f"take the file as it was handed out, or add {it_or_them(lacking)}",
        where=name,
    )


def alike(cell: str, title: str, column: Column) -> float:
    """How much an unknown name is like a missing column's, or 0 if too little."""
    found = bare(cell)
    names = [bare(each) for each in (title, *column.also_called)]
    if found in names:
        return 1.0
    if len(found) > LONGEST_NAME:
        return 0.0
    if column.is_optional and any(each in found for each in names):
        return CONTAINED
    best = max(difflib.SequenceMatcher(None, each, found).ratio() for each in names)
    return best if best >= (OPTIONAL_ALIKE if column.is_optional else ALIKE) else 0.0


def convincing_pairs(likeness: list[list[float]]) -> dict[int, int]:
    """For each row the place that belongs to it, such that the total is best.

    A row that nothing is like has none. Nothing at all is given where another
    assignment is nearly as good.
    """
    total, pairs = best_pairs(likeness)
    for row, place in pairs.items():
        without = [list(each) for each in likeness]
        without[row][place] = 0.0
        if best_pairs(without)[0] > total - MARGIN:
            return {}
    return pairs


def best_pairs(likeness: list[list[float]]) -> tuple[float, dict[int, int]]:
    """The assignment of places to rows with the best total, and that total."""
    # By the rows that have a place so far: the best way to give them one.
    best: dict[frozenset[int], tuple[float, dict[int, int]]] = {frozenset(): (0.0, {})}
    for place in nearest_places(likeness):
        for taken, (total, pairs) in list(best.items()):
            for row, values in enumerate(likeness):
                if row in taken or not values[place]:
                    continue
                key, better = taken | {row}, total + values[place]
                if key not in best or best[key][0] < better:
                    best[key] = better, {**pairs, row: place}
    return max(best.values(), key=lambda found: found[0])


def nearest_places(likeness: list[list[float]]) -> list[int]:
    """The places that a best assignment can need: no row needs more than there are."""
    nearest: set[int] = set()
    for values in likeness:
        ranked = sorted(range(len(values)), key=lambda place: -values[place])
        nearest.update(place for place in ranked[: len(likeness) + 1] if values[place])
    return sorted(nearest)


def renamed_columns(
    name: str,
    lacking: Sequence[str],
    renamed: Mapping[str, str],
    candidates: Sequence[str],
) -> UserError:
    """The error for columns of which some, or all, have another name in the file."""
    absent = [column for column in lacking if column not in renamed]
    others = [cell for cell in candidates if cell not in renamed.values()]
    remedy = "rename " + listing([f"{new} to {old}" for old, new in renamed.items()])
    found = f"{listing(list(renamed.values()))} instead"
    if absent:
        found = listing(
            [*(f"{new} for {old}" for old, new in renamed.items())]
            + [f"nothing for {column}" for column in absent]
            + [f"{shorten(listing(others))} beside them"] * bool(others)
        )
        remedy += f", and add {listing(absent)}"
    elif len(renamed) == 1:
        remedy = "rename it"
    return UserError(expected_columns(lacking), found, remedy, where=name)


def expected_columns(columns: Sequence[str]) -> str:
    if len(columns) == 1:
        return f"a column {columns[0]}"
    return f"columns {listing(columns)}"


def it_or_them(columns: Sequence[str]) -> str:
    return "the column" if len(columns) == 1 else "the columns"


def shorten(text: str) -> str:
    """A text as a sentence can quote it."""
    return text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 3] + "..."
