"""Charts of whom: loyalty, regions, ages, profiles, and whether they differ at all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, pairwise

from instacart import words
from instacart.report.blocks import (
    FEWEST_CUSTOMERS,
    FREQUENT,
    Block,
    Charts,
    asks,
    labels,
)
from instacart.report.design import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    RED,
    SKY,
    Column,
    Range,
    Series,
)
from instacart.report.facts import Facts
from instacart.warehouse import Warehouse

# Neighbours in a stack differ in lightness.
STACK = (SKY, ORANGE, BLUE, GREY, GREEN, RED)
SEGMENT_COUNTS = (
    Column("segment", "Segment"),
    Column("customer_count", "Customers", "count"),
    Column("order_count", "Orders", "count"),
    Column("order_product_count", "Order products", "count"),
    Column("customer_share", "Share of customers", "share"),
    Column("order_share", "Share of orders", "share"),
    Column("order_product_share", "Share of order products", "share"),
)

SEGMENT_HABITS = (
    Column("segment", "Segment"),
    Column("customer_count", "Customers", "count"),
    Column("orders_per_customer", "Orders per customer", "decimal"),
    Column("median_days_between_orders", "Median days between", "decimal"),
    Column("products_per_order", "Products per order", "decimal"),
    Column("avg_order_total", "Mean order total", "money"),
    Column("avg_product_price", "Mean product price", "money"),
    Column("reorder_rate", "Reorder rate", "share"),
)

MEASURES = {
    "order_count": "orders per customer",
    "products_per_order": "products per order",
    "avg_order_total": "the order total",
    "avg_product_price": "the price of products",
    "median_days_between_orders": "the days between orders",
    "reorder_rate": "the reorder rate",
}


@asks("Key question 5a: How are customers distributed by loyalty?")
def loyalty(charts: Charts) -> Block:
    rows = segments(charts.warehouse, "loyalty_flag")
    first = rows[0]
    return Block(
        f"{words.group(first['segment'])} are {words.share(first['customer_share'])} of"
        f" customers, {words.share(first['order_share'])} of orders and"
        f" {words.share(first['order_product_share'])} of order products: shares of"
        " rows are no shares of people."
        if len(rows) > 1
        else f"All customers are {words.segment(first['segment'])}.",
        SEGMENT_COUNTS,
        rows,
        charts.share_columns(
            "segment",
            {"customer_share": BLUE, "order_share": SKY, "order_product_share": GREY},
            "Loyalty by customers, orders and order products",
            "0.0%",
        ),
    )


@asks("Key question 5b: Do ordering habits differ by loyalty?")
def habits_by_loyalty(charts: Charts) -> Block:
    rows = segments(charts.warehouse, "loyalty_flag")
    first, last = rows[0], rows[-1]
    reading = (
        f"{words.group(first['segment'])} order every {_days(first)} (median over"
        f" customers), {words.segment(last['segment'])} every {_days(last)}; of what"
        f" they buy {words.share(first['reorder_rate'] or 0, 0)} and"
        f" {words.share(last['reorder_rate'] or 0, 0)} had been bought before"
    )
    if charts.facts.has_prices:
        reading += (
            f", and a mean order is {words.money(first['avg_order_total'])} and"
            f" {words.money(last['avg_order_total'])}"
        )
    if len(rows) == 1:
        reading = (
            f"All customers are {words.segment(first['segment'])}, who order every"
            f" {_days(first)} (median over customers)"
        )
    return Block(
        reading + ".",
        SEGMENT_HABITS,
        rows,
        charts.chart(
            "column",
            [
                Series(
                    "median_days_between_orders",
                    BLUE,
                    "segment",
                    {"gap": 80, "data_labels": labels("0.0")},
                )
            ],
            "Days between orders, median over customers",
            {},
            {"name": "Days", "num_format": "0"},
        ),
        "Loyalty is made of the number of orders, so that orders and reorders follow it"
        " by definition.",
    )


@asks("Key questions 5 to 7: Which departments does each segment favour?")
def segment_departments(charts: Charts) -> Block:
    types = ("loyalty_flag", "age_group", "income_group")
    types += ("family_size", "region") if charts.facts.has_customers else ()
    if not charts.facts.has_customers:
        types = ("loyalty_flag", "order_frequency_flag", "shopping_time_segment")
        types += ("adventurousness_flag",)
    found = charts.rows(
        "select * from marts.rpt_segment_departments"
        f" where segment_type in {types} and overall_share > 0"
        " order by overall_share desc, department_id"
    )
    keys = [
        (segment_type, segment)
        for segment_type in types
        for segment in charts.facts.in_order(
            segment_type,
            [row["segment"] for row in found if row["segment_type"] == segment_type],
        )
    ]
    rows = [
        {"department": department}
        | {
            f"{row['segment_type']}|{row['segment']}": row["affinity_index"]
            for row in found
            if row["department"] == department
        }
        for department in dict.fromkeys(row["department"] for row in found)
    ]
    sure = [
        row for row in found if row["is_favoured"] and row["overall_share"] >= FREQUENT
    ]
    if sure:
        far = max(sure, key=lambda row: row["affinity_index"])
        reading = (
            f"{far['segment']}: {far['department']} is"
            f" {words.share(far['share_of_segment'])} of what they buy and"
            f" {words.share(far['overall_share'])} of what all buy (index"
            f" {far['affinity_index']:.2f}). Of departments with at least"
            f" {words.share(FREQUENT, 0)} of order products none is favoured more."
        )
    else:
        reading = "No segment favours a department by more than chance."
    sheet = charts.sheet

    def colour(place: Range) -> None:
        sheet.colour_scale(
            place.first_row,
            2,
            place.last_row,
            len(keys) + 1,
            {
                "type": "3_color_scale",
                "min_type": "num",
                "mid_type": "num",
                "max_type": "num",
                "min_value": 0.75,
                "mid_value": 1,
                "max_value": 1.25,
            },
        )

    return Block(
        reading,
        [
            Column("department", "Department"),
            *(Column(f"{one}|{segment}", segment, "index") for one, segment in keys),
        ],
        rows,
        colour,
        "Index: the department's share of what the segment buys against its share of"
        " what all buy. Blue is more than all, orange less, white the same.",
    )


@asks("Key question 5c: Do ordering habits differ by region?", "customers")
def regions(charts: Charts) -> Block:
    rows = charts.warehouse.analysis("key_question_5c_habits_by_region")
    shares = {row["segment"]: row for row in segments(charts.warehouse, "region")}
    for row in rows:
        row |= {
            key: shares[row["region"]][key] for key in ("order_share", "revenue_share")
        }
    return Block(
        region_text(charts.warehouse, charts.facts),
        [
            Column("region", "Region"),
            Column("customer_count", "Customers", "count"),
            Column("order_count", "Orders", "count"),
            Column("order_product_count", "Order products", "count"),
            Column("state_share", "Share of states", "share"),
            Column("customer_share", "Share of customers", "share"),
            Column("order_share", "Share of orders", "share"),
            Column("orders_per_customer", "Orders per customer", "decimal"),
            Column("avg_order_total", "Mean order total", "money"),
        ],
        rows,
        charts.share_columns(
            "region",
            {"state_share": GREY, "customer_share": BLUE, "order_share": ORANGE},
            "Regions: their states, customers and orders",
        ),
    )


@dataclass(frozen=True)
class Differences:
    """By what segments differ, as rows of rpt_segment_differences, the most first; how
    much of a measure they explain at most, if that is known; and what to think of it if
    they don't differ."""

    found: list[dict]
    most: float | None
    verdict: str

    @property
    def text(self) -> str:
        return words.listing([difference_text(row) for row in self.found])

    def hardly(self, subject: str) -> str:
        """That they don't differ, in a sentence without its end."""
        if self.most is None:
            return f"{subject} is known of too few customers to compare them"
        return (
            f"{subject} explains {words.share(self.most)} at most of how customers"
            " differ in orders, totals, prices, days between orders or reorders,"
            f" {self.verdict}"
        )


