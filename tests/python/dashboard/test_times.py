"""The week planner says which hours and days it means, and what may be chance."""

from __future__ import annotations

from pathlib import Path

import pytest
from instacart.dashboard.pages import times
from instacart.dashboard.panel import Page, Panel
from instacart.report.source import read_source
from report.support import Export, change

from dashboard.support import Dashboard


def page(made: Dashboard) -> Page:
    return next(one for one in made.pages if one.key == "times")


def panel(made: Page, name: str) -> Panel:
    return next(one for one in made.panels if one.key == f"times-{name}")


def test_what_follows_no_choice_of_a_day_says_so(dashboard: Dashboard) -> None:
    for one in page(dashboard).panels:
        is_of_all = one.question.endswith(", over all days?")
        # The week and its days show every day.
        shows_days = one.key in ("times-week", "times-days")
        assert is_of_all == ("day" not in one.controls and not shows_days), one.key


def test_quiet_windows_say_which_hours_are_considered(dashboard: Dashboard) -> None:
    views = panel(page(dashboard), "quiet").views
    for (day, considered), view in views.items():
        numbers = [row["day_of_week"] for row in view.rows]
        assert numbers == (numbers[:1] if day else list(range(7)))
        bounds = "07:00 to 23:00" if considered == "waking hours" else "00:00 to 24:00"
        assert f"{considered} are {bounds}; a window is" in view.note.lower()
        assert "at least 3 hours in a row" in view.note
        assert not day or "in the week's average hour" in view.finding


@pytest.mark.parametrize(
    ("verdict", "is_coloured"), [("Differs", True), ("Too few to tell", False)]
)
def test_hours_have_colours_and_axes_as_far_as_can_be_told(
    verdict: str, is_coloured: bool, course: Dashboard, export: Export, tmp_path: Path
) -> None:
    statement = (
        f"update marts.rpt_hours_of_day set order_total_verdict = '{verdict}',"
        f" price_verdict = '{verdict}', is_high_value = true"
    )
    database = change(course.report.database, tmp_path, [statement])
    report = export(database, tmp_path / "none.xlsx")
    made = times.page(read_source(report.warehouse))
    report.warehouse.connection.close()
    view = panel(made, "hours").views["",]
    assert view.chart is not None
    encoding = view.chart.to_dict()["encoding"]
    assert ("scale" in encoding["color"]) == is_coloured
    assert "phenomenon" in [one["field"] for one in encoding["tooltip"]]
    for name in ("totals", "prices"):
        (view,) = panel(made, name).views.values()
        assert view.chart is not None
        *_, line = view.chart.to_dict()["layer"]
        assert line["encoding"]["y"]["scale"]["zero"] != is_coloured, name


def test_a_verdict_on_times_of_day_is_on_what_sells(course: Dashboard) -> None:
    (view,) = panel(page(course), "phenomena").views.values()
    assert view.verdict and view.judged == "What sells"


def test_busy_hours_and_days_are_worth_dollars_or_a_share_of_customers(
    dashboard: Dashboard,
) -> None:
    facts = dashboard.report.facts
    for name in ("hours", "days"):
        note = next(iter(panel(page(dashboard), name).views.values())).note
        assert ("So what: " in note) and ("$" in note) == facts.has_prices
        assert ("% of all, ordered" in note) == (not facts.has_prices)
