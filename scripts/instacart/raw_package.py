"""Looks at a raw package before dbt builds anything from it.

dbt-duckdb loads this module as a plugin (see ``profiles.yml``), so that plain
``dbt build`` makes the check. SQL can't do it: one wrong byte ends a query with
DuckDB's own error. What is expected of each file stands once, in
``models/staging/instacart/_instacart__sources.yml``; the macro
``prepare_raw_files`` hands it over as JSON.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import fnmatch
import gzip
import io
import json
import re
import shutil
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.exceptions import DbtRuntimeError

from instacart.errors import UserError
from instacart.generated_files import is_half_published, is_unchanged, recorded_files

# Stays in the processor's cache: twice as fast as 4 MB.
CHUNK_BYTES = 1 << 18
# Unpacking costs as much as reading, so a large packed file is only looked at here.
PACKED_BYTES_CHECKED = 1 << 24
# Rows that are looked at for their delimiter.
FIRST_LINES = 100
# A record of a file with quotes may span this many lines; more is an open quote.
LONGEST_RECORD_LINES = 5
# Quotes belong to names, and files with names are small; beyond this DuckDB decides.
QUOTED_BYTES_CHECKED = 1 << 25

DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
GZIP_START = b"\x1f\x8b"
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


def refusal(name: str, expected: str, found: str, remedy: str) -> UserError:
    """What is wrong with a raw file, as one sentence for the person who runs it."""
    return UserError(expected, found, remedy, where=name)


@dataclass
class Scan:
    """What one pass over the bytes of a file has shown."""

    first_lines: list[str] = field(default_factory=list)
    has_rows: bool = False
    mixes_line_ends: bool = False
    has_quotes: bool = False
    bytes_read: int = 0


def inspect_package(raw_dir: str, expectations: str, copies_dir: str) -> str:
    """Check every file of a raw package, and say where to read it.

    Args:
        raw_dir: Folder with the raw CSV files.
        expectations: JSON object, one entry per source table, each with ``files``
            (name patterns), ``one_of`` (names of which one must be there; empty
            for an optional file), ``columns`` (name to ``optional`` flag) and
            ``wide_column`` (the label of a one-row layout, or null).
        copies_dir: Folder for copies of files that DuckDB can't read as they are.

    Returns:
        JSON: ``{"error": sentence}``, or ``{"tables": {table: [{name, number, path,
        header, is_wide, is_generated}]}, "notes": [sentence]}``. ``header`` lists the
        columns in file order.
    """
    try:
        found = inspect_files(Path(raw_dir), json.loads(expectations), Path(copies_dir))
        return json.dumps(found)
    except UserError as error:
        found = {"error": str(error)}
    except OSError as error:
        unreadable = refusal(
            str(error.filename or raw_dir),
            "a file that can be read",
            error.strerror or "an error of the disk",
            "check it and who may read it",
        )
        found = {"error": str(unreadable)}
    # The run ends here, so nothing else would remove the copies.
    discard_copies(copies_dir)
    return json.dumps(found)


def inspect_files(raw_dir: Path, expectations: dict, copies_dir: Path) -> dict:
    """Do what ``inspect_package`` says; raises ``UserError``."""
    if not raw_dir.is_dir():
        raise refusal(
            str(raw_dir),
            "a folder with the raw CSV files",
            "no such folder",
            "point INSTACART_RAW_DIR to yours, or make demo files with `make data`",
        )
    if is_half_published(raw_dir):
        raise refusal(
            str(raw_dir),
            "the files of one `make data`",
            "a run that was cut short while it replaced them",
            "run `make data` again",
        )
    present = sorted(entry.name for entry in raw_dir.iterdir())
    tables: dict[str, list[dict]] = {}
    notes: list[str] = []
    for table, expected in expectations.items():
        names = find_files(table, raw_dir, present, expected)
        tables[table] = [
            inspect_file(raw_dir / name, expected, copies_dir, notes) for name in names
        ]
        if not names:
            notes.append(
                f"no {expected['files'][0]} in {raw_dir}: {expected['lacking']}"
            )
        lacking = {
            column
            for file in tables[table]
            for column in expected["columns"]
            if column not in file["header"] and not file["is_wide"]
        }
        notes += [f"no {column} in {table}.csv: unknown" for column in sorted(lacking)]
    generated = []
    for files in tables.values():
        names = generated_files(raw_dir, [file["name"] for file in files])
        for position, file in enumerate(files):
            file["number"] = file_number(position, file["name"])
            file["is_generated"] = file["name"] in names
        generated += names
    if generated:
        notes.append(f"generated, all rows fabricated: {', '.join(generated)}")
    taken = {file["name"] for files in tables.values() for file in files}
    unread = [
        name
        for name in present
        if name.removesuffix(".gz").endswith(".csv") and name not in taken
    ]
    if unread:
        notes.append(f"not read, as no package has such files: {', '.join(unread)}")
    return {"tables": tables, "notes": notes}


def file_number(position: int, name: str) -> int:
    """A number that sorts as a table's files do, and that no other file takes over.

    Rows loaded before a file came or went then belong to no file, not to another.
    """
    return (position << 16) + (zlib.crc32(name.encode()) & 0xFFFF)


def generated_files(raw_dir: Path, names: list[str]) -> list[str]:
    """Which files of one table are generated; stops where others lie beside them."""
    sizes = recorded_files(raw_dir)
    generated = [name for name in names if is_unchanged(raw_dir / name, sizes)]
    unknown = [name for name in names if name not in sizes]
    if generated and unknown:
        raise refusal(
            generated[0],
            f"no generated file beside {unknown[0]}",
            "one of `make data`",
            "remove the generated files and truth.json if the others are your own",
        )
    return generated


def find_files(
    table: str, raw_dir: Path, present: list[str], expected: dict
) -> list[str]:
    """Names of a table's files in a folder, plain or gzipped, in order."""
    names = [
        name
        for name in present
        for pattern in expected["files"]
        if fnmatch.fnmatchcase(name.removesuffix(".gz"), pattern)
    ]
    for name in names:
        if f"{name}.gz" in names:
            raise refusal(
                name,
                "one file",
                f"{name}.gz beside it",
                "remove the one that is out of date",
            )
        if not (raw_dir / name).is_file():
            raise refusal(
                name, "a file", "something else of that name", "put the CSV file there"
            )
    plain_names = {name.removesuffix(".gz") for name in names}
    if expected["one_of"] and not plain_names & set(expected["one_of"]):
        csv_files = [name for name in present if ".csv" in name.lower()]
        raise refusal(
            " or ".join(expected["one_of"]),
            f"in {raw_dir}, plain or gzipped",
            f"only {', '.join(csv_files)}" if csv_files else "no CSV file",
            "copy it there or point INSTACART_RAW_DIR to the folder that has it",
        )
    return names


