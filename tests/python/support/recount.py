"""Every report, counted again from the facts, and compared with the warehouse's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from support.facts import (
    EQUAL,
    HOURS,
    Facts,
    add_money,
    at_least,
    band,
    count,
    detectable,
    filled,
    grid,
    has_enough_customers,
    is_beyond_chance,
    is_large_part,
    rank,
    ratio_errors,
    verdicts,
)
from support.project import VARS
from support.recount_segments import SEGMENT_REPORTS, age_bands, regions
from support.recount_targeting import CUSTOMER_FACTS, TARGETING_REPORTS

DAYS = ["Saturday", "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]


def add_order_measures(found: pd.DataFrame, facts: Facts) -> None:
    """What reports by time say of orders."""
    found["order_share"] = found.order_count / len(facts.orders)
    found["order_rank"] = rank(found.order_count, found.index)
    found["products_per_order"] = found.order_product_count / found.order_count
    add_money(found, facts)


def days_of_week(facts: Facts) -> pd.DataFrame:
    found = count(facts.orders, facts.items, ["day_of_week"])
    found = filled(found, pd.RangeIndex(7, name="day_of_week"))
    add_order_measures(found, facts)
    found["day_name"] = DAYS
    found["busiest_day"] = band(
        found.order_rank, (1, "Busiest day"), (6, "Regularly busy"), (7, "Least busy")
    )
    found["busiest_days"] = band(
        found.order_rank,
        (2, "Busiest days"),
        (5, "Regularly busy days"),
        (7, "Least busy days"),
    )
    return found.drop(columns=["cents", "reordered"])


def hours_of_day(facts: Facts) -> pd.DataFrame:
    found = count(facts.orders, facts.items, ["hour_of_day"])
    found = filled(found, pd.RangeIndex(24, name="hour_of_day"))
    add_order_measures(found, facts)
    found["busiest_period_of_day"] = band(
        found.order_rank,
        *((8, "Most orders"), (16, "Average orders"), (24, "Fewest orders")),
    )
    found["shopping_time_segment"] = band(
        found.index,
        *((5, "Night owl"), (11, "Early bird")),
        *((17, "Midday shopper"), (23, "Evening shopper")),
    )
    has_orders = found.order_count > 0
    traffic = has_orders & (found.order_count * 24 >= len(facts.orders))
    # In whole cents, as a quotient may miss its equal.
    value = has_orders & (
        found.cents * len(facts.orders) >= facts.items.cents.sum() * found.order_count
    )
    found["is_high_traffic"] = traffic
    found["is_high_value"] = value if facts.is_priced else None
    names = {
        (True, True): "Perfect storm",
        (True, False): "Traffic surge",
        (False, True): "Pricier totals",
        (False, False): "Revenue slowdown",
    }
    found["phenomenon"] = (
        [names[pair] for pair in zip(traffic, value, strict=True)]
        if facts.is_priced
        else "Unknown"
    )
    found["has_enough_orders"] = is_large_part(found.order_count, len(facts.orders))
    usual = facts.dollars(facts.items.cents).sum() / max(len(facts.items), 1)
    deviation = (found.avg_product_price / usual - 1).abs()
    is_usual = at_least(-deviation, -VARS["usual_price_deviation"])
    found["is_usual_price"] = is_usual.astype(object).where(deviation.notna(), None)
    add_hour_verdicts(found, facts)
    return found.drop(columns=["cents", "reordered"])


def add_hour_verdicts(found: pd.DataFrame, facts: Facts) -> None:
    """Whether an hour's mean order and mean price are those of all hours."""
    by = ["customer_id", "hour_of_day"]
    parts = count(facts.orders, facts.items, by).fillna(0).reset_index()
    parts["dollars"] = facts.dollars(parts.cents)
    dollars = facts.dollars(facts.items.cents).sum()
    for measure, average, below, total in (
        ("order_total", "avg_order_total", "order_count", len(facts.orders)),
        ("price", "avg_product_price", "order_product_count", len(facts.items)),
    ):
        usual = dollars / max(total, 1) if facts.is_priced else np.nan
        errors = ratio_errors(parts, "hour_of_day", "dollars", below)
        if not facts.is_priced:
            errors = errors * np.nan
        errors = errors.rename_axis("hour_of_day").reindex(found.index) / usual
        found[f"detectable_{measure}_difference"] = detectable(errors)
        found[f"{measure}_verdict"] = verdicts(
            found[average] / usual - 1,
            errors,
            VARS["usual_price_deviation"],
            found.customer_count,
        )


