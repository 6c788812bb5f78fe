"""A cluster comes up and goes down as a whole, whatever happened to it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from instacart import config
from instacart.errors import UserError
from instacart.spark import cluster
from instacart.spark.connection import check_cluster, is_free
from instacart.spark.processes import processes_of
from instacart.spark.state import Cluster, held_cluster, read_state, write_state

SPARK = config.PROJECT_DIR / ".venv-spark" / "bin" / "python"
WHOLE = Counter({"master": 1, "worker": 2, "Thrift server": 1})
# Half a second for each of its rows, 24 of them in as many tasks.
SLOW_QUERY = """
select sum(id + 0 * length(slept))
from (
    select id, reflect('java.lang.Thread', 'sleep', cast(500 as bigint)) as slept
    from range(0, 24, 1, 24)
)
"""
ASK = """
import sys
from pyhive import hive
cursor = hive.connect("127.0.0.1", int(sys.argv[1]), auth="NOSASL").cursor()
cursor.execute(sys.argv[2])
print(cursor.fetchall())
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a cluster with ports of its own."""
    for name in os.environ:
        if name.startswith("INSTACART_SPARK_"):
            monkeypatch.delenv(name)
    port, master, ui = free_ports()
    monkeypatch.setenv("INSTACART_SPARK_PORT", str(port))
    monkeypatch.setenv("INSTACART_SPARK_MASTER_PORT", str(master))
    monkeypatch.setenv("INSTACART_SPARK_UI_PORT", str(ui))
    folder = tmp_path / "a cluster"
    monkeypatch.setenv("INSTACART_SPARK_DIR", str(folder))
    return folder


def free_ports() -> tuple[int, int, int]:
    """Ports that nobody listens on; so is the one after the last."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(6)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        drawn = sorted(probe.getsockname()[1] for probe in probes)
    ui = next(port for port in drawn if port < 65535 and is_free(port + 1))
    port, master = [each for each in drawn if each not in (ui, ui + 1)][:2]
    return port, master, ui


@pytest.fixture
def can_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `up` find Java and an environment; nothing is started."""
    monkeypatch.setattr(cluster, "environment_python", lambda: Path("/no/python"))
    monkeypatch.setattr(cluster, "find_java", lambda: Path("/no/java"))

    def start(*_: object) -> Iterator[str]:
        raise AssertionError

    monkeypatch.setattr(cluster, "start", start)


def refusal() -> str:
    """What `up` says instead of starting."""
    with pytest.raises(UserError) as raised:
        list(cluster.up())
    return str(raised.value)


@pytest.mark.usefixtures("can_start")
@pytest.mark.parametrize(
    ("setting", "shift"),
    [("PORT", 0), ("MASTER_PORT", 0), ("UI_PORT", 0), ("UI_PORT", 1)],
)
def test_a_port_that_is_taken_is_said(folder: Path, setting: str, shift: int) -> None:
    name = f"INSTACART_SPARK_{setting}"
    port = int(os.environ[name]) + shift
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        assert refusal() == (
            f"{name}: expected port {port} of this machine to be free, found that a"
            " program listens there; stop it, or name another port."
        )
    # Nothing was started, and nothing is to be stopped.
    assert list(cluster.down()) == ["There is no cluster to stop."]


@pytest.mark.usefixtures("can_start")
@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("INSTACART_SPARK_HOST", "spark.example", "127.0.0.1 or localhost"),
        ("INSTACART_SPARK_HOST", "0.0.0.0", "127.0.0.1 or localhost"),
        ("INSTACART_SPARK_AUTH", "LDAP", "NOSASL"),
    ],
)
def test_settings_of_another_cluster_are_refused(
    folder: Path,
    name: str,
    value: str,
    wanted: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(name, value)
    assert refusal() == (
        f"{name}: expected {wanted} for a cluster on this machine, found {value!r};"
        " unset it, or build on the cluster that it leads to."
    )
    assert not folder.exists()


@pytest.mark.usefixtures("can_start")
def test_too_little_memory_is_said_before_anything_starts(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INSTACART_SPARK_WORKER_MEMORY", "900GB")
    assert "MB of free memory for the workers and the Thrift server" in refusal()
    assert read_state() is None


@pytest.mark.usefixtures("can_start")
def test_a_folder_that_can_not_be_written_is_said(folder: Path) -> None:
    folder.parent.joinpath("a cluster").write_text("a file")
    assert refusal().startswith(
        f"INSTACART_SPARK_DIR: expected a folder to write to at {folder}, found that"
    )


@pytest.mark.usefixtures("can_start")
def test_one_run_at_a_time_starts_or_stops(folder: Path) -> None:
    folder.mkdir()
    with held_cluster():
        assert "(INSTACART_SPARK_DIR): expected one run at a time" in refusal()
        with pytest.raises(UserError, match="expected one run at a time"):
            list(cluster.down())


@pytest.mark.usefixtures("can_start")
@pytest.mark.parametrize(
    ("parts", "stopped"),
    [({}, 1), ({"master": 1}, 2), (WHOLE - Counter({"worker": 1}), 0)],
)
def test_what_a_failed_start_leaves(
    folder: Path, parts: dict[str, int], stopped: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of its own; but a worker that can't be replaced stops no others."""
    folder.mkdir()
    calls: list[str] = []

    def fail(*_: object) -> Iterator[str]:
        yield "Starting ..."
        raise KeyboardInterrupt

    if parts:
        write_state(Cluster.of_settings())
    monkeypatch.setattr(cluster, "parts_of", lambda _: Counter(parts))
    monkeypatch.setattr(cluster, "stop_all", lambda token, _: calls.append(token))
    monkeypatch.setattr(cluster, "check_memory", lambda *_: None)
    monkeypatch.setattr(cluster, "start", fail)
    with pytest.raises(KeyboardInterrupt):
        list(cluster.up())
    assert len(set(calls)) == stopped
    assert (read_state() is None) == (stopped > 0)
    assert bool(list(folder.glob("cluster-*"))) is False


