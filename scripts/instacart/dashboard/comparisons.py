"""Charts of what a segment has beside what all customers have."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt

from instacart.dashboard.charts import (
    HEIGHT,
    KIND,
    ROW,
    TWO_LINES,
    Drawn,
    Options,
    amount,
    axis,
    coloured,
    colours_of,
    columns_of,
    folded,
    named,
    nominal,
    rows_of,
    scale_of,
    tooltip,
    written,
)
from instacart.workbook import Column


def bars_against(
    name: Column,
    value: Column,
    against: Column,
    *more: Column,
    text: Column | None = None,
    colour: Column | None = None,
    colours: Mapping[str, str] | None = None,
) -> Drawn:
    """A bar per row from the left, crossed by a line at what it is compared with.

    text: a column that is written above each bar. colour, colours: as of columns.
    """
    step, size = (TWO_LINES, 10) if text else (ROW, 16)
    # Bars make room for the text above them.
    lower: Options = {"yOffset": 7} if text else {}
    base = alt.Chart(height=alt.Step(step)).encode(y=rows_of(name))
    shown = tooltip(
        name,
        *([text] if text else []),
        value,
        against,
        *more,
        *([colour] if colour else []),
    )
    marks = base.mark_bar(size=size, **lower).encode(
        x=alt.X(**axis(value)),
        tooltip=shown,
        **(named(colour, colours or {}) if colour else coloured(None)),
    )
    lines_across = base.mark_tick(
        size=size + 6, thickness=3, color="currentColor", aria=False, **lower
    ).encode(x=alt.X(**amount(against) | {"title": value.heading}))
    if not text:
        return alt.layer(marks, lines_across)
    texts = base.mark_text(align="left", dy=-8, aria=False).encode(
        x=alt.datum(0), text=alt.Text(**written(text))
    )
    # The first layer has all rows, also those without a value, and so their order.
    return alt.layer(texts, marks, lines_across)


def shares_as_lines(
    across: Column, shares: Mapping[Column, str], *more: Column
) -> Drawn:
    """A line of each of several shares over ordered labels, told apart in a legend.

    shares: the columns, each with its colour.
    """
    share = Column("share", "Share of orders", "share")
    return (
        folded(alt.Chart(height=HEIGHT), shares)
        .mark_line(point={"size": 40}, strokeWidth=2.5)
        .encode(
            x=columns_of(across),
            y=alt.Y(**axis(share)),
            color=alt.Color(**nominal(KIND), scale=scale_of(colours_of(shares))),
            tooltip=tooltip(KIND, across, share, *more),
        )
    )
