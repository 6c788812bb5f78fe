"""Every DuckDB from 1.0 to 2.0 reads a published file, under any name."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from instacart.publish.write import Table, publish_file
from reliability import clients
from support import published_content
from support.published_content import content
from support.warehouse import PUBLISHED_SCHEMAS, Built

SCRIPT = published_content.__file__
FILES = ("instacart.duckdb", "with space.duckdb", "x.db", "Ünïcode.duckdb")
ALIASES = ("instacart", "a", "odd name", "Ünïcode")


@pytest.fixture(scope="module")
def published(
    generated: dict[str, Built], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A published file, under its other names too."""
    folder = tmp_path_factory.mktemp("published")
    target = folder / FILES[0]
    with duckdb.connect() as connection:
        # Its views know the database by this name.
        built = generated["careerfoundry"].database
        connection.execute(f"attach '{built}' as instacart (read_only)")
        connection.execute("use instacart")
        columns = connection.execute(
            "select schema_name, table_name, list(column_name) from duckdb_columns()"
            " where database_name = 'instacart' and schema_name in $schemas"
            " group by all",
            {"schemas": list(PUBLISHED_SCHEMAS)},
        ).fetchall()
        tables = [
            Table(
                schema, name, f"It's {name}", {each: f"It's {each}" for each in names}
            )
            for schema, name, names in columns
        ]
        publish_file(connection, tables, target, folder / "versions")
    for name in FILES[1:]:
        shutil.copyfile(target, folder / name)
    return target


@pytest.fixture(scope="module")
def expected(published: Path) -> dict[str, Any]:
    """What the DuckDB that wrote the file reads in it."""
    return json.loads(json.dumps(content(str(published), "instacart")))


def test_holds_tables_alone_with_their_comments(expected: dict[str, Any]) -> None:
    kinds = ("views", "constraints", "indexes")
    assert [expected[kind] for kind in kinds] == [0, 0, 0]
    tables = expected["tables"]
    assert {name.partition(".")[0] for name in tables} == set(PUBLISHED_SCHEMAS)
    for name, table in tables.items():
        assert table["comment"], name
        assert all(comment for _, comment in table["columns"].values()), name
    assert tables["marts.fct_order_products"]["rows"][0] > 100_000


@pytest.mark.parametrize("version", clients.VERSIONS)
def test_opens_read_only_under_any_name(
    published: Path, expected: dict[str, Any], version: str
) -> None:
    environment = environment_of(version)
    folder = published.parent
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    try:
        # No hindrance to root, whom this test may run as.
        for path in (*before, folder):
            path.chmod(0o555)
        for name, alias in zip(FILES, ALIASES, strict=True):
            read = read_with(environment, folder / name, alias)
            assert read == expected, (name, alias)
    finally:
        folder.chmod(0o755)
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def environment_of(version: str) -> dict[str, str]:
    """Variables for a Python that imports a version of DuckDB."""
    if not (clients.folder(clients.VERSIONS[version]) / "duckdb").exists():
        python = ".".join(map(str, sys.version_info[:2]))
        pytest.skip(f"DuckDB {version} has no wheel for Python {python}")
    environment = clients.environment(clients.VERSIONS[version])
    said = run_python(environment, "-c", "import duckdb; print(duckdb.__version__)")
    assert said.startswith(f"{version}.")
    return environment


def read_with(environment: dict[str, str], path: Path, alias: str) -> Any:
    return json.loads(run_python(environment, SCRIPT, str(path), alias))


def run_python(environment: dict[str, str], *arguments: str) -> str:
    run = subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    return run.stdout
