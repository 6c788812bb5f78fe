"""What the files lack is counted, and judged on both sides of each bound."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from support.changes import BASKETS, CUSTOMERS, ORDERS, drop, make_package, together
from support.packages import PACKAGES
from support.warehouse import Built, Warehouse

# The two tests on orders without products.
ANY, MOST = "analysed_orders_have_products", "most_analysed_orders_have_products"
GAPS = "assert_order_numbers_have_no_gaps"
UNLISTED = "assert_customers_of_orders_are_listed"
SPREADSHEET = "assert_no_file_fills_a_spreadsheet"
CUT = "assert_no_file_is_cut_short"
FOUND = (
    "select column_name, row_count from data_quality.consistency_checks"
    " where row_count > 0 and ("
    " check_name = 'completeness' or column_name = 'user_id') order by all"
)


def ends_and_output(
    warehouse: Warehouse, built: Built, changes: str, *tests: str
) -> tuple[list[str], str]:
    """How some tests end after a change of what they read, and what is said."""
    warehouse.restore(built.database)
    with duckdb.connect(str(warehouse.database)) as connection:
        connection.execute(changes)
    run = warehouse.dbt("test", built.raw_dir, "--select", *tests)
    found = {result.node.name: str(result.status) for result in run.result.results}
    return [found[name] for name in tests], run.output


@pytest.mark.parametrize(
    ("orders", "empty", "ends"),
    [
        (200, 0, ["pass", "pass"]),
        (200, 1, ["warn", "pass"]),
        (200, 100, ["warn", "pass"]),
        (200, 101, ["warn", "fail"]),
        (100, 51, ["warn", "fail"]),
        (99, 99, ["warn", "pass"]),
    ],
)
def test_orders_without_products_warn_and_most_of_them_fail(
    warehouse: Warehouse,
    baselines: dict[str, Built],
    orders: int,
    empty: int,
    ends: list[str],
) -> None:
    change = f"""
        create or replace table marts.fct_orders as
            select true as is_analysed, 'prior' as eval_set from range({orders})
            union all select true, 'test' from range(300)
            union all select false, 'train' from range(300);
        update data_quality.consistency_checks set row_count = {empty}
        where column_name = 'order_id' and check_name = 'completeness'
    """
    found, output = ends_and_output(warehouse, baselines["kaggle"], change, ANY, MOST)
    assert found == ends
    # Kaggle's order products are two files.
    said = "order_products__prior.csv and 1 more: expected products of each analysed"
    assert (said in output) == (empty > 0)


@pytest.mark.parametrize(
    ("count", "rows_read", "is_cut_short", "ends"),
    [
        (0, 1_048_574, "false", ["pass", "pass", "pass", "pass"]),
        (1, 1_048_575, "true", ["warn", "warn", "fail", "warn"]),
        (0, 1_048_576, "null", ["pass", "pass", "pass", "pass"]),
    ],
)
def test_what_is_missing_is_judged(
    warehouse: Warehouse,
    baselines: dict[str, Built],
    count: int,
    rows_read: int,
    is_cut_short: str,
    ends: list[str],
) -> None:
    change = f"""
        update data_quality.consistency_checks set row_count = {count}
        where column_name in ('order_number', 'user_id')
            and check_name in ('completeness', 'referential');
        update data_quality.file_row_counts set rows_read = {rows_read}
        where dataset = 'customers';
        create or replace view staging.stg_instacart__files as
        select 'orders.csv' as source_file, {is_cut_short} as is_cut_short
    """
    tests = (GAPS, UNLISTED, SPREADSHEET, CUT)
    built = baselines["careerfoundry"]
    assert ends_and_output(warehouse, built, change, *tests)[0] == ends


def test_what_is_missing_is_counted(
    tmp_path: Path, warehouse: Warehouse, baselines: dict[str, Built]
) -> None:
    """Order 302 has no products, number 4 of customer 1 and customer 3 are gone."""
    change = together(
        drop(BASKETS, "302,2", "302,3", "302,4"),
        drop(BASKETS, "104,3", "104,6"),
        drop(ORDERS, "104,"),
        drop(CUSTOMERS, "3,"),
    )
    raw_dir = make_package(tmp_path, "careerfoundry", change)
    run = warehouse.rebuild(raw_dir, baselines["careerfoundry"])
    assert run.succeeded, run.output
    assert warehouse.query(FOUND) == [
        ("order_id", 1),
        ("order_number", 1),
        ("user_id", 2),
    ]


@pytest.mark.parametrize("package", PACKAGES)
def test_good_packages_lack_nothing(package: str, baselines: dict[str, Built]) -> None:
    with duckdb.connect(str(baselines[package].database), read_only=True) as connection:
        assert connection.execute(FOUND).fetchall() == []