def differences(warehouse: Warehouse, facts: Facts, *segment_types: str) -> Differences:
    """Whether segments of some types differ in what customers do."""
    listed = ", ".join(f"'{one}'" for one in segment_types)
    rows = warehouse.rows(
        "select *, f_statistic > f_critical as is_sure"
        " from marts.rpt_segment_differences"
        f" where segment_type in ({listed})"
        " order by adjusted_r_squared desc nulls last, segment_type, measure"
    )
    return Differences(
        [row for row in rows if row["is_significant"]],
        rows[0]["adjusted_r_squared"],
        "too little to act on"
        if any(row["is_sure"] for row in rows)
        else f"no more than chance among {words.plural(facts.customers, 'customer')}",
    )


def favourites(warehouse: Warehouse, segment_type: str) -> dict[str, str]:
    """The department that each segment favours most, if any beyond chance."""
    rows = warehouse.rows(
        "select segment, department from marts.rpt_segment_departments"
        f" where segment_type = '{segment_type}' and is_favoured"
        " order by share_of_segment - overall_share, department_id"
    )
    return {row["segment"]: row["department"] for row in rows}


def region_text(warehouse: Warehouse, facts: Facts) -> str:
    """Whether regions differ, with the figures that say so."""
    found = differences(warehouse, facts, "region")
    rows = warehouse.analysis("key_question_5c_habits_by_region")
    first = rows[0]
    most_states = max(row["state_count"] or 0 for row in rows)
    largest = [row["region"] for row in rows if row["state_count"] == most_states]
    size = f"{first['region']} has most customers"
    size += f" ({words.share(first['customer_share'])})"
    if largest == [first["region"]]:
        # As many as its states, give or take four standard errors.
        share = first["state_share"]
        room = 4 * math.sqrt(share * (1 - share) / facts.customers)
        link = "as it has" if abs(first["customer_share"] - share) <= room else "and"
        size += f", {link} most states ({words.share(share)})."
    elif first["region"] not in largest and largest:
        size += f", though {words.listing(largest)} has most states."
    else:
        size += "."
    if len(rows) == 1:
        return (
            f"All customers are in one region, {first['region']}: nothing to compare."
        )
    if not found.found:
        return f"Regions hardly differ: {found.hardly('the region')}. {size}"
    return f"Regions differ by more than chance in {found.text}. {size}"


