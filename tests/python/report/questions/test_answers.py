"""The answers and the advice of the questions say what the data does."""

from __future__ import annotations

import re

from report.support import (
    OF_SEGMENTS,
    Changed,
    Report,
    needs_samples,
    percent,
)


def test_answers_hold_the_figures_of_the_marts(demo: Report) -> None:
    days = demo.query("from marts.rpt_days_of_week order by order_rank")
    text = demo.answer("Key question 1").answer
    assert text.startswith(f"{days[0]['day_name']} and {days[1]['day_name']} are")
    assert percent(days[0]["order_share"] + days[1]["order_share"]) in text
    hours = demo.query("from marts.rpt_hours_of_day order by order_rank limit 8")
    assert percent(sum(hour["order_share"] for hour in hours)) in text

    (most,) = demo.query(
        "select * from marts.rpt_hours_of_day order by revenue desc limit 1"
    )
    text = demo.answer("Key question 2").answer
    assert f"most is spent at {most['hour_of_day']:02d}:00" in text

    answer = demo.answer("Key question 3")
    for row in demo.query("from marts.rpt_price_ranges"):
        assert f"are {percent(row['order_product_share'])} of items" in answer.answer
        assert (
            f"{row['price_range']}: {percent(row['revenue_share'])} of revenue"
            in answer.figures
        )

    top = demo.query("from marts.rpt_departments order by order_product_rank limit 5")
    answer = demo.answer("Key question 4")
    for row in top:
        assert row["department"] in answer.answer.lower()
        assert f"{row['department']}: {percent(row['order_product_share'])} of" in (
            answer.figures
        )

    answer = demo.answer("Key question 5a")
    for row in demo.query(f"select * {OF_SEGMENTS} 'loyalty_flag'"):
        assert percent(row["customer_share"]) in answer.answer
        assert f"{row['customer_count']:,} customers" in answer.figures

    lowest = demo.query(
        "from marts.rpt_departments order by order_product_rank desc limit 1"
    )[0]
    text = demo.answer("SVP of Sales").answer
    assert text.startswith(f"Lowest are {lowest['department']} ")
    assert percent(lowest["order_product_share"], 2) in text


def test_no_day_is_called_quiet_that_may_be_so_by_chance(
    demo: Report, tiny: Report
) -> None:
    """Which weekday has the quietest evening isn't judged, only which hours are."""
    advice = demo.answer("Key question 1").advice
    assert advice.startswith("Advertise from ")
    assert "day" not in advice
    assert tiny.answer("Key question 1").advice.startswith("No advice")


def test_differences_named_are_those_of_the_report(demo: Report) -> None:
    types = {
        row["segment_type"]
        for row in demo.query(
            "from marts.rpt_segment_differences where is_significant and segment_type"
            " in ('age_group', 'customer_profile', 'family_size', 'family_status',"
            " 'gender', 'income_group', 'is_parent', 'region')"
        )
    }
    words = {"customer_profile": "profile", "is_parent": "parents or not"}
    answer = demo.answer("Key question 6").answer
    useful = answer.partition(":")[0] if types else ""
    for one in types:
        assert words.get(one, one.replace("_", " ")) in useful
    assert {"customer_profile", "income_group"} <= types
    assert demo.answer("Key question 7").answer.startswith("Yes")


def test_without_any_difference_no_classification_is_advised(
    changed: Changed, demo: Report
) -> None:
    report = changed(
        "update marts.rpt_segment_differences set is_significant = false,"
        " verdict = 'The same', adjusted_r_squared = 0.001",
        "update marts.rpt_segment_types set is_significant = false,"
        " verdict = 'The same', is_nearly_best = false, adjusted_r_squared = 0.001",
        database=demo.database,
    )
    assert report.answer("Key question 6").answer.startswith("No difference by")
    assert report.answer("Key question 6").advice.startswith("Don't classify")
    assert report.answer("Key question 7").answer.startswith("Profiles order alike")
    assert "Don't" in report.answer("Key question 7").advice
    assert "Don't target" in report.answer("Key question 5d").advice
    assert not report.answer("Key question 5b").answer.startswith("Yes")


def test_targets_are_more_than_a_handful_of_customers(tiny: Report) -> None:
    text = tiny.answer("VP of Marketing").answer
    assert text.startswith("There are too few customers to tell"), text


@needs_samples
def test_targets_of_the_real_sample_are_more_than_a_handful(sample: Report) -> None:
    figures = sample.answer("VP of Marketing").figures or ""
    sizes = [int(number) for number in re.findall(r": (\d+) customers?,", figures)]
    assert all(size >= 10 for size in sizes), figures


@needs_samples
def test_few_customers_are_no_profile_to_campaign_for(sample: Report) -> None:
    """One customer of 64 has the profile of the lowest totals."""
    advice = sample.answer("Key question 7").advice
    assert "senior non-parent, low income" not in advice.lower()


def test_nothing_is_listed_as_highest_and_as_lowest(tiny: Report) -> None:
    text = tiny.answer("Key question 4").answer
    top, _, least = text.partition("least are")
    for department in ("produce", "snacks", "alcohol"):
        assert not (department in top.lower() and department in least)
    assert "Of the five" not in tiny.answer("Key question 4").advice
    assert "without a department" not in tiny.answer("SVP of Sales").advice


def test_a_segment_type_that_a_var_adds_is_classified_by(changed: Changed) -> None:
    report = changed(
        "insert into marts.rpt_segment_types by name select 'cat_owner_flag' as"
        " segment_type, true as is_demographic, 2 as segment_count, 'reorder_rate' as"
        " best_explained_measure, 0.5 as adjusted_r_squared, true as is_beyond_chance,"
        " true as is_significant, 'Differs' as verdict, true as is_nearly_best"
    )
    answer = report.answer("Key question 6")
    assert answer.answer.startswith("By cat owner: there customers clearly differ")
    assert (
        "Cat owner: explains 50.0% of how customers differ in the reorder rate"
        in answer.figures
    )
    assert answer.advice.startswith("Classify by cat owner")
