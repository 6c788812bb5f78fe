"""What is loaded: where it is from, how much it is, and what it lacks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from instacart import words
from instacart.config import shown
from instacart.errors import UserError
from instacart.origin import (
    COURSE,
    INSTACART,
    cites_course,
    read_files,
    read_origin,
)
from instacart.warehouse import Row, Warehouse

WITHOUT = {
    "prices": "The data has no prices (Kaggle's has none), so that this can't be"
    " answered.",
    "customers": "The data has no customers.csv (Kaggle's has none), so that this can't"
    " be answered.",
    "departments": "Nobody bought from a department that departments.csv lists, so that"
    " this can't be answered; compare its ids with those in products.csv.",
}
# Departments that the report names: another id is mistyped, and no department.
IS_LISTED = (
    "department_id in (select department_id from marts.dim_departments where is_listed)"
)
# The group of products that the catalogue has no department for: no finding.
GAPS = "Miscellaneous"
# A difference of half the average or more is none that customers have.
LARGEST_REALISTIC = 0.5


class Verdicts(NamedTuple):
    """The labels of a comparison: a difference, none, or too few customers."""

    differs: str
    same: str
    too_few: str


class QuadrantLabels(NamedTuple):
    """The labels of departments by their revenue per order and reorder rate."""

    unknown: str
    high_value_and_reorders: str
    high_value: str
    high_reorders: str
    neither: str


@dataclass(frozen=True)
class Facts:
    """What every sheet has to know of the loaded package.

    label_order: labels of a column as their conditions are listed. bounds: from which
    number on a column that is true or false is true.
    """

    files: list[Row]
    origin: str
    warning: str
    has_prices: bool
    has_customers: bool
    has_departments: bool
    customers: int
    orders: int
    order_products: int
    revenue: float | None
    unknown_label: str
    label_order: dict[str, list[str]]
    bounds: dict[str, float]

    @property
    def citations(self) -> list[str]:
        """Whom to cite for what is loaded."""
        has_additions = self.has_prices or self.has_customers
        is_of_course = has_additions and cites_course(self.files)
        return [INSTACART, *([COURSE] if is_of_course else [])]

    @property
    def population(self) -> str:
        """What is counted, in a sentence."""
        return (
            f"Counted are analysed orders: {words.plural(self.customers, 'customer')},"
            f" {words.plural(self.orders, 'order')},"
            f" {words.plural(self.order_products, 'item')} (products in an order)."
        )

    def lacking(self, *needs: str) -> str:
        """Why what has these needs can't be said, or nothing."""
        there = {
            "prices": self.has_prices,
            "customers": self.has_customers,
            "departments": self.has_departments,
        }
        missing = (one for one, is_there in there.items() if not is_there)
        return next((WITHOUT[one] for one in missing if one in needs), "")

    def bound(self, column: str) -> float:
        """From which number on a column is true, as the warehouse was built."""
        if column not in self.bounds:
            raise UserError(
                f"the bound of {column} in data_quality.conditions_in_force",
                "none: another version of the project built it",
                "run `make build`",
            )
        return self.bounds[column]

    @property
    def verdicts(self) -> Verdicts:
        """The three labels of a comparison, as the warehouse was built."""
        return Verdicts(*self._labels("verdict", len(Verdicts._fields)))

    @property
    def quadrants(self) -> QuadrantLabels:
        """The labels of departments' quadrants, as the warehouse was built."""
        return QuadrantLabels(*self._labels("quadrant", len(QuadrantLabels._fields)))

    def _labels(self, column: str, needed: int) -> list[str]:
        """The labels of a column; raises UserError if they are not so many."""
        labels = self.label_order.get(column, [])
        if len(labels) != needed:
            raise UserError(
                f"{needed} labels of {column} in data_quality.conditions_in_force",
                f"{len(labels)}: another version of the project built it",
                "run `make build`",
            )
        return labels

    def joint_verdict(self, verdicts: Iterable[str]) -> str:
        """Of several comparisons: one that differs, or all the same."""
        labels, found = self.verdicts, set(verdicts)
        if labels.differs in found:
            return labels.differs
        return labels.same if found == {labels.same} else labels.too_few

    @property
    def fewest_customers(self) -> str:
        """How many customers are no habit of a few, in words."""
        return words.count(self.bound("has_enough_customers"))

    def smallest_share(self, column: str) -> str:
        """Which share is large enough to be named, in words."""
        return words.exact_share(self.bound(column))

    def in_order(self, segment_type: str, segments: Iterable[str]) -> list[str]:
        """Segments as their conditions are listed; without conditions, by name."""
        order = self.label_order.get(segment_type, [])
        rank = {label: number for number, label in enumerate(order)}
        return sorted(set(segments), key=lambda one: (rank.get(one, len(order)), one))


def read_facts(warehouse: Warehouse) -> Facts:
    """Read them; raise UserError if no analysed order has a product."""
    totals = _read_totals(warehouse)
    if not totals["order_products"]:
        raise UserError(
            f"analysed orders with products in {shown(warehouse.path)}",
            "none to report on",
            "see data_quality.rejected_rows and the var analysed_eval_sets",
        )
    prices = warehouse.value("select count(price) as known from marts.dim_products")
    listed = warehouse.value(
        "select count(*) as sold from marts.rpt_departments"
        f" where order_product_count > 0 and {IS_LISTED}"
    )
    labels: dict[str, list[str]] = {}
    bounds: dict[str, float] = {}
    for row in warehouse.rows(
        "select column_name, label, bound from data_quality.conditions_in_force order"
        " by column_name, condition like 'is null%', label_number"
    ):
        labels.setdefault(row["column_name"], []).append(row["label"])
        if row["label"] == "true" and row["bound"] is not None:
            bounds[row["column_name"]] = row["bound"]
    origin, warning = read_origin(warehouse)
    files = read_files(warehouse)
    parts = {"customers": totals["has_customers"], "prices": prices > 0}
    added = [part for part, is_there in parts.items() if is_there]
    if added and cites_course(files):
        warning = (
            f"{warning} The course made up the {words.listing(added)}: what rests on"
            " them says nothing of real customers."
        ).strip()
    return Facts(
        files=files,
        origin=origin,
        warning=warning,
        has_prices=prices > 0,
        has_departments=listed > 0,
        label_order=labels,
        bounds=bounds,
        **totals,
    )


def _read_totals(warehouse: Warehouse) -> Row:
    """The size of what is analysed, and whether anything is known of its customers."""
    return warehouse.row(
        """
        with unknown as (
            select label from data_quality.conditions_in_force
            where column_name = 'age_group' and condition like 'is null%'
        )
        select
            count(*) as customers,
            cast(sum(order_count) as bigint) as orders,
            cast(sum(order_product_count) as bigint) as order_products,
            sum(total_spend) as revenue,
            max(unknown.label) as unknown_label,
            coalesce(bool_or(
                age is not null
                or income is not null
                or dependants_count is not null
                or unknown.label not in (gender, state, family_status)
            ), false) as has_customers
        from marts.dim_customers
        cross join unknown
        where order_count > 0
        """
    )
