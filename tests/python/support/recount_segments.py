"""Every report on segments of customers, counted again from the facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np
import pandas as pd

from support.facts import (
    HOURS,
    MEASURES,
    Facts,
    add_money,
    at_least,
    count,
    detectable,
    filled,
    has_enough_customers,
    is_beyond_chance,
    is_large_part,
    share_errors,
    verdicts,
)
from support.project import VARS

MILLION = 10**6
VERDICTS = VARS["difference_verdict"]
# What a segment type is made from says nothing of it.
MADE_FROM = {
    "order_count": ["loyalty_flag", "activity_flag"],
    "avg_product_price": ["spending_flag"],
    "median_days_between_orders": ["order_frequency_flag"],
    "reorder_rate": ["adventurousness_flag"],
}
SEGMENT = ["segment_type", "segment"]


def customer_segments(facts: Facts) -> pd.DataFrame:
    segments = facts.segments()
    found = count(
        segments.merge(facts.orders), segments.merge(facts.per_order()), SEGMENT
    ).fillna(0)
    found["customer_share"] = found.customer_count / len(facts.customers)
    found["order_share"] = found.order_count / len(facts.orders)
    found["order_product_share"] = found.order_product_count / len(facts.items)
    add_money(found, facts)
    found["revenue_share"] = found.cents / facts.items.cents.sum()
    if not facts.is_priced:
        found["revenue_share"] = np.nan
    found["orders_per_customer"] = found.order_count / found.customer_count
    found["products_per_order"] = found.order_product_count / found.order_count
    found["median_days_between_orders"] = (
        segments.join(facts.customers.median_days, on="customer_id")
        .groupby(SEGMENT)
        .median_days.median()
    )
    found["reorder_rate"] = found.reordered / found.order_product_count
    found["has_enough_customers"] = has_enough_customers(found.customer_count)
    found["is_large"] = is_large_part(found.customer_count, len(facts.customers))
    return found.drop(columns=["cents", "reordered"])


def in_segments(facts: Facts, key: str, values: Iterable[int]) -> pd.MultiIndex:
    """Every found segment with every value of a key."""
    segments = facts.segments()[SEGMENT].drop_duplicates()
    crossed = segments.merge(pd.DataFrame({key: list(values)}), how="cross")
    return pd.MultiIndex.from_frame(crossed)


def segment_departments(facts: Facts) -> pd.DataFrame:
    segments = facts.segments()
    bought = segments.merge(facts.per_order("department_id"))
    found = filled(
        count(bought, bought, [*SEGMENT, "department_id"]),
        in_segments(facts, "department_id", facts.departments.index),
    )
    rows = found.order_product_count
    found["share_of_segment"] = rows / rows.groupby(SEGMENT).transform("sum")
    sold = facts.items.groupby("department_id").size()
    sold = sold.reindex(facts.departments.index, fill_value=0)
    overall = (sold / sold.sum()).rename("overall_share")
    found = found.join(overall, on="department_id")
    found["affinity_index"] = found.share_of_segment / found.overall_share
    found["revenue"] = facts.dollars(found.cents)
    members = segments.groupby(SEGMENT).size().rename("members")
    found = found.join(members, on=SEGMENT)
    found["order_products_per_customer"] = found.order_product_count / found.members
    found["reorder_rate"] = found.reordered / found.order_product_count
    bought = (
        facts.items.pivot_table("rows", "customer_id", "department_id", "sum")
        .reindex(index=facts.customers.index, columns=facts.departments.index)
        .fillna(0)
    )
    found = found.join(standard_errors(facts, bought))
    more = found.share_of_segment - found.overall_share
    found["is_favoured"] = (
        has_enough_customers(found.members)
        & (found.share_standard_error > 0)
        & is_beyond_chance(more, found.share_standard_error)
    )
    found["is_worth_targeting"] = found.is_favoured & at_least(
        more, VARS["min_share_difference"]
    )
    errors = found.share_standard_error.where(found.order_product_count > 0)
    found["detectable_difference"] = detectable(errors)
    found["verdict"] = verdicts(
        more, errors, VARS["min_share_difference"], found.members
    )
    frequent = is_large_part(sold, sold.sum()).rename("is_frequent_department")
    found = found.join(frequent, on="department_id")
    return found.drop(columns=["cents", "reordered", "members"]).join(
        facts.departments.department, on="department_id"
    )


def standard_errors(facts: Facts, parts: pd.DataFrame) -> pd.Series:
    """Of each segment's shares of what customers did: a row each, a column per part."""
    errors = {}
    for key, members in facts.segments().groupby(SEGMENT).customer_id:
        errors[key] = share_errors(parts.loc[members], parts)
    found = pd.concat(errors, names=SEGMENT)
    return found.rename("share_standard_error")