def day_hours(facts: Facts) -> pd.DataFrame:
    keys = ["day_of_week", "hour_of_day"]
    found = filled(
        count(facts.orders, facts.items, keys),
        grid(("day_of_week", range(7)), ("hour_of_day", HOURS)),
    )
    add_money(found, facts)
    found["day_name"] = [DAYS[day] for day, _ in found.index]
    found["ad_window_rank"] = rank(-found.order_count, found.index)
    return found.drop(columns=["cents", "reordered", "avg_product_price"])


def order_sequence(facts: Facts) -> pd.DataFrame:
    found = count(facts.orders, facts.items, ["order_number"]).fillna(0)
    highest = facts.orders.groupby("customer_id").order_number.max()
    found["customer_count"] = [(highest >= number).sum() for number in found.index]
    found["retention_rate"] = found.customer_count / len(highest)
    placed = facts.placed_orders.groupby("customer_id").order_number.max()
    found["placed_customer_count"] = [
        (placed >= number).sum() for number in found.index
    ]
    found["placed_retention_rate"] = found.placed_customer_count / len(placed)
    numbers = facts.placed_orders.order_number
    found["placed_order_count"] = [(numbers == number).sum() for number in found.index]
    found["products_per_order"] = found.order_product_count / found.order_count
    found["avg_order_total"] = facts.dollars(found.cents) / found.order_count
    found["avg_days_since_prior_order"] = facts.orders.groupby(
        "order_number"
    ).days_since_prior_order.mean()
    found["reorder_rate"] = found.reordered / found.order_product_count
    return found.drop(columns=["cents", "reordered"])


def by_product(facts: Facts, key: str, index: pd.Index) -> pd.DataFrame:
    """The measures of departments, aisles, products and price ranges."""
    found = filled(count(facts.items, facts.items, [key]), index)
    found["order_product_share"] = found.order_product_count / len(facts.items)
    found["order_product_rank"] = rank(found.order_product_count, found.index)
    found["revenue"] = facts.dollars(found.cents)
    found["revenue_share"] = found.revenue / found.revenue.sum()
    found["revenue_per_order"] = found.revenue / found.order_count
    found["avg_product_price"] = found.revenue / found.order_product_count
    found["reorder_rate"] = found.reordered / found.order_product_count
    found["non_reorder_rate"] = 1 - found.reorder_rate
    if key != "product_id":
        listed = facts.products.groupby(key).size()
        found["product_count"] = listed.reindex(index, fill_value=0)
    if key in ("department_id", "aisle_id"):
        scores = opportunities(found) if facts.is_priced else [None] * len(found)
        found["opportunity_score"] = [None if s is None else float(s) for s in scores]
        found["opportunity_rank"] = rank(scores, found.index)
    return found.drop(columns=["cents", "reordered"])


def opportunities(found: pd.DataFrame) -> list[Fraction | None]:
    """Mean of two ranks from 0 to 1; exact, so that equal scores are ties."""
    sold = found[found.order_product_count > 0].astype({"cents": int})
    dearness, novelty = (
        [Fraction(int(a), int(b)) for a, b in zip(top, bottom, strict=True)]
        for top, bottom in (
            (sold.cents, sold.order_count),
            (sold.order_product_count - sold.reordered, sold.order_product_count),
        )
    )
    scores = {
        key: Fraction(
            sum(d < one for d in dearness) + sum(n < other for n in novelty),
            2 * max(len(sold) - 1, 1),
        )
        for key, one, other in zip(sold.index, dearness, novelty, strict=True)
    }
    return [scores.get(key) for key in found.index]


def departments(facts: Facts) -> pd.DataFrame:
    index = facts.departments.index
    found = by_product(facts, "department_id", index).join(facts.departments)
    found["is_frequent"] = is_large_part(found.order_product_count, len(facts.items))
    return found


