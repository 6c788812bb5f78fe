"""A package that can't be read is refused in one sentence, before anything is built."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from instacart.raw_package import inspect_package
from support.changes import (
    AISLES,
    BASKETS,
    CUSTOMERS,
    DEPARTMENTS,
    KAGGLE_BASKETS,
    KAGGLE_TRAIN,
    ORDERS,
    PRODUCTS,
    Change,
    add,
    copied,
    encode,
    every_file,
    fill,
    make_package,
    pack,
    put,
    remove,
    renamed_column,
    replaced_by_folder,
    rewrite,
    together,
    without_column,
)
from support.packages import expected_files
from support.warehouse import Built, Warehouse


@dataclass
class Stop:
    """A package that must not be read: the file its sentence names, what it says."""

    name: str
    change: Change
    file: str
    says: str
    package: str = "careerfoundry"


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
    assert files.keys() == expected_files().keys()
    stops = []
    for table, (name, package) in files.items():
        for title, meta in expected_files()[table]["columns"].items():
            says = f"expected a column {title}, found "
            if not meta.get("optional"):
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


# One of each way to find fault: the folder, a name, a column, a byte, a packed file.
THROUGH_DBT = [
    *("no folder", "no orders", "no prior order products beside train's"),
    *("customers lack Age", "Latin-1 in customers", "gzip cut short", "web page"),
]


@pytest.mark.parametrize("case", STOPS, ids=lambda case: case.name)
def test_unreadable_package_is_refused_in_one_sentence(
    case: Stop, tmp_path: Path
) -> None:
    raw_dir = make_package(tmp_path, case.package, case.change)
    copies = tmp_path / "copies"

    found = inspect_package(str(raw_dir), json.dumps(expected_files()), str(copies))

    assert json.loads(found).keys() == {"error"}
    check_sentence(json.loads(found)["error"], case, raw_dir)
    assert not copies.exists()


def check_sentence(sentence: str, case: Stop, raw_dir: Path) -> None:
    assert re.fullmatch(r"[^:]+: expected .+, found .+; .+\w`?\)?\.", sentence), (
        sentence
    )
    assert not re.search(r"[.!?] [A-Z]", sentence), "more than one sentence"
    assert (case.file or str(raw_dir)) in sentence.split(": expected ")[0]
    assert case.says in sentence


@pytest.mark.parametrize("name", THROUGH_DBT)
def test_a_refusal_stops_dbt_before_it_builds_anything(
    name: str, tmp_path: Path, warehouse: Warehouse, baselines: dict[str, Built]
) -> None:
    (case,) = (case for case in STOPS if case.name == name)
    raw_dir = make_package(tmp_path, case.package, case.change)
    warehouse.restore(baselines[case.package].database)

    run = warehouse.dbt("build", raw_dir)

    assert not run.succeeded
    assert "Traceback" not in run.output + run.error
    check_sentence(sentence_of(run.error), case, raw_dir)
    assert (
        warehouse.database.read_bytes() == baselines[case.package].database.read_bytes()
    )
    assert not any(warehouse.temp_dir.rglob("*.csv*"))


def sentence_of(error: str) -> str:
    """The sentence in dbt's error, between dbt's own lines."""
    title, sentence, *rest = (line.strip() for line in error.splitlines())
    assert title.startswith("Compilation Error in operation"), error
    assert all(not line or line.startswith(("> in ", "> called by ")) for line in rest)
    return sentence


def test_dbt_expects_of_the_files_what_these_tests_do(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    run = warehouse.dbt(
        *("compile", tmp_path, "--no-introspect", "--no-populate-cache"),
        *("--inline", "{{ tojson(raw_file_expectations()) }}"),
    )
    assert run.succeeded, run.output + run.error
    (compiled,) = run.result.results
    assert json.loads(compiled.node.compiled_code) == expected_files()
