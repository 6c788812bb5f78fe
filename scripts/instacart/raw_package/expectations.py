"""What is expected of the raw files, as the sources' YAML says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from instacart.config import PROJECT_DIR

SOURCES = Path("models/staging/instacart/_instacart__sources.yml")
SOURCE = "instacart"


@dataclass(frozen=True)
class Column:
    """What is expected of one column."""

    is_optional: bool = False
    # Names that others give it; a message proposes to rename them.
    also_called: tuple[str, ...] = ()


@dataclass(frozen=True)
class Expected:
    """What is expected of the files of one source table."""

    # Patterns of their names in lower case, without .gz, .zip or .bz2.
    files: list[str]
    columns: dict[str, Column]
    # Names of which one must be there; empty where the table is optional.
    one_of: list[str]
    # Names of files beside which no other of the table may lie.
    alone: list[str]
    # What follows from having no file.
    lacking: str
    # The label of a layout of one row, if there may be one.
    wide_column: str | None
    # Whether an index column may stand for the id, which is the first column.
    index_may_be_id: bool

    @property
    def names(self) -> list[str]:
        """Names of files that are no patterns."""
        listed = dict.fromkeys([*self.files, *self.one_of])
        return [name for name in listed if "*" not in name]

    @property
    def id_column(self) -> str:
        return next(iter(self.columns))


Expectations = dict[str, Expected]


def expected_of(found: Mapping[str, Any]) -> Expected:
    """What the meta of a source table says, with the meta of each column."""
    return Expected(
        files=found["files"],
        columns={
            name: Column(
                meta.get("optional", False), tuple(meta.get("also_called", ()))
            )
            for name, meta in found["columns"].items()
        },
        one_of=found.get("one_of", []),
        alone=found.get("alone", []),
        lacking=found.get("lacking", ""),
        wide_column=found.get("wide_column"),
        index_may_be_id=found.get("index_may_be_id", False),
    )


def read_meta() -> dict[str, dict[str, Any]]:
    """What the macro raw_file_expectations hands over, read without dbt."""
    sources = yaml.safe_load((PROJECT_DIR / SOURCES).read_text("utf-8"))["sources"]
    (tables,) = (each["tables"] for each in sources if each["name"] == SOURCE)
    return {
        table["name"]: {
            **table["config"]["meta"],
            "columns": {
                column["name"]: column.get("config", {}).get("meta", {})
                for column in table["columns"]
            },
        }
        for table in tables
    }


def read_expectations() -> Expectations:
    """What is expected of each source table, where dbt does not say it."""
    return {table: expected_of(found) for table, found in read_meta().items()}
