"""The header of a raw file: its column names, their delimiter and the layout."""

from __future__ import annotations

import csv
from collections.abc import Mapping

from instacart.errors import UserError
from instacart.raw_package.columns import as_expected, bare, is_index_column, shorten
from instacart.raw_package.contents import Scan
from instacart.raw_package.expectations import Column, Expected

DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def read_header(name: str, scan: Scan, columns: Mapping[str, Column]) -> list[str]:
    """The column names of a file, in order, spelt as expected.

    Raises UserError where commas don't separate them, or one is there twice.
    """
    header = cells_of(scan.first_lines[0])
    refuse_other_delimiters(name, scan, is_one_cell=len(header) == 1)
    header = as_expected(header, columns)
    for column in header:
        if column in columns and header.count(column) > 1:
            raise UserError(
                f"one column {column}",
                f"{header.count(column)} of that name",
                "remove or rename the others",
                where=name,
            )
    return header


def cells_of(line: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line]))]
    except csv.Error:
        # A cell beyond the reader's limit is no column name.
        return [line]


def refuse_other_delimiters(name: str, scan: Scan, is_one_cell: bool) -> None:
    """Raise UserError for a file whose header or rows something else separates."""
    line, *rows = scan.first_lines
    for delimiter, title in DELIMITERS.items():
        found = None
        if is_one_cell and delimiter in line:
            found = f"{title} in the header"
        elif rows and all(delimiter in row and "," not in row for row in rows):
            found = f"{title} in the rows"
        if found:
            raise UserError(
                "values separated by commas",
                found,
                "export the file again with commas",
                where=name,
            )


def is_wide_layout(
    header: list[str], columns: Mapping[str, Column], wide_column: str | None
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


def is_below_default_header(scan: Scan, expected: Expected) -> bool:
    """Whether the header is the second line, below one of pandas' own names.

    df.T.to_csv() of a wide file gives it: ``,0`` above ``department_id,department``.
    """
    if not expected.index_may_be_id or len(scan.first_lines) < 2:
        return False
    columns = {bare(column) for column in expected.columns}
    first, second = (
        [bare(cell) for cell in cells_of(line)] for line in scan.first_lines[:2]
    )
    return (
        columns <= set(second)
        and not columns <= set(first)
        and all(is_unnamed(cell) or cell.isdigit() or cell in columns for cell in first)
    )


def with_index_as_id(
    name: str, scan: Scan, header: list[str], expected: Expected
) -> list[str]:
    """A header with the id in place of the index column that holds it, if one does.

    Raises UserError where the index is one of row numbers.
    """
    others = set(expected.columns) - {expected.id_column}
    places = [place for place, cell in enumerate(header) if is_unnamed(cell)]
    if (
        not expected.index_may_be_id
        or not places
        or {cell for cell in header if not is_unnamed(cell)} != others
    ):
        return header
    # Each time pandas writes a file it may put another index before the others.
    place = places[-1]
    for line in scan.first_lines[1:]:
        if cells_of(line)[place : place + 1] in (["0"], ["0.0"]):
            raise UserError(
                f"a column {expected.id_column}",
                "an unnamed index that begins at 0, which is a row number",
                f"write the file with the column {expected.id_column}",
                where=name,
            )
    return [*header[:place], expected.id_column, *header[place + 1 :]]


def is_unnamed(cell: str) -> bool:
    return is_index_column(cell) or cell.lower() == "index"


def check_wide(name: str, scan: Scan, header: list[str]) -> None:
    """Raise UserError unless each id of a wide layout has a label."""
    rows = scan.first_lines[1:]
    if len(rows) > 1:
        raise UserError(
            "one row of names below a header of ids",
            "more rows",
            "keep the row of names only",
            where=name,
        )
    if len(set(header)) < len(header):
        raise UserError(
            "each id once in the header",
            f"one of them twice ({shorten(', '.join(header))})",
            "correct the header",
            where=name,
        )
    cells = next(csv.reader(rows)) if rows else header
    if len(cells) != len(header):
        raise UserError(
            f"{len(header)} names, one for each cell of the header",
            f"{len(cells)}",
            "complete the row",
            where=name,
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
            where=name,
        )
