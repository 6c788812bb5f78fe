"""Sheets and rows are in the order in which a reader looks for them."""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from instacart.errors import UserError
from instacart.export.tables import UNITS, Sheet
from openpyxl.workbook import Workbook
from support.warehouse import PUBLISHED_SCHEMAS, Built, Warehouse

from export.support import (
    FIRST,
    Exported,
    Make,
    cells,
    contents,
    export,
    headings,
    sections,
)

NUMBERS = (
    "create table marts.{} as select * from (values"
    " (1, 'b', 10), (2, null, 30), (3, 'a', 20), (4, 'a', null))"
    " as numbers (id, name, size)"
)


def model(sheet: dict[str, Any] | None = None, **others: Any) -> dict[str, Any]:
    """What a manifest says of a model whose YAML has this `sheet`."""
    meta = {"sheet": sheet} if sheet else {}
    if section := others.pop("section", None):
        meta["section"] = section
    return {"config": {"meta": meta}, **others}


def column_of(book: Workbook, sheet: str, heading: str) -> list[Any]:
    number = headings(book[sheet]).index(heading)
    return [row[number] for row in cells(book[sheet])]


def exported_book(path: Path) -> Workbook:
    export(path)
    return openpyxl.load_workbook(path)


def test_sections_follow_their_numbers(exported: Exported, book: Workbook) -> None:
    found = sections(book)
    assert found == sorted(found)
    names = book.sheetnames
    order = ["rpt_days_of_week", "rpt_departments", "rpt_customer_segments"]
    order += ["rpt_department_pairs", "dim_customers", "population_flow", "columns"]
    assert sorted(order, key=names.index) == order


def test_rows_follow_rank_share_or_key(book: Workbook) -> None:
    for sheet in ("rpt_departments", "rpt_aisles", "rpt_products"):
        ranks = column_of(book, sheet, "Order product rank")
        assert ranks == list(range(1, len(ranks) + 1)), sheet
    for sheet, heading in (
        ("rpt_days_of_week", "Day of week"),
        ("rpt_hours_of_day", "Hour of day"),
        ("rpt_order_sequence", "Order number"),
        ("population_flow", "Step number"),
    ):
        keys = column_of(book, sheet, heading)
        assert keys == sorted(keys), sheet
    rows = zip(
        column_of(book, "rpt_customer_segments", "Segment type"),
        column_of(book, "rpt_customer_segments", "Customer share"),
        strict=True,
    )
    for _, segments in groupby(rows, key=lambda row: row[0]):
        shares = [share for _, share in segments]
        assert shares == sorted(shares, reverse=True)


def test_pairs_of_segment_types_are_shown_once(
    exported: Exported, book: Workbook
) -> None:
    sheet = book["rpt_segment_crosstabs"]
    shown = {(row[0], row[2]) for row in cells(sheet)}
    table = exported.built.tables["marts.rpt_segment_crosstabs"]
    types = {(row["segment_type_a"], row["segment_type_b"]) for row in table}
    assert not shown & {(b, a) for a, b in shown}
    assert shown | {(b, a) for a, b in shown} == types
    assert len(cells(sheet)) * 2 == len(table)
    once = "This sheet shows each pair of segment types once."
    folder = "marts.parquet"
    rest = f"All {len(table):,} rows are in {folder}/rpt_segment_crosstabs.parquet."
    assert sheet["B1"].value.endswith(f"{once} {rest}")
    listed = contents(book)[sheet.title]
    assert listed[1] == len(cells(sheet)) and listed[3] == "sheet"
    assert listed[5].startswith(f"{once} {rest}")
    path = exported.path.with_suffix(".parquet") / "rpt_segment_crosstabs.parquet"
    ((count,),) = duckdb.execute(f"select count(*) from '{path}'").fetchall()
    assert count == len(table)


@pytest.mark.parametrize("sheet", ["rpt_product_pairs", "rpt_department_pairs"])
def test_other_pairs_are_shown_once(book: Workbook, sheet: str) -> None:
    pairs = [row[:2] for row in cells(book[sheet])]
    assert all(a < b for a, b in pairs)


def test_a_mart_without_any_word_on_it_comes_last_by_its_key(
    other: Make, tmp_path: Path
) -> None:
    other(NUMBERS.format("rpt_new"), NUMBERS.format("rpt_known"),
          models={"rpt_known": model(section="1. Known")})  # fmt: skip
    book = exported_book(tmp_path / "marts.xlsx")
    assert book.sheetnames == [
        *("contents", "rpt_known", "file_row_counts", "rpt_new", "columns"),
    ]
    assert sections(book) == ["1. Known", "Other"]
    assert [row[0] for row in cells(book["rpt_new"])] == [1, 2, 3, 4]
    assert book["rpt_new"].freeze_panes == "B3"


