"""What the report looks like: on the first screen of a laptop, and on paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest
from instacart.report.page import (
    SCREEN_HEIGHT,
    SMALLEST_PRINT,
    text_pixels,
    wrapped_lines,
)
from instacart.report.quadrants import _label_boxes, _meet, label_sides
from instacart.report.question import Question
from instacart.report.sheet import Sheet
from instacart.report.sheets.visualizations import GRID, WIDTHS, fitted, shown
from instacart.workbook import Book, Column
from openpyxl.utils import range_boundaries
from openpyxl.worksheet.worksheet import Worksheet

from report.support import (
    CHARTS,
    LEFT,
    NAMESPACES,
    SHEETS,
    TITLE,
    Report,
    needs_samples,
)

# English Metric Units, in which drawings are placed.
EMU_PER_PIXEL, POINTS_PER_PIXEL, HUNDREDTHS = 9525, 0.75, 100
MILLIMETRES_PER_INCH, PIXELS_PER_INCH = 25.4, 96
A4 = (210, 297)
# Pixels that the first screen of a laptop of 1,366 x 768 leaves to columns.
SCREEN_WIDTH = 1300


def row_pixels(page: Worksheet, row: int) -> float:
    """The height of a row, counted from 1."""
    points = page.row_dimensions[row].height or page.sheet_format.defaultRowHeight
    return float(points) / POINTS_PER_PIXEL


def column_pixels(page: Worksheet, column: int) -> float:
    """The width of a column, counted from 1."""
    for group in page.column_dimensions.values():
        if group.min <= column <= group.max:
            return round(group.width * 7)
    raise AssertionError(f"{page.title} has no width of column {column}")


def top(page: Worksheet, row: int, first: int = 1) -> float:
    """Pixels from the top of a row to that of another."""
    return sum(row_pixels(page, one) for one in range(first, row))


def left(page: Worksheet, column: int) -> float:
    return sum(column_pixels(page, one) for one in range(1, column))


def paper(page: Worksheet) -> tuple[float, float]:
    """Width and height of what a printed page holds, in pixels of the sheet."""
    sides = sorted(A4, reverse=page.page_setup.orientation == "landscape")
    margins = page.page_margins
    scale = page.page_setup.scale / HUNDREDTHS
    inches = [side / MILLIMETRES_PER_INCH for side in sides]
    inches[0] -= margins.left + margins.right
    inches[1] -= margins.top + margins.bottom
    width, height = (PIXELS_PER_INCH * one / scale for one in inches)
    return width, height


def last_cell(page: Worksheet) -> tuple[int, int]:
    """The last row and column that anything is written in."""
    cells = [cell for row in page.iter_rows() for cell in row if cell.value is not None]
    merged = [one.max_col for one in page.merged_cells.ranges]
    return max(cell.row for cell in cells), max(
        [cell.column for cell in cells] + merged
    )


def charted(report: Report) -> list[tuple[Question, int, int]]:
    """Questions with a page of their own, its first row and the one after its last."""
    page = report.book[CHARTS]
    asked = [question for question in report.questions if question.shown_columns]
    firsts = [report.row_of(CHARTS, one.title) for one in asked if one.title]
    titled = [question for question in asked if question.title]
    breaks = sorted(one.id + 1 for one in page.row_breaks.brk)
    ends = [*breaks[1:], last_cell(page)[0] + 1]
    return [
        (question, first, next(end for end in ends if end > first))
        for question, first in zip(titled, firsts, strict=True)
    ]


def frames(report: Report) -> Iterator[tuple[str, ElementTree.Element]]:
    """The charts of the drawings, each with what it says to those who don't see it."""
    for name in report.parts:
        if re.fullmatch(r"xl/drawings/drawing\d+\.xml", name):
            for frame in ElementTree.fromstring(report.parts[name]).iter(
                f"{{{NAMESPACES['xdr']}}}graphicFrame"
            ):
                yield frame.find(".//xdr:cNvPr", NAMESPACES).get("descr", ""), frame


def test_every_chart_says_its_finding_to_those_who_do_not_see_it(each: Report) -> None:
    said = [text for text, _ in frames(each)]
    assert len(said) == len(each.charts)
    drawn = [
        question
        for question, _, _ in charted(each)
        if (drawing := question.drawing()) and drawing.has_chart
    ]
    assert set(said) >= {question.reading for question in drawn}
    # One more, of the population flow.
    assert len(said) == len(drawn) + 1
    assert all(said)


