"""The export, and its workbook read back."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import openpyxl
from instacart import export as export_marts
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from support.warehouse import Built

# Makes a warehouse that holds what some statements put into it.
Make = Callable[..., Path]


@dataclass
class Exported:
    """A warehouse, the workbook of it, and what the export said."""

    built: Built
    path: Path
    said: str

    @cached_property
    def book(self) -> Workbook:
        return openpyxl.load_workbook(self.path)


def export(target: Path) -> str:
    """Export, and return the summary as one text."""
    return "\n".join(export_marts.export(target, lambda line: None))


# Rows of a sheet: the link to the contents with the grain, then the headings.
HEADER, FIRST = 2, 3


def headings(sheet: Worksheet) -> list[str]:
    return [cell.value for cell in sheet[HEADER]]


def cells(sheet: Worksheet) -> list[list[Any]]:
    """The rows below the headings, without what the grain takes beside them."""
    width = len([heading for heading in headings(sheet) if heading])
    rows = sheet.iter_rows(min_row=FIRST, max_col=width, values_only=True)
    return [list(row) for row in rows]


def shown(rows: list[dict[str, Any]]) -> list[list[Any]]:
    """Rows of the database as a spreadsheet holds them."""
    result = []
    for row in rows:
        values = []
        for value in row.values():
            if isinstance(value, datetime.date):
                value = datetime.datetime.combine(value, datetime.time())
            elif value is not None and not isinstance(value, bool | str):
                value = float(value)
            values.append(value)
        result.append(values)
    return result


def contents(book: Workbook) -> dict[str, list[Any]]:
    """The rows of the list of tables, by table."""
    rows = list(book["contents"].iter_rows(values_only=True))
    (header,) = [n for n, row in enumerate(rows) if row[0] == "Table"]
    assert rows[header] == ("Table", "Rows", "Columns", "Where", "Grain", "Description")
    # Headings of sections have nothing beside them.
    return {row[0]: list(row) for row in rows[header + 1 :] if row[1] is not None}


def sections(book: Workbook) -> list[str]:
    """The headings of sections in the list of tables."""
    rows = list(book["contents"].iter_rows(values_only=True))
    (header,) = [n for n, row in enumerate(rows) if row[0] == "Table"]
    return [row[0] for row in rows[header + 1 :] if row[1] is None]


def files_below(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
