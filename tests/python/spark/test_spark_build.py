"""What Spark built is published by the same rule as on DuckDB, or not at all.

A function takes dbt's part, and leaves in the exchange what its hooks would.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from instacart import config
from instacart.build.record import MANIFEST, RECORD
from instacart.dbt_process import NOT_ALL_PASSED, Engine
from instacart.errors import UserError
from instacart.publish.build import settings_digest
from instacart.publish.state import read_state
from instacart.spark import build
from support.packages import write_careerfoundry

ORDERS = "model.instacart.fct_orders"
INFO = "model.instacart.build_info"
TEST = "test.instacart.unique_orders"
# Contracts have types that Parquet of Spark lacks, or has otherwise.
TABLES = [
    {
        "schema": "marts",
        "name": "fct_orders",
        "description": "An order's row.",
        "columns": {"order_id": "Its key."},
        "types": {"order_id": "bigint", "eval_set": "string"},
    },
    {
        "schema": "data_quality",
        "name": "build_info",
        "description": "The build.",
        "columns": {},
        "types": {
            "build_number": "integer",
            "version": "string",
            "commit": "string",
            "fingerprint": "string",
            "files": "string",
            "built_at": "timestamp",
            "passed_count": "integer",
            "warned_count": "integer",
        },
    },
]
Dbt = Callable[..., None]


@pytest.fixture
def dbt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dbt:
    """Let dbt build some orders, and its nodes end in some ways."""
    monkeypatch.setenv("INSTACART_DB", str(tmp_path / "w" / "instacart.duckdb"))
    monkeypatch.setenv("INSTACART_TEMP_DIR", str(tmp_path / "tmp"))
    monkeypatch.setenv("INSTACART_RAW_DIR", str(write_careerfoundry(tmp_path / "raw")))
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / "target"))
    monkeypatch.setenv("INSTACART_SPARK_METHOD", "session")
    monkeypatch.setattr(build, "environment_python", lambda: Path("python"))
    monkeypatch.setattr(build, "summarize", lambda path: None)

    def prepare(
        count: int, while_it_runs: Callable[[], None] = bool, **ends: str
    ) -> None:
        statuses = {ORDERS: "success", INFO: "success", TEST: "pass"} | {
            {"orders": ORDERS, "test": TEST}[name]: end for name, end in ends.items()
        }

        def run_dbt(*arguments: str, engine: Engine) -> int:
            exchange = Path(engine.environment["INSTACART_SPARK_EXCHANGE"])
            package = json.loads((exchange / build.PACKAGE).read_text())
            assert package["tables"]["orders"][0]["name"] == "orders.csv"
            while_it_runs()
            selected = dict.fromkeys(statuses, "1")
            tell(exchange / build.STARTED, {"selected": selected, "vars": "{}"})
            nodes = {
                name: {"checksum": "1", "parents": [ORDERS] if name == TEST else []}
                for name in statuses
            }
            write_tables(exchange / build.TABLES, count)
            target = config.target_dir() / build.ENGINE
            target.mkdir(parents=True, exist_ok=True)
            (target / MANIFEST).write_text("{}")
            told = {"nodes": nodes, "statuses": statuses, "tables": TABLES}
            tell(exchange / build.ENDED, told)
            return NOT_ALL_PASSED if ends else 0

        monkeypatch.setattr(build, "run_dbt", run_dbt)

    return prepare


def tell(folder: Path, content: dict[str, Any]) -> None:
    """As Spark writes a text: in a folder, beside a mark that it is complete."""
    folder.mkdir()
    (folder / "_SUCCESS").touch()
    (folder / "part-00000-1.txt").write_text(json.dumps(content) + "\n")


def write_tables(folder: Path, orders: int) -> None:
    (folder / "marts.fct_orders").mkdir(parents=True)
    (folder / "data_quality.build_info").mkdir()
    info = ", ".join(
        f"null::{'timestamptz' if kind == 'timestamp' else kind} as {name}"
        for name, kind in TABLES[1]["types"].items()
    )
    rows = f"select range::int as order_id, 'prior' as eval_set from range({orders})"
    for table, query in {
        "marts.fct_orders": rows,
        "data_quality.build_info": f"select {info} where false",
    }.items():
        path = folder / table / "part-0.parquet"
        duckdb.execute(f"copy ({query}) to '{path}' (format parquet)")


def shown() -> tuple[int, int]:
    """The number of the published build, and how many orders it has."""
    query = (
        "select build_number, (select count(*) from marts.fct_orders)"
        " from data_quality.build_info"
    )
    with duckdb.connect(str(config.database()), read_only=True) as connection:
        ((number, orders),) = connection.execute(query).fetchall()
    return number, orders


def test_what_passed_is_published_with_types_and_comments(
    dbt: Dbt, capsys: pytest.CaptureFixture[str]
) -> None:
    dbt(5)
    build.run()
    assert shown() == (1, 5)
    assert "Published " in capsys.readouterr().out
    with duckdb.connect(str(config.database()), read_only=True) as connection:
        types = connection.execute(
            "select column_name, data_type, comment from duckdb_columns()"
            " where table_name = 'fct_orders' order by column_index"
        ).fetchall()
        built_at = connection.execute(
            "select typeof(built_at) from data_quality.build_info"
        ).fetchone()
    assert types == [("order_id", "BIGINT", "Its key."), ("eval_set", "VARCHAR", None)]
    assert built_at == ("TIMESTAMP",)
    assert not any((config.temp_dir()).glob("run-*"))


@pytest.mark.parametrize("ends", [{"test": "fail"}, {"orders": "error"}])
def test_readers_keep_the_build_before_what_failed(
    dbt: Dbt, ends: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    dbt(5)
    build.run()
    dbt(6, **ends)
    with pytest.raises(UserError, match="run `make build-spark` again"):
        build.run()
    assert shown() == (1, 5)
    assert "Not published: 1 model or test failed" in capsys.readouterr().out
    dbt(7)
    build.run()
    assert shown() == (2, 7)


def test_readers_see_a_whole_build_while_the_next_one_runs(dbt: Dbt) -> None:
    dbt(5)
    build.run()
    seen = []
    dbt(6, while_it_runs=lambda: seen.append(shown()))
    build.run()
    assert seen == [(1, 5)]
    assert shown() == (2, 6)


def test_a_build_that_broke_off_publishes_nothing(
    dbt: Dbt, capsys: pytest.CaptureFixture[str]
) -> None:
    def break_off() -> None:
        raise UserError("a worker", "none", "start one")

    dbt(5)
    build.run()
    dbt(6, while_it_runs=break_off)
    with pytest.raises(UserError, match="expected a worker"):
        build.run()
    assert shown() == (1, 5)
    assert read_state(config.record_dir()).failure == (
        "expected a worker, found none; start one."
    )


def test_a_build_that_was_stopped_says_so_to_readers(dbt: Dbt) -> None:
    def press_ctrl_c() -> None:
        raise KeyboardInterrupt

    dbt(5)
    build.run()
    dbt(6, while_it_runs=press_ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        build.run()
    assert shown() == (1, 5)
    assert read_state(config.record_dir()).failure == "it was stopped"


def test_where_dbt_did_not_end_nothing_is_said_of_the_tests_before(
    dbt: Dbt, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    dbt(5)
    build.run()
    capsys.readouterr()
    monkeypatch.setattr(build, "run_dbt", lambda *arguments, engine: 2)
    with pytest.raises(UserError, match="expected dbt to run to its end") as error:
        build.run()
    assert "passed" not in capsys.readouterr().out
    assert shown() == (1, 5)
    assert read_state(config.record_dir()).failure == str(error.value)


def test_a_raw_file_that_changes_meanwhile_is_not_published(dbt: Dbt) -> None:
    path = config.raw_dir() / "orders.csv"
    dbt(5, while_it_runs=lambda: os.truncate(path, 10))
    with pytest.raises(UserError, match=r"^orders.csv: expected the file of "):
        build.run()
    assert not config.database().exists()


def test_a_refused_package_reaches_no_cluster(dbt: Dbt) -> None:
    (config.raw_dir() / "orders.csv").write_text("order_id,user\n")
    dbt(5, while_it_runs=lambda: pytest.fail("dbt was started"))
    with pytest.raises(UserError, match=r"orders.csv: expected") as refused:
        build.run()
    assert read_state(config.record_dir()).failure == str(refused.value)


def test_duckdb_builds_everything_after_spark(dbt: Dbt) -> None:
    config.record_dir().mkdir(parents=True)
    (config.record_dir() / RECORD).write_text("{}")
    dbt(5)
    build.run()
    assert not (config.record_dir() / RECORD).exists()
    digest = read_state(config.record_dir()).settings[0]
    assert digest != settings_digest("duckdb {}")
    assert digest == settings_digest("spark {}")
