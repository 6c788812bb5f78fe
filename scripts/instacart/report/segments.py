"""Segments of customers as several questions read them: in what do they differ?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import floor

from instacart import words
from instacart.report.facts import IS_LISTED, LARGEST_REALISTIC, Facts
from instacart.report.question import Size, highest, lowest, size_of
from instacart.report.segment_names import members
from instacart.warehouse import Row, Warehouse

MEASURES = {
    "order_count": "orders per customer",
    "products_per_order": "items per order",
    "avg_order_total": "the average order",
    "avg_product_price": "the average price per item",
    "median_days_between_orders": "the days between orders",
    "reorder_rate": "the reorder rate",
}
# What the tables of segments call a measure, if not the same.
COLUMNS = {"order_count": "orders_per_customer"}


def days(number: float) -> str:
    """Days with the digits that the tables and charts show: 5, 18.3."""
    return f"{floor(10 * number + 0.5) / 10:g}"


SHOWN: dict[str, Callable[[float], str]] = {
    "avg_order_total": words.money,
    "avg_product_price": words.money,
    "reorder_rate": words.share,
    "median_days_between_orders": days,
}
# How the tables of segments measure.
AVERAGED = "Averages are over orders; days are the median customer's."
FABRICATED = "Customers and prices are fabricated."
MADE_OF_ORDERS = (
    "These segments are made from what customers order, so that what they favour may"
    " follow in part by definition."
)
BOTH_MADE_OF_ORDERS = (
    "Both are made from what customers order, so that they go together in part by"
    " definition."
)
# Measures whose smallest difference that would show is said where none shows.
TELLING = {
    "order_count": "{} orders per customer",
    "avg_order_total": "{} per order",
}


# Why there is no verdict where even the largest realistic difference wouldn't show.
NOTHING_SHOWS = (
    f"even a gap of {words.exact_share(LARGEST_REALISTIC)} of the average can't be told"
    " from chance"
)


def small_share(number: float) -> str:
    """A share that may read 0.0%: less than 0.1%, 0.4%."""
    return "less than 0.1%" if words.is_same(number) else words.share(number)


def explained(row: Row) -> str:
    """How much a row of rpt_segment_types explains of what it explains best."""
    return (
        f"{words.share(row['adjusted_r_squared'])} of how customers differ in"
        f" {MEASURES[row['best_explained_measure']]}"
    )


def unreliable(rows: Sequence[Row]) -> str:
    """Which rows of rpt_customer_segments have too few customers, or nothing."""
    few = [
        f"{members(row['segment_type'], row['segment'])}"
        f" ({words.count(row['customer_count'])})"
        for row in rows
        if not row["has_enough_customers"]
    ]
    if not few:
        return ""
    if len(few) == len(rows) > 1:
        return "No segment has enough customers to rely on."
    return f"Too few to rely on: {words.listing(few)}."


def segments(warehouse: Warehouse, segment_type: str) -> list[Row]:
    """The rows of rpt_customer_segments of a type, those who order most first."""
    rows = warehouse.rows_once(
        "select * from marts.rpt_customer_segments where segment_type ="
        f" '{segment_type}'"
    )
    return sorted(rows, key=lambda row: (-row["orders_per_customer"], row["segment"]))


def is_too_small(warehouse: Warehouse, segment_type: str) -> bool:
    """Whether there aren't two segments of enough customers to be compared."""
    rows = segments(warehouse, segment_type)
    return bool(rows) and sum(row["has_enough_customers"] for row in rows) < 2


def everybody(warehouse: Warehouse) -> Row:
    """All customers with orders, measured as rpt_customer_segments does a segment."""
    (found,) = warehouse.rows_once(
        """
        select
            sum(order_count) / count(*) as orders_per_customer,
            sum(order_product_count) / sum(order_count) as products_per_order,
            sum(total_spend) / sum(order_count) as avg_order_total,
            sum(total_spend) / sum(order_product_count) as avg_product_price,
            median(median_days_between_orders) as median_days_between_orders,
            sum(reordered_product_count) / sum(order_product_count) as reorder_rate
        from marts.dim_customers
        where order_count > 0
        """
    )
    return found


@dataclass(frozen=True)
class Difference:
    """A measure in which the segments of a type differ, and the segments where the
    tables show it lowest and highest, if two have enough customers to be named."""

    measure: str
    ends: tuple[Row, Row] | None

    @property
    def text(self) -> str:
        """In words: orders per customer (Northeast 9.4, West 21.9)."""
        if self.ends is None:
            return MEASURES[self.measure]
        low, high = (self.shown(row) for row in self.ends)
        if low == high:
            return MEASURES[self.measure]
        return (
            f"{MEASURES[self.measure]} ({self.ends[0]['segment']} {low},"
            f" {self.ends[1]['segment']} {high})"
        )

    def shown(self, row: Row) -> str:
        """The measure of a segment, as the tables have it."""
        value = row[COLUMNS.get(self.measure, self.measure)]
        return SHOWN.get(self.measure, words.decimal)(value)


