"""dbt, run inside the test process, and the warehouse that it builds.

A process reads the project once: that costs more than building thirteen orders.
"""

from __future__ import annotations

import gc
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from instacart import lighter_dbt
from instacart.config import PROJECT_DIR
from instacart.publish.state import STATE

from support.models import COMPARED, NOT_COMPARED
from support.packages import changed_tables
from support.shared import locked

WITHOUT_TESTS = ("--exclude-resource-type", "test", "unit_test")
# Unit tests bring their own rows: to run them once, as `make check` does, says all.
WITHOUT_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
DATA_TESTS = ("--select", "test_type:data")
PUBLISHED_SCHEMAS = ("marts", "data_quality")
# The same for all processes: with another database dbt would read the project again.
PARSED_WITH = {"INSTACART_DB": "instacart.duckdb", "INSTACART_TEMP_DIR": "temp"}
OPTIONS = (
    *("--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR)),
    *("--log-level-file", "none", "--log-level", "none"),
    *("--no-use-colors", "--no-write-json"),
)

Snapshot = dict[str, list[dict[str, Any]]]
lighter_dbt.lighten_dbt()


@dataclass
class DbtRun:
    """How a dbt command ended, everything it printed, and what stopped it."""

    succeeded: bool
    output: str
    error: str
    result: Any


@dataclass
class Built:
    """A raw package and the warehouse built from it, not to be changed."""

    raw_dir: Path
    database: Path

    @cached_property
    def tables(self) -> Snapshot:
        """What it publishes."""
        return snapshot(self.database, PUBLISHED_SCHEMAS)

    @cached_property
    def truth(self) -> dict[str, Any]:
        """What the generator knows of the package."""
        truth: dict[str, Any] = json.loads((self.raw_dir / "truth.json").read_text())
        return truth


class Warehouse:
    """The database that dbt writes in this process, and dbt to build it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.published = folder / "instacart.duckdb"
        self.database = folder / "instacart.duckdb.built" / "instacart.duckdb"
        self.temp_dir = folder / "temp"
        self.manifest: Manifest | None = None
        self.database.parent.mkdir(parents=True, exist_ok=True)

    def dbt(
        self, command: str, raw_dir: Path, *arguments: str, threads: int = 1
    ) -> DbtRun:
        """Run one dbt command on a raw package, as a user's shell would."""
        environment = {
            "INSTACART_DB": str(self.published),
            "INSTACART_TEMP_DIR": str(self.temp_dir),
            "INSTACART_RAW_DIR": str(raw_dir),
            "INSTACART_DBT_THREADS": str(threads),
            "INSTACART_THREADS": str(threads),
        }
        paths = [
            *("--target-path", str(self.folder / "target")),
            *("--log-path", str(self.folder / "logs")),
        ]
        run = run_dbt(self.manifest, environment, command, *paths, *arguments)
        if self.manifest:
            # What is left of an inline query that failed would fail the next one.
            self.manifest.nodes.pop("sql_operation.instacart.inline_query", None)
        return run

    def parse(self, folder: Path) -> None:
        """Read the project; later commands use what was read.

        Of the processes that share a folder, the first reads it for all.
        """
        paths = ("--target-path", str(folder), "--log-path", str(folder))
        with locked(folder.with_name(f"{folder.name}.lock")):
            run = run_dbt(None, PARSED_WITH, "parse", *paths)
        assert run.succeeded, run.output + run.error
        self.manifest = run.result
        # The manifest is large and lives on: the collector need not walk it again.
        gc.freeze()
        # dbt makes millions of objects that live on.
        gc.set_threshold(50_000, 20, 20)

    def build_new(self, raw_dir: Path, *arguments: str) -> None:
        """Build a warehouse from nothing; everything must pass."""
        self.database.unlink(missing_ok=True)
        run = self.dbt("build", raw_dir, *arguments)
        assert run.succeeded, run.output + run.error

    def rebuild(
        self,
        raw_dir: Path,
        baseline: Built,
        folders: tuple[str, ...] = COMPARED,
        *arguments: str,
    ) -> DbtRun:
        """Build what can differ from a baseline in some folders, by dbt's own lineage.

        Views stay, as they hold no rows; so do reports, which full builds cover. The
        tables to build are dropped first, so that none can be left over in silence.
        """
        self.restore(baseline.database)
        changed = changed_tables(raw_dir, baseline.raw_dir)
        names = self.tables_between(changed, folders)
        with duckdb.connect(str(self.database)) as connection:
            for schema, name in names:
                connection.execute(f'drop table "{schema}"."{name}"')
        selected = [name for _, name in names]
        return self.dbt("run", raw_dir, *arguments, "--select", *selected)

    def tables_between(
        self, sources: set[str], folders: tuple[str, ...]
    ) -> list[tuple[str, str]]:
        """Schema and name of the tables by which sources feed those of folders."""
        assert self.manifest is not None
        nodes = self.manifest.nodes
        fed = {
            key
            for key, source in self.manifest.sources.items()
            if source.name in sources
        }
        wanted = {
            key
            for key, node in nodes.items()
            if node.resource_type == "model"
            and node.original_file_path.startswith(folders)
            and not node.original_file_path.startswith(NOT_COMPARED)
        }
        found = with_all(fed, self.manifest.child_map) & with_all(
            wanted, self.manifest.parent_map
        )
        return [
            (nodes[key].schema, nodes[key].name)
            for key in sorted(found)
            if key in nodes
            and nodes[key].resource_type == "model"
            and nodes[key].config.materialized == "table"
        ]

    def restore(self, database: Path) -> None:
        """Start from another database, as a user who has built one before.

        Nothing is known of what passed in it.
        """
        (self.database.parent / STATE).unlink(missing_ok=True)
        shutil.copyfile(database, self.database)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def snapshot(self, schemas: tuple[str, ...] = PUBLISHED_SCHEMAS) -> Snapshot:
        return snapshot(self.database, schemas)

    def all_text(
        self, schemas: tuple[str, ...] | None = None
    ) -> Iterator[tuple[str, str]]:
        """Every text cell of every table and view of some schemas, or of all but raw.

        The raw views only point to the files; nothing of them is in the database.
        """
        with duckdb.connect(str(self.database), read_only=True) as connection:
            tables = connection.execute(
                "select table_schema, table_name from information_schema.tables"
            ).fetchall()
            for schema, table in tables:
                if schema == "raw" or (schemas and schema not in schemas):
                    continue
                for row in connection.execute(f'from "{schema}"."{table}"').fetchall():
                    for cell in row:
                        if isinstance(cell, str):
                            yield f"{schema}.{table}", cell


def run_dbt(
    manifest: Manifest | None, environment: dict[str, str], *arguments: str
) -> DbtRun:
    """Run one dbt command with these variables, on a project that was read or not."""
    lines: list[str] = []

    def listen(event: Any) -> None:
        if event.info.level in ("info", "warn", "error"):
            lines.append(event.info.msg)

    runner = dbtRunner(manifest=manifest, callbacks=[listen])
    with pytest.MonkeyPatch.context() as patch:
        # Ours listens to no messages for debugging: they take a tenth of dbt's time.
        patch.setattr(lighter_dbt, "reads_what_is_for_debugging", lambda _: False)
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.chdir(PROJECT_DIR)
        command, *rest = arguments
        done = runner.invoke([command, *OPTIONS, *rest])
    # An open handle would keep others from opening the file.
    DuckDBConnectionManager.close_all_connections()
    return DbtRun(
        done.success, "\n".join(lines), str(done.exception or ""), done.result
    )


def snapshot(database: Path, schemas: tuple[str, ...]) -> Snapshot:
    """All rows of all tables and views of some schemas, in a stable order."""
    found: Snapshot = {}
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute(
            "select table_schema, table_name from information_schema.tables "
            "where list_contains($schemas, table_schema) order by all",
            {"schemas": list(schemas)},
        ).fetchall()
        for schema, table in tables:
            relation = connection.execute(f'from "{schema}"."{table}" order by all')
            columns = [column[0] for column in relation.description]
            found[f"{schema}.{table}"] = [
                dict(zip(columns, row, strict=True)) for row in relation.fetchall()
            ]
    return found


def with_all(keys: set[str], edges: dict[str, list[str]]) -> set[str]:
    """Nodes, and all that their edges lead to."""
    found = set(keys)
    waiting = list(keys)
    while waiting:
        reached = set(edges[waiting.pop()]) - found
        found |= reached
        waiting += reached
    return found
