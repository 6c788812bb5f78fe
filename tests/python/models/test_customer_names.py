"""Names of customers are nowhere but in the raw files, however these are spoilt."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from instacart import cli
from instacart.build.summary import summarize
from instacart.raw_package.package import inspect_package
from support.changes import (
    AISLES,
    BASKETS,
    CUSTOMERS,
    DEPARTMENTS,
    ORDERS,
    PRODUCTS,
    Change,
    bzipped,
    encode,
    fill,
    in_parts,
    make_package,
    pack,
    together,
)
from support.packages import CUSTOMER_NAMES, expected_files
from support.spoils import (
    FIRST,
    FIRST_MIDDLE,
    HEADER,
    LAST,
    LAST_MIDDLE,
    SPOILS,
    all_spoilt,
    customers_file,
    exchanged,
)
from support.warehouse import (
    OPTIONS,
    WITHOUT_UNIT_TESTS,
    Built,
    Snapshot,
    Warehouse,
)

OTHERS = [name for names in CUSTOMER_NAMES.values() for name in names if name]
FILES = {
    "customers": CUSTOMERS,
    "orders": ORDERS,
    "order_products": BASKETS,
    "products": PRODUCTS,
}
QUERIES = (
    "from data_quality.rejected_rows where dataset = 'customers'",
    "select cast(state as integer) from marts.dim_customers order by customer_id desc",
    "select cast(raw_row as date) from data_quality.rejected_rows",
)


def names_in(text: str, *more: str) -> list[str]:
    """Pieces of a text, with what is around them, that are of a name."""
    parts = [FIRST_MIDDLE, LAST_MIDDLE, *(name.lower() for name in (*OTHERS, *more))]
    pattern = "|".join(map(re.escape, parts))
    return [found[0] for found in re.finditer(f".{{0,60}}({pattern}).*", text.lower())]


def cells_with_names(warehouse: Warehouse) -> list[str]:
    texts = warehouse.all_text()
    return [f"{table}: {text}" for table, text in texts if names_in(text)]


def files_with_names(folder: Path) -> list[str]:
    """Files below a folder whose bytes hold a name; of a workbook, its XML."""
    names = [name.lower().encode() for name in (FIRST, LAST, *OTHERS)]
    return [
        f"{path}: {name.decode()}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for content in contents(path)
        for name in names
        if name in content.lower()
    ]


def contents(path: Path) -> Iterable[bytes]:
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            return [book.read(member) for member in book.namelist()]
    return [path.read_bytes()]


@dataclass
class Told:
    """All that anybody gets of a package of spoilt customers.

    Attributes:
        tables: What is published.
        cells: Texts of the whole database that hold a name.
        says: What the build prints, and what each command does of the warehouse.
        files: Files that hold a name, of all that were written.
    """

    tables: Snapshot
    cells: list[str]
    says: dict[str, str]
    files: list[str]


@pytest.fixture(scope="module")
def told(warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The warehouse of all spoils, and what each command says and writes of it."""
    folder = tmp_path_factory.mktemp("names")
    raw_dir = make_package(folder, "careerfoundry", all_spoilt)
    written = folder / "written"
    written.mkdir()
    warehouse.database.unlink(missing_ok=True)
    run = warehouse.dbt("build", raw_dir, "--write-json", *WITHOUT_UNIT_TESTS)
    assert run.succeeded, run.output + run.error
    assert "Published " in run.output
    says = {"build": run.output}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INSTACART_DB", str(warehouse.published))
        patch.setenv("INSTACART_TEMP_DIR", str(warehouse.temp_dir))
        patch.setenv("INSTACART_RAW_DIR", str(raw_dir))
        patch.setenv("DBT_TARGET_PATH", str(warehouse.folder / "target"))
        says["summary"] = printed(lambda: summarize(warehouse.database))
        for query in QUERIES:
            says[query] = printed(partial(cli.run, ["query", "-c", query]))
        write_docs(warehouse)
        for name in ("report", "export"):
            command = [name, "--out", str(written / f"{name}.xlsx")]
            says[name] = printed(partial(cli.run, command))
    # The report, the export, and the folder beside it.
    assert len(list(written.iterdir())) == 3, says
    return Told(
        warehouse.snapshot(),
        cells_with_names(warehouse),
        says,
        files_with_names(warehouse.folder) + files_with_names(written),
    )


