"""Every variable a user can set, its default, and how DuckDB is configured.

Relative paths in variables are relative to the project, as dbt reads them. What
profiles.yml repeats of this, tests/python/test_config.py compares.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from instacart.errors import UserError, one_line

PROJECT_DIR = Path(__file__).resolve().parents[2]

# Seed with the figures of the full data of 2017.
PUBLISHED_FIGURES = PROJECT_DIR / "seeds" / "published_figures.csv"

# Variable: default.
DEFAULTS = {
    "INSTACART_RAW_DIR": "data/raw",
    "INSTACART_DB": "warehouse/instacart.duckdb",
    "INSTACART_MEMORY_LIMIT": "800MB",
    "INSTACART_THREADS": "2",
    "INSTACART_DBT_THREADS": "2",
    "INSTACART_TEMP_DIR": "warehouse/tmp",
    "INSTACART_SPARK_METHOD": "thrift",
    "INSTACART_SPARK_HOST": "127.0.0.1",
    "INSTACART_SPARK_PORT": "10000",
    "INSTACART_SPARK_USER": "instacart",
    "INSTACART_SPARK_AUTH": "NOSASL",
    # Of the cluster that `instacart spark up` starts.
    "INSTACART_SPARK_DIR": "warehouse/spark",
    "INSTACART_SPARK_WORKERS": "2",
    "INSTACART_SPARK_WORKER_CORES": "1",
    "INSTACART_SPARK_WORKER_MEMORY": "1500MB",
    "INSTACART_SPARK_MASTER_PORT": "7077",
    "INSTACART_SPARK_UI_PORT": "8080",
}
# Beside the published file, and in that folder: see scripts/instacart/publish.
BUILT = ".built"
VERSIONS = "versions"
# What a file is called while it is written: no database that dbt writes has this name.
ATTACHED = "being_published"
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
SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([KMGT])(I?)B", re.IGNORECASE)
PORT = re.compile(r"0*[1-9][0-9]{0,4}")
LAST_PORT = 65535
# A build of the demo takes about 100 MB at least.
LEAST_MEGABYTES = 200
# Spark refuses 450 MiB of memory or less, not counting what its collector keeps free.
LEAST_WORKER_MEGABYTES = 500
# DuckDB names a database after its file, up to the first dot. These are names of its
# own, and the warehouse's schemas.
RESERVED_NAMES = {
    *("information_schema", "main", "memory", "pg_catalog", "system", "temp"),
    ATTACHED,
    *("data_quality", "intermediate", "marts", "raw", "reference", "staging"),
}
# How dbt-spark connects, and how it says who it is.
SPARK_METHODS = ("thrift", "session")
SPARK_AUTHS = ("NOSASL", "NONE", "LDAP", "KERBEROS", "CUSTOM")
# Those with which a name can't be written in SQL, or a path not be shown.
UNUSABLE_CHARACTERS = re.compile(r"['\";]|[\x00-\x1f\x7f\ud800-\udfff]")
# Spark reads a list of folders where it is given one.
UNUSABLE_IN_SPARK = re.compile(f"{UNUSABLE_CHARACTERS.pattern}|,")


def setting(name: str) -> str:
    """What a variable of DEFAULTS is set to; its default where it is unset or empty."""
    return os.environ.get(name) or DEFAULTS[name]


def check_settings() -> None:
    """Raise UserError for a variable that can't be what it is set to."""
    if not is_enough_memory(setting("INSTACART_MEMORY_LIMIT")):
        expected = f"a size such as 800MB or 4GB, at least {LEAST_MEGABYTES}MB"
        raise _wrong("INSTACART_MEMORY_LIMIT", expected)
    for name in ("INSTACART_THREADS", "INSTACART_DBT_THREADS"):
        if not COUNT.fullmatch(setting(name)):
            raise _wrong(name, "a number of threads, from 1 to 9999")
    path = Path(setting("INSTACART_DB"))
    if UNUSABLE_CHARACTERS.search(path.name):
        expected = "a file name without quotes, semicolons and control characters"
        raise _wrong("INSTACART_DB", expected)
    if path.name.partition(".")[0].lower() in {"", *RESERVED_NAMES}:
        expected = "a file not named as a schema of the warehouse or a part of DuckDB"
        raise _wrong("INSTACART_DB", expected)
    if os.path.isdir(database()):
        raise _wrong("INSTACART_DB", "a file", f"the folder {shown(database())}")
    check_spark_settings()


