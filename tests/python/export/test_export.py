"""The workbook of the public tables, read back and compared with the warehouse."""

from __future__ import annotations

import datetime
import fcntl
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import openpyxl
import pytest
import xlsxwriter
from instacart import cli, config
from instacart import export as export_marts
from instacart.config import PROJECT_DIR
from instacart.errors import UserError
from instacart.export.sheets import TypedBook
from instacart.export.tables import kind_of
from instacart.files import replaced_when_complete
from instacart.warehouse import literal, open_warehouse, read_manifest
from openpyxl.workbook import Workbook
from support.packages import CUSTOMER_NAMES, PACKAGES
from support.warehouse import Built
from xlsxwriter.exceptions import FileCreateError

PREFIXES = ("dim_", "fct_", "rpt_")
PYTHON_TYPES = {
    "integer": int,
    "bigint": int,
    "double": (int, float),
    "varchar": str,
    "boolean": bool,
    "date": datetime.datetime,
}
# What XML can't hold, Excel writes as _xHHHH_; openpyxl shows it as it is.
ESCAPED = {
    "\x01\x02": "_x0001__x0002_",
    "a\r\nb": "a_x000D_\nb",
    "_x0001_": "_x005F_x0001_",
    "\ufffe": "_xFFFE_",
}


@pytest.fixture(scope="module")
def warehouses(baselines: dict[str, Built], tmp_path_factory) -> dict[str, Built]:
    """The built warehouses, under the name that their views know."""
    found = {}
    for name, built in baselines.items():
        path = tmp_path_factory.mktemp(name) / "instacart.duckdb"
        shutil.copyfile(built.database, path)
        found[name] = replace(built, database=path)
    return found


@pytest.fixture(scope="module", params=list(PACKAGES))
def exported(
    request, warehouses: dict[str, Built], tmp_path_factory
) -> Iterator[tuple[Built, Path, str]]:
    """A warehouse, the workbook of it, and what the export said."""
    built = warehouses[request.param]
    target = tmp_path_factory.mktemp("reports") / "marts.xlsx"
    lines: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INSTACART_DB", str(built.database))
        summary = export_marts.export(target, lines.append)
    yield built, target, "\n".join([*lines, *summary])


@pytest.fixture(scope="module")
def book(exported) -> Workbook:
    return openpyxl.load_workbook(exported[1])


@pytest.fixture
def course(warehouses: dict[str, Built], monkeypatch) -> Built:
    """The course's warehouse as the one to export."""
    monkeypatch.setenv("INSTACART_DB", str(warehouses["careerfoundry"].database))
    return warehouses["careerfoundry"]


@pytest.fixture
def other(tmp_path: Path, course: Built, monkeypatch) -> Callable[..., Path]:
    """Makes a warehouse of the same schemas that holds what a test puts into it."""

    def make(*statements: str) -> Path:
        path = tmp_path / "other.duckdb"
        with duckdb.connect(str(path)) as connection:
            connection.execute("create schema marts; create schema data_quality")
            connection.execute(
                "create table data_quality.file_row_counts as"
                " select 'orders.csv' as source_file, true as is_generated"
            )
            for statement in statements:
                connection.execute(statement)
        monkeypatch.setenv("INSTACART_DB", str(path))
        return path

    return make


def export(target: Path) -> str:
    """Export, and return the summary as one text."""
    return "\n".join(export_marts.export(target, lambda line: None))


def cells(sheet) -> list[list]:
    return [list(row) for row in sheet.iter_rows(min_row=2, values_only=True)]


def shown(rows: list[dict]) -> list[list]:
    """Rows of the database as a spreadsheet holds them."""
    result = []
    for row in rows:
        values = []
        for value in row.values():
            if isinstance(value, datetime.date):
                value = datetime.datetime.combine(value, datetime.time())
            elif value is not None and not isinstance(value, bool | str):
                value = float(value)
            values.append(value)
        result.append(values)
    return result


def contents(book: Workbook) -> dict[str, list]:
    """The rows of the list of tables, by table."""
    rows = list(book["contents"].iter_rows(values_only=True))
    (header,) = [n for n, row in enumerate(rows) if row[0] == "table"]
    assert rows[header] == (
        *("table", "schema", "rows", "columns", "grain", "description"),
    )
    return {row[0]: list(row) for row in rows[header + 1 :]}


