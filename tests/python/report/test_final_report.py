"""The Excel final report, read back and compared with the warehouse it is made of."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import conftest
import duckdb
import numpy as np
import openpyxl
import pytest
from conftest import CUSTOMER_NAMES, PROJECT_DIR, WITHOUT_TESTS, Built, Warehouse
from instacart import report as export_excel
from instacart import warehouse as warehouse_module
from instacart.synthetic import generate
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

SAMPLES = PROJECT_DIR.parent / "shared" / "data"
needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(),
    reason="the real samples may not be redistributed and are not at ../shared/data",
)
needs_office = pytest.mark.skipif(
    not shutil.which("soffice"),
    reason="LibreOffice (soffice) is not installed: make libreoffice",
)
SCALE = 0.005
SHEETS = [
    *("1. Title page", "2. Population flow", "3. Consistency checks"),
    *("4. Wrangling steps", "5. Column derivations", "6. Visualizations"),
    *("7. Recommendations", "8. Crosstabs"),
]
TITLE, FLOW, CHECKS, WRANGLING, DERIVATIONS, CHARTS, ADVICE, CROSSTABS = SHEETS
QUESTIONS = [
    *(f"Key question {one}" for one in (*"1234", "5a", "5b", "5c", "5d", "6", "7")),
    *("VP of Marketing", "SVP of Sales", "The customer"),
]
# Every var that makes a label or bound of a segment, otherwise than shipped.
OTHER_VARS = {
    "unknown_label": "n/a",
    "no_orders_label": "Never ordered",
    "high_activity_label": "Active",
    "activity_flag": [["Passive", "< 3"], ["Active", "otherwise"]],
    "loyalty_flag": [["Devoted", "> 4"], ["Casual", "otherwise"]],
    "income_group": [["Poor", "< third_quartile"], ["Rich", "otherwise"]],
    "price_range": [["Dear", "> 7"], ["Cheap", "otherwise"]],
    "phenomenon": {
        "high_traffic_and_value": "Sun",
        "high_traffic": "Wind",
        "high_value": "Rain",
        "neither": "Fog",
    },
    "min_pair_orders": 1,
}
ODD_NAMES = {
    "Pears": "=1+1",
    "Bananas": "a\x01b",
    "Plums": "+1",
    "Pretzels": "@SUM(A1)",
}
NS = {
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "c": "http://schemas.openxmlformats.org/drawingml/2006/chart",
    "xdr": "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing",
}
ERROR_VALUES = {"#REF!", "#NAME?", "#VALUE!", "#N/A", "#DIV/0!", "#NULL!", "#NUM!"}
LEFT = 2

Rows = list[dict]


@dataclass
class Report:
    """A workbook, and the warehouse it was made of."""

    path: Path
    database: Path
    manifest: Path

    @cached_property
    def book(self) -> Workbook:
        """The workbook with the cached values of its formulas."""
        return openpyxl.load_workbook(self.path, data_only=True)

    @cached_property
    def parts(self) -> dict[str, bytes]:
        with zipfile.ZipFile(self.path) as file:
            return {name: file.read(name) for name in file.namelist()}

    @cached_property
    def charts(self) -> list[ElementTree.Element]:
        names = [n for n in self.parts if re.fullmatch(r"xl/charts/chart\d+\.xml", n)]
        return [ElementTree.fromstring(self.parts[name]) for name in sorted(names)]

    def query(self, sql: str) -> Rows:
        with duckdb.connect(str(self.database), read_only=True) as connection:
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def one(self, sql: str):
        """The only value of a query."""
        ((value,),) = (row.values() for row in self.query(sql))
        return value

    def texts(self, sheet: str) -> list[str]:
        """All texts of a sheet, row by row."""
        return [
            value
            for row in self.book[sheet].iter_rows(values_only=True)
            for value in row
            if isinstance(value, str)
        ]

    def row_of(self, sheet: str, beginning: str, column: int = LEFT) -> int:
        """The only row whose cell begins with a text."""
        found = [
            row
            for row in range(1, self.book[sheet].max_row + 1)
            if str(self.book[sheet].cell(row, column).value or "").startswith(beginning)
        ]
        assert found, f"{beginning} is not in {sheet}"
        return found[0]

    def reading(self, question: str) -> str:
        """The sentence below the heading of a block of charts."""
        row = self.row_of(CHARTS, question)
        return self.book[CHARTS].cell(row + 1, LEFT).value

    def table(
        self, sheet: str, heading: str, first: str, column: int = LEFT
    ) -> list[list]:
        """Header and rows of the first table below a heading, by its first header."""
        page = self.book[sheet]
        row = self.row_of(sheet, heading)
        while page.cell(row, column).value != first:
            row += 1
            assert row < self.row_of(sheet, heading) + 60, f"no {first} in {heading}"
        columns = list(filled(page, row, column))
        rows = [[page.cell(row, one).value for one in columns]]
        for below in range(row + 1, page.max_row + 1):
            values = [page.cell(below, one).value for one in columns]
            if all(value is None for value in values):
                break
            rows.append(values)
        return rows

    def dicts(self, sheet: str, heading: str, first: str, column: int = LEFT) -> Rows:
        header, *rows = self.table(sheet, heading, first, column)
        return [dict(zip(header, row, strict=True)) for row in rows]

    def answer(self, asked_by: str) -> SimpleNamespace:
        """A row of the recommendations."""
        (found,) = (
            row
            for row in self.dicts(ADVICE, "Asked by", "Asked by")
            if row["Asked by"] == asked_by
        )
        return SimpleNamespace(
            **{name.lower().replace(" ", "_"): value for name, value in found.items()}
        )


def filled(page: Worksheet, row: int, column: int) -> Iterable[int]:
    """Columns of a header from one on, merged ones once, up to an empty cell."""
    spans = {
        (span.min_row, span.min_col): span.max_col for span in page.merged_cells.ranges
    }
    while page.cell(row, column).value is not None:
        yield column
        column = spans.get((row, column), column) + 1


def cells_of(report: Report, reference: str) -> list:
    """Values of a reference such as 'Sheet'!$A$1:$A$3."""
    name, _, area = reference.rpartition("!")
    page = report.book[name.strip("'").replace("''", "'")]
    left, top, right, bottom = range_boundaries(area.replace("$", ""))
    rows = page.iter_rows(top, bottom, left, right, values_only=True)
    return [value for row in rows for value in row]


def cached(reference: ElementTree.Element) -> dict[int, str]:
    """What a chart keeps of its cells, without empty ones."""
    return {
        int(point.get("idx")): point.findtext("c:v", "", NS)
        for point in reference.iter(f"{{{NS['c']}}}pt")
        if point.findtext("c:v", "", NS) != ""
    }


def same(found, expected) -> bool:
    """Equal, figures within the digits to which analyses round them."""
    if expected is None or isinstance(expected, str):
        return found == expected
    if not isinstance(found, int | float):
        return False
    expected = float(expected)
    allowed = 6e-5 if abs(expected) <= 1.5 else 0.0051
    return abs(found - expected) <= allowed + 1e-9 * abs(expected)


def assert_same(found: list[list], expected: Iterable[Iterable]) -> None:
    expected = [list(row) for row in expected]
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert len(one) == len(other)
        assert all(map(same, one, other)), (one, other)


def percent(value: float, digits: int = 1) -> str:
    return f"{100 * value:.{digits}f}%"


# --- warehouses -----------------------------------------------------------------


@pytest.fixture(scope="session")
def manifest(warehouse: Warehouse, session_dir: Path) -> Path:
    """dbt's manifest.json, in a folder of its own."""
    path = session_dir / "report_target" / "manifest.json"
    path.parent.mkdir(exist_ok=True)
    warehouse.manifest.write(str(path))
    return path


Export = Callable[[Path, Path], Report]


@pytest.fixture(scope="session")
def export(manifest: Path) -> Export:
    def run(database: Path, target: Path) -> Report:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("INSTACART_DB", str(database))
            patch.setenv("DBT_TARGET_PATH", str(manifest.parent))
            export_excel.write_report(target)
        return Report(target, database, manifest)

    return run


@pytest.fixture(scope="session")
def build(warehouse: Warehouse, session_dir: Path) -> Callable[..., Path]:
    """Builds a package, and gives its database under the name its views know."""

    def run(name: str, raw_dir: Path, **variables: object) -> Path:
        warehouse.database.unlink(missing_ok=True)
        done = warehouse.dbt(
            "build", raw_dir, *WITHOUT_TESTS, "--vars", json.dumps(variables)
        )
        assert done.succeeded, done.output + done.error
        folder = session_dir / f"report_{name}"
        folder.mkdir()
        return Path(shutil.move(warehouse.database, folder / "instacart.duckdb"))

    return run


@pytest.fixture(scope="session")
def tiny_databases(baselines: dict[str, Built], session_dir: Path) -> dict[str, Path]:
    """Both fabricated packages of conftest."""
    found = {}
    for name, built in baselines.items():
        folder = session_dir / f"report_tiny_{name}"
        folder.mkdir()
        found[name] = Path(shutil.copyfile(built.database, folder / "instacart.duckdb"))
    return found


@pytest.fixture(scope="session")
def tiny(tiny_databases: dict[str, Path], export: Export) -> Report:
    database = tiny_databases["careerfoundry"]
    return export(database, database.with_name("Final Report.xlsx"))


@pytest.fixture(scope="session")
def kaggle(tiny_databases: dict[str, Path], export: Export) -> Report:
    database = tiny_databases["kaggle"]
    return export(database, database.with_name("Final Report.xlsx"))


@pytest.fixture(scope="session")
def demo(build: Callable[..., Path], export: Export, session_dir: Path) -> Report:
    """Generated data of a thousand customers."""
    raw = session_dir / "report_raw"
    generate.generate(raw, "careerfoundry", SCALE, seed=3)
    database = build("demo", raw)
    return export(database, database.with_name("Final Report.xlsx"))


