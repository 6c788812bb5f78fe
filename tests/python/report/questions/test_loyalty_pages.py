"""What the pages of first baskets, tiers, stages and audiences say of the data."""

from __future__ import annotations

import pytest
from instacart.report.question import Question
from instacart.report.questions.audiences import Audiences
from instacart.report.questions.customer_lifecycle import CustomerLifecycle
from instacart.report.questions.first_baskets import FirstBaskets
from instacart.report.questions.loyalty_tiers import LoyaltyTiers
from instacart.report.questions.retention import Retention

from report.support import Changed, Report

# Departments that first baskets are compared by.
COMPARED = (
    "from marts.rpt_first_baskets where customer_count >= 30"
    " and department not in ('missing', 'other')"
)
BASKETS, TIERS = "Loyalty: Which first baskets", "Loyalty: Who is close"
STAGES, AUDIENCES = "Loyalty: Do", "Campaigns: Whom"
# No department differs, and there are customers enough to say so.
SAME = (
    "update marts.rpt_first_baskets set reached_5_verdict = 'The same',"
    " reached_10_verdict = 'The same', reached_40_verdict = 'The same'"
)


def page(report: Report, title: str) -> Question:
    return next(one for one in report.questions if one.title.startswith(title))


def differs(department: str, bound: int, share: float, of_others: float) -> str:
    """A statement that makes a department differ from the others."""
    return (
        f"update marts.rpt_first_baskets set customer_count = 200,"
        f" reached_{bound}_share = {share}, reached_{bound}_share_of_others ="
        f" {of_others}, reached_{bound}_difference = {share - of_others},"
        f" reached_{bound}_verdict = 'Differs' where department = '{department}'"
    )


def test_first_baskets_of_too_few_customers_are_said_to_be_so(demo: Report) -> None:
    known = demo.query(COMPARED)
    assert {row["reached_10_verdict"] for row in known} == {"Too few to tell"}
    least = min(known, key=lambda row: row["reached_10_detectable_difference"])
    asked = page(demo, BASKETS)
    assert asked.reading == (
        "There are too few customers to tell whether the first basket matters: even"
        f" for {least['department']}, where it takes least, only a gap of"
        f" {100 * least['reached_10_detectable_difference']:.1f} points or more at 10"
        " orders could be told from chance."
    )
    assert asked.size() is None and asked.consequence == ""


def test_first_baskets_that_make_no_difference_are_said_to_be_so(
    changed: Changed, demo: Report
) -> None:
    report = changed(SAME, database=demo.database)
    known = report.query(f"{COMPARED} order by reached_10_share")
    text = page(report, BASKETS).reading
    assert text.startswith("What the first basket holds makes no difference")
    for row in (known[0], known[-1]):
        assert f"{100 * row['reached_10_share']:.1f}% ({row['department']})" in text
    assert page(report, BASKETS).size() is None


@pytest.mark.parametrize(
    ("statements", "said", "so_what"),
    [
        (
            [differs("bakery", 5, 0.9, 0.5), differs("snacks", 40, 0.3, 0.1)],
            "begin with bakery 90.0% reach 5 orders, 40.0 points more",
            "of the 200 customers who began so, about 80 more reached 5 orders",
        ),
        (
            [differs("bakery", 5, 0.2, 0.9), differs("snacks", 40, 0.3, 0.1)],
            "begin with snacks 30.0% reach 40 orders, 20.0 points more",
            "about 40 more reached 40 orders",
        ),
        (
            [differs("bakery", 10, 0.2, 0.9)],
            "begin with bakery 20.0% reach 10 orders, 70.0 points less",
            "about 140 fewer reached 10 orders",
        ),
    ],
    ids=["the largest lead", "a lead before a lag", "only a lag"],
)
def test_the_first_basket_that_differs_most_is_named(
    statements: list[str], said: str, so_what: str, changed: Changed, demo: Report
) -> None:
    asked = page(changed(SAME, *statements, database=demo.database), BASKETS)
    assert f"Of customers who {said}" in asked.reading
    assert so_what in asked.consequence
    # A lead is a difference, no advice: who buys much holds more departments anyway.
    assert "not what to advertise" in asked.caution()
    drawing = asked.drawing()
    assert drawing
    assert len(drawing.coloured.only) == len(statements)
    (series,) = drawing.chart.series
    (highlighted,) = series.highlights
    assert f"begin with {asked.rows[highlighted]['department']} " in asked.reading


