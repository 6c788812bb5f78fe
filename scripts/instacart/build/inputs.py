"""What a build depends on: raw files, project files and settings."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from instacart import config

# What changes in the first folders, dbt compares with its manifest of another build.
COMPARED_BY_DBT = ("models/", "seeds/", "tests/", "analyses/")
FOLDERS = (*COMPARED_BY_DBT, "macros/")
PYTHON_TESTS = "tests/python/"
READ_BY_DBT = {".sql", ".py", ".yml", ".yaml", ".md", ".csv"}
# dbt's configuration, and the plugin with what it imports; patterns of paths.
PROJECT_FILES = (
    ".dbtignore",
    "dbt_project.yml",
    "dependencies.yml",
    "packages.yml",
    "profiles.yml",
    "requirements.lock",
    "selectors.yml",
    "scripts/dbt_instacart.py",
    "scripts/instacart/__init__.py",
    "scripts/instacart/config.py",
    "scripts/instacart/dbt_child.py",
    "scripts/instacart/dbt_plugin.py",
    "scripts/instacart/errors.py",
    "scripts/instacart/files.py",
    "scripts/instacart/generated_files.py",
    "scripts/instacart/lighter_dbt.py",
    "scripts/instacart/publish/*.py",
    "scripts/instacart/raw_package/*.py",
    "scripts/instacart/shortages.py",
    "scripts/instacart/warehouse.py",
    "scripts/instacart/words.py",
)

# Any variable of theirs may change what is built or whether it passes, but for these.
SETTINGS = re.compile(r"DBT_|INSTACART_")
WITHOUT_EFFECT = re.compile(
    r"INSTACART_(DB|THREADS|DBT_THREADS|MEMORY_LIMIT|TEMP_DIR|SPARK_\w+)"
    r"|DBT_(TARGET_PATH|LOG_.*|USE_COLORS.*|PRINTER_WIDTH|PROJECT_DIR|PROFILES_DIR)"
)

# Size and nanoseconds of the last change; None where there is no file. A list, as JSON
# has it.
Stamp = list[int] | None


@dataclass(frozen=True)
class Inputs:
    """What decides what is built, as far as it takes to see that it changed."""

    # By name: stamp.
    raw_files: dict[str, Stamp]
    # By path as git names it: digest of the content.
    project_files: dict[str, str]
    # By variable: digest of the value, which may be a secret.
    settings: dict[str, str]


def read_inputs(raw_dir: Path) -> Inputs:
    """What a build would depend on now."""
    return Inputs(
        raw_files=raw_files(raw_dir),
        project_files={
            in_project(path): digest(path.read_bytes()) for path in project_files()
        },
        settings={
            name: digest(value.encode("utf-8", "surrogateescape"))
            for name, value in sorted(os.environ.items())
            if SETTINGS.match(name) and not WITHOUT_EFFECT.fullmatch(plain_name(name))
        },
    )


def raw_files(raw_dir: Path) -> dict[str, Stamp]:
    """Stamps of the files in the folder of raw files, by their path in it.

    Folders in it count as deep as raw files are found: parts in a folder in a folder.
    """
    if not raw_dir.is_dir():
        return {}
    names = {
        path: path.relative_to(raw_dir)
        for pattern in ("*", "*/*", "*/*/*")
        for path in sorted(raw_dir.glob(pattern))
    }
    return {
        name.as_posix(): stamp(path)
        for path, name in names.items()
        if path.is_file() and not any(part.startswith(".") for part in name.parts)
    }


def project_files() -> Iterator[Path]:
    """The files that dbt and its plugin read."""
    for pattern in PROJECT_FILES:
        yield from sorted(config.PROJECT_DIR.glob(pattern))
    for folder in FOLDERS:
        for path in sorted((config.PROJECT_DIR / folder).rglob("*")):
            is_python_test = in_project(path).startswith(PYTHON_TESTS)
            if path.suffix in READ_BY_DBT and path.is_file() and not is_python_test:
                yield path


def plain_name(variable: str) -> str:
    """A variable's name as dbt's documentation has it."""
    engine, plain = config.DBT_PREFIXES
    return variable.replace(engine, plain) if variable.startswith(engine) else variable


def stamp(path: Path) -> Stamp:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return [status.st_size, status.st_mtime_ns]


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def in_project(path: Path) -> str:
    """A path of the project as git names it."""
    return path.relative_to(config.PROJECT_DIR).as_posix()
