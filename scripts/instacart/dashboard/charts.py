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
    "money": "$,.0f",
    "decimal": ",.2~f",
}
# Told apart by colour-blind readers, on white and on black.
PALETTE = (BLUE, ORANGE, GREEN, RED, SKY, "#CC79A7", GREY)
ROW, HEIGHT = 28, 280
# The parameter that holds what is chosen; the page sets it.
CHOSEN = "chosen"
FADED = 0.35


def nominal(column: Column) -> Options:
    """An encoding of names or ordered labels, in the order of the rows."""
    return {"field": column.key, "type": "nominal", "title": column.heading}


def rows_of(column: Column) -> alt.Y:
    """A row for each name, in the order of the rows; "this, that" takes two lines."""
    parts = "split(datum.label, ', ')"
    label = f"length({parts}) == 2 ? {parts} : datum.label"
    middle = {"condition": {"test": f"isArray({label})", "value": "bottom"}}
    look = {
        "title": None,
        "labelExpr": label,
        "labelLineHeight": 12,
        "labelBaseline": middle | {"value": "middle"},
    }
    return alt.Y(**nominal(column), sort=None, axis=look)


def amount(column: Column) -> Options:
    """An encoding of numbers."""
    return {"field": column.key, "type": "quantitative", "title": column.heading}


def axis(column: Column, **options: Any) -> Options:
    """An encoding of numbers on an axis with their unit."""
    look: Options = {"tickCount": 5}
    if column.kind == "count":
        look["tickMinStep"] = 1
    if number_format := AXIS_FORMATS.get(column.kind, FORMATS.get(column.kind)):
        look["format"] = number_format
    return amount(column) | {"axis": look} | options


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


def bars(
    name: Column,
    value: Column,
    *more: Column,
    highlight: str | None = None,
    click: str = "",
    colours: Mapping[str, str] | None = None,
    colour: Column | None = None,
) -> Drawn:
    """A bar per row from the left, in the order of the rows, each with its value.

    highlight: the field that is true for bars in the highlight colour. colour, colours:
    instead of it, as of columns. more: columns of the tooltip.
    """
    base = alt.Chart(height=alt.Step(ROW)).encode(
        y=rows_of(name),
        x=alt.X(**axis(value)),
    )
    marks = base.mark_bar(cursor="pointer" if click else "default").encode(
        tooltip=tooltip(name, value, *more, *([colour] if colour else [])),
        **(named(colour, colours or {}) if colour else coloured(highlight)),
    )
    labels = base.mark_text(align="left", dx=4, aria=False).encode(
        text=alt.Text(**written(value))
    )
    return alt.layer(clickable(marks, click) if click else marks, labels)


def columns(
    name: Column,
    value: Column,
    *more: Column,
    highlight: str | None = None,
    click: str = "",
    label_angle: int = 0,
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
        x=alt.X(
            **nominal(name),
            sort=None,
            axis={"labelAngle": label_angle, "labelOverlap": True},
        ),
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
                scale=alt.Scale(scheme="blues", zero=True),
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
KIND = Column("kind", "Share of")


def folded(chart: alt.Chart, shares: Iterable[Column]) -> alt.Chart:
    """The chart with a row for each of several columns: `share`, named by `kind`."""
    titles = {column.key: column.heading for column in shares}
    names = " : ".join(
        f"datum.key == {json.dumps(key)} ? {json.dumps(title)}"
        for key, title in titles.items()
    )
    return chart.transform_fold(list(titles), as_=["key", "share"]).transform_calculate(
        kind=f"{names} : ''"
    )


def shares_side_by_side(
    name: Column, shares: Mapping[Column, str], *more: Column, click: str = ""
) -> Drawn:
    """Bars of several shares beside each other for each name, told apart in a legend.

    shares: the columns, each with its colour.
    """
    kinds, share = KIND, Column("share", "Share, %", "share")
    titles = {column.key: column.heading for column in shares}
    marks = (
        folded(alt.Chart(height=alt.Step(15)), shares)
        .mark_bar(cursor="pointer" if click else "default")
        .encode(
            y=rows_of(name),
            yOffset=alt.YOffset(**nominal(kinds), sort=list(titles.values())),
            x=alt.X(**axis(share)),
            color=alt.Color(
                **nominal(kinds),
                scale=scale_of(
                    dict(zip(titles.values(), shares.values(), strict=True))
                ),
                legend={"title": None},
            ),
            tooltip=tooltip(name, kinds, share, *more),
        )
    )
    return clickable(marks, click) if click else marks


def lines(
    across: Column,
    value: Column,
    *more: Column,
    kind: Column | None = None,
    colours: Mapping[str, str] | None = None,
    rule: Column | None = None,
    zero: bool = True,
) -> Drawn:
    """A line over ordered labels or numbers, or one per name in `kind`, with points.

    rule: a column whose value, the same in all rows, is a dashed line. zero: whether
    the axis starts there.
    """
    scale = alt.Scale(zero=zero)
    x = (
        alt.X(
            **nominal(across), sort=None, axis={"labelAngle": 0, "labelOverlap": True}
        )
        if across.kind == "text"
        else alt.X(**axis(across), scale=alt.Scale(zero=False, nice=False))
    )
    look: Options = {"color": alt.value(BLUE)}
    if kind:
        look = {"color": alt.Color(**nominal(kind), scale=scale_of(colours or {}))}
    drawn = (
        alt.Chart(height=HEIGHT)
        .mark_line(point={"size": 40}, strokeWidth=2.5)
        .encode(
            x=x,
            y=alt.Y(**axis(value), scale=scale),
            tooltip=tooltip(*([kind] if kind else []), across, value, *more),
            **look,
        )
    )
    if not rule:
        return alt.layer(drawn)
    level = alt.Chart().mark_rule(strokeDash=[5, 4], size=1.5, color=GREY)
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
    labels = (
        base.mark_text(dy=-11, fontWeight="bold", aria=False)
        .transform_filter(f"datum['{highlight}']")
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
    step, size = (38, 10) if text else (ROW, 16)
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
    colours = {column.heading: colour for column, colour in shares.items()}
    share = Column("share", "Share of orders", "share")
    return (
        folded(alt.Chart(height=HEIGHT), shares)
        .mark_line(point={"size": 40}, strokeWidth=2.5)
        .encode(
            x=alt.X(
                **nominal(across),
                sort=None,
                axis={"labelAngle": 0, "labelOverlap": True},
            ),
            y=alt.Y(**axis(share)),
            color=alt.Color(
                **nominal(KIND), scale=scale_of(colours), legend={"title": None}
            ),
            tooltip=tooltip(KIND, across, share, *more),
        )
    )
