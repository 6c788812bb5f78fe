"""data_quality.published_figures_check: when it is filled, and what it says."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path

import duckdb
import pytest
from instacart.config import PROJECT_DIR
from instacart.synthetic.generate import PACKAGES
from support.warehouse import WITHOUT_TESTS, Built, Warehouse

# The good packages hold 14 orders and 30 order products of prior ones.
ORDERS = ("orders", "all", 14, 0)
ORDER_PRODUCTS = ("prior order products", "all", 30, 0)
FULL = (ORDERS, ORDER_PRODUCTS)
FORCED = ("--vars", "{force_published_figures_check: true}")

# Metric, dimension, published, rounding, and the vars that it depends on, if any.
Figure = tuple


@pytest.fixture
def check(warehouse: Warehouse, baselines: dict[str, Built]):
    """Let some figures be all that is published, and check a good package."""

    def run(
        *figures: Figure,
        package: str = "careerfoundry",
        raw_dir: Path | None = None,
        arguments: tuple[str, ...] = (),
    ) -> dict[tuple[str, str], tuple]:
        built = baselines[package]
        warehouse.restore(built.database)
        with duckdb.connect(str(warehouse.database)) as connection:
            connection.execute("delete from reference.published_figures")
            for figure in figures:
                connection.execute(
                    "insert into reference.published_figures"
                    " (metric, dimension, published, rounding, vars, source)"
                    " values (?, ?, ?, ?, ?, 'a notebook')",
                    (*figure, None)[:5],
                )
        read = ("stg_instacart__files", "file_row_counts")
        models = (*read, "published_figures_check")
        done = warehouse.dbt(
            "run", raw_dir or built.raw_dir, "--select", *models, *arguments
        )
        assert done.succeeded, done.output
        rows = warehouse.query(
            "select metric, dimension, published, actual, is_match"
            " from data_quality.published_figures_check"
        )
        return {row[:2]: row[2:] for row in rows}

    return run


def test_it_is_filled_when_both_totals_are_those_of_2017(check) -> None:
    assert check(*FULL) == {
        ORDERS[:2]: (14, 14, True),
        ORDER_PRODUCTS[:2]: (30, 30, True),
    }


@pytest.mark.parametrize(
    "figures",
    [
        [("orders", "all", 15, 0), ORDER_PRODUCTS],
        [ORDERS, ("prior order products", "all", 29, 0)],
    ],
    ids=["another number of orders", "another number of order products"],
)
def test_it_is_empty_on_any_other_data_unless_forced(check, figures) -> None:
    assert check(*figures) == {}
    forced = check(*figures, arguments=FORCED)
    assert sorted(match for _, _, match in forced.values()) == [False, True]


def test_generated_data_of_the_same_size_is_not_2017s(
    check, tmp_path: Path, baselines: dict[str, Built], warehouse: Warehouse
) -> None:
    raw_dir = recorded(
        baselines["careerfoundry"].raw_dir,
        tmp_path / "raw",
        "truth.json",
        {
            **dict.fromkeys(PACKAGES["careerfoundry"], "all"),
            "departments.csv": [],
        },
    )

    assert check(*FULL, raw_dir=raw_dir) == {}
    assert warehouse.query(
        "select source_file, is_generated, fabricated_columns"
        " from data_quality.file_row_counts where not is_generated"
    ) == [("departments.csv", False, None)]
    assert len(check(*FULL, raw_dir=raw_dir, arguments=FORCED)) == 2


def test_enriched_data_is_2017s_but_for_customers_and_prices(
    check, tmp_path: Path, baselines: dict[str, Built], warehouse: Warehouse
) -> None:
    figures = (
        *FULL,
        ("customers by age", "30", 1, 0, "known_genders"),
        ("active customers by loyalty", "New customer", 1, 0, "loyalty_flag"),
        (
            *("order products by price range", "Low-range product", 20, 0),
            "lowest_valid_price highest_valid_price",
        ),
    )
    own = baselines["careerfoundry"].raw_dir
    parts = {"customers.csv": "all", "products.csv": ["prices"]}
    raw_dir = recorded(own, tmp_path / "raw", "enriched.json", parts)
    real = {"orders", "prior order products", "active customers by loyalty"}

    assert {metric for metric, _ in check(*figures, raw_dir=raw_dir)} == real
    assert warehouse.query(
        "select source_file, is_generated, fabricated_columns"
        " from data_quality.file_row_counts where fabricated_columns is not null"
        " order by 1"
    ) == [("customers.csv", True, "all"), ("products.csv", False, "prices")]
    every = {metric for metric, *_ in figures}
    assert {metric for metric, _ in check(*figures)} == every
    forced = check(*figures, raw_dir=raw_dir, arguments=FORCED)
    assert {metric for metric, _ in forced} == every


def test_figures_of_customers_and_prices_name_the_vars_that_say_so() -> None:
    """By these int_published_figures knows what rests on fabricated data."""
    of_customers = re.compile(
        "by .*(age|dependants|family|gender|region|state|income)|income"
    )
    of_prices = re.compile("price|order total|revenue|spending")
    with (PROJECT_DIR / "seeds" / "published_figures.csv").open() as file:
        for row in csv.DictReader(file):
            names, metric = row["vars"].split(), row["metric"]
            assert ("known_genders" in names) is bool(of_customers.search(metric))
            assert ("lowest_valid_price" in names) is bool(of_prices.search(metric))


def recorded(
    source: Path, folder: Path, record: str, fabricated: dict[str, str | list[str]]
) -> Path:
    """A copy of a package, with a record of what of it this project fabricated."""
    shutil.copytree(source, folder)
    files = {
        name: {
            "bytes": (folder / name).stat().st_size,
            "fabricated_columns": columns,
        }
        for name, columns in fabricated.items()
    }
    (folder / record).write_text(json.dumps({"files": files}))
    return folder


def test_a_figure_matches_within_its_rounding(check) -> None:
    # Of 30 prior order products, 11 are reordered.
    found = check(
        *FULL,
        ("reorder rate", "all", 0.3667, 0.00005),
        ("customers by age", "30", 1, 0),
        ("customers by age", "31", 0, 0),
        ("customers by age", "32", 1, 0),
        ("customers by age", "50", 2, 0),
        ("income", "mean", 82500.004, 0.005),
        ("income", "median", 80000.006, 0.005),
    )
    assert {key: match for key, (*_, match) in found.items() if key[0] != "orders"} == {
        ORDER_PRODUCTS[:2]: True,
        ("reorder rate", "all"): True,
        ("customers by age", "30"): True,
        ("customers by age", "31"): True,
        ("customers by age", "32"): False,
        ("customers by age", "50"): False,
        ("income", "mean"): True,
        ("income", "median"): False,
    }


def test_what_is_not_to_be_compared_or_not_in_the_package_is_left_out(check) -> None:
    figures = (
        ("orders by hour", "8", 1, None),
        ("train order products", "all", 2, 0),
        ("customers by state", "Ohio", 1, 0),
        ("order products by price range", "Low-range product", 20, 0),
    )
    careerfoundry, kaggle = (
        {metric for metric, _ in check(*FULL, *figures, package=package)}
        for package in ("careerfoundry", "kaggle")
    )
    assert careerfoundry - {"orders", "prior order products"} == {
        "customers by state",
        "order products by price range",
    }
    assert kaggle - {"orders", "prior order products"} == {"train order products"}


def test_every_figure_to_compare_is_measured(
    check, warehouse: Warehouse, baselines: dict[str, Built]
) -> None:
    """A metric spelled otherwise than in the seed would be left out for ever."""
    with (PROJECT_DIR / "seeds" / "published_figures.csv").open() as file:
        figures = [
            (row["metric"], row["dimension"], row["published"], row["rounding"])
            for row in csv.DictReader(file)
            if row["rounding"]
        ]
    assert len(figures) >= 150
    metrics = {metric for metric, *_ in figures}
    measured = set()
    for package in ("careerfoundry", "kaggle"):
        found = check(*figures, package=package, arguments=FORCED)
        measured |= {metric for metric, _ in found}
    assert measured == metrics


def test_a_seed_with_another_column_is_loaded_over_an_older_warehouse(
    warehouse: Warehouse, baselines: dict[str, Built]
) -> None:
    built = baselines["careerfoundry"]
    warehouse.restore(built.database)
    with duckdb.connect(str(warehouse.database)) as connection:
        connection.execute("alter table reference.published_figures drop rounding")

    done = warehouse.dbt(
        "build", built.raw_dir, "--select", "published_figures", *WITHOUT_TESTS
    )

    assert done.succeeded, done.output
    assert warehouse.query(
        "select count(rounding) > 0 from reference.published_figures"
    )
