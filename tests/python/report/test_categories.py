"""What is said of departments, aisles, products and pairs, by rows made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from instacart.report.baskets import (
    DepartmentPairs,
    partner_sentence,
    products_sentence,
    times_text,
)
from instacart.report.categories import (
    aisles_sentence,
    few_verdict,
    part,
    sales_sentence,
    tell_apart,
)
from instacart.report.categories import products_sentence as sold_sentence
from instacart.report.department_hours import DepartmentHours, would_show
from instacart.report.facts import GAPS
from instacart.report.questions.q3_price_ranges import PriceRanges
from instacart.report.questions.q4_departments import Departments
from instacart.report.questions.sales_income import IncomeOpportunities
from instacart.report.questions.sales_opportunities import Opportunities
from instacart.warehouse import Row, Warehouse

from report.support import DIFFERS, FACTS, SAME
from report.support import TOO_FEW as FEW

HIGH_VALUE = "High value, seldom reordered"


class Rows(Warehouse):
    """A warehouse that answers all with the same rows."""

    def __init__(self, *rows: Row) -> None:
        self.answers = list(rows)

    def rows(self, query: str) -> list[Row]:
        return self.answers


def sold(name: str, items: int, customers: int = 100, **more: object) -> Row:
    return Row(
        {
            "department": name,
            "aisle": name,
            "customer_count": customers,
            "order_count": items // 4,
            "order_product_count": items,
            "order_product_share": items / 10_000,
            "reorder_rate": 0.65,
            "typical_reorder_rate": 0.5925,
        }
        | more
    )


def test_a_share_of_the_items_is_told_with_what_it_can_show() -> None:
    shares = [0.294, 0.1, 0.0996, 0.0005, 0.00049, 0]
    texts = ["29%", "10%", "10.0%", "0.1%", "less than 0.1%", "less than 0.1%"]
    assert [part(share) for share in shares] == texts


def test_a_department_is_told_by_its_sales_and_reorders() -> None:
    assert sales_sentence(sold("produce", 2_940), "department", FACTS) == (
        "Produce is 29% of items, in 74% of orders; 65% of its items had been bought"
        " before, 59% in the typical department."
    )
    assert sales_sentence(sold("tea", 52), "aisle", FACTS).endswith(
        "59% in the typical aisle."
    )


def departments(*items: int) -> str:
    """What is said of departments that sold so many items."""
    rows = [
        sold(f"d{number}", count, order_share=0.5, cumulative_share=0.9)
        for number, count in enumerate(items, start=1)
    ]
    asked = Departments(Rows(), FACTS)
    asked.__dict__["rows"] = rows
    return asked.sentence().partition("are 90% of items. ")[2]


def test_the_least_is_told_of_what_is_sold_and_what_nobody_bought() -> None:
    assert departments(9, 5, 3) == "D3 sells least (3 items)."
    assert departments(9, 5, 1, 0) == (
        "Nobody bought from d4. D3 sells least of the others (1 item)."
    )
    assert departments(9, 0, 0, 0) == "Nobody bought from d2, d3 and d4."
    assert departments(9, 5, 0, 0, 0, 0) == (
        "Nobody bought from 4 departments. D2 sells least of the others (5 items)."
    )


def test_price_ranges_are_no_finding_as_prices_make_them() -> None:
    ranges = PriceRanges(Rows(), FACTS)
    ranges.__dict__["rows"] = [
        sold("", 50, price_range="Low", revenue_share=0.1, revenue=100.0),
        sold("", 40, price_range="Mid", revenue_share=0.9, revenue=900.0),
    ]
    assert ranges.size() is None
    assert ranges.prize() == "$900 from 100 customers"
    assert "add up to 100%" in ranges.caution()


def test_a_department_of_few_customers_is_compared_with_none() -> None:
    few, enough = sold("bulk", 40, customers=29), sold("bulk", 40, customers=30)
    assert sales_sentence(few, "department", FACTS) == (
        "Bulk is 0.4% of items, in 1.0% of orders; it was bought by 29 customers, too"
        " few to say more."
    )
    assert "typical department" in sales_sentence(enough, "department", FACTS)
    assert [few_verdict(row, FACTS) for row in (few, enough)] == [FEW, ""]
    nobody = sold("bulk", 0, customers=0, reorder_rate=None)
    assert sales_sentence(nobody, "department", FACTS) == "Nobody bought from bulk."


def test_aisles_are_told_by_the_first_and_by_what_is_shown() -> None:
    rows = [sold("fruits", 600), sold("herbs", 300), sold("roots", 100)]
    assert aisles_sentence(rows, 2, "produce") == (
        "Fruits sells most of the 3 aisles of produce: 60% of their items; the first 2"
        " are 90%."
    )
    assert aisles_sentence(rows, 3) == (
        "Fruits sells most of the 3 aisles: 60% of their items."
    )
    unsold = sold("roots", 0)
    assert aisles_sentence([rows[0], unsold], 3, "produce") == (
        "All that is bought of produce is from the aisle fruits."
    )
    assert (
        aisles_sentence([unsold], 3, "bulk") == "Nobody bought from an aisle of bulk."
    )


def test_products_are_told_by_the_first_and_by_what_is_shown() -> None:
    rows = [sold("", 50, product_name="Tea"), sold("", 30, product_name="Cocoa")]
    assert sold_sentence(rows, 1_000, "drinks") == (
        "Tea sells most: 5.0% of the items of drinks; the first 2 products are 8.0%."
    )
    assert sold_sentence(rows, 80) == "Tea sells most: 62% of all items."
    assert sold_sentence(rows[:1], 100, "tea") == (
        "Tea sells most: 50% of the items of tea."
    )
    assert sold_sentence([], 0, "bulk") == "Nobody bought a product of bulk."


def test_names_that_several_have_get_their_ids() -> None:
    rows = [
        Row(name=name, id=number)
        for number, name in enumerate(["Milk", "Tea", "Milk", "milk"])
    ]
    tell_apart(rows, "name", "id")
    assert [row["name"] for row in rows] == ["Milk (0)", "Tea", "Milk (2)", "milk"]


# Departments' hours.


def at(hour: int, verdict: str, share: float, name: str = "tea", **more: object) -> Row:
    return Row(
        {
            "department": name,
            "department_group": "Food",
            "hour_of_day": hour,
            "order_product_count": 5,
            "share_of_hour": share,
            "overall_share": 0.1,
            "share_difference": share - 0.1,
            "detectable_difference": 0.02,
            "verdict": verdict,
        }
        | more
    )


def hours(*rows: Row) -> DepartmentHours:
    return DepartmentHours(Rows(*rows), FACTS)


def test_a_department_is_told_by_the_hours_that_clearly_differ() -> None:
    asked = hours(
        at(8, DIFFERS, 0.13), at(9, DIFFERS, 0.15), at(10, SAME, 0.1), at(20, FEW, 0.3)
    )
    assert asked.sentence("tea") == (
        "Tea is a larger part of the items from 08:00 to 10:00 than at other hours"
        " (15.0% at 09:00, 10.0% over the day)."
    )
    less = hours(at(8, DIFFERS, 0.07), at(9, SAME, 0.1))
    assert less.sentence("tea") == (
        "Tea is a smaller part of the items from 08:00 to 09:00 than at other hours"
        " (7.0% at 08:00, 10.0% over the day)."
    )
    assert asked.verdict("tea") == less.verdict("tea") == DIFFERS


def test_a_department_without_a_clear_hour_is_told_why() -> None:
    same, few = hours(at(8, SAME, 0.1)), hours(at(8, SAME, 0.1), at(9, FEW, 0.2))
    assert same.sentence("tea") == "Tea is the same part of the items at every hour."
    assert few.sentence("tea") == (
        "There are too few customers to tell at which hours tea sells more than at"
        " others: even where most is known, a difference under 2.0 points can't be told"
        " from chance."
    )
    assert (same.verdict("tea"), few.verdict("tea")) == (SAME, FEW)
    none = hours(at(8, FEW, 0, order_product_count=0))
    assert none.sentence("tea") == "Nobody bought from tea."


def test_of_all_departments_those_are_named_that_clearly_differ() -> None:
    names = ["tea", "milk", "bread", "fish", "pets"]
    rows = [at(8, DIFFERS, 0.12 + n / 100, name) for n, name in enumerate(names)]
    gap = at(8, DIFFERS, 0.9, "missing", department_group=GAPS)
    assert hours(*rows, gap).sentence() == (
        "Tea, milk, bread and 2 others are a larger part of the items at some hours"
        " than at others, most clearly pets (16.0% at 08:00, 10.0% over the day)."
    )
    assert (
        hours(rows[0], at(9, SAME, 0.1, "milk"))
        .sentence()
        .startswith("Tea is a larger part of the items at some hours than at others,")
    )
    # What the catalogue has no department for is no finding.
    only = hours(gap, at(8, SAME, 0.1))
    assert (
        only.sentence()
        == "Every department is the same part of the items at every hour."
    )
    assert only.verdict() == SAME
    assert only.verdict("missing") == DIFFERS


def test_a_difference_is_told_that_would_show_if_any_can() -> None:
    known = [Row(detectable_difference=one) for one in (0.5, 0.031, None)]
    assert "under 3.1 points" in would_show(known)
    assert would_show(known[2:]) == would_show([Row(detectable_difference=1.0)]) == ""


# What is at stake.


def test_a_department_is_told_by_what_is_at_stake() -> None:
    row = sold(
        "pantry",
        500,
        department_group="Food",
        quadrant=HIGH_VALUE,
        revenue_per_order=12.5,
        median_revenue_per_order=11.0,
        reorder_rate=0.36,
        median_reorder_rate=0.55,
        dollars_at_stake=1234.0,
    )
    others = [
        row | {"department": "deli", "dollars_at_stake": 0.0, "reorder_rate": 0.6},
        row | {"department": "bulk", "customer_count": 29},
    ]
    asked = Opportunities(Rows(row, *map(Row, others)), FACTS)
    rates = "of the items bought there had been bought before, and 55.0% in the"
    assert asked.department_sentence("pantry") == (
        "Pantry (high value, seldom reordered) earns $12.50 per order, $11.00 in the"
        f" typical department; at most $1,234 is at stake, as 36.0% {rates} typical"
        " department (the median)."
    )
    assert f"; nothing is at stake, as 60.0% {rates}" in asked.department_sentence(
        "deli"
    )
    assert asked.department_sentence("bulk") == (
        "Bulk was bought by 29 customers, too few to tell what is at stake."
    )
    assert asked.department_sentence("pets") == "Nobody bought from pets."


def test_a_gap_of_the_catalogue_is_nothing_to_act_on() -> None:
    gap = sold(
        "missing",
        500,
        department_group=GAPS,
        quadrant=HIGH_VALUE,
        revenue_per_order=12.5,
        median_revenue_per_order=11.0,
        reorder_rate=0.36,
        median_reorder_rate=0.55,
        dollars_at_stake=1234.0,
        is_frequent=True,
    )
    named = Row(gap | {"department": "pantry", "department_group": "Food"})
    labels = FACTS.label_order | {"quadrant": ["", "", HIGH_VALUE, "", ""]}
    asked = Opportunities(Rows(gap, named), replace(FACTS, label_order=labels))
    assert asked.department_sentence("missing") == (
        "Missing holds products without a department in the catalogue: nothing to act"
        " on."
    )
    assert [row["department"] for row in asked.found] == ["pantry"]


@pytest.mark.parametrize(
    ("verdicts", "gaps", "expected"),
    [
        ([DIFFERS, FEW], [-0.1, 0.1], DIFFERS),
        ([DIFFERS, FEW], [0.1, 0.1], FEW),
        ([DIFFERS, SAME], [0.1, 0], DIFFERS),
        ([SAME, SAME], [-0.1, 0], SAME),
        ([], [], FEW),
    ],
)
def test_incomes_have_the_verdict_of_their_sentence(
    verdicts: list[str], gaps: list[float], expected: str
) -> None:
    rows = [
        sold(
            f"department {number}",
            50,
            income_group="High income",
            verdict=verdict,
            reorder_rate_difference=gap,
            other_reorder_rate=0.7,
            detectable_difference=0.05,
            dollars_at_stake=10.0,
        )
        for number, (verdict, gap) in enumerate(zip(verdicts, gaps, strict=True))
    ]
    asked = IncomeOpportunities(Rows(*rows), FACTS)
    assert asked.verdict() == expected
    says_too_few = "too few" in asked.sentence() or not rows
    assert says_too_few == (expected == FEW)


# Pairs.


def pair(lift: float, customers: int, enough: bool = True) -> Row:
    return Row(
        product_name="Tea",
        partner_name="Milk",
        lift=lift,
        order_count=50,
        customer_count=customers,
        confidence=0.25,
        has_enough_customers=enough,
    )


def test_a_lift_is_told_with_the_digits_that_matter() -> None:
    assert times_text(pair(9.94, 1)).startswith("9.9 times as often as by chance")
    assert times_text(pair(188.6, 1)) == (
        "189 times as often as by chance (50 orders of 1 customer)"
    )


def test_a_product_is_told_by_its_closest_partner() -> None:
    assert partner_sentence(pair(2, 40), FACTS) == (
        "Tea and Milk are in one order 2.0 times as often as by chance (50 orders of 40"
        " customers); 25% of the orders with the first hold the second."
    )
    assert partner_sentence(pair(2, 29, enough=False), FACTS).endswith(
        ": fewer than 30 customers bought it with any partner, too few to say anything"
        " of others."
    )
    assert products_sentence([pair(2, 40)] * 2, FACTS).startswith(
        "2 products have partners: search one, or see the most ordered products, each"
        " with the partner closest to it. Tea and"
    )
    assert products_sentence([], FACTS) == (
        "No two products are bought together often enough to be reported."
    )


def test_departments_are_told_by_their_closest_pair_against_the_typical() -> None:
    row = Row(
        department_a="deli",
        department_b="bakery",
        lift=1.523,
        typical_lift=1.2,
        order_count=1,
    )
    assert DepartmentPairs(Rows(row), FACTS).sentence() == (
        "Of departments with at least 1% of items and 30 customers, deli and bakery"
        " go together best: they are in one order 1.52 times as often as by chance"
        " (1 order), the typical two 1.20 times."
    )
    assert DepartmentPairs(Rows(), FACTS).sentence() == (
        "No two departments with at least 1% of items and 30 customers are in one"
        " order."
    )
