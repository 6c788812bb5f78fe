"""What a build is made of: raw files, project files, settings, the database itself."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from instacart.config import DBT_PREFIXES, PROJECT_DIR

# What changes in the first folders, dbt compares with its manifest of another build.
COMPARED_BY_DBT = ("models/", "seeds/", "tests/", "analyses/")
FOLDERS = (*COMPARED_BY_DBT, "macros/")
GENERIC_TESTS = "tests/generic/"
PYTHON_TESTS = "tests/python/"
READ_BY_DBT = {".sql", ".py", ".yml", ".yaml", ".md", ".csv"}
# Of a larger seed dbt compares the name only.
LARGEST_COMPARED_SEED = 1_000_000
PROJECT_FILES = (
    ".dbtignore",
    "dbt_project.yml",
    "dependencies.yml",
    "packages.yml",
    "profiles.yml",
    "requirements.lock",
    "selectors.yml",
    "scripts/instacart/__init__.py",
    "scripts/instacart/config.py",
    "scripts/instacart/errors.py",
    "scripts/instacart/generated_files.py",
    "scripts/instacart/raw_package.py",
)

# Any variable of theirs may change what is built or whether it passes, but for these.
SETTINGS = re.compile(r"DBT_|INSTACART_")
WITHOUT_EFFECT = re.compile(
    r"INSTACART_(DB|THREADS|DBT_THREADS|MEMORY_LIMIT|TEMP_DIR)"
    r"|DBT_(TARGET_PATH|LOG_.*|USE_COLORS.*|PRINTER_WIDTH|PROJECT_DIR|PROFILES_DIR)"
)


def ingredients(raw_dir: Path) -> dict:
    """All that decides what is built: raw files, project files, settings."""
    paths = [PROJECT_DIR / name for name in PROJECT_FILES]
    for folder in FOLDERS:
        paths += [
            path
            for path in sorted((PROJECT_DIR / folder).rglob("*"))
            if path.suffix in READ_BY_DBT
            and not in_project(path).startswith(PYTHON_TESTS)
        ]
    return {
        "raw_files": raw_files(raw_dir),
        "project_files": {
            in_project(path): digest(path.read_bytes())
            for path in paths
            if path.is_file()
        },
        # As digests, since a variable may hold a secret.
        "settings": {
            name: digest(value.encode("utf-8", "surrogateescape"))
            for name, value in sorted(os.environ.items())
            if SETTINGS.match(name) and not WITHOUT_EFFECT.fullmatch(plain_name(name))
        },
    }


def raw_files(raw_dir: Path) -> dict[str, list]:
    """Size and time of every file in the folder of raw files, by name."""
    if not raw_dir.is_dir():
        return {}
    return {
        path.name: size_and_time(path)
        for path in sorted(raw_dir.iterdir())
        if path.is_file() and not path.name.startswith(".")
    }


def plain_name(variable: str) -> str:
    """A variable's name as dbt's documentation has it."""
    engine, plain = DBT_PREFIXES
    return variable.replace(engine, plain) if variable.startswith(engine) else variable


def identity(database: Path) -> list:
    """By what one sees that a database was written: itself, and its log."""
    log = database.with_name(f"{database.name}.wal")
    return [size_and_time(path) for path in (database, log)]


def size_and_time(path: Path) -> list[int] | None:
    """Size, and nanoseconds of the last change; None where there is no file."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return [status.st_size, status.st_mtime_ns]


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def in_project(path: Path) -> str:
    """A path of the project as git names it."""
    return path.relative_to(PROJECT_DIR).as_posix()
