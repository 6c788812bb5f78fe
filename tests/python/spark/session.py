"""dbt in a Spark session of this process; the Spark environment's Python runs it.

Its one argument is JSON: a folder, the project and packages by name, each the folder
with its package.json. It builds the base models of each package and writes all rows
of the schemas raw and staging to ``<folder>/<name>.json``.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from dbt.cli.main import dbtRunner
from pyspark.sql import SparkSession  # type: ignore[import-not-found]

BUILD = ("build", "--exclude-resource-type", "test", "unit_test", "--target", "spark")
SELECTED = ("--select", "base_instacart__*", "state_regions")


def main() -> None:
    told = json.loads(sys.argv[1])
    folder = Path(told["folder"])
    # dbt's own session would keep its catalog in Hive, which takes a while to start.
    session = SparkSession.builder.getOrCreate()
    paths = (
        *("--project-dir", told["project"], "--profiles-dir", told["project"]),
        *("--target-path", str(folder / "target"), "--log-path", str(folder / "logs")),
    )
    for name, exchange in told["packages"].items():
        os.environ["INSTACART_SPARK_EXCHANGE"] = exchange
        done = dbtRunner().invoke([*BUILD, *SELECTED, *paths])
        if not done.success:
            sys.exit(f"{name}: {done.exception or 'dbt failed'}")
        (folder / f"{name}.json").write_text(json.dumps(rows(session), default=str))


def rows(session: SparkSession) -> dict[str, list[dict[str, object]]]:
    """All rows by schema and name."""
    return {
        f"{schema}.{table.tableName}": [
            row.asDict()
            for row in session.table(f"{schema}.{table.tableName}").collect()
        ]
        for schema in ("raw", "staging")
        for table in session.sql(f"show tables in {schema}").collect()
        if not table.isTemporary
    }


main()
