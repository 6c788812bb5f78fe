"""Every report, written anew in pandas from the spec and the raw files.

Of the warehouse the oracle takes names, groups, the list of aisles, prices and price
ranges of products, and the flags of customers: these have tests of their own.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import combinations
from pathlib import Path

import duckdb
import generate
import numpy as np
import pandas as pd
import pytest
from conftest import (
    AISLES,
    LONG_DEPARTMENTS,
    ORDER_PRODUCTS_PRIOR,
    ORDERS,
    PACKAGES,
    PRODUCTS,
    PROJECT_DIR,
    Warehouse,
)

SAMPLES = PROJECT_DIR.parent / "shared" / "data"
needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(),
    reason="the real samples may not be redistributed and are not at ../shared/data",
)
SCALE = 0.003
WITHOUT_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
NO_TESTS = ("--exclude-resource-type", "test", *WITHOUT_UNIT_TESTS)
ONLY_MARTS = ("--select", "+path:models/marts", *NO_TESTS)
REPORT_FOLDERS = [
    *("path:models/marts/time_trends", "path:models/marts/product_categories"),
    *("path:models/marts/customer_segments", "path:models/marts/baskets"),
]
DAYS = ["Saturday", "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
HOURS = range(24)
SEGMENT_TYPES = [
    *("loyalty_flag", "spending_flag", "order_frequency_flag", "activity_flag"),
    *("region", "gender", "age_group", "income_group", "family_size"),
    *("family_status", "demographic_group", "is_parent", "customer_profile"),
    *("shopping_time_segment", "adventurousness_flag", "has_bought_alcohol"),
    *("has_bought_babies", "has_bought_pets", "has_bought_meat"),
]
DEMOGRAPHIC = [
    *("region", "gender", "age_group", "income_group", "family_size"),
    *("family_status", "demographic_group", "is_parent", "customer_profile"),
]
# Segment types with the measure that they are made from.
BY_DEFINITION = {
    ("loyalty_flag", "order_count"),
    ("activity_flag", "order_count"),
    ("spending_flag", "avg_product_price"),
    ("order_frequency_flag", "median_days_between_orders"),
    ("adventurousness_flag", "reorder_rate"),
}
MEASURES = ["customer_count", "order_count", "order_product_count"]


@dataclass
class Facts:
    """What the raw files say, as far as reports count it."""

    orders: pd.DataFrame
    items: pd.DataFrame
    products: pd.DataFrame
    departments: pd.DataFrame
    aisles: pd.DataFrame
    customers: pd.DataFrame
    is_priced: bool
    least_pair_orders: int = 5

    def dollars(self, cents: pd.Series) -> pd.Series:
        return cents / 100 if self.is_priced else cents * np.nan

    def per_order(self, *keys: str) -> pd.DataFrame:
        """Sums over the order products of an order, or of its parts."""
        sums = ["rows", "cents", "reordered"]
        by = ["customer_id", "order_id", *keys]
        return self.items.groupby(by, as_index=False)[sums].sum()

    def segments(self) -> pd.DataFrame:
        """Segment type and segment of each customer with an analysed order."""
        return (
            self.customers.reset_index()
            .drop(columns="median_days")
            .melt("customer_id", var_name="segment_type", value_name="segment")
        )


def read_facts(
    raw: Path,
    database: Path,
    eval_sets: Iterable[str] = ("prior",),
    segment_types: Iterable[str] = SEGMENT_TYPES,
) -> Facts:
    """Analysed orders and their known products, by the spec's cleaning rules."""
    with duckdb.connect(str(database), read_only=True) as connection:
        dim_products, dim_aisles, dim_departments, dim_customers = (
            connection.sql(f"from marts.dim_{name}").df()
            for name in ("products", "aisles", "departments", "customers")
        )

    orders = pd.read_csv(raw / "orders.csv").drop_duplicates()
    orders = orders[orders.eval_set.isin(list(eval_sets))].rename(
        columns={
            "user_id": "customer_id",
            "order_dow": "day_of_week",
            "orders_day_of_week": "day_of_week",
            "order_hour_of_day": "hour_of_day",
        }
    )

    products = pd.read_csv(raw / "products.csv").drop_duplicates()
    is_priced = "prices" in products
    for wrong, aisle, right in ((6800, 64, 6799), (26520, 80, 26519)):
        is_wrong = (products.product_id == wrong) & (products.aisle_id == aisle)
        products.loc[is_wrong, "product_id"] = right
    products = products[["product_id", "aisle_id", "department_id"]].merge(
        dim_products[["product_id", "product_name", "price", "price_range"]],
        validate="1:1",
    )
    products["cents"] = (products.price.astype(float) * 100).round().fillna(0)

    lines = pd.concat(pd.read_csv(path) for path in raw.glob("order*_products_*.csv"))
    items = lines.drop_duplicates().merge(orders).merge(products).assign(rows=1)

    with (raw / "departments.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    is_long = rows[0][1] == "department"
    listed = rows[1:] if is_long else list(zip(*rows, strict=True))[1:]
    departments = pd.DataFrame(
        {"department": [name for _, name in listed]},
        index=pd.Index([int(number) for number, _ in listed], name="department_id"),
    ).join(dim_departments.set_index("department").department_group, on="department")

    customers = dim_customers.set_index("customer_id")[list(segment_types)]
    customers = customers.loc[sorted(orders.customer_id.unique())]
    for column in customers:
        if column.startswith(("is_", "has_")):
            words = {True: "Yes", False: "No"}
            if column == "is_parent":
                words = {True: "Parent", False: "Non-parent"}
            customers[column] = customers[column].map(words)
    customers = customers.astype("string").fillna("Unknown").astype(object)
    medians = orders.groupby("customer_id").days_since_prior_order.median()
    return Facts(
        orders,
        items,
        products,
        departments,
        dim_aisles.set_index("aisle_id")[["aisle", "department_id"]],
        customers.assign(median_days=medians),
        is_priced,
    )


def count(orders: pd.DataFrame, items: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Customers and orders of some orders, rows and cents of some order products."""
    grouped_orders, grouped_items = orders.groupby(by), items.groupby(by)
    counted = pd.DataFrame(
        {
            "customer_count": grouped_orders.customer_id.nunique(),
            "order_count": grouped_orders.order_id.nunique(),
        }
    )
    return counted.join(
        pd.DataFrame(
            {
                "order_product_count": grouped_items.rows.sum(),
                "cents": grouped_items.cents.sum(),
                "reordered": grouped_items.reordered.sum(),
            }
        ),
        how="outer",
    )


def filled(frame: pd.DataFrame, index: pd.Index) -> pd.DataFrame:
    """All rows of an index, with 0 for those without sales."""
    return frame.reindex(index).fillna(0)


def grid(*levels: tuple[str, Iterable]) -> pd.MultiIndex:
    return pd.MultiIndex.from_product(
        [list(values) for _, values in levels], names=[name for name, _ in levels]
    )


def rank(values: Iterable, ids: Iterable) -> list[int | None]:
    """1 for the highest value, the lower id first on ties; none without a value."""
    known = [(v, i) for v, i in zip(values, ids, strict=True) if v is not None]
    known.sort(key=lambda pair: (-pair[0], pair[1]))
    places = {i: place for place, (_, i) in enumerate(known, 1)}
    return [places.get(i) for i in ids]


def band(values: Iterable, *bounds: tuple[float, str]) -> list[str]:
    """The label of the first upper bound that holds."""
    return [next(label for bound, label in bounds if v <= bound) for v in values]


def is_large(counts: pd.Series, total: int | pd.Series) -> pd.Series:
    """Whether parts hold at least a hundredth of the total, exactly."""
    return (counts > 0) & (counts * 100 >= total)


def add_order_measures(found: pd.DataFrame, facts: Facts) -> None:
    """What reports by time say of orders."""
    found["order_share"] = found.order_count / len(facts.orders)
    found["order_rank"] = rank(found.order_count, found.index)
    found["products_per_order"] = found.order_product_count / found.order_count
    add_money(found, facts)


def add_money(found: pd.DataFrame, facts: Facts) -> None:
    found["revenue"] = facts.dollars(found.cents)
    found["avg_order_total"] = found.revenue / found.order_count
    found["avg_product_price"] = found.revenue / found.order_product_count


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
    found["has_enough_orders"] = is_large(found.order_count, len(facts.orders))
    usual = facts.dollars(facts.items.cents).mean()
    deviation = (found.avg_product_price / usual - 1).abs()
    found["is_usual_price"] = (deviation <= 0.05).where(deviation.notna(), None)
    return found.drop(columns=["cents", "reordered"])


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
    """Mean of two places from 0 to 1; exact, so that equal scores are ties."""
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
    found["is_frequent"] = is_large(found.order_product_count, len(facts.items))
    return found


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
    orders = facts.orders.groupby("hour_of_day").size().rename("orders")
    difference = found.share_of_hour - found.overall_share
    error = 0.5 / np.sqrt(found.join(orders).orders)
    found["is_typical"] = (difference >= 0.005) & (difference > 4 * error)
    return found.drop(columns=["cents", "reordered"]).join(facts.departments)


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
    found["has_enough_customers"] = found.customer_count >= 30
    found["is_large"] = is_large(found.customer_count, len(facts.customers))
    return found.drop(columns=["cents", "reordered"])


def in_segments(facts: Facts, key: str, values: Iterable) -> pd.MultiIndex:
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
    found = found.join(standard_errors(facts))
    found["is_favoured"] = (
        (found.members >= 30)
        & (found.share_standard_error > 0)
        & (
            found.share_of_segment - found.overall_share
            > 4 * found.share_standard_error
        )
    )
    found["is_worth_targeting"] = found.is_favoured & (
        found.share_of_segment - found.overall_share >= 0.005
    )
    is_frequent = is_large(sold, sold.sum()).rename("is_frequent_department")
    found = found.join(is_frequent, on="department_id")
    return found.drop(columns=["cents", "reordered", "members"]).join(
        facts.departments.department, on="department_id"
    )


def standard_errors(facts: Facts) -> pd.Series:
    """Of shares of departments, by the deviation of each customer of a segment."""
    bought = (
        facts.items.pivot_table("rows", "customer_id", "department_id", "sum")
        .reindex(index=facts.customers.index, columns=facts.departments.index)
        .fillna(0)
    )
    errors = {}
    for key, members in facts.segments().groupby(SEGMENT).customer_id:
        mine = bought.loc[members]
        everything = mine.sum(axis=1)
        shares = mine.sum() / everything.sum()
        deviations = mine - np.outer(everything, shares)
        errors[key] = np.sqrt((deviations**2).sum()) / everything.sum()
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
    return np.floor(measures * 1e6 + 0.5)


def segment_differences(facts: Facts) -> pd.DataFrame:
    values = customer_measures(facts)
    rows = []
    for segment_type in facts.customers.columns.drop("median_days"):
        segments = facts.customers[segment_type]
        for measure in values:
            known = values[measure][segments != "Unknown"].dropna().astype(int)
            groups = {
                segment: [Fraction(value, 10**6) for value in of_segment.tolist()]
                for segment, of_segment in known.groupby(segments)
            }
            said = difference(groups)
            said["is_by_definition"] = (segment_type, measure) in BY_DEFINITION
            rows.append({"segment_type": segment_type, "measure": measure, **said})
    return pd.DataFrame(rows).set_index(["segment_type", "measure"])


def _f_critical(a: float, b: float) -> float | None:
    """Paulson's normal deviate of F, set to 3.0902 and solved for F."""
    # (1 - b) r - (1 - a) = 3.0902 sqrt(b r^2 + a), squared, has two roots; the larger.
    square = (1 - b) ** 2 - 3.0902**2 * b
    if square <= 0:
        return None
    half = -(1 - a) * (1 - b)
    rest = (1 - a) ** 2 - 3.0902**2 * a
    return ((-half + (half**2 - square * rest) ** 0.5) / square) ** 3


def difference(groups: dict[str, list[Fraction]]) -> dict:
    """An analysis of variance, in fractions."""
    n, k = sum(map(len, groups.values())), len(groups)
    means = {name: sum(group) / len(group) for name, group in groups.items()}
    overall = sum(map(sum, groups.values())) / n if n else None
    large = [name for name, group in groups.items() if len(group) * 100 >= n]
    lowest = highest = None
    if len(large) > 1:
        lowest = min(large, key=lambda name: (means[name], name))
        highest = min(large, key=lambda name: (-means[name], name))
    between = sum(
        len(group) * (means[name] - overall) ** 2 for name, group in groups.items()
    )
    within = sum(
        (value - means[name]) ** 2 for name, group in groups.items() for value in group
    )
    explained = f_statistic = by_chance = None
    is_beyond_chance = is_large_effect = False
    if k > 1 and n > k and between + within:
        explained = 1 - (within / (n - k)) / ((between + within) / (n - 1))
        explained = max(Fraction(0), explained)
        f_statistic = between / (k - 1) / (within / (n - k)) if within else None
        by_chance = _f_critical(2 / (9 * (k - 1)), 2 / (9 * (n - k)))
        is_large_effect = explained >= Fraction(1, 100)
        is_beyond_chance = by_chance is not None and (
            f_statistic is None or f_statistic > by_chance
        )
    spread = means[highest] / means[lowest] - 1 if lowest and means[lowest] else None
    numbers = {
        "overall_mean": overall,
        "lowest_mean": means.get(lowest),
        "highest_mean": means.get(highest),
        "spread": spread,
        "adjusted_r_squared": explained,
        "f_statistic": f_statistic,
        "f_critical": by_chance,
    }
    return {
        "customer_count": n,
        "segment_count": k,
        "lowest_segment": lowest,
        "highest_segment": highest,
        **{name: None if x is None else float(x) for name, x in numbers.items()},
        "is_beyond_chance": is_beyond_chance,
        "is_large_effect": is_large_effect,
        "is_significant": is_beyond_chance and is_large_effect,
    }


def segment_types(facts: Facts) -> pd.DataFrame:
    differences = segment_differences(facts).reset_index()
    differences = differences[~differences.is_by_definition]
    found = pd.DataFrame(
        {
            "segment_type": name,
            "segment_count": rows.segment_count.max(),
            "is_beyond_chance": rows.is_beyond_chance.any(),
            "is_significant": rows.is_significant.any(),
            "adjusted_r_squared": rows.adjusted_r_squared.max(),
            "best_explained_measure": best_explained(rows),
        }
        for name, rows in differences.groupby("segment_type")
    ).set_index("segment_type")
    found["is_demographic"] = found.index.isin(DEMOGRAPHIC)
    best = found.adjusted_r_squared.where(found.is_significant)
    best = best.groupby(found.is_demographic).transform("max")
    found["is_nearly_best"] = found.is_significant & (
        found.adjusted_r_squared >= 0.9 * best
    )
    return found


def best_explained(rows: pd.DataFrame) -> str | None:
    """The measure of the highest adjusted R squared, the first by name on ties."""
    known = rows.dropna(subset="adjusted_r_squared").round({"adjusted_r_squared": 9})
    ranked = known.sort_values(
        ["adjusted_r_squared", "measure"], ascending=[False, True]
    )
    return ranked.measure.iloc[0] if len(ranked) else None


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
    return found.drop(columns=["cents", "reordered"])


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
    members.index.names = keys[:2]
    found = found.join(members, on=keys[:2])
    found["customer_share_of_a"] = found.customer_count / found.members
    others = members.rename("others").rename_axis(keys[2:])
    found = found.join(others, on=keys[2:])
    expected = found.members * found.others / len(facts.customers)
    found["expected_customers"] = expected
    found["lift"] = found.customer_count / expected
    found["has_enough_customers"] = found.customer_count >= 30
    found["is_more_than_chance"] = found.has_enough_customers & (
        found.customer_count - expected > 4 * np.sqrt(expected)
    )
    return found.drop(columns=["cents", "members", "others"])


def pairs(facts: Facts, key: str, names: dict, least: int) -> pd.DataFrame:
    thing = key.removesuffix("_id")
    name = "product_name" if thing == "product" else thing
    held = facts.items.groupby("order_id")[key].agg(lambda ids: sorted(set(ids)))
    alone = Counter(one for ids in held for one in ids)
    together = Counter(pair for ids in held for pair in combinations(ids, 2))
    customers = facts.items.groupby("order_id").customer_id.first()
    buyers = Counter(
        pair
        for _, pair in {
            (customers[order], pair)
            for order, ids in held.items()
            for pair in combinations(ids, 2)
        }
    )
    rows = [
        {
            f"{key}_a": a,
            f"{key}_b": b,
            f"{name}_a": names[a],
            f"{name}_b": names[b],
            "order_count_a": alone[a],
            "order_count_b": alone[b],
            "order_count": number,
            "customer_count": buyers[a, b],
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
    found["has_enough_customers"] = found.customer_count >= 30
    return found


def department_pairs(facts: Facts) -> pd.DataFrame:
    return pairs(facts, "department_id", facts.departments.department.to_dict(), 1)


SEGMENT_REPORTS: dict[str, Callable[[Facts], pd.DataFrame]] = {
    "rpt_customer_segments": customer_segments,
    "rpt_segment_departments": segment_departments,
    "rpt_segment_differences": segment_differences,
    "rpt_segment_types": segment_types,
    "rpt_segment_hours": segment_hours,
    "rpt_segment_crosstabs": segment_crosstabs,
}
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
    "rpt_aisles": aisles,
    "rpt_products": products,
    "rpt_price_ranges": price_ranges,
    "rpt_department_hours": department_hours,
    **SEGMENT_REPORTS,
    **PAIR_REPORTS,
}


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
    reports: dict[str, Callable[[Facts], pd.DataFrame]] = REPORTS,
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


Generated = tuple[Path, Path]


@pytest.fixture(scope="module")
def generated(
    tmp_path_factory: pytest.TempPathFactory, warehouse: Warehouse
) -> Callable[[str], Generated]:
    """Raw folder and database of a generated package, built once, when asked for.

    Pairs of products count from four orders on: by default hardly any would.
    """
    folder = tmp_path_factory.mktemp("reports")

    @cache
    def get(package: str) -> Generated:
        raw, database = folder / package, folder / f"{package}.duckdb"
        generate.generate(raw, package, SCALE, seed=3)
        build(warehouse, raw, *ONLY_MARTS, "--vars", "{min_pair_orders: 4}")
        shutil.copyfile(warehouse.database, database)
        return raw, database

    return get


def build(warehouse: Warehouse, raw: Path, *arguments: str) -> None:
    """A warehouse from nothing."""
    warehouse.database.unlink(missing_ok=True)
    run = warehouse.dbt("build", raw, *arguments)
    assert run.succeeded, run.output


def rerun(warehouse: Warehouse, raw: Path, select: str, variables: dict) -> None:
    """Some reports once more, with other vars."""
    run = warehouse.dbt(
        *("run", raw, "--select", select, "--vars", json.dumps(variables))
    )
    assert run.succeeded, run.output


@pytest.mark.parametrize("package", PACKAGES)
def test_reports_agree_with_an_independent_count(
    generated: Callable[[str], Generated], package: str
) -> None:
    raw, database = generated(package)
    facts = replace(read_facts(raw, database), least_pair_orders=4)
    assert len(facts.customers) > 600 and len(product_pairs(facts)) > 1000
    assert facts.is_priced == (package == "careerfoundry")
    check(database, facts)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_flag_added_to_the_list_is_in_all_segment_reports(
    warehouse: Warehouse, generated: Callable[[str], Generated], package: str
) -> None:
    """Text, a number and a column that is true or false alike; known or not."""
    raw, database = generated(package)
    warehouse.restore(database)
    flags = ["state", "favourite_department", "is_parent", "gender"]
    rerun(
        warehouse,
        raw,
        "path:models/intermediate/customer_segments"
        " path:models/marts/customer_segments",
        {"segment_types": flags},
    )
    facts = read_facts(raw, warehouse.database, segment_types=flags)
    check(warehouse.database, facts, SEGMENT_REPORTS)
    for report in SEGMENT_REPORTS:
        column = f"segment_type{'_a' * report.endswith('crosstabs')}"
        found = warehouse.query(f"select distinct {column} from marts.{report}")
        assert {name for (name,) in found} == set(flags), report


def lines(*rows: str) -> str:
    return "".join(f"{row}\n" for row in rows)


ORDERS_HEADER = lines(ORDERS.splitlines()[0])
ORDER_PRODUCTS_HEADER = lines(ORDER_PRODUCTS_PRIOR.splitlines()[0])

# Customer 5 bought unknown products only, 6 ordered once before the train order, 7 has
# a train order alone, 8 lacks order number 2, and nobody knows what 9 ordered. Copies
# of rows don't count.
ODD_ORDERS = ORDERS + lines(
    "401,5,prior,1,5,03,",
    "501,6,prior,1,0,08,",
    "502,6,train,2,1,09,4.0",
    "601,7,train,1,2,10,",
    "701,8,prior,1,0,00,",
    "703,8,prior,3,1,23,30.0",
    "801,9,prior,1,6,08,",
    "801,9,prior,1,6,08,",
)
ODD_ORDER_PRODUCTS = ORDER_PRODUCTS_PRIOR + lines(
    *("401,998,1,0", "401,999,2,0", "501,10,1,0", "501,10,1,0", "501,16,2,0"),
    *("701,16,1,0", "701,15,2,0", "703,11,1,0"),
)
# Aisle 45 lies in two departments alike, nobody buys pets, and missing has no products.
ODD_PRODUCTS = PRODUCTS + lines(
    "14,Cat Food,41,8,2.0", "15,Toffee,45,19,1.5", "16,Fudge,45,4,2.5"
)
ODD_AISLES = AISLES + lines("41,cat food care", "45,candy chocolate", "100,missing")
ODD_LONG_DEPARTMENTS = LONG_DEPARTMENTS + lines("8,pets", "21,missing")
ODD_WIDE_DEPARTMENTS = lines(
    "department_id,4,5,8,19,21", "department,produce,alcohol,pets,snacks,missing"
)


def write(folder: Path, package: str, orders: str, order_products: str) -> Path:
    """The tiny package of a kind, with other orders."""
    raw = PACKAGES[package](folder)
    (raw / "orders.csv").write_text(orders)
    (prior,) = raw.glob("order*_products_*prior.csv")
    prior.write_text(order_products)
    return raw


def write_odd(folder: Path, package: str) -> Path:
    raw = write(folder, package, ODD_ORDERS, ODD_ORDER_PRODUCTS)
    if package == "careerfoundry":
        (raw / "products.csv").write_text(ODD_PRODUCTS)
        (raw / "departments.csv").write_text(ODD_WIDE_DEPARTMENTS)
    else:
        unpriced = [row.rpartition(",")[0] for row in ODD_PRODUCTS.splitlines()]
        (raw / "products.csv").write_text(lines(*unpriced))
        (raw / "departments.csv").write_text(ODD_LONG_DEPARTMENTS)
        (raw / "aisles.csv").write_text(ODD_AISLES)
    return raw


@pytest.mark.parametrize("package", PACKAGES)
def test_one_order_of_one_product_fills_every_report(
    warehouse: Warehouse, tmp_path: Path, package: str
) -> None:
    """With all data tests. No pairs, 23 quiet hours, two departments without sales."""
    raw = write(
        tmp_path / "raw",
        package,
        ORDERS_HEADER + lines("101,1,prior,1,3,08,", "106,1,train,2,4,09,7.0"),
        ORDER_PRODUCTS_HEADER + lines("101,7,1,0"),
    )
    build(warehouse, raw, *WITHOUT_UNIT_TESTS)
    check(warehouse.database, read_facts(raw, warehouse.database))

    price = Decimal("5.50") if package == "careerfoundry" else None
    assert warehouse.query(
        "select distinct customer_count, order_count, order_product_count, revenue,"
        " median_days_between_orders, reorder_rate from marts.rpt_customer_segments"
    ) == [(1, 1, 1, price, None, 0)]
    for report, rows in {
        **{"days_of_week": 7, "hours_of_day": 24, "day_hours": 168, "departments": 3},
        **{"products": 13, "department_hours": 3 * 24, "order_sequence": 1},
        **{"customer_segments": 19, "segment_departments": 19 * 3},
        **{"segment_hours": 19 * 24, "segment_crosstabs": 19 * 18},
        "segment_differences": 19 * 6,
        **{"product_pairs": 0, "department_pairs": 0},
    }.items():
        found = warehouse.query(f"select count(*) from marts.rpt_{report}")
        assert found == [(rows,)], report


def test_odd_orders_and_customers_count_for_what_they_are(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    """Orders without products count, and train orders don't. With data tests."""
    raw = write_odd(tmp_path / "raw", "careerfoundry")
    build(warehouse, raw, *ONLY_MARTS)
    run = warehouse.dbt(
        *("test", raw, "--select", *REPORT_FOLDERS, "--exclude", "test_type:unit")
    )
    assert run.succeeded, run.output
    check(warehouse.database, read_facts(raw, warehouse.database))
    # Customers 4 and 7 have no analysed order; 5, 6, 8 and 9 are not in customers.csv.
    assert warehouse.query(
        "select segment, customer_count, order_count, order_product_count"
        " from marts.rpt_customer_segments where segment_type = 'gender' order by 1"
    ) == [("Female", 2, 7, 19), ("Male", 1, 5, 11), ("Unknown", 4, 5, 5)]
    assert warehouse.query(
        "select customer_count, order_count, order_product_count, revenue,"
        " avg_order_total, avg_product_price, reorder_rate, median_days_between_orders"
        " from marts.rpt_customer_segments where segment = 'Unknown'"
        " and segment_type = 'spending_flag'"
    ) == [(2, 2, 0, 0, 0, None, None, None)]
    # Customer 8 has reached order 2 without any record of it.
    assert warehouse.query(
        "select order_number, customer_count, order_count"
        " from marts.rpt_order_sequence where order_number < 4 order by 1"
    ) == [(1, 7, 7), (2, 4, 3), (3, 3, 3)]


def test_reports_follow_the_analysed_eval_sets(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    raw = write_odd(tmp_path / "raw", "kaggle")
    sets = ["prior", "train"]
    variables = json.dumps({"analysed_eval_sets": sets})
    build(warehouse, raw, *ONLY_MARTS, "--vars", variables)
    facts = read_facts(raw, warehouse.database, sets)
    assert {7, 8} < set(facts.customers.index)
    check(warehouse.database, facts)


def test_orders_without_any_known_product_have_totals_of_zero(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    """The catalogue has prices: that nothing was sold is known, not unknown."""
    raw = write(
        tmp_path / "raw",
        "careerfoundry",
        ORDERS_HEADER + lines("101,1,prior,1,3,08,", "102,1,prior,2,3,08,7.0"),
        ORDER_PRODUCTS_HEADER + lines("101,998,1,0", "102,999,1,0"),
    )
    build(warehouse, raw, *ONLY_MARTS)
    check(warehouse.database, read_facts(raw, warehouse.database))


def test_a_share_of_orders_that_pairs_need_is_rounded_up_and_five_at_least(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    """A number from 1 on is taken as it is."""
    together = {(1, 2): 8, (1, 3): 7, (2, 3): 5, (3, 4): 4, (5, 6): 1}
    held = [pair for pair, number in together.items() for _ in range(number)]
    held += [(number % 8 + 6,) for number in range(100 - len(held))]
    orders = lines(
        *(
            f"{number + 1},{number % 4 + 1},prior,{number // 4 + 1},{number % 7},09,"
            + ("7.0" if number >= 4 else "")
            for number in range(100)
        )
    )
    order_products = lines(
        *(
            f"{number},{product},{position},0"
            for number, basket in enumerate(held, 1)
            for position, product in enumerate(basket, 1)
        )
    )
    raw = write(
        tmp_path / "raw",
        "careerfoundry",
        ORDERS_HEADER + orders,
        ORDER_PRODUCTS_HEADER + order_products,
    )
    core, baskets = "+path:models/marts/core", "path:models/marts/baskets"
    build(warehouse, raw, "--select", core, f"+{baskets}", *NO_TESTS)
    facts = read_facts(raw, warehouse.database)
    assert len(facts.orders) == 100
    check(warehouse.database, facts, PAIR_REPORTS)
    # As a float, 0.07 * 100 is above 7.
    for minimum, least in ((0.07, 7), (0.0701, 8), (1, 1)):
        rerun(warehouse, raw, baskets, {"min_pair_orders": minimum})
        facts.least_pair_orders = least
        check(warehouse.database, facts, PAIR_REPORTS)
        expected = sum(number >= least for number in together.values())
        found = warehouse.query("select count(*) from marts.rpt_product_pairs")
        assert found == [(expected,)], minimum


def test_no_report_but_that_of_pairs_reads_the_order_products(
    warehouse: Warehouse,
) -> None:
    assert warehouse.manifest is not None
    readers = {
        key.rpartition(".")[2]
        for name in ("marts.fct_order_products", "intermediate.int_order_products")
        for parent, node in warehouse.manifest.nodes.items()
        if f"{node.schema}.{node.name}".startswith(name)
        for key in warehouse.manifest.child_map[parent]
        if ".rpt_" in key and key.startswith("model.")
    }
    assert readers == {"rpt_product_pairs"}


@pytest.mark.parametrize(
    ("model", "variables", "found"),
    [
        ("rpt_product_pairs", "{min_pair_orders: abc}", "abc"),
        ("rpt_product_pairs", "{min_pair_orders: 0}", "0"),
        ("rpt_product_pairs", "{min_pair_orders: -0.5}", "-0.5"),
        ("rpt_product_pairs", "{min_pair_orders: 2.5}", "2.5"),
        ("rpt_product_pairs", "{min_pair_orders: true}", "True"),
        ("int_orders", "{analysed_eval_sets: prior}", "prior"),
        ("int_orders", "{analysed_eval_sets: []}", "[]"),
        ("int_orders", "{analysed_eval_sets: [trian]}", "['trian']"),
        (
            "published_figures_check",
            "{force_published_figures_check: 'no'}",
            "no",
        ),
        ("rpt_segment_differences", "{min_named_share: 2}", "2"),
        ("rpt_segment_differences", "{min_named_share: 1%}", "1%"),
        ("rpt_segment_differences", "{min_adjusted_r_squared: -0.1}", "-0.1"),
        ("rpt_segment_differences", "{min_adjusted_r_squared: true}", "True"),
        ("rpt_segment_differences", "{segment_types: 5}", "5"),
        ("conditions_in_force", "{min_adjusted_r_squared: []}", "[]"),
        ("int_segment_combinations", "{segment_types: [income]}", "['income']"),
        ("int_combination_segments", "{segment_types: 5}", "5"),
        ("int_customer_segment_combinations", "{segment_types: []}", "[]"),
        ("int_segment_combinations", "{segment_types: [gendre]}", "['gendre']"),
        ("int_segment_combinations", "{segment_types: gender}", "gender"),
        (
            "int_combination_segments",
            "{segment_types: [gender, gender]}",
            "['gender', 'gender']",
        ),
    ],
)
def test_a_var_that_makes_no_report_is_refused_in_a_sentence(
    warehouse: Warehouse, session_dir: Path, model: str, variables: str, found: str
) -> None:
    name = variables.strip("{").split(":")[0]
    run = warehouse.dbt(
        "compile",
        session_dir,
        *("--select", model, "--no-introspect", "--no-populate-cache"),
        *("--vars", variables),
    )
    assert not run.succeeded
    said = f"{run.output} {run.error}"
    assert f"dbt_project.yml: expected {name} to " in said
    assert f", found {found}; " in said
    assert "Traceback" not in said


def test_equal_averages_are_equal_whatever_they_are_quotients_of(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    """As floats, 8.40 / 3 is above 2.80 / 1; no hour or aisle here is above another."""
    baskets = [6, 6, 6, 1, 10, 10]
    raw = write(
        tmp_path / "raw",
        "careerfoundry",
        ORDERS_HEADER + lines(*(f"{n},{n},prior,1,0,{n}," for n in range(1, 7))),
        ORDER_PRODUCTS_HEADER
        + lines(*(f"{n},{product},1,0" for n, product in enumerate(baskets, 1))),
    )
    head, *rows = PRODUCTS.splitlines()
    same = [f"{row.rpartition(',')[0]},2.8" for row in rows]
    (raw / "products.csv").write_text(lines(head, *same))
    reports = ["rpt_days_of_week", "rpt_hours_of_day", "rpt_departments", "rpt_aisles"]
    needed = ["+path:models/marts/core", *(f"+{report}" for report in reports)]
    build(warehouse, raw, "--select", *needed, *NO_TESTS)
    facts = read_facts(raw, warehouse.database)
    check(warehouse.database, facts, {name: REPORTS[name] for name in reports})


@needs_samples
@pytest.mark.parametrize("package", PACKAGES)
def test_reports_of_the_real_samples_agree(warehouse: Warehouse, package: str) -> None:
    raw = SAMPLES / f"{package}-sample"
    build(warehouse, raw, *ONLY_MARTS)
    check(warehouse.database, read_facts(raw, warehouse.database))
    # Counted in the files without pandas or SQL.
    assert warehouse.query(
        "select list(order_count order by day_of_week), sum(order_product_count)"
        " from marts.rpt_days_of_week"
    ) == [([127, 200, 137, 123, 102, 141, 106], 8538)]
    assert warehouse.query(
        "select order_count from marts.rpt_hours_of_day where hour_of_day = 10"
    ) == [(104,)]
    assert warehouse.query(
        "select customer_count, retention_rate from marts.rpt_order_sequence"
        " where order_number = 3"
    ) == [(64, 1)]
    # Bananas and avocados.
    assert warehouse.query(
        "select order_count_a, order_count_b, order_count,"
        " abs(lift - 7 * 936 / (101 * 56)) < 1e-9 from marts.rpt_product_pairs"
        " where product_id_a = 24852 and product_id_b = 47209"
    ) == [(101, 56, 7, True)]
