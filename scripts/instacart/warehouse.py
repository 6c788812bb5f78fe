"""The one read-only connection to a built warehouse, and dbt's manifest of it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from instacart import config
from instacart.config import shown
from instacart.errors import UserError
from instacart.publish.run import is_building, own_folder
from instacart.publish.state import read_state
from instacart.publish.versions import versions

ANALYSES = config.PROJECT_DIR / "analyses"


class Row(dict[str, Any]):
    """A row by column; a column that an older warehouse lacks raises UserError."""

    def __missing__(self, column: str) -> Any:
        raise _lacking(column)


def check_columns(rows: Sequence[dict[str, Any]], columns: Iterable[str]) -> None:
    """Raise UserError for a column that no row has, if there are rows."""
    for column in columns:
        if rows and not any(column in row for row in rows):
            raise _lacking(column)


def _lacking(column: str) -> UserError:
    return UserError(
        f"a column {column} in a table of the warehouse",
        "none: another version of the project built it",
        "run `make build`",
    )


class Warehouse:
    """A read-only connection to the warehouse file."""

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection) -> None:
        self.path = path
        self.connection = connection
        self._known: dict[str, list[Row]] = {}

    def execute(self, query: str) -> duckdb.DuckDBPyConnection:
        """Run a query; return its cursor.

        Raises UserError where a table or column is missing, or DuckDB fails.
        """
        with _said_in_a_sentence(self.path):
            return self.connection.execute(query)

    def rows(self, query: str) -> list[Row]:
        """Run a query; return its rows by column, with decimals as floats."""
        cursor = self.execute(query)
        names = [column[0] for column in cursor.description]
        with _said_in_a_sentence(self.path):
            rows = cursor.fetchall()
        return [
            Row(
                (name, float(value) if isinstance(value, Decimal) else value)
                for name, value in zip(names, row, strict=True)
            )
            for row in rows
        ]

    def rows_once(self, query: str) -> list[Row]:
        """The same, of a query that many sentences ask: it runs once."""
        if query not in self._known:
            self._known[query] = self.rows(query)
        return [Row(row) for row in self._known[query]]

    def batches(self, query: str, size: int) -> Iterator[list[tuple[Any, ...]]]:
        """Run a query; give its rows in lists of `size`, the last one shorter."""
        cursor = self.execute(query)
        while True:
            with _said_in_a_sentence(self.path):
                batch = cursor.fetchmany(size)
            if not batch:
                return
            yield batch

    def row(self, query: str) -> Row:
        """The only row of a query; raises UserError where there is none."""
        rows = self.rows(query)
        if len(rows) != 1:
            raise UserError(
                f"one row of `{' '.join(query.split())}` in {shown(self.path)}",
                f"{len(rows)}: another version of the project built it",
                "run `make build`",
            )
        return rows[0]

    def value(self, query: str) -> Any:
        """The only value of a query's only row."""
        (value,) = self.row(query).values()
        return value

    def analysis(self, name: str) -> list[Row]:
        """The rows of a query in the project's folder analyses."""
        return self.rows((ANALYSES / f"{name}.sql").read_text("utf-8"))

    def written(self) -> datetime:
        """When it was built, in UTC, to the second."""
        if build := self.build():
            built_at: datetime = build["built_at"]
            return built_at.replace(tzinfo=UTC)
        return datetime.fromtimestamp(int(self.path.stat().st_mtime), UTC)

    def build(self) -> Row | None:
        """The row of data_quality.build_info; None in a file that was not published."""
        is_there = self.has_table("data_quality", "build_info")
        rows = self.rows("from data_quality.build_info") if is_there else []
        return rows[0] if rows else None

    def has_table(self, schema: str, name: str) -> bool:
        """Whether there is a table that files of other versions may lack."""
        found = self.rows(
            "select table_name from information_schema.tables where table_schema ="
            f" {literal(schema)} and table_name = {literal(name)}"
        )
        return bool(found)

    def shown_build(self) -> str:
        """Which build this is, and what became of a later one, in a line."""
        build = self.build()
        if build is None:
            return f"Shown      {shown(self.path)}, which is not a published build"
        commit = f", commit {build['commit'][:10]}" if build["commit"] else ""
        line = (
            f"Shown      build {build['build_number']}, of"
            f" {build['built_at']:%Y-%m-%d %H:%M} UTC"
            f" (version {build['version']}{commit})"
        )
        folder = config.record_dir()
        if is_building(folder):
            return f"{line}; another one is running"
        if max(versions(folder / config.VERSIONS), default=0) > build["build_number"]:
            line += "; rolled back from a newer one"
        failure = read_state(folder).failure
        return f"{line}; the last one failed: {failure}" if failure else line


