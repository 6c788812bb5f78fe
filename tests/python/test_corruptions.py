"""A good package, spoilt in one way at a time, and what must become of it.

A package that can't be read stops the run with one sentence and leaves the warehouse
as it was. Anything less costs the bad row only: the marts are then those of a package
without that row, and the row stands in data_quality.rejected_rows.
"""

from __future__ import annotations

import collections
import copy
import csv
import gzip
import io
import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from conftest import CUSTOMER_NAMES, PACKAGES, PROJECT_DIR, Built, Snapshot, Warehouse

Change = Callable[[Path], None]
Edit = Callable[[Snapshot], None]

ORDERS = "orders.csv"
BASKETS = "orders_products_prior.csv"
PRODUCTS = "products.csv"
DEPARTMENTS = "departments.csv"
CUSTOMERS = "customers.csv"
AISLES = "aisles.csv"
KAGGLE_BASKETS = "order_products__prior.csv"
KAGGLE_TRAIN = "order_products__train.csv"

# Names that only some corruptions put into customers.csv.
OTHER_NAMES = {"Xyphrandel", "Jobblequin"}
ALL_NAMES = OTHER_NAMES | {
    name for pair in CUSTOMER_NAMES.values() for name in pair if name
}


# Ways to change a package ------------------------------------------------------------


def unchanged(folder: Path) -> None:
    """Leave the package as it is."""


def together(*changes: Change) -> Change:
    def change(folder: Path) -> None:
        for one in changes:
            one(folder)

    return change


def put(name: str, old: str | bytes, new: str | bytes) -> Change:
    """Replace a text that stands in a file exactly once."""

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


def rewrite(name: str, transform: Callable[[list[list[str]]], Iterable[list[str]]]):
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
    """Put a gzipped file, or these bytes, in the place of a plain one."""

    def change(folder: Path) -> None:
        plain = folder / name
        packed = gzip.compress(plain.read_bytes()) if content is None else content
        (folder / f"{name}.gz").write_bytes(packed)
        plain.unlink()

    return change


def every_file(change_of: Callable[[str], Change], but: tuple[str, ...] = ()) -> Change:
    def change(folder: Path) -> None:
        for path in sorted(folder.iterdir()):
            if path.name not in but:
                change_of(path.name)(folder)

    return change


def without_column(name: str, column: str) -> Change:
    def transform(rows: list[list[str]]) -> list[list[str]]:
        place = rows[0].index(column)
        return [row[:place] + row[place + 1 :] for row in rows]

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


# Stops -------------------------------------------------------------------------------


@dataclass
class Stop:
    """A package that must not be read: the file its sentence names, what it says."""

    name: str
    change: Change
    file: str
    says: str
    package: str = "careerfoundry"


def source_tables() -> dict[str, dict]:
    text = (
        PROJECT_DIR / "models/staging/instacart/_instacart__sources.yml"
    ).read_text()
    tables = yaml.safe_load(text)["sources"][0]["tables"]
    return {table["name"]: table for table in tables}


def column_stops() -> list[Stop]:
    """Each required column of each file: gone, and under another name."""
    files = {
        "orders": (ORDERS, "careerfoundry"),
        "order_products": (BASKETS, "careerfoundry"),
        "products": (PRODUCTS, "careerfoundry"),
        "customers": (CUSTOMERS, "careerfoundry"),
        "departments": (DEPARTMENTS, "kaggle"),
        "aisles": (AISLES, "kaggle"),
    }
    assert files.keys() == source_tables().keys()
    stops = []
    for table, (name, package) in files.items():
        for column in source_tables()[table]["columns"]:
            title = column["name"]
            is_optional = column.get("config", {}).get("meta", {}).get("optional")
            says = f"expected a column {title}, found "
            if not is_optional:
                change = without_column(name, title)
                stops.append(Stop(f"{table} lack {title}", change, name, says, package))
            new = title + "_2"
            change = renamed_column(name, title, new)
            says += f"{new} instead; rename it"
            stops.append(
                Stop(f"{table} rename {title}", change, name, says, package),
            )
    return stops


LFS_POINTER = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n"
    b"size 12345\n"
)
WEB_PAGE = b"<!DOCTYPE html>\n<html><body>Sign in</body></html>\n"

