"""Whether there can be a working database, and a published file beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from instacart.config import shown
from instacart.errors import UserError, one_line
from instacart.publish.run import published_beside

# At the ninth byte of every DuckDB file.
MAGIC = b"DUCK"


def check_database(working: Path, options: Mapping[str, Any]) -> None:
    """Raise UserError, one sentence, where dbt would show a stack trace.

    options: DuckDB's, with which dbt is about to connect.
    """
    target = published_beside(working.parent)
    where = f"{shown(target)} (INSTACART_DB)"
    if target.is_dir():
        raise UserError("a file to publish to", "a folder", "name another", where=where)
    if target.exists() and not is_database(target):
        raise UserError(
            "a DuckDB file, which is replaced, or none",
            "another file",
            "name a new one, or move this one away",
            where=where,
        )
    try:
        duckdb.connect(str(working), config=dict(options)).close()
    except duckdb.Error as error:
        found, remedy = what_is_wrong(error, working.parent)
        raise UserError("to build a database", found, remedy, where=where) from None


def is_database(path: Path) -> bool:
    """Whether a file begins as one of DuckDB, or is empty, as a new one may be."""
    with path.open("rb") as file:
        head = file.read(12)
    return not head or head[8:] == MAGIC


def what_is_wrong(error: duckdb.Error, built: Path) -> tuple[str, str]:
    """What was found in place of a database, and what to do about it."""
    reason = one_line(str(error).partition("\n")[0])
    if not isinstance(error, duckdb.IOException):
        return (
            f"settings that DuckDB refuses ({reason})",
            "correct INSTACART_MEMORY_LIMIT or INSTACART_THREADS",
        )
    if "lock" not in str(error):
        return f"what can't be opened ({reason})", f"remove {shown(built)}, build again"
    process = re.search(r"PID (\d+)", str(error))
    owner = f" {process[1]}" if process else ""
    return f"it open in process{owner}", "close that connection and run again"
