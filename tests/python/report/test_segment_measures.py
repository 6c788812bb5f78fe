"""In which measures segments differ, and which types tell most, in sentences."""

from __future__ import annotations

from typing import Any

import pytest
from instacart.report.segment_measures import measure_sentence, types_sentence
from instacart.report.segments import unreliable
from instacart.warehouse import Row

from report.support import Changed, Report

OF_REGIONS = (
    "update marts.rpt_segment_differences set {} where segment_type = 'region'"
    " and measure = '{}'"
)
FIRST_REGION = (
    "select min(segment) as segment from marts.rpt_customer_segments"
    " where segment_type = 'region' and segment <> 'Unknown'"
)
TOO_FEW = "verdict = 'Too few to tell', customer_count = 1200, overall_mean = 10"
CASES = {
    "differs": (
        "verdict = 'Differs', is_by_definition = false",
        "order_count",
        "Regions clearly differ in orders per customer.",
    ),
    "differs by definition": (
        "verdict = 'Differs', is_by_definition = true",
        "order_count",
        "By definition, regions differ in orders per customer.",
    ),
    "the same": (
        "verdict = 'The same', adjusted_r_squared = 0.004",
        "reorder_rate",
        "Regions hardly differ in the reorder rate: the segment explains 0.4% of how"
        " customers differ.",
    ),
    "the same, explaining nothing": (
        "verdict = 'The same', adjusted_r_squared = 0.0004",
        "reorder_rate",
        "Regions hardly differ in the reorder rate: the segment explains less than 0.1%"
        " of how customers differ.",
    ),
    "too few, with a gap that would show": (
        f"{TOO_FEW}, detectable_difference = 4.99",
        "avg_order_total",
        "1,200 customers are too few to tell whether regions differ in the average"
        " order: a gap under $4.99 can't be told from chance.",
    ),
    "too few for any realistic gap": (
        f"{TOO_FEW}, detectable_difference = 5",
        "avg_order_total",
        "1,200 customers are too few to tell whether regions differ in the average"
        " order: even a gap of 50% of the average can't be told from chance.",
    ),
    "too few to know which gap would show": (
        f"{TOO_FEW}, detectable_difference = null",
        "median_days_between_orders",
        "1,200 customers are too few to tell whether regions differ in the days between"
        " orders.",
    ),
    "nothing known": (
        f"{TOO_FEW}, customer_count = 0".replace("customer_count = 1200, ", ""),
        "median_days_between_orders",
        "No customer has the days between orders to compare.",
    ),
}
MISSING = "The data has no {} (Kaggle's has none), so that this can't be answered."


@pytest.mark.parametrize("case", CASES)
def test_a_measure_is_told_by_its_verdict(case: str, changed: Changed) -> None:
    values, measure, sentence = CASES[case]
    # No region is named as the lowest or highest, which other tests look at.
    report = changed(
        OF_REGIONS.format(values, measure),
        "update marts.rpt_customer_segments set is_large = false",
    )
    told = measure_sentence(report.warehouse, report.facts, "region", measure)
    assert told.sentence == sentence
    assert told.verdict in values


def test_a_measure_that_differs_names_its_ends(changed: Changed) -> None:
    report = changed(
        OF_REGIONS.format("verdict = 'Differs'", "order_count"),
        "update marts.rpt_customer_segments"
        " set is_large = true, has_enough_customers = true",
    )
    low, high = report.query(
        "select segment, round(orders_per_customer, 1) as orders"
        " from marts.rpt_customer_segments where segment_type = 'region'"
        " and segment <> 'Unknown' qualify 1 in (row_number() over (order by"
        " orders_per_customer), row_number() over (order by orders_per_customer desc))"
        " order by orders"
    )
    told = measure_sentence(report.warehouse, report.facts, "region", "order_count")
    assert told.sentence == (
        "Regions clearly differ in orders per customer"
        f" ({low['segment']} {low['orders']}, {high['segment']} {high['orders']})."
    )


@pytest.mark.parametrize(
    ("measure", "value", "verdict", "sentence"),
    [
        (
            "order_count",
            "orders_per_customer = 5.66",
            "Differs",
            "{who} place 5.7 orders each, all customers {every}.",
        ),
        (
            "median_days_between_orders",
            "median_days_between_orders = 18.25",
            "Too few to tell",
            "{who} have a median of 18.3 days between orders, all customers {every}.",
        ),
        (
            "reorder_rate",
            "reorder_rate = 0.2",
            "The same",
            "{who} have a reorder rate of 20.0%, all customers {every}: the segment"
            " explains 0.4% of how customers differ.",
        ),
        (
            "reorder_rate",
            "customer_count = 12, has_enough_customers = false, reorder_rate = 0.2",
            "Too few to tell",
            "{who} (12) have a reorder rate of 20.0%, all customers {every}: they"
            " are too few to rely on.",
        ),
        (
            "median_days_between_orders",
            "median_days_between_orders = null",
            "Too few to tell",
            "Nothing is known of the days between orders of {lower}.",
        ),
    ],
)
def test_a_segment_is_told_of_against_all_customers(
    measure: str, value: str, verdict: str, sentence: str, changed: Changed
) -> None:
    report = changed(
        "update marts.rpt_customer_segments set has_enough_customers = true",
        f"update marts.rpt_customer_segments set {value}"
        f" where segment_type = 'region' and segment = ({FIRST_REGION})",
        "update marts.rpt_segment_differences set verdict ="
        f" '{'Differs' if 'false' in value or 'null' in value else verdict}',"
        " adjusted_r_squared = 0.004 where segment_type = 'region'",
    )
    (region,) = report.query(FIRST_REGION)
    (every,) = report.query(
        "select avg(order_count) as orders,"
        " sum(reordered_product_count) / sum(order_product_count) as rate,"
        " median(median_days_between_orders) as days"
        " from marts.dim_customers where order_count > 0"
    )
    shown = {
        "order_count": f"{every['orders']:.1f}",
        "reorder_rate": f"{100 * every['rate']:.1f}%",
        "median_days_between_orders": f"{every['days']:g}",
    }
    told = measure_sentence(
        report.warehouse, report.facts, "region", measure, region["segment"]
    )
    said = sentence.format(
        who=f"Customers in the region {region['segment']}",
        lower=f"customers in the region {region['segment']}",
        every=shown[measure],
    )
    assert told == (said, verdict)