@pytest.fixture(scope="session")
def odd_database(build: Callable[..., Path], session_dir: Path) -> Path:
    """Other labels and bounds, no ages, one region, and odd names."""
    raw = conftest.write_careerfoundry(session_dir / "report_raw_odd")
    products = conftest.PRODUCTS
    for old, new in ODD_NAMES.items():
        products = products.replace(old, new)
    (raw / "products.csv").write_text(products)
    header, *customers = conftest.CUSTOMERS.splitlines()
    for number, line in enumerate(customers):
        cells = line.split(",")
        cells[4:6] = ["Alabama", ""]
        customers[number] = ",".join(cells)
    (raw / "customers.csv").write_text("\n".join([header, *customers, ""]))
    return build("odd", raw, **OTHER_VARS)


@pytest.fixture(scope="session")
def odd(odd_database: Path, export: Export) -> Report:
    return export(odd_database, odd_database.with_name("Final Report.xlsx"))


@pytest.fixture(scope="session")
def single_database(build: Callable[..., Path], session_dir: Path) -> Path:
    """One customer with one order of one product; nothing is known of them."""
    raw = conftest.write_careerfoundry(session_dir / "report_raw_single")
    header, first, *_ = conftest.CUSTOMERS.splitlines()
    unknown = [*first.split(",")[:3], "", "", "", "1/31/2017", "", "", ""]
    (raw / "customers.csv").write_text(f"{header}\n{','.join(unknown)}\n")
    for name in ("orders.csv", "orders_products_prior.csv"):
        lines = (raw / name).read_text().splitlines()
        (raw / name).write_text(f"{lines[0]}\n{lines[1]}\n")
    return build("single", raw)


@pytest.fixture(scope="session")
def sample(build: Callable[..., Path], export: Export) -> Report:
    """The course's sample of the real data."""
    database = build("sample", SAMPLES / "careerfoundry-sample")
    return export(database, database.with_name("Final Report.xlsx"))


@pytest.fixture(params=["tiny", "kaggle", "demo", "odd"])
def each(request) -> Report:
    return request.getfixturevalue(request.param)


@pytest.fixture
def changed(
    tiny_databases: dict[str, Path], export: Export, tmp_path: Path
) -> Callable[..., Report]:
    """The report of a copy of a warehouse that some statements have changed."""

    def run(*statements: str, database: Path | None = None) -> Report:
        copy = change(database or tiny_databases["careerfoundry"], tmp_path, statements)
        return export(copy, tmp_path / "Final Report.xlsx")

    return run


def change(database: Path, folder: Path, statements: Iterable[str]) -> Path:
    copy = Path(shutil.copyfile(database, folder / "instacart.duckdb"))
    with duckdb.connect(str(copy)) as connection:
        for statement in statements:
            connection.execute(statement)
    return copy


# --- the workbook as a whole ----------------------------------------------------


def test_it_has_its_sheets_in_order(each: Report) -> None:
    assert each.book.sheetnames == SHEETS
    assert all(page.sheet_state == "visible" for page in each.book)


def test_every_part_is_well_formed(each: Report) -> None:
    for name, content in each.parts.items():
        if name.endswith((".xml", ".rels")):
            ElementTree.fromstring(content)


def test_every_link_leads_to_a_cell_of_a_sheet_that_has_something(each: Report) -> None:
    count = 0
    for page in each.book:
        for row in page.iter_rows():
            for cell in row:
                if not cell.hyperlink:
                    continue
                count += 1
                assert cell.hyperlink.target is None
                name, _, place = cell.hyperlink.location.rpartition("!")
                target = each.book[name.strip("'")]
                left, top, *_ = range_boundaries(place)
                assert left <= target.max_column and top <= target.max_row
                shown = [target.cell(top, one).value for one in range(1, 20)]
                assert any(value is not None for value in shown), cell.coordinate
    assert count > 40


def test_the_title_page_links_to_every_sheet_and_every_sheet_back(each: Report) -> None:
    page = each.book[TITLE]
    linked = {
        cell.value: cell.hyperlink.location
        for row in page.iter_rows()
        for cell in row
        if cell.hyperlink and cell.column == LEFT
    }
    assert linked == {name: f"'{name}'!A1" for name in SHEETS}
    for name in SHEETS[1:]:
        cell = each.book[name]["B3"]
        assert cell.value == "Back to the title page"
        assert cell.hyperlink.location == f"'{TITLE}'!A1"
        assert each.book[name].freeze_panes == "A4"


def test_no_cell_holds_an_error(each: Report) -> None:
    for page in each.book:
        for row in page.iter_rows():
            for cell in row:
                assert cell.data_type != "e", (page.title, cell.coordinate)
                assert cell.value not in ERROR_VALUES
                if isinstance(cell.value, str):
                    # What Python makes of what it does not know.
                    words = re.search(r"\bNone\b(?!:| of)|\bnan\b|\binf\b", cell.value)
                    assert not words, cell.value


def test_no_sentence_has_a_blank_too_many(each: Report) -> None:
    for name in SHEETS:
        for text in each.texts(name):
            assert text == text.strip()
            assert "  " not in text and " ." not in text and " ," not in text, text


@pytest.mark.parametrize("report", ["tiny", "odd"])
def test_no_name_of_a_customer_is_anywhere(report: str, request) -> None:
    names = [name for pair in CUSTOMER_NAMES.values() for name in pair if name]
    for part, content in request.getfixturevalue(report).parts.items():
        for name in names:
            assert name.encode() not in content, part


def test_the_same_warehouse_gives_the_same_bytes(
    tiny: Report, export: Export, tmp_path: Path
) -> None:
    again = export(tiny.database, tmp_path / "again.xlsx")
    assert again.path.read_bytes() == tiny.path.read_bytes()


def test_the_warehouse_is_only_read(tiny: Report, export: Export, tmp_path) -> None:
    before = tiny.database.read_bytes(), os.listdir(tiny.database.parent)
    export(tiny.database, tmp_path / "again.xlsx")
    assert (tiny.database.read_bytes(), os.listdir(tiny.database.parent)) == before


@pytest.mark.parametrize("report", ["tiny", "odd"])
def test_texts_of_the_data_stay_texts(report: str, request) -> None:
    book = openpyxl.load_workbook(request.getfixturevalue(report).path)
    formulas = [
        cell.value
        for page in book
        for row in page.iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]
    assert formulas
    assert all(formula.startswith("=IF(") for formula in formulas)


def test_a_product_named_as_xml_does_not_break_the_file(changed) -> None:
    report = changed(
        "delete from marts.rpt_product_pairs",
        "insert into marts.rpt_product_pairs select 1, 2, '<r><b></r>', '<r>x</r>',"
        " 5, 5, 1, 5, 0.5, 1, 1, 2",
    )
    assert any("<r><b></r>" in text for text in report.texts(CHARTS))


# --- title page -----------------------------------------------------------------


def test_totals_are_those_of_the_reports(demo: Report) -> None:
    totals = demo.query(
        "select sum(order_count) as orders, sum(order_product_count) as products,"
        " sum(revenue) as revenue from marts.rpt_hours_of_day"
    )[0]
    customers = demo.one(
        "select customer_count from marts.rpt_order_sequence where order_number = 1"
    )
    row = demo.row_of(TITLE, f"{customers:,}")
    shown = [demo.book[TITLE].cell(row, column).value for column in range(2, 6)]
    assert shown[:3] == [
        f"{customers:,}",
        f"{totals['orders']:,}",
        f"{totals['products']:,}",
    ]
    assert shown[3] == f"${float(totals['revenue']) / 1e6:,.1f} million"


def test_files_are_listed_with_their_rows(each: Report) -> None:
    rows = {
        row["File"]: (row["Rows read"], row["Rows kept"])
        for row in each.dicts(TITLE, "Data", "File")
    }
    assert rows == {
        row["source_file"]: (row["rows_read"], row["rows_kept"])
        for row in each.query("from data_quality.file_row_counts")
    }


def test_required_citations_are_given(each: Report) -> None:
    text = " ".join(each.texts(TITLE))
    assert "The Instacart Online Grocery Shopping Dataset 2017" in text
    assert "https://www.instacart.com/datasets/grocery-shopping-2017" in text
    assert f"{each.database.name}, last written 20" in text


def test_only_what_a_package_has_is_cited(tiny: Report, kaggle: Report) -> None:
    assert any("CareerFoundry" in text for text in tiny.texts(TITLE))
    assert not any("CareerFoundry" in text for text in kaggle.texts(TITLE))
    assert not any("Demographics" in text for text in kaggle.texts(TITLE))


def test_five_findings_are_readings_of_charts(each: Report) -> None:
    start = each.row_of(TITLE, "Five findings")
    page = each.book[TITLE]
    for number in range(1, 6):
        text = page.cell(start + number, LEFT).value
        assert text.startswith(f"{number}. ")
        link = page.cell(start + number, 7).hyperlink.location
        assert link.startswith(f"'{CHARTS}'!A")
        place = int(link.rpartition("!A")[2])
        reading = each.book[CHARTS].cell(place + 1, LEFT).value
        assert text == f"{number}. {reading}"
    assert not str(page.cell(start + 6, LEFT).value or "").startswith("6.")


SAMPLE_TEXT = "Real, a sample: 14 orders of the 3,421,083"
FULL = "update reference.published_figures set published = {} where dimension = 'all'"


@pytest.mark.parametrize(
    ("statements", "said", "warning"),
    [
        ([], SAMPLE_TEXT, "A sample"),
        (
            ["update data_quality.file_row_counts set is_generated = true"],
            "Generated",
            "no figure here says anything of real customers",
        ),
        (
            [
                "update data_quality.file_row_counts set"
                " is_generated = source_file = 'customers.csv'"
            ],
            "fabricated",
            "says nothing of real customers",
        ),
        (
            [
                FULL.format(14) + " and metric = 'orders'",
                FULL.format(30) + " and metric = 'prior order products'",
            ],
            "Real: the full 2017 data.",
            "",
        ),
    ],
    ids=["sample", "generated", "partly generated", "full"],
)
def test_it_says_where_the_data_is_from(changed, statements, said, warning) -> None:
    report = changed(*statements)
    assert any(said in text for text in report.texts(TITLE))
    for sheet in (TITLE, FLOW, CHARTS, ADVICE, CROSSTABS):
        texts = report.texts(sheet)
        assert any(warning in text for text in texts), sheet
        if not warning:
            assert not any("sample" in text for text in texts), sheet


