"""What is said of segments, on rows made by hand and on built warehouses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from instacart.report.facts import Facts
from instacart.report.segment_names import members
from instacart.report.segment_sentences import (
    Told,
    crosstab_sentence,
    departments_sentence,
    habits_sentence,
    hours_sentence,
    size_sentence,
)
from instacart.warehouse import Warehouse

from report.support import DIFFERS, SAME, TOO_FEW, Report, percent
from report.support import FACTS as MADE_UP

FACTS = replace(
    MADE_UP,
    has_prices=False,
    revenue=None,
    customers=1_000,
    orders=10_000,
    order_products=100_000,
    bounds={},
)
NO_CUSTOMERS = "The data has no customers.csv (Kaggle's has none), so that this can't"
# Loyal customers order most, the unknown are many, and those of Guam too few to name.
TABLES = """
create schema marts;
create schema data_quality;
create table marts.rpt_customer_segments as
select *, 0.5 as reorder_rate from (values
    ('loyalty_flag', 'Loyal customer', 100, 30.0, 0.1, 0.3, 0.31, true, true),
    ('loyalty_flag', 'New customer', 900, 8.0, 0.9, 0.7, 0.69, true, true),
    ('region', 'Guam', 5, 40.0, 0.005, 0.02, 0.02, false, false),
    ('region', 'South', 300, 10.5, 0.3, 0.32, 0.33, true, true),
    ('region', 'East', 200, 10.2, 0.2, 0.2, 0.2, true, true),
    ('region', 'West', 400, 10.0, 0.4, 0.38, 0.37, true, true),
    ('region', 'Unknown', 295, 9.5, 0.295, 0.28, 0.28, true, true),
    ('gender', 'Female', 1000, 10.0, 1.0, 1.0, 1.0, true, true),
    ('age_group', 'Unknown', 1000, 10.0, 1.0, 1.0, 1.0, true, true),
    ('spending_flag', 'Unknown', 1000, 10.0, 1.0, 1.0, 1.0, true, true),
    ('has_bought_meat', 'Yes', 500, 12.0, 0.5, 0.6, 0.6, true, true),
    ('has_bought_meat', 'No', 500, 8.0, 0.5, 0.4, 0.4, true, true)
) as segments (
    segment_type, segment, customer_count, orders_per_customer, customer_share,
    order_share, order_product_share, is_large, has_enough_customers
);
create table marts.rpt_segment_types as
select
    segment_type,
    segment_type in ('region', 'gender', 'age_group') as is_demographic,
    'The same' as verdict,
    100 as needed_customer_count
from marts.rpt_customer_segments group by 1;
create table marts.rpt_segment_differences as
select
    segment_type,
    'order_count' as measure,
    1000 as customer_count,
    segment_type = 'loyalty_flag' as is_by_definition,
    'The same' as verdict,
    0.002 as adjusted_r_squared,
    1.0 as detectable_difference
from marts.rpt_customer_segments group by 1;
create table marts.rpt_segment_hours as
select
    segment_type,
    segment,
    hours.hour_of_day,
    hours.share_difference + 0.08 as share_of_segment,
    0.08 as overall_share,
    hours.share_difference,
    hours.detectable_difference,
    'The same' as verdict,
    false as is_by_definition
from marts.rpt_customer_segments cross join (values
    (10, 0.0, 0.004), (9, 0.01, 0.002), (11, -0.02, 0.003)
) as hours (hour_of_day, share_difference, detectable_difference);
create table marts.dim_departments as
from (values (1, true), (2, true), (3, true), (4, false))
as departments (department_id, is_listed);
create table marts.rpt_segment_departments as
select
    segment_type,
    segment,
    departments.*,
    0.1 as overall_share,
    0.004 as detectable_difference,
    'The same' as verdict
from marts.rpt_customer_segments cross join (values
    (1, 'produce', 0.11), (2, 'bakery', 0.12), (3, 'meat seafood', 0.2),
    (4, 'department 99', 0.3)
) as departments (department_id, department, share_of_segment);
create table marts.rpt_segment_crosstabs as
select
    segments_a.segment_type as segment_type_a,
    segments_a.segment as segment_a,
    segments_b.segment_type as segment_type_b,
    segments_b.segment as segment_b,
    100 as customer_count,
    100.0 as expected_customers,
    0.5 as customer_share_of_a,
    false as is_more_than_chance,
    0.004 as detectable_difference,
    'The same' as verdict
