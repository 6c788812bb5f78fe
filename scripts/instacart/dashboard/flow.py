"""A flow of rows through steps, as wide as they are many, from top to bottom."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from instacart import words
from instacart.dashboard.charts import CHOSEN, Drawn, Options, axis, tooltip
from instacart.warehouse import Row
from instacart.workbook import BLUE, ORANGE, Column

# Pixels of a step.
STEP = 62
# Of a step: how far its band reaches from its middle; of the widest one: how far to the
# right removed rows leave.
HALF, LEAVES = 0.49, 0.03
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
    top, foot = f"{number} - {HALF}", f"{number} + {HALF}"
    leaves = LEAVES * widest
    kept = _bands(base, [top, foot], ["0", "0"], [stay, stay], BLUE)
    removed = _bands(
        base.transform_filter("datum['rows_removed'] > 0"),
        [top, foot],
        [stay, f"{stay} + {leaves}"],
        [came, f"{came} + {leaves}"],
        ORANGE,
    )
    # Vega warns of a layer without rows.
    leaving = [removed] if any(step["rows_removed"] for step in steps) else []
    texts = base.transform_calculate(at=number).encode(x=alt.value(8))
    look: Options = {"align": "left", "limit": alt.expr("width - 8"), "aria": False}
    return alt.layer(
        kept.add_params(alt.param(name=CHOSEN, value="")),
        *leaving,
        texts.mark_text(dy=-5, **look).encode(text="step:N"),
        texts.mark_text(dy=11, fontWeight="bold", **look).encode(text="counted:N"),
    )


def _bands(
    base: alt.Chart, at: list[str], start: list[str], end: list[str], colour: str
) -> alt.Chart:
    """A band per step, from its top to its foot.

    Expressions of both: where down they are, and from where to where across.
    """
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
            # Few removed rows are seen, too.
            stroke=colour if colour == ORANGE else None,
            cursor="pointer",
        )
        .encode(
            x=alt.X("end:Q", stack=None, title=ROWS.heading, axis=axis(ROWS)["axis"]),
            x2="start:Q",
            detail="step:N",
            tooltip=tooltip(*COLUMNS),
        )
    )