@pytest.mark.parametrize("gaps", ["other and missing", ""])
def test_departments_of_few_customers_stand_last_and_undrawn(
    gaps: str, changed: Changed, demo: Report
) -> None:
    report = changed(
        "update marts.rpt_first_baskets set customer_count = 200"
        " where department in ('missing', 'other')",
        # A gap that leads by far is none to tell of.
        differs("other", 10, 0.9, 0.1)
        if gaps
        else "update marts.dim_departments set department_group = 'Food'",
        database=demo.database,
    )
    asked = page(report, BASKETS)
    assert isinstance(asked, FirstBaskets)
    assert "too few customers to tell" in asked.reading
    undrawn = ("missing", "other") if gaps else ()
    left_out = "Departments of fewer than 30 customers"
    if gaps:
        left_out += f" and products of none ({gaps})"
    assert f"{left_out} stand last" in asked.caution()
    assert f"{left_out} are left out." in asked.bound_caution()
    enough = [
        row["customer_count"] >= 30 and row["department"] not in undrawn
        for row in asked.rows
    ]
    assert enough == sorted(enough, reverse=True) and not all(enough)
    drawing = asked.drawing()
    assert drawing and drawing.chart.row_count == sum(enough)
    leads = [row["lead_10"] for row in asked.rows[: sum(enough)]]
    assert leads == sorted(leads, reverse=True)
    axis = drawing.chart.y_axis
    assert axis["min"] < min(leads) < 0 < max(leads) <= axis["max"]


@pytest.mark.parametrize(
    ("bound", "verdict", "said"),
    [
        (5, "differs", "begin with bakery 90.0% reach 5 orders"),
        (10, "same", "makes no difference"),
        (40, "too_few", "for bakery, where it takes least, only a gap of 10.0 points"),
    ],
)
def test_each_number_of_orders_is_judged_by_itself(
    bound: int, verdict: str, said: str, changed: Changed, demo: Report
) -> None:
    few = (
        "update marts.rpt_first_baskets set reached_40_verdict = 'Too few to tell',"
        " reached_40_detectable_difference = case department when 'bakery' then 0.1"
        " else 0.2 end"
    )
    report = changed(SAME, few, differs("bakery", 5, 0.9, 0.5), database=demo.database)
    asked = page(report, BASKETS)
    assert isinstance(asked, FirstBaskets)
    assert said in asked.bound_sentence(bound)
    assert asked.bound_verdict(bound) == getattr(report.facts.verdicts, verdict)
    assert asked.verdict() == report.facts.verdicts.differs


@pytest.mark.parametrize(
    ("near", "following", "said"),
    [
        (0, "'Regular customer'", "None of 9 new customers are within 3 orders of"),
        (
            1,
            "'Regular customer'",
            "1 of 9 new customers is within 3 orders of becoming"
            " regular customers: 2 orders are missing, $20.50 at each customer's own",
        ),
        (1, "null", "New customers are in the highest tier."),
    ],
)
def test_one_tier_is_told_what_it_lacks(
    near: int, following: str, said: str, changed: Changed, demo: Report
) -> None:
    report = changed(
        f"update marts.rpt_loyalty_tiers set customer_count = 9, next_tier ="
        f" {following}, customers_near_next_tier = {near}, orders_to_next_tier = 2,"
        " revenue_to_next_tier = 20.5 where tier_number = 1",
        database=demo.database,
    )
    asked = page(report, TIERS)
    assert isinstance(asked, LoyaltyTiers)
    assert said in asked.tier_sentence(asked.rows[0])


def test_who_is_close_to_the_next_tier(demo: Report) -> None:
    tiers = demo.query("from marts.rpt_loyalty_tiers order by tier_number")
    asked = page(demo, TIERS)
    near = [row for row in tiers if row["customers_near_next_tier"]]
    assert len(near) == 2
    for row in near:
        count = f"{row['customers_near_next_tier']:,} of {row['customer_count']:,} "
        assert count in asked.reading
        assert f"({row['orders_to_next_tier']:,} orders)" in asked.consequence
    assert "within 3 orders of the next tier" in asked.reading
    size = asked.size()
    assert size
    assert size.customers == sum(row["customers_near_next_tier"] for row in near)
    assert size.revenue == pytest.approx(
        float(sum(row["revenue_to_next_tier"] for row in near))
    )


def test_a_tier_of_another_name_is_called_by_it(changed: Changed, demo: Report) -> None:
    report = changed(
        "update marts.rpt_loyalty_tiers set loyalty_tier = 'Casual',"
        " customer_count = 9, customers_near_next_tier = 1 where tier_number = 1",
        "update marts.rpt_loyalty_tiers set customers_near_next_tier = 0"
        " where tier_number > 1",
        database=demo.database,
    )
    assert page(report, TIERS).reading == (
        "1 of 9 labelled Casual is within 3 orders of the next tier of loyalty."
    )


