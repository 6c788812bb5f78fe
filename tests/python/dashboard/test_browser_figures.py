"""Figures of marks, tables and files are those of the marts, by SQL of their own."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pytest
from instacart.dashboard.pages.baskets import MOST_SHOWN
from playwright.sync_api import Locator, expect
from report.support import HOUR, Rows
from support.browser import needs_browser, opened

from dashboard.support import KEYS, WIDE, Dashboard, Window, Windows, key_of

pytestmark = needs_browser

# Fields that rows lack, and names of columns.
NOT_SAID = re.compile(r"\b(undefined|NaN)\b|(^|; )\w+_\w+: ")
# What each panel shows at first, by the names that a reader sees.
FIGURES = {
    "times-week": (
        f'select day_name as "Day of the week", {HOUR} as "Hour from",'
        ' order_count as "Orders", customer_count as "Customers",'
        ' avg_order_total as "Average order" from marts.rpt_day_hours'
        " order by day_of_week, hour_of_day"
    ),
    "times-hours": (
        f'select {HOUR} as "Hour from", order_count as "Orders",'
        ' customer_count as "Customers"'
        " from marts.rpt_hours_of_day order by hour_of_day"
    ),
    "times-days": (
        'select day_name as "Day of the week", order_count as "Orders",'
        ' customer_count as "Customers" from marts.rpt_days_of_week'
        " order by day_of_week"
    ),
    "times-revenue": (
        f'select {HOUR} as "Hour from", revenue as "Revenue"'
        " from marts.rpt_hours_of_day order by hour_of_day"
    ),
    "categories-aisles": (
        'select aisle as "Aisle", order_product_count as "Items",'
        ' order_count as "Orders", reorder_rate as "Reorder rate"'
        " from marts.rpt_aisles order by order_product_rank limit 15"
    ),
    "customers-habits": (
        'select segment as "Segment", orders_per_customer as "Orders per customer",'
        ' customer_count as "Customers" from marts.rpt_customer_segments'
        " where segment_type = 'loyalty_flag'"
    ),
    "loyalty-next": (
        'select loyalty_tier as "Loyalty tier",'
        ' orders_to_next_tier as "Orders missing",'
        ' customers_near_next_tier as "Customers close to it"'
        " from marts.rpt_loyalty_tiers"
    ),
    "baskets-departments": (
        'select lift as "Times as often as by chance",'
        ' pairs.order_count as "Orders with both"'
        " from marts.rpt_department_pairs as pairs"
        " inner join marts.rpt_departments as a on a.department_id = department_id_a"
        " inner join marts.rpt_departments as b on b.department_id = department_id_b"
        " where a.is_frequent and b.is_frequent and a.customer_count >= 30"
        " and b.customer_count >= 30"
        " order by lift desc, department_id_a, department_id_b"
        f" limit {MOST_SHOWN}"
    ),
    "trust-files": (
        'select source_file as "File", rows_read as "Rows read"'
        " from data_quality.file_row_counts"
    ),
}


def says(text: str, value: Any) -> bool:
    """Whether a figure is shown as what it is, to the digits that are shown."""
    if value is None or isinstance(value, str):
        return text in ({"", "null"} if value is None else {value})
    # Vega writes a minus sign.
    digits = re.sub(r"[$,+%]", "", text.replace("\u2212", "-"))
    scale = 100 if text.endswith("%") else 1
    places = len(digits.partition(".")[2])
    return abs(float(digits) - scale * float(value)) <= 0.5001 * 10**-places


def assert_says(shown: list[dict[str, str]], expected: Rows) -> None:
    """The same rows, by the names that both have: by their texts, or else in order."""
    names = sorted(shown[0].keys() & expected[0].keys())
    texts = [name for name in names if isinstance(expected[0][name], str)]
    # Several marks can be of one row.
    found = list(dict.fromkeys(tuple(row[name] for name in names) for row in shown))
    said = list(dict.fromkeys(tuple(row[name] for name in names) for row in expected))
    for rows in (found, said):
        rows.sort(key=lambda row: [row[names.index(name)] for name in texts])
    assert len(names) > len(texts)
    for one, other in zip(found, said, strict=True):
        assert all(map(says, one, other)), (names, one, other)


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
    # A browser opens it at once, and tells the page's script later.
    box.locator("table").wait_for()
    return box


@pytest.mark.parametrize("key", KEYS)
def test_marks_and_tables_say_what_the_marts_do(
    dashboard: Dashboard, windows: Windows, key: str
) -> None:
    window = windows(dashboard)
    window.go(key)
    panels = [panel for panel in FIGURES if key_of(panel) == key]
    # Its panels are those of other pages.
    assert panels or key == "overview"
    for panel in panels:
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


@pytest.mark.parametrize("key", KEYS)
def test_no_mark_says_what_only_a_program_understands(
    dashboard: Dashboard, windows: Windows, key: str
) -> None:
    window = windows(dashboard)
    window.move(key)
    for name, panel in window.panels().items():
        for label in panel["labels"]:
            assert not NOT_SAID.search(label), name


def test_the_file_of_figures_is_unrounded(
    dashboard: Dashboard, windows: Windows, tmp_path: Path
) -> None:
    window = windows(dashboard)
    window.go(KEYS[0])
    for panel in FIGURES:
        if key_of(panel) not in KEYS or not has_chart(dashboard, panel):
            continue
        window.move(key_of(panel))
        box = open_figures(window, panel)
        with window.seen.page.expect_download() as download:
            box.locator(".download").press("Enter")
        assert download.value.suggested_filename == f"{panel}.csv"
        path = tmp_path / f"{panel}.csv"
        download.value.save_as(path)
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        expect(box.locator("[role=status]")).to_have_text(f"Saved as {panel}.csv")
        expected = figures(dashboard, panel)
        assert_says(rows, expected)
        window.assert_silent()


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
        assert "Orders" in rows[0]
        assert_says(rows, figures(course, "times-days"))
        window.assert_silent()