def at_stake(
    found: pd.DataFrame, targets: pd.Series | float, facts: Facts
) -> list[float | None]:
    """Dollars of the reorders that are missing until the rate is another one."""
    # r + x reorders of n + x order products are the target: x = (t n - r) / (1 - t).
    missing = (targets * found.order_product_count - found.reordered) / (1 - targets)
    dollars = missing * found.revenue / found.order_product_count
    return (
        dollars.where(~at_least(found.reorder_rate, targets), 0)
        if (facts.is_priced)
        else dollars * np.nan
    )


def department_opportunities(facts: Facts) -> pd.DataFrame:
    found = departments(facts)
    found = found[found.order_product_count > 0].drop(
        columns=[
            *("product_count", "order_product_rank", "avg_product_price"),
            *("non_reorder_rate", "opportunity_score", "opportunity_rank"),
        ]
    )
    found["reordered"] = facts.items.groupby("department_id").reordered.sum()
    found["median_reorder_rate"] = rate = found.reorder_rate.median()
    found["median_revenue_per_order"] = value = found.revenue_per_order.median()
    names = VARS["opportunity_quadrant"]
    by_height = {
        (True, True): names["high_value_and_reorders"],
        (True, False): names["high_value"],
        (False, True): names["high_reorders"],
        (False, False): names["neither"],
    }
    heights = zip(
        at_least(found.revenue_per_order, value),
        at_least(found.reorder_rate, rate),
        strict=True,
    )
    found["quadrant"] = (
        [by_height[pair] for pair in heights] if facts.is_priced else "Unknown"
    )
    found["dollars_at_stake"] = at_stake(found, rate, facts)
    return found.drop(columns="reordered")


def income_opportunities(facts: Facts) -> pd.DataFrame:
    """An income group's reorder rates, against those of the other groups together."""
    groups = facts.people.income_group
    items = facts.items.join(groups, on="customer_id").query(
        "income_group != 'Unknown'"
    )
    keys = ["income_group", "department_id"]
    found = count(items, items, keys)
    found["revenue"] = facts.dollars(found.cents)
    found["reorder_rate"] = found.reordered / found.order_product_count
    bought = items.groupby(["department_id", "customer_id"])[
        ["rows", "reordered"]
    ].sum()
    others, other_rates, errors = [], [], []
    for group, department in found.index:
        sold = bought.loc[department]
        is_in = sold.index.map(groups) == group
        rate, error = clustered(sold[is_in])
        other_rate, other_error = clustered(sold[~is_in])
        others.append((~is_in).sum())
        other_rates.append(other_rate)
        errors.append((error**2 + other_error**2) ** 0.5)
        assert rate == pytest.approx(found.reorder_rate[group, department])
    found["other_reorder_rate"] = np.array(other_rates, dtype=float)
    found["reorder_rate_difference"] = found.reorder_rate - found.other_reorder_rate
    found["difference_standard_error"] = np.array(errors, dtype=float)
    found["detectable_difference"] = detectable(found.difference_standard_error)
    found["verdict"] = verdicts(
        found.reorder_rate_difference,
        found.difference_standard_error,
        VARS["min_share_difference"],
        np.minimum(found.customer_count, others),
    )
    found["dollars_at_stake"] = at_stake(found, found.other_reorder_rate, facts)
    return found.drop(columns=["cents", "reordered"]).join(
        facts.departments.department, on="department_id"
    )


def clustered(sold: pd.DataFrame) -> tuple[float, float]:
    """A ratio of customers' sums and its standard error; none if all are alike."""
    if sold.empty:
        return np.nan, np.nan
    rate = sold.reordered.sum() / sold.rows.sum()
    squares = ((sold.reordered - rate * sold.rows) ** 2).sum()
    # Of sums of whole numbers, what should be 0 is some 1e-30.
    return rate, squares**0.5 / sold.rows.sum() if squares > EQUAL else np.nan


def aisles(facts: Facts) -> pd.DataFrame:
    lies_in = (
        facts.products.groupby(["aisle_id", "department_id"])
        .size()
        .rename("n")
        .reset_index()
        .sort_values(["n", "department_id"], ascending=[False, True])
        .drop_duplicates("aisle_id")
        .set_index("aisle_id")
        .department_id
    )
    found = by_product(facts, "aisle_id", facts.aisles.index).join(facts.aisles.aisle)
    # An aisle without products lies where the reference says.
    found["department_id"] = lies_in.combine_first(facts.aisles.department_id)
    names = facts.departments.department
    found["department"] = found.department_id.map(names).fillna("Unknown")
    return found