@dataclass(frozen=True)
class Differences:
    """By what segments of some types differ, the most first, and the verdict on it.

    most: how much of a measure they explain at most; would_show: which realistic
    differences would show, in words, or None if nothing is known of any; needed: how
    many customers it takes to tell, if known.
    """

    found: list[Difference]
    verdict: str
    facts: Facts
    most: float | None
    would_show: list[str] | None
    needed: int | None

    @property
    def is_same(self) -> bool:
        """Whether there is none, and customers enough to say so."""
        return self.verdict == self.facts.verdicts.same

    @property
    def text(self) -> str:
        return words.listing([one.text for one in self.found])

    def same(self, subject: str) -> str:
        """That they are the same, in a sentence without its end."""
        return (
            f"{subject} tells almost nothing about how a customer orders (it explains"
            f" {small_share(self.most or 0)} of the differences at most)"
        )

    def too_few(self, what: str) -> str:
        """That nobody can tell, in a sentence without its end."""
        customers = words.plural(self.facts.customers, "customer")
        text = f"{customers} are too few to tell whether {what}"
        if self.would_show is None:
            return text
        if not self.would_show:
            return f"{text}: {NOTHING_SHOWS}"
        gaps = " or ".join(self.would_show)
        return f"{text}: a gap under {gaps} can't be told from chance"

    @property
    def no_advice(self) -> str:
        """What is said instead of advice where nobody can tell."""
        if self.needed is None or self.needed <= self.facts.customers:
            return "No advice: the data can't tell."
        needed = words.count(round(self.needed, -2))
        return f"No advice yet: collect about {needed} customers first."

    @property
    def size(self) -> Size | None:
        """What the largest difference is about."""
        if not self.found or self.found[0].ends is None:
            return None
        return size_of(*self.found[0].ends)

    @property
    def so_what(self) -> str:
        """What the two ends of the largest difference bring."""
        ends = self.found[0].ends if self.found else None
        both = [f"{row['segment']} ({size_of(row).text})" for row in ends or ()]
        return f"furthest apart are {words.listing(both)}."


def differences(warehouse: Warehouse, facts: Facts, *segment_types: str) -> Differences:
    """Whether segments of some types differ in what doesn't define them."""
    listed = ", ".join(f"'{one}'" for one in segment_types)
    rows = warehouse.rows(
        "select * from marts.rpt_segment_differences"
        f" where segment_type in ({listed}) and not is_by_definition"
        " and customer_count > 0"
        " order by adjusted_r_squared desc nulls last, segment_type, measure"
    )
    types = warehouse.rows(
        "select verdict, needed_customer_count from marts.rpt_segment_types"
        f" where segment_type in ({listed})"
    )
    needed = [row["needed_customer_count"] for row in types]
    return Differences(
        found=[
            Difference(row["measure"], ends(warehouse, facts, row))
            for row in rows
            if row["verdict"] == facts.verdicts.differs
        ],
        verdict=facts.joint_verdict(row["verdict"] for row in types),
        facts=facts,
        most=rows[0]["adjusted_r_squared"] if rows else None,
        would_show=_would_show(rows, facts),
        needed=max((one for one in needed if one is not None), default=None),
    )


def ends(warehouse: Warehouse, facts: Facts, row: Row) -> tuple[Row, Row] | None:
    """The large segments in which the tables show a measure lowest and highest."""
    column = COLUMNS.get(row["measure"], row["measure"])
    large = [
        segment
        for segment in segments(warehouse, row["segment_type"])
        if segment["is_large"]
        and segment["has_enough_customers"]
        and segment["segment"] != facts.unknown_label
        and segment[column] is not None
    ]
    if len(large) < 2:
        return None
    return lowest(large, column), highest(large, column)


def _would_show(rows: list[Row], facts: Facts) -> list[str] | None:
    """The smallest differences that would show, of the measures that say most."""
    averages = {
        "order_count": facts.orders / facts.customers,
        "avg_order_total": (facts.revenue or 0) / facts.orders,
    }
    texts = None
    for measure, text in TELLING.items():
        known = [
            row["detectable_difference"]
            for row in rows
            if row["measure"] == measure
            and row["verdict"] == facts.verdicts.too_few
            and row["detectable_difference"]
        ]
        if known:
            texts = texts or []
            if max(known) < LARGEST_REALISTIC * averages[measure]:
                show = SHOWN.get(measure, words.decimal)
                texts.append(text.format(show(max(known))))
    return texts


def habits(warehouse: Warehouse, facts: Facts, segment_type: str) -> Differences:
    """The differences of a type, without reorders where orders define its segments.

    Those follow the number of orders.
    """
    found = differences(warehouse, facts, segment_type)
    if not order_difference(warehouse, segment_type)["is_by_definition"]:
        return found
    kept = [one for one in found.found if one.measure != "reorder_rate"]
    return replace(found, found=kept)


def order_difference(warehouse: Warehouse, segment_type: str) -> Row:
    """The row of rpt_segment_differences on the orders per customer of a type."""
    return warehouse.row(
        "select * from marts.rpt_segment_differences where measure = 'order_count'"
        f" and segment_type = '{segment_type}'"
    )


def tastes(warehouse: Warehouse, segment_type: str) -> list[Row]:
    """The rows of rpt_segment_departments of a type, the furthest from all first.

    Without the department by which the type is defined.
    """
    return warehouse.rows_once(
        "select * from marts.rpt_segment_departments as shares"
        f" where segment_type = '{segment_type}' and {IS_LISTED} and not exists ("
        "select * from data_quality.conditions_in_force as conditions"
        " where conditions.column_name = shares.segment_type"
        " and conditions.condition = 'department is ' || shares.department)"
        " order by abs(share_of_segment - overall_share) desc nulls last, segment,"
        " department_id"
    )


def favourites(warehouse: Warehouse, facts: Facts, segment_type: str) -> dict[str, Row]:
    """The department that each segment favours most, if any clearly."""
    found: dict[str, Row] = {}
    for row in tastes(warehouse, segment_type):
        is_more = (row["share_of_segment"] or 0) > (row["overall_share"] or 0)
        if is_more and row["verdict"] == facts.verdicts.differs:
            found.setdefault(row["segment"], row)
    return found


def taste(row: Row) -> str:
    """What a segment buys of a department, against all."""
    return (
        f"{row['department']}: {words.share(row['share_of_segment'])} of what they buy,"
        f" {words.share(row['overall_share'])} of what all buy"
    )
