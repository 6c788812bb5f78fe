"""The files of a raw package: which there are, and what each check says of them."""

from __future__ import annotations

import json
import shlex
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path

from instacart.errors import UserError, one_line, printable
from instacart.generated_files import (
    REAL_FILES,
    demo_files,
    demo_records,
    fabricated_parts,
    is_half_published,
    is_ours,
    recorded_files,
)
from instacart.raw_package.columns import check_columns, holds_values, shorten
from instacart.raw_package.contents import Scan, scan_bytes
from instacart.raw_package.copies import discard_copies, write_readable_copy
from instacart.raw_package.expectations import (
    Expectations,
    Expected,
    expected_of,
    read_expectations,
)
from instacart.raw_package.header import (
    check_wide,
    is_below_default_header,
    is_wide_layout,
    read_header,
    with_index_as_id,
)
from instacart.raw_package.names import (
    find_files,
    find_forms,
    folders_with_files,
    package_folder,
)
from instacart.raw_package.paths import plain_name, shortened, shown, visible
from instacart.raw_package.records import is_cut_short, split_records
from instacart.raw_package.spark import readable_for_spark
from instacart.raw_package.stamps import stamp_of
from instacart.raw_package.unpack import is_gzip, is_packed
from instacart.words import listing

# Quotes belong to names, and files with names are small; beyond this DuckDB decides.
QUOTED_BYTES_CHECKED = 1 << 25


@dataclass
class RawFile:
    """A file, and how to read it."""

    # Its path in the folder of raw files.
    name: str
    # Of itself, or of the copy to read in its place.
    path: str
    # The columns in their order.
    header: list[str]
    is_wide: bool
    # The stamp of itself, taken before it was read, and the hash of its bytes.
    size: int
    modified_ns: int
    inode: int
    sha256: str
    # Whether its last row lacks cells.
    is_cut_short: bool = False
    has_rows: bool = True
    # Whether its rows are nothing but digits, commas and line ends.
    has_only_digits: bool = False
    # Whether a cell has a line break. Only looked for where Spark is to read the file.
    spans_lines: bool = False
    number: int = 0
    # ALL, names of columns, or None where this project fabricated nothing.
    fabricated_columns: str | None = None


Tables = dict[str, list[RawFile]]


def inspect_package(raw_dir: str, expectations: str, copies_dir: str) -> str:
    """Check every file of a raw package, and say where to read it. For SQL.

    Args:
        raw_dir: Folder with the raw CSV files.
        expectations: JSON object of the sources' meta, as `expected_of` takes it.
        copies_dir: Folder for copies of files that DuckDB can't read as they are.

    Returns:
        JSON: ``{"error": sentence}``, or ``{"tables": {table: [RawFile]}, "notes":
        [sentence]}``.
    """
    found = json.loads(expectations)
    expected = {table: expected_of(meta) for table, meta in found.items()}
    try:
        return described_package(Path(raw_dir), expected, Path(copies_dir))
    except UserError as error:
        # The run ends here, so nothing else would remove the copies.
        discard_copies(copies_dir)
        return json.dumps({"error": str(error)})


def described_package(
    raw_dir: Path,
    expectations: Expectations,
    copies_dir: Path,
    for_spark: bool = False,
) -> str:
    """Where to read each file, as JSON: see inspect_package. Raises UserError.

    for_spark: whether Spark is to read them, with the same result.
    """
    try:
        tables, notes = inspect_files(raw_dir, expectations, copies_dir)
        if for_spark:
            for file in (file for files in tables.values() for file in files):
                file.path, file.spans_lines = readable_for_spark(
                    Path(file.path), file.name, len(file.header), copies_dir
                )
    except OSError as error:
        raise UserError(
            "a file that can be read",
            one_line(error),
            "check it and who may read it",
            where=str(error.filename or raw_dir),
        ) from error
    listed = {
        table: [asdict(file) for file in files] for table, files in tables.items()
    }
    return json.dumps({"tables": listed, "notes": [printable(note) for note in notes]})


