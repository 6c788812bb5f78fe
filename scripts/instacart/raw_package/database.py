"""Whether dbt can write to the database at all."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
from dbt_common.exceptions import DbtRuntimeError

from instacart.errors import UserError, one_line


def check_database(path: str, config: dict[str, Any]) -> None:
    """Say in one sentence why a database can't be opened; dbt shows a stack trace.

    Makes the database's folder. Raises ``DbtRuntimeError``.
    """
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        duckdb.connect(path, config=config).close()
    except (OSError, duckdb.Error) as error:
        found, remedy = what_is_wrong(error)
        sentence = UserError(
            "a database to write to", found, remedy, where=f"{path} (INSTACART_DB)"
        )
        raise DbtRuntimeError(str(sentence)) from None


def what_is_wrong(error: OSError | duckdb.Error) -> tuple[str, str]:
    """What was found in place of a database, and what to do about it."""
    reason = one_line(str(error).partition("\n")[0])
    if isinstance(error, OSError):
        return one_line(error).lower(), "name a file in a folder you may write to"
    if not isinstance(error, duckdb.IOException):
        return (
            f"settings that DuckDB refuses ({reason})",
            "correct INSTACART_MEMORY_LIMIT or INSTACART_THREADS",
        )
    if "lock" not in str(error):
        return f"another one ({reason})", "name a DuckDB file or a new one"
    process = re.search(r"PID (\d+)", str(error))
    owner = f" {process[1]}" if process else ""
    return f"it open in process{owner}", "close that connection and run again"
