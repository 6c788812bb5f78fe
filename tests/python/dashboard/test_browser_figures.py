"""Figures of marks, tables and files are those of the marts, by SQL of their own."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator
from report.support import HOUR, Rows
from support.browser import needs_browser, opened

from dashboard.support import KEYS, WIDE, Dashboard, Window, Windows, key_of

pytestmark = needs_browser

# What each panel shows at first, by the names that a reader sees.
FIGURES = {
    "times-week": (
        f'select day_name as "Day of the week", {HOUR} as "Hour from",'
        ' order_count as "Orders", customer_count as "Customers",'
        ' avg_order_total as "Average order" from marts.rpt_day_hours'
    ),
    "times-hours": (
        f'select {HOUR} as "Hour from", order_count as "Orders",'
        ' customer_count as "Customers", phenomenon as "Time of day"'
        " from marts.rpt_hours_of_day"
    ),
    "times-days": (
        'select day_name as "Day of the week", order_count as "Orders",'
        ' customer_count as "Customers" from marts.rpt_days_of_week'
    ),
    "times-revenue": (
        f'select {HOUR} as "Hour from", revenue as "Revenue",'
        ' revenue_share as "Share of revenue" from marts.rpt_hours_of_day'
    ),
}


@dataclass
class Shown:
    """A figure as it is shown, and how far it may be from what it is of."""

    text: str

    def says(self, value: Any) -> bool:
        if isinstance(value, str):
            return self.text == value
        # Vega writes a minus sign.
        digits = re.sub(r"[$,+%]", "", self.text.replace("\u2212", "-"))
        scale = 100 if self.text.endswith("%") else 1
        places = len(digits.partition(".")[2])
        return abs(float(digits) - scale * float(value)) <= 0.5001 * 10**-places


def assert_says(shown: list[dict[str, str]], expected: Rows) -> None:
    """The same rows, in any order, with what both have."""
    names = [name for name, value in expected[0].items() if isinstance(value, str)]
    found = {tuple(row[name] for name in names): row for row in shown}
    assert len(found) == len(shown) == len(expected)
    for row in expected:
        one = found[tuple(row[name] for name in names)]
        for name in one.keys() & row.keys():
            assert Shown(one[name]).says(row[name]), (name, one[name], row[name])


def figures(dashboard: Dashboard, panel: str) -> Rows:
    """What the marts say, without what the package lacks."""
    rows = dashboard.report.query(FIGURES[panel])
    lacking = [name for name in rows[0] if all(row[name] is None for row in rows)]
    return [{n: v for n, v in row.items() if n not in lacking} for row in rows]


def labels(window: Window, panel: str) -> list[dict[str, str]]:
    """What the marks of a panel say, by name."""
    return [
        dict(part.split(": ", 1) for part in label.split("; "))
        for label in window.panels()[panel]["labels"]
    ]


def has_chart(dashboard: Dashboard, panel: str) -> bool:
    page = dashboard.page(key_of(panel))
    (found,) = (one for one in page["panels"] if one["key"] == panel)
    first = next(iter(found["views"].values()))
    return dashboard.data["views"][first]["chart"] is not None


def open_figures(window: Window, panel: str) -> Locator:
    """The table of a panel's figures, opened by keyboard."""
    box = window.seen.page.locator(f'[data-panel="{panel}"] .figures')
    box.locator("summary").press("Enter")
    assert box.evaluate("one => one.open")
    return box


@pytest.mark.parametrize("key", KEYS)
def test_marks_and_tables_say_what_the_marts_do(
    dashboard: Dashboard, windows: Windows, key: str
) -> None:
    window = windows(dashboard)
    window.go(key)
    said = 0
    for panel in (one for one in FIGURES if key_of(one) == key):
        if not has_chart(dashboard, panel):
            continue
        expected = figures(dashboard, panel)
        marks = labels(window, panel)
        assert expected[0].keys() <= marks[0].keys(), panel
        assert_says(marks, expected)
        table = open_figures(window, panel)
        header = table.locator("th").all_text_contents()
        cells = table.locator("td").all_text_contents()
        size = len(header)
        rows = [
            dict(zip(header, cells[start : start + size], strict=True))
            for start in range(0, len(cells), size)
        ]
        assert_says(rows, expected)
        said += 1
    assert said or key == "overview"


@pytest.mark.parametrize("key", KEYS)
def test_no_mark_says_what_only_a_program_understands(
    dashboard: Dashboard, windows: Windows, key: str
) -> None:
    window = windows(dashboard)
    window.go(key)
    for name, panel in window.panels().items():
        for label in panel["labels"]:
            assert not re.search(r"\b(null|undefined|NaN)\b|\w_\w+: ", label), name


def test_the_file_of_figures_is_unrounded(
    dashboard: Dashboard, windows: Windows, tmp_path: Path
) -> None:
    window = windows(dashboard)
    for panel in FIGURES:
        if not has_chart(dashboard, panel):
            continue
        window.go(key_of(panel))
        box = open_figures(window, panel)
        with window.seen.page.expect_download() as download:
            box.locator(".download").press("Enter")
        assert download.value.suggested_filename == f"{panel}.csv"
        path = tmp_path / f"{panel}.csv"
        download.value.save_as(path)
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        assert box.locator("[role=status]").text_content() == f"Saved as {panel}.csv"
        expected = figures(dashboard, panel)
        assert_says(
            [{name: unrounded(value) for name, value in row.items()} for row in rows],
            [{n: unrounded(v) for n, v in row.items()} for row in expected],
        )
        window.assert_silent()


def unrounded(value: Any) -> str:
    """A number to the digits that are the same on all machines."""
    try:
        return f"{float(value):.9g}"
    except ValueError:
        return str(value)


@pytest.mark.parametrize("may_use_clipboard", [True, False])
def test_figures_are_copied(
    course: Dashboard, windows: Windows, may_use_clipboard: bool
) -> None:
    with opened(windows.browser, course.path, WIDE) as seen:
        window = Window(seen, course)
        page = seen.page
        if may_use_clipboard:
            page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        else:
            # As in a browser that keeps the clipboard from files.
            page.add_init_script("delete Navigator.prototype.clipboard")
        page.add_init_script(
            "addEventListener('copy', event => window.copied = event.target.value)"
        )
        window.go("times")
        box = open_figures(window, "times-days")
        box.locator(".copy").press("Enter")
        status = box.locator("[role=status]")
        status.filter(has_text="Copied").wait_for()
        copied = page.evaluate(
            "navigator.clipboard.readText()" if may_use_clipboard else "window.copied"
        )
        assert page.evaluate("document.activeElement.className") == "copy"
        rows = list(csv.DictReader(copied.splitlines(), delimiter="\t"))
        assert_says(rows, figures(course, "times-days"))
        window.assert_silent()
