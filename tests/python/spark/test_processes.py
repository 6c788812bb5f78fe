"""Processes of a cluster are found by its token alone, and only they are ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from instacart.spark import processes
from instacart.spark.processes import CLASSES, processes_of, stop_all

TOKEN = f"cluster-test-{os.getpid()}"
# Says that it is ready to be asked, and writes down when it was.
PROGRAM = """
import signal, sys, time
def asked(*_):
    open(sys.argv[1], "w").write(str(time.monotonic()))
    if "stubborn" not in sys.argv:
        sys.exit()
signal.signal(signal.SIGTERM, asked)
print(flush=True)
time.sleep(60)
"""

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a process that writes the moment of its SIGTERM to a file of its name."""
    running: list[subprocess.Popen[str]] = []

    def run(name: str, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(tmp_path / name), *arguments],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        running.append(process)
        assert process.stdout
        process.stdout.readline()
        return process

    yield run
    for process in running:
        process.kill()
        process.communicate()


def part(name: str) -> tuple[str, str]:
    return (CLASSES[name], f"/a folder/{TOKEN}/spark.conf")


def test_a_process_is_known_by_the_token_and_its_class(start: Start) -> None:
    worker, executor = start("w", *part("worker")), start("e", *part("executor"))
    launcher = start("l", "spark-class", f"/a folder/{TOKEN}/spark.conf")
    start("foreign", CLASSES["worker"], "/a folder/cluster-other/spark.conf")
    assert processes_of(TOKEN) == {
        worker.pid: "worker",
        executor.pid: "executor",
        launcher.pid: "",
    }


def test_without_a_proc_file_system_ps_says_the_same(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = start("w", *part("worker"))
    monkeypatch.setattr(processes, "PROC", Path("/no/proc"))
    assert processes_of(TOKEN) == {worker.pid: "worker"}


def test_all_of_a_cluster_ends_and_nothing_else(start: Start, tmp_path: Path) -> None:
    foreign = start("foreign", CLASSES["worker"], "/cluster-other/spark.conf")
    ours = [start(name, *part(name)) for name in CLASSES]
    stop_all(TOKEN, seconds=10)
    assert [process.wait(1) for process in ours] == [0] * len(ours)
    assert foreign.poll() is None
    asked = {name: float((tmp_path / name).read_text()) for name in CLASSES}
    assert min(asked, key=asked.__getitem__) == "Thrift server"


def test_what_does_not_end_when_asked_is_killed(start: Start) -> None:
    stubborn = start("s", *part("worker"), "stubborn")
    begun = time.monotonic()
    stop_all(TOKEN, seconds=1)
    assert time.monotonic() - begun >= 1
    assert stubborn.wait(1) == -signal.SIGKILL


def test_where_nothing_runs_nothing_is_ended() -> None:
    assert processes_of(TOKEN) == {}
    stop_all(TOKEN, seconds=0)
