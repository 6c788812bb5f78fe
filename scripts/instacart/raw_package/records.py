"""A raw file's records: where each ends, and what its quotes mean."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from instacart.raw_package.contents import LONGEST_LINE, read_chunks

# A record of a file with quotes may span this many lines; more is an open quote.
LONGEST_RECORD_LINES = 5

# How Spark writes cells: within quotes a backslash stands before each quote, and before
# each backslash or not. A pattern of a cell, and one of what is escaped in it.
BACKSLASH_STYLES = [
    (
        re.compile(r'"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^",]*)'),
        re.compile(r'\\(["\\])'),
    ),
    (
        re.compile(r'"(?P<quoted>(?:[^"\\]|\\"|\\(?!"))*)"|(?P<plain>[^",]*)'),
        re.compile(r'\\(")'),
    ),
]


# A cell as DuckDB reads it: one blank before a quote does not count.
CELL = re.compile(r' ?"(?P<quoted>(?:[^"]|"")*)"|(?! ?")(?P<plain>[^,]*)')


class Record(NamedTuple):
    """A record as DuckDB can read it."""

    text: str
    is_whole: bool = True
    # Whether the file escapes quotes by backslashes here.
    had_backslashes: bool = False


def split_records(path: Path, cell_count: int) -> Iterator[Record]:
    """A file's records; an open quote breaks one line only.

    A line with wrong quotes is whole if backslashes escape them, or if some lines
    together give the right number of cells: a line break inside quotes.
    """
    lines = logical_lines(path)
    nearest = deque(islice(lines, LONGEST_RECORD_LINES))
    while nearest:
        record, taken = read_record(list(nearest), cell_count)
        yield record
        for _ in range(taken):
            nearest.popleft()
        nearest.extend(islice(lines, taken))


def read_record(lines: list[str], cell_count: int) -> tuple[Record, int]:
    """The record that some lines begin with, and how many of them it takes."""
    line = lines[0]
    if '"' not in line:
        return Record(line), 1
    found = count_cells(line)
    if found != cell_count and '\\"' in line:
        for cells in cells_with_backslashes(line):
            if len(cells) == cell_count:
                return Record(csv_line(cells), had_backslashes=True), 1
    if found:
        return Record(line), 1
    for taken in range(2, len(lines) + 1):
        record = "\n".join(lines[:taken])
        if count_cells(record) == cell_count:
            return Record(record), taken
    return Record(line, is_whole=False), 1


def logical_lines(path: Path) -> Iterator[str]:
    """A file's lines without their ends, whichever ends they have."""
    rest = ""
    for text in read_text(path):
        *lines, rest = (rest + text).split("\n")
        yield from lines
        # No line is longer, unless the file was changed since it was checked.
        if len(rest) > LONGEST_LINE:
            yield rest
            rest = ""
    if rest:
        yield rest


def read_text(path: Path) -> Iterator[str]:
    """A file's text in parts, with LF for whichever line ends it has."""
    newlines = io.IncrementalNewlineDecoder(None, translate=True)
    # It is UTF-8, unless the file was changed since it was checked.
    for text in codecs.iterdecode(read_chunks(path), "utf-8-sig", errors="replace"):
        yield newlines.decode(text)
    yield newlines.decode("", final=True)


def count_cells(record: str) -> int:
    """Cells of a CSV record as DuckDB splits it, or 0 where its quotes are wrong."""
    lines = io.StringIO(record)
    try:
        rows = list(csv.reader(lines, skipinitialspace=True, strict=True))
    except csv.Error:
        return 0
    return len(rows[0]) if len(rows) == 1 else 0


def cells_with_backslashes(line: str) -> Iterator[list[str]]:
    """The cells of a line in each style in which its backslashes can be meant."""
    for cell, escaped in BACKSLASH_STYLES:
        cells: list[str] = []
        position = 0
        while found := cell.match(line, position):
            quoted = found["quoted"]
            cells.append(
                found["plain"] if quoted is None else escaped.sub(r"\1", quoted)
            )
            end = found.end()
            if end == len(line):
                yield cells
                break
            if line[end] != ",":
                break
            position = end + 1


def readable_cells(record: str, cell_count: int) -> list[str] | None:
    """The cells of a record, if there are so many as DuckDB counts them.

    It ignores empty cells behind them.
    """
    cells: list[str] = []
    position = 0
    while found := CELL.match(record, position):
        quoted = found["quoted"]
        cells.append(found["plain"] if quoted is None else quoted.replace('""', '"'))
        position = found.end() + 1
        if position > len(record):
            is_whole = len(cells) >= cell_count and not any(cells[cell_count:])
            return cells[:cell_count] if is_whole else None
        if record[position - 1] != ",":
            break
    return None


def csv_line(cells: list[str]) -> str:
    """Cells as a line of CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()


def is_cut_short(last_lines: list[str], cell_count: int) -> bool:
    """Whether the last record lacks cells or the end of a quote.

    last_lines: the last lines of a file that ends within one, else none.
    """
    if not last_lines or not last_lines[-1].strip():
        return False
    line = last_lines[-1]
    for taken in range(1, min(len(last_lines), LONGEST_RECORD_LINES) + 1):
        if count_cells("\n".join(last_lines[-taken:])) >= cell_count:
            return False
    if any(len(cells) >= cell_count for cells in cells_with_backslashes(line)):
        return False
    # Closing the quote gives a record where there is none without.
    closed = f'{line}"'
    return bool(
        count_cells(line)
        or count_cells(closed)
        or ('\\"' in line and any(cells_with_backslashes(closed)))
    )
