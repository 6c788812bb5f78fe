"""The processes of a cluster, known by a token in their command lines.

No list of process ids could tell what was started from what has taken its id since, nor
know an executor, which a worker starts. The token is drawn for each start of a cluster
and stands in the path of its settings, which every part of it names.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
SECONDS_BETWEEN_LOOKS = 0.1
# Part of a cluster: the class that it runs.
CLASSES = {
    "master": "org.apache.spark.deploy.master.Master",
    "worker": "org.apache.spark.deploy.worker.Worker",
    "Thrift server": "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2",
    "executor": "org.apache.spark.executor.CoarseGrainedExecutorBackend",
}


def processes_of(token: str) -> dict[int, str]:
    """The processes of a cluster by id, each with the part that it is."""
    return {
        process: part_of(command)
        for process, command in command_lines()
        if token in command and process != os.getpid()
    }


def part_of(command: str) -> str:
    words = command.split()
    return next((part for part, runs in CLASSES.items() if runs in words), "")


def command_lines() -> Iterable[tuple[int, str]]:
    """The command lines of all processes that can be seen, by their ids."""
    if not (PROC / "self" / "cmdline").exists():
        # As on macOS.
        listing = subprocess.run(
            ["ps", "-axww", "-o", "pid=,command="],
            capture_output=True,
            text=True,
            errors="replace",
        )
        for line in listing.stdout.splitlines():
            process, _, command = line.strip().partition(" ")
            yield int(process), command
        return
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            # It may have ended.
            with suppress(OSError):
                command = (folder / "cmdline").read_text(errors="replace")
                yield int(folder.name), command.replace("\0", " ")


def stop_all(token: str, seconds: float) -> None:
    """End the processes of a cluster: as asked, or killed after some seconds.

    The Thrift server is asked first, so that it closes its tables and log of events.
    """
    deadline = time.monotonic() + seconds
    stop({"Thrift server"}, token, deadline)
    stop({*CLASSES, ""}, token, deadline)


def stop(parts: set[str], token: str, deadline: float) -> None:
    """End some parts of a cluster, and what they start meanwhile."""
    asked: set[int] = set()
    looks_without_any = 0
    # A process that a worker starts is not seen between its fork and its exec.
    while looks_without_any < 2:
        found = {one for one, part in processes_of(token).items() if part in parts}
        looks_without_any = 0 if found else looks_without_any + 1
        is_late = time.monotonic() > deadline
        for process in found if is_late else found - asked:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL if is_late else signal.SIGTERM)
        asked |= found
        time.sleep(SECONDS_BETWEEN_LOOKS)
