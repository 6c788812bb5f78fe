"""What the queries of analyses/ answer is what the generator put into the data."""

from __future__ import annotations

import re
from collections.abc import Callable

import duckdb
import pytest
from support.analyses import (
    PLAIN,
    Rows,
    attach_copy,
    by,
    column,
    fetched,
    text_of,
)
from support.facts import SEGMENT_TYPES
from support.packages import PACKAGES
from support.warehouse import Built


def test_weekends_and_days_are_busiest(answer: Callable[[str, str], Rows]) -> None:
    rows = answer("careerfoundry", "key_question_1")
    days, hours = rows[:7], rows[7:]

    assert {row["time_name"] for row in days[:2]} == {"Saturday", "Sunday"}
    assert {row["time_name"] for row in days[-2:]} == {"Tuesday", "Wednesday"}
    assert {row["time_name"] for row in hours[:8]} == {
        f"{hour:02d}:00" for hour in range(9, 17)
    }
    assert {row["time_name"] for row in hours[-7:]} == {
        f"{hour:02d}:00" for hour in range(7)
    }
    for part in (days, hours):
        assert column(part, "order_rank") == list(range(1, len(part) + 1))
        assert sum(column(part, "order_share")) == pytest.approx(1, abs=0.002)
        assert sum(column(part, "orders_against_mean")) == pytest.approx(0, abs=0.01)


def test_most_money_is_made_by_day_and_most_per_order_in_the_evening(
    answer: Callable[[str, str], Rows],
) -> None:
    rows = answer("careerfoundry", "key_question_2")

    assert set(column(rows, "hour_of_day")) == set(range(24))
    assert rows[0]["hour_of_day"] in range(9, 17)
    busy = [row for row in rows if row["order_count"] >= 200]
    dearest = min(busy, key=lambda row: row["order_total_rank"])
    assert dearest["hour_of_day"] in (21, 22, 23)
    assert all(7 < row["avg_product_price"] < 8.5 for row in busy)
    assert column(rows, "revenue_rank") == sorted(column(rows, "revenue_rank"))

    # Without prices by hour.
    unpriced = answer("kaggle", "key_question_2")
    assert column(unpriced, "hour_of_day") == list(range(24))
    assert column(unpriced, "typical_department")[10] is not None


def test_price_ranges_share_order_products_as_published(
    answer: Callable[[str, str], Rows],
) -> None:
    low, middle, high = answer("careerfoundry", "key_question_3")

    shares = column([low, middle, high], "order_product_share")
    assert shares == pytest.approx([0.312, 0.675, 0.013], abs=0.02)
    assert low["highest_price"] < middle["lowest_price"]
    assert middle["highest_price"] < high["lowest_price"]
    assert high["largest_department"] == "meat seafood"


def test_produce_is_the_first_department_and_shares_add_up(
    answer: Callable[[str, str], Rows],
) -> None:
    rows = answer("careerfoundry", "key_question_4")

    assert column(rows[:2], "department") == ["produce", "dairy eggs"]
    assert rows[0]["order_product_share"] == pytest.approx(0.292, abs=0.02)
    assert rows[0]["customer_share"] > 0.9
    assert rows[-1]["cumulative_share"] == 1
    assert {row["department"] for row in rows[-5:]} == {
        *("bulk", "other", "missing", "pets", "alcohol"),
    }


def test_loyal_customers_are_few_and_their_order_products_many(
    answer: Callable[[str, str], Rows], generated: dict[str, Built]
) -> None:
    rows = answer("careerfoundry", "key_question_5a")

    labels = ["Loyal customer", "Regular customer", "New customer"]
    assert column(rows, "loyalty_flag") == labels
    assert column(rows, "customer_share") == pytest.approx(
        [0.083, 0.373, 0.545], abs=0.02
    )
    assert rows[0]["order_product_share"] > 3 * rows[0]["customer_share"]
    truth = generated["careerfoundry"].truth["expected"]
    assert sum(column(rows, "order_count")) == truth["orders_by_eval_set"]["prior"]
    assert sum(column(rows, "order_product_count")) == truth["prior_order_products"]


