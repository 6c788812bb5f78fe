"""Strategies for small raw packages with random defects.

A good package of some orders comes first. Then cells are spoilt, rows are copied,
contradicted, torn or left without what they refer to, and each file is written in a
form of its own. So a package that fails shrinks to a good one with what matters.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import itertools
import random
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies as st

HEADERS = {
    "orders": [
        *("order_id", "user_id", "eval_set", "order_number", "order_dow"),
        *("order_hour_of_day", "days_since_prior_order"),
    ],
    "order_products": ["order_id", "product_id", "add_to_cart_order", "reordered"],
    "products": ["product_id", "product_name", "aisle_id", "department_id", "prices"],
    "departments": ["department_id", "department"],
    "aisles": ["aisle_id", "aisle"],
    "customers": [
        *("user_id", "First Name", "Surnam", "Gender", "STATE", "Age", "date_joined"),
        *("n_dependants", "fam_status", "income"),
    ],
}
# The datasets of each kind of package, by the name of their file.
FILES = {
    "careerfoundry": {
        "orders.csv": "orders",
        "orders_products_prior.csv": "order_products",
        "products.csv": "products",
        "departments.csv": "departments",
        "customers.csv": "customers",
    },
    "kaggle": {
        "orders.csv": "orders",
        "order_products__prior.csv": "order_products",
        "order_products__train.csv": "order_products",
        "products.csv": "products",
        "departments.csv": "departments",
        "aisles.csv": "aisles",
    },
}
# Values of all kinds; which column they land in decides whether they are wrong.
NUMBERS = [
    *("0", "1", "2", "6", "7", "23", "24", "30", "31", "120", "121", "-1", "-999"),
    *("999", "2147483647", "2147483648", "-2147483649", "99999999999999999999"),
    *("5.0", "+3", "02", "4.", " 3 ", "-0", "+3.00", "2.6", "1e2", "12,34", "0x10"),
    *("1_000", "1,299", "1 299", "1'299", "1.234.567", "7,0", "$50,000", "1299,5"),
    *(
        "1,299.00",
        "1.299,00",
        "1 299,000",
        "1,299 000",
        "1\u2019299",
        "$ 5",
        "5 €",
        "USD 5",
    ),
    *("+ 5", "+$5", "$+5", "$-5", "++5", "+-5", "-+5", "5,0000", "1  299", "1,29"),
    *("٣", "\uff15", "½", "--1", "+", ".5", "5-", "1,2,3", "Infinity", "NaN"),
]
WORDS = [
    *("", " ", "NA", "n/a", "<NA>", "nan", "NaT", "null", "None", r"\N", "-", "abc"),
    *("True", "f", "YES", "no", "maybe", "prior", "Train", "TEST", "validation"),
    *("Female", "m", "non-binary", "Xyphrandel", "Ohio", "married", "1/31/2017"),
    *("2017-01-31", "2017-01-31T00:00:00Z", "2017/1/31", "20170131", "31.1.2017"),
    *("31/1/2017", "2/30/2018", "13/45/2017", "31 Jan 2017", "1/31/17", "42766"),
]
TEXTS = [
    *("Salt, red", 'Family "Big" Chips', "two\nlines", "three\n\nlines", " padded "),
    *(r"back\slash", r"C:\tmp\"", "naïve 🥕", "=1+1", "'", "a;b|c\td"),
]
CELLS = st.one_of(
    st.sampled_from(NUMBERS),
    st.sampled_from(WORDS),
    st.sampled_from(TEXTS),
    st.text("09x+-., '\n\"", max_size=5),
)
WHOLE = re.compile("[0-9]+")
# By the number of a row's cells: a column that is no key, and another value for it.
OTHER_VALUES = {
    2: (1, "other"),
    4: (2, "77"),
    5: (1, "Other"),
    7: (5, "13"),
    10: (9, "1"),
}
# What a copy of a row may have in place of a whole number.
RESPELLED: list[Callable[[str], str]] = [
    lambda cell: cell,
    lambda cell: f"0{cell}",
    lambda cell: f"+{cell}",
    lambda cell: f"{cell}.0",
    lambda cell: f" {cell} ",
]


@dataclass(frozen=True)
class Defect:
    """What is done to one row of a file, counted around.

    Attributes:
        kind: One of KINDS.
        which: Of the file, of the row, and of the column.
        cell: What is put there, if anything is.
    """

    kind: str
    which: tuple[int, int, int]
    cell: str = ""


@dataclass(frozen=True)
class Form:
    """How a file is written."""

    line_end: str = "\n"
    quotes_all: bool = False
    mark: bool = False
    ends_with_line_end: bool = True
    packing: str = ""
    first_column: int = 0
    has_other_column: bool = False
    blank_line_after: int = -1


# A row as it is written: cells, or a line as it stands.
Written = list[str] | str
Rows = list[Written]
# By the name of their file.
Tables = dict[str, Rows]
Change = Callable[[Tables, Defect], None]


@dataclass(frozen=True)
class Package:
    """A raw package to be written."""

    kind: str
    orders: int
    customers: int
    products: int
    department_names: tuple[str, ...]
    has_wide_departments: bool
    defects: tuple[Defect, ...]
    forms: tuple[Form, ...]

    def write(self, folder: Path, order: int = 0) -> Path:
        """Write the files; a number but 0 gives the rows of each another order."""
        folder.mkdir(parents=True)
        tables = self.tables()
        wide = self.has_wide_departments and tables.pop("departments.csv")
        for defect in self.defects:
            KINDS[defect.kind](tables, defect)
        if wide:
            header, *rows = zip(["department_id", "department"], *wide, strict=True)
            write_file(folder, "departments.csv", list(header), [list(rows[0])], Form())
        for number, (name, rows) in enumerate(tables.items()):
            header = header_of(self.kind, name)
            write_file(folder, name, header, rows, self.forms[number], order)
        return folder

    def tables(self) -> Tables:
        """A good package's rows, by the name of their file."""
        made: dict[str, Rows] = {
            "orders": [],
            "prior": [],
            "train": [],
            "products": [product(number) for number in range(self.products)],
            "departments": [
                [number, name]
                for number, name in zip(
                    ("4", "5", "19"), self.department_names, strict=True
                )
            ],
            "aisles": [["24", "fresh fruits"], ["28", "red wines"]],
            "customers": [customer(number) for number in range(self.customers)],
        }
        for number in range(self.orders):
            nth, user = divmod(number, self.customers)
            is_last = number + self.customers >= self.orders
            eval_set = ("train", "test")[user % 2] if is_last and nth else "prior"
            since = f"{number % 31}.0" if nth else ""
            when = [str(number % 7), f"{number % 24:02}", since]
            made["orders"].append(
                [str(101 + number), str(1 + user), eval_set, str(nth + 1), *when]
            )
            bought = min(1 + number % 3, self.products)
            if eval_set != "test":
                made[eval_set] += [
                    basket_row(101 + number, (number + place) % self.products, place)
                    for place in range(bought)
                ]
        of_file = {
            "orders_products_prior.csv": made["prior"],
            "order_products__prior.csv": made["prior"],
            # A file has at least a row.
            "order_products__train.csv": made["train"] or [["999", "1", "1", "0"]],
        }
        return {
            name: of_file.get(name, made.get(dataset, []))
            for name, dataset in FILES[self.kind].items()
        }


