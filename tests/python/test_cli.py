"""Every command helps, refuses in one sentence, and ends with the same exit codes."""

from __future__ import annotations

import importlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
import duckdb
import pytest
from instacart import cli, config, query
from instacart.errors import UserError
from instacart.spark import build as spark_build

COMMANDS = sorted(cli.cli.commands)
# Those that read the published warehouse, and those that read what dbt builds.
READERS = {
    **dict.fromkeys(["checksums", "export", "query", "report"], "warehouse.duckdb"),
    **dict.fromkeys(["docs", "fidelity"], "warehouse.duckdb.built/warehouse.duckdb"),
}
ARGUMENTS = {"query": ["-c", "select 1 as one"], "spark": ["up"]}
# How a message names the command, where that is more than its first word.
NAMED = {"spark": "spark up"}

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def instacart(tmp_path: Path) -> Run:
    """The command in a process of its own, started in another folder."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environment = os.environ | {
        "PYTHONPATH": str(config.PROJECT_DIR / "scripts"),
        "INSTACART_DB": str(tmp_path / "warehouse.duckdb"),
        "INSTACART_RAW_DIR": str(tmp_path / "raw"),
    }

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "instacart", *arguments],
            cwd=elsewhere,
            env=environment | variables,
            capture_output=True,
            text=True,
        )

    return run


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A warehouse without tables, for commands in this process."""
    database = tmp_path / "warehouse.duckdb"
    duckdb.connect(str(database)).close()
    monkeypatch.setenv("INSTACART_DB", str(database))
    return database


def test_commands_are_as_documented() -> None:
    assert COMMANDS == [
        "build",
        "checksums",
        "dashboard",
        "data",
        "docs",
        "download",
        "enrich",
        "export",
        "fidelity",
        "outputs",
        "query",
        "report",
        "rollback",
        "spark",
    ]


def test_the_version_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--version"]) == 0
    assert re.fullmatch(r"instacart, version \d+\.\d+\.\d+\n", capsys.readouterr().out)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_says_what_a_command_does_and_every_default(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whoever mistyped a variable still gets help.
    monkeypatch.setenv("INSTACART_THREADS", "two")
    assert cli.run([command, "--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert text.startswith(f"Usage: instacart {command} [OPTIONS]")
    for option in cli.cli.commands[command].params:
        if isinstance(option, click.Option):
            assert option.help, option.name
            assert option.opts[-1] in text
            if type(option.default) in (str, int, float):
                assert f"[default: {option.default}" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_a_wrong_option_is_wrong_usage(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run([command, "--nonsense"]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"Usage: instacart {command} [OPTIONS]")
    assert "No such option" in error
    assert "Traceback" not in error


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["query"],
        ["query", "a.sql", "-c", "select 1"],
        ["query", "-c", "select 1", "--rows", "0"],
        ["query", "-c", "select 1", "--out", "a.csv", "--format", "json"],
        ["checksums", "--save", "a.json", "--compare", "a.json"],
        ["data", "--scale", "nan"],
        ["fidelity", "--scale", "1"],
        ["data", "--dirt", "4"],
        ["data", "--package", "instacart"],
    ],
)
def test_arguments_that_make_no_sense_are_wrong_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(arguments) == 2
    assert capsys.readouterr().err.startswith("Usage: instacart")


@pytest.mark.parametrize("command", READERS)
def test_a_missing_warehouse_is_said_in_one_line(
    command: str, tmp_path: Path, instacart: Run
) -> None:
    run = instacart(command, *ARGUMENTS.get(command, []))
    assert run.returncode == 1
    assert run.stdout.count("\n") <= 1
    assert run.stderr == (
        f"instacart {command}: expected a warehouse at {tmp_path}/{READERS[command]},"
        " found none; run `make build`, or name another with INSTACART_DB.\n"
    )
    assert not list(tmp_path.glob("warehouse.duckdb*"))


def test_the_others_refuse_in_one_line_from_any_folder(
    tmp_path: Path, instacart: Run
) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "orders.csv").write_text("mine\n")
    refusals = [
        (["data", "--scale", "0.0005"], "may be real data"),
        (["enrich"], "take the file as it was handed out"),
    ]
    for arguments, sentence in refusals:
        run = instacart(*arguments)
        assert (run.returncode, run.stdout) == (1, "")
        assert run.stderr.startswith(f"instacart {arguments[0]}: ")
        assert ": expected " in run.stderr and run.stderr.count("\n") == 1
        assert sentence in run.stderr


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("INSTACART_THREADS", "two"),
        ("INSTACART_DBT_THREADS", "0"),
        ("INSTACART_MEMORY_LIMIT", "lots"),
    ],
)
def test_a_variable_that_makes_no_sense_is_named(
    command: str,
    name: str,
    value: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(name, value)
    assert cli.run([command, *ARGUMENTS.get(command, [])]) == 1
    output, error = capsys.readouterr()
    assert output == ""
    named = NAMED.get(command, command)
    assert error.startswith(f"instacart {named}: {name}: expected a ")
    assert f"found '{value}'; correct or unset it (default " in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (UserError("a", "b", "c"), 1, "instacart query: expected a, found b; c."),
        (
            OSError(28, "No space left on device", "x.csv"),
            1,
            "instacart query: expected to read and write x.csv, found that it can't be"
            " done (No space left on device); check that it is there, has room, and who"
            " may use it.",
        ),
        (
            KeyboardInterrupt(),
            130,
            "instacart query: stopped; no file is left half-written.",
        ),
    ],
)
def test_what_stops_a_command_is_said_in_one_line(
    raised: BaseException,
    code: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*arguments: object) -> None:
        raise raised

    monkeypatch.setattr(query, "run", fail)
    assert cli.run(["query", "-c", "select 1"]) == code
    assert capsys.readouterr() == ("", f"{said}\n")