from marts.rpt_customer_segments as segments_a
cross join marts.rpt_customer_segments as segments_b
where segments_a.segment_type <> segments_b.segment_type;
create table data_quality.conditions_in_force as
from (values
    ('has_bought_meat', 'any product', 'department is meat seafood', null),
    ('loyalty_flag', 'order_count', '= 0', 0.0),
    ('loyalty_flag', 'max_order_number', '> 40', 40.0),
    ('region', 'state', 'in the South', null)
) as conditions (column_name, measure, condition, bound);
"""


@pytest.fixture
def made() -> Iterator[Warehouse]:
    """Tables by hand: all is the same, and there are customers enough to say so."""
    with duckdb.connect() as connection:
        connection.execute(TABLES)
        yield Warehouse(Path("made.duckdb"), connection)


def read_again(made: Warehouse) -> Warehouse:
    """The same tables, of which nothing is known from before."""
    return Warehouse(made.path, made.connection)


def judge(made: Warehouse, table: str, verdict: str, where: str = "true") -> None:
    made.execute(f"update marts.{table} set verdict = '{verdict}' where {where}")


def test_the_furthest_clear_hour_is_named(made: Warehouse) -> None:
    judge(made, "rpt_segment_hours", DIFFERS, "hour_of_day = 9")
    said = (
        "Loyal customers place 9.0% of their orders at 09:00, all customers 8.0%.",
        DIFFERS,
    )
    assert hours_sentence(made, FACTS, "loyalty_flag") == said
    assert hours_sentence(made, FACTS, "loyalty_flag", "Loyal customer") == said
    made.execute("update marts.rpt_segment_hours set is_by_definition = true")
    assert hours_sentence(made, FACTS, "loyalty_flag").sentence.startswith(
        "By the definition of loyalty, loyal customers place 9.0%"
    )


def test_segments_that_order_at_the_same_hours_are_said_to_do_so(
    made: Warehouse,
) -> None:
    assert hours_sentence(made, FACTS, "region") == Told(
        "Regions order at the same hours.", SAME
    )
    assert hours_sentence(made, FACTS, "region", "West") == Told(
        "Customers in the region West order at the same hours as all do.", SAME
    )


def test_too_few_for_hours_are_said_to_be_so_with_what_would_have_shown(
    made: Warehouse,
) -> None:
    judge(made, "rpt_segment_hours", TOO_FEW, "hour_of_day = 9")
    made.execute(
        "update marts.rpt_segment_hours set detectable_difference = 0.03"
        " where segment = 'New customer'"
    )
    assert hours_sentence(made, FACTS, "loyalty_flag") == Told(
        "1,000 customers are too few to tell whether segments by loyalty order at other"
        " hours than all do: even among loyal customers, who are measured most"
        " precisely, a gap under 0.4 points can't be told from chance.",
        TOO_FEW,
    )
    assert hours_sentence(made, FACTS, "loyalty_flag", "New customer") == Told(
        "New customers (900) are too few to tell whether they order at other hours than"
        " all do: a gap under 3.0 points can't be told from chance.",
        TOO_FEW,
    )
    made.execute("update marts.rpt_segment_hours set detectable_difference = null")
    assert hours_sentence(made, FACTS, "region").sentence.endswith("than all do.")


def test_small_and_unknown_segments_are_no_findings(made: Warehouse) -> None:
    """A difference of Guam's is said of Guam alone."""
    few = "segment in ('Guam', 'Unknown')"
    judge(made, "rpt_segment_hours", DIFFERS, few)
    judge(made, "rpt_segment_departments", DIFFERS, few)
    judge(made, "rpt_segment_crosstabs", DIFFERS, few.replace("segment", "segment_a"))
    judge(made, "rpt_segment_differences", DIFFERS)
    assert hours_sentence(made, FACTS, "region").verdict == SAME
    assert departments_sentence(made, FACTS, "region").verdict == SAME
    assert crosstab_sentence(made, FACTS, "region", "loyalty_flag").verdict == SAME
    assert "South" in size_sentence(made, FACTS, "region").sentence
    assert hours_sentence(made, FACTS, "region", "Guam").verdict == DIFFERS


def test_the_department_favoured_most_is_named(made: Warehouse) -> None:
    where = "segment = 'Loyal customer'"
    judge(made, "rpt_segment_departments", DIFFERS, f"{where} and department_id < 3")
    said = (
        "Loyal customers favour bakery: 12.0% of what they buy, 10.0% of what all buy.",
        DIFFERS,
    )
    assert departments_sentence(made, FACTS, "loyalty_flag") == said
    assert departments_sentence(made, FACTS, "loyalty_flag", "Loyal customer") == said
    assert departments_sentence(made, FACTS, "loyalty_flag", "New customer") == Told(
        "New customers favour no department: they buy what all buy.", SAME
    )
    made.execute("update marts.rpt_segment_departments set share_of_segment = 0.08")
    made = read_again(made)
    assert departments_sentence(made, FACTS, "loyalty_flag") == Told(
        "Loyal customers favour no department, and buy clearly less of produce: 8.0% of"
        " what they buy, 10.0% of what all buy.",
        DIFFERS,
    )


