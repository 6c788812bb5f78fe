"""Charts of the dashboard's panels, in Altair, without data.

A column of a table says what an axis shows: its key, its heading with the unit, and the
kind of its values. Marks that a click filters by fade while another one is chosen.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import altair as alt

from instacart.workbook import BLUE, GREEN, GREY, MID_GREY, ORANGE, RED, SKY, Column

Options = dict[str, Any]
Drawn = alt.TopLevelMixin

# How axes, labels and tooltips show a kind of value (d3-format).
FORMATS = {
    "count": ",.0f",
    "change": "+,.0f",
    "share": ".1%",
    "fine_share": ".2%",
    "signed_share": "+.1%",
    "points": "+.1f",
    "money": "$,.2f",
    "dollars": "$,.0f",
    "decimal": ",.2f",
    "tenth": ",.1f",
    "index": ".2f",
}
# Axes have round numbers.
AXIS_FORMATS = {
    "share": ".0%",
    "fine_share": ".1%",
    "money": "$,.2~f",
    "decimal": ",.2~f",
    "tenth": ",.1~f",
}
# Told apart by colour-blind readers, on white and on black.
PALETTE = (BLUE, ORANGE, GREEN, RED, SKY, "#CC79A7", GREY)
ROW, TWO_LINES, HEIGHT = 28, 38, 280
# Pixels of a figure beside a bar.
ROOM = 45
SIGNED = ("change", "signed_share", "points")
# The parameter that holds what is chosen; the page sets it.
CHOSEN = "chosen"
FADED = 0.35


def nominal(column: Column) -> Options:
    """An encoding of names or ordered labels, in the order of the rows."""
    return {"field": column.key, "type": "nominal", "title": column.heading}


def rows_of(column: Column, grid: bool = False) -> alt.Y:
    """A row for each name, in the order of the rows; "this, that" takes two lines, and
    so does a name with a line break."""
    parts = "split(datum.label, indexof(datum.label, '\\n') < 0 ? ', ' : '\\n')"
    label = f"length({parts}) == 2 ? {parts} : datum.label"
    middle = {"condition": {"test": f"isArray({label})", "value": "bottom"}}
    look = {
        "title": None,
        "grid": grid,
        "labelExpr": label,
        "labelLineHeight": 12,
        "labelBaseline": middle | {"value": "middle"},
    }
    return alt.Y(**nominal(column), sort=None, axis=look)


def amount(column: Column) -> Options:
    """An encoding of numbers."""
    return {"field": column.key, "type": "quantitative", "title": column.heading}


def columns_of(column: Column) -> alt.X:
    """A column for each name, in the order of the rows."""
    look = {"labelAngle": 0, "labelOverlap": True}
    return alt.X(**nominal(column), sort=None, axis=look)


def axis(column: Column) -> Options:
    """An encoding of numbers on an axis with their unit."""
    look: Options = {"tickCount": 5}
    if column.kind == "count":
        look["tickMinStep"] = 1
    if number_format := AXIS_FORMATS.get(column.kind, FORMATS.get(column.kind)):
        look["format"] = number_format
    return amount(column) | {"axis": look}


def written(column: Column) -> Options:
    """An encoding of texts, or of numbers as their kind is written."""
    if column.kind == "text":
        return nominal(column)
    number_format = FORMATS.get(column.kind)
    return amount(column) | ({"format": number_format} if number_format else {})


def tooltip(*columns: Column) -> list[alt.Tooltip]:
    """What a mark says when pointed at."""
    return [alt.Tooltip(**written(one)) for one in columns]


def clickable(chart: alt.Chart, field: str) -> alt.Chart:
    """The chart with marks that fade while another value of `field` is chosen."""
    is_chosen = f"{CHOSEN} == '' || datum['{field}'] == {CHOSEN}"
    return chart.add_params(alt.param(name=CHOSEN, value="")).encode(
        opacity=alt.condition(is_chosen, alt.value(1), alt.value(FADED)),
        stroke=alt.condition(
            f"{CHOSEN} != '' && datum['{field}'] == {CHOSEN}",
            alt.value("currentColor"),
            alt.value(None),
        ),
    )


def coloured(highlight: str | None) -> Options:
    """Blue where the field `highlight` of a row is true, else grey."""
    if highlight is None:
        return {"color": alt.value(BLUE)}
    return {
        "color": alt.condition(
            f"datum['{highlight}']", alt.value(BLUE), alt.value(MID_GREY)
        )
    }


def beside(value: Column) -> Options:
    """Where the figure of a bar is: right of it, left of a negative one."""
    is_negative = f"datum['{value.key}'] < 0"
    return {
        "align": alt.expr(f"{is_negative} ? 'right' : 'left'"),
        "dx": alt.expr(f"{is_negative} ? -4 : 4"),
        "aria": False,
    }


def with_room(drawn: alt.LayerChart | alt.FacetChart, value: Column) -> Drawn:
    """The chart with room for figures beside bars; scales of signed ones have it."""
    if value.kind in SIGNED:
        return drawn
    return drawn.properties(padding={"left": 5, "top": 5, "right": ROOM, "bottom": 5})


def bars(
    name: Column,
    value: Column,
    *more: Column,
    highlight: str | None = None,
    click: str = "",
    step: int = ROW,
) -> Drawn:
    """A bar per row from the left, in the order of the rows, each with its value.

    highlight: the field that is true for bars in the highlight colour. more: columns
    of the tooltip. step: pixels of a row: TWO_LINES for names with a line break.
    """
    # Room at both ends, as figures of negative values are left of their bars.
    scale: Options = {}
    if value.kind in SIGNED:
        scale["scale"] = alt.Scale(padding=ROOM)
    base = alt.Chart(height=alt.Step(step)).encode(
        y=rows_of(name),
        x=alt.X(**axis(value), **scale),
    )
    marks = base.mark_bar(cursor="pointer" if click else "default").encode(
        tooltip=tooltip(name, value, *more), **coloured(highlight)
    )
    labels = base.mark_text(**beside(value)).encode(text=alt.Text(**written(value)))
    return with_room(
        alt.layer(clickable(marks, click) if click else marks, labels), value
    )


def columns(
    name: Column,
    value: Column,
    *more: Column,
    highlight: str | None = None,
    click: str = "",
    colours: Mapping[str, str] | None = None,
    colour: Column | None = None,
) -> Drawn:
    """A column per row, in the order of the rows.

    colour, colours: the column of names that colour the marks, and the colour of each
    name, shown in a legend; else `highlight` as of bars.
    """
    marks = alt.Chart(height=HEIGHT).mark_bar(cursor="pointer" if click else "default")
    look = named(colour, colours or {}) if colour else coloured(highlight)
    marks = marks.encode(
        x=columns_of(name),
        y=alt.Y(**axis(value)),
        tooltip=tooltip(name, *([colour] if colour else []), value, *more),
        **look,
    )
    return clickable(marks, click) if click else marks


def named(colour: Column, colours: Mapping[str, str]) -> Options:
    """The colour of a row's name in the column `colour`, with a legend."""
    return {"color": alt.Color(**nominal(colour), scale=scale_of(colours))}


