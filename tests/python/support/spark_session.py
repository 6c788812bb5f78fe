"""Answers queries in one Spark session; run by the Python that has pyspark.

Reads a list of queries as JSON and writes the rows of each.
"""

import json
import sys
from pathlib import Path

from pyspark.sql import SparkSession

SETTINGS = {
    "spark.master": "local[1]",
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.catalogImplementation": "in-memory",
    # The expressions are many and the rows few.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}


def main(queries: str, rows: str) -> None:
    builder = SparkSession.builder
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    session = builder.config("spark.sql.warehouse.dir", Path(rows).parent).getOrCreate()
    answers = [
        [list(row) for row in session.sql(query).collect()]
        for query in json.loads(Path(queries).read_text())
    ]
    Path(rows).write_text(json.dumps(answers))
    session.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
