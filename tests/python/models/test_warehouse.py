"""Whole runs on generated and, where they are at hand, real packages."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from instacart.config import PROJECT_DIR
from instacart.synthetic import generate
from support.packages import write_kaggle
from support.project import VARS
from support.warehouse import (
    WITHOUT_TESTS,
    WITHOUT_UNIT_TESTS,
    Built,
    Warehouse,
)

SAMPLES = PROJECT_DIR.parent / "shared" / "data"
needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(),
    reason="the real samples may not be redistributed and are not at ../shared/data",
)


@pytest.fixture
def fresh(warehouse: Warehouse) -> Warehouse:
    """The process's warehouse without a database."""
    warehouse.database.unlink(missing_ok=True)
    return warehouse


def test_generated_packages_come_to_their_truth(
    warehouse: Warehouse, generated: dict[str, Built]
) -> None:
    """One database takes Kaggle's package after the course's, without a switch.

    Their data tests pass in `make check`, on more customers.
    """
    for built in generated.values():
        warehouse.restore(built.database)
        check_against_truth(warehouse, built.truth)
    assert warehouse.query(
        "select distinct gender, region from marts.dim_customers"
    ) == [("Unknown", "Unknown")]


def check_against_truth(fresh: Warehouse, truth: dict[str, Any]) -> None:
    expected = truth["expected"]
    found = fresh.query(
        "select count(*), count(*) filter (eval_set = 'prior') from marts.fct_orders"
    )
    assert found == [(expected["orders"], expected["orders_by_eval_set"]["prior"])]
    found = fresh.query(
        "select count(*), count(*) filter (is_analysed), count(*) filter (is_reordered)"
        " from marts.fct_order_products"
    )
    assert found == [
        (
            expected["order_products"],
            expected["prior_order_products"],
            expected["reordered_order_products"],
        )
    ]
    assert fresh.query("select count(*) from marts.dim_products") == [(49688,)]
    loyalty = dict(
        fresh.query("select loyalty_flag, count(*) from marts.dim_customers group by 1")
    )
    assert loyalty == {
        f"{name.capitalize()} customer": number
        for name, number in expected["loyalty"].items()
        if number
    }
    assert fresh.query(
        "select count(*) from marts.dim_customers where activity_flag = 'High activity'"
    ) == [(expected["high_activity_customers"],)]
    revenue = fresh.query("select sum(total_spend) from marts.dim_customers")[0][0]
    if expected["prior_revenue"] is None:
        assert revenue is None
    else:
        assert float(revenue) == pytest.approx(expected["prior_revenue"], abs=0.005)

    planted = truth["planted"]
    rows = dict(
        fresh.query("select source_file, rows_read from data_quality.file_row_counts")
    )
    for name, file in truth["files"].items():
        wide = name == "departments.csv" and truth["package"] == "careerfoundry"
        assert rows[name] == (21 if wide else file["rows"]), name
    assert fresh.query(
        "select sum(duplicates_removed), sum(rows_rejected)"
        " from data_quality.file_row_counts"
    ) == [(planted["duplicate_product_rows"], 0)]
    assert fresh.query(
        "select count(*) from marts.dim_products where is_product_name_imputed"
    ) == [(planted["missing_product_names"] + planted["name_error_values"],)]
    assert fresh.query(
        "select count(*) from marts.dim_products where is_price_imputed"
    ) == [(len(planted["mistyped_prices"]),)]


