"""Every page as a browser shows it at first: complete, silent, within its width."""

from __future__ import annotations

import pytest
from support.browser import needs_browser, opened

from dashboard.support import (
    KEYS,
    NARROW,
    WIDE,
    WIDTHS,
    Dashboard,
    Window,
    Windows,
    assert_shown,
)

pytestmark = needs_browser


def test_the_addresses_are_those_of_the_pages(course: Dashboard) -> None:
    assert [page["key"] for page in course.data["pages"]] == list(KEYS)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("key", KEYS)
def test_a_page_is_drawn(
    dashboard: Dashboard, windows: Windows, key: str, width: int
) -> None:
    window = windows(dashboard, width)
    window.go(key)
    window.assert_silent()
    assert window.overflow() <= 0
    views = assert_shown(window, key)
    assert list(window.panels()) == list(views)


@pytest.mark.parametrize("key", KEYS)
def test_a_page_is_within_a_window_of_half_a_phone(
    course: Dashboard, windows: Windows, key: str
) -> None:
    window = windows(course, 320)
    window.move(key)
    window.assert_silent()
    assert window.overflow() <= 0


def test_an_address_of_no_page_shows_the_first(
    course: Dashboard, windows: Windows
) -> None:
    window = windows(course)
    for address in ("nothing", "", "times/", "%"):
        window.go(address)
        assert window.seen.page.url.endswith(f"#{KEYS[0]}")
        window.assert_silent()


def test_tabs_and_the_browser_s_buttons_change_the_page(
    course: Dashboard, windows: Windows
) -> None:
    window = windows(course)
    page = window.seen.page
    window.go(KEYS[0])
    for key in KEYS:
        page.locator(f'nav a[data-page="{key}"]').press("Enter")
        window.settle(key)
        assert page.locator(".page:visible").count() == 1
        assert (
            page.locator("nav a[aria-current=page]").get_attribute("data-page") == key
        )
    for turn, keys in (("go_back", KEYS[-2::-1]), ("go_forward", KEYS[1:])):
        for key in keys:
            getattr(page, turn)()
            window.settle(key)
    window.assert_silent()


def test_the_first_link_skips_to_the_page_that_is_shown(
    course: Dashboard, windows: Windows
) -> None:
    window = windows(course)
    page = window.seen.page
    window.go(KEYS[-1])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    window.settle()
    assert page.evaluate("document.activeElement.id") == "content"
    assert page.locator(".page:visible").get_attribute("data-page") == KEYS[-1]


def test_without_scripts_the_findings_are_read(
    course: Dashboard, windows: Windows
) -> None:
    with opened(windows.browser, course.path, WIDE, java_script_enabled=False) as seen:
        assert seen.page.locator("noscript .warning").is_visible()
        findings = seen.page.locator(".finding")
        assert findings.count() == sum(len(page.panels) for page in course.pages)
        for number in range(findings.count()):
            assert findings.nth(number).is_visible()
            assert findings.nth(number).text_content()


def test_a_window_made_narrow_draws_its_charts_again(
    course: Dashboard, windows: Windows
) -> None:
    with opened(windows.browser, course.path) as seen:
        window = Window(seen, course)
        for key in KEYS:
            seen.page.set_viewport_size({"width": WIDE, "height": 900})
            window.settle_again()
            window.move(key)
            seen.page.set_viewport_size({"width": NARROW, "height": 900})
            window.settle_again()
            cut = {name: one["cut"] for name, one in window.panels().items()}
            assert not any(cut.values()), cut
            assert window.overflow() <= 0
            window.assert_silent()