def test_there_is_a_sheet_per_table_in_order(exported, book):
    names = [name.partition(".")[2] for name in exported[0].tables]
    marts = sorted(name for name in names if name.startswith(PREFIXES))
    quality = sorted(set(names) - set(marts))
    assert book.sheetnames == ["contents", "columns", *marts, *quality]
    assert len(marts) > 20 and len(quality) > 5


def test_every_cell_is_as_in_the_database(exported, book):
    compared = 0
    for name, rows in exported[0].tables.items():
        found = cells(book[name.partition(".")[2]])
        expected = shown(rows)
        assert len(found) == len(expected), name
        for found_row, expected_row in zip(found, expected, strict=True):
            for value, wanted in zip(found_row, expected_row, strict=True):
                if isinstance(wanted, float):
                    assert value == pytest.approx(wanted, rel=1e-14, abs=0), name
                else:
                    assert value == wanted, name
                compared += 1
    assert compared > 3_000


def test_cells_have_the_type_of_their_column(exported, book):
    for sheet in book.worksheets[2:]:
        types = {
            row[1]: PYTHON_TYPES.get(row[2], (int, float))
            for row in cells(book["columns"])
            if row[0] == sheet.title
        }
        for row in cells(sheet):
            for value, wanted in zip(row, types.values(), strict=True):
                assert value is None or isinstance(value, wanted), sheet.title
                if wanted is not bool:
                    assert not isinstance(value, bool), sheet.title


@pytest.mark.parametrize(
    ("sheet", "column", "number_format"),
    [
        ("dim_customers", "customer_id", "0"),
        ("dim_customers", "income", "#,##0"),
        ("dim_customers", "total_spend", "#,##0.00"),
        ("dim_customers", "reorder_rate", "0.00%"),
        ("dim_customers", "date_joined", "yyyy\\-mm\\-dd"),
        ("dim_customers", "gender", "General"),
        ("rpt_department_pairs", "department_id_a", "0"),
        ("rpt_department_pairs", "confidence_a_to_b", "0.00%"),
        ("rpt_department_pairs", "support", "0.00%"),
        ("rpt_department_pairs", "lift", "#,##0.00"),
        ("rpt_segment_crosstabs", "customer_share_of_a", "0.00%"),
        ("rpt_order_sequence", "retention_rate", "0.00%"),
    ],
)
def test_number_formats(book, sheet, column, number_format):
    header = [cell.value for cell in book[sheet][1]]
    cell = book[sheet].cell(2, header.index(column) + 1)
    if cell.value is None:
        pytest.skip("Kaggle's files have no customers")
    assert cell.number_format.replace("\\", "") == number_format.replace("\\", "")


def test_shares_are_named_as_shares(exported):
    with duckdb.connect(str(exported[0].database), read_only=True) as connection:
        columns = connection.execute(
            "select column_name, data_type, comment from duckdb_columns()"
            " where schema_name in ('marts', 'data_quality')"
        ).fetchall()
    for name, data_type, comment in columns:
        is_share = kind_of(name, data_type) == "fine_share"
        if "0 to 1" in (comment or "") and data_type == "DOUBLE":
            assert is_share or name == "opportunity_score", name


def test_headers_are_bold_frozen_and_filtered(exported, book):
    for sheet in book.worksheets[1:]:
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == sheet.dimensions or sheet.max_row == 1
        assert all(cell.font.bold and cell.value for cell in sheet[1])
        assert sheet.page_setup.orientation == "landscape"
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) in (
            *((None, 0), (1, 0)),
        )
        assert sheet.print_title_rows == "$1:$1"


def test_columns_are_as_wide_as_what_they_hold(exported, book):
    for sheet in book.worksheets[2:]:
        # Columns of one width and format are one entry.
        widths = {
            number: dimension.width
            for dimension in sheet.column_dimensions.values()
            for number in range(dimension.min, dimension.max + 1)
        }
        for column in sheet.columns:
            width = widths[column[0].column]
            texts = [str(c.value) for c in column if isinstance(c.value, str)]
            assert len(column[0].value) < width <= 53, sheet.title
            assert max(map(len, texts)) <= width or width > 50, sheet.title


