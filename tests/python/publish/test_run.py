"""One build of a database at a time, and what it leaves behind: nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from instacart.config import PROJECT_DIR
from instacart.dbt_plugin import Plugin
from instacart.errors import UserError
from instacart.publish.run import (
    end_run,
    is_building,
    only_build_of,
    own_folder,
    start_run,
)

# Says its folder, and runs until somebody reads on or kills it.
RUN = """
import sys
from pathlib import Path
from instacart.errors import UserError
from instacart.publish.run import start_run
try:
    run = start_run(Path(sys.argv[1]), Path(sys.argv[2]))
except UserError as error:
    sys.exit(str(error))
run.copies.mkdir()
(run.copies / "customers.csv").write_text("Jobblequin")
print(run.folder, flush=True)
sys.stdin.read()
"""

Start = Callable[[Path, Path], "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a build in a process of its own."""
    started: list[subprocess.Popen[str]] = []

    def run(built: Path, temp: Path) -> subprocess.Popen[str]:
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", RUN, str(built), str(temp)],
                env=os.environ | {"PYTHONPATH": str(PROJECT_DIR / "scripts")},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.communicate()


def folder_of(process: subprocess.Popen[str]) -> Path:
    """The folder of a run, once it has one."""
    assert process.stdout
    return Path(process.stdout.readline().strip())


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    yield
    end_run()


@pytest.fixture
def built(tmp_path: Path) -> Path:
    return tmp_path / "instacart.duckdb.built"


@pytest.fixture
def temp(tmp_path: Path) -> Path:
    return tmp_path / "temp"


def runs_in(temp: Path) -> list[Path]:
    return sorted(temp.glob("run-*"))


def test_a_second_build_is_told_who_builds_since_when(
    built: Path, temp: Path, start: Start
) -> None:
    first = start(built, temp)
    folder = folder_of(first)
    assert is_building(built)
    with pytest.raises(UserError) as refused:
        start_run(built, temp)
    said = str(refused.value)
    assert re.fullmatch(
        rf"{built.with_name('instacart.duckdb')} \(INSTACART_DB\): expected one build"
        rf" of it at a time, found another one \(process {first.pid}, since"
        r" 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\); wait until it ends, or name another"
        r" database\.",
        said,
    ), said
    assert runs_in(temp) == [folder]
    first.communicate()
    assert not is_building(built)
    start_run(built, temp)


def test_of_builds_that_start_at_once_one_builds(
    built: Path, temp: Path, start: Start
) -> None:
    started = [start(built, temp) for _ in range(4)]
    (winner,) = (each for each in started if folder_of(each) != Path())
    for each in started:
        if each is not winner:
            _, error = each.communicate()
            assert each.returncode == 1
            assert f"found another one (process {winner.pid}, since" in error
    assert winner.poll() is None


def test_builds_of_other_databases_share_a_temp_folder(
    tmp_path: Path, temp: Path, start: Start
) -> None:
    started = [start(tmp_path / f"{name}.built", temp) for name in "abcd"]
    folders = {folder_of(each) for each in started}
    assert len(folders) == 4
    assert {*runs_in(temp)} == folders
    for each in started:
        each.communicate()
        assert each.returncode == 0
    assert runs_in(temp) == []


def test_nobody_else_may_read_what_a_run_keeps(built: Path, temp: Path) -> None:
    run = start_run(built, temp)
    assert run.folder.parent == temp
    assert run.folder.stat().st_mode & 0o777 == 0o700
    assert {run.copies.parent, run.spill.parent} == {run.folder}


def test_a_process_has_one_run_of_a_database(built: Path, temp: Path) -> None:
    """As dbt connects repeatedly."""
    run = start_run(built, temp)
    assert start_run(built, temp) == run
    end_run()
    assert not run.folder.exists()
    assert not is_building(built)
    assert start_run(built, temp) != run


def test_a_run_of_another_database_ends_the_one_before(
    built: Path, tmp_path: Path, temp: Path
) -> None:
    first = start_run(built, temp)
    second = start_run(tmp_path / "other.built", temp)
    assert not is_building(built)
    assert runs_in(temp) == [second.folder] != [first.folder]


def test_what_a_killed_run_left_is_cleared_and_what_runs_is_not(
    built: Path, tmp_path: Path, temp: Path, start: Start
) -> None:
    killed, running = start(built, temp), start(tmp_path / "other.built", temp)
    stale, live = folder_of(killed), folder_of(running)
    killed.kill()
    killed.communicate()
    assert (stale / "raw_copies" / "customers.csv").is_file()
    assert not is_building(built)
    # One that was killed before it had a lock.
    (temp / "run-without_a_lock").mkdir()
    # Somebody's own.
    (temp / "runs").mkdir()
    run = start_run(built, temp)
    assert {*runs_in(temp)} == {live, run.folder}
    assert (live / "raw_copies" / "customers.csv").is_file()
    assert (temp / "runs").is_dir()


def test_readers_clear_what_a_killed_run_left(
    built: Path, temp: Path, start: Start
) -> None:
    killed = start(built, temp)
    stale = folder_of(killed)
    killed.kill()
    killed.communicate()
    with own_folder(temp) as folder:
        assert not stale.exists()
        assert folder.is_dir()
    assert runs_in(temp) == []


def test_an_error_lets_the_next_build_run(built: Path, temp: Path) -> None:
    with pytest.raises(ZeroDivisionError), only_build_of(built), own_folder(temp):
        raise ZeroDivisionError
    assert not is_building(built)
    assert runs_in(temp) == []


def test_nothing_builds_where_nothing_was_built(built: Path) -> None:
    assert not is_building(built)
    assert not built.exists()


def test_a_folder_that_can_not_be_made_is_named(tmp_path: Path, temp: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UserError) as refused:
        start_run(tmp_path / "notes.txt" / "instacart.duckdb.built", temp)
    said = str(refused.value)
    assert "notes.txt/instacart.duckdb (INSTACART_DB): expected to build in " in said
    assert "found that it can't be done (Not a directory)" in said
    assert not temp.exists()


def test_what_raw_files_hold_must_find_room(built: Path, temp: Path) -> None:
    plugin = Plugin.create("instacart.dbt_plugin", config={}, alias="instacart")
    plugin.run = start_run(built, temp)
    plugin.run.spill.write_text("A file where a folder has to be.")
    with duckdb.connect() as connection:
        plugin.configure_connection(connection)
        query = f"select inspect_raw_files('{temp}', '{{}}')"
        ((said,),) = connection.execute(query).fetchall()
    assert said == (
        f"expected to read and write {plugin.run.spill}, found that it can't be done"
        " (File exists); check that it is there, has room, and who may use it."
    )
