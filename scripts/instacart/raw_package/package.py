"""The files of a raw package: which there are, and what each check says of them."""

from __future__ import annotations

import fnmatch
import json
import shlex
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypedDict

from instacart.errors import UserError, one_line
from instacart.generated_files import (
    REAL_FILES,
    demo_files,
    demo_records,
    fabricated_parts,
    is_half_published,
    is_unchanged,
    recorded_files,
)
from instacart.raw_package.contents import scan_bytes
from instacart.raw_package.copies import (
    discard_copies,
    has_open_quote,
    write_readable_copy,
)
from instacart.raw_package.header import (
    check_columns,
    check_wide,
    is_wide_layout,
    read_header,
)

# Quotes belong to names, and files with names are small; beyond this DuckDB decides.
QUOTED_BYTES_CHECKED = 1 << 25


class Expected(TypedDict):
    """What is expected of the files of one source table."""

    # Patterns of their names, without .gz.
    files: list[str]
    # Names of which one must be there; empty where the table is optional.
    one_of: list[str]
    # What follows from having no file.
    lacking: str
    # The label of a layout of one row, if there may be one.
    wide_column: str | None
    # By name: whether the column is optional.
    columns: dict[str, bool]


@dataclass
class RawFile:
    """A file, and how to read it."""

    name: str
    # Of itself, or of the copy to read in its place.
    path: str
    # The columns in their order.
    header: list[str]
    is_wide: bool
    number: int = 0
    # ALL, names of columns, or None where this project fabricated nothing.
    fabricated_columns: str | None = None


Tables = dict[str, list[RawFile]]


def inspect_package(raw_dir: str, expectations: str, copies_dir: str) -> str:
    """Check every file of a raw package, and say where to read it. For SQL.

    Args:
        raw_dir: Folder with the raw CSV files.
        expectations: JSON object of `Expected` by source table.
        copies_dir: Folder for copies of files that DuckDB can't read as they are.

    Returns:
        JSON: ``{"error": sentence}``, or ``{"tables": {table: [RawFile]}, "notes":
        [sentence]}``.
    """
    try:
        tables, notes = inspect_files(
            Path(raw_dir), json.loads(expectations), Path(copies_dir)
        )
    except UserError as error:
        sentence = str(error)
    except OSError as error:
        sentence = str(
            UserError(
                "a file that can be read",
                one_line(error),
                "check it and who may read it",
                where=str(error.filename or raw_dir),
            )
        )
    else:
        listed = {
            table: [asdict(file) for file in files] for table, files in tables.items()
        }
        return json.dumps({"tables": listed, "notes": notes})
    # The run ends here, so nothing else would remove the copies.
    discard_copies(copies_dir)
    return json.dumps({"error": sentence})


def inspect_files(
    raw_dir: Path, expectations: dict[str, Expected], copies_dir: Path
) -> tuple[Tables, list[str]]:
    """The files of each table, and notes of what is not as usual. Raises UserError."""
    check_folder(raw_dir)
    present = sorted(entry.name for entry in raw_dir.iterdir())
    refuse_mixture(raw_dir, present, expectations)
    tables: Tables = {}
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
        notes += [
            f"no {column} in {table}.csv: unknown"
            for column in absent_columns(tables[table], expected)
        ]
    number_files(tables)
    fabricated = mark_fabricated(raw_dir, tables)
    if fabricated:
        notes.append(f"fabricated by this project: {', '.join(fabricated)}")
    taken = {file.name for files in tables.values() for file in files}
    unread = [name for name in present if is_csv(name) and name not in taken]
    if unread:
        notes.append(f"not read, as no package has such files: {', '.join(unread)}")
    return tables, notes


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


def find_files(
    table: str, raw_dir: Path, present: list[str], expected: Expected
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
            raise UserError(
                "one file",
                f"{name}.gz beside it",
                "remove the one that is out of date",
                where=name,
            )
        if not (raw_dir / name).is_file():
            raise UserError(
                "a file",
                "something else of that name",
                "put the CSV file there",
                where=name,
            )
    plain_names = {name.removesuffix(".gz") for name in names}
    if expected["one_of"] and not plain_names & set(expected["one_of"]):
        csv_files = [name for name in present if ".csv" in name.lower()]
        raise UserError(
            f"in {raw_dir}, plain or gzipped",
            f"only {', '.join(csv_files)}" if csv_files else "no CSV file",
            "copy it there or point INSTACART_RAW_DIR to the folder that has it",
            where=" or ".join(expected["one_of"]),
        )
    return names


def inspect_file(
    path: Path, expected: Expected, copies_dir: Path, notes: list[str]
) -> RawFile:
    """Check one file; where DuckDB can't read it, write and note a copy that it can."""
    scan = scan_bytes(path)
    header = read_header(path, scan, expected["columns"])
    is_wide = is_wide_layout(header, expected["columns"], expected["wide_column"])
    if is_wide:
        check_wide(path, scan, header)
    else:
        check_columns(path, header, expected["columns"])
    if not scan.has_rows:
        raise UserError(
            "rows below the header",
            "a header only",
            "download or export the file again",
            where=path.name,
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
    return RawFile(path.name, str(read_path), header, is_wide)


def absent_columns(files: list[RawFile], expected: Expected) -> list[str]:
    """The optional columns that some file of a table lacks."""
    return sorted(
        column
        for column in expected["columns"]
        if any(column not in file.header and not file.is_wide for file in files)
    )


def refuse_mixture(
    raw_dir: Path, present: list[str], expectations: dict[str, Expected]
) -> None:
    """Raise UserError where generated files and others lie in one folder.

    What a file of the generator's name holds that is not as it was written, nobody
    knows: it counts as one of the others.
    """
    demo = demo_files(raw_dir)
    read = [name for name in present if holds_fabricated_rows(name, expectations)]
    generated = [name for name in read if name in demo]
    others = [name for name in read if name not in demo]
    if generated and others:
        remove = [raw_dir.resolve() / name for name in (*demo, *demo_records(raw_dir))]
        command = shlex.join(["rm", *map(str, remove)])
        raise UserError(
            "files of `make data` or others, not both",
            f"{', '.join(generated)} of `make data` beside {', '.join(others)}",
            f"if the others are your own data, run `{command}`, else move them away"
            " and run `make data`",
            where=str(raw_dir),
        )


def holds_fabricated_rows(name: str, expectations: dict[str, Expected]) -> bool:
    """Whether the generator fabricates what a file of that name holds."""
    return any(
        fnmatch.fnmatchcase(name.lower().removesuffix(".gz"), pattern)
        for table, expected in expectations.items()
        if f"{table}.csv" not in REAL_FILES
        for pattern in expected["files"]
    )


def number_files(tables: Tables) -> None:
    for files in tables.values():
        for position, file in enumerate(files):
            file.number = file_number(position, file.name)


def mark_fabricated(raw_dir: Path, tables: Tables) -> list[str]:
    """Mark what of the files this project fabricated, and return it for a sentence."""
    recorded = recorded_files(raw_dir)
    files = [file for each in tables.values() for file in each]
    for file in files:
        if is_unchanged(raw_dir / file.name, recorded):
            file.fabricated_columns = recorded[file.name].fabricated_columns
    return fabricated_parts({file.name: file.fabricated_columns for file in files})


def file_number(position: int, name: str) -> int:
    """A number that sorts as a table's files do, and that no other file takes over.

    Rows loaded before a file came or went then belong to no file, not to another.
    """
    return (position << 16) + (zlib.crc32(name.encode()) & 0xFFFF)


def is_csv(name: str) -> bool:
    return name.removesuffix(".gz").endswith(".csv")