def products(facts: Facts) -> pd.DataFrame:
    listed = facts.products.set_index("product_id").drop(columns="cents")
    return (
        by_product(facts, "product_id", listed.index)
        .join(listed)
        .join(facts.aisles.aisle, on="aisle_id")
        .join(facts.departments.department, on="department_id")
    )


def price_ranges(facts: Facts) -> pd.DataFrame:
    index = pd.Index(facts.products.price_range.unique(), name="price_range")
    return by_product(facts, "price_range", index)


def department_hours(facts: Facts) -> pd.DataFrame:
    keys = ["department_id", "hour_of_day"]
    found = filled(
        count(facts.items, facts.items, keys),
        grid(("department_id", facts.departments.index), ("hour_of_day", HOURS)),
    )
    rows = found.order_product_count
    found["share_of_hour"] = rows / rows.groupby("hour_of_day").transform("sum")
    found["share_of_department"] = rows / rows.groupby("department_id").transform("sum")
    found["overall_share"] = rows.groupby("department_id").transform("sum") / rows.sum()
    found["revenue"] = facts.dollars(found.cents)
    orders = facts.orders.groupby("hour_of_day").size().reindex(HOURS, fill_value=0)
    # No share of so many orders has a larger standard error than one half.
    error = (0.5 / orders**0.5).reindex(found.index, level="hour_of_day")
    more = found.share_of_hour - found.overall_share
    found["is_typical"] = at_least(
        more, VARS["min_share_difference"]
    ) & is_beyond_chance(more, error)
    customers = facts.orders.groupby("hour_of_day").customer_id.nunique()
    customers = customers.reindex(HOURS, fill_value=0).reindex(
        found.index, level="hour_of_day"
    )
    error = error.replace(np.inf, np.nan)
    found["detectable_difference"] = detectable(error)
    found["verdict"] = verdicts(more, error, VARS["min_share_difference"], customers)
    return found.drop(columns=["cents", "reordered"]).join(facts.departments)


def pairs(facts: Facts, key: str, names: dict[int, str], least: int) -> pd.DataFrame:
    thing = key.removesuffix("_id")
    name = "product_name" if thing == "product" else thing
    held = facts.items.groupby("order_id")[key].agg(lambda ids: sorted(set(ids)))
    alone = Counter(one for ids in held for one in ids)
    customers = facts.items.groupby("order_id").customer_id.first().to_dict()
    together: Counter[tuple[int, int]] = Counter()
    buyers: dict[tuple[int, int], set[int]] = {}
    for order, ids in held.items():
        # What is rare by itself is rarer in a pair.
        for pair in combinations([one for one in ids if alone[one] >= least], 2):
            together[pair] += 1
            buyers.setdefault(pair, set()).add(customers[order])
    rows = [
        {
            f"{key}_a": a,
            f"{key}_b": b,
            f"{name}_a": names[a],
            f"{name}_b": names[b],
            "order_count_a": alone[a],
            "order_count_b": alone[b],
            "order_count": number,
            "customer_count": len(buyers[a, b]),
            "support": number / len(facts.orders),
            "confidence_a_to_b": number / alone[a],
            "confidence_b_to_a": number / alone[b],
            "lift": number * len(facts.orders) / (alone[a] * alone[b]),
        }
        for (a, b), number in together.items()
        if number >= least
    ]
    columns = [
        *(f"{key}_a", f"{key}_b", f"{name}_a", f"{name}_b", "order_count_a"),
        *("order_count_b", "order_count", "support", "confidence_a_to_b"),
        *("confidence_b_to_a", "lift"),
        *(["customer_count"] if thing == "product" else []),
    ]
    return pd.DataFrame(rows, columns=columns).set_index([f"{key}_a", f"{key}_b"])


def product_pairs(facts: Facts) -> pd.DataFrame:
    names = facts.products.set_index("product_id").product_name.to_dict()
    found = pairs(facts, "product_id", names, facts.least_pair_orders)
    found["has_enough_customers"] = has_enough_customers(found.customer_count)
    return found


