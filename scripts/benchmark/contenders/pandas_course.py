"""The course's steps in pandas, in the order and the form in which it teaches them.

    python scripts/benchmark/contenders/pandas_course.py --raw DIR --out DIR

What a good student of the course hands in: whole files with pandas' own types, joined
to one wide table of a row per analysed order product, on which every flag is derived,
without a loop over rows. The wide table is written as ``orders_products_all.pkl``;
aggregates and answers are CSV files. Prices are dollars.

Labels and texts that repeat are categories, or with ``--labels strings`` pandas 3's
``str`` (which without pyarrow holds Python's strings, a pointer per row), as
``df.loc[mask, "flag"] = "label"`` gives them.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from course import (
    CUSTOMER_ANSWERS,
    NO_ORDERS,
    RULES,
    SEEDS,
    UNKNOWN,
    Package,
    conditions_of,
    find_package,
    labels_of,
    run,
)
from pandas_steps import Steps

# Flags of what a customer did, and the columns of their measures.
HABIT_FLAGS = {
    "loyalty_flag": "max_order",
    "spending_flag": "mean_price",
    "order_frequency_flag": "median_days",
    "activity_flag": "max_order",
}
DEMOGRAPHIC_FLAGS = (
    "region",
    "age_group",
    "income_group",
    "family_size",
    "customer_profile",
)
TEXTS = ("Gender", "STATE", "date_joined", "fam_status")


class Notebook(Steps):
    """The notebooks of the course; ``text`` is category or str."""

    def __init__(self, package: Package, out: Path, text: str) -> None:
        super().__init__(package, out)
        self.text = text
        self.merges: list[dict[str, Any]] = []

    def run(self) -> str:
        """Do all steps; return in words what was made."""
        departments = self.departments()
        products = self.catalogue(departments)
        orders = self.orders()
        people = orders.drop_duplicates("user_id")[
            ["user_id", "max_order", "median_days"]
        ]
        orders = orders[orders["is_analysed"]].drop(columns="is_analysed")
        wide = self.combined(orders, products)
        self.flag_rows(wide, orders)
        prices = wide.groupby("user_id")["prices"].transform("mean")
        # Means of fractions are off in the last digits, which a bound would notice.
        wide["mean_price"] = prices.round(8)
        del prices
        self.flag_habits(wide)
        if self.package.customers:
            customers = self.customers()
            wide = self.merged(wide, customers, "user_id", "left", "many_to_one")
            people = people.merge(customers, how="outer", on="user_id")
            del customers
        quartiles = self.income_quartiles(people)
        self.flag_demographics(wide, quartiles)
        self.answer_customers(wide, people, quartiles)
        self.aggregate(wide, departments, products, orders)
        self.write(pd.DataFrame(self.checks), "consistency_checks")
        self.write(pd.DataFrame(self.merges), "merges")
        wide.to_pickle(self.out / "orders_products_all.pkl")
        return f"{len(wide):,} order products of {len(people):,} customers"

    # --- files, checked, and joined -----------------------------------------------

    def orders(self) -> pd.DataFrame:
        """Read orders of all eval sets, with two measures of their customer.

        They count analysed orders, each once: over the wide table's rows large baskets
        would weigh more, and an order of unknown products would be left out.
        """
        frame = self.without_copies(self.read(self.package.orders), "orders")
        frame = frame.rename(columns={"order_dow": "orders_day_of_week"})
        frame["is_analysed"] = frame["eval_set"].isin(RULES["analysed_eval_sets"])
        # A first order has no prior one.
        frame["days_since_prior_order"] = frame["days_since_prior_order"].where(
            frame["order_number"] > 1
        )
        analysed = frame[frame["is_analysed"]].groupby("user_id")
        frame["max_order"] = frame["user_id"].map(analysed["order_number"].max())
        frame["median_days"] = frame["user_id"].map(
            analysed["days_since_prior_order"].median()
        )
        return frame.drop(columns="eval_set")

    def combined(self, orders: pd.DataFrame, products: pd.DataFrame) -> pd.DataFrame:
        """Return orders with what was bought in each, and the products' columns."""
        order_products = self.read_order_products()
        order_products = self.without_copies(order_products, "order_products")
        wide = self.merged(orders, order_products, "order_id", "inner", "one_to_many")
        del order_products
        return self.merged(wide, products, "product_id", "inner", "many_to_one")

    def customers(self) -> pd.DataFrame:
        """Read customers without their names, states spelt as in the seed."""
        frame = self.without_copies(self.read(self.package.customers), "customers")
        frame = frame.drop(columns=["First Name", "Surnam"], errors="ignore")
        states = pd.read_csv(SEEDS / "state_regions.csv")["state"]
        spelt = states.set_axis(states.str.lower())
        frame["STATE"] = frame["STATE"].str.lower().map(spelt)
        return frame.astype({name: self.text for name in TEXTS if name in frame})

    def merged(
        self,
        left: pd.DataFrame,
        right: pd.DataFrame,
        key: str,
        how: str,
        validate: str,
    ) -> pd.DataFrame:
        """Merge two frames; note how many rows stood in which, before and after.

        Raises MergeError where a key that validate wants once is there twice.
        """
        frame = left.merge(
            right, how=how, on=key, validate=validate, indicator="exists"
        )
        rows = {"key": key, "left_rows": len(left), "right_rows": len(right)}
        self.merges.append(rows | frame["exists"].value_counts().to_dict())
        return frame.drop(columns="exists")

    # --- flags --------------------------------------------------------------------

    def filled(self, frame: pd.DataFrame, label: str, labels: list[str]) -> pd.Series:
        """Return a column that reads one label, and may be given others."""
        kind = pd.CategoricalDtype(labels) if self.text == "category" else self.text
        return pd.Series(label, index=frame.index, dtype=kind)

    def label(
        self, frame: pd.DataFrame, flag: str, measure: pd.Series, **bounds: float
    ) -> None:
        """Add a flag that labels a measure by its rules: Unknown where it is null."""
        conditions, rest = conditions_of(flag, **bounds)
        frame[flag] = self.filled(frame, rest, labels_of(flag))
        # The first condition that holds wins, so it is written last.
        for name, holds in reversed(conditions.items()):
            frame.loc[holds(measure), flag] = name
        frame.loc[measure.isna(), flag] = UNKNOWN

    def flag_rows(self, wide: pd.DataFrame, orders: pd.DataFrame) -> None:
        """Add price range and the labels of weekday and hour, by their rank."""
        self.label(wide, "price_range", wide["prices"])
        for column, seed, flags in (
            ("orders_day_of_week", "days_of_week", ("busiest_day", "busiest_days")),
            ("order_hour_of_day", "hours_of_day", ("busiest_period_of_day",)),
        ):
            ranks = wide[column].map(self.slot_ranks(orders[column], seed))
            for flag in flags:
                self.label(wide, flag, ranks)

    def flag_habits(self, frame: pd.DataFrame) -> None:
        """Add what orders say of a customer, to rows with the three measures."""
        for flag, measure in HABIT_FLAGS.items():
            self.label(frame, flag, frame[measure])

    def income_quartiles(self, people: pd.DataFrame) -> dict[str, float]:
        """Return both quartiles of active customers, each counted once.

        Empty where there are no such incomes.
        """
        if "income" not in people:
            return {}
        self.label(people, "activity_flag", people["max_order"])
        is_active = people["activity_flag"] == RULES["high_activity_label"]
        incomes = people.loc[is_active & people["max_order"].notna(), "income"].dropna()
        if incomes.empty:
            return {}
        first, third = incomes.quantile([0.25, 0.75])
        return {"first_quartile": first, "third_quartile": third}

    def flag_demographics(
        self, frame: pd.DataFrame, quartiles: dict[str, float]
    ) -> None:
        """Add region, age and income group, family size and profile of a customer."""
        if not self.package.customers:
            for flag in DEMOGRAPHIC_FLAGS:
                frame[flag] = self.filled(frame, UNKNOWN, [UNKNOWN])
            return
        regions = pd.read_csv(SEEDS / "state_regions.csv").groupby("region")["state"]
        frame["region"] = self.filled(frame, UNKNOWN, [*regions.groups, UNKNOWN])
        for region, states in regions:
            frame.loc[frame["STATE"].isin(states), "region"] = region
        self.label(frame, "age_group", frame["Age"])
        self.label(frame, "family_size", frame["n_dependants"])
        if quartiles:
            self.label(frame, "income_group", frame["income"], **quartiles)
        else:
            labels = labels_of("income_group")
            frame["income_group"] = self.filled(frame, UNKNOWN, labels)
        self.profile(frame)

    def profile(self, frame: pd.DataFrame) -> None:
        """Add the profile: every age group, parent or not, and income group."""
        ages, incomes = (
            {name: frame[flag] == name for name, _ in RULES[flag]}
            for flag in ("age_group", "income_group")
        )
        dependants = frame["n_dependants"]
        kinds = {"parent": dependants > 0, "non-parent": dependants <= 0}
        profiles = {
            f"{age} {kind}, {income.lower()}": (age, kind, income)
            for age, kind, income in itertools.product(ages, kinds, incomes)
        }
        frame["customer_profile"] = self.filled(frame, UNKNOWN, [*profiles, UNKNOWN])
        for profile, (age, kind, income) in profiles.items():
            is_it = ages[age] & kinds[kind] & incomes[income]
            frame.loc[is_it, "customer_profile"] = profile

    def answer_customers(
        self, wide: pd.DataFrame, people: pd.DataFrame, quartiles: dict[str, float]
    ) -> None:
        """Write the flags of all customers, also of those without order products."""
        columns = ["user_id", *CUSTOMER_ANSWERS[1:]]
        found = wide.drop_duplicates("user_id")[columns]
        others = people[~people["user_id"].isin(found["user_id"])].copy()
        others["mean_price"] = np.nan
        self.flag_habits(others)
        self.flag_demographics(others, quartiles)
        for flag in HABIT_FLAGS:
            others.loc[others["max_order"].isna(), flag] = NO_ORDERS
        answers = pd.concat([found, others[columns]]).sort_values("user_id")
        answers = answers.rename(columns={"user_id": "customer_id"})
        self.write(answers, "answers_customers")


def contend(args: argparse.Namespace) -> str:
    """Run the notebooks on a raw folder; return in words what they made."""
    text = "category" if args.labels == "categories" else "str"
    return Notebook(find_package(args.raw), args.out, text).run()


if __name__ == "__main__":
    sys.exit(
        run(
            contend,
            "The course's steps in pandas.",
            labels={
                "choices": ["categories", "strings"],
                "default": "categories",
                "help": "how labels and repeated texts are kept (default categories)",
            },
        )
    )