def inspect_files(
    raw_dir: Path, expectations: Expectations, copies_dir: Path
) -> tuple[Tables, list[str]]:
    """The files of each table, and notes of what is not as usual. Raises UserError."""
    check_folder(raw_dir)
    folder = package_folder(raw_dir, expectations)
    refuse_mixture(folder, expectations)
    tables: Tables = {}
    notes: list[str] = []
    if folder != raw_dir:
        notes.append(f"no raw files in {raw_dir} itself: read from {folder.name} in it")
    for table, expected in expectations.items():
        tables[table] = [
            file
            for parts in find_files(folder, table, expectations)
            for file in inspect_parts(parts, raw_dir, expected, copies_dir, notes)
        ]
        if not tables[table]:
            notes.append(f"no {expected.files[0]} in {folder}: {expected.lacking}")
        notes += [
            f"no {column} in {table}.csv: unknown"
            for column in absent_columns(tables[table], expected)
        ]
    number_files(tables)
    fabricated = mark_fabricated(raw_dir, folder, tables)
    if fabricated:
        notes.append(f"fabricated by this project: {', '.join(fabricated)}")
    taken = {raw_dir / file.name for files in tables.values() for file in files}
    unread = [
        path.name for path in visible(folder) if is_csv(path.name) and path not in taken
    ]
    if unread:
        notes.append(f"not read, as no package has such files: {', '.join(unread)}")
    deeper = [
        each.name
        for each in folders_with_files(folder, expectations)
        if each not in {path.parent for path in taken}
    ]
    if deeper:
        notes.append(
            f"not read, as there are raw files above them: {', '.join(deeper)}"
        )
    return tables, notes


def inspect_table(raw_dir: Path, table: str, copies_dir: Path) -> list[RawFile]:
    """The files of one table, checked as a build does; none where it may be absent.

    The caller discards the copies. Raises UserError.
    """
    expectations = read_expectations()
    check_folder(raw_dir)
    folder = package_folder(raw_dir, expectations)
    expected = expectations[table]
    return [
        file
        for parts in find_files(folder, table, expectations)
        for file in inspect_parts(parts, raw_dir, expected, copies_dir, [])
    ]


def check_folder(raw_dir: Path) -> None:
    """Raise UserError unless a folder of raw files is there and complete."""
    if not raw_dir.is_dir():
        raise UserError(
            "a folder with the raw CSV files",
            "no such folder",
            "point INSTACART_RAW_DIR to yours, or make demo files with `make data`",
            where=str(raw_dir),
        )
    if is_half_published(raw_dir):
        raise UserError(
            "the files of one `make data`",
            "a run that was cut short while it replaced them",
            "run `make data` again",
            where=str(raw_dir),
        )


def inspect_parts(
    parts: list[Path],
    raw_dir: Path,
    expected: Expected,
    copies_dir: Path,
    notes: list[str],
) -> list[RawFile]:
    """Check the parts of a file, mostly one. Raises UserError."""
    files = [inspect_file(path, raw_dir, expected, copies_dir, notes) for path in parts]
    first = files[0]
    for file in files:
        if file.header != first.header:
            raise UserError(
                f"the header of {first.name}",
                "another"
                if holds_values(file.header)
                else f"another ({shorten(', '.join(file.header))})",
                "write all parts with the same columns",
                where=file.name,
            )
    if not any(file.has_rows for file in files):
        raise UserError(
            "rows below the header",
            "a header only",
            "download or export the file again",
            where=first.name,
        )
    if len(files) > 1:
        notes.append(
            f"{first.name} to {files[-1].name} are read as the {len(files)} parts of"
            " one file"
        )
    return files


def inspect_file(
    path: Path, raw_dir: Path, expected: Expected, copies_dir: Path, notes: list[str]
) -> RawFile:
    """Check one file; where DuckDB can't read it, write and note a copy that it can."""
    name = shown(path, raw_dir)
    if not is_unicode(name):
        raise UserError(
            "a file name in UTF-8", "another encoding", "rename the file", where=name
        )
    stamp = stamp_of(path)
    # Of a copy only the ending says how to read it.
    unpacked = None
    if is_packed(path) and not is_gzip(path):
        unpacked = copies_dir / "unpacked" / f"{name}.csv"
    scan = scan_bytes(path, name, unpacked)
    path = unpacked or path
    skipped_lines = int(is_below_default_header(scan, expected))
    if skipped_lines:
        scan.first_lines = scan.first_lines[skipped_lines:]
        scan.has_rows = len(scan.first_lines) > 1
    names = read_header(name, scan, expected.columns)
    header = with_index_as_id(name, scan, names, expected)
    if header != names:
        notes.append(f"no {expected.id_column} in {name}: its index is read as that")
    is_wide = is_wide_layout(header, expected.columns, expected.wide_column)
    if is_wide:
        check_wide(name, scan, header)
    else:
        ids_are_titles = expected.wide_column is not None
        check_columns(name, header, expected.columns, ids_are_titles)
    is_cut = not is_wide and is_cut_short(scan.last_lines, len(header))
    if is_cut:
        notes.append(f"{name} ends within a row: it is cut short, rows may be missing")
    copy = copies_dir / "readable" / f"{name}.csv"
    if reasons := copy_readable(path, name, copy, scan, len(header), skipped_lines):
        path = copy
        notes.append(
            f"{name} {listing(reasons)}: read from a copy in which each line stands"
            " alone, values unchanged"
        )
    return RawFile(
        name,
        str(path),
        header,
        is_wide,
        **asdict(stamp),
        sha256=scan.sha256,
        is_cut_short=is_cut,
        has_rows=scan.has_rows,
        has_only_digits=scan.has_only_digits,
    )


