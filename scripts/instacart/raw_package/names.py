"""Which files of a folder are a package's: in any case, packed, in parts, deeper."""

from __future__ import annotations

import difflib
import fnmatch
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from instacart.errors import UserError
from instacart.raw_package.expectations import Expectations, Expected
from instacart.words import listing

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
# orders_part1.csv, orders-1.csv, orders_001.csv
PART = re.compile(r"(.+?)[ ._-]*(?:part)?[ ._-]*([0-9]+)\.csv")
# part-00000-6d5b0f.csv, as Spark names what it writes into a folder.
SPARK_PART = re.compile(r"part-?([0-9]+)\b.*\.csv")
SPARK_IS_DONE = "_SUCCESS"
NAMES_SHOWN = 10
# How many folders deep a message looks for what is missing.
DEPTH_SEARCHED = 3
# From this likeness on, 0 to 1, a file may be one with its name mistyped.
SIMILAR = 0.85


@dataclass(frozen=True)
class Found:
    """One form in which a folder has a file: itself, or its parts in their order."""

    paths: list[Path]
    # None where it is no part.
    numbers: list[int] | None = None
    # Whether numbers may be left out, as Spark does with empty parts.
    may_skip: bool = False


def visible(folder: Path) -> list[Path]:
    """What a folder holds, but for what systems and Spark keep there (__MACOSX)."""
    return sorted(
        path for path in folder.iterdir() if not path.name.startswith((".", "_"))
    )


def plain_name(name: str) -> str:
    """A file's name in lower case and unpacked: orders.csv for Orders.csv.zip."""
    plain = name.lower()
    for ending in PACKED:
        if plain.endswith(ending):
            plain = plain.removesuffix(ending)
            return plain if "." in plain else f"{plain}.csv"
    return plain


def bare_name(name: str) -> str:
    """A file's name without any ending that is known: orders for orders.csv.tar.gz."""
    bare = name.lower()
    while bare.endswith((".csv", *PACKED, *UNREAD)):
        bare = bare.rpartition(".")[0]
    return bare


def matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def package_folder(raw_dir: Path, expectations: Expectations) -> Path:
    """The folder itself, or the only one in it, where only that has files of a package.

    Raises UserError where several have.
    """
    if has_files(raw_dir, expectations):
        return raw_dir
    folders = folders_with_files(raw_dir, expectations)
    if len(folders) > 1:
        raise UserError(
            "raw files in the folder itself or in one below it",
            f"them in {listing([folder.name for folder in folders])}",
            "point INSTACART_RAW_DIR to one of these",
            where=str(raw_dir),
        )
    return folders[0] if folders else raw_dir


def folders_with_files(folder: Path, expectations: Expectations) -> list[Path]:
    """The folders in a folder that have files of a package."""
    return [each for each in folders_in(folder) if has_files(each, expectations)]


def has_files(folder: Path, expectations: Expectations) -> bool:
    return any(find_forms(folder, expected) for expected in expectations.values())


def find_files(
    folder: Path, table: str, expectations: Expectations
) -> list[list[Path]]:
    """The files of a table in a folder, in order, each as its parts in theirs.

    Raises UserError where there is none but must be, where two say the same, or where a
    part is missing.
    """
    expected = expectations[table]
    forms = find_forms(folder, expected)
    for name, found in sorted(forms.items()):
        check_form(folder, name, found)
    if not set(forms) & set(expected.one_of):
        check_absence(folder, table, expectations)
    for name in forms.keys() & set(expected.alone):
        others = [
            shown(path, folder)
            for other in sorted(forms.keys() - {name})
            for path in forms[other][0].paths
        ]
        if others:
            raise UserError(
                "no other file of its kind",
                f"{listing(others)} beside it",
                "remove the one that holds the rows of the others, or the others",
                where=shown(forms[name][0].paths[0], folder),
            )
    return [found.paths for _, (found, *_) in sorted(forms.items())]


def find_forms(folder: Path, expected: Expected) -> dict[str, list[Found]]:
    """Each file of a table, by its plain name, in all forms in which it is there."""
    forms: dict[str, list[Found]] = {}
    parts: dict[str, list[tuple[int, Path]]] = {}
    folders: dict[str, Found] = {}
    for path in visible(folder):
        name = plain_name(path.name)
        if path.is_dir():
            name = f"{bare_name(path.name)}.csv"
            if matches(name, expected.files) and (found := find_parts(path, name)):
                folders[name] = found
            elif matches(path.name.lower(), expected.files):
                forms.setdefault(name, []).append(Found([path]))
        elif part := part_of(name, expected):
            parts.setdefault(part[0], []).append((part[1], path))
        elif matches(name, expected.files):
            forms.setdefault(name, []).append(Found([path]))
    for name, numbered in parts.items():
        forms.setdefault(name, []).append(in_order(numbered))
    for name, found in folders.items():
        # A folder of another name may be a copy that somebody keeps.
        if name not in forms or ".csv" in found.paths[0].parent.name.lower():
            forms.setdefault(name, []).append(found)
    return forms


def part_of(name: str, expected: Expected) -> tuple[str, int] | None:
    """The name of the file of which a file is a part, and the number, if it is one."""
    part = PART.fullmatch(name)
    if not part or f"{part[1]}.csv" not in expected.names:
        return None
    # order_products__2018.csv is a file by its pattern, no part of order_products.csv.
    patterns = [
        pattern
        for pattern in expected.files
        if pattern not in expected.names and matches(name, [pattern])
    ]
    if patterns and not matches(f"{part[1]}.csv", patterns):
        return None
    return f"{part[1]}.csv", int(part[2])


