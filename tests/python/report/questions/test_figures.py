"""The tables of the questions hold what the reports of the warehouse do."""

from __future__ import annotations

import numpy as np
import pytest

from report.support import (
    ALL_CUSTOMERS,
    CHARTS,
    HOUR,
    OF_SEGMENTS,
    SHOWN_PAIRS,
    Report,
    assert_same,
    needs_samples,
    same,
)

ALL_ORDERS = "(select sum(order_count) from marts.rpt_hours_of_day)"
OVERALL = "(select sum(revenue) / sum(order_count) from marts.rpt_hours_of_day)"
LOYALTY_ORDER = (
    "order by (select min(label_number) from data_quality.conditions_in_force"
    " where column_name = 'loyalty_flag' and label = segment)"
)
# Heading, first header, and what the reports say, column by column.
BLOCKS = {
    "orders by hour": (
        "Key question 1: At what hours",
        "Hour from",
        f"select {HOUR}, customer_count, order_count, order_share"
        " from marts.rpt_hours_of_day order by hour_of_day",
    ),
    "orders by day": (
        "Key question 1: On which days",
        "Day",
        "select day_name, customer_count, order_count, order_share,"
        " order_product_count, products_per_order, avg_order_total"
        " from marts.rpt_days_of_week order by day_of_week",
    ),
    "orders by day and hour": (
        "Key question 1: When in the week",
        "Hour from",
        f"select {HOUR},"
        + ", ".join(
            f" sum(order_count) filter (where day_of_week = {day})" for day in range(7)
        )
        + " from marts.rpt_day_hours group by hour_of_day order by hour_of_day",
    ),
    "order total by hour": (
        "Key question 2: When do customers spend most per order",
        "Hour from",
        f"select {HOUR}, order_count, products_per_order, avg_order_total, {OVERALL}"
        " from marts.rpt_hours_of_day order by hour_of_day",
    ),
    "revenue by hour": (
        "Key question 2: At what hours is most money",
        "Hour from",
        f"select {HOUR}, customer_count, order_count, order_product_count, revenue,"
        " revenue / sum(revenue) over ()"
        " from marts.rpt_hours_of_day order by hour_of_day",
    ),
    "product price by hour": (
        "Key question 2: Do customers buy dearer",
        "Hour from",
        f"select {HOUR}, order_product_count, avg_product_price"
        " from marts.rpt_hours_of_day order by hour_of_day",
    ),
    "price ranges": (
        "Key question 3",
        "Price range",
        "select price_range, customer_count, order_count, order_product_count,"
        f" customer_count / {ALL_CUSTOMERS},"
        " product_count / sum(product_count) over (), order_product_share,"
        " revenue_share from marts.rpt_price_ranges inner join (select price_range,"
        " min(price) as low from marts.dim_products group by price_range)"
        " using (price_range) order by low",
    ),
    "departments": (
        "Key question 4",
        "Department",
        "select department, customer_count, order_count, order_product_count,"
        f" customer_count / {ALL_CUSTOMERS}, order_count / {ALL_ORDERS},"
        " order_product_share, reorder_rate from marts.rpt_departments"
        " order by order_product_rank",
    ),
    "opportunities": (
        "Sales: Which departments",
        "Department",
        "select department, customer_count, order_count, order_product_count,"
        " reorder_rate, revenue_per_order, dollars_at_stake"
        " from (select * from marts.rpt_department_opportunities union all by name"
        " select 'median of departments' as department, median(reorder_rate) as"
        " reorder_rate, median(revenue_per_order) as revenue_per_order"
        " from marts.rpt_departments where order_product_count > 0)"
        " order by dollars_at_stake desc nulls last, revenue desc",
    ),
    "high incomes": (
        "Sales: Do high incomes",
        "Department",
        "select department, customer_count, order_count, order_product_count,"
        " reorder_rate, other_reorder_rate, 100 * (reorder_rate - other_reorder_rate),"
        " detectable_difference, verdict from marts.rpt_income_opportunities"
        " where income_group = 'High income' and department_id in (select"
        " department_id from marts.rpt_departments where order_product_share >= 0.01)"
        " order by reorder_rate_difference, department_id",
    ),
    "times of day": (
        "Key question 2: What",
        "Time of day",
        "select phenomenon, hours, customer_count, order_count, order_product_count,"
        " order_share, order_count / hour_count, revenue / order_count,"
        " if(hours is null, null, 'Too few to tell'), 100 * would_show"
        " from (select *, (select max(detectable_difference) from"
        " marts.rpt_phenomenon_departments as one inner join marts.rpt_departments as"
        " two using (department_id) where order_product_share >= 0.01"
        " and one.phenomenon = rpt_phenomena.phenomenon) as would_show"
        " from marts.rpt_phenomena union all by name select 'All hours' as phenomenon,"
        f" {ALL_CUSTOMERS} as customer_count, count(*) as order_count,"
        " sum(product_count) as order_product_count, 1.0 as order_share,"
        " 24 as hour_count, sum(order_total) as revenue from marts.fct_orders"
        " where is_analysed) order by hours is null, order_count desc, phenomenon",
    ),
    "loyalty": (
        "Key question 5a",
        "Segment",
        "select segment, customer_count, order_count, order_product_count,"
        " customer_share, order_share, order_product_share"
        f" {OF_SEGMENTS} 'loyalty_flag' {LOYALTY_ORDER}",
    ),
    "habits by loyalty": (
        "Key question 5b",
        "Segment",
        "select segment, customer_count, orders_per_customer,"
        " median_days_between_orders, products_per_order, avg_order_total,"
        f" avg_product_price, reorder_rate {OF_SEGMENTS} 'loyalty_flag'"
        f" {LOYALTY_ORDER}",
    ),
    "regions": (
        "Key question 5c",
        "Region",
        "select segment, customer_count, order_count, order_product_count,"
        " state_count / sum(state_count) over (), customer_share, order_share,"
        " orders_per_customer, avg_order_total"
        " from marts.rpt_customer_segments inner join (select region as segment,"
        " count(distinct state) as state_count from marts.dim_customers"
        " where order_count > 0 group by region) using (segment)"
        " where segment_type = 'region' order by customer_count desc, segment",
    ),
    "profiles": (
        "Key question 7",
        "Profile",
        "select segment, customer_count, order_count,"
        " order_product_count, orders_per_customer, avg_order_total,"
        " avg_product_price,"
        f" avg_order_total / {OVERALL} - 1"
        f" {OF_SEGMENTS} 'customer_profile'"
        " order by customer_share < 0.01, avg_order_total desc, segment",
    ),
    "retention": (
        "Do customers come back",
        "Order number",
        "select order_number, placed_customer_count, order_product_count,"
        " placed_retention_rate, reorder_rate, products_per_order,"
        " avg_days_since_prior_order"
        " from marts.rpt_order_sequence where order_number <= 10"
        " or order_number % 10 = 0 or order_number = (select max(order_number)"
        " from marts.rpt_order_sequence) order by order_number",
    ),
    "first baskets": (
        "Loyalty: Which first baskets",
        "In the first order",
        "select department, customer_count, customer_share,"
        " reached_5_share, 100 * (reached_5_share - reached_5_share_of_others),"
        " reached_10_share, 100 * (reached_10_share - reached_10_share_of_others),"
        " reached_40_share, 100 * (reached_40_share - reached_40_share_of_others)"
        " from marts.rpt_first_baskets"
        " order by customer_count < 30 or department in ('missing', 'other'),"
        " reached_10_difference desc, department_id",
    ),
    "loyalty tiers": (
        "Loyalty: Who is close",
        "Loyalty tier",
        "select loyalty_tier, customer_count, order_count, order_product_count,"
        " order_count / customer_count, revenue / order_count, next_tier,"
        " next_tier_order_number, customers_near_next_tier, orders_to_next_tier,"
        " revenue_to_next_tier from marts.rpt_loyalty_tiers order by tier_number",
    ),
    "lifecycle": (
        "Loyalty: Do",
        "Stage",
        "select lifecycle_stage, customer_count, order_count, order_product_count,"
        f" customer_count / {ALL_CUSTOMERS}, order_count / {ALL_ORDERS},"
        " order_count / customer_count, mean_usual_gap_days, mean_recent_gap_days,"
        " mean_last_gap_days, revenue_of_one_order_each"
        " from marts.rpt_customer_lifecycle order by stage_number",
    ),
    "audiences": (
        "Campaigns: Whom",
        "Audience",
        "select title, customer_count, order_count, order_product_count,"
        f" customer_count / {ALL_CUSTOMERS}, revenue, revenue / order_count,"
        " favoured_department, share_of_audience, overall_share, favoured_verdict"
        " from marts.rpt_audiences where customer_count > 0"
        " order by revenue desc, audience_number",
    ),
    "pairs": (
        "Customers: Which products",
        "Pair of products",
        "select product_name_a || ' + ' || product_name_b, customer_count,"
        " order_count, confidence_a_to_b, confidence_b_to_a, lift"
        f" from ({SHOWN_PAIRS})",
    ),
}


