"""A file is complete or as it was before, and what prevents that is said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from instacart import files
from instacart.errors import UserError, one_line
from instacart.files import (
    check_workbook_name,
    replaced_when_complete,
    restore_folder,
)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    path = tmp_path / "out" / "marts.xlsx"
    path.parent.mkdir()
    path.write_text("before")
    return path


def test_a_file_is_replaced_when_it_is_complete(target: Path) -> None:
    with replaced_when_complete(target) as work:
        work.write_text("after")
        assert target.read_text() == "before"
    assert target.read_text() == "after"
    assert list(target.parent.iterdir()) == [target]


def test_folders_on_the_way_are_made(tmp_path: Path) -> None:
    target = tmp_path / "new" / "folder" / "page.md"
    with replaced_when_complete(target) as work:
        work.write_text("first")
    assert target.read_text() == "first"


@pytest.mark.parametrize("error", [ValueError(), KeyboardInterrupt(), OSError(28, "")])
def test_an_error_leaves_the_file_as_it_was(target: Path, error: BaseException) -> None:
    with pytest.raises(type(error)), replaced_when_complete(target) as work:
        work.write_text("half")
        raise error
    assert target.read_text() == "before"
    assert list(target.parent.iterdir()) == [target]


def test_one_run_at_a_time_writes_a_file(target: Path) -> None:
    with replaced_when_complete(target) as work:
        with (
            pytest.raises(UserError, match="expected nobody else to write"),
            replaced_when_complete(target),
        ):
            pass
        work.write_text("after")
    assert target.read_text() == "after"


def test_what_a_killed_run_left_is_removed(target: Path) -> None:
    folder = target.parent / ".marts.xlsx.partial"
    (folder / "spill").mkdir(parents=True)
    for name in ("spill/file", "marts.xlsx", "lock"):
        (folder / name).touch()
    with replaced_when_complete(target) as work:
        assert [path.name for path in folder.iterdir()] == ["lock"]
        work.write_text("after")
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("mark", ["~$marts.xlsx", ".~lock.marts.xlsx#"])
def test_a_file_that_is_open_is_not_replaced(target: Path, mark: str) -> None:
    opened = target.with_name(mark)
    opened.touch()
    closed = "expected .* to be closed, found it open in a spreadsheet program"
    with pytest.raises(UserError, match=closed), replaced_when_complete(target):
        pass
    opened.unlink()
    # Also if somebody opens it meanwhile.
    with pytest.raises(UserError, match=closed), replaced_when_complete(target) as work:
        work.write_text("after")
        opened.touch()
    assert target.read_text() == "before"


def test_a_file_that_can_not_be_replaced_is_said(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(files.os, "replace", refuse)
    with (
        pytest.raises(UserError, match=r"can't be replaced \(Operation not permitted"),
        replaced_when_complete(target) as work,
    ):
        work.write_text("after")
    assert target.read_text() == "before"
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("option", ["--out", "--save"])
def test_where_no_file_can_be_written_the_option_is_named(
    tmp_path: Path, option: str
) -> None:
    (tmp_path / "file").touch()
    names = {
        tmp_path: "expected a file to write at .*, found a folder",
        tmp_path / "file" / "below": r"expected a folder to write to at .* \(",
        tmp_path / ("long" * 100): "File name too long",
    }
    for target, said in names.items():
        with (
            pytest.raises(UserError, match=said) as raised,
            replaced_when_complete(target, option),
        ):
            pass
        assert str(raised.value).endswith(f"; name another file with {option}.")


def test_a_workbook_has_the_ending_of_one() -> None:
    check_workbook_name(Path("Report.XLSX"))
    with pytest.raises(UserError, match=r"expected a name that ends in \.xlsx, found"):
        check_workbook_name(Path("report.csv"))


def test_an_error_is_one_line_of_a_sentence() -> None:
    assert one_line(OSError(28, os.strerror(28))) == "No space left on device"
    assert one_line(ValueError("so\n  many lines!")) == "so many lines"
    assert one_line(ValueError()) == "no reason given"
    assert str(UserError("a", "b", "c", where="x.csv")) == (
        "x.csv: expected a, found b; c."
    )


@pytest.fixture
def beside(target: Path) -> Path:
    folder = target.with_suffix(".parquet")
    folder.mkdir()
    (folder / "a").write_text("before")
    return folder


def test_a_folder_is_replaced_together_with_a_file(target: Path, beside: Path) -> None:
    with replaced_when_complete(target, beside=beside) as work:
        new = work.parent / beside.name
        new.mkdir()
        (new / "b").write_text("after")
        work.write_text("after")
        assert [path.name for path in beside.iterdir()] == ["a"]
    assert [path.name for path in beside.iterdir()] == ["b"]
    assert sorted(target.parent.iterdir()) == [beside, target]


def test_a_folder_goes_where_no_new_one_is_written(target: Path, beside: Path) -> None:
    with replaced_when_complete(target, beside=beside) as work:
        work.write_text("after")
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("is_new", [True, False])
def test_an_error_at_the_file_brings_the_folder_back(
    target: Path, beside: Path, monkeypatch: pytest.MonkeyPatch, is_new: bool
) -> None:
    def refuse(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(files.os, "replace", refuse)
    with (
        pytest.raises(KeyboardInterrupt),
        replaced_when_complete(target, beside=beside) as work,
    ):
        if is_new:
            (work.parent / beside.name).mkdir()
        work.write_text("after")
    assert (beside / "a").read_text() == target.read_text() == "before"
    assert sorted(target.parent.iterdir()) == [beside, target]


def test_a_folder_that_a_kill_left_aside(target: Path, beside: Path) -> None:
    old = beside.with_name(f".{beside.name}.old")
    beside.rename(old)
    restore_folder(beside)
    assert (beside / "a").read_text() == "before"
    # The other one was already in its place.
    old.mkdir()
    restore_folder(beside)
    assert (beside / "a").read_text() == "before"
    assert sorted(target.parent.iterdir()) == [beside, target]
