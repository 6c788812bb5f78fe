"""A stand-in for instacart.publish.write, of the same shape."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Table:
    schema: str
    name: str
    description: str
    columns: dict

    @property
    def path(self) -> str:
        return f'"{self.schema}"."{self.name}"'


def publish_file(connection, tables, target: Path, versions: Path, info=None) -> int:
    versions.mkdir(parents=True, exist_ok=True)
    number = 1 + max((int(p.stem) for p in versions.glob("[0-9]*.duckdb")), default=0)
    work = versions / f".{number:06}.duckdb"
    connection.execute(f"attach '{work}' as published")
    for schema in sorted({table.schema for table in tables}):
        connection.execute(f"create schema published.{schema}")
    for table in tables:
        connection.execute(f"create table published.{table.path} as from {table.path}")
        text = table.description.replace("'", "''")
        connection.execute(f"comment on table published.{table.path} is '{text}'")
        for column, about in table.columns.items():
            text = about.replace("'", "''")
            connection.execute(
                f"comment on column published.{table.path}.\"{column}\" is '{text}'"
            )
    connection.execute("checkpoint published")
    connection.execute("detach published")
    os.replace(work, versions / f"{number:06}.duckdb")
    partial = target.with_name(f".{target.name}.partial")
    os.link(versions / f"{number:06}.duckdb", partial)
    os.replace(partial, target)
    for old in sorted(versions.glob("[0-9]*.duckdb"))[:-3]:
        old.unlink()
    return number
