"""The folder that a package is written to: whose files it holds, and when."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from instacart import build, cli
from instacart.errors import UserError
from instacart.raw_package.package import inspect_files
from instacart.synthetic import generate


@pytest.mark.parametrize("level", ["4", "-1", "much"])
def test_another_level_of_dirt_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], level: str
) -> None:
    assert cli.run(["data", "--dirt", level, "--out", str(tmp_path / "out")]) == 2
    assert "--dirt" in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("scale", ["0.0004", "101", "-1", "nan", "big"])
def test_a_scale_outside_the_range_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], scale: str
) -> None:
    assert cli.run(["data", "--scale", scale, "--out", str(tmp_path / "out")]) == 2
    message = capsys.readouterr().err.splitlines()[-1]
    assert "'--scale'" in message and scale in message
    assert not (tmp_path / "out").exists()


def test_the_default_folder_comes_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INSTACART_RAW_DIR", str(tmp_path / "raw"))
    assert cli.run(["data", "--scale", "0.0005"]) == 0
    assert (tmp_path / "raw" / "truth.json").is_file()
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == f"Written    {tmp_path / 'raw'}"


def test_a_package_replaces_an_earlier_one(tmp_path: Path) -> None:
    generate.generate(tmp_path, "careerfoundry", 0.0005, 1)
    (tmp_path / "notes.txt").write_text("mine")
    generate.generate(tmp_path, "kaggle", 0.0005, 1)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {*generate.PACKAGES["kaggle"], "truth.json", "notes.txt"}


@pytest.mark.parametrize("name", ["orders.csv", "products.csv.gz"])
def test_real_data_is_not_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (tmp_path / name).write_text("precious")
    assert cli.run(["data", "--scale", "0.0005", "--out", str(tmp_path)]) == 1
    message = capsys.readouterr().err
    assert message.count("\n") == 1 and name in message and "real data" in message
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "precious"


@pytest.mark.parametrize(
    "name",
    [
        *("Orders.csv", "ORDERS.CSV.GZ", "orders.csv.zip", "orders.zip"),
        *("orders.csv.bz2", "orders_part1.csv", "orders.csv/part-00000-a.csv"),
        *("orders/part-0.csv", "2017/orders.csv", "2017/Orders.csv.gz"),
        *("orders.parquet", "orders.xlsx", "orders.tar.gz", "archive.zip", "a/b.7z"),
    ],
)
def test_own_files_in_any_wrapping_keep_a_demo_out(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("precious")
    assert generate.has_raw_files(tmp_path)
    assert cli.run(["data", "--scale", "0.0005", "--out", str(tmp_path)]) == 1
    message = capsys.readouterr().err
    # Of a folder that is named as a file, the folder is named.
    found = name.replace("orders.csv/part-00000-a.csv", "orders.csv")
    assert message.count("\n") == 1 and found in message and "real data" in message
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / name]


@pytest.mark.parametrize("name", ["notes.csv", "notes/orders.txt", ".old/orders.csv"])
def test_other_files_do_not_keep_a_demo_out(name: str, tmp_path: Path) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("notes")
    generate.generate(tmp_path, "careerfoundry", 0.0005, 1)
    assert (tmp_path / name).read_text() == "notes"


def test_own_files_over_a_demo_are_not_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generate.generate(tmp_path, "careerfoundry", 0.0005, 1)
    (tmp_path / "orders.csv").write_text("precious")
    assert cli.run(["data", "--scale", "0.0005", "--out", str(tmp_path)]) == 1
    message = capsys.readouterr().err
    assert message.count("\n") == 1 and "orders.csv" in message
    assert (tmp_path / "orders.csv").read_text() == "precious"


def test_demo_files_are_made_for_an_empty_folder_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "archive.zip").write_text("mine")
    build.generate_demo(tmp_path / "other")
    assert os.listdir(tmp_path / "other") == ["archive.zip"]
    build.generate_demo(tmp_path / "raw")
    said = capsys.readouterr().out
    assert "which are fabricated" in said and "2,062 customers" in said
    truth = (tmp_path / "raw" / "truth.json").stat()
    build.generate_demo(tmp_path / "raw")
    assert (tmp_path / "raw" / "truth.json").stat() == truth


@pytest.mark.parametrize("moment", ["customers: 2", "customers: 1", "sorting"])
def test_an_interrupted_run_leaves_the_earlier_files(
    tmp_path: Path, moment: str
) -> None:
    generate.generate(tmp_path, "kaggle", 0.0005, 1)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    run = subprocess.Popen(
        [
            *(sys.executable, "-m", "instacart", "data", "--scale", "0.05"),
            *("--dirt", "1", "--out", str(tmp_path)),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert run.stdout
    for line in run.stdout:
        if line.startswith(moment):
            break
    run.send_signal(signal.SIGINT)
    message = run.communicate(timeout=60)[1]
    assert (run.returncode, message) == (
        130,
        "instacart data: stopped before it was done.\n",
    )
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def half_publish(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut a run short after it has replaced one file."""
    replace = os.replace
    done: list[Path] = []

    def stop(source: Path, target: Path) -> None:
        if done:
            raise OSError("no space left")
        replace(source, target)
        done.append(target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", stop)
        with pytest.raises(OSError, match="no space"):
            generate.generate(folder, "careerfoundry", 0.001, 2)
    assert (folder / generate.WORK / "truth.json").exists()


def test_a_run_that_was_cut_short_while_publishing_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate.generate(tmp_path, "careerfoundry", 0.0005, 1)
    half_publish(tmp_path, monkeypatch)
    assert not generate.has_raw_files(tmp_path)
    with pytest.raises(UserError, match="make data"):
        inspect_files(tmp_path, {}, tmp_path / "copies")
    truth = generate.generate(tmp_path, "careerfoundry", 0.001, 2)
    for name, facts in truth["files"].items():
        assert (tmp_path / name).stat().st_size == facts["bytes"]
    assert not (tmp_path / generate.WORK).exists()


def test_own_files_in_a_half_published_folder_are_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate.generate(tmp_path, "careerfoundry", 0.0005, 1)
    half_publish(tmp_path, monkeypatch)
    (tmp_path / "orders.csv").write_text("precious")
    with pytest.raises(UserError, match=r"orders\.csv"):
        generate.generate(tmp_path, "careerfoundry", 0.001, 2)
    assert (tmp_path / "orders.csv").read_text() == "precious"


def test_own_files_beside_what_a_killed_run_left_count_as_own(tmp_path: Path) -> None:
    (tmp_path / generate.WORK).mkdir()
    assert not generate.has_raw_files(tmp_path)
    (tmp_path / "orders.csv").write_text("precious")
    assert generate.has_raw_files(tmp_path)
