"""Pages are accessible, print, and run no script but their own."""

from __future__ import annotations

from pathlib import Path

import pytest
from instacart.dashboard import charts, html
from instacart.dashboard.panel import Click, Control, Option, Page, Panel, View
from instacart.warehouse import Row
from instacart.workbook import Column
from support.browser import needs_axe, needs_browser, opened, violations

from dashboard.support import KEYS, WIDE, WIDTHS, Dashboard, Window, Windows

HOSTILE = (
    "</script><script>window.hacked=1</script>",
    "<img src=x onerror='window.hacked=1'>",
    "<svg onload='window.hacked=1'></svg>",
    "{{ 1 + 1 }} ${window.hacked=1} <!--",
    "'\"><b onclick=window.hacked=1>&amp;\\u003c",
)


@needs_axe
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("key", KEYS)
def test_axe_finds_nothing_wrong(
    course: Dashboard, windows: Windows, key: str, width: int
) -> None:
    window = windows(course, width)
    page = window.seen.page
    window.move(key)
    page.evaluate(
        "document.querySelectorAll('.page:not([hidden]) .figures:not([hidden])')"
        ".forEach(one => one.open = true)"
    )
    page.emulate_media(color_scheme="light")
    window.settle_again()
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    window.settle_again()
    assert violations(page, "color-contrast") == []
    assert window.overflow() <= 0


@needs_browser
def test_a_printed_page_has_its_panels_and_no_tabs(
    course: Dashboard, windows: Windows
) -> None:
    with opened(windows.browser, course.path, WIDE, color_scheme="dark") as seen:
        window = Window(seen, course)
        for key in KEYS:
            seen.page.emulate_media(media="screen")
            window.move(key)
            seen.page.emulate_media(media="print")
            for selector in ("nav", ".skip", ".actions"):
                for one in seen.page.locator(selector).all():
                    assert not one.is_visible(), (key, selector)
            for panel in seen.page.locator(f"#page-{key} .panel").all():
                assert panel.is_visible() and panel.locator(".finding").is_visible()
            # Whatever the screen's scheme is, paper is white.
            ink = seen.page.evaluate("getComputedStyle(document.body).color")
            shades = ink.removeprefix("rgb(").removesuffix(")").split(",")
            assert max(map(int, shades)) < 90, key
            assert window.overflow() <= 0, key
            assert seen.page.pdf(format="A4").startswith(b"%PDF")
            window.assert_silent()


@needs_browser
@pytest.mark.parametrize(
    "inserted",
    [
        "<script>window.hacked = 1</script>",
        '<script type="module">window.hacked = 1</script>',
        '<img src="data:," onerror="window.hacked = 1">',
        '<iframe srcdoc="<script>parent.hacked = 1</script>"></iframe>',
        '<script src="data:text/javascript,window.hacked = 1"></script>',
    ],
)
def test_the_policy_runs_no_script_but_the_file_s_own(
    course: Dashboard, windows: Windows, tmp_path: Path, inserted: str
) -> None:
    path = tmp_path / "dashboard.html"
    path.write_text(course.content.replace("<header>", f"{inserted}<header>", 1))
    with opened(windows.browser, path) as seen:
        Window(seen, course).settle()
        assert seen.page.evaluate("window.hacked") is None
        assert any("Content Security Policy" in line for line in seen.console)


@needs_browser
def test_the_policy_lets_nothing_be_sent(course: Dashboard, windows: Windows) -> None:
    window = windows(course)
    window.go(KEYS[0])
    address = "/".join(("http:", "", "elsewhere.test", ""))
    failed = window.seen.page.evaluate(
        "address => fetch(address).then(() => '', error => error.name)", address
    )
    assert failed == "TypeError"
    assert window.seen.foreign == []
    assert any("Content Security Policy" in line for line in window.seen.console)


def hostile_page() -> Page:
    """A page whose every text is markup that would run a script."""
    name, many = Column("name", HOSTILE[1]), Column("many", HOSTILE[0], "count")
    rows = [Row(name=text, many=number) for number, text in enumerate(HOSTILE, start=1)]
    chart = charts.bars(name, many, click="name")
    return Page(
        "hostile",
        HOSTILE[1],
        HOSTILE[0],
        [
            Panel(
                "hostile-bars",
                HOSTILE[2],
                HOSTILE[1],
                ["marts.a"],
                {
                    (value,): View(
                        f"{value}{HOSTILE[0]}",
                        chart,
                        rows,
                        [name, many],
                        HOSTILE[2],
                        HOSTILE[3],
                    )
                    for value in ("", *HOSTILE)
                },
                ["select"],
                Click("select", "name"),
            )
        ],
        [
            Control(
                key,
                HOSTILE[1],
                {"": [Option("", "All"), *(Option(text, text) for text in HOSTILE)]},
                is_search=key == "search",
            )
            for key in ("select", "search")
        ],
        figures={HOSTILE[0]: HOSTILE[1]},
        lines={HOSTILE[0]: HOSTILE},
    )


@needs_browser
def test_texts_of_the_data_stay_texts(
    course: Dashboard, windows: Windows, tmp_path: Path
) -> None:
    path = tmp_path / "hostile.html"
    made = Dashboard(course.report, path)
    facts = course.report.facts
    path.write_text(html.render([hostile_page()], facts, *HOSTILE[:2]), "utf-8")
    with opened(windows.browser, path) as seen:
        window = Window(seen, made)
        page = seen.page
        window.settle()
        assert page.title().endswith(f": {HOSTILE[0]}")
        assert page.locator("h1").text_content() == HOSTILE[0]
        page.locator(".figures").evaluate("one => one.open = true")
        select, _ = made.page("hostile")["controls"]
        for value in HOSTILE:
            window.field("hostile", select).select_option(value)
            window.settle()
            assert page.locator(".finding").text_content() == f"{value}{HOSTILE[0]}"
            found = window.point("hostile-bars", "name", [value])
            page.mouse.move(*found[1:])
            assert page.locator("#vg-tooltip-element.visible").count() == 1
        cells = page.locator(".figures td:first-child").all_text_contents()
        assert cells == list(HOSTILE)
        page.locator(".download").click()
        assert page.evaluate("window.hacked") is None
        assert (
            page.locator("main img, main b, main svg svg, .vg-tooltip img").count() == 0
        )
        window.assert_silent()
