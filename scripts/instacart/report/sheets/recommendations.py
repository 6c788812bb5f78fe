"""The sheet of answers: every key question of the brief, and every stakeholder's.

The queries are those of the folder analyses; here their rows become sentences. Where
the data shows no difference beyond chance, the answer says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from instacart import words
from instacart.report.blocks import (
    FEWEST_CUSTOMERS,
    FREQUENT,
    Charts,
    population,
    what_lacks,
)
from instacart.report.customers import (
    MEASURES,
    difference_text,
    differences,
    favourites,
    region_text,
    segments,
)
from instacart.report.design import Column, Sheet, link_to
from instacart.report.facts import Facts
from instacart.report.times import window_text
from instacart.warehouse import Warehouse

WIDTHS = (2, 17, 34, 62, 54, 14, 56)
# The simple ones first.
CLASSIFICATIONS = {
    "age_group": "age group",
    "income_group": "income group",
    "family_size": "family size",
    "family_status": "family status",
    "gender": "gender",
    "is_parent": "parents or not",
    "region": "region",
    "customer_profile": "profile",
}


@dataclass(frozen=True)
class Answer:
    """An answer with its figures, and what to do about it."""

    answer: str
    figures: str
    advice: str


@dataclass(frozen=True)
class Question:
    """A question, whose it is, the chart that shows it, and what answers it."""

    asked_by: str
    question: str
    chart: str
    answer: Callable[[Warehouse, Facts], Answer]
    needs: str = ""


def write(sheet: Sheet, warehouse: Warehouse, facts: Facts, charts: Charts) -> None:
    """Write one row per question."""
    sheet.start(
        "Recommendations",
        f"Each question with its answer, figures, chart and advice. {population(facts)}"
        " The data has no advertisements: advice is what to try."
        f" {facts.warning}".strip(),
    )
    rows = []
    for question in QUESTIONS:
        block = charts.blocks[question.chart]
        lacking = what_lacks(facts, question.needs)
        found = (
            Answer(lacking, "", "") if lacking else question.answer(warehouse, facts)
        )
        rows.append(
            {
                "asked_by": question.asked_by,
                "question": question.question,
                "answer": found.answer,
                "figures": found.figures,
                "chart": link_to(charts.sheet.name, "See the chart", block.row)
                if block.is_answered
                else None,
                "advice": found.advice,
            }
        )
    header = sheet.row
    sheet.table(
        [
            Column("asked_by", "Asked by", "strong"),
            Column("question", "Question", "wrapped"),
            Column("answer", "Answer", "wrapped"),
            Column("figures", "Figures", "wrapped"),
            Column("chart", "Chart", "wrapped"),
            Column("advice", "Advice", "wrapped"),
        ],
        rows,
    )
    sheet.worksheet.repeat_rows(header)


def busiest_times(warehouse: Warehouse, facts: Facts) -> Answer:
    days = warehouse.rows("select * from marts.rpt_days_of_week order by order_rank")
    hours = warehouse.rows("select * from marts.rpt_hours_of_day order by order_rank")
    spans = sorted(
        warehouse.analysis("quietest_ad_windows"), key=lambda span: span["week_rank"]
    )
    windows = [span for span in spans if span["considered"] == "waking hours"]
    night = min(spans, key=lambda span: span["orders_per_hour"])
    busy, quiet = days[:2], days[-2:]
    top = hours[:8]
    return Answer(
        f"{_names(busy)} are the busiest days"
        f" ({words.share(sum(day['order_share'] for day in busy))} of orders),"
        f" {_names(quiet)} the quietest"
        f" ({words.share(sum(day['order_share'] for day in quiet))}). The {len(top)}"
        f" busiest hours, {words.hours([row['hour_of_day'] for row in top])}, take"
        f" {words.share(sum(row['order_share'] for row in top))}.",
        "\n".join(
            f"{name}: {words.plural(row['order_count'], 'order')}"
            for name, row in (
                (days[0]["day_name"], days[0]),
                (days[-1]["day_name"], days[-1]),
                (words.hour(hours[0]["hour_of_day"]), hours[0]),
                (words.hour(hours[-1]["hour_of_day"]), hours[-1]),
            )
        ),
        "Advertise where there are few orders and customers are awake: first"
        f" {window_text(windows[0])} ({_below(windows[0])}), then"
        f" {window_text(windows[1])} ({_below(windows[1])})."
        + (
            f" {window_text(night)} is quieter still, but few are awake to see it."
            if night["considered"] == "all hours"
            else ""
        ),
    )


def spending_times(warehouse: Warehouse, facts: Facts) -> Answer:
    hours = warehouse.analysis("key_question_2_when_people_spend_most")
    most = min(hours, key=lambda row: row["revenue_rank"])
    frequent = [
        row for row in hours if row["order_count"] >= FREQUENT * facts.orders
    ] or hours
    dearest = min(frequent, key=lambda row: row["order_total_rank"])
    prices = [
        row["avg_product_price"]
        for row in frequent
        if row["avg_product_price"] is not None
    ]
    tastes = [
        row
        for row in hours
        if (row["typical_department_points"] or 0) >= _chance_points(row["order_count"])
        and row["order_count"] * 24 >= facts.orders
    ]
    answer = (
        f"In all, most is spent at {words.hour(most['hour_of_day'])}"
        f" ({words.share(most['revenue_share'])} of revenue); per order, at"
        f" {words.hour(dearest['hour_of_day'])}"
        f" ({words.money(dearest['avg_order_total'])})."
    )
    if max(prices) / min(prices) < 1.1:
        answer += " The price of a product hardly depends on the hour."
    return Answer(
        answer,
        f"Revenue at {words.hour(most['hour_of_day'])}:"
        f" {words.money(most['revenue'])}\n"
        f"Mean price of a product: {words.money(min(prices))} to"
        f" {words.money(max(prices))}",
        "In busy hours try what is bought more then than otherwise: "
        + words.listing(
            [
                f"{row['typical_department']} at {words.hour(row['hour_of_day'])}"
                for row in tastes[:3]
            ]
        )
        + "."
        if tastes
        else "What is bought hardly changes over the day (in no busy hour by more than"
        " chance): choose the hour by the number of orders, not by product.",
    )


def price_groups(warehouse: Warehouse, facts: Facts) -> Answer:
    ranges = warehouse.analysis("key_question_3_price_ranges")
    main = max(ranges, key=lambda row: row["revenue_share"] or 0)
    dear = ranges[-1]
    return Answer(
        f"{len(ranges)} groups do: "
        + "; ".join(
            f"{words.segment(row['price_range'])} ({words.money(row['lowest_price'])}"
            f" to {words.money(row['highest_price'])}) are"
            f" {words.share(row['order_product_share'])} of order products"
            for row in ranges
        )
        + ".",
        "\n".join(
            f"{row['price_range']}: {words.share(row['revenue_share'])} of revenue,"
            f" {words.share(row['product_share'])} of the catalogue"
            for row in ranges
        ),
        f"Spend effort on {words.segment(main['price_range'])}, which earn"
        f" {words.share(main['revenue_share'] or 0, 0)}."
        + (
            f" The dearest group is {words.share(dear['largest_department_share'], 0)}"
            f" {dear['largest_department']}: advertise it as such, to the"
            f" {words.share(dear['customer_share'], 0)} of customers who ever bought"
            " it."
            if dear["largest_department_share"] and dear is not main
            else ""
        ),
    )


def frequent_departments(warehouse: Warehouse, facts: Facts) -> Answer:
    rows = warehouse.analysis("key_question_4_departments_by_frequency")
    top, rest = rows[:5], rows[5:]
    first = top[0]
    again = max(top, key=lambda row: row["reorder_rate"] or 0)
    answer = _capital(words.listing([row["department"] for row in top]))
    answer += f" are {words.share(top[-1]['cumulative_share'], 0)} of order products"
    if rest:
        least = [row["department"] for row in reversed(rest[-5:])]
        answer += f"; least are {words.listing(least)}"
    return Answer(
        f"{answer}.",
        "\n".join(
            f"{row['department']}: {words.share(row['order_product_share'])} of order"
            f" products, in {words.share(row['order_share'], 0)} of orders"
            for row in top
        ),
        f"Let {first['department']} lead what all customers see"
        f" ({words.share(first['customer_share'], 0)} of them bought it). Of these"
        f" {again['department']} is most often bought again"
        f" ({words.share(again['reorder_rate'] or 0, 0)}): fit for reminders.",
    )


def loyalty(warehouse: Warehouse, facts: Facts) -> Answer:
    rows = segments(warehouse, "loyalty_flag")
    first, last = rows[0], rows[-1]
    figures = "\n".join(
        f"{row['segment']}: {words.plural(row['customer_count'], 'customer')},"
        f" {words.share(row['order_share'])} of orders,"
        f" {words.share(row['order_product_share'])} of order products"
        for row in rows
    )
    if len(rows) == 1:
        return Answer(
            f"All customers are {words.segment(first['segment'])}.",
            figures,
            "There is nobody to compare them with.",
        )
    return Answer(
        "Of customers "
        + words.listing(
            [
                f"{words.share(row['customer_share'])} are"
                f" {words.segment(row['segment'])}"
                for row in rows
            ]
        )
        + ".",
        figures,
        f"Win the {words.plural(last['customer_count'], 'customer')} of the last group"
        f" for more orders: they place {words.decimal(last['orders_per_customer'])}"
        f" each, {words.segment(first['segment'])}"
        f" {words.decimal(first['orders_per_customer'])}.",
    )


def habits_by_loyalty(warehouse: Warehouse, facts: Facts) -> Answer:
    rows = sorted(
        warehouse.analysis("key_question_5b_habits_by_loyalty"),
        key=lambda row: -row["orders_per_customer"],
    )
    first, last = rows[0], rows[-1]
    figures = "\n".join(
        f"{row['loyalty_flag']}: {words.decimal(row['orders_per_customer'])} orders,"
        f" {words.decimal(row['products_per_order'])} products per order"
        for row in rows
    )
    if len(rows) == 1:
        return Answer(
            f"All customers are {words.segment(first['loyalty_flag'])}: there is"
            " nothing to compare.",
            figures,
            "Treat all alike.",
        )
    tastes = favourites(warehouse, "loyalty_flag")
    # By the number of orders they differ by definition.
    found = [
        difference_text(row)
        for row in differences(warehouse, facts, "loyalty_flag").found
        if row["measure"] != "order_count"
    ]
    return Answer(
        f"Yes, by more than chance in {words.listing(found)} (means of customers)."
        if found
        else "Hardly: in nothing but the number of orders, by which loyalty is"
        " defined.",
        figures,
        f"Remind {words.segment(first['loyalty_flag'])} of what they buy anyway"
        f"{_taste(tastes, first['loyalty_flag'])}; show"
        f" {words.segment(last['loyalty_flag'])} what brings them back"
        f"{_taste(tastes, last['loyalty_flag'])}.",
    )


def regions(warehouse: Warehouse, facts: Facts) -> Answer:
    rows = warehouse.analysis("key_question_5c_habits_by_region")
    found = differences(warehouse, facts, "region").found
    return Answer(
        region_text(warehouse, facts),
        "\n".join(
            f"{row['region']}: {words.decimal(row['orders_per_customer'])} orders per"
            f" customer, {words.share(row['customer_share'])} of customers"
            for row in rows
        ),
        "Look into the regions named before treating them differently."
        if found
        else "Treat all regions alike: no regional campaign is justified by this data.",
    )


def age_and_family(warehouse: Warehouse, facts: Facts) -> Answer:
    cells = [
        cell
        for cell in warehouse.analysis("key_question_5d_age_and_family_status")
        if cell["customer_count"]
    ]
    close = max(
        filter(_is_close, cells),
        key=lambda cell: cell["customers_against_chance"],
        default=None,
    )
    found = differences(warehouse, facts, "age_group", "family_status")
    connection = (
        "No connection of age and family status is to be seen."
        if close is None
        else f"They are connected: {close['family_status']} and"
        f" {close['age_group'].lower()} go together"
        f" {words.decimal(close['customers_against_chance'])} times as often as by"
        " chance."
    )
    return Answer(
        f"{connection} In ordering habits they differ in {found.text}."
        if found.found
        else f"{connection} Ordering habits don't follow:"
        f" {found.hardly('age group or family status')}.",
        "\n".join(
            f"{cell['age_group']}, {cell['family_status']}:"
            f" {words.plural(cell['customer_count'], 'customer')}"
            for cell in sorted(cells, key=lambda cell: -cell["customer_count"])[:4]
        ),
        "Try offers by these groups, and measure."
        if found.found
        else "Don't target by age or family status.",
    )


def _is_close(cell: dict) -> bool:
    """Whether an age group and family status go together by more than chance: by four
    standard errors of the number of customers expected."""
    expected = cell["customer_count"] / cell["customers_against_chance"]
    return cell["customer_count"] >= FEWEST_CUSTOMERS and cell[
        "customer_count"
    ] - expected > 4 * math.sqrt(expected)


def classifications(warehouse: Warehouse, facts: Facts) -> Answer:
    found = {one: differences(warehouse, facts, one) for one in CLASSIFICATIONS}
    by_most = sorted(CLASSIFICATIONS, key=lambda one: -(found[one].most or 0))
    useful = [one for one in by_most if found[one].found]
    useless = words.listing(
        [name for one, name in CLASSIFICATIONS.items() if one not in useful]
    )
    figures = "\n".join(
        f"{_capital(CLASSIFICATIONS[one])}: explains {words.share(found[one].most)} of"
        f" {MEASURES[found[one].found[0]['measure']]}"
        if one in useful
        else f"{_capital(CLASSIFICATIONS[one])}: {words.share(found[one].most or 0)} at"
        " most"
        for one in by_most
    )
    if not useful:
        return Answer(
            f"No classification parts customers who order differently: {useless}"
            " explain too little, or no more than chance.",
            figures,
            "Classify customers by what they do (loyalty, order frequency), not by who"
            " they are.",
        )
    # The simplest that says nearly as much as the best: a profile holds others in it.
    best = next(
        one
        for one in CLASSIFICATIONS
        if one in useful and found[one].most >= 0.9 * found[useful[0]].most
    )
    answer = "By " + words.listing([CLASSIFICATIONS[one] for one in useful])
    answer += ": there customers differ by more than chance"
    if useless:
        answer += f"; {useless} explain too little, or no more than chance"
    return Answer(
        f"{answer}.",
        figures,
        f"Classify by {CLASSIFICATIONS[best]}, which explains"
        f" {words.share(found[best].most, 0)} of"
        f" {MEASURES[found[best].found[0]['measure']]}.",
    )


def profiles(warehouse: Warehouse, facts: Facts) -> Answer:
    rows = warehouse.analysis("key_question_7_customer_profiles")
    found = differences(warehouse, facts, "customer_profile")
    key = "order_total_against_all" if facts.has_prices else "orders_against_all"
    what = "total of an order" if facts.has_prices else "number of orders"
    # A profile of few customers wavers.
    large = sorted(
        (
            row
            for row in rows
            if row["customer_share"] >= FREQUENT
            and row["customer_count"] >= FEWEST_CUSTOMERS
            and row[key] is not None
        ),
        key=lambda row: row[key],
    )
    answer = (
        f"Yes, in {found.text}."
        if found.found
        else f"Hardly: {found.hardly('the profile')}."
    )
    if len(large) > 1:
        low, high = large[0], large[-1]
        answer += (
            f" Of profiles with at least {words.share(FREQUENT, 0)} of customers the"
            f" {what} of {_lower(high['customer_profile'])} is"
            f" {words.against(high[key], 'that of all')}, of"
            f" {_lower(low['customer_profile'])}"
            f" {words.against(low[key], 'that of all')}"
        )
        answer += "."
    if found.found and len(large) > 1:
        profile = large[0]["customer_profile"]
        taste = _taste(favourites(warehouse, "customer_profile"), profile)
        advice = f"Give {_lower(profile)} offers of their own{taste}."
    elif found.found:
        advice = "Look again with more customers: these groups are too small to target."
    else:
        advice = "Don't build campaigns on profiles."
    return Answer(
        answer,
        "\n".join(
            f"{row['customer_profile']}:"
            f" {words.plural(row['customer_count'], 'customer')},"
            f" {words.decimal(row['orders_per_customer'])} orders each"
            for row in rows[:4]
        ),
        advice,
    )


def targeting(warehouse: Warehouse, facts: Facts) -> Answer:
    rows = warehouse.analysis("stakeholder_marketing_better_targeting")
    advised = [row for row in rows if row["is_advised"]][:4]
    windows = warehouse.analysis("quietest_ad_windows")
    first = min(
        (window for window in windows if window["considered"] == "waking hours"),
        key=lambda window: window["week_rank"],
    )
    return Answer(
        "Segments whose taste is most their own: "
        + words.listing(
            [
                f"{row['segment']} ({row['favoured_department']},"
                f" {words.points(row['favoured_points'] / 100)} more than all)"
                for row in advised
            ]
        )
        + "."
        if advised
        else f"No segment of at least {FEWEST_CUSTOMERS} customers favours a department"
        " by half a point and by more than chance.",
        "\n".join(
            f"{row['segment']}: {words.plural(row['customer_count'], 'customer')},"
            f" {words.share(row['order_share'])} of orders"
            for row in advised
        ),
        "".join(f"{row['segment']}: {row['advice']} " for row in advised[:2])
        + f"When: {window_text(first)}, the quietest waking hours of the week.",
    )


def lowest_share(warehouse: Warehouse, facts: Facts) -> Answer:
    rows = warehouse.analysis("stakeholder_sales_lowest_market_share")
    low = rows[:5]
    gaps = [
        row["department"] for row in low if row["department_group"] == "Miscellaneous"
    ]
    offer = next((row for row in low if row["department"] not in gaps), low[0])
    return Answer(
        "Lowest are "
        + words.listing(
            [
                f"{row['department']} ({words.share(row['order_product_share'], 2)})"
                for row in low
            ]
        )
        + f". Why, for {low[0]['department']}: {_lower(low[0]['main_reason'])}",
        "\n".join(f"{row['department']}: {row['main_reason']}" for row in low[1:]),
        (
            f"{_capital(words.listing(gaps))}: gaps of the catalogue and no offer; mend"
            " them there. "
            if gaps
            else ""
        )
        + f"{_capital(offer['department'])} has"
        f" {words.plural(offer['product_count'] or 0, 'product')}: widen the offer, or"
        " show it only to those who need it.",
    )


def companions(warehouse: Warehouse, facts: Facts) -> Answer:
    rows = sorted(
        (
            row
            for row in warehouse.analysis("stakeholder_customer_recommendations")
            if row["customers_with_both"] >= FEWEST_CUSTOMERS
        ),
        key=lambda row: -row["lift"],
    )
    if not rows:
        return Answer(
            f"No two products are bought together by at least {FEWEST_CUSTOMERS}"
            " customers clearly more often than by chance.",
            "",
            "Recommend what the customer bought before.",
        )
    pairs: dict[frozenset, dict] = {}
    for row in rows:
        pairs.setdefault(frozenset((row["product"], row["recommended_product"])), row)
    best = list(pairs.values())[:4]
    products = len({row["product"] for row in rows})
    return Answer(
        f"For {words.plural(products, 'product')} there is another that is bought with"
        " it clearly more often than by chance; closest are "
        + words.listing(
            [f"{row['product']} with {row['recommended_product']}" for row in best[:2]]
        )
        + ".",
        "\n".join(
            f"{row['product']} + {row['recommended_product']}: lift"
            f" {words.decimal(row['lift'])},"
            f" {words.plural(row['orders_with_both'], 'order')} of"
            f" {words.plural(row['customers_with_both'], 'customer')}"
            for row in best
        ),
        f"Show {best[0]['recommended_product']} to whoever has {best[0]['product']} in"
        f" the cart ({words.share(best[0]['confidence'], 0)} of such orders hold both),"
        " and"
        " measure whether more is bought.",
    )


QUESTIONS = (
    Question(
        "Key question 1",
        "What are the busiest days of the week and hours of the day, so that"
        " advertisements can be scheduled when there are fewer orders?",
        "orders_by_day_and_hour",
        busiest_times,
    ),
    Question(
        "Key question 2",
        "Are there particular times of the day when people spend the most money?",
        "order_total_by_hour",
        spending_times,
        "prices",
    ),
    Question(
        "Key question 3",
        "Which simpler price range groupings help to direct efforts?",
        "price_ranges",
        price_groups,
        "prices",
    ),
    Question(
        "Key question 4",
        "Which departments have the highest frequency of product orders?",
        "departments",
        frequent_departments,
    ),
    Question(
        "Key question 5a",
        "How are users distributed by brand loyalty?",
        "loyalty",
        loyalty,
    ),
    Question(
        "Key question 5b",
        "Are there differences in ordering habits based on loyalty status?",
        "habits_by_loyalty",
        habits_by_loyalty,
    ),
    Question(
        "Key question 5c",
        "Are there differences in ordering habits based on region?",
        "regions",
        regions,
        "customers",
    ),
    Question(
        "Key question 5d",
        "Are age and family status connected in terms of ordering habits?",
        "age_and_family",
        age_and_family,
        "customers",
    ),
    Question(
        "Key question 6",
        "What classifications does the demographic information suggest?",
        "income_by_age",
        classifications,
        "customers",
    ),
    Question(
        "Key question 7",
        "What differences are there in ordering habits of customer profiles?",
        "profiles",
        profiles,
        "customers",
    ),
    Question(
        "VP of Marketing",
        "How can ad campaigns be targeted better?",
        "segment_departments",
        targeting,
    ),
    Question(
        "SVP of Sales",
        "Which part of the offering has the lowest market share, and why?",
        "departments",
        lowest_share,
    ),
    Question(
        "The customer",
        "Which products are relevant recommendations?",
        "pairs",
        companions,
    ),
)


def _names(days: list[dict]) -> str:
    return words.listing([day["day_name"] for day in days])


def _below(window: dict) -> str:
    return (
        f"{words.share(abs(window['below_average_hour']), 0)}"
        f" {'fewer' if window['below_average_hour'] >= 0 else 'more'} orders than in a"
        " mean hour"
    )


def _chance_points(orders: int) -> float:
    """Percentage points by which chance may move a share of so many orders: four
    standard errors of a share of one half, and never less than half a point."""
    return max(0.5, 100 * 4 * 0.5 / math.sqrt(max(orders, 1)))


def _taste(tastes: dict[str, str], segment: str) -> str:
    """What a segment favours, in brackets, if anything."""
    return f" (more {tastes[segment]} than others)" if segment in tastes else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
