"""The sentences above the charts say what the data does."""

from __future__ import annotations

import itertools
import re

from report.support import (
    ADVICE,
    CHARTS,
    OF_SEGMENTS,
    SHOWN_PAIRS,
    TITLE,
    Changed,
    Report,
    needs_samples,
    percent,
)

OF_REGIONS = f"select * {OF_SEGMENTS} 'region'"


def test_readings_name_what_sql_finds(demo: Report) -> None:
    (peak,) = demo.query("select * from marts.rpt_hours_of_day where order_rank = 1")
    text = demo.reading("Key question 1: At what hours")
    assert text.startswith(f"Most orders come at {peak['hour_of_day']:02d}:00")
    assert percent(peak["order_share"]) in text

    first, second, last = demo.query(
        "select * from marts.rpt_days_of_week where order_rank in (1, 2, 7)"
        " order by order_rank"
    )
    text = demo.reading("Key question 1: On which days")
    names = f"{first['day_name']} and {second['day_name']}"
    assert text.startswith(f"{names} are the busiest days (")
    assert percent(first["order_share"]) in text
    assert percent(second["order_share"]) in text
    assert f"{last['day_name']} the quietest" in text
    more = percent(first["order_count"] / last["order_count"] - 1, 0)
    assert f"{more} more orders than {last['day_name']}." in text

    (cell,) = demo.query("from marts.rpt_day_hours order by order_count desc limit 1")
    text = demo.reading("Key question 1: When in the week")
    assert f"{cell['day_name']} at {cell['hour_of_day']:02d}:00" in text
    assert f"({cell['order_count']:,} orders)" in text

    hours = demo.query(
        "from marts.rpt_hours_of_day where order_share >= 0.01 order by avg_order_total"
    )
    text = demo.reading("Key question 2: When do customers spend")
    ends = [
        f"${hour['avg_order_total']:,.2f} at {hour['hour_of_day']:02d}:00"
        for hour in (hours[0], hours[-1])
    ]
    assert {hour["order_total_verdict"] for hour in hours} == {"Too few to tell"}
    assert "too few customers to tell whether the average order changes" in text
    assert " to ".join(ends) in text

    (top, *_) = demo.query("from marts.rpt_departments order by order_product_rank")
    text = demo.reading("Key question 4")
    assert text.startswith(top["department"].capitalize())
    assert percent(top["order_product_share"], 0) in text

    (loyal,) = demo.query(
        f"select * {OF_SEGMENTS} 'loyalty_flag' and segment = 'Loyal customer'"
    )
    text = demo.reading("Key question 5a")
    for name in ("customer_share", "order_share", "order_product_share"):
        assert percent(loyal[name]) in text

    (first, *_) = demo.query(SHOWN_PAIRS)
    text = demo.reading("Customers: Which products")
    assert first["product_name_a"] in text and first["product_name_b"] in text
    assert f"{first['lift']:,.1f} times" in text


SAME_REGIONS = (
    "update marts.rpt_segment_types set verdict = 'The same'"
    " where segment_type = 'region'"
)


def test_where_too_few_customers_can_tell_it_says_so(demo: Report) -> None:
    (row,) = demo.query("from marts.rpt_segment_types where segment_type = 'region'")
    assert row["verdict"] == "Too few to tell"
    assert row["needed_customer_count"] > demo.facts.customers
    gaps = {
        row["measure"]: row["detectable_difference"]
        for row in demo.query(
            "from marts.rpt_segment_differences where segment_type = 'region'"
        )
    }
    for text in (
        demo.reading("Key question 5c"),
        demo.answer("Key question 5c").answer,
    ):
        assert f"{demo.facts.customers:,} customers are too few to tell" in text
        facts = demo.facts
        for gap, average, said in (
            (
                gaps["order_count"],
                facts.orders / facts.customers,
                f"{gaps['order_count']:.1f} orders per customer",
            ),
            (
                gaps["avg_order_total"],
                (facts.revenue or 0) / facts.orders,
                f"${gaps['avg_order_total']:.2f} per order",
            ),
        ):
            assert (said in text) == (gap < average / 2), (said, average)
    advice = demo.answer("Key question 5c").advice
    needed = round(row["needed_customer_count"], -2)
    assert advice == f"No advice yet: collect about {needed:,} customers first."


def test_where_regions_do_not_differ_it_says_so(changed: Changed, demo: Report) -> None:
    report = changed(SAME_REGIONS, database=demo.database)
    assert "Regions order alike" in report.reading("Key question 5c")
    assert "Regions order alike" in report.answer("Key question 5c").answer
    assert "Treat all regions alike" in report.answer("Key question 5c").advice


def test_where_regions_differ_it_says_so(changed: Changed, demo: Report) -> None:
    report = changed(
        "update marts.rpt_segment_differences set verdict = 'Differs'"
        " where segment_type = 'region' and measure = 'order_count'",
        "update marts.rpt_segment_types set verdict = 'Differs'"
        " where segment_type = 'region'",
        database=demo.database,
    )
    shown = report.query(f"{OF_REGIONS} order by orders_per_customer")
    low, high = (
        f"{row['segment']} {row['orders_per_customer']:.1f}"
        for row in (shown[0], shown[-1])
    )
    for text in (
        report.reading("Key question 5c"),
        report.answer("Key question 5c").answer,
    ):
        assert f"Regions clearly differ in orders per customer ({low}, {high})" in text
    assert "alike" not in report.answer("Key question 5c").advice
    assert "region" in report.answer("Key question 6").answer.partition(":")[0]


