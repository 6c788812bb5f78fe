"""The last published files, and which of them readers see."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

KEPT = 3
ENDING = ".duckdb"


@contextmanager
def next_version(folder: Path, target: Path) -> Iterator[tuple[Path, int]]:
    """Give a path and number for a new file; on success it becomes `target`.

    The last files stay in the folder. What a killed run left in it is removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(".*"):
        left.unlink()
    number = max(versions(folder), default=0) + 1
    work, version = (folder / f"{dot}{number:06}{ENDING}" for dot in (".", ""))
    try:
        yield work, number
        os.replace(work, version)
        show(version, target)
    except BaseException:
        version.unlink(missing_ok=True)
        raise
    finally:
        work.unlink(missing_ok=True)
    for old in sorted(versions(folder))[:-KEPT]:
        versions(folder)[old].unlink()


def versions(folder: Path) -> dict[int, Path]:
    """The published files that are kept, by number."""
    return {
        int(path.stem): path
        for path in sorted(folder.glob(f"*{ENDING}"))
        if path.stem.isdecimal()
    }


def show(version: Path, target: Path) -> None:
    """Let readers see a version: those that open the file from now on."""
    # Where a link leads, so that it stays one.
    target = target.resolve()
    work = target.with_name(f".{target.name}.partial")
    work.unlink(missing_ok=True)
    try:
        try:
            os.link(version, work)
        except OSError:
            # On another disk, or one that has no hard links.
            shutil.copyfile(version, work)
        # Somebody's changes of the file before: DuckDB would apply them to this one.
        target.with_name(f"{target.name}.wal").unlink(missing_ok=True)
        os.replace(work, target)
    finally:
        work.unlink(missing_ok=True)
