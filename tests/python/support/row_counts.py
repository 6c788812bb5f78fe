"""What becomes of each row of a raw package, counted without the warehouse.

Written from docs/data-quality.md and the interface it keeps, in plain Python, so that a
mistake in the SQL is not made here as well. Not counted, so not to be given: an income
with one point before three digits, which depends on the other incomes.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import re
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

LARGEST = 2**31 - 1
MISSING = {"", "na", "n/a", "<na>", "nan", "nat", "null", "none", "\\n"}
MISSING_DAYS = {-1, -999, 999, 9999}
GENDERS = {"female", "male", "f", "m", "non-binary", "other", "unknown"}
# A line break inside quotes belongs to a cell; more lines than this are an open quote.
LINES_OF_A_RECORD = 5

# Each file of a package, by the beginning of its name.
BEGINNINGS = {
    "orders_products": "order_products",
    "order_products": "order_products",
    "orders": "orders",
    "products": "products",
    "departments": "departments",
    "aisles": "aisles",
    "customers": "customers",
}
KEYS = {
    "orders": ["order_id"],
    "order_products": ["order_id", "product_id"],
    "products": ["product_id"],
    "departments": ["department_id"],
    "aisles": ["aisle_id"],
    "customers": ["user_id"],
}
Cells = dict[str, str]


@dataclass
class Row:
    """One raw row, and what becomes of it.

    Attributes:
        outcome: kept, duplicate, unusable, conflict, unknown order or unknown product.
    """

    file: str
    cells: Cells | None
    values: dict[str, Hashable] = field(default_factory=dict)
    outcome: str = "kept"


@dataclass
class Count:
    """The rows of a package, by dataset, each with its outcome."""

    rows: dict[str, list[Row]]

    def outcomes(self, dataset: str) -> Counter[str]:
        return Counter(row.outcome for row in self.rows[dataset])

    def outcomes_by_file(self, dataset: str) -> dict[str, Counter[str]]:
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for row in self.rows[dataset]:
            found[row.file][row.outcome] += 1
        return dict(found)

    def has_conflicts(self, dataset: str) -> bool:
        """Whether a choice was made, which isn't made again here."""
        return self.outcomes(dataset)["conflict"] > 0


def count_rows(raw_dir: Path) -> Count:
    """Say what becomes of each row of a package."""
    rows: dict[str, list[Row]] = {dataset: [] for dataset in KEYS}
    for path in sorted(raw_dir.iterdir()):
        dataset = dataset_of(path.name)
        rows[dataset] += rows_of(path, dataset)
    day_comes_first = proves_day_first(rows["customers"])
    for dataset, found in rows.items():
        for row in found:
            screen(row, dataset, day_comes_first)
        mark_repetitions(found, KEYS[dataset])
    known_orders = known_ids(rows["orders"], "order_id")
    known_products = known_ids(rows["products"], "product_id")
    for row in rows["order_products"]:
        if row.outcome == "kept" and row.values["order_id"] not in known_orders:
            row.outcome = "unknown order"
        elif row.outcome == "kept" and row.values["product_id"] not in known_products:
            row.outcome = "unknown product"
    return Count(rows)


# Files and records ------------------------------------------------------------------


def dataset_of(name: str) -> str:
    """The dataset of a file, by the longest beginning that it has."""
    return max(
        (len(start), dataset)
        for start, dataset in BEGINNINGS.items()
        if name.lower().startswith(start)
    )[1]


def rows_of(path: Path, dataset: str) -> list[Row]:
    lines = re.split(r"\r\n|\n|\r", text_of(path))
    header = [plain(name) for name in next(csv.reader([lines[0]]))]
    if dataset == "departments" and "department" not in header:
        return wide_rows(path.name, list(csv.reader(lines[:2])))
    rows = []
    for record in records(lines[1:], len(header)):
        # Empty cells beyond the last column say nothing.
        while record and len(record) > len(header) and record[-1] == "":
            record.pop()
        is_usable = record is not None and len(record) == len(header)
        cells = dict(zip(header, record or [], strict=False)) if is_usable else None
        rows.append(Row(path.name, cells))
    return rows


def text_of(path: Path) -> str:
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    elif path.suffix == ".bz2":
        content = bz2.decompress(content)
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            content = archive.read(archive.namelist()[0])
    return content.decode("utf-8-sig")


