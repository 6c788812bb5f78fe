"""Names that are code to a spreadsheet, a page, a database, dbt or a terminal.

They come through as the text that they are, or are refused; test_cells.py has the odd
texts of a workbook, and test_query.py those of a terminal.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from instacart import cli
from openpyxl.utils.escape import unescape
from openpyxl.workbook import Workbook
from support.packages import PACKAGES
from support.shared import made_once
from support.warehouse import WITHOUT_TESTS, Built, Warehouse

ESCAPE = "\x1b[31mred\x1b]0;title\x07"
HOSTILE = [
    # Spreadsheets
    *("=cmd|' /C calc'!A0", "+1", "@SUM(A1)", "-1", "'=1+1", "{=1}", "\t=1+1"),
    *('=HYPERLINK("http://x","y")', "http://x.y", "mailto:a@b", "file:///etc/passwd"),
    *("_x0041_", "<r><b>x</b></r>", "#DIV/0", "\ufffe\uffff"),
    # Pages
    *("<script>alert(1)</script>", "</script>", "&bogus;lt;", "]]>", "<!--"),
    "javascript:alert(1)",
    # Databases, dbt and Python
    *('O\'Neil "x"; DROP TABLE marts.dim_products; --', "{{ 1/0 }}", "{% raise %}"),
    *("{# c #}", "%s %d {0}", "${HOME} `id`", r"\x00", r"\u0000", r"C:\x\n"),
    # Files
    *("../../etc/passwd", "a/b", "CON"),
    # Terminals and readers
    *(
        ESCAPE,
        "\x01\x02\x7f",
        "a\x00b",
        "\x85\x9b31m",
        "\u202eevil\u202c",
        "a\u200bb\ufeff",
    ),
    *(
        "🥕👩\u200d👩\u200d👧",
        "A\u0301" * 50,
        "\U000e0041",
        "\u2028\u2029",
        "two\nlines",
    ),
    "x" * 40_000,
]
# A product's name is cleaned: blanks are squeezed.
CLEANED = {"\t=1+1": "=1+1", "two\nlines": "two lines"}
# A cell of a workbook holds so many characters.
CELL = 32_767


def write_hostile(folder: Path, package: str) -> Path:
    """Put every text into every column of text, and into some of numbers."""
    raw_dir = PACKAGES[package](folder)
    has_customers = package == "careerfoundry"
    departments = b"department_id,department\n4,produce\n5,alcohol\n19,snacks\n"
    (raw_dir / "departments.csv").write_bytes(departments)
    baskets = (
        "orders_products_prior.csv" if has_customers else "order_products__prior.csv"
    )
    for number, text in enumerate(HOSTILE):
        aisle = "24" if has_customers else str(2000 + number)
        price = ["3.5"] if has_customers else []
        add(raw_dir / "departments.csv", [str(1000 + number), text])
        add(
            raw_dir / "products.csv",
            [str(1000 + number), text, aisle, str(1000 + number), *price],
        )
        if has_customers:
            names = [text, text, "Female", text]
            rest = ["30", "1/31/2017", "1", text, "50000"]
            add(raw_dir / "customers.csv", [str(1000 + number), *names, *rest])
        else:
            add(raw_dir / "aisles.csv", [aisle, text])
        # On a first order whatever stands for the days is removed, and listed.
        order = [str(1000 + number), "1", "prior", "1", "0", "08", text]
        add(raw_dir / "orders.csv", order)
        add(raw_dir / baskets, [str(1000 + number), str(1000 + number), "1", "0"])
        add(raw_dir / baskets, [text, "1", "2", "0"])
    return raw_dir


def add(path: Path, cells: list[str]) -> None:
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerow(cells)
    end = "\r\n" if b"\r\n" in path.read_bytes() else "\n"
    with path.open("ab") as file:
        file.write((line.getvalue().removesuffix("\r\n") + end).encode())


@pytest.fixture(scope="module", params=list(PACKAGES))
def hostile(
    request: pytest.FixtureRequest, warehouse: Warehouse, shared_dir: Path
) -> Built:
    """A warehouse of hostile text."""

    def make(folder: Path) -> None:
        raw_dir = write_hostile(folder / "raw", request.param)
        warehouse.build_new(raw_dir, *WITHOUT_TESTS)
        shutil.copyfile(warehouse.database, folder / warehouse.database.name)

    folder = made_once(shared_dir / f"hostile_{request.param}", make)
    return Built(folder / "raw", folder / warehouse.database.name)


@pytest.fixture
def for_commands(
    hostile: Built,
    warehouse: Warehouse,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Commands read that warehouse."""
    monkeypatch.setenv("INSTACART_DB", str(hostile.database))
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / "target"))
    assert warehouse.manifest
    (tmp_path / "target").mkdir()
    warehouse.manifest.write(str(tmp_path / "target" / "manifest.json"))


