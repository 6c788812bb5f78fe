"""The clients, how each is started, and which versions they have."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from instacart.config import PROJECT_DIR
from reliability import clients

from bi import superset
from bi.questions import QUERIES

NODE, NODE_PACKAGE, MODULES = "node", "@duckdb/node-api", "node_modules"
NODE_SESSION = PROJECT_DIR / "tests/clients/node/session.mjs"
# For an answer; Harlequin gives up before that.
SECONDS = 300

# From a question of questions.py to its answer.
Ask = Callable[[str], list[Any]]


@dataclass(frozen=True)
class Client:
    """A client of the published file.

    package: its distribution, and where that is installed. opened: a context manager of
    the file and of a folder to work in. askers: how many ask at once. is_advised:
    whether docs/bi.md advises it, so that it must pass.
    """

    package: str
    packages: Path
    opened: Callable[[Path, Path], AbstractContextManager[Ask]]
    askers: int = 1
    is_advised: bool = True

    def missing(self) -> str:
        """Why it can't be tried here; nothing if it can."""
        is_there = self.package != NODE_PACKAGE or (self.packages / MODULES).exists()
        return "" if is_there else "no Node.js on this machine"

    def versions(self) -> str:
        """Its version, and that of the DuckDB in it."""
        if self.package == NODE_PACKAGE:
            lock = json.loads((self.packages / "package-lock.json").read_text())
            version = lock["packages"][f"{MODULES}/{NODE_PACKAGE}"]["version"]
            return f"{version}, DuckDB {version.partition('-')[0]}"
        installed = {
            each.name.lower().replace("_", "-"): each.version
            for each in distributions(path=[str(self.packages)])
        }
        ours = "" if self.package == "duckdb" else f"{installed[self.package]}, "
        return f"{ours}DuckDB {installed['duckdb']}"


@contextmanager
def answering(
    command: tuple[str, ...], variables: dict[str, str], folder: Path | None = None
) -> Iterator[Ask]:
    """A process that answers each line with a line of JSON.

    Raises RuntimeError with what it says of a failure, or if it says nothing.
    """
    with subprocess.Popen(
        command,
        env=variables,
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:

        def ask(question: str) -> list[Any]:
            if running.poll() is not None:
                raise RuntimeError(f"the client ended with {running.returncode}")
            running.stdin.write(f"{question}\n")
            running.stdin.flush()
            if not select.select([running.stdout], [], [], SECONDS)[0]:
                running.kill()
                raise RuntimeError(f"no answer within {SECONDS} s")
            said = json.loads(running.stdout.readline() or '{"error": "no answer"}')
            if "error" in said:
                raise RuntimeError(said["error"])
            return said["answer"]

        try:
            yield ask
        finally:
            running.stdin.close()


def in_python(session: str, name: str, path: Path, work: Path) -> Any:
    """A client that session.py calls, from a folder of `make clients`."""
    variables = clients.environment(name)
    variables["PYTHONPATH"] += f"{os.pathsep}{PROJECT_DIR / 'scripts'}"
    # What it prints besides its answers, such as warnings, is not for the reader.
    command = (sys.executable, "-W", "ignore", "-m", "bi.session", session, str(path))
    return answering(command, variables)


def in_node(path: Path, work: Path) -> Any:
    node = shutil.which("node") or "node"
    command = (node, str(NODE_SESSION), str(path), json.dumps(QUERIES))
    return answering(command, dict(os.environ), clients.folder(NODE))


@contextmanager
def in_superset(path: Path, work: Path) -> Iterator[Ask]:
    with superset.superset(path, work / "superset") as answers:
        yield lambda question: answers[question]()


def python_client(
    package: str, session: str, name: str = clients.READERS, is_advised: bool = True
) -> Client:
    opened = partial(in_python, session, name)
    return Client(package, clients.CLIENTS / name, opened, is_advised=is_advised)


SUPERSET_PACKAGES = (
    superset.ENVIRONMENT
    / f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
)
CLIENTS = {
    "Superset": Client("apache-superset", SUPERSET_PACKAGES, in_superset, askers=4),
    "DuckDB's command line": python_client("duckdb-cli", "cli"),
    "Harlequin": python_client("harlequin", "harlequin", "harlequin"),
    "SQLAlchemy 2.0, NullPool": python_client("sqlalchemy", "sqlalchemy"),
    "SQLAlchemy 2.0, pooled": python_client("sqlalchemy", "sqlalchemy-pooled"),
    "SQLAlchemy 2.1": python_client(
        "sqlalchemy", "sqlalchemy", "sqlalchemy-2.1", is_advised=False
    ),
    "ADBC": python_client("adbc-driver-manager", "adbc"),
    "pandas": python_client("duckdb", "pandas"),
    "Node.js": Client(NODE_PACKAGE, clients.CLIENTS / NODE, in_node),
}
