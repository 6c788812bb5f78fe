"""Key question 2: What are the times of day, and what sells in each?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import floor, log10

from instacart import words
from instacart.report.chart import Options, tight_axis
from instacart.report.facts import IS_LISTED
from instacart.report.quadrants import Quadrants
from instacart.report.question import Question, Size, highest, lowest, size_of
from instacart.report.times import kinds_of_hours
from instacart.warehouse import Row
from instacart.workbook import Column

# As many departments as a cell names.
MOST_NAMED = 2


class TimesOfDay(Question):
    title = "Key question 2: What are the times of day, and what sells in each?"
    needs = ("prices",)

    @cached_property
    def rows(self) -> list[Row]:
        """The times of day, those of most orders first, and all hours together."""
        rows = self.warehouse.rows(
            f"""
            with phenomena as (select * from marts.rpt_phenomena),

            listed as (
                select * from phenomena where order_count > 0
                union all by name
                select
                    'All hours' as phenomenon,
                    {self.facts.customers} as customer_count,
                    sum(order_count) as order_count,
                    sum(order_product_count) as order_product_count,
                    sum(order_share) as order_share,
                    sum(order_count) / sum(hour_count) as orders_per_hour,
                    sum(revenue) / sum(order_count) as avg_order_total
                from phenomena
            )

            select * from listed
            order by hour_count is null, order_count desc, phenomenon
            """
        )
        for row in rows[:-1]:
            row |= self._sold(row["phenomenon"])
        return rows

    @cached_property
    def departments(self) -> list[Row]:
        """What each time sells of departments that are large enough to be named, what
        is sold most above the others first."""
        return self.warehouse.rows(
            "select * from marts.rpt_phenomenon_departments"
            f" where {IS_LISTED} and department_id in (select department_id from"
            " marts.rpt_department_opportunities where is_frequent)"
            " order by share_difference desc nulls last, department_id"
        )

    @cached_property
    def found(self) -> list[Row]:
        """What sells at a time more than at others."""
        return [
            row
            for row in self.departments
            if row["verdict"] == self.facts.verdicts.differs
            and row["share_difference"] > 0
        ]

    def _sold(self, phenomenon: str) -> Row:
        """What a time sells more than others, in cells: names, and the first's share
        of what is bought then and otherwise; else the verdict."""
        own = [row for row in self.departments if row["phenomenon"] == phenomenon]
        known = [row["detectable_difference"] for row in own]
        furthest = max((one for one in known if one), default=None)
        sold = Row(
            would_show=None,
            share_of_phenomenon=None,
            share_elsewhere=None,
        )
        # In points.
        if furthest is not None:
            sold["would_show"] = 100 * furthest
        more = [row for row in self.found if row["phenomenon"] == phenomenon]
        if more:
            sold["sells"] = ", ".join(row["department"] for row in more[:MOST_NAMED])
            sold["share_of_phenomenon"] = more[0]["share_of_phenomenon"]
            sold["share_elsewhere"] = more[0]["share_elsewhere"]
            return sold
        verdicts, labels = {row["verdict"] for row in own}, self.facts.verdicts
        # Some may be sure to sell less.
        told = labels.too_few if labels.too_few in verdicts else labels.same
        sold["sells"] = told if own else None
        return sold

    def sentence(self) -> str:
        first = self.rows[0]
        text = (
            f"{first['phenomenon']} is the time of most orders"
            f" ({words.share(first['order_share'])})."
        )
        if not self.are_totals_told:
            text += " Whether orders are larger or smaller then can't be told."
        if self.found:
            row = self.found[0]
            return (
                f"{text} What sells differs most in {row['phenomenon']}:"
                f" {row['department']} is {words.share(row['share_of_phenomenon'])} of"
                f" items then, {words.share(row['share_elsewhere'])} otherwise."
            )
        if self.facts.verdicts.too_few in {row["verdict"] for row in self.departments}:
            return (
                f"{text} There are too few customers to tell whether anything sells"
                f" better at one time than at others{self._would_show()}."
            )
        if not self.departments:
            return text
        return f"{text} What sells is the same at all times of day."

    def verdict(self) -> str:
        """Whether something sells better at one time than at others."""
        labels = self.facts.verdicts
        if self.found:
            return labels.differs
        is_known = labels.too_few not in {row["verdict"] for row in self.departments}
        return labels.same if is_known and self.departments else labels.too_few

    def _would_show(self) -> str:
        """Which difference is too small to tell where most is known."""
        known = [row["would_show"] for row in self.rows[:-1] if row["would_show"]]
        # Beyond the whole there is nothing to show.
        if min(known, default=100) >= 100:
            return ""
        return (
            f": a difference under {words.points(min(known) / 100)} can't be told from"
            " chance"
        )

    @cached_property
    def hours(self) -> list[Row]:
        return self.warehouse.rows(
            "select * from marts.rpt_hours_of_day where order_count > 0"
            " order by hour_of_day"
        )

    @property
    def are_totals_told(self) -> bool:
        """Whether an hour of many orders clearly has larger or smaller ones."""
        busy = [
            row["order_total_verdict"] for row in self.hours if row["is_high_traffic"]
        ]
        return self.facts.joint_verdict(busy) != self.facts.verdicts.too_few

    def size(self) -> Size | None:
        """What sells more; that orders and their totals differ is by definition."""
        return size_of(self.found[0]) if self.found else None

    def so_what(self) -> str:
        row = self.found[0]
        subject = f"{row['department']} in the hours of {row['phenomenon']}"
        return f"{size_of(row).brought_by(subject)}."

    def caution(self) -> str:
        """What the names of the times mean, and what isn't known of them."""
        text = (
            f"{kinds_of_hours(self.hours)}, each against the average. Those of few"
            " orders are in one kind or another by chance. Could be chance below: a"
            " department's share of items that differs by less than this between the"
            " times of day can't be told from chance."
        )
        if not self.found:
            return text
        return f"{text} Share then and otherwise: of the first department named."

    def columns(self) -> Sequence[Column]:
        return (
            Column("phenomenon", "Time of day"),
            Column("hours", "Hours from"),
            Column("customer_count", "Customers", "count"),
            Column("order_count", "Orders", "count"),
            Column("order_product_count", "Items", "count"),
            Column("order_share", "Share of orders", "share"),
            Column("orders_per_hour", "Orders per hour", "count"),
            Column("avg_order_total", "Average order", "money"),
            Column("sells", "Sells more"),
            Column("share_of_phenomenon", "Share then", "share"),
            Column("share_elsewhere", "Share otherwise", "share"),
            Column("would_show", "Could be chance below, points", "decimal"),
        )

    def drawing(self) -> Quadrants:
        """The times in the quadrants that they are named after."""
        busiest = self.rows.index(highest(self.rows[:-1], "order_count"))
        return Quadrants(
            "phenomenon",
            "orders_per_hour",
            "avg_order_total",
            "Average order and orders per hour; the lines are those of all hours",
            {"name": "Orders per hour of the day", "num_format": "#,##0"}
            | self._axis("orders_per_hour"),
            {"name": "Average order, dollars", "num_format": "$#,##0"}
            | self._axis("avg_order_total"),
            [busiest],
        )

    def _axis(self, key: str) -> Options:
        """Bounds in round steps, with room around the outermost points."""
        low, high = lowest(self.rows, key)[key], highest(self.rows, key)[key]
        width = high - low or 1
        room = width / 8
        around = [{key: max(low - room, 0)}, {key: high + room}]
        return tight_axis(around, key, 10 ** floor(log10(width / 2)))
