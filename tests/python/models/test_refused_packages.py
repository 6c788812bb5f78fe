"""A package that can't be read is refused in one sentence, before anything is built."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from instacart.raw_package.package import inspect_package
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
    bzipped,
    copied,
    encode,
    every_file,
    fill,
    in_parts,
    into_folder,
    make_package,
    moved,
    new_file,
    pack,
    put,
    remove,
    renamed_column,
    replaced_by_folder,
    rewrite,
    together,
    with_header,
    without_column,
    zipped,
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


COURSE_NAMES = {
    "order_id": "order_id",
    "user_id": "user_id",
    "eval_set": "evaluation_set",
    "order_number": "number_of_orders",
    "order_dow": "orders_day_of_week",
    "order_hour_of_day": "time_of_day",
    "days_since_prior_order": "days_since_last_order",
}
CUSTOMER_COLUMNS = {
    "user_id": "customer_id",
    "n_dependants": "number_of_dependents",
    "fam_status": "marital_status",
    "STATE": "state",
}
LFS_POINTER = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n"
    b"size 12345\n"
)


def with_password(content: bytes) -> bytes:
    """A zip archive whose one member is marked as encrypted, twice as it has to be."""
    changed = bytearray(content)
    changed[6] |= 1
    changed[content.index(b"PK\1\2") + 8] |= 1
    return bytes(changed)


WEB_PAGE = b"<!DOCTYPE html>\n<html><body>Sign in</body></html>\n"

STOPS = [
    Stop("no folder", shutil.rmtree, "", "no such folder"),
    Stop("no orders", remove(ORDERS), ORDERS, "found only customers.csv"),
    Stop(
        "no orders beside a joined export",
        moved(ORDERS, "orders_products_combined.csv"),
        ORDERS,
        "found only customers.csv",
    ),
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
        "last name called last_name",
        renamed_column(CUSTOMERS, "Surnam", "last_name"),
        CUSTOMERS,
        "expected a column Surnam, found last_name instead; rename it",
    ),
    Stop(
        "both names renamed",
        together(
            renamed_column(CUSTOMERS, "First Name", "given_name"),
            renamed_column(CUSTOMERS, "Surnam", "Surname"),
        ),
        CUSTOMERS,
        "rename given_name to First Name and Surname to Surnam",
    ),
    *(
        Stop(
            f"prices called {name}",
            renamed_column(PRODUCTS, "prices", name),
            PRODUCTS,
            f"expected a column prices, found {name} instead; rename it",
        )
        for name in ("product_price", "Unit Price", "pricess")
    ),
    Stop(
        "two columns that may be prices",
        rewrite(
            PRODUCTS,
            lambda rows: [
                [*rows[0][:-1], "old_price", "new_price"],
                *([*row, "1"] for row in rows[1:]),
            ],
        ),
        PRODUCTS,
        "expected a column prices, found old_price and new_price in the header, which"
        " are unknown; rename what is meant, or add what is missing",
    ),
    Stop(
        "columns as the course renames them",
        with_header(ORDERS, COURSE_NAMES.get),
        ORDERS,
        "expected columns eval_set, order_number, order_dow, order_hour_of_day and"
        " days_since_prior_order, found evaluation_set, number_of_orders,"
        " orders_day_of_week, time_of_day and days_since_last_order instead; rename"
        " evaluation_set to eval_set, number_of_orders to order_number,"
        " orders_day_of_week to order_dow, time_of_day to order_hour_of_day and"
        " days_since_last_order to days_since_prior_order",
    ),
    Stop(
        "columns of customers renamed",
        with_header(CUSTOMERS, lambda cell: CUSTOMER_COLUMNS.get(cell, cell)),
        CUSTOMERS,
        "rename customer_id to user_id, number_of_dependents to n_dependants and"
        " marital_status to fam_status",
    ),
    Stop(
        "one column renamed and one gone",
        together(
            renamed_column(ORDERS, "order_dow", "day_of_week"),
            without_column(ORDERS, "eval_set"),
        ),
        ORDERS,
        "expected columns eval_set and order_dow, found day_of_week for order_dow and"
        " nothing for eval_set; rename day_of_week to order_dow, and add eval_set",
    ),
    Stop(
        "one column renamed and one called otherwise",
        together(
            renamed_column(ORDERS, "order_dow", "day_of_week"),
            renamed_column(ORDERS, "eval_set", "kind"),
        ),
        ORDERS,
        "found day_of_week for order_dow, nothing for eval_set and kind beside them;"
        " rename day_of_week to order_dow, and add eval_set",
    ),
    Stop(
        "a column gone and an unknown one that is not like it",
        renamed_column(BASKETS, "reordered", "note"),
        BASKETS,
        "expected a column reordered, found note in the header, which is unknown;"
        " rename what is meant, or add what is missing",
    ),
    Stop(
        "a name that belongs to a column that is there",
        renamed_column(ORDERS, "order_dow", "order_hour"),
        ORDERS,
        "expected a column order_dow, found order_hour in the header, which is unknown",
    ),
    Stop(
        "row numbers in place of department ids",
        fill(DEPARTMENTS, b",department\n0,produce\n1,alcohol\n2,snacks\n"),
        DEPARTMENTS,
        "expected a column department_id, found an unnamed index that begins at 0,"
        " which is a row number",
    ),
    *(
        Stop(
            f"an index in place of the ids of {name}",
            with_header(
                name, lambda cell, column=column: "" if cell == column else cell
            ),
            name,
            f"expected a column {column}, found only ",
        )
        for name, column in [
            (ORDERS, "order_id"),
            (PRODUCTS, "product_id"),
            (BASKETS, "order_id"),
            (CUSTOMERS, "user_id"),
        ]
    ),
    Stop(
        "an index beside the renamed ids of departments",
        fill(DEPARTMENTS, b",dept_id,department\n1,4,produce\n2,5,alcohol\n"),
        DEPARTMENTS,
        "expected a column department_id, found dept_id instead; rename it",
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
    Stop(
        "plain and packed in other forms",
        together(new_file(f"{ORDERS}.zip"), new_file("ORDERS.csv.bz2")),
        "ORDERS.csv.bz2",
        f"expected one file, found {ORDERS} and {ORDERS}.zip beside it",
    ),
    Stop(
        "two files whose names differ in case",
        copied(PRODUCTS, "Products.csv"),
        "Products.csv",
        f"expected one file, found {PRODUCTS} beside it",
    ),
    Stop(
        "a zip archive of two files",
        zipped(ORDERS, **{"products.csv": "", "__MACOSX/x": "", "read.me/": ""}),
        f"{ORDERS}.zip",
        "expected a zip archive of one CSV file, found 2 files in it (orders.csv and"
        " products.csv); unpack it there and remove the archive",
    ),
    Stop(
        "a zip archive of another file",
        together(moved(ORDERS, "orders.txt"), zipped("orders.txt", "orders.zip")),
        "orders.zip",
        "expected a zip archive of one CSV file, found 1 file in it (orders.txt)",
    ),
    Stop(
        "an empty zip archive",
        together(remove(ORDERS), new_file("orders.zip", b"PK\5\6" + bytes(18))),
        "orders.zip",
        "found 0 files in it",
    ),
    Stop(
        "a zip archive cut short",
        together(zipped(ORDERS), encode(f"{ORDERS}.zip", lambda x: x[: len(x) // 2])),
        f"{ORDERS}.zip",
        "expected a zip archive, found a packed file that is damaged or cut short",
    ),
    Stop(
        "a zip archive with a password",
        together(zipped(ORDERS), encode(f"{ORDERS}.zip", with_password)),
        f"{ORDERS}.zip",
        "expected a zip archive that can be unpacked here, found one with a password",
    ),
    Stop(
        "plain as zip",
        moved(ORDERS, f"{ORDERS}.zip"),
        f"{ORDERS}.zip",
        "expected a zip archive, found something else",
    ),
    Stop(
        "bzip2 cut short",
        together(bzipped(ORDERS), encode(f"{ORDERS}.bz2", lambda x: x[:-9])),
        f"{ORDERS}.bz2",
        "expected bzip2 data, found a packed file that is damaged or cut short",
    ),
    Stop(
        "a wrong byte in bzip2",
        together(
            bzipped(ORDERS),
            encode(f"{ORDERS}.bz2", lambda x: x[:60] + bytes([x[60] ^ 255]) + x[61:]),
        ),
        f"{ORDERS}.bz2",
        "damaged or cut short",
    ),
    Stop(
        "a web page as bzip2",
        together(remove(ORDERS), new_file(f"{ORDERS}.bz2", WEB_PAGE)),
        f"{ORDERS}.bz2",
        "found a web page; download the file itself",
    ),
    Stop(
        "a wrong header in a zip archive",
        together(renamed_column(ORDERS, "order_dow", "dow"), zipped(ORDERS)),
        f"{ORDERS}.zip",
        "expected a column order_dow, found dow instead",
    ),
    *(
        Stop(
            f"orders in {name}",
            moved(ORDERS, name),
            ORDERS,
            f"plain or packed (.gz, .zip, .bz2), found {name} instead; {remedy}",
        )
        for name, remedy in [
            ("orders.parquet", "save it there as orders.csv"),
            ("Orders.xlsx", "save it there as orders.csv"),
            ("orders.csv.tar.gz", "unpack it there"),
            ("orders.tsv", "save it there as orders.csv"),
            ("orders.tgz", "unpack it there"),
            ("orders.csv.7z", "unpack it there"),
            ("orders.rar", "unpack it there"),
            ("orders_checked.csv", "rename it to orders.csv, or copy"),
            ("order.csv", "rename it to orders.csv, or copy"),
            ("orders (1).csv", "rename it to orders.csv, or copy"),
        ]
    ),
    Stop(
        "order products with an underscore too few",
        moved(KAGGLE_BASKETS, "order_products_prior.csv"),
        KAGGLE_BASKETS,
        "found order_products_prior.csv instead; rename it to order",
        "kaggle",
    ),
    Stop(
        "customers in a workbook",
        moved(CUSTOMERS, "customers.xlsx"),
        CUSTOMERS,
        "found customers.xlsx instead; save it there as customers.csv",
    ),
    Stop(
        "nothing but an archive",
        together(
            every_file(remove), new_file("instacart-market-basket-analysis.zip", b"PK")
        ),
        ORDERS,
        "found only instacart-market-basket-analysis.zip; unpack it there",
    ),
    Stop(
        "several folders",
        together(into_folder("first"), new_file("second/orders.csv")),
        "",
        "expected raw files in the folder itself or in one below it, found them in"
        " first and second; point INSTACART_RAW_DIR to one of these",
    ),
    Stop(
        "one file a folder deeper than the others",
        moved(ORDERS, f"new/{ORDERS}"),
        ORDERS,
        f"found it in new/{ORDERS}; move all files into one folder",
    ),
    Stop(
        "all files three folders deeper",
        into_folder("kagglehub/versions/1"),
        ORDERS,
        f"found it in kagglehub/versions/1/{ORDERS}; move all files into one folder, or"
        " point INSTACART_RAW_DIR there",
    ),
    Stop(
        "parts and the whole",
        together(copied(ORDERS, "orders_part1.csv"), copied(ORDERS, "orders-2.csv")),
        ORDERS,
        "expected one file, found orders_part1.csv and orders-2.csv beside it",
    ),
    Stop(
        "a part is missing",
        in_parts(ORDERS, "orders_1.csv", "orders_2.csv", "orders_4.csv"),
        ORDERS,
        "expected the whole file or all its parts, numbered from 0 or 1, found only"
        " orders_1.csv, orders_2.csv and orders_4.csv; copy the other parts there",
    ),
    Stop(
        "the first part is missing",
        in_parts(ORDERS, "orders_2.csv", "orders_3.csv"),
        ORDERS,
        "found only orders_2.csv and orders_3.csv",
    ),
    Stop(
        "a part is there twice",
        in_parts(ORDERS, "orders_1.csv", "orders-1.csv"),
        ORDERS,
        "leave each number once",
    ),
    Stop(
        "one part alone",
        in_parts(ORDERS, "orders_1.csv"),
        ORDERS,
        "found only orders_1.csv; copy the other parts there, or rename it to"
        " orders.csv if it is the whole",
    ),
    Stop(
        "a part without a header",
        together(
            in_parts(ORDERS, "orders_1.csv", "orders_2.csv"),
            encode("orders_2.csv", lambda content: content.partition(b"\n")[2]),
        ),
        "orders_2.csv",
        "found none of these names",
    ),
    Stop(
        "parts with columns in another order",
        together(
            in_parts(ORDERS, "orders_1.csv", "orders_2.csv"),
            rewrite("orders_2.csv", lambda rows: [row[::-1] for row in rows]),
        ),
        "orders_2.csv",
        "expected the header of orders_1.csv, found another (days_since_prior_order,",
    ),
    Stop(
        "parts that hold a header each",
        together(
            in_parts(ORDERS, "orders_1.csv", "orders_2.csv"),
            *(
                encode(name, lambda content: content.partition(b"\n")[0])
                for name in ("orders_1.csv", "orders_2.csv")
            ),
        ),
        "orders_1.csv",
        "found a header only",
    ),
    Stop(
        "Spark's folder, not finished",
        together(
            in_parts(ORDERS, "out/part-00000-a.csv", "out/part-00002-a.csv"),
            moved("out", ORDERS),
        ),
        ORDERS,
        f"found only {ORDERS}/part-00000-a.csv and {ORDERS}/part-00002-a.csv",
    ),
    Stop(
        "Spark's folder beside the file",
        together(
            in_parts(ORDERS, "out/part-00000-a.csv"),
            moved("out", f"{ORDERS}"),
            pack(f"{ORDERS}/part-00000-a.csv"),
            new_file(f"{ORDERS}.gz"),
        ),
        ORDERS,
        f"found {ORDERS}/part-00000-a.csv.gz beside it",
    ),
    Stop(
        "all order products beside those of prior orders",
        copied(KAGGLE_BASKETS, "order_products.csv"),
        "order_products.csv",
        "expected no other file of its kind, found order_products__prior.csv and"
        " order_products__train.csv beside it",
        "kaggle",
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