def inspect_file(
    path: Path, expected: dict, copies_dir: Path, notes: list[str]
) -> dict:
    """Check one file's bytes and header; gives its entry for ``inspect_package``."""
    scan = scan_bytes(path)
    header = read_header(path, scan, expected)
    is_wide = is_wide_layout(header, expected)
    if is_wide:
        check_wide(path, scan, header)
    else:
        check_columns(path, header, expected["columns"])
    if not scan.has_rows:
        raise refusal(
            path.name,
            "rows below the header",
            "a header only",
            "download or export the file again",
        )
    read_path = path
    check_quotes = scan.has_quotes and scan.bytes_read <= QUOTED_BYTES_CHECKED
    if scan.mixes_line_ends or (check_quotes and has_open_quote(path, len(header))):
        read_path = copies_dir / path.name
        write_readable_copy(path, read_path, len(header) if check_quotes else None)
        notes.append(
            f"{path.name} mixes line ends or leaves a quote open: read from a copy in "
            f"which each line stands alone, values unchanged"
        )
    return {
        "name": path.name,
        "path": str(read_path),
        "header": header,
        "is_wide": is_wide,
    }


def read_chunks(path: Path) -> Iterator[bytes]:
    """A file's bytes, unpacked where it is gzipped."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        while True:
            try:
                chunk = file.read(CHUNK_BYTES)
            except (EOFError, gzip.BadGzipFile, zlib.error):
                with path.open("rb") as packed:
                    head = packed.read(64)
                refuse_foreign_content(path, head, is_packed=True)
                raise refusal(
                    path.name,
                    "gzip data",
                    "a packed file that is damaged or cut short"
                    if head.startswith(GZIP_START)
                    else "something else",
                    "copy the file again",
                ) from None
            if not chunk:
                return
            yield chunk


def scan_bytes(path: Path) -> Scan:
    """Look at a file's bytes once: encoding, line ends, quotes, first two lines.

    Raises:
        UserError: The file is empty, not UTF-8, or not CSV at all.
    """
    scan = Scan()
    decoder = codecs.getincrementaldecoder("utf-8")()
    head = b""
    lone_feeds = pairs = lone_returns = bytes_read = 0
    last_byte = b""
    is_whole = True
    for chunk in read_chunks(path):
        if not bytes_read:
            head = chunk
            refuse_foreign_content(path, head)
        bytes_read += len(chunk)
        if not chunk.isascii() or decoder.getstate()[0]:
            decode_or_raise(path, decoder, chunk, bytes_read - len(chunk))
        scan.has_quotes = scan.has_quotes or b'"' in chunk
        if b"\r" in chunk or last_byte == b"\r":
            straddling = last_byte == b"\r" and chunk.startswith(b"\n")
            new_pairs = chunk.count(b"\r\n") + straddling
            pairs += new_pairs
            lone_feeds += chunk.count(b"\n") - new_pairs
            lone_returns += chunk.count(b"\r") - new_pairs
        else:
            # Counting would take as long as all the rest, and one is enough to know.
            lone_feeds += b"\n" in chunk
        last_byte = chunk[-1:]
        if path.suffix == ".gz" and bytes_read >= PACKED_BYTES_CHECKED:
            is_whole = False
            break
    if not head.removeprefix(codecs.BOM_UTF8).strip():
        raise refusal(
            path.name,
            "a header and rows",
            f"an empty file ({bytes_read} bytes)",
            "download or export the file again",
        )
    if is_whole and decoder.getstate()[0]:
        pending = decoder.getstate()[0]
        raise not_utf8(path, pending[0], bytes_read - len(pending))
    scan.bytes_read = bytes_read
    scan.mixes_line_ends = sum(map(bool, (pairs, lone_feeds, lone_returns))) > 1
    text = head.decode("utf-8-sig", errors="ignore")
    if not text.splitlines()[0].strip():
        raise refusal(
            path.name,
            "a header in the first line",
            "a blank line",
            "remove the lines above the header",
        )
    all_lines = [line for line in text.splitlines() if line.strip()]
    scan.first_lines = all_lines[:FIRST_LINES]
    scan.has_rows = len(all_lines) > 1
    return scan


def refuse_foreign_content(path: Path, head: bytes, is_packed: bool = False) -> None:
    for start, what, remedy in FOREIGN_CONTENT:
        if is_packed and start == GZIP_START:
            continue
        if head[:64].lstrip().lower().startswith(start.lower()):
            raise refusal(path.name, "comma-separated UTF-8 text", what, remedy)
    if not is_packed and b"\x00" in head.split(b"\n", 1)[0]:
        raise refusal(
            path.name,
            "comma-separated UTF-8 text",
            "binary data or UTF-16 text",
            "save it as CSV in UTF-8",
        )


def decode_or_raise(
    path: Path, decoder: codecs.IncrementalDecoder, chunk: bytes, chunk_start: int
) -> None:
    pending = decoder.getstate()[0]
    try:
        decoder.decode(chunk)
    except UnicodeDecodeError as error:
        byte = (pending + chunk)[error.start]
        position = chunk_start - len(pending) + error.start
        raise not_utf8(path, byte, position) from None


def not_utf8(path: Path, byte: int, position: int) -> UserError:
    """The error for a byte at a position (from 0) of the unpacked file."""
    line = 1
    for chunk in read_chunks(path):
        line += chunk[: max(position, 0)].count(b"\n")
        position -= len(chunk)
    return refusal(
        path.name,
        "UTF-8 text",
        f"byte 0x{byte:02X} in line {line:,}, which is not UTF-8",
        "save the file as UTF-8 (`iconv -f WINDOWS-1252 -t UTF-8` often does it)",
    )


def read_header(path: Path, scan: Scan, expected: dict) -> list[str]:
    """The column names of a file, in order; raises where they are not separable."""
    line = scan.first_lines[0]
    try:
        header = [cell.strip() for cell in next(csv.reader([line]))]
    except csv.Error:
        # A cell beyond the reader's limit is no column name.
        header = [line]
    rows = scan.first_lines[1:]
    for delimiter, name in DELIMITERS.items():
        found = None
        if len(header) == 1 and delimiter in line:
            found = f"{name} in the header"
        elif rows and all(delimiter in row and "," not in row for row in rows):
            found = f"{name} in the rows"
        if found:
            raise refusal(
                path.name,
                "values separated by commas",
                found,
                "export the file again with commas",
            )
    spelling = {column.lower(): column for column in expected["columns"]}
    header = [spelling.get(cell.lower(), cell) for cell in header]
    for column in header:
        if column in expected["columns"] and header.count(column) > 1:
            raise refusal(
                path.name,
                f"one column {column}",
                f"{header.count(column)} of that name",
                "remove or rename the others",
            )
    return header


def is_wide_layout(header: list[str], expected: dict) -> bool:
    """Whether a file holds one row of labels below one row of ids (departments)."""
    wide_column = expected.get("wide_column")
    return bool(
        wide_column
        and len(header) > 1
        and set(expected["columns"]) - set(header) == {wide_column}
        and all(
            cell.isdigit() or is_index_column(cell)
            for cell in header
            if cell not in expected["columns"]
        )
    )


def is_index_column(cell: str) -> bool:
    """Whether a column is the row number that pandas adds to an exported file."""
    return not cell or cell.lower().startswith("unnamed:")


def check_wide(path: Path, scan: Scan, header: list[str]) -> None:
    rows = scan.first_lines[1:]
    if len(rows) > 1:
        raise refusal(
            path.name,
            "one row of names below a header of ids",
            "more rows",
            "keep the row of names only",
        )
    if len(set(header)) < len(header):
        raise refusal(
            path.name,
            "each id once in the header",
            f"one of them twice ({shorten(', '.join(header))})",
            "correct the header",
        )
    cells = next(csv.reader(rows)) if rows else header
    if len(cells) != len(header):
        raise refusal(
            path.name,
            f"{len(header)} names, one for each cell of the header",
            f"{len(cells)}",
            "complete the row",
        )
    nameless = [
        column
        for column, cell in zip(header, cells, strict=True)
        if column.isdigit() and not cell.strip()
    ]
    if nameless:
        raise refusal(
            path.name,
            "a name for each id",
            f"none for {shorten(', '.join(nameless))}",
            "complete the row",
        )


def check_columns(path: Path, header: list[str], columns: dict[str, bool]) -> None:
    """Stop at the first column that a header lacks.

    An optional column may be absent, but not while an unknown one stands in its
    place: it was renamed then, and would be lost in silence.
    """
    unknown = [
        cell for cell in header if cell not in columns and not is_index_column(cell)
    ]
    for column, is_optional in columns.items():
        if column in header or (is_optional and not unknown):
            continue
        if not set(header) & set(columns):
            # The line is a row then, and what a row says is nobody's to print.
            raise refusal(
                path.name,
                f"a header with {', '.join(columns)} in the first line",
                "none of these names",
                "take the file as it was handed out, or add the header",
            )
        similar = difflib.get_close_matches(column, unknown, n=1, cutoff=0.4)
        if len(unknown) == 1 and len(set(columns) - set(header)) == 1:
            similar = unknown
        raise refusal(
            path.name,
            f"a column {column}",
            f"{similar[0]} instead"
            if similar
            else f"only {shorten(', '.join(header))}",
            "rename it"
            if similar
            else "take the file as it was handed out, or add the column",
        )


def shorten(text: str) -> str:
    return text if len(text) <= 120 else text[:117] + "..."


def logical_lines(path: Path) -> Iterator[str]:
    """A file's lines without their ends, whichever ends they have."""
    binary = io.BytesIO(b"".join(read_chunks(path)))
    with io.TextIOWrapper(binary, encoding="utf-8-sig", newline=None) as text:
        for line in text:
            yield line.removesuffix("\n")


