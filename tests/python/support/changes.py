"""Ways to change a raw package, one function each; ``together`` applies several."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import shutil
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

from support.packages import PACKAGES

Change = Callable[[Path], None]

ORDERS = "orders.csv"
BASKETS = "orders_products_prior.csv"
PRODUCTS = "products.csv"
DEPARTMENTS = "departments.csv"
CUSTOMERS = "customers.csv"
AISLES = "aisles.csv"
KAGGLE_BASKETS = "order_products__prior.csv"
KAGGLE_TRAIN = "order_products__train.csv"


def make_package(folder: Path, package: str, change: Change) -> Path:
    """Write a good package and change it."""
    raw_dir = PACKAGES[package](folder / "raw")
    change(raw_dir)
    return raw_dir


def unchanged(folder: Path) -> None:
    """Leave the package as it is."""


def together(*changes: Change) -> Change:
    """Apply some changes, one after the other."""

    def change(folder: Path) -> None:
        for one in changes:
            one(folder)

    return change


def put(name: str, old: str | bytes, new: str | bytes) -> Change:
    """Replace a text that a file holds exactly once."""

    def change(folder: Path) -> None:
        before, after = (x.encode() if isinstance(x, str) else x for x in (old, new))
        content = (folder / name).read_bytes()
        assert content.count(before) == 1, f"{before!r} is not once in {name}"
        (folder / name).write_bytes(content.replace(before, after))

    return change


def add(name: str, *lines: str) -> Change:
    """Append lines to a file, with the line ends it has."""

    def change(folder: Path) -> None:
        content = (folder / name).read_bytes()
        end = "\r\n" if b"\r\n" in content else "\n"
        added = "".join(line + end for line in lines)
        (folder / name).write_bytes(content + added.encode())

    return change


def drop(name: str, *starts: str) -> Change:
    """Remove the lines that begin with these texts, one line for each."""

    def change(folder: Path) -> None:
        lines = (folder / name).read_bytes().splitlines(keepends=True)
        for start in starts:
            found = [line for line in lines if line.startswith(start.encode())]
            assert len(found) == 1, f"{start!r} begins {len(found)} lines of {name}"
            lines.remove(found[0])
        (folder / name).write_bytes(b"".join(lines))

    return change


def fill(name: str, content: bytes) -> Change:
    def change(folder: Path) -> None:
        (folder / name).write_bytes(content)

    return change


def remove(*names: str) -> Change:
    def change(folder: Path) -> None:
        for name in names:
            (folder / name).unlink()

    return change


def rewrite(
    name: str, transform: Callable[[list[list[str]]], Iterable[list[str]]]
) -> Change:
    """Change a file as rows of cells; its line ends stay."""

    def change(folder: Path) -> None:
        text = (folder / name).read_bytes().decode()
        rows = list(csv.reader(io.StringIO(text, newline="")))
        written = io.StringIO(newline="")
        end = "\r\n" if "\r\n" in text else "\n"
        csv.writer(written, lineterminator=end).writerows(transform(rows))
        (folder / name).write_bytes(written.getvalue().encode())

    return change


def encode(name: str, transform: Callable[[bytes], bytes]) -> Change:
    """Change a file as bytes."""

    def change(folder: Path) -> None:
        content = (folder / name).read_bytes()
        changed = transform(content)
        assert changed != content, f"{name} is what it was"
        (folder / name).write_bytes(changed)

    return change


def pack(name: str, content: bytes | None = None) -> Change:
    """Put a gzipped file, or these bytes, in place of a plain one."""

    def change(folder: Path) -> None:
        plain = folder / name
        packed = gzip.compress(plain.read_bytes()) if content is None else content
        (folder / f"{name}.gz").write_bytes(packed)
        plain.unlink()

    return change


def zipped(name: str, packed: str = "", **others: str) -> Change:
    """Put a file into a zip archive, with others beside it, and remove it."""

    def change(folder: Path) -> None:
        path = folder / name
        with zipfile.ZipFile(folder / (packed or f"{name}.zip"), "w") as archive:
            archive.write(path, name)
            for other, content in others.items():
                archive.writestr(other, content)
        path.unlink()

    return change


def bzipped(name: str) -> Change:
    return together(encode(name, bz2.compress), moved(name, f"{name}.bz2"))


def moved(name: str, new: str) -> Change:
    """Give a file another name, which may lie in a new folder."""

    def change(folder: Path) -> None:
        (folder / new).parent.mkdir(parents=True, exist_ok=True)
        # By way of a third name: case makes no difference on some systems.
        (folder / name).rename(folder / f".{name}")
        (folder / f".{name}").rename(folder / new)

    return change


def into_folder(inner: str) -> Change:
    """Move all files one folder deeper."""
    return every_file(lambda name: moved(name, f"{inner}/{name}"))


def in_parts(name: str, *parts: str) -> Change:
    """Split a file into others with the same header, each with some of the rows."""

    def change(folder: Path) -> None:
        header, *rows = (folder / name).read_bytes().splitlines(keepends=True)
        (folder / name).unlink()
        size = -(-len(rows) // len(parts))
        for number, part in enumerate(parts):
            (folder / part).parent.mkdir(parents=True, exist_ok=True)
            block = rows[number * size : (number + 1) * size]
            (folder / part).write_bytes(header + b"".join(block))

    return change


def joined(name: str, *files: str) -> Change:
    """Put the rows of some files with the same header into one."""

    def change(folder: Path) -> None:
        contents = [(folder / file).read_bytes() for file in files]
        header = contents[0].partition(b"\n")[0] + b"\n"
        for file in files:
            (folder / file).unlink()
        rows = b"".join(content.partition(b"\n")[2] for content in contents)
        (folder / name).write_bytes(header + rows)

    return change


def new_file(name: str, content: bytes = b"") -> Change:
    def change(folder: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)

    return change


def every_file(change_of: Callable[[str], Change], but: tuple[str, ...] = ()) -> Change:
    def change(folder: Path) -> None:
        for path in sorted(folder.iterdir()):
            if path.name not in but:
                change_of(path.name)(folder)

    return change


def without_column(name: str, column: str) -> Change:
    def transform(rows: list[list[str]]) -> list[list[str]]:
        position = rows[0].index(column)
        return [row[:position] + row[position + 1 :] for row in rows]

    return rewrite(name, transform)


def with_header(name: str, change_cell: Callable[[str], str]) -> Change:
    return rewrite(name, lambda rows: [[change_cell(x) for x in rows[0]], *rows[1:]])


def renamed_column(name: str, column: str, new: str) -> Change:
    return with_header(name, lambda cell: new if cell == column else cell)


def with_index(name: str, title: str) -> Change:
    return rewrite(
        name,
        lambda rows: [
            [title, *rows[0]],
            *([str(i), *row] for i, row in enumerate(rows[1:])),
        ],
    )


def replaced_by_folder(name: str) -> Change:
    def change(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).mkdir()

    return change


def copied(name: str, other: str) -> Change:
    def change(folder: Path) -> None:
        shutil.copyfile(folder / name, folder / other)

    return change
