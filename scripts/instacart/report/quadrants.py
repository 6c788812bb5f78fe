"""A chart of points in four quadrants, whose labels don't meet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from instacart.report.chart import SMALL, Chart, Options, Place, Series
from instacart.report.page import Range, text_pixels
from instacart.report.sheet import Sheet
from instacart.workbook import BLUE, DARK_GREY, MID_GREY

# Where in the chart its points are, as parts of its width and height.
LAYOUT = {"x": 0.1, "y": 0.1, "width": 0.87, "height": 0.71}
# Pixels of a point from its middle, of a label's height, and how much wider than in
# Excel other programs draw it.
POINT, HIGH, WIDER = 6, 15, 1.1

# Left, top, right and bottom in pixels.
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Quadrants:
    """A point per row, named; the last row of the table is that of the medians, through
    which lines are drawn.

    across, up: the keys of the values, and their axes with min and max. highlights:
    rows, counted from 0, of the quadrant to look at.
    """

    name: str
    across: str
    up: str
    title: str
    x_axis: Options
    y_axis: Options
    highlights: Collection[int]
    has_chart = True

    def draw(self, sheet: Sheet, cells: Range, place: Place) -> None:
        """Insert it; what is highlighted is labelled first."""
        *rows, medians = cells.rows
        plot = place.width * LAYOUT["width"], place.height * LAYOUT["height"]
        order = sorted(range(len(rows)), key=lambda number: not self._is_high(number))
        points = [
            (
                str(rows[number][self.name]),
                _part(rows[number][self.across], self.x_axis) * plot[0],
                (1 - _part(rows[number][self.up], self.y_axis)) * plot[1],
            )
            for number in order
        ]
        left = _part(medians[self.across], self.x_axis) * plot[0]
        top = (1 - _part(medians[self.up], self.y_axis)) * plot[1]
        lines = ((left, 0.0, left, plot[1]), (0.0, top, plot[0], top))
        named = sum(map(self._is_high, order))
        sides = dict(zip(order, label_sides(points, plot, lines, named), strict=True))
        looks = [_point(sides[one], self._is_high(one)) for one in range(len(rows))]
        looks.append(self._cross(float(medians[self.across]), float(medians[self.up])))
        bare = {"major_gridlines": {"visible": False}}
        Chart(
            "scatter",
            # A series per point: its name is the label, which any reader can draw.
            [
                Series(self.up, BLUE, self.across, look, row=number, name=self.name)
                for number, look in enumerate(looks)
            ],
            self.title,
            bare | self.x_axis,
            bare | self.y_axis,
            has_legend=False,
            layout=LAYOUT,
        ).draw(sheet, cells, place)

    def _is_high(self, number: int) -> bool:
        return number in self.highlights

    def _cross(self, left: float, up: float) -> Options:
        """Lines through a point from one end of each axis to the other."""
        look: Options = {"line": {"none": True}, "marker": {"type": "none"}}
        for bars, value, axis in (
            ("x_error_bars", left, self.x_axis),
            ("y_error_bars", up, self.y_axis),
        ):
            look[bars] = {
                "type": "fixed",
                "value": max(axis["max"] - value, value - axis["min"]),
                "end_style": 0,
                "line": {"color": DARK_GREY, "width": 1, "dash_type": "dash"},
            }
        return look


def _point(side: str, is_highlighted: bool) -> Options:
    """A point with its label on one of its sides, or without one."""
    look: Options = {
        "line": {"none": True},
        "marker": {
            "type": "diamond" if is_highlighted else "circle",
            "size": 9 if is_highlighted else 6,
            "fill": {"color": BLUE if is_highlighted else MID_GREY},
            "border": {"color": "white"},
        },
    }
    if side:
        look["data_labels"] = {
            "series_name": True,
            "value": False,
            "position": side,
            "font": SMALL | {"bold": is_highlighted},
        }
    return look


def _part(value: float, axis: Options) -> float:
    """Where on an axis a value lies, 0 to 1."""
    return float((float(value) - axis["min"]) / (axis["max"] - axis["min"]))


def label_sides(
    points: Sequence[tuple[str, float, float]],
    plot: tuple[float, float],
    lines: Sequence[Box] = (),
    named: int = 0,
) -> list[str]:
    """On which side of its point each label meets no label, no point and no edge of the
    plot; none where there is no such side: the table has its name.

    points: text, and pixels from the left and from the top, the most important first.
    lines: what a label should not lie on, but may. named: so many of the first points
    have a label whatever it meets, as a sentence names them.
    """
    taken: list[Box] = [
        (left - POINT, top - POINT, left + POINT, top + POINT)
        for _, left, top in points
    ]
    sides = []
    for number, (text, left, top) in enumerate(points):
        boxes = _label_boxes(text, left, top)
        others = [box for at, box in enumerate(taken) if at != number]
        free = [
            side
            for side, box in boxes.items()
            if box[0] >= 0
            and box[2] <= plot[0]
            and not any(_meet(box, other) for other in others)
        ]
        # Best without a line through it.
        clear = [one for one in free if not any(_meet(boxes[one], it) for it in lines)]
        side = next(iter((*clear, *free)), "")
        if not side and number < named:
            side = _freest(boxes, others, plot[0])
        sides.append(side)
        if side:
            taken.append(boxes[side])
    return sides


def _freest(boxes: dict[str, Box], others: Sequence[Box], width: float) -> str:
    """The side where a label meets least, within the plot if it can be."""

    def met(side: str) -> tuple[bool, int]:
        box = boxes[side]
        is_out = box[0] < 0 or box[2] > width
        return is_out, sum(_meet(box, other) for other in others)

    return min(boxes, key=met)


def _label_boxes(text: str, left: float, top: float) -> dict[str, Box]:
    """Where a point's label is on each of its sides."""
    wide, apart = text_pixels(text, bold=True) * WIDER, POINT + 1
    above, below = top - apart - HIGH, top + apart
    return {
        "right": (left + apart, top - HIGH / 2, left + apart + wide, top + HIGH / 2),
        "left": (left - apart - wide, top - HIGH / 2, left - apart, top + HIGH / 2),
        "above": (left - wide / 2, above, left + wide / 2, above + HIGH),
        "below": (left - wide / 2, below, left + wide / 2, below + HIGH),
    }


def _meet(one: Box, other: Box) -> bool:
    """Whether two boxes overlap."""
    return (
        one[0] < other[2]
        and other[0] < one[2]
        and one[1] < other[3]
        and other[1] < one[3]
    )
