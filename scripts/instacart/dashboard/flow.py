"""A flow of rows through steps, as wide as they are many, from top to bottom."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from instacart import words
from instacart.dashboard.charts import CHOSEN, Drawn, axis, tooltip
from instacart.warehouse import Row
from instacart.workbook import BLUE, ORANGE, Column

# Pixels of a step.
STEP = 62
# How much of a step narrows, and how far to the right removed rows leave.
NARROWS, LEAVES = 0.1, 0.04
ROWS = Column("rows_out", "Rows", "count")
STEP_NAME = Column("step", "Step")
COLUMNS = (
    Column("dataset", "Dataset"),
    STEP_NAME,
    Column("rows_in", "Rows before", "count"),
    Column("rows_removed", "Removed", "count"),
    Column("rows_out", "Rows after", "count"),
    Column("reason", "Why they are removed"),
)


def flow_rows(steps: Sequence[Row]) -> list[Row]:
    """The steps with their numbers from 0 and what is written on them."""
    return [
        Row(step, number=number, counted=_counted(step))
        for number, step in enumerate(steps)
    ]


def _counted(step: Row) -> str:
    rows = words.plural(step["rows_out"], "row")
    if not step["rows_removed"]:
        return rows
    return f"{rows}; {words.count(step['rows_removed'])} removed"


def flow(steps: Sequence[Row]) -> Drawn:
    """A band per step, narrower by the removed rows, which leave to the right.

    steps: those of `flow_rows`. A click on a band is of its field `dataset`.
    """
    widest = max(step["rows_in"] for step in steps)
    base = alt.Chart(height=STEP * len(steps)).encode(
        y=alt.Y(
            "at:Q",
            axis=None,
            scale=alt.Scale(
                domain=[-0.5, len(steps) - 0.5], reverse=True, nice=False, zero=False
            ),
        )
    )
    number, came, stay = (
        f"datum['{key}']" for key in ("number", "rows_in", "rows_out")
    )
    top = f"{number} - 0.5"
    kept = _bands(
        base,
        at=[top, f"{number} - 0.5 + {NARROWS}", f"{number} + 0.5"],
        start=["0"] * 3,
        end=[came, stay, stay],
        colour=BLUE,
    )
    left = f"{stay} + {LEAVES * widest}"
    removed = _bands(
        base.transform_filter("datum['rows_removed'] > 0"),
        at=[top, f"{number} - 0.5 + {NARROWS}", f"{number} + 0.5 - {NARROWS}"],
        start=[stay, left, left],
        end=[
            came,
            f"{left} + datum['rows_removed']",
            f"{left} + datum['rows_removed']",
        ],
        colour=ORANGE,
    )
    texts = base.transform_calculate(at=number).encode(x=alt.value(8))
    names = texts.mark_text(align="left", dy=-4, fontWeight="bold", aria=False)
    counts = texts.mark_text(align="left", dy=12, aria=False)
    return alt.layer(
        kept.add_params(alt.param(name=CHOSEN, value="")),
        removed,
        names.encode(text="step:N"),
        counts.encode(text="counted:N"),
    )


def _bands(
    base: alt.Chart, at: list[str], start: list[str], end: list[str], colour: str
) -> alt.Chart:
    """A band per step through points: expressions of where down and across they are."""
    points = {"at": at, "start": start, "end": end}
    chart = base
    for name, expressions in points.items():
        chart = chart.transform_calculate(**{name: f"[{', '.join(expressions)}]"})
    return (
        chart.transform_flatten(list(points))
        .mark_area(
            orient="horizontal",
            color=colour,
            fillOpacity=0.45,
            line=False,
            stroke=colour,
            strokeWidth=1,
            cursor="pointer",
        )
        .encode(
            x=alt.X("end:Q", stack=None, title=ROWS.heading, axis=axis(ROWS)["axis"]),
            x2="start:Q",
            detail="step:N",
            tooltip=tooltip(*COLUMNS),
        )
    )
