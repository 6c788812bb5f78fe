"""What raw files say, as far as reports count it: read again by the spec in pandas.

Of the warehouse come names, groups, the list of aisles, prices and price ranges of
products, and the flags of customers: these have tests of their own.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from support.project import VARS

HOURS = range(24)
MEASURES = ["customer_count", "order_count", "order_product_count"]
# What customers are, whatever the segment types.
PEOPLE = ["age", "income", "income_group", "region", "state"]
SEGMENT_TYPES: list[str] = VARS["segment_types"]
# Ids that two products have: the wrong id, the aisle of the one that has it, its own.
MISNUMBERED = [(6800, 64, 6799), (26520, 80, 26519)]


@dataclass
class Facts:
    """What the raw files say, as far as reports count it.

    Customers by flag, and people by what they are, are those with an analysed order;
    placed orders are of all eval sets.
    """

    orders: pd.DataFrame
    placed_orders: pd.DataFrame
    items: pd.DataFrame
    products: pd.DataFrame
    departments: pd.DataFrame
    aisles: pd.DataFrame
    customers: pd.DataFrame
    people: pd.DataFrame
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
    orders = read_orders(raw, eval_sets)
    products, is_priced = read_products(raw, dim_products)
    lines = pd.concat(pd.read_csv(path) for path in raw.glob("order*_products_*.csv"))
    items = lines.drop_duplicates().merge(orders).merge(products).assign(rows=1)
    departments = with_unlisted(read_departments(raw), products).join(
        dim_departments.set_index("department").department_group, on="department"
    )
    customers = segments_of(dim_customers, list(segment_types))
    people = dim_customers.set_index("customer_id")[PEOPLE]
    counted = sorted(orders.customer_id.unique())
    medians = orders.groupby("customer_id").days_since_prior_order.median()
    return Facts(
        orders,
        read_orders(raw, ("prior", "train", "test")),
        items,
        products,
        departments,
        dim_aisles.set_index("aisle_id")[["aisle", "department_id"]],
        customers.loc[counted].assign(median_days=medians),
        people.loc[counted, PEOPLE],
        is_priced,
    )


def read_orders(raw: Path, eval_sets: Iterable[str]) -> pd.DataFrame:
    orders = pd.read_csv(raw / "orders.csv").drop_duplicates()
    return orders[orders.eval_set.isin(list(eval_sets))].rename(
        columns={
            "user_id": "customer_id",
            "order_dow": "day_of_week",
            "orders_day_of_week": "day_of_week",
            "order_hour_of_day": "hour_of_day",
        }
    )


def read_products(raw: Path, dim_products: pd.DataFrame) -> tuple[pd.DataFrame, bool]:
    """The products with their prices in cents, and whether any has a price."""
    products = pd.read_csv(raw / "products.csv").drop_duplicates()
    is_priced = "prices" in products
    for wrong, aisle, right in MISNUMBERED:
        is_wrong = (products.product_id == wrong) & (products.aisle_id == aisle)
        products.loc[is_wrong, "product_id"] = right
    products = products[["product_id", "aisle_id", "department_id"]].merge(
        dim_products[["product_id", "product_name", "price", "price_range"]],
        validate="1:1",
    )
    products["cents"] = (products.price.astype(float) * 100).round().fillna(0)
    return products, is_priced


def read_departments(raw: Path) -> pd.DataFrame:
    """Names by id, of a long file or a wide one."""
    with (raw / "departments.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    is_long = rows[0][1] == "department"
    listed = rows[1:] if is_long else list(zip(*rows, strict=True))[1:]
    return pd.DataFrame(
        {"department": [name for _, name in listed]},
        index=pd.Index([int(number) for number, _ in listed], name="department_id"),
    )


def with_unlisted(departments: pd.DataFrame, products: pd.DataFrame) -> pd.DataFrame:
    """Departments and those that only products name."""
    ids = sorted(set(products.department_id) - set(departments.index))
    unlisted = pd.DataFrame(
        {"department": [f"Unknown department {number}" for number in ids]},
        index=pd.Index(ids, name="department_id"),
    )
    return pd.concat([departments, unlisted])


def segments_of(dim_customers: pd.DataFrame, flags: list[str]) -> pd.DataFrame:
    """The segment of each customer by flag, as text."""
    customers = dim_customers.set_index("customer_id")[flags]
    for flag in customers:
        if is_truth(customers[flag]):
            yes, no = VARS["segment_labels"].get(flag, ["Yes", "No"])
            customers[flag] = customers[flag].map({True: yes, False: no})
    return customers.astype("string").fillna("Unknown").astype(object)


def is_truth(column: pd.Series) -> bool:
    """Whether a column holds true, false or nothing."""
    return all(isinstance(value, bool | np.bool_) for value in column.dropna().unique())


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


def add_money(found: pd.DataFrame, facts: Facts) -> None:
    """Revenue and averages of what is counted."""
    found["revenue"] = facts.dollars(found.cents)
    found["avg_order_total"] = found.revenue / found.order_count
    found["avg_product_price"] = found.revenue / found.order_product_count


def filled(frame: pd.DataFrame, index: pd.Index) -> pd.DataFrame:
    """All rows of an index, with 0 for those without sales."""
    return frame.reindex(index).fillna(0)


def grid(*levels: tuple[str, Iterable[int]]) -> pd.MultiIndex:
    return pd.MultiIndex.from_product(
        [list(values) for _, values in levels], names=[name for name, _ in levels]
    )


def rank(values: Iterable[Any], ids: Iterable[Any]) -> list[int | None]:
    """1 for the highest value, the lower id first on ties; none without a value."""
    known = [(v, i) for v, i in zip(values, ids, strict=True) if v is not None]
    known.sort(key=lambda pair: (-pair[0], pair[1]))
    ranks = {i: number for number, (_, i) in enumerate(known, 1)}
    return [ranks.get(i) for i in ids]


def band(values: Iterable[float], *bounds: tuple[float, str]) -> list[str]:
    """The label of the first upper bound that holds."""
    return [next(label for bound, label in bounds if v <= bound) for v in values]


# Floats that should be equal are no further apart, nor are any others so close.
EQUAL = 1e-10


def at_least(values: pd.Series, bounds: float | pd.Series) -> pd.Series:
    return values >= bounds - EQUAL


def is_beyond_chance(differences: pd.Series, errors: pd.Series) -> pd.Series:
    return differences > VARS["favoured_by_standard_errors"] * errors + EQUAL


def verdicts(
    differences: pd.Series,
    errors: pd.Series,
    smallest: float | pd.Series,
    customers: pd.Series,
) -> list[str]:
    """Whether there is a difference, none, or too few customers; 0 is no error."""
    labels = VARS["difference_verdict"]
    errors = errors.where(errors > 0).astype(float)
    is_known = has_enough_customers(customers) & errors.notna()
    sizes = differences.abs()
    differ = is_known & at_least(sizes, smallest) & is_beyond_chance(sizes, errors)
    same = is_known & at_least(-detectable(errors), -smallest)
    return [
        labels["differs" if one else "same" if other else "too_few"]
        for one, other in zip(differ, same, strict=True)
    ]


def share_errors(parts: pd.DataFrame, everybody: pd.DataFrame) -> pd.Series:
    """Of shares of what customers did (a row each, a column per part), by how far they
    deviate from these, or everybody from the shares of all, if that is more."""

    def squares(rows: pd.DataFrame) -> pd.Series:
        everything = rows.sum(axis=1)
        shares = rows.sum() / everything.sum()
        return ((rows - np.outer(everything, shares)) ** 2).sum()

    count, total = parts.to_numpy().sum(), everybody.to_numpy().sum()
    return np.sqrt(
        np.maximum(squares(parts) / count**2, squares(everybody) / count / total)
    )


def detectable(errors: pd.Series) -> pd.Series:
    """The smallest difference that would have been beyond chance; none of rounding."""
    return VARS["favoured_by_standard_errors"] * errors.where(errors > EQUAL)


def ratio_errors(parts: pd.DataFrame, key: str, above: str, below: str) -> pd.Series:
    """Of a quotient of sums over the customers of a group, by their deviations."""
    errors = {}
    for value, group in parts.groupby(key):
        quotient = group[above].sum() / group[below].sum() if group[below].sum() else 0
        deviations = group[above] - quotient * group[below]
        total = group[below].sum()
        errors[value] = (deviations**2).sum() ** 0.5 / total if total else np.nan
    return pd.Series(errors)


def has_enough_customers(counts: pd.Series) -> pd.Series:
    return counts >= VARS["favoured_by_customers"]


def is_large_part(counts: pd.Series, total: int) -> pd.Series:
    # As a float, 0.01 * 700 is above 7.
    least = ceil(Fraction(str(VARS["min_named_share"])) * int(total))
    return counts >= max(least, 1)
