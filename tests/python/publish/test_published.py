"""What dbt builds, readers see when all of it has passed, and not before."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from instacart import dbt_plugin
from instacart.errors import UserError
from instacart.publish import build
from instacart.publish.state import read_state
from instacart.raw_package.stamps import check_unchanged
from support.packages import write_careerfoundry
from support.warehouse import WITHOUT_UNIT_TESTS, DbtRun, Warehouse, snapshot

# What reads the raw files, and all that is built of that.
BASES = ("--select", "base_instacart__orders+", "base_instacart__customers+")
# A report that no model reads.
LEAF = "rpt_age_bands"


class Scene:
    """A database of its own, with a package, through runs of dbt."""

    def __init__(self, folder: Path, warehouse: Warehouse) -> None:
        self.warehouse = Warehouse(folder / "warehouse")
        self.warehouse.manifest = warehouse.manifest
        self.target = self.warehouse.published
        self.raw_dir = write_careerfoundry(folder / "raw")

    def dbt(self, command: str, *arguments: str) -> DbtRun:
        run = self.warehouse.dbt(command, self.raw_dir, *arguments)
        assert not any(self.warehouse.temp_dir.rglob("*.csv*"))
        assert "Traceback" not in run.output + run.error
        return run

    def shown(self) -> tuple[int, int]:
        """The number of the published build, and how many orders it has."""
        query = (
            "select build_number, (select count(*) from marts.fct_orders)"
            " from data_quality.build_info"
        )
        with duckdb.connect(str(self.target), read_only=True) as connection:
            ((number, orders),) = connection.execute(query).fetchall()
        return number, orders

    def tables(self) -> set[str]:
        with duckdb.connect(str(self.target), read_only=True) as connection:
            found = connection.execute(
                "select table_schema || '.' || table_name"
                " from information_schema.tables where table_type = 'BASE TABLE'"
            ).fetchall()
        return {name for (name,) in found}


def test_readers_see_what_passed(tmp_path: Path, warehouse: Warehouse) -> None:
    """One database, from its first build through parts, failures and changes."""
    scene = Scene(tmp_path, warehouse)
    models_alone_are_not_published(scene)
    their_tests_complete_them(scene)
    a_failed_test_keeps_the_build_before(scene)
    a_part_that_repairs_it_is_published(scene)
    a_model_without_its_tests_is_not_published(scene)
    a_model_that_is_gone_is_not_published(scene)
    a_file_that_changed_meanwhile_is_not_published(scene)
    an_empty_build_is_not_published(scene)
    a_refused_package_changes_nothing(scene)


def models_alone_are_not_published(scene: Scene) -> None:
    with log_written_before_the_end(scene):
        run = scene.dbt("build", "--exclude-resource-type", "test", "unit_test")
    assert run.succeeded, run.output + run.error
    assert "Not published: " in run.output
    assert "models and tests did not run and pass" in run.output
    assert "(run `dbt build`); readers see nothing yet." in run.output
    assert not scene.target.exists()


@contextmanager
def log_written_before_the_end(scene: Scene) -> Iterator[None]:
    """It may need what was spilt to disk, which the end of a run removes."""
    log = scene.warehouse.database.with_suffix(".duckdb.wal")
    seen: list[bool] = []

    def end_run() -> None:
        seen.append(log.exists())
        original()

    original = dbt_plugin.end_run
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dbt_plugin, "end_run", end_run)
        yield
    assert seen == [False]


def their_tests_complete_them(scene: Scene) -> None:
    run = scene.dbt("test", *WITHOUT_UNIT_TESTS)
    assert run.succeeded, run.output + run.error
    assert f"Published {scene.target} (" in run.output
    assert scene.shown() == (1, 14)
    tables = scene.tables()
    assert {table.partition(".")[0] for table in tables} == {"marts", "data_quality"}
    assert "marts.fct_order_products" in tables
    working = scene.warehouse.snapshot()
    assert tables == working.keys()
    published = snapshot(scene.target, ("marts", "data_quality"))
    (info,) = published.pop("data_quality.build_info")
    assert working.pop("data_quality.build_info") == []
    assert published == working
    files = {file["file"]: file["bytes"] for file in json.loads(info["files"])}
    assert files == {path.name: path.stat().st_size for path in scene.raw_dir.iterdir()}
    assert info["passed_count"] > 200 and info["warned_count"] >= 0


def a_failed_test_keeps_the_build_before(scene: Scene) -> None:
    with duckdb.connect(str(scene.warehouse.database)) as connection:
        connection.execute("update marts.fct_orders set order_id = 101")
    run = scene.dbt("test", "--select", "fct_orders", *WITHOUT_UNIT_TESTS)
    assert not run.succeeded
    assert "failed; readers see the build before." in run.output
    assert "Not published: " in run.output
    assert scene.shown() == (1, 14)


def a_part_that_repairs_it_is_published(scene: Scene) -> None:
    run = scene.dbt("build", "--select", "fct_orders+", *WITHOUT_UNIT_TESTS)
    assert run.succeeded, run.output + run.error
    assert "build 2." in run.output
    assert scene.shown() == (2, 14)
    changes = snapshot(scene.target, ("data_quality",))[
        "data_quality.changes_since_last_version"
    ]
    assert {row["change"] for row in changes} == {0}
    assert {row["dimension"] for row in changes} == {
        *("all", "weekday", "hour", "department", "segment")
    }


def a_model_without_its_tests_is_not_published(scene: Scene) -> None:
    run = scene.dbt("run", "--select", LEAF)
    assert run.succeeded
    assert "Not published: " in run.output
    assert "did not run and pass after what they read was built (run `" in run.output
    assert scene.shown() == (2, 14)


def a_model_that_is_gone_is_not_published(scene: Scene) -> None:
    with without(scene, LEAF):
        run = scene.dbt("build", "--select", "rpt_departments+", *WITHOUT_UNIT_TESTS)
    assert run.succeeded, run.output + run.error
    assert "build 3." in run.output
    assert scene.shown() == (3, 14)
    assert f"marts.{LEAF}" not in scene.tables()


@contextmanager
def without(scene: Scene, model: str) -> Iterator[None]:
    """The project without a model that only tests read."""
    manifest = scene.warehouse.manifest
    assert manifest
    key = f"model.instacart.{model}"
    parts = (manifest.nodes, manifest.exposures, manifest.unit_tests)
    kept = [(part, dict(part)) for part in parts]
    for part, before in kept:
        for name, node in before.items():
            if name == key or key in node.depends_on_nodes:
                del part[name]
    # What macros read as `graph`.
    manifest.build_flat_graph()
    try:
        yield
    finally:
        for part, before in kept:
            part.clear()
            part.update(before)
        manifest.build_flat_graph()


def a_file_that_changed_meanwhile_is_not_published(scene: Scene) -> None:
    orders = scene.raw_dir / "orders.csv"

    def touch(*arguments: Any) -> None:
        os.utime(orders, (1, 1))
        check_unchanged(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "check_unchanged", touch)
        run = scene.dbt("build", *BASES, *WITHOUT_UNIT_TESTS)
    assert not run.succeeded
    assert "orders.csv: expected the file of" in run.output + run.error
    assert scene.shown() == (3, 14)
    # What reads none of the files is then of no use, nor what reads some of them.
    for selection in (("--select", "rpt_regions"), ("--select", BASES[1])):
        run = scene.dbt("build", *selection, *WITHOUT_UNIT_TESTS)
        assert run.succeeded
        assert "Not published: " in run.output
    run = scene.dbt("build", *WITHOUT_UNIT_TESTS)
    assert run.succeeded
    assert scene.shown() == (4, 14)


def a_refused_package_changes_nothing(scene: Scene) -> None:
    (scene.raw_dir / "orders.csv").write_text("")
    run = scene.dbt("build", *WITHOUT_UNIT_TESTS)
    assert not run.succeeded
    assert scene.shown() == (4, 14)
    assert read_state(scene.warehouse.database.parent).failure.startswith("orders.csv")


def an_empty_build_is_not_published(scene: Scene) -> None:
    run = scene.dbt("build", "--empty", *WITHOUT_UNIT_TESTS)
    assert "Not published: " in run.output
    assert scene.shown() == (4, 14)


def test_a_log_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    closed = duckdb.connect()
    closed.close()
    with pytest.raises(UserError) as refused:
        build.write_log(tmp_path / "instacart.duckdb.built", closed)
    said = str(refused.value)
    assert "instacart.duckdb.built (INSTACART_DB): expected to write the data" in said
    assert "Connection already closed" in said and "\n" not in said
