"""The clients that `make clients` installs, each in a folder of its own."""

from __future__ import annotations

import os
from pathlib import Path

from instacart import config
from instacart.config import shown
from instacart.errors import UserError

CLIENTS = config.in_project("target/clients")
# SQLAlchemy, ADBC and the CLI, with the DuckDB that the project builds with.
READERS = "readers"
# DuckDB: folder of its newest patch.
VERSIONS = {
    **{f"1.{minor}": f"duckdb-1.{minor}" for minor in range(5)},
    "1.5": READERS,
    "2.0": "duckdb-2.0",
}


def folder(name: str) -> Path:
    """The folder of a client. Raises UserError where clients are not installed."""
    found = CLIENTS / name
    if not (CLIENTS / ".installed").exists():
        raise UserError(
            f"a client of published files in {shown(found)}",
            "none",
            "run `make clients`",
        )
    return found


def environment(name: str) -> dict[str, str]:
    """The variables with which a Python imports a client's packages first."""
    return os.environ | {"PYTHONPATH": str(folder(name))}


def cli() -> Path:
    """DuckDB's command line."""
    return folder(READERS) / "duckdb_cli" / "duckdb"