def printed(command: Callable[[], object]) -> str:
    """What a command prints on either stream."""
    text = io.StringIO()
    with redirect_stdout(text), redirect_stderr(text):
        command()
    return text.getvalue()


DOCS = ("docs", "generate", "--static", "--no-compile")


def write_docs(warehouse: Warehouse) -> None:
    """Write the documentation, as `instacart docs` lets dbt do it."""
    folder = ("--target-path", str(warehouse.folder / "target"))
    run = dbtRunner(manifest=warehouse.manifest).invoke(
        [*DOCS, *OPTIONS, "--write-json", *folder]
    )
    DuckDBConnectionManager.close_all_connections()
    assert run.success, run.exception


def test_every_row_is_kept_or_rejected(told: Told) -> None:
    tables = told.tables
    rejected = Counter(row["dataset"] for row in tables["data_quality.rejected_rows"])
    assert rejected == Counter(
        {
            file: sum(spoil.rejected for spoil in SPOILS if spoil.file == name)
            for file, name in FILES.items()
        }
    )
    kept = sum(spoil.kept for spoil in SPOILS)
    assert len(tables["marts.dim_customers"]) == len(CUSTOMER_NAMES) + kept


def test_of_a_customer_only_the_digits_of_the_id_are_kept(told: Told) -> None:
    rows = told.tables["data_quality.rejected_rows"]
    found = [row["raw_row"] for row in rows]
    assert not [text for text in found if not re.fullmatch("[0-9]*", text)]
    assert {text for text in found if text} >= {
        str(1001 + number)
        for number, spoil in enumerate(SPOILS)
        if spoil.rejected and spoil.lines[0].startswith("{id}")
    }


def test_an_unknown_word_is_counted_and_not_shown(told: Told) -> None:
    tables = told.tables
    counts = {
        (row["column_name"], row["check_name"]): row["row_count"]
        for row in tables["data_quality.consistency_checks"]
        if row["dataset"] == "customers"
    }
    states = [row["state"] for row in tables["marts.dim_customers"]]
    statuses = [row["family_status"] for row in tables["marts.dim_customers"]]
    for words, column, unknown in (
        (states, "state", "referential"),
        (statuses, "fam_status", "mistyped"),
    ):
        assert counts[column, unknown] > 3
        assert (
            words.count("Unknown")
            == counts[column, unknown] + counts[column, "missing values"]
        )


def test_no_cell_holds_a_name(told: Told) -> None:
    assert not told.cells, "\n".join(told.cells)


def test_nothing_that_is_printed_holds_a_name(told: Told) -> None:
    found = {command: names_in(text) for command, text in told.says.items()}
    assert not any(found.values()), found
    assert all(told.says.values())


def test_no_file_holds_a_name(told: Told) -> None:
    """The database, dbt's target folder, copies of raw files, and workbooks."""
    assert not told.files, "\n".join(told.files)


# Whole files -------------------------------------------------------------------------

