"""The Thrift server that builds connect to, on this machine or another."""

from __future__ import annotations

import os
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

from instacart import config
from instacart.errors import UserError, one_line

SECONDS_TO_CONNECT = 5
SECONDS_TO_ANSWER = 10


def environment_python() -> Path:
    """The Python of .venv-spark; raises UserError if it is missing."""
    environment = config.PROJECT_DIR / ".venv-spark"
    python = environment / "bin" / "python"
    if not python.exists() or not any(
        environment.glob("lib/python3*/site-packages/pyspark/bin/spark-class")
    ):
        raise UserError(
            "Spark and dbt-spark in .venv-spark",
            "them missing",
            "install them with `make spark-up`",
        )
    return python


def check_cluster() -> None:
    """Raise UserError unless the Thrift server of the settings answers, in seconds."""
    python = environment_python()
    host, port = config.setting("INSTACART_SPARK_HOST"), thrift_port()
    try:
        socket.create_connection((host, port), SECONDS_TO_CONNECT).close()
    except OSError as error:
        raise unanswered(f"that nothing does ({one_line(error)})") from None
    if problem := problem_of_query(python, "select 1", SECONDS_TO_ANSWER):
        raise unanswered(f"that what listens there does not ({problem})")


def unanswered(found: str) -> UserError:
    host = config.setting("INSTACART_SPARK_HOST")
    return UserError(
        f"a Thrift server of Spark to answer at {host}:{thrift_port()}",
        found,
        "start one with `make spark-up`, or correct INSTACART_SPARK_HOST and"
        " INSTACART_SPARK_PORT",
    )


def thrift_port() -> int:
    return int(config.setting("INSTACART_SPARK_PORT"))


def problem_of_query(python: Path, query: str, seconds: float) -> str:
    """What kept the Thrift server from answering a query; empty if nothing did."""
    try:
        asked = subprocess.run(
            [
                *(python, "-m", "instacart.spark.probe"),
                config.setting("INSTACART_SPARK_HOST"),
                str(thrift_port()),
                config.setting("INSTACART_SPARK_USER"),
                config.setting("INSTACART_SPARK_AUTH"),
                query,
            ],
            env=os.environ | {"PYTHONPATH": str(config.PROJECT_DIR / "scripts")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        return f"no answer in {seconds:g} seconds"
    if asked.returncode == 0:
        return ""
    lines = (asked.stdout or asked.stderr).strip().splitlines()
    return one_line(lines[-1])[:200] if lines else "it ended without a word"


def is_free(port: int) -> bool:
    """Whether a program of this machine can listen on a port of loopback."""
    with socket.socket() as probe:
        # A port that was just left counts as free, one that is listened on does not.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return True
    return False
