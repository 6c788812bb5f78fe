"""Drop-downs, searches and clicks choose what a page's panels show."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect
from support.browser import needs_browser

from dashboard.support import (
    KEYS,
    Dashboard,
    Windows,
    assert_shown,
)

pytestmark = needs_browser

UNKNOWN = "No such thing"
# Chooses values of a drop-down, the later before the earlier is drawn.
CHOOSE_SOME = """field => {
  const values = [...field.options].map(option => option.value);
  for (const value of [...values.slice(0, 5), values[1]]) {
    field.value = value;
    field.dispatchEvent(new Event('change'));
  }
  return field.value;
}"""


def filtered(course: Dashboard, needs: str = "controls") -> list[str]:
    """The pages with drop-downs."""
    return [page["key"] for page in course.data["pages"] if page[needs]]


@pytest.mark.parametrize("key", KEYS)
def test_a_click_on_a_mark_chooses_and_another_one_takes_it_back(
    dashboard: Dashboard, windows: Windows, key: str
) -> None:
    window = windows(dashboard)
    page = dashboard.page(key)
    controls = {control["key"]: control for control in page["controls"]}
    window.go(key)
    for panel in page["panels"]:
        if not panel["click"]:
            continue
        window.move(key)
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
        controls = [one for one in course.page(key)["controls"] if not one["is_search"]]
        if not controls:
            continue
        control = controls[0]
        field = window.field(key, control)
        first = window.chosen(key)
        field.focus()
        field.press("ArrowDown")
        window.settle()
        later = window.chosen(key)
        assert later != first
        page.locator(f'nav a[data-page="{KEYS[0]}"]').click()
        window.settle(KEYS[0])
        window.move(key)
        assert window.chosen(key) == first
        page.go_back()
        window.settle(KEYS[0])
        page.go_back()
        window.settle(key)
        assert window.chosen(key) == later
        assert_shown(window, key)
        # The tab leads to the page as it was left.
        page.locator(f'nav a[data-page="{KEYS[0]}"]').click()
        window.settle(KEYS[0])
        page.locator(f'nav a[data-page="{key}"]').click()
        window.settle(key)
        assert window.chosen(key) == later
    window.assert_silent()


def test_choices_faster_than_drawing_end_with_the_last_one(
    course: Dashboard, windows: Windows
) -> None:
    window = windows(course)
    window.go(KEYS[0])
    for key in filtered(course):
        window.move(key)
        for control in course.page(key)["controls"]:
            if control["is_search"]:
                continue
            last = window.field(key, control).evaluate(CHOOSE_SOME)
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
