"""The bytes of a raw file: encoding, line ends, quotes, formats that are not CSV."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from instacart.errors import UserError
from instacart.raw_package.unpack import (
    DAMAGED,
    DAMAGED_NUMBERS,
    FORMATS,
    GZIP_START,
    UNPACK,
    check_unpacked_size,
    is_packed,
    new_copy,
    opened,
)

# Stays in the processor's cache: twice as fast as 4 MB.
CHUNK_BYTES = 1 << 18
# Rows that are looked at for their delimiter.
FIRST_LINES = 100
# The last row of a file lies within.
TAIL_BYTES = 1 << 14
# All there is in rows of whole numbers.
DIGITS_AND_ENDS = b"0123456789,\r\n"
# What DuckDB reads is shorter, line end included. More than a chunk.
LONGEST_LINE = 2_000_000

# How a file begins, what it then is, and what to do.
FOREIGN_CONTENT = [
    (b"version https://git-lfs", "a Git LFS pointer", "run `git lfs pull` there"),
    (b"PK\x03\x04", "a zip archive or a workbook", "unpack it or save it as CSV"),
    (b"PAR1", "a Parquet file", "save it as CSV"),
    (GZIP_START, "gzip data", "name it .csv.gz"),
    (b"<!", "a web page", "download the file itself"),
    (b"<html", "a web page", "download the file itself"),
    (b"\xff\xfe", "UTF-16 text", "save it as UTF-8"),
    (b"\xfe\xff", "UTF-16 text", "save it as UTF-8"),
]


@dataclass
class LineEnds:
    """Which kinds of line ends a file has, seen chunk by chunk."""

    pairs: int = 0
    lone_feeds: int = 0
    lone_returns: int = 0
    last_byte: bytes = b""

    def see(self, chunk: bytes) -> None:
        if b"\r" in chunk or self.last_byte == b"\r":
            straddling = self.last_byte == b"\r" and chunk.startswith(b"\n")
            new_pairs = chunk.count(b"\r\n") + straddling
            self.pairs += new_pairs
            self.lone_feeds += chunk.count(b"\n") - new_pairs
            self.lone_returns += chunk.count(b"\r") - new_pairs
        else:
            # Counting would take as long as all the rest, and one is enough to know.
            self.lone_feeds += b"\n" in chunk
        self.last_byte = chunk[-1:]

    @property
    def are_mixed(self) -> bool:
        return sum(map(bool, (self.pairs, self.lone_feeds, self.lone_returns))) > 1


@dataclass
class Scan:
    """What one pass over the bytes of a file has shown."""

    # The beginning, with the header.
    head: bytes = b""
    # Unpacked.
    bytes_read: int = 0
    # Of the file as it lies there, packed or not.
    sha256: str = ""
    has_quotes: bool = False
    # Whether all bytes below the header are digits, commas and line ends.
    has_only_digits: bool = True
    mixes_line_ends: bool = False
    # Lines that are not blank, of which the first is the header.
    first_lines: list[str] = field(default_factory=list)
    has_rows: bool = False
    # The end of a file that ends within a line, as whole lines.
    last_lines: list[str] = field(default_factory=list)


def scan_bytes(path: Path, name: str | None = None, copy: Path | None = None) -> Scan:
    """Look at a file's bytes once. Raises UserError if it is empty or not CSV.

    Messages call the file by its name in the folder. A copy is of the unpacked bytes.
    """
    name = name or path.name
    scan = Scan()
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    line_ends = LineEnds()
    line_start = 0
    tail = b""
    with new_copy(copy, name) if copy else nullcontext() as target:
        for chunk in read_chunks(path, name):
            if not scan.bytes_read:
                refuse_packed_twice(path, name, chunk)
                refuse_foreign_content(name, chunk)
            if not chunk.isascii() or decoder.getstate()[0]:
                decode(path, name, decoder, chunk, scan.bytes_read)
            if not line_start:
                scan.head += chunk
            if scan.has_only_digits:
                rows = chunk if line_start else below_first_line(chunk)
                scan.has_only_digits = not rows.translate(None, DIGITS_AND_ENDS)
            line_start = next_line_start(path, name, chunk, scan.bytes_read, line_start)
            scan.bytes_read += len(chunk)
            scan.has_quotes = scan.has_quotes or b'"' in chunk
            line_ends.see(chunk)
            tail = (tail + chunk if len(chunk) < TAIL_BYTES else chunk)[-TAIL_BYTES:]
            if not is_packed(path):
                digest.update(chunk)
            if target:
                target.write(chunk)
    if pending := decoder.getstate()[0]:
        raise not_utf8(path, name, pending[0], scan.bytes_read - len(pending))
    scan.mixes_line_ends = line_ends.are_mixed
    read_first_lines(name, scan)
    scan.last_lines = last_lines(tail, is_all=scan.bytes_read <= TAIL_BYTES)
    if is_packed(path):
        with path.open("rb") as packed:
            digest = hashlib.file_digest(packed, "sha256")
    scan.sha256 = digest.hexdigest()
    return scan


def next_line_start(
    path: Path, name: str, chunk: bytes, chunk_start: int, line_start: int
) -> int:
    """Where the line begins that a chunk ends in, given the one it begins in.

    Raises UserError where that is longer than any row.
    """
    if chunk_start + len(chunk) - line_start >= LONGEST_LINE:
        line_end = re.search(rb"[\r\n]", chunk)
        size = chunk_start + (line_end.start() if line_end else len(chunk)) - line_start
        if size >= LONGEST_LINE:
            raise UserError(
                f"lines of fewer than {LONGEST_LINE:,} bytes",
                f"line {line_number(path, line_start):,} longer",
                "export the file again with a line end after each row",
                where=name,
            )
    last = chunk.rfind(b"\n")
    last = max(last, chunk.rfind(b"\r", last + 1))
    return chunk_start + last + 1 if last >= 0 else line_start


def below_first_line(chunk: bytes) -> bytes:
    """What follows the first line end of a chunk, if there is one."""
    return b"".join(re.split(rb"[\r\n]", chunk, maxsplit=1)[1:])


def last_lines(tail: bytes, is_all: bool) -> list[str]:
    """The last lines of a file that does not end with a line end; else none."""
    if tail.endswith((b"\n", b"\r")) or not tail.strip():
        return []
    lines = re.split(r"\r\n?|\n", tail.decode("utf-8-sig", errors="ignore"))
    return lines if is_all else lines[1:]


def read_chunks(path: Path, name: str | None = None) -> Iterator[bytes]:
    """A file's bytes, unpacked. Raises UserError where that is not possible."""
    name = name or path.name
    size = 0
    try:
        with opened(path, name) as file:
            while chunk := file.read(CHUNK_BYTES):
                size += len(chunk)
                if is_packed(path):
                    check_unpacked_size(path, name, size)
                yield chunk
    except DAMAGED:
        raise damaged(path, name) from None
    except OSError as error:
        if is_packed(path) and error.errno in DAMAGED_NUMBERS:
            raise damaged(path, name) from None
        raise


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


