"""The final report read back: its workbook, and the questions it is made of."""

from __future__ import annotations

import itertools
import re
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import openpyxl
import pytest
from instacart import report, warehouse
from instacart.config import PROJECT_DIR
from instacart.report.facts import Facts, read_facts
from instacart.report.question import Question
from instacart.report.questions import QUESTIONS
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

SAMPLES = PROJECT_DIR.parent / "shared" / "data"
needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(),
    reason="the real samples may not be redistributed and are not at ../shared/data",
)
SHEETS = [
    *("1. Title page", "2. Population flow", "3. Consistency checks"),
    *("4. Wrangling steps", "5. Column derivations", "6. Visualizations"),
    *("7. Recommendations", "8. Crosstabs"),
]
TITLE, FLOW, CHECKS, WRANGLING, DERIVATIONS, CHARTS, ADVICE, CROSSTABS = SHEETS
ASKED_BY = [
    *(f"Key question {one}" for one in (*"1234", "5a", "5b", "5c", "5d", "6", "7")),
    *("VP of Marketing", "SVP of Sales", "The customer"),
]
NAMESPACES = {
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "c": "http://schemas.openxmlformats.org/drawingml/2006/chart",
    "xdr": "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing",
}
# The first column that holds anything.
LEFT = 2
HOUR = "lpad(hour_of_day::varchar, 2, '0') || ':00'"
ALL_CUSTOMERS = "(select count(*) from marts.dim_customers where order_count > 0)"
OF_SEGMENTS = "from marts.rpt_customer_segments where segment_type ="
# Those of thirty customers, or all where there is none.
SHOWN_PAIRS = (
    "select * from marts.rpt_product_pairs where customer_count >= 30"
    " or not exists (from marts.rpt_product_pairs where customer_count >= 30)"
    " order by lift desc, product_id_a, product_id_b limit 8"
)

Rows = list[dict[str, Any]]
# Builds the package that a function writes, with some vars, and gives its database.
Build = Callable[..., Path]
# Writes the report of a database to a file.
Export = Callable[[Path, Path], "Report"]
# The report of a copy of a database that some statements have changed.
Changed = Callable[..., "Report"]


