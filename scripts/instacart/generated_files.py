"""What of a raw folder this project fabricated, by truth.json and enriched.json."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TRUTH, ENRICHED = RECORDS = ("truth.json", "enriched.json")
# Where `make data` works; a truth.json in it says that files were being published.
WORK = ".generating"
# Files of `make data` that hold nothing but published names.
REAL_FILES = ("aisles.csv", "departments.csv")
ALL = "all"
# So many rows of a file are in its record, to be looked for where another begins.
QUOTED_ROWS = 20
BEGINNING_BYTES = 1 << 16
# A record has some kilobytes.
RECORD_BYTES = 1 << 20


@dataclass(frozen=True)
class Recorded:
    """A file as it was written here."""

    size: int
    # ALL, names of columns, or None where nothing is.
    fabricated_columns: str | None
    # Whether it belongs to generated data, not to somebody's own.
    is_of_demo: bool
    # Some of its rows, by which it is recognized after an edit.
    rows: tuple[str, ...] = ()


def recorded_files(
    folder: Path, records: Iterable[str] = RECORDS
) -> dict[str, Recorded]:
    """The files that were written to a folder, by name."""
    found: dict[str, Recorded] = {}
    for record in records:
        try:
            files = read_record(folder, record)["files"]
            found |= {
                name: Recorded(
                    file.get("bytes", -1),
                    fabricated_columns(name, file),
                    record == TRUTH or bool(file.get("is_of_generated_data")),
                    tuple(file.get("first_rows", ())),
                )
                for name, file in files.items()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
    return {name: file for name, file in found.items() if Path(name).name == name}


def read_record(folder: Path, record: str = TRUTH) -> Any:
    """What a record holds. Raises OSError or ValueError where there is none.

    Only a file is read: opening a named pipe would wait for somebody to write to it.
    """
    path = folder / record
    if not path.is_file() or path.stat().st_size > RECORD_BYTES:
        raise FileNotFoundError(path)
    try:
        return json.loads(path.read_text("utf-8"))
    except RecursionError as error:
        raise ValueError(path) from error


def fabricated_columns(name: str, file: dict[str, Any]) -> str | None:
    """What a record says is fabricated; records of version 0.2 may not say it."""
    columns = file.get("fabricated_columns", [] if name in REAL_FILES else ALL)
    return ALL if columns == ALL else ", ".join(columns) or None


def is_unchanged(path: Path, recorded: Mapping[str, Recorded]) -> bool:
    """Whether a file is still as it was written, as far as its size tells."""
    file = recorded.get(path.name)
    return file is not None and path.is_file() and path.stat().st_size == file.size


def is_ours(path: Path, recorded: Mapping[str, Recorded]) -> bool:
    """Whether a file is as it was written, or an edit of that."""
    if is_unchanged(path, recorded):
        return True
    file = recorded.get(path.name)
    if file is None or not file.rows or not path.is_file():
        return False
    found = [cells(row) for row in first_rows(path, 10 * QUOTED_ROWS)]
    kept = sum(any(is_alike(cells(row), other) for other in found) for row in file.rows)
    return 2 * kept >= len(file.rows)


def first_rows(path: Path, count: int = QUOTED_ROWS) -> list[str]:
    """The first rows of a file below its header, as text."""
    with path.open("rb") as file:
        lines = file.read(BEGINNING_BYTES).decode("utf-8", "replace").splitlines()
    return lines[1 : count + 1]


def cells(row: str) -> list[str]:
    """The cells of a row, whatever separates them, but for blank ones."""
    found = [cell.strip(' "') for cell in re.split(r"[,;\t|]", row)]
    return [cell for cell in found if cell]


def is_alike(row: list[str], other: list[str]) -> bool:
    """Whether a row has the first cell of another, and half of its text."""
    kept = sum(len(cell) for cell in row if cell in other)
    return bool(row) and row[0] in other and 2 * kept >= sum(map(len, row))


def demo_files(folder: Path) -> list[str]:
    """The files of generated data, but for those that hold published names only."""
    recorded = recorded_files(folder)
    return [
        name
        for name, file in recorded.items()
        if file.is_of_demo
        and file.fabricated_columns
        and is_ours(folder / name, recorded)
    ]


def demo_records(folder: Path) -> list[str]:
    """The records of generated data."""
    return [
        record
        for record in RECORDS
        if any(file.is_of_demo for file in recorded_files(folder, [record]).values())
    ]


def fabricated_parts(files: Mapping[str, str | None]) -> list[str]:
    """What is fabricated of files, given the fabricated columns of each."""
    return [
        name if columns == ALL else f"{columns} of {name}"
        for name, columns in files.items()
        if columns
    ]


def is_half_published(folder: Path) -> bool:
    """Whether a run of `make data` was cut short while it replaced files."""
    return (folder / WORK / TRUTH).is_file()
