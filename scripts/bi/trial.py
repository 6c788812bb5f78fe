"""What a client must do, and when it has passed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any

from instacart.errors import one_line

from bi.clients import Ask
from bi.questions import COLUMNS, FIGURES, OPEN, TABLES, plain

# What shows a client the figures of a publish.
AT_ONCE, NEW_CONNECTION, NOTHING = "next query", "new connection", "nothing"
# Characters of an error on the page.
LONGEST = 200
# Between two publishes: a second, and so many queries of each asker.
SHOWN_SECONDS, QUERIES_PER_PUBLISH = 1, 2
# A client that doesn't answer is not waited for longer than that.
LONGEST_SECONDS = 300

# What a published file holds, by question.
Content = Mapping[str, list[Any]]


@dataclass
class Found:
    """What a client did with a file that was published again and again.

    tables, columns, figures: whether its answers are DuckDB's. new_data: what showed
    the second publish. queries: those asked meanwhile. failed, wrong, stale: how
    many of them had no answer, the figures of no file, or those of a file that was no
    longer shown when they were asked.
    untouched: whether the files are as before. failure: the first error.
    """

    client: str
    versions: str = ""
    tables: bool = False
    columns: bool = False
    figures: bool = False
    new_data: str = NOTHING
    publishes: int = 0
    queries: int = 0
    failed: int = 0
    wrong: int = 0
    stale: int = 0
    untouched: bool = False
    failure: str = ""

    @property
    def is_passed(self) -> bool:
        return bool(
            (self.tables and self.columns and self.figures and self.untouched)
            and self.new_data != NOTHING
            and (self.publishes and self.queries)
            and not (self.failed or self.wrong or self.stale)
        )


def try_client(
    found: Found,
    ask: Ask,
    publish: Callable[[int], None],
    contents: Mapping[int, Content],
    publishes: int,
    askers: int,
) -> None:
    """Ask a client, publish, ask again; then publish while it is asked in a loop.

    publish: shows readers a version of `contents`. Errors of the client become part of
    `found`.
    """
    first, second = sorted(contents)[:2]
    publish(first)
    is_same(found, ask, OPEN, [])
    found.tables = is_same(found, ask, TABLES, contents[first][TABLES])
    found.columns = is_same(found, ask, COLUMNS, contents[first][COLUMNS])
    found.figures = is_same(found, ask, FIGURES, contents[first][FIGURES])
    publish(second)
    found.new_data = after_publish(found, ask, contents[second][FIGURES])
    if found.new_data != NOTHING:
        ask_meanwhile(found, ask, publish, contents, publishes, askers)


def is_same(found: Found, ask: Ask, question: str, expected: list[Any]) -> bool:
    """Whether a client answers as DuckDB does; not if it fails."""
    try:
        answer = ask(question)
    except Exception as error:
        found.failure = found.failure or f"{question}: {one_line(error)[:LONGEST]}"
        return False
    return plain(question, answer) == plain(question, expected)


def after_publish(found: Found, ask: Ask, expected: list[Any]) -> str:
    """What shows a client the new figures."""
    if is_same(found, ask, FIGURES, expected):
        return AT_ONCE
    if is_same(found, ask, OPEN, []) and is_same(found, ask, FIGURES, expected):
        return NEW_CONNECTION
    return NOTHING


def ask_meanwhile(
    found: Found,
    ask: Ask,
    publish: Callable[[int], None],
    contents: Mapping[int, Content],
    publishes: int,
    askers: int,
) -> None:
    """Publish the versions in turn, while a client is asked by some threads."""
    figures = {
        version: plain(FIGURES, content[FIGURES])
        for version, content in contents.items()
    }
    versions = sorted(figures)
    begun = [versions[1]]
    done = [versions[1]]
    outcomes: list[str] = []
    ended = Event()

    def asking() -> None:
        while not ended.is_set():
            before = len(done) - 1
            try:
                if found.new_data == NEW_CONNECTION:
                    ask(OPEN)
                answer = plain(FIGURES, ask(FIGURES))
            except Exception as error:
                found.failure = found.failure or one_line(error)[:LONGEST]
                outcomes.append("failed")
                continue
            # Whatever could be seen at some time between question and answer.
            possible = [figures[version] for version in begun[before:]]
            known = "stale" if answer in figures.values() else "wrong"
            outcomes.append("right" if answer in possible else known)

    threads = [Thread(target=asking) for _ in range(askers)]
    for thread in threads:
        thread.start()
    try:
        for number in range(publishes):
            version = versions[number % len(versions)]
            begun.append(version)
            publish(version)
            done.append(version)
            wait_for(outcomes, len(outcomes) + QUERIES_PER_PUBLISH * askers)
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    found.publishes, found.queries = len(done) - 1, len(outcomes)
    found.failed, found.wrong, found.stale = map(
        outcomes.count, ("failed", "wrong", "stale")
    )


def wait_for(outcomes: list[str], count: int) -> None:
    """Let a client answer so often before the next publish, or a while at least."""
    deadline = time.monotonic() + LONGEST_SECONDS
    time.sleep(SHOWN_SECONDS)
    while len(outcomes) < count and time.monotonic() < deadline:
        time.sleep(0.05)