def copy_readable(
    path: Path,
    name: str,
    copy: Path,
    scan: Scan,
    cell_count: int,
    skipped_lines: int,
) -> list[str]:
    """Write a copy of a file if DuckDB can't read it; say why, as predicates."""
    reasons = ["has its header in the second line"] if skipped_lines else []
    if scan.mixes_line_ends:
        reasons.append("mixes line ends")
    splits_records = skipped_lines > 0 or (
        scan.has_quotes and scan.bytes_read <= QUOTED_BYTES_CHECKED
    )
    if splits_records:
        reasons += quote_problems(path, cell_count)
    if reasons:
        write_readable_copy(
            path, name, copy, cell_count if splits_records else None, skipped_lines
        )
    return reasons


def quote_problems(path: Path, cell_count: int) -> list[str]:
    """What DuckDB can't read of a file's quotes, as predicates of the file."""
    found = set()
    for record in split_records(path, cell_count):
        if not record.is_whole:
            found.add("leaves a quote open")
        if record.had_backslashes:
            found.add("escapes quotes by backslashes")
    return sorted(found, reverse=True)


def absent_columns(files: list[RawFile], expected: Expected) -> list[str]:
    """The optional columns that some file of a table lacks."""
    return sorted(
        column
        for column in expected.columns
        if any(column not in file.header and not file.is_wide for file in files)
    )


def refuse_mixture(folder: Path, expectations: Expectations) -> None:
    """Raise UserError where generated files and others lie in one folder.

    A generated file that somebody has edited is still a generated one.
    """
    demo = demo_files(folder)
    names = [
        shown(path, folder)
        for table, expected in expectations.items()
        if f"{table}.csv" not in REAL_FILES
        for forms in find_forms(folder, expected).values()
        for found in forms
        for path in found.paths
    ]
    generated = [name for name in names if name in demo]
    others = [name for name in names if name not in demo]
    if generated and others:
        remove = [folder.resolve() / name for name in (*demo, *demo_records(folder))]
        command = shlex.join(["rm", *map(str, remove)])
        raise UserError(
            "files of `make data` or others, not both",
            f"{listing(generated)} of `make data` beside {listing(shortened(others))}",
            f"if the others are your own data, run `{command}`, else move them away"
            " and run `make data`",
            where=str(folder),
        )


def number_files(tables: Tables) -> None:
    for files in tables.values():
        for position, file in enumerate(files):
            file.number = file_number(position, file.name)


def mark_fabricated(raw_dir: Path, folder: Path, tables: Tables) -> list[str]:
    """Mark what of the files this project fabricated, and return it for a sentence."""
    recorded = recorded_files(folder)
    files = [file for each in tables.values() for file in each]
    for file in files:
        path = raw_dir / file.name
        if path.parent == folder and is_ours(path, recorded):
            file.fabricated_columns = recorded[path.name].fabricated_columns
    return fabricated_parts({file.name: file.fabricated_columns for file in files})


def file_number(position: int, name: str) -> int:
    """A number that sorts as a table's files do, and that no other file takes over.

    Rows loaded before a file came or went then belong to no file, not to another.
    """
    return (position << 16) + (zlib.crc32(name.encode()) & 0xFFFF)


def is_unicode(name: str) -> bool:
    """Whether a name is text: a byte that is none stands as half a character."""
    return not any("\ud800" <= each <= "\udfff" for each in name)


def is_csv(name: str) -> bool:
    return plain_name(name).endswith(".csv")
