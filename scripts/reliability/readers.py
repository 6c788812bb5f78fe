"""Readers of every client, while builds are published one after the other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb
from instacart.config import PROJECT_DIR
from instacart.publish.write import Table, publish_file

from reliability import clients, stamps
from reliability.builds import say_progress
from reliability.reader import Found
from reliability.sessions import SESSIONS

# Two processes of each client: one opens the file for each query, one keeps it open.
QUERIES_PER_VISIT = (1, 20)
PAUSE_SECONDS = 0.3


def measure(folder: Path, publishes: int) -> dict[str, Any]:
    """Publish a file again and again; return what its readers found.

    The first build is published before they start, and does not count.
    """
    folder.mkdir(parents=True)
    target, published = folder / "instacart.duckdb", folder / "published"
    longest = 0.0
    with ExitStack() as stack:
        working = stack.enter_context(duckdb.connect(str(folder / "working.duckdb")))
        working.execute("create schema marts")
        working.execute("create schema data_quality")
        publish(working, 1, target, published)
        started = [
            stack.enter_context(start(client, target, published, queries))
            for client in SESSIONS
            for queries in QUERIES_PER_VISIT
        ]
        try:
            for reader in started:
                reader.stdout.readline()
            for build in range(2, publishes + 2):
                before = time.monotonic()
                publish(working, build, target, published)
                longest = max(longest, time.monotonic() - before)
                if (build - 1) % 10 == 0:
                    say_progress(f"{build - 1} of {publishes} builds published")
                time.sleep(PAUSE_SECONDS)
        finally:
            for reader in started:
                reader.stdin.close()
        found = [ended(reader) for reader in started]
    return {"publishes": publishes, "longest_publish": longest, "readers": found}


def publish(
    working: duckdb.DuckDBPyConnection, build: int, target: Path, published: Path
) -> None:
    """Publish a build, and tell readers its number."""
    for statement in stamps.statements(build):
        working.execute(statement)
    tables = [Table(*table.split("."), table, {}) for table in stamps.TABLES]
    publish_file(working, tables, target, target.with_name("versions"))
    partial = published.with_suffix(".partial")
    partial.write_text(str(build))
    os.replace(partial, published)


def start(
    client: str, target: Path, published: Path, queries: int
) -> subprocess.Popen[str]:
    """A process that reads a file until its standard input ends."""
    environment = clients.environment(clients.READERS)
    environment["PYTHONPATH"] += f"{os.pathsep}{PROJECT_DIR / 'scripts'}"
    module = ("-m", "reliability.reader")
    return subprocess.Popen(
        [sys.executable, *module, client, str(target), str(published), str(queries)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def ended(reader: subprocess.Popen[str]) -> dict[str, Any]:
    """What a reader found; one that did not end well failed."""
    said = reader.stdout.read()
    if reader.wait() == 0:
        return json.loads(said.splitlines()[-1])
    failure = f"the reader ended with {reader.returncode}"
    return asdict(
        Found(reader.args[3], int(reader.args[-1]), failed=1, failure=failure)
    )


def is_kept(result: dict[str, Any]) -> bool:
    """Whether no query failed, and none saw two builds or an old one."""
    return all(
        reader["queries"]
        and not (reader["failed"] or reader["mixed"] or reader["stale"])
        for reader in result["readers"]
    )