def product(number: int) -> Written:
    aisle, department = (("24", "4"), ("28", "5"), ("107", "19"))[number % 3]
    return [str(number + 1), f"Product {number}", aisle, department, f"{number + 1}.5"]


def customer(number: int) -> Written:
    gender, state = (("Female", "Ohio"), ("Male", "Maine"))[number % 2]
    # The days prove that the month comes first.
    joined = f"{1 + number % 12}/{13 + number % 10}/2018"
    names = [f"Quillonda{number}", f"Zarvekian{number}"]
    rest = [joined, str(number % 4), "single", str(50_000 + number)]
    return [str(number + 1), *names, gender, state, str(30 + number % 50), *rest]


def basket_row(order: int, product: int, place: int) -> Written:
    return [str(order), str(product + 1), str(place + 1), str(place % 2)]


# Defects ----------------------------------------------------------------------------


def rows_meant(tables: Tables, defect: Defect) -> tuple[Rows, int]:
    """The rows of a file, and the number of the one that is meant."""
    file, row, _ = defect.which
    rows = list(tables.values())[file % len(tables)]
    return rows, row % len(rows)


def rewritten(change: Callable[[list[str], Defect], Written]) -> Change:
    """Puts what becomes of a row in its place."""

    def apply(tables: Tables, defect: Defect) -> None:
        rows, row = rows_meant(tables, defect)
        cells = rows[row]
        if isinstance(cells, list):
            rows[row] = change(cells, defect)

    return apply