def check_spark_settings() -> None:
    """Raise UserError for a variable of Spark that can't be what it is set to."""
    for name, choices in (
        ("INSTACART_SPARK_METHOD", SPARK_METHODS),
        ("INSTACART_SPARK_AUTH", SPARK_AUTHS),
    ):
        if setting(name) not in choices:
            raise _wrong(name, f"one of {', '.join(choices)}")
    if not re.fullmatch(r"[\w.:-]+", setting("INSTACART_SPARK_HOST"), re.ASCII):
        raise _wrong("INSTACART_SPARK_HOST", "the name or address of a host")
    # It has the page of queries on the port after its own.
    for name, last in (
        ("INSTACART_SPARK_PORT", LAST_PORT),
        ("INSTACART_SPARK_MASTER_PORT", LAST_PORT),
        ("INSTACART_SPARK_UI_PORT", LAST_PORT - 1),
    ):
        if not PORT.fullmatch(setting(name)) or int(setting(name)) > last:
            raise _wrong(name, f"the number of a port, from 1 to {last}")
    for name, what in (
        ("INSTACART_SPARK_WORKERS", "workers"),
        ("INSTACART_SPARK_WORKER_CORES", "cores"),
    ):
        if not COUNT.fullmatch(setting(name)):
            raise _wrong(name, f"a number of {what}, from 1 to 9999")
    name = "INSTACART_SPARK_WORKER_MEMORY"
    if not is_enough_memory(setting(name), LEAST_WORKER_MEGABYTES):
        expected = "a size such as 800MB or 4GB, at least"
        raise _wrong(name, f"{expected} {LEAST_WORKER_MEGABYTES}MB")
    if UNUSABLE_IN_SPARK.search(setting("INSTACART_SPARK_DIR")):
        expected = "a folder without quotes, commas, semicolons and control characters"
        raise _wrong("INSTACART_SPARK_DIR", expected)


def is_enough_memory(size: str, megabytes: int = LEAST_MEGABYTES) -> bool:
    """Whether a text is a size in DuckDB's notation, and enough."""
    return bool(SIZE.fullmatch(size)) and bytes_of(size) >= megabytes * 10**6


def bytes_of(size: str) -> float:
    """What a size in DuckDB's notation comes to."""
    found = SIZE.fullmatch(size)
    assert found, size
    number, unit, is_binary = found.groups()
    base = 1024 if is_binary else 1000
    return float(number) * base ** ("KMGT".index(unit.upper()) + 1)


def _wrong(name: str, expected: str, found: str = "") -> UserError:
    return UserError(
        expected,
        found or repr(setting(name)),
        f"correct or unset it (default {DEFAULTS[name]})",
        where=name,
    )


def check_folders() -> None:
    """Make the folders that a build writes to; raise UserError if one can't be used."""
    check_writable("INSTACART_DB", database().parent)
    check_writable("INSTACART_TEMP_DIR", temp_dir())
    check_writable("DBT_TARGET_PATH", target_dir())
    check_writable("DBT_LOG_PATH", log_dir())


def check_writable(name: str, folder: Path) -> None:
    """Make the folder that a variable leads to; raise UserError if none can be used."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".{os.getpid()}.probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UserError(
            f"a folder to write to at {shown(folder)}",
            f"that it can't be written ({one_line(error)})",
            "name another, or see who may write it",
            where=name,
        ) from error


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


def spark_dir() -> Path:
    """Where the Spark cluster of this machine keeps its tables, logs and state."""
    return in_project(setting("INSTACART_SPARK_DIR"))


def record_dir() -> Path:
    """Where builds keep what the warehouse is made of, and its versions."""
    return database().with_name(f"{database().name}{BUILT}")


def target_dir() -> Path:
    """Where dbt writes its manifest and results."""
    return in_project(dbt_setting("TARGET_PATH", "target"))


def log_dir() -> Path:
    """Where dbt writes its log."""
    return in_project(dbt_setting("LOG_PATH", "logs"))


def dbt_setting(name: str, default: str) -> str:
    """What a variable of dbt is set to, or a default where it is unset or empty."""
    named = (os.environ.get(f"{prefix}{name}") for prefix in DBT_PREFIXES)
    return next(filter(None, named), default)


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
