"""Facts, and tables too long for a sheet, are Parquet beside the workbook."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import openpyxl
import pytest
import xlsxwriter
from instacart import cli, files
from instacart import export as export_marts
from instacart.config import PROJECT_DIR
from instacart.errors import UserError
from instacart.warehouse import literal
from support.warehouse import Built

from export.support import Exported, Make, contents, export, files_below

FACT = "create table marts.fct_a as select range as id from range({})"
SHEET = "create table marts.rpt_a as select range as id from range({})"


def ids(path: Path) -> list[int]:
    return [row[0] for row in duckdb.read_parquet(str(path)).order("id").fetchall()]


def test_facts_in_parquet_are_the_tables(exported: Exported) -> None:
    folder = exported.path.with_suffix(".parquet")
    compared = 0
    for name, rows in exported.built.tables.items():
        table = name.partition(".")[2]
        path = folder / f"{table}.parquet"
        assert not table.startswith("fct_") or path.exists()
        if path.exists():
            relation = duckdb.sql(f"from {literal(path)} order by all")
            found = [
                dict(zip(relation.columns, row, strict=True))
                for row in relation.fetchall()
            ]
            assert found == rows, name
            assert contents(exported.book)[table][2] == len(relation.columns)
            compared += 1
    assert compared == len(list(folder.iterdir())) >= 2


@pytest.mark.parametrize(("rows", "is_sheet"), [(24, True), (25, True), (26, False)])
def test_a_table_goes_to_parquet_if_a_sheet_is_too_short_for_it(
    other: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rows: int,
    is_sheet: bool,
) -> None:
    monkeypatch.setattr(export_marts, "SHEET_ROWS", 25)
    other(SHEET.format(rows))
    summary = export(tmp_path / "marts.xlsx")
    book = openpyxl.load_workbook(tmp_path / "marts.xlsx")
    path = tmp_path / "marts.parquet" / "rpt_a.parquet"
    assert ("rpt_a" in book.sheetnames) is is_sheet
    assert path.exists() is not is_sheet
    where = "sheet" if is_sheet else "rpt_a.parquet"
    assert contents(book)["rpt_a"][1:4] == [rows, 1, where]
    said = "\n".join(str(cell.value) for cell in book["contents"]["A"])
    assert ("the folder marts.parquet beside" in said) is not is_sheet
    assert (f"Parquet    {path} ({rows} rows, 0.0 MB)" in summary) is not is_sheet
    if not is_sheet:
        assert ids(path) == list(range(rows))
        assert "more than 25 rows" in said


def test_a_sheet_has_as_many_rows_as_excel_allows(
    other: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """XlsxWriter refuses what lies below by its answer alone."""
    # Headings and the link to the contents take the other two.
    assert export_marts.SHEET_ROWS + 2 == 1_048_576
    monkeypatch.setattr(export_marts, "SHEET_ROWS", 2_000_000)
    other(SHEET.format(1_048_575))
    with pytest.raises(UserError, match="row 1,048,577 of rpt_a to fit in its sheet"):
        export(tmp_path / "marts.xlsx")
    assert not (tmp_path / "marts.xlsx").exists()


def test_a_second_run_replaces_the_folder_as_a_whole(
    other: Make, tmp_path: Path
) -> None:
    # DuckDB reads some names as patterns.
    target = tmp_path / "it's [1] *" / "marts.xlsx"
    path = other(FACT.format(14), "create table marts.fct_b as select 1 as id")
    export(target)
    folder = target.with_suffix(".parquet")
    (folder / ".DS_Store").touch()
    assert {each.name for each in folder.glob("f*")} == {
        "fct_a.parquet",
        "fct_b.parquet",
    }
    path.unlink()
    other(FACT.format(15))
    export(target)
    assert [each.name for each in folder.iterdir()] == ["fct_a.parquet"]
    assert ids(folder / "fct_a.parquet") == list(range(15))
    path.unlink()
    other(SHEET.format(1))
    export(target)
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("kind", ["file", "text", "parquet", "ours and others"])
def test_a_folder_of_somebody_else_is_not_replaced(
    other: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    target, folder = tmp_path / "marts.xlsx", tmp_path / "marts.parquet"
    other(FACT.format(14))
    if kind == "file":
        folder.write_text("mine")
    elif kind == "text":
        folder.mkdir()
        (folder / "notes.txt").write_text("mine")
    elif kind == "parquet":
        folder.mkdir()
        duckdb.sql(f"copy (select 1 as one) to {literal(folder / 'fct_a.parquet')}")
    else:
        export(target)
        (folder / "notes.txt").write_text("mine")
    before = files_below(tmp_path)
    assert cli.run(["export", "--out", str(target)]) == 1
    assert capsys.readouterr().err == (
        f"instacart export: expected no {folder}, or one that an export to {target}"
        " wrote, found another one; move it away, or name another workbook with"
        " --out.\n"
    )
    assert files_below(tmp_path) == before


def test_a_workbook_of_another_name_has_its_own_folder(
    other: Make, tmp_path: Path
) -> None:
    other(FACT.format(14))
    export(tmp_path / "marts.xlsx")
    before = files_below(tmp_path / "marts.parquet")
    export(tmp_path / "other.xlsx")
    assert files_below(tmp_path / "marts.parquet") == before
    assert ids(tmp_path / "other.parquet" / "fct_a.parquet") == list(range(14))


@pytest.fixture
def earlier(other: Make, target: Path) -> dict[Path, bytes]:
    """The files of an earlier export; the warehouse has more rows since."""
    target.unlink()
    path = other(FACT.format(14))
    export(target)
    before = files_below(target.parent)
    path.unlink()
    other(FACT.format(15))
    return before


@pytest.mark.parametrize("failing", ["close", "mark", "rename", "replace"])
def test_an_error_at_any_time_leaves_the_earlier_export(
    earlier: dict[Path, bytes],
    target: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    failing: str,
) -> None:
    """While packing, when somebody opens the book, and between the replacements."""
    close, rename = xlsxwriter.Workbook.close, os.rename
    mark = target.with_name("~$marts.xlsx")

    def fail(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    def open_and_close(workbook: xlsxwriter.Workbook) -> None:
        mark.touch()
        close(workbook)

    def rename_or_fail(old: Path, new: Path) -> None:
        if ".partial" in str(old):
            fail()
        rename(old, new)

    if failing == "close":
        monkeypatch.setattr(xlsxwriter.Workbook, "close", fail)
    elif failing == "mark":
        monkeypatch.setattr(xlsxwriter.Workbook, "close", open_and_close)
    elif failing == "rename":
        monkeypatch.setattr(files.os, "rename", rename_or_fail)
    else:
        monkeypatch.setattr(files.os, "replace", fail)
    assert cli.run(["export", "--out", str(target)]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    mark.unlink(missing_ok=True)
    assert files_below(target.parent) == earlier


# What a run does at its end: it moves the old folder away, the new one there, and the
# workbook after it.
KILLED_AT_RENAME = """
import os, signal, sys
from instacart import cli

