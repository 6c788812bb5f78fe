"""In what segments differ when they order, and which types of segments tell most."""

from __future__ import annotations

from collections.abc import Sequence

from instacart import words
from instacart.dashboard import charts
from instacart.dashboard.columns import CUSTOMERS
from instacart.dashboard.pages.customers.types import (
    SEGMENT,
    SEGMENT_KEY,
    SEGMENT_TYPE,
    VERDICT,
    SegmentType,
    by_telling,
    without_figures,
)
from instacart.dashboard.panel import ALL, Choice, Click, Control, Option, Panel, View
from instacart.report.questions.q5b_habits_by_loyalty import HabitsByLoyalty
from instacart.report.questions.q5c_regions import Regions
from instacart.report.questions.q7_profiles import Profiles
from instacart.report.segment_measures import (
    measure_row,
    measure_sentence,
    types_sentence,
)
from instacart.report.segment_names import type_name
from instacart.report.segments import (
    AVERAGED,
    COLUMNS,
    MEASURES,
    SHOWN,
    days,
    is_too_small,
    unreliable,
)
from instacart.report.source import Source
from instacart.warehouse import Row
from instacart.workbook import Column

MEASURE = "measure"
# How charts show a measure, by how sentences do.
KINDS = {words.money: "money", words.share: "share", days: "tenth"}


def measure_column(measure: str) -> Column:
    """The column of rpt_customer_segments that holds a measure."""
    heading = words.capital(MEASURES[measure].removeprefix("the "))
    kind = KINDS[SHOWN[measure]] if measure in SHOWN else "tenth"
    return Column(COLUMNS.get(measure, measure), heading, kind)


def measure_control() -> Control:
    return Control(
        MEASURE,
        "Habit",
        {"": [Option(one, measure_column(one).heading) for one in MEASURES]},
    )


def habits_panel(source: Source, types: Sequence[SegmentType]) -> Panel:
    """The segments' averages of a measure, and whether they differ in it."""
    views: dict[Choice, View] = {}
    for measure in MEASURES:
        chart = charts.bars(
            SEGMENT,
            measure_column(measure),
            CUSTOMERS,
            highlight="has_enough_customers",
            click=SEGMENT_KEY,
        )
        for one in types:
            for label in (ALL, *one.chosen):
                view = _habit(source, one, measure, label, chart)
                views[one.key, measure, label] = view
    return Panel(
        "customers-habits",
        "How do the segments order?",
        "customers, each once; averages are over orders",
        ["marts.rpt_customer_segments", "marts.rpt_segment_differences"],
        views,
        [SEGMENT_TYPE, MEASURE, SEGMENT_KEY],
        Click(SEGMENT_KEY, SEGMENT.key),
        asks={
            HabitsByLoyalty: ("loyalty_flag", "median_days_between_orders", ALL),
            Regions: ("region", "order_count", ALL),
            Profiles: ("customer_profile", "avg_order_total", ALL),
        },
    )


def _habit(
    source: Source, one: SegmentType, measure: str, label: str, chart: charts.Drawn
) -> View:
    """All segments of a type by a measure, told of one of them if it is chosen."""
    warehouse, facts = source.warehouse, source.facts
    told = measure_sentence(warehouse, facts, one.key, measure, label)
    compared = measure_row(warehouse, one.key, measure)
    if not compared["customer_count"]:
        return without_figures(told)
    value = measure_column(measure)
    rows = [row for row in one.segments if row[value.key] is not None]
    few = unreliable(rows)
    notes = [AVERAGED, f"{few} Their bars are grey." if few else "", one.caution]
    every = [measure_column(each) for each in MEASURES]
    return View(
        told.sentence,
        chart,
        one.segments,
        [SEGMENT, CUSTOMERS, *every],
        told.verdict,
        " ".join(note for note in notes if note),
        judged=value.heading,
    )


def ranking_panel(source: Source) -> Panel:
    """How much each type explains of the measure that it explains best."""
    labels = source.facts.verdicts
    types = source.segment_types
    small = [one for one in types if is_too_small(source.warehouse, one)]
    rows = [
        Row(
            row,
            # The click chooses a type, so that a legend's colours would fade.
            is_told=row["verdict"] == labels.differs
            and row["segment_type"] not in small,
            name=words.capital(type_name(row["segment_type"])),
            measure=measure_column(row["best_explained_measure"]).heading,
        )
        for row in by_telling(source)
        if row["best_explained_measure"] is not None
    ]
    told = types_sentence(source.facts, list(types.values()), small)
    explains = Column("adjusted_r_squared", "Share of differences explained", "share")
    name, best = Column("name", "Customers by"), Column("measure", "Best explained")
    chart = charts.bars(
        name,
        explains,
        best,
        VERDICT,
        highlight="is_told",
        click=SEGMENT_TYPE,
    )
    view = View(
        told.sentence,
        chart if rows else None,
        rows,
        [name, Column("segment_count", "Segments", "count"), best, explains, VERDICT],
        told.verdict,
        "A measure by which a type is defined is left out. Who orders more has"
        " reordered more: loyalty explains reorders by itself. Grey are types that"
        " don't clearly tell anything, or without two segments of enough customers.",
        judged="Habits",
    )
    return Panel(
        "customers-ranking",
        "Which segment type tells most about how customers order?",
        "customers, each once",
        ["marts.rpt_segment_types"],
        {(): view},
        click=Click(SEGMENT_TYPE, SEGMENT_TYPE),
    )