def test_positions_come_before_names(other: Make, tmp_path: Path) -> None:
    names = ["rpt_a", "rpt_b", "rpt_c", "rpt_d"]
    positions = {"rpt_b": {"position": 2}, "rpt_d": {"position": 1}}
    other(
        *(NUMBERS.format(name) for name in names),
        models={name: model(positions.get(name), section="1. One") for name in names},
    )
    book = exported_book(tmp_path / "marts.xlsx")
    assert book.sheetnames[1:5] == ["rpt_d", "rpt_b", "rpt_a", "rpt_c"]


@pytest.mark.parametrize(
    ("order_by", "ids"),
    [
        (["name"], [3, 4, 1, 2]),
        (["name desc"], [1, 3, 4, 2]),
        (["size desc"], [2, 3, 1, 4]),
        (["name", "size desc"], [3, 4, 1, 2]),
        ([], [1, 2, 3, 4]),
    ],
)
def test_rows_are_sorted_as_a_model_says_then_by_key(
    other: Make, tmp_path: Path, order_by: list[str], ids: list[int]
) -> None:
    other(NUMBERS.format("rpt_a"), models={"rpt_a": model({"order_by": order_by})})
    book = exported_book(tmp_path / "marts.xlsx")
    assert [row[0] for row in cells(book["rpt_a"])] == ids


def test_a_sheet_of_some_rows_leaves_all_in_parquet(
    other: Make, tmp_path: Path
) -> None:
    other(
        "create table marts.rpt_a as select range as id from range(10)",
        "comment on table marts.rpt_a is 'One row per id. Other words.'",
        models={"rpt_a": model({"only": "id % 5 = 0", "note": "Every fifth id."})},
    )
    book = exported_book(tmp_path / "marts.xlsx")
    assert cells(book["rpt_a"]) == [[0], [5]]
    assert (tmp_path / "marts.parquet" / "rpt_a.parquet").exists()
    said = "Every fifth id. All 10 rows are in marts.parquet/rpt_a.parquet."
    assert book["rpt_a"]["B1"].value == f"One row per id. {said}"
    assert contents(book)["rpt_a"][1:4] == [2, 1, "sheet"]
    assert contents(book)["rpt_a"][5] == f"{said} Other words."


def test_a_unit_wins_over_a_name(other: Make, tmp_path: Path) -> None:
    columns = {
        name: {"config": {"meta": {"unit": unit}}}
        for name, unit in {"a": "dollars", "b": "share", "rate": "number"}.items()
    }
    other(
        "create table marts.rpt_a as select 1.5::double as a, 0.5::double as b,"
        " 2.5::double as rate, 3.5::double as c",
        models={"rpt_a": model(columns=columns)},
    )
    book = exported_book(tmp_path / "marts.xlsx")
    formats = [cell.number_format for cell in book["rpt_a"][FIRST]]
    assert formats == ["$#,##0.00", "0.00%", "#,##0.00", "#,##0.00"]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            model({"orderby": ["id"]}),
            "only position, order_by, only and note under `sheet` of rpt_a, found"
            " orderby; correct the model's YAML and run `dbt parse`",
        ),
        (
            model(columns={"id": {"config": {"meta": {"unit": "euros"}}}}),
            "only dollars, share and number as `unit` of rpt_a.id, found euros",
        ),
    ],
)
def test_what_nobody_reads_is_refused(
    other: Make, target: Path, said: dict[str, Any], sentence: str
) -> None:
    other(NUMBERS.format("rpt_a"), models={"rpt_a": said})
    with pytest.raises(UserError, match=re.escape(sentence)):
        export(target)
    assert target.read_bytes() == b"of an earlier run"


def test_a_long_name_is_cut_to_what_excel_allows(other: Make, tmp_path: Path) -> None:
    name = "rpt_" + "long_" * 6
    other(NUMBERS.format(name))
    book = exported_book(tmp_path / "marts.xlsx")
    assert name[:31] in book.sheetnames and name in contents(book)


def test_without_a_manifest_nothing_is_written(
    small: Path, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / "none"))
    with pytest.raises(UserError, match=r"dbt manifest at .*; run `make build`"):
        export(target)
    assert list(target.parent.iterdir()) == [target]


def test_what_models_say_is_known(
    warehouse: Warehouse, baselines: dict[str, Built]
) -> None:
    """A typing error in the YAML fails here, and not for a user."""
    assert warehouse.manifest
    known = set(Sheet.__dataclass_fields__)
    for node in warehouse.manifest.nodes.values():
        if node.schema not in PUBLISHED_SCHEMAS or node.resource_type != "model":
            continue
        sheet = node.config.meta.get("sheet", {})
        assert set(sheet) <= known, f"{node.name}: expected only {known}"
        columns = {each.partition(" ")[0] for each in sheet.get("order_by", [])}
        assert columns <= set(node.columns), node.name
        units = {each.config.meta.get("unit") for each in node.columns.values()}
        assert units <= {None, *UNITS}, node.name