def customer_measures(facts: Facts) -> pd.DataFrame:
    """What a customer did, each for themselves, in whole millionths."""
    found = count(facts.orders, facts.items, ["customer_id"]).fillna(0)
    dollars = facts.dollars(found.cents)
    measures = pd.DataFrame(
        {
            "order_count": found.order_count,
            "products_per_order": found.order_product_count / found.order_count,
            "avg_order_total": dollars / found.order_count,
            "avg_product_price": dollars / found.order_product_count,
            "median_days_between_orders": facts.customers.median_days,
            "reorder_rate": found.reordered / found.order_product_count,
        }
    )
    return np.floor(measures * MILLION + 0.5)


def segment_differences(facts: Facts) -> pd.DataFrame:
    values = customer_measures(facts)
    rows = []
    for segment_type in facts.customers.columns.drop("median_days"):
        segments = facts.customers[segment_type]
        for measure in values:
            known = values[measure][segments != "Unknown"].dropna().astype(int)
            groups = {
                segment: of_segment.tolist()
                for segment, of_segment in known.groupby(segments)
            }
            rows.append(
                {
                    "segment_type": segment_type,
                    "measure": measure,
                    **(found := ends(groups)),
                    **variance(
                        groups, found["lowest_segment"], found["highest_segment"]
                    ),
                    "is_by_definition": segment_type in MADE_FROM.get(measure, []),
                }
            )
    found = pd.DataFrame(rows).set_index(["segment_type", "measure"])
    found["is_significant"] = found.is_beyond_chance & found.is_large_effect
    bound = VARS["min_adjusted_r_squared"]
    would_show = at_least(-found.detectable_r_squared.astype(float), -bound)
    found["verdict"] = [
        VERDICTS["differs" if differs else "same" if same else "too_few"]
        for differs, same in zip(found.is_significant, would_show, strict=True)
    ]
    return found


# Each customer's value in whole millionths, by segment.
Groups = dict[str, list[int]]


def ends(groups: Groups) -> dict[str, Any]:
    """Means of all and of the lowest and highest segment that is large enough."""
    n = sum(map(len, groups.values()))
    means = {name: mean(group) for name, group in groups.items()}
    bound = Fraction(str(VARS["min_named_share"]))
    large = [name for name, group in groups.items() if len(group) >= bound * n]
    lowest = highest = spread = None
    if len(large) > 1:
        lowest = min(large, key=lambda name: (means[name], name))
        highest = min(large, key=lambda name: (-means[name], name))
        spread = means[highest] / means[lowest] - 1 if means[lowest] else None
    numbers = {
        "overall_mean": mean([value for group in groups.values() for value in group]),
        "lowest_mean": means.get(lowest),
        "highest_mean": means.get(highest),
        "spread": spread,
    }
    return {
        "customer_count": n,
        "segment_count": len(groups),
        "lowest_segment": lowest,
        "highest_segment": highest,
        **{name: None if x is None else float(x) for name, x in numbers.items()},
    }


def mean(values: list[int]) -> Fraction | None:
    return Fraction(sum(values), len(values) * MILLION) if values else None


def variance(
    groups: Groups, lowest: str | None, highest: str | None
) -> dict[str, object]:
    """An analysis of variance, in fractions."""
    n, k = sum(map(len, groups.values())), len(groups)
    total = sum(map(sum, groups.values()))
    squares = sum(value * value for group in groups.values() for value in group)
    explained = sum(
        (Fraction(sum(group) ** 2, len(group)) for group in groups.values()),
        Fraction(0),
    )
    within = squares - explained
    between = explained - Fraction(total * total, n) if n else Fraction(0)
    share = f_statistic = critical = None
    would_show = distance = needed = None
    if k > 1 and n > k and between + within:
        share = 1 - (within / (n - k)) / ((between + within) / (n - 1))
        share = max(Fraction(0), share)
        f_statistic = between / (k - 1) / (within / (n - k)) if within else None
        critical = f_critical(2 / (9 * (k - 1)), 2 / (9 * (n - k)))
    bound = Fraction(str(VARS["min_adjusted_r_squared"]))
    if critical is not None:
        explained_share = (k - 1) * critical / ((k - 1) * critical + n - k)
        would_show = 1 - (1 - explained_share) * (n - 1) / (n - k)
        needed = ceil((k - 1) * (critical - 1) / bound - (k - 1) * critical) + k
        both = [len(groups[name]) for name in (lowest, highest) if name]
        if both:
            error = (within / (n - k) * sum(Fraction(1, size) for size in both)) ** 0.5
            distance = ((k - 1) * critical) ** 0.5 * error / MILLION
    return {
        "adjusted_r_squared": None if share is None else float(share),
        "f_statistic": None if f_statistic is None else float(f_statistic),
        "f_critical": critical,
        "detectable_r_squared": would_show,
        "detectable_difference": distance,
        "needed_customer_count": needed,
        "is_beyond_chance": critical is not None
        and (f_statistic is None or f_statistic > critical),
        "is_large_effect": share is not None and share >= bound,
    }


