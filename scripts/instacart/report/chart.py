"""What draws the cells of a table: native charts and coloured cells.

One highlight colour says what the finding is about; all else is grey, and told apart
in grey print by lightness, pattern or dashes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from xlsxwriter.chart import Chart as NativeChart
from xlsxwriter.utility import xl_rowcol_to_cell

from instacart.report.page import SMALLEST_TEXT, Range
from instacart.report.sheet import Rows, Sheet
from instacart.workbook import (
    BLUE,
    DARK_GREY,
    FONT,
    INK,
    LIGHT_GREY,
    MID_GREY,
    RULE,
)

Options = dict[str, Any]

GRID, HEAT, COOL, WHITE = "#E3E7EB", "#6BAED6", "#F2B567", "#FFFFFF"
# Values around which cells are coloured by their sign alone.
SIGN = (-1e-9, 0, 1e-9)
SMALL: Options = {"name": FONT, "size": SMALLEST_TEXT, "color": INK}
# Where the plot of bars with long names is, and the name of their axis.
RIGHT_HALF = {"x": 0.5, "y": 0.17, "width": 0.4, "height": 0.7}
ABOVE: Options = {
    "name_layout": {"x": 0.02, "y": 0.1},
    "name_font": SMALL | {"bold": False, "rotation": 360},
}
# How areas are filled beside each other, the one to be looked at first.
FILLS: tuple[Options, ...] = (
    {"fill": {"color": BLUE}},
    {
        "pattern": {
            "pattern": "wide_upward_diagonal",
            "fg_color": DARK_GREY,
            "bg_color": WHITE,
        }
    },
    {"fill": {"color": MID_GREY}},
    {"fill": {"color": WHITE}, "border": {"color": DARK_GREY, "width": 0.75}},
    {"fill": {"color": LIGHT_GREY}},
    {"pattern": {"pattern": "small_grid", "fg_color": DARK_GREY, "bg_color": WHITE}},
)


@dataclass(frozen=True)
class Place:
    """Where a drawing goes: a cell's corner, pixels right of it, width and height;
    says: what those hear of it who don't see it."""

    row: int
    column: int
    offset: int
    width: int
    height: int
    says: str


class Drawing(Protocol):
    """What shows the cells of a table; has_chart: beside them, not within them."""

    @property
    def has_chart(self) -> bool: ...

    def draw(self, sheet: Sheet, cells: Range, place: Place) -> None: ...


@dataclass(frozen=True)
class Series:
    """One series of a chart: columns of a range, and how it is drawn."""

    values: str
    colour: str = MID_GREY
    categories: str | None = None
    options: Options = field(default_factory=dict)
    # One row of the range instead of all, counted from 0, and the column of its name.
    row: int | None = None
    name: str = ""
    # Rows, counted from 0, whose bars have the highlight colour.
    highlights: Collection[int] = ()


@dataclass(frozen=True)
class Chart:
    """A native chart whose series are columns of a table.

    kind: type and subtype of XlsxWriter; axes: its options, a name with its unit first
    (name, num_format, ...).
    """

    kind: str
    series: Sequence[Series]
    title: str
    x_axis: Options
    y_axis: Options
    subtype: str = ""
    has_legend: bool = True
    # Numbers of series that the legend leaves out.
    unnamed: Sequence[int] = ()
    # Only so many of the table's first rows, where there are more.
    row_count: int | None = None
    # Where in the chart its plot is, as XlsxWriter wants it.
    layout: Options | None = None
    has_chart = True

    def draw(self, sheet: Sheet, cells: Range, place: Place) -> None:
        """Insert it, without the series that the table lacks."""
        known = [one for one in self.series if one.values in cells.columns]
        if not known:
            return
        subtype = {"subtype": self.subtype} if self.subtype else {}
        chart = sheet.book.workbook.add_chart({"type": self.kind} | subtype)
        sheet.chart_count += 1
        if self.row_count:
            cells = cells.part(0, self.row_count - 1)
        for one in known:
            chart.add_series(self._series(one, cells))
        self._set_axes(chart)
        chart.set_title(
            {"name": self.title, "name_font": SMALL | {"size": 11}, "overlay": False}
        )
        is_named = self.has_legend and len(known) > 1
        named: Options = {"position": "bottom", "font": SMALL}
        if self.unnamed:
            named["delete_series"] = list(self.unnamed)
        chart.set_legend(named if is_named else {"none": True})
        if self.layout:
            chart.set_plotarea({"layout": self.layout})
        chart.set_chartarea({"border": {"none": True}})
        chart.set_size({"width": place.width, "height": place.height})
        sheet.worksheet.insert_chart(
            place.row,
            place.column,
            chart,
            {
                "object_position": 1,
                "x_offset": place.offset,
                "description": place.says,
            },
        )

    def _series(self, one: Series, cells: Range) -> Options:
        """A series as XlsxWriter wants it."""
        if one.row is not None:
            cells = cells.part(one.row, one.row)
        drawn: Options = {
            "name": cells.cell(one.name, 0) if one.name else cells.heading(one.values),
            "values": cells.column(one.values),
            # Else XlsxWriter caches a blank cell as 0, and previews draw that.
            "values_data": cells.values(one.values),
            "fill": {"color": one.colour},
            "border": {"none": True},
        }
        if self.kind in ("line", "scatter"):
            drawn |= {"fill": {"none": True}, "border": {}}
            drawn["line"] = {"color": one.colour, "width": 2}
        if one.categories:
            drawn["categories"] = cells.column(one.categories)
            drawn["categories_data"] = cells.values(one.categories)
        if one.highlights:
            drawn["points"] = [
                {"fill": {"color": BLUE}} if number in one.highlights else None
                for number in range(len(cells.rows))
            ]
        return drawn | one.options

    def _set_axes(self, chart: NativeChart) -> None:
        quiet: Options = {
            "line": {"color": RULE},
            "major_tick_mark": "none",
            "num_font": SMALL,
            "name_font": SMALL | {"bold": False},
        }
        grid: Options = {"visible": True, "line": {"color": GRID, "width": 0.75}}
        values: Options = (
            quiet | {"line": {"none": True}, "major_gridlines": grid} | self.y_axis
        )
        if self.kind in ("bar", "column"):
            # A bar that does not start at 0 misleads.
            values = {"min": 0} | values
        if self.kind == "bar":
            # Bars are listed from the top, as the table's rows, and carry their values.
            # XlsxWriter calls the axis of a bar chart's categories y.
            bare = {"label_position": "none", "major_gridlines": {"visible": False}}
            chart.set_y_axis(
                quiet | {"reverse": True, "interval_unit": 1} | self.x_axis
            )
            chart.set_x_axis(values | bare)
        else:
            chart.set_x_axis(quiet | self.x_axis)
            chart.set_y_axis(values)


