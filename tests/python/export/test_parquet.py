"""Tables too long for a sheet are Parquet beside the workbook."""

from __future__ import annotations

from pathlib import Path

import duckdb
import openpyxl
import pytest
from instacart import export as export_marts
from instacart.errors import UserError
from instacart.warehouse import literal
from support.warehouse import Built

from export.support import contents, export


def test_a_table_of_exactly_a_sheet_fits(
    course: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = len(course.tables["marts.fct_orders"])
    monkeypatch.setattr(export_marts, "SHEET_ROWS", orders)
    export(tmp_path / "marts.xlsx")
    book = openpyxl.load_workbook(tmp_path / "marts.xlsx")
    assert book["fct_orders"].max_row == orders + 1
    assert "fct_order_products" not in book.sheetnames


def test_a_table_too_large_is_written_as_parquet(
    course: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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


def test_parquet_of_an_earlier_export_does_not_stay(
    course: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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


def test_parquet_of_somebody_else_is_not_replaced(
    course: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_marts, "SHEET_ROWS", 25)
    foreign = tmp_path / "fct_order_products.parquet"
    duckdb.sql(f"copy (select 1 as one) to '{foreign}'")
    before = foreign.read_bytes()
    with pytest.raises(UserError, match="found another file; move it away"):
        export(tmp_path / "marts.xlsx")
    assert foreign.read_bytes() == before
    assert list(tmp_path.iterdir()) == [foreign]
