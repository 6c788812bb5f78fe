"""What draws the cells of a table: native charts and coloured cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from xlsxwriter.chart import Chart as NativeChart

from instacart.report.page import Range
from instacart.report.sheet import Rows, Sheet
from instacart.workbook import BLUE, FONT, INK, RULE

Options = dict[str, Any]

GRID, HEAT, COOL, WHITE = "#E3E7EB", "#6BAED6", "#F2B567", "#FFFFFF"
SMALL: Options = {"name": FONT, "size": 9, "color": INK}
# Where a table's chart begins, and its width and height in pixels.
CHART_COLUMN, CHART_SIZE = 11, (735, 400)

# Row and column of a chart's corner.
Corner = tuple[int, int]


class Drawing(Protocol):
    """What shows the cells of a table."""

    def draw(self, sheet: Sheet, cells: Range) -> None: ...


@dataclass(frozen=True)
class Series:
    """One series of a chart: columns of a range, and how it is drawn."""

    values: str
    colour: str = BLUE
    categories: str | None = None
    options: Options = field(default_factory=dict)
    # One row of the range instead of all, counted from 0, and the column of its name.
    row: int | None = None
    name: str = ""


@dataclass(frozen=True)
class Chart:
    """A native chart whose series are columns of a table.

    kind: type and subtype of XlsxWriter; axes: its options (name, num_format, ...).
    """

    kind: str
    series: Sequence[Series]
    title: str
    x_axis: Options = field(default_factory=dict)
    y_axis: Options = field(default_factory=dict)
    subtype: str = ""
    size: tuple[int, int] = CHART_SIZE
    has_legend: bool = True
    # Only so many of the table's first rows, where there are more.
    row_count: int | None = None
    # Where it goes, if not beside the table.
    corner: Corner | None = None

    def draw(self, sheet: Sheet, cells: Range) -> None:
        """Insert it beside a table, without the series that the table lacks."""
        known = [one for one in self.series if one.values in cells.columns]
        if not known:
            return
        subtype = {"subtype": self.subtype} if self.subtype else {}
        chart = sheet.book.workbook.add_chart({"type": self.kind} | subtype)
        sheet.chart_count += 1
        corner = self.corner or (cells.header_row, CHART_COLUMN)
        if self.row_count:
            cells = cells.part(0, self.row_count - 1)
        for one in known:
            chart.add_series(self._series(one, cells))
        self._set_axes(chart)
        chart.set_title({"name": self.title, "name_font": SMALL | {"size": 11}})
        is_named = self.has_legend and len(known) > 1
        named: Options = {"position": "bottom", "font": SMALL}
        chart.set_legend(named if is_named else {"none": True})
        chart.set_chartarea({"border": {"color": RULE}})
        chart.set_size({"width": self.size[0], "height": self.size[1]})
        sheet.worksheet.insert_chart(
            *corner, chart, {"object_position": 1, "description": self.title}
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
            hidden = {"visible": False, "major_gridlines": {"visible": False}}
            chart.set_y_axis(quiet | {"reverse": True} | self.x_axis)
            chart.set_x_axis(values | hidden)
        else:
            chart.set_x_axis(quiet | self.x_axis)
            chart.set_y_axis(values)


@dataclass(frozen=True)
class ColouredCells:
    """Columns of a table, by their keys, coloured by value from white to blue.

    around: the values that are wholly orange, white and wholly blue instead.
    """

    keys: Sequence[str]
    around: tuple[float, float, float] | None = None

    def draw(self, sheet: Sheet, cells: Range) -> None:
        columns = [cells.columns[key] for key in self.keys if key in cells.columns]
        scale: Options = {
            "type": "2_color_scale",
            "min_color": WHITE,
            "max_color": HEAT,
        }
        if self.around:
            scale |= {"type": "3_color_scale", "min_color": COOL, "mid_color": WHITE}
            for end, value in zip(("min", "mid", "max"), self.around, strict=True):
                scale |= {f"{end}_type": "num", f"{end}_value": value}
        if columns:
            sheet.colour(cells, min(columns), max(columns), scale)


def bars(
    category: str, value: str, title: str, shown: str, axis: Options | None = None
) -> Chart:
    """A bar with its value per row; `axis` is that of the categories."""
    look = {"gap": 25, "data_labels": labels(shown)}
    return Chart("bar", [Series(value, BLUE, category, look)], title, axis or {})


def share_columns(
    category: str, colours: dict[str, str], title: str, shown: str = "0%"
) -> Chart:
    """Shares side by side; `colours` are those of the columns shown."""
    look = {"gap": 60, "overlap": -5, "data_labels": labels(shown)}
    series = [Series(key, one, category, look) for key, one in colours.items()]
    return Chart("column", series, title, {}, {"num_format": "0%"})


def labels(number_format: str) -> Options:
    """Values written beside what is drawn."""
    return {
        "value": True,
        "num_format": number_format,
        "font": {"name": FONT, "size": 8},
    }


def tight_axis(rows: Rows, key: str, step: float) -> Options:
    """Bounds of an axis around the values of a column, in whole steps."""
    known = [row[key] for row in rows if row[key] is not None]
    low = round(min(known) // step * step, 6)
    # An axis is a step long at least.
    return {"min": low, "max": round(max(-(-max(known) // step) * step, low + step), 6)}
