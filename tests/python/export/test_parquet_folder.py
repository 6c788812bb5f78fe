"""`instacart export --parquet`: a folder per schema, a file per table, all or none."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest
from instacart import cli
from instacart.export import parquet_folder

from export.support import Make, files_below

BUILD_INFO = (
    "create table data_quality.build_info as select 7 as build_number,"
    " '1.2.3' as version, null as commit, timestamp '2026-11-28 11:05:52' as built_at"
)
ORDERS = "create table marts.fct_orders as select range as id from range({})"


def exported(*arguments: str) -> int:
    return cli.run(["export", "--parquet", *arguments])


def row_count(path: Path) -> int:
    query = f"select count(*) from read_parquet('{path}')"
    ((count,),) = duckdb.execute(query).fetchall()
    return int(count)


def test_a_folder_beside_the_database_has_a_file_per_table(
    other: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    database = other(BUILD_INFO, ORDERS.format(14))
    assert exported() == 0
    folder = database.with_name("other.duckdb.parquet")
    assert {str(path.relative_to(folder)) for path in files_below(folder)} == {
        "data_quality/build_info.parquet",
        "data_quality/file_row_counts.parquet",
        "marts/fct_orders.parquet",
    }
    assert row_count(folder / "marts" / "fct_orders.parquet") == 14
    said = capsys.readouterr().out
    assert said.startswith("Shown      ")
    assert f"Written    {folder} (3 tables, " in said


def test_a_folder_of_an_earlier_export_is_replaced(other: Make, tmp_path: Path) -> None:
    folder = tmp_path / "parquet"
    database = other(BUILD_INFO, ORDERS.format(14), "create table marts.a as select 1")
    assert exported("--out", str(folder)) == 0
    database.unlink()
    other(BUILD_INFO, ORDERS.format(15))
    assert exported("--out", str(folder)) == 0
    assert row_count(folder / "marts" / "fct_orders.parquet") == 15
    assert not (folder / "marts" / "a.parquet").exists()
    assert sorted(os.listdir(tmp_path)) == ["other.duckdb", "parquet"]


def test_an_empty_folder_is_filled(other: Make, tmp_path: Path) -> None:
    other(BUILD_INFO, ORDERS.format(14))
    (tmp_path / "parquet").mkdir()
    assert exported("--out", str(tmp_path / "parquet")) == 0
    assert row_count(tmp_path / "parquet" / "marts" / "fct_orders.parquet") == 14


@pytest.mark.parametrize("is_folder", [True, False])
def test_what_no_export_wrote_is_left_alone(
    other: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str], is_folder: bool
) -> None:
    other(BUILD_INFO, ORDERS.format(14))
    mine = tmp_path / "mine"
    if is_folder:
        mine.mkdir()
        (mine / "notes.txt").write_text("mine")
    else:
        mine.write_text("mine")
    before = files_below(tmp_path)
    assert exported("--out", str(mine)) == 1
    assert files_below(tmp_path) == before
    error = capsys.readouterr().err
    assert error.startswith("instacart export: expected no ")
    assert error.count("\n") == 1


def test_an_error_leaves_the_folder_before(
    other: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "parquet"
    other(BUILD_INFO, ORDERS.format(14))
    assert exported("--out", str(folder)) == 0
    before = files_below(tmp_path)
    monkeypatch.setattr(parquet_folder, "literal", lambda path: "'/no/such/folder'")
    assert exported("--out", str(folder)) == 1
    assert "expected DuckDB to finish a query of" in capsys.readouterr().err
    assert files_below(tmp_path) == before


def test_a_folder_that_a_kill_left_aside_is_back(other: Make, tmp_path: Path) -> None:
    folder = tmp_path / "parquet"
    other(BUILD_INFO, ORDERS.format(14))
    assert exported("--out", str(folder)) == 0
    before = files_below(tmp_path)
    folder.rename(tmp_path / ".parquet.old")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet_folder, "literal", lambda path: "'/no/such/folder'")
        assert exported("--out", str(folder)) == 1
    assert files_below(tmp_path) == before


def test_no_warehouse_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INSTACART_DB", str(tmp_path / "none.duckdb"))
    assert exported() == 1
    assert "found none; run `make build`" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
