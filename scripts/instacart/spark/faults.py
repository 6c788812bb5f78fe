"""What goes wrong on a cluster while dbt builds, said in a sentence."""

from __future__ import annotations

import re

from instacart import config
from instacart.errors import UserError

# Of the stack trace and the plan with which Spark follows its sentence.
JAVA_STACK = re.compile(
    r"^\s*(?:at [\w.$<>]+[(/]|\.{3} \d+ more|Caused by: |[:+]-? |(?:\w+ )+\[.*#\d+)"
)
# What Spark, its driver for Python and dbt-spark say; an executor ends with 52.
MEMORY = re.compile(
    r"java\.lang\.OutOfMemoryError|GC overhead limit exceeded|exited with code 52\b"
)
DISK = re.compile(r"no space left on device|disk quota exceeded", re.I)
# Among others, one that the system kills when it is short of memory.
EXECUTOR = re.compile(r"ExecutorLostFailure")
CONNECTION = re.compile(
    r"TTransportException|Could not connect to any of|Connection refused"
)
# After which dbt-spark's next attempt may do.
RETRIED = re.compile(r"Retrying in")
NO_WORKER = re.compile(r"Initial job has not accepted any resources")


def fault(text: str) -> UserError | None:
    """The sentence for a line that says what a cluster lacks, if it says so."""
    memory = config.setting("INSTACART_SPARK_WORKER_MEMORY")
    if MEMORY.search(text):
        return UserError(
            "enough memory on the workers for every model",
            f"that {memory} is not enough for one",
            "run `make spark-down`, and `make spark-up` with a higher one",
            where="INSTACART_SPARK_WORKER_MEMORY",
        )
    if DISK.search(text):
        return UserError(
            "room on the disk of the cluster's folder",
            "it full",
            "free some, or name a folder on another disk",
            where="INSTACART_SPARK_DIR",
        )
    if EXECUTOR.search(text):
        return UserError(
            "the workers to live as long as a query",
            "that a task failed repeatedly as its worker was lost",
            "see that the machine has memory left, and build again",
        )
    if NO_WORKER.search(text):
        return no_worker()
    if CONNECTION.search(text) and not RETRIED.search(text):
        return connection_lost()
    return None


def no_worker() -> UserError:
    return UserError(
        "a worker to run the queries",
        "that none is left",
        "start what is missing with `make spark-up`, and build again",
    )


def connection_lost() -> UserError:
    where = ":".join(
        config.setting(f"INSTACART_SPARK_{name}") for name in ("HOST", "PORT")
    )
    return UserError(
        f"the Thrift server at {where} to answer until the build ends",
        "that the connection broke",
        "start what is missing with `make spark-up`, and build again",
    )