@dataclass(frozen=True)
class ColouredCells:
    """Columns of a table, by their keys, coloured by value from white to blue.

    around: the values that are wholly orange, white and wholly blue instead. only: the
    cells that are coloured, by row, counted from 0, and key; None for all.
    """

    keys: Sequence[str]
    around: tuple[float, float, float] | None = None
    only: Collection[tuple[int, str]] | None = None
    has_chart = False

    def draw(self, sheet: Sheet, cells: Range, place: Place) -> None:
        columns = [cells.columns[key] for key in self.keys if key in cells.columns]
        if not columns or (self.only is not None and not self.only):
            return
        scale: Options = {
            "type": "2_color_scale",
            "min_color": WHITE,
            "max_color": HEAT,
        }
        if self.around:
            scale |= {"type": "3_color_scale", "min_color": COOL, "mid_color": WHITE}
            for end, value in zip(("min", "mid", "max"), self.around, strict=True):
                scale |= {f"{end}_type": "num", f"{end}_value": value}
        if self.only is not None:
            scale["multi_range"] = " ".join(
                xl_rowcol_to_cell(cells.first_row + row, cells.columns[key])
                for row, key in sorted(self.only)
            )
        sheet.colour(cells, min(columns), max(columns), scale)


@dataclass(frozen=True)
class Both:
    """Coloured cells, and a chart of them."""

    coloured: ColouredCells
    chart: Chart
    has_chart = True

    def draw(self, sheet: Sheet, cells: Range, place: Place) -> None:
        self.coloured.draw(sheet, cells, place)
        self.chart.draw(sheet, cells, place)


def bars(
    category: str,
    value: str,
    title: str,
    shown: str,
    names: tuple[str, str],
    row_count: int | None = None,
    has_long_names: bool = False,
    highlights: Collection[int] = (0,),
    bounds: Options | None = None,
    layout: Options | None = None,
) -> Chart:
    """A bar with its value per row, the first or other rows highlighted.

    names: those of the axes of categories and of values. has_long_names: categories
    need half of the chart, and the name of their axis stands above them. bounds: of the
    axis of values, where some are below 0. layout: where the plot is, if many bars need
    room.
    """
    look = {"gap": 25, "data_labels": labels(shown)}
    series = Series(value, MID_GREY, category, look, highlights=highlights)
    return Chart(
        "bar",
        [series],
        title,
        # The names stand left of bars that go to the left.
        {"name": names[0]}
        | (ABOVE if has_long_names else {})
        | ({"label_position": "low"} if bounds else {}),
        {"name": names[1]} | (bounds or {}),
        row_count=row_count,
        layout=layout or (RIGHT_HALF if has_long_names else None),
    )


def share_columns(
    category: str,
    colours: dict[str, str],
    title: str,
    names: tuple[str, str],
    shown: str = "0%",
) -> Chart:
    """Shares side by side; `colours` are those of the columns shown.

    names: those of the axes of categories and of values.
    """
    look = {"gap": 60, "overlap": -5, "data_labels": labels(shown)}
    series = [Series(key, one, category, look) for key, one in colours.items()]
    return Chart(
        "column",
        series,
        title,
        {"name": names[0]},
        {"name": names[1], "num_format": "0%"},
    )


def labels(number_format: str) -> Options:
    """Values written beside what is drawn."""
    return {"value": True, "num_format": number_format, "font": SMALL}


def tight_axis(rows: Rows, key: str, step: float) -> Options:
    """Bounds of an axis around the values of a column, in whole steps."""
    known = [row[key] for row in rows if row[key] is not None]
    low = round(min(known) // step * step, 6)
    # An axis is a step long at least.
    return {"min": low, "max": round(max(-(-max(known) // step) * step, low + step), 6)}
