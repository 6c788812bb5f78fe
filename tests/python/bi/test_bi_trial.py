"""A client passes only if it does all that docs/bi.md says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from bi import run, trial
from bi.clients import CLIENTS
from bi.questions import COLUMNS, FIGURES, OPEN, TABLES
from bi.trial import AT_ONCE, NEW_CONNECTION, NOTHING, Found, try_client
from instacart.publish.versions import show

CONTENTS = {
    number: {TABLES: ["a", "b"], COLUMNS: ["day", "hour"], FIGURES: [number, "2.50"]}
    for number in (1, 2)
}
PASSED = Found(
    *("A client", "1.0", True, True, True, AT_ONCE),
    publishes=2,
    queries=4,
    untouched=True,
)
# What shows it a publish; a client of SQL has no other way than its connection.
NEW_DATA = {
    "DuckDB's command line": NEW_CONNECTION,
    "SQLAlchemy 2.0, NullPool": AT_ONCE,
    "SQLAlchemy 2.0, pooled": NEW_CONNECTION,
    "SQLAlchemy 2.1": AT_ONCE,
    "ADBC": NEW_CONNECTION,
    "pandas": NEW_CONNECTION,
}


class Fake:
    """A client without a file. keeps: whether it sees a publish only when opened."""

    def __init__(self, keeps: bool = False) -> None:
        self.keeps = keeps
        self.shown = self.seen = 1

    def publish(self, number: int) -> None:
        self.shown = number

    def ask(self, question: str) -> list[Any]:
        if question == OPEN or not self.keeps:
            self.seen = self.shown
        return [] if question == OPEN else CONTENTS[self.seen][question]


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(trial, "SHOWN_SECONDS", 0.05)
    yield


def found_of(fake: Fake, ask: Callable[[str], list[Any]], askers: int = 1) -> Found:
    found = Found("A client")
    try_client(found, ask, fake.publish, CONTENTS, 3, askers)
    found.untouched = True
    return found


@pytest.mark.parametrize(
    ("keeps", "new_data"), [(False, AT_ONCE), (True, NEW_CONNECTION)]
)
@pytest.mark.parametrize("askers", [1, 3])
def test_a_good_client_passes(keeps: bool, new_data: str, askers: int) -> None:
    fake = Fake(keeps)
    # Only of a client that one asks at a time it is certain what was opened last.
    found = found_of(fake, fake.ask, 1 if keeps else askers)
    assert found.is_passed, found
    assert found.new_data == new_data
    assert found.publishes == 3
    assert found.queries >= 6


@pytest.mark.parametrize("question", [OPEN, TABLES, COLUMNS, FIGURES])
def test_a_client_that_fails_does_not_pass(question: str) -> None:
    fake = Fake(keeps=True)

    def ask(asked: str) -> list[Any]:
        if asked == question:
            raise RuntimeError("no such thing")
        return fake.ask(asked)

    found = found_of(fake, ask)
    assert not found.is_passed
    assert "no such thing" in found.failure


@pytest.mark.parametrize(
    ("question", "answer"),
    [(TABLES, ["a"]), (COLUMNS, ["hour", "month"]), (FIGURES, [1, "2.51"])],
)
def test_other_answers_than_duckdbs_do_not_pass(
    question: str, answer: list[Any]
) -> None:
    fake = Fake()
    found = found_of(
        fake, lambda asked: answer if asked == question else fake.ask(asked)
    )
    assert not getattr(found, question)
    assert not found.is_passed


def test_a_client_that_never_sees_new_data_does_not_pass() -> None:
    fake = Fake(keeps=True)
    found = found_of(fake, lambda asked: [] if asked == OPEN else fake.ask(asked))
    assert (found.new_data, found.is_passed) == (NOTHING, False)


def test_answers_meanwhile_are_wrong_or_out_of_date() -> None:
    """A client that is right before the loop, and then sticks to some figures."""
    for figures, kind in ((CONTENTS[2][FIGURES], "stale"), ([3, "2.50"], "wrong")):
        fake, asked = Fake(), []

        def ask(question: str, fake: Fake = fake, figures: list[Any] = figures) -> Any:
            asked.append(question)  # noqa: B023
            return figures if asked.count(FIGURES) > 2 else fake.ask(question)  # noqa: B023

        found = found_of(fake, ask)
        assert (getattr(found, kind) > 0, found.is_passed) == (True, False), found


@pytest.mark.parametrize(
    ("change", "is_passed"),
    [
        ({}, True),
        ({"publishes": 0}, False),
        ({"queries": 0}, False),
        ({"failed": 1}, False),
        ({"wrong": 1}, False),
        ({"stale": 1}, False),
        ({"untouched": False}, False),
    ],
)
def test_nothing_may_go_wrong(change: dict[str, Any], is_passed: bool) -> None:
    assert replace(PASSED, **change).is_passed == is_passed


@pytest.mark.slow
@pytest.mark.parametrize("name", NEW_DATA)
def test_clients_that_programs_call(name: str, tmp_path: Path) -> None:
    """Across a publish, as `make bi` tries them on real builds."""
    target, files = tmp_path / "instacart.duckdb", {}
    for number in (1, 2):
        files[number] = tmp_path / f"{number}.duckdb"
        with duckdb.connect(str(files[number])) as connection:
            connection.execute("create schema marts")
            connection.execute(
                "create table marts.rpt_days_of_week as select 1 as day_of_week,"
                f" {number} as order_count, {number}.25::decimal(12, 2) as revenue"
            )

    def publish(number: int) -> None:
        show(files[number], target)

    contents = {number: run.content(path) for number, path in files.items()}
    found = Found(name, CLIENTS[name].versions(), untouched=True)
    publish(1)
    with CLIENTS[name].opened(target, tmp_path) as ask:
        try_client(found, ask, publish, contents, 2, 1)
    assert found.new_data == NEW_DATA[name], found
    # What docs/bi.md says of SQLAlchemy 2.1.
    assert found.is_passed == CLIENTS[name].is_advised, found
    assert found.columns == CLIENTS[name].is_advised