def count_cells(record: str) -> int:
    """Cells of a CSV record as DuckDB splits it, or 0 where its quotes are wrong."""
    lines = io.StringIO(record)
    try:
        rows = list(csv.reader(lines, skipinitialspace=True, strict=True))
    except csv.Error:
        return 0
    return len(rows[0]) if len(rows) == 1 else 0


def split_records(path: Path, cell_count: int) -> Iterator[tuple[str, bool]]:
    """A file's records with whether each is whole; an open quote breaks one line only.

    A record with a line break inside quotes is whole if some lines together give
    the right number of cells.
    """
    lines = list(logical_lines(path))
    position = 0
    while position < len(lines):
        line = lines[position]
        taken = 1
        is_whole = True
        if '"' in line and not count_cells(line):
            is_whole = False
            for taken in range(2, LONGEST_RECORD_LINES + 1):
                record = "\n".join(lines[position : position + taken])
                if count_cells(record) == cell_count:
                    line, is_whole = record, True
                    break
            else:
                taken = 1
        yield line, is_whole
        position += taken


def has_open_quote(path: Path, cell_count: int) -> bool:
    return any(not is_whole for _, is_whole in split_records(path, cell_count))


def write_readable_copy(path: Path, copy: Path, cell_count: int | None) -> None:
    """Copy a file with LF only, and each broken line quoted whole.

    Such a line then reads as one cell: it is rejected with its text, and takes no
    other row with it. Without a ``cell_count`` only the line ends are changed.
    """
    copy.parent.mkdir(parents=True, exist_ok=True)
    opened = gzip.open if copy.suffix == ".gz" else open
    with opened(copy, "wt", encoding="utf-8", newline="") as target:
        if cell_count is None:
            newlines = io.IncrementalNewlineDecoder(None, translate=True)
            for chunk in codecs.iterdecode(read_chunks(path), "utf-8-sig"):
                target.write(newlines.decode(chunk))
            target.write(newlines.decode("", final=True))
            return
        for record, is_whole in split_records(path, cell_count):
            if not is_whole:
                record = '"' + record.replace('"', '""') + '"'
            target.write(record + "\n")