def repeated(change: Callable[[list[str], Defect], Written]) -> Change:
    """Adds what becomes of a row to its file."""

    def apply(tables: Tables, defect: Defect) -> None:
        rows, row = rows_meant(tables, defect)
        cells = rows[row]
        rows.append(change(cells, defect) if isinstance(cells, list) else cells)

    return apply


def with_cell(cells: list[str], column: int, cell: str) -> list[str]:
    column %= len(cells)
    return [*cells[:column], cell, *cells[column + 1 :]]


def spoilt(cells: list[str], defect: Defect) -> Written:
    return with_cell(cells, defect.which[2], defect.cell)


def respelled(cells: list[str], defect: Defect) -> Written:
    """Whole numbers written otherwise."""
    respell = RESPELLED[defect.which[2] % len(RESPELLED)]
    return [respell(cell) if WHOLE.fullmatch(cell) else cell for cell in cells]


def contradicted(cells: list[str], defect: Defect) -> Written:
    """Another value in a column that is no key."""
    return with_cell(cells, *OTHER_VALUES[len(cells)])


def torn(cells: list[str], defect: Defect) -> Written:
    return ",".join(map(quoted, cells[:-1]))


def stretched(cells: list[str], defect: Defect) -> Written:
    return ",".join(map(quoted, [*cells, defect.cell]))


def with_open_quote(cells: list[str], defect: Defect) -> Written:
    column = defect.which[2] % len(cells)
    parts = list(map(quoted, cells))
    parts[column] = '"' + re.sub('["\n]', " ", cells[column])
    return ",".join(parts)


def with_text_after_quote(cells: list[str], defect: Defect) -> Written:
    return ",".join(with_cell(list(map(quoted, cells)), defect.which[2], '"a" b'))


def lose_reference(tables: Tables, defect: Defect) -> None:
    """Add an order product whose order or product no file has."""
    name = next(name for name in tables if re.match("orders?_products", name))
    order, product = (("9999", "1"), ("101", "9999"))[defect.which[0] % 2]
    tables[name].append([order, product, str(1 + defect.which[1]), "0"])


KINDS: dict[str, Change] = {
    "cell": rewritten(spoilt),
    "copy": repeated(respelled),
    "contradiction": repeated(contradicted),
    "a cell too few": rewritten(torn),
    "a cell too many": rewritten(stretched),
    "open quote": rewritten(with_open_quote),
    "text after a quote": rewritten(with_text_after_quote),
    "lost reference": lose_reference,
}


# Files ------------------------------------------------------------------------------


def header_of(kind: str, name: str) -> list[str]:
    header = HEADERS[FILES[kind][name]]
    # Kaggle's products have no price.
    return header[:4] if kind == "kaggle" and name == "products.csv" else header


