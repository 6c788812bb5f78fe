"""The look of a workbook: formats, tables, charts and pages, on XlsxWriter.

Colours are Okabe and Ito's (jfly.uni-koeln.de/color), which colour-blind readers can
tell apart; where two meet, they also differ in lightness, for grey prints.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from instacart.warehouse import check_columns

BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
SKY, GREY = "#56B4E9", "#8A939C"
INK, FAINT_INK, RULE, BAND = "#1F2933", "#5A6672", "#C3CAD1", "#E4EDF5"
GRID, HEAT, COOL = "#E3E7EB", "#6BAED6", "#F2B567"
FONT = "Arial"

# How a kind of figure is shown; text kinds have none.
NUMBER_FORMATS = {
    "count": "#,##0",
    "change": "+#,##0;-#,##0;0",
    "share": "0.0%",
    "fine_share": "0.00%",
    "signed_share": "+0.0%;-0.0%;0.0%",
    "money": "$#,##0.00",
    "dollars": "$#,##0",
    "decimal": "#,##0.00",
    "index": "0.00",
    "number": "0",
}
# Texts that make their row as high as they need, and how many of their characters
# take the room of one of usual size.
WRAPPED = {"wrapped": 1.0, "small": 1.25}
# Points of a line of text, and how many characters fit into a column's width of 1.
LINE_HEIGHT, CHARACTERS_PER_WIDTH = 13.5, 1.25
PIXELS_PER_ROW = 20
CELL_CHARACTERS = 32_767
# A4 across less its margins, at 96 pixels an inch.
PAGE_WIDTH, PAGE_HEIGHT = 1045, 700
# Where Excel's default font is 7 pixels wide.
PIXELS_PER_WIDTH, COLUMN_PADDING = 7, 5


@dataclass(frozen=True)
class Column:
    """A column of a table: the key of its values, its heading, and their kind.

    It takes `span` columns of the sheet.
    """

    key: str
    heading: str
    kind: str = "text"
    span: int = 1


@dataclass(frozen=True)
class Range:
    """Where a table's cells are, counted from 0: for charts and formats."""

    sheet: str
    columns: dict[str, int]
    header_row: int
    first_row: int
    last_row: int
    rows: Sequence[dict] = field(repr=False)

    def column(self, key: str) -> int:
        return self.columns[key]

    def part(self, first: int, last: int) -> Range:
        """Some of its data rows, counted from 0."""
        return replace(
            self,
            first_row=self.first_row + first,
            last_row=self.first_row + last,
            rows=self.rows[first : last + 1],
        )

    def values(self, key: str) -> list:
        """What is in the data cells of a column; None in blank ones."""
        return [row.get(key) for row in self.rows]

    def cells(self, key: str) -> list:
        """The data cells of a column, as charts want them."""
        column = self.column(key)
        return [self.sheet, self.first_row, column, self.last_row, column]

    def cell(self, key: str, row: int) -> str:
        """A formula for one data cell, its row counted from 0."""
        name = xlsxwriter.utility.quote_sheetname(self.sheet)
        place = xlsxwriter.utility.xl_rowcol_to_cell(
            self.first_row + row, self.column(key), row_abs=True, col_abs=True
        )
        return f"={name}!{place}"

    def heading(self, key: str) -> list:
        """The cell of a column's heading."""
        return [self.sheet, self.header_row, self.column(key)]


@dataclass(frozen=True)
class Series:
    """One series of a chart: columns of a range, and how it is drawn."""

    values: str
    colour: str = BLUE
    categories: str | None = None
    options: dict = field(default_factory=dict)
    # One row of the range instead of all, counted from 0.
    row: int | None = None


@dataclass(frozen=True)
class Formula:
    """A formula and its value, for readers that don't calculate."""

    text: str
    value: str | float


@dataclass(frozen=True)
class Link:
    """A text that leads somewhere."""

    target: str
    text: str


def link_to(sheet: str, text: str, row: int = 0) -> Link:
    """A link to a row, counted from 0, of a sheet of the workbook."""
    return Link(f"internal:'{sheet}'!A{row + 1}", text)