def test_nobody_close_to_the_next_tier_is_no_finding(
    changed: Changed, demo: Report
) -> None:
    report = changed(
        "update marts.rpt_loyalty_tiers set customers_near_next_tier = 0,"
        " orders_to_next_tier = 0, revenue_to_next_tier = 0",
        database=demo.database,
    )
    asked = page(report, TIERS)
    assert asked.reading == (
        "No customer is within 3 orders of the next tier of loyalty."
    )
    assert asked.size() is None and asked.consequence == ""
    assert report.content


def test_which_customers_slow_down(demo: Report) -> None:
    *_, slowing, lapsed = demo.query(
        "from marts.rpt_customer_lifecycle order by stage_number"
    )
    asked = page(demo, STAGES)
    assert f"({slowing['mean_recent_gap_days']:.1f} days between" in asked.reading
    assert f"({lapsed['mean_last_gap_days']:.0f} days or more" in asked.reading
    for row in (slowing, lapsed):
        assert f"{100 * row['customer_share']:.1f}%" in asked.reading
        assert f"usually {row['mean_usual_gap_days']:.1f})" in asked.reading
    assert asked.reading.count("perhaps by chance") == 1
    assert asked.reading.endswith("), most of them perhaps by chance.")
    assert asked.consequence == (
        f"{lapsed['customer_count']} customers (lapsed) did order again; remind them"
        " sooner, and measure. One more order from each would bring"
        f" ${lapsed['revenue_of_one_order_each']:,.0f}."
    )
    assert "Nobody is seen leaving" in asked.caution()
    assert "look growing or slowing may do so by chance" in asked.caution()
    assert "Here New means too few orders to compare" in asked.caution()
    assert "New (too few orders to compare)" in asked.drawing().x_axis["name"]
    size = asked.size()
    assert size
    assert size.customers == lapsed["customer_count"]
    assert size.revenue == float(lapsed["revenue_of_one_order_each"])


def test_those_who_slow_down_are_no_finding_without_lapsed_ones(
    changed: Changed, demo: Report
) -> None:
    report = changed(
        "update marts.rpt_customer_lifecycle set customer_count = 0"
        " where lifecycle_stage = 'Lapsed'",
        database=demo.database,
    )
    asked = page(report, STAGES)
    assert "% of customers are slowing" in asked.reading
    assert asked.reading.endswith("most of them perhaps by chance.")
    assert asked.size() is None and asked.consequence == ""
    (series,) = asked.drawing().series
    assert not list(series.highlights)


@pytest.mark.parametrize(("lapsed", "is_told"), [(30, True), (29, False)])
def test_a_handful_of_slower_customers_is_no_finding(
    lapsed: int, is_told: bool, changed: Changed, demo: Report
) -> None:
    report = changed(
        "update marts.rpt_customer_lifecycle set customer_count = case lifecycle_stage"
        f" when 'Slowing' then 0 when 'Lapsed' then {lapsed} else customer_count end",
        database=demo.database,
    )
    asked = page(report, STAGES)
    assert ("too few customers to tell" in asked.reading) != is_told
    assert (asked.size() is not None) == is_told
    assert f"0 are slowing and {lapsed} are lapsed" in asked.reading or is_told
    assert "slowing" not in asked.consequence
    assert "chance" not in asked.reading


@pytest.mark.parametrize(
    ("slowing", "said"),
    [
        (
            30,
            "Of those labelled Test 0.0% are lapsed; 75.0% are slowing, most of them"
            " perhaps by chance.",
        ),
        (
            29,
            "There are too few labelled Test to tell whether they slow down: of"
            " 39, 29 are slowing and 0 are lapsed.",
        ),
    ],
)
def test_a_tier_slows_down_or_has_too_few_who_do(
    slowing: int, said: str, changed: Changed, demo: Report
) -> None:
    report = changed(
        "create table chosen as select customer_id, row_number() over"
        " (order by customer_id) as number from marts.dim_customers"
        " where order_count > 0",
        "update marts.dim_customers set loyalty_flag = 'Test', lifecycle_stage ="
        f" case when number <= {slowing} then 'Slowing' else 'Steady' end from chosen"
        " where dim_customers.customer_id = chosen.customer_id"
        f" and number <= {slowing + 10}",
        database=demo.database,
    )
    asked = page(report, STAGES)
    assert isinstance(asked, CustomerLifecycle)
    assert asked.tier_sentence("Test") == said