def test_customers_agree_with_an_independent_count(
    generated: dict[str, Built],
) -> None:
    """Measures and flags, written again in pandas from the spec and the raw files."""
    raw, database = (
        generated["careerfoundry"].raw_dir,
        generated["careerfoundry"].database,
    )
    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.sql("from marts.dim_customers order by customer_id").df()
        products = connection.sql(
            "select product_id, department_id, department, price"
            " from marts.dim_products"
        ).df()

    customers = pd.read_csv(raw / "customers.csv").set_index("user_id").sort_index()
    orders = pd.read_csv(raw / "orders.csv")
    prior = orders[orders.eval_set == "prior"]
    lines = pd.read_csv(raw / "orders_products_prior.csv")
    lines = lines.merge(prior[["order_id", "user_id"]]).merge(products)
    lines["price"] = lines.price.astype(float)
    by_customer = lines.groupby("user_id")

    last = prior.groupby("user_id").order_number.max()
    mean_price = by_customer.price.mean()
    median = prior.groupby("user_id").days_since_prior_order.median()
    hours = prior.groupby("user_id").order_hour_of_day.agg(lambda x: x.mode().min())
    rate = by_customer.reordered.mean()
    active = last[last >= 5].index
    expected = pd.DataFrame(index=customers.index)
    expected["order_count"] = prior.groupby("user_id").size()
    expected["total_order_count"] = orders.groupby("user_id").size()
    expected["order_product_count"] = by_customer.size()
    expected["distinct_product_count"] = by_customer.product_id.nunique()
    expected["avg_product_price"] = mean_price
    expected["avg_order_total"] = by_customer.price.sum() / expected.order_count
    expected["median_days_between_orders"] = median
    expected["reorder_rate"] = rate
    expected["loyalty_flag"] = choose(
        (last > 40, "Loyal customer"), (last > 10, "Regular customer"), "New customer"
    )
    expected["activity_flag"] = choose((last < 5, "Low activity"), "High activity")
    expected["spending_flag"] = choose(
        (mean_price >= 10, "High spender"), "Low spender"
    )
    expected["order_frequency_flag"] = choose(
        (median > 20, "Non-frequent customer"),
        (median > 10, "Regular customer"),
        "Frequent customer",
    )
    expected["shopping_time_segment"] = choose(
        (hours <= 5, "Night owl"),
        (hours <= 11, "Early bird"),
        (hours <= 17, "Midday shopper"),
        "Evening shopper",
    )
    first, third = rate[active].quantile([0.25, 0.75])
    expected["adventurousness_flag"] = choose(
        (rate <= first, "Adventurous shopper"),
        (rate >= third, "Creature of habit"),
        "Open to suggestion",
    )
    expected["age_group"] = choose(
        (customers.Age <= 34, "Young adult"),
        (customers.Age <= 64, "Middle-aged"),
        "Senior",
    )
    expected["family_size"] = choose(
        (customers.n_dependants == 0, "No dependants"),
        (customers.n_dependants <= 2, "Small family"),
        "Large family",
    )
    first, third = customers.income[active].quantile([0.25, 0.75])
    expected["income_group"] = choose(
        (customers.income <= first, "Low income"),
        (customers.income <= third, "Middle income"),
        "High income",
    )
    favourites = (
        lines.groupby(["user_id", "department_id", "department"])
        .size()
        .rename("n")
        .reset_index()
        .sort_values(["user_id", "n", "department_id"], ascending=[True, False, True])
        .drop_duplicates("user_id")
        .set_index("user_id")
    )
    expected["favourite_department"] = favourites.department
    for flag, department in {
        "has_bought_alcohol": "alcohol",
        "has_bought_babies": "babies",
        "has_bought_pets": "pets",
        "has_bought_meat": "meat seafood",
    }.items():
        buyers = lines[lines.department == department].user_id.unique()
        expected[flag] = expected.index.isin(buyers)

    pd.testing.assert_frame_equal(
        found.set_index("customer_id")[list(expected)],
        expected,
        check_names=False,
        check_dtype=False,
        check_index_type=False,
    )


def choose(*cases: tuple[pd.Series, str] | str) -> pd.Series:
    """The label of the first condition that holds; the last one is the rest."""
    *conditions, rest = cases
    values = np.select(
        [condition for condition, _ in conditions],
        [label for _, label in conditions],
        default=rest,
    )
    return pd.Series(values, index=conditions[0][0].index)


def test_marts_are_the_same_whatever_the_threads_and_runs(
    warehouse: Warehouse, generated: dict[str, Built]
) -> None:
    """One was built with one thread, from nothing."""
    built = generated["careerfoundry"]
    first = checksums(built.database)
    assert len(first) >= 11
    warehouse.restore(built.database)

    run = warehouse.dbt("build", built.raw_dir, *WITHOUT_TESTS, threads=4)

    assert run.succeeded, run.output
    assert checksums(warehouse.database) == first


def checksums(database: Path) -> dict[str, tuple[Any, ...] | None]:
    with duckdb.connect(str(database), read_only=True) as found:
        tables = found.execute(
            "select table_schema || '.' || table_name from information_schema.tables"
            " where table_schema in ('marts', 'data_quality')"
        ).fetchall()
        return {
            table: found.execute(
                f"select count(*), bit_xor(hash(rows)) from {table} as rows"
            ).fetchone()
            for (table,) in tables
        }