@pytest.mark.parametrize("block", BLOCKS)
def test_figures_are_those_of_the_reports(block: str, demo: Report) -> None:
    heading, first, sql = BLOCKS[block]
    header, *rows = demo.table(CHARTS, heading, first)
    expected = [list(row.values()) for row in demo.query(sql)]
    if block == "orders by hour":
        rows = [row[:4] for row in rows]
        header = header[:4]
    assert len(header) == len(expected[0])
    assert_same(rows, expected)


@needs_samples
@pytest.mark.parametrize("block", BLOCKS)
def test_figures_of_the_real_sample_are_those_of_its_reports(
    block: str, sample: Report
) -> None:
    heading, first, sql = BLOCKS[block]
    _, *rows = sample.table(CHARTS, heading, first)
    width = 4 if block == "orders by hour" else None
    expected = [list(row.values()) for row in sample.query(sql)]
    assert_same([row[:width] for row in rows], expected)


@pytest.mark.parametrize("each", ["demo", "odd"], indirect=True)
def test_each_hour_stands_below_its_phenomenon(
    each: Report, request: pytest.FixtureRequest
) -> None:
    rows = each.dicts(CHARTS, "Key question 1: At what hours", "Hour from")
    hours = each.query("from marts.rpt_hours_of_day order by hour_of_day")
    kinds = {hour["phenomenon"] for hour in hours}
    for row, hour in zip(rows, hours, strict=True):
        for kind in kinds:
            expected = hour["order_count"] if hour["phenomenon"] == kind else None
            assert row[kind] == expected
    assert len(kinds) == 4 or "odd" in request.node.name


