"""Tables that are too long for a sheet, as Parquet beside the workbook."""

from __future__ import annotations

import glob
from pathlib import Path

import duckdb

from instacart.config import shown
from instacart.errors import UserError
from instacart.export.tables import Table
from instacart.warehouse import Warehouse, literal


def parquet_path(table: Table, target: Path) -> Path:
    """Where a table lies that doesn't fit in the workbook `target`."""
    return target.with_name(f"{table.name}.parquet")


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


def check_parquet(warehouse: Warehouse, path: Path, target: Path) -> None:
    """Refuse to replace a Parquet file of somebody else."""
    if path.exists() and not is_ours(warehouse, path, target):
        raise UserError(
            f"no {shown(path)}, or one that an export to {shown(target)} wrote",
            "another file",
            "move it away, or name another folder with --out",
        )


def write_parquet(warehouse: Warehouse, table: Table, path: Path, target: Path) -> None:
    """Write a table in the warehouse's order, marked as ours."""
    warehouse.execute(
        f"copy (from {table.source}) to {literal(path)}"
        f" (format parquet, kv_metadata {{exported_with: {literal(target.name)}}})"
    )
