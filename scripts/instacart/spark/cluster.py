"""A Spark cluster on this machine: a master, workers and the Thrift server.

All of it listens on loopback only. Each part is a process of its own session, so that
it outlives the command and is reached by no Ctrl-C; processes.py says how it is found.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from instacart import config
from instacart.config import shown
from instacart.errors import UserError, one_line
from instacart.spark.connection import (
    environment_python,
    is_free,
    problem_of_query,
    thrift_port,
)
from instacart.spark.faults import no_worker
from instacart.spark.java import find_java
from instacart.spark.memory import check_memory
from instacart.spark.processes import CLASSES, processes_of, stop_all
from instacart.spark.state import (
    LOCK,
    Cluster,
    held_cluster,
    read_state,
    remove_state,
    write_state,
)
from instacart.words import listing, plural

LOOPBACK = "127.0.0.1"
SECONDS_TO_START = 180
SECONDS_TO_STOP = 20
SECONDS_BETWEEN_LOOKS = 0.25
# It takes an executor to answer it.
QUERY = "select sum(id) from range(10)"
# Of a daemon, which only keeps the books.
DAEMON_MEMORY = "256m"
DRIVER_MEGABYTES = 2048
# Variables that lead to another Spark or another of its configurations.
FOREIGN = ("SPARK_", "PYSPARK_", "HADOOP_", "HIVE_", "YARN_")
LOG_SETTINGS = """\
rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n
"""


def up() -> Iterable[str]:
    """Start what of the cluster doesn't run; returns when it answers.

    Raises UserError, and stops what it started, if it can't be done.
    """
    python, java = environment_python(), find_java()
    check_loopback()
    config.check_writable("INSTACART_SPARK_DIR", config.spark_dir())
    with held_cluster():
        wanted, running = Cluster.of_settings(), read_state()
        parts = parts_of(running)
        if running and parts and (others := running.other_settings(wanted)):
            raise UserError(
                "what the cluster runs with",
                repr(config.setting(others[0])),
                "set it as it was, or run `make spark-down` first",
                where=others[0],
            )
        missing = missing_parts(parts, wanted)
        if running and not missing:
            wait_until_it_answers(running, python)
            yield f"The cluster is up already. {address(running)}"
            return
        if parts:
            yield f"The cluster lost its {listing(missing)}."
        if not running or missing != workers_alone(missing):
            if running:
                stop_all(running.token, SECONDS_TO_STOP)
                clear(running)
            running, parts = wanted, Counter()
            check_ports(running)
            check_memory(running.workers, running.megabytes, DRIVER_MEGABYTES)
            prepare(running)
        try:
            yield from start(running, parts, python, java)
        except BaseException:
            # Also by Ctrl-C, and where nobody reads what is printed. What ran before
            # may be in use.
            if not parts:
                stop_all(running.token, SECONDS_TO_STOP)
                clear(running)
            raise
        yield f"The cluster is up. {address(running)}"


def down() -> Iterable[str]:
    """Stop every process of the cluster, and keep its tables and logs."""
    if not (config.spark_dir() / LOCK).exists():
        yield "There is no cluster to stop."
        return
    with held_cluster():
        running = read_state()
        if not running:
            yield "There is no cluster to stop."
            return
        parts = parts_of(running)
        stop_all(running.token, SECONDS_TO_STOP)
        clear(running)
        stopped = [
            plural(parts[part], part) if part == "worker" else part
            for part in CLASSES
            if parts[part] and part != "executor"
        ]
        yield f"Stopped the cluster: {listing(stopped) or 'nothing of it ran'}."


def check_workers() -> None:
    """Raise UserError if no worker of this machine's cluster is left.

    Spark says so in its own log only, and lets queries wait. Of another cluster nothing
    is known.
    """
    running = read_state()
    if running and running.port == thrift_port() and not parts_of(running)["worker"]:
        raise no_worker()


def remove_unfinished_tables() -> None:
    """Remove the files of tables of this cluster that were not written to their end.

    Spark makes no table where a killed build left files; a finished one has a mark.
    """
    running = read_state()
    if running and running.port == thrift_port():
        for table in (config.spark_dir() / "warehouse").glob("*.db/*"):
            if not (table / "_SUCCESS").exists():
                shutil.rmtree(table)


def check_loopback() -> None:
    """Refuse settings of another cluster: this one is open to whoever reaches it."""
    for name, wanted in (
        ("INSTACART_SPARK_HOST", (LOOPBACK, "localhost")),
        ("INSTACART_SPARK_AUTH", ("NOSASL",)),
    ):
        if config.setting(name) not in wanted:
            raise UserError(
                f"{' or '.join(wanted)} for a cluster on this machine",
                repr(config.setting(name)),
                "unset it, or build on the cluster that it leads to",
                where=name,
            )


def check_ports(cluster: Cluster) -> None:
    for name, port in (
        ("INSTACART_SPARK_PORT", cluster.port),
        ("INSTACART_SPARK_MASTER_PORT", cluster.master_port),
        ("INSTACART_SPARK_UI_PORT", cluster.ui_port),
        ("INSTACART_SPARK_UI_PORT", cluster.ui_port + 1),
    ):
        if not is_free(port):
            raise UserError(
                f"port {port} of this machine to be free",
                "that a program listens there",
                "stop it, or name another port",
                where=name,
            )


def parts_of(cluster: Cluster | None) -> Counter[str]:
    """How many processes of each part run."""
    return Counter(processes_of(cluster.token).values() if cluster else ())


def missing_parts(parts: Counter[str], cluster: Cluster) -> list[str]:
    wanted = Counter({"master": 1, "worker": cluster.workers, "Thrift server": 1})
    return list((wanted - parts).keys())


def workers_alone(missing: list[str]) -> list[str]:
    return [part for part in missing if part == "worker"]


def address(cluster: Cluster) -> str:
    return (
        f"Thrift server: {cluster.host}:{cluster.port};"
        f" workers: http://{LOOPBACK}:{cluster.ui_port};"
        f" queries: http://{LOOPBACK}:{cluster.ui_port + 1}."
        " Build with `make build-spark`, stop it with `make spark-down`."
    )


def prepare(cluster: Cluster) -> None:
    """Write down what is started; logs and events are of the last start only."""
    folder = config.spark_dir()
    write_state(cluster)
    for name in ("logs", "events", "work", "tmp"):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir()
    # Hive complains where it is missing.
    (folder / "tmp" / "local").mkdir()
    cluster.settings_dir.mkdir()
    (cluster.settings_dir / "log4j2.properties").write_text(LOG_SETTINGS)
    with (cluster.settings_dir / "spark.conf").open("w", encoding="latin-1") as file:
        for name, value in spark_settings(cluster).items():
            # As Java reads a file of properties.
            escaped = value.replace("\\", "\\\\")
            ascii_only = escaped.encode("ascii", "backslashreplace").decode()
            file.write(f"{name}={ascii_only}\n")


def clear(cluster: Cluster) -> None:
    """Remove what only a running cluster needs."""
    folder = config.spark_dir()
    for path in (cluster.settings_dir, folder / "work", folder / "tmp"):
        shutil.rmtree(path, ignore_errors=True)
    remove_state()


def spark_settings(cluster: Cluster) -> dict[str, str]:
    folder = config.spark_dir()
    hive = "spark.hadoop.hive."
    return {
        "spark.master": f"spark://{LOOPBACK}:{cluster.master_port}",
        "spark.driver.host": LOOPBACK,
        "spark.driver.bindAddress": LOOPBACK,
        "spark.driver.memory": f"{DRIVER_MEGABYTES}m",
        "spark.executor.memory": f"{cluster.megabytes}m",
        # A collector without threads of its own, on so few cores.
        "spark.driver.extraJavaOptions": "-XX:+UseSerialGC",
        "spark.executor.extraJavaOptions": "-XX:+UseSerialGC",
        "spark.master.rest.enabled": "false",
        # The page of queries is where it is said to be, or there is none.
        "spark.port.maxRetries": "0",
        "spark.ui.port": str(cluster.ui_port + 1),
        "spark.ui.showConsoleProgress": "false",
        # For stages per worker, after the cluster is gone too.
        "spark.eventLog.enabled": "true",
        "spark.eventLog.compress": "false",
        "spark.eventLog.dir": str(folder / "events"),
        # Two tasks for each core: as many as fill them where one takes longer.
        "spark.sql.shuffle.partitions": str(2 * cluster.workers * cluster.cores),
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.catalogImplementation": "hive",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        # Derby, which serves one process: the Thrift server.
        "spark.hadoop.javax.jdo.option.ConnectionURL": (
            f"jdbc:derby:;databaseName={folder / 'metastore'};create=true"
        ),
        f"{hive}server2.authentication": "NOSASL",
        f"{hive}server2.thrift.bind.host": LOOPBACK,
        f"{hive}server2.thrift.port": str(cluster.port),
        f"{hive}server2.logging.operation.enabled": "false",
        f"{hive}exec.scratchdir": str(folder / "tmp" / "scratch"),
        f"{hive}exec.local.scratchdir": str(folder / "tmp" / "local"),
    }


def start(
    cluster: Cluster, parts: Counter[str], python: Path, java: Path
) -> Iterable[str]:
    """Start what is missing, and wait until all of it answers."""
    home = next(python.parent.parent.glob("lib/python3*/site-packages/pyspark"))
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(FOREIGN)
    }
    environment |= {
        # As `java` is found: without following links, which macOS has none behind.
        "PATH": f"{java.parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "SPARK_HOME": str(home),
        "SPARK_CONF_DIR": str(cluster.settings_dir),
        "SPARK_LOCAL_IP": LOOPBACK,
        "SPARK_LOCAL_DIRS": str(config.spark_dir() / "tmp"),
        "PYSPARK_PYTHON": str(python),
    }
    properties = ("--properties-file", str(cluster.settings_dir / "spark.conf"))
    on_loopback = ("--host", LOOPBACK, *properties)
    master = f"spark://{LOOPBACK}:{cluster.master_port}"
    # The launcher would give it to the Thrift server, too.
    of_daemons = {
        "SPARK_DAEMON_MEMORY": DAEMON_MEMORY,
        "SPARK_DAEMON_JAVA_OPTS": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1",
    }
    started: dict[str, subprocess.Popen[bytes]] = {}

    def run(log: str, program: str, *arguments: str) -> None:
        is_daemon = program == "spark-class"
        with log_of(log).open("ab") as output:
            started[log] = subprocess.Popen(
                [home / "bin" / program, *arguments],
                cwd=log_of(log).parent,
                env=environment | (of_daemons if is_daemon else {}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    if not parts["master"]:
        yield "Starting the master ..."
        ports = ("--port", str(cluster.master_port))
        web = ("--webui-port", str(cluster.ui_port))
        run("master", "spark-class", CLASSES["master"], *on_loopback, *ports, *web)
        wait_for("the master to answer", lambda: alive_workers(cluster) >= 0, started)
    if missing := cluster.workers - parts["worker"]:
        yield f"Starting {plural(missing, 'worker')} ..."
        limits = ("--cores", str(cluster.cores), "--memory", f"{cluster.megabytes}m")
        folder = ("--work-dir", str(config.spark_dir() / "work"))
        # Nobody but the master has to find them.
        drawn = ("--port", "0", "--webui-port", "0")
        for number in range(1, missing + 1):
            run(
                f"worker-{number}",
                *("spark-class", CLASSES["worker"]),
                *(*on_loopback, *drawn, *limits, *folder, master),
            )
    if not parts["Thrift server"]:
        yield "Starting the Thrift server ..."
        run(
            "thrift",
            *("spark-submit", *properties, "--class", CLASSES["Thrift server"]),
            *("--name", "instacart", "spark-internal"),
        )
    wait_until_it_answers(cluster, python, started)


def wait_until_it_answers(
    cluster: Cluster,
    python: Path,
    started: dict[str, subprocess.Popen[bytes]] | None = None,
) -> None:
    """Wait for the workers at the master, and for an answer of the Thrift server."""
    number = plural(cluster.workers, "worker")
    wait_for(
        f"{number} to register with the master",
        lambda: alive_workers(cluster) >= cluster.workers,
        started,
    )
    wait_for("the Thrift server to listen", lambda: not is_free(cluster.port), started)
    wait_for(
        "the Thrift server to answer a query",
        lambda: not problem_of_query(python, QUERY, SECONDS_TO_START),
        started,
    )


def wait_for(
    what: str,
    is_so: Callable[[], bool],
    started: dict[str, subprocess.Popen[bytes]] | None = None,
) -> None:
    """Wait until something is so. Raises UserError if a part ends, or it never is."""
    logs = shown(config.spark_dir() / "logs")
    deadline = time.monotonic() + SECONDS_TO_START
    while not is_so():
        for name, process in (started or {}).items():
            if process.poll() is not None:
                raise UserError(
                    what,
                    f"that the {name} ended ({last_error(log_of(name))})",
                    f"see {shown(log_of(name))}",
                )
        if time.monotonic() > deadline:
            raise UserError(
                what,
                f"that it did not in {SECONDS_TO_START} seconds",
                f"see the logs in {logs}, and run `make spark-down` before another try",
            )
        time.sleep(SECONDS_BETWEEN_LOOKS)


def alive_workers(cluster: Cluster) -> int:
    """How many workers the master has; -1 if it doesn't answer."""
    url = f"http://{LOOPBACK}:{cluster.ui_port}/json/"
    # No proxy leads to this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5) as answer:
            return int(json.load(answer)["aliveworkers"])
    except (OSError, ValueError, KeyError):
        return -1


def log_of(name: str) -> Path:
    return config.spark_dir() / "logs" / f"{name}.log"


def last_error(log: Path) -> str:
    """The line of a log that says most about why a process ended."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line]
    said = [line for line in lines if re.search(r"(?:Exception|Error): ", line)]
    return one_line((said or lines or ["it said nothing"])[0])[:300]
