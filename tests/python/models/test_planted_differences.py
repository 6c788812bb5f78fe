"""Verdicts on planted cases: a difference of many customers and of few, and none."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from support.project import VARS
from support.shared import made_once
from support.warehouse import Built, Warehouse

# How many customers, and by how much their halves differ in what is planted.
CASES = {
    "differs": (4000, 1),
    "too_few": (40, 1),
    "same": (4000, 0),
}
# It takes more to tell a share to half a point.
MANY = 400_000
MARTS = (
    *("rpt_segment_differences", "rpt_segment_types", "rpt_regions"),
    "rpt_segment_departments",
)
Verdict = Callable[[str, str], str]

# Customers of two regions, in turn. Each half orders 4 to 12 times, the South once more
# where it is planted, with ten products each time: three or four of department 4,
# and one more in the South.
CUSTOMERS = """
    create or replace table marts.dim_customers as
    with numbers as (
        select
            cast(range as integer) as number,
            range % 2 = 0 as is_south,
            cast(range // 2 % 9 + 4 as bigint) as base
        from range({customers})
    ),
    planted as (
        select *, base + case when is_south then {difference} else 0 end as orders
        from numbers
    )
    select known.* replace (
        number as customer_id,
        orders as order_count,
        10 * orders as order_product_count,
        case when is_south then 'South' else 'West' end as region,
        {state} as state
    )
    from planted
    cross join (from marts.dim_customers order by customer_id limit 1) as known
"""
SEGMENTS = """
    create or replace table intermediate.{name} as
    select {columns} from marts.dim_customers
"""
# Half of the customers are in the South, with half of the states, or with a third.
STATES = {
    0: "case when is_south then 'Texas' else 'Nevada' end",
    1: "case when is_south then 'Texas' when number % 4 = 1 then 'Nevada'"
    " else 'Oregon' end",
}
COMBINATIONS = (
    "customer_id, case when region = 'South' then 1 else 2 end as combination_number"
)
BOUGHT = """
    create or replace table intermediate.int_customer_departments_aggregated as
    select
        customer_id,
        department_id,
        order_count,
        cast(case department_id when 4 then bought else order_product_count - bought end
            as bigint) as order_product_count,
        cast(0 as bigint) as reordered_product_count,
        cast(0 as decimal(18, 2)) as revenue
    from (
        select
            *,
            order_count * (3 + customer_id // 2 % 2
                + case when region = 'South' then {difference} else 0 end) as bought
        from marts.dim_customers
    )
    cross join (values (4), (19)) as departments (department_id)
"""


@pytest.fixture(scope="module")
def verdict(
    warehouse: Warehouse, baselines: dict[str, Built], shared_dir: Path
) -> Verdict:
    """The verdict of a mart, as a key of the var, on a planted case."""
    names = {label: name for name, label in VARS["difference_verdict"].items()}

    def build(folder: Path, customers: int, difference: int) -> None:
        built = baselines["careerfoundry"]
        warehouse.restore(built.database)
        plant(warehouse.database, customers, difference)
        run = warehouse.dbt("run", built.raw_dir, "--select", *MARTS)
        assert run.succeeded, run.output + run.error
        shutil.move(warehouse.database, folder / "instacart.duckdb")

    def ask(case: str, sql: str) -> str:
        customers, difference = CASES[case]
        if "rpt_segment_departments" in sql or "rpt_regions" in sql:
            customers = {4000: MANY}.get(customers, customers)
        folder = made_once(
            shared_dir / f"planted_{customers}_{difference}",
            lambda folder: build(folder, customers, difference),
        )
        with duckdb.connect(str(folder / "instacart.duckdb"), read_only=True) as found:
            ((label,),) = found.execute(sql).fetchall()
        return names[label]

    return ask


def plant(database: Path, customers: int, difference: int) -> None:
    """Replace the customers of a warehouse, their segments and what they bought."""
    with duckdb.connect(str(database)) as connection:
        connection.execute("drop view intermediate.int_customer_segments")
        connection.execute(
            CUSTOMERS.format(
                customers=customers, difference=difference, state=STATES[difference]
            )
        )
        connection.execute(BOUGHT.format(difference=difference))
        connection.execute(
            SEGMENTS.format(
                name="int_customer_segments",
                columns="customer_id, 'region' as segment_type, region as segment",
            )
        )
        connection.execute(
            SEGMENTS.format(
                name="int_customer_segment_combinations", columns=COMBINATIONS
            )
        )
        connection.execute(
            "create or replace table intermediate.int_combination_segments as"
            " select combination_number, 'region' as segment_type, segment"
            " from (values (1, 'South'), (2, 'West'))"
            " as named (combination_number, segment)"
        )


@pytest.mark.parametrize("case", CASES)
def test_orders_of_segments(case: str, verdict: Verdict) -> None:
    assert (
        verdict(
            case,
            "select verdict from marts.rpt_segment_differences"
            " where segment_type = 'region' and measure = 'order_count'",
        )
        == case
    )


@pytest.mark.parametrize("case", CASES)
def test_departments_of_segments(case: str, verdict: Verdict) -> None:
    assert (
        verdict(
            case,
            "select verdict from marts.rpt_segment_departments"
            " where segment = 'South' and department_id = 4",
        )
        == case
    )


@pytest.mark.parametrize("case", CASES)
def test_regions_against_their_states(case: str, verdict: Verdict) -> None:
    assert (
        verdict(case, "select verdict from marts.rpt_regions where region = 'South'")
        == case
    )