def f_critical(a: float, b: float) -> float | None:
    """Paulson's normal deviate of F, set to 3.0902 and solved for F."""
    # (1 - b) r - (1 - a) = 3.0902 sqrt(b r^2 + a), squared, has two roots; the larger.
    square = (1 - b) ** 2 - 3.0902**2 * b
    if square <= 0:
        return None
    half = -(1 - a) * (1 - b)
    rest = (1 - a) ** 2 - 3.0902**2 * a
    return ((-half + (half**2 - square * rest) ** 0.5) / square) ** 3


def segment_types(facts: Facts) -> pd.DataFrame:
    """The best explained measure of each type, but for those that it is made from."""
    rows = []
    differences = segment_differences(facts)
    differences = differences[~differences.is_by_definition]
    for segment_type, found in differences.groupby("segment_type", sort=False):
        shares = found.adjusted_r_squared.astype(float).droplevel(0).dropna()
        best = min(shares.index, key=lambda x: (-round(shares[x], 9), x), default=None)
        rows.append(
            {
                "segment_type": segment_type,
                "is_demographic": segment_type in VARS["demographic_segment_types"],
                "segment_count": found.segment_count.max(),
                "best_explained_measure": best,
                "adjusted_r_squared": shares.get(best),
                "is_beyond_chance": found.is_beyond_chance.any(),
                "is_significant": found.is_significant.any(),
                **told_of(found),
            }
        )
    types = pd.DataFrame(rows).set_index("segment_type")
    shares = types.adjusted_r_squared.astype(float).where(types.is_significant)
    best_shares = shares.groupby(types.is_demographic).transform("max")
    types["is_nearly_best"] = at_least(shares, VARS["nearly_best_share"] * best_shares)
    return types


def told_of(differences: pd.DataFrame) -> dict[str, object]:
    """What all measures of a type say that are known of a customer."""
    known = differences[differences.customer_count > 0]
    labels = set(known.verdict)
    name = "too_few"
    if VERDICTS["differs"] in labels:
        name = "differs"
    elif labels == {VERDICTS["same"]}:
        name = "same"
    return {
        "verdict": VERDICTS[name],
        "detectable_r_squared": known.detectable_r_squared.astype(float).max(),
        "needed_customer_count": differences.needed_customer_count.astype(float).max(),
    }


def age_bands(facts: Facts) -> pd.DataFrame:
    """Incomes by five years of age; newborns are in the first."""
    people = facts.people[["age", "income"]].dropna().astype(float)
    first = (people.age.clip(lower=1) - 1) // 5 * 5 + 1
    incomes = people.income.groupby(first.rename("first_age"))
    found = pd.DataFrame(
        {
            "customer_count": incomes.size(),
            "income_first_quartile": incomes.quantile(0.25),
            "median_income": incomes.median(),
            "income_third_quartile": incomes.quantile(0.75),
        }
    )
    found["last_age"] = found.index + 4
    found["has_enough_customers"] = has_enough_customers(found.customer_count)
    before = found.shift()
    distance = found.income_third_quartile - found.income_first_quartile
    errors = 1.25 * distance / (1.35 * found.customer_count**0.5)
    errors = (errors**2 + errors.shift() ** 2) ** 0.5
    found["median_income_before"] = before.median_income
    found["detectable_difference"] = detectable(errors)
    found["verdict"] = verdicts(
        found.median_income - before.median_income,
        errors,
        VARS["min_income_difference"] * before.median_income,
        np.minimum(found.customer_count, before.customer_count.fillna(0)),
    )
    return found