def test_every_axis_has_a_title(each: Report) -> None:
    for chart in each.charts:
        axes = [
            axis
            for kind in ("catAx", "valAx", "dateAx")
            for axis in chart.iterfind(f".//c:{kind}", NAMESPACES)
        ]
        assert len(axes) == 2
        for axis in axes:
            assert axis.find("c:delete[@val='1']", NAMESPACES) is None
            texts = axis.find("c:title", NAMESPACES).iter(f"{{{NAMESPACES['a']}}}t")
            assert "".join(text.text or "" for text in texts).strip()


def sizes(report: Report, name: str) -> set[float]:
    """The points of all texts of a sheet: cells, drawings and charts."""
    page = report.book[name]
    found = {
        float(cell.font.size)
        for row in page.iter_rows()
        for cell in row
        if cell.value is not None
    }
    number = SHEETS.index(name) + 1
    links = report.parts.get(
        f"xl/worksheets/_rels/sheet{number}.xml.rels", b""
    ).decode()
    for drawing in re.findall(r"drawings/(drawing\d+)\.xml", links):
        parts = [f"xl/drawings/{drawing}.xml"]
        charts = report.parts.get(f"xl/drawings/_rels/{drawing}.xml.rels", b"").decode()
        parts += [f"xl/{one}" for one in re.findall(r"charts/chart\d+\.xml", charts)]
        for part in parts:
            texts = re.findall(
                r'<a:(?:rPr|defRPr)\b[^>]*sz="(\d+)"', str(report.parts[part])
            )
            found |= {int(size) / HUNDREDTHS for size in texts}
    return found


def test_no_text_is_printed_too_small(each: Report) -> None:
    for name in SHEETS:
        page = each.book[name]
        assert not page.sheet_properties.pageSetUpPr.fitToPage
        scale = page.page_setup.scale / HUNDREDTHS
        assert min(sizes(each, name)) * scale >= SMALLEST_PRINT, name
        # The footer of 8 points is printed as it is.
        assert page.HeaderFooter.scaleWithDoc is False
    # Every text of a chart has a size of its own.
    for part, content in each.parts.items():
        if part.startswith("xl/charts/chart"):
            assert not re.search(rb"<a:(?:rPr|defRPr)(?![^>]*sz=)", content), part


def test_every_sheet_prints_as_wide_as_a_page(each: Report) -> None:
    for name in SHEETS:
        page = each.book[name]
        column = last_cell(page)[1]
        assert left(page, column + 1) <= paper(page)[0], name


def test_the_title_page_is_one_page(each: Report) -> None:
    page = each.book[TITLE]
    assert page.page_setup.orientation == "portrait"
    assert top(page, last_cell(page)[0] + 1) <= paper(page)[1]


def test_every_question_is_printed_on_a_page_of_its_own(each: Report) -> None:
    page = each.book[CHARTS]
    breaks = [one.id + 1 for one in page.row_breaks.brk]
    pages = charted(each)
    assert [first for _, first, _ in pages] == breaks[: len(pages)]
    for question, first, end in pages:
        assert top(page, end, first) <= paper(page)[1], question.title
    # The contents have a line or two per question, on two sheets of paper at most.
    assert top(page, breaks[0]) <= 2 * paper(page)[1]


def assert_within_the_first_screen(report: Report) -> None:
    page = report.book[CHARTS]
    assert page.freeze_panes is None
    assert left(page, last_cell(page)[1] + 1) <= SCREEN_WIDTH
    for question, first, end in charted(report):
        # An empty row ends a page, or what a reader has to know stands below one.
        caution = question.caution()
        below = [
            row - 1
            for row in range(first, end)
            if caution and page.cell(row, LEFT).value == caution
        ]
        bottom = top(page, (below or [end - 1])[0], first)
        assert bottom <= SCREEN_HEIGHT, (question.title, bottom)
        for drawing in page._charts:
            start, stop = drawing.anchor._from, drawing.anchor.to
            if first <= start.row + 1 < end:
                foot = top(page, stop.row + 1, first) + stop.rowOff / EMU_PER_PIXEL
                assert foot <= SCREEN_HEIGHT, (question.title, foot)
                side = left(page, stop.col + 1) + stop.colOff / EMU_PER_PIXEL
                assert side <= SCREEN_WIDTH, (question.title, side)


def test_a_screen_holds_the_finding_its_chart_and_its_table(each: Report) -> None:
    assert_within_the_first_screen(each)


