"""`instacart rollback` shows an earlier version, and `query` says which one is shown."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from instacart import cli, config
from instacart.publish.info import BuildInfo
from instacart.publish.run import only_build_of
from instacart.publish.state import State, write_state
from instacart.publish.write import Table, publish_file
from instacart.warehouse import open_warehouse

COLUMNS = (
    "build_number bigint, version varchar, commit varchar, fingerprint varchar,"
    " files varchar, built_at timestamp, passed_count integer, warned_count integer"
)
INFO = BuildInfo("1.2.3", "c0ffee" * 7, "", "", datetime(2026, 11, 28, 11, 5), 3, 0)
TABLES = [Table("data_quality", "build_info", "The build.", {})]


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A warehouse that was published four times."""
    monkeypatch.setenv("INSTACART_DB", str(tmp_path / "instacart.duckdb"))
    with duckdb.connect() as connection:
        connection.execute("create schema data_quality")
        connection.execute(f"create table data_quality.build_info ({COLUMNS})")
        versions = config.record_dir() / config.VERSIONS
        for _ in range(4):
            publish_file(connection, TABLES, config.database(), versions, INFO)
    return config.database()


def rolled_back(
    capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, str, str]:
    code = cli.run(["rollback", *arguments])
    return code, *capsys.readouterr()


def shown() -> str:
    with open_warehouse() as warehouse:
        return warehouse.shown_build()


def number() -> int:
    found = re.match(r"Shown      build (\d+), of 2026-11-28 11:05 UTC", shown())
    assert found
    return int(found[1])


def test_the_version_before_is_shown_again(
    published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert number() == 4
    code, said, error = rolled_back(capsys)
    assert (code, error, number()) == (0, "", 3)
    assert said.splitlines()[:3] == [
        "kept       build 2, of 2026-11-28 11:05 UTC",
        "shown      build 3, of 2026-11-28 11:05 UTC",
        "kept       build 4, of 2026-11-28 11:05 UTC",
    ]
    assert rolled_back(capsys)[0] == 0
    assert number() == 2
    code, _, error = rolled_back(capsys)
    assert (code, number()) == (1, 2)
    assert "expected a version before 2, found versions 2, 3 and 4 only" in error


def test_a_version_is_named(published: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rolled_back(capsys, "--to", "2")[0] == 0
    assert number() == 2
    assert rolled_back(capsys, "--to", "4")[0] == 0
    assert number() == 4
    code, _, error = rolled_back(capsys, "--to", "1")
    assert (code, number()) == (1, 4)
    assert "expected version 1, found versions 2, 3 and 4 only; name one" in error


def test_a_published_file_that_is_gone_is_brought_back(
    published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    published.unlink()
    assert rolled_back(capsys)[0] == 0
    assert number() == 4


def test_nothing_was_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INSTACART_DB", str(tmp_path / "none.duckdb"))
    code, said, error = rolled_back(capsys)
    assert (code, said) == (1, "")
    assert "expected published versions in" in error and error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_build_that_runs_is_waited_for(
    published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with only_build_of(config.record_dir()):
        code, _, error = rolled_back(capsys)
        assert (code, number_shown_meanwhile()) == (1, 4)
    assert "expected one build of it at a time" in error


def number_shown_meanwhile() -> int:
    assert shown().endswith("; another one is running")
    return number()


def test_which_build_is_shown_and_what_became_of_the_last_one(published: Path) -> None:
    line = (
        "Shown      build 4, of 2026-11-28 11:05 UTC (version 1.2.3, commit c0ffeec0ff)"
    )
    assert shown() == line
    write_state(config.record_dir(), State(failure="2 models and tests failed"))
    assert shown() == f"{line}; the last one failed: 2 models and tests failed"