def test_names_are_what_their_files_have(hostile: Built) -> None:
    products = [CLEANED.get(text, text) for text in HOSTILE]
    assert names(hostile, "products", "product_name", "product_id") == products
    assert names(hostile, "departments", "department", "department_id") == HOSTILE
    if "kaggle" in str(hostile.raw_dir):
        assert names(hostile, "aisles", "aisle", "aisle_id") == HOSTILE
    rejected = [row["raw_row"] for row in hostile.tables["data_quality.rejected_rows"]]
    for text in HOSTILE:
        quotes = '"' if "," in text or '"' in text else ""
        cell = quotes + text.replace('"', '""') + quotes
        assert f"{cell},1,2,0" in rejected


def names(built: Built, table: str, column: str, key: str) -> list[str]:
    rows = built.tables[f"marts.dim_{table}"]
    return [
        row[column]
        for row in sorted(rows, key=lambda row: row[key])
        if row[key] >= 1000
    ]


def test_no_customer_shows_what_is_no_known_word(hostile: Built) -> None:
    for row in hostile.tables["marts.dim_customers"]:
        if row["customer_id"] >= 1000:
            assert (row["state"], row["family_status"]) == ("Unknown", "Unknown")


@pytest.mark.usefixtures("for_commands")
@pytest.mark.parametrize("command", ["export", "report"])
def test_a_workbook_has_texts_no_formulas_and_no_links_of_the_data(
    command: str, tmp_path: Path
) -> None:
    path = tmp_path / "book.xlsx"
    assert cli.run([command, "--out", str(path)]) == 0
    with zipfile.ZipFile(path) as archive:
        parts = archive.namelist()
    assert not [part for part in parts if "external" in part.lower()]
    book = openpyxl.load_workbook(path)
    texts = set()
    for cell in cells(book):
        if cell.data_type == "f":
            # The report's own, of its charts.
            assert command == "report" and cell.value.startswith("=IF(")
        elif isinstance(cell.value, str):
            texts.add(unescape(cell.value))
        assert not (cell.hyperlink and cell.hyperlink.target)
    if command == "export":
        assert texts >= {text[:CELL] for text in HOSTILE}


def cells(book: Workbook) -> Iterator:
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            yield from row


@pytest.mark.usefixtures("for_commands")
@pytest.mark.parametrize("to", ["csv", "json"])
def test_a_query_gives_programs_the_text_itself(
    to: str, capfd: pytest.CaptureFixture[str]
) -> None:
    sql = (
        "select department from marts.dim_departments"
        " where department_id >= 1000 order by department_id"
    )
    assert cli.run(["query", "-c", sql, "--format", to]) == 0
    output = capfd.readouterr().out
    if to == "json":
        found = [row["department"] for row in json.loads(output)]
    else:
        found = [row[0] for row in csv.reader(io.StringIO(output, newline=""))][1:]
    assert found == HOSTILE


@pytest.mark.usefixtures("for_commands")
def test_a_query_gives_a_terminal_no_control_characters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for table in ("marts.dim_products", "data_quality.rejected_rows"):
        assert cli.run(["query", "-c", f"from {table}"]) == 0
        output = capsys.readouterr().out
        assert r"\x1b[31mred\x1b]0;title\x07" in output
        assert not set(output) & set("\x1b\x07\x01\x7f\x85\x9b\u202e\u2028\r")


def test_a_warning_quotes_a_row_without_its_control_characters(
    tmp_path: Path, warehouse: Warehouse, baselines: dict[str, Built]
) -> None:
    raw_dir = PACKAGES["careerfoundry"](tmp_path / "raw")
    add(raw_dir / "orders_products_prior.csv", [ESCAPE, "1", "2", "0"])
    run = warehouse.rebuild(raw_dir, baselines["careerfoundry"])
    assert run.succeeded, run.output + run.error
    run = warehouse.dbt("test", raw_dir, "--select", "few_rows_are_rejected")
    assert "such as `?[31mred?]0;title?,1,2,0`" in run.output
    assert not set(run.output) & set("\x1b\x07")
