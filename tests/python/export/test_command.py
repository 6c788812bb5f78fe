"""`instacart export`: what it says, and what it refuses in a sentence."""

from __future__ import annotations

import fcntl
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import duckdb
import pytest
import xlsxwriter
from instacart import cli
from instacart.config import PROJECT_DIR
from instacart.export.sheets import TypedBook
from instacart.files import replaced_when_complete
from support.warehouse import Built
from xlsxwriter.exceptions import FileCreateError

from export.support import Make, export, files_below


def refused(
    capsys: pytest.CaptureFixture[str], target: Path, *words: str, code: int = 1
) -> None:
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


def test_no_warehouse(
    target: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("INSTACART_DB", str(tmp_path / "none.duckdb"))
    refused(capsys, target, "expected a warehouse at", "found none", "make build")
    monkeypatch.setenv("INSTACART_DB", str(tmp_path))
    refused(capsys, target, "INSTACART_DB: expected a file, found the folder")


@pytest.mark.parametrize("content", [b"", b"order_id,user_id\n1,2\n" * 999])
def test_a_file_that_is_no_database(
    target: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    content: bytes,
) -> None:
    # The path says lock, the reason may not.
    path = tmp_path / "lock.duckdb"
    path.write_bytes(content)
    monkeypatch.setenv("INSTACART_DB", str(path))
    refused(capsys, target, str(path))
    assert path.read_bytes() == content


def test_a_database_cut_short(
    target: Path,
    small: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "cut.duckdb"
    path.write_bytes(small.read_bytes()[:200_000])
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
    target: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    statement: str,
    words: str,
) -> None:
    path = tmp_path / "empty.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(statement)
    monkeypatch.setenv("INSTACART_DB", str(path))
    refused(capsys, target, words, "make build")


def test_a_warehouse_that_is_being_written(
    target: Path, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = (
        "import duckdb, sys\n"
        "connection = duckdb.connect(sys.argv[1])\n"
        "print('open', flush=True)\n"
        "sys.stdin.read()"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", script, str(small)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert writer.stdout.readline() == b"open\n"
        refused(capsys, target, "being written by another process")
    finally:
        writer.communicate()


def test_a_warehouse_under_another_name(
    target: Path,
    course: Built,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "renamed.duckdb"
    shutil.copyfile(course.database, path)
    monkeypatch.setenv("INSTACART_DB", str(path))
    refused(capsys, target, "renamed.duckdb", "rename it to instacart.duckdb")


@pytest.mark.parametrize("mark", ["~$marts.xlsx", ".~lock.marts.xlsx#"])
def test_a_workbook_that_is_open(
    target: Path, small: Path, capsys: pytest.CaptureFixture[str], mark: str
) -> None:
    (target.parent / mark).touch()
    refused(capsys, target, "open in a spreadsheet program", mark)


def test_a_workbook_that_is_opened_meanwhile(
    target: Path,
    small: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
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


def test_a_folder_in_place_of_the_workbook(
    target: Path, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = target.parent / "folder.xlsx"
    folder.mkdir()
    refused(capsys, folder, "expected a file to write at", "found a folder")
    assert not list(folder.iterdir())


def test_a_file_in_place_of_the_folder(
    target: Path, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(capsys, target / "marts.xlsx", "expected a folder to write to", "--out")


def test_a_name_of_another_kind(
    target: Path, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(capsys, small, "ends in .xlsx")


def test_a_name_too_long_for_the_file_system(
    target: Path, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(capsys, target.with_name("m" * 300 + ".xlsx"), "can't be written")


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"),
        FileCreateError(OSError(28, "No space left on device")),
        duckdb.IOException("IO Error: No space left on device\nmore"),
    ],
)
def test_a_full_disk(
    target: Path,
    small: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    def fail(workbook) -> None:
        (Path(workbook.filename).parent / "half").touch()
        raise error

    monkeypatch.setattr(xlsxwriter.Workbook, "close", fail)
    refused(capsys, target, "write", "No space left on device")


def test_a_file_that_cannot_be_replaced(
    target: Path,
    small: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.replace", fail)
    refused(capsys, target, "can't be replaced (Permission denied)")


def test_a_row_that_the_sheet_refuses(
    target: Path,
    small: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(xlsxwriter.worksheet.Worksheet, "write_number", lambda *_: -1)
    refused(capsys, target, "of contents to fit in its sheet")


def test_an_error_while_writing_leaves_nothing(
    target: Path, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(TypedBook, "write_list", fail)
    with pytest.raises(ZeroDivisionError):
        export(target)
    assert list(target.parent.iterdir()) == [target]


def test_another_run_at_the_same_workbook(
    target: Path, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with replaced_when_complete(target) as work:
        refused(capsys, target, "found another run that does")
        work.write_bytes(b"new")
    assert files_below(target.parent) == {target: b"new"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_stopping_a_run(
    other: Make, target: Path, tmp_path: Path, number: signal.Signals
) -> None:
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
        assert error == "instacart export: stopped; no file is left half-written.\n"
        assert list(target.parent.iterdir()) == [target]


def test_the_command_line_prints_progress_and_a_summary(
    other: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    other(
        "create table marts.dim_one as select 1 as one",
        "create table marts.fct_one as select 1 as one",
    )
    monkeypatch.chdir(tmp_path)
    assert cli.run(["export", "--out", str(tmp_path / "new" / "marts.xlsx")]) == 0
    output = capsys.readouterr()
    assert output.err == ""
    assert re.fullmatch(
        textwrap.dedent(r"""
        Shown      other\.duckdb, which is not a published build
        fct_one\.parquet +1 rows +\d\.\d s
        dim_one +1 rows +\d\.\d s
        file_row_counts +1 rows +\d\.\d s
        packing the workbook \.\.\.

        Workbook   2 tables with 2 rows, a sheet each
        Parquet    new/marts\.parquet/fct_one\.parquet \(1 row, 0\.0 MB\)
        Written    new/marts\.xlsx \(0\.0 MB\) in \d\.\d s
        """).lstrip(),
        output.out,
    )
