"""What became of the files' rows and values, as sheets and the dashboard tell it."""

from __future__ import annotations

from collections.abc import Sequence

from instacart import words
from instacart.origin import is_demo
from instacart.report.facts import Facts
from instacart.warehouse import Row, Warehouse, literal

KINDS = (
    *("missing values", "duplicates", "mistyped", "out of range", "referential"),
    "completeness",
)
# The flow of customers whom orders.csv or customers.csv names.
ALL_CUSTOMERS = "dim_customers"
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


def flow_of(steps: Sequence[Row], files: Sequence[Row], dataset: str) -> list[Row]:
    """The steps of a dataset that has a file, and of customers those of whom orders
    and customers.csv know together."""
    is_loaded = any(file["dataset"] == dataset for file in files)
    wanted = {dataset} if is_loaded else set()
    if dataset == "customers":
        wanted.add(ALL_CUSTOMERS)
    return [step for step in steps if step["dataset"] in wanted]


def flow_sentence(steps: Sequence[Row]) -> str:
    """How many rows each flow starts with, keeps, and has in the end."""
    return " ".join(
        _one_flow([step for step in steps if step["dataset"] == dataset])
        for dataset in dict.fromkeys(step["dataset"] for step in steps)
    )


def _one_flow(steps: Sequence[Row]) -> str:
    first, *later = steps
    cleaning = [step for step in later if not step["is_choice"]]
    kept = cleaning[-1]["rows_out"] if cleaning else first["rows_out"]
    text = f"Of {words.count(first['rows_out'])} {words.lower(first['step'])}"
    if kept == first["rows_out"]:
        text += " all are kept"
    else:
        text += f" {words.count(kept)} are kept ({removed_text(cleaning)})"
    chosen = [
        f"{words.count(step['rows_out'])} {words.lower(step['step'])}"
        for step in later
        if step["is_choice"]
    ]
    return f"{text}; {words.listing(chosen)} are left." if chosen else f"{text}."


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


def files_sentence(files: Sequence[Row]) -> str:
    """How many rows the files have, and what became of them."""
    if not files:
        return "The package has no file of this dataset."
    read, kept, copies, rejected = (
        sum(file[column] for file in files)
        for column in ("rows_read", "rows_kept", "duplicates_removed", "rows_rejected")
    )
    wrong = [file["source_file"] for file in files if not adds_up(file)]
    end = f"; the rows of {words.listing(wrong)} don't add up" if wrong else ""
    return (
        f"Of {words.plural(read, 'row')} read {words.count(kept)} are kept,"
        f" {words.plural(copies, 'is an exact copy', 'are exact copies')} and"
        f" {words.plural(rejected, 'is', 'are')} rejected{end}."
    )


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
    of_all = f"of {words.plural(len(columns), 'checked column')}"
    if not found:
        return f"None {of_all} has a problem."
    return f"{words.count(found)} {of_all} {'has' if found == 1 else 'have'} a problem."


def checks(warehouse: Warehouse) -> list[Row]:
    """Each check of a column, those that found most first."""
    return warehouse.rows(
        "select * from data_quality.consistency_checks"
        " order by row_count desc, dataset, column_name, check_name"
    )


def rejected_reasons(warehouse: Warehouse, dataset: str = "") -> list[Row]:
    """Rejected rows by file and reason, the most first; the rare ones in a line.

    dataset: which, if not all.
    """
    where = f"where dataset = {literal(dataset)}" if dataset else ""
    rows = warehouse.rows(
        "select dataset, source_file, reason, count(*) as row_count from"
        f" data_quality.rejected_rows {where} group by dataset, source_file, reason"
        " order by row_count desc, dataset, source_file, reason"
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


def rejected_sentence(reasons: Sequence[Row]) -> str:
    """How many rows are rejected, and why most of them."""
    if not reasons:
        return "No row had to be rejected."
    rows = sum(row["row_count"] for row in reasons)
    first = reasons[0]
    return (
        f"{words.plural(rows, 'row is', 'rows are')} rejected,"
        f" {words.count(first['row_count'])} of {first['source_file']}:"
        f" {first['reason']}."
    )


def repairs(warehouse: Warehouse) -> list[Row]:
    """Repaired values, counted by column and repair."""
    return warehouse.rows(
        "select dataset, column_name, repair,"
        " cast(sum(value_count) as bigint) as value_count"
        " from data_quality.repaired_values group by dataset, column_name, repair"
        " order by dataset, column_name, repair"
    )


def repairs_sentence(repaired: Sequence[Row]) -> str:
    """How many values are shown otherwise than in their files, and why most of them."""
    if not repaired:
        return "No value is shown otherwise than in its file."
    values = sum(row["value_count"] for row in repaired)
    first = max(repaired, key=lambda row: row["value_count"])
    if len(repaired) == 1:
        return (
            f"{words.plural(values, 'value')} of {first['column_name']}"
            f" {'is' if values == 1 else 'are'} repaired: {first['repair']}."
        )
    return (
        f"{words.plural(values, 'value is', 'values are')} repaired,"
        f" {words.count(first['value_count'])} of {first['column_name']}:"
        f" {first['repair']}."
    )


def merge_variants(warehouse: Warehouse) -> list[Row]:
    """The published ways to merge the files, and last the correct one."""
    return warehouse.rows(
        "select * from data_quality.merge_variants order by variant_number"
    )


def variants_sentence(variants: Sequence[Row]) -> str:
    """How many of the ways to merge have another number of rows, and which the most."""
    *published, correct = variants
    wrong = [row for row in published if row["difference_from_correct"]]
    right = words.plural(correct["order_product_count"], "order product")
    ways = words.plural(len(published), "published way")
    if not wrong:
        return f"All {ways} to merge the files have the correct {right}."
    worst = max(wrong, key=lambda row: abs(row["difference_from_correct"]))
    return (
        f"{words.count(len(wrong))} of {ways} to merge the files"
        f" {'misses' if len(wrong) == 1 else 'miss'} the correct {right}, the worst by"
        f" {worst['difference_from_correct']:+,} ({words.lower(worst['variant'])})."
    )


def variants_caution(variants: Sequence[Row]) -> str:
    """What a right number of rows hides."""
    hiding = [
        row["unmatched_order_product_count"]
        for row in variants
        if not row["difference_from_correct"] and row["unmatched_order_product_count"]
    ]
    text = "A right number of rows may hide what is lost and what is doubled."
    if not hiding:
        return text
    return (
        f"{text} {words.count(len(hiding))} of them"
        f" {'has' if len(hiding) == 1 else 'have'} it, with up to"
        f" {words.plural(max(hiding), 'row')} without a product."
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
