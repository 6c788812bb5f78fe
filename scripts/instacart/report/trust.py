"""What became of the files' rows and values, as sheets and the dashboard tell it."""

from __future__ import annotations

from collections.abc import Sequence

from instacart import words
from instacart.origin import is_demo
from instacart.report.facts import Facts
from instacart.warehouse import Row, Warehouse

KINDS = (
    *("missing values", "duplicates", "mistyped", "out of range", "referential"),
    "completeness",
)
# Of rejected rows as many reasons are listed; the rest is one line.
MOST_REASONS = 40


def trust_line(warehouse: Warehouse, facts: Facts) -> str:
    """In a sentence: what is analysed, rejected and repaired, and what is published."""
    read = sum(
        file["rows_read"] for file in facts.files if file["dataset"] == "order_products"
    )
    rejected = sum(file["rows_rejected"] for file in facts.files)
    repaired = sum(row["value_count"] for row in repairs(warehouse))
    figures = published_figures(warehouse)
    matching = sum(figure["is_match"] for figure in figures)
    published = (
        f"{words.count(matching)} of"
        f" {words.plural(len(figures), 'published figure')} match"
        if figures
        else "nothing to compare with published figures"
    )
    return (
        f"{words.count(facts.order_products)} of"
        f" {words.plural(read, 'order product')} read are analysed;"
        f" {words.plural(rejected, 'row')} rejected,"
        f" {words.plural(repaired, 'value')} repaired, {published}."
    )


def population_steps(warehouse: Warehouse) -> list[Row]:
    """The steps from raw files to what is analysed, dataset by dataset."""
    return warehouse.rows(
        "select * from data_quality.population_flow order by step_number"
    )


def removed_text(steps: Sequence[Row]) -> str:
    """What some steps remove, in words."""
    gone = [step for step in steps if step["rows_removed"]]
    if not gone:
        return "nothing removed"
    return "; ".join(
        f"{words.count(step['rows_removed'])} removed: {_short(step['reason'])}"
        for step in gone
    )


def _short(reason: str) -> str:
    return words.lower(reason.partition(":")[0])


def adds_up(file: Row) -> bool:
    """Whether the rows of a file are all kept, copies or rejected."""
    kept, copies = file["rows_kept"], file["duplicates_removed"]
    return bool(file["rows_read"] == kept + copies + file["rows_rejected"])


def checked_columns(warehouse: Warehouse) -> list[Row]:
    """The checked columns, with the problems found by kind, and their treatment."""
    counts = ", ".join(
        f"sum(row_count) filter (where check_name = '{kind}') as \"{kind}\""
        for kind in KINDS
    )
    rows = warehouse.rows(
        f"""
        select
            dataset,
            column_name,
            {counts},
            string_agg(check_name || ': ' || treatment, '; ' order by check_name)
                filter (where row_count > 0) as treatment
        from data_quality.consistency_checks
        group by dataset, column_name
        order by dataset, column_name
        """
    )
    for row in rows:
        row["has_problem"] = row["treatment"] is not None
        row["treatment"] = row["treatment"] or "nothing found"
    return rows


def checks_sentence(columns: Sequence[Row]) -> str:
    """How many of the checked columns have a problem."""
    found = sum(column["has_problem"] for column in columns)
    return (
        f"{words.plural(found, 'checked column has', 'checked columns have')} a"
        " problem."
    )


def rejected_reasons(warehouse: Warehouse) -> list[Row]:
    """Rejected rows by file and reason, the most first; the rare ones in a line."""
    rows = warehouse.rows(
        "select dataset, source_file, reason, count(*) as row_count from"
        " data_quality.rejected_rows group by dataset, source_file, reason order by"
        " row_count desc, dataset, source_file, reason"
    )
    rest = rows[MOST_REASONS:]
    if not rest:
        return rows
    reasons = words.plural(len(rest), "more reason")
    return [
        *rows[:MOST_REASONS],
        Row(
            reason=f"{reasons}, all in data_quality.rejected_rows",
            row_count=sum(row["row_count"] for row in rest),
        ),
    ]


def repairs(warehouse: Warehouse) -> list[Row]:
    """Repaired values, counted by column and repair."""
    return warehouse.rows(
        "select dataset, column_name, repair,"
        " cast(sum(value_count) as bigint) as value_count"
        " from data_quality.repaired_values group by dataset, column_name, repair"
        " order by dataset, column_name, repair"
    )


def merge_variants(warehouse: Warehouse) -> list[Row]:
    """The published ways to merge the files, and last the correct one."""
    return warehouse.rows(
        "select * from data_quality.merge_variants order by variant_number"
    )


def published_figures(warehouse: Warehouse) -> list[Row]:
    """Published figures and what the marts have; without the full data none."""
    return warehouse.rows(
        "select * from data_quality.published_figures_check"
        " order by is_match, metric, dimension"
    )


def published_sentence(figures: Sequence[Row], facts: Facts) -> str:
    """How many published figures the marts match, or why none is compared."""
    if not figures:
        found = "generated" if is_demo(facts.files) else "not the whole of it"
        return (
            "No figure is compared: those published are of the full 2017 data, and"
            f" what is loaded is {found}."
        )
    matching = sum(figure["is_match"] for figure in figures)
    if matching == len(figures):
        return (
            f"All {words.plural(matching, 'published figure')} of the 2017 data match."
        )
    first = figures[0]
    differing = len(figures) - matching
    return (
        f"{words.count(matching)} of {words.plural(len(figures), 'published figure')}"
        f" match; {words.count(differing)} {'differs' if differing == 1 else 'differ'},"
        f" for one {first['metric']}, {first['dimension']}."
    )
