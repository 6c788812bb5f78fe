"""Packed files: opened as what is in them, within limits, and copied unpacked."""

from __future__ import annotations

import bz2
import errno
import gzip
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from io import BufferedIOBase
from pathlib import Path
from typing import IO

from instacart.errors import UserError
from instacart.words import listing, plural

GZIP_START = b"\x1f\x8b"
# Ending: what the file is, and how its bytes begin.
FORMATS = {
    ".gz": ("gzip data", GZIP_START),
    ".zip": ("a zip archive", b"PK"),
    ".bz2": ("bzip2 data", b"BZh"),
}
# What the modules raise for a damaged one, from lengths in it that can't be, too.
DAMAGED = (
    *(EOFError, IndexError, OverflowError, ValueError),
    *(struct.error, zlib.error, zipfile.BadZipFile),
)
DAMAGED_NUMBERS = (None, errno.EINVAL)
# The module unpacks other methods without a limit: 5 GB of memory for 4 kB of bzip2.
ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
UNUSUAL = "one packed by an unusual method"
# CSVs pack 3 to 20 times; 10 MB that hold 10 GB would fill the disk. Below so many
# bytes a file may pack as well as it likes.
UNPACKED_BYTES = 1 << 29
UNPACKED_RATIO = 100

MEMBERS_SHOWN = 3
LONGEST_NAME = 60
# A packed file beside a plain one is refused.
UNPACK = "unpack it there and remove the archive"


def is_packed(path: Path) -> bool:
    return path.suffix.lower() in FORMATS


def is_gzip(path: Path) -> bool:
    """Whether a file is packed as DuckDB reads it, too."""
    return path.suffix.lower() == ".gz"


def opened(path: Path, name: str) -> AbstractContextManager[IO[bytes] | BufferedIOBase]:
    """A file's bytes, unpacked. Raises UserError, or one of DAMAGED.

    Or an OSError whose number is one of DAMAGED_NUMBERS.
    """
    match path.suffix.lower():
        case ".zip":
            return opened_member(path, name)
        case ".gz":
            return gzip.open(path)
        case ".bz2":
            return bz2.open(path)
    return path.open("rb")


@contextmanager
def opened_member(path: Path, name: str) -> Iterator[IO[bytes]]:
    """The bytes of the one CSV file in a zip archive. Raises as `opened` does."""
    try:
        with zipfile.ZipFile(path) as archive:
            member = only_member(archive, name)
            check_unpacked_size(path, name, member.file_size)
            with archive.open(member) as unpacked:
                yield unpacked
                if unpacked.tell() < member.file_size:
                    raise zipfile.BadZipFile
    # For a method that the module does not know, and for a password.
    except NotImplementedError:
        raise not_unpacked(UNUSUAL, name) from None
    except RuntimeError:
        raise not_unpacked("one with a password", name) from None


def not_unpacked(found: str, name: str) -> UserError:
    expected = "a zip archive that can be unpacked here"
    return UserError(expected, found, UNPACK, where=name)


def only_member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """The one CSV file of an archive, but for what macOS adds."""
    members = [
        member
        for member in archive.infolist()
        if not member.is_dir()
        and not member.filename.startswith("__MACOSX/")
        and not Path(member.filename).name.startswith(".")
    ]
    if len(members) == 1 and members[0].filename.lower().endswith(".csv"):
        if members[0].compress_type not in ZIP_METHODS:
            raise not_unpacked(UNUSUAL, name)
        return members[0]
    names = [quotable(member.filename) for member in members[:MEMBERS_SHOWN]]
    more = len(members) - len(names)
    there = listing([*names, f"{more} more"] if more else names)
    raise UserError(
        "a zip archive of one CSV file",
        f"{plural(len(members), 'file')} in it" + (f" ({there})" if there else ""),
        UNPACK,
        where=name,
    )


def quotable(name: str) -> str:
    """A name from an archive as a sentence can quote it."""
    return name if len(name) <= LONGEST_NAME else name[:LONGEST_NAME] + "..."


def check_unpacked_size(path: Path, name: str, size: int) -> None:
    """Raise UserError where so many bytes can't be those of a packed CSV."""
    packed = path.stat().st_size
    limit = max(UNPACKED_BYTES, UNPACKED_RATIO * packed)
    if size > limit:
        raise UserError(
            f"at most {limit:,} bytes when unpacked",
            f"more in {packed:,} packed ones",
            "copy the file again, or if it is right, unpack it there and remove the"
            " archive",
            where=name,
        )


@contextmanager
def new_copy(copy: Path, name: str) -> Iterator[IO[bytes]]:
    """A file to write a copy to; it is removed unless it is written to its end.

    Raises UserError if the disk is full.
    """
    copy.parent.mkdir(parents=True, exist_ok=True)
    try:
        with copy.open("wb") as target:
            yield target
    except BaseException as error:
        copy.unlink(missing_ok=True)
        if getattr(error, "errno", None) not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise UserError(
            f"room for a copy in {copy.parent}",
            "a full disk",
            "free some or point INSTACART_TEMP_DIR to another",
            where=name,
        ) from None