def discard_copies(copies_dir: str) -> str:
    """Remove the copies of raw files; they may hold names of customers."""
    shutil.rmtree(copies_dir, ignore_errors=True)
    return copies_dir


def check_database(path: str, config: dict) -> None:
    """Say in one sentence why a database can't be opened; dbt shows a stack trace.

    Makes the database's folder. Raises ``DbtRuntimeError``.
    """
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        duckdb.connect(path, config=config).close()
    except OSError as error:
        reason = f"found {error.strerror.lower()}"
        remedy = "name a file in a folder you may write to"
    except duckdb.IOException as error:
        reason = f"found another one ({str(error).splitlines()[0]})"
        remedy = "name a DuckDB file or a new one"
        if "lock" in str(error):
            process = re.search(r"PID (\d+)", str(error))
            owner = f" {process[1]}" if process else ""
            reason = f"found it open in process{owner}"
            remedy = "close that connection and run again"
    except duckdb.Error as error:
        reason = f"found settings that DuckDB refuses ({str(error).splitlines()[0]})"
        remedy = "correct INSTACART_MEMORY_LIMIT or INSTACART_THREADS"
    else:
        return
    raise DbtRuntimeError(
        f"{path} (INSTACART_DB): expected a database to write to, {reason}; {remedy}."
    )


class Plugin(BasePlugin):
    """Gives SQL the functions above, under their names."""

    def update_connection_config(self, creds, config: dict) -> None:
        check_database(creds.path, config)

    def configure_connection(self, conn) -> None:
        text = "VARCHAR"
        conn.create_function(
            "inspect_package", inspect_package, [text, text, text], text
        )
        conn.create_function(
            "discard_copies", discard_copies, [text], text, side_effects=True
        )
