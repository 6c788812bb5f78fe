"""The published file: the tables that readers may rely on, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from duckdb import DuckDBPyConnection

from instacart.config import ATTACHED
from instacart.publish.changes import CHANGES, FIGURES, write_changes
from instacart.publish.info import BuildInfo
from instacart.publish.versions import next_version
from instacart.warehouse import identifier, literal


@dataclass(frozen=True)
class Table:
    """A table or view of the working database, as it is published."""

    schema: str
    name: str
    description: str
    # Column: description.
    columns: dict[str, str]
    # Column: type, as its contract has it.
    types: dict[str, str] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def path(self) -> str:
        return f"{identifier(self.schema)}.{identifier(self.name)}"


def publish_file(
    connection: DuckDBPyConnection,
    tables: Sequence[Table],
    target: Path,
    versions: Path,
    info: BuildInfo | None = None,
    changes: str = "",
) -> int:
    """Publish tables of the current database as a file; return the version's number.

    target: the file that readers open; it is replaced at once. versions: the folder of
    the last published files. info: the row of data_quality.build_info, which is then
    one of the tables. changes: the query of data_quality.changes_since_last_version,
    which is filled if it is one of them too, and the figures that it compares.

    Raises OSError or duckdb.Error, with `target` as it was.
    """
    new_version = next_version(versions, target)
    with new_version as (work, number), attached(connection, work):
        write_tables(connection, tables)
        if info:
            connection.execute(info.insertion(ATTACHED, number))
        if changes and {FIGURES, CHANGES} <= {table.full_name for table in tables}:
            write_changes(connection, ATTACHED, target, changes)
    return number


@contextmanager
def attached(connection: DuckDBPyConnection, path: Path) -> Iterator[None]:
    """A new DuckDB file as the database ATTACHED; it is whole on success."""
    connection.execute(f"attach {literal(path)} as {ATTACHED}")
    try:
        yield
        connection.execute(f"checkpoint {ATTACHED}")
    finally:
        connection.execute(f"detach {ATTACHED}")


def write_tables(connection: DuckDBPyConnection, tables: Sequence[Table]) -> None:
    """Copy tables: views become tables, keys and indexes stay behind."""
    with committed_at_once(connection):
        for schema in sorted({table.schema for table in tables}):
            connection.execute(f"create schema {ATTACHED}.{identifier(schema)}")
        for table in tables:
            connection.execute(
                f"create table {ATTACHED}.{table.path} as from {table.path}"
            )
            connection.execute(";".join(comments(table)))


@contextmanager
def committed_at_once(connection: DuckDBPyConnection) -> Iterator[None]:
    """One transaction, where each statement would wait for the disk."""
    connection.begin()
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def comments(table: Table) -> Iterator[str]:
    """Statements that give a table and its columns their descriptions."""
    path = f"{ATTACHED}.{table.path}"
    yield f"comment on table {path} is {literal(table.description)}"
    for column, description in table.columns.items():
        name = f"{path}.{identifier(column)}"
        yield f"comment on column {name} is {literal(description)}"