def test_links_lead_to_the_tables_and_back(exported, book):
    found = {
        cell.value: cell.hyperlink.location
        for row in book["contents"].iter_rows()
        for cell in row
        if cell.hyperlink
    }
    assert found == {name: f"'{name}'!A1" for name in book.sheetnames[2:]}
    for sheet in book.worksheets[1:]:
        assert sheet["A1"].hyperlink.location == "'contents'!A1"


def test_contents_and_columns_say_what_the_comments_say(exported, book):
    built = exported[0]
    with duckdb.connect(str(built.database), read_only=True) as connection:
        comments = connection.execute(
            "select schema_name, table_name, comment from duckdb_tables()"
            " union all select schema_name, view_name, comment from duckdb_views()"
        ).fetchall()
        columns = connection.execute(
            "select table_name, column_name, comment from duckdb_columns()"
            " where schema_name in ('marts', 'data_quality')"
        ).fetchall()
    listed = contents(book)
    assert list(listed) == book.sheetnames[2:]
    for schema, name, comment in comments:
        if name in listed:
            rows = built.tables[f"{schema}.{name}"]
            assert listed[name][1:3] == [schema, len(rows)]
            assert listed[name][3] == book[name].max_column
            grain, description = listed[name][4:]
            assert grain.startswith("One row per ")
            said = ". ".join(filter(None, [grain, description]))
            assert said.rstrip(".") == " ".join(comment.split()).rstrip(".")
    described = {(row[0], row[1]): row[3] for row in cells(book["columns"])}
    assert described == {
        (table, column): " ".join(comment.split()) for table, column, comment in columns
    }


def test_contents_say_where_the_data_is_from(exported, book):
    said = "\n".join(str(cell.value) for cell in book["contents"]["A"])
    assert "Real, a sample: 14 orders of the 3,421,083 of the full 2017 data" in said
    assert '"The Instacart Online Grocery Shopping Dataset 2017", accessed from' in said
    assert "Customers and prices: fabricated by CareerFoundry for its course" in said
    assert "may not be redistributed" in said
    modified = exported[0].database.stat().st_mtime
    written = datetime.datetime.fromtimestamp(int(modified), datetime.UTC)
    assert f"written {written:%Y-%m-%d %H:%M:%S} UTC" in said


def test_no_customer_is_named(exported):
    with zipfile.ZipFile(exported[1]) as archive:
        text = "".join(archive.read(name).decode() for name in archive.namelist())
    for names in CUSTOMER_NAMES.values():
        for name in filter(None, names):
            assert name not in text


def test_the_summary_counts_and_progress_names_tables(exported, book):
    built, target, said = exported
    rows = sum(map(len, built.tables.values()))
    assert f"{len(built.tables)} tables with {rows:,} rows" in said
    assert str(target) in said
    for name in book.sheetnames[2:]:
        assert re.search(rf"^{name} +[\d,]+ rows +\d+\.\d s$", said, re.MULTILINE)


def test_nothing_else_is_left_in_the_folder(exported):
    assert list(exported[1].parent.iterdir()) == [exported[1]]


def test_the_same_warehouse_gives_the_same_bytes(exported, monkeypatch, tmp_path):
    monkeypatch.setenv("INSTACART_DB", str(exported[0].database))
    export(tmp_path / "again.xlsx")
    assert (tmp_path / "again.xlsx").read_bytes() == exported[1].read_bytes()


@pytest.mark.parametrize(
    ("generated", "said"),
    [
        (
            [True, True],
            "Synthetic: every row is generated by this project",
        ),
        (
            [True, False],
            "Real: the full 2017 data; fabricated by this project: a.csv.",
        ),
        ([False, False], "Real: the full 2017 data."),
    ],
)
def test_origin_of_the_data(other, tmp_path, generated, said):
    rows = ", ".join(f"('{n}.csv', {g})" for n, g in zip("ab", generated, strict=True))
    other(
        f"create or replace table data_quality.file_row_counts as from (values {rows})"
        " as files (source_file, is_generated)",
        "create table marts.fct_orders as"
        " select 'prior' as eval_set, 5 as product_count from range(3)",
        "create schema reference",
        "create table reference.published_figures as select 'all' as dimension, *"
        " from (values ('orders', 3.0), ('prior order products', 15.0))"
        " as figures (metric, published)",
    )
    export(tmp_path / "marts.xlsx")
    book = openpyxl.load_workbook(tmp_path / "marts.xlsx")
    assert book["contents"]["A2"].value.startswith(said)