def csv_line(cells: list[str], quoting: int = csv.QUOTE_MINIMAL) -> str:
    line = io.StringIO(newline="")
    # The writer quotes a line break only if it ends its lines with one.
    csv.writer(line, lineterminator="\r\n", quoting=quoting).writerow(cells)
    return line.getvalue().removesuffix("\r\n")


def quoted(cell: str) -> str:
    """A cell, in quotes if it needs them."""
    return csv_line([cell, ""])[:-1]


def write_file(
    folder: Path, name: str, header: list[str], rows: Rows, form: Form, order: int = 0
) -> None:
    halves = [rows]
    if form.packing == "parts" and len(rows) > 1:
        halves = [rows[: len(rows) // 2], rows[len(rows) // 2 :]]
    for number, half in enumerate(halves, 1):
        if order:
            random.Random(order).shuffle(half)
        content = content_of(header, half, form)
        stem = name.removesuffix(".csv")
        if form.packing == "gz":
            (folder / f"{name}.gz").write_bytes(gzip.compress(content))
        elif form.packing == "bz2":
            (folder / f"{name}.bz2").write_bytes(bz2.compress(content))
        elif form.packing == "zip":
            with zipfile.ZipFile(folder / f"{stem}.zip", "w") as archive:
                archive.writestr(name, content)
        elif len(halves) > 1:
            (folder / f"{stem}_part{number}.csv").write_bytes(content)
        else:
            (folder / name).write_bytes(content)


def content_of(header: list[str], rows: Rows, form: Form) -> bytes:
    """The bytes of a file."""
    lines = [line_of(header, len(header), form)]
    for number, row in enumerate(rows):
        lines.append(row if isinstance(row, str) else line_of(row, len(header), form))
        if number == form.blank_line_after:
            lines.append("")
    text = "\n".join(lines) + ("\n" if form.ends_with_line_end else "")
    content = text.replace("\n", form.line_end).encode()
    return b"\xef\xbb\xbf" * form.mark + content


def line_of(cells: list[str], count: int, form: Form) -> str:
    """A row's line: as many cells as the header has, turned around."""
    cells = cells[:count]
    first = form.first_column % count
    cells = cells[first:] + cells[:first]
    if form.has_other_column:
        cells = [*cells, "other"]
    return csv_line(cells, csv.QUOTE_ALL if form.quotes_all else csv.QUOTE_MINIMAL)


# Strategies -------------------------------------------------------------------------

INDEX = st.integers(0, 200)
DEFECTS = st.builds(
    Defect,
    # Half of the defects are cells: they have the most ways to be wrong.
    st.sampled_from([*KINDS, *["cell"] * len(KINDS)]),
    st.tuples(INDEX, INDEX, INDEX),
    CELLS,
)
FORMS = st.builds(
    Form,
    line_end=st.sampled_from(["\n", "\r\n"]),
    quotes_all=st.booleans(),
    mark=st.booleans(),
    ends_with_line_end=st.booleans(),
    packing=st.sampled_from(["", "", "", "gz", "bz2", "zip", "parts"]),
    first_column=st.integers(0, 9),
    has_other_column=st.booleans(),
    blank_line_after=st.integers(-1, 5),
)
PACKAGES = st.builds(
    Package,
    kind=st.sampled_from(list(FILES)),
    orders=st.integers(3, 40),
    customers=st.integers(4, 8),
    products=st.integers(2, 9),
    department_names=st.tuples(
        *[st.sampled_from(["produce", "dairy, eggs", "5", "NA"])] * 3
    ),
    has_wide_departments=st.booleans(),
    # Three lists: one of Hypothesis is mostly short.
    defects=st.tuples(*[st.lists(DEFECTS, max_size=10)] * 3).map(
        lambda lists: tuple(itertools.chain(*lists))
    ),
    forms=st.tuples(*[FORMS] * 6),
)
