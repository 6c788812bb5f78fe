"""Which files of a raw folder this project wrote, by truth.json and enriched.json."""

from __future__ import annotations

import json
from pathlib import Path

RECORDS = ("truth.json", "enriched.json")
# Where `make data` works; a truth.json in it says that files were being published.
WORK = ".generating"


def recorded_files(folder: Path, records: tuple[str, ...] = RECORDS) -> dict[str, int]:
    """Names of the files that were written to a folder, with their size in bytes."""
    sizes: dict[str, int] = {}
    for record in records:
        try:
            files = json.loads((folder / record).read_text("utf-8"))["files"]
            sizes |= {name: file.get("bytes", -1) for name, file in files.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
    return {name: size for name, size in sizes.items() if Path(name).name == name}


def is_unchanged(path: Path, sizes: dict[str, int]) -> bool:
    """Whether a file is still as it was written, as far as its size tells."""
    return path.is_file() and sizes.get(path.name) == path.stat().st_size


def is_half_published(folder: Path) -> bool:
    """Whether a run of `make data` was cut short while it replaced files."""
    return (folder / WORK / RECORDS[0]).is_file()
