"""What every client is asked, and how answers are compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

SCHEMA, TABLE = "marts", "rpt_days_of_week"
MEASURES = ("order_count", "revenue")
# Of a client: open the file, or open it again.
OPEN = "open"
TABLES, COLUMNS, FIGURES = "tables", "columns", "figures"
QUERIES = {
    TABLES: "select table_name from information_schema.tables"
    f" where table_schema = '{SCHEMA}' order by 1",
    COLUMNS: "select column_name from information_schema.columns"
    f" where table_schema = '{SCHEMA}' and table_name = '{TABLE}'"
    " order by ordinal_position",
    FIGURES: f"select {', '.join(f'sum({each}) as {each}' for each in MEASURES)}"
    f" from {SCHEMA}.{TABLE}",
}

# By question; each gives a list of texts and numbers.
Answers = Mapping[str, Callable[[], list[Any]]]


def by_sql(ask: Callable[[str], list[tuple[Any, ...]]]) -> Answers:
    """The answers of a client that is asked in SQL."""
    return {
        TABLES: lambda: [row[0] for row in ask(QUERIES[TABLES])],
        COLUMNS: lambda: [row[0] for row in ask(QUERIES[COLUMNS])],
        FIGURES: lambda: list(ask(QUERIES[FIGURES])[0]),
    }


def plain(question: str, answer: list[Any]) -> list[Any]:
    """An answer as every client's is compared: a decimal may come as text or double."""
    if question == FIGURES:
        return [Decimal(str(value)) for value in answer]
    return sorted(answer)
