"""The workbook's sheets are what the warehouse holds."""

from __future__ import annotations

import datetime
import re
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from instacart import config
from instacart.export.parquet import folder_beside
from instacart.export.tables import SHEET_NAME, kind_of, read_tables
from instacart.warehouse import open_warehouse
from instacart.words import plural
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import coordinate_to_tuple
from openpyxl.workbook import Workbook
from support.packages import CUSTOMER_NAMES

from export.support import (
    FIRST,
    HEADER,
    Exported,
    Make,
    cells,
    contents,
    export,
    headings,
    shown,
)

PYTHON_TYPES = {
    "integer": int,
    "bigint": int,
    "double": (int, float),
    "varchar": str,
    "boolean": bool,
    "date": datetime.datetime,
}


def on_sheets(exported: Exported) -> dict[str, list[dict[str, Any]]]:
    """The tables that are sheets, by the sheet's name."""
    return {
        sheet_of(name.partition(".")[2]): rows
        for name, rows in exported.built.tables.items()
        if not name.startswith("marts.fct_")
    }


def sheet_of(table: str) -> str:
    return table[:SHEET_NAME]


def test_there_is_a_sheet_per_table_but_facts(
    exported: Exported, book: Workbook
) -> None:
    first, *tables, last = book.sheetnames
    assert (first, last) == ("contents", "columns")
    assert sorted(tables) == sorted(on_sheets(exported))