def test_a_file_that_loses_most_of_its_rows_fails_the_build(
    fresh: Warehouse, tmp_path: Path
) -> None:
    generate.generate(tmp_path, "careerfoundry", 0.0005, seed=3)
    orders = tmp_path / "orders.csv"
    orders.write_text(orders.read_text().replace(",prior,", ",earlier,"))
    run = fresh.dbt("build", tmp_path, *WITHOUT_UNIT_TESTS)
    assert not run.succeeded
    failed = [line for line in run.output.splitlines() if " FAIL " in line]
    assert failed and all("no_file_is_mostly_rejected" in line for line in failed)


def test_raw_files_are_looked_at_where_they_are_read(
    warehouse: Warehouse, baselines: dict[str, Built], tmp_path: Path
) -> None:
    """One mart can be built where the raw files are elsewhere today."""
    warehouse.restore(baselines["careerfoundry"].database)
    nowhere = tmp_path / "none"
    run = warehouse.dbt("run", nowhere, "--select", "dim_departments")
    assert run.succeeded, run.output
    run = warehouse.dbt("run", nowhere, "--select", "+dim_departments")
    assert not run.succeeded and "none" in run.output + run.error


def test_a_bound_is_changed_in_one_place(
    tmp_path: Path, generated: dict[str, Built]
) -> None:
    """Models, tests and descriptions follow a var."""
    raw_dir = generated["careerfoundry"].raw_dir
    bounds = '{price_range: [[Dear, "> 7"], [Cheap, otherwise]], unknown_label: n/a}'
    changed = Warehouse(tmp_path)
    parsed = changed.dbt("parse", raw_dir, "--vars", bounds)
    changed.manifest = parsed.result
    run = changed.dbt(
        *("build", raw_dir, "--select", "+dim_products", "--vars", bounds),
        *("--indirect-selection", "buildable"),
    )
    assert run.succeeded, run.output
    assert changed.query(
        "select price_range, min(price) > 7, max(price) <= 7"
        " from marts.dim_products group by all order by all"
    ) == [("Cheap", False, True), ("Dear", True, False)]
    columns = parsed.result.nodes["model.instacart.dim_products"].columns
    assert "Dear > 7; Cheap otherwise" in columns["price_range"].description


def test_bounds_and_labels_are_those_of_the_interface() -> None:
    """The public definitions, which BI tools rely on, are in force as shipped."""
    assert VARS["analysed_eval_sets"] == ["prior"]
    assert (VARS["lowest_valid_price"], VARS["highest_valid_price"]) == (0.01, 100)
    shipped = {
        flag: " | ".join(" ".join(band) for band in bands)
        for flag, bands in VARS.items()
        if isinstance(bands, list) and isinstance(bands[0], list)
    }
    promised = {
        "price_range": "High-range product > 15 | Mid-range product > 5"
        " | Low-range product otherwise",
        "cart_size": "No products = 0 | Small <= 5 | Moderate <= 10 | Large <= 14"
        " | Shopping spree otherwise",
        "busiest_day": "Busiest day = 1 | Least busy = 7 | Regularly busy otherwise",
        "busiest_days": "Busiest days <= 2 | Least busy days >= 6"
        " | Regularly busy days otherwise",
        "busiest_period_of_day": "Most orders <= 8 | Average orders <= 16"
        " | Fewest orders otherwise",
        "loyalty_flag": "Loyal customer > 40 | Regular customer > 10"
        " | New customer otherwise",
        "activity_flag": "Low activity < 5 | High activity otherwise",
        "spending_flag": "High spender >= 10 | Low spender otherwise",
        "order_frequency_flag": "Non-frequent customer > 20 | Regular customer > 10"
        " | Frequent customer otherwise",
        "shopping_time_segment": "Night owl <= 5 | Early bird <= 11"
        " | Midday shopper <= 17 | Evening shopper otherwise",
        "adventurousness_flag": "Adventurous shopper <= first_quartile"
        " | Creature of habit >= third_quartile | Open to suggestion otherwise",
        "age_group": "Young adult <= 34 | Middle-aged <= 64 | Senior otherwise",
        "family_size": "No dependants = 0 | Small family <= 2 | Large family otherwise",
        "income_group": "Low income <= first_quartile | Middle income <= third_quartile"
        " | High income otherwise",
    }
    # A flag may be added, and none may change.
    assert promised.items() <= shipped.items()


