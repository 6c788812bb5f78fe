"""`instacart report`: what it writes, and what it refuses in a sentence."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb
import openpyxl
import pytest
from instacart import cli
from instacart import report as final_report
from instacart.config import PROJECT_DIR
from instacart.errors import UserError
from instacart.report.sheets import crosstabs, title_page

from report.support import (
    SHEETS,
    Report,
    change,
)


@dataclass
class Ended:
    """How a command ended: its code, and what it said."""

    code: int
    out: str
    error: str


@dataclass
class Command:
    """The command line over a report of before, of which it looks what is left."""

    target: Path
    capsys: pytest.CaptureFixture[str]

    def __call__(self, out: Path | None = None) -> Ended:
        beside = sorted(os.listdir(self.target.parent))
        self.capsys.readouterr()
        code = cli.run(["report", "--out", str(out or self.target)])
        said = self.capsys.readouterr()
        if code:
            assert self.target.read_bytes() == b"of an earlier run"
            assert sorted(os.listdir(self.target.parent)) == beside
        return Ended(code, said.out, said.err)


@pytest.fixture
def command(
    tiny: Report,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Command:
    target = tmp_path / "reports" / "Final Report.xlsx"
    target.parent.mkdir()
    target.write_bytes(b"of an earlier run")
    monkeypatch.setenv("INSTACART_DB", str(tiny.database))
    monkeypatch.setenv("DBT_TARGET_PATH", str(tiny.manifest.parent))
    return Command(target, capsys)


def assert_refused(ended: Ended, *words: str) -> None:
    assert ended.code == 1
    # Nothing, or which build is shown and that it is written.
    assert ended.out.count("\n") in (0, 2)
    assert ended.error.startswith("instacart report: ")
    assert ended.error.count("\n") == 1 and ended.error.endswith(".\n"), ended.error
    assert "Traceback" not in ended.error
    for word in words:
        assert word in ended.error


def test_a_report_replaces_the_one_before(command: Command, tiny: Report) -> None:
    ended = command()
    assert ended.code == 0 and ended.error == ""
    assert ended.out.startswith(f"Shown      {tiny.database}, which is not a published")
    assert "8 sheets" in ended.out and str(command.target) in ended.out
    assert openpyxl.load_workbook(command.target).sheetnames == SHEETS
    assert os.listdir(command.target.parent) == [command.target.name]


def test_the_folder_of_the_report_is_made(command: Command, tmp_path: Path) -> None:
    target = tmp_path / "new" / "folder" / "Final Report.xlsx"
    assert command(target).code == 0
    assert os.listdir(target.parent) == [target.name]


def test_no_warehouse_yet(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("INSTACART_DB", str(tmp_path / "none.duckdb"))
    assert_refused(command(), "none.duckdb", "make build")


@pytest.mark.parametrize("content", [b"", b"no database\n" * 999])
def test_a_file_that_is_no_database(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "other.duckdb"
    path.write_bytes(content)
    monkeypatch.setenv("INSTACART_DB", str(path))
    assert_refused(command(), "other.duckdb")
    assert path.read_bytes() == content


def test_a_folder_as_a_warehouse(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("INSTACART_DB", str(tmp_path))
    assert_refused(command())


def test_a_warehouse_that_is_being_written(
    command: Command, monkeypatch: pytest.MonkeyPatch, tiny: Report, tmp_path: Path
) -> None:
    path = change(tiny.database, tmp_path, [])
    monkeypatch.setenv("INSTACART_DB", str(path))
    writer = subprocess.Popen(
        [
            *(sys.executable, "-c"),
            f"import duckdb; c = duckdb.connect({str(path)!r}); print(1, flush=True);"
            " input()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert writer.stdout and writer.stdout.readline()
        assert_refused(command(), "written by another process")
    finally:
        writer.communicate(b"\n")


def test_a_database_without_our_tables(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "other.duckdb"
    duckdb.connect(str(path)).close()
    monkeypatch.setenv("INSTACART_DB", str(path))
    assert_refused(command(), "make build")


@pytest.mark.parametrize(
    "statement",
    [
        "drop table data_quality.conditions_in_force",
        "drop table marts.rpt_segment_differences",
        "drop table marts.rpt_product_pairs",
        "alter table marts.rpt_hours_of_day drop phenomenon",
        "alter table marts.rpt_days_of_week drop order_rank",
        "alter table marts.rpt_segment_differences drop adjusted_r_squared",
        "alter table marts.rpt_departments drop opportunity_rank",
        "alter table data_quality.population_flow drop reason",
        "alter table data_quality.file_row_counts drop fabricated_columns",
        "alter table data_quality.merge_variants drop what_goes_wrong",
        "alter table data_quality.conditions_in_force drop measure",
        "alter table marts.rpt_order_sequence drop placed_retention_rate",
    ],
)
def test_a_warehouse_of_an_older_version(
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    tiny: Report,
    tmp_path: Path,
    statement: str,
) -> None:
    path = change(tiny.database, tmp_path, [statement])
    monkeypatch.setenv("INSTACART_DB", str(path))
    assert_refused(command(), "make build")


def test_orders_without_products(
    command: Command, monkeypatch: pytest.MonkeyPatch, tiny: Report, tmp_path: Path
) -> None:
    path = change(
        tiny.database,
        tmp_path,
        ["update marts.dim_customers set order_product_count=0"],
    )
    monkeypatch.setenv("INSTACART_DB", str(path))
    assert_refused(command(), "analysed orders with products")


@pytest.mark.parametrize(
    "content",
    [None, "", "{", "{}", "[]", "null", '{"nodes": {}, "sources": {}}'],
)
def test_no_manifest_of_this_project(
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    content: str | None,
) -> None:
    folder = tmp_path / "target"
    folder.mkdir()
    if content is not None:
        (folder / "manifest.json").write_text(content)
    monkeypatch.setenv("DBT_TARGET_PATH", str(folder))
    assert_refused(command(), "manifest", "dbt parse")


@pytest.mark.parametrize("mark", ["~$Final Report.xlsx", ".~lock.Final Report.xlsx#"])
def test_a_report_that_is_open(command: Command, mark: str) -> None:
    (command.target.parent / mark).touch()
    assert_refused(command(), "open", mark)


def test_a_target_that_is_a_folder(command: Command, tmp_path: Path) -> None:
    folder = tmp_path / "folder.xlsx"
    folder.mkdir()
    with pytest.raises(UserError, match="found a folder"):
        list(final_report.run(folder))
    # The command line refuses it by itself.
    ended = command(folder)
    assert ended.code == 2 and "is a directory" in ended.error


def test_a_folder_that_can_not_be_written(command: Command, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert_refused(command(tmp_path / "file" / "Final Report.xlsx"), "--out")
    assert (tmp_path / "file").read_bytes() == b""


def test_an_error_while_writing_leaves_the_report_before(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(crosstabs, "write", fail)
    ended = command()
    assert ended.code == 1 and "No space left on device" in ended.error
    assert ended.error.count("\n") == 1


def test_a_stop_while_writing_leaves_the_report_before(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(title_page, "write", stop)
    ended = command()
    assert ended.code == 130 and ended.error.strip().count("\n") == 0


def test_ctrl_c_ends_the_command(tiny: Report, tmp_path: Path) -> None:
    target = tmp_path / "Final Report.xlsx"
    target.write_bytes(b"of an earlier run")
    run = subprocess.Popen(
        [sys.executable, "-m", "instacart", "report", "--out", str(target)],
        cwd=PROJECT_DIR,
        env={
            **os.environ,
            "INSTACART_DB": str(tiny.database),
            "DBT_TARGET_PATH": str(tiny.manifest.parent),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 20
    while not (tmp_path / ".Final Report.xlsx.partial" / "lock").exists():
        assert run.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    # Before, it does not know yet that the folder is its own.
    time.sleep(0.1)
    run.send_signal(signal.SIGINT)
    _, error = run.communicate()
    assert run.returncode == 130
    assert "Traceback" not in error
    assert target.read_bytes() == b"of an earlier run"
    assert os.listdir(tmp_path) == [target.name]


def test_a_name_that_is_no_workbook_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["report", "--out", str(tmp_path / "report.pdf")]) == 1
    assert "expected a name that ends in .xlsx" in capsys.readouterr().err
    assert not os.listdir(tmp_path)
