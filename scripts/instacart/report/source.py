"""What the sheets are written from: the warehouse, dbt's manifest and the questions."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from instacart import words
from instacart.errors import UserError
from instacart.report.facts import Facts, read_facts
from instacart.report.question import Question
from instacart.report.questions import QUESTIONS
from instacart.warehouse import Row, Warehouse

Asked = TypeVar("Asked", bound=Question)


@dataclass(frozen=True)
class Source:
    """What every sheet, and every page of the dashboard, may read.

    segment_types: the rows of rpt_segment_types. contents: what each sheet holds.
    """

    warehouse: Warehouse
    manifest: dict[str, Any]
    facts: Facts
    segment_types: dict[str, Row]
    questions: list[Question]
    contents: dict[str, str]

    def question(self, kind: type[Asked]) -> Asked:
        """The question of a class."""
        (found,) = (one for one in self.questions if isinstance(one, kind))
        return found


def read_source(
    warehouse: Warehouse,
    manifest: dict[str, Any] | None = None,
    contents: dict[str, str] | None = None,
) -> Source:
    """Read what all sheets share, and pages of the dashboard.

    Raises UserError without anything analysed, or where the warehouse lacks a segment
    type that a question reads.
    """
    facts = read_facts(warehouse)
    segment_types = read_segment_types(warehouse)
    check_segment_types(
        segment_types, (one for each in QUESTIONS for one in each.segment_types)
    )
    questions = [each(warehouse, facts) for each in QUESTIONS]
    return Source(
        warehouse, manifest or {}, facts, segment_types, questions, contents or {}
    )


def check_segment_types(found: Container[str], needed: Iterable[str]) -> None:
    """Raise UserError if the reports have no segments of a type."""
    if lacking := [one for one in dict.fromkeys(needed) if one not in found]:
        raise UserError(
            f"{words.listing(lacking)} among the segment types of the reports",
            "that the var segment_types leaves them out",
            "list them in dbt_project.yml and run `make build`",
        )


def read_segment_types(warehouse: Warehouse) -> dict[str, Row]:
    """What the segment reports divide customers by, and what is known of that."""
    rows = warehouse.rows("select * from marts.rpt_segment_types order by segment_type")
    return {row["segment_type"]: row for row in rows}
