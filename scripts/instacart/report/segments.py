"""Segments of customers as several questions read them: in what do they differ?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from instacart import words
from instacart.report.facts import IS_LISTED, Facts
from instacart.warehouse import Row, Warehouse

MEASURES = {
    "order_count": "orders per customer",
    "products_per_order": "products per order",
    "avg_order_total": "the order total",
    "avg_product_price": "the price of products",
    "median_days_between_orders": "the days between orders",
    "reorder_rate": "the reorder rate",
}
# Segment types whose names don't say it.
TYPES = {"customer_profile": "profile", "is_parent": "parents or not"}
SHOWN: dict[str, Callable[[float], str]] = {
    "avg_order_total": words.money,
    "avg_product_price": words.money,
    "reorder_rate": words.share,
}


def type_name(segment_type: str) -> str:
    """A segment type in words: age group, loyalty, bought meat."""
    plain = segment_type.removeprefix("has_")
    for ending in ("_flag", "_segment"):
        plain = plain.removesuffix(ending)
    return TYPES.get(segment_type, plain.replace("_", " "))


def segments(warehouse: Warehouse, segment_type: str) -> list[Row]:
    """The rows of rpt_customer_segments of a type, those who order most first."""
    rows = warehouse.rows(
        "select * from marts.rpt_customer_segments where segment_type ="
        f" '{segment_type}'"
    )
    return sorted(rows, key=lambda row: (-row["orders_per_customer"], row["segment"]))


@dataclass(frozen=True)
class Differences:
    """By what segments differ, as rows of rpt_segment_differences, the most first; how
    much of a measure they explain at most, if that is known; and what to think of it if
    they don't differ."""

    found: list[Row]
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
    """Whether segments of some types differ in what doesn't define them."""
    listed = ", ".join(f"'{one}'" for one in segment_types)
    rows = warehouse.rows(
        "select * from marts.rpt_segment_differences"
        f" where segment_type in ({listed}) and not is_by_definition"
        " order by adjusted_r_squared desc nulls last, segment_type, measure"
    )
    return Differences(
        [row for row in rows if row["is_significant"]],
        rows[0]["adjusted_r_squared"] if rows else None,
        "too little to act on"
        if any(row["is_beyond_chance"] for row in rows)
        else f"no more than chance among {words.plural(facts.customers, 'customer')}",
    )


def difference_text(row: Row) -> str:
    """A row of rpt_segment_differences in words."""
    if row["lowest_segment"] is None:
        return MEASURES[row["measure"]]
    show = SHOWN.get(row["measure"], words.decimal)
    return (
        f"{MEASURES[row['measure']]} ({row['lowest_segment']}"
        f" {show(row['lowest_mean'])}, {row['highest_segment']}"
        f" {show(row['highest_mean'])})"
    )


def favourites(warehouse: Warehouse, segment_type: str) -> dict[str, str]:
    """The department that each segment favours most, if any beyond chance."""
    rows = warehouse.rows(
        "select segment, department from marts.rpt_segment_departments"
        f" where segment_type = '{segment_type}' and is_favoured and {IS_LISTED}"
        " order by share_of_segment - overall_share, department_id"
    )
    return {row["segment"]: row["department"] for row in rows}


def taste(tastes: dict[str, str], segment: str) -> str:
    """What a segment favours, in brackets, if anything."""
    return f" (more {tastes[segment]} than others)" if segment in tastes else ""
