"""dbt is run on this project, shown but for progress, and stopped as we are.

A shell script takes dbt's part, so that it can end in every way; where its parent is
killed, a module does.
"""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from instacart import config, dbt_child, dbt_process
from instacart.dbt_process import Engine, run_dbt
from instacart.errors import UserError
from instacart.spark.faults import JAVA_STACK

Dbt = Callable[[str], None]
DONE = "Done. PASS=1 WARN=0 ERROR=1 SKIP=2 NO-OP=0 TOTAL=4"
OUT_OF_MEMORY = "Out of Memory Error: could not allocate block of size 30.5 MiB"


@pytest.fixture
def dbt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dbt:
    """Let some lines of shell be dbt, which don't see that they are to stop."""
    monkeypatch.setattr(dbt_process, "SECONDS_TO_STOP", 0.3)

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


def test_nodes_that_dbt_skips_are_counted(
    dbt: Dbt, capfd: pytest.CaptureFixture[str]
) -> None:
    dbt(
        "echo '1 of 3 ERROR creating a'; echo '2 of 3 SKIP relation b [SKIP]';"
        f" echo '3 of 3 SKIP test c'; echo 'Completed with 1 error:'; echo {DONE}"
    )
    assert run_dbt() == 0
    assert capfd.readouterr().out == (
        "1 of 3 ERROR creating a\nSkipped for that: 2 models and tests.\n"
        f"Completed with 1 error:\n{DONE}\n"
    )


def test_that_memory_ran_out_is_all_that_is_said_of_failures(
    dbt: Dbt, capfd: pytest.CaptureFixture[str]
) -> None:
    dbt(
        "echo '1 of 2 ERROR creating a'; echo '2 of 2 SKIP relation b';"
        f" echo '06:31:19  Failed a: expected, found {OUT_OF_MEMORY}.';"
        f" echo 'Completed with 1 error:'; echo ' {OUT_OF_MEMORY}'; echo {DONE}; exit 1"
    )
    with pytest.raises(UserError, match=r"^INSTACART_MEMORY_LIMIT: expected .*\.$"):
        run_dbt()
    assert capfd.readouterr().out == (
        "1 of 2 ERROR creating a\nSkipped for that: 1 model or test.\n"
    )


@pytest.mark.parametrize(
    "name", ["INSTACART_DB", "INSTACART_TEMP_DIR", "DBT_TARGET_PATH", "DBT_LOG_PATH"]
)
def test_a_folder_that_cannot_be_written_is_said_before_dbt_runs(
    dbt: Dbt,
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(name, str(tmp_path / "file" / "folder" / "w.duckdb"))
    dbt("echo started")
    with pytest.raises(UserError, match=rf"^{name}: expected a folder to write to at "):
        run_dbt()
    assert capfd.readouterr().out == ""


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
    [
        "echo $$ > {}; exec sleep 60",
        "trap '' INT; echo $$ > {}; while :; do sleep 1; done",
    ],
)
def test_dbt_ends_with_us_even_if_it_will_not(
    dbt: Dbt, lines: str, tmp_path: Path
) -> None:
    pid = tmp_path / "pid"
    dbt(lines.format(pid))
    has_ended = threading.Event()

    def press_ctrl_c() -> None:
        while not (pid.exists() and pid.read_text()):
            time.sleep(0.05)
        # To the thread that waits: any other may take a signal of the process. Until it
        # is seen: one that comes just before Python begins to read waits for the read.
        while not has_ended.wait(0.5):
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
            if has_ended.wait(20):
                return

    pressing = threading.Thread(target=press_ctrl_c)
    pressing.start()
    with pytest.raises(KeyboardInterrupt):
        run_dbt()
    has_ended.set()
    pressing.join()
    assert not psutil.pid_exists(int(pid.read_text()))


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


# What dbt might be doing when its parent is killed.
SLEEPING = "import time; time.sleep(60)"
QUERYING = (
    "import duckdb;"
    "duckdb.sql('select count(*) from range(1000000) a, range(1000000) b"
    " where a.range <> b.range').fetchall()"
)
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(60)"
)