def regions(facts: Facts) -> pd.DataFrame:
    """Customers by region, against the share that its states are of all."""
    states = facts.people.groupby("region").state
    found = pd.DataFrame(
        {"state_count": states.nunique(), "customer_count": states.size()}
    )
    found["state_share"] = found.state_count / found.state_count.sum()
    found["customer_share"] = found.customer_count / found.customer_count.sum()
    error = (found.state_share * (1 - found.state_share) / len(facts.people)) ** 0.5
    found["is_explained_by_states"] = ~is_beyond_chance(
        (found.customer_share - found.state_share).abs(), error
    )
    found["detectable_difference"] = VARS["favoured_by_standard_errors"] * error
    found["verdict"] = verdicts(
        found.customer_share - found.state_share,
        error,
        VARS["min_share_difference"],
        pd.Series(len(facts.people), found.index),
    )
    return found


def segment_hours(facts: Facts) -> pd.DataFrame:
    segments = facts.segments()
    found = filled(
        count(
            segments.merge(facts.orders),
            segments.merge(facts.per_order("hour_of_day")),
            [*SEGMENT, "hour_of_day"],
        ),
        in_segments(facts, "hour_of_day", HOURS),
    )
    orders = found.order_count
    found["share_of_segment"] = orders / orders.groupby(SEGMENT).transform("sum")
    placed = facts.orders.groupby(["customer_id", "hour_of_day"]).size()
    placed = placed.unstack().reindex(columns=HOURS).fillna(0)
    overall = (placed.sum() / len(facts.orders)).rename("overall_share")
    found = found.join(overall.rename_axis("hour_of_day"))
    more = found.share_of_segment - found.overall_share
    found["share_difference"] = more
    found = found.join(standard_errors(facts, placed))
    members = segments.groupby(SEGMENT).size().rename("members")
    found = found.join(members, on=SEGMENT)
    found["detectable_difference"] = detectable(found.share_standard_error)
    found["verdict"] = verdicts(
        more, found.share_standard_error, VARS["min_share_difference"], found.members
    )
    of_hours = found.index.get_level_values("segment_type") == "shopping_time_segment"
    found["is_by_definition"] = of_hours
    return found.drop(columns=["cents", "reordered", "members"])


def segment_crosstabs(facts: Facts) -> pd.DataFrame:
    customers = count(facts.orders, facts.items, ["customer_id"]).fillna(0)
    keys = ["segment_type_a", "segment_a", "segment_type_b", "segment_b"]
    segments = facts.segments()
    both = segments.merge(segments, on="customer_id", suffixes=("_a", "_b"))
    both = both.join(customers, on="customer_id")
    sums = [*MEASURES, "cents"]
    found_segments = segments[SEGMENT].drop_duplicates()
    crossed = found_segments.merge(found_segments, how="cross", suffixes=("_a", "_b"))
    crossed = crossed[crossed.segment_type_a != crossed.segment_type_b]
    found = filled(
        both.groupby(keys)[sums].sum(), pd.MultiIndex.from_frame(crossed[keys])
    )
    found["revenue"] = facts.dollars(found.cents)
    members = segments.groupby(SEGMENT).size().rename("members")
    found = found.join(members.rename_axis(keys[:2]), on=keys[:2])
    found["customer_share_of_a"] = found.customer_count / found.members
    others = members.rename("others").rename_axis(keys[2:])
    found = found.join(others, on=keys[2:])
    expected = found.members * found.others / len(facts.customers)
    found["expected_customers"] = expected
    found["lift"] = found.customer_count / expected
    found["has_enough_customers"] = has_enough_customers(found.customer_count)
    found["is_more_than_chance"] = found.has_enough_customers & is_beyond_chance(
        found.customer_count - expected, expected**0.5
    )
    error = expected**0.5 / found.members
    found["detectable_difference"] = detectable(error)
    found["verdict"] = verdicts(
        (found.customer_count - expected) / found.members,
        error,
        VARS["min_share_difference"],
        np.maximum(found.customer_count, expected),
    )
    return found.drop(columns=["cents", "members", "others"])


SEGMENT_REPORTS: dict[str, Callable[[Facts], pd.DataFrame]] = {
    "rpt_customer_segments": customer_segments,
    "rpt_segment_departments": segment_departments,
    "rpt_segment_differences": segment_differences,
    "rpt_segment_types": segment_types,
    "rpt_segment_hours": segment_hours,
    "rpt_segment_crosstabs": segment_crosstabs,
}
