"""The largest findings, and what changed since the last version, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from instacart import words
from instacart.report.facts import Facts
from instacart.report.question import Question
from instacart.report.segment_names import type_name
from instacart.warehouse import Row, Warehouse

MOST_FINDINGS = 5
MOST_CHANGES = 5
CHANGES = ("data_quality", "changes_since_last_version")
FIGURES: dict[str, tuple[str, Callable[[float], str]]] = {
    "customer_count": ("Customers", words.count),
    "order_count": ("Orders", words.count),
    "revenue": ("Revenue", words.money),
    "avg_order_total": ("Average order", words.money),
    "reorder_rate": ("Reorder rate", words.share),
}
# What a figure is of, by the dimension of its change.
OF = {
    "all": "",
    "weekday": " on {}",
    "hour": " at {}",
    "department": " of {}",
    "segment": " of {}",
}


def find_largest(questions: Iterable[Question], facts: Facts) -> list[Question]:
    """The questions with the largest findings; those with none have no size."""
    sizes = [
        (size.share(facts), question)
        for question in questions
        if not question.lacking and (size := question.size())
    ]
    sizes.sort(key=lambda one: -one[0])
    return [question for _, question in sizes[:MOST_FINDINGS]]


def findings_heading(found: list[Question]) -> str:
    name = "Five findings" if len(found) == MOST_FINDINGS else "Findings"
    return f"{name}, the largest first"


def read_changes(warehouse: Warehouse, facts: Facts) -> list[str]:
    """What is otherwise than in the version before, in sentences; empty without one."""
    if not warehouse.has_table(*CHANGES):
        return []
    changes = warehouse.rows(
        # Those of all first: small dimensions change most by themselves.
        "select * from data_quality.changes_since_last_version order by"
        " dimension <> 'all', abs(relative_change) desc nulls last,"
        " customer_count desc, figure, dimension, dimension_value"
    )
    if not changes:
        return []
    labels = facts.verdicts
    differing = [row for row in changes if row["verdict"] == labels.differs]
    if differing:
        return [change_text(row) for row in differing[:MOST_CHANGES]]
    if any(row["verdict"] == labels.same for row in changes):
        return ["Nothing changed by enough to be named."]
    return ["There are too few customers to tell whether anything changed."]


def change_text(row: Row) -> str:
    """A change in words: Orders on Saturday: 1,234 → 1,500 (+21.6%)."""
    name, show = FIGURES[row["figure"]]
    value = row["dimension_value"]
    if row["dimension"] == "hour":
        value = words.hour(int(value))
    elif row["dimension"] == "segment":
        segment_type, _, segment = value.partition(": ")
        value = f"{type_name(segment_type)}: {segment}"
    before, now = (
        "none" if row[key] is None else show(row[key]) for key in ("before", "now")
    )
    text = f"{name}{OF[row['dimension']].format(value)}: {before} → {now}"
    if row["figure"] == "reorder_rate" and row["change"] is not None:
        sign = "+" if row["change"] > 0 else "-"
        return f"{text} ({sign}{words.points(row['change'])})"
    if row["relative_change"] is None:
        return text
    return f"{text} ({100 * row['relative_change']:+.1f}%)"