@pytest.mark.parametrize("doing", [SLEEPING, QUERYING, STUBBORN])
def test_dbt_ends_with_its_parent_however_that_ends(tmp_path: Path, doing: str) -> None:
    package = tmp_path / "dbt" / "cli"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").touch()
    (package / "__init__.py").touch()
    (package / "main.py").write_text(
        "import os, sys, types, __main__ as dbt_child\n"
        "dbt_child.SECONDS_TO_STOP = 0.5\n"
        # There is no more of this dbt.
        "lighter = types.SimpleNamespace(lighten_dbt=lambda: None)\n"
        "sys.modules['instacart.lighter_dbt'] = lighter\n"
        f"def cli():\n    print('pid', os.getpid(), flush=True)\n    {doing}\n"
    )
    scripts = config.PROJECT_DIR / "scripts"
    parent = subprocess.Popen(
        [
            *(sys.executable, "-c"),
            "from instacart.dbt_process import Engine, run_dbt; run_dbt()",
        ],
        env=os.environ
        | {"PYTHONPATH": f"{tmp_path}:{scripts}"}
        | {
            name: str(tmp_path / name / "w")
            for name in config.DEFAULTS
            if "DIR" in name
        }
        | {"INSTACART_DB": str(tmp_path / "w.duckdb")},
        stdout=subprocess.PIPE,
        text=True,
        # Its group is not that of the tests: it is killed as make's is.
        start_new_session=True,
    )
    assert parent.stdout
    child = psutil.Process(int(parent.stdout.readline().removeprefix("pid ")))
    # It is in the midst of it.
    time.sleep(0.5)
    os.killpg(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    psutil.wait_procs([child], timeout=10)
    assert not child.is_running()


def test_dbt_goes_on_as_long_as_its_parent_does(tmp_path: Path) -> None:
    code = "import instacart.dbt_child as child; child.end_with_parent()"
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(config.PROJECT_DIR / "scripts")},
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as child:
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(timeout=1)
        assert child.stdin
        child.stdin.close()
        assert child.wait(timeout=dbt_child.SECONDS_TO_STOP) == -signal.SIGINT


SPARKS_WORDS = [
    "Completed with 1 error",
    "  org.apache.hive.HiveSQLException: [NO_COLUMN] There is none.",
    "    Aggregate [count(1) AS failures#4154663L]",
    "    +- Project [source_file#4154711]",
    "    \tat org.apache.spark.sql.classic.Dataset.<init>(Dataset.scala:275)",
    "    Caused by: org.apache.spark.sql.AnalysisException: There is none.",
    "    \t... 22 more",
]


@pytest.mark.parametrize(
    ("engine", "count"),
    [(Engine(noise=JAVA_STACK), 2), (dbt_process.DUCKDB, len(SPARKS_WORDS))],
)
def test_an_engine_has_noise_of_its_own(
    engine: Engine, count: int, dbt: Dbt, capfd: pytest.CaptureFixture[str]
) -> None:
    dbt("\n".join(f"printf '%s\\n' '{line}'" for line in SPARKS_WORDS) + "\nexit 1")
    assert run_dbt("build", engine=engine) == 1
    assert capfd.readouterr().out.splitlines() == SPARKS_WORDS[:count]


def test_what_is_seen_while_dbt_runs_ends_it(
    dbt: Dbt, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []

    def watch() -> None:
        looks.append(1)
        if len(looks) == 2:
            raise UserError("a worker", "none", "start one")

    monkeypatch.setattr(dbt_process, "SECONDS_BETWEEN_LOOKS", 0.05)
    dbt("cat > /dev/null; exit 3")
    with pytest.raises(UserError, match="expected a worker, found none"):
        run_dbt("build", engine=Engine(watch=watch))
    assert len(looks) == 2


def test_dbt_that_ends_is_not_looked_at_again(
    dbt: Dbt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dbt_process, "SECONDS_BETWEEN_LOOKS", 60)
    dbt("exit 0")
    never = Engine(watch=lambda: pytest.fail("it has ended"))
    assert run_dbt("build", engine=never) == 0
