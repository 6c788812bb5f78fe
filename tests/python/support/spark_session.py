"""Answers queries in one Spark session; run by the Python that has pyspark.

Reads a list of queries as JSON and writes the rows of each; SPARK_CONF_DIR leads to its
settings.
"""

import json
import sys
from pathlib import Path

from pyspark.sql import SparkSession


def main(queries: str, rows: str) -> None:
    builder = SparkSession.builder.config("spark.sql.ansi.enabled", "true")
    session = builder.getOrCreate()
    answers = [
        [list(row) for row in session.sql(query).collect()]
        for query in json.loads(Path(queries).read_text())
    ]
    Path(rows).write_text(json.dumps(answers))
    session.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