def test_a_sample_with_fabricated_files_is_still_said_to_be_one(changed) -> None:
    report = changed(
        "update data_quality.file_row_counts set"
        " is_generated = source_file = 'customers.csv'"
    )
    assert any("sample" in text.lower() for text in report.texts(TITLE))


def test_full_orders_with_too_few_order_products_are_not_the_full_data(changed) -> None:
    report = changed(FULL.format(14) + " and metric = 'orders'")
    assert not any("Real: the full" in text for text in report.texts(TITLE))


@needs_samples
def test_the_real_sample_is_said_to_be_one(sample: Report) -> None:
    text = " ".join(sample.texts(TITLE))
    assert "Real, a sample: 1,000 orders of the 3,421,083 of the full 2017 data" in text
    assert "as handed out" in text and "generated" not in text


# --- population flow ------------------------------------------------------------


def flow_rows(report: Report) -> Rows:
    return report.query("from data_quality.population_flow order by step_number")


def boxes(report: Report) -> list[str]:
    """The texts of the shapes that are drawn on the sheets."""
    found = []
    for name, content in report.parts.items():
        if not re.fullmatch(r"xl/drawings/drawing\d+\.xml", name):
            continue
        for shape in ElementTree.fromstring(content).iter(f"{{{NS['xdr']}}}sp"):
            lines = [
                "".join(text.text or "" for text in line.iter(f"{{{NS['a']}}}t"))
                for line in shape.iter(f"{{{NS['a']}}}p")
            ]
            found.append("\n".join(lines))
    return found


def test_every_step_is_listed_and_adds_up(each: Report) -> None:
    header, *rows = each.table(FLOW, "Step by step", "Dataset")
    assert header == [
        *("Dataset", "What is left after the step", "Rows before", "Removed"),
        *("Rows after", "Adds up", "Why they are removed"),
    ]
    assert rows == [
        [
            *(row["dataset"], row["step"], row["rows_in"], row["rows_removed"]),
            *(row["rows_out"], "yes", row["reason"]),
        ]
        for row in flow_rows(each)
    ]


def test_steps_follow_on_each_other(each: Report) -> None:
    rows = each.dicts(FLOW, "Step by step", "Dataset")
    for before, after in itertools.pairwise(rows):
        if before["Dataset"] == after["Dataset"]:
            assert before["Rows after"] == after["Rows before"]


def test_the_formula_of_a_step_reads_its_own_row(each: Report) -> None:
    page = openpyxl.load_workbook(each.path)[FLOW]
    found = 0
    for row in page.iter_rows():
        for cell in row:
            if cell.data_type == "f":
                found += 1
                assert set(re.findall(r"[A-Z]+(\d+)", cell.value)) == {str(cell.row)}
                before, removed, after = re.findall(r"([A-Z]+)\d+", cell.value)[:3]
                header = [
                    page[f"{letter}{each.row_of(FLOW, 'Dataset')}"].value
                    for letter in (before, removed, after)
                ]
                assert header == ["Rows before", "Removed", "Rows after"]
    assert found == len(flow_rows(each))


def test_a_step_that_does_not_add_up_is_seen(changed) -> None:
    report = changed(
        "update data_quality.population_flow set rows_out = rows_out + 1"
        " where step = 'Analysed orders'"
    )
    rows = report.dicts(FLOW, "Step by step", "Dataset")
    wrong = [row for row in rows if row["Adds up"] != "yes"]
    assert [row["What is left after the step"] for row in wrong] == ["Analysed orders"]


def test_the_drawing_shows_the_figures_of_the_steps(each: Report) -> None:
    texts = boxes(each)
    steps = flow_rows(each)
    lanes = {row["dataset"] for row in each.query("from data_quality.file_row_counts")}
    drawn = ("orders", "order_products", "products", "customers")
    for dataset in drawn:
        own = [step for step in steps if step["dataset"] == dataset]
        if dataset not in lanes:
            assert any("in this package" in t and dataset in t for t in texts)
            continue
        assert any(t.endswith(f"\n{own[0]['rows_in']:,}") for t in texts), dataset
    choices = [
        step
        for step in steps
        if step["step"].startswith(("Analysed", "Customers with", "High-activity"))
    ]
    assert len(choices) == 6
    for step in choices:
        assert f"{step['step']}\n{step['rows_out']:,}" in texts
        if step["rows_removed"]:
            assert any(f"{step['rows_removed']:,} removed: " in t for t in texts)
    if not any(step["rows_removed"] for step in steps if step["dataset"] in drawn):
        assert "nothing removed" in texts


def test_removed_rows_stand_beside_their_arrow(changed) -> None:
    report = changed(
        "update data_quality.population_flow set rows_removed = 77, rows_out = 0"
        " where dataset = 'products' and step = 'Distinct rows'"
    )
    assert any("77 removed: exact copies of another row" in t for t in boxes(report))


def test_published_ways_to_merge_stand_beside_the_correct_one(each: Report) -> None:
    header, *rows = each.table(FLOW, "The published ways", "Way to merge")
    assert header[-1] == "Against correct"
    assert rows == [
        list(row.values())
        for row in each.query(
            "select variant, what_goes_wrong, order_product_count,"
            " high_activity_order_product_count, lost_order_product_count,"
            " extra_order_product_count, unmatched_order_product_count,"
            " difference_from_correct from data_quality.merge_variants"
            " order by variant_number"
        )
    ]
    assert rows[-1][0] == "Correct"


# --- consistency checks ---------------------------------------------------------

KINDS = ["missing values", "duplicates", "mistyped", "out of range", "referential"]


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


def test_rejected_rows_and_repairs_are_counted(changed) -> None:
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


# --- wrangling steps ------------------------------------------------------------


def meta_of(column: dict) -> dict:
    return column.get("config", {}).get("meta") or column.get("meta") or {}


def test_every_raw_column_appears_once(each: Report) -> None:
    manifest = json.loads(each.manifest.read_text())
    raw = [
        (source["name"], column)
        for source in manifest["sources"].values()
        for column in source["columns"]
        if source["source_name"] == "instacart"
    ]
    rows = each.dicts(WRANGLING, "Dataset", "Dataset")
    listed = [(row["Dataset"], row["Raw column"]) for row in rows if row["Raw column"]]
    assert sorted(listed) == sorted(raw)
    assert len(set(listed)) == len(listed) > 20


def test_types_are_those_of_staging(each: Report) -> None:
    types = {
        (row["table_name"].removeprefix("stg_instacart__"), row["column_name"]): row
        for row in each.query(
            "select table_name, column_name, lower(data_type) as kind"
            " from information_schema.columns where table_schema = 'staging'"
            " and table_name like 'stg_instacart__%'"
        )
    }
    rows = each.dicts(WRANGLING, "Dataset", "Dataset")
    shown = {
        (row["Dataset"], row["In the warehouse"]): row
        for row in rows
        if row["In the warehouse"]
    }
    assert set(shown) == {key for key in types if key[0] != "files"}
    for key, row in shown.items():
        kind = types[key]["kind"].partition("(")[0].replace("varchar", "text")
        assert row["Type after"] == kind, key


def test_changes_are_what_their_row_shows(each: Report) -> None:
    rows = each.dicts(WRANGLING, "Dataset", "Dataset")
    for row in rows:
        change, raw, column = row["Change"], row["Raw column"], row["In the warehouse"]
        assert (change == "dropped") == (column is None)
        assert (change == "added") == (raw is None)
        if raw and column:
            assert ("renamed" in change) == (raw != column)
            assert ("retyped" in change) == (row["Type after"] != "text")
        assert row["Reason"], row
    text = " ".join(each.texts(WRANGLING)[:6])
    for kind in ("dropped", "renamed", "retyped"):
        number = sum(kind in row["Change"] for row in rows)
        assert re.search(rf"\b{number} are {kind}", text)


def test_names_of_customers_are_said_to_be_dropped(demo: Report) -> None:
    rows = demo.dicts(WRANGLING, "Dataset", "Dataset")
    assert {row["Raw column"] for row in rows if row["Change"] == "dropped"} == {
        *("First Name", "Surnam"),
    }


def test_added_columns_are_not_counted_among_those_of_the_files(demo: Report) -> None:
    (text,) = (t for t in demo.texts(WRANGLING) if " are renamed" in t)
    assert not re.match(r"Of the columns of the raw files [^.;]* are added", text)


# --- column derivations ---------------------------------------------------------


def derivations(report: Report) -> dict[tuple[str, str], Rows]:
    """Rows of values by table and column."""
    page = report.book[DERIVATIONS]
    found: dict[tuple[str, str], Rows] = {}
    table = column = None
    for row in page.iter_rows(min_row=4, values_only=True):
        name, source, what, value, condition, count, share = (
            *row[1:4],
            *row[5:9],
        )
        heading = re.fullmatch(r"(\w+): ([\d,]+) rows?", str(name or ""))
        if heading:
            table = heading[1]
            continue
        if name == "New column" or not any(cell is not None for cell in row):
            continue
        column = name or column
        group = found.setdefault((table, column), [])
        group.append(
            {
                "source": source,
                "what": what,
                "value": value,
                "condition": condition,
                "count": count,
                "share": share,
            }
        )
    return found


def test_every_derived_column_appears_with_what_it_is_made_of(each: Report) -> None:
    manifest = json.loads(each.manifest.read_text())
    expected = {
        (node["name"], name): meta_of(column)["derived_from"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] == "marts"
        for name, column in node["columns"].items()
        if "derived_from" in meta_of(column)
    }
    found = derivations(each)
    assert set(found) == set(expected)
    assert len({key for key in found if key[0].startswith(("dim_", "fct_"))}) > 40
    for key, sources in expected.items():
        assert found[key][0]["source"].split("\n") == sources
        assert found[key][0]["what"]


def test_frequencies_add_up_to_the_rows_of_the_table(each: Report) -> None:
    rows = {
        row["table_name"]: each.one(f"select count(*) from marts.{row['table_name']}")
        for row in each.query(
            "select table_name from information_schema.tables"
            " where table_schema = 'marts'"
        )
    }
    for (table, column), values in derivations(each).items():
        assert sum(value["count"] for value in values) == rows[table], (table, column)
        if rows[table]:
            assert sum(value["share"] for value in values) == pytest.approx(1)