STOPS = [
    Stop("no folder", shutil.rmtree, "", "no such folder"),
    Stop("no orders", remove(ORDERS), ORDERS, "found only customers.csv"),
    Stop("no products", remove(PRODUCTS), PRODUCTS, "found only customers.csv"),
    Stop("no departments", remove(DEPARTMENTS), DEPARTMENTS, "found only customers"),
    Stop("no order products", remove(BASKETS), BASKETS, "found only customers.csv"),
    Stop(
        "no prior order products beside train's",
        remove(KAGGLE_BASKETS),
        KAGGLE_BASKETS,
        f"{KAGGLE_TRAIN}",
        "kaggle",
    ),
    Stop("no file at all", every_file(remove), ORDERS, "found no CSV file"),
    *column_stops(),
    Stop(
        "prices called price",
        renamed_column(PRODUCTS, "prices", "price"),
        PRODUCTS,
        "expected a column prices, found price instead; rename it",
    ),
    Stop(
        "column twice",
        rewrite(ORDERS, lambda rows: [[*row, row[0]] for row in rows]),
        ORDERS,
        "expected one column order_id, found 2 of that name",
    ),
    Stop(
        "column twice in other case",
        put(ORDERS, "order_dow", "Order_ID"),
        ORDERS,
        "expected one column order_id, found 2 of that name",
    ),
    *(
        Stop(
            what,
            encode(ORDERS, lambda content, mark=mark: content.replace(b",", mark)),
            ORDERS,
            f"expected values separated by commas, found {what} in the header",
        )
        for what, mark in [
            ("semicolons", b";"),
            ("tabs", b"\t"),
            ("vertical bars", b"|"),
        ]
    ),
    Stop(
        "semicolons below a header with commas",
        encode(
            BASKETS,
            lambda content: content.replace(b",", b";").replace(b";", b",", 3),
        ),
        BASKETS,
        "expected values separated by commas, found semicolons in the rows",
    ),
    Stop("Git LFS pointer", fill(PRODUCTS, LFS_POINTER), PRODUCTS, "a Git LFS pointer"),
    Stop(
        "Git LFS pointer for a packed file",
        pack(ORDERS, LFS_POINTER),
        f"{ORDERS}.gz",
        "a Git LFS pointer",
    ),
    Stop("no bytes", fill(ORDERS, b""), ORDERS, "an empty file (0 bytes)"),
    Stop("no bytes in optional file", fill(CUSTOMERS, b""), CUSTOMERS, "an empty file"),
    Stop("no bytes packed", pack(ORDERS, b""), f"{ORDERS}.gz", "an empty file"),
    Stop("blank lines only", fill(BASKETS, b"\n \n\r\n"), BASKETS, "an empty file"),
    Stop("byte order mark only", fill(BASKETS, b"\xef\xbb\xbf"), BASKETS, "an empty"),
    Stop(
        "byte order mark and blank line only",
        fill(BASKETS, b"\xef\xbb\xbf\r\n"),
        BASKETS,
        "an empty file",
    ),
    Stop(
        "header only",
        encode(BASKETS, lambda content: content.splitlines(keepends=True)[0]),
        BASKETS,
        "expected rows below the header, found a header only",
    ),
    Stop(
        "header and blank lines only",
        encode(PRODUCTS, lambda content: content.splitlines()[0] + b"\r\n\r\n  \r\n"),
        PRODUCTS,
        "a header only",
    ),
    Stop(
        "blank line above the header",
        encode(ORDERS, lambda content: b"\n" + content),
        ORDERS,
        "expected a header in the first line, found a blank line",
    ),
    Stop(
        "one endless line",
        fill(ORDERS, b"order_id" * 40_000),
        ORDERS,
        "expected a header with order_id",
    ),
    Stop(
        "Latin-1 in products",
        put(PRODUCTS, "3,Pears", b"3,P\xeaches"),
        PRODUCTS,
        "byte 0xEA in line 4, which is not UTF-8",
    ),
    Stop(
        "Latin-1 in customers",
        put(CUSTOMERS, "2,Brixomar", b"2,Bj\xf6rn"),
        CUSTOMERS,
        "byte 0xF6 in line 3, which is not UTF-8",
    ),
    Stop(
        "file ends inside a character",
        encode(PRODUCTS, lambda content: content + b"14,Caf\xc3"),
        PRODUCTS,
        "byte 0xC3 in line 15",
    ),
    Stop(
        "UTF-16",
        encode(ORDERS, lambda content: content.decode().encode("utf-16")),
        ORDERS,
        "UTF-16 text; save it as UTF-8",
    ),
    Stop(
        "UTF-16 without a byte order mark",
        encode(ORDERS, lambda content: content.decode().encode("utf-16-le")),
        ORDERS,
        "UTF-16 text",
    ),
    Stop(
        "workbook",
        fill(PRODUCTS, b"PK\x03\x04\x14\x00\x06\x00workbook"),
        PRODUCTS,
        "a zip archive or a workbook",
    ),
    Stop(
        "old workbook",
        fill(PRODUCTS, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00\x00\n"),
        PRODUCTS,
        "binary data",
    ),
    Stop("Parquet", fill(PRODUCTS, b"PAR1\x15\x04\x15"), PRODUCTS, "a Parquet file"),
    Stop("gzip as plain", encode(ORDERS, gzip.compress), ORDERS, "name it .csv.gz"),
    Stop(
        "plain as gzip",
        pack(ORDERS, b"order_id,user_id\n1,1\n"),
        f"{ORDERS}.gz",
        "expected gzip data, found something else",
    ),
    Stop(
        "gzip cut short",
        together(
            pack(ORDERS),
            encode(f"{ORDERS}.gz", lambda content: content[: -len(content) // 2]),
        ),
        f"{ORDERS}.gz",
        "a packed file that is damaged or cut short",
    ),
    Stop(
        "gzip with a wrong byte",
        together(
            pack(ORDERS),
            encode(f"{ORDERS}.gz", lambda x: x[:40] + bytes([x[40] ^ 255]) + x[41:]),
        ),
        f"{ORDERS}.gz",
        "damaged or cut short",
    ),
    Stop(
        "plain and gzip",
        together(copied(ORDERS, "kept"), pack(ORDERS), copied("kept", ORDERS)),
        ORDERS,
        f"expected one file, found {ORDERS}.gz beside it",
    ),
    Stop(
        "folder named as a file", replaced_by_folder(ORDERS), ORDERS, "something else"
    ),
    Stop("web page", fill(DEPARTMENTS, WEB_PAGE), DEPARTMENTS, "a web page"),
    Stop(
        "answer of a web server",
        fill(PRODUCTS, b"404: Not Found"),
        PRODUCTS,
        "found none of these names",
    ),
    Stop(
        "two rows of department names",
        add(DEPARTMENTS, "department,produce,alcohol,snacks"),
        DEPARTMENTS,
        "expected one row of names below a header of ids, found more rows",
    ),
    Stop(
        "a department's name cell is gone",
        put(DEPARTMENTS, "produce,alcohol,snacks", "produce,snacks"),
        DEPARTMENTS,
        "expected 4 names, one for each cell of the header, found 3",
    ),
    Stop(
        "a department's name is blank",
        put(DEPARTMENTS, "produce,alcohol,snacks", "produce, ,snacks"),
        DEPARTMENTS,
        "expected a name for each id, found none for 5",
    ),
    Stop(
        "a department's id stands twice",
        put(DEPARTMENTS, "4,5,19", "4,5,5"),
        DEPARTMENTS,
        "expected each id once in the header",
    ),
    Stop(
        "department names without a header",
        encode(DEPARTMENTS, lambda content: content.splitlines(keepends=True)[1]),
        DEPARTMENTS,
        "expected a column department_id",
    ),
]


def make_package(folder: Path, package: str, change: Change) -> Path:
    raw_dir = PACKAGES[package](folder / "raw")
    change(raw_dir)
    return raw_dir


def stop_sentence(error: str) -> str:
    """The sentence in dbt's error, which stands between dbt's own lines."""
    title, sentence, *rest = (line.strip() for line in error.splitlines())
    assert title.startswith("Compilation Error in operation"), error
    assert all(not line or line.startswith(("> in ", "> called by ")) for line in rest)
    return sentence


@pytest.mark.parametrize("case", STOPS, ids=lambda case: case.name)
def test_unreadable_package_stops_the_run_before_it_builds_anything(
    case: Stop, tmp_path: Path, warehouse: Warehouse, baselines: dict[str, Built]
) -> None:
    raw_dir = make_package(tmp_path, case.package, case.change)
    warehouse.restore(baselines[case.package].database)

    run = warehouse.dbt("build", raw_dir)

    assert not run.succeeded
    assert "Traceback" not in run.output + run.error
    sentence = stop_sentence(run.error)
    assert re.fullmatch(r"[^:]+: expected .+, found .+; .+\w`?\)?\.", sentence), (
        sentence
    )
    assert not re.search(r"[.!?] [A-Z]", sentence), "more than one sentence"
    assert (case.file or str(raw_dir)) in sentence.split(": expected ")[0]
    assert case.says in sentence
    assert (
        warehouse.database.read_bytes() == baselines[case.package].database.read_bytes()
    )
    assert not warehouse.temp_dir.exists() or not any(
        warehouse.temp_dir.rglob("*.csv*")
    )


# Loads -------------------------------------------------------------------------------


@dataclass
class Load:
    """A package that must load, at the cost of its bad rows and values only.

    Attributes:
        like: The change that gives a clean package with the same marts.
        rejected: All of rejected_rows, as (dataset, reason, raw row).
        duplicates: Copies removed, by dataset.
        repaired: All of repaired_values, as (dataset, column, id, raw, new).
        edits: How the marts differ from those of the clean package, row by row.
    """

    name: str
    change: Change
    like: Change = unchanged
    rejected: list[tuple[str, str, str]] = field(default_factory=list)
    duplicates: dict[str, int] = field(default_factory=dict)
    repaired: list[tuple[str, str, int, str | None, str | None]] = field(
        default_factory=list
    )
    edits: list[Edit] = field(default_factory=list)
    package: str = "careerfoundry"


def differs(table: str, key: dict, **values: object) -> Edit:
    """One row of a mart has these values instead."""

    def edit(tables: Snapshot) -> None:
        (row,) = (
            row
            for row in tables[f"marts.{table}"]
            if all(row[column] == value for column, value in key.items())
        )
        assert values.keys() <= row.keys()
        assert all(row[column] != value for column, value in values.items())
        row.update(values)

    return edit


def appears(table: str, **values: object) -> Edit:
    """A mart has one row more."""

    def edit(tables: Snapshot) -> None:
        assert values.keys() == tables[f"marts.{table}"][0].keys()
        tables[f"marts.{table}"].append(values)

    return edit


def all_differ(table: str, **values: object) -> Edit:
    def edit(tables: Snapshot) -> None:
        for row in tables[f"marts.{table}"]:
            assert values.keys() <= row.keys()
            row.update(values)

    return edit


def vanishes(table: str, key: dict) -> Edit:
    """A mart lacks one row."""

    def edit(tables: Snapshot) -> None:
        rows = tables[f"marts.{table}"]
        (gone,) = (row for row in rows if key.items() <= row.items())
        rows.remove(gone)

    return edit


def unknown_order(*rows: str) -> list[tuple[str, str, str]]:
    return [("order_products", "unknown order", row) for row in rows]


def unknown_product(*rows: str) -> list[tuple[str, str, str]]:
    return [("order_products", "unknown product", row) for row in rows]


def conflict(dataset: str, key: str, row: str) -> tuple[str, str, str]:
    return (
        dataset,
        f"{key} appears in another row with other values, which was kept",
        row,
    )


ORDER_104 = "104,1,prior,4,1,10,15.0"
WITHOUT_ORDER_104 = together(drop(ORDERS, "104,"), drop(BASKETS, "104,3", "104,6"))


def bad_order(name: str, line: str, reason: str) -> Load:
    """Order 104 is spoilt: it is missing, and so are its two order products."""
    return Load(
        f"order with {name}",
        put(ORDERS, ORDER_104, line),
        like=WITHOUT_ORDER_104,
        rejected=[("orders", reason, line), *unknown_order("104,3,1,0", "104,6,2,1")],
    )


BASKET_105_11 = "105,11,4,0"


def bad_order_product(name: str, line: str, reason: str) -> Load:
    """The last product of order 105 is spoilt, and missing."""
    return Load(
        f"order product with {name}",
        put(BASKETS, BASKET_105_11, line),
        like=drop(BASKETS, BASKET_105_11),
        rejected=[("order_products", reason, line)],
    )


PRODUCT_11 = "11,Rioja,28,5,18.0"
WITHOUT_PRODUCT_11 = together(drop(PRODUCTS, "11,"), drop(BASKETS, BASKET_105_11))


def bad_product(name: str, line: str, reason: str) -> Load:
    """Product 11 is spoilt: it is missing, and so is its one order product."""
    return Load(
        f"product with {name}",
        put(PRODUCTS, PRODUCT_11, line),
        like=WITHOUT_PRODUCT_11,
        rejected=[("products", reason, line), *unknown_product(BASKET_105_11)],
    )


CUSTOMER_2 = f"2,{','.join(CUSTOMER_NAMES[2])},Male,Alaska,50,12/1/2018,2,married,90000"


def bad_customer(name: str, old: str, new: str, reason: str) -> Load:
    """Customer 2 is spoilt: known from the orders only. Names are not shown."""
    assert CUSTOMER_2.count(old) == 1
    line = CUSTOMER_2.replace(old, new)
    cells = line.split(",")
    return Load(
        f"customer with {name}",
        put(CUSTOMERS, CUSTOMER_2, line),
        like=drop(CUSTOMERS, "2,"),
        rejected=[("customers", reason, ",".join([cells[0], *cells[3:]]))],
    )


def private_customer(name: str, line: str, reason: str, shown: str = "2") -> Load:
    """Customer 2's line can't be split: no more than the id may be shown of it."""
    return Load(
        f"customer with {name}",
        put(CUSTOMERS, CUSTOMER_2, line),
        like=drop(CUSTOMERS, "2,"),
        rejected=[("customers", reason, f"{shown},(left out: may hold names)")],
    )


LARGEST = 2_147_483_647
NO_GENDER = "gender is not one of Female, Male, F, M, Non-binary, Other, Unknown"

REJECTS = [
    bad_order("id 2.6", "2.6,1,prior,4,1,10,15.0", "order_id is not a whole number"),
    bad_order("id abc", "abc,1,prior,4,1,10,15.0", "order_id is not a whole number"),
    bad_order("id 1e2", "1e2,1,prior,4,1,10,15.0", "order_id is not a whole number"),
    bad_order("id 0x68", "0x68,1,prior,4,1,10,15.0", "order_id is not a whole number"),
    bad_order("id 1_04", "1_04,1,prior,4,1,10,15.0", "order_id is not a whole number"),
    bad_order("no id", ",1,prior,4,1,10,15.0", "order_id is missing"),
    bad_order("id -5", "-5,1,prior,4,1,10,15.0", "order_id is below 1"),
    bad_order("id 0", "0,1,prior,4,1,10,15.0", "order_id is below 1"),
    bad_order(
        "huge id",
        "99999999999,1,prior,4,1,10,15.0",
        f"order_id is above {LARGEST}",
    ),
    bad_order("no customer", "104,,prior,4,1,10,15.0", "user_id is missing"),
    bad_order(
        "customer 1.5", "104,1.5,prior,4,1,10,15.0", "user_id is not a whole number"
    ),
    bad_order("hour 24", "104,1,prior,4,1,24,15.0", "order_hour_of_day is above 23"),
    bad_order("hour 25", "104,1,prior,4,1,25,15.0", "order_hour_of_day is above 23"),
    bad_order("hour -1", "104,1,prior,4,1,-1,15.0", "order_hour_of_day is below 0"),
    bad_order("no hour", "104,1,prior,4,1,,15.0", "order_hour_of_day is missing"),
    bad_order(
        "hour 10:30",
        "104,1,prior,4,1,10:30,15.0",
        "order_hour_of_day is not a whole number",
    ),
    bad_order("day 7", "104,1,prior,4,7,10,15.0", "order_dow is above 6"),
    bad_order(
        "day Monday", "104,1,prior,4,Monday,10,15.0", "order_dow is not a whole number"
    ),
    bad_order(
        "eval_set validation",
        "104,1,validation,4,1,10,15.0",
        "eval_set is not one of prior, train, test",
    ),
    bad_order("no eval_set", "104,1,,4,1,10,15.0", "eval_set is missing"),
    bad_order("number 0", "104,1,prior,0,1,10,15.0", "order_number is below 1"),
    bad_order(
        "31 days", "104,1,prior,4,1,10,31.0", "days_since_prior_order is above 30"
    ),
    bad_order("-1 days", "104,1,prior,4,1,10,-1", "days_since_prior_order is below 0"),
    bad_order(
        "3.5 days",
        "104,1,prior,4,1,10,3.5",
        "days_since_prior_order is not a whole number",
    ),
    bad_order("too few columns", "104,1,prior,4,1,10", "too few columns"),
    bad_order("too few quoted columns", '"104","1"', "too few columns"),
    bad_order("too many columns", "104,1,prior,4,1,10,15.0,x", "too many columns"),
    bad_order_product("order 1.5", "1.5,11,4,0", "order_id is not a whole number"),
    bad_order_product("product 2.5", "105,2.5,4,0", "product_id is not a whole number"),
    bad_order_product("no product", "105,,4,0", "product_id is missing"),
    bad_order_product("reordered 2", "105,11,4,2", "reordered is above 1"),
    bad_order_product(
        "reordered true", "105,11,4,true", "reordered is not a whole number"
    ),
    bad_order_product("position 0", "105,11,0,0", "add_to_cart_order is below 1"),
    bad_order_product("unknown order", "999,11,4,0", "unknown order"),
    bad_order_product("unknown product", "105,999,4,0", "unknown product"),
    bad_order_product("too few columns", "105,11,4", "too few columns"),
    bad_order_product("too many columns", "105,11,4,0,0", "too many columns"),
    bad_product("id abc", "abc,Rioja,28,5,18.0", "product_id is not a whole number"),
    bad_product("no id", ",Rioja,28,5,18.0", "product_id is missing"),
    bad_product("aisle x", "11,Rioja,x,5,18.0", "aisle_id is not a whole number"),
    bad_product("no department", "11,Rioja,28,,18.0", "department_id is missing"),
    bad_product("too few columns", "11,Rioja,28,5", "too few columns"),
    bad_product("too many columns", "11,Rioja, red,28,5,18.0", "too many columns"),
    bad_product("open quote", '11,"Rioja,28,5,18.0', "broken quotes"),
    bad_product("open quote after a blank", '11, "Rioja,28,5,18.0', "broken quotes"),
    bad_product("open quote after another", '11,R"ioja,"28,5,18.0', "broken quotes"),
    bad_product("text after a quote", '11,"Rioja" red,28,5,18.0', "broken quotes"),
    Load(
        "product with open quote in the last line",
        together(
            put(PRODUCTS, "13,Cava", '13,"Cava'),
            encode(PRODUCTS, bytes.rstrip),
        ),
        like=drop(PRODUCTS, "13,"),
        rejected=[("products", "broken quotes", '13,"Cava,28,5,18.0')],
    ),
    Load(
        "product with open quote in a packed file",
        together(put(PRODUCTS, PRODUCT_11, '11,"Rioja,28,5,18.0'), pack(PRODUCTS)),
        like=WITHOUT_PRODUCT_11,
        rejected=[
            ("products", "broken quotes", '11,"Rioja,28,5,18.0'),
            *unknown_product(BASKET_105_11),
        ],
    ),
    bad_customer("age abc", ",50,", ",abc,", "age is not a whole number"),
    bad_customer("age 200", ",50,", ",200,", "age is above 120"),
    bad_customer("age -1", ",50,", ",-1,", "age is below 0"),
    bad_customer(
        "date 13/45/2017", "12/1/2018", "13/45/2017", "date_joined is not a date"
    ),
    bad_customer(
        "date 2/30/2018", "12/1/2018", "2/30/2018", "date_joined is not a date"
    ),
    bad_customer("date 2018", "12/1/2018", "2018", "date_joined is not a date"),
    bad_customer("-1 dependants", ",2,", ",-1,", "n_dependants is below 0"),
    bad_customer(
        "2.6 dependants", ",2,", ",2.6,", "n_dependants is not a whole number"
    ),
    bad_customer("income 12k", "90000", "12k", "income is not a whole number"),
    bad_customer("income -1", "90000", "-1", "income is below 0"),
    private_customer(
        "a comma in the first name and no state",
        CUSTOMER_2.replace("Brixomar", "Brix,omar").replace("Alaska,", ""),
        NO_GENDER,
    ),
    private_customer(
        "a comma in the first name and no age",
        CUSTOMER_2.replace("Brixomar", "Brix,omar").replace("50,", ""),
        NO_GENDER,
    ),
    private_customer(
        "too many columns", f"{CUSTOMER_2},Jobblequin", "too many columns"
    ),
    private_customer("too few columns", "2,Jobblequin,Xyphrandel", "too few columns"),
    private_customer(
        "open quote", CUSTOMER_2.replace("2,Brix", '2,"Brix'), "broken quotes"
    ),
    private_customer(
        "open quote and quoted id",
        CUSTOMER_2.replace("2,Brix", '"2","Brix'),
        "broken quotes",
    ),
    private_customer(
        "text after a quote",
        CUSTOMER_2.replace("Brixomar", '"Brixomar" II'),
        "broken quotes",
    ),
    Load(
        "customers.csv begins with names and has an open quote",
        together(
            rewrite(CUSTOMERS, lambda rows: [[*row[1:], row[0]] for row in rows]),
            put(CUSTOMERS, "Brixomar,", '"Brixomar,'),
        ),
        like=drop(CUSTOMERS, "2,"),
        rejected=[("customers", "broken quotes", ",(left out: may hold names)")],
    ),
    Load(
        "order twice, in other values: the lower hour stays",
        add(ORDERS, "104,1,prior,4,1,11,15.0"),
        rejected=[conflict("orders", "order_id", "104,1,prior,4,1,11,15")],
    ),
    Load(
        "order twice, in other values: a lower hour replaces",
        add(ORDERS, "104,1,prior,4,1,07,15.0"),
        like=put(ORDERS, ORDER_104, "104,1,prior,4,1,07,15.0"),
        rejected=[conflict("orders", "order_id", "104,1,prior,4,1,10,15")],
    ),
    Load(
        "order with a copy and a conflict",
        add(ORDERS, ORDER_104, "104,1,prior,4,1,11,15.0"),
        rejected=[conflict("orders", "order_id", "104,1,prior,4,1,11,15")],
        duplicates={"orders": 1},
    ),
    Load(
        "order of two customers",
        add(ORDERS, "104,2,prior,4,1,10,15.0"),
        rejected=[conflict("orders", "order_id", "104,2,prior,4,1,10,15")],
    ),
    Load(
        "product twice in an order, at other positions",
        add(BASKETS, "105,11,9,0"),
        rejected=[
            conflict("order_products", "order_id and product_id", "105,11,9,0"),
        ],
    ),
    Load(
        "product of one order in both of Kaggle's files",
        add(KAGGLE_TRAIN, "105,11,4,1"),
        rejected=[
            conflict("order_products", "order_id and product_id", "105,11,4,1"),
        ],
        package="kaggle",
    ),
    Load(
        "product twice, with other names",
        add(PRODUCTS, "11,Tempranillo,28,5,18.0"),
        rejected=[conflict("products", "product_id", "11,Tempranillo,28,5,18.0")],
    ),
    Load(
        "product twice, with other prices",
        add(PRODUCTS, "11,Rioja,28,5,19.0"),
        rejected=[conflict("products", "product_id", "11,Rioja,28,5,19.0")],
    ),
    Load(
        "customer twice, with other incomes",
        add(CUSTOMERS, CUSTOMER_2.replace("90000", "95000")),
        rejected=[
            conflict(
                "customers", "user_id", "2,Male,Alaska,50,2018-12-01,2,married,95000"
            )
        ],
    ),
    Load(
        "customer twice, with other surnames",
        add(CUSTOMERS, CUSTOMER_2.replace("Yelthorne", "Xyphrandel")),
        rejected=[
            conflict(
                "customers", "user_id", "2,Male,Alaska,50,2018-12-01,2,married,90000"
            )
        ],
    ),
    Load(
        "department twice, with other names",
        add(DEPARTMENTS, "5,spirits"),
        rejected=[conflict("departments", "department_id", "5,spirits")],
        package="kaggle",
    ),
    Load(
        "department without a name",
        add(DEPARTMENTS, "6,"),
        rejected=[("departments", "department is missing", "6,")],
        package="kaggle",
    ),
    Load(
        "aisle twice, with other names",
        add(AISLES, "28,wines"),
        rejected=[conflict("aisles", "aisle_id", "28,wines")],
        package="kaggle",
    ),
    Load(
        "aisle with an id that is no number",
        add(AISLES, "x,wines"),
        rejected=[("aisles", "aisle_id is not a whole number", "x,wines")],
        package="kaggle",
    ),
]


def duplicated(dataset: str, name: str, line: str, package: str) -> Load:
    return Load(
        f"copy of a row of {name} ({package})",
        add(name, line),
        duplicates={dataset: 1},
        package=package,
    )


CAVA = {"product_id": 13}


def priced(name: str, text: str, **values: object) -> Load:
    """Product 13, which nobody bought, has another price."""
    is_imputed = values.get("is_price_imputed", False)
    return Load(
        f"price {name}",
        put(PRODUCTS, "13,Cava,28,5,18.0", f"13,Cava,28,5,{text}"),
        repaired=[("products", "prices", 13, text.strip() or None, "18.00")]
        if is_imputed
        else [],
        edits=[differs("dim_products", CAVA, **values)],
    )


IMPUTED = {"is_price_imputed": True, "listed_price": None}
UNNAMED = {"product_name": "Unknown product 13", "is_product_name_imputed": True}


def named(name: str, cell: str, listed: str | None, **values: object) -> Load:
    """Product 13 has another name."""
    return Load(
        f"product name {name}",
        put(PRODUCTS, "13,Cava", f"13,{cell}"),
        repaired=[
            ("products", "product_name", 13, listed, str(values["product_name"]))
        ],
        edits=[differs("dim_products", CAVA, **values)],
    )


def decoded(name: str, listed: str, shown: str) -> Load:
    return named(name, listed, listed, product_name=shown)


NO_DEMOGRAPHICS = {
    "gender": "Unknown",
    "state": "Unknown",
    "region": "Unknown",
    "age": None,
    "age_group": "Unknown",
    "date_joined": None,
    "dependants_count": None,
    "is_parent": None,
    "family_size": "Unknown",
    "family_status": "Unknown",
    "income": None,
    "income_group": "Unknown",
    "demographic_group": "Unknown",
    "customer_profile": "Unknown",
}


def crlf(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def lf(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n")


def quoted(name: str) -> Change:
    return encode(
        name,
        lambda content: b"".join(
            b",".join(b'"%s"' % cell for cell in line.rstrip(b"\r\n").split(b","))
            + b"\n"
            for line in content.splitlines(keepends=True)
        ),
    )


MISNUMBERED = [
    "6800,Vitamin Water,64,7,6.4",
    "6800,Baby Cereal,92,18,14.0",
    "26520,Deodorant,80,11,10.6",
    "26520,Sharp Cheddar,21,16,2.9",
]
NUMBERED = [
    MISNUMBERED[0].replace("6800", "6799"),
    MISNUMBERED[1],
    MISNUMBERED[2].replace("26520", "26519"),
    MISNUMBERED[3],
]
BOUGHT = add(BASKETS, "105,6799,5,0", "105,6800,6,0", "105,26519,7,0", "105,26520,8,0")
GIVEN_BACK = [
    ("products", "product_id", 6799, "6800", "6799"),
    ("products", "product_id", 26519, "26520", "26519"),
]

REPAIRS = [
    duplicated("orders", ORDERS, ORDER_104, "careerfoundry"),
    Load(
        "copy of an order, with its numbers written otherwise",
        add(ORDERS, "104.0,1,prior,04,1,10,15"),
        duplicates={"orders": 1},
    ),
    duplicated("order_products", BASKETS, BASKET_105_11, "careerfoundry"),
    duplicated("products", PRODUCTS, PRODUCT_11, "careerfoundry"),
    duplicated("customers", CUSTOMERS, CUSTOMER_2, "careerfoundry"),
    duplicated("order_products", KAGGLE_TRAIN, "106,1,1,1", "kaggle"),
    duplicated("departments", DEPARTMENTS, "5,alcohol", "kaggle"),
    duplicated("aisles", AISLES, "28,red wines", "kaggle"),
    Load(
        "order products file a second time, as a download",
        copied(KAGGLE_BASKETS, "order_products__prior (1).csv"),
        duplicates={"order_products": 30},
        package="kaggle",
    ),
    # Numbers as other tools write them
    Load(
        "hours without padding", put(ORDERS, "101,1,prior,1,0,08", "101,1,prior,1,0,8")
    ),
    Load("hours with decimals", put(ORDERS, ",1,10,15.0", ",1,10.0,15.0")),
    Load("days without decimals", put(ORDERS, ",1,10,15.0", ",1,10,15")),
    Load("days with blanks", put(ORDERS, ",1,10,15.0", ",1, 10 , 15.0 ")),
    Load(
        "ids with decimals",
        together(
            put(ORDERS, "104,1,prior", "104.0,1.0,prior"),
            put(BASKETS, "104,3,1,0", "104.0,3.0,1.0,0.0"),
            put(PRODUCTS, "3,Pears,24,4,3.0", "3.0,Pears,24.0,4.0,3"),
            put(CUSTOMERS, "2,Brix", "2.0,Brix"),
        ),
    ),
    Load("quoted numbers in orders", quoted(ORDERS)),
    Load("quoted numbers in order products", quoted(BASKETS)),
    Load("quoted values in departments", quoted(DEPARTMENTS)),
    Load("quoted values in customers", quoted(CUSTOMERS)),
    # Columns
    Load("index column Unnamed: 0", every_file(lambda x: with_index(x, "Unnamed: 0"))),
    Load("index column without a name", every_file(lambda x: with_index(x, ""))),
    Load(
        "index column in Kaggle's files",
        every_file(lambda x: with_index(x, "Unnamed: 0")),
        package="kaggle",
    ),
    Load(
        "columns in another order",
        every_file(lambda x: rewrite(x, lambda rows: [row[::-1] for row in rows])),
    ),
    Load("header in capitals", every_file(lambda x: with_header(x, str.upper))),
    Load("header in lower case", every_file(lambda x: with_header(x, str.lower))),
    Load("header with blanks", every_file(lambda x: with_header(x, " {} ".format))),
    Load(
        "a column that nobody asked for",
        rewrite(
            ORDERS, lambda rows: [[*rows[0], "note"], *([*x, "y"] for x in rows[1:])]
        ),
    ),
    # Bytes
    Load("all files packed", every_file(pack)),
    Load("all of Kaggle's files packed", every_file(pack), package="kaggle"),
    Load(
        "LF in all files",
        every_file(lambda x: encode(x, lf), but=(ORDERS, BASKETS, DEPARTMENTS)),
    ),
    Load(
        "CRLF in all files",
        every_file(lambda x: encode(x, crlf), but=(PRODUCTS, CUSTOMERS)),
    ),
    Load(
        "CR in a file",
        encode(ORDERS, lambda content: content.replace(b"\n", b"\r")),
    ),
    Load(
        "one LF among CRLF in products",
        put(PRODUCTS, "28,5,22.0\r\n", "28,5,22.0\n"),
    ),
    Load(
        "one LF among CRLF in customers",
        put(CUSTOMERS, "married,90000\r\n", "married,90000\n"),
    ),
    Load(
        "one CRLF among LF in a packed file",
        together(put(ORDERS, ORDER_104 + "\n", ORDER_104 + "\r\n"), pack(ORDERS)),
    ),
    Load(
        "one CR among LF",
        put(ORDERS, ORDER_104 + "\n", ORDER_104 + "\r"),
    ),
    Load(
        "byte order mark",
        every_file(lambda x: encode(x, lambda content: b"\xef\xbb\xbf" + content)),
    ),
    Load(
        "byte order mark and quoted header",
        together(
            quoted(ORDERS), encode(ORDERS, lambda content: b"\xef\xbb\xbf" + content)
        ),
    ),
    Load("no line end at the end", every_file(lambda x: encode(x, bytes.rstrip))),
    Load("blank lines", put(ORDERS, ORDER_104, f"\n{ORDER_104}\n\n")),
    Load("blank lines at the end", add(CUSTOMERS, "", "")),
    # Prices; product 13 is priced as the median of its aisle, and nobody bought it
    priced("missing", "", **IMPUTED),
    priced("blank", "  ", **IMPUTED),
    priced("-3", "-3", **IMPUTED),
    priced("0", "0", **IMPUTED),
    priced("0.009", "0.009", **IMPUTED),
    priced("0.0099999999", "0.0099999999", **IMPUTED),
    priced("100.01", "100.01", **IMPUTED),
    priced("14900", "14900", **IMPUTED),
    priced("99999.0", "99999.0", **IMPUTED),
    priced("abc", "abc", **IMPUTED),
    priced("$18.0", "$18.0", **IMPUTED),
    priced("nan", "nan", **IMPUTED),
    priced("1e1", "1e1", **IMPUTED),
    priced(
        "0.01",
        "0.01",
        price=Decimal("0.01"),
        listed_price=Decimal("0.01"),
        price_range="Low-range product",
    ),
    priced("100", "100", price=Decimal("100.00"), listed_price=Decimal("100.00")),
    Load(
        "price 14900 of a product that is bought",
        put(PRODUCTS, "5,Dates,24,4,9.0", "5,Dates,24,4,14900"),
        like=put(PRODUCTS, "5,Dates,24,4,9.0", "5,Dates,24,4,2.5"),
        repaired=[("products", "prices", 5, "14900", "2.50")],
        edits=[differs("dim_products", {"product_id": 5}, **IMPUTED)],
    ),
    Load(
        "no valid price in an aisle: the department's median",
        add(PRODUCTS, "14,Leeks,83,4,0"),
        like=add(PRODUCTS, "14,Leeks,83,4,3.0"),
        repaired=[("products", "prices", 14, "0", "3.00")],
        edits=[differs("dim_products", {"product_id": 14}, **IMPUTED)],
    ),
    Load(
        "no valid price in a department: the median of all",
        add(PRODUCTS, "14,Milk,84,16,0"),
        like=add(PRODUCTS, "14,Milk,84,16,7.5"),
        repaired=[("products", "prices", 14, "0", "7.50")],
        edits=[differs("dim_products", {"product_id": 14}, **IMPUTED)],
    ),
    Load(
        "no column prices",
        without_column(PRODUCTS, "prices"),
        edits=[
            all_differ(
                "dim_products",
                price=None,
                listed_price=None,
                is_price_imputed=False,
                price_range="Unknown",
            ),
            all_differ("fct_orders", order_total=None),
            all_differ("fct_order_products", price=None),
            all_differ(
                "dim_customers",
                total_spend=None,
                avg_product_price=None,
                avg_order_total=None,
                spending_flag="Unknown",
            ),
            differs("dim_customers", {"customer_id": 4}, spending_flag="No orders"),
        ],
    ),
    # Names of products
    named("missing", "", None, **UNNAMED),
    named("blank", "   ", None, **UNNAMED),
    named("#NAME?", "#NAME?", "#NAME?", **UNNAMED),
    decoded("with &amp;", "Salt &amp; Vinegar", "Salt & Vinegar"),
    decoded("with &#38;", "Salt &#38; Vinegar", "Salt & Vinegar"),
    decoded("with &#x26;", "Salt &#x26; Vinegar", "Salt & Vinegar"),
    decoded("with &#39;", "L&#39;Or&Eacute;Al&Reg;", "L'OrÉAl®"),
    decoded("with &amp;lt;", "Fish &amp;lt;3", "Fish &lt;3"),
    decoded("with an unknown entity", "A  &bogus; B", "A &bogus; B"),
    decoded("with two blanks", "2 % Reduced  Fat  Milk", "2 % Reduced Fat Milk"),
    named(
        "with backslashes",
        '"The \\""Big\\"" Cheese"',
        'The \\"Big\\" Cheese',
        product_name='The "Big" Cheese',
    ),
    Load(
        "product name with a quote inside",
        put(PRODUCTS, "13,Cava", '13,12" Pizza'),
        edits=[differs("dim_products", CAVA, product_name='12" Pizza')],
    ),
    Load(
        "product name with accents",
        put(PRODUCTS, "13,Cava", "13,Crème Brûlée"),
        edits=[differs("dim_products", CAVA, product_name="Crème Brûlée")],
    ),
    Load(
        "product name with a line break",
        put(PRODUCTS, "13,Cava", '13,"Ca\nva"'),
        repaired=[("products", "product_name", 13, "Ca\nva", "Ca va")],
        edits=[differs("dim_products", CAVA, product_name="Ca va")],
    ),
    # References
    Load(
        "product of an unknown aisle",
        put(PRODUCTS, "13,Cava,28,", "13,Cava,999,"),
        edits=[
            differs("dim_products", CAVA, aisle_id=999, aisle="Unknown aisle 999"),
            appears(
                "dim_aisles",
                aisle_id=999,
                aisle="Unknown aisle 999",
                department_id=5,
                department="alcohol",
                department_group="Treats and indulgence",
            ),
        ],
    ),
    Load(
        "product of an unknown department",
        put(PRODUCTS, "13,Cava,28,5,", "13,Cava,28,99,"),
        edits=[
            differs(
                "dim_products",
                CAVA,
                department_id=99,
                department="Unknown department 99",
                department_group="Unknown",
            ),
            appears(
                "dim_departments",
                department_id=99,
                department="Unknown department 99",
                department_group="Unknown",
            ),
        ],
    ),
    Load(
        "order of a customer who is not in customers.csv",
        drop(CUSTOMERS, "2,"),
        edits=[
            differs("dim_customers", {"customer_id": 2}, **NO_DEMOGRAPHICS),
            # Customer 1 is now the only active one, and sets both quartiles.
            differs(
                "dim_customers",
                {"customer_id": 4},
                income_group="High income",
                demographic_group="High income, small family",
                customer_profile="Young adult parent, high income",
            ),
        ],
    ),
    Load(
        "no customers.csv",
        remove(CUSTOMERS),
        edits=[
            vanishes("dim_customers", {"customer_id": 4}),
            all_differ("dim_customers", **NO_DEMOGRAPHICS),
        ],
    ),
    Load(
        "days before a first order",
        put(ORDERS, "101,1,prior,1,0,08,", "101,1,prior,1,0,08,3.0"),
        repaired=[("orders", "days_since_prior_order", 101, "3", None)],
    ),
    Load(
        "misnumbered products",
        together(add(PRODUCTS, *MISNUMBERED), BOUGHT),
        like=together(add(PRODUCTS, *NUMBERED), BOUGHT),
        repaired=GIVEN_BACK,
    ),
    Load(
        "misnumbered products in another order and with a copy",
        together(add(PRODUCTS, *MISNUMBERED[::-1], MISNUMBERED[0]), BOUGHT),
        like=together(add(PRODUCTS, *NUMBERED), BOUGHT),
        duplicates={"products": 1},
        repaired=GIVEN_BACK,
    ),
    # Demographics
    Load(
        "state that is none",
        put(CUSTOMERS, "Male,Ohio", "Male,Ontario"),
        edits=[
            differs(
                "dim_customers", {"customer_id": 4}, state="Ontario", region="Unknown"
            )
        ],
    ),
    Load("state in lower case", put(CUSTOMERS, "Male,Ohio", "Male,ohio")),
    Load(
        "no state",
        put(CUSTOMERS, "Male,Ohio", "Male,"),
        edits=[
            differs(
                "dim_customers", {"customer_id": 4}, state="Unknown", region="Unknown"
            )
        ],
    ),
    Load(
        "no gender",
        put(CUSTOMERS, "Male,Ohio", ",Ohio"),
        edits=[differs("dim_customers", {"customer_id": 4}, gender="Unknown")],
    ),
    Load(
        "no age",
        put(CUSTOMERS, "Ohio,20", "Ohio,"),
        edits=[
            differs(
                "dim_customers",
                {"customer_id": 4},
                age=None,
                age_group="Unknown",
                customer_profile="Unknown",
            )
        ],
    ),
    Load("date as ISO writes it", put(CUSTOMERS, "7/4/2019", "2019-07-04")),
]


def rows_in_any_order(rows: list[dict]) -> list[str]:
    return sorted(repr(sorted(row.items())) for row in rows)


def dimensions_and_facts(tables: Snapshot) -> Snapshot:
    return {
        table: rows
        for table, rows in tables.items()
        if table.startswith(("marts.dim_", "marts.fct_"))
    }


class CleanPackages:
    """The marts of clean packages, each built once."""

    def __init__(self, warehouse: Warehouse, baselines: dict[str, Built]) -> None:
        self.warehouse = warehouse
        self.baselines = baselines
        self.known: dict[tuple, Snapshot] = {}

    def tables(self, folder: Path, case: Load) -> Snapshot:
        """Dimensions and facts of the clean package that a case is compared with."""
        baseline = self.baselines[case.package]
        if case.like is unchanged:
            return dimensions_and_facts(baseline.tables)
        raw_dir = make_package(folder / "clean", case.package, case.like)
        files = tuple(
            (path.name, path.read_bytes()) for path in sorted(raw_dir.iterdir())
        )
        if files not in self.known:
            run = self.warehouse.rebuild(raw_dir, baseline)
            assert run.succeeded, run.output
            tables = self.warehouse.snapshot()
            assert tables["data_quality.rejected_rows"] == []
            assert tables["data_quality.repaired_values"] == []
            self.known[files] = dimensions_and_facts(tables)
        return self.known[files]


@pytest.fixture(scope="session")
def clean_packages(warehouse: Warehouse, baselines: dict[str, Built]) -> CleanPackages:
    return CleanPackages(warehouse, baselines)


@pytest.mark.parametrize("case", REJECTS + REPAIRS, ids=lambda case: case.name)
def test_bad_rows_and_values_cost_no_more_than_themselves(
    case: Load,
    tmp_path: Path,
    warehouse: Warehouse,
    baselines: dict[str, Built],
    clean_packages: CleanPackages,
) -> None:
    expected = copy.deepcopy(clean_packages.tables(tmp_path, case))
    for edit in case.edits:
        edit(expected)
    raw_dir = make_package(tmp_path, case.package, case.change)

    run = warehouse.rebuild(raw_dir, baselines[case.package])

    assert run.succeeded, run.output
    tables = warehouse.snapshot()
    check_quality_tables(tables, case)
    check_no_name_is_stored(warehouse)
    marts = dimensions_and_facts(tables)
    assert marts.keys() == expected.keys()
    for table, rows in marts.items():
        assert rows_in_any_order(rows) == rows_in_any_order(expected[table]), table


def check_quality_tables(tables: Snapshot, case: Load) -> None:
    """Exactly the stated rows are rejected, removed and repaired, and all add up."""
    rejected = tables["data_quality.rejected_rows"]
    found = [(row["dataset"], row["reason"], row["raw_row"]) for row in rejected]
    assert sorted(found) == sorted(case.rejected)
    names = ("dataset", "column_name", "row_id", "raw_value", "new_value")
    repaired = tables["data_quality.repaired_values"]
    assert [tuple(row[x] for x in names) for row in repaired] == sorted(case.repaired)
    counts = tables["data_quality.file_row_counts"]
    for row in counts:
        parts = ("rows_kept", "duplicates_removed", "rows_rejected")
        assert row["rows_read"] == sum(row[part] for part in parts), row
    for file in {row["source_file"] for row in counts}:
        (count,) = (row for row in counts if row["source_file"] == file)
        listed = sum(row["source_file"] == file for row in rejected)
        assert count["rows_rejected"] == listed, file
    duplicates = collections.Counter()
    for row in counts:
        duplicates[row["dataset"]] += row["duplicates_removed"]
    assert +duplicates == collections.Counter(case.duplicates)
    for row in tables["data_quality.consistency_checks"]:
        assert row["treatment"], f"a problem that column_checks does not know: {row}"


def check_no_name_is_stored(warehouse: Warehouse) -> None:
    """No customer's name is in any cell, nor anywhere in the file's bytes."""
    for place, text in warehouse.all_text():
        assert not any(name in text for name in ALL_NAMES), f"{place}: {text}"
    content = warehouse.database.read_bytes()
    assert not [name for name in ALL_NAMES if name.encode() in content]
    assert not any(warehouse.temp_dir.rglob("*.csv*"))


# Full builds, with every test and report ---------------------------------------------

EVERY_DEFECT = together(
    put(ORDERS, ORDER_104, "104,1,prior,4,1,24,15.0"),
    put(ORDERS, "101,1,prior,1,0,08,", "101,1,prior,1,0,8,3.0"),
    add(ORDERS, "105,1,prior,5,2,23,30.0", "205,2,prior,5,4,16,4.0", "1,2"),
    add(BASKETS, "105,11,9,0", "999,1,1,0", "105,999,5,0", "101,1,1,0", "x,1,1,0"),
    put(PRODUCTS, PRODUCT_11, '11,"Rioja,28,5,18.0'),
    put(PRODUCTS, "13,Cava,28,5,18.0", "13,#NAME?,999,99,14900"),
    add(
        PRODUCTS, *MISNUMBERED, MISNUMBERED[0], "12,Barolo,28,5,23.0", "14,&amp;,24,4,"
    ),
    put(CUSTOMERS, ",50,", ",200,"),
    put(CUSTOMERS, "Male,Ohio", ",Ontario"),
    add(CUSTOMERS, '5,"Jobblequin,Xyphrandel,Male,Ohio,20,7/4/2019,1,single,1'),
    pack(CUSTOMERS),
    BOUGHT,
)


def test_package_with_many_defects_builds_over_a_good_one_and_passes_every_test(
    tmp_path: Path, warehouse: Warehouse, baselines: dict[str, Built]
) -> None:
    raw_dir = make_package(tmp_path, "careerfoundry", EVERY_DEFECT)
    warehouse.restore(baselines["kaggle"].database)

    run = warehouse.dbt("build", raw_dir)

    assert run.succeeded, run.output
    check_no_name_is_stored(warehouse)
    rejected = warehouse.snapshot()["data_quality.rejected_rows"]
    counts = collections.Counter(row["dataset"] for row in rejected)
    # Order 104's two products and product 11's two rows go with them.
    assert counts == {"orders": 3, "order_products": 7, "products": 2, "customers": 2}


def test_careerfoundry_package_without_customers_and_prices_passes_every_test(
    tmp_path: Path, warehouse: Warehouse
) -> None:
    change = together(remove(CUSTOMERS), without_column(PRODUCTS, "prices"))
    raw_dir = make_package(tmp_path, "careerfoundry", change)
    warehouse.database.unlink(missing_ok=True)

    run = warehouse.dbt("build", raw_dir)

    assert run.succeeded, run.output


@pytest.mark.parametrize("package", PACKAGES)
def test_good_package_passes_every_test(
    package: str, tmp_path: Path, warehouse: Warehouse
) -> None:
    raw_dir = make_package(tmp_path, package, unchanged)
    warehouse.database.unlink(missing_ok=True)

    run = warehouse.dbt("build", raw_dir)

    assert run.succeeded, run.output
    check_no_name_is_stored(warehouse)


def test_good_packages_lose_and_change_nothing(baselines: dict[str, Built]) -> None:
    for package, built in baselines.items():
        check_quality_tables(built.tables, Load(package, unchanged))
        assert len(built.tables["marts.fct_orders"]) == 14
    lines = {
        package: len(built.tables["marts.fct_order_products"])
        for package, built in baselines.items()
    }
    assert lines == {"careerfoundry": 30, "kaggle": 32}


def test_there_are_at_least_sixty_corruptions_and_no_two_share_a_name() -> None:
    names = [case.name for case in [*STOPS, *REJECTS, *REPAIRS]]
    assert len(names) >= 60
    assert len(set(names)) == len(names)
