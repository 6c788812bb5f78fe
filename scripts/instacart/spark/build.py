"""Build the warehouse on Spark, and publish it as a DuckDB file for readers.

The raw files are checked here, as on DuckDB, before dbt starts. What dbt and this
process tell each other lies in the exchange, a folder that the cluster sees too:

package.json        where to read the raw files, in a line
begin_run           what dbt is about to build
tables/<its name>   each public table, as Parquet
finish_run          how the run ended
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from instacart import config
from instacart.build import generate_demo
from instacart.build.record import MANIFEST, RECORD
from instacart.build.summary import summarize, test_lines
from instacart.dbt_process import Engine, run_dbt
from instacart.errors import UserError
from instacart.files import replaced_when_complete
from instacart.publish import build
from instacart.publish.run import end_run, start_run
from instacart.publish.state import KILLED, read_state
from instacart.publish.write import Table
from instacart.raw_package.expectations import read_expectations
from instacart.raw_package.package import described_package
from instacart.spark.cluster import check_workers, remove_unfinished_tables
from instacart.spark.connection import check_cluster, environment_python
from instacart.spark.faults import JAVA_STACK, fault
from instacart.warehouse import identifier, literal

ENGINE = "spark"
PACKAGE, STARTED, ENDED, TABLES = "package.json", "begin_run", "finish_run", "tables"


AGAIN = "correct that and run `make build-spark` again"


def run() -> None:
    """Build everything on Spark, test and publish it. Raises UserError if it fails."""
    if config.setting("INSTACART_SPARK_METHOD") == "thrift":
        check_cluster()
    config.check_folders()
    built = config.record_dir()
    generate_demo(config.raw_dir())
    with built_on_spark(built, config.raw_dir()) as (exchange, files, code):
        print(publish(built, exchange, files), flush=True)
    if code:
        print(*test_lines(read_state(built).last_results), sep="\n", flush=True)
        raise UserError(
            "every model to be built and every test to pass",
            "what dbt says above",
            AGAIN,
        )
    summarize(config.database())


@contextmanager
def built_on_spark(
    built: Path, raw_dir: Path
) -> Iterator[tuple[Path, build.Files, int]]:
    """Run dbt on Spark, alone in a folder of builds.

    Gives the exchange, what was read and dbt's exit code. Raises UserError if the raw
    files are refused, or the cluster fails; readers are then told so.
    """
    held = start_run(built, config.temp_dir())
    try:
        # What is true if this is killed.
        build.refuse(built, KILLED)
        exchange = held.folder / "exchange"
        exchange.mkdir()
        files = check_raw_files(raw_dir, held.copies, exchange)
        remove_unfinished_tables()
        yield exchange, files, run_dbt_on_spark(exchange)
    except UserError as error:
        build.refuse(built, str(error))
        raise
    finally:
        end_run()


def check_raw_files(raw_dir: Path, copies: Path, exchange: Path) -> build.Files:
    """Check the raw files and tell Spark where they are. Raises UserError."""
    package = described_package(raw_dir, read_expectations(), copies, for_spark=True)
    (exchange / PACKAGE).write_text(package + "\n", "utf-8")
    return build.described(json.loads(package)["tables"])


def run_dbt_on_spark(exchange: Path) -> int:
    """Run dbt in the environment that has Spark's adapter; return its exit code."""
    return run_dbt(
        *("build", "--target", ENGINE, "--write-json"),
        # dbt reads the project again when the target changes.
        *("--target-path", str(config.target_dir() / ENGINE)),
        engine=Engine(
            python=environment_python(),
            environment={"INSTACART_SPARK_EXCHANGE": str(exchange)},
            lacking=fault,
            noise=JAVA_STACK,
            watch=check_workers,
        ),
    )


def publish(built: Path, exchange: Path, files: build.Files) -> str:
    """Record how dbt's run ended, and publish what it made; return a sentence.

    Raises UserError if that can't be done, or dbt did not come to its end.
    """
    started, ended = told(exchange / STARTED), told(exchange / ENDED)
    if started is None or ended is None:
        raise UserError("dbt to run to its end", "what it says above", AGAIN)
    # DuckDB's own record is of another build: its next one builds everything.
    (built / RECORD).unlink(missing_ok=True)
    build.begin(built, started["selected"], started["vars"], files, ENGINE)
    result = build.ended_as_told(ended)
    with handed_over(exchange / TABLES, result.tables) as connection:
        said = build.finish(built, result, files, connection)
    with replaced_when_complete(built / MANIFEST) as work:
        shutil.copyfile(config.target_dir() / ENGINE / MANIFEST, work)
    return said


def told(folder: Path) -> dict[str, Any] | None:
    """What a macro wrote to the exchange as text; None if it did not."""
    texts = [path.read_text("utf-8") for path in sorted(folder.glob("part-*"))]
    content: dict[str, Any] | None = json.loads("".join(texts)) if texts else None
    return content


@contextmanager
def handed_over(
    folder: Path, tables: Sequence[Table]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the tables that Spark wrote as Parquet, typed by contract."""
    with duckdb.connect(config={**config.duckdb_limits()}) as connection:
        for schema in sorted({table.schema for table in tables}):
            connection.execute(f"create schema {identifier(schema)}")
        for table in tables:
            files = folder / f"{table.schema}.{table.name}"
            if files.is_dir():
                columns = ", ".join(
                    f"cast({identifier(name)} as {type}) as {identifier(name)}"
                    for name, type in table.types.items()
                )
                connection.execute(
                    f"create view {table.path} as select {columns}"
                    f" from read_parquet({literal(files / '*.parquet')})"
                )
        yield connection