@contextmanager
def open_warehouse(
    memory_limit: str | None = None, path: Path | None = None
) -> Iterator[Warehouse]:
    """Open the published warehouse (INSTACART_DB), or another one, read-only.

    memory_limit: DuckDB's, where INSTACART_MEMORY_LIMIT is not what is wanted. Raises
    UserError if there is no file, it is being written, or is no warehouse.
    """
    path = path or config.database()
    if not path.is_file():
        raise UserError(
            f"a warehouse at {shown(path)}",
            "none",
            "run `make build`, or name another with INSTACART_DB",
        )
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.Error as error:
        if "could not set lock" in str(error).lower():
            raise UserError(
                f"{shown(path)} to be free for reading",
                "it being written by another process",
                "wait until that run ends",
            ) from error
        raise UserError(
            f"a DuckDB warehouse at {shown(path)}",
            "a file that can't be read as one",
            "move it away and run `make build`",
        ) from error
    with ExitStack() as held:
        held.callback(connection.close)
        warehouse = Warehouse(path, connection)
        limits = config.duckdb_limits()
        # One who may read the warehouse need not be allowed to write anywhere.
        limits["temp_directory"] = ""
        with suppress(OSError):
            folder = held.enter_context(own_folder(config.temp_dir()))
            limits["temp_directory"] = str(folder / "spill")
        if memory_limit:
            limits["memory_limit"] = memory_limit
        for name, value in limits.items():
            warehouse.execute(f"set {name} = {literal(value)}")
        warehouse.execute("set enable_progress_bar = false")
        yield warehouse


def literal(text: str | os.PathLike[str]) -> str:
    """A text or path as SQL writes it."""
    return "'" + str(text).replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def read_manifest() -> dict[str, Any]:
    """The nodes and sources of dbt's last run, or, after `dbt clean`, of the build.

    Raises UserError if there is neither.
    """
    written = config.target_dir() / "manifest.json"
    for path in (written, config.record_dir() / "manifest.json"):
        try:
            manifest = json.loads(path.read_text("utf-8"))
            if manifest["metadata"]["project_name"] == "instacart":
                return {part: manifest[part] for part in ("nodes", "sources")}
        except (OSError, ValueError, KeyError, TypeError):
            continue
    raise UserError(
        f"this project's dbt manifest at {shown(written)}",
        "none that can be read",
        "run `make build` or `dbt parse`",
    )


def column_meta(column: dict[str, Any]) -> dict[str, Any]:
    """What a column of the manifest says of itself under config.meta."""
    return column.get("config", {}).get("meta") or column.get("meta") or {}


@contextmanager
def stoppable() -> Iterator[None]:
    """Turn what DuckDB makes of Ctrl-C into KeyboardInterrupt."""
    try:
        yield
    except duckdb.InterruptException as error:
        raise KeyboardInterrupt from error
    except RuntimeError as error:
        if "interrupted" in str(error).lower():
            raise KeyboardInterrupt from error
        raise


@contextmanager
def _said_in_a_sentence(path: Path) -> Iterator[None]:
    """Turn what DuckDB says of our own queries into a UserError."""
    try:
        with stoppable():
            yield
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        if built_as := re.search(r'Catalog "(.+)" does not exist', str(error)):
            raise UserError(
                f"{path.name} to have the name it was built with",
                f"that its views look for {built_as[1]}",
                f"rename it to {built_as[1]}{path.suffix}",
            ) from error
        what = "tables" if isinstance(error, duckdb.CatalogException) else "columns"
        raise UserError(
            f"the {what} of this version of the project in {shown(path)}",
            f"that {_first_line(error)}",
            "run `make build`",
        ) from error
    except duckdb.Error as error:
        raise UserError(
            f"DuckDB to finish a query of {shown(path)}",
            f"that it failed: {_first_line(error)}",
            "run it again, or with more memory or disk",
        ) from error


def _first_line(error: duckdb.Error) -> str:
    text = str(error).splitlines()[0].partition(": ")[2] or str(error).splitlines()[0]
    return text[:1].lower() + text[1:].rstrip("!.")
