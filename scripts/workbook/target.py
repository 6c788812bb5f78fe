"""Write a file beside its place, and put it there only when it is complete."""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from xlsxwriter.exceptions import XlsxWriterException

from workbook.warehouse import WorkbookError


def run(
    script: str,
    about: str,
    default: Path,
    write: Callable[[Path], list[str]],
    argv: list[str] | None = None,
) -> int:
    """Run a script that writes one file; return its exit code (0 done, 1 refused).

    write: gets the file's path and returns the lines of a summary.
    """
    parser = argparse.ArgumentParser(prog=script, description=about)
    parser.add_argument(
        "--out", type=Path, default=default, help=f"file to write (default {default})"
    )
    target = parser.parse_args(argv).out
    try:
        lines = write(target)
    except WorkbookError as error:
        print(f"{script}: {error}", file=sys.stderr)
        return 1
    except (OSError, XlsxWriterException, duckdb.Error) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        print(f"{script}: can't write {target}: {reason}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{script}: stopped; nothing was replaced.", file=sys.stderr)
        return 130
    print("\n".join(lines))
    return 0


def stop_as_asked() -> None:
    """Let a kill clean up as Ctrl-C does."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@contextmanager
def replaced_when_complete(target: Path) -> Iterator[Path]:
    """Give a path to write to; on success it becomes `target`, else it is removed.

    The path lies in a folder of its own, which may hold temporary files as well; what
    a killed run left in it is removed by the next one. Raises WorkbookError, with
    `target` as it was, if the folder can't be written, another run writes `target`,
    or it is open in a spreadsheet program.
    """
    check_target(target)
    with _held_folder(target) as folder:
        work = folder / target.name
        yield work
        # Somebody may have opened it meanwhile.
        check_target(target)
        try:
            os.replace(work, target)
        except OSError as error:
            raise WorkbookError(
                f"expected to replace {target}, found that it can't be replaced"
                f" ({error.strerror}); close it where it is open, or name another file"
                " with --out."
            ) from error


def check_workbook_name(target: Path) -> None:
    """Refuse a name that no spreadsheet program would open."""
    if target.suffix.lower() != ".xlsx":
        raise WorkbookError(
            f"expected a name that ends in .xlsx, found {target}; name another with"
            " --out."
        )


def check_target(target: Path) -> None:
    """Refuse a file that can't be written or is open in Excel or LibreOffice."""
    try:
        if target.is_dir():
            raise WorkbookError(
                f"expected a file to write at {target}, found a folder; name another"
                " with --out."
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        probe = target.with_name(f".{target.name}.{os.getpid()}.probe")
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise _unwritable(target, error) from error
    for mark in (f"~${target.name}", f".~lock.{target.name}#"):
        if target.with_name(mark).exists():
            raise WorkbookError(
                f"expected {target} to be closed, found it open in a spreadsheet"
                f" program ({mark} lies beside it); close it and run this again (if"
                f" nobody has it open, delete {mark})."
            )


@contextmanager
def _held_folder(target: Path) -> Iterator[Path]:
    """An empty folder beside `target` that one run at a time can have."""
    folder = target.with_name(f".{target.name}.partial")
    try:
        folder.mkdir(exist_ok=True)
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise _unwritable(target, error) from error
    with lock:
        try:
            # The system lets go of it when the process ends, however it ends.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise WorkbookError(
                f"expected nobody else to write {target}, found another run at it; wait"
                " until it ends, or name another file with --out."
            ) from error
        try:
            for path in folder.iterdir():
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                elif path.name != "lock":
                    path.unlink()
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _unwritable(target: Path, error: OSError) -> WorkbookError:
    return WorkbookError(
        f"expected a folder to write to at {target.parent}, found that it can't be"
        f" written ({error.strerror}); name another file with --out."
    )
