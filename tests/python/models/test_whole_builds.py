"""Packages of thirteen orders, good and bad, built as a whole and tested by dbt."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import test_bad_rows
import test_file_forms
import test_refused_packages
import test_repaired_values
from support.changes import (
    BASKETS,
    CUSTOMERS,
    ORDERS,
    PRODUCTS,
    add,
    make_package,
    pack,
    put,
    remove,
    together,
    without_column,
)
from support.loads import Loaded, check_quality_tables, leaks
from support.packages import PACKAGES
from support.warehouse import DATA_TESTS, WITHOUT_UNIT_TESTS, Built, Warehouse
from test_repaired_values import BOUGHT, MISNUMBERED

EVERY_DEFECT = together(
    put(ORDERS, "104,1,prior,4,1,10,15.0", "104,1,prior,4,1,24,15.0"),
    put(ORDERS, "101,1,prior,1,0,08,", "101,1,prior,1,0,8,3.0"),
    add(ORDERS, "105,1,prior,5,2,23,30.0", "205,2,prior,5,4,16,4.0", "1,2"),
    add(BASKETS, "105,11,9,0", "999,1,1,0", "105,999,5,0", "101,1,1,0", "x,1,1,0"),
    put(PRODUCTS, "11,Rioja,28,5,18.0", '11,"Rioja,28,5,18.0'),
    put(PRODUCTS, "13,Cava,28,5,18.0", "13,#NAME?,999,99,14900"),
    add(
        PRODUCTS, *MISNUMBERED, MISNUMBERED[0], "12,Barolo,28,5,23.0", "14,&amp;,24,4,"
    ),
    put(CUSTOMERS, ",50,", ",200,"),
    put(CUSTOMERS, "Male,Ohio", ",Ontario"),
    add(CUSTOMERS, '5,"Jobblequin,Xyphrandel,Male,Ohio,20,7/4/2019,1,single,1'),
    pack(CUSTOMERS),
    BOUGHT,
)


def test_package_with_many_defects_builds_over_a_good_one_and_passes_every_test(
    tmp_path: Path, warehouse: Warehouse, baselines: dict[str, Built]
) -> None:
    raw_dir = make_package(tmp_path, "careerfoundry", EVERY_DEFECT)
    warehouse.restore(baselines["kaggle"].database)

    run = warehouse.dbt("build", raw_dir, *WITHOUT_UNIT_TESTS)

    assert run.succeeded, run.output
    assert not leaks(warehouse)
    rejected = warehouse.snapshot()["data_quality.rejected_rows"]
    counts = Counter(row["dataset"] for row in rejected)
    # Order 104's two products and product 11's two rows go with them.
    assert counts == {"orders": 3, "order_products": 7, "products": 2, "customers": 2}


def test_careerfoundry_package_without_customers_and_prices_passes_every_test(
    tmp_path: Path, warehouse: Warehouse
) -> None:
    change = together(remove(CUSTOMERS), without_column(PRODUCTS, "prices"))
    raw_dir = make_package(tmp_path, "careerfoundry", change)

    warehouse.build_new(raw_dir, *WITHOUT_UNIT_TESTS)


@pytest.mark.parametrize("package", PACKAGES)
def test_good_package_passes_every_test(
    package: str, warehouse: Warehouse, baselines: dict[str, Built]
) -> None:
    warehouse.restore(baselines[package].database)

    run = warehouse.dbt("test", baselines[package].raw_dir, *DATA_TESTS)

    assert run.succeeded, run.output
    assert not leaks(warehouse)


def test_good_packages_lose_and_change_nothing(baselines: dict[str, Built]) -> None:
    for built in baselines.values():
        check_quality_tables(Loaded({}, built.tables, []), [])
        assert len(built.tables["marts.fct_orders"]) == 14
    lines = {
        package: len(built.tables["marts.fct_order_products"])
        for package, built in baselines.items()
    }
    assert lines == {"careerfoundry": 30, "kaggle": 32}


def test_there_are_at_least_sixty_corruptions_and_no_two_share_a_name() -> None:
    names = [
        *(case.name for case in test_refused_packages.STOPS),
        *(case.name for _, case in test_bad_rows.CASES),
        *(case.name for _, case in test_repaired_values.CASES),
        *(
            case.name
            for batch in test_repaired_values.UNNOTICED
            for case in batch.cases
        ),
        *(form.name for form in test_file_forms.FORMS),
    ]
    assert len(names) >= 60
    assert len(set(names)) == len(names)
