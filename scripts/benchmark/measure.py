"""Run a command and measure it: seconds, memory, spilled bytes, and who else worked.

Bytes are bytes, seconds are seconds of the wall clock unless they are called CPU.
"""

from __future__ import annotations

import multiprocessing
import os
import platform
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

import psutil
from instacart.errors import UserError

GB = 1_000_000_000
POLL_SECONDS = 0.05
# Walking all processes of the machine costs more than asking the known ones.
POLLS_PER_WALK = 4
PROBE_STEPS = 5_000_000
MEMORY_SHARE = 0.9
# How long a killed process may take to give its memory back.
GRACE_SECONDS = 10

STOPS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}

DONE, FAILED = "done", "failed"
OUT_OF_MEMORY, OUT_OF_TIME = "killed", "out of time"

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Limits:
    """What a run may take: bytes of its process tree, seconds, and which cores."""

    memory: int
    seconds: float
    cores: tuple[int, ...]


@dataclass(frozen=True)
class Run:
    """One run of a command.

    `wall` and `cpu` (user and system) are seconds, `memory` and `spilled` peak bytes,
    the first of the process tree, the second of the watched folder. `others` is how
    many cores were busy with neither the run nor the benchmark. `status` is DONE,
    FAILED, OUT_OF_MEMORY or OUT_OF_TIME.
    """

    status: str
    wall: float
    cpu: float
    memory: int
    spilled: int
    others: float
    log: str

    def as_dict(self) -> dict[str, Any]:
        """Return the run as JSON can hold it."""
        return asdict(self)


def run_measured(
    command: list[str],
    log: Path,
    limits: Limits,
    environment: dict[str, str] | None = None,
    folder: Path | None = None,
    watched: Path | None = None,
) -> Run:
    """Run a command to its end, or until it takes more than it may.

    command: program and arguments; what it prints goes to the file `log`.
    environment: variables that differ from this process's.
    folder: where it runs; watched: folder whose size is polled.

    The memory is the larger of two: resident bytes summed over the process tree, polled
    every POLL_SECONDS, and the kernel's own peak (ru_maxrss) of its largest process.
    Raises UserError if the program can't be started.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    ours = cpu_of(resource.getrusage(resource.RUSAGE_SELF))
    busy, start = busy_seconds(), time.perf_counter()
    # Python drops an interrupt that comes while it forks, so it has to wait.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    try:
        changed = os.environ | (environment or {})
        process = started(command, log, limits.cores, changed, folder, mask)
        watch = Watch(process.pid, limits, watched)
    except BaseException:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        raise
    watch.start()
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    except BaseException:
        watch.kill()
        os.waitpid(process.pid, 0)
        raise
    finally:
        watch.stop()
        assert process.stdin
        process.stdin.close()
        # The child was waited for above; Popen need not look for it.
        process.returncode = 0
    cpu = cpu_of(usage)
    ours = cpu_of(resource.getrusage(resource.RUSAGE_SELF)) - ours
    others = (busy_seconds() - busy - cpu - ours) / wall
    unit = 1 if platform.system() == "Darwin" else 1024
    return Run(
        status=watch.verdict or (FAILED if status else DONE),
        wall=wall,
        cpu=cpu,
        memory=max(watch.memory, usage.ru_maxrss * unit),
        spilled=watch.spilled,
        others=max(0.0, others),
        log=str(log),
    )


def started(
    command: list[str],
    log: Path,
    cores: tuple[int, ...],
    environment: dict[str, str],
    folder: Path | None,
    mask: set[signal.Signals | int],
) -> subprocess.Popen[bytes]:
    """Start a command on some cores, with a signal mask, in a session of its own."""

    def start_child() -> None:
        pin(cores)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    try:
        with log.open("wb") as output:
            return subprocess.Popen(
                command,
                # Closed when this process ends, for instacart.dbt_child.
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=folder,
                start_new_session=True,
                preexec_fn=start_child,
            )
    except OSError as error:
        raise UserError(
            f"to start {Path(command[0]).name}",
            f"that it can't be ({error.strerror})",
            "run `make setup`",
        ) from None


class Watch(threading.Thread):
    """Looks at a process tree until it ends, and ends it where it takes too much."""

    def __init__(self, pid: int, limits: Limits, watched: Path | None) -> None:
        super().__init__(daemon=True)
        self.limits, self.watched = limits, watched
        self.memory = self.spilled = 0
        self.verdict = ""
        self.ended = threading.Event()
        self.tree = [psutil.Process(pid)]

    def run(self) -> None:
        start, polls = time.monotonic(), 0
        while not self.ended.wait(POLL_SECONDS):
            if polls % POLLS_PER_WALK == 0:
                self.tree = with_children(self.tree[0])
                if self.watched:
                    self.spilled = max(self.spilled, folder_bytes(self.watched))
            polls += 1
            self.memory = max(self.memory, sum(map(resident_bytes, self.tree)))
            if self.memory > self.limits.memory:
                self.verdict = OUT_OF_MEMORY
            elif time.monotonic() - start > self.limits.seconds:
                self.verdict = OUT_OF_TIME
            if self.verdict:
                self.kill()
                return

    def kill(self) -> None:
        """End the whole tree, also what its processes are just starting."""
        tree = with_children(self.tree[0])
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.tree[0].pid, signal.SIGKILL)
        for process in tree:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        # Their memory must be free before the next run; the first is waited for.
        psutil.wait_procs(tree[1:], timeout=GRACE_SECONDS)

    def stop(self) -> None:
        self.ended.set()
        self.join()


def with_children(process: psutil.Process) -> list[psutil.Process]:
    """Return a process and all that it started, as far as they still run."""
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return [process]


def resident_bytes(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0


def pin(cores: tuple[int, ...]) -> None:
    """Keep this process and its children on some cores, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)