def test_loyal_customers_order_often_and_reorder(
    answer: Callable[[str, str], Rows],
) -> None:
    loyal, regular, new = answer("careerfoundry", "key_question_5b")

    days = column([loyal, regular, new], "median_days_between_orders")
    assert days == sorted(days)
    assert loyal["reorder_rate"] > regular["reorder_rate"] > new["reorder_rate"]
    for row in (loyal, regular, new):
        assert row["favoured_points"] > 0 > row["neglected_points"]
        assert row["peak_hour"] in range(9, 18)


def test_regions_have_as_many_customers_as_states(
    answer: Callable[[str, str], Rows],
) -> None:
    rows = answer("careerfoundry", "key_question_5c")

    states = {row["region"]: row["state_count"] for row in rows}
    assert states == {"South": 17, "West": 13, "Midwest": 12, "Northeast": 9}
    assert column(rows, "customer_share") == pytest.approx(
        column(rows, "state_share"), abs=0.03
    )
    # They differ in nothing else.
    for row in rows:
        assert (
            row["orders_adjusted_r_squared"]
            < 0.01
            > row["order_total_adjusted_r_squared"]
        )
        assert (
            not row["is_orders_significant"] and not row["is_order_total_significant"]
        )
        assert abs(row["most_different_standard_errors"]) < 4


def test_the_most_different_department_is_so_by_standard_errors(
    answer: Callable[[str, str], Rows], generated: dict[str, Built]
) -> None:
    with duckdb.connect(str(generated["careerfoundry"].database), True) as connection:
        departments = fetched(
            connection.execute(
                "select * from marts.rpt_segment_departments"
                " where segment_type = 'region'"
            )
        )
    for row in answer("careerfoundry", "key_question_5c"):
        off = {
            each["department"]: (each["share_of_segment"] - each["overall_share"])
            / each["share_standard_error"]
            for each in departments
            if each["segment"] == row["region"]
        }
        furthest = max(off, key=lambda name: abs(off[name]))
        assert row["most_different_department"] == furthest
        assert row["most_different_standard_errors"] == round(off[furthest], 1)


def test_family_status_follows_age(answer: Callable[[str, str], Rows]) -> None:
    rows = by(answer("careerfoundry", "key_question_5d"), "age_group", "family_status")

    assert len(rows) == 12
    home = "living with parents and siblings"
    assert rows["Young adult", home]["customers_against_chance"] > 2
    nobody = rows["Senior", home]
    assert (nobody["customer_count"], nobody["orders_per_customer"]) == (0, None)
    assert nobody["customers_against_chance"] == 0
    shares: dict[str, float] = {}
    for (age_group, _), row in rows.items():
        shares[age_group] = shares.get(age_group, 0) + row["share_of_age_group"]
    assert list(shares.values()) == pytest.approx([1, 1, 1], abs=0.001)


def test_each_classification_holds_all_customers_and_income_parts_them(
    answer: Callable[[str, str], Rows],
) -> None:
    rows = answer("careerfoundry", "key_question_6")

    totals: dict[str, int] = {}
    for row in rows:
        kind = row["classification"]
        totals[kind] = totals.get(kind, 0) + row["customer_count"]
    assert totals.keys() == {
        *("age_group", "family_size", "family_status", "gender", "income_group"),
        *("is_parent", "region"),
        *(flag for flag in SEGMENT_TYPES if flag.startswith("has_bought_")),
    }
    assert len(set(totals.values())) == 1
    shares = column(rows, "order_total_adjusted_r_squared")
    assert shares == sorted(shares, reverse=True)
    said = {row["classification"]: row for row in rows}
    assert said["income_group"]["taste_points"] > said["gender"]["taste_points"]
    assert said["income_group"]["taste_standard_errors"] > 4
    assert said["income_group"]["is_order_total_significant"]
    assert said["has_bought_meat"]["is_orders_significant"]
    for kind in ("region", "gender", "family_size"):
        assert not said[kind]["is_orders_significant"]
        assert not said[kind]["is_order_total_significant"]


def test_profiles_of_low_income_favour_snacks(
    answer: Callable[[str, str], Rows],
) -> None:
    rows = answer("careerfoundry", "key_question_7")

    profiles = by(rows, "customer_profile")
    for age_group in ("Middle-aged", "Senior"):
        low = profiles[f"{age_group} parent, low income"]
        assert low["favoured_department"] == "snacks"
        assert low["favoured_standard_errors"] > 2
        assert low["order_total_against_all"] < 0
        assert low["income_order_total_adjusted_r_squared"] > 0.01
    assert sum(column(rows, "customer_share")) == pytest.approx(1, abs=0.002)


