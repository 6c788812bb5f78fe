"""Drop-downs, searches and clicks choose what a page's panels show."""

from __future__ import annotations

from collections import defaultdict
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, expect
from support.browser import needs_browser

from dashboard.support import (
    KEYS,
    NARROW,
    WIDE,
    Dashboard,
    Json,
    Window,
    Windows,
    label_of,
    steps,
)

pytestmark = needs_browser

UNKNOWN = "No such thing"
# Chooses all values of a drop-down, the later before the earlier is drawn.
CHOOSE_ALL = """field => {
  const values = [...field.options].map(option => option.value);
  for (const value of [...values, values[1]]) {
    field.value = value;
    field.dispatchEvent(new Event('change'));
  }
  return field.value;
}"""


def filtered(course: Dashboard, needs: str = "controls") -> list[str]:
    """The pages with drop-downs."""
    return [page["key"] for page in course.data["pages"] if page[needs]]


def assert_shown(window: Window, key: str) -> dict[str, Json]:
    """Each panel shows what is chosen; gives the views of what is."""
    views = window.dashboard.expected(key, window.chosen(key))
    panels = window.panels()
    for name, view in views.items():
        panel, has_chart = panels[name], view["chart"] is not None
        for part in ("finding", "note", "verdict"):
            assert panel[part] == view[part], name
        assert (panel["charts"], panel["marks"] > 0) == (has_chart, has_chart), name
        assert panel["cut"] == [], name
    return views


def pick(field: Locator, control: Json, value: str, of: str) -> None:
    """Choose a value by keyboard, from a drop-down by its arrows."""
    if control["is_search"]:
        field.fill(label_of(control, value, of))
        field.press("Enter")
        return
    values = [each for each, _ in control["options"][of]]
    while (now := field.input_value()) != value:
        is_above = values.index(now) > values.index(value)
        field.press("ArrowUp" if is_above else "ArrowDown")


# The package with most to choose is also looked at in a narrow window.
@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("key", KEYS)
def test_every_value_of_every_drop_down_shows_its_views(
    dashboard: Dashboard, course: Dashboard, windows: Windows, key: str, width: int
) -> None:
    if width == NARROW and dashboard is not course:
        pytest.skip("the package with most to choose says all of a narrow window")
    window = windows(dashboard, width)
    window.go(key)
    page = dashboard.page(key)
    controls = {control["key"]: control for control in page["controls"]}
    colours: dict[tuple[str, str], set[str]] = defaultdict(set)
    for control, value, of in steps(page):
        field = window.field(key, control)
        if of:
            parent = controls[control["of"]]
            pick(window.field(key, parent), parent, of, "")
        field.focus()
        pick(field, control, value, of)
        window.settle()
        expect(field).to_be_focused()
        assert window.chosen(key)[control["key"]] == value
        views = assert_shown(window, key)
        assert window.overflow() <= 0, value
        for panel, name, colour in window.colours(views):
            colours[panel, name].add(colour)
        # The other drop-downs go back to where they were.
        is_last = value == control["options"][of][-1][0]
        if is_last and not control["is_search"]:
            pick(field, control, control["options"][of][0][0], of)
            window.settle()
    window.assert_silent()
    assert {one: found for one, found in colours.items() if len(found) > 1} == {}


@pytest.mark.parametrize("key", KEYS)
def test_a_click_on_a_mark_chooses_and_another_one_takes_it_back(
    dashboard: Dashboard, windows: Windows, key: str
) -> None:
    window = windows(dashboard)
    page = dashboard.page(key)
    controls = {control["key"]: control for control in page["controls"]}
    for panel in page["panels"]:
        if not panel["click"]:
            continue
        window.go(key)
        control = controls[panel["click"]["control"]]
        first = window.chosen(key)
        options = control["options"][first.get(control["of"], "")]
        others = [value for value, _ in options if value != first[control["key"]]]
        found = window.point(panel["key"], panel["click"]["field"], others)
        if window.panels()[panel["key"]]["marks"] == 0:
            continue
        assert found, panel["key"]
        value, x, y = found
        window.seen.page.mouse.click(x, y)
        window.settle()
        assert window.chosen(key)[control["key"]] == value
        assert_shown(window, key)
        # A chart of what goes with the value need not have the value itself.
        again = window.point(panel["key"], panel["click"]["field"], [value])
        if not again:
            continue
        _, x, y = again
        window.seen.page.mouse.click(x, y)
        window.settle()
        can_go_back = any(value == "" for value, _ in options)
        assert window.chosen(key)[control["key"]] == ("" if can_go_back else value)
        assert_shown(window, key)
        window.assert_silent()


