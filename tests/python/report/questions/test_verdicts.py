"""A var that a verdict rests on changes every sentence that rests on the verdict."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from report.support import Changed, Report

Judged = Callable[..., Report]
# Vars that don't touch each other's verdicts, and what is said where with these values.
# It begins with who asks; what is said of a chart, with its title.
CASES = {
    "more customers, larger differences": (
        {"favoured_by_customers": 10_000, "min_share_difference": 0.5},
        {
            "Key question 6: How": "Too few customers of each age",
            "Key questions 5 to 7: Which": "too few customers to tell whether a",
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
            "Key question 2: When": "no hour has 95% of orders, so that all fluctuate",
            "Key question 2: Do": "no hour has 95% of orders, so that all fluctuate",
            "Key questions 5 to 7: Which": "a department with at least 95% of items",
            "VP of Marketing": "There are too few customers to tell",
            "Key question 7": "these groups are too small to target",
            "Key question 6": "Classify by profile",
        },
    ),
    "further than chance, of a stronger effect": (
        {"favoured_by_standard_errors": 1_000, "min_adjusted_r_squared": 0.99},
        {
            "Key questions 5 to 7: Which": "too few customers to tell whether a",
            "Key question 7: Do": "Profiles order alike",
            "VP of Marketing": "There are too few customers to tell",
            "Key question 5b": "No: they differ in nothing but the number of orders",
            "Key question 5d": "too few to tell whether age and family status are",
            "Key question 6": "No difference by",
            "Key question 7": "Don't build campaigns on profiles",
        },
    ),
}


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
    assert "All customers whose family status" in demo.reading("Key question 5d")
    assert "All customers whose" not in judged(**variables).reading("Key question 5d")


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
            "too little to act on",
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
            "Key questions 5 to 7: Which",
            "No segment favours a department",
        ),
    ],
)
def test_a_verdict_changes_the_sentence(
    statement: str, where: str, text: str, changed: Changed, demo: Report
) -> None:
    report = changed(statement, database=demo.database)
    assert text not in said(demo, where)
    assert text in said(report, where)
