"""The sheet of what is wrong with the raw files."""

from __future__ import annotations

from report.support import (
    CHECKS,
    Changed,
    Report,
)

KINDS = [
    *("missing values", "duplicates", "mistyped", "out of range", "referential"),
    "completeness",
]


def test_checks_are_counted_by_column_and_kind(each: Report) -> None:
    rows = each.dicts(CHECKS, "What was checked", "Dataset")
    found = {
        (row["Dataset"], row["Column"], kind): row[kind.capitalize()]
        for row in rows
        for kind in KINDS
        if row[kind.capitalize()] is not None
    }
    assert found == {
        (row["dataset"], row["column_name"], row["check_name"]): row["found"]
        for row in each.query(
            "select dataset, column_name, check_name, sum(row_count)::bigint as found"
            " from data_quality.consistency_checks group by all"
        )
    }
    assert len({(row["Dataset"], row["Column"]) for row in rows}) == len(rows)


def test_a_treatment_is_given_for_what_was_found_only(each: Report) -> None:
    treatments = each.query(
        "select dataset, column_name, treatment from data_quality.consistency_checks"
        " where row_count > 0"
    )
    by_column: dict[tuple, list[str]] = {}
    for row in treatments:
        key = (row["dataset"], row["column_name"])
        by_column.setdefault(key, []).append(row["treatment"])
    for row in each.dicts(CHECKS, "What was checked", "Dataset"):
        expected = by_column.get((row["Dataset"], row["Column"]))
        if expected is None:
            assert row["Treatment"] == "nothing found"
        else:
            assert all(one in row["Treatment"] for one in expected)


def test_rows_of_each_file_add_up(each: Report) -> None:
    rows = each.dicts(CHECKS, "Rows of each file", "Dataset")
    assert {
        row["File"]: (
            *(row["Rows read"], row["Kept"], row["Duplicates"], row["Rejected"]),
            row["Adds up"],
        )
        for row in rows
    } == {
        row["source_file"]: (
            *(row["rows_read"], row["rows_kept"], row["duplicates_removed"]),
            *(row["rows_rejected"], "yes"),
        )
        for row in each.query("from data_quality.file_row_counts")
    }


def test_rejected_rows_and_repairs_are_counted(changed: Changed) -> None:
    report = changed(
        "insert into data_quality.rejected_rows select 'orders', 'orders.csv',"
        " 'reason ' || n % 50, 'row' from range(100) as numbers (n)"
    )
    rows = report.dicts(CHECKS, "Rejected rows", "Dataset")
    assert sum(row["Rows"] for row in rows) == 100
    assert len(rows) < 50
    repairs = report.query(
        "select dataset, column_name, repair, count(*) as number"
        " from data_quality.repaired_values group by all"
    )
    if repairs:
        rows = report.dicts(CHECKS, "Repaired values", "Dataset")
        assert {
            (r["Dataset"], r["Column"], r["Repair"]): r["Values"] for r in rows
        } == {
            (r["dataset"], r["column_name"], r["repair"]): r["number"] for r in repairs
        }