def find_parts(folder: Path, name: str) -> Found | None:
    """The one file or the parts in a folder, if it holds nothing else."""
    paths = [path for path in visible(folder) if path.is_file()]
    names = [plain_name(path.name) for path in paths]
    if names == [name]:
        return Found(paths)
    numbered = []
    for plain, path in zip(names, paths, strict=True):
        part = PART.fullmatch(plain)
        if spark_part := SPARK_PART.fullmatch(plain):
            numbered.append((int(spark_part[1]), path))
        elif part and f"{part[1]}.csv" == name:
            numbered.append((int(part[2]), path))
        else:
            return None
    is_done = (folder / SPARK_IS_DONE).exists()
    return in_order(numbered, may_skip=is_done) if numbered else None


def in_order(numbered: list[tuple[int, Path]], may_skip: bool = False) -> Found:
    numbered = sorted(numbered)
    return Found(
        [path for _, path in numbered], [number for number, _ in numbered], may_skip
    )


def check_form(folder: Path, name: str, forms: list[Found]) -> None:
    """Raise UserError unless a file is there once, as a file, with all its parts."""
    first, *others = forms
    where = shown(first.paths[0], folder)
    if others:
        beside = [shown(path, folder) for found in others for path in found.paths]
        raise UserError(
            "one file",
            f"{listing(shortened(beside))} beside it",
            "remove the one that is out of date",
            where=where,
        )
    for path in first.paths:
        if not path.is_file():
            raise UserError(
                "a file",
                "something else of that name",
                "put the CSV file there",
                where=where,
            )
    if first.numbers is None:
        return
    is_alone = len(first.numbers) == 1 and first.paths[0].parent == folder
    start = first.numbers[0]
    is_whole = first.may_skip or (
        start in (0, 1)
        and first.numbers == list(range(start, start + len(first.numbers)))
    )
    if is_alone or not is_whole or len({*first.numbers}) < len(first.numbers):
        there = [shown(path, folder) for path in first.paths]
        raise UserError(
            "the whole file or all its parts, numbered from 0 or 1",
            f"only {listing(shortened(there))}",
            f"copy the other parts there, or rename it to {name} if it is the whole"
            if is_alone
            else "copy the other parts there, and leave each number once",
            where=name,
        )


def check_absence(folder: Path, table: str, expectations: Expectations) -> None:
    """Raise UserError where a table has no file and needs one, or has it unreadable."""
    expected = expectations[table]
    present = [path.name for path in visible(folder)]
    csv_files = [name for name in present if ".csv" in name.lower()]
    archives = [name for name in present if is_archive(name)]
    deeper = [
        shown(path, folder)
        for path in paths_below(folder, DEPTH_SEARCHED)
        if matches(plain_name(path.name), expected.names)
    ]
    if unread := unread_forms(present, expected):
        found = f"{unread[0]} instead"
        remedy = UNPACK
        if not is_archive(unread[0]):
            remedy = f"save it there as {bare_name(unread[0])}.csv"
    elif not expected.one_of:
        return
    elif deeper:
        found = f"it in {listing(shortened(deeper))}"
        remedy = "move all files into one folder, or point INSTACART_RAW_DIR there"
    elif similar := similar_names(csv_files, table, expectations):
        found = f"{similar[0][0]} instead"
        remedy = f"rename it to {similar[0][1]}.csv, or copy the right file there"
    elif archives:
        found = f"only {listing(shortened([*csv_files, *archives]))}"
        remedy = UNPACK
    else:
        found = f"only {listing(shortened(csv_files))}" if csv_files else "no CSV file"
        remedy = "copy it there or point INSTACART_RAW_DIR to the folder that has it"
    raise UserError(
        f"in {folder}, {PACKED_NAMES}",
        found,
        remedy,
        where=" or ".join(expected.one_of or expected.names),
    )


def unread_forms(present: list[str], expected: Expected) -> list[str]:
    """Names that a file of a table has in another format or archive."""
    bare = {bare_name(name) for name in expected.names}
    return [
        name
        for name in present
        if bare_name(name) in bare and (ending(name) in UNREAD or is_archive(name))
    ]


def similar_names(
    csv_files: list[str], table: str, expectations: Expectations
) -> list[tuple[str, str]]:
    """Files that may be a table's under another name, with its name for them."""
    taken = [pattern for each in expectations.values() for pattern in each.files]
    others = {
        bare_name(name)
        for other in expectations.keys() - {table}
        for name in expectations[other].names
    }
    found = []
    for name in csv_files:
        bare = bare_name(name)
        likeness, wanted = max(
            (difflib.SequenceMatcher(None, each, bare).ratio(), each)
            for each in map(bare_name, expectations[table].one_of)
        )
        more = bare.removeprefix(wanted)
        # orders_products_combined.csv is not orders.
        is_longer = more != bare and not any(other in more for other in others)
        if (likeness >= SIMILAR or is_longer) and not matches(plain_name(name), taken):
            found.append((name, wanted))
    return found


def may_hold(folder: Path, names: Iterable[str]) -> list[Path]:
    """What in a folder, or one below it, may hold files of these names in any form."""
    bare = {bare_name(name) for name in names}
    found = []
    for path in (*visible(folder), *paths_below(folder)):
        part = PART.fullmatch(plain_name(path.name))
        called = {bare_name(path.name), bare_name(path.parent.name)}
        if part:
            called.add(part[1])
        is_file = path.is_file() or path.suffix.lower() == ".csv"
        if is_file and (is_archive(path.name) or called & bare):
            found.append(path)
    return found


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


def shown(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def shortened(names: list[str]) -> list[str]:
    """Names as a sentence can list them."""
    more = len(names) - NAMES_SHOWN
    return names if more < 2 else [*names[:NAMES_SHOWN], f"{more} more"]