def test_values_of_dimensions_and_facts_are_counted(each: Report) -> None:
    found = derivations(each)
    for table, column in (
        *(("dim_customers", name) for name in ("loyalty_flag", "age_group", "region")),
        *(("dim_customers", name) for name in ("is_parent", "has_bought_alcohol")),
        *(("fct_orders", name) for name in ("cart_size", "is_analysed")),
        ("dim_products", "price_range"),
    ):
        counts = {
            row["value"]: row["count"] for row in found[table, column] if row["count"]
        }
        assert counts == {
            row["value"]: row["number"]
            for row in each.query(
                f"select coalesce({column}::varchar, '(empty)') as value,"
                f" count(*) as number from marts.{table} group by all"
            )
        }, (table, column)


def test_conditions_are_those_in_force(each: Report) -> None:
    in_force: dict[str, Rows] = {}
    for row in each.query(
        "from data_quality.conditions_in_force order by column_name, label_number"
    ):
        in_force.setdefault(row["column_name"], []).append(row)
    compared = set()
    for (table, column), values in derivations(each).items():
        conditions = in_force.get(column, [])
        if table.startswith("rpt_"):
            # A report lists the labels that it has.
            labels = {value["value"] for value in values}
            conditions = [
                one
                for one in conditions
                if one["label"] in labels
                or ("(empty)" in labels and one["label"] not in ("true", "false"))
            ]
        shown = [value for value in values if value["condition"]]
        if not conditions:
            assert all(v["condition"].startswith("median ") for v in shown), column
            continue
        compared.add(column)
        assert len(shown) == len(conditions)
        for value, condition in zip(shown, conditions, strict=True):
            assert value["condition"].endswith(condition["condition"])
            is_of_hours = (table, column) == (
                "rpt_hours_of_day",
                "shopping_time_segment",
            )
            if condition["condition"] != "otherwise" and not is_of_hours:
                assert value["condition"].startswith(condition["measure"])
            if condition["label"] not in ("true", "false"):
                assert value["value"] in (condition["label"], "(empty)")
    assert compared == set(in_force)


def test_hours_have_no_condition_of_customers(demo: Report) -> None:
    """An hour is of a segment itself; customers are by their most common one."""
    values = derivations(demo)["rpt_hours_of_day", "shopping_time_segment"]
    assert {value["condition"] for value in values} <= {
        "<= 5",
        "<= 11",
        "<= 17",
        "otherwise",
    }


def test_a_segment_type_left_out_is_one_sentence(changed) -> None:
    with pytest.raises(
        warehouse_module.WorkbookError, match="expected region among the segment types"
    ):
        changed("delete from marts.rpt_customer_segments where segment_type = 'region'")


def test_customers_of_whom_nothing_is_known_are_missing(changed) -> None:
    report = changed(
        "update marts.dim_customers set age = null, income = null,"
        " dependants_count = null, gender = 'Unknown', state = 'Unknown',"
        " family_status = 'Unknown'"
    )
    assert "no customers.csv" in report.reading("Key question 5c")


def test_pairs_of_few_customers_are_said_to_be_so(changed) -> None:
    report = changed(
        "delete from marts.rpt_product_pairs",
        "insert into marts.rpt_product_pairs select 1, 2, 'Bananas', 'Apples, red',"
        " 40, 40, 29, 40, 0.5, 1, 1, 2",
    )
    assert "no pair is bought by 30 customers" in report.reading("Customers: Which")
    assert report.answer("The customer").answer.startswith(
        "No two products are bought together by at least 30 customers"
    )


def test_another_bound_is_shown_as_it_was_built(demo: Report, odd: Report) -> None:
    key = ("dim_customers", "loyalty_flag")
    shipped = {row["value"]: row["condition"] for row in derivations(demo)[key]}
    other = {row["value"]: row["condition"] for row in derivations(odd)[key]}
    assert shipped["Loyal customer"] == "max_order_number > 40"
    assert other["Devoted"] == "max_order_number > 4"
    assert "Loyal customer" not in other
    groups = derivations(odd)["dim_customers", "income_group"]
    (rich,) = (row for row in groups if row["value"] == "Poor")
    assert re.fullmatch(r"income < [\d.]+ \(third quartile\)", rich["condition"])


def test_conditions_of_several_columns_can_be_read(demo: Report) -> None:
    values = derivations(demo)["rpt_hours_of_day", "phenomenon"]
    assert not any("is_high_value is_high_value" in v["condition"] for v in values)


# --- charts ---------------------------------------------------------------------


def test_there_are_charts_enough(demo: Report, kaggle: Report) -> None:
    assert len(demo.charts) >= 14
    assert sum(len(page._charts) for page in demo.book) == len(demo.charts)
    assert len(kaggle.charts) >= 6


def test_every_chart_has_a_title_and_series_of_figures(each: Report) -> None:
    for chart in each.charts:
        title = "".join(
            text.text or ""
            for text in chart.find(".//c:title", NS).iter(f"{{{NS['a']}}}t")
        )
        assert title.strip()
        series = chart.findall(".//c:ser", NS)
        assert series, title
        for one in series:
            values = one.find("c:val", NS)
            values = one.find("c:yVal", NS) if values is None else values
            shown = cells_of(each, values.findtext(".//c:f", None, NS))
            assert any(isinstance(value, int | float) for value in shown), title
            categories = one.find("c:cat", NS)
            categories = one.find("c:xVal", NS) if categories is None else categories
            names = cells_of(each, categories.findtext(".//c:f", None, NS))
            assert len(names) == len(shown)
            assert all(name not in (None, "") for name in names), title
            assert one.find("c:tx", NS) is not None


def test_charts_keep_the_values_of_their_cells(each: Report) -> None:
    compared = 0
    for chart in each.charts:
        for one in chart.findall(".//c:ser", NS):
            for part in ("tx", "cat", "val", "xVal", "yVal"):
                reference = one.find(f"c:{part}", NS)
                if reference is None:
                    continue
                formula = reference.findtext(".//c:f", None, NS)
                cells = dict(enumerate(cells_of(each, formula)))
                known = {n: v for n, v in cells.items() if v is not None}
                kept = cached(reference)
                assert set(kept) == set(known), formula
                for number, value in known.items():
                    if isinstance(value, str):
                        assert kept[number] == value
                    else:
                        assert float(kept[number]) == pytest.approx(value)
                    compared += 1
    assert compared > 100


def test_no_axis_has_no_length(each: Report) -> None:
    for chart in each.charts:
        for scale in chart.findall(".//c:scaling", NS):
            low, high = scale.find("c:min", NS), scale.find("c:max", NS)
            if low is not None and high is not None:
                assert float(low.get("val")) < float(high.get("val"))


def test_axes_show_every_value(each: Report) -> None:
    for chart in each.charts:
        # Of charts with several axes categories come first, values second.
        axes = chart.findall(".//c:valAx", NS)
        if not axes:
            continue
        scale = axes[-1].find("c:scaling", NS)
        for one in chart.findall(".//c:ser", NS):
            values = one.find("c:val", NS)
            values = one.find("c:yVal", NS) if values is None else values
            cells = cells_of(each, values.findtext(".//c:f", None, NS))
            shown = [cell for cell in cells if cell is not None]
            stacked = chart.find(".//c:grouping[@val='stacked']", NS) is not None
            for end, is_outside in (("min", np.less), ("max", np.greater)):
                bound = scale.find(f"c:{end}", NS)
                if bound is not None and not stacked and shown:
                    limit = float(bound.get("val"))
                    assert not is_outside(shown, limit).any(), (end, limit, shown)


def test_heat_maps_cover_their_cells(each: Report) -> None:
    page = each.book[CHARTS]
    ranges = {
        str(area.sqref)
        for area, rules in page.conditional_formatting._cf_rules.items()
        if rules[0].type == "colorScale"
    }
    row = each.row_of(CHARTS, "Key question 1: When in the week")
    while page.cell(row, LEFT).value != "Hour from":
        row += 1
    assert f"C{row + 1}:I{row + 24}" in ranges
    row = each.row_of(CHARTS, "Key questions 5 to 7")
    while page.cell(row, LEFT).value != "Department":
        row += 1
    last = row
    while page.cell(last + 1, LEFT).value is not None:
        last += 1
    right = get_column_letter(max(filled(page, row, LEFT)))
    assert f"C{row + 1}:{right}{last}" in ranges
    assert len(ranges) == 2