rename = os.rename
left = int(sys.argv[1])

def count(*paths):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    rename(*paths)

os.rename = count
cli.run(["export", "--out", sys.argv[2]])
"""


@pytest.mark.parametrize("renames", [0, 1])
def test_a_kill_while_the_folder_is_replaced_loses_nothing(
    earlier: dict[Path, bytes],
    target: Path,
    monkeypatch: pytest.MonkeyPatch,
    renames: int,
) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_AT_RENAME, str(renames), str(target)],
        env=os.environ | {"PYTHONPATH": str(PROJECT_DIR / "scripts")},
        stdout=subprocess.DEVNULL,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    with monkeypatch.context() as patch:
        patch.setattr(xlsxwriter.Workbook, "close", raise_error)
        with pytest.raises(ZeroDivisionError):
            export(target)
    assert files_below(target.parent) == earlier
    export(target)
    assert ids(target.with_suffix(".parquet") / "fct_a.parquet") == list(range(15))
    assert len(list(target.parent.iterdir())) == 2


def raise_error(*_: object) -> None:
    raise ZeroDivisionError


def test_a_kill_while_writing_leaves_the_earlier_export(
    earlier: dict[Path, bytes], other: Make, target: Path, tmp_path: Path
) -> None:
    (tmp_path / "other.duckdb").unlink()
    other(FACT.format(15), SHEET.format(900_000))
    run = subprocess.Popen(
        [sys.executable, "-m", "instacart", "export", "--out", str(target)],
        cwd=PROJECT_DIR,
        stdout=subprocess.DEVNULL,
    )
    written = target.with_name(".marts.xlsx.partial") / "marts.parquet"
    deadline = time.monotonic() + 20
    while not (written / "fct_a.parquet").exists():
        assert run.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    run.kill()
    run.wait()
    found = files_below(target.parent)
    assert {path: found.get(path) for path in earlier} == earlier


def test_another_packages_tables_are_whole(course: Built, tmp_path: Path) -> None:
    """Every table is somewhere, whatever a sheet holds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export_marts, "SHEET_ROWS", 25)
        export(tmp_path / "marts.xlsx")
    book = openpyxl.load_workbook(tmp_path / "marts.xlsx")
    files_beside = {path.stem for path in (tmp_path / "marts.parquet").iterdir()}
    for name in course.tables:
        table = name.partition(".")[2]
        assert table in book.sheetnames or table in files_beside