def test_late_orders_that_nobody_placed_are_not_compared(
    changed: Changed, demo: Report
) -> None:
    report = changed(
        "delete from marts.rpt_order_sequence where order_number > 2",
        database=demo.database,
    )
    asked = page(report, "Do customers come back")
    assert isinstance(asked, Retention)
    assert (
        asked.reorder_sentence()
        == asked.gap_sentence()
        == ("Nobody's orders after the second are analysed.")
    )


FAVOURED = "update marts.rpt_audiences set favoured_verdict = '{}' where audience {}"


@pytest.mark.parametrize(
    ("statement", "said", "so_what"),
    [
        (
            FAVOURED.format("Differs", "in ('pet_owners', 'night_owls')"),
            "Regular buyers for pets: they buy clearly more",
            "with them, and measure",
        ),
        (
            FAVOURED.format("The same", "<> ''"),
            "none has a taste",
            "what all customers",
        ),
        (
            FAVOURED.format("Too few to tell", "<> ''"),
            "too few to tell what any favours",
            "can't be told yet",
        ),
        (FAVOURED.format("The same", "= 'pet_owners'"), "too few to tell", "told yet"),
    ],
    ids=["differs", "the same", "too few", "the same of one only"],
)
def test_whom_to_address(
    statement: str, said: str, so_what: str, changed: Changed, demo: Report
) -> None:
    report = changed(
        FAVOURED.format("Too few to tell", "<> ''"), statement, database=demo.database
    )
    asked = page(report, AUDIENCES)
    assert said in asked.reading
    assert so_what in asked.consequence
    if "Differs" in statement:
        pets = next(row for row in asked.rows if row["audience"] == "pet_owners")
        for name in ("share_of_audience", "overall_share"):
            assert f"{100 * pets[name]:.1f}%" in asked.reading
        assert pets["favoured_department"] in asked.consequence
    drawing = asked.drawing()
    assert len(drawing.coloured.only) == (2 if "Differs" in statement else 0)
    assert isinstance(asked, Audiences)
    pets = next(row for row in asked.every if row["audience"] == "pet_owners")
    tastes = {
        "Differs": "they buy clearly more",
        "The same": "they buy as all customers do.",
        "Too few to tell": "too few to tell what they favour.",
    }
    assert asked.taste_sentence(pets).startswith(
        f"{pets['title']}: {tastes[pets['favoured_verdict']]}"
    )
    one_of_them = "Differs" if asked.sure else "Too few to tell"
    assert asked.verdict() == ("The same" if asked.is_same else one_of_them)


@pytest.mark.parametrize("is_priced", [True, False])
def test_the_audience_that_brings_most_per_customer_is_told_by_that(
    is_priced: bool, changed: Changed, demo: Report, kaggle: Report
) -> None:
    package = demo if is_priced else kaggle
    report = changed(
        FAVOURED.format("Too few to tell", "<> ''"),
        "update marts.rpt_audiences set customer_count = case audience"
        " when 'night_owls' then 29 when 'pet_owners' then 30 else 300 end,"
        " order_count = 630"
        + (", revenue = 60000 where customer_count > 0" if is_priced else ""),
        database=package.database,
    )
    most = (
        "revenue per customer comes from Regular buyers for pets ($2,000)"
        if is_priced
        else "orders per customer come from Regular buyers for pets (21.0)"
    )
    assert page(report, AUDIENCES).reading == (
        f"Of audiences of at least 30 customers, the most {most};"
        " too few to tell what any favours."
    )


@pytest.mark.parametrize(("customers", "is_advised"), [(30, True), (29, False)])
def test_an_audience_of_a_handful_is_not_advised(
    customers: int, is_advised: bool, changed: Changed, demo: Report
) -> None:
    report = changed(
        f"update marts.rpt_audiences set customer_count = {customers}",
        database=demo.database,
    )
    assert bool(page(report, AUDIENCES).size()) == is_advised
    asked = page(report, AUDIENCES)
    assert bool(asked.consequence) == is_advised
    assert isinstance(asked, Audiences)
    assert asked.of_few("grey") == (
        "" if is_advised else " Audiences of fewer than 30 customers are grey."
    )


def test_empty_audiences_are_not_listed(kaggle: Report, demo: Report) -> None:
    for report in (kaggle, demo):
        rows = page(report, AUDIENCES).rows
        assert len(rows) == report.one(
            "select count(*) from marts.rpt_audiences where customer_count > 0"
        )


def test_without_prices_no_dollars_are_said(kaggle: Report) -> None:
    for title in (BASKETS, TIERS, STAGES, AUDIENCES):
        asked = page(kaggle, title)
        assert "$" not in f"{asked.reading}{asked.consequence}{asked.caution()}"