def plain(name: str) -> str:
    """A column's name: case, blanks and punctuation don't count."""
    known = {re.sub("[^a-z0-9]", "", each): each for each in COLUMNS}
    found = re.sub("[^a-z0-9]", "", name.lower())
    return known.get(found, found)


def wide_rows(file: str, lines: list[list[str]]) -> list[Row]:
    """The course's departments: ids in the header, names below."""
    header, names = lines
    return [
        Row(file, {"department_id": number, "department": name})
        for number, name in zip(header[1:], names[1:], strict=True)
    ]


def records(lines: list[str], cell_count: int) -> Iterator[list[str] | None]:
    """The cells of each record, or None for a line whose quotes are wrong.

    A record that takes several lines has all its cells; else its first line stands
    alone, so that an open quote takes no other row with it.
    """
    position = 0
    while position < len(lines):
        taken = 1
        cells = split(lines[position])
        while cells is None and taken < LINES_OF_A_RECORD:
            taken += 1
            cells = split("\n".join(lines[position : position + taken]))
            if cells is not None and len(cells) != cell_count:
                cells = None
        if cells is None:
            taken = 1
        if lines[position]:
            yield cells
        position += taken


def split(record: str) -> list[str] | None:
    """The cells of a record; none where a quote stays open or text follows it."""
    reader = csv.reader(io.StringIO(record), strict=True)
    try:
        found = list(reader)
    except csv.Error:
        return None
    return found[0] if len(found) == 1 else None


# Values -----------------------------------------------------------------------------


class UnusableError(ValueError):
    """A value that its row can't be used with."""


def text(cell: str) -> str | None:
    stripped = cell.strip()
    return None if stripped.lower() in MISSING else stripped


CURRENCY = r"([$€]|USD)?"
NUMBER = re.compile(
    # One sign, on either side of a currency.
    rf"(?P<sign>[+-]?)\s*{CURRENCY}\s*(?P<other_sign>[+-]?)"
    # Groups of one kind, or none.
    r"(?P<whole>[0-9]{1,3}(,[0-9]{3})+|[0-9]{1,3}([\s\xa0\u202f][0-9]{3})+|[0-9]{1,3}(['\u2019][0-9]{3})+"
    r"|[0-9]{1,3}([.][0-9]{3})+|[0-9]+)"
    rf"(?P<rest>[.]0*|,0+)?\s*{CURRENCY}",
    re.ASCII,
)


def whole(
    lowest: int, highest: int = LARGEST, required: bool = True
) -> Callable[[str], int | None]:
    """A whole number within bounds."""

    def read(cell: str) -> int | None:
        found = text(cell)
        if found is None:
            if required:
                raise UnusableError(cell)
            return None
        number = number_of(found)
        if number is None or not lowest <= number <= highest:
            raise UnusableError(cell)
        return number

    return read


def number_of(found: str) -> int | None:
    """The whole number that a text means, if it means one only."""
    parts = NUMBER.fullmatch(found)
    if not parts or (parts["sign"] and parts["other_sign"]):
        return None
    whole, rest = parts["whole"], parts["rest"] or ""
    if rest[:1] and rest[:1] in whole:
        return None
    if whole.count(".") == 1 and not rest:
        # Where 66.846 may be a fraction, 66.000 is none.
        whole, _, decimals = whole.partition(".")
        if decimals != "000":
            return None
    digits = int(re.sub("[^0-9]", "", whole))
    return -digits if "-" in (parts["sign"], parts["other_sign"]) else digits


def flag(cell: str) -> int | None:
    words = {"true": 1, "t": 1, "yes": 1, "y": 1, "false": 0, "f": 0, "no": 0, "n": 0}
    found = text(cell)
    if found is not None and found.lower() in words:
        return words[found.lower()]
    return whole(0, 1)(cell)


def required_text(cell: str) -> str:
    found = text(cell)
    if found is None:
        raise UnusableError(cell)
    return found


def eval_set(cell: str) -> str:
    found = required_text(cell).lower()
    if found not in {"prior", "train", "test"}:
        raise UnusableError(cell)
    return found


def days(cell: str) -> int | None:
    found = text(cell)
    number = None if found is None else number_of(found)
    if number in MISSING_DAYS:
        return None
    return whole(0, 30, required=False)(cell)


def gender(cell: str) -> str | None:
    found = text(cell)
    if found is not None and found.lower() not in GENDERS:
        raise UnusableError(cell)
    return found


