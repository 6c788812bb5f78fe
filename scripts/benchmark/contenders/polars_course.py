"""The course's steps in Polars: one wide table, its flags, aggregates and exports.

    python scripts/benchmark/contenders/polars_course.py --raw DIR --out DIR

What an analyst would write in place of the warehouse: lazy frames, run by the streaming
engine. The wide table has one row per analysed order product; it is never held whole
and is written as ``orders_products_all.parquet``. Aggregates and answers are CSV files.
Prices are whole cents.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import polars as pl
import polars.selectors as cs
from course import (
    CUSTOMER_ANSWERS,
    CUSTOMER_FLAGS,
    NO_ORDERS,
    ROW_FLAGS,
    RULES,
    SEEDS,
    SEGMENTS,
    TOP_PRODUCTS,
    UNKNOWN,
    Package,
    conditions_of,
    find_package,
    labels_of,
    run,
)
from instacart.errors import UserError, one_line

ORDER_PRODUCT_TYPES = {
    "order_id": pl.Int32,
    "product_id": pl.Int32,
    "add_to_cart_order": pl.Int16,
    "reordered": pl.Int8,
}
ORDER_TYPES = {
    "order_id": pl.Int32,
    "user_id": pl.Int32,
    "eval_set": pl.Categorical,
    "order_number": pl.Int8,
    "order_dow": pl.Int8,
    "order_hour_of_day": pl.Int8,
    "days_since_prior_order": pl.Float32,
}
PRODUCT_TYPES = {
    "product_id": pl.Int32,
    "product_name": pl.String,
    "aisle_id": pl.Int16,
    "department_id": pl.Int8,
    "prices": pl.Float64,
}
# First and last names are personal data and are not read.
CUSTOMER_TYPES = {
    "user_id": pl.Int32,
    "Gender": pl.Categorical,
    "STATE": pl.Categorical,
    "Age": pl.Int8,
    "date_joined": pl.Categorical,
    "n_dependants": pl.Int8,
    "fam_status": pl.Categorical,
    "income": pl.Int32,
}


def once(frame: pl.DataFrame, key: str) -> pl.LazyFrame:
    """Return a frame to join on a key; raise UserError where it would fan out."""
    if frame[key].is_duplicated().any():
        raise UserError(f"one row for each {key}", "more", "remove the others")
    return frame.lazy()


class Pipeline:
    """The steps of the course as lazy frames."""

    def __init__(self, package: Package, out: Path) -> None:
        self.package = package
        self.out = out
        self.checks: list[pl.DataFrame] = []

    def run(self) -> str:
        """Do all steps; return in words what was made."""
        departments = self.departments()
        products = self.products(departments)
        orders = self.orders()
        order_products = self.order_products()
        spend = None
        if "price_cents" in products.columns:
            spend = self.spend(order_products, products, orders)
        customers = self.customers(orders, spend)
        self.write(customers.select(CUSTOMER_ANSWERS), "answers_customers")
        labelled = self.busy_labels(orders.filter("is_analysed").drop("is_analysed"))
        analysed = labelled.join(
            customers.lazy().rename({"customer_id": "user_id"}), on="user_id"
        ).collect(engine="streaming")
        wide = (
            order_products.lazy()
            .join(once(products, "product_id"), on="product_id")
            .join(once(analysed, "order_id"), on="order_id")
        )
        row_count = self.aggregate(wide, departments, products, analysed)
        self.write(pl.concat(self.checks), "consistency_checks")
        return f"{row_count:,} order products of {customers.height:,} customers"

    # --- files, checked -----------------------------------------------------------

    def read(self, paths: Path | list[Path], types: dict[str, Any]) -> pl.DataFrame:
        """Read the columns that have a type; one that is not there stays away."""
        frame = pl.scan_csv(paths, schema_overrides=types, infer_schema=False)
        columns = cs.by_name(*types, require_all=False)
        return frame.select(columns).collect(engine="streaming")

    def check(self, frame: pl.DataFrame, name: str, copies: int) -> None:
        """Note missing values and types of each column, and full duplicates."""
        self.checks.append(
            pl.DataFrame(
                {
                    "dataset": name,
                    "column": frame.columns,
                    "type": [str(kind) for kind in frame.dtypes],
                    "missing": frame.null_count().row(0),
                    "full_duplicates_removed": copies,
                }
            )
        )

    def without_copies(self, frame: pl.DataFrame, name: str) -> pl.DataFrame:
        """Check a frame and drop its full duplicates."""
        unique = frame.unique(maintain_order=True)
        self.check(frame, name, frame.height - unique.height)
        return unique

    def order_products(self) -> pl.DataFrame:
        """Read all order products, of all eval sets, full duplicates removed."""
        frame = self.read(self.package.order_products, ORDER_PRODUCT_TYPES)
        # Both ids as one number, sorted, are compared in a fraction of the time.
        key = pl.col("order_id").cast(pl.Int64) * 2**32 + pl.col("product_id")
        keys = frame.lazy().select(key).collect(engine="streaming").to_series().sort()
        unique = frame
        if (keys == keys.shift()).any():
            unique = frame.lazy().unique().collect(engine="streaming")
        self.check(frame, "order_products", frame.height - unique.height)
        return unique

    def orders(self) -> pl.DataFrame:
        """Read orders of all eval sets; only those of analysed ones count."""
        frame = self.read(self.package.orders, ORDER_TYPES)
        frame = self.without_copies(frame, "orders")
        sets = RULES["analysed_eval_sets"]
        # A first order has no prior one.
        later = pl.when(pl.col("order_number") > 1)
        return frame.select(
            pl.exclude("eval_set", "order_dow", "days_since_prior_order"),
            pl.col("order_dow").alias("orders_day_of_week"),
            later.then("days_since_prior_order").alias("days_since_prior_order"),
            pl.col("eval_set").cast(pl.String).is_in(sets).alias("is_analysed"),
        )

    def products(self, departments: pl.DataFrame) -> pl.DataFrame:
        """Read products with their department's name, ids, names and prices repaired.

        ``price_cents`` is there if the package has prices.
        """
        frame = self.read(self.package.products, PRODUCT_TYPES)
        frame = self.without_copies(frame, "products")
        corrections = pl.read_csv(SEEDS / "product_id_corrections.csv").cast(pl.Int32)
        corrections = corrections.filter(
            ~pl.col("product_id").is_in(frame["product_id"].implode())
        ).with_columns(pl.col("aisle_id").cast(pl.Int16))
        name = pl.col("product_name").str.replace_all(r"[\s\x{A0}]+", " ")
        name = name.str.strip_chars()
        is_known = (name != "") & ~name.is_in(RULES["spreadsheet_errors"])
        frame = (
            frame.join(
                corrections.rename({"product_id": "corrected_id"}),
                how="left",
                left_on=["product_id", "aisle_id"],
                right_on=["listed_product_id", "aisle_id"],
            )
            .with_columns(pl.coalesce("corrected_id", "product_id").alias("product_id"))
            .with_columns(
                pl.when(is_known)
                .then(name)
                .otherwise(pl.format("Unknown product {}", "product_id"))
                .cast(pl.Categorical)
                .alias("product_name")
            )
            .drop("corrected_id")
        )
        price = pl.lit(None, pl.Float64)
        if "prices" in frame.columns and frame["prices"].count():
            frame = frame.with_columns(self.repaired_cents().alias("price_cents"))
            price = pl.col("price_cents") / 100
        department = pl.coalesce(
            "department", pl.format("Unknown department {}", "department_id")
        )
        frame = (
            frame.with_columns(self.label(price, "price_range").alias("price_range"))
            .drop("prices", strict=False)
            .join(departments, on="department_id", how="left")
            .with_columns(department.cast(pl.Categorical).alias("department"))
        )
        if self.package.aisles:
            types = {"aisle_id": pl.Int16, "aisle": pl.Categorical}
            aisles = self.read(self.package.aisles, types)
            aisles = self.without_copies(aisles, "aisles")
            frame = frame.join(aisles, on="aisle_id", how="left")
        return frame

    def repaired_cents(self) -> pl.Expr:
        """Return prices in cents, the median of the aisle for what can't be one."""
        price = pl.col("prices")
        lowest, highest = RULES["lowest_valid_price"], RULES["highest_valid_price"]
        cents = pl.when(price.is_between(lowest, highest)).then((price * 100).round())
        # Half a cent rounds up.
        median = (cents.median() + 0.5).floor()
        return pl.coalesce(
            cents, median.over("aisle_id"), median.over("department_id"), median
        ).cast(pl.Int32)

    def departments(self) -> pl.DataFrame:
        """Read departments; the course's file is one wide row and is transposed."""
        frame = pl.read_csv(self.package.departments)
        if "department" not in frame.columns:
            frame = frame.unpivot(
                index="department_id", variable_name="id", value_name="department"
            ).select(pl.col("id").alias("department_id"), "department")
        frame = frame.with_columns(pl.col("department_id").cast(pl.Int8))
        return self.without_copies(frame, "departments")

    # --- flags --------------------------------------------------------------------

    def label(
        self,
        measure: pl.Expr,
        flag: str,
        has_orders: pl.Expr | None = None,
        **bounds: float,
    ) -> pl.Expr:
        """Label a measure by a flag's rules: Unknown where it is null."""
        conditions, rest = conditions_of(flag, **bounds)
        tried = [(UNKNOWN, measure.is_null())]
        tried += [(name, holds(measure)) for name, holds in conditions.items()]
        if has_orders is not None:
            tried.insert(0, (NO_ORDERS, ~has_orders))
        chain: Any = pl
        for name, holds in tried:
            chain = chain.when(holds).then(pl.lit(name))
        labelled: pl.Expr = chain.otherwise(pl.lit(rest))
        return labelled.cast(pl.Enum(labels_of(flag)))

    def busy_labels(self, orders: pl.DataFrame) -> pl.LazyFrame:
        """Add the labels of an order's weekday and hour, by their rank in orders."""
        labelled = orders.lazy()
        for column, seed, flags in (
            ("orders_day_of_week", "days_of_week", ("busiest_day", "busiest_days")),
            ("order_hour_of_day", "hours_of_day", ("busiest_period_of_day",)),
        ):
            slots = pl.read_csv(SEEDS / f"{seed}.csv", columns=[0])
            slots = slots.to_series().cast(pl.Int8).alias(column).to_frame()
            # The earlier slot wins a tie.
            ranked = (
                slots.join(orders.group_by(column).len("orders"), on=column, how="left")
                .sort(
                    pl.col("orders").fill_null(0),
                    pl.col(column),
                    descending=[True, False],
                )
                .with_row_index("rank", offset=1)
            )
            labelled = labelled.join(
                ranked.lazy().select(
                    column, *(self.label(pl.col("rank"), f).alias(f) for f in flags)
                ),
                on=column,
            )
        return labelled

    def spend(
        self, order_products: pl.DataFrame, products: pl.DataFrame, orders: pl.DataFrame
    ) -> pl.LazyFrame:
        """Return the mean price in dollars of what each customer bought."""
        return (
            order_products.lazy()
            .join(products.lazy().select("product_id", "price_cents"), on="product_id")
            .group_by("order_id")
            .agg(pl.sum("price_cents").alias("cents"), pl.len().alias("bought"))
            .join(orders.lazy().filter("is_analysed"), on="order_id")
            .group_by("user_id")
            .agg((pl.sum("cents") / pl.sum("bought") / 100).alias("avg_product_price"))
        )

    def customers(
        self, orders: pl.DataFrame, spend: pl.LazyFrame | None
    ) -> pl.DataFrame:
        """Return all customers of either file, by id, with measures and flags."""
        is_analysed = pl.col("is_analysed")
        frame = (
            orders.lazy()
            .group_by("user_id")
            .agg(
                pl.col("order_number")
                .filter(is_analysed)
                .max()
                .alias("max_order_number"),
                pl.col("days_since_prior_order")
                .filter(is_analysed)
                .median()
                .alias("median_days_between_orders"),
            )
        )
        if spend is not None:
            frame = frame.join(spend, on="user_id", how="left")
        if self.package.customers:
            demographics = self.read(self.package.customers, CUSTOMER_TYPES)
            demographics = self.without_copies(demographics, "customers")
            frame = frame.join(
                once(demographics, "user_id"), on="user_id", how="full", coalesce=True
            )
        measured = frame.sort("user_id").collect(engine="streaming")
        price = pl.lit(None, pl.Float64)
        if spend is not None:
            price = pl.col("avg_product_price")
        has_orders = pl.col("max_order_number").is_not_null()
        flagged = measured.with_columns(
            self.label(measure, flag, has_orders).alias(flag)
            for flag, measure in (
                ("loyalty_flag", pl.col("max_order_number")),
                ("activity_flag", pl.col("max_order_number")),
                ("spending_flag", price),
                ("order_frequency_flag", pl.col("median_days_between_orders")),
            )
        ).rename({"user_id": "customer_id"})
        flagged = flagged.cast({cs.float(): pl.Float32})
        if self.package.customers:
            return self.profiles(flagged)
        unknown = pl.lit(UNKNOWN).cast(pl.Categorical)
        return flagged.with_columns(
            unknown.alias(flag)
            for flag in CUSTOMER_FLAGS
            if flag not in flagged.columns
        )

    def profiles(self, customers: pl.DataFrame) -> pl.DataFrame:
        """Add what demographics say: region, age and income group, family, profile."""
        regions = pl.read_csv(SEEDS / "state_regions.csv")
        region_of = dict(
            zip(regions["state"].str.to_lowercase(), regions["region"], strict=True)
        )
        state = pl.col("STATE").cast(pl.String).str.to_lowercase()
        active = customers.filter(
            pl.col("activity_flag") == RULES["high_activity_label"]
        )["income"]
        income = pl.col("income")
        first, third = (active.quantile(q, "linear") for q in (0.25, 0.75))
        if first is None or third is None:
            # Without active customers there are no quartiles.
            income, first, third = pl.lit(None, pl.Int32), 0, 0
        dependants = pl.col("n_dependants")
        grouped = customers.with_columns(
            state.replace_strict(region_of, default=UNKNOWN)
            .fill_null(UNKNOWN)
            .cast(pl.Categorical)
            .alias("region"),
            self.label(pl.col("Age"), "age_group").alias("age_group"),
            self.label(dependants, "family_size").alias("family_size"),
            self.label(
                income, "income_group", first_quartile=first, third_quartile=third
            ).alias("income_group"),
        )
        groups = pl.col("age_group"), pl.col("income_group")
        age, income = (group.cast(pl.String) for group in groups)
        kind = (
            pl.when(dependants > 0)
            .then(pl.lit("parent"))
            .otherwise(pl.lit("non-parent"))
        )
        profile = pl.format("{} {}, {}", age, kind, income.str.to_lowercase())
        is_known = dependants.is_not_null() & (age != UNKNOWN) & (income != UNKNOWN)
        return grouped.with_columns(
            pl.when(is_known)
            .then(profile)
            .otherwise(pl.lit(UNKNOWN))
            .cast(pl.Categorical)
            .alias("customer_profile")
        )

    # --- aggregates ---------------------------------------------------------------

    def sums(self, wide: pl.LazyFrame, *keys: str) -> pl.LazyFrame:
        """Return order products, and dollars if there are prices, by some columns."""
        revenue = pl.lit(None, pl.Float64)
        if "price_cents" in wide.collect_schema():
            revenue = pl.col("price_cents").cast(pl.Int64).sum() / 100
        return wide.group_by(keys).agg(
            pl.len().alias("order_product_count"), revenue.alias("revenue")
        )

    def aggregate(
        self,
        wide: pl.LazyFrame,
        departments: pl.DataFrame,
        products: pl.DataFrame,
        orders: pl.DataFrame,
    ) -> int:
        """Write the wide table, answers and aggregates; return its number of rows.

        Revenue is in dollars.
        """
        path = self.out / "orders_products_all.parquet"
        wide.sink_parquet(path, maintain_order=False, engine="streaming")
        # Each reads a few columns: cheaper than to compute them beside the sink.
        wide = pl.scan_parquet(path)
        slots = ["orders_day_of_week", "order_hour_of_day"]
        department = pl.col("department").cast(pl.String)
        queries = {
            "departments": self.sums(wide, "department").with_columns(department),
            "times": self.sums(wide, *slots),
            "products": self.sums(wide, "product_id"),
            "reorders": wide.group_by("product_id").agg(
                pl.mean("reordered").alias("reorder_rate")
            ),
        }
        queries |= {
            flag: wide.group_by(pl.col(flag).cast(pl.String).alias("label")).len(
                "order_product_count"
            )
            for flag in ROW_FLAGS
        }
        queries |= {flag: self.sums(wide, flag, "department") for flag in SEGMENTS}
        found = pl.collect_all(list(queries.values()), engine="streaming")
        results = dict(zip(queries, found, strict=True))
        sold = self.write_departments(departments, products, results)
        self.write_segments(results)
        times = orders.group_by(slots).len("order_count")
        times = times.join(results["times"], on=slots, how="left").sort(slots)
        self.write(times, "orders_by_day_and_hour")
        self.write_top_products(products, results)
        return int(sold["order_product_count"].sum())

    def write_departments(
        self,
        departments: pl.DataFrame,
        products: pl.DataFrame,
        results: dict[str, pl.DataFrame],
    ) -> pl.DataFrame:
        """Write and return the sales of all departments, also of those without any."""
        listed = pl.concat(
            [
                departments.select("department"),
                products.select(pl.col("department").cast(pl.String)),
            ]
        ).unique()
        sold = listed.join(
            results["departments"], on="department", how="left"
        ).with_columns(pl.col("order_product_count").fill_null(0))
        if "price_cents" in products.columns:
            sold = sold.with_columns(pl.col("revenue").fill_null(0))
        self.write(sold.sort("department"), "answers_departments")
        return sold

    def write_segments(self, results: dict[str, pl.DataFrame]) -> None:
        """Write order products by label, and by segment and department."""
        rows = pl.concat(
            results[flag].select(pl.lit(flag).alias("flag"), pl.all())
            for flag in ROW_FLAGS
        )
        self.write(rows.sort("flag", "label"), "answers_rows")
        segments = pl.concat(
            results[flag].select(
                pl.lit(flag).alias("segment_type"),
                pl.col(flag).cast(pl.String).alias("segment"),
                pl.col("department").cast(pl.String),
                "order_product_count",
                "revenue",
            )
            for flag in SEGMENTS
        )
        self.write(
            segments.sort("segment_type", "segment", "department"),
            "segment_departments",
        )

    def write_top_products(
        self, products: pl.DataFrame, results: dict[str, pl.DataFrame]
    ) -> None:
        """Write the products that sell most."""
        top = (
            results["products"]
            .join(results["reorders"], on="product_id")
            .sort("order_product_count", "product_id", descending=[True, False])
            .head(TOP_PRODUCTS)
            .join(
                products.select("product_id", "product_name", "department"),
                on="product_id",
                maintain_order="left",
            )
        )
        self.write(top, "top_products")

    def write(self, frame: pl.DataFrame, name: str) -> None:
        """Write a frame as CSV, numbers with a fraction to two decimals."""
        frame.write_csv(self.out / f"{name}.csv", float_precision=2)


def contend(args: argparse.Namespace) -> str:
    """Run the pipeline on a raw folder; return in words what it made."""
    try:
        return Pipeline(find_package(args.raw), args.out).run()
    except pl.exceptions.PolarsError as error:
        raise UserError(
            "files that Polars can read", one_line(error), "correct them"
        ) from None


if __name__ == "__main__":
    sys.exit(run(contend, "The course's steps in Polars."))
