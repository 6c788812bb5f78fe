"""A published file kept open by each client: a way to ask it until it is closed.

Each is a context manager of a path, and gives a function from SQL to rows.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from reliability import clients

Ask = Callable[[str], list[tuple[Any, ...]]]
# What the command line prints behind each answer.
END = "end of the answer"


@contextmanager
def python(path: str) -> Iterator[Ask]:
    import duckdb

    with duckdb.connect(path, read_only=True) as connection:
        yield lambda sql: connection.execute(sql).fetchall()


@contextmanager
def sqlalchemy(path: str) -> Iterator[Ask]:
    from sqlalchemy import create_engine, pool, text

    engine = create_engine(
        f"duckdb:///{path}",
        connect_args={"read_only": True},
        # A pool would keep the file of a build before.
        poolclass=pool.NullPool,
    )
    with engine.connect() as connection:
        yield lambda sql: [tuple(row) for row in connection.execute(text(sql))]


@contextmanager
def adbc(path: str) -> Iterator[Ask]:
    import adbc_driver_duckdb
    from adbc_driver_manager import dbapi

    def ask(sql: str) -> list[tuple[Any, ...]]:
        cursor.execute(sql)
        return cursor.fetch_polars().rows()

    with (
        dbapi.connect(
            driver=adbc_driver_duckdb.driver_path(),
            entrypoint="duckdb_adbc_init",
            db_kwargs={"path": path, "access_mode": "READ_ONLY"},
        ) as connection,
        connection.cursor() as cursor,
    ):
        yield ask


@contextmanager
def cli(path: str) -> Iterator[Ask]:
    """Raises RuntimeError with what the command line says where it fails."""
    with subprocess.Popen(
        [clients.cli(), "-readonly", "-bail", "-json", path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as shell:

        def ask(sql: str) -> list[tuple[Any, ...]]:
            try:
                shell.stdin.write(f"{sql};\n.print {END}\n")
                shell.stdin.flush()
            except BrokenPipeError:
                raise RuntimeError(shell.stderr.read().strip()) from None
            answer = ""
            while (line := shell.stdout.readline()).strip() != END:
                if not line:
                    raise RuntimeError(shell.stderr.read().strip())
                answer += line
            return [tuple(row.values()) for row in json.loads(answer or "[]")]

        yield ask


SESSIONS: dict[str, Callable[[str], AbstractContextManager[Ask]]] = {
    "DuckDB in Python": python,
    "DuckDB's command line": cli,
    "SQLAlchemy with duckdb-engine": sqlalchemy,
    "ADBC": adbc,
}