@pytest.mark.parametrize(
    ("segment_type", "measure", "missing"),
    [
        ("region", "order_count", "customers.csv"),
        ("loyalty_flag", "avg_order_total", "prices"),
        ("loyalty_flag", "avg_product_price", "prices"),
        ("spending_flag", "order_count", "prices"),
    ],
)
def test_what_a_package_lacks_is_said(
    segment_type: str, measure: str, missing: str, kaggle: Report
) -> None:
    told = measure_sentence(kaggle.warehouse, kaggle.facts, segment_type, measure)
    assert told.sentence == MISSING.format(missing)


def of_type(name: str, verdict: str, explains: float | None, **more: Any) -> Row:
    """A row of rpt_segment_types."""
    return Row(
        segment_type=name,
        is_demographic=False,
        segment_count=2,
        verdict=verdict,
        is_nearly_best=False,
        adjusted_r_squared=explains,
        best_explained_measure="order_count",
    ) | Row(more)


BY_LOYALTY = of_type("loyalty_flag", "Differs", 0.5)
BY_MEAT = of_type("has_bought_meat", "Differs", 0.2)
BY_REGION = of_type("region", "The same", 0.9, is_demographic=True)
BY_AGE = of_type("age_group", "Differs", 0.3, is_demographic=True)
BY_INCOME = BY_AGE | Row(
    segment_type="income_group", adjusted_r_squared=0.28, is_nearly_best=True
)
BY_PROFILE = BY_INCOME | Row(
    segment_type="customer_profile", adjusted_r_squared=0.31, segment_count=18
)
BY_GENDER = of_type("gender", "Too few to tell", None, is_demographic=True)
LOYALTY = (
    "Of what customers do, loyalty tells most (it explains 50.0% of how customers"
    " differ in orders per customer)"
)


@pytest.mark.parametrize(
    ("types", "sentence", "verdict"),
    [
        (
            [BY_MEAT, BY_LOYALTY, BY_REGION, BY_AGE],
            f"{LOYALTY}; of who customers are, age group tells most (it explains 30.0%"
            " of how customers differ in orders per customer).",
            "Differs",
        ),
        (
            [BY_LOYALTY, BY_REGION],
            f"{LOYALTY}; who customers are tells almost nothing about how they order.",
            "Differs",
        ),
        (
            [BY_LOYALTY, BY_REGION, BY_GENDER],
            f"{LOYALTY}; too few customers to tell by who customers are.",
            "Differs",
        ),
        ([BY_LOYALTY, BY_GENDER | Row(segment_count=0)], f"{LOYALTY}.", "Differs"),
        (
            [BY_PROFILE, BY_AGE, BY_INCOME],
            "Of who customers are, income group tells nearly most with the fewest"
            " segments (it explains 28.0% of how customers differ in orders per"
            " customer).",
            "Differs",
        ),
        (
            [BY_REGION],
            "Who customers are tells almost nothing about how they order.",
            "The same",
        ),
        (
            [BY_REGION | Row(segment_count=0)],
            "Nothing is known by which to compare customers.",
            "Too few to tell",
        ),
    ],
)
def test_types_are_ranked_by_kind(
    types: list[Row], sentence: str, verdict: str, tiny: Report
) -> None:
    assert types_sentence(tiny.facts, types) == (sentence, verdict)


def test_types_of_too_small_segments_tell_nothing(tiny: Report) -> None:
    types = [BY_LOYALTY, BY_PROFILE]
    assert types_sentence(tiny.facts, types, ["customer_profile"]) == (
        f"{LOYALTY}; too few customers to tell by who customers are.",
        "Differs",
    )
    small = ["customer_profile", "loyalty_flag"]
    assert types_sentence(tiny.facts, types, small).verdict == "Too few to tell"


def test_segments_of_few_customers_are_named() -> None:
    few = Row(
        segment_type="loyalty_flag",
        segment="Loyal customer",
        customer_count=3,
        has_enough_customers=False,
    )
    many = Row(
        segment_type="region",
        segment="South",
        customer_count=3000,
        has_enough_customers=True,
    )
    assert unreliable([many]) == ""
    assert unreliable([few, many]) == "Too few to rely on: loyal customers (3)."
    assert unreliable([few]) == "Too few to rely on: loyal customers (3)."
    assert unreliable([few, few]) == "No segment has enough customers to rely on."