HOUR = "lpad(hour_of_day::varchar, 2, '0') || ':00'"
ALL_CUSTOMERS = "(select count(*) from marts.dim_customers where order_count > 0)"
ALL_ORDERS = "(select sum(order_count) from marts.rpt_hours_of_day)"
OVERALL = "(select sum(revenue) / sum(order_count) from marts.rpt_hours_of_day)"
OF_SEGMENTS = "from marts.rpt_customer_segments where segment_type ="
LOYALTY_ORDER = (
    "order by (select min(label_number) from data_quality.conditions_in_force"
    " where column_name = 'loyalty_flag' and label = segment)"
)
# Heading, first header, and what the reports say, column by column.
# Those of thirty customers, or all where there is none.
SHOWN_PAIRS = (
    "select * from marts.rpt_product_pairs where customer_count >= 30"
    " or not exists (from marts.rpt_product_pairs where customer_count >= 30)"
    " order by lift desc, product_id_a, product_id_b limit 15"
)
BLOCKS = {
    "orders by hour": (
        "Key question 1: At what hours",
        "Hour from",
        f"select {HOUR}, customer_count, order_count, order_share"
        " from marts.rpt_hours_of_day order by hour_of_day",
    ),
    "orders by day": (
        "Key question 1: On which days",
        "Day",
        "select day_name, customer_count, order_count, order_share,"
        " order_product_count, products_per_order, avg_order_total"
        " from marts.rpt_days_of_week order by day_of_week",
    ),
    "orders by day and hour": (
        "Key question 1: When in the week",
        "Hour from",
        f"select {HOUR},"
        + ", ".join(
            f" sum(order_count) filter (where day_of_week = {day})" for day in range(7)
        )
        + " from marts.rpt_day_hours group by hour_of_day order by hour_of_day",
    ),
    "order total by hour": (
        "Key question 2: When do customers spend most per order",
        "Hour from",
        f"select {HOUR}, order_count, products_per_order, avg_order_total, {OVERALL}"
        " from marts.rpt_hours_of_day order by hour_of_day",
    ),
    "revenue by hour": (
        "Key question 2: At what hours is most money",
        "Hour from",
        f"select {HOUR}, customer_count, order_count, order_product_count, revenue,"
        " revenue / sum(revenue) over ()"
        " from marts.rpt_hours_of_day order by hour_of_day",
    ),
    "product price by hour": (
        "Key question 2: Do customers buy dearer",
        "Hour from",
        f"select {HOUR}, order_product_count, avg_product_price"
        " from marts.rpt_hours_of_day order by hour_of_day",
    ),
    "price ranges": (
        "Key question 3",
        "Price range",
        "select price_range, customer_count, order_count, order_product_count,"
        f" customer_count / {ALL_CUSTOMERS},"
        " product_count / sum(product_count) over (), order_product_share,"
        " revenue_share from marts.rpt_price_ranges inner join (select price_range,"
        " min(price) as low from marts.dim_products group by price_range)"
        " using (price_range) order by low",
    ),
    "departments": (
        "Key question 4",
        "Department",
        "select department, customer_count, order_count, order_product_count,"
        f" customer_count / {ALL_CUSTOMERS}, order_count / {ALL_ORDERS},"
        " order_product_share, reorder_rate from marts.rpt_departments"
        " order by order_product_rank",
    ),
    "opportunities": (
        "Sales: Which departments",
        "Department",
        "select department, opportunity_rank, customer_count, order_count,"
        " order_product_count, reorder_rate, revenue_per_order"
        " from marts.rpt_departments where order_product_count > 0"
        " order by opportunity_rank",
    ),
    "loyalty": (
        "Key question 5a",
        "Segment",
        "select segment, customer_count, order_count, order_product_count,"
        " customer_share, order_share, order_product_share"
        f" {OF_SEGMENTS} 'loyalty_flag' {LOYALTY_ORDER}",
    ),
    "habits by loyalty": (
        "Key question 5b",
        "Segment",
        "select segment, customer_count, orders_per_customer,"
        " median_days_between_orders, products_per_order, avg_order_total,"
        f" avg_product_price, reorder_rate {OF_SEGMENTS} 'loyalty_flag'"
        f" {LOYALTY_ORDER}",
    ),
    "regions": (
        "Key question 5c",
        "Region",
        "select segment, customer_count, order_count, order_product_count,"
        " state_count / sum(state_count) over (), customer_share, order_share,"
        " orders_per_customer, avg_order_total"
        " from marts.rpt_customer_segments inner join (select region as segment,"
        " count(distinct state) as state_count from marts.dim_customers"
        " where order_count > 0 group by region) using (segment)"
        " where segment_type = 'region' order by customer_count desc, segment",
    ),
    "profiles": (
        "Key question 7",
        "Profile",
        "select segment, customer_count, customer_share, order_count,"
        " order_product_count, orders_per_customer, avg_order_total,"
        f" orders_per_customer / ({ALL_ORDERS} / {ALL_CUSTOMERS}) - 1,"
        f" avg_order_total / {OVERALL} - 1"
        f" {OF_SEGMENTS} 'customer_profile' order by customer_count desc, segment",
    ),
    "retention": (
        "Do customers come back",
        "Order number",
        "select order_number, customer_count, order_product_count, retention_rate,"
        " reorder_rate, products_per_order, avg_days_since_prior_order"
        " from marts.rpt_order_sequence where order_number <= 10"
        " or order_number % 10 = 0 or order_number = (select max(order_number)"
        " from marts.rpt_order_sequence) order by order_number",
    ),
    "pairs": (
        "Customers: Which products",
        "Pair of products",
        "select product_name_a || ' + ' || product_name_b, order_count_a,"
        " order_count_b, order_count, customer_count, support, confidence_a_to_b,"
        f" confidence_b_to_a, lift from ({SHOWN_PAIRS})",
    ),
}


@pytest.mark.parametrize("block", BLOCKS)
def test_figures_are_those_of_the_reports(block: str, demo: Report) -> None:
    heading, first, sql = BLOCKS[block]
    header, *rows = demo.table(CHARTS, heading, first)
    expected = [list(row.values()) for row in demo.query(sql)]
    if block == "orders by hour":
        rows = [row[:4] for row in rows]
        header = header[:4]
    assert len(header) == len(expected[0])
    assert_same(rows, expected)


@needs_samples
@pytest.mark.parametrize("block", BLOCKS)
def test_figures_of_the_real_sample_are_those_of_its_reports(
    block: str, sample: Report
) -> None:
    heading, first, sql = BLOCKS[block]
    _, *rows = sample.table(CHARTS, heading, first)
    width = 4 if block == "orders by hour" else None
    expected = [list(row.values()) for row in sample.query(sql)]
    assert_same([row[:width] for row in rows], expected)


@pytest.mark.parametrize("report", ["demo", "odd"])
def test_each_hour_stands_below_its_phenomenon(report: str, request) -> None:
    found = request.getfixturevalue(report)
    rows = found.dicts(CHARTS, "Key question 1: At what hours", "Hour from")
    hours = found.query("from marts.rpt_hours_of_day order by hour_of_day")
    kinds = {hour["phenomenon"] for hour in hours}
    for row, hour in zip(rows, hours, strict=True):
        for kind in kinds:
            expected = hour["order_count"] if hour["phenomenon"] == kind else None
            assert row[kind] == expected
    assert len(kinds) == 4 or report == "odd"


def test_the_index_of_each_segment_and_department_is_that_of_the_report(
    demo: Report,
) -> None:
    header, *rows = demo.table(CHARTS, "Key questions 5 to 7", "Department")
    known = {
        (row["segment"], row["department"]): row["affinity_index"]
        for row in demo.query(
            "from marts.rpt_segment_departments where segment_type in"
            " ('loyalty_flag', 'age_group', 'income_group', 'family_size', 'region')"
        )
    }
    assert len(rows) == demo.one("select count(*) from marts.rpt_departments")
    for department, *values in rows:
        for segment, value in zip(header[1:], values, strict=True):
            assert same(value, known[segment, department])
    assert {name for name, _ in known} == set(header[1:])


def test_family_statuses_are_shares_of_their_age_group(demo: Report) -> None:
    known = {
        (row["segment_a"], row["segment_b"]): row["customer_share_of_a"]
        for row in demo.query(
            "from marts.rpt_segment_crosstabs where segment_type_a = 'age_group'"
            " and segment_type_b = 'family_status'"
        )
    }
    rows = demo.dicts(CHARTS, "Key question 5d", "Age group")
    assert rows
    for row in rows:
        group, customers = row.pop("Age group"), row.pop("Customers")
        assert customers == demo.one(
            "select customer_count from marts.rpt_customer_segments"
            f" where segment_type = 'age_group' and segment = '{group}'"
        )
        assert sum(row.values()) == pytest.approx(1, abs=0.001)
        for status, value in row.items():
            assert same(value, known[group, status])


def test_incomes_by_age_are_those_of_the_customers(demo: Report) -> None:
    people = demo.query(
        "select age, income from marts.dim_customers where order_count > 0"
    )
    rows = demo.dicts(CHARTS, "Key question 6", "Age")
    assert sum(row["Customers"] for row in rows) == len(people)
    for row in rows:
        first, last = map(int, row["Age"].split(" to "))
        own = [one["income"] for one in people if first <= one["age"] <= last]
        assert row["Customers"] == len(own)
        assert [
            row[name] for name in ("First quartile", "Median income", "Third quartile")
        ] == pytest.approx(list(np.percentile(own, [25, 50, 75])))


# --- readings -------------------------------------------------------------------


def test_readings_name_what_sql_finds(demo: Report) -> None:
    (peak,) = demo.query("select * from marts.rpt_hours_of_day where order_rank = 1")
    text = demo.reading("Key question 1: At what hours")
    assert text.startswith(f"Most orders come at {peak['hour_of_day']:02d}:00")
    assert percent(peak["order_share"]) in text

    first, last = demo.query(
        "select * from marts.rpt_days_of_week where order_rank in (1, 7)"
        " order by order_rank"
    )
    text = demo.reading("Key question 1: On which days")
    assert text.startswith(f"{first['day_name']} is the busiest day")
    assert f"{last['day_name']} the quietest" in text
    assert percent(first["order_count"] / last["order_count"] - 1, 0) in text

    (cell,) = demo.query("from marts.rpt_day_hours order by order_count desc limit 1")
    text = demo.reading("Key question 1: When in the week")
    assert f"{cell['day_name']} at {cell['hour_of_day']:02d}:00" in text
    assert f"({cell['order_count']:,} orders)" in text

    hours = demo.query(
        "from marts.rpt_hours_of_day where order_share >= 0.01 order by avg_order_total"
    )
    text = demo.reading("Key question 2: When do customers spend")
    assert f"dearest at {hours[-1]['hour_of_day']:02d}:00" in text
    assert f"(${hours[-1]['avg_order_total']:,.2f})" in text
    assert f"cheapest at {hours[0]['hour_of_day']:02d}:00" in text

    (top, *_) = demo.query("from marts.rpt_departments order by order_product_rank")
    text = demo.reading("Key question 4")
    assert text.startswith(top["department"].capitalize())
    assert percent(top["order_product_share"], 0) in text

    (loyal,) = demo.query(
        f"select * {OF_SEGMENTS} 'loyalty_flag' and segment = 'Loyal customer'"
    )
    text = demo.reading("Key question 5a")
    for name in ("customer_share", "order_share", "order_product_share"):
        assert percent(loyal[name]) in text

    (first, *_) = demo.query(SHOWN_PAIRS)
    text = demo.reading("Customers: Which products")
    assert first["product_name_a"] in text and first["product_name_b"] in text
    assert f"{first['lift']:,.0f} times" in text


