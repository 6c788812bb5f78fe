"""Warehouses to export, and the exports of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from instacart import export as export_marts
from openpyxl.workbook import Workbook
from support.packages import PACKAGES
from support.warehouse import Built, Warehouse

from export.support import Exported, Make


@pytest.fixture(autouse=True)
def target_dir(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """dbt's folder of a test, with a manifest that says nothing of any model."""
    folder = tmp_path_factory.mktemp("target")
    write_manifest(folder, {})
    monkeypatch.setenv("DBT_TARGET_PATH", str(folder))
    return folder


@pytest.fixture(scope="session")
def manifest_dir(warehouse: Warehouse, session_dir: Path) -> Path:
    """A folder with dbt's manifest.json."""
    folder = session_dir / "export_target"
    folder.mkdir()
    assert warehouse.manifest
    warehouse.manifest.write(str(folder / "manifest.json"))
    return folder


@pytest.fixture(scope="session", params=list(PACKAGES))
def exported(
    request: pytest.FixtureRequest,
    baselines: dict[str, Built],
    manifest_dir: Path,
    session_dir: Path,
) -> Exported:
    """A package's warehouse, exported."""
    built = baselines[request.param]
    folder = session_dir / f"export_{request.param}"
    # Set up again for each file of tests.
    folder.mkdir(exist_ok=True)
    lines: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INSTACART_DB", str(built.database))
        patch.setenv("DBT_TARGET_PATH", str(manifest_dir))
        summary = export_marts.export(folder / "marts.xlsx", lines.append)
    return Exported(built, folder / "marts.xlsx", "\n".join([*lines, *summary]))


@pytest.fixture
def book(exported: Exported) -> Workbook:
    return exported.book


@pytest.fixture
def course(
    baselines: dict[str, Built], manifest_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> Built:
    """The course's warehouse as the one to export."""
    monkeypatch.setenv("DBT_TARGET_PATH", str(manifest_dir))
    monkeypatch.setenv("INSTACART_DB", str(baselines["careerfoundry"].database))
    return baselines["careerfoundry"]


@pytest.fixture
def other(tmp_path: Path, target_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Makes a warehouse of the same schemas that holds what a test puts into it.

    models: what their YAML says, by name.
    """

    def make(*statements: str, models: dict[str, Any] | None = None) -> Path:
        write_manifest(target_dir, models or {})
        path = tmp_path / "other.duckdb"
        with duckdb.connect(str(path)) as connection:
            connection.execute("create schema marts; create schema data_quality")
            connection.execute(
                "create table data_quality.file_row_counts as"
                " select 'orders' as dataset, 'orders.csv' as source_file,"
                " 1 as rows_read, 'all' as fabricated_columns"
            )
            for statement in statements:
                connection.execute(statement)
        monkeypatch.setenv("INSTACART_DB", str(path))
        return path

    return make


def write_manifest(folder: Path, models: dict[str, Any]) -> None:
    """Write a manifest of these models of marts, with what their YAML says."""
    nodes = {
        name: {"schema": "marts", "name": name, **model}
        for name, model in models.items()
    }
    manifest = {
        "metadata": {"project_name": "instacart"},
        "nodes": nodes,
        "sources": {},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.fixture
def small(other: Make) -> Path:
    """A warehouse of one table as the one to export."""
    return other("create table marts.dim_one as select 1 as one")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """An existing workbook."""
    path = tmp_path / "reports" / "marts.xlsx"
    path.parent.mkdir()
    path.write_bytes(b"of an earlier run")
    return path