@dataclass
class Report:
    """A report, written when its workbook is looked at, and its warehouse."""

    database: Path
    manifest: Path
    path: Path

    def write(self) -> None:
        """Write the workbook, as `instacart report` does."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("INSTACART_DB", str(self.database))
            patch.setenv("DBT_TARGET_PATH", str(self.manifest.parent))
            report.write_report(self.path, lambda line: None)

    @cached_property
    def content(self) -> bytes:
        if not self.path.exists():
            self.write()
        return self.path.read_bytes()

    @cached_property
    def book(self) -> Workbook:
        """The workbook with the cached values of its formulas."""
        assert self.content
        return openpyxl.load_workbook(self.path, data_only=True)

    @cached_property
    def formulas(self) -> Workbook:
        """The workbook with its formulas."""
        assert self.content
        return openpyxl.load_workbook(self.path)

    @cached_property
    def parts(self) -> dict[str, bytes]:
        assert self.content
        with zipfile.ZipFile(self.path) as file:
            return {name: file.read(name) for name in file.namelist()}

    @cached_property
    def charts(self) -> list[ElementTree.Element]:
        names = [n for n in self.parts if re.fullmatch(r"xl/charts/chart\d+\.xml", n)]
        return [ElementTree.fromstring(self.parts[name]) for name in sorted(names)]

    # The warehouse.

    @cached_property
    def warehouse(self) -> warehouse.Warehouse:
        connection = duckdb.connect(str(self.database), read_only=True)
        return warehouse.Warehouse(self.database, connection)

    def query(self, sql: str) -> Rows:
        cursor = self.warehouse.execute(sql)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def one(self, sql: str) -> Any:
        """The only value of a query."""
        ((value,),) = (row.values() for row in self.query(sql))
        return value

    # The questions, which need no workbook.

    @cached_property
    def facts(self) -> Facts:
        return read_facts(self.warehouse)

    @cached_property
    def questions(self) -> list[Question]:
        return [each(self.warehouse, self.facts) for each in QUESTIONS]

    def reading(self, title: str) -> str:
        """What is said above the chart of the first question that begins so."""
        return next(q for q in self.questions if q.title.startswith(title)).reading

    def answer(self, asked_by: str) -> Answer:
        """What is recommended to somebody."""
        (question,) = (q for q in self.questions if q.asked_by == asked_by)
        if question.lacking:
            return Answer(question.lacking)
        return Answer(question.answer(), question.figures(), question.advice())

    # The cells of the workbook.

    @cached_property
    def cells(self) -> dict[str, list[tuple[Any, ...]]]:
        """The values of each sheet, row by row."""
        return {
            page.title: list(page.iter_rows(values_only=True)) for page in self.book
        }

    def texts(self, sheet: str) -> list[str]:
        """All texts of a sheet, row by row."""
        values = itertools.chain.from_iterable(self.cells[sheet])
        return [value for value in values if isinstance(value, str)]

    def row_of(self, sheet: str, beginning: str, column: int = LEFT) -> int:
        """The first row whose cell begins with a text."""
        for number, row in enumerate(self.cells[sheet], start=1):
            if str(row[column - 1] or "").startswith(beginning):
                return number
        raise AssertionError(f"{beginning} is not in {sheet}")

    def table(
        self, sheet: str, heading: str, first: str, column: int = LEFT
    ) -> list[list[Any]]:
        """Header and rows of the first table below a heading, by its first header."""
        cells = self.cells[sheet]
        start = self.row_of(sheet, heading)
        header = next(
            row
            for row in range(start, start + 60)
            if cells[row - 1][column - 1] == first
        )
        columns = list(filled(self.book[sheet], header, column))
        rows = []
        for row in cells[header - 1 :]:
            values = [row[one - 1] for one in columns]
            if all(value is None for value in values):
                break
            rows.append(values)
        return rows

    def dicts(self, sheet: str, heading: str, first: str, column: int = LEFT) -> Rows:
        header, *rows = self.table(sheet, heading, first, column)
        return [dict(zip(header, row, strict=True)) for row in rows]


@dataclass
class Answer:
    """What a row of the recommendations says."""

    answer: str
    figures: str = ""
    advice: str = ""


def filled(page: Worksheet, row: int, column: int) -> Iterator[int]:
    """Columns of a header from one on, merged ones once, up to an empty cell."""
    spans = {
        (span.min_row, span.min_col): span.max_col for span in page.merged_cells.ranges
    }
    while page.cell(row, column).value is not None:
        yield column
        column = spans.get((row, column), column) + 1


def change(database: Path, folder: Path, statements: Iterable[str]) -> Path:
    """A copy of a database that some statements have changed."""
    copy = Path(shutil.copyfile(database, folder / "instacart.duckdb"))
    with duckdb.connect(str(copy)) as connection:
        for statement in statements:
            connection.execute(statement)
    return copy


def same(found: Any, expected: Any) -> bool:
    """Equal, figures within the digits to which analyses round them."""
    if expected is None or isinstance(expected, str):
        return bool(found == expected)
    if not isinstance(found, int | float):
        return False
    expected = float(expected)
    allowed = 6e-5 if abs(expected) <= 1.5 else 0.0051
    return bool(abs(found - expected) <= allowed + 1e-9 * abs(expected))


def assert_same(found: list[list[Any]], expected: Iterable[Sequence[Any]]) -> None:
    for one, other in zip(found, expected, strict=True):
        assert len(one) == len(other)
        assert all(map(same, one, other)), (one, other)


# The labels of a comparison, and what sentences know of a package, for rows that are
# made by hand.
DIFFERS, SAME, TOO_FEW = "Differs", "The same", "Too few to tell"
FACTS = Facts(
    files=[],
    origin="",
    warning="",
    has_prices=True,
    has_customers=True,
    has_departments=True,
    customers=200,
    orders=1_000,
    order_products=10_000,
    revenue=1e5,
    unknown_label="Unknown",
    label_order={"verdict": [DIFFERS, SAME, TOO_FEW]},
    bounds={"has_enough_customers": 30, "is_frequent": 0.01},
)


def percent(value: float, digits: int = 1) -> str:
    return f"{100 * value:.{digits}f}%"


def meta_of(column: dict[str, Any]) -> dict[str, Any]:
    """What a column of the manifest says of itself."""
    return column.get("config", {}).get("meta") or column.get("meta") or {}


def crosstab(report: Report, title: str) -> tuple[Rows, Rows]:
    """The counts and the shares below a heading (not in the list of links)."""
    page = report.book[CROSSTABS]
    (row,) = (
        row
        for row in range(1, page.max_row + 1)
        if page.cell(row, LEFT).value == title and not page.cell(row, LEFT).hyperlink
    )
    while page.cell(row, LEFT).value != "Customers":
        row += 1
        assert row <= page.max_row
    panels = []
    for first in ("Customers", "Shares of customers"):
        row, column = _panel(page, row, first)
        columns = [next(filled(page, row, column))]
        # The other panel may be right beside this one.
        for one in itertools.islice(filled(page, row, column), 1, None):
            if page.cell(row, one).value == "Shares of customers":
                break
            columns.append(one)
        names = ["", *(page.cell(row, one).value for one in columns[1:])]
        rows = []
        below = row + 1
        while page.cell(below, column).value is not None:
            values = [page.cell(below, one).value for one in columns]
            rows.append(dict(zip(names, values, strict=True)))
            below += 1
        panels.append(rows)
    return panels[0], panels[1]


def _panel(page: Worksheet, row: int, heading: str) -> tuple[int, int]:
    """Where a panel of a crosstab begins: beside the row, or in the first column."""
    for column in range(LEFT, page.max_column + 1):
        if page.cell(row, column).value == heading:
            return row, column
    while page.cell(row, LEFT).value != heading:
        row += 1
        assert row <= page.max_row, f"{heading} is missing"
    return row, LEFT
