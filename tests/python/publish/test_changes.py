"""What a published file says of the one before it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from instacart.publish.changes import BEFORE, CHANGES, NOW
from instacart.publish.write import Table, publish_file
from support.macros import macros
from support.project import VARS

TABLES = [
    Table("data_quality", "headline_figures", "Figures.", {}),
    Table("data_quality", "changes_since_last_version", "Changes.", {}),
]
FIGURES = (
    "figure varchar, dimension varchar, dimension_value varchar,"
    " customer_count bigint, figure_value double"
)
CHANGED = (
    "figure varchar, dimension varchar, dimension_value varchar, customer_count bigint,"
    " before double, now double, change double, relative_change double, verdict varchar"
)
DIFFERS, SAME, TOO_FEW = VARS["difference_verdict"].values()
ENOUGH = VARS["favoured_by_customers"]
BOUND = VARS["min_relative_change"]
# Customers and the figure, by value of a dimension.
Figures = dict[str, tuple[int, float]]


class Published:
    """A published file of figures, and what it says of the one before."""

    def __init__(self, folder: Path) -> None:
        self.target = folder / "instacart.duckdb"
        self.versions = folder / "versions"

    def publish(self, figures: Figures, tables: Sequence[Table] = TABLES) -> None:
        rows = [
            ("order_count", "hour", value, customers, figure)
            for value, (customers, figure) in figures.items()
        ]
        with duckdb.connect() as connection:
            connection.execute("create schema data_quality")
            connection.execute(
                f"create table data_quality.headline_figures ({FIGURES})"
            )
            connection.execute(f"create table {CHANGES} ({CHANGED})")
            connection.executemany(
                "insert into data_quality.headline_figures values (?, ?, ?, ?, ?)", rows
            )
            query = macros().changes_since_last_version(BEFORE, NOW)
            publish_file(
                connection, tables, self.target, self.versions, changes=str(query)
            )

    def changes(self) -> list[tuple[Any, ...]]:
        query = (
            "select dimension_value, customer_count, before, now, change,"
            f" relative_change, verdict from {CHANGES} order by dimension_value"
        )
        with duckdb.connect(str(self.target), read_only=True) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture
def published(tmp_path: Path) -> Published:
    return Published(tmp_path)


def test_a_first_file_has_nothing_to_compare(published: Published) -> None:
    published.publish({"8": (ENOUGH, 100)})
    assert published.changes() == []


def test_each_figure_is_compared_with_the_file_before(published: Published) -> None:
    """On both sides of the bound, up and down, and of the customers."""
    large, small = 1000 * BOUND, 1000 * BOUND - 1
    cases = {
        "as it was": (ENOUGH, 1000, ENOUGH, 1000, SAME),
        "a little more": (ENOUGH, 1000, ENOUGH, 1000 + small, SAME),
        "more": (ENOUGH, 1000, ENOUGH, 1000 + large, DIFFERS),
        "a little less": (ENOUGH, 1000, ENOUGH, 1000 - small, SAME),
        "less": (ENOUGH, 1000, ENOUGH, 1000 - large, DIFFERS),
        "from nothing": (ENOUGH, 0, ENOUGH, 1, DIFFERS),
        "nothing": (ENOUGH, 0, ENOUGH, 0, SAME),
        "few before": (ENOUGH - 1, 1000, ENOUGH, 2000, TOO_FEW),
        "few now": (ENOUGH, 1000, ENOUGH - 1, 2000, TOO_FEW),
    }
    published.publish({name: case[:2] for name, case in cases.items()})
    published.publish({name: case[2:4] for name, case in cases.items()})
    found = {name: rest for name, *rest in published.changes()}
    assert found == {
        name: [
            min(customers, customers_now),
            before,
            now,
            now - before,
            pytest.approx((now - before) / before) if before else None,
            verdict,
        ]
        for name, (customers, before, customers_now, now, verdict) in cases.items()
    }


def test_a_figure_of_one_file_alone_is_a_change(published: Published) -> None:
    published.publish({"gone": (ENOUGH, 5), "gone of few": (ENOUGH - 1, 5)})
    published.publish({"new": (ENOUGH, 7), "new of few": (ENOUGH - 1, 7)})
    assert published.changes() == [
        ("gone", ENOUGH, 5, None, None, None, DIFFERS),
        ("gone of few", ENOUGH - 1, 5, None, None, None, TOO_FEW),
        ("new", ENOUGH, None, 7, None, None, DIFFERS),
        ("new of few", ENOUGH - 1, None, 7, None, None, TOO_FEW),
    ]


def test_the_third_file_is_compared_with_the_second(published: Published) -> None:
    for figure in (100, 200, 300):
        published.publish({"8": (ENOUGH, figure)})
    assert published.changes() == [("8", ENOUGH, 200, 300, 100, 0.5, DIFFERS)]


def drop(statement: str, path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "drop table data_quality.headline_figures",
        "alter table data_quality.headline_figures drop figure_value",
        "update data_quality.headline_figures set figure = null; alter table"
        " data_quality.headline_figures alter figure_value type varchar using 'many'",
        "drop schema data_quality cascade",
        "delete from data_quality.headline_figures",
    ],
)
def test_a_file_of_another_version_has_nothing_to_compare(
    published: Published, statement: str
) -> None:
    published.publish({"8": (ENOUGH, 100)})
    drop(statement, published.target)
    published.publish({"8": (ENOUGH, 200)})
    assert published.changes() == []


@pytest.mark.parametrize("keep", [0, 12, 5000])
def test_a_file_that_cannot_be_read_has_nothing_to_compare(
    published: Published, keep: int
) -> None:
    """Empty, cut short, or with rubbish after its head."""
    published.publish({"8": (ENOUGH, 100)})
    content = published.target.read_bytes()
    published.target.unlink()
    published.target.write_bytes(content[:keep] + b"\xff" * keep)
    published.publish({"8": (ENOUGH, 200)})
    assert published.changes() == []


def test_a_project_without_figures_publishes_the_rest(published: Published) -> None:
    for _ in range(2):
        published.publish({"8": (ENOUGH, 100)}, TABLES[1:])
    assert published.changes() == []