def test_every_cell_is_as_in_the_database(exported: Exported, book: Workbook) -> None:
    compared = 0
    for name, rows in on_sheets(exported).items():
        found = sorted(cells(book[name]), key=repr)
        expected = sorted(shown(rows), key=repr)
        if name == "rpt_segment_crosstabs":
            expected = [row for row in expected if row[0] < row[2]]
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
    for sheet in book.worksheets[1:-1]:
        types = {
            row[2]: PYTHON_TYPES.get(row[3], (int, float))
            for row in cells(book["columns"])
            if sheet_of(row[0]) == sheet.title
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
        ("dim_customers", "age", "#,##0"),
        ("dim_customers", "income", "$#,##0"),
        ("dim_customers", "total_spend", "$#,##0.00"),
        ("dim_customers", "avg_order_total", "$#,##0.00"),
        ("dim_customers", "order_count", "#,##0"),
        ("dim_customers", "is_parent", '"TRUE";"TRUE";"FALSE"'),
        ("rpt_departments", "revenue", "$#,##0.00"),
        ("rpt_departments", "revenue_share", "0.00%"),
        ("rpt_departments", "order_product_rank", "#,##0"),
        ("rpt_age_bands", "median_income", "$#,##0.00"),
        ("rpt_segment_departments", "share_standard_error", "0.00%"),
        ("rpt_segment_differences", "spread", "0.00%"),
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
    names = [row[2] for row in cells(book["columns"]) if row[0] == sheet]
    number = names.index(column)
    rows = cells(book[sheet])
    if not rows or rows[0][number] is None:
        pytest.skip("Kaggle's files have no customers and prices")
    cell = book[sheet].cell(FIRST, number + 1)
    assert cell.number_format.replace("\\", "") == number_format.replace("\\", "")


def test_every_column_has_the_format_that_its_description_asks_for(
    exported: Exported, manifest_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INSTACART_DB", str(exported.built.database))
    monkeypatch.setenv("DBT_TARGET_PATH", str(manifest_dir))
    with open_warehouse() as warehouse:
        tables = read_tables(warehouse)
    for table in tables:
        for column in table.columns:
            name = f"{table.name}.{column.key}"
            is_number = column.data_type.startswith(("double", "decimal"))
            if is_number and "0 to 1" in column.description:
                # A score, and figures of several units.
                is_none = column.key in ("opportunity_score", "figure_value")
                assert is_none or column.kind == "fine_share", name
            elif is_number and re.search(r"\bin dollars\b", column.description):
                assert column.kind == "money", name
            if column.data_type.startswith("decimal"):
                assert column.kind == "money", name


@pytest.mark.parametrize(
    ("name", "data_type", "kind"),
    [
        ("customer_id", "INTEGER", "id"),
        ("order_rank", "BIGINT", "count"),
        ("revenue_rank", "BIGINT", "count"),
        ("total_order_count", "BIGINT", "count"),
        ("income_count", "BIGINT", "count"),
        ("income", "INTEGER", "dollars"),
        ("revenue", "DECIMAL(18,2)", "money"),
        ("avg_order_total", "DOUBLE", "money"),
        ("revenue_share", "DOUBLE", "fine_share"),
        ("reorder_rate_standard_error", "DOUBLE", "fine_share"),
        ("detectable_order_total_difference", "DOUBLE", "fine_share"),
        ("difference_from_correct", "BIGINT", "count"),
        ("products_per_order", "DOUBLE", "decimal"),
        ("days_until_order", "DOUBLE", "decimal"),
        ("published", "DOUBLE", "figure"),
        ("day", "DATE", "date"),
        ("is_large", "BOOLEAN", "boolean"),
        ("price_range", "VARCHAR", "text"),
        ("built_at", "TIMESTAMP", "text"),
    ],
)
def test_a_name_and_type_give_a_kind(name: str, data_type: str, kind: str) -> None:
    assert kind_of(name, data_type) == kind


def test_headings_are_bold_frozen_and_filtered(
    exported: Exported, book: Workbook
) -> None:
    for sheet in book.worksheets[1:]:
        row, column = coordinate_to_tuple(sheet.freeze_panes)
        assert row == FIRST and 2 <= column <= len(headings(sheet))
        width = len([heading for heading in headings(sheet) if heading])
        last = f"{get_column_letter(width)}{max(sheet.max_row, HEADER)}"
        assert sheet.auto_filter.ref == f"A{HEADER}:{last}"
        for cell in sheet[HEADER][:width]:
            assert cell.font.bold and cell.alignment.wrap_text
            assert "_" not in cell.value and not cell.value[0].islower()
        assert sheet.page_setup.orientation == "landscape"
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) in (
            *((None, 0), (1, 0)),
        )
        assert sheet.print_title_rows == f"$1:${HEADER}"


def test_columns_are_as_wide_as_what_they_hold(
    exported: Exported, book: Workbook
) -> None:
    for sheet in book.worksheets[1:-1]:
        # Columns of one width and format are one entry.
        widths = {
            number: dimension.width
            for dimension in sheet.column_dimensions.values()
            for number in range(dimension.min, dimension.max + 1)
        }
        rows = cells(sheet)
        for number, heading in enumerate(filter(None, headings(sheet))):
            width = widths[number + 1]
            texts = [row[number] for row in rows if isinstance(row[number], str)]
            assert max(map(len, heading.split())) < width <= 53, sheet.title
            assert max(map(len, texts), default=0) <= width or width > 50, sheet.title


def test_what_names_a_row_stays_in_sight(book: Workbook) -> None:
    assert book["rpt_departments"].freeze_panes == "D3"
    assert book["rpt_days_of_week"].freeze_panes == "C3"
    assert book["rpt_regions"].freeze_panes == "B3"
    # As far as it leaves room: not all four columns of the key.
    assert book["rpt_segment_crosstabs"].freeze_panes in ("C3", "D3")


def test_contents_fit_on_the_screen_of_a_laptop(book: Workbook) -> None:
    sheet = book["contents"]
    pixels = sum(7 * each.width + 5 for each in sheet.column_dimensions.values())
    assert pixels <= 1_366 - 60  # of row numbers and the scroll bar


def test_links_lead_to_the_tables_and_back(exported: Exported, book: Workbook) -> None:
    found = {
        cell.value: cell.hyperlink.location
        for row in book["contents"].iter_rows()
        for cell in row
        if cell.hyperlink
    }
    assert found == {
        name: f"'{sheet_of(name)}'!A1"
        for name in contents(book)
        if not name.startswith("fct_")
    }
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
            "select table_name, column_name, data_type, comment from duckdb_columns()"
            " where schema_name in ('marts', 'data_quality')"
        ).fetchall()
    listed = contents(book)
    assert set(listed) == {name.partition(".")[2] for name in built.tables}
    sheets = [sheet_of(name) for name in listed if not name.startswith("fct_")]
    assert sheets == book.sheetnames[1:-1]
    for schema, name, comment in comments:
        if name in listed and name != "rpt_segment_crosstabs":
            rows = built.tables[f"{schema}.{name}"]
            _, row_count, column_count, where, grain, description = listed[name]
            assert row_count == len(rows)
            assert column_count == len(rows[0]) if rows else column_count
            is_fact = name.startswith("fct_")
            assert where == (f"{name}.parquet" if is_fact else "sheet")
            assert grain.startswith("One row per ")
            said = ". ".join(filter(None, [grain, description]))
            assert said.rstrip(".") == " ".join(comment.split()).rstrip(".")
    described = {(row[0], row[2]): row[3:] for row in cells(book["columns"])}
    assert described == {
        (table, column): [data_type.lower(), " ".join(comment.split())]
        for table, column, data_type, comment in columns
    }
    named = {(sheet_of(row[0]), row[1]) for row in cells(book["columns"])}
    for sheet in book.worksheets[1:-1]:
        for heading in filter(None, headings(sheet)):
            assert (sheet.title, heading) in named


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
    sheets = book.worksheets[1:-1]
    rows = sum(len(cells(sheet)) for sheet in sheets)
    assert f"{len(sheets)} tables with {rows:,} rows, a sheet each" in said
    assert f"Written    {target} (" in said
    for name, table in built.tables.items():
        if name.startswith("marts.fct_"):
            path = folder_beside(target) / f"{name.partition('.')[2]}.parquet"
            size = f"{path.stat().st_size / 1e6:,.1f} MB"
            rows = plural(len(table), "row")
            assert f"Parquet    {path} ({rows}, {size})" in said
            assert f"\n{path.name} " in said
    for name in contents(book):
        if name.startswith("fct_"):
            continue
        assert re.search(rf"^{name} +[\d,]+ rows +\d+\.\d s$", said, re.MULTILINE)


def test_nothing_else_is_left_in_the_folder(exported: Exported) -> None:
    found = sorted(exported.path.parent.iterdir())
    assert found == [folder_beside(exported.path), exported.path]


def test_the_same_warehouse_gives_the_same_bytes(
    exported: Exported,
    manifest_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("INSTACART_DB", str(exported.built.database))
    monkeypatch.setenv("DBT_TARGET_PATH", str(manifest_dir))
    export(tmp_path / "marts.xlsx")
    again, before = tmp_path.rglob("*.*"), exported.path.parent
    for path in again:
        if path.is_file():
            assert (
                path.read_bytes() == (before / path.relative_to(tmp_path)).read_bytes()
            )


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
