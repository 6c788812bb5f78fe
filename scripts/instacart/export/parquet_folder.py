"""The published tables as Parquet, for tools that don't read DuckDB's files."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator
from pathlib import Path

from instacart import words
from instacart.config import shown
from instacart.errors import UserError
from instacart.export.tables import read_tables
from instacart.files import (
    OUT,
    held_folder,
    replaced_folder,
    restore_folder,
    unwritable,
)
from instacart.warehouse import literal, open_warehouse

# Every folder of ours has it.
INFO = Path("data_quality", "build_info.parquet")


def run(target: Path) -> Iterator[str]:
    """Write a folder per schema with a file per table, all of them or none.

    Gives the lines of the summary; progress is printed. Raises UserError, with an
    existing folder as it was, if it is not one of ours or can't be written.
    """
    start = time.monotonic()
    check_folder(target)
    held = UserError(
        f"nobody else to write {shown(target)}", "another run that does", "wait for it"
    )
    partial = target.with_name(f".{target.name}.partial")
    refused = functools.partial(unwritable, target, OUT)
    with open_warehouse() as warehouse, held_folder(partial, held, refused) as work:
        print(warehouse.shown_build(), flush=True)
        restore_folder(target)
        new = work / "new"
        tables = read_tables(warehouse)
        for table in tables:
            path = new / table.schema / f"{table.name}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            warehouse.execute(
                f"copy (from {table.source}) to {literal(path)} (format parquet)"
            )
            print(f"{table.name:<26}{table.row_count:>12,} rows", flush=True)
        check_folder(target)
        with replaced_folder(target, new):
            pass
    size = sum(path.stat().st_size for path in target.rglob("*.parquet")) / 1e6
    yield ""
    yield (
        f"Written    {shown(target)} ({words.plural(len(tables), 'table')},"
        f" {size:,.1f} MB) in {time.monotonic() - start:.1f} s"
    )


def check_folder(target: Path) -> None:
    """Refuse to replace what no export wrote."""
    is_empty = target.is_dir() and not any(target.iterdir())
    if target.exists() and not is_empty and not (target / INFO).is_file():
        raise UserError(
            f"no {shown(target)}, or a folder that `instacart export --parquet` wrote",
            "another one",
            "move it away, or name another with --out",
        )