def difference_text(row: dict) -> str:
    """A row of rpt_segment_differences in words."""
    if row["lowest_segment"] is None:
        return MEASURES[row["measure"]]
    show = words.share if row["measure"] == "reorder_rate" else words.decimal
    if row["measure"] in ("avg_order_total", "avg_product_price"):
        show = words.money
    return (
        f"{MEASURES[row['measure']]} ({row['lowest_segment']}"
        f" {show(row['lowest_mean'])}, {row['highest_segment']}"
        f" {show(row['highest_mean'])})"
    )


@asks("Key question 5d: Are age and family status connected?", "customers")
def age_and_family(charts: Charts) -> Block:
    cells = charts.warehouse.analysis("key_question_5d_age_and_family_status")
    statuses = sorted({cell["family_status"] for cell in cells})
    rows = []
    for group in charts.facts.in_order("age_group", [c["age_group"] for c in cells]):
        own = [cell for cell in cells if cell["age_group"] == group]
        rows.append(
            {"age_group": group, "customers": sum(c["customer_count"] for c in own)}
            | {
                f"status {cell['family_status']}": cell["share_of_age_group"]
                for cell in own
            }
        )
    only = [
        cell
        for cell in cells
        if len(rows) > 1
        and cell["customer_count"] >= FEWEST_CUSTOMERS
        and sum(
            bool(other["customer_count"])
            for other in cells
            if other["family_status"] == cell["family_status"]
        )
        == 1
    ]
    found = differences(charts.warehouse, charts.facts, "family_status")
    reading = " ".join(
        [
            *(
                f"All customers whose family status is {cell['family_status']} are of"
                f" the age group {cell['age_group']}."
                for cell in only
            ),
            f"By family status customers differ in {found.text}."
            if found.found
            else f"{found.hardly('Family status')}.",
        ]
    )
    return Block(
        reading,
        [
            Column("age_group", "Age group"),
            Column("customers", "Customers", "count"),
            *(Column(f"status {one}", one, "share") for one in statuses),
        ],
        rows,
        charts.chart(
            "column",
            [
                Series(
                    f"status {one}", colour, "age_group", {"gap": 50, "overlap": 100}
                )
                for one, colour in zip(statuses, cycle(STACK), strict=False)
            ],
            "Family status by age group, shares of customers",
            {},
            {"num_format": "0%", "max": 1},
            subtype="stacked",
        ),
        "The course made family status out of age and dependants by a rule.",
    )


