"""Sales: Which departments earn more per order but are reordered less?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from instacart import words
from instacart.report.chart import tight_axis
from instacart.report.facts import GAPS, IS_LISTED
from instacart.report.quadrants import Quadrants
from instacart.report.question import Question, Size
from instacart.warehouse import Row
from instacart.workbook import Column

MEDIAN = "median of departments"


class Opportunities(Question):
    title = "Sales: Which departments earn more per order but are reordered less?"
    needs = ("prices", "departments")

    @cached_property
    def rows(self) -> list[Row]:
        """The departments, those with most at stake first, and their medians."""
        departments = self.warehouse.rows(
            "select * from marts.rpt_department_opportunities"
            f" where {IS_LISTED} order by dollars_at_stake desc, revenue desc,"
            " department_id"
        )
        first = departments[0]
        medians = Row(
            department=MEDIAN,
            reorder_rate=first["median_reorder_rate"],
            revenue_per_order=first["median_revenue_per_order"],
        )
        return [*departments, medians]

    @cached_property
    def found(self) -> list[Row]:
        """Those beyond both medians that are large enough to be named."""
        *departments, _ = self.rows
        return [row for row in departments if self._is_found(row)]

    def _is_found(self, row: Row) -> bool:
        # The department that is the median earns no more than most.
        return bool(
            row["department_group"] != GAPS
            and row["quadrant"] == self.facts.quadrants.high_value
            and row["revenue_per_order"] > row["median_revenue_per_order"]
            and row["is_frequent"]
            and row["customer_count"] >= self.facts.bound("has_enough_customers")
        )

    def sentence(self) -> str:
        if not self.found:
            least = self.facts.smallest_share("is_frequent")
            return (
                f"No department with at least {least} of items and"
                f" {self.facts.fewest_customers} customers earns more per order than"
                " most and is reordered less than most."
            )
        first = self.found[0]
        names = words.listing([row["department"] for row in self.found])
        earn, are = ("earns", "is") if len(self.found) == 1 else ("earn", "are")
        return (
            f"{words.capital(names)} {earn} more per order than most departments and"
            f" {are} reordered less than most."
            f" Most is at stake in {first['department']}:"
            f" {words.money(first['dollars_at_stake'])}, as {_bought_before(first)}."
        )

    def department_sentence(self, department: str) -> str:
        """What one of the departments earns per order and how often it is reordered."""
        found = [row for row in self.rows if row["department"] == department]
        if not found:
            return f"Nobody bought from {department}."
        (row,) = found
        if row["department_group"] == GAPS:
            return (
                f"{words.capital(department)} holds products without a department in"
                " the catalogue: nothing to act on."
            )
        if row["customer_count"] < self.facts.bound("has_enough_customers"):
            customers = words.plural(row["customer_count"], "customer")
            return (
                f"{words.capital(department)} was bought by {customers}, too few to"
                " tell what is at stake."
            )
        stake = row["dollars_at_stake"]
        at_stake = f"at most {words.money(stake)} is" if stake else "nothing is"
        return (
            f"{words.capital(department)} ({words.lower(row['quadrant'])}) earns"
            f" {words.money(row['revenue_per_order'])} per order,"
            f" {words.money(row['median_revenue_per_order'])} in the typical"
            f" department; {at_stake} at stake, as {_bought_before(row)}."
        )

    def size(self) -> Size | None:
        """What is at stake, not all that the department brings."""
        if not self.found:
            return None
        first = self.found[0]
        return Size(first["customer_count"], first["dollars_at_stake"])

    def so_what(self) -> str:
        first = self.found[0]
        return (
            f"reordered as often as the typical department, {first['department']} would"
            f" bring {words.money(first['dollars_at_stake'])} more from its"
            f" {words.plural(first['customer_count'], 'customer')}, at most."
        )

    def caution(self) -> str:
        return (
            "At stake is the most there is to gain, no forecast: what a department"
            " would bring in addition if it were reordered as often as the typical"
            " department (the median), with as many first purchases, each item at its"
            " average price, and nothing bought in place of something else. What lasts"
            " is seldom bought again, whoever sells it."
        )

    def columns(self) -> Sequence[Column]:
        return (
            Column("department", "Department"),
            Column("customer_count", "Customers", "count"),
            Column("order_count", "Orders", "count"),
            Column("order_product_count", "Items", "count"),
            Column("reorder_rate", "Reorder rate", "share"),
            Column("revenue_per_order", "Revenue per order", "money"),
            Column("dollars_at_stake", "At stake", "dollars"),
        )

    def drawing(self) -> Quadrants:
        *departments, _ = self.rows
        return Quadrants(
            "department",
            "reorder_rate",
            "revenue_per_order",
            "Revenue per order and reorder rate; the lines are the medians",
            {"name": "Reorder rate, % of items bought before", "num_format": "0%"}
            | tight_axis(self.rows, "reorder_rate", 0.1),
            {"name": "Dollars per order", "num_format": "$#,##0"}
            | tight_axis(self.rows, "revenue_per_order", 5),
            [number for number, row in enumerate(departments) if self._is_found(row)],
        )


def _bought_before(row: Row) -> str:
    """The reorder rate of a department against the typical one."""
    return (
        f"{words.share(row['reorder_rate'])} of the items bought there had been bought"
        f" before, and {words.share(row['median_reorder_rate'])} in the typical"
        " department (the median)"
    )
