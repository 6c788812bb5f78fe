"""Bars of rows with long names, which are written above them, for phones too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt

from instacart.dashboard.charts import (
    ROOM,
    SIGNED,
    Drawn,
    Options,
    axis,
    beside,
    clickable,
    coloured,
    folded,
    nominal,
    scale_of,
    tooltip,
    with_room,
    written,
)
from instacart.workbook import Column

# Pixels: of a row, and of its bar.
STEP, BAR = 46, 14
# Which of several parts a bar shows.
PART = Column("kind", "Part")
# Where the bar is below its name, from the middle of the row.
BELOW, ABOVE = 9, -9


def named_bars(
    name: Column,
    value: Column,
    *more: Column,
    highlight: str | None = None,
    click: str = "",
    rows: int | None = None,
) -> Drawn:
    """A bar per row, in the order of the rows, with its name above and value beside.

    highlight: as of `charts.bars`. more: columns of the tooltip. rows: how many are
    drawn, those whose value is not 0, where others are in the table only.
    """
    height = alt.Step(STEP) if rows is None else STEP * rows
    base = alt.Chart(height=height).encode(y=_line(name))
    if rows is not None:
        base = base.transform_filter(f"datum['{value.key}'] != 0")
    x = alt.X(**_across(value))
    bars = base.mark_bar(
        size=BAR, yOffset=BELOW, cursor="pointer" if click else "default"
    ).encode(x=x, tooltip=tooltip(name, value, *more), **coloured(highlight))
    figures = base.mark_text(yOffset=BELOW, **beside(value)).encode(
        x=x, text=_figure(value)
    )
    marks = clickable(bars, click) if click else bars
    return with_room(alt.layer(marks, figures, _names(base, name)), value)


def _across(value: Column) -> Options:
    """An axis of numbers; of signed ones with room at both ends, and a 0 unsigned."""
    options = axis(value)
    if value.kind in SIGNED:
        options["scale"] = alt.Scale(padding=ROOM)
        options["axis"]["labelExpr"] = "datum.value == 0 ? '0' : datum.label"
    return options


def _figure(value: Column) -> Any:
    """The text of a figure; of signed ones with a 0 unsigned."""
    text = alt.Text(**written(value))
    if value.kind not in SIGNED:
        return text
    return alt.condition(f"datum['{value.key}'] == 0", alt.value("0"), text)


def parts_of_whole(
    name: Column, parts: Mapping[Column, str], *more: Column, click: str = ""
) -> Drawn:
    """A bar per row of the shares of its parts, with its name above.

    parts: columns of numbers, each with its colour.
    """
    share = Column("share", "Share of rows, %", "share")
    colours = {column.heading: colour for column, colour in parts.items()}
    base = alt.Chart(height=alt.Step(STEP)).encode(y=_line(name))
    bars = (
        folded(base, parts)
        .mark_bar(size=BAR, yOffset=BELOW, cursor="pointer" if click else "default")
        .encode(
            x=alt.X(**axis(share), stack="normalize"),
            tooltip=tooltip(name, PART, Column("share", "Rows", "count"), *more),
            color=alt.Color(
                **nominal(PART), scale=scale_of(colours), legend={"title": None}
            ),
        )
    )
    return alt.layer(clickable(bars, click) if click else bars, _names(base, name))


def _line(name: Column) -> alt.Y:
    """The line of a row, without its name beside it."""
    return alt.Y(**nominal(name), sort=None, axis=None)


def _names(base: alt.Chart, name: Column) -> alt.Chart:
    """The names, from the left edge of the chart."""
    return base.mark_text(
        align="left", dy=ABOVE, limit=alt.expr("width"), aria=False
    ).encode(x=alt.value(0), text=alt.Text(**nominal(name)))