def test_seeds_are_those_of_the_interface() -> None:
    """What the interface lists one by one: groups, regions, weekdays, corrections."""

    def seed(name: str) -> pd.DataFrame:
        return pd.read_csv(PROJECT_DIR / "seeds" / f"{name}.csv")

    groups = seed("department_groups").groupby("department_group").department
    assert groups.agg(lambda names: ", ".join(sorted(names))).to_dict() == {
        "Basic necessities": "breakfast, canned goods, dairy eggs, dry goods pasta,"
        " meat seafood, pantry, produce",
        "Treats and indulgence": "alcohol, bakery, beverages, deli, frozen, snacks",
        "Health and personal care": "babies, household, personal care",
        "Specialty and lifestyle": "bulk, international, pets",
        "Miscellaneous": "missing, other",
    }
    regions = seed("state_regions").set_index("state").region
    assert regions.value_counts().to_dict() == {
        "South": 17,
        "West": 13,
        "Midwest": 12,
        "Northeast": 9,
    }
    border = ["New Jersey", "Delaware", "Missouri", "Oklahoma", "Montana", "Hawaii"]
    assert regions[border].tolist() == [
        *("Northeast", "South", "Midwest", "South", "West", "West")
    ]
    days = seed("days_of_week").set_index("day_of_week").day_name
    assert days.tolist() == [
        *("Saturday", "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
    ]
    corrections = seed("product_id_corrections").to_numpy().tolist()
    assert corrections == [[6800, 64, 6799], [26520, 80, 26519]]


@needs_samples
def test_the_real_careerfoundry_sample(fresh: Warehouse) -> None:
    run = fresh.dbt("build", SAMPLES / "careerfoundry-sample", *WITHOUT_UNIT_TESTS)
    assert run.succeeded, run.output
    assert fresh.query(
        "select (select count(*) from marts.fct_orders),"
        " (select count(*) from marts.fct_order_products),"
        " (select count(*) from marts.dim_products),"
        " (select count(*) from marts.fct_order_products where product_id = 6799)"
    ) == [(1000, 8538, 49688, 2)]
    assert fresh.query(
        "select loyalty_flag, count(*) from marts.dim_customers group by 1 order by 1"
    ) == [("Loyal customer", 3), ("New customer", 36), ("Regular customer", 25)]
    assert fresh.query(
        "select duplicates_removed, rows_rejected from data_quality.file_row_counts"
        " where dataset = 'products'"
    ) == [(5, 0)]
    assert fresh.query(
        "select count(*) filter (is_price_imputed),"
        " count(*) filter (is_product_name_imputed) from marts.dim_products"
    ) == [(2, 17)]
    assert fresh.query("select count(*) from data_quality.rejected_rows") == [(0,)]


@needs_samples
def test_the_real_kaggle_sample(fresh: Warehouse) -> None:
    run = fresh.dbt("build", SAMPLES / "kaggle-sample", *WITHOUT_UNIT_TESTS)
    assert run.succeeded, run.output
    assert fresh.query(
        "select (select count(*) from marts.fct_orders),"
        " (select count(*) from marts.fct_order_products),"
        " (select count(*) from marts.dim_products),"
        " (select count(price) from marts.dim_products)"
    ) == [(1000, 8976, 49688, 0)]
    assert fresh.query("select count(*) from data_quality.rejected_rows") == [(0,)]


def test_rows_loaded_before_a_file_came_are_of_no_other_file(
    fresh: Warehouse, tmp_path: Path
) -> None:
    raw_dir = write_kaggle(tmp_path / "raw")
    whole = ("--select", "+file_row_counts", "--exclude-resource-type", "test")
    assert fresh.dbt("build", raw_dir, *whole).succeeded
    prior = raw_dir / "order_products__prior.csv"
    shutil.copy(prior, raw_dir / "order_products__a.csv")
    assert fresh.dbt("run", raw_dir, "--select", "base_instacart__orders").succeeded
    run = fresh.dbt("build", raw_dir, "--select", "int_row_outcomes_counted")
    assert not run.succeeded
    assert (
        "FAIL" in run.output
        and "not_null_columns_int_row_outcomes_counted" in run.output
    )
    found = fresh.query(
        "select distinct source_file from intermediate.int_row_outcomes_counted"
        " where dataset = 'order_products'"
    )
    assert found == [(None,)]
