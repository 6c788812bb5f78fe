"""Labels by quartiles, from the real macros, compared with exact fractions."""

from __future__ import annotations

import random
from fractions import Fraction
from math import floor

import duckdb
import pytest
from support.macros import macros

MACROS = macros()
# The most order products of a customer for which rates are compared exactly.
MOST = 13_000


def quartile(values: list[Fraction], share: Fraction) -> Fraction:
    """Interpolated linearly, exactly."""
    values = sorted(values)
    position = (len(values) - 1) * share
    lower = floor(position)
    upper = min(lower + 1, len(values) - 1)
    return values[lower] + (position - lower) * (values[upper] - values[lower])


def labels(active: list[Fraction], others: list[Fraction], measure: str) -> list[str]:
    """What the warehouse's SQL says of each value, quartiles being those of active."""
    rows = ", ".join(
        f"({number}, {value.numerator}, {value.denominator},"
        f" '{'High' if number < len(active) else 'Low'} activity')"
        for number, value in enumerate([*active, *others])
    )
    flag, value = {
        "rate": ("adventurousness_flag", "reordered / order_products"),
        "income": ("income_group", "reordered"),
    }[measure]
    query = f"""
        with customers as (
            select number, {value} as measure, activity_flag, 1 as order_count
            from (values {rows})
                as customers (number, reordered, order_products, activity_flag)
        ),
        quartiles as ({MACROS.quartiles("customers", "measure")})
        select {MACROS.behaviour_label(flag, MACROS.snapped_to_quartiles("measure"))}
        from customers cross join quartiles
        order by number
    """
    return [label for (label,) in duckdb.sql(query).fetchall()]


def expected(active: list[Fraction], others: list[Fraction], measure: str) -> list[str]:
    first, third = (quartile(active, Fraction(part, 4)) for part in (1, 3))

    def label(value: Fraction) -> str:
        if measure == "income":
            if value <= first:
                return "Low income"
            return "Middle income" if value <= third else "High income"
        if value <= first:
            return "Adventurous shopper"
        return "Creature of habit" if value >= third else "Open to suggestion"

    return [label(value) for value in [*active, *others]]


def next_to(value: Fraction, most: int) -> list[Fraction]:
    """The rate, if so many order products can have it, and others close to it."""
    nearest = value.limit_denominator(most)
    step = Fraction(1, nearest.denominator * (most // nearest.denominator))
    return [
        rate for rate in (nearest - step, nearest, nearest + step) if 0 <= rate <= 1
    ]


@pytest.mark.parametrize("most", [10, 145, MOST])
def test_a_rate_at_a_quartile_is_inside_it(most: int) -> None:
    """Ties, even and odd numbers of customers, and rates next to both quartiles."""
    random.seed(most)
    at_quartiles = 0
    for number in range(150):
        sizes = random.choices(range(max(1, most // 2), most + 1), k=1 + number % 11)
        active = [Fraction(random.randint(0, size), size) for size in sizes]
        bounds = [quartile(active, Fraction(part, 4)) for part in (1, 3)]
        others = [rate for bound in bounds for rate in next_to(bound, most)]
        assert labels(active, others, "rate") == expected(active, others, "rate")
        at_quartiles += sum(bound in others for bound in bounds)
    assert at_quartiles >= 20


def test_the_nearest_rate_to_a_quartile_is_not_at_it() -> None:
    """None of three such sizes can be closer to it than 1 / (4 * their product)."""
    active = [Fraction(5957, 12_997), Fraction(7221, 12_998)]
    above = Fraction(6269, 12_989)
    gap = above - quartile(active, Fraction(1, 4))
    assert gap == Fraction(1, 4 * 12_997 * 12_998 * 12_989)
    assert labels(active, [above], "rate")[-1] == "Open to suggestion"


def test_an_income_at_a_quartile_is_inside_it() -> None:
    random.seed(1)
    for number in range(150):
        incomes = random.choices(range(25_903, 25_914), k=1 + number % 11)
        active = [Fraction(income) for income in incomes]
        others = [Fraction(income) for income in range(25_902, 25_915)]
        assert labels(active, others, "income") == expected(active, others, "income")
