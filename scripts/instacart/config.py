"""Every variable a user can set, its default, and how DuckDB is configured.

Relative paths in variables are relative to the project, as dbt reads them. What
profiles.yml repeats of this, tests/python/test_config.py compares.
"""

from __future__ import annotations

import os
from pathlib import Path

PROJECT_DIR = Path(__file__).resolve().parents[2]

# Variable: default.
DEFAULTS = {
    "INSTACART_RAW_DIR": "data/raw",
    "INSTACART_DB": "warehouse/instacart.duckdb",
    "INSTACART_MEMORY_LIMIT": "800MB",
    "INSTACART_THREADS": "2",
    "INSTACART_DBT_THREADS": "2",
    "INSTACART_TEMP_DIR": "warehouse/tmp",
}
# dbt reads each of its variables under the first prefix too, and prefers it.
DBT_PREFIXES = ("DBT_ENGINE_", "DBT_")


def setting(name: str) -> str:
    """What a variable of DEFAULTS is set to; its default where it is unset or empty."""
    return os.environ.get(name) or DEFAULTS[name]


def raw_dir() -> Path:
    """The folder of the raw files."""
    return in_project(setting("INSTACART_RAW_DIR"))


def database() -> Path:
    """The warehouse file."""
    return in_project(setting("INSTACART_DB"))


def temp_dir() -> Path:
    """Where DuckDB spills and copies of raw files lie."""
    return in_project(setting("INSTACART_TEMP_DIR"))


def target_dir() -> Path:
    """Where dbt writes its manifest and results."""
    named = (os.environ.get(f"{prefix}TARGET_PATH") for prefix in DBT_PREFIXES)
    return in_project(next(filter(None, named), "target"))


def duckdb_config() -> dict[str, str]:
    """DuckDB's settings for whatever builds a warehouse."""
    return {
        "memory_limit": setting("INSTACART_MEMORY_LIMIT"),
        "threads": setting("INSTACART_THREADS"),
        "temp_directory": str(temp_dir()),
        "preserve_insertion_order": "false",
        "disabled_compression_methods": "fsst",
        # Giving memory back and asking for it again takes a tenth of a build.
        "block_allocator_memory": "600MB",
    }


def in_project(path: str) -> Path:
    """A path that is relative to the project, or absolute."""
    return PROJECT_DIR / path


def shown(path: Path) -> str:
    """A path as one would type it here: relative where it lies below this folder."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
