"""Checksums say that two warehouses hold the same rows, and of which tables not."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from instacart import checksums, cli, config

Make = Callable[..., None]


def main(arguments: list[str]) -> int:
    return cli.run(["checksums", *arguments])


TABLES = (
    "create schema marts",
    "create schema data_quality",
    "create table marts.dim_things (id integer, amount double, label varchar)",
    "insert into marts.dim_things values (1, 0.5, 'a'), (2, null, ''), (3, 7, null)",
    "create table marts.fct_pairs (first_id integer, second_id integer)",
    "insert into marts.fct_pairs values (1, 2), (1, 2), (3, 4)",
    "create view data_quality.checks as select id, label from marts.dim_things",
    "create table data_quality.empty_table (id integer)",
)
WORKING = (
    "create schema intermediate",
    "create table intermediate.int_things (id integer)",
)


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Write a warehouse again, with statements of the test's own after the usual.

    What dbt builds has a further schema.
    """
    published = tmp_path / "instacart.duckdb"
    monkeypatch.setenv("INSTACART_DB", str(published))
    working = config.working_database()
    working.parent.mkdir()

    def write(*statements: str) -> None:
        for database, tables in {published: TABLES, working: TABLES + WORKING}.items():
            database.unlink(missing_ok=True)
            with duckdb.connect(str(database)) as connection:
                for statement in tables + statements:
                    connection.execute(statement)

    return write


@pytest.fixture
def saved(tmp_path: Path, make: Make, capsys: pytest.CaptureFixture[str]) -> Path:
    """Checksums of the usual warehouse."""
    make()
    assert main(["--save", str(tmp_path / "before.json")]) == 0
    capsys.readouterr()
    return tmp_path / "before.json"


def test_every_table_has_a_line_and_all_have_one(
    make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    make()
    assert main([]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [(name, rows) for name, rows, _ in lines] == [
        ("data_quality.checks", "3"),
        ("data_quality.empty_table", "0"),
        ("marts.dim_things", "3"),
        ("marts.fct_pairs", "3"),
        ("all", "9"),
    ]
    assert len({checksum for *_, checksum in lines}) == len(lines)
    assert main(["--all"]) == 0
    assert "intermediate.int_things" in capsys.readouterr().out


def test_what_a_build_says_of_itself_and_the_one_before_is_left_out(
    saved: Path, make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    make(
        "create table data_quality.build_info as select now() as built_at",
        "create table data_quality.changes_since_last_version as select 1 as change",
    )
    assert main(["--compare", str(saved)]) == 0
    assert capsys.readouterr().out == f"All 4 tables are as in {saved}.\n"


def test_the_order_of_rows_changes_nothing(
    saved: Path, make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    make(
        "create or replace table marts.dim_things as from marts.dim_things order by -id"
    )
    assert main(["--compare", str(saved)]) == 0
    assert capsys.readouterr().out == f"All 4 tables are as in {saved}.\n"


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("update marts.dim_things set label = null where id = 2", "3 rows, of other"),
        ("update marts.dim_things set amount = 0 where id = 2", "3 rows, of other"),
        ("update marts.dim_things set amount = 0.5 + 1e-16 where id = 1", "of other"),
        ("update marts.dim_things set id = 5 - id where id > 1", "of other values"),
        (
            "create or replace table marts.fct_pairs as"
            " select second_id as first_id, first_id as second_id from marts.fct_pairs",
            "of other values",
        ),
        (
            "create or replace table marts.fct_pairs as"
            " select second_id, first_id from marts.fct_pairs",
            "other columns: their order",
        ),
        (
            "alter table marts.fct_pairs rename second_id to other_id",
            "other columns: other_id, second_id",
        ),
        (
            "alter table marts.fct_pairs alter second_id type bigint",
            "other columns: second_id",
        ),
        (
            # Both copies gone: an exclusive or would not see it.
            "delete from marts.fct_pairs where first_id = 1",
            "3 rows before, 1 now",
        ),
        (
            "update marts.fct_pairs set first_id = 3, second_id = 4",
            "3 rows, of other values",
        ),
        ("drop table marts.fct_pairs", "gone, had 3 rows"),
        ("create table marts.rpt_news as select 1 as id", "new, 1 row"),
    ],
)
def test_a_difference_is_named(
    saved: Path,
    make: Make,
    capsys: pytest.CaptureFixture[str],
    statement: str,
    said: str,
) -> None:
    make(statement)
    assert main(["--compare", str(saved)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].endswith(f"tables differ from {saved}.")
    assert any(said in line for line in lines[:-1]), lines
    assert not any("empty_table" in line for line in lines)


def test_checksums_of_another_duckdb_are_refused(
    saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = json.loads(saved.read_text())
    saved.write_text(json.dumps(content | {"duckdb": "0.0.1"}))
    assert main(["--compare", str(saved)]) == 1
    error = capsys.readouterr().err
    assert "found those of 0.0.1" in error
    assert duckdb.__version__ in error


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"duckdb": "1", "tables": []}'])
def test_a_file_that_holds_no_checksums_is_refused(
    tmp_path: Path, make: Make, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    make()
    path = tmp_path / "no.json"
    path.write_text(text)
    assert main(["--compare", str(path)]) == 1
    assert "found none that can be read" in capsys.readouterr().err


def test_what_keeps_a_warehouse_from_being_read_is_said(
    tmp_path: Path,
    make: Make,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("INSTACART_DB", str(tmp_path / "none.duckdb"))
    assert main([]) == 1
    assert "found none; run `make build`" in capsys.readouterr().err
    duckdb.connect(str(tmp_path / "none.duckdb")).close()
    assert main([]) == 1
    assert "found no tables in marts or data_quality" in capsys.readouterr().err
    monkeypatch.setenv("INSTACART_DB", str(tmp_path / "instacart.duckdb"))
    make()
    readonly = tmp_path / "file" / "saved.json"
    readonly.parent.write_text("")
    assert main(["--save", str(readonly)]) == 1
    error = capsys.readouterr().err
    assert "name another file with --save" in error
    assert "--out" not in error
    assert main(["--save", str(tmp_path)]) == 2


def test_a_warehouse_that_is_being_written_is_refused(
    tmp_path: Path, make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    make()
    hold = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True)"
    with subprocess.Popen(
        [sys.executable, "-c", f"{hold}; input()", tmp_path / "instacart.duckdb"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as writer:
        assert writer.stdout.readline()
        assert main([]) == 1
        writer.communicate(b"\n")
    assert "being written by another process" in capsys.readouterr().err


@pytest.mark.slow
def test_every_column_of_a_run_is_the_same_in_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, baselines: dict
) -> None:
    """No column is left out, so none may hold the time of its run."""
    # The views name the database they were built in.
    monkeypatch.setenv("INSTACART_DB", str(tmp_path / "instacart.duckdb"))
    config.record_dir().mkdir()
    shutil.copyfile(baselines["careerfoundry"].database, config.working_database())
    types = {
        column.rpartition(" ")[2].lower()
        for table in checksums.measure(checksums.ALL).values()
        for column in table.columns
    }
    assert types
    assert not types & {"timestamp", "time", "zone", "uuid"}