def scale_of(colours: Mapping[str, str]) -> alt.Scale:
    """A colour scale on which each name keeps its colour, whatever is shown."""
    return alt.Scale(domain=list(colours), range=list(colours.values()))


def palette(names: Sequence[str]) -> dict[str, str]:
    """A colour for each name, by its rank in the list of all."""
    return {name: PALETTE[number % len(PALETTE)] for number, name in enumerate(names)}


def heat_map(
    across: Column,
    down: Column,
    value: Column,
    *more: Column,
    click: str = "",
    label_angle: int = 0,
) -> Drawn:
    """A cell per row, darker with more; both axes in the order of the rows."""
    cells = (
        alt.Chart(height=alt.Step(ROW))
        .mark_rect(cursor="pointer" if click else "default")
        .encode(
            x=alt.X(
                **nominal(across),
                sort=None,
                axis={"labelAngle": label_angle, "labelOverlap": True}
                # A line of each word, where it is level.
                | ({} if label_angle else {"labelExpr": "split(datum.label, ' ')"}),
            ),
            y=rows_of(down),
            color=alt.Color(
                **amount(value),
                scale=alt.Scale(zero=True),
                legend={
                    "gradientLength": 160,
                    "format": FORMATS[value.kind],
                },
            ),
            tooltip=tooltip(down, across, value, *more),
        )
    )
    return clickable(cells, click) if click else cells


# Of which column a value is, where columns are shown beside each other.
COMMON = "Share of "
KIND = Column("kind", "Share of")


def folded(chart: alt.Chart, shares: Iterable[Column]) -> alt.Chart:
    """The chart with a row for each of several columns: `share`, named by `kind`."""
    titles = {one.key: one.heading.removeprefix(COMMON) for one in shares}
    names = " : ".join(
        f"datum.key == {json.dumps(key)} ? {json.dumps(title)}"
        for key, title in titles.items()
    )
    return chart.transform_fold(list(titles), as_=["key", "share"]).transform_calculate(
        kind=f"{names} : ''"
    )


def colours_of(shares: Mapping[Column, str]) -> dict[str, str]:
    """The colours of columns by what `folded` calls them."""
    return {one.heading.removeprefix(COMMON): shares[one] for one in shares}


