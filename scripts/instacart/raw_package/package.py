"""The files of a raw package: which there are, and what each check says of them."""

from __future__ import annotations

import fnmatch
import json
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypedDict

from instacart.errors import UserError, one_line
from instacart.generated_files import is_half_published, is_unchanged, recorded_files
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
    is_generated: bool = False


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
    generated = mark_generated(raw_dir, tables)
    if generated:
        notes.append(f"generated, all rows fabricated: {', '.join(generated)}")
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


def mark_generated(raw_dir: Path, tables: Tables) -> list[str]:
    """Number the files, and mark and return those that are generated."""
    generated: list[str] = []
    for files in tables.values():
        names = generated_files(raw_dir, [file.name for file in files])
        for position, file in enumerate(files):
            file.number = file_number(position, file.name)
            file.is_generated = file.name in names
        generated += names
    return generated


def generated_files(raw_dir: Path, names: list[str]) -> list[str]:
    """Which files of one table are generated; refuses others beside them."""
    sizes = recorded_files(raw_dir)
    generated = [name for name in names if is_unchanged(raw_dir / name, sizes)]
    unknown = [name for name in names if name not in sizes]
    if generated and unknown:
        raise UserError(
            f"no generated file beside {unknown[0]}",
            "one of `make data`",
            "remove the generated files and truth.json if the others are your own",
            where=generated[0],
        )
    return generated


def file_number(position: int, name: str) -> int:
    """A number that sorts as a table's files do, and that no other file takes over.

    Rows loaded before a file came or went then belong to no file, not to another.
    """
    return (position << 16) + (zlib.crc32(name.encode()) & 0xFFFF)


def is_csv(name: str) -> bool:
    return name.removesuffix(".gz").endswith(".csv")