def write_text(
    sheet: Worksheet,
    row: int,
    column: int,
    text: str,
    plain: Format,
    look: Format | None = None,
) -> int:
    """Write a text as it is, whatever it looks like; return XlsxWriter's answer.

    look: the cell's format, if not its column's. plain: one for the rare text that
    takes two pieces.
    """
    if text.startswith("<r>") and text.endswith("</r>"):
        # Else XlsxWriter would take it for the XML of a text in several formats.
        pieces = ("<r>", plain, text[3:CELL_CHARACTERS])
        return sheet.write_rich_string(row, column, *pieces, *([look] if look else []))
    return sheet.write_string(row, column, text, look)


class Book:
    """A workbook in one design."""

    def __init__(self, path: Path, title: str, created: datetime):
        self.workbook = xlsxwriter.Workbook(
            str(path),
            {
                "strings_to_formulas": False,
                "strings_to_numbers": False,
                "strings_to_urls": False,
                # What a killed run leaves goes with the folder.
                "tmpdir": str(path.parent),
                "default_format_properties": {"font_name": FONT, "font_size": 10},
            },
        )
        # The same warehouse gives the same bytes.
        self.workbook.set_properties(
            {"title": title, "created": created.replace(tzinfo=None)}
        )
        self.workbook.set_size(2400, 1500)
        self.chart_count = 0
        self._formats: dict[tuple, Format] = {}

    def format(self, **properties) -> Format:
        """A format with these XlsxWriter properties; equal ones are one format."""
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            basis = {
                "font_name": FONT,
                "font_size": 10,
                "font_color": INK,
                "valign": "vcenter",
            }
            self._formats[key] = self.workbook.add_format(basis | properties)
        return self._formats[key]

    def value_format(self, kind: str, **properties) -> Format:
        """The format of a table's cell of some kind."""
        look: dict = {"bottom": 4, "bottom_color": RULE, "valign": "top"}
        if kind in NUMBER_FORMATS:
            look |= {"num_format": NUMBER_FORMATS[kind], "align": "right", "indent": 1}
        else:
            look |= {"align": "left", "indent": 1, "text_wrap": kind in WRAPPED}
            look |= {"bold": True} if kind == "strong" else {}
            look |= {"font_size": 8} if kind == "small" else {}
        return self.format(**(look | properties))

    def link_format(self, look: Format) -> Format:
        """A cell's format with the look of a link."""
        own = {"bottom": look.bottom, "bottom_color": RULE} if look.bottom else {}
        valign = "top" if look.text_v_align == 1 else "vcenter"
        return self.format(
            font_color=BLUE, underline=1, text_wrap=True, valign=valign, **own
        )

    def sheet(self, name: str, widths: Sequence[float], home: str | None) -> Sheet:
        """Add a sheet with these column widths; `home` is the sheet to link back to."""
        return Sheet(self, self.workbook.add_worksheet(name), widths, home)

    def close(self) -> None:
        self.workbook.close()