def test_much_explained_of_few_customers_is_not_called_little(changed: Changed) -> None:
    report = changed(
        "update marts.rpt_segment_differences set adjusted_r_squared = 0.3,"
        " is_significant = false"
    )
    for text in (
        report.reading("Key question 5c"),
        report.answer("Key question 5d").answer,
        report.answer("Key question 7").answer,
    ):
        assert "tells almost nothing" not in text, text


def test_a_region_is_said_to_have_most_states_only_if_it_has(
    changed: Changed, demo: Report
) -> None:
    report = changed(
        "update marts.rpt_regions set state_count = 1, state_share = 0.02"
        " where region = 'South'",
        database=demo.database,
    )
    assert "South has most customers" in report.reading("Key question 5c")
    assert "though" in report.reading("Key question 5c")
    assert "as it has most states" not in report.reading("Key question 5c")


def test_what_no_size_of_difference_would_show_is_not_given_a_number(
    changed: Changed, demo: Report
) -> None:
    """Nothing can be 112% less."""
    title = "Key question 2: When do customers spend"
    assert re.search(r"under \d\d% can't be told from chance", demo.reading(title))
    report = changed(
        "update marts.rpt_hours_of_day set detectable_order_total_difference = 1.12",
        database=demo.database,
    )
    assert "112%" not in report.reading(title)
    assert "even a large difference could be chance" in report.reading(title)


CHANGES = {
    "Key question 1: At what hours": (
        "update marts.rpt_hours_of_day set order_count = 999 where hour_of_day = 20",
        "Most orders come at 20:00",
    ),
    "Key question 1: On which days": (
        "update marts.rpt_days_of_week set order_rank = 8 - order_rank,"
        " order_count = order_rank",
        "Thursday and ",
    ),
    "Key question 1: When in the week": (
        "update marts.rpt_day_hours set order_count = 999"
        " where day_of_week = 4 and hour_of_day = 3",
        "Busiest is Wednesday at 03:00 (999 orders)",
    ),
    "Key question 2: When do customers spend": (
        "update marts.rpt_hours_of_day set avg_order_total = 999,"
        " order_total_verdict = 'Differs', order_share = 0.1 where hour_of_day = 8",
        "The average order peaks at 08:00 ($999)",
    ),
    "Key question 4": (
        "update marts.rpt_departments set order_product_share = 0.9,"
        " order_product_count = 99, order_product_rank = 0"
        " where department = 'alcohol'",
        "Alcohol is 90%",
    ),
    "Do customers come back": (
        "update marts.rpt_order_sequence set placed_retention_rate = 0.123"
        " where order_number = 5",
        "12% of customers place their 5th order",
    ),
}


def test_readings_follow_the_data(changed: Changed, tiny: Report) -> None:
    report = changed(*(statement for statement, _ in CHANGES.values()))
    for question, (_, said) in CHANGES.items():
        assert said not in tiny.reading(question)
        assert said in report.reading(question)


def test_a_department_that_nobody_of_few_customers_bought_is_no_difference(
    tiny: Report,
) -> None:
    """The standard error of a share of 0 is 0: it proves nothing."""
    assert tiny.one("select max(customer_count) from marts.rpt_customer_segments") < 5
    assert tiny.reading("Key questions 5 and 6").startswith("There are too few")


def test_one_segment_is_not_compared_with_itself(tiny: Report) -> None:
    assert tiny.one(f"select count(*) {OF_SEGMENTS} 'loyalty_flag'") == 1
    assert "100.0% of customers, but 100.0%" not in tiny.reading("Key question 5a")
    assert tiny.reading("Key question 5b").lower().count("new customers") == 1
    answer = tiny.answer("Key question 5b")
    assert not answer.answer.startswith("Yes")
    assert "(they buy more produce, less produce)" not in (answer.advice or "")


def test_words_of_labels_are_not_made_up(odd: Report) -> None:
    text = " ".join(itertools.chain(*map(odd.texts, (TITLE, CHARTS, ADVICE))))
    for plural in ("Devoteds", "Cheaps", "dears", "cheaps", "Dears"):
        assert plural not in text


def test_pairs_of_few_customers_are_said_to_be_so(changed: Changed) -> None:
    report = changed(
        "delete from marts.rpt_product_pairs",
        "insert into marts.rpt_product_pairs select 1, 2, 'Bananas', 'Apples, red',"
        " 40, 40, 29, 40, 0.5, 1, 1, 2, false",
    )
    assert "no pair is bought by 30 customers" in report.reading("Customers: Which")
    assert report.answer("The customer").answer.startswith(
        "There are too few customers to tell: no two products are bought together by"
        " at least 30"
    )


@needs_samples
def test_the_chart_and_the_answer_do_not_contradict_each_other(sample: Report) -> None:
    reading = sample.reading("Key question 5d")
    answer = sample.answer("Key question 5d").answer
    assert ("All customers who" in reading) <= (
        "too few to tell whether age" not in answer
    ), (reading, answer)


def test_a_marketer_reads_nothing_of_how_it_was_made(each: Report) -> None:
    """No command, model, var or schema of ours; items, not order products."""
    ours = re.compile(r"`|\bmake \w+`|\brpt_|\bmarts\.|\bvar\b|_flag\b|order product")
    for sheet in (TITLE, CHARTS, ADVICE):
        for text in each.texts(sheet):
            assert not ours.search(text), (sheet, text)


def test_what_nobody_can_know_is_listed_once(each: Report) -> None:
    texts = each.texts(ADVICE)
    assert texts.count("Limits") == 1
    below = texts[texts.index("Limits") :]
    for name in ("Campaigns", "Seasons", "Quantities", "Products", "Age"):
        assert below.count(name) == 1
    made_up = each.facts.has_prices or each.facts.has_customers
    assert ("Prices and customers" in below) == made_up