@needs_samples
def test_a_screen_holds_each_page_of_the_real_sample(sample: Report) -> None:
    assert_within_the_first_screen(sample)


def test_a_chart_covers_no_cell_of_its_table(each: Report) -> None:
    page = each.book[CHARTS]
    for drawing in page._charts:
        start, stop = drawing.anchor._from, drawing.anchor.to
        # The last row and column are touched by a part of a pixel at most.
        for row in range(start.row + 1, stop.row + (stop.rowOff > 0)):
            for column in range(start.col + 1, stop.col + (stop.colOff > 0)):
                assert page.cell(row, column).value is None, (row, column)


def test_what_follows_stands_below_the_chart(demo: Report) -> None:
    texts = demo.texts(CHARTS)
    for question, first, end in charted(demo):
        said = f"So what: {question.consequence}"
        if question.consequence:
            row = next(
                row
                for row in range(first, end)
                if said in [cell.value for cell in demo.book[CHARTS][row]]
            )
            assert row > first + 1
        else:
            assert said not in texts
    assert any(text.startswith("So what: ") for text in texts)


def test_the_contents_lead_to_every_page(each: Report) -> None:
    page = each.book[CHARTS]
    start = each.row_of(CHARTS, "Findings")
    asked = [question.title for question in each.questions if question.title]
    lines = {}
    for row in range(start + 1, start + 1 + len(asked)):
        link = page.cell(row, LEFT + 1)
        lines[link.value] = int(link.hyperlink.location.rpartition("!A")[2])
    assert lines == {title: each.row_of(CHARTS, title) for title in asked}


def test_only_what_is_beyond_chance_is_coloured(demo: Report) -> None:
    page = demo.book[CHARTS]
    header = demo.row_of(CHARTS, "Key questions 5 and 6")
    while page.cell(header, LEFT).value != "Segment":
        header += 1
    coloured = {
        page.cell(row, column).coordinate
        for area, rules in page.conditional_formatting._cf_rules.items()
        for one in str(area.sqref).split()
        for left_, above, right, below in [range_boundaries(one)]
        if above > header and rules[0].type == "colorScale"
        for row in range(above, below + 1)
        for column in range(left_, right + 1)
    }
    sure = {
        (row["segment"], row["department"])
        for row in demo.query(
            "from marts.rpt_segment_departments where is_favoured and segment_type in"
            " ('loyalty_flag', 'age_group', 'income_group', 'family_size', 'region')"
            " and is_frequent_department"
        )
    }
    names = {
        column: page.cell(header, column).value
        for column in range(LEFT + 1, page.max_column + 1)
        if page.cell(header, column).value
    }
    found = {
        (page.cell(cell.row, LEFT).value, names[cell.column])
        for one in coloured
        for cell in [page[one]]
    }
    assert found == sure
    assert found


def test_departments_of_few_products_are_not_on_the_heat_map(demo: Report) -> None:
    header, *_ = demo.table(CHARTS, "Key questions 5 and 6", "Segment")
    frequent = demo.query(
        "select department from marts.rpt_departments where is_frequent"
        " order by order_product_rank"
    )
    assert header[1:] == [row["department"] for row in frequent]
    assert len(frequent) < demo.one("select count(*) from marts.rpt_departments")


def test_segments_stand_below_their_type(demo: Report) -> None:
    _, *rows = demo.table(CHARTS, "Key questions 5 and 6", "Segment")
    headings = [row[0] for row in rows if row[1] is None]
    assert headings == ["Loyalty", "Age group", "Income group", "Family size", "Region"]
    assert rows[0][0] == "Loyalty" and rows[1][0] == "Loyal customer"


POINTS = {
    "apart": [("pantry", 50.0, 50.0), ("deli", 300.0, 200.0)],
    "close": [("pantry", 100.0, 50.0), ("deli", 112.0, 50.0)],
    "a crowd": [(f"department {n}", 100.0 + 4 * n, 100.0) for n in range(8)],
    "at the edges": [("household", 2.0, 50.0), ("dry goods", 398.0, 50.0)],
}


@pytest.mark.parametrize("points", POINTS.values(), ids=POINTS)
def test_labels_do_not_meet(points: list[tuple[str, float, float]]) -> None:
    sides = label_sides(points, (400, 300))
    boxes = [
        _label_boxes(*point)[side]
        for point, side in zip(points, sides, strict=True)
        if side
    ]
    assert boxes
    assert not any(_meet(one, other) for one, other in combinations(boxes, 2))
    assert all(box[0] >= 0 and box[2] <= 400 for box in boxes)


