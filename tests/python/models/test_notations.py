"""Columns in the notation of another tool or country are read as what they mean.

The marts are those of the good package, and what was read otherwise is listed once for
the column, at its first value. Which value has which reading is tested by unit tests
of the base models.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.changes import (
    BASKETS,
    CUSTOMERS,
    ORDERS,
    PRODUCTS,
    Change,
    rewrite,
)
from support.loads import (
    Batch,
    Load,
    Loaded,
    Repaired,
    check_batch,
    check_case,
    each_case,
)


def written(name: str, column: str, notation: Callable[[str], str]) -> Change:
    """Write all values of a column in another notation."""

    def transform(rows: list[list[str]]) -> list[list[str]]:
        at = rows[0].index(column)
        return [
            rows[0],
            *([*row[:at], notation(row[at]), *row[at + 1 :]] for row in rows[1:]),
        ]

    return rewrite(name, transform)


def column(
    file: str,
    name: str,
    notation: Callable[[str], str],
    *repaired: tuple[int, str, str | None],
) -> Load:
    """A column in another notation, with the rows that list it: id, raw, new value."""
    dataset = {BASKETS: "order_products"}.get(file, file.removesuffix(".csv"))
    listed: list[Repaired] = [(dataset, name.lower(), *row) for row in repaired]
    return Load(
        f"{name} such as {repaired[0][1]}",
        written(file, name, notation),
        repaired=listed,
    )


def day_first(date: str, mark: str) -> str:
    month, day, year = date.split("/")
    return f"{day}{mark}{month}{mark}{year}"


def iso(date: str) -> str:
    month, day, year = date.split("/")
    return f"{year}-{int(month):02}-{int(day):02}"


def with_comma(number: str) -> str:
    return number.replace(".", ",")


def or_word(word: str) -> Callable[[str], str]:
    return lambda cell: cell or word


FIRST_ORDERS = (101, 201, 301)

BATCHES = [
    Batch(
        "as a spreadsheet of the USA writes them",
        [
            column(PRODUCTS, "prices", lambda x: f"${x}0", (1, "$1.00", "1.00")),
            column(
                CUSTOMERS, "income", lambda x: f"{int(x):,}", (1, "50,000", "50000")
            ),
            column(
                CUSTOMERS,
                "date_joined",
                lambda x: f"{x} 12:00:00 AM",
                (1, "1/31/2017 12:00:00 AM", "2017-01-31"),
            ),
            column(
                BASKETS,
                "reordered",
                lambda x: {"0": "FALSE", "1": "TRUE"}[x],
                (101, "FALSE", "0"),
            ),
            column(
                ORDERS,
                "days_since_prior_order",
                or_word("-1.0"),
                *((order, "-1.0", None) for order in FIRST_ORDERS),
            ),
        ],
    ),
    Batch(
        "as a spreadsheet of Germany writes them",
        [
            column(
                PRODUCTS, "prices", lambda x: f"{with_comma(x)} €", (1, "1,0 €", "1.00")
            ),
            column(
                CUSTOMERS,
                "income",
                lambda x: f"{int(x):,}".replace(",", "."),
                (1, "50.000", "50000"),
            ),
            column(
                CUSTOMERS,
                "date_joined",
                lambda x: day_first(x, "."),
                (1, "31.1.2017", "2017-01-31"),
            ),
            column(ORDERS, "days_since_prior_order", with_comma, (102, "7,0", "7")),
        ],
    ),
    Batch(
        "as R, pandas and SQL write them",
        [
            column(ORDERS, "days_since_prior_order", or_word("NA"), (101, "NA", None)),
            column(
                CUSTOMERS,
                "date_joined",
                lambda x: f"{iso(x)}T00:00:00.000Z",
                (1, "2017-01-31T00:00:00.000Z", "2017-01-31"),
            ),
            column(
                BASKETS,
                "reordered",
                lambda x: {"0": "false", "1": "true"}[x],
                (101, "false", "0"),
            ),
            column(
                CUSTOMERS,
                "Gender",
                lambda x: {"Female": "F", "Male": "male"}[x],
                (1, "F", "Female"),
                (2, "male", "Male"),
            ),
            column(ORDERS, "eval_set", str.upper, (101, "PRIOR", "prior")),
            column(
                CUSTOMERS,
                "fam_status",
                str.title,
                (1, "Single", "single"),
                (2, "Married", "married"),
            ),
            column(
                CUSTOMERS,
                "STATE",
                lambda x: x.lower() if x == "Ohio" else x,
                (4, "ohio", "Ohio"),
            ),
        ],
    ),
]
CASES = each_case(BATCHES)


@pytest.mark.parametrize("batch", BATCHES, ids=lambda batch: batch.name)
def test_columns_in_another_notation_give_the_same_marts(
    batch: Batch, load: Callable[[Batch], Loaded]
) -> None:
    check_batch(batch, load(batch))


@pytest.mark.parametrize(("batch", "case"), CASES, ids=[case.name for _, case in CASES])
def test_a_notation_is_listed_once_for_its_column(
    batch: Batch, case: Load, load: Callable[[Batch], Loaded]
) -> None:
    check_case(batch, case, load(batch))