def test_the_index_of_each_segment_and_department_is_that_of_the_report(
    demo: Report,
) -> None:
    header, *rows = demo.table(CHARTS, "Key questions 5 and 6", "Segment")
    known = {
        (row["segment"], row["department"]): row["affinity_index"]
        for row in demo.query(
            "from marts.rpt_segment_departments where segment_type in"
            " ('loyalty_flag', 'age_group', 'income_group', 'family_size', 'region')"
        )
    }
    segments = [row for row in rows if row[1] is not None]
    for segment, *values in segments:
        for department, value in zip(header[1:], values, strict=True):
            assert same(value, known[segment, department])
    assert {name for name, _ in known} == {segment for segment, *_ in segments}


def test_family_statuses_are_shares_of_their_age_group(demo: Report) -> None:
    known = {
        (row["segment_a"], row["segment_b"]): row["customer_share_of_a"]
        for row in demo.query(
            "from marts.rpt_segment_crosstabs where segment_type_a = 'age_group'"
            " and segment_type_b = 'family_status'"
        )
    }
    rows = demo.dicts(CHARTS, "Key question 5d", "Age group")
    assert rows
    for row in rows:
        group, customers = row.pop("Age group"), row.pop("Customers")
        assert customers == demo.one(
            "select customer_count from marts.rpt_customer_segments"
            f" where segment_type = 'age_group' and segment = '{group}'"
        )
        assert sum(row.values()) == pytest.approx(1, abs=0.001)
        for status, value in row.items():
            assert same(value, known[group, status])


def test_incomes_by_age_are_those_of_the_customers(demo: Report) -> None:
    people = demo.query(
        "select age, income from marts.dim_customers where order_count > 0"
    )
    rows = demo.dicts(CHARTS, "Key question 6", "Age")
    assert sum(row["Customers"] for row in rows) == len(people)
    for row in rows:
        first, last = map(int, row["Age"].split(" to "))
        own = [one["income"] for one in people if first <= one["age"] <= last]
        assert row["Customers"] == len(own)
        assert [
            row[name]
            for name in (
                "A quarter earn less than",
                "Median income",
                "A quarter earn more than",
            )
        ] == pytest.approx(list(np.percentile(own, [25, 50, 75])))