def test_a_label_without_room_is_left_out() -> None:
    sides = label_sides(POINTS["a crowd"], (400, 300))
    assert sides[0] and "" in sides
    assert all(label_sides(POINTS["close"], (400, 300)))


def test_a_point_that_is_named_has_its_label_whatever_it_meets() -> None:
    crowd = POINTS["a crowd"]
    assert all(label_sides(crowd, (400, 300), named=len(crowd)))
    assert "" in label_sides(crowd, (400, 300), named=2)[2:]


def test_the_label_of_a_point_on_a_line_stands_beside_it() -> None:
    point, plot = ("pantry", 100.0, 100.0), (400, 300)
    assert label_sides([point], plot) == ["right"]
    assert label_sides([point], plot, [(0.0, 100.0, 400.0, 100.0)]) == ["above"]


def test_medians_are_those_of_the_departments(demo: Report) -> None:
    *_, last = demo.dicts(CHARTS, "Sales: Which departments", "Department")
    (medians,) = demo.query(
        "select median(reorder_rate) as rate, median(revenue_per_order) as revenue"
        " from marts.rpt_departments where order_product_count > 0"
    )
    assert last["Department"] == "median of departments"
    assert last["Reorder rate"] == pytest.approx(medians["rate"])
    assert last["Revenue per order"] == pytest.approx(float(medians["revenue"]))
    assert last["Items"] is None


def sheet_of(folder: Path, widths: tuple[float, ...]) -> Sheet:
    book = Book(folder / "book.xlsx", "Title", datetime(2026, 1, 1), {})
    return Sheet(book, "Sheet", widths)


def test_a_sheet_too_wide_to_print_is_an_error(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, (84.0, 84.0))
    sheet.print_scaled()
    assert sheet.scale == 80
    with pytest.raises(ValueError, match="too wide to print"):
        sheet_of(tmp_path, (85.0, 85.0)).print_scaled()
    with pytest.raises(ValueError, match="too wide to print"):
        sheet_of(tmp_path, (84.0, 84.0)).print_scaled(is_upright=True)


def test_a_narrow_sheet_is_not_blown_up(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, (20.0,))
    sheet.print_scaled()
    assert sheet.scale == 100


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", 1),
        ("orders", 1),
        ("orders and items", 2),
        ("orders\nitems", 2),
        ("non-frequent customer", 3),
        ("w" * 20, 3),
    ],
)
def test_texts_are_wrapped_at_blanks_and_hyphens(text: str, lines: int) -> None:
    assert wrapped_lines(text, 66) == lines


def test_a_width_without_room_is_no_endless_loop() -> None:
    assert wrapped_lines("orders", -5) > 1


def test_bold_and_larger_letters_are_wider() -> None:
    usual = text_pixels("Customers")
    assert 60 < usual < 68
    assert text_pixels("Customers", bold=True) > usual
    assert text_pixels("Customers", 20) == pytest.approx(2 * usual)


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("count", 1234567, "1,234,567"),
        ("share", 0.292, "+29.2%"),
        ("signed_share", -0.292, "-29.2%"),
        ("money", 1234.5, "1,234.50$"),
        ("text", "deli", "deli"),
        ("text", None, ""),
    ],
)
def test_cells_are_as_wide_as_what_they_show(
    kind: str, value: object, text: str
) -> None:
    assert shown(Column("key", "Heading", kind), value) == text


@pytest.mark.parametrize(
    ("value", "span"), [(3_421_083, 1), (9_999_999, 1), (32_434_489, 2)]
)
def test_figures_of_the_full_data_have_room(
    value: int, span: int, tmp_path: Path
) -> None:
    sheet = sheet_of(tmp_path, WIDTHS)
    column = Column("count", "Items", "count")
    assert [one.span for one in fitted(sheet, [column], [{"count": value}])] == [span]


def test_a_table_that_is_too_wide_is_wrapped(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, WIDTHS)
    name = "a rather long name of a segment"
    columns = [Column("name", "Segment"), *(Column(str(n), "C") for n in range(14))]
    rows = [{"name": name} | {str(n): 1 for n in range(14)}]
    label, *others = fitted(sheet, columns, rows)
    assert (label.kind, label.span) == ("text", 3)
    label, *others = fitted(sheet, [*columns, Column("0", "X")], rows)
    assert (label.kind, label.span) == ("wrapped", GRID - len(others))
    assert {one.span for one in others} == {1}
