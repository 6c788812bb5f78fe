"""Every variable a user can set, its default, and how DuckDB is configured.

Relative paths in variables are relative to the project, as dbt reads them. What
profiles.yml repeats of this, tests/python/test_config.py compares.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from instacart.errors import UserError

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
# Beside the published file, and in that folder: see scripts/instacart/publish.
BUILT = ".built"
VERSIONS = "versions"
# What is generated where nobody says otherwise.
DEMO_PACKAGE = "careerfoundry"
DEMO_SCALE = 0.01
SEED = 42
# What DuckDB is told besides, whenever a warehouse is built.
BUILD_CONFIG = {
    "preserve_insertion_order": "false",
    "disabled_compression_methods": "fsst",
    # Memory is kept for the next query: giving it back and asking for it again takes
    # a tenth of a build.
    "block_allocator_memory": "600MB",
}
# dbt reads each of its variables under the first prefix too, and prefers it.
DBT_PREFIXES = ("DBT_ENGINE_", "DBT_")

COUNT = re.compile(r"0*[1-9][0-9]{0,3}")
MEMORY = re.compile(r"(?=.*[1-9])[0-9]+(\.[0-9]+)? ?[KMGT]i?B", re.IGNORECASE)
# Variable: what it has to look like, as a pattern and in words.
FORMS = {
    "INSTACART_MEMORY_LIMIT": (MEMORY, "a size such as 800MB or 4GB"),
    "INSTACART_THREADS": (COUNT, "a number of threads, from 1 to 9999"),
    "INSTACART_DBT_THREADS": (COUNT, "a number of threads, from 1 to 9999"),
}


def setting(name: str) -> str:
    """What a variable of DEFAULTS is set to; its default where it is unset or empty."""
    return os.environ.get(name) or DEFAULTS[name]


def check_settings() -> None:
    """Raise UserError for a variable that can't be what it is set to."""
    for name, (form, expected) in FORMS.items():
        value = setting(name)
        if not form.fullmatch(value):
            raise UserError(
                expected,
                repr(value),
                f"correct or unset it (default {DEFAULTS[name]})",
                where=name,
            )


def raw_dir() -> Path:
    """The folder of the raw files."""
    return in_project(setting("INSTACART_RAW_DIR"))


def database() -> Path:
    """The warehouse file, which readers open: the published one."""
    return in_project(setting("INSTACART_DB"))


def working_database() -> Path:
    """The database that dbt writes.

    It has the name of the published file, so that what dbt compiles runs on either.
    """
    return record_dir() / database().name


def temp_dir() -> Path:
    """Where DuckDB spills and copies of raw files lie."""
    return in_project(setting("INSTACART_TEMP_DIR"))


def record_dir() -> Path:
    """Where builds keep what the warehouse is made of, and its versions."""
    return database().with_name(f"{database().name}{BUILT}")


def target_dir() -> Path:
    """Where dbt writes its manifest and results."""
    named = (os.environ.get(f"{prefix}TARGET_PATH") for prefix in DBT_PREFIXES)
    return in_project(next(filter(None, named), "target"))


def duckdb_config() -> dict[str, str]:
    """DuckDB's settings for whatever builds a warehouse."""
    return duckdb_limits() | BUILD_CONFIG


def duckdb_limits() -> dict[str, str]:
    """What DuckDB may take of this machine, for building and reading alike."""
    return {
        "memory_limit": setting("INSTACART_MEMORY_LIMIT"),
        "threads": setting("INSTACART_THREADS"),
        "temp_directory": str(temp_dir()),
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
