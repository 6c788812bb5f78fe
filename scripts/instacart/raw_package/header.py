"""The header of a raw file: its column names, their delimiter and the layout."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Mapping
from pathlib import Path

from instacart.errors import UserError
from instacart.raw_package.contents import Scan

DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
LONGEST_QUOTE = 120


def read_header(path: Path, scan: Scan, columns: Mapping[str, bool]) -> list[str]:
    """The column names of a file, in order, spelt as expected.

    Raises UserError where commas don't separate them, or one is there twice.
    """
    line = scan.first_lines[0]
    try:
        header = [cell.strip() for cell in next(csv.reader([line]))]
    except csv.Error:
        # A cell beyond the reader's limit is no column name.
        header = [line]
    refuse_other_delimiters(path, scan, is_one_cell=len(header) == 1)
    spelling = {column.lower(): column for column in columns}
    header = [spelling.get(cell.lower(), cell) for cell in header]
    for column in header:
        if column in columns and header.count(column) > 1:
            raise UserError(
                f"one column {column}",
                f"{header.count(column)} of that name",
                "remove or rename the others",
                where=path.name,
            )
    return header


def refuse_other_delimiters(path: Path, scan: Scan, is_one_cell: bool) -> None:
    """Raise UserError for a file whose header or rows something else separates."""
    line, *rows = scan.first_lines
    for delimiter, name in DELIMITERS.items():
        found = None
        if is_one_cell and delimiter in line:
            found = f"{name} in the header"
        elif rows and all(delimiter in row and "," not in row for row in rows):
            found = f"{name} in the rows"
        if found:
            raise UserError(
                "values separated by commas",
                found,
                "export the file again with commas",
                where=path.name,
            )


def is_wide_layout(
    header: list[str], columns: Mapping[str, bool], wide_column: str | None
) -> bool:
    """Whether a file holds one row of labels below one row of ids (departments)."""
    return bool(
        wide_column
        and len(header) > 1
        and set(columns) - set(header) == {wide_column}
        and all(
            cell.isdigit() or is_index_column(cell)
            for cell in header
            if cell not in columns
        )
    )


def is_index_column(cell: str) -> bool:
    """Whether a column is the row number that pandas adds to an exported file."""
    return not cell or cell.lower().startswith("unnamed:")


def check_wide(path: Path, scan: Scan, header: list[str]) -> None:
    """Raise UserError unless each id of a wide layout has a label."""
    rows = scan.first_lines[1:]
    if len(rows) > 1:
        raise UserError(
            "one row of names below a header of ids",
            "more rows",
            "keep the row of names only",
            where=path.name,
        )
    if len(set(header)) < len(header):
        raise UserError(
            "each id once in the header",
            f"one of them twice ({shorten(', '.join(header))})",
            "correct the header",
            where=path.name,
        )
    cells = next(csv.reader(rows)) if rows else header
    if len(cells) != len(header):
        raise UserError(
            f"{len(header)} names, one for each cell of the header",
            f"{len(cells)}",
            "complete the row",
            where=path.name,
        )
    nameless = [
        column
        for column, cell in zip(header, cells, strict=True)
        if column.isdigit() and not cell.strip()
    ]
    if nameless:
        raise UserError(
            "a name for each id",
            f"none for {shorten(', '.join(nameless))}",
            "complete the row",
            where=path.name,
        )


def check_columns(path: Path, header: list[str], columns: Mapping[str, bool]) -> None:
    """Raise UserError for the first column that a header lacks.

    columns: whether each is optional. An optional column may be absent, but not while
    an unknown one is in its place: it was renamed then, and would be lost in silence.
    """
    unknown = [
        cell for cell in header if cell not in columns and not is_index_column(cell)
    ]
    for column, is_optional in columns.items():
        if column not in header and (unknown or not is_optional):
            raise lacking(path, header, columns, unknown, column)


def lacking(
    path: Path,
    header: list[str],
    columns: Mapping[str, bool],
    unknown: list[str],
    column: str,
) -> UserError:
    """The error for a column that a header lacks, with what may be meant for it."""
    if not set(header) & set(columns):
        # The line is a row then, and what a row says is nobody's to print.
        return UserError(
            f"a header with {', '.join(columns)} in the first line",
            "none of these names",
            "take the file as it was handed out, or add the header",
            where=path.name,
        )
    similar = difflib.get_close_matches(column, unknown, n=1, cutoff=0.4)
    if len(unknown) == 1 and len(set(columns) - set(header)) == 1:
        similar = unknown
    if similar:
        return UserError(
            f"a column {column}", f"{similar[0]} instead", "rename it", where=path.name
        )
    return UserError(
        f"a column {column}",
        f"only {shorten(', '.join(header))}",
        "take the file as it was handed out, or add the column",
        where=path.name,
    )


def shorten(text: str) -> str:
    """A text as a sentence can quote it."""
    return text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 3] + "..."