def department_pairs(facts: Facts) -> pd.DataFrame:
    return pairs(facts, "department_id", facts.departments.department.to_dict(), 1)


def with_phenomena(frame: pd.DataFrame, facts: Facts) -> pd.DataFrame:
    names = hours_of_day(facts).phenomenon
    return frame.assign(phenomenon=frame.hour_of_day.map(names))


def phenomena(facts: Facts) -> pd.DataFrame:
    names = hours_of_day(facts).phenomenon
    orders, items = (
        with_phenomena(each, facts) for each in (facts.orders, facts.items)
    )
    index = pd.Index(sorted(set(names)), name="phenomenon")
    found = filled(count(orders, items, ["phenomenon"]), index)
    hours = {name: [hour for hour in HOURS if names[hour] == name] for name in index}
    found["hours"] = [as_runs(hours[name]) for name in index]
    found["hour_count"] = [len(hours[name]) for name in index]
    found["customer_share"] = found.customer_count / len(facts.customers)
    found["order_share"] = found.order_count / len(facts.orders)
    found["orders_per_hour"] = found.order_count / found.hour_count
    found["order_product_share"] = found.order_product_count / len(facts.items)
    found["products_per_order"] = found.order_product_count / found.order_count
    add_money(found, facts)
    found["revenue_share"] = found.revenue / found.revenue.sum()
    return found.drop(columns=["cents", "reordered"])


def as_runs(hours: list[int]) -> str:
    """Such as 0 to 1 and 3, with a dash between the first and last hour."""
    runs: list[list[int]] = []
    for hour in hours:
        if runs and runs[-1][-1] == hour - 1:
            runs[-1].append(hour)
        else:
            runs.append([hour])
    ends = [run[:1] + run[1:][-1:] for run in runs]
    return ", ".join("\N{EN DASH}".join(map(str, pair)) for pair in ends)


def phenomenon_departments(facts: Facts) -> pd.DataFrame:
    items = with_phenomena(facts.items, facts)
    orders = with_phenomena(facts.orders, facts)
    everything = phenomena(facts)
    sold = sorted(set(items.department_id))
    index = pd.MultiIndex.from_product(
        [everything.index, sold], names=["phenomenon", "department_id"]
    )
    found = filled(count(items, items, list(index.names)), index)
    found["revenue"] = facts.dollars(found.cents)
    rows = found.order_product_count
    sizes = facts.items.groupby("order_id").size().reindex(orders.order_id).fillna(0)
    squares = (sizes**2).groupby(orders.phenomenon.to_numpy()).sum()
    departments_rows = items.groupby("department_id").size()
    measured = []
    for (name, department), number in rows.items():
        here = everything.order_product_count[name]
        there = len(items) - here
        overall = departments_rows[department] / len(items)
        share = number / here if here else np.nan
        elsewhere = (departments_rows[department] - number) / there if there else np.nan
        mine = squares.get(name, 0)
        terms = mine / (here**2 or np.nan) + (squares.sum() - mine) / (
            there**2 or np.nan
        )
        error = (overall * (1 - overall) * terms) ** 0.5
        measured.append((share, elsewhere, overall, error))
    names = ["share_of_phenomenon", "share_elsewhere", "overall_share"]
    found[[*names, "difference_standard_error"]] = pd.DataFrame(
        measured, index, [*names, "difference_standard_error"], dtype=float
    )
    found["affinity_index"] = found.share_of_phenomenon / (
        found.share_elsewhere.where(found.share_elsewhere > 0)
    )
    found["share_difference"] = found.share_of_phenomenon - found.share_elsewhere
    found["detectable_difference"] = detectable(found.difference_standard_error)
    found["verdict"] = verdicts(
        found.share_difference,
        found.difference_standard_error,
        VARS["min_share_difference"],
        everything.customer_count.reindex(found.index, level="phenomenon"),
    )
    return found.drop(columns=["cents", "reordered"]).join(
        facts.departments.department, on="department_id"
    )


