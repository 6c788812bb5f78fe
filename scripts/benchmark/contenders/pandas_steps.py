"""What the contenders in pandas share: files, repairs, aggregates and answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from course import (
    ROW_FLAGS,
    RULES,
    SEEDS,
    SEGMENTS,
    TOP_PRODUCTS,
    Package,
)


class Steps:
    """Steps on a package's files, written to a folder.

    ``types`` are the columns to read and their types; without any, all columns are
    read with pandas' own. ``text`` is the type of texts that repeat. ``price`` is the
    wide table's column of prices, and how many of its units are a dollar.
    """

    types: ClassVar[dict[str, str]] = {}
    text = "category"
    price = ("prices", 1)

    def __init__(self, package: Package, out: Path) -> None:
        self.package = package
        self.out = out
        self.has_prices = False
        self.checks: list[dict[str, Any]] = []

    # --- files, checked -----------------------------------------------------------

    def read(self, path: Path) -> pd.DataFrame:
        """Read a file; a column that is not there stays away."""
        # Only what is blank is missing: a product may be called NA.
        return pd.read_csv(
            path,
            usecols=self.types.__contains__ if self.types else None,
            dtype=self.types,
            keep_default_na=False,
            na_values=[""],
        )

    def check(self, frame: pd.DataFrame, name: str, copies: int) -> None:
        """Note missing values and types of each column, and full duplicates."""
        missing = frame.isna().sum()
        for column in frame:
            kind = pd.api.types.infer_dtype(frame[column], skipna=True)
            self.checks.append(
                {
                    "dataset": name,
                    "column": column,
                    "type": kind,
                    "is_mixed": kind.startswith("mixed"),
                    "missing": missing[column],
                    "full_duplicates_removed": copies,
                }
            )

    def without_copies(self, frame: pd.DataFrame, name: str) -> pd.DataFrame:
        """Check a frame and drop its full duplicates."""
        copies = frame.duplicated()
        self.check(frame, name, copies.sum())
        return frame[~copies] if copies.any() else frame

    def read_order_products(self) -> pd.DataFrame:
        """Read all order products, of all eval sets."""
        frames = [self.read(path) for path in self.package.order_products]
        return pd.concat(frames, ignore_index=True)

    def departments(self) -> pd.DataFrame:
        """Read departments; the course's file is one wide row and is transposed."""
        frame = pd.read_csv(self.package.departments)
        if "department" not in frame:
            frame = frame.set_index("department_id").T.rename_axis("department_id")
            frame = frame.reset_index().astype({"department_id": "int64"})
        return self.without_copies(frame, "departments")

    def catalogue(self, departments: pd.DataFrame) -> pd.DataFrame:
        """Read products with their department's name, ids, names and prices repaired.

        ``prices`` are dollars, and null if the package has none.
        """
        frame = self.without_copies(self.read(self.package.products), "products")
        frame = frame.reset_index(drop=True)
        corrections = pd.read_csv(SEEDS / "product_id_corrections.csv").query(
            "product_id not in @frame.product_id"
        )
        corrected = frame[["product_id", "aisle_id"]].merge(
            corrections,
            how="left",
            left_on=["product_id", "aisle_id"],
            right_on=["listed_product_id", "aisle_id"],
        )["product_id_y"]
        ids = corrected.fillna(frame["product_id"])
        frame["product_id"] = ids.astype(frame["product_id"].dtype)
        names = frame["product_name"].str.replace(r"[\s\xa0]+", " ", regex=True)
        names = names.str.strip()
        is_known = (
            names.ne("") & names.notna() & ~names.isin(RULES["spreadsheet_errors"])
        )
        frame["product_name"] = names.where(
            is_known, "Unknown product " + frame["product_id"].astype("str")
        ).astype(self.text)
        self.has_prices = "prices" in frame and frame["prices"].notna().any()
        frame["prices"] = self.repaired_prices(frame) if self.has_prices else np.nan
        departments = departments.astype(
            {"department_id": frame["department_id"].dtype}
        )
        frame = frame.merge(departments, on="department_id", how="left")
        unlisted = "Unknown department " + frame["department_id"].astype("str")
        frame["department"] = frame["department"].fillna(unlisted).astype(self.text)
        if self.package.aisles:
            aisles = self.without_copies(self.read(self.package.aisles), "aisles")
            frame = frame.merge(
                aisles.astype({"aisle": self.text}), on="aisle_id", how="left"
            )
        return frame

    def repaired_prices(self, products: pd.DataFrame) -> pd.Series:
        """Return prices in dollars, the median of the aisle for what can't be one."""
        valid = products["prices"].between(
            RULES["lowest_valid_price"], RULES["highest_valid_price"]
        )
        cents = (products["prices"] * 100).round().where(valid)
        # Half a cent rounds up.
        medians = [
            np.floor(cents.groupby(products[key]).transform("median") + 0.5)
            for key in ("aisle_id", "department_id")
        ]
        overall = np.floor(cents.median() + 0.5)
        return cents.fillna(medians[0]).fillna(medians[1]).fillna(overall) / 100

    # --- ranks --------------------------------------------------------------------

    def slot_ranks(self, slots: pd.Series, seed: str) -> pd.Series:
        """Return the ranks of a seed's weekdays or hours, by their number of orders.

        ``slots`` has a row for each analysed order.
        """
        all_slots = pd.read_csv(SEEDS / f"{seed}.csv").iloc[:, 0].sort_values()
        counts = slots.value_counts().reindex(all_slots, fill_value=0)
        # The earlier slot wins a tie.
        return counts.rank(method="first", ascending=False)

    # --- aggregates ---------------------------------------------------------------

    def sums(self, wide: pd.DataFrame, *keys: str) -> pd.DataFrame:
        """Return order products, and dollars if there are prices, by some columns."""
        groups = wide.groupby(list(keys), observed=True)
        sums = groups.size().rename("order_product_count").to_frame()
        sums["revenue"] = np.nan
        if self.has_prices:
            column, units = self.price
            sums["revenue"] = groups[column].sum() / units
        return sums

    def aggregate(
        self,
        wide: pd.DataFrame,
        departments: pd.DataFrame,
        products: pd.DataFrame,
        orders: pd.DataFrame,
    ) -> None:
        """Write answers and aggregates of the wide table; revenue is in dollars."""
        names = pd.Index(departments["department"]).union(
            products["department"].astype("str").unique()
        )
        sold = self.sums(wide, "department")
        sold.index = sold.index.astype("str")
        sold = sold.reindex(names.rename("department"))
        sold["order_product_count"] = (
            sold["order_product_count"].fillna(0).astype("int64")
        )
        if self.has_prices:
            sold["revenue"] = sold["revenue"].fillna(0)
        self.write(sold.sort_index().reset_index(), "answers_departments")

        rows = pd.concat({flag: wide[flag].value_counts() for flag in ROW_FLAGS})
        rows = rows[rows > 0].rename_axis(["flag", "label"]).sort_index()
        self.write(rows.rename("order_product_count").reset_index(), "answers_rows")

        segments = pd.concat(
            {
                flag: self.sums(wide, flag, "department").rename_axis(
                    ["segment", "department"]
                )
                for flag in SEGMENTS
            },
            names=["segment_type"],
        )
        self.write(segments.sort_index().reset_index(), "segment_departments")

        slots = ["orders_day_of_week", "order_hour_of_day"]
        times = orders.groupby(slots).size().rename("order_count").to_frame()
        times = times.join(self.sums(wide, *slots)).reset_index()
        self.write(times, "orders_by_day_and_hour")

        sold = self.sums(wide, "product_id")
        sold["reorder_rate"] = wide.groupby("product_id")["reordered"].mean()
        top = sold.nlargest(TOP_PRODUCTS, "order_product_count").reset_index()
        names = products[["product_id", "product_name", "department"]]
        self.write(top.merge(names, on="product_id"), "top_products")

    def write(self, frame: pd.DataFrame, name: str) -> None:
        """Write a frame as CSV, numbers with a fraction to two decimals."""
        path = self.out / f"{name}.csv"
        frame.to_csv(path, index=False, float_format="%.2f")
