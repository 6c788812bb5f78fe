"""The course's tables in pandas, tuned by an expert.

    python scripts/benchmark/contenders/pandas_tuned.py --raw DIR --out DIR

The least that pandas needs for what the course computes: small types, texts as
categories, measures and flags per customer or product before they are joined. The wide
table has one row per analysed order product and is written as
``orders_products_all.pkl``; aggregates and answers are CSV files. Prices are whole
cents.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np
import pandas as pd
from course import (
    CUSTOMER_ANSWERS,
    CUSTOMER_FLAGS,
    NO_ORDERS,
    RULES,
    SEEDS,
    UNKNOWN,
    conditions_of,
    find_package,
    labels_of,
    run,
)
from instacart.errors import UserError
from pandas_steps import Steps

# Nullable, as an order may have a customer that customers.csv lacks. First and last
# names are personal data and are not read.
TYPES = {
    "order_id": "int32",
    "product_id": "int32",
    "add_to_cart_order": "int16",
    "reordered": "int8",
    "user_id": "int32",
    "eval_set": "category",
    "order_number": "int8",
    "order_dow": "int8",
    "order_hour_of_day": "int8",
    "days_since_prior_order": "float32",
    "product_name": "str",
    "aisle_id": "int16",
    "aisle": "str",
    "department_id": "int8",
    "prices": "float64",
    "Gender": "category",
    "STATE": "category",
    "Age": "Int8",
    "date_joined": "category",
    "n_dependants": "Int8",
    "fam_status": "category",
    "income": "Int32",
}


class Notebook(Steps):
    """The steps, each on the smallest frame that holds what it needs."""

    types = TYPES
    price = ("price_cents", 100)

    def run(self) -> str:
        """Do all steps; return in words what was made."""
        departments = self.departments()
        products = self.products(departments)
        orders = self.orders()
        wide = self.order_products().merge(
            products, on="product_id", validate="many_to_one"
        )
        customers = self.customers(orders, self.spend(wide, orders))
        self.write(customers[CUSTOMER_ANSWERS], "answers_customers")
        analysed = orders.query("is_analysed").drop(columns="is_analysed")
        analysed = self.busy_labels(analysed).merge(
            customers.rename(columns={"customer_id": "user_id"}), on="user_id"
        )
        analysed["max_order_number"] = analysed["max_order_number"].astype("int8")
        wide = wide.merge(analysed, on="order_id", validate="many_to_one")
        self.aggregate(wide, departments, products, analysed)
        self.write(pd.DataFrame(self.checks), "consistency_checks")
        wide.to_pickle(self.out / "orders_products_all.pkl")
        return f"{len(wide):,} order products of {len(customers):,} customers"

    # --- files, checked -----------------------------------------------------------

    def order_products(self) -> pd.DataFrame:
        """Read all order products, of all eval sets, full duplicates removed."""
        frame = self.read_order_products()
        # Both ids as one number, sorted, are compared in a fraction of the time.
        keys = np.sort(frame["order_id"].astype("int64") * 2**32 + frame["product_id"])
        if (keys[1:] == keys[:-1]).any():
            return self.without_copies(frame, "order_products")
        self.check(frame, "order_products", 0)
        return frame

    def orders(self) -> pd.DataFrame:
        """Read orders of all eval sets; only those of analysed ones count."""
        frame = self.without_copies(self.read(self.package.orders), "orders")
        frame = frame.rename(columns={"order_dow": "orders_day_of_week"})
        frame["is_analysed"] = frame["eval_set"].isin(RULES["analysed_eval_sets"])
        # A first order has no prior one.
        frame["days_since_prior_order"] = frame["days_since_prior_order"].where(
            frame["order_number"] > 1
        )
        return frame.drop(columns="eval_set")

    def products(self, departments: pd.DataFrame) -> pd.DataFrame:
        """Read the repaired catalogue with price ranges.

        ``price_cents`` is there if the package has prices.
        """
        frame = self.catalogue(departments)
        frame["price_range"] = self.label(frame["prices"], "price_range")
        if self.has_prices:
            frame["price_cents"] = (frame["prices"] * 100).round().astype("int32")
        return frame.drop(columns="prices")

    # --- flags --------------------------------------------------------------------

    def label(
        self,
        measure: pd.Series,
        flag: str,
        has_orders: pd.Series | None = None,
        **bounds: float,
    ) -> pd.Series:
        """Label a measure by a flag's rules: Unknown where it is null."""
        measure = measure.astype("float64")
        conditions, rest = conditions_of(flag, **bounds)
        found = {UNKNOWN: measure.isna()}
        found |= {name: holds(measure) for name, holds in conditions.items()}
        if has_orders is not None:
            found = {NO_ORDERS: ~has_orders} | found
        labels = labels_of(flag)
        codes = np.select(
            list(found.values()), list(map(labels.index, found)), labels.index(rest)
        )
        return pd.Series(pd.Categorical.from_codes(codes, labels), measure.index)

    def busy_labels(self, orders: pd.DataFrame) -> pd.DataFrame:
        """Add the labels of an order's weekday and hour, by their rank in orders."""
        for column, seed, flags in (
            ("orders_day_of_week", "days_of_week", ("busiest_day", "busiest_days")),
            ("order_hour_of_day", "hours_of_day", ("busiest_period_of_day",)),
        ):
            ranks = self.slot_ranks(orders[column], seed)
            for flag in flags:
                orders[flag] = orders[column].map(self.label(ranks, flag))
        return orders

    def spend(self, wide: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame | None:
        """Return cents and number of the order products of each analysed order."""
        if not self.has_prices:
            return None
        spend = wide.groupby("order_id")["price_cents"].agg(["sum", "count"])
        return orders.query("is_analysed")[["order_id", "user_id"]].join(
            spend, on="order_id", how="inner"
        )

    def customers(
        self, orders: pd.DataFrame, spend: pd.DataFrame | None
    ) -> pd.DataFrame:
        """Return all customers of either file, by id, with measures and flags."""
        ids = pd.Index(orders["user_id"].unique())
        demographics = None
        if self.package.customers:
            demographics = self.read(self.package.customers)
            demographics = self.without_copies(demographics, "customers")
            demographics = demographics.set_index("user_id")
            if not demographics.index.is_unique:
                raise UserError(
                    "each user_id once",
                    "one more often",
                    "remove the others",
                    where="customers.csv",
                )
            ids = ids.union(demographics.index)
        frame = pd.DataFrame(index=ids.sort_values().rename("customer_id"))
        by_customer = orders.query("is_analysed").groupby("user_id")
        frame["max_order_number"] = by_customer["order_number"].max()
        frame["median_days_between_orders"] = by_customer[
            "days_since_prior_order"
        ].median()
        if spend is not None:
            sums = spend.groupby("user_id")[["sum", "count"]].sum()
            price = sums["sum"] / sums["count"] / 100
            frame["avg_product_price"] = price
        has_orders = frame["max_order_number"].notna()
        for flag, measure in (
            ("loyalty_flag", "max_order_number"),
            ("activity_flag", "max_order_number"),
            ("spending_flag", "avg_product_price"),
            ("order_frequency_flag", "median_days_between_orders"),
        ):
            values = frame.get(measure, pd.Series(np.nan, index=frame.index))
            frame[flag] = self.label(values, flag, has_orders)
        frame = frame.astype(
            {
                name: "float32"
                for name in ("avg_product_price", "median_days_between_orders")
                if name in frame
            }
        )
        if demographics is not None:
            return self.profiles(frame.join(demographics)).reset_index()
        for flag in CUSTOMER_FLAGS:
            if flag not in frame:
                frame[flag] = pd.Series(UNKNOWN, index=frame.index, dtype=self.text)
        return frame.reset_index()

    def profiles(self, customers: pd.DataFrame) -> pd.DataFrame:
        """Add what demographics say: region, age and income group, family, profile."""
        regions = pd.read_csv(SEEDS / "state_regions.csv")
        regions = regions.set_index(regions["state"].str.lower())["region"]
        states = customers["STATE"].astype("str").str.lower()
        customers["region"] = states.map(regions).fillna(UNKNOWN).astype(self.text)
        customers["age_group"] = self.label(customers["Age"], "age_group")
        customers["family_size"] = self.label(customers["n_dependants"], "family_size")
        income = customers["income"].astype("float64")
        active = income[customers["activity_flag"] == RULES["high_activity_label"]]
        first, third = active.quantile([0.25, 0.75])
        customers["income_group"] = self.label(
            # Without active customers there are no quartiles.
            income if len(active.dropna()) else income * np.nan,
            "income_group",
            first_quartile=first,
            third_quartile=third,
        )
        ages = customers["age_group"].astype("str")
        incomes = customers["income_group"].astype("str")
        is_known = customers["n_dependants"].notna() & (ages != UNKNOWN)
        kinds = np.where(
            customers["n_dependants"].fillna(0) > 0, " parent, ", " non-parent, "
        )
        customers["customer_profile"] = (
            (ages + kinds + incomes.str.lower())
            .where(is_known & (incomes != UNKNOWN), UNKNOWN)
            .astype(self.text)
        )
        return customers


def contend(args: argparse.Namespace) -> str:
    """Run the steps on a raw folder; return in words what they made."""
    return Notebook(find_package(args.raw), args.out).run()


if __name__ == "__main__":
    sys.exit(run(contend, "The course's tables in pandas, tuned by an expert."))