ROWS = 120
# What a build makes of customers.csv alone.
CUSTOMERS_MODELS = (
    "base_instacart__customers",
    "int_row_outcomes_counted",
    "file_row_counts",
    "rejected_rows",
    "no_file_is_mostly_rejected",
)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        (("First Name", "STATE", "Surnam", "fam_status"), None),
        (("Surnam", "Gender"), "gender is not one of Female, Male,"),
        (("First Name", "user_id"), "user_id is not a whole number;"),
        (("First Name", "income"), "income is not a whole number;"),
    ],
)
def test_names_below_the_title_of_another_column_go_nowhere(
    columns: tuple[str, ...],
    reason: str | None,
    tmp_path: Path,
    warehouse: Warehouse,
    baselines: dict[str, Built],
) -> None:
    """Also where the build fails of it, and says so."""
    content = customers_file(ROWS, exchanged(*columns))
    change = together(fill(CUSTOMERS, content), bzipped(CUSTOMERS))
    raw_dir = make_package(tmp_path, "careerfoundry", change)
    warehouse.restore(baselines["careerfoundry"].database)

    run = warehouse.dbt(
        "build", raw_dir, "--select", *CUSTOMERS_MODELS, "--indirect-selection", "empty"
    )

    said = run.output + run.error
    if reason:
        assert f"100.0 %), {ROWS} of them for {reason}" in said
    else:
        assert run.succeeded, said
    assert not names_in(said)
    assert not cells_with_names(warehouse)
    assert not files_with_names(warehouse.folder)


# Files that can't be read. A person's name may be like that of a column.
LIKE_COLUMNS = ("Stateson", "Fengender")
IN_LATIN_1 = customers_file(3, names=("Zyxwqé", "Kjvbhñ")).decode().encode("latin-1")
REFUSED = {
    "no header": fill(CUSTOMERS, customers_file(3, "")),
    "no header, and names like those of columns": fill(
        CUSTOMERS, customers_file(3, "", LIKE_COLUMNS)
    ),
    "no header, in place of the products": fill(PRODUCTS, customers_file(3, "")),
    "no header, in place of the departments": fill(
        DEPARTMENTS, customers_file(3, "", LIKE_COLUMNS)
    ),
    "a title above the header": fill(
        CUSTOMERS, b"Zyxwqaa and others\n" + customers_file(3)
    ),
    "no line end after the header": fill(
        CUSTOMERS, customers_file(3).replace(b"income\n", b"income")
    ),
    "a comma for the line end after the header": fill(
        CUSTOMERS, customers_file(3).replace(b",income\n", b",")
    ),
    "the header and a row of names like those of columns": fill(
        CUSTOMERS,
        customers_file(3, names=LIKE_COLUMNS)
        .replace(b"Gender,STATE", b"STATE", 1)
        .replace(b"income\n", b"income,"),
    ),
    "a renamed column of names": encode(
        CUSTOMERS, lambda content: content.replace(b"Surnam", b"Surname")
    ),
    "semicolons": fill(CUSTOMERS, customers_file(3).replace(b",", b";")),
    "semicolons below the header": fill(
        CUSTOMERS, f"{HEADER}\n".encode() + customers_file(3, "").replace(b",", b";")
    ),
    "Latin-1": fill(CUSTOMERS, IN_LATIN_1),
    "Latin-1 in a packed file": together(fill(CUSTOMERS, IN_LATIN_1), pack(CUSTOMERS)),
    "UTF-16": fill(CUSTOMERS, customers_file(3).decode().encode("utf-16")),
    "a part without a header": together(
        fill(CUSTOMERS, customers_file(4)),
        in_parts(CUSTOMERS, "customers_1.csv", "customers_2.csv"),
        encode("customers_2.csv", lambda content: content.partition(b"\n")[2]),
    ),
    "a part without a line end after the header": together(
        fill(CUSTOMERS, customers_file(4)),
        in_parts(CUSTOMERS, "customers_1.csv", "customers_2.csv"),
        encode(
            "customers_2.csv", lambda content: content.replace(b"income\n", b"income,")
        ),
    ),
    "a later file, once names were copied": together(
        bzipped(CUSTOMERS), fill(AISLES, b"<html>")
    ),
}


@pytest.mark.parametrize("change", REFUSED.values(), ids=REFUSED.keys())
def test_no_refusal_says_a_name(change: Change, tmp_path: Path) -> None:
    raw_dir = make_package(tmp_path, "careerfoundry", change)
    copies = tmp_path / "copies"

    found = inspect_package(str(raw_dir), json.dumps(expected_files()), str(copies))

    sentence = json.loads(found)["error"]
    assert not names_in(sentence, *LIKE_COLUMNS), sentence
    assert not copies.exists()
