"""dbt is run on this project, shown but for progress, and stopped as we are.

A shell script takes dbt's part, so that it can end in every way.
"""

from __future__ import annotations

import io
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from instacart import config, dbt_process
from instacart.dbt_process import run_dbt
from instacart.errors import UserError

Dbt = Callable[[str], None]


@pytest.fixture
def dbt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dbt:
    """Let some lines of shell be dbt."""

    def write(lines: str) -> None:
        script = tmp_path / "dbt"
        script.write_text(f"#!/bin/sh\n{lines}\n")
        script.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(script))

    return write


def test_dbt_is_told_the_project_and_the_settings(
    dbt: Dbt,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INSTACART_THREADS", "")
    dbt('shift 2; echo "$PWD $INSTACART_THREADS $*"')
    assert run_dbt("build", "--select", "a+") == 0
    project = config.PROJECT_DIR
    assert capfd.readouterr().out == (
        f"{project} 2 build --select a+ --project-dir {project}"
        f" --profiles-dir {project}\n"
    )


def test_progress_is_left_out(dbt: Dbt, capfd: pytest.CaptureFixture[str]) -> None:
    dbt(
        "echo '1 of 9 START sql model a'; echo '1 of 9 OK created sql model a';"
        " echo '2 of 9 PASS b'; echo '3 of 9 FAIL 2 c' >&2"
    )
    assert run_dbt() == 0
    assert capfd.readouterr().out == "1 of 9 OK created sql model a\n3 of 9 FAIL 2 c\n"


def test_what_failed_comes_last(dbt: Dbt, capfd: pytest.CaptureFixture[str]) -> None:
    dbt(
        r"printf '\033[0m06:31:18  Warned a_test: a.csv: expected b, found c; d.\n';"
        " echo '06:31:19  Failed b: expected e.'; echo '06:31:20  Failed to do f: g';"
        " echo '06:31:21  Done. PASS=1'"
    )
    assert run_dbt() == 0
    assert capfd.readouterr().out == (
        "06:31:20  Failed to do f: g\n06:31:21  Done. PASS=1\n\n"
        "Warned a_test: a.csv: expected b, found c; d.\nFailed b: expected e.\n"
    )


@pytest.mark.parametrize("code", [1, 2])
def test_the_exit_code_is_given(dbt: Dbt, code: int) -> None:
    dbt(f"exit {code}")
    assert run_dbt() == code


def test_what_killed_dbt_is_said(dbt: Dbt) -> None:
    dbt("kill -9 $$")
    with pytest.raises(UserError, match="found that SIGKILL ended it; run this again"):
        run_dbt()


@pytest.mark.parametrize(
    "lines",
    ["echo $$; exec sleep 60", "trap '' INT; echo $$; while :; do sleep 0.05; done"],
)
def test_dbt_ends_with_us_even_if_it_will_not(
    dbt: Dbt,
    lines: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(dbt_process, "SECONDS_TO_STOP", 0.3)
    dbt(lines)
    # To the thread that waits: any other may take a signal of the process.
    ctrl_c = (threading.main_thread().ident, signal.SIGINT)
    threading.Timer(0.5, signal.pthread_kill, ctrl_c).start()
    with pytest.raises(KeyboardInterrupt):
        run_dbt()
    assert not psutil.pid_exists(int(capfd.readouterr().out))


def test_dbt_ends_when_nobody_reads_on(
    dbt: Dbt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after `make build | head -1`."""

    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    dbt(f"echo $$ > {tmp_path}/pid; echo line; exec sleep 60")
    monkeypatch.setattr(sys, "stdout", Closed())
    with pytest.raises(BrokenPipeError):
        run_dbt()
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))
