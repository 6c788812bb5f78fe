"""What the plugin spares dbt changes nothing of what dbt does."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from dbt.compilation import inject_ctes_into_sql
from dbt.contracts.graph.nodes import InjectedCTE
from instacart.dbt_plugin import TOKENS
from sqlparse.lexer import Lexer

FIXTURES = [
    InjectedCTE(id="orders", sql=" __dbt__cte__orders as (select 1 as id)"),
    InjectedCTE(id="days", sql=" __dbt__cte__days as (select 2 as id)"),
]
MODELS = [
    "with a as (select 1) select * from a",
    "\n\nWITH\n\n-- A step.\na as (\n    select 1\n)\n\nselect * from a",
    "with recursive a as (select 1), b as (select 2) select * from a",
    "with\n\n/* with */ recursive a as (select 1) select * from a",
    "-- with\n/* a comment\nwith lines */ with a as (select 1) select * from a",
    "with recursively as (select 1) select * from recursively",
    "select * from (with a as (select 1) select * from a) as withdrawn",
    "-- with\nselect 'with a as (select 1)' as text",
    "(select 1)",
    "-- Ends with a comment\nselect 1 -- with",
]


@pytest.fixture
def lexer() -> Iterator[Lexer]:
    lexer = Lexer.get_default_instance()
    lexer.default_initialization()
    yield lexer
    lexer.default_initialization()


@pytest.mark.parametrize("sql", MODELS)
def test_fixtures_are_inserted_where_dbt_inserts_them(lexer: Lexer, sql: str) -> None:
    expected = inject_ctes_into_sql(sql, FIXTURES)
    assert "__dbt__cte__days" in expected
    lexer.set_SQL_REGEX(TOKENS)
    assert inject_ctes_into_sql(sql, FIXTURES) == expected


def test_a_model_of_many_tokens_has_no_limit(lexer: Lexer) -> None:
    lexer.set_SQL_REGEX(TOKENS)
    columns = ", ".join(f"{number} as c{number}" for number in range(10_000))
    found = inject_ctes_into_sql(f"with a as (select {columns}) from a", FIXTURES)
    assert found.count("__dbt__cte__") == len(FIXTURES)
    assert found.endswith("9999 as c9999) from a")


CYCLE = """
from instacart.dbt_plugin import collect_less

class Connection:
    def __del__(self):
        print("closed")

connection = Connection()
connection.itself = connection
collect_less()
"""


def test_what_was_left_out_of_collections_is_closed_at_the_end() -> None:
    """Else a database would keep its log beside it, and be incomplete without."""
    done = subprocess.run(
        [sys.executable, "-c", CYCLE], capture_output=True, text=True, check=True
    )
    assert done.stdout == "closed\n"
