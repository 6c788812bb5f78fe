"""The warehouse is opened read-only, and what keeps it from being read is said."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from instacart import config
from instacart.errors import UserError
from instacart.warehouse import check_columns, literal, open_warehouse, read_manifest


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "instacart.duckdb"
    monkeypatch.setenv("INSTACART_DB", str(path))
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.dim_things as select 1 as id")
    return path


def refusal() -> str:
    """What is said of a warehouse that can't be opened."""
    with pytest.raises(UserError) as raised, open_warehouse():
        pass
    text = str(raised.value)
    assert text.startswith("expected ")
    assert text.endswith(".")
    assert "\n" not in text
    return text


def test_rows_are_dictionaries_with_floats_for_decimals(database: Path) -> None:
    with open_warehouse() as warehouse:
        assert warehouse.rows("select 1 as a, 2.50::decimal(9, 2) as b, null as c") == [
            {"a": 1, "b": 2.5, "c": None}
        ]
        text = literal("it's")
        assert warehouse.row(f"select {text} as text") == {"text": "it's"}
        assert warehouse.value("select id from marts.dim_things") == 1
        batches = list(warehouse.batches("from range(5)", 2))
        assert batches == [[(0,), (1,)], [(2,), (3,)], [(4,)]]


def test_duckdb_keeps_to_the_limits_of_the_user(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INSTACART_THREADS", "3")
    monkeypatch.setenv("INSTACART_MEMORY_LIMIT", "100MiB")
    monkeypatch.setenv("INSTACART_TEMP_DIR", str(tmp_path / "spill"))
    names = ("memory_limit", "threads", "temp_directory")
    query = f"select {', '.join(f'current_setting({literal(it)})' for it in names)}"
    with open_warehouse() as warehouse:
        *limits, spill = warehouse.row(query).values()
        assert limits == ["100.0 MiB", 3]
        # Each reader spills to a folder of its own, which goes with it.
        assert Path(spill).parents[1] == tmp_path / "spill"
        assert Path(spill).parent.stat().st_mode & 0o777 == 0o700
    assert not list((tmp_path / "spill").glob("run-*"))
    with open_warehouse("50MiB") as warehouse:
        assert next(iter(warehouse.row(query).values())) == "50.0 MiB"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from marts.no_table", "expected the tables of this version"),
        ("select no_column from marts.dim_things", "expected the columns of this"),
        ("select error('a\nb')", "found that it failed: a"),
        ("create table marts.new as select 1 as one", "read-only"),
    ],
)
def test_queries_that_fail_say_so_in_a_sentence(
    database: Path, query: str, said: str
) -> None:
    with open_warehouse() as warehouse, pytest.raises(UserError, match=said) as raised:
        warehouse.rows(query)
    assert "\n" not in str(raised.value)
    assert str(raised.value).endswith(".")


def test_a_result_of_another_form_is_said(database: Path) -> None:
    lacking = "expected a column other in a table of the warehouse, found none"
    with open_warehouse() as warehouse:
        row = warehouse.row("select 1 as one")
        with pytest.raises(UserError, match=lacking):
            row["other"]
        with pytest.raises(UserError, match=lacking):
            check_columns([row], ["one", "other"])
        with pytest.raises(UserError, match="expected one row of `from range"):
            warehouse.row("from range(2)")


def test_an_interrupted_query_is_ctrl_c(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted:
        def __init__(self, error: Exception) -> None:
            self.error = error

        def execute(self, query: str) -> None:
            raise self.error

    with open_warehouse() as warehouse:
        errors = RuntimeError("Query interrupted"), duckdb.InterruptException("it was")
        for error in errors:
            with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
                patch.setattr(warehouse, "connection", Interrupted(error))
                warehouse.execute("select 1")


def test_a_file_that_is_no_warehouse_is_said(database: Path) -> None:
    content = database.read_bytes()
    for wrong in (b"", b"text", content[:-5000]):
        database.write_bytes(wrong)
        if wrong:
            assert "found a file that can't be read as one" in refusal()
    database.unlink()
    assert "found none; run `make build`, or name another" in refusal()
    database.mkdir()
    assert "found none" in refusal()


def test_a_warehouse_that_is_being_written_is_said(database: Path) -> None:
    hold = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True)"
    with subprocess.Popen(
        [sys.executable, "-c", f"{hold}; input()", str(database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as writer:
        assert writer.stdout
        assert writer.stdout.readline()
        assert "found it being written by another process; wait" in refusal()
        writer.communicate(b"\n")


@pytest.mark.parametrize(
    "content", [None, "{", "", "{}", "[]", '{"metadata": {"project_name": "other"}}']
)
def test_the_manifest_of_the_build_is_read_after_dbt_clean(
    content: str | None, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `dbt clean` removes the folder target, but not what lies by the warehouse."""
    target = tmp_path / "target"
    monkeypatch.setenv("DBT_TARGET_PATH", str(target))
    target.mkdir()
    if content is not None:
        (target / "manifest.json").write_text(content)
    with pytest.raises(UserError, match="expected this project's dbt manifest at"):
        read_manifest()
    config.record_dir().mkdir()
    copy = config.record_dir() / "manifest.json"
    copy.write_text(manifest("built"))
    assert read_manifest() == {"nodes": {"built": {}}, "sources": {}}
    (target / "manifest.json").write_text(manifest("latest"))
    assert read_manifest() == {"nodes": {"latest": {}}, "sources": {}}


def manifest(node: str) -> str:
    metadata = {"project_name": "instacart"}
    return json.dumps({"metadata": metadata, "nodes": {node: {}}, "sources": {}})
