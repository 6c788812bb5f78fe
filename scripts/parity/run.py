"""Build packages on both engines, and compare what is published."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from instacart import config
from instacart.config import shown
from instacart.errors import UserError
from instacart.publish.build import ended_as_told
from instacart.publish.write import publish_file
from instacart.spark.build import ENDED, TABLES, built_on_spark, handed_over, told
from instacart.spark.processes import processes_of
from instacart.spark.state import STATE
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
BUILD_DUCKDB = ("instacart", "build", "--force")
BUILD_SPARK = ("instacart", "spark", "build")
# Without data tests: a case of several, or the small form in CI.
BUILD_MODELS = ("parity", "models")
WITHOUT = "DBT_EXCLUDE_RESOURCE_TYPES"
IN_SPARK = (sys.executable, "-m", "instacart", "spark")
# Of what a build says: the fact is there, the reports are not.
HALF_DONE = "marts.fct_orders"
SECONDS_BETWEEN_LOOKS = 0.5
# Of what a build said, where it failed.
LINES_SHOWN = 30


def run(work: Path, names: Sequence[str], scale: float, is_whole: bool) -> int:
    """Build and compare packages; return 1 if anything differs.

    is_whole: whether Spark runs all tests of each package and publishes it as a user's
    build does, not only of the first one. Raises UserError if a build fails.
    """
    work.mkdir(parents=True, exist_ok=True)
    differing = []
    with cluster(work / "cluster") as variables:
        for number, name in enumerate(names):
            command: Sequence[str] = BUILD_SPARK
            if number and not is_whole:
                command = BUILD_MODELS
                variables[WITHOUT] = "test unit_test"
            found = compare_case(CASES[name], work, scale, command, variables)
            print(*lines(name, found), sep="\n", flush=True)
            if found.differences:
                differing.append(name)
    if differing:
        print(f"Differ     {', '.join(differing)}")
    print(f"Files      {shown(work)}, with both databases of each package")
    return bool(differing)


def compare_case(
    case: Case,
    work: Path,
    scale: float,
    on_spark: Sequence[str],
    variables: Mapping[str, str],
) -> Compared:
    """Build one package on both engines. Raises UserError if one fails.

    on_spark: the command. variables: those that lead it to a cluster.
    """
    folder = work / case.name
    shutil.rmtree(folder, ignore_errors=True)
    case.write(folder / "raw", scale)
    databases = [folder / engine / "instacart.duckdb" for engine in ("duckdb", "spark")]
    for engine, command, database, given in (
        ("DuckDB", BUILD_DUCKDB, databases[0], {}),
        ("Spark", on_spark, databases[1], variables),
    ):
        with losing_a_worker(database, given, case.loses_worker):
            seconds = build(command, database, folder, work / "target", given)
        print(f"{case.name}: built on {engine} in {seconds:,.0f} s", flush=True)
    return compare(*databases)


def build(
    command: Sequence[str],
    database: Path,
    folder: Path,
    target: Path,
    variables: Mapping[str, str],
) -> float:
    """Build a package on one engine; return the seconds it took."""
    log = log_of(database)
    started = time.monotonic()
    with log.open("wb") as output:
        ended = subprocess.run(
            [sys.executable, "-m", *command],
            env=os.environ
            | variables
            | {
                "INSTACART_RAW_DIR": str(folder / "raw"),
                "INSTACART_DB": str(database),
                "INSTACART_TEMP_DIR": str(folder / "tmp"),
                "DBT_TARGET_PATH": str(target),
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
            f"the package {folder.name} to build in {database.parent.name}",
            "what is said above",
            f"see {shown(log)}",
        )
    return time.monotonic() - started


@contextmanager
def losing_a_worker(
    database: Path, variables: Mapping[str, str], is_lost: bool
) -> Iterator[None]:
    """Kill a worker when a build on a cluster is half done, and start another later."""
    folder = variables.get("INSTACART_SPARK_DIR")
    if not folder or not is_lost:
        yield
        return
    token = token_of(Path(folder))
    log, has_ended = log_of(database), threading.Event()
    killed: list[int] = []

    def kill() -> None:
        while not killed and not has_ended.wait(SECONDS_BETWEEN_LOOKS):
            if log.exists() and HALF_DONE in log.read_text(errors="replace"):
                parts = processes_of(token).items()
                killed.append(min(one for one, part in parts if part == "worker"))
                os.kill(killed[0], signal.SIGKILL)

    killing = threading.Thread(target=kill, daemon=True)
    killing.start()
    try:
        yield
    finally:
        has_ended.set()
        killing.join()
    if not killed:
        raise UserError(
            "a build that can lose a worker", f"no {HALF_DONE} in it", f"see {log}"
        )
    print(f"{log.parent.name}: worker {killed[0]} was killed meanwhile", flush=True)
    start_cluster(variables)


def log_of(database: Path) -> Path:
    """What the build of a database says."""
    return database.parent.with_suffix(".log")


def build_models() -> None:
    """Build what DBT_EXCLUDE_RESOURCE_TYPES leaves on Spark, of INSTACART_RAW_DIR.

    What is built becomes INSTACART_DB, whatever was tested. Raises UserError if a model
    or unit test fails.
    """
    config.check_folders()
    built = config.record_dir()
    with built_on_spark(built, config.raw_dir()) as (exchange, _, code):
        ended = told(exchange / ENDED)
        if code or ended is None:
            raise UserError(
                "every model to be built", "what dbt says above", "correct that"
            )
        tables = ended_as_told(ended).tables
        with handed_over(exchange / TABLES, tables) as connection:
            publish_file(connection, tables, config.database(), built / config.VERSIONS)


@contextmanager
def cluster(folder: Path, **settings: str) -> Iterator[dict[str, str]]:
    """A cluster of this machine; gives the variables that lead to it.

    settings: variables in place of those of CLUSTER, or besides them.
    """
    variables = CLUSTER | {"INSTACART_SPARK_DIR": str(folder)} | settings
    start_cluster(variables)
    try:
        yield variables
    finally:
        subprocess.run([*IN_SPARK, "down"], env=os.environ | variables)


def start_cluster(variables: Mapping[str, str]) -> None:
    """Start what of the cluster doesn't run."""
    if subprocess.run([*IN_SPARK, "up"], env=os.environ | variables).returncode:
        raise UserError("a cluster to build on", "what is said above", "see there")


def token_of(folder: Path) -> str:
    """By which the processes of a cluster are known that runs in a folder."""
    token: str = json.loads((folder / STATE).read_text())["token"]
    return token


def lines(name: str, found: Compared) -> list[str]:
    """What was compared, and what differs."""
    if not found.differences:
        return [
            f"{name}: {plural(found.tables, 'table')} and {found.rows:,} rows are equal"
        ]
    return [f"{name}: {line}" for line in found.differences]
