"""Copies of raw files in which DuckDB can read what it can't in the files."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

from instacart.raw_package.records import read_text, split_records
from instacart.raw_package.unpack import new_copy


def write_readable_copy(
    path: Path, name: str, copy: Path, cell_count: int | None, skipped_lines: int = 0
) -> None:
    """Copy a file unpacked, with LF only, and each broken line quoted whole.

    Such a line then reads as one cell: it is rejected with its text, and takes no
    other row with it. Without a ``cell_count`` only the line ends are changed.
    """
    with (
        new_copy(copy, name) as binary,
        io.TextIOWrapper(binary, encoding="utf-8", newline="") as target,
    ):
        if cell_count is None:
            target.writelines(read_text(path))
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
