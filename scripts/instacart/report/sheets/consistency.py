"""The sheet of what is wrong with the raw files, and what becomes of it."""

from __future__ import annotations

from instacart.report.facts import Facts
from instacart.report.page import Formula
from instacart.report.sheet import Sheet
from instacart.report.source import Source
from instacart.report.trust import (
    KINDS,
    adds_up,
    checked_columns,
    checks_sentence,
    rejected_reasons,
    rejected_sentence,
    repairs,
    repairs_sentence,
)
from instacart.warehouse import Warehouse
from instacart.workbook import Column

NAME = "Consistency checks"
ABOUT = "what was checked in each file and column, what was found, what became of it"
WIDTHS = (1, 15, 25, 11, 12, 11, 12, 12, 14, 14, 33)


def write(sheet: Sheet, source: Source) -> None:
    """Write rows of the files, problems by column, rejected rows and repairs."""
    sheet.set_close()
    sheet.start(
        NAME,
        "Each raw file and column: what was checked, what was found, and what became of"
        " it. A row with several problems is counted at the first.",
    )
    _write_files(sheet, source.facts)
    _write_checks(sheet, source.warehouse)
    _write_rejected(sheet, source.warehouse)
    _write_repairs(sheet, source.warehouse)


def _write_files(sheet: Sheet, facts: Facts) -> None:
    sheet.heading("Rows of each file: read = kept + duplicates + rejected")
    first = sheet.row + 2
    rows = []
    for number, file in enumerate(facts.files):
        row = first + number
        rows.append(
            file
            | {
                "adds_up": Formula(
                    f'=IF(D{row}=E{row}+F{row}+G{row},"yes","NO")',
                    "yes" if adds_up(file) else "NO",
                )
            }
        )
    sheet.table(
        [
            Column("dataset", "Dataset"),
            Column("source_file", "File"),
            Column("rows_read", "Rows read", "count"),
            Column("rows_kept", "Kept", "count"),
            Column("duplicates_removed", "Duplicates", "count"),
            Column("rows_rejected", "Rejected", "count"),
            Column("adds_up", "Adds up"),
            Column("fabricated_columns", "Fabricated here"),
        ],
        rows,
    )
    sheet.gap()


def _write_checks(sheet: Sheet, warehouse: Warehouse) -> None:
    rows = checked_columns(warehouse)
    sheet.heading("What was checked, by column")
    sheet.paragraph(
        f"{checks_sentence(rows)} 0 means checked and clean; an empty cell, that the"
        " column can't have such a problem."
    )
    sheet.table(
        [
            Column("dataset", "Dataset"),
            Column("column_name", "Column"),
            *(Column(kind, kind.capitalize(), "count") for kind in KINDS),
            Column("treatment", "Treatment", "wrapped", 2),
        ],
        rows,
    )
    sheet.gap()


def _write_rejected(sheet: Sheet, warehouse: Warehouse) -> None:
    sheet.heading("Rejected rows, by reason")
    rows = rejected_reasons(warehouse)
    if not rows:
        sheet.paragraph(rejected_sentence(rows))
        sheet.gap()
        return
    sheet.table(
        [
            Column("dataset", "Dataset"),
            Column("source_file", "File"),
            Column("row_count", "Rows", "count"),
            Column("reason", "Reason", "wrapped", 7),
        ],
        rows,
    )
    sheet.gap()


def _write_repairs(sheet: Sheet, warehouse: Warehouse) -> None:
    sheet.heading("Repaired values, by repair")
    rows = repairs(warehouse)
    if not rows:
        sheet.paragraph(repairs_sentence(rows))
        return
    sheet.paragraph(
        "data_quality.repaired_values shows values before and after; of a whole column,"
        " the first."
    )
    sheet.table(
        [
            Column("dataset", "Dataset"),
            Column("column_name", "Column"),
            Column("value_count", "Values", "count"),
            Column("repair", "Repair", "wrapped", 7),
        ],
        rows,
    )
