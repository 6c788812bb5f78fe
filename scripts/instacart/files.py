"""Write a file or folder beside its target, and move it there only when complete."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from instacart.config import shown
from instacart.errors import UserError, one_line

OUT = "--out"


@contextmanager
def replaced_when_complete(
    target: Path, option: str = OUT, beside: Path | None = None
) -> Iterator[Path]:
    """Give a path to write to; on success it becomes `target`, else it is removed.

    The path lies in a folder of its own, which may hold temporary files as well; what
    a killed run left in it is removed by the next one. `option` is where a user names
    the file. A folder in it called as `beside` replaces that folder together with the
    file; without one, `beside` goes. Raises UserError, with both as they were, if the
    folder can't be written, another run writes `target`, or it is open in a spreadsheet
    program.
    """
    check_target(target, option)
    held = UserError(
        f"nobody else to write {shown(target)}",
        "another run that does",
        f"wait until it ends, or {_name_another(option)}",
    )
    with held_folder(
        target.with_name(f".{target.name}.partial"),
        held,
        lambda error: unwritable(target, option, error),
    ) as folder:
        if beside:
            restore_folder(beside)
        work = folder / target.name
        yield work
        # Somebody may have opened it meanwhile.
        check_target(target, option)
        with ExitStack() as replaced:
            if beside:
                replaced.enter_context(replaced_folder(beside, folder / beside.name))
            try:
                os.replace(work, target)
            except OSError as error:
                raise UserError(
                    f"to replace {shown(target)}",
                    f"that it can't be replaced ({one_line(error)})",
                    f"close it where it is open, or {_name_another(option)}",
                ) from error


@contextmanager
def replaced_folder(target: Path, new: Path) -> Iterator[None]:
    """Move `new`, if there is one, to `target`; an error brings the older one back."""
    old = _old(target)
    if target.exists():
        os.rename(target, old)
    try:
        if new.exists():
            os.rename(new, target)
        yield
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        restore_folder(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def restore_folder(target: Path) -> None:
    """Bring back the folder that a run was replacing when it was killed."""
    old = _old(target)
    if old.exists() and not target.exists():
        os.rename(old, target)
    shutil.rmtree(old, ignore_errors=True)


def _old(target: Path) -> Path:
    return target.with_name(f".{target.name}.old")


def check_workbook_name(target: Path) -> None:
    """Refuse a name that no spreadsheet program would open."""
    if target.suffix.lower() != ".xlsx":
        raise UserError("a name that ends in .xlsx", shown(target), _name_another(OUT))


def check_target(target: Path, option: str = OUT) -> None:
    """Refuse a file that can't be written or is open in Excel or LibreOffice."""
    try:
        if target.is_dir():
            raise UserError(
                f"a file to write at {shown(target)}",
                "a folder",
                _name_another(option),
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        probe = target.with_name(f".{target.name}.{os.getpid()}.probe")
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise unwritable(target, option, error) from error
    for mark in (f"~${target.name}", f".~lock.{target.name}#"):
        if target.with_name(mark).exists():
            raise UserError(
                f"{shown(target)} to be closed",
                f"it open in a spreadsheet program ({mark} lies beside it)",
                f"close it and run this again (if nobody has it open, delete {mark})",
            )


@contextmanager
def held_folder(
    folder: Path, held: UserError, unwritable: Callable[[OSError], UserError]
) -> Iterator[Path]:
    """An empty folder that one run at a time can have; it is removed at the end.

    Raises `held` while another run has it, or what `unwritable` makes of an error.
    """
    try:
        folder.mkdir(exist_ok=True)
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise unwritable(error) from error
    with lock:
        try:
            # The system releases it when the process ends, however it ends.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise held from error
        try:
            for path in folder.iterdir():
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                elif path.name != "lock":
                    path.unlink()
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def unwritable(target: Path, option: str, error: OSError) -> UserError:
    return UserError(
        f"a folder to write to at {shown(target.parent)}",
        f"that it can't be written ({one_line(error)})",
        _name_another(option),
    )


def _name_another(option: str) -> str:
    return f"name another file with {option}"
