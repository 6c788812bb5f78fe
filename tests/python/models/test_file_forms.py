"""Files in another form are read as the same rows.

Only the base tables read raw files, so where they are the same everything is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.changes import (
    BASKETS,
    CUSTOMERS,
    DEPARTMENTS,
    ORDERS,
    PRODUCTS,
    Change,
    add,
    encode,
    every_file,
    make_package,
    pack,
    put,
    rewrite,
    together,
    with_header,
    with_index,
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
    """Rows of the base tables, but for the number of a file, which follows its name."""
    return {
        table: [{**row, "file_number": None} for row in rows]
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