def refuse_packed_twice(path: Path, name: str, head: bytes) -> None:
    """Raise UserError where a packed file holds gzip data."""
    if is_packed(path) and head.startswith(GZIP_START):
        raise UserError(
            "comma-separated UTF-8 text when unpacked",
            "gzip data",
            UNPACK,
            where=name,
        )


def refuse_foreign_content(
    name: str | Path, head: bytes, is_packed: bool = False
) -> None:
    """Raise UserError for a file that begins as one of another format."""
    for start, found, remedy in FOREIGN_CONTENT:
        if is_packed and start == GZIP_START:
            continue
        if head[:64].lstrip().lower().startswith(start.lower()):
            raise UserError(
                "comma-separated UTF-8 text", found, remedy, where=str(name)
            )
    if not is_packed and b"\x00" in head.split(b"\n", 1)[0]:
        raise UserError(
            "comma-separated UTF-8 text",
            "binary data or UTF-16 text",
            "save it as CSV in UTF-8",
            where=str(name),
        )


def decode(
    path: Path,
    name: str,
    decoder: codecs.IncrementalDecoder,
    chunk: bytes,
    chunk_start: int,
) -> None:
    """Raise UserError where a chunk is not UTF-8."""
    pending = decoder.getstate()[0]
    try:
        decoder.decode(chunk)
    except UnicodeDecodeError as error:
        byte = (pending + chunk)[error.start]
        position = chunk_start - len(pending) + error.start
        raise not_utf8(path, name, byte, position) from None


def not_utf8(path: Path, name: str, byte: int, position: int) -> UserError:
    """The error for a byte at a position (from 0) of the unpacked file."""
    return UserError(
        "UTF-8 text",
        f"byte 0x{byte:02X} in line {line_number(path, position):,}, which is not"
        " UTF-8",
        "save the file as UTF-8 (`iconv -f WINDOWS-1252 -t UTF-8` often does it)",
        where=name,
    )


def line_number(path: Path, position: int) -> int:
    """The line of a position (from 0) of the unpacked file."""
    line = 1
    for chunk in read_chunks(path):
        line += chunk[:position].count(b"\n")
        position -= len(chunk)
        if position <= 0:
            break
    return line


def read_first_lines(name: str, scan: Scan) -> None:
    """Take the first lines from the head. Raises UserError if there is no header."""
    if not scan.head.removeprefix(codecs.BOM_UTF8).strip():
        raise UserError(
            "a header and rows",
            f"an empty file ({scan.bytes_read} bytes)",
            "download or export the file again",
            where=name,
        )
    lines = scan.head.decode("utf-8-sig", errors="ignore").splitlines()
    if not lines[0].strip():
        raise UserError(
            "a header in the first line",
            "a blank line",
            "remove the lines above the header",
            where=name,
        )
    lines = [line for line in lines if line.strip()]
    scan.first_lines = lines[:FIRST_LINES]
    scan.has_rows = len(lines) > 1 or scan.bytes_read > len(scan.head)
