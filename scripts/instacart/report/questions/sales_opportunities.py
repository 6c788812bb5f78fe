"""Sales: Which departments earn much per order and are seldom reordered?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from instacart import words
from instacart.report.chart import CHART_SIZE, Chart, Options, Series, tight_axis
from instacart.report.facts import IS_LISTED
from instacart.report.page import PIXELS_PER_ROW
from instacart.report.question import Question, Size, size_of
from instacart.warehouse import Row
from instacart.workbook import BLUE, FONT, Column

# The chart is taller than others: the labels of its points need room.
SIZE = (CHART_SIZE[0], 520)
# Pixels that its title, axes and margins take.
FRAME = (110, 120)
POINT = {
    "type": "circle",
    "size": 6,
    "fill": {"color": BLUE},
    "border": {"color": "white"},
}

# Left, top, right and bottom in pixels.
Box = tuple[float, float, float, float]


class Opportunities(Question):
    title = "Sales: Which departments earn much per order and are seldom reordered?"
    needs = ("prices", "departments")
    chart_rows = SIZE[1] // PIXELS_PER_ROW + 1

    @cached_property
    def rows(self) -> list[Row]:
        """The departments, those with most to gain first."""
        return self.warehouse.rows(
            "select * from marts.rpt_departments where order_product_count > 0"
            f" and {IS_LISTED} order by opportunity_rank, department_id"
        )

    def sentence(self) -> str:
        first = self.rows[0]
        return (
            f"{first['department'].capitalize()} has most to gain: an order with it"
            f" earns {words.money(first['revenue_per_order'])} there, and only"
            f" {words.share(first['reorder_rate'], 0)} of the items bought there had"
            " been bought before."
        )

    def size(self) -> Size | None:
        return size_of(self.rows[0])

    def so_what(self) -> str:
        return f"{size_of(self.rows[0]).brought_by(self.rows[0]['department'])}."

    def caution(self) -> str:
        return (
            "Opportunity is the mean of two ranks: high revenue per order, low reorder"
            " rate."
        )

    def columns(self) -> Sequence[Column]:
        return (
            Column("department", "Department"),
            Column("opportunity_rank", "Opportunity rank", "count"),
            Column("customer_count", "Customers", "count"),
            Column("order_count", "Orders", "count"),
            Column("order_product_count", "Items", "count"),
            Column("reorder_rate", "Reorder rate", "share"),
            Column("revenue_per_order", "Revenue per order", "money"),
        )

    def drawing(self) -> Chart:
        across = tight_axis(self.rows, "reorder_rate", 0.1)
        up = tight_axis(self.rows, "revenue_per_order", 5)
        positions = _label_positions(
            [
                (
                    row["department"],
                    _part(row["reorder_rate"], across) * (SIZE[0] - FRAME[0]),
                    (1 - _part(row["revenue_per_order"], up)) * (SIZE[1] - FRAME[1]),
                )
                for row in self.rows
            ]
        )
        return Chart(
            "scatter",
            # A series per department: its name is the label, which any reader can draw.
            [
                Series(
                    "revenue_per_order", BLUE, "reorder_rate", _look(position),
                    row=number, name="department",
                )
                for number, position in enumerate(positions)
            ],
            "Revenue per order with it, by reorder rate",
            {
                "name": "Reorder rate: share of items bought before",
                "num_format": "0%",
                "major_gridlines": {"visible": False},
            }
            | across,
            {"name": "Dollars per order", "num_format": "$#,##0"} | up,
            size=SIZE,
            has_legend=False,
        )  # fmt: skip


def _look(position: str) -> Options:
    """A point with its label on one of its sides."""
    return {
        "line": {"none": True},
        "marker": POINT,
        "data_labels": {
            "series_name": True,
            "position": position,
            "font": {"name": FONT, "size": 8},
        },
    }


def _part(value: float, axis: Options) -> float:
    """Where on an axis a value lies, 0 to 1."""
    return float((value - axis["min"]) / (axis["max"] - axis["min"]))


def _label_positions(points: list[tuple[str, float, float]]) -> list[str]:
    """On which side of its point each label meets the fewest labels and points.

    points: text, and pixels from the left and from the top.
    """
    taken = [(left - 5, top - 5, left + 5, top + 5) for _, left, top in points]
    positions = []
    for text, left, top in points:
        wide, high = 5.2 * len(text) + 4, 13
        boxes = {
            "right": (left + 6, top - high / 2, left + 6 + wide, top + high / 2),
            "left": (left - 6 - wide, top - high / 2, left - 6, top + high / 2),
            "above": (left - wide / 2, top - 6 - high, left + wide / 2, top - 6),
            "below": (left - wide / 2, top + 6, left + wide / 2, top + 6 + high),
        }
        met = {
            side: sum(_meet(box, one) for one in taken) for side, box in boxes.items()
        }
        best = min(met, key=lambda side: met[side])
        positions.append(best)
        taken.append(boxes[best])
    return positions


def _meet(one: Box, other: Box) -> bool:
    """Whether two boxes overlap."""
    return (
        one[0] < other[2]
        and other[0] < one[2]
        and one[1] < other[3]
        and other[1] < one[3]
    )