def test_nothing_to_stop_is_said(folder: Path) -> None:
    assert list(cluster.down()) == ["There is no cluster to stop."]
    assert not folder.exists()


def test_a_state_that_can_not_be_read_is_said(folder: Path) -> None:
    folder.mkdir()
    (folder / "lock").touch()
    (folder / "state.json").write_text('{"token": 1')
    with pytest.raises(UserError) as raised:
        list(cluster.down())
    assert str(raised.value).startswith(
        f"INSTACART_SPARK_DIR: expected to read {folder}/state.json, found that"
    )


def test_what_died_with_the_machine_is_forgotten(folder: Path) -> None:
    folder.mkdir()
    (folder / "lock").touch()
    write_state(Cluster.of_settings())
    with pytest.raises(UserError, match=r"^expected a worker to run the queries"):
        cluster.check_workers()
    assert list(cluster.down()) == ["Stopped the cluster: nothing of it ran."]
    assert list(cluster.down()) == ["There is no cluster to stop."]
    cluster.check_workers()


def test_what_a_killed_build_wrote_is_removed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = folder / "warehouse" / "marts.db"
    for name, file in {"whole": "_SUCCESS", "unfinished": "_temporary"}.items():
        (tables / name).mkdir(parents=True)
        (tables / name / file).touch()
    cluster.remove_unfinished_tables()
    assert len(list(tables.iterdir())) == 2
    write_state(Cluster.of_settings())
    with monkeypatch.context() as patch:
        patch.setenv("INSTACART_SPARK_PORT", "20999")
        cluster.remove_unfinished_tables()
    assert len(list(tables.iterdir())) == 2
    cluster.remove_unfinished_tables()
    assert [table.name for table in tables.iterdir()] == ["whole"]


def test_settings_are_written_as_java_reads_them(folder: Path) -> None:
    folder.mkdir()
    wanted = Cluster.of_settings()
    cluster.prepare(wanted)
    lines = (wanted.settings_dir / "spark.conf").read_text("ascii").splitlines()
    assert f"spark.sql.warehouse.dir={folder}/warehouse" in lines
    assert "spark.sql.shuffle.partitions=4" in lines
    assert read_state() == wanted


def has_java() -> bool:
    try:
        cluster.find_java()
    except UserError:
        return False
    return True


def running() -> Counter[str]:
    """The parts that run, without executors."""
    state = read_state()
    found = Counter(processes_of(state.token).values() if state else ())
    return +Counter({part: found[part] for part in WHOLE})


def killed_up(*, when: Counter[str]) -> None:
    """Start `up`, and kill it as soon as these parts run."""
    process = subprocess.Popen(
        [sys.executable, "-m", "instacart", "spark", "up"],
        env=os.environ | {"PYTHONPATH": str(config.PROJECT_DIR / "scripts")},
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not when <= running():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.kill()
    process.wait()


def asked(query: str) -> subprocess.Popen[str]:
    port = config.setting("INSTACART_SPARK_PORT")
    return subprocess.Popen(
        [SPARK, "-c", ASK, port, query],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.skipif(not SPARK.exists(), reason="no .venv-spark: make spark-up")
@pytest.mark.skipif(not has_java(), reason="no Java 17 or newer: make spark-up")
def test_a_cluster_survives_kills_and_ends_without_a_trace(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INSTACART_SPARK_WORKER_MEMORY", "500MB")
    # Half the time for so little to do.
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1")
    tokens = []
    try:
        # Killed after all was started: the next one only waits for it.
        killed_up(when=WHOLE)
        (said,) = cluster.up()
        assert said.startswith("The cluster is up already. Thrift server: 127.0.0.1:")
        state = read_state()
        assert state
        tokens.append(state.token)
        check_cluster()

        with monkeypatch.context() as changed:
            changed.setenv("INSTACART_SPARK_WORKERS", "3")
            assert refusal() == (
                "INSTACART_SPARK_WORKERS: expected what the cluster runs with, found"
                " '3'; set it as it was, or run `make spark-down` first."
            )

        # One worker is lost in mid-query, and with it what its executor did.
        answer = asked(SLOW_QUERY)
        time.sleep(4)
        parts = processes_of(state.token)
        worker = next(one for one, part in parts.items() if part == "worker")
        os.kill(worker, signal.SIGKILL)
        assert answer.communicate(timeout=60)[0] == "[(276,)]\n"
        cluster.check_workers()
        first, *_, last = cluster.up()
        assert first == "The cluster lost its worker."
        assert last.startswith("The cluster is up. ")
        assert running() == WHOLE
        assert read_state() == state

        (said,) = cluster.down()
        assert said == "Stopped the cluster: master, 2 workers and Thrift server."
        assert is_free(state.port)

        # Killed before all was started: there is something to stop.
        killed_up(when=Counter({"master": 1, "worker": 1}))
        assert running()["worker"] >= 1
        state = read_state()
        assert state
        tokens.append(state.token)
        (said,) = cluster.down()
        assert said.startswith("Stopped the cluster: master")
        assert list(cluster.down()) == ["There is no cluster to stop."]
    finally:
        for _ in cluster.down():
            pass
    assert len(set(tokens)) == 2
    assert [processes_of(token) for token in tokens] == [{}, {}]
    assert not list(folder.glob("cluster-*"))
    assert sorted(path.name for path in folder.iterdir()) == [
        *("events", "lock", "logs", "metastore")
    ]
    shutil.rmtree(folder)