def cpu_of(usage: resource.struct_rusage) -> float:
    return usage.ru_utime + usage.ru_stime


def busy_seconds() -> float:
    """Return CPU seconds that the machine was busy since it started, over all cores."""
    times = psutil.cpu_times()._asdict()
    # Linux counts a guest's time as user time as well.
    idle = ("idle", "iowait", "guest", "guest_nice")
    return sum(value for name, value in times.items() if name not in idle)


def folder_bytes(folder: Path) -> int:
    """Return the size of all files below a folder, which may be changing."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(parent, name)).st_size
            except OSError:
                continue
    return total


def in_own_process(function: Callable[..., Answer], *arguments: object) -> Answer:
    """Call a module's function in a process of its own, and return what it returns.

    The kernel counts the memory of the process that starts a command as the command's,
    until the command's own program is loaded; so this one has to stay small.
    """
    context = multiprocessing.get_context("spawn")
    ignoring = (signal.SIGINT, signal.SIG_IGN)
    with ProcessPoolExecutor(1, context, signal.signal, ignoring) as pool:
        return pool.submit(function, *arguments).result()


# --- the machine ----------------------------------------------------------------


def chosen_cores(count: int) -> tuple[int, ...]:
    """Return the first cores this process may use; raises UserError if too few."""
    present = list(range(os.cpu_count() or 1))
    # macOS has no affinity.
    if hasattr(os, "sched_getaffinity"):
        present = sorted(os.sched_getaffinity(0))
    if not 1 <= count <= len(present):
        raise UserError(
            f"--cores from 1 to {len(present)}, the cores of this machine",
            str(count),
            "name as many as there are",
        )
    return tuple(present[:count])


def machine(cores: tuple[int, ...]) -> dict[str, Any]:
    """Return what the figures depend on: processor, memory, system, versions."""
    names = ("duckdb", "dbt-core", "dbt-duckdb", "pandas", "polars")
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "cores_used": len(cores),
        "memory": psutil.virtual_memory().total,
        "system": f"{platform.system()} {platform.release()}",
        "load_at_start": round(os.getloadavg()[0], 2),
        "versions": {"Python": platform.python_version()}
        | {name: version(name) for name in names},
    }


def probe_seconds() -> float:
    """Return the CPU seconds that PROBE_STEPS additions take on one core just now.

    A shared processor slows down with its neighbours, who are no process of this
    machine: they use the same caches, memory and cores.
    """
    start, total = time.process_time(), 0
    for step in range(PROBE_STEPS):
        total += step
    return time.process_time() - start


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if "model name" in line]
    return models[0] if models else platform.machine()


def version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def default_memory_limit() -> int:
    """Return the bytes above which the kernel might end something else than a run."""
    return int(psutil.virtual_memory().total * MEMORY_SHARE)
