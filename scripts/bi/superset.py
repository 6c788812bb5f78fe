"""A Superset of its own, on this machine alone: what a person clicks, by its API."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from instacart.config import in_project, shown
from instacart.errors import UserError

from bi.questions import (
    COLUMNS,
    FIGURES,
    MEASURES,
    OPEN,
    SCHEMA,
    TABLE,
    TABLES,
    Answers,
)

ENVIRONMENT = in_project(".venv-superset")
HOST, USER, SECRET = "127.0.0.1", "bi", "BI_SUPERSET_SECRET"
# To start, and for an answer.
SECONDS = 300
# Several people look at once.
THREADS = 8
CONFIGURATION = f"""\
import os

SECRET_KEY = os.environ["{SECRET}"]
SQLALCHEMY_DATABASE_URI = "sqlite:///{{metadata}}"
"""


@contextmanager
def superset(path: Path, folder: Path) -> Iterator[Answers]:
    """Start a Superset whose metadata are in a folder, and connect it with a file.

    Raises UserError if it doesn't start, and requests.HTTPError for what it refuses.
    """
    folder.mkdir(parents=True)
    configuration = folder / "superset_config.py"
    configuration.write_text(CONFIGURATION.format(metadata=folder / "superset.db"))
    variables = {
        "SUPERSET_CONFIG_PATH": str(configuration),
        "SUPERSET_HOME": str(folder),
        "FLASK_APP": "superset.app:create_app()",
        SECRET: secrets.token_urlsafe(42),
    }
    password = secrets.token_urlsafe()
    user = ("--username", USER, "--password", password, "--email", f"{USER}@localhost")
    with (folder / "superset.log").open("wb") as log:
        for command in (
            ("db", "upgrade"),
            ("fab", "create-admin", "--firstname", "B", "--lastname", "I", *user),
            ("init",),
        ):
            start("superset", *command, variables=variables, log=log).wait()
        with socket.create_server((HOST, 0)) as free:
            address = f"{HOST}:{free.getsockname()[1]}"
        options = ("--worker-class", "gthread", "--threads", str(THREADS))
        with start(
            *("gunicorn", "--bind", address, *options, variables["FLASK_APP"]),
            variables=variables,
            log=log,
        ) as server:
            try:
                yield Api(f"http://{address}", password, path).answers(server, log.name)
            finally:
                server.terminate()


def start(
    program: str, *arguments: str, variables: dict[str, str], log: Any
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [ENVIRONMENT / "bin" / program, *arguments],
        env=os.environ | variables,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
    )


class Api:
    """What a browser would call: a database, a dataset and a chart of a file."""

    def __init__(self, address: str, password: str, path: Path) -> None:
        self.address, self.password, self.path = address, password, path
        self.session = requests.Session()
        self.database = self.dataset = self.chart = 0

    def answers(self, server: subprocess.Popen[bytes], log: str) -> Answers:
        """The answers, once the server runs."""
        deadline = time.monotonic() + SECONDS
        while not self.is_healthy():
            if server.poll() is not None or time.monotonic() > deadline:
                raise UserError(
                    "Superset to start", "that it didn't", f"see {shown(Path(log))}"
                )
            time.sleep(0.5)
        return {
            OPEN: self.open,
            TABLES: self.tables,
            COLUMNS: self.columns,
            FIGURES: self.figures,
        }

    def is_healthy(self) -> bool:
        try:
            return requests.get(f"{self.address}/health", timeout=5).ok
        except requests.RequestException:
            return False

    def open(self) -> list[Any]:
        """Log in; the first time, connect the file and draw a chart of it."""
        user = {"username": USER, "password": self.password, "provider": "db"}
        self.session = requests.Session()
        token = self.call("post", "security/login", user)["access_token"]
        self.session.headers["Authorization"] = f"Bearer {token}"
        self.session.headers["X-CSRFToken"] = self.result("security/csrf_token/")
        self.session.headers["Referer"] = self.address
        if not self.chart:
            self.connect()
        return []

    def connect(self) -> None:
        uri = f"duckdb:///{self.path}?access_mode=read_only"
        database = {"database_name": "warehouse", "sqlalchemy_uri": uri}
        self.database = self.call("post", "database/", database)["id"]
        # It lists schemas with the database before them.
        schemas = self.result(f"database/{self.database}/schemas/")
        (self.schema,) = (each for each in schemas if each.endswith(f".{SCHEMA}"))
        dataset = {
            "database": self.database,
            "schema": self.schema,
            "table_name": TABLE,
        }
        self.dataset = self.call("post", "dataset/", dataset)["id"]
        metrics = [
            {
                "expressionType": "SIMPLE",
                "column": {"column_name": each},
                "aggregate": "SUM",
                "label": each,
            }
            for each in MEASURES
        ]
        chart = {
            "slice_name": TABLE,
            "datasource_id": self.dataset,
            "datasource_type": "table",
            "viz_type": "table",
            "params": "{}",
            "query_context": json.dumps(
                {
                    "datasource": {"id": self.dataset, "type": "table"},
                    "queries": [{"columns": [], "metrics": metrics}],
                }
            ),
        }
        self.chart = self.call("post", "chart/", chart)["id"]

    def tables(self) -> list[str]:
        listed = self.result(
            f"database/{self.database}/tables/?q=(schema_name:'{self.schema}')"
        )
        return [each["value"] for each in listed]

    def columns(self) -> list[str]:
        dataset = self.result(f"dataset/{self.dataset}")
        return [each["column_name"] for each in dataset["columns"]]

    def figures(self) -> list[Any]:
        (row,) = self.result(f"chart/{self.chart}/data/")[0]["data"]
        return [row[each] for each in MEASURES]

    def result(self, path: str) -> Any:
        return self.call("get", path)["result"]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        response = self.session.request(
            method, f"{self.address}/api/v1/{path}", json=body, timeout=SECONDS
        )
        if not response.ok:
            raise requests.HTTPError(f"{response.status_code}: {response.text}")
        return response.json()
