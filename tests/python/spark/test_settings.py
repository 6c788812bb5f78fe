"""Settings of a cluster: what none can be is refused in a sentence that names it."""

from __future__ import annotations

import os

import pytest
from instacart import config
from instacart.errors import UserError
from instacart.spark.state import Cluster

PORTS = [f"INSTACART_SPARK_{name}" for name in ("PORT", "MASTER_PORT", "UI_PORT")]
COUNTS = ["INSTACART_SPARK_WORKERS", "INSTACART_SPARK_WORKER_CORES"]


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("INSTACART_"):
            monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, value) for name in PORTS for value in ("1", "65534", "010000")),
        ("INSTACART_SPARK_PORT", "65535"),
        ("INSTACART_SPARK_MASTER_PORT", "65535"),
        *((name, value) for name in COUNTS for value in ("1", "16", "9999")),
        *(("INSTACART_SPARK_WORKER_MEMORY", it) for it in ("500MB", "2 GiB", "0.5GB")),
        *(("INSTACART_SPARK_METHOD", it) for it in ("thrift", "session")),
        *(("INSTACART_SPARK_AUTH", it) for it in ("NONE", "LDAP", "KERBEROS")),
        *(("INSTACART_SPARK_HOST", it) for it in ("localhost", "::1", "a-b.c.example")),
        *(("INSTACART_SPARK_DIR", it) for it in ("/a folder/é", "spark")),
    ],
)
def test_what_a_setting_can_be(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    config.check_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(
            (name, value)
            for name in PORTS
            for value in ("0", "65536", "-1", "http", "80 80", "1e3", "100000")
        ),
        # The page of queries would have no port.
        ("INSTACART_SPARK_UI_PORT", "65535"),
        *((name, value) for name in COUNTS for value in ("0", "two", "1.5", "10000")),
        *(
            ("INSTACART_SPARK_WORKER_MEMORY", value)
            for value in ("499.9MB", "476MiB", "1500", "1500m", "lots", "-1GB")
        ),
        *(("INSTACART_SPARK_METHOD", value) for value in ("odbc", "Thrift")),
        *(("INSTACART_SPARK_AUTH", value) for value in ("nosasl", "password")),
        *(("INSTACART_SPARK_HOST", it) for it in ("a b", "h/x", "h;x", "é", "h\n")),
        *(("INSTACART_SPARK_DIR", it) for it in ("a,b", "a;b", "o'brien", "a\nb")),
    ],
)
def test_what_a_setting_can_not_be_is_said(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if value == "476MiB":
        # 499.1 MB, below the bound by less than one.
        assert config.bytes_of(value) < 500e6
    monkeypatch.setenv(name, value)
    with pytest.raises(UserError) as raised:
        config.check_settings()
    sentence = str(raised.value)
    assert sentence.startswith(f"{name}: expected ")
    assert sentence.endswith(f"unset it (default {config.DEFAULTS[name]}).")
    assert "\n" not in sentence


def test_a_cluster_is_as_the_settings_want_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSTACART_SPARK_WORKERS", "3")
    monkeypatch.setenv("INSTACART_SPARK_WORKER_MEMORY", "1GiB")
    cluster = Cluster.of_settings()
    assert (cluster.workers, cluster.megabytes, cluster.port) == (3, 1024, 10000)
    again = Cluster.of_settings()
    assert cluster.other_settings(again) == []
    # Each start has its own.
    assert cluster.token != again.token
    for name, value in {
        "INSTACART_SPARK_HOST": "localhost",
        "INSTACART_SPARK_PORT": "10001",
        "INSTACART_SPARK_MASTER_PORT": "7078",
        "INSTACART_SPARK_UI_PORT": "8090",
        "INSTACART_SPARK_WORKERS": "4",
        "INSTACART_SPARK_WORKER_CORES": "2",
        "INSTACART_SPARK_WORKER_MEMORY": "2GiB",
    }.items():
        with monkeypatch.context() as changed:
            changed.setenv(name, value)
            assert cluster.other_settings(Cluster.of_settings()) == [name]