@asks("Key question 6: How do income and age go together?", "customers")
def income_by_age(charts: Charts) -> Block:
    # Five years each, from 16, so that 40 ends a band: the data breaks after it.
    rows = charts.rows(
        """
        select
            (age - 1) // 5 * 5 + 1 as first_age,
            count(*) as customers,
            percentile_cont(0.25) within group (order by income) as first_quartile,
            median(income) as median_income,
            percentile_cont(0.75) within group (order by income) as third_quartile
        from marts.dim_customers
        where order_count > 0 and age is not null and income is not null
        group by first_age
        order by first_age
        """
    )
    if not rows:
        return Block("No customer's age and income are known.")
    for row in rows:
        row["ages"] = f"{row['first_age']} to {row['first_age'] + 4}"
    # A band of few customers jumps by itself.
    large = [row for row in rows if row["customers"] >= FEWEST_CUSTOMERS]
    steps = [
        (after["median_income"] / before["median_income"] - 1, before, after)
        for before, after in pairwise(large)
        if before["median_income"]
    ]
    reading = (
        "There are too few customers of each age to say how income changes with it."
    )
    if steps:
        step, before, after = max(steps, key=lambda one: abs(one[0]))
        reading = (
            f"The median income changes most between the ages of {before['ages']}"
            f" ({words.money(before['median_income'])}) and {after['ages']}"
            f" ({words.money(after['median_income'])}):"
            f" {words.against(step, 'before')}."
            if abs(step) >= 0.0005
            else "The median income is the same at all ages."
        )
    return Block(
        reading,
        [
            Column("ages", "Age"),
            Column("customers", "Customers", "count"),
            Column("first_quartile", "First quartile", "dollars"),
            Column("median_income", "Median income", "dollars"),
            Column("third_quartile", "Third quartile", "dollars"),
        ],
        rows,
        charts.chart(
            "line",
            [
                Series("third_quartile", SKY, "ages"),
                Series(
                    "median_income", BLUE, "ages", {"line": {"color": BLUE, "width": 3}}
                ),
                Series("first_quartile", ORANGE, "ages"),
            ],
            "Income by age: half of the customers are between the outer lines",
            {"name": "Age"},
            {"name": "Dollars a year", "num_format": "$#,##0", "min": 0},
        ),
        "Incomes are fabricated by the course.",
    )


