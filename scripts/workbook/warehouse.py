"""Read a built warehouse, and say in one sentence why it can't be read."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb

ANALYSES = Path(__file__).resolve().parents[2] / "analyses"


class WorkbookError(Exception):
    """What keeps a workbook from being written; its text is one sentence."""


class Row(dict):
    """A row by column; a column that an older warehouse lacks raises WorkbookError."""

    def __missing__(self, column: str):
        raise _lacking(column)


def check_columns(rows: Sequence[dict], columns: Iterable[str]) -> None:
    """Raise WorkbookError for a column that no row has, if there are rows."""
    for column in columns:
        if rows and not any(column in row for row in rows):
            raise _lacking(column)


def _lacking(column: str) -> WorkbookError:
    return WorkbookError(
        f"expected a column {column} in a table of the warehouse, found none:"
        " another version of the project built it; run `make build`."
    )


class Warehouse:
    """A read-only connection to the warehouse file."""

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection):
        self.path = path
        self.connection = connection

    def execute(self, query: str) -> duckdb.DuckDBPyConnection:
        """Run a query; return its cursor.

        Raises WorkbookError where a table or column is missing, or DuckDB fails.
        """
        with _said_in_a_sentence(self.path):
            return self.connection.execute(query)

    def rows(self, query: str) -> list[dict]:
        """Run a query; return its rows as dictionaries, with decimals as floats."""
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

    def batches(self, query: str, size: int) -> Iterator[list[tuple]]:
        """Run a query; give its rows in lists of `size`, the last one shorter."""
        cursor = self.execute(query)
        while True:
            with _said_in_a_sentence(self.path):
                batch = cursor.fetchmany(size)
            if not batch:
                return
            yield batch

    def row(self, query: str) -> dict:
        """The only row of a query; raises WorkbookError where there is none."""
        rows = self.rows(query)
        if len(rows) != 1:
            raise WorkbookError(
                f"expected one row of `{' '.join(query.split())}` in {self.path}, found"
                f" {len(rows)}: another version of the project built it; run"
                " `make build`."
            )
        return rows[0]

    def analysis(self, name: str) -> list[dict]:
        """The rows of a query in the project's folder analyses."""
        return self.rows((ANALYSES / f"{name}.sql").read_text("utf-8"))

    def spill_to(self, folder: Path) -> None:
        """Keep what doesn't fit in memory in a folder, not beside the warehouse."""
        self.execute(f"set temp_directory = {literal(folder)}")

    def written(self) -> datetime:
        """When the file was last written, in UTC, to the second."""
        return datetime.fromtimestamp(int(self.path.stat().st_mtime), UTC)


def database_path() -> Path:
    """The warehouse file: INSTACART_DB, else warehouse/instacart.duckdb."""
    return Path(os.environ.get("INSTACART_DB") or "warehouse/instacart.duckdb")


@contextmanager
def open_warehouse(memory_limit: str = "1GB") -> Iterator[Warehouse]:
    """Open the warehouse file read-only.

    Raises WorkbookError if there is none, it is being written, or is no warehouse.
    """
    path = database_path()
    if not path.is_file():
        raise WorkbookError(
            f"expected a warehouse at {path}, found none; run `make build`, or name"
            " another with INSTACART_DB."
        )
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.Error as error:
        if "could not set lock" in str(error).lower():
            raise WorkbookError(
                f"expected {path} to be free for reading, found it being written by"
                " another process; wait until that run ends."
            ) from error
        raise WorkbookError(
            f"expected a DuckDB warehouse at {path}, found a file that can't be read as"
            " one; move it away and run `make build`."
        ) from error
    try:
        warehouse = Warehouse(path, connection)
        warehouse.execute(f"set memory_limit = {literal(memory_limit)}")
        warehouse.execute("set enable_progress_bar = false")
        yield warehouse
    finally:
        connection.close()


def literal(text: str | os.PathLike[str]) -> str:
    """A text or path as SQL writes it."""
    return "'" + str(text).replace("'", "''") + "'"


def read_manifest() -> dict:
    """dbt's manifest.json of the last run (in DBT_TARGET_PATH, else target).

    Raises WorkbookError if there is none.
    """
    path = Path(os.environ.get("DBT_TARGET_PATH") or "target") / "manifest.json"
    try:
        manifest = json.loads(path.read_text("utf-8"))
        if manifest["metadata"]["project_name"] != "instacart":
            raise ValueError(path)
        return {part: manifest[part] for part in ("nodes", "sources")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WorkbookError(
            f"expected this project's dbt manifest at {path}, found none that can be"
            " read; run `make build` or `dbt parse`."
        ) from error


@contextmanager
def _said_in_a_sentence(path: Path) -> Iterator[None]:
    """Turn what DuckDB raises into a WorkbookError or KeyboardInterrupt."""
    try:
        yield
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        if built_as := re.search(r'Catalog "(.+)" does not exist', str(error)):
            raise WorkbookError(
                f"expected {path.name} to have the name it was built with, found that"
                f" its views look for {built_as[1]}; rename it to"
                f" {built_as[1]}{path.suffix}."
            ) from error
        what = "tables" if isinstance(error, duckdb.CatalogException) else "columns"
        raise WorkbookError(
            f"expected the {what} of this version of the project in {path}, found that"
            f" {_first_line(error)}; run `make build`."
        ) from error
    except duckdb.InterruptException as error:
        raise KeyboardInterrupt from error
    except duckdb.Error as error:
        raise WorkbookError(
            f"expected DuckDB to finish a query of {path}, found that it failed:"
            f" {_first_line(error)}."
        ) from error
    except RuntimeError as error:
        # What DuckDB makes of Ctrl-C.
        if "interrupted" in str(error).lower():
            raise KeyboardInterrupt from error
        raise


def column_meta(column: dict) -> dict:
    """What a column of the manifest says of itself under config.meta."""
    return column.get("config", {}).get("meta") or column.get("meta") or {}


def _first_line(error: duckdb.Error) -> str:
    text = str(error).splitlines()[0].partition(": ")[2] or str(error).splitlines()[0]
    return text[:1].lower() + text[1:].rstrip("!.")
