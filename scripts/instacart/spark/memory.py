"""Whether this machine has the memory that a cluster needs."""

from __future__ import annotations

from pathlib import Path

from instacart.errors import UserError
from instacart.words import count

# What a Java process needs besides its heap, and what a daemon needs in all.
BESIDES_HEAP = 400
DAEMON = 250
MEBIBYTE = 2**20
MEMINFO = Path("/proc/meminfo")
CGROUP = Path("/sys/fs/cgroup")


def check_memory(workers: int, worker_megabytes: int, driver_megabytes: int) -> None:
    """Raise UserError if the processes of a cluster don't fit into what is free."""
    executors = workers * (worker_megabytes + BESIDES_HEAP + DAEMON)
    needed = executors + driver_megabytes + BESIDES_HEAP + DAEMON
    free = free_megabytes()
    if free is not None and free < needed:
        raise UserError(
            f"{count(needed)} MB of free memory for the workers and the Thrift server",
            f"{count(free)} MB",
            "end other programs, or lower INSTACART_SPARK_WORKER_MEMORY or"
            " INSTACART_SPARK_WORKERS",
        )


def free_megabytes() -> int | None:
    """What this machine and its container have left; None where nothing says so."""
    known = [free for free in (free_of_machine(), free_of_container()) if free]
    return min(known) // MEBIBYTE if known else None


def free_of_machine() -> int | None:
    """Bytes, on Linux."""
    try:
        lines = MEMINFO.read_text().splitlines()
    except OSError:
        return None
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    available = fields.get("MemAvailable", "").split()
    return int(available[0]) * 1024 if available else None


def free_of_container() -> int | None:
    """Bytes up to the limit of this container, if it has one."""
    try:
        limit = (CGROUP / "memory.max").read_text().strip()
        used = int((CGROUP / "memory.current").read_text())
        statistics = (CGROUP / "memory.stat").read_text().splitlines()
    except (OSError, ValueError):
        return None
    if not limit.isdigit():
        return None
    # Copies of files, which the system gives up for programs.
    fields = dict(line.split(" ", 1) for line in statistics)
    return max(int(limit) - used + int(fields.get("inactive_file", 0)), 1)
