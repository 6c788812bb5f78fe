"""One build of a database at a time, each with a folder for its temporary files."""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from instacart.config import BUILT, shown
from instacart.errors import UserError, one_line

LOCK = "lock"
# Of the folders of runs. While it is held no folder of a run is made or cleared away.
FOLDERS_LOCK = ".runs.lock"
PREFIX = "run-"


@dataclass(frozen=True)
class Run:
    """What a build has for itself: a database, by its folder, and temporary files."""

    built: Path
    folder: Path

    @property
    def copies(self) -> Path:
        """Where copies of raw files lie, which may hold names of customers."""
        return self.folder / "raw_copies"

    @property
    def spill(self) -> Path:
        """Where DuckDB keeps what does not fit into memory."""
        return self.folder / "spill"


# The run of this process, with what ends it; dbt may connect repeatedly.
_held = ExitStack()
_current: Run | None = None


def start_run(built: Path, temp: Path) -> Run:
    """Take a database for this process. Raises UserError while another one has it.

    The system releases it when the process ends, however it ends.
    """
    global _current
    if _current is None or (_current.built, _current.folder.parent) != (built, temp):
        end_run()
        _held.enter_context(only_build_of(built))
        _current = Run(built, _held.enter_context(own_folder(temp)))
    return _current


def end_run() -> None:
    """Remove this process's temporary files, and let others build."""
    global _current
    _current = None
    _held.close()


atexit.register(end_run)


@contextmanager
def only_build_of(built: Path) -> Iterator[None]:
    """Hold a database. Raises UserError that says who has it, and since when."""
    where = f"{shown(published_beside(built))} (INSTACART_DB)"
    try:
        built.mkdir(parents=True, exist_ok=True)
        file = (built / LOCK).open("a+")
    except OSError as error:
        raise UserError(
            f"to build in {shown(built)}",
            f"that it can't be done ({one_line(error)})",
            "name a file in a folder you may write to",
            where=where,
        ) from None
    with file as lock:
        # Whoever asks whether a build runs has the lock for an instant.
        if not is_locked_by_us(lock, attempts=3):
            lock.seek(0)
            raise UserError(
                "one build of it at a time",
                f"another one ({lock.read().strip()})",
                "wait until it ends, or name another database",
                where=where,
            )
        lock.truncate(0)
        now = datetime.now().isoformat(" ", "seconds")
        lock.write(f"process {os.getpid()}, since {now}\n")
        lock.flush()
        yield


def is_building(built: Path) -> bool:
    """Whether a build holds a database."""
    try:
        with (built / LOCK).open() as lock:
            return not is_locked_by_us(lock)
    except OSError:
        return False


@contextmanager
def own_folder(temp: Path) -> Iterator[Path]:
    """A folder that only this user can read and only this process uses."""
    temp.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        with (temp / FOLDERS_LOCK).open("a") as folders:
            fcntl.flock(folders, fcntl.LOCK_EX)
            clear_stale_folders(temp)
            folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=temp))
            lock = held.enter_context((folder / LOCK).open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def clear_stale_folders(temp: Path) -> None:
    """Remove the folders of runs that were killed."""
    for folder in sorted(temp.glob(f"{PREFIX}*")):
        # Another user's is left to them.
        with suppress(OSError), (folder / LOCK).open("a") as lock:
            if is_locked_by_us(lock):
                shutil.rmtree(folder, ignore_errors=True)


def is_locked_by_us(file: IO[str], attempts: int = 1) -> bool:
    """Take the lock of an open file; whether that was possible."""
    for attempt in range(attempts):
        time.sleep(0.05 * attempt)
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    return False


def published_beside(built: Path) -> Path:
    """The published file of a folder of builds."""
    return built.with_name(built.name.removesuffix(BUILT))
