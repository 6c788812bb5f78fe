"""data_quality.conditions_in_force: what made each label of the warehouse at hand."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from support.packages import PACKAGES
from support.project import VARS
from support.warehouse import Built, Warehouse

FLAGS = {
    name: bands
    for name, bands in VARS.items()
    if isinstance(bands, list) and isinstance(bands[0], list)
}
QUARTILES = {"income_group": "income", "adventurousness_flag": "reorder_rate"}
# Every var that makes a label, otherwise than shipped.
OTHERS = {
    "unknown_label": "n/a",
    "no_orders_label": "Never ordered",
    "high_activity_label": "Active",
    "activity_flag": [["Passive", "< 3"], ["Active", "otherwise"]],
    "loyalty_flag": [["Devoted", "> 4"], ["Casual", "otherwise"]],
    "income_group": [["Poor", "< third_quartile"], ["Rich", "otherwise"]],
    "price_range": [["Dear", "> 7"], ["Cheap", "otherwise"]],
    "lowest_valid_price": 2,
    "highest_valid_price": 20,
    "spreadsheet_errors": ["#ODD!"],
    "analysed_eval_sets": ["prior", "train"],
    "has_bought_alcohol": "snacks",
    "min_adjusted_r_squared": 0.5,
    "phenomenon": dict.fromkeys(VARS["phenomenon"], "Weather"),
}
LABELLED = ["conditions_in_force", "dim_products", "fct_orders", "dim_customers"]
REPORTED = {
    "rpt_days_of_week": ["busiest_day", "busiest_days"],
    "rpt_hours_of_day": [
        *("busiest_period_of_day", "shopping_time_segment", "phenomenon"),
        *("is_high_traffic", "is_high_value", "has_enough_orders", "is_usual_price"),
        *("order_total_verdict", "price_verdict"),
    ],
    "rpt_department_hours": ["is_typical", "verdict"],
    "rpt_departments": ["is_frequent"],
    "rpt_customer_segments": ["has_enough_customers", "is_large"],
    "rpt_segment_departments": [
        *("is_favoured", "is_worth_targeting", "is_frequent_department", "verdict"),
    ],
    "rpt_segment_crosstabs": ["has_enough_customers", "is_more_than_chance", "verdict"],
    "rpt_segment_differences": [
        *("is_beyond_chance", "is_large_effect", "is_significant", "verdict"),
    ],
    "rpt_department_opportunities": ["quadrant", "is_frequent"],
    "rpt_income_opportunities": ["verdict"],
    "rpt_phenomena": ["phenomenon"],
    "rpt_phenomenon_departments": ["phenomenon", "verdict"],
    "rpt_first_baskets": [
        f"reached_{bound}_verdict" for bound in VARS["first_basket_bounds"]
    ],
    "rpt_customer_lifecycle": ["lifecycle_stage"],
    "rpt_audiences": ["audience", "favoured_verdict"],
    "rpt_segment_types": [
        *("is_beyond_chance", "is_significant", "is_nearly_best", "verdict"),
    ],
    "rpt_age_bands": ["verdict"],
    "rpt_regions": ["verdict"],
}
# The same of dimensions and facts.
TEST = "assert_every_label_has_a_condition"

Conditions = dict[str, list[tuple[str, str, str]]]


@pytest.fixture
def conditions_of(
    warehouse: Warehouse, baselines: dict[str, Built]
) -> Callable[..., Conditions]:
    """Label, measure and condition by column, as a package built with vars has them."""

    def build(package: str, **variables: object) -> Conditions:
        baseline = baselines[package]
        warehouse.restore(baseline.database)
        if variables:
            run = warehouse.dbt(
                "build",
                baseline.raw_dir,
                *("--select", *(f"+{name}" for name in [*LABELLED, *REPORTED])),
                *("--exclude-resource-type", "test", "unit_test"),
                *("--vars", json.dumps(variables)),
            )
            assert run.succeeded, run.output
        run = warehouse.dbt(
            "test", baseline.raw_dir, "--select", TEST, "--vars", json.dumps(variables)
        )
        assert run.succeeded, run.output
        found: Conditions = {}
        for name, *row in warehouse.query(
            "select column_name, label, measure, condition"
            " from data_quality.conditions_in_force order by column_name, label_number"
        ):
            found.setdefault(name, []).append(tuple(row))
        unknown = variables.get("unknown_label", VARS["unknown_label"])
        for report, columns in REPORTED.items():
            for column in columns:
                read = warehouse.query(
                    f"select distinct coalesce({column}::text, '{unknown}')"
                    f" from marts.{report}"
                )
                listed = {(label,) for label, _, _ in found[column]}
                assert set(read) <= listed, f"{report}.{column}"
        return found

    return build


@pytest.mark.parametrize("package", PACKAGES)
def test_every_flag_of_the_vars_is_listed_in_its_order(
    package: str, conditions_of: Callable[..., Conditions]
) -> None:
    found = conditions_of(package)
    assert FLAGS.keys() <= found.keys()
    assert {name for name in VARS if name.startswith("has_bought_")} <= found.keys()
    for flag, bands in FLAGS.items():
        rows = found[flag][-len(bands) :]
        assert [label for label, _, _ in rows] == [label for label, _ in bands]
        if flag not in QUARTILES:
            assert [said for _, _, said in rows] == [said for _, said in bands]
        before = {label for label, _, _ in found[flag][: -len(bands)]}
        assert before <= {VARS["unknown_label"], VARS["no_orders_label"]}


def test_a_bound_is_the_number_that_its_condition_begins_with(
    conditions_of: Callable[..., Conditions], warehouse: Warehouse
) -> None:
    conditions_of("careerfoundry")
    bounds = dict(
        warehouse.query(
            "select column_name, bound from data_quality.conditions_in_force"
            " where label in ('true', 'Loyal customer', 'Parent')"
        )
    )
    assert f"> {bounds['loyalty_flag']:g}" == VARS["loyalty_flag"][0][1]
    assert bounds["has_enough_customers"] == VARS["favoured_by_customers"]
    assert bounds["is_large"] == VARS["min_named_share"]
    assert bounds["is_high_traffic"] is None


def test_quartiles_stand_with_the_value_that_parts_customers(
    conditions_of: Callable[..., Conditions], warehouse: Warehouse
) -> None:
    found = conditions_of("careerfoundry")
    for flag, measure in QUARTILES.items():
        bounds = dict(
            zip(
                ("first quartile", "third quartile"),
                warehouse.query(
                    f"select unnest(quantile_cont({measure}, [0.25, 0.75]))"
                    " from marts.dim_customers where activity_flag = 'High activity'"
                ),
                strict=True,
            )
        )
        for (_, _, said), (_, template) in zip(
            found[flag][-3:-1], FLAGS[flag], strict=False
        ):
            operator, _, quartile = template.replace("_", " ").partition(" ")
            ((bound,),) = (bounds[quartile],)
            assert said == f"{operator} {round(bound, 6):g} ({quartile})"


def test_a_quartile_of_nothing_is_none(
    conditions_of: Callable[..., Conditions],
) -> None:
    found = conditions_of("kaggle")["income_group"]
    assert [said for _, _, said in found] == [
        "is null, or there are no quartiles",
        "<= none (first quartile)",
        "<= none (third quartile)",
        "otherwise",
    ]


def test_vars_of_the_command_line_are_those_in_force(
    conditions_of: Callable[..., Conditions],
) -> None:
    """And every label that they make is listed: the dbt test passes with them."""
    found = conditions_of("careerfoundry", **OTHERS)
    assert found["loyalty_flag"] == [
        ("Never ordered", "order_count", "= 0"),
        ("n/a", "max_order_number", "is null"),
        ("Devoted", "max_order_number", "> 4"),
        ("Casual", "max_order_number", "otherwise"),
    ]
    assert found["price_range"][1:] == [
        ("Dear", "price", "> 7"),
        ("Cheap", "price", "otherwise"),
    ]
    # Customers 1 and 2 are active, of 50,000 and 90,000.
    assert found["income_group"][1] == ("Poor", "income", "< 80000 (third quartile)")
    assert found["is_price_imputed"][0] == (
        *("true", "listed price"),
        "missing, below 2 or above 20, where any product has a price",
    )
    assert found["is_product_name_imputed"][0][2] == "missing, or in (#ODD!)"
    assert found["is_analysed"][0] == ("true", "eval_set", "in (prior, train)")
    assert found["has_bought_alcohol"][0][2] == "department is snacks"
    assert found["is_large_effect"][0] == ("true", "adjusted_r_squared", ">= 0.5")
    assert {label for label, _, _ in found["phenomenon"]} == {"n/a", "Weather"}
