"""A var that a verdict rests on changes every sentence that rests on the verdict."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from instacart.report.question import Question, Size

from report.support import CHARTS, Changed, Report

Judged = Callable[..., Report]
# Vars that don't touch each other's verdicts, and what is said where with these values.
# It begins with who asks; what is said of a chart, with its title.
CASES = {
    "more customers, larger differences": (
        {"favoured_by_customers": 10_000, "min_share_difference": 0.5},
        {
            "Key question 6: How": "Too few customers of each age",
            "Key questions 5 and 6: Which": "too few customers to tell whether a",
            "Customers: Which": "no pair is bought by 10,000 customers",
            "Key question 5d": "too few to tell whether age and family status are",
            "Key question 7": "these groups are too small to target",
            "VP of Marketing": "no segment of at least 10,000 favours a department for"
            " sure by 50.0 points",
            "The customer": "no two products are bought together by at least 10,000",
        },
    ),
    "larger shares, no usual price, only the best": (
        {"min_named_share": 0.95, "usual_price_deviation": 0, "nearly_best_share": 1},
        {
            "Key question 2: When": "no hour has 95% of orders, so that each figure",
            "Key question 2: Do": "no hour has 95% of orders, so that each figure",
            "Sales: Which": "No department with at least 95% of items and 30",
            "Sales: Do": "bought from a department with at least 95% of items",
            "Key questions 5 and 6: Which": "a department with at least 95% of items",
            "VP of Marketing": "There are too few customers to tell",
            "Key question 7": "these groups are too small to target",
            "Key question 6": "Classify by profile",
        },
    ),
    "further than chance, of a stronger effect": (
        {"favoured_by_standard_errors": 1_000, "min_adjusted_r_squared": 0.99},
        {
            "Key questions 5 and 6: Which": "too few customers to tell whether a",
            "Key question 7: Do": "Profiles order alike",
            "VP of Marketing": "There are too few customers to tell",
            "Key question 5b": "No: they differ in nothing but the number of orders",
            "Key question 5d": "too few to tell whether age and family status are",
            "Key question 6": "No difference by",
            "Key question 7": "Don't build campaigns on profiles",
        },
    ),
}

# A department that sells at a time more than at others.
PLANTED_TIME = (
    "update marts.rpt_phenomenon_departments set verdict = 'Differs',"
    " share_difference = 0.9, share_of_phenomenon = 0.95, share_elsewhere = 0.05"
    " where department = {} and phenomenon = 'Traffic surge'"
)


def said(report: Report, where: str) -> str:
    """The sentence above a chart, or an answer with its advice."""
    if where in {question.asked_by for question in report.questions}:
        answer = report.answer(where)
        return f"{answer.answer} {answer.advice}"
    return report.reading(where)


@pytest.mark.parametrize("case", CASES)
def test_a_var_changes_every_sentence_that_rests_on_it(
    case: str, demo: Report, judged: Judged
) -> None:
    variables, expected = CASES[case]
    report = judged(**variables)
    for where, text in expected.items():
        assert text not in said(demo, where), where
        assert text in said(report, where), (where, said(report, where))
    assert report.content


def test_a_price_that_is_not_usual_is_not_called_so(
    demo: Report, judged: Judged
) -> None:
    variables, _ = CASES["larger shares, no usual price, only the best"]
    text = "The price per item is much the same at every hour."
    assert text in demo.answer("Key question 2").answer
    assert text not in judged(**variables).answer("Key question 2").answer


def test_family_statuses_of_few_customers_are_not_said_to_be_of_one_age(
    demo: Report, judged: Judged
) -> None:
    variables, _ = CASES["more customers, larger differences"]
    assert "All customers who are living" in demo.reading("Key question 5d")
    assert "All customers who" not in judged(**variables).reading("Key question 5d")


def test_profiles_of_small_shares_are_all_drawn(demo: Report, judged: Judged) -> None:
    variables, _ = CASES["larger shares, no usual price, only the best"]

    def caution(report: Report) -> str:
        title = "Key question 7"
        return next(q for q in report.questions if q.title.startswith(title)).caution()

    assert "leaves out profiles of less than 1% of customers" in caution(demo)
    assert "No profile has 95% of customers" in caution(judged(**variables))


@pytest.mark.parametrize(
    ("statement", "where", "text"),
    [
        (
            "update marts.rpt_department_hours set verdict = 'Differs'",
            "Key question 2",
            "In busy hours try what is bought more then than otherwise:",
        ),
        (
            "update marts.rpt_department_hours set verdict = 'The same'",
            "Key question 2",
            "Choose the hour by the number of orders",
        ),
        (
            "update marts.rpt_hours_of_day set price_verdict = 'Too few to tell'",
            "Key question 2: Do",
            "too few customers to tell whether the average price per item changes",
        ),
        (
            "update marts.rpt_hours_of_day set order_total_verdict = 'The same'",
            "Key question 2: When",
            "The average order is much the same all day",
        ),
        (
            "update marts.rpt_hours_of_day set order_total_verdict = 'Differs'",
            "Key question 1: At",
            "Many orders, and large ones (Perfect storm)",
        ),
        (
            "update marts.rpt_regions set verdict = 'The same'",
            "Key question 5c",
            ", as it has most states (",
        ),
        (
            "update marts.rpt_segment_types set verdict = 'The same'",
            "Key question 5c",
            "tells almost nothing about how a customer orders",
        ),
        (
            "update marts.rpt_segment_differences set is_by_definition = true;"
            " update marts.rpt_segment_types set verdict = 'The same'",
            "Key question 5b",
            "No: they differ in nothing but the number of orders",
        ),
        (
            "update marts.rpt_segment_crosstabs set verdict = 'The same'",
            "Key question 5d",
            "Age and family status are not connected",
        ),
        (
            "update marts.rpt_age_bands set verdict = 'The same'",
            "Key question 6: How",
            "The median income hardly changes from age to age",
        ),
        (
            "update marts.rpt_segment_departments set verdict = 'The same'",
            "Key questions 5 and 6: Which",
            "No segment favours a department",
        ),
        (
            "update marts.rpt_department_opportunities"
            " set quadrant = 'Low value, seldom reordered'",
            "Sales: Which",
            "No department with at least 1% of items and 30 customers earns more",
        ),
        (
            "update marts.rpt_income_opportunities set verdict = 'The same'",
            "Sales: Do",
            "High income reorders the same as other incomes in every department",
        ),
        (
            "update marts.rpt_income_opportunities set verdict = 'Differs',"
            " reorder_rate_difference = -0.1 where department = 'pantry'",
            "Sales: Do",
            "High income reorders less in pantry.",
        ),
        (
            "update marts.rpt_income_opportunities set reorder_rate_difference = 0.1,"
            " verdict = if(department = 'pantry', 'Differs', 'The same')",
            "Sales: Do",
            "less in no department with at least 1% of items, and more in pantry.",
        ),
        (
            "update marts.rpt_phenomenon_departments set verdict = 'The same'",
            "Key question 2: What",
            "What sells is the same at all times of day.",
        ),
        (
            PLANTED_TIME.format("'deli'"),
            "Key question 2: What",
            "What sells differs most in Traffic surge: deli is 95.0% of items then,"
            " 5.0% otherwise.",
        ),
    ],
)
def test_a_verdict_changes_the_sentence(
    statement: str, where: str, text: str, changed: Changed, demo: Report
) -> None:
    report = changed(statement, database=demo.database)
    assert text not in said(demo, where)
    assert text in said(report, where)


def question_of(report: Report, title: str) -> Question:
    return next(one for one in report.questions if one.title.startswith(title))


def test_what_sells_at_a_time_stands_in_its_row(changed: Changed, demo: Report) -> None:
    statement = PLANTED_TIME.format("'deli'")
    report = changed(statement, database=demo.database)
    rows = report.dicts(CHARTS, "Key question 2: What", "Time of day")
    sold = {row["Time of day"]: row for row in rows}
    surge = sold.pop("Traffic surge")
    assert (surge["Sells more"], surge["Share then"]) == ("deli", 0.95)
    assert surge["Share otherwise"] == 0.05
    for row in sold.values():
        assert row["Sells more"] in ("Too few to tell", None)
        assert row["Share then"] is None
    deli = report.query(
        "from marts.rpt_phenomenon_departments where department = 'deli'"
        " and phenomenon = 'Traffic surge'"
    )[0]
    question = question_of(report, "Key question 2: What")
    assert question.size() == Size(deli["customer_count"], float(deli["revenue"]))
    assert question_of(demo, "Key question 2: What").size() is None


@pytest.mark.parametrize(
    ("others", "text"),
    [
        ("Too few to tell", "too few customers to tell whether anything sells better"),
        ("The same", "What sells is the same at all times of day."),
    ],
)
def test_what_sells_less_at_a_time_is_not_said_to_sell_more(
    others: str, text: str, changed: Changed, demo: Report
) -> None:
    title = "Key question 2: What"
    report = changed(
        "update marts.rpt_phenomenon_departments set share_difference = -0.1,"
        f" verdict = if(department = 'deli', 'Differs', '{others}')",
        database=demo.database,
    )
    assert text in report.reading(title)
    assert question_of(report, title).size() is None


def test_departments_of_few_items_are_no_findings(
    changed: Changed, demo: Report
) -> None:
    """Alcohol is less than 1% of the items of the synthetic data."""
    assert not demo.one(
        "select is_frequent from marts.rpt_departments where department = 'alcohol'"
    )
    report = changed(
        PLANTED_TIME.format("'alcohol'"),
        "update marts.rpt_income_opportunities set verdict = 'Differs',"
        " reorder_rate_difference = -0.5 where department = 'alcohol'",
        "update marts.rpt_department_opportunities set dollars_at_stake = 1e6,"
        " quadrant = 'High value, seldom reordered' where department = 'alcohol'",
        database=demo.database,
    )
    for title in ("Key question 2: What", "Sales: Which", "Sales: Do"):
        assert "lcohol" not in report.reading(title)
        assert report.reading(title) == demo.reading(title)


def test_what_is_at_stake_is_that_of_the_department_named(demo: Report) -> None:
    first, *others = demo.query(
        "from marts.rpt_department_opportunities where is_frequent"
        " and quadrant = 'High value, seldom reordered' and customer_count >= 30"
        " and revenue_per_order > median_revenue_per_order"
        " order by dollars_at_stake desc"
    )
    question = question_of(demo, "Sales: Which")
    stake = float(first["dollars_at_stake"])
    assert question.size() == Size(first["customer_count"], stake)
    assert f"Most is at stake in {first['department']}: ${stake:,.0f}" in (
        question.reading
    )
    assert f"${stake:,.0f} more from its {first['customer_count']:,} customers" in (
        question.so_what()
    )
    assert all(one["department"] in question.reading for one in others)
    assert "no forecast" in question.caution()


def test_only_a_gap_beyond_chance_has_a_price(changed: Changed, demo: Report) -> None:
    assert "At stake" not in demo.table(CHARTS, "Sales: Do", "Department")[0]
    report = changed(
        "update marts.rpt_income_opportunities set verdict = 'Differs',"
        " reorder_rate_difference = -0.1, dollars_at_stake = 1234"
        " where department = 'pantry' and income_group = 'High income'",
        database=demo.database,
    )
    rows = report.dicts(CHARTS, "Sales: Do", "Department")
    staked = {row["Department"]: row["At stake"] for row in rows}
    assert {name: one for name, one in staked.items() if one} == {"pantry": 1234}
    question = question_of(report, "Sales: Do")
    assert "Most is at stake in pantry: $1,234" in question.reading
    assert question.size() and "$1,234 more, at most" in question.so_what()
    assert question_of(demo, "Sales: Do").size() is None


@pytest.mark.parametrize(
    ("least", "ending"), [(700, "and bakery."), (600, "bakery and 1 other.")]
)
def test_a_sentence_names_three_departments_at_most(
    least: int, ending: str, changed: Changed, demo: Report
) -> None:
    stakes = {"pantry": 900, "deli": 800, "bakery": 700, "snacks": 600}
    report = changed(
        *(
            "update marts.rpt_income_opportunities set verdict = 'Differs',"
            f" reorder_rate_difference = -0.1, dollars_at_stake = {stake}"
            f" where department = '{name}'"
            for name, stake in stakes.items()
            if stake >= least
        ),
        database=demo.database,
    )
    assert ending in report.reading("Sales: Do")
    assert "reorders less in pantry, deli" in report.reading("Sales: Do")


def test_without_prices_or_incomes_it_says_so(kaggle: Report, single: Report) -> None:
    for title in ("Key question 2: What", "Sales: Which", "Sales: Do"):
        assert "no prices" in kaggle.reading(title)
    assert "no customers.csv" in single.reading("Sales: Do")
