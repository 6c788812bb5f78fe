"""The process of one client: each line of its input is a question of questions.py.

    python -m bi.session CLIENT FILE

Each answer is a line of JSON: {"answer": [...]} or {"error": "..."}.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

from instacart.errors import one_line
from reliability import sessions

from bi.questions import (
    COLUMNS,
    FIGURES,
    OPEN,
    QUERIES,
    SCHEMA,
    TABLE,
    TABLES,
    Answers,
    by_sql,
)


def in_sql(
    opened: Callable[[str], AbstractContextManager[sessions.Ask]],
) -> Callable[[str], AbstractContextManager[Answers]]:
    """A session of the soak, which is asked in SQL."""

    @contextmanager
    def session(path: str) -> Iterator[Answers]:
        with opened(path) as ask:
            yield by_sql(ask)

    return session


@contextmanager
def pandas(path: str) -> Iterator[Answers]:
    import duckdb

    with duckdb.connect(path, read_only=True) as connection:
        yield by_sql(
            lambda sql: list(
                connection.sql(sql).df().itertuples(index=False, name=None)
            )
        )


@contextmanager
def sqlalchemy(path: str, **options: Any) -> Iterator[Answers]:
    """By an engine that connects for each question, as web applications do."""
    from sqlalchemy import create_engine, inspect, text

    engine = create_engine(
        f"duckdb:///{path}", connect_args={"read_only": True}, **options
    )

    def columns() -> list[str]:
        return [each["name"] for each in inspect(engine).get_columns(TABLE, SCHEMA)]

    def figures() -> list[Any]:
        with engine.connect() as connection:
            return list(connection.execute(text(QUERIES[FIGURES])).one())

    yield {
        TABLES: lambda: inspect(engine).get_table_names(SCHEMA),
        COLUMNS: columns,
        FIGURES: figures,
    }
    engine.dispose()


def unpooled(path: str) -> AbstractContextManager[Answers]:
    from sqlalchemy import pool

    return sqlalchemy(path, poolclass=pool.NullPool)


def harlequin(path: str) -> AbstractContextManager[Answers]:
    from bi import terminal

    return terminal.harlequin(path)


SESSIONS: dict[str, Callable[[str], AbstractContextManager[Answers]]] = {
    "cli": in_sql(sessions.cli),
    "harlequin": harlequin,
    "sqlalchemy": unpooled,
    "sqlalchemy-pooled": sqlalchemy,
    "adbc": in_sql(sessions.adbc),
    "pandas": pandas,
}


def main(client: str, path: str) -> None:
    """Answer until the input ends."""
    with ExitStack() as opened:
        answers: Answers = {}
        for line in sys.stdin:
            question = line.strip()
            try:
                if question == OPEN:
                    opened.close()
                    answers = opened.enter_context(SESSIONS[client](path))
                    said = {"answer": []}
                else:
                    said = {"answer": answers[question]()}
            except Exception as error:
                said = {"error": one_line(error)}
            print(json.dumps(said, default=str), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
