"""Tables that are not sheets, as Parquet in a folder beside the workbook."""

from __future__ import annotations

import glob
from pathlib import Path

import duckdb

from instacart.config import shown
from instacart.errors import UserError
from instacart.export.tables import Table
from instacart.warehouse import Warehouse, literal


def folder_beside(target: Path) -> Path:
    """The folder of Parquet files that belongs to a workbook."""
    return target.with_suffix(".parquet")


def is_ours(warehouse: Warehouse, path: Path, target: Path) -> bool:
    """Whether a Parquet file says that an export to this workbook's name wrote it."""
    # Else DuckDB would read a name with brackets as a pattern.
    exact = literal(glob.escape(str(path)))
    try:
        marks = warehouse.connection.execute(
            f"select decode(value) from parquet_kv_metadata({exact})"
            " where decode(key) = 'exported_with'"
        ).fetchall()
    except duckdb.Error:
        return False
    return marks == [(target.name,)]


def check_folder(warehouse: Warehouse, folder: Path, target: Path) -> None:
    """Refuse to replace a folder that holds files of somebody else."""
    found = list(folder.iterdir()) if folder.is_dir() else [folder]
    # File managers leave hidden files.
    visible = [path for path in found if not path.name.startswith(".")]
    if folder.exists() and not all(
        is_ours(warehouse, path, target) for path in visible
    ):
        raise UserError(
            f"no {shown(folder)}, or one that an export to {shown(target)} wrote",
            "another one",
            "move it away, or name another workbook with --out",
        )


def write_parquet(warehouse: Warehouse, table: Table, path: Path, target: Path) -> None:
    """Write a table in the warehouse's order, marked as ours."""
    path.parent.mkdir(exist_ok=True)
    warehouse.execute(
        f"copy (from {table.source}) to {literal(path)}"
        f" (format parquet, kv_metadata {{exported_with: {literal(target.name)}}})"
    )