def test_where_regions_do_not_differ_it_says_so(demo: Report) -> None:
    assert not demo.query(
        "from marts.rpt_segment_differences"
        " where segment_type = 'region' and is_significant"
    )
    assert "Regions hardly differ" in demo.reading("Key question 5c")
    assert "Regions hardly differ" in demo.answer("Key question 5c").answer
    assert "Treat all regions alike" in demo.answer("Key question 5c").advice


def test_where_regions_differ_it_says_so(changed, demo: Report) -> None:
    report = changed(
        "update marts.rpt_segment_differences set is_significant = true"
        " where segment_type = 'region' and measure = 'order_count'",
        database=demo.database,
    )
    (row,) = report.query(
        "from marts.rpt_segment_differences where segment_type = 'region'"
        " and measure = 'order_count'"
    )
    for text in (
        report.reading("Key question 5c"),
        report.answer("Key question 5c").answer,
    ):
        assert "hardly differ" not in text
        assert "orders per customer" in text
        assert row["lowest_segment"] in text and row["highest_segment"] in text
    assert "alike" not in report.answer("Key question 5c").advice
    assert "region" in report.answer("Key question 6").answer.partition(":")[0]
    findings = " ".join(report.texts(TITLE))
    assert "Regions hardly differ" not in findings


def test_much_explained_of_few_customers_is_not_called_little(changed) -> None:
    report = changed(
        "update marts.rpt_segment_differences set adjusted_r_squared = 0.3,"
        " is_significant = false"
    )
    for text in (
        report.reading("Key question 5c"),
        report.answer("Key question 5d").answer,
        report.answer("Key question 7").answer,
    ):
        assert "too little to act on" not in text, text


def test_a_region_is_said_to_have_most_states_only_if_it_has(changed, demo) -> None:
    report = changed(
        "update marts.dim_customers set state = 'Ohio' where region = 'South'",
        database=demo.database,
    )
    assert "South has most customers" in report.reading("Key question 5c")
    assert "as it has most states" not in report.reading("Key question 5c")


CHANGES = {
    "Key question 1: At what hours": (
        "update marts.rpt_hours_of_day set order_count = 999 where hour_of_day = 20",
        "Most orders come at 20:00",
    ),
    "Key question 1: On which days": (
        "update marts.rpt_days_of_week set order_rank = 8 - order_rank",
        "Thursday is the busiest day",
    ),
    "Key question 1: When in the week": (
        "update marts.rpt_day_hours set order_count = 999"
        " where day_of_week = 4 and hour_of_day = 3",
        "Busiest is Wednesday at 03:00 (999 orders)",
    ),
    "Key question 2: When do customers spend": (
        "update marts.rpt_hours_of_day set avg_order_total = 999,"
        " order_share = 0.1 where hour_of_day = 8",
        "dearest at 08:00 ($999.00)",
    ),
    "Key question 4": (
        "update marts.rpt_departments set order_product_share = 0.9,"
        " order_product_count = 99, order_product_rank = 0"
        " where department = 'alcohol'",
        "Alcohol is 90%",
    ),
    "Do customers come back": (
        "update marts.rpt_order_sequence set retention_rate = 0.123"
        " where order_number = 5",
        "12% of customers reach order number 5",
    ),
}


def test_readings_follow_the_data(changed, tiny: Report) -> None:
    report = changed(*(statement for statement, _ in CHANGES.values()))
    for question, (_, said) in CHANGES.items():
        assert said not in tiny.reading(question)
        assert said in report.reading(question)


def test_a_department_that_nobody_of_few_customers_bought_is_no_difference(
    tiny: Report,
) -> None:
    """The standard error of a share of 0 is 0: it proves nothing."""
    assert tiny.one("select max(customer_count) from marts.rpt_customer_segments") < 5
    assert tiny.reading("Key questions 5 to 7").startswith("No segment")


def test_one_segment_is_not_compared_with_itself(tiny: Report) -> None:
    assert tiny.one(f"select count(*) {OF_SEGMENTS} 'loyalty_flag'") == 1
    assert "100.0% of customers, but 100.0%" not in tiny.reading("Key question 5a")
    assert tiny.reading("Key question 5b").lower().count("new customers") == 1
    answer = tiny.answer("Key question 5b")
    assert not answer.answer.startswith("Yes")
    assert "(they buy more produce, less produce)" not in (answer.advice or "")


def test_words_of_labels_are_not_made_up(odd: Report) -> None:
    text = " ".join(itertools.chain(*map(odd.texts, (TITLE, CHARTS, ADVICE))))
    for plural in ("Devoteds", "Cheaps", "dears", "cheaps", "Dears"):
        assert plural not in text


# --- recommendations ------------------------------------------------------------


def test_every_question_is_answered(each: Report) -> None:
    rows = each.dicts(ADVICE, "Asked by", "Asked by")
    assert [row["Asked by"] for row in rows] == QUESTIONS
    for row in rows:
        assert row["Question"].endswith("?")
        assert row["Answer"].endswith("."), row
        if "can't be answered" not in row["Answer"]:
            assert row["Advice"] and row["Advice"].endswith("."), row


def test_answers_link_to_charts(demo: Report) -> None:
    page = demo.book[ADVICE]
    header = demo.row_of(ADVICE, "Asked by")
    column = {page.cell(header, n).value: n for n in range(2, 8)}["Chart"]
    charted = {
        drawing.anchor._from.row for drawing in demo.book[CHARTS]._charts
    } | set()
    for number in range(1, len(QUESTIONS) + 1):
        link = page.cell(header + number, column).hyperlink.location
        name, _, place = link.rpartition("!A")
        assert name == f"'{CHARTS}'"
        heading = demo.book[CHARTS].cell(int(place), LEFT).value
        assert heading and heading.endswith("?")
    assert charted


def test_unanswered_questions_show_no_chart(kaggle: Report) -> None:
    for row in kaggle.dicts(ADVICE, "Asked by", "Asked by"):
        if "can't be answered" in row["Answer"]:
            assert row["Chart"] != "See the chart", row["Asked by"]


def test_answers_hold_the_figures_of_the_marts(demo: Report) -> None:
    days = demo.query("from marts.rpt_days_of_week order by order_rank")
    text = demo.answer("Key question 1").answer
    assert text.startswith(f"{days[0]['day_name']} and {days[1]['day_name']} are")
    assert percent(days[0]["order_share"] + days[1]["order_share"]) in text
    hours = demo.query("from marts.rpt_hours_of_day order by order_rank limit 8")
    assert percent(sum(hour["order_share"] for hour in hours)) in text

    (most,) = demo.query(
        "select * from marts.rpt_hours_of_day order by revenue desc limit 1"
    )
    text = demo.answer("Key question 2").answer
    assert f"most is spent at {most['hour_of_day']:02d}:00" in text

    answer = demo.answer("Key question 3")
    for row in demo.query("from marts.rpt_price_ranges"):
        assert f"are {percent(row['order_product_share'])} of order products" in (
            answer.answer
        )
        assert (
            f"{row['price_range']}: {percent(row['revenue_share'])} of revenue"
            in answer.figures
        )

    top = demo.query("from marts.rpt_departments order by order_product_rank limit 5")
    answer = demo.answer("Key question 4")
    for row in top:
        assert row["department"] in answer.answer.lower()
        assert f"{row['department']}: {percent(row['order_product_share'])} of" in (
            answer.figures
        )

    answer = demo.answer("Key question 5a")
    for row in demo.query(f"select * {OF_SEGMENTS} 'loyalty_flag'"):
        assert percent(row["customer_share"]) in answer.answer
        assert f"{row['customer_count']:,} customers" in answer.figures

    lowest = demo.query(
        "from marts.rpt_departments order by order_product_rank desc limit 1"
    )[0]
    text = demo.answer("SVP of Sales").answer
    assert text.startswith(f"Lowest are {lowest['department']} ")
    assert percent(lowest["order_product_share"], 2) in text


def test_differences_named_are_those_of_the_report(demo: Report) -> None:
    types = {
        row["segment_type"]
        for row in demo.query(
            "from marts.rpt_segment_differences where is_significant and segment_type"
            " in ('age_group', 'customer_profile', 'family_size', 'family_status',"
            " 'gender', 'income_group', 'is_parent', 'region')"
        )
    }
    words = {"customer_profile": "profile", "is_parent": "parents or not"}
    answer = demo.answer("Key question 6").answer
    useful = answer.partition(":")[0] if types else ""
    for one in types:
        assert words.get(one, one.replace("_", " ")) in useful
    assert {"customer_profile", "income_group"} <= types
    assert demo.answer("Key question 7").answer.startswith("Yes")


def test_without_any_difference_no_classification_is_advised(changed, demo) -> None:
    report = changed(
        "update marts.rpt_segment_differences set is_significant = false,"
        " adjusted_r_squared = 0.001",
        database=demo.database,
    )
    assert "No classification" in report.answer("Key question 6").answer
    assert report.answer("Key question 7").answer.startswith("Hardly")
    assert "Don't" in report.answer("Key question 7").advice
    assert "Don't target" in report.answer("Key question 5d").advice
    assert not report.answer("Key question 5b").answer.startswith("Yes")


def test_targets_are_more_than_a_handful_of_customers(tiny: Report) -> None:
    text = tiny.answer("VP of Marketing").answer
    assert text.startswith("No segment"), text


@needs_samples
def test_targets_of_the_real_sample_are_more_than_a_handful(sample: Report) -> None:
    figures = sample.answer("VP of Marketing").figures or ""
    sizes = [int(number) for number in re.findall(r": (\d+) customers?,", figures)]
    assert all(size >= 10 for size in sizes), figures


@needs_samples
def test_the_chart_and_the_answer_do_not_contradict_each_other(sample: Report) -> None:
    reading = sample.reading("Key question 5d")
    answer = sample.answer("Key question 5d").answer
    assert ("All customers whose family status" in reading) <= (
        "No connection" not in answer
    ), (reading, answer)


@needs_samples
def test_few_customers_are_no_profile_to_campaign_for(sample: Report) -> None:
    """One customer of 64 has the profile of the lowest totals."""
    advice = sample.answer("Key question 7").advice
    assert "senior non-parent, low income" not in advice.lower()


