"""Which files of a folder are a package's: in any case, packed, in parts, deeper."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from instacart.errors import UserError
from instacart.raw_package.absent import check_absence
from instacart.raw_package.expectations import Expectations, Expected
from instacart.raw_package.paths import (
    bare_name,
    folders_in,
    is_archive,
    kind_of,
    matches,
    paths_below,
    plain_name,
    shortened,
    shown,
    visible,
)
from instacart.words import listing

# orders_part1.csv, orders-1.csv, orders_001.csv
PART = re.compile(r"(.+?)[ ._-]*(?:part)?[ ._-]*([0-9]+)\.csv")
# part-00000-6d5b0f.csv, as Spark names what it writes into a folder.
SPARK_PART = re.compile(r"part-?([0-9]+)\b.*\.csv")
SPARK_IS_DONE = "_SUCCESS"


@dataclass(frozen=True)
class Found:
    """One form in which a folder has a file: itself, or its parts in their order."""

    paths: list[Path]
    # None where it is no part.
    numbers: list[int] | None = None
    # Whether numbers may be left out, as Spark does with empty parts.
    may_skip: bool = False


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
    wanted = expected.one_of or forms
    if not any(name in forms for name in wanted):
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
    paths = [path for path in visible(folder) if not path.is_dir()]
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
                f"{kind_of(path)} of that name",
                "put the CSV file there",
                where=shown(path, folder),
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


def may_hold(folder: Path, names: Iterable[str]) -> list[Path]:
    """What in a folder, or one below it, may hold files of these names in any form."""
    bare = {bare_name(name) for name in names}
    found = []
    for path in (*visible(folder), *paths_below(folder)):
        called = {bare_name(path.name)}
        if part := PART.fullmatch(plain_name(path.name)):
            called.add(part[1])
        if path.parent != folder:
            called.add(bare_name(path.parent.name))
        is_file = path.is_file() or path.suffix.lower() == ".csv"
        if is_file and (is_archive(path.name) or called & bare):
            found.append(path)
    return found
