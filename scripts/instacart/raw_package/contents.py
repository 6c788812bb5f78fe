"""The bytes of a raw file: encoding, line ends, quotes, formats that are not CSV."""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from instacart.errors import UserError

# Stays in the processor's cache: twice as fast as 4 MB.
CHUNK_BYTES = 1 << 18
# Unpacking costs as much as reading, so a large packed file is only looked at here.
PACKED_BYTES_CHECKED = 1 << 24
# Rows that are looked at for their delimiter.
FIRST_LINES = 100
# The last row of a file lies within.
TAIL_BYTES = 1 << 14

GZIP_START = b"\x1f\x8b"
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

    head: bytes = b""
    bytes_read: int = 0
    has_quotes: bool = False
    mixes_line_ends: bool = False
    # Lines that are not blank, of which the first is the header.
    first_lines: list[str] = field(default_factory=list)
    has_rows: bool = False
    # The end of a file that ends within a line, as whole lines.
    last_lines: list[str] = field(default_factory=list)


def scan_bytes(path: Path, name: str | None = None) -> Scan:
    """Look at a file's bytes once. Raises UserError if it is empty or not CSV.

    Messages call the file by its name, which is another one where the path is a copy's.
    """
    name = name or path.name
    scan = Scan()
    decoder = codecs.getincrementaldecoder("utf-8")()
    line_ends = LineEnds()
    tail = b""
    is_whole = True
    for chunk in read_chunks(path, name):
        if not scan.bytes_read:
            scan.head = chunk
            refuse_foreign_content(name, chunk)
        if not chunk.isascii() or decoder.getstate()[0]:
            decode(path, name, decoder, chunk, scan.bytes_read)
        scan.bytes_read += len(chunk)
        scan.has_quotes = scan.has_quotes or b'"' in chunk
        line_ends.see(chunk)
        tail = (tail + chunk if len(chunk) < TAIL_BYTES else chunk)[-TAIL_BYTES:]
        if is_gzip(path) and scan.bytes_read >= PACKED_BYTES_CHECKED:
            is_whole = False
            break
    if is_whole and (pending := decoder.getstate()[0]):
        raise not_utf8(path, name, pending[0], scan.bytes_read - len(pending))
    scan.mixes_line_ends = line_ends.are_mixed
    read_first_lines(name, scan)
    if is_whole:
        scan.last_lines = last_lines(tail, is_all=scan.bytes_read <= TAIL_BYTES)
    return scan


def is_gzip(path: Path) -> bool:
    return path.suffix.lower() == ".gz"


def last_lines(tail: bytes, is_all: bool) -> list[str]:
    """The last lines of a file that does not end with a line end; else none."""
    if tail.endswith((b"\n", b"\r")) or not tail.strip():
        return []
    lines = re.split(r"\r\n?|\n", tail.decode("utf-8-sig", errors="ignore"))
    return lines if is_all else lines[1:]


def read_chunks(path: Path, name: str | None = None) -> Iterator[bytes]:
    """A file's bytes, unpacked where it is gzipped."""
    with gzip.open(path) if is_gzip(path) else path.open("rb") as file:
        while True:
            try:
                chunk = file.read(CHUNK_BYTES)
            except (EOFError, gzip.BadGzipFile, zlib.error):
                raise not_gzip(path, name or path.name) from None
            if not chunk:
                return
            yield chunk


def not_gzip(path: Path, name: str) -> UserError:
    """The error for a file named .gz that can't be unpacked."""
    with path.open("rb") as packed:
        head = packed.read(64)
    refuse_foreign_content(name, head, is_packed=True)
    return UserError(
        "gzip data",
        "a packed file that is damaged or cut short"
        if head.startswith(GZIP_START)
        else "something else",
        "copy the file again",
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
    line = 1
    for chunk in read_chunks(path):
        line += chunk[: max(position, 0)].count(b"\n")
        position -= len(chunk)
    return UserError(
        "UTF-8 text",
        f"byte 0x{byte:02X} in line {line:,}, which is not UTF-8",
        "save the file as UTF-8 (`iconv -f WINDOWS-1252 -t UTF-8` often does it)",
        where=name,
    )


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
    scan.has_rows = len(lines) > 1
