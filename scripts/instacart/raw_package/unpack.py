"""Plain copies of packed files that DuckDB can't read as they are."""

from __future__ import annotations

import bz2
import errno
import shutil
import zipfile
import zlib
from pathlib import Path
from typing import IO

from instacart.errors import UserError
from instacart.raw_package.contents import CHUNK_BYTES, refuse_foreign_content
from instacart.words import listing, plural

# Ending: what the file is, and how its bytes begin.
FORMATS = {".zip": ("a zip archive", b"PK"), ".bz2": ("bzip2 data", b"BZh")}
DAMAGED = (EOFError, ValueError, zlib.error, zipfile.BadZipFile)
MEMBERS_SHOWN = 3
# A packed file beside a plain one is refused.
UNPACK = "unpack it there and remove the archive"


def needs_unpacking(path: Path) -> bool:
    return path.suffix.lower() in FORMATS


def unpack(path: Path, name: str, copy: Path) -> None:
    """Unpack a file into a copy. Raises UserError if that can't be done."""
    copy.parent.mkdir(parents=True, exist_ok=True)
    try:
        if path.suffix.lower() == ".zip":
            with zipfile.ZipFile(path) as archive:
                member = only_member(archive, name)
                with archive.open(member) as packed:
                    write(packed, name, copy)
        else:
            with bz2.open(path) as packed:
                write(packed, name, copy)
    except DAMAGED:
        raise damaged(path, name) from None
    except RuntimeError as error:
        # What the zip module raises for a password, and for a method it does not know.
        raise UserError(
            "a zip archive that can be unpacked here",
            "one packed by an unusual method"
            if isinstance(error, NotImplementedError)
            else "one with a password",
            UNPACK,
            where=name,
        ) from None
    except OSError as error:
        # That of a damaged bzip2 file comes from no call of the system.
        if error.errno is None:
            raise damaged(path, name) from None
        raise


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
        return members[0]
    names = [member.filename for member in members[:MEMBERS_SHOWN]]
    more = len(members) - len(names)
    there = listing([*names, f"{more} more"] if more else names)
    raise UserError(
        "a zip archive of one CSV file",
        f"{plural(len(members), 'file')} in it" + (f" ({there})" if there else ""),
        UNPACK,
        where=name,
    )


def write(packed: IO[bytes], name: str, copy: Path) -> None:
    try:
        with copy.open("wb") as target:
            shutil.copyfileobj(packed, target, CHUNK_BYTES)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise UserError(
            f"room for an unpacked copy in {copy.parent}",
            "a full disk",
            "free some or point INSTACART_TEMP_DIR to another",
            where=name,
        ) from None


def damaged(path: Path, name: str) -> UserError:
    """The error for a packed file that can't be unpacked."""
    form, start = FORMATS[path.suffix.lower()]
    with path.open("rb") as packed:
        head = packed.read(64)
    if not head.startswith(start):
        refuse_foreign_content(name, head, is_packed=True)
    return UserError(
        form,
        "a packed file that is damaged or cut short"
        if head.startswith(start)
        else "something else",
        "copy the file again",
        where=name,
    )
