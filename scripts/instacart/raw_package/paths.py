"""Names of files: their endings, what is left without them, and how to list them."""

from __future__ import annotations

import fnmatch
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

# What a file may be packed as to be read all the same.
PACKED = (".gz", ".zip", ".bz2")
PACKED_NAMES = "plain or packed (.gz, .zip, .bz2)"
# What can't be read, and what to do with an archive.
ARCHIVES = (".tar", ".tgz", ".tbz2", ".7z", ".rar", ".xz", ".zst")
UNREAD = (
    *ARCHIVES,
    *(".parquet", ".feather", ".pkl", ".pickle", ".json", ".tsv"),
    *(".xlsx", ".xls", ".ods"),
)
UNPACK = "unpack it there"
NAMES_SHOWN = 10
# What is no file, by the format in its status. Opening a pipe waits for a writer.
KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def plain_name(name: str) -> str:
    """A file's name in lower case and unpacked: orders.csv for Orders.csv.zip."""
    plain = name.lower()
    if not plain.endswith(PACKED):
        return plain
    plain = plain.removesuffix(ending(plain))
    return plain if "." in plain else f"{plain}.csv"


def bare_name(name: str) -> str:
    """A file's name without any ending that is known: orders for orders.csv.tar.gz."""
    bare = name.lower()
    while bare.endswith((".csv", *PACKED, *UNREAD)):
        bare = bare.rpartition(".")[0]
    return bare


def matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def ending(name: str) -> str:
    return Path(name.lower()).suffix


def is_archive(name: str) -> bool:
    """Whether a file may hold several others."""
    packed = ending(name) in PACKED and ending(Path(name).stem) == ".tar"
    return packed or ending(name) in (*ARCHIVES, ".zip")


def folders_in(folder: Path) -> list[Path]:
    """The folders in a folder that may be looked into: lost+found may not."""
    return [
        path
        for path in visible(folder)
        if path.is_dir() and os.access(path, os.R_OK | os.X_OK)
    ]


def paths_below(folder: Path, depth: int = 1) -> Iterator[Path]:
    """What the visible folders of a folder hold, and those in them so deep."""
    for inner in folders_in(folder):
        yield from visible(inner)
        if depth > 1:
            yield from paths_below(inner, depth - 1)


def kind_of(path: Path) -> str:
    """What lies there in place of a file."""
    try:
        return KINDS.get(stat.S_IFMT(path.stat().st_mode), "something else")
    except OSError:
        return "a link to nothing"


def shown(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def shortened(names: list[str]) -> list[str]:
    """Names as a sentence can list them."""
    more = len(names) - NAMES_SHOWN
    return names if more < 2 else [*names[:NAMES_SHOWN], f"{more} more"]


def visible(folder: Path) -> list[Path]:
    """What a folder holds, but for what systems and Spark keep there (__MACOSX)."""
    return sorted(
        path for path in folder.iterdir() if not path.name.startswith((".", "_"))
    )
