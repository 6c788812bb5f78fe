"""What a question of the report is; each has a file in the folder questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from instacart import words
from instacart.report.chart import Drawing
from instacart.report.facts import Facts
from instacart.report.page import Link
from instacart.warehouse import Row, Warehouse, check_columns
from instacart.workbook import Column


@dataclass(frozen=True)
class Size:
    """What a finding is about: customers, and the revenue that they bring with it."""

    customers: int
    revenue: float | None

    def share(self, facts: Facts) -> float:
        """Of all revenue, or without prices of all customers."""
        if self.revenue is not None and facts.revenue:
            return self.revenue / facts.revenue
        return self.customers / facts.customers

    @property
    def text(self) -> str:
        customers = words.plural(self.customers, "customer")
        if self.revenue is None:
            return customers
        return f"{words.money(self.revenue)} from {customers}"

    def brought_by(self, subject: str, verb: str = "brings") -> str:
        """Who or what brings it, in a sentence without its end."""
        if self.revenue is None:
            verb = "has" if verb.endswith("s") else "have"
        return f"{subject} {verb} {self.text}"


def size_of(*rows: Row) -> Size:
    """The size of rows that share no customers."""
    revenues = [row["revenue"] for row in rows]
    return Size(
        sum(row["customer_count"] for row in rows),
        None if None in revenues else sum(revenues),
    )


class Question:
    """A question with its table and chart, the sentence that reads them, its answer.

    A subclass has a title, a sentence, a table and a drawing for the sheet of charts,
    or who asks what, an answer, figures and advice for the sheet of recommendations,
    or both. One whose sentence is a finding has a size, and what that means. So no part
    is abstract; a text that a sheet asks for and that is not there is an error, not a
    blank cell.
    """

    # What its page of the sheet of charts asks.
    title: ClassVar[str] = ""
    # Who asks what.
    asked_by: ClassVar[str] = ""
    asked: ClassVar[str] = ""
    # The question whose chart shows the answer, if not this one's.
    shown_by: ClassVar[type[Question] | None] = None
    # What it can't be answered without: `prices`, `customers`, `departments`.
    needs: ClassVar[tuple[str, ...]] = ()
    # Segment types whose rows it reads, of all packages.
    segment_types: ClassVar[tuple[str, ...]] = ()

    def __init__(self, warehouse: Warehouse, facts: Facts) -> None:
        self.warehouse, self.facts = warehouse, facts
        # Leads to its page among the charts, once that is written.
        self.chart_link: Link | None = None

    # The sheet of charts.

    def sentence(self) -> str:
        """What the table and the chart say."""
        raise NotImplementedError

    def caution(self) -> str:
        """What a reader of them has to know."""
        return ""

    @cached_property
    def rows(self) -> list[Row]:
        """The rows of its table."""
        return []

    def verdict(self) -> str:
        """Whether what it compares differs; nothing if it compares nothing."""
        return ""

    def columns(self) -> Sequence[Column]:
        """The columns of its table."""
        return ()

    def drawing(self) -> Drawing | None:
        """What shows the table."""
        return None

    # The title page, which shows the largest, and the page of its chart.

    def size(self) -> Size | None:
        """How much its sentence is about; nothing if that is no finding."""
        return None

    def so_what(self) -> str:
        """What the finding means, in dollars or customers."""
        raise NotImplementedError

    # The sheet of recommendations.

    def answer(self) -> str:
        raise NotImplementedError

    def figures(self) -> str:
        """What the answer rests on, a line each."""
        return ""

    def advice(self) -> str:
        raise NotImplementedError

    def prize(self) -> str:
        """What those whom the action addresses bring today; nothing if it is nobody."""
        size = self.size()
        return size.text if size else ""

    # What the sheets ask of every question.

    @property
    def lacking(self) -> str:
        """Why this package can't answer it, or nothing."""
        return self.facts.lacking(*self.needs)

    @property
    def reading(self) -> str:
        """What is said above its chart: the sentence, or why there is none."""
        return self.lacking or self.sentence()

    @property
    def consequence(self) -> str:
        """What is said below its chart: what a finding means, or what to do."""
        if self.size():
            return self.so_what()
        return self.advice() if self.asked_by else ""

    @cached_property
    def shown_columns(self) -> list[Column]:
        """The columns that hold something: what a package lacks, as money, doesn't."""
        if self.lacking:
            return []
        columns = self.columns()
        check_columns(self.rows, (column.key for column in columns))
        return [
            column
            for column in columns
            if any(row.get(column.key) is not None for row in self.rows)
        ]


def highest(rows: Sequence[Row], key: str) -> Row:
    return max(rows, key=lambda row: row[key])


def lowest(rows: Sequence[Row], key: str) -> Row:
    return min(rows, key=lambda row: row[key])
