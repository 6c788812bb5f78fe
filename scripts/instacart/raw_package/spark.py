"""Copies from which Spark reads what DuckDB reads from a file.

Spark reads lines without quotes as DuckDB does, but passes over a line of blanks. It
takes a blank before a quote for text, and one task reads all of a file that has line
breaks inside quotes.
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from urllib.parse import quote

from instacart.raw_package.contents import read_chunks
from instacart.raw_package.records import readable_cells, split_records
from instacart.raw_package.unpack import is_packed, new_copy

LINE_END = re.compile(rb"\r\n|\r|\n")
SPECIAL = re.compile(r'[",\r\n]')
# A line of what Java calls blanks.
BLANK_LINE = re.compile(rb"[\r\n][\x00-\x09\x0b\x0c\x0e-\x20]+[\r\n]")


def readable_for_spark(
    path: Path, name: str, cell_count: int, copies_dir: Path
) -> tuple[str, bool]:
    """Where Spark is to read what DuckDB reads from a path, and if a cell spans lines.

    Args:
        path: Of a file that was checked, or of the copy of it that DuckDB can read.
        name: Path of the file in the folder of raw files.
    """
    if not needs_copy(path):
        return str(path), False
    copy = copies_dir / "spark" / f"{quote(name)}.csv"
    return str(copy), write_spark_copy(path, name, copy, cell_count)


def needs_copy(path: Path) -> bool:
    """Whether Spark would read another thing from a file than DuckDB."""
    # Spark knows gzip data by .gz only, and keeps no checksum of a name with a colon.
    if ":" in path.name or (is_packed(path) and path.suffix != ".gz"):
        return True
    last_line = b""
    for chunk in read_chunks(path):
        text = last_line + chunk
        if b'"' in chunk or BLANK_LINE.search(text):
            return True
        last_line = text[max(text.rfind(b"\n"), text.rfind(b"\r"), 0) :]
    return bool(BLANK_LINE.search(last_line + b"\n"))


def write_spark_copy(path: Path, name: str, copy: Path, cell_count: int) -> bool:
    """Copy a file so that each line that DuckDB rejects is a single cell.

    Returns whether some cell of the copy has a line break.
    """
    line_end = line_end_of(path)
    spans_lines = False
    with (
        new_copy(copy, name) as binary,
        io.TextIOWrapper(binary, encoding="utf-8", newline="") as target,
    ):
        for record in split_records(path, cell_count):
            if not record.text:
                continue
            text = record.text.replace("\n", line_end)
            cells = readable_cells(text, cell_count)
            if cells is None:
                line = in_quotes(text)
            else:
                line = ",".join(
                    in_quotes(cell) if SPECIAL.search(cell) else cell for cell in cells
                )
                spans_lines = spans_lines or "\n" in line or "\r" in line
            target.write(f"{line}\n")
    return spans_lines


def in_quotes(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def line_end_of(path: Path) -> str:
    """How a file's first line ends. So do all: else it would be a copy with LF."""
    for chunk in read_chunks(path):
        if found := LINE_END.search(chunk):
            return found[0].decode()
    return "\n"