def test_a_department_that_defines_the_segment_is_not_favoured(made: Warehouse) -> None:
    """Nor is an id that departments.csv doesn't list."""
    judge(made, "rpt_segment_departments", DIFFERS, "department_id > 2")
    assert departments_sentence(made, FACTS, "has_bought_meat") == Told(
        "Customers who have bought meat and others favour no department: they buy what"
        " all buy.",
        SAME,
    )
    assert "favour meat seafood" in departments_sentence(made, FACTS, "region").sentence
    lacking = replace(FACTS, has_departments=False)
    told = departments_sentence(made, lacking, "region")
    assert "departments.csv" in told.sentence and told.verdict == TOO_FEW


def test_the_clearest_cell_of_two_types_is_named(made: Warehouse) -> None:
    made.execute(
        "update marts.rpt_segment_crosstabs set verdict = 'Differs',"
        " is_more_than_chance = segment_a = 'Loyal customer',"
        " customer_count = if(segment_a = 'Loyal customer', 140, 30)"
        " where segment_b = 'South'"
    )
    assert crosstab_sentence(made, FACTS, "loyalty_flag", "region") == Told(
        "Of loyal customers 50.0% are in the region South, against"
        f" {percent(170 / 970)} of all.",
        DIFFERS,
    )
    said = crosstab_sentence(made, FACTS, "loyalty_flag", "region", "New customer")
    assert said == Told(
        "Of new customers 50.0% are in the region South, against"
        f" {percent(170 / 970)} of all.",
        DIFFERS,
    )
    judge(made, "rpt_segment_crosstabs", SAME)
    made = read_again(made)
    assert crosstab_sentence(made, FACTS, "loyalty_flag", "region") == Told(
        "Loyalty and region are independent of each other.", SAME
    )
    told = crosstab_sentence(made, FACTS, "loyalty_flag", "region", "New customer")
    assert told == Told("New customers are as all are by region.", SAME)
    judge(made, "rpt_segment_crosstabs", TOO_FEW, "segment_b = 'South'")
    made = read_again(made)
    told = crosstab_sentence(made, FACTS, "loyalty_flag", "region", "New customer")
    assert told == Told(
        "New customers (900) are too few to tell whether loyalty and region go"
        " together: a gap under 0.4 points can't be told from chance.",
        TOO_FEW,
    )
    assert crosstab_sentence(made, FACTS, "loyalty_flag", "region") == Told(
        "1,000 customers are too few to tell whether loyalty and region go together:"
        " even among loyal customers, who are measured most precisely, a gap under 0.4"
        " points can't be told from chance.",
        TOO_FEW,
    )


def test_types_that_follow_from_each_other_are_said_to_do_so(made: Warehouse) -> None:
    judge(made, "rpt_segment_crosstabs", DIFFERS)
    made.execute(
        "update marts.rpt_segment_crosstabs set customer_count = 0"
        " where ('South' in (segment_a, segment_b)) = ('Yes' in (segment_a, segment_b))"
    )
    for pair in (("region", "has_bought_meat"), ("has_bought_meat", "region")):
        text = crosstab_sentence(made, FACTS, *pair).sentence
        assert text.startswith("Region determines having bought meat: of "), text
    made.execute(
        "insert into data_quality.conditions_in_force values"
        " ('region', 'max_order_number', '> 3', 3)"
    )
    made = read_again(made)
    text = crosstab_sentence(made, FACTS, "region", "loyalty_flag").sentence
    assert text.startswith("By definition, as both are made from the same figure, of")


def test_the_size_of_the_most_active_segment_is_said_or_of_the_largest(
    made: Warehouse,
) -> None:
    loyal = (
        "Loyal customers are 10.0% of customers, 30.0% of orders and 31.0% of items."
    )
    assert size_sentence(made, FACTS, "loyalty_flag") == Told(loyal, SAME)
    south, west = (f"Customers in the region {one} are" for one in ("South", "West"))
    assert size_sentence(made, FACTS, "region").sentence.startswith(west)
    told = size_sentence(made, FACTS, "region", "South")
    assert told.sentence.startswith(south) and told.verdict == SAME
    judge(made, "rpt_segment_differences", DIFFERS)
    told = size_sentence(made, FACTS, "region")
    assert told.sentence.startswith(south) and told.verdict == DIFFERS
    assert size_sentence(made, FACTS, "region", "West").verdict == DIFFERS
    assert size_sentence(made, FACTS, "region", "Guam") == Told(
        "Customers in the region Guam are 0.5% of customers, 2.0% of orders and 2.0% of"
        " items.",
        TOO_FEW,
    )