def test_texts_stay_texts(other, tmp_path):
    texts = ["=1+1", "http://example.com", "mailto:a@b.c", "007", "1e5", "TRUE", "+1"]
    texts += ["@a", "{=A1}", "<r>", "<r><b></r>", "</r>&amp;", " spaced ", "'a", ""]
    texts += ["line\nbreak", "#N/A", "\U0001f955 ümlaut", *ESCAPED]
    values = ", ".join(f"({number}, ?)" for number in range(len(texts)))
    path = other()
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "create table marts.dim_texts (number integer, text varchar)"
        )
        connection.execute(f"insert into marts.dim_texts values {values}", texts)
    export(tmp_path / "marts.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "marts.xlsx")["dim_texts"]
    found = [row[1] for row in sheet.iter_rows(min_row=2)]
    assert {cell.data_type for cell in found} <= {"s", "inlineStr", "n"}
    assert not any(cell.hyperlink for cell in found)
    assert [cell.value for cell in found] == [ESCAPED.get(text, text) for text in texts]


def test_odd_values(other, tmp_path):
    other(
        "create table marts.dim_odd as select * from (values"
        " (1, 'nan'::double, date '0017-03-01', 123456789012::hugeint, [1, 2]),"
        " (2, 'infinity'::double, date '1900-01-01', null, null),"
        " (3, null, date '9999-12-31', -1, null))"
        " as odd (odd_id, reorder_rate, day, big, list)",
        "create view marts.dim_empty as from marts.dim_odd where false",
    )
    export(tmp_path / "marts.xlsx")
    book = openpyxl.load_workbook(tmp_path / "marts.xlsx")
    first, second, third = cells(book["dim_odd"])
    assert first[2:] == ["0017-03-01", 123456789012, "[1, 2]"]
    assert second[2:] == [datetime.datetime(1900, 1, 1), None, None]
    assert third[1:] == [None, datetime.datetime(9999, 12, 31), -1, None]
    assert cells(book["dim_empty"]) == []
    assert book["dim_empty"].auto_filter.ref == "A1:E1"


def test_too_long_a_text_is_cut_and_counted(other, tmp_path):
    other("create table marts.dim_long as select 1 as id, repeat('x', 40000) as text")
    summary = export(tmp_path / "marts.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "marts.xlsx")["dim_long"]
    assert len(sheet["B2"].value) == 32_767
    assert "Cut        1 text to the 32,767 characters" in summary


def test_rows_are_as_high_as_wrapped_texts_need(other, tmp_path):
    other(
        "create table marts.dim_high as select * from (values"
        " (1, 'short'), (2, repeat('word ', 30)), (3, repeat('word ', 5000)))"
        " as texts (id, text)"
    )
    export(tmp_path / "marts.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "marts.xlsx")["dim_high"]
    assert all(cell.alignment.wrap_text for cell in sheet["B"][1:])
    heights = [sheet.row_dimensions[row].height for row in (2, 3, 4)]
    assert heights[0] < 15 and 40 <= heights[1] <= 60
    assert 400 < heights[2] <= 409  # Excel's highest


def test_a_table_of_exactly_a_sheet_fits(course, tmp_path, monkeypatch):
    orders = len(course.tables["marts.fct_orders"])
    monkeypatch.setattr(export_marts, "SHEET_ROWS", orders)
    export(tmp_path / "marts.xlsx")
    book = openpyxl.load_workbook(tmp_path / "marts.xlsx")
    assert book["fct_orders"].max_row == orders + 1
    assert "fct_order_products" not in book.sheetnames


def test_a_table_too_large_is_written_as_parquet(course, tmp_path, monkeypatch):
    monkeypatch.setattr(export_marts, "SHEET_ROWS", 25)
    lines: list[str] = []
    summary = "\n".join(export_marts.export(tmp_path / "marts.xlsx", lines.append))
    large = {
        name.partition(".")[2]: rows
        for name, rows in course.tables.items()
        if len(rows) > 25
    }
    assert {"fct_order_products", "rpt_department_hours"} <= set(large)
    book = openpyxl.load_workbook(tmp_path / "marts.xlsx")
    assert not set(large) & set(book.sheetnames)
    listed = contents(book)
    said = "\n".join(str(cell.value) for cell in book["contents"]["A"])
    (line,) = [line for line in said.splitlines() if line.startswith("A sheet holds")]
    for name, rows in large.items():
        path = tmp_path / f"{name}.parquet"
        relation = duckdb.sql(f"from '{path}' order by all")
        found = [
            dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()
        ]
        assert found == rows, name
        assert listed[name][2] == len(rows)
        assert listed[name][5].startswith(f"In {name}.parquet, not here.")
        assert f"Left out   {name}: {len(rows):,} rows" in summary
        assert str(path) in summary
        assert name in line
        assert any(line.startswith(name) for line in lines)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"marts.xlsx", *(f"{name}.parquet" for name in large)}
    linked = [cell.hyperlink for row in book["contents"].iter_rows() for cell in row]
    assert len([link for link in linked if link]) == len(listed) - len(large)


def test_parquet_of_an_earlier_export_does_not_stay(course, tmp_path, monkeypatch):
    # DuckDB reads some names as patterns.
    tmp_path = tmp_path / "it's [1] *"
    with monkeypatch.context() as patch:
        patch.setattr(export_marts, "SHEET_ROWS", 25)
        export(tmp_path / "marts.xlsx")
        export(tmp_path / "marts.xlsx")
    old = tmp_path / "fct_order_products.parquet"
    assert old.exists()
    foreign = tmp_path / "dim_products.parquet"
    duckdb.sql(f"copy (select 1 as one) to {literal(foreign)}")
    broken = tmp_path / "dim_aisles.parquet"
    broken.write_text("not Parquet")
    # Another workbook's Parquet file is not ours.
    export(tmp_path / "other.xlsx")
    assert old.exists()
    summary = export(tmp_path / "marts.xlsx")
    assert f"Removed    {old}" in summary
    assert not old.exists()
    assert foreign.exists() and broken.read_text() == "not Parquet"


def test_parquet_of_somebody_else_is_not_replaced(course, tmp_path, monkeypatch):
    monkeypatch.setattr(export_marts, "SHEET_ROWS", 25)
    foreign = tmp_path / "fct_order_products.parquet"
    duckdb.sql(f"copy (select 1 as one) to '{foreign}'")
    before = foreign.read_bytes()
    with pytest.raises(UserError, match="found another file; move it away"):
        export(tmp_path / "marts.xlsx")
    assert foreign.read_bytes() == before
    assert list(tmp_path.iterdir()) == [foreign]


def refused(capsys, target: Path, *words: str, code: int = 1) -> None:
    """The export ends with one sentence that has these words; all files stay."""
    before = files_below(target.parent)
    assert cli.run(["export", "--out", str(target)]) == code
    (sentence,) = capsys.readouterr().err.splitlines()
    assert sentence.startswith("instacart export: ")
    assert sentence.endswith(".") or code == 1
    assert "Traceback" not in sentence
    for word in words:
        assert word in sentence
    assert files_below(target.parent) == before


def files_below(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """An existing workbook."""
    path = tmp_path / "reports" / "marts.xlsx"
    path.parent.mkdir()
    path.write_bytes(b"of an earlier run")
    return path


def test_no_warehouse(target, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("INSTACART_DB", str(tmp_path / "none.duckdb"))
    refused(capsys, target, "expected a warehouse at", "found none", "make build")
    monkeypatch.setenv("INSTACART_DB", str(tmp_path))
    refused(capsys, target, "found none")


@pytest.mark.parametrize("content", [b"", b"order_id,user_id\n1,2\n" * 999])
def test_a_file_that_is_no_database(target, tmp_path, monkeypatch, capsys, content):
    # The path says lock, the reason may not.
    path = tmp_path / "lock.duckdb"
    path.write_bytes(content)
    monkeypatch.setenv("INSTACART_DB", str(path))
    refused(capsys, target, str(path))
    assert path.read_bytes() == content


def test_a_database_cut_short(target, course, tmp_path, monkeypatch, capsys):
    path = tmp_path / "cut.duckdb"
    path.write_bytes(course.database.read_bytes()[:200_000])
    monkeypatch.setenv("INSTACART_DB", str(path))
    refused(capsys, target, str(path))


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("create table a as select 1 as one", "expected the schema marts"),
        (
            "create schema marts; create table marts.a as select 1 as one",
            "expected the schema data_quality",
        ),
        (
            "create schema marts; create table marts.a as select 1 as one;"
            "create schema data_quality;"
            "create table data_quality.a as select 1 as one",
            "file_row_counts does not exist",
        ),
    ],
)
def test_a_database_without_tables(
    target, tmp_path, monkeypatch, capsys, statement, words
):
    path = tmp_path / "empty.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(statement)
    monkeypatch.setenv("INSTACART_DB", str(path))
    refused(capsys, target, words, "make build")


def test_a_warehouse_that_is_being_written(target, course, capsys):
    script = (
        "import duckdb, sys\n"
        "connection = duckdb.connect(sys.argv[1])\n"
        "print('open', flush=True)\n"
        "sys.stdin.read()"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", script, str(course.database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert writer.stdout.readline() == b"open\n"
        refused(capsys, target, "being written by another process")
    finally:
        writer.communicate()


def test_a_warehouse_under_another_name(target, course, tmp_path, monkeypatch, capsys):
    path = tmp_path / "renamed.duckdb"
    shutil.copyfile(course.database, path)
    monkeypatch.setenv("INSTACART_DB", str(path))
    refused(capsys, target, "renamed.duckdb", "rename it to instacart.duckdb")


@pytest.mark.parametrize("mark", ["~$marts.xlsx", ".~lock.marts.xlsx#"])
def test_a_workbook_that_is_open(target, course, capsys, mark):
    (target.parent / mark).touch()
    refused(capsys, target, "open in a spreadsheet program", mark)


def test_a_workbook_that_is_opened_meanwhile(target, course, capsys, monkeypatch):
    close = xlsxwriter.Workbook.close
    mark = target.parent / "~$marts.xlsx"

    def open_and_close(workbook) -> None:
        mark.touch()
        close(workbook)

    monkeypatch.setattr(xlsxwriter.Workbook, "close", open_and_close)
    assert cli.run(["export", "--out", str(target)]) == 1
    assert "open in a spreadsheet program" in capsys.readouterr().err
    mark.unlink()
    assert files_below(target.parent) == {target: b"of an earlier run"}


def test_a_folder_in_place_of_the_workbook(target, course, capsys):
    folder = target.parent / "folder.xlsx"
    folder.mkdir()
    with pytest.raises(UserError, match=r"expected a file to write .* found a folder"):
        export(folder)
    # The command line refuses it by itself.
    assert cli.run(["export", "--out", str(folder)]) == 2
    assert "is a directory" in capsys.readouterr().err
    assert not list(folder.iterdir())


def test_a_file_in_place_of_the_folder(target, course, capsys):
    refused(capsys, target / "marts.xlsx", "expected a folder to write to", "--out")


def test_a_name_of_another_kind(target, course, capsys):
    refused(capsys, course.database, "ends in .xlsx")


def test_a_name_too_long_for_the_file_system(target, course, capsys):
    refused(capsys, target.with_name("m" * 300 + ".xlsx"), "can't be written")


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"),
        FileCreateError(OSError(28, "No space left on device")),
        duckdb.IOException("IO Error: No space left on device\nmore"),
    ],
)
def test_a_full_disk(target, course, capsys, monkeypatch, error):
    def fail(workbook) -> None:
        (Path(workbook.filename).parent / "half").touch()
        raise error

    monkeypatch.setattr(xlsxwriter.Workbook, "close", fail)
    refused(capsys, target, "write", "No space left on device")


def test_a_file_that_cannot_be_replaced(target, course, capsys, monkeypatch):
    def fail(*_) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.replace", fail)
    refused(capsys, target, "can't be replaced (Permission denied)")


def test_a_row_that_the_sheet_refuses(target, course, capsys, monkeypatch):
    monkeypatch.setattr(xlsxwriter.worksheet.Worksheet, "write_number", lambda *_: -1)
    refused(capsys, target, "of contents to fit in its sheet")


def test_an_error_while_writing_leaves_nothing(target, course, monkeypatch):
    def fail(*_) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(TypedBook, "write_list", fail)
    with pytest.raises(ZeroDivisionError):
        export(target)
    assert list(target.parent.iterdir()) == [target]


def test_another_run_at_the_same_workbook(target, course, capsys):
    with replaced_when_complete(target) as work:
        refused(capsys, target, "found another run that does")
        work.write_bytes(b"new")
    assert files_below(target.parent) == {target: b"new"}


def test_what_a_killed_run_left_is_removed(target):
    folder = target.parent / ".marts.xlsx.partial"
    (folder / "spill").mkdir(parents=True)
    (folder / "spill" / "file").touch()
    (folder / "marts.xlsx").touch()
    (folder / "lock").touch()
    with replaced_when_complete(target) as work:
        assert [path.name for path in folder.iterdir()] == ["lock"]
        work.write_bytes(b"new")
    assert files_below(target.parent) == {target: b"new"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_stopping_a_run(other, target, tmp_path, number):
    other(
        "create table marts.dim_numbers as select n, n + 1 as m from range(900000) t(n)"
    )
    run = subprocess.Popen(
        [sys.executable, "-m", "instacart", "export", "--out", str(target)],
        cwd=PROJECT_DIR,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    folder = target.parent / ".marts.xlsx.partial"
    deadline = time.monotonic() + 20
    while not any(
        path.name != "lock" and path.stat().st_size > 100_000
        for path in (folder.iterdir() if folder.exists() else ())
    ):
        assert run.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    run.send_signal(number)
    _, error = run.communicate()
    assert target.read_bytes() == b"of an earlier run"
    if number == signal.SIGKILL:
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    else:
        assert run.returncode == 130
        assert error.strip() == "instacart export: stopped; nothing was replaced."
        assert list(target.parent.iterdir()) == [target]


def test_an_interrupted_query_is_ctrl_c(course, monkeypatch):
    class Interrupted:
        def execute(self, query: str) -> None:
            raise RuntimeError("Query interrupted")

    with open_warehouse() as warehouse:
        monkeypatch.setattr(warehouse, "connection", Interrupted())
        with pytest.raises(KeyboardInterrupt):
            warehouse.execute("select 1")


def test_the_command_line_prints_progress_and_a_summary(other, tmp_path, capsys):
    other("create table marts.dim_one as select 1 as one")
    assert cli.run(["export", "--out", str(tmp_path / "new" / "marts.xlsx")]) == 0
    output = capsys.readouterr()
    assert output.err == ""
    assert re.fullmatch(
        textwrap.dedent(r"""
        dim_one +1 rows +\d\.\d s
        file_row_counts +1 rows +\d\.\d s
        packing the workbook \.\.\.

        Workbook   2 tables with 2 rows, a sheet each
        Written    .*/new/marts\.xlsx \(0\.0 MB\) in \d\.\d s
        """).lstrip(),
        output.out,
    )


def test_rows_are_dictionaries_with_floats_for_decimals(course):
    with open_warehouse() as warehouse:
        assert warehouse.rows("select 1 as a, 2.50::decimal(9, 2) as b, null as c") == [
            {"a": 1, "b": 2.5, "c": None}
        ]
        text = literal("it's")
        assert warehouse.row(f"select {text} as text") == {"text": "it's"}
        batches = list(warehouse.batches("from range(5)", 2))
        assert batches == [[(0,), (1,)], [(2,), (3,)], [(4,)]]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("from marts.no_table", "expected the tables of this version"),
        ("select no_column from marts.dim_aisles", "expected the columns of this"),
        ("select error('a\nb')", "found that it failed: a"),
        ("create table marts.new as select 1 as one", "read-only"),
    ],
)
def test_queries_that_fail_say_so_in_a_sentence(course, query, words):
    with (
        open_warehouse() as warehouse,
        pytest.raises(UserError, match=words) as raised,
    ):
        warehouse.rows(query)
    assert "\n" not in str(raised.value)
    assert str(raised.value).endswith(".")


def test_the_warehouse_is_where_the_variable_says(monkeypatch):
    monkeypatch.setenv("INSTACART_DB", "/tmp/a.duckdb")
    assert config.database() == Path("/tmp/a.duckdb")
    monkeypatch.setenv("INSTACART_DB", "")
    assert config.database() == PROJECT_DIR / "warehouse/instacart.duckdb"


def test_the_manifest_is_read_or_missed(tmp_path, monkeypatch):
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path))
    other = '{"metadata": {"project_name": "other"}, "nodes": {}, "sources": {}}'
    for content in (None, "{", "", "{}", "[]", other):
        if content is not None:
            (tmp_path / "manifest.json").write_text(content)
        with pytest.raises(UserError, match="expected this project's dbt manifest"):
            read_manifest()
    (tmp_path / "manifest.json").write_text(other.replace("other", "instacart"))
    assert read_manifest() == {"nodes": {}, "sources": {}}