def test_a_command_of_a_group_says_what_is_true_when_it_was_stopped(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(spark_build, "run", stop)
    assert cli.run(["spark", "build"]) == 130
    assert capsys.readouterr().err == (
        "instacart spark build: stopped; the next `make build-spark` builds it again.\n"
    )


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_a_running_query(
    sent: signal.Signals, warehouse: Path, tmp_path: Path
) -> None:
    # Pairs of these would take DuckDB hours.
    endless = "select count(*) from range(100000000) a, range(100000000) b where a <> b"
    out = tmp_path / "result.csv"
    out.write_text("before")
    running = subprocess.Popen(
        [sys.executable, "-m", "instacart", "query", "-c", endless, "--out", str(out)],
        env=os.environ | {"PYTHONPATH": str(config.PROJECT_DIR / "scripts")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    partial = tmp_path / ".result.csv.partial"
    while not partial.exists() and running.poll() is None:
        time.sleep(0.02)
    # Before, it does not know yet that the folder is its own.
    time.sleep(0.1)
    running.send_signal(sent)
    try:
        output, error = running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == 130
    assert output == ""
    shown, said = error.splitlines()
    assert shown.startswith("Shown ")
    assert said == "instacart query: stopped; no file is left half-written."
    assert out.read_text() == "before"
    assert not partial.exists()


@pytest.mark.parametrize("to", ["table", "csv"])
def test_nobody_reading_on_leaves_no_trace(to: str, warehouse: Path) -> None:
    """As after `instacart query ... | head -1`."""
    rows = "select range as number from range(100000)"
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "instacart", "query", "-c", rows),
            *("--format", to, "--rows", "100000"),
        ],
        env=os.environ | {"PYTHONPATH": str(config.PROJECT_DIR / "scripts")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout
        assert running.stderr
        assert running.stdout.readline().strip() == "number"
        running.stdout.close()
        (line,) = running.stderr.read().splitlines()
        assert line.startswith("Shown ")
        assert running.wait(timeout=60) == 1


def test_an_answer_without_dbt_or_duckdb_loads_neither(instacart: Run) -> None:
    """So that help and wrong usage come at once."""
    code = (
        "import sys; from instacart import cli; cli.run(['build', '--help']);"
        " sys.exit(bool({'duckdb', 'dbt', 'numpy'} & sys.modules.keys()))"
    )
    environment = os.environ | {"PYTHONPATH": str(config.PROJECT_DIR / "scripts")}
    assert subprocess.run([sys.executable, "-c", code], env=environment).returncode == 0


@pytest.mark.parametrize("command", ["report", "export"])
def test_default_files_are_in_the_project(
    command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    module = importlib.import_module(f"instacart.{command}")
    written: list[Path] = []
    monkeypatch.setattr(module, "run", written.append)
    monkeypatch.chdir(tmp_path)
    assert cli.run([command]) == 0
    assert cli.run([command, "--out", "mine.xlsx"]) == 0
    default, named = written
    assert default.parent == config.PROJECT_DIR / "reports"
    assert named == tmp_path / "mine.xlsx"
