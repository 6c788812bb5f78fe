"""Whether the files that were checked are still those that lie there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from instacart.errors import UserError, one_line


@dataclass(frozen=True)
class Stamp:
    """By what one sees that a file was written or replaced; of a link, its target."""

    size: int
    # In nanoseconds.
    modified_ns: int
    inode: int


def stamp_of(path: Path) -> Stamp:
    status = path.stat()
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ino)


def check_unchanged(raw_dir: Path, checked: Mapping[str, Stamp]) -> None:
    """Raise UserError for the first file that is not as it was when it was checked.

    Args:
        raw_dir: Folder with the raw files.
        checked: Stamps taken before the files were looked at, by name in the folder.
    """
    for name, stamp in checked.items():
        if difference := change_since(raw_dir / name, stamp):
            raise UserError(
                f"the file of {stamp.size:,} bytes that was checked",
                f"{difference} before it was read to its end",
                "put that file back or wait until the new one is whole, and build"
                " again",
                where=name,
            )


def change_since(path: Path, stamp: Stamp) -> str | None:
    """What happened to a file since its stamp was taken, if anything did."""
    try:
        now = stamp_of(path)
    except (FileNotFoundError, NotADirectoryError):
        return "it gone"
    except OSError as error:
        return f"that it can't be looked at ({one_line(error).lower()})"
    if now.inode != stamp.inode:
        return f"another of {now.size:,} bytes in its place"
    if now.size != stamp.size:
        return f"{now.size:,} bytes in it"
    if now.modified_ns != stamp.modified_ns:
        return "it written again"
    return None