def test_a_target_is_told_what_it_favours_or_that_it_favours_nothing(
    answer: Callable[[str, str], Rows],
) -> None:
    rows = answer("careerfoundry", "stakeholder_marketing")

    targets = by(rows, "segment_type", "segment")
    low = targets["income_group", "Low income"]
    assert re.fullmatch(
        r"Try snacks: 1\d\.\d% of what they buy, [89]\.\d% of what all buy\.",
        low["advice"],
    )
    points = column(rows, "favoured_points")
    assert points == sorted(points, reverse=True)
    for row in rows:
        assert row["advice"].startswith("Try ") == row["is_advised"]
        assert row["is_advised"] == (
            row["favoured_points"] >= 0.5
            and row["favoured_standard_errors"] > 4
            and row["customer_count"] >= 30
        )
        assert row["customer_share"] >= 0.01
        assert row["quiet_hour"] not in range(9, 18)
        assert row["segment_type"] != "region"


def test_three_factors_make_the_sales_of_a_department(
    answer: Callable[[str, str], Rows],
) -> None:
    rows = answer("careerfoundry", "stakeholder_sales")

    (customers,) = {
        round(row["customer_count"] / row["customer_share"], -2)
        for row in rows
        if row["customer_share"] > 0.5
    }
    assert customers == pytest.approx(1000, abs=100)
    shares = column(rows, "order_product_share")
    assert shares == sorted(shares)
    assert {row["department"] for row in rows[:5]} == {
        *("bulk", "other", "missing", "pets", "alcohol"),
    }
    for row in rows[:5]:
        assert row["main_reason"].startswith("Few customers: ")
    assert rows[-1]["main_reason"].startswith("None: ")
    for row in rows:
        assert row["customer_count"] * row["orders_per_buyer"] * row[
            "products_per_order"
        ] == pytest.approx(row["order_product_count"], rel=0.02)


def test_a_department_that_nobody_buys_from_is_said_to_be_so(
    generated: dict[str, Built],
) -> None:
    with duckdb.connect() as connection:
        attach_copy(connection, generated["careerfoundry"], "stakeholder_sales")
        connection.execute(
            "update marts.rpt_departments set customer_count = 0, order_count = 0,"
            " order_product_count = 0, order_product_share = 0"
            " where department = 'bulk'"
        )
        (name,) = (each for each in PLAIN if each.startswith("stakeholder_sales"))
        rows = by(fetched(connection.execute(text_of(name))), "department")

    bulk = rows["bulk"]
    assert bulk["main_reason"] == "Nobody bought any."
    assert (bulk["customer_share"], bulk["orders_per_buyer"]) == (0, None)


@pytest.mark.parametrize("package", PACKAGES)
def test_recommendations_are_the_three_pairs_of_highest_lift(
    package: str, answer: Callable[[str, str], Rows], generated: dict[str, Built]
) -> None:
    with duckdb.connect(str(generated[package].database), read_only=True) as connection:
        pairs = connection.execute(
            "select product_id_a, product_id_b, lift from marts.rpt_product_pairs"
        ).fetchall()
        products = {
            product_id: (rank, name)
            for product_id, rank, name in connection.execute(
                "select product_id, order_product_rank, product_name"
                " from marts.rpt_products"
            ).fetchall()
        }
    partners: dict[int, list[tuple[float, int]]] = {}
    for one, two, lift in pairs:
        if lift >= 1.5:
            partners.setdefault(one, []).append((-lift, two))
            partners.setdefault(two, []).append((-lift, one))
    expected = {
        (products[product_id][0], place): products[other][1]
        for product_id, others in partners.items()
        for place, (_, other) in enumerate(sorted(others)[:3], 1)
    }

    rows = answer(package, "stakeholder_customer")

    found = by(rows, "product_rank", "recommendation_rank")
    assert {key: row["recommended_product"] for key, row in found.items()} == expected
    for pair in generated[package].truth["affinities"]:
        if pair["orders_with_both"] >= 20:
            one, two = products[pair["product_id_a"]], products[pair["product_id_b"]]
            assert two[1] in [
                row["recommended_product"]
                for row in rows
                if row["product_rank"] == one[0]
            ]