@pytest.mark.parametrize("key", KEYS)
def test_an_address_opens_the_page_as_it_was(
    course: Dashboard, windows: Windows, key: str
) -> None:
    window = windows(course)
    page = course.page(key)
    window.go(key)
    first = window.chosen(key)
    for control in page["controls"]:
        value = control["options"][first.get(control["of"], "")][-1][0]
        window.go(f"{key}?{urlencode({control['key']: value})}")
        assert window.chosen(key)[control["key"]] == value
        assert_shown(window, key)
        for wrong in (UNKNOWN, "<b>", "__proto__", "constructor"):
            window.move(f"{key}?{urlencode({control['key']: wrong, 'other': wrong})}")
            assert window.chosen(key) == first
            assert window.seen.page.url.endswith(f"#{key}")
    assert_shown(window, key)
    window.assert_silent()


def test_back_and_forward_show_what_was_chosen(
    course: Dashboard, windows: Windows
) -> None:
    window = windows(course)
    page = window.seen.page
    for key in filtered(course):
        window.go(key)
        control = next(
            one for one in course.page(key)["controls"] if not one["is_search"]
        )
        field = window.field(key, control)
        first = window.chosen(key)
        field.focus()
        field.press("ArrowDown")
        window.settle()
        later = window.chosen(key)
        assert later != first
        page.locator(f'nav a[data-page="{KEYS[0]}"]').click()
        window.settle()
        window.move(key)
        assert window.chosen(key) == first
        for turn, chosen in (("go_back", None), ("go_back", later)):
            getattr(page, turn)()
            window.settle()
            if chosen:
                assert window.chosen(key) == chosen
                assert_shown(window, key)
        # The tab leads to the page as it was left.
        page.locator(f'nav a[data-page="{KEYS[0]}"]').click()
        page.locator(f'nav a[data-page="{key}"]').click()
        window.settle()
        assert window.chosen(key) == later
    window.assert_silent()


def test_choices_faster_than_drawing_end_with_the_last_one(
    course: Dashboard, windows: Windows
) -> None:
    window = windows(course)
    for key in filtered(course):
        window.go(key)
        for control in course.page(key)["controls"]:
            if control["is_search"]:
                continue
            last = window.field(key, control).evaluate(CHOOSE_ALL)
            window.settle()
            assert window.chosen(key)[control["key"]] == last
            assert_shown(window, key)
    window.assert_silent()


def test_a_search_of_what_is_not_there_says_so(
    course: Dashboard, windows: Windows
) -> None:
    window = windows(course)
    for key in filtered(course):
        for control in course.page(key)["controls"]:
            if not control["is_search"]:
                continue
            window.go(key)
            before = window.panels()
            field = window.field(key, control)
            field.fill(UNKNOWN)
            field.press("Enter")
            message = window.seen.page.locator(f"#page-{key} .message")
            expect(message).to_have_text(
                f"“{UNKNOWN}” is not in the list of {control['holds']}."
            )
            expect(field).to_be_focused()
            window.settle()
            assert window.panels() == before
            value, label = control["options"][""][-1]
            field.fill(label)
            field.press("Enter")
            window.settle()
            expect(message).to_have_text("")
            assert window.chosen(key)[control["key"]] == value
            assert_shown(window, key)
            window.assert_silent()
