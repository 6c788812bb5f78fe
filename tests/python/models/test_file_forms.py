"""Files in another form are read as the same rows.

Only the base tables read raw files, so where they are the same everything is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
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
    encode,
    every_file,
    fill,
    in_parts,
    into_folder,
    joined,
    make_package,
    moved,
    new_file,
    pack,
    put,
    rewrite,
    together,
    with_header,
    with_index,
    without_column,
    zipped,
)
from support.loads import leaks
from support.models import BASE_TABLES, STAGING
from support.warehouse import Built, Warehouse, snapshot


@dataclass
class Form:
    """Another way to write a package's rows."""

    name: str
    change: Change
    package: str = "careerfoundry"


def crlf(content: bytes) -> bytes:
    return lf(content).replace(b"\n", b"\r\n")


def lf(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n")


def with_mark(content: bytes) -> bytes:
    return b"\xef\xbb\xbf" + content


def quoted(name: str) -> Change:
    return encode(
        name,
        lambda content: b"".join(
            b",".join(b'"%s"' % cell for cell in line.rstrip(b"\r\n").split(b","))
            + b"\n"
            for line in content.splitlines(keepends=True)
        ),
    )


def transposed(*first_lines: str) -> Change:
    """Departments in rows below these lines, their ids where pandas has its index."""
    rows = [f"{id_},{name}" for id_, name in DEPARTMENT_NAMES.items()]
    return fill(DEPARTMENTS, "\n".join([*first_lines, *rows, ""]).encode())


def no_id(column: str) -> str:
    return "" if column.endswith("_id") else column


def merged_groups(rows: list[list[str]]) -> list[list[str]]:
    return [[*rows[0], "aisle", "department"], *([*x, "a", "d"] for x in rows[1:])]


DEPARTMENT_NAMES = {4: "produce", 5: "alcohol", 19: "snacks"}
SPARK_PART = "part-{:05}-1f2e3d4c-c000.csv"
ORDER_104 = "104,1,prior,4,1,10,15.0"

FORMS = [
    # Values as other tools write them
    Form(
        "hours without padding", put(ORDERS, "101,1,prior,1,0,08", "101,1,prior,1,0,8")
    ),
    Form("hours with decimals", put(ORDERS, ",1,10,15.0", ",1,10.0,15.0")),
    Form("days without decimals", put(ORDERS, ",1,10,15.0", ",1,10,15")),
    Form("days with blanks", put(ORDERS, ",1,10,15.0", ",1, 10 , 15.0 ")),
    Form(
        "ids with decimals",
        together(
            put(ORDERS, "104,1,prior", "104.0,1.0,prior"),
            put(BASKETS, "104,3,1,0", "104.0,3.0,1.0,0.0"),
            put(PRODUCTS, "3,Pears,24,4,3.0", "3.0,Pears,24.0,4.0,3.0"),
            put(CUSTOMERS, "2,Brix", "2.0,Brix"),
        ),
    ),
    Form("date as ISO writes it", put(CUSTOMERS, "7/4/2019", "2019-07-04")),
    Form("quoted numbers in orders", quoted(ORDERS)),
    Form("quoted numbers in order products", quoted(BASKETS)),
    Form("quoted values in departments", quoted(DEPARTMENTS)),
    Form("quoted values in customers", quoted(CUSTOMERS)),
    # Columns
    Form("index column Unnamed: 0", every_file(lambda x: with_index(x, "Unnamed: 0"))),
    Form("index column without a name", every_file(lambda x: with_index(x, ""))),
    Form(
        "index column in Kaggle's files",
        every_file(lambda x: with_index(x, "Unnamed: 0")),
        "kaggle",
    ),
    Form(
        "columns in another order",
        every_file(lambda x: rewrite(x, lambda rows: [row[::-1] for row in rows])),
    ),
    Form("header in capitals", every_file(lambda x: with_header(x, str.upper))),
    Form("header in lower case", every_file(lambda x: with_header(x, str.lower))),
    Form("header with blanks", every_file(lambda x: with_header(x, " {} ".format))),
    Form(
        "header in words",
        every_file(
            lambda x: with_header(x, lambda cell: cell.replace("_", " ").title())
        ),
    ),
    Form(
        "header with hyphens and points",
        together(
            with_header(ORDERS, lambda cell: cell.replace("_", "-")),
            with_header(CUSTOMERS, lambda cell: cell.replace(" ", ".")),
        ),
    ),
    Form("department ids in an unnamed index", transposed(",department")),
    Form("department ids in Unnamed: 0", transposed("Unnamed: 0,department")),
    Form("department ids in index", transposed("index,department")),
    Form(
        "departments as df.T leaves them", transposed(",0", "department_id,department")
    ),
    Form(
        "departments as df.T.reset_index() leaves them",
        transposed("index,0", "department_id,department"),
    ),
    Form(
        "department ids in the second of two indexes",
        fill(
            DEPARTMENTS,
            b",Unnamed: 0,department\n0,4,produce\n1,5,alcohol\n2,19,snacks",
        ),
    ),
    Form("aisle ids in an unnamed index", with_header(AISLES, no_id), "kaggle"),
    Form(
        "names of groups beside no prices", rewrite(PRODUCTS, merged_groups), "kaggle"
    ),
    Form(
        "a column that nobody asked for",
        rewrite(
            ORDERS, lambda rows: [[*rows[0], "note"], *([*x, "y"] for x in rows[1:])]
        ),
    ),
    # Bytes
    Form(
        "LF in all files",
        every_file(lambda x: encode(x, lf), but=(ORDERS, BASKETS, DEPARTMENTS)),
    ),
    Form(
        "CRLF in all files",
        every_file(lambda x: encode(x, crlf), but=(PRODUCTS, CUSTOMERS)),
    ),
    Form("CR in a file", encode(ORDERS, lambda content: content.replace(b"\n", b"\r"))),
    Form(
        "one LF among CRLF in products",
        put(PRODUCTS, "28,5,22.0\r\n", "28,5,22.0\n"),
    ),
    Form(
        "one LF among CRLF in customers",
        put(CUSTOMERS, "married,90000\r\n", "married,90000\n"),
    ),
    Form(
        "one CRLF among LF in a packed file",
        together(put(ORDERS, ORDER_104 + "\n", ORDER_104 + "\r\n"), pack(ORDERS)),
    ),
    Form("one CR among LF", put(ORDERS, ORDER_104 + "\n", ORDER_104 + "\r")),
    Form("byte order mark", every_file(lambda x: encode(x, with_mark))),
    Form(
        "byte order mark and quoted header",
        together(quoted(ORDERS), encode(ORDERS, with_mark)),
    ),
    Form("no line end at the end", every_file(lambda x: encode(x, bytes.rstrip))),
    Form("blank lines", put(ORDERS, ORDER_104, f"\n{ORDER_104}\n\n")),
    Form("blank lines at the end", add(CUSTOMERS, "", "")),
    Form(
        "quotes escaped by backslashes",
        put(PRODUCTS, '"Family ""Big"" Chips"', r'"Family \"Big\" Chips"'),
    ),
    # Wrappings
    Form("each file in a zip archive", every_file(zipped)),
    Form(
        "a zip archive made on a Mac",
        zipped(ORDERS, "Orders.ZIP", **{f"__MACOSX/._{ORDERS}": "", ".DS_Store": ""}),
    ),
    Form("each file as bzip2", every_file(bzipped)),
    Form(
        "a packed file with an open end and mixed line ends",
        together(
            put(PRODUCTS, "28,5,22.0\r\n", "28,5,22.0\n"),
            encode(PRODUCTS, bytes.rstrip),
            zipped(PRODUCTS),
        ),
    ),
    Form(
        "names in other case",
        together(
            moved(ORDERS, "Orders.csv"),
            moved(PRODUCTS, "PRODUCTS.CSV"),
            pack(CUSTOMERS),
            moved(f"{CUSTOMERS}.gz", "Customers.CSV.GZ"),
        ),
    ),
    Form("in a folder", into_folder("instacart_2017_05_01")),
    Form(
        "in a folder beside other files and folders",
        together(
            into_folder("archive"),
            new_file("notes.csv", b"a,b\n"),
            new_file("__MACOSX/._orders.csv"),
            new_file("pictures/orders.png"),
        ),
    ),
    Form(
        "in numbered parts",
        together(
            in_parts(ORDERS, "orders_part1.csv", "orders_part2.csv"),
            in_parts(BASKETS, *(f"orders_products_prior-{n}.csv" for n in range(12))),
            in_parts(CUSTOMERS, "Customers_001.csv", "customers_002.csv"),
            every_file(pack, but=(PRODUCTS, DEPARTMENTS)),
        ),
    ),
    Form(
        "in folders as Spark writes them",
        together(
            in_parts(ORDERS, *(f"out/{SPARK_PART.format(n)}" for n in range(3))),
            moved("out", ORDERS),
            in_parts(BASKETS, *(f"out/{SPARK_PART.format(n)}" for n in (0, 2, 5))),
            new_file("out/_SUCCESS"),
            new_file("out/._SUCCESS.crc"),
            moved("out", "orders_products_prior"),
        ),
    ),
    Form(
        "in a folder of its own, as Windows unpacks",
        together(moved(ORDERS, "kept"), moved("kept", f"{ORDERS}/{ORDERS}")),
    ),
    Form(
        "order products in one file",
        joined("order_products.csv", KAGGLE_BASKETS, KAGGLE_TRAIN),
        "kaggle",
    ),
]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_file_in_another_form_is_read_as_the_same_rows(
    form: Form, tmp_path: Path, warehouse: Warehouse, baselines: dict[str, Built]
) -> None:
    baseline = baselines[form.package]
    raw_dir = make_package(tmp_path, form.package, form.change)

    run = warehouse.rebuild(raw_dir, baseline, (STAGING,))

    assert run.succeeded, run.output + run.error
    found, expected = base_rows(warehouse.database), base_rows(baseline.database)
    assert found.keys() == expected.keys()
    for table, rows in found.items():
        assert rows == expected[table], table
    assert not leaks(warehouse, ("staging",))


def base_rows(database: Path) -> dict[str, Any]:
    """Rows of the base tables.

    Without the number of a file, which follows its name, and the text of a row, which
    is the file's own.
    """
    return {
        table: [{**row, "file_number": None, "raw_row": None} for row in rows]
        for table, rows in snapshot(database, ("staging",)).items()
        if table.startswith(BASE_TABLES)
    }


def test_only_base_tables_read_raw_files(warehouse: Warehouse) -> None:
    assert warehouse.manifest is not None
    readers = {
        warehouse.manifest.nodes[child].name
        for key, source in warehouse.manifest.sources.items()
        if source.source_name == "instacart"
        for child in warehouse.manifest.child_map[key]
        if child.startswith("model.")
    }
    assert readers and all(
        f"staging.{name}".startswith(BASE_TABLES) for name in readers
    )


def test_customers_without_names_are_the_same_customers(
    tmp_path: Path, warehouse: Warehouse, baselines: dict[str, Built]
) -> None:
    baseline = baselines["careerfoundry"]
    change = together(*(without_column(CUSTOMERS, x) for x in ("First Name", "Surnam")))

    run = warehouse.rebuild(
        make_package(tmp_path, "careerfoundry", change), baseline, (STAGING,)
    )

    assert run.succeeded, run.output + run.error
    assert "no Surnam in customers.csv: unknown" in run.output
    expected = base_rows(baseline.database)
    for row in expected["staging.base_instacart__customers"]:
        row["is_first_name_missing"] = True
    assert base_rows(warehouse.database) == expected


def test_bad_lines_are_listed_with_their_file_whatever_it_is_read_from(
    tmp_path: Path, warehouse: Warehouse, baselines: dict[str, Built]
) -> None:
    """Copies and parts share the last part of their path; the file is found by all."""
    change = together(
        add(ORDERS, "too,few"),
        zipped(ORDERS),
        add(PRODUCTS, '14,"Open,24,4,1.0'),
        pack(PRODUCTS),
        in_parts(BASKETS, "a/part-0.csv", "a/part-1.csv"),
        add("a/part-1.csv", "few,2"),
        moved("a", BASKETS),
        fill(DEPARTMENTS, b",department\n4,produce\n5,alcohol\n19\n"),
        into_folder("deeper"),
    )
    raw_dir = make_package(tmp_path, "careerfoundry", change)

    run = warehouse.rebuild(raw_dir, baselines["careerfoundry"], (STAGING,))

    assert run.succeeded, run.output + run.error
    tables = ("orders", "products", "order_products", "departments")
    found = warehouse.query(
        " union all ".join(
            "select source_file, rejection_reason, raw_row"
            f" from staging.base_instacart__{table} left join"
            " staging.stg_instacart__files using (file_number)"
            f" where rejection_reason is not null and dataset = '{table}'"
            for table in tables
        )
    )
    assert sorted(found) == [
        ("deeper/departments.csv", "too few columns", "19"),
        ("deeper/orders.csv.zip", "too few columns", "too,few"),
        ("deeper/orders_products_prior.csv/part-1.csv", "too few columns", "few,2"),
        ("deeper/products.csv.gz", "broken quotes", '14,"Open,24,4,1.0'),
    ]


def test_a_file_that_is_cut_short_is_marked(
    tmp_path: Path, warehouse: Warehouse, baselines: dict[str, Built]
) -> None:
    change = together(
        encode(ORDERS, lambda content: content[:-6]),
        encode(BASKETS, bytes.rstrip),
    )
    raw_dir = make_package(tmp_path, "careerfoundry", change)

    run = warehouse.rebuild(raw_dir, baselines["careerfoundry"], (STAGING,))

    assert run.succeeded, run.output + run.error
    assert "orders.csv ends within a row: it is cut short" in run.output
    assert warehouse.query(
        "select source_file from staging.stg_instacart__files where is_cut_short"
    ) == [(ORDERS,)]
