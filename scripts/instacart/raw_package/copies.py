"""Records that DuckDB can't read as they are, and copies in which it can."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import shutil
from collections.abc import Iterator
from pathlib import Path

from instacart.raw_package.contents import read_chunks

# A record of a file with quotes may span this many lines; more is an open quote.
LONGEST_RECORD_LINES = 5


def has_open_quote(path: Path, cell_count: int) -> bool:
    return any(not is_whole for _, is_whole in split_records(path, cell_count))


def split_records(path: Path, cell_count: int) -> Iterator[tuple[str, bool]]:
    """A file's records with whether each is whole; an open quote breaks one line only.

    A record with a line break inside quotes is whole if some lines together give
    the right number of cells.
    """
    lines = list(logical_lines(path))
    position = 0
    while position < len(lines):
        line = lines[position]
        taken = 1
        is_whole = True
        if '"' in line and not count_cells(line):
            is_whole = False
            for taken in range(2, LONGEST_RECORD_LINES + 1):
                record = "\n".join(lines[position : position + taken])
                if count_cells(record) == cell_count:
                    line, is_whole = record, True
                    break
            else:
                taken = 1
        yield line, is_whole
        position += taken


def logical_lines(path: Path) -> Iterator[str]:
    """A file's lines without their ends, whichever ends they have."""
    binary = io.BytesIO(b"".join(read_chunks(path)))
    with io.TextIOWrapper(binary, encoding="utf-8-sig", newline=None) as text:
        for line in text:
            yield line.removesuffix("\n")


def count_cells(record: str) -> int:
    """Cells of a CSV record as DuckDB splits it, or 0 where its quotes are wrong."""
    lines = io.StringIO(record)
    try:
        rows = list(csv.reader(lines, skipinitialspace=True, strict=True))
    except csv.Error:
        return 0
    return len(rows[0]) if len(rows) == 1 else 0


def write_readable_copy(path: Path, copy: Path, cell_count: int | None) -> None:
    """Copy a file with LF only, and each broken line quoted whole.

    Such a line then reads as one cell: it is rejected with its text, and takes no
    other row with it. Without a ``cell_count`` only the line ends are changed.
    """
    copy.parent.mkdir(parents=True, exist_ok=True)
    opened = gzip.open if copy.suffix == ".gz" else open
    with opened(copy, "wt", encoding="utf-8", newline="") as target:
        if cell_count is None:
            newlines = io.IncrementalNewlineDecoder(None, translate=True)
            for chunk in codecs.iterdecode(read_chunks(path), "utf-8-sig"):
                target.write(newlines.decode(chunk))
            target.write(newlines.decode("", final=True))
            return
        for record, is_whole in split_records(path, cell_count):
            if not is_whole:
                record = '"' + record.replace('"', '""') + '"'
            target.write(record + "\n")


def discard_copies(copies_dir: str) -> str:
    """Remove the copies of raw files; they may hold names of customers."""
    shutil.rmtree(copies_dir, ignore_errors=True)
    return copies_dir
