"""The model's arithmetic, with both sides of every bound."""

from __future__ import annotations

from dataclasses import replace

import pytest
from distributed.model import (
    CLUSTER_START,
    DEADLINE,
    DRIVER_VCPUS,
    FARTHEST,
    ORDER_PRODUCTS,
    WORKER_VCPUS,
    Line,
    Model,
    Power,
    crossing,
    line_through,
    model,
    power_through,
    price,
)
from saved import CPU, FIXED_CPU, benchmarks, build

ROWS = ORDER_PRODUCTS.value
NOTHING = Line(0, 0)
BASE = Model(
    lines={"cpu": Line(0, 1e-5), "shuffled": NOTHING},
    overhead=100,
    duckdb=Power(2e-6, 1.0),
    memory=10,
)


def test_a_line_goes_through_both_points() -> None:
    line = line_through((10, 25), (30, 65))
    assert (line.fixed, line.slope) == (5, 2)
    assert line.at(0) == 5
    # What grows faster than in proportion has less than nothing at its start.
    assert Line(-5, 2).at(2) == 0


def test_a_power_is_found_again() -> None:
    power = power_through([(x, 3 * x**1.2) for x in (2.0, 5.0, 40.0)])
    assert power.factor == pytest.approx(3)
    assert power.exponent == pytest.approx(1.2)
    assert power.reaches(power.at(7)) == pytest.approx(7)


def test_a_worker_and_the_driver_are_paid_while_the_build_lasts() -> None:
    one, four = (BASE.spark(1e9, workers) for workers in (1, 4))
    fixed = CLUSTER_START.value + BASE.overhead
    assert one.seconds - fixed == pytest.approx(4 * (four.seconds - fixed))
    assert four.vcpus == 4 * WORKER_VCPUS.value + DRIVER_VCPUS.value
    assert four.dollars == pytest.approx(price(four.vcpus) * four.seconds / 3600)
    # 8 GB with each vCPU; r5.4xlarge is on the list at 1.008 USD.
    assert price(16) == pytest.approx(1.008)


def test_what_is_shuffled_takes_its_time() -> None:
    lines = {"cpu": NOTHING, "shuffled": Line(0, 10)}
    found = replace(BASE, lines=lines).spark(1e9, 2)
    assert found.seconds == CLUSTER_START.value + BASE.overhead + 1e10 / 1.25e9 / 2


def test_cheapest_is_not_beaten_by_any_number_of_workers() -> None:
    for rows in (1e6, 1e9, 1e11):
        least = min(BASE.spark(rows, workers).dollars for workers in range(1, 300))
        assert BASE.spark_cheapest(rows).dollars == pytest.approx(least, rel=1e-3)


def test_in_time_takes_as_few_workers_as_keep_the_deadline() -> None:
    found = BASE.spark_in_time(1e11)
    assert found is not None and found.machines > 1
    assert found.seconds <= DEADLINE.value
    assert BASE.spark(1e11, found.machines - 1).seconds > DEADLINE.value
    left = DEADLINE.value - CLUSTER_START.value
    assert replace(BASE, overhead=left - 1).spark_in_time(1e9) is not None
    assert replace(BASE, overhead=left).spark_in_time(1e9) is None


def test_duckdb_gets_the_smallest_machine_with_memory_and_time() -> None:
    # 10 bytes each: 16 GB hold 1.6 billion.
    for rows, vcpus in ((1.6e9, 2), (1.61e9, 4)):
        found = BASE.duckdb_cheapest(rows)
        assert found is not None and found.vcpus == vcpus
    slow = replace(BASE, memory=0.0)
    limit = slow.time_binds()
    for rows, is_possible in ((limit * 0.999, True), (limit * 1.001, False)):
        assert (slow.duckdb_in_time(rows) is not None) == is_possible
    large = replace(BASE, duckdb=Power(0.0, 1.0))
    limit = large.memory_binds()
    for rows, is_possible in ((limit, True), (limit * 1.001, False)):
        assert (large.duckdb_cheapest(rows) is not None) == is_possible


def test_a_crossing_is_found_to_a_percent_or_not_at_all() -> None:
    found = crossing(lambda rows: rows >= 50 * ROWS)
    assert found is not None
    assert 50 * ROWS <= found < 50.5 * ROWS
    assert crossing(lambda rows: True) == ROWS
    assert crossing(lambda rows: rows > 1.02 * FARTHEST * ROWS) is None


def test_spark_that_takes_more_cpu_is_needed_before_it_is_cheaper() -> None:
    assert BASE.cheaper() is None
    needed = BASE.first_possible()
    bound = min(BASE.memory_binds(), BASE.time_binds())
    assert needed is not None
    assert bound <= needed <= 1.01 * bound


def test_spark_is_cheaper_once_duckdb_has_grown_beyond_it() -> None:
    """By a power: DuckDB takes as much at 20 times the data, and more beyond."""
    rows = 20 * ROWS
    even = replace(BASE, duckdb=Power(1e-5 * rows / rows**1.5, 1.5), overhead=0)
    found = even.cheaper()
    assert found is not None and found > rows
    assert replace(even, spark_cpu=0.5).cheaper() < found  # type: ignore[operator]
    # Where the memory ends before, nothing is compared.
    assert replace(even, memory=1024e9 / rows).cheaper() is None


def test_the_model_of_builds_misses_nothing_that_is_linear() -> None:
    runs = [build(scale, 2) for scale in (0.03, 0.1, 0.3)]
    found, checked = model(runs, benchmarks())
    assert found.lines["cpu"].fixed == pytest.approx(FIXED_CPU)
    assert found.lines["cpu"].slope * 1e6 == pytest.approx(CPU)
    assert all(abs(error) < 1e-6 for error in checked["errors"].values())
    # Two nodes, two at a time.
    assert found.overhead == checked["median_node"] == 4.0
    assert checked["untested_share"] == checked["busy"] == pytest.approx(0.8)
    assert found.duckdb.exponent == pytest.approx(1.1)
    assert found.memory == 24
    runs[1]["cluster_cpu"]["executor"] /= 2
    assert model(runs, benchmarks())[1]["errors"]["cpu"] == pytest.approx(1.0)