DAY_PARTS = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4})", re.ASCII)
YEAR_FIRST = re.compile(
    r"([0-9]{4})([/-])([0-9]{1,2})\2([0-9]{1,2})([T ][0-9:.]+(Z|[+-][0-9:]+)?)?"
    r"|([0-9]{4})([0-9]{2})([0-9]{2})",
    re.ASCII,
)


def proves_day_first(rows: list[Row]) -> bool:
    """Whether more dates of a file prove that the day comes first than the month."""
    proofs: Counter[bool] = Counter()
    for row in rows:
        if row.cells and (
            found := DAY_PARTS.fullmatch(row.cells["date_joined"].strip())
        ):
            first, mark, second, _ = found.groups()
            if mark == "." or int(first) > 12:
                proofs[True] += 1
            elif int(second) > 12:
                proofs[False] += 1
    return proofs[True] > proofs[False]


def joined(cell: str, day_comes_first: bool) -> date | None:
    found = text(cell)
    if found is None:
        return None
    if parts := DAY_PARTS.fullmatch(found):
        day, month, year = int(parts[1]), int(parts[3]), int(parts[4])
        if parts[2] != "." and not day_comes_first:
            day, month = month, day
    elif parts := YEAR_FIRST.fullmatch(found):
        year, month, day = (
            int(parts[left] or parts[right]) for left, right in ((1, 7), (3, 8), (4, 9))
        )
    else:
        raise UnusableError(cell)
    try:
        return date(year, month, day)
    except ValueError:
        raise UnusableError(cell) from None


ID = whole(1)
READERS: dict[str, dict[str, Callable[[str], Hashable]]] = {
    "orders": {
        "order_id": ID,
        "user_id": ID,
        "eval_set": eval_set,
        "order_number": ID,
        "order_dow": whole(0, 6),
        "order_hour_of_day": whole(0, 23),
        "days_since_prior_order": days,
    },
    "order_products": {
        "order_id": ID,
        "product_id": ID,
        "add_to_cart_order": ID,
        "reordered": flag,
    },
    # A price and a name never cost the row.
    "products": {
        "product_id": ID,
        "product_name": text,
        "aisle_id": ID,
        "department_id": ID,
        "prices": text,
    },
    "departments": {"department_id": ID, "department": required_text},
    "aisles": {"aisle_id": ID, "aisle": required_text},
    "customers": {
        "user_id": ID,
        "first_name": text,
        "surnam": text,
        "gender": gender,
        "state": text,
        "age": whole(0, 120, required=False),
        "date_joined": text,
        "n_dependants": whole(0, required=False),
        "fam_status": text,
        "income": whole(0, required=False),
    },
}
COLUMNS = {column for readers in READERS.values() for column in readers}


# Rows -------------------------------------------------------------------------------


def screen(row: Row, dataset: str, day_comes_first: bool) -> None:
    """Read the values of a row, or find that it can't be used."""
    if row.cells is None:
        row.outcome = "unusable"
        return
    try:
        for column, read in READERS[dataset].items():
            if column in row.cells:
                row.values[column] = value_of(row, column, read, day_comes_first)
    except UnusableError:
        row.outcome = "unusable"


def value_of(
    row: Row, column: str, read: Callable[[str], Hashable], day_comes_first: bool
) -> Hashable:
    assert row.cells is not None
    cell = row.cells[column]
    if column == "date_joined":
        return joined(cell, day_comes_first)
    if column == "days_since_prior_order" and is_first_order(row):
        # Whatever stands there is removed.
        return None
    return read(cell)


def is_first_order(row: Row) -> bool:
    return row.values["order_number"] == 1


def mark_repetitions(rows: list[Row], key: list[str]) -> None:
    """Of rows that share a key one is kept; of equal rows, that of the first file."""
    known: dict[tuple, set[tuple]] = defaultdict(set)
    for row in rows:
        if row.outcome != "kept":
            continue
        identity = tuple(row.values[column] for column in key)
        content = tuple(sorted(row.values.items(), key=lambda item: item[0]))
        if content in known[identity]:
            row.outcome = "duplicate"
        elif known[identity]:
            row.outcome = "conflict"
        known[identity].add(content)


def known_ids(rows: list[Row], column: str) -> set[Hashable]:
    return {row.values[column] for row in rows if row.outcome == "kept"}