@asks("Key question 7: Do customer profiles order differently?", "customers")
def profiles(charts: Charts) -> Block:
    rows = charts.warehouse.analysis("key_question_7_customer_profiles")
    found = differences(charts.warehouse, charts.facts, "customer_profile")
    reading = (
        f"Profiles differ by more than chance in {found.text}."
        if found.found
        else f"Hardly: {found.hardly('the profile')}."
    )
    # Rows begin with the profile of most customers; those of few would fill the chart.
    shown = sum(row["customer_share"] >= FREQUENT for row in rows) or len(rows)
    measure, name = (
        ("order_total_against_all", "Order total against that of all customers")
        if charts.facts.has_prices
        else ("orders_against_all", "Orders per customer against those of all")
    )
    return Block(
        reading,
        [
            Column("customer_profile", "Profile"),
            Column("customer_count", "Customers", "count"),
            Column("customer_share", "Share of customers", "share"),
            Column("order_count", "Orders", "count"),
            Column("order_product_count", "Order products", "count"),
            Column("orders_per_customer", "Orders per customer", "decimal"),
            Column("avg_order_total", "Mean order total", "money"),
            Column("orders_against_all", "Orders against all", "signed_share"),
            Column("order_total_against_all", "Total against all", "signed_share"),
        ],
        rows,
        lambda place: charts.chart(
            "bar",
            [
                Series(
                    measure,
                    BLUE,
                    "customer_profile",
                    {
                        "gap": 25,
                        "invert_if_negative": True,
                        "invert_if_negative_color": ORANGE,
                        "data_labels": labels("+0.0%;-0.0%;0.0%"),
                    },
                )
            ],
            name,
            {"label_position": "low"},
            {"min": None},
        )(place.part(0, shown - 1)),
        f"The chart leaves out profiles of less than {words.share(FREQUENT, 0)} of"
        " customers, which waver."
        " Customers and prices are fabricated.",
    )


@asks("Do customers come back, order after order?")
def retention(charts: Charts) -> Block:
    rows = charts.rows("select * from marts.rpt_order_sequence order by order_number")
    by_number = {row["order_number"]: row for row in rows}
    last = rows[-1]
    tenth = by_number.get(10)
    reading = (
        f"{words.share(tenth['retention_rate'], 0)} of customers reach their tenth"
        f" order, {words.share(last['retention_rate'])} order number"
        f" {last['order_number']}; of their products"
        f" {words.share(tenth['reorder_rate'], 0)} in the tenth and"
        f" {words.share(last['reorder_rate'], 0)} in the last had been bought before."
        if tenth
        and tenth["reorder_rate"] is not None
        and last["reorder_rate"] is not None
        else f"{words.share(last['retention_rate'], 0)} of customers reach order number"
        f" {last['order_number']}, the highest."
    )
    return Block(
        reading,
        [
            Column("order_number", "Order number", "number"),
            Column("customer_count", "Customers", "count"),
            Column("order_product_count", "Order products", "count"),
            Column("retention_rate", "Share of customers left", "share"),
            Column("reorder_rate", "Reorder rate", "share"),
            Column("products_per_order", "Products per order", "decimal"),
            Column("avg_days_since_prior_order", "Mean days since the last", "decimal"),
        ],
        _thinned(rows),
        charts.chart(
            "scatter",
            [
                Series("retention_rate", BLUE, "order_number"),
                Series("reorder_rate", ORANGE, "order_number"),
            ],
            "Share of customers left, and of products bought again, by order number",
            {
                "name": "Order number",
                "min": 0,
                "max": 10 * -(-last["order_number"] // 10),
                "major_gridlines": {"visible": False},
            },
            {"num_format": "0%", "min": 0, "max": 1},
            subtype="straight",
        ),
        "The data ends for each customer at an unknown day: who stops here may have"
        " gone"
        " on.",
    )


def segments(warehouse: Warehouse, segment_type: str) -> list[dict]:
    """The rows of rpt_customer_segments of a type, those who order most first."""
    rows = warehouse.rows(
        "select * from marts.rpt_customer_segments where segment_type ="
        f" '{segment_type}'"
    )
    return sorted(rows, key=lambda row: (-row["orders_per_customer"], row["segment"]))


def _days(row: dict) -> str:
    days = row["median_days_between_orders"]
    return "unknown number of days" if days is None else f"{round(days, 1):g} days"


def _thinned(rows: Sequence[dict]) -> list[dict]:
    """The first ten order numbers, then each tenth, and the last: 99 rows are two
    pages, and the line looks the same."""
    return [
        row
        for row in rows
        if row["order_number"] <= 10 or row["order_number"] % 10 == 0 or row is rows[-1]
    ]