def first_baskets(facts: Facts) -> pd.DataFrame:
    """Customers whose first order holds a department, against those without."""
    first = facts.items[facts.items.order_number == 1]
    members = first.groupby("department_id").customer_id.agg(set)
    everybody = set(first.customer_id)
    last = facts.placed_orders.groupby("customer_id").order_number.max()
    counts = members.map(len)
    found = pd.DataFrame({"customer_count": counts})
    found["customer_share"] = counts / max(len(everybody), 1)
    others = len(everybody) - counts
    for number in VARS["first_basket_bounds"]:
        reached = set(last.index[last >= number]) & everybody
        of_all = len(reached) / max(len(everybody), 1)
        with_it = members.map(reached.intersection).map(len)
        share = with_it / counts
        share_of_others = (len(reached) - with_it) / others.where(others > 0)
        spread = of_all * (1 - of_all) or np.nan
        error = (spread * (1 / counts + 1 / others.where(others > 0))) ** 0.5
        part = {
            "customer_count": with_it,
            "share": share,
            "share_of_others": share_of_others,
            "share_of_all": of_all,
            "difference": share - share_of_others,
            "standard_error": error,
            "detectable_difference": detectable(error),
            "verdict": verdicts(
                share - share_of_others,
                error,
                VARS["min_reached_difference"],
                np.minimum(counts, others),
            ),
        }
        for name, values in part.items():
            found[f"reached_{number}_{name}"] = values
    return found.join(facts.departments.department)


PAIR_REPORTS: dict[str, Callable[[Facts], pd.DataFrame]] = {
    "rpt_product_pairs": product_pairs,
    "rpt_department_pairs": department_pairs,
}
REPORTS: dict[str, Callable[[Facts], pd.DataFrame]] = {
    "rpt_days_of_week": days_of_week,
    "rpt_hours_of_day": hours_of_day,
    "rpt_day_hours": day_hours,
    "rpt_order_sequence": order_sequence,
    "rpt_departments": departments,
    "rpt_department_opportunities": department_opportunities,
    "rpt_income_opportunities": income_opportunities,
    "rpt_aisles": aisles,
    "rpt_products": products,
    "rpt_price_ranges": price_ranges,
    "rpt_department_hours": department_hours,
    "rpt_phenomena": phenomena,
    "rpt_phenomenon_departments": phenomenon_departments,
    "rpt_first_baskets": first_baskets,
    "rpt_age_bands": age_bands,
    "rpt_regions": regions,
    **SEGMENT_REPORTS,
    **TARGETING_REPORTS,
    **PAIR_REPORTS,
}
RECOUNTED = REPORTS | CUSTOMER_FACTS


def normal(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows in order, numbers as floats and everything missing as such."""
    frame = frame.sort_index()[sorted(frame)]
    for column in frame:
        try:
            frame[column] = frame[column].astype(float)
        except (TypeError, ValueError):
            frame[column] = frame[column].astype(object)
    return frame


def check(
    database: Path,
    facts: Facts,
    reports: dict[str, Callable[[Facts], pd.DataFrame]] = RECOUNTED,
) -> None:
    """Fail with every report that says anything else than the oracle, and where."""
    told = []
    with duckdb.connect(str(database), read_only=True) as connection:
        for name, recount in reports.items():
            expected = normal(recount(facts))
            found = connection.sql(f"from marts.{name}").df()
            found = normal(found.set_index(expected.index.names))
            try:
                pd.testing.assert_frame_equal(
                    found,
                    expected,
                    check_exact=False,
                    rtol=1e-9,
                    atol=1e-12,
                    check_dtype=False,
                    check_index_type=False,
                    check_column_type=False,
                )
            except AssertionError as error:
                told.append(f"{name}: {first_difference(found, expected) or error}")
    assert not told, "\n".join(told)


def first_difference(found: pd.DataFrame, expected: pd.DataFrame) -> str:
    """The first cell that differs, if the rows and columns are the same."""
    if list(found) != list(expected) or list(found.index) != list(expected.index):
        return ""
    for column in expected:
        cells = zip(expected.index, found[column], expected[column], strict=True)
        for key, one, other in cells:
            if pd.isna(one) and pd.isna(other):
                continue
            is_number = isinstance(other, float)
            if one != (pytest.approx(other, rel=1e-9) if is_number else other):
                return f"{column} of {key} is {one}, expected {other}"
    return ""
