"""At which hours departments sell more, or less, than otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from instacart import words
from instacart.report.facts import GAPS, IS_LISTED, Facts
from instacart.warehouse import Row, Warehouse

# As many departments as a sentence names.
MOST_NAMED = 3


class DepartmentHours:
    """The rows of rpt_department_hours, and what they say of a department or of all.

    Compared are shares of the items of an hour, not items: these follow the traffic.
    """

    def __init__(self, warehouse: Warehouse, facts: Facts) -> None:
        self.warehouse, self.facts = warehouse, facts

    @cached_property
    def rows(self) -> list[Row]:
        """Departments of most items first; `share_difference` is the share of the hour
        less that of all hours, `hour` its label."""
        rows = self.warehouse.rows(
            f"""
            select
                hours.*,
                hours.share_of_hour - hours.overall_share as share_difference
            from marts.rpt_department_hours as hours
            inner join marts.rpt_departments as departments using (department_id)
            where {IS_LISTED}
            order by departments.order_product_rank, hours.hour_of_day
            """
        )
        for row in rows:
            row["hour"] = words.hour(row["hour_of_day"])
        return rows

    def of(self, department: str = "") -> list[Row]:
        """The hours of a department, or of all."""
        return [row for row in self.rows if department in ("", row["department"])]

    @cached_property
    def gaps(self) -> list[str]:
        """Departments that are none, of products that the catalogue has none for."""
        rows = (row for row in self.rows if row["department_group"] == GAPS)
        return list(dict.fromkeys(row["department"] for row in rows))

    def judged(self, department: str) -> list[Row]:
        """Those of a finding: no gap of the catalogue, unless it is asked for."""
        rows = self.of(department)
        return [row for row in rows if department or row["department_group"] != GAPS]

    def verdict(self, department: str = "") -> str:
        """Whether it sells more or less at some hours than otherwise."""
        return self.facts.joint_verdict(
            row["verdict"] for row in self.judged(department)
        )

    def sentence(self, department: str = "") -> str:
        """At which hours it sells more; if at none, less; of all, which do."""
        rows, labels = self.judged(department), self.facts.verdicts
        if department and not any(row["order_product_count"] for row in rows):
            return f"Nobody bought from {department}."
        verdict = self.verdict(department)
        if verdict == labels.differs:
            clear = [row for row in rows if row["verdict"] == labels.differs]
            more = [row for row in clear if row["share_difference"] > 0]
            found, how = (more, "larger") if more else (clear, "smaller")
            return _clear_sentence(found, how, department)
        if verdict == labels.too_few:
            what = (
                f"at which hours {department} sells more"
                if department
                else "whether a department sells more at some hours"
            )
            return (
                f"There are too few customers to tell {what} than at"
                f" others{would_show(rows)}."
            )
        subject = department or "every department"
        return f"{words.capital(subject)} is the same part of the items at every hour."


def _clear_sentence(rows: Sequence[Row], how: str, department: str) -> str:
    """What hours show of the departments that clearly differ in one direction."""
    most = max(rows, key=lambda row: abs(row["share_difference"]))
    figures = (
        f"{words.share(most['share_of_hour'])} at {most['hour']},"
        f" {words.share(most['overall_share'])} over the day"
    )
    if department:
        hours = words.hours([row["hour_of_day"] for row in rows])
        return (
            f"{words.capital(department)} is a {how} part of the items from"
            f" {hours} than at other hours ({figures})."
        )
    names = list(dict.fromkeys(row["department"] for row in rows))
    is_one = len(names) == 1
    if (others := len(names) - MOST_NAMED) > 0:
        names = [*names[:MOST_NAMED], words.plural(others, "other")]
    return (
        f"{words.capital(words.listing(names))} {'is' if is_one else 'are'} a {how}"
        f" part of the items at some hours than at others, most clearly"
        f" {most['department']} ({figures})."
    )


def would_show(rows: Sequence[Row]) -> str:
    """Which difference of shares would show where most is known, to end a sentence.

    rows: with their `detectable_difference`, if any is known.
    """
    known = [
        row["detectable_difference"] for row in rows if row["detectable_difference"]
    ]
    # Beyond the whole there is nothing to show.
    if min(known, default=1) >= 1:
        return ""
    return (
        ": even where most is known, a difference under"
        f" {words.points(min(known))} can't be told from chance"
    )
