"""Build packages on both engines, and compare what is published."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from instacart.config import shown
from instacart.errors import UserError
from instacart.words import plural

from parity.cases import CASES, Case
from parity.compare import Compared, compare

# A cluster of its own: its tables are not those of anybody's warehouse.
CLUSTER = {
    "INSTACART_SPARK_METHOD": "thrift",
    "INSTACART_SPARK_HOST": "127.0.0.1",
    "INSTACART_SPARK_AUTH": "NOSASL",
    "INSTACART_SPARK_PORT": "10090",
    "INSTACART_SPARK_MASTER_PORT": "7090",
    "INSTACART_SPARK_UI_PORT": "8090",
}
INSTACART = (sys.executable, "-m", "instacart")
BUILDS = {"duckdb": ("build", "--force"), "spark": ("spark", "build")}
# Of what a build said, where it failed.
LINES_SHOWN = 30


def run(work: Path, names: Sequence[str], scale: float, with_tests: bool) -> int:
    """Build and compare packages; return 1 if anything differs.

    with_tests: whether each build on Spark runs all tests too, not only that of the
    first package. Raises UserError if a build fails.
    """
    work.mkdir(parents=True, exist_ok=True)
    differing = []
    with cluster(work / "cluster") as variables:
        for number, name in enumerate(names):
            folder = work / name
            shutil.rmtree(folder, ignore_errors=True)
            leaves_out = {}
            if number and not with_tests:
                leaves_out = {"DBT_EXCLUDE_RESOURCE_TYPES": "unit_test"}
            found = compare_case(CASES[name], folder, scale, variables | leaves_out)
            print(*lines(name, found), sep="\n", flush=True)
            if found.differences:
                differing.append(name)
    if differing:
        print(f"Differ     {', '.join(differing)}")
    print(f"Files      {shown(work)}, with both databases of each package")
    return bool(differing)


def compare_case(
    case: Case, folder: Path, scale: float, variables: Mapping[str, str]
) -> Compared:
    """Build one package on both engines. Raises UserError if one fails."""
    case.write(folder / "raw", scale)
    databases = []
    for engine, command in BUILDS.items():
        database = folder / engine / "instacart.duckdb"
        seconds = build(engine, command, database, folder, variables)
        print(f"{case.name}: built on {engine} in {seconds:,.0f} s", flush=True)
        databases.append(database)
    return compare(*databases)


def build(
    engine: str,
    command: Sequence[str],
    database: Path,
    folder: Path,
    variables: Mapping[str, str],
) -> float:
    """Build a package on one engine; return the seconds it took."""
    log = folder / f"{engine}.log"
    started = time.monotonic()
    with log.open("wb") as output:
        ended = subprocess.run(
            [*INSTACART, *command],
            env=os.environ
            | variables
            | {
                "INSTACART_RAW_DIR": str(folder / "raw"),
                "INSTACART_DB": str(database),
                "INSTACART_TEMP_DIR": str(folder / "tmp"),
                "DBT_TARGET_PATH": str(folder.parent / "target" / engine),
                "DBT_LOG_PATH": str(folder / "logs"),
                "DBT_USE_COLORS": "false",
            },
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    if ended.returncode:
        print(*log.read_text(errors="replace").splitlines()[-LINES_SHOWN:], sep="\n")
        raise UserError(
            f"the package {folder.name} to build on {engine}",
            "what is said above",
            f"see {shown(log)}",
        )
    return time.monotonic() - started


@contextmanager
def cluster(folder: Path, **settings: str) -> Iterator[dict[str, str]]:
    """A cluster of this machine; gives the variables that lead to it.

    settings: variables in place of those of CLUSTER, or besides them.
    """
    variables = CLUSTER | {"INSTACART_SPARK_DIR": str(folder)} | settings
    environment = os.environ | variables
    if subprocess.run([*INSTACART, "spark", "up"], env=environment).returncode:
        raise UserError("a cluster to build on", "what is said above", "see there")
    try:
        yield variables
    finally:
        subprocess.run([*INSTACART, "spark", "down"], env=environment)


def lines(name: str, found: Compared) -> list[str]:
    """What was compared, and what differs."""
    if not found.differences:
        return [
            f"{name}: {plural(found.tables, 'table')} and {found.rows:,} rows are equal"
        ]
    return [f"{name}: {line}" for line in found.differences]