def test_nothing_is_listed_as_highest_and_as_lowest(tiny: Report) -> None:
    text = tiny.answer("Key question 4").answer
    top, _, least = text.partition("least are")
    for department in ("produce", "snacks", "alcohol"):
        assert not (department in top.lower() and department in least)
    assert "Of the five" not in tiny.answer("Key question 4").advice
    assert "missing are gaps" not in tiny.answer("SVP of Sales").advice


@needs_samples
def test_numbers_of_orders_are_spelled_as_people_do(sample: Report) -> None:
    text = " ".join(itertools.chain(*map(sample.texts, SHEETS)))
    assert not re.search(r"\b\d*(?<!1)1th\b|\b\d*(?<!1)2th\b|\b\d*(?<!1)3th\b", text)


# --- crosstabs ------------------------------------------------------------------

PAIRS = {
    "Region by spending": ("region", "spending_flag"),
    "Region by order frequency": ("region", "order_frequency_flag"),
    "Region by loyalty": ("region", "loyalty_flag"),
    "Loyalty by spending": ("loyalty_flag", "spending_flag"),
    "Age by family status": ("age_group", "family_status"),
    "Age by family size": ("age_group", "family_size"),
    "Age by income": ("age_group", "income_group"),
    "Age by loyalty": ("age_group", "loyalty_flag"),
    "Income by spending": ("income_group", "spending_flag"),
    "Income by family size": ("income_group", "family_size"),
    "Gender by loyalty": ("gender", "loyalty_flag"),
    "Profile by region": ("customer_profile", "region"),
    "Profile by loyalty": ("customer_profile", "loyalty_flag"),
}
DEPARTMENTS = {
    "Loyalty by department": "loyalty_flag",
    "Order frequency by department": "order_frequency_flag",
    "Region by department": "region",
    "Income by department": "income_group",
    "Age by department": "age_group",
    "Family size by department": "family_size",
}


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
    last = page.max_column
    column = LEFT
    panels = []
    for first in ("Customers", "Shares of customers"):
        while page.cell(row, column).value != first:
            column += 1
            assert column <= last, f"{first} of {title} is overwritten"
        columns = list(filled(page, row, column))
        names = ["", *(page.cell(row, one).value for one in columns[1:])]
        rows = []
        below = row + 1
        while page.cell(below, column).value is not None:
            values = [page.cell(below, one).value for one in columns]
            rows.append(dict(zip(names, values, strict=True)))
            below += 1
        panels.append(rows)
        column = columns[-1] + 1
    return panels[0], panels[1]


@pytest.mark.parametrize("title", PAIRS)
def test_crosstabs_are_those_of_the_report(title: str, demo: Report) -> None:
    one, other = PAIRS[title]
    known = {
        (row["segment_a"], row["segment_b"]): row
        for row in demo.query(
            f"from marts.rpt_segment_crosstabs where segment_type_a = '{one}'"
            f" and segment_type_b = '{other}'"
        )
    }
    counts, shares = crosstab(demo, title)
    compared = set()
    for row, share in zip(counts, shares, strict=True):
        label, whole = row.pop(""), row.pop("All")
        assert share.pop("") == label
        assert sum(row.values()) == whole
        assert sum(share.values()) == pytest.approx(1)
        for name, number in row.items():
            compared.add((label, name))
            assert number == known[label, name]["customer_count"]
            assert share[name] == pytest.approx(number / whole)
    assert compared == set(known)
    assert sum(row["customer_count"] for row in known.values()) == demo.one(
        f"select {ALL_CUSTOMERS}"
    )


@pytest.mark.parametrize("title", DEPARTMENTS)
def test_customers_of_departments_are_counted_from_the_facts(
    title: str, demo: Report
) -> None:
    column = DEPARTMENTS[title]
    known = {
        (row["department"], row["segment"]): row["number"]
        for row in demo.query(
            f"select products.department, customers.{column} as segment,"
            " count(distinct lines.customer_id) as number"
            " from marts.fct_order_products as lines"
            " inner join marts.dim_products as products using (product_id)"
            " inner join marts.dim_customers as customers"
            " on lines.customer_id = customers.customer_id"
            " where lines.is_analysed group by all"
        )
    }
    size = {
        row["segment"]: row["number"]
        for row in demo.query(
            f"select {column} as segment, count(*) as number from marts.dim_customers"
            " where order_count > 0 group by all"
        )
    }
    counts, shares = crosstab(demo, title)
    assert len(counts) == demo.one("select count(*) from marts.dim_departments")
    for row, share in zip(counts, shares, strict=True):
        department = row.pop("")
        for segment, number in row.items():
            assert number == known.get((department, segment), 0)
            assert share[segment] == pytest.approx(number / size[segment])


def test_customers_of_price_ranges_and_days_are_counted_from_the_facts(
    demo: Report,
) -> None:
    for title, key, whole in (
        ("Price range by department", "price_range", None),
        ("Day of the week by department", "day_name", "marts.rpt_days_of_week"),
    ):
        known = {
            (row["department"], row["key"]): row["number"]
            for row in demo.query(
                f"select department, {key} as key,"
                " count(distinct lines.customer_id) as number"
                " from marts.fct_order_products as lines"
                " inner join marts.dim_products as products using (product_id)"
                " inner join marts.fct_orders as orders"
                " on lines.order_id = orders.order_id"
                " where lines.is_analysed group by all"
            )
        }
        sizes = (
            {
                row["day_name"]: row["customer_count"]
                for row in demo.query(f"from {whole}")
            }
            if whole
            else {}
        )
        everybody = demo.one(f"select {ALL_CUSTOMERS}")
        counts, shares = crosstab(demo, title)
        for row, share in zip(counts, shares, strict=True):
            department = row.pop("")
            for name, number in row.items():
                assert number == known.get((department, name), 0)
                size = sizes.get(name, everybody)
                assert share[name] == pytest.approx(number / size)


def test_every_crosstab_is_linked_from_the_head_of_the_sheet(each: Report) -> None:
    page = each.book[CROSSTABS]
    linked = {
        cell.value: cell.hyperlink.location
        for row in page.iter_rows()
        for cell in row
        if cell.hyperlink and cell.row > 3
    }
    assert len(linked) > 20
    assert {*PAIRS, *DEPARTMENTS} <= set(linked)
    for title, location in linked.items():
        place = int(location.rpartition("!A")[2])
        assert page.cell(place, LEFT).value == title


def test_many_family_statuses_stay_in_their_panel(changed) -> None:
    """A status is free text in the raw file, so that there may be any number."""
    report = changed(
        "delete from marts.rpt_segment_crosstabs where segment_type_a = 'age_group'"
        " and segment_type_b = 'family_status'",
        "insert into marts.rpt_segment_crosstabs by name"
        " select 'age_group' as segment_type_a, groups.segment_a,"
        " 'family_status' as segment_type_b, 'status ' || n as segment_b,"
        " 1 as customer_count, 1 as order_count, 1 as order_product_count,"
        " 0.1 as customer_share_of_a from range(10) as numbers (n)"
        " cross join (from (values ('Senior'), ('Young adult'))"
        " as groups (segment_a)) as groups",
    )
    counts, shares = crosstab(report, "Age by family status")
    assert [row["All"] for row in counts] == [10, 10]
    assert [len(row) for row in shares] == [11, 11]


# --- other packages -------------------------------------------------------------


def test_kaggle_says_what_it_lacks(kaggle: Report) -> None:
    for question in (
        *("Key question 2", "Key question 3", "Sales: Which"),
        *("Key question 5c", "Key question 5d", "Key question 6", "Key question 7"),
    ):
        assert "can't be answered" in kaggle.reading(question)
    for question in ("2", "3", "5c", "5d", "6", "7"):
        answer = kaggle.answer(f"Key question {question}")
        assert "can't be answered" in answer.answer
        assert not answer.advice
    for question in ("1", "4", "5a", "5b"):
        assert "can't" not in kaggle.answer(f"Key question {question}").answer
    text = " ".join(kaggle.texts(CROSSTABS))
    assert "no customers.csv" in text and "no prices" in text
    assert "not known" in kaggle.texts(TITLE)
    money = " ".join(itertools.chain(*map(kaggle.texts, (TITLE, CHARTS, ADVICE))))
    assert "$" not in money
    assert crosstab(kaggle, "Loyalty by department")[0]


def test_customers_without_demographics_are_not_taken_for_a_missing_file(
    changed,
) -> None:
    report = changed(
        "update marts.dim_customers set age = null, income = null,"
        " dependants_count = null"
    )
    assert not any("no customers.csv" in text for text in report.texts(CHARTS))


def test_one_order_of_one_customer_is_reported(
    single_database: Path, export: Export, tmp_path: Path
) -> None:
    report = export(single_database, tmp_path / "Final Report.xlsx")
    assert report.book.sheetnames == SHEETS
    assert [
        row["Asked by"] for row in report.dicts(ADVICE, "Asked by", "Asked by")
    ] == (QUESTIONS)


def test_hours_whose_orders_have_no_products_are_reported(changed) -> None:
    report = changed(
        "update marts.rpt_hours_of_day set order_product_count = 0,"
        " products_per_order = 0, revenue = 0, avg_order_total = 0,"
        " avg_product_price = null where hour_of_day = 11"
    )
    assert report.answer("Key question 2").answer


def test_departments_of_the_same_reorder_rate_are_reported(changed) -> None:
    report = changed(
        "update marts.rpt_departments set reorder_rate = 0, revenue_per_order = 5"
    )
    for chart in report.charts:
        for scale in chart.findall(".//c:scaling", NS):
            low, high = scale.find("c:min", NS), scale.find("c:max", NS)
            if low is not None and high is not None:
                assert float(low.get("val")) < float(high.get("val"))


def test_lineage_knows_what_the_report_reads(
    tiny: Report, export: Export, warehouse: Warehouse, tmp_path, monkeypatch
) -> None:
    read: set[str] = set()
    execute = warehouse_module.Warehouse.execute

    def listen(self, query: str):
        schemas = "marts|data_quality|reference"
        found = re.findall(rf"\b(?:from|join)\s+((?:{schemas})\.\w+)", query)
        read.update(found)
        return execute(self, query)

    monkeypatch.setattr(warehouse_module.Warehouse, "execute", listen)
    export(tiny.database, tmp_path / "Final Report.xlsx")
    manifest = warehouse.manifest
    (exposure,) = (
        one for one in manifest.exposures.values() if one.name == "final_report"
    )
    listed = {
        f"{manifest.nodes[key].schema}.{manifest.nodes[key].name}"
        for key in exposure.depends_on.nodes
    }
    assert read - listed == set()