class Sheet:
    """A sheet that is written from top to bottom; `row` is the next free row."""

    def __init__(
        self,
        book: Book,
        worksheet: Worksheet,
        widths: Sequence[float],
        home: str | None,
    ):
        self.book, self.worksheet, self.widths = book, worksheet, list(widths)
        self.name = worksheet.get_name()
        self.home = home
        self.row = 0
        # Pixels of rows that are not of usual height.
        self.heights: dict[int, float] = {}
        # Rows that begin a printed page, where we break them; and how far it is scaled.
        self.breaks: list[int] | None = None
        self.page_start, self.scale = 0, 100
        for column, width in enumerate(widths):
            worksheet.set_column(column, column, width)
        worksheet.hide_gridlines(2)
        worksheet.set_landscape()
        worksheet.set_paper(9)
        worksheet.set_margins(left=0.4, right=0.4, top=0.4, bottom=0.5)
        worksheet.fit_to_pages(1, 0)
        worksheet.set_footer(f'&L&"{FONT}"&8&A&R&"{FONT}"&8Page &P of &N')
        worksheet.set_default_row(PIXELS_PER_ROW * 0.75)

    @property
    def last_column(self) -> int:
        return len(self.widths) - 1

    def width(self, first: int, last: int) -> float:
        """Characters that fit into the columns from `first` to `last`."""
        return sum(self.widths[first : last + 1])

    def left(self, column: int) -> int:
        """Pixels from the sheet's left edge to a column."""
        return sum(
            int(width * PIXELS_PER_WIDTH) + COLUMN_PADDING
            for width in self.widths[:column]
        )

    def start(self, title: str, subtitle: str) -> None:
        """Write the head of the sheet: title, what it shows, and the way back."""
        worksheet, book = self.worksheet, self.book
        self.set_height(0, 27)
        worksheet.write_string(
            0, 1, title, book.format(bold=True, font_size=16, font_color=BLUE)
        )
        lines = self._lines(subtitle, 1, self.last_column)
        self.set_height(1, LINE_HEIGHT * lines + 3)
        self._write(
            1, (1, self.last_column), subtitle,
            book.format(font_color=FAINT_INK, text_wrap=True, valign="top"),
        )  # fmt: skip
        self.row = 3
        if self.home:
            self.write(2, 1, link_to(self.home, "Back to the title page"))
            worksheet.freeze_panes(3, 0)
            self.row = 4

    def write(self, row: int, column: int, value, **properties) -> None:
        """Write one cell: a text, number, Formula or Link."""
        self._write(row, (column, column), value, self.book.format(**properties))

    def heading(self, text: str) -> int:
        """Write a heading over the sheet's width; return its row."""
        row = self.row
        self.set_height(row, 21)
        look = self.book.format(
            bold=True, font_size=12, bottom=2, bottom_color=BLUE, font_color=INK
        )
        self.worksheet.write_string(row, 1, text, look)
        for column in range(2, self.last_column + 1):
            self.worksheet.write_blank(row, column, None, look)
        self.row += 1
        return row

    def paragraph(self, text: str, **properties) -> None:
        """Write a text over the sheet's width, as high as it needs to be."""
        lines = self._lines(text, 1, self.last_column)
        self.set_height(self.row, LINE_HEIGHT * lines + 4)
        look = {"text_wrap": True} | properties
        self._write(self.row, (1, self.last_column), text, self.book.format(**look))
        self.row += 1

    def gap(self, rows: int = 1) -> None:
        self.row += rows

    def table(
        self,
        columns: Sequence[Column],
        rows: Sequence[dict],
        first_column: int = 1,
        strong_last: bool = False,
    ) -> Range:
        """Write a header and typed rows at `row`; leave `row` below them.

        Missing values are blank; what is true or false reads yes and no.
        """
        check_columns(rows, (column.key for column in columns))
        book = self.book
        spans: dict[str, tuple[int, int]] = {}
        at = first_column
        for column in columns:
            spans[column.key] = (at, at + column.span - 1)
            at += column.span
        place = Range(
            self.name,
            {key: first for key, (first, _) in spans.items()},
            self.row,
            self.row + 1,
            self.row + max(len(rows), 1),
            rows,
        )
        self._header(columns, spans)
        for row, values in enumerate(rows, start=place.first_row):
            is_strong = strong_last and row == place.last_row
            properties = {"bold": True, "top": 1} if is_strong else {}
            height = 1.0
            for column in columns:
                value = values.get(column.key)
                look = book.value_format(column.kind, **properties)
                self._write(row, spans[column.key], value, look)
                if column.kind in WRAPPED and value is not None:
                    room = self._lines(
                        str(value), *spans[column.key], WRAPPED[column.kind]
                    )
                    height = max(height, room / WRAPPED[column.kind])
            if height > 1:
                self.set_height(row, LINE_HEIGHT * height + 4)
        self.row = place.last_row + 1
        return place

    def entry(self, name: str | Link, text: str) -> None:
        """Write a name or link, and a text over the rest of the sheet's width."""
        lines = self._lines(text, 2, self.last_column)
        label = name.text if isinstance(name, Link) else name
        lines = max(lines, self._lines(label, 1, 1))
        self.set_height(self.row, LINE_HEIGHT * lines + 5)
        look = self.book.format(text_wrap=True)
        strong = self.book.format(text_wrap=True, bold=True)
        self._write(self.row, (1, 1), name, strong)
        self._write(self.row, (2, self.last_column), text, look)
        self.row += 1

    def finding(self, text: str, link: Link) -> None:
        """Write a text over the sheet's width, and a link at its end."""
        last = self.last_column
        lines = self._lines(text, 1, last - 1)
        self.set_height(self.row, LINE_HEIGHT * lines + 7)
        look = self.book.format(text_wrap=True)
        self._write(self.row, (1, last - 1), text, look)
        self._write(self.row, (last, last), link, look)
        self.row += 1

    def grouped_table(
        self,
        group_columns: Sequence[Column],
        columns: Sequence[Column],
        groups: Sequence[tuple[dict, Sequence[dict]]],
    ) -> None:
        """A table whose first columns hold once what belongs to a group of rows."""
        spans, at = {}, 1
        for column in (*group_columns, *columns):
            spans[column.key] = (at, at + column.span - 1)
            at += column.span
        self._header((*group_columns, *columns), spans)
        for group, rows in groups:
            need = max(
                self._lines(str(group[column.key]), *spans[column.key])
                for column in group_columns
            )
            own = [
                max(
                    self._lines(str(row.get(column.key) or ""), *spans[column.key])
                    if column.kind in WRAPPED
                    else 1
                    for column in columns
                )
                for row in rows
            ]
            self.keep_together(max(need, sum(own)) * LINE_HEIGHT / 15 + 0.2 * len(rows))
            first, last = self.row, self.row + len(rows) - 1
            # The rows of a group are together as high as its longest text.
            more = max(0.0, need - sum(own)) / len(rows)
            for number, row in enumerate(rows):
                self.set_height(first + number, LINE_HEIGHT * (own[number] + more) + 3)
                for column in columns:
                    look = self.book.value_format(column.kind, valign="top")
                    self._write(
                        first + number, spans[column.key], row.get(column.key), look
                    )
            for column in group_columns:
                look = self.book.value_format(column.kind, valign="top", text_wrap=True)
                left, right = spans[column.key]
                if last > first or right > left:
                    self.worksheet.merge_range(first, left, last, right, "", look)
                write_text(self.worksheet, first, left, group[column.key], look, look)
            self.row = last + 1

    def chart(
        self,
        kind: dict,
        place: Range,
        series: Sequence[Series],
        title: str,
        x_axis: dict,
        y_axis: dict,
        at: tuple[int, int],
        size: tuple[int, int],
        has_legend: bool = True,
    ) -> None:
        """Insert a native chart whose series are columns of a range.

        kind: type and subtype of XlsxWriter; axes: its options (name, num_format, ...).
        at: row and column of its corner. size: width and height in pixels.
        """
        chart = self.book.workbook.add_chart(kind)
        self.book.chart_count += 1
        small = {"name": FONT, "size": 9, "color": INK}
        for one in series:
            cells = place if one.row is None else place.part(one.row, one.row)
            drawn = {
                "name": place.heading(one.values),
                "values": cells.cells(one.values),
                # Else XlsxWriter caches a blank cell as 0, and previews draw that.
                "values_data": cells.values(one.values),
                "fill": {"color": one.colour},
                "border": {"none": True},
            }
            if kind["type"] in ("line", "scatter"):
                drawn |= {"fill": {"none": True}, "border": {}}
                drawn["line"] = {"color": one.colour, "width": 2}
            if one.categories:
                drawn["categories"] = cells.cells(one.categories)
                drawn["categories_data"] = cells.values(one.categories)
            chart.add_series(drawn | one.options)
        quiet = {
            "line": {"color": RULE},
            "major_tick_mark": "none",
            "num_font": small,
            "name_font": {**small, "bold": False},
        }
        grid = {"visible": True, "line": {"color": GRID, "width": 0.75}}
        value_axis = quiet | {"line": {"none": True}, "major_gridlines": grid} | y_axis
        if kind["type"] in ("bar", "column"):
            # A bar that does not start at 0 misleads.
            value_axis = {"min": 0} | value_axis
        if kind["type"] == "bar":
            # Bars are listed from the top, as the table's rows, and carry their values.
            # XlsxWriter calls the axis of a bar chart's categories y.
            hidden = {"visible": False, "major_gridlines": {"visible": False}}
            chart.set_y_axis(quiet | {"reverse": True} | x_axis)
            chart.set_x_axis(value_axis | hidden)
        else:
            chart.set_x_axis(quiet | x_axis)
            chart.set_y_axis(value_axis)
        chart.set_title(
            {"name": title, "name_font": {"name": FONT, "size": 11, "color": INK}}
        )
        chart.set_legend(
            {"position": "bottom", "font": small}
            if has_legend and len(series) > 1
            else {"none": True}
        )
        chart.set_chartarea({"border": {"color": RULE}})
        chart.set_size({"width": size[0], "height": size[1]})
        self.worksheet.insert_chart(
            *at, chart, {"object_position": 1, "description": title}
        )

    def colour_scale(
        self,
        first_row: int,
        first_column: int,
        last_row: int,
        last_column: int,
        scale: dict,
    ) -> None:
        """Colour cells by their values: white to blue, or orange, white, blue."""
        colours = {"min_color": "#FFFFFF", "max_color": HEAT}
        if scale["type"] == "3_color_scale":
            colours = {
                "min_color": COOL,
                "mid_color": "#FFFFFF",
                "max_color": HEAT,
            }
        self.worksheet.conditional_format(
            first_row, first_column, last_row, last_column, scale | colours
        )

    def print_in_blocks(self) -> None:
        """Print to the width of a page, broken between blocks (see keep_together).

        Excel ignores breaks of a sheet that it fits to pages by itself.
        """
        pixels = self.left(len(self.widths))
        # LibreOffice draws columns up to a tenth wider than Excel.
        self.scale = min(100, int(90 * PAGE_WIDTH / pixels))
        self.worksheet.set_print_scale(self.scale)
        self.breaks = []

    def keep_together(self, rows: float) -> None:
        """Begin a new printed page if so many usual rows don't fit on this one."""
        if self.breaks is None:
            return
        used = sum(
            self.heights.get(row, PIXELS_PER_ROW)
            for row in range(self.page_start, self.row)
        )
        room = PAGE_HEIGHT * 100 / self.scale
        if used and used + rows * PIXELS_PER_ROW > room:
            self.breaks.append(self.row)
            self.page_start = self.row
            self.worksheet.set_h_pagebreaks(self.breaks)

    def set_height(self, row: int, points: float) -> None:
        """Make a row so many points high."""
        self.heights[row] = points / 0.75
        self.worksheet.set_row(row, points)

    def box(
        self,
        text: str,
        left: int,
        top: int,
        extent: tuple[int, int],
        row: int,
        fill: str | None = None,
        colour: str = INK,
        **font,
    ) -> None:
        """Draw a box (or, without a fill, a text) at pixels from the left edge and
        from the top of `row`."""
        self.worksheet.insert_textbox(
            row, 0, text,
            {
                "x_offset": left,
                "y_offset": top,
                "width": extent[0],
                "height": extent[1],
                "object_position": 1,
                "fill": {"color": fill} if fill else {"none": True},
                "line": {"none": True},
                "align": {"vertical": "middle", "text": "center"},
                "font": {"name": FONT, "size": 9, "color": colour} | font,
            },
        )  # fmt: skip

    def _header(
        self, columns: Sequence[Column], spans: dict[str, tuple[int, int]]
    ) -> None:
        """Write the headings of a table at `row`; leave `row` below them."""
        height = 1
        for column in columns:
            is_number = column.kind in NUMBER_FORMATS
            look = self.book.format(
                bold=True,
                font_size=9,
                bg_color=BAND,
                bottom=1,
                bottom_color=BLUE,
                align="right" if is_number else "left",
                indent=1,
                text_wrap=True,
                valign="bottom",
            )
            self._write(self.row, spans[column.key], column.heading, look)
            height = max(height, self._lines(column.heading, *spans[column.key], 0.9))
        self.set_height(self.row, LINE_HEIGHT * height + 4)
        self.row += 1

    def _write(self, row: int, span: tuple[int, int], value, look: Format) -> None:
        """Write a value of whatever type over the columns of a span."""
        first, last = span
        if last > first:
            self.worksheet.merge_range(row, first, row, last, "", look)
        if isinstance(value, bool):
            value = "yes" if value else "no"
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            self.worksheet.write_blank(row, first, None, look)
        elif isinstance(value, str):
            write_text(self.worksheet, row, first, value, look, look)
        elif isinstance(value, Formula):
            self.worksheet.write_formula(row, first, value.text, look, value.value)
        elif isinstance(value, Link):
            self.worksheet.write_url(
                row, first, value.target, self.book.link_format(look), value.text
            )
        else:
            self.worksheet.write_number(row, first, value, look)

    def _lines(self, text: str, first: int, last: int, density: float = 1) -> int:
        """How many lines a text takes in some columns; a little generous.

        density: how many characters take the room of one in the usual font.
        """
        # Cells are indented by about a character.
        room = self.width(first, last) - 1.5
        fits = max(1.0, room * CHARACTERS_PER_WIDTH * density)
        lines = 0
        for part in text.split("\n"):
            used = 0.0
            lines += 1
            for word in part.split(" "):
                if used and used + 1 + len(word) > fits:
                    lines += 1
                    used = 0.0
                used += len(word) + (1 if used else 0)
                # A word too long for a line is broken.
                while used > fits:
                    lines += 1
                    used -= fits
        return lines
