"""Copies of raw files in which DuckDB can read what it can't in the files."""

from __future__ import annotations

import codecs
import gzip
import io
import shutil
from pathlib import Path

from instacart.raw_package.contents import is_gzip, read_chunks
from instacart.raw_package.records import split_records


def write_readable_copy(
    path: Path, copy: Path, cell_count: int | None, skipped_lines: int = 0
) -> None:
    """Copy a file with LF only, and each broken line quoted whole.

    Such a line then reads as one cell: it is rejected with its text, and takes no
    other row with it. Without a ``cell_count`` only the line ends are changed.
    """
    copy.parent.mkdir(parents=True, exist_ok=True)
    opened = gzip.open if is_gzip(copy) else open
    with opened(copy, "wt", encoding="utf-8", newline="") as target:
        if cell_count is None:
            newlines = io.IncrementalNewlineDecoder(None, translate=True)
            for chunk in codecs.iterdecode(read_chunks(path), "utf-8-sig"):
                target.write(newlines.decode(chunk))
            target.write(newlines.decode("", final=True))
            return
        for number, record in enumerate(split_records(path, cell_count)):
            if number < skipped_lines:
                continue
            text = record.text
            if not record.is_whole:
                text = '"' + text.replace('"', '""') + '"'
            target.write(text + "\n")


def discard_copies(copies_dir: str) -> str:
    """Remove the copies of raw files; they may hold names of customers."""
    shutil.rmtree(copies_dir, ignore_errors=True)
    return copies_dir
