"""Whether a Thrift server answers, asked as dbt-spark asks it.

    .venv-spark/bin/python -m instacart.spark.probe HOST PORT USER AUTH QUERY

Prints the answer's first value, or the error in a line, with exit code 1.
"""

from __future__ import annotations

import logging
import sys


def main() -> int:
    """Run the query of the command line."""
    host, port, user, auth, query = sys.argv[1:]
    from pyhive import hive

    # What can't be reached, it shows in lines of its own.
    logging.disable()
    try:
        with hive.connect(host, int(port), username=user, auth=auth) as connection:
            cursor = connection.cursor()
            cursor.execute(query)
            print(cursor.fetchone()[0])
    except Exception as error:
        print(f"{type(error).__name__}: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