def test_habits_say_what_differs_but_for_what_defines_the_segments(
    made: Warehouse,
) -> None:
    assert habits_sentence(made, FACTS, "region") == Told(
        "Regions order alike: knowing the region tells almost nothing about how a"
        " customer orders (it explains 0.2% of the differences at most).",
        SAME,
    )
    assert habits_sentence(made, FACTS, "loyalty_flag") == Told(
        "Segments by loyalty differ in nothing but orders, by which they are defined.",
        SAME,
    )
    made.execute(
        "insert into marts.rpt_segment_differences values"
        " ('loyalty_flag', 'reorder_rate', 1000, false, 'Differs', 0.2, 0.1)"
    )
    judge(made, "rpt_segment_types", DIFFERS)
    judge(made, "rpt_segment_differences", DIFFERS, "segment_type = 'region'")
    assert habits_sentence(made, FACTS, "loyalty_flag").verdict == SAME
    assert habits_sentence(made, FACTS, "region") == Told(
        "Regions clearly differ in orders per customer (West 10.0, South 10.5).",
        DIFFERS,
    )
    judge(made, "rpt_segment_differences", TOO_FEW)
    judge(made, "rpt_segment_types", TOO_FEW)
    assert habits_sentence(made, FACTS, "region") == Told(
        "1,000 customers are too few to tell whether regions differ: a gap under 1.0"
        " orders per customer can't be told from chance.",
        TOO_FEW,
    )


@pytest.mark.parametrize(
    ("segment_type", "segment", "facts", "expected"),
    [
        ("gender", "", FACTS, "All customers are female."),
        ("age_group", "", FACTS, "No customer's segment by age group is known."),
        ("age_group", "", replace(FACTS, has_customers=False), NO_CUSTOMERS),
        ("spending_flag", "", FACTS, "The data has no prices"),
        ("region", "Unknown", FACTS, "These customers' segment by region is unknown"),
        (
            "loyalty_flag",
            "No orders",
            FACTS,
            "No customer with orders is in the segment “No orders” by loyalty.",
        ),
    ],
)
def test_where_there_is_nothing_to_compare_it_says_why(
    segment_type: str, segment: str, facts: Facts, expected: str, made: Warehouse
) -> None:
    for sentence in (hours_sentence, departments_sentence, size_sentence):
        told = sentence(made, facts, segment_type, segment)
        assert told.sentence.startswith(expected) and told.verdict == TOO_FEW
    if not segment:
        habits = habits_sentence(made, facts, segment_type)
        assert habits.sentence.startswith(expected)
        crossed = crosstab_sentence(made, facts, "loyalty_flag", segment_type)
        assert crossed.sentence.startswith(expected)


def test_each_type_and_segment_of_a_warehouse_has_its_sentences(each: Report) -> None:
    made, facts = each.warehouse, each.facts
    found = made.rows(
        "select segment_type, segment from marts.rpt_customer_segments order by 1, 2"
    )
    types = sorted({row["segment_type"] for row in found})
    told = [
        sentence(made, facts, segment_type)
        for segment_type in types
        for sentence in (habits_sentence,)
    ]
    for sentence in (hours_sentence, departments_sentence, size_sentence):
        told += [sentence(made, facts, one) for one in types]
        told += [
            sentence(made, facts, row["segment_type"], row["segment"]) for row in found
        ]
    told += [
        crosstab_sentence(made, facts, a, b) for a in types for b in types if a < b
    ]
    for text, verdict in told:
        assert verdict in facts.verdicts
        assert text.endswith(".") and text[0] == text[0].upper() and ".." not in text
        assert "None" not in text and "nan" not in text


def test_a_built_warehouse_tells_segments_apart_by_their_hours(demo: Report) -> None:
    told = hours_sentence(demo.warehouse, demo.facts, "shopping_time_segment")
    (first, *_) = demo.query(
        "from marts.rpt_segment_hours where segment_type = 'shopping_time_segment'"
        " and verdict = 'Differs' order by abs(share_difference) desc limit 1"
    )
    assert first["is_by_definition"] and told.verdict == DIFFERS
    assert told.sentence == (
        f"By the definition of shopping time, {members('', first['segment'])} place"
        f" {percent(first['share_of_segment'])} of their orders at"
        f" {first['hour_of_day']:02d}:00, all customers"
        f" {percent(first['overall_share'])}."
    )
    assert crosstab_sentence(
        demo.warehouse, demo.facts, "family_size", "is_parent"
    ).sentence.startswith("By definition")
