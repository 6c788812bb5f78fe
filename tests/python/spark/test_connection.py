"""What keeps a build from a Thrift server is said within seconds."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from instacart import config
from instacart.errors import UserError
from instacart.spark import connection

SPARK = config.PROJECT_DIR / ".venv-spark" / "bin" / "python"


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A socket that is listened on at the port of the settings."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        monkeypatch.setenv("INSTACART_SPARK_HOST", "127.0.0.1")
        monkeypatch.setenv("INSTACART_SPARK_PORT", str(server.getsockname()[1]))
        yield server


def said(port: int, found: str) -> str:
    return (
        f"expected a Thrift server of Spark to answer at 127.0.0.1:{port}, found"
        f" {found}; start one with `make spark-up`, or correct INSTACART_SPARK_HOST and"
        " INSTACART_SPARK_PORT."
    )


def test_an_environment_that_is_missing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "PROJECT_DIR", tmp_path)
    sentence = (
        "expected Spark and dbt-spark in .venv-spark, found them missing; install them"
        " with `make spark-up`."
    )
    with pytest.raises(UserError) as raised:
        connection.check_cluster()
    assert str(raised.value) == sentence
    # Nor is one that was stopped while it was installed.
    python = tmp_path / ".venv-spark" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    with pytest.raises(UserError, match=r"^expected Spark and dbt-spark"):
        connection.environment_python()
    packages = tmp_path / ".venv-spark" / "lib" / "python3.11" / "site-packages"
    (packages / "pyspark" / "bin").mkdir(parents=True)
    (packages / "pyspark" / "bin" / "spark-class").touch()
    assert connection.environment_python() == python


def test_a_port_that_nobody_listens_on_is_said(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = listener.getsockname()[1]
    listener.close()
    monkeypatch.setattr(connection, "environment_python", lambda: SPARK)
    with pytest.raises(UserError) as raised:
        connection.check_cluster()
    assert str(raised.value) == said(port, "that nothing does (Connection refused)")


@pytest.mark.skipif(not SPARK.exists(), reason="no .venv-spark: make spark-up")
def test_a_port_of_something_else_is_said(listener: socket.socket) -> None:
    port = listener.getsockname()[1]

    def hang_up() -> None:
        for _ in range(2):
            listener.accept()[0].close()

    threading.Thread(target=hang_up, daemon=True).start()
    with pytest.raises(UserError) as raised:
        connection.check_cluster()
    found = "that what listens there does not (TTransportException"
    assert str(raised.value).startswith(said(port, found).partition(";")[0])


@pytest.mark.skipif(not SPARK.exists(), reason="no .venv-spark: make spark-up")
def test_a_port_that_stays_silent_is_said(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "SECONDS_TO_ANSWER", 2)
    with pytest.raises(UserError) as raised:
        connection.check_cluster()
    found = "that what listens there does not (no answer in 2 seconds)"
    assert str(raised.value) == said(listener.getsockname()[1], found)


def test_a_port_is_free_unless_it_is_listened_on(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    assert not connection.is_free(port)
    listener.close()
    assert connection.is_free(port)
