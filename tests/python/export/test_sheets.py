"""The workbook's sheets are what the warehouse holds."""

from __future__ import annotations

import datetime
import re
import zipfile
from pathlib import Path

import duckdb
import openpyxl
import pytest
from instacart import config
from instacart.export.tables import kind_of
from openpyxl.workbook import Workbook
from support.packages import CUSTOMER_NAMES

from export.support import Exported, Make, cells, contents, export, shown

PREFIXES = ("dim_", "fct_", "rpt_")
PYTHON_TYPES = {
    "integer": int,
    "bigint": int,
    "double": (int, float),
    "varchar": str,
    "boolean": bool,
    "date": datetime.datetime,
}


def test_there_is_a_sheet_per_table_in_order(
    exported: Exported, book: Workbook
) -> None:
    names = [name.partition(".")[2] for name in exported.built.tables]
    marts = sorted(name for name in names if name.startswith(PREFIXES))
    quality = sorted(set(names) - set(marts))
    assert book.sheetnames == ["contents", "columns", *marts, *quality]
    assert len(marts) > 20 and len(quality) > 5


def test_every_cell_is_as_in_the_database(exported: Exported, book: Workbook) -> None:
    compared = 0
    for name, rows in exported.built.tables.items():
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


def test_cells_have_the_type_of_their_column(
    exported: Exported, book: Workbook
) -> None:
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
def test_number_formats(
    book: Workbook, sheet: str, column: str, number_format: str
) -> None:
    header = [cell.value for cell in book[sheet][1]]
    cell = book[sheet].cell(2, header.index(column) + 1)
    if cell.value is None:
        pytest.skip("Kaggle's files have no customers")
    assert cell.number_format.replace("\\", "") == number_format.replace("\\", "")


def test_shares_are_named_as_shares(exported: Exported) -> None:
    with duckdb.connect(str(exported.built.database), read_only=True) as connection:
        columns = connection.execute(
            "select column_name, data_type, comment from duckdb_columns()"
            " where schema_name in ('marts', 'data_quality')"
        ).fetchall()
    for name, data_type, comment in columns:
        is_share = kind_of(name, data_type) == "fine_share"
        if "0 to 1" in (comment or "") and data_type == "DOUBLE":
            assert is_share or name == "opportunity_score", name


def test_headers_are_bold_frozen_and_filtered(
    exported: Exported, book: Workbook
) -> None:
    for sheet in book.worksheets[1:]:
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == sheet.dimensions or sheet.max_row == 1
        assert all(cell.font.bold and cell.value for cell in sheet[1])
        assert sheet.page_setup.orientation == "landscape"
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) in (
            *((None, 0), (1, 0)),
        )
        assert sheet.print_title_rows == "$1:$1"


def test_columns_are_as_wide_as_what_they_hold(
    exported: Exported, book: Workbook
) -> None:
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


def test_links_lead_to_the_tables_and_back(exported: Exported, book: Workbook) -> None:
    found = {
        cell.value: cell.hyperlink.location
        for row in book["contents"].iter_rows()
        for cell in row
        if cell.hyperlink
    }
    assert found == {name: f"'{name}'!A1" for name in book.sheetnames[2:]}
    for sheet in book.worksheets[1:]:
        assert sheet["A1"].hyperlink.location == "'contents'!A1"


def test_contents_and_columns_say_what_the_comments_say(
    exported: Exported, book: Workbook
) -> None:
    built = exported.built
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


def test_contents_say_where_the_data_is_from(
    exported: Exported, book: Workbook
) -> None:
    said = "\n".join(str(cell.value) for cell in book["contents"]["A"])
    assert "Real, a sample: 14 orders of the 3,421,083 of the full 2017 data" in said
    assert '"The Instacart Online Grocery Shopping Dataset 2017", accessed from' in said
    assert "Customers and prices: fabricated by CareerFoundry for its course" in said
    assert "may not be redistributed" in said
    modified = exported.built.database.stat().st_mtime
    written = datetime.datetime.fromtimestamp(int(modified), datetime.UTC)
    assert f"written {written:%Y-%m-%d %H:%M:%S} UTC" in said


def test_no_customer_is_named(exported: Exported) -> None:
    with zipfile.ZipFile(exported.path) as archive:
        text = "".join(archive.read(name).decode() for name in archive.namelist())
    for names in CUSTOMER_NAMES.values():
        for name in filter(None, names):
            assert name not in text


def test_the_summary_counts_and_progress_names_tables(
    exported: Exported, book: Workbook
) -> None:
    built, target, said = exported.built, exported.path, exported.said
    rows = sum(map(len, built.tables.values()))
    assert f"{len(built.tables)} tables with {rows:,} rows" in said
    assert str(target) in said
    for name in book.sheetnames[2:]:
        assert re.search(rf"^{name} +[\d,]+ rows +\d+\.\d s$", said, re.MULTILINE)


def test_nothing_else_is_left_in_the_folder(exported: Exported) -> None:
    assert list(exported.path.parent.iterdir()) == [exported.path]


def test_the_same_warehouse_gives_the_same_bytes(
    exported: Exported, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("INSTACART_DB", str(exported.built.database))
    export(tmp_path / "again.xlsx")
    assert (tmp_path / "again.xlsx").read_bytes() == exported.path.read_bytes()


COURSE = "Customers and prices: fabricated by CareerFoundry"


@pytest.mark.parametrize(
    ("fabricated", "said", "is_of_course"),
    [
        (
            {"orders": "all", "products": "all", "departments": None},
            "Synthetic: all but the names of departments",
            False,
        ),
        (
            {"orders": None, "products": "prices", "customers": "all"},
            "Real: the full 2017 data; fabricated by this project: customers.csv and"
            " prices of products.csv.",
            False,
        ),
        (
            {"orders": None, "products": None, "customers": "all"},
            "Real: the full 2017 data; fabricated by this project: customers.csv.",
            True,
        ),
        ({"orders": None, "products": None}, "Real: the full 2017 data.", True),
    ],
    ids=["generated", "enriched", "partly enriched", "own"],
)
def test_origin_of_the_data(
    other: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fabricated: dict[str, str | None],
    said: str,
    is_of_course: bool,
) -> None:
    rows = ", ".join(
        f"('{dataset}', '{dataset}.csv', nullif('{columns or ''}', ''), 1)"
        for dataset, columns in fabricated.items()
    )
    other(
        f"create or replace table data_quality.file_row_counts as from (values {rows})"
        " as files (dataset, source_file, fabricated_columns, rows_read)",
        "create table marts.fct_orders as"
        " select 'prior' as eval_set, 5 as product_count from range(3)",
    )
    (tmp_path / "figures.csv").write_text(
        "metric,dimension,published\norders,all,3\nprior order products,all,15\n"
    )
    monkeypatch.setattr(config, "PUBLISHED_FIGURES", tmp_path / "figures.csv")
    export(tmp_path / "marts.xlsx")
    book = openpyxl.load_workbook(tmp_path / "marts.xlsx")
    assert book["contents"]["A2"].value.startswith(said)
    lines = [str(cell.value) for cell in book["contents"]["A"]]
    assert any(line.startswith(COURSE) for line in lines) is is_of_course
