"""Every value of every drop-down shows its views, chosen by keyboard."""

from __future__ import annotations

from collections import defaultdict

import pytest
from playwright.sync_api import Locator
from support.browser import needs_browser

from dashboard.support import (
    KEYS,
    NARROW,
    WIDE,
    WIDTHS,
    Dashboard,
    Json,
    Windows,
    assert_shown,
    label_of,
    steps,
)

pytestmark = needs_browser

# Of packages but the course's, one of so many values is chosen.
SAMPLED = {WIDE: 7, NARROW: 13}


def pick(field: Locator, control: Json, value: str, of: str) -> None:
    """Choose a value, the one after what is chosen by an arrow of the keyboard."""
    if control["is_search"]:
        field.fill(label_of(control, value, of))
        field.press("Enter")
        return
    values = [each for each, _ in control["options"][of]]
    field.focus()
    if values.index(value) == values.index(field.input_value()) + 1:
        field.press("ArrowDown")
    elif field.input_value() != value:
        field.select_option(value)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("key", KEYS)
def test_every_value_of_every_drop_down_shows_its_views(
    dashboard: Dashboard, course: Dashboard, windows: Windows, key: str, width: int
) -> None:
    chosen = list(steps(dashboard.page(key)))
    if width == NARROW:
        # Values that depend on another drop-down change least of the layout.
        chosen = [step for step in chosen if not step[0]["of"]]
    if dashboard is not course:
        # Its views are made by the same code.
        chosen = chosen[:: SAMPLED[width]]
    window = windows(dashboard, width)
    controls = {one["key"]: one for one in dashboard.page(key)["controls"]}
    colours: dict[tuple[str, str], set[str]] = defaultdict(set)
    before = None
    window.go(key)
    for control, value, of in chosen:
        if control["key"] != before:
            window.move(key)
            before = control["key"]
        if of:
            parent = controls[control["of"]]
            pick(window.field(key, parent), parent, of, "")
        field = window.field(key, control)
        pick(field, control, value, of)
        window.settle()
        assert field.evaluate("one => one === document.activeElement"), value
        assert window.chosen(key)[control["key"]] == value
        views = assert_shown(window, key)
        assert window.overflow() <= 0, value
        for panel, name, colour in window.colours(views):
            colours[panel, name].add(colour)
        window.assert_silent()
    assert {one: found for one, found in colours.items() if len(found) > 1} == {}
