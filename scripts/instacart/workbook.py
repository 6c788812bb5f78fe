"""What both Excel workbooks are made of: colours, kinds of cells, formats and pages.

Colours are Okabe and Ito's (jfly.uni-koeln.de/color), which colour-blind readers can
tell apart; where two meet, they also differ in lightness, for grey prints.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import xlsxwriter
from xlsxwriter.exceptions import XlsxFileError
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from instacart.config import shown
from instacart.errors import UserError, one_line

BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
SKY, GREY, WARNING = "#56B4E9", "#8A939C", "#A33F00"
# Beside one highlight colour, from the darkest; all differ from BLUE in grey print.
DARK_GREY, MID_GREY, LIGHT_GREY = "#4A545E", "#9AA5B1", "#D3D9DF"
INK, FAINT_INK, RULE, BAND = "#1F2933", "#5A6672", "#C3CAD1", "#E4EDF5"
FONT, FONT_SIZE = "Arial", 10
LINK = {"font_color": BLUE, "underline": 1}
HEADER = {"bold": True, "bg_color": BAND, "bottom": 1, "bottom_color": BLUE}

# How Excel shows a kind of value; other kinds are texts.
NUMBER_FORMATS = {
    "count": "#,##0",
    "change": "+#,##0;-#,##0;0",
    "share": "0.0%",
    "fine_share": "0.00%",
    "signed_share": "+0.0%;-0.0%;0.0%",
    "points": "+0.0;-0.0;0.0",
    "money": "$#,##0.00",
    "dollars": "$#,##0",
    "decimal": "#,##0.00",
    "tenth": "0.0",
    "index": "0.00",
    "number": "0",
    "id": "0",
    "figure": "General",
    "date": "yyyy-mm-dd",
    # Without it LibreOffice shows some as 0 and 1.
    "boolean": '"TRUE";"TRUE";"FALSE"',
}
# Points of a line of text, and how many characters fit into a column's width of 1.
LINE_HEIGHT, CHARACTERS_PER_WIDTH = 13.5, 1.25
# What Excel allows: characters of a cell, points of a row.
CELL_CHARACTERS, HIGHEST_ROW = 32_767, 409
# XlsxWriter's answer to a text that it had to cut.
TOO_LONG = -2
A4 = 9


@dataclass(frozen=True)
class Column:
    """A column of a table: the key of its values, its heading, and their kind.

    It takes `span` columns of the sheet; width: in characters, where it has its own.
    """

    key: str
    heading: str
    kind: str = "text"
    span: int = 1
    width: float = 0

    @property
    def number_format(self) -> str:
        """How Excel shows its values."""
        return NUMBER_FORMATS.get(self.kind, "General")


class Book:
    """A workbook, written by XlsxWriter, in which equal cell formats are one format."""

    def __init__(
        self,
        path: Path,
        title: str,
        created: datetime,
        basis: dict[str, Any],
        **options: Any,
    ) -> None:
        """Begin one; basis: what its formats share, options: those of XlsxWriter."""
        self.basis = {"font_name": FONT, "font_size": FONT_SIZE} | basis
        self.workbook = xlsxwriter.Workbook(
            str(path),
            {
                # What a killed run leaves goes with the folder.
                "tmpdir": str(path.parent),
                "default_format_properties": {
                    "font_name": FONT,
                    "font_size": FONT_SIZE,
                },
                **options,
            },
        )
        # The time of the warehouse, so that it gives the same bytes again.
        self.workbook.set_properties({"title": title, "created": created})
        self._formats: dict[tuple[tuple[str, Any], ...], Format] = {}

    def format(self, **properties: Any) -> Format:
        """A format with these XlsxWriter properties; equal ones are one format."""
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self.workbook.add_format(self.basis | properties)
        return self._formats[key]

    def add_sheet(self, name: str, top_margin: float = 0.4) -> Worksheet:
        """Add a sheet that prints on A4 across, as wide as a page; margin in inches."""
        sheet = self.workbook.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.set_margins(left=0.3, right=0.3, top=top_margin, bottom=top_margin + 0.1)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(
            f'&L&"{FONT}"&8&A&R&"{FONT}"&8Page &P of &N', {"scale_with_doc": False}
        )
        return sheet

    def close(self) -> None:
        """Pack what was written into the file."""
        self.workbook.close()


def write_text(
    sheet: Worksheet,
    row: int,
    column: int,
    text: str,
    plain: Format,
    look: Format | None = None,
) -> int:
    """Write a text as it is, whatever it looks like; return XlsxWriter's answer.

    look: the cell's format, if not its column's. plain: one for the rare text that
    takes two pieces.
    """
    if text.startswith("<r>") and text.endswith("</r>"):
        # Else XlsxWriter would take it for the XML of a text in several formats.
        pieces = ("<r>", plain, text[3:CELL_CHARACTERS])
        answer = sheet.write_rich_string(
            row, column, *pieces, *([look] if look else [])
        )
    else:
        answer = sheet.write_string(row, column, text, look)
    return int(answer)


def sheet_address(sheet: str, row: int = 0) -> str:
    """Where a link to a row of a sheet leads, the row counted from 0."""
    return f"internal:'{sheet}'!A{row + 1}"


def line_count(text: str, width: float, density: float = 1) -> int:
    """How many lines a text takes in a width of the sheet; a little generous.

    density: how many characters take the room of one in the usual font.
    """
    # Cells are indented by about a character.
    fits = max(1.0, (width - 1.5) * CHARACTERS_PER_WIDTH * density)
    lines = 0
    for part in text.split("\n"):
        used = 0.0
        lines += 1
        for word in part.split(" "):
            if used and used + 1 + len(word) > fits:
                lines += 1
                used = 0.0
            used += len(word) + (1 if used else 0)
            # A word too long for a line is broken.
            while used > fits:
                lines += 1
                used -= fits
    return lines


@contextmanager
def said_in_a_sentence(target: Path) -> Iterator[None]:
    """Turn what the disk, XlsxWriter or DuckDB raises into a UserError."""
    try:
        yield
    except (OSError, XlsxFileError, duckdb.Error) as error:
        # XlsxWriter wraps what the system says.
        cause = error.args[0] if isinstance(error, XlsxFileError) else error
        raise UserError(
            f"to write {shown(target)}",
            f"that it can't be done ({one_line(cause)})",
            "see that the disk has room and the folder can be written",
        ) from error
