"""What a cluster lacks is known by what dbt prints; the lines are real ones."""

from __future__ import annotations

import pytest
from instacart.spark.faults import fault

ABORTED = (
    "    org.apache.hive.service.cli.HiveSQLException: Error running query:"
    " org.apache.spark.SparkException: Job aborted due to stage failure: Task 1 in"
    " stage 3.0 failed 4 times, most recent failure: Lost task 1.4 in stage 3.0 (TID"
    " 12) (127.0.0.1 executor 5): "
)
LOST = "ExecutorLostFailure (executor 22 exited caused by one of the running tasks)"
REFUSED = "Could not connect to any of [('127.0.0.1', 21000)]"


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSTACART_SPARK_WORKER_MEMORY", "600MB")
    monkeypatch.setenv("INSTACART_SPARK_HOST", "127.0.0.1")
    monkeypatch.setenv("INSTACART_SPARK_PORT", "21000")


@pytest.mark.parametrize(
    "text",
    [
        f"{ABORTED}java.lang.OutOfMemoryError: Java heap space",
        "    Caused by: java.lang.OutOfMemoryError: Java heap space",
        f"{ABORTED}{LOST} Reason: Command exited with code 52",
    ],
)
def test_too_little_memory_is_named_by_its_variable(text: str) -> None:
    assert str(fault(text)) == (
        "INSTACART_SPARK_WORKER_MEMORY: expected enough memory on the workers for every"
        " model, found that 600MB is not enough for one; run `make spark-down`, and"
        " `make spark-up` with a higher one."
    )


def test_workers_that_are_lost_are_said() -> None:
    text = f"{ABORTED}{LOST} Reason: Command exited with code 137"
    assert str(fault(text)) == (
        "expected the workers to live as long as a query, found that a task failed"
        " repeatedly as its worker was lost; see that the machine has memory left, and"
        " build again."
    )


@pytest.mark.parametrize(
    "text",
    [
        f"14:31:53  {REFUSED}",
        f"      failed to connect: TTransportException: {REFUSED}",
        "    TTransportException: TSocket read 0 bytes",
    ],
)
def test_a_connection_that_broke_is_said(text: str) -> None:
    assert str(fault(text)) == (
        "expected the Thrift server at 127.0.0.1:21000 to answer until the build ends,"
        " found that the connection broke; start what is missing with `make spark-up`,"
        " and build again."
    )


def test_a_query_that_waits_for_workers_is_said() -> None:
    text = (
        "26/11/28 14:20:25 WARN TaskSchedulerImpl: Initial job has not accepted any"
        " resources; check your cluster UI to ensure that workers are registered and"
        " have sufficient resources"
    )
    assert str(fault(text)) == (
        "expected a worker to run the queries, found that none is left; start what is"
        " missing with `make spark-up`, and build again."
    )


def test_a_full_disk_is_said() -> None:
    text = f"{ABORTED}java.io.IOException: No space left on device"
    assert str(fault(text)).startswith("INSTACART_SPARK_DIR: expected room on the disk")


@pytest.mark.parametrize(
    "text",
    [
        "14:24:35  1 of 2 START sql table model mini.ok ....................... [RUN]",
        "14:31:54    unexpected exception",
        # The next attempt may succeed.
        "14:31:48  Spark adapter: Connection lost during query execution (attempt 1/2)."
        " Retrying in 5 seconds... Error: TTransportException: TSocket read 0 bytes",
    ],
)
def test_other_lines_are_none(text: str) -> None:
    assert fault(text) is None