def test_a_warehouse_without_published_figures_is_reported(changed) -> None:
    assert changed("delete from reference.published_figures").charts


@needs_samples
def test_the_real_sample_is_reported_whole(sample: Report) -> None:
    assert len(sample.charts) >= 14
    assert [
        row["Asked by"] for row in sample.dicts(ADVICE, "Asked by", "Asked by")
    ] == (QUESTIONS)


# --- bad use --------------------------------------------------------------------


@dataclass
class Ended:
    """How a command ended: its code, and what it said."""

    code: int
    out: str
    error: str


@pytest.fixture
def command(tiny: Report, tmp_path: Path, monkeypatch, capsys) -> Callable[..., Ended]:
    """Runs the command line over a report of before, and looks what is left."""
    target = tmp_path / "reports" / "Final Report.xlsx"
    target.parent.mkdir()
    target.write_bytes(b"of an earlier run")
    monkeypatch.setenv("INSTACART_DB", str(tiny.database))
    monkeypatch.setenv("DBT_TARGET_PATH", str(tiny.manifest.parent))

    def run(out: Path = target) -> Ended:
        beside = sorted(os.listdir(target.parent))
        capsys.readouterr()
        code = export_excel.main(["--out", str(out)])
        said = capsys.readouterr()
        if code:
            assert target.read_bytes() == b"of an earlier run"
            assert sorted(os.listdir(target.parent)) == beside
        return Ended(code, said.out, said.err)

    run.target = target
    return run


def assert_refused(ended: Ended, *words: str) -> None:
    assert ended.code == 1
    assert ended.out == ""
    assert ended.error.startswith("export_excel.py: ")
    assert ended.error.count("\n") == 1 and ended.error.endswith(".\n"), ended.error
    assert "Traceback" not in ended.error
    for word in words:
        assert word in ended.error


def test_a_report_replaces_the_one_before(command) -> None:
    ended = command()
    assert ended.code == 0 and ended.error == ""
    assert "8 sheets" in ended.out and str(command.target) in ended.out
    assert openpyxl.load_workbook(command.target).sheetnames == SHEETS
    assert os.listdir(command.target.parent) == [command.target.name]


def test_the_folder_of_the_report_is_made(command, tmp_path: Path) -> None:
    target = tmp_path / "new" / "folder" / "Final Report.xlsx"
    assert command(target).code == 0
    assert os.listdir(target.parent) == [target.name]


def test_no_warehouse_yet(command, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("INSTACART_DB", str(tmp_path / "none.duckdb"))
    assert_refused(command(), "none.duckdb", "make build")


@pytest.mark.parametrize("content", [b"", b"no database\n" * 999])
def test_a_file_that_is_no_database(command, monkeypatch, tmp_path, content) -> None:
    path = tmp_path / "other.duckdb"
    path.write_bytes(content)
    monkeypatch.setenv("INSTACART_DB", str(path))
    assert_refused(command(), "other.duckdb")
    assert path.read_bytes() == content


def test_a_folder_as_a_warehouse(command, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("INSTACART_DB", str(tmp_path))
    assert_refused(command())


def test_a_warehouse_that_is_being_written(
    command, monkeypatch, tiny: Report, tmp_path: Path
) -> None:
    path = change(tiny.database, tmp_path, [])
    monkeypatch.setenv("INSTACART_DB", str(path))
    writer = subprocess.Popen(
        [
            *(sys.executable, "-c"),
            f"import duckdb; c = duckdb.connect({str(path)!r}); print(1, flush=True);"
            " input()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        writer.stdout.readline()
        assert_refused(command(), "written by another process")
    finally:
        writer.communicate(b"\n")


def test_a_database_without_our_tables(command, monkeypatch, tmp_path: Path) -> None:
    path = tmp_path / "other.duckdb"
    duckdb.connect(str(path)).close()
    monkeypatch.setenv("INSTACART_DB", str(path))
    assert_refused(command(), "make build")


@pytest.mark.parametrize(
    "statement",
    [
        "drop table data_quality.conditions_in_force",
        "drop table marts.rpt_segment_differences",
        "drop table marts.rpt_product_pairs",
        "alter table marts.rpt_hours_of_day drop phenomenon",
        "alter table marts.rpt_days_of_week drop order_rank",
        "alter table marts.rpt_segment_differences drop adjusted_r_squared",
        "alter table marts.rpt_departments drop opportunity_rank",
        "alter table data_quality.population_flow drop reason",
        "alter table data_quality.file_row_counts drop is_generated",
        "alter table data_quality.merge_variants drop what_goes_wrong",
        "alter table data_quality.conditions_in_force drop measure",
        "alter table marts.rpt_order_sequence drop retention_rate",
    ],
)
def test_a_warehouse_of_an_older_version(
    command, monkeypatch, tiny: Report, tmp_path: Path, statement: str
) -> None:
    path = change(tiny.database, tmp_path, [statement])
    monkeypatch.setenv("INSTACART_DB", str(path))
    assert_refused(command(), "make build")


def test_orders_without_products(
    command, monkeypatch, tiny: Report, tmp_path: Path
) -> None:
    path = change(
        tiny.database,
        tmp_path,
        ["update marts.dim_customers set order_product_count=0"],
    )
    monkeypatch.setenv("INSTACART_DB", str(path))
    assert_refused(command(), "analysed orders with products")


@pytest.mark.parametrize(
    "content",
    [None, "", "{", "{}", "[]", "null", '{"nodes": {}, "sources": {}}'],
)
def test_no_manifest_of_this_project(command, monkeypatch, tmp_path, content) -> None:
    folder = tmp_path / "target"
    folder.mkdir()
    if content is not None:
        (folder / "manifest.json").write_text(content)
    monkeypatch.setenv("DBT_TARGET_PATH", str(folder))
    assert_refused(command(), "manifest", "dbt parse")


@pytest.mark.parametrize("mark", ["~$Final Report.xlsx", ".~lock.Final Report.xlsx#"])
def test_a_report_that_is_open(command, mark: str) -> None:
    (command.target.parent / mark).touch()
    assert_refused(command(), "open", mark)


def test_a_target_that_is_a_folder(command, tmp_path: Path) -> None:
    assert_refused(command(tmp_path), "folder")


def test_a_folder_that_can_not_be_written(command, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert_refused(command(tmp_path / "file" / "Final Report.xlsx"), "--out")
    assert (tmp_path / "file").read_bytes() == b""


def test_an_error_while_writing_leaves_the_report_before(command, monkeypatch) -> None:
    def fail(*_) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export_excel.crosstabs, "write", fail)
    ended = command()
    assert ended.code == 1 and "No space left on device" in ended.error
    assert ended.error.count("\n") == 1


def test_a_stop_while_writing_leaves_the_report_before(command, monkeypatch) -> None:
    def stop(*_) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(export_excel.title_page, "write", stop)
    ended = command()
    assert ended.code == 130 and ended.error.count("\n") == 1


def test_ctrl_c_ends_the_command(tiny: Report, tmp_path: Path) -> None:
    target = tmp_path / "Final Report.xlsx"
    target.write_bytes(b"of an earlier run")
    run = subprocess.Popen(
        [sys.executable, "scripts/export_excel.py", "--out", str(target)],
        cwd=PROJECT_DIR,
        env={
            **os.environ,
            "INSTACART_DB": str(tiny.database),
            "DBT_TARGET_PATH": str(tiny.manifest.parent),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 20
    while not (tmp_path / ".Final Report.xlsx.partial" / "lock").exists():
        assert run.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    run.send_signal(signal.SIGINT)
    _, error = run.communicate()
    assert run.returncode == 130
    assert "Traceback" not in error
    assert target.read_bytes() == b"of an earlier run"
    assert os.listdir(tmp_path) == [target.name]


def test_a_name_that_is_no_workbook_is_refused(tmp_path, capsys) -> None:
    assert export_excel.main(["--out", str(tmp_path / "report.pdf")]) == 1
    assert "expected a name that ends in .xlsx" in capsys.readouterr().err
    assert not os.listdir(tmp_path)


# --- LibreOffice ----------------------------------------------------------------

# The name of an XML vocabulary, no address.
VOCABULARY = "/".join(("http://openoffice.org", "2001", "registry"))
RECALCULATE = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="{VOCABULARY}">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


def convert(path: Path, kind: str, folder: Path) -> Path:
    """Open a workbook in LibreOffice with a profile of our own, and save it."""
    user = folder / "profile" / "user"
    user.mkdir(parents=True, exist_ok=True)
    (user / "registrymodifications.xcu").write_text(RECALCULATE)
    done = subprocess.run(
        [
            *("soffice", f"-env:UserInstallation={user.parent.as_uri()}", "--headless"),
            *("--convert-to", kind, "--outdir", str(folder / "out"), str(path)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    found = folder / "out" / f"{path.stem}.{kind}"
    assert found.is_file(), done.stdout + done.stderr
    return found


@needs_office
def test_libreoffice_prints_it(demo: Report, tmp_path: Path) -> None:
    content = convert(demo.path, "pdf", tmp_path).read_bytes()
    assert content.startswith(b"%PDF-")
    pages = len(re.findall(rb"/Type\s*/Page\b", content))
    assert 15 <= pages <= 60


@needs_office
def test_formulas_calculated_anew_say_the_same(tiny: Report, tmp_path: Path) -> None:
    path = Path(shutil.copyfile(tiny.path, tmp_path / "report.xlsx"))
    again = openpyxl.load_workbook(convert(path, "xlsx", tmp_path), data_only=True)
    formulas = openpyxl.load_workbook(tiny.path)
    compared = 0
    for page in formulas:
        for row in page.iter_rows():
            for cell in row:
                found = again[page.title][cell.coordinate]
                assert found.data_type != "e"
                if cell.data_type == "f":
                    compared += 1
                    assert found.value == "yes"
    assert compared > 30
