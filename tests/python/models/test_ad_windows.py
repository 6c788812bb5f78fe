"""The quietest windows for advertisements are those found by trying every window."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from fractions import Fraction

import duckdb
import pytest
from support.analyses import Row, Rows, attach_copy, by, fetched, text_of
from support.packages import PACKAGES
from support.warehouse import Built

WINDOWS = "quietest_ad_windows"


Week = dict[tuple[int, int], int]


def windows_of(built: Built, week: Week) -> Rows:
    """What the query says of a week of other orders."""
    ranked = sorted(week, key=lambda slot: (week[slot], slot))
    with duckdb.connect() as connection:
        attach_copy(connection, built, WINDOWS)
        connection.executemany(
            "update marts.rpt_day_hours set order_count = $1,"
            " order_product_count = 10 * $1, ad_window_rank = $2"
            " where day_of_week = $3 and hour_of_day = $4",
            [(week[slot], ranked.index(slot) + 1, *slot) for slot in week],
        )
        return fetched(connection.execute(text_of(WINDOWS)))


def setting(name: str) -> int:
    """What the query itself takes for a bound."""
    (value,) = re.findall(rf"(\d+) as {name}\b", text_of(WINDOWS))
    return int(value)


def expected_windows(week: Week) -> Rows:
    """The same by trying every window."""
    ranked = sorted(week, key=lambda slot: (week[slot], slot))
    mean = Fraction(sum(week.values()), len(week))
    bounds = {
        "all hours": (0, 24),
        "waking hours": (setting("waking_from"), setting("waking_until")),
    }
    found = []
    for considered, (opening, closing) in bounds.items():
        quietest = []
        for day in range(7):
            tried = [
                (
                    Fraction(sum(week[day, hour] for hour in range(first, end)))
                    / (end - first),
                    first - end,
                    first,
                )
                for first in range(opening, closing)
                for end in range(first + setting("shortest_window"), closing + 1)
            ]
            per_hour, length, first = min(tried)
            quietest.append((per_hour, length, day, first))
        for rank, (per_hour, length, day, first) in enumerate(sorted(quietest), 1):
            hours = range(first, first - length)
            orders = sum(week[day, hour] for hour in hours)
            of_day = sum(week[day, hour] for hour in range(24))
            ranks = [ranked.index((day, hour)) + 1 for hour in hours]
            found.append(
                {
                    "day_of_week": day,
                    "considered": considered,
                    "first_hour": first,
                    "end_hour": first - length,
                    "order_count": orders,
                    "order_product_count": 10 * orders,
                    "orders_per_hour": float(per_hour),
                    "share_of_day": orders / of_day if of_day else None,
                    "below_average_hour": float(1 - per_hour / mean) if mean else None,
                    "mean_ad_window_rank": sum(ranks) / len(ranks),
                    "week_rank": rank,
                    "considered_from": opening,
                    "considered_until": closing,
                    "shortest_window": setting("shortest_window"),
                }
            )
    return sorted(found, key=lambda row: (row["day_of_week"], row["considered"]))


def slots() -> list[tuple[int, int]]:
    return [(day, hour) for day in range(7) for hour in range(24)]


def same_everywhere() -> Week:
    return dict.fromkeys(slots(), 1)


def one_day_without_orders() -> Week:
    return {slot: 0 if slot[0] == 4 else 10 + slot[1] for slot in slots()}


def one_day_with_orders() -> Week:
    return {slot: 5 if slot[0] == 4 else 0 for slot in slots()}


def no_orders() -> Week:
    return dict.fromkeys(slots(), 0)


def two_windows_alike() -> Week:
    """Hours 2 to 4 are as quiet as 10 to 12, which only the earlier may win."""
    quiet = {2, 3, 4, 10, 11, 12}
    return {slot: 1 if slot[1] in quiet else 9 for slot in slots()}


def a_longer_window_alike() -> Week:
    """Hours 2 to 4 are as quiet as 10 to 13, which are longer."""
    quiet = {2, 3, 4, 10, 11, 12, 13}
    return {slot: 1 if slot[1] in quiet else 9 for slot in slots()}


def four_hours_quieter_than_three() -> Week:
    """A quiet hour on each side of two loud ones: the best window holds all four."""
    orders = dict.fromkeys(range(24), 100) | {8: 1, 9: 7, 10: 7, 11: 1}
    return {slot: orders[slot[1]] for slot in slots()}


def quiet_across_midnight() -> Week:
    """Hours 22 to 1 are quiet, but no window goes past midnight."""
    quiet = {22, 23, 0, 1}
    return {slot: 1 if slot[1] in quiet else 50 + slot[1] for slot in slots()}


def busier_than_average_all_day() -> Week:
    """Two days are busy at every waking hour."""
    return {
        slot: 0 if slot[1] < 6 else 90 if slot[0] < 2 else 20 + slot[1]
        for slot in slots()
    }


def at_random(seed: int, most: int) -> Callable[[], Week]:
    def draw() -> Week:
        numbers = random.Random(seed)
        return {slot: numbers.randint(0, most) for slot in slots()}

    draw.__name__ = f"random_up_to_{most}"
    return draw


WEEKS = [
    same_everywhere,
    one_day_without_orders,
    one_day_with_orders,
    no_orders,
    two_windows_alike,
    a_longer_window_alike,
    four_hours_quieter_than_three,
    quiet_across_midnight,
    busier_than_average_all_day,
    at_random(seed=1, most=1),
    at_random(seed=2, most=2),
    at_random(seed=3, most=5),
    at_random(seed=4, most=1000),
]


@pytest.mark.parametrize("week", WEEKS, ids=lambda week: week.__name__)
def test_windows_are_those_found_by_trying_all(
    week: Callable[[], Week], generated: dict[str, Built]
) -> None:
    check_windows(windows_of(generated["careerfoundry"], week()), week())


@pytest.mark.parametrize("package", PACKAGES)
def test_windows_of_a_package_are_those_found_by_trying_all(
    package: str, answer: Callable[[str, str], Rows], generated: dict[str, Built]
) -> None:
    with duckdb.connect(str(generated[package].database), read_only=True) as connection:
        table = connection.execute(
            "select day_of_week, hour_of_day, order_count from marts.rpt_day_hours"
        ).fetchall()
    week = {(day, hour): orders for day, hour, orders in table}

    check_windows(answer(package, WINDOWS), week, are_products_known=False)


def check_windows(rows: Rows, week: Week, are_products_known: bool = True) -> None:
    assert len(rows) == 14
    for row, wanted in zip(rows, expected_windows(week), strict=True):
        if not are_products_known:
            wanted.pop("order_product_count")
        for name, value in wanted.items():
            found = row[name]
            if isinstance(value, float):
                assert found == pytest.approx(value, abs=0.0051), name
            else:
                assert found == value, name
        hours = f"{row['first_hour']:02d}:00 to {row['end_hour']:02d}:00: "
        assert row["advice"].startswith(f"{row['day_name']}, {hours}")
        check_advice(row)


def check_advice(row: Row) -> None:
    below = row["below_average_hour"]
    is_awake = setting("waking_from") <= row["first_hour"] and row[
        "end_hour"
    ] <= setting("waking_until")
    if below is None:
        assert "no orders all week" in row["advice"]
    elif below < 0:
        assert "% more orders" in row["advice"]
        assert row["advice"].endswith("take another day.")
    else:
        assert "% fewer orders" in row["advice"]
        said = "customers are awake." if is_awake else "few are awake to see it."
        assert row["advice"].endswith(said)


def test_a_day_without_orders_is_quiet_as_long_as_it_can_be(
    generated: dict[str, Built],
) -> None:
    rows = by(
        windows_of(generated["careerfoundry"], one_day_without_orders()),
        *("day_of_week", "considered"),
    )

    day, waking = rows[4, "all hours"], rows[4, "waking hours"]
    assert (day["first_hour"], day["end_hour"]) == (0, 24)
    assert (waking["first_hour"], waking["end_hour"]) == (
        setting("waking_from"),
        setting("waking_until"),
    )
    assert day["week_rank"] == waking["week_rank"] == 1
    assert day["share_of_day"] is None
    assert day["below_average_hour"] == 1