def shares_side_by_side(
    name: Column,
    shares: Mapping[Column, str],
    *more: Column,
    click: str = "",
    as_dots: bool = False,
) -> Drawn:
    """Bars of several shares beside each other for each name, told apart in a legend.

    shares: the columns, each with its colour. as_dots: in one line, for many names.
    """
    colours = colours_of(shares)
    kinds, share = KIND, Column("share", "Share, %", "share")
    base = folded(alt.Chart(height=alt.Step(ROW if as_dots else 15)), shares)
    look: Options = {"cursor": "pointer" if click else "default"}
    marks = (
        base.mark_point(filled=True, size=110, opacity=1, **look)
        if as_dots
        else base.mark_bar(**look).encode(
            yOffset=alt.YOffset(**nominal(kinds), sort=list(colours))
        )
    )
    marks = marks.encode(
        y=rows_of(name, grid=as_dots),
        x=alt.X(**axis(share)),
        color=alt.Color(
            **nominal(kinds),
            scale=scale_of(colours),
        ),
        tooltip=tooltip(name, kinds, share, *more),
    )
    return clickable(marks, click) if click else marks


def lines(
    across: Column,
    value: Column,
    *more: Column,
    rule: Column | None = None,
    zero: bool = True,
) -> Drawn:
    """A line over ordered labels or numbers, with points.

    rule: a column whose value, the same in all rows, is a dashed line. zero: whether
    the axis starts there.
    """
    x = (
        columns_of(across)
        if across.kind == "text"
        else alt.X(**axis(across), scale=alt.Scale(zero=False, nice=False))
    )
    drawn = (
        alt.Chart(height=HEIGHT)
        .mark_line(point={"size": 40}, strokeWidth=2.5)
        .encode(
            x=x,
            y=alt.Y(**axis(value), scale=alt.Scale(zero=zero)),
            tooltip=tooltip(across, value, *more),
            color=alt.value(BLUE),
        )
    )
    if not rule:
        return alt.layer(drawn)
    level = alt.Chart().mark_rule(strokeDash=[5, 4], size=1.5, color=GREY, aria=False)
    return alt.layer(
        level.encode(
            y=alt.Y(field=rule.key, type="quantitative", aggregate="max"),
            tooltip=tooltip(rule),
        ),
        drawn,
    )


def spans(
    name: Column, first: Column, end: Column, *more: Column, click: str = ""
) -> Drawn:
    """A bar per row from the hour `first` to the hour `end` of a day of 24 hours."""
    whole_day = alt.Scale(domain=[0, 24], nice=False)
    marks = (
        alt.Chart(height=alt.Step(ROW))
        .mark_bar(cursor="pointer" if click else "default", color=BLUE)
        .encode(
            y=rows_of(name),
            x=alt.X(
                field=first.key,
                type="quantitative",
                title=first.heading,
                scale=whole_day,
                axis={"title": "Hour of the day", "values": list(range(0, 25, 3))},
            ),
            x2=alt.X2(field=end.key, title=end.heading),
            tooltip=tooltip(name, first, end, *more),
        )
    )
    return clickable(marks, click) if click else marks


def quadrants(
    name: Column,
    across: Column,
    up: Column,
    middle: tuple[float, float],
    *more: Column,
    highlight: str,
    click: str = "",
) -> Drawn:
    """A point per row, those where the field `highlight` is true named, and lines
    through `middle`, the values across and up that part the quadrants."""
    base = alt.Chart(height=HEIGHT + 80).encode(
        x=alt.X(**axis(across), scale=alt.Scale(zero=False, padding=45)),
        y=alt.Y(**axis(up), scale=alt.Scale(zero=False, padding=30)),
    )
    marks = base.mark_point(
        filled=True, size=90, opacity=1, cursor="pointer" if click else "default"
    ).encode(tooltip=tooltip(name, across, up, *more), **coloured(highlight))
    # Above and below in turn, so that names of neighbours don't meet.
    labels = (
        base.transform_filter(f"datum['{highlight}']")
        .transform_window(turn="row_number()", sort=[alt.SortField(across.key)])
        .mark_text(
            dy=alt.expr("datum.turn % 2 ? -12 : 17"), fontWeight="bold", aria=False
        )
        .encode(text=alt.Text(**written(name)))
    )
    lines_through = [
        alt.Chart()
        .mark_rule(strokeDash=[5, 4], color=GREY, aria=False)
        .encode(**{channel: alt.datum(value)})
        for channel, value in zip("xy", middle, strict=True)
    ]
    return alt.layer(
        *lines_through, clickable(marks, click) if click else marks, labels
    )


def verdict_colours(verdicts: Sequence[str]) -> dict[str, str]:
    """The colours of a difference, of none, and of too few to tell."""
    return dict(zip(verdicts, (BLUE, MID_GREY, ORANGE), strict=True))
