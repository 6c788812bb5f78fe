"""Dashboards that were written from a warehouse, and what a browser shows of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from instacart import dashboard
from instacart.dashboard.pages import PAGES, make_pages
from instacart.dashboard.panel import Page
from instacart.report.source import read_source
from playwright.sync_api import Browser, Locator
from report.support import Report
from support.browser import Opened, opened

# The addresses of the pages: those of their files.
KEYS = ("overview", *(page.__module__.split(".")[3] for page in PAGES))
WIDE, NARROW = 1400, 390
WIDTHS = (WIDE, NARROW)
DRAWN = "main[aria-busy=false]"
# The panels of the page that is shown: their texts, and what their charts consist of.
SEE = """() => [...document.querySelectorAll('.page:not([hidden]) .panel')].map(
panel => {
  const svg = panel.querySelector('.chart svg');
  const frame = svg?.getBoundingClientRect();
  const marks = svg ? [...svg.querySelectorAll('.role-mark [aria-label]')] : [];
  const isCut = text => {
    const box = text.getBoundingClientRect();
    // Vega hides labels that would overlap. Letters are lower than their boxes.
    return box.width > 0 && getComputedStyle(text).opacity > 0 && (
      box.left < frame.left - 1 || box.right > frame.right + 1 ||
      box.top < frame.top - 4 || box.bottom > frame.bottom + 4);
  };
  return {
    key: panel.dataset.panel,
    finding: panel.querySelector('.finding').textContent,
    note: panel.querySelector('.note').textContent,
    verdict: panel.querySelector('.verdict:not([hidden])')?.textContent ?? '',
    action: panel.querySelector('.action:not([hidden])')?.textContent ?? '',
    source: panel.querySelector('.source').textContent,
    charts: panel.querySelectorAll('.chart svg').length,
    size: frame ? Math.min(frame.width, frame.height) : 0,
    marks: marks.filter(one => {
      const box = one.getBoundingClientRect();
      return box.width > 0 || box.height > 0;
    }).length,
    labels: marks.map(one => one.getAttribute('aria-label')),
    cut: [...svg?.querySelectorAll('text') ?? []].filter(isCut)
      .map(one => one.textContent),
  };
})"""
# A point on the largest mark of a panel of a value, or of any that can be chosen.
POINT = """([key, field, values]) => {
  const panel = document.querySelector(`.page:not([hidden]) [data-panel="${key}"]`);
  const found = [...panel.querySelectorAll('.chart .role-mark [aria-label]')]
    .map(one => ({one, value: String(one.__data__?.datum?.[field])}))
    .filter(({value}) => values.includes(value))
    .map(({one, value}) => ({one, value, box: one.getBoundingClientRect()}))
    .sort((a, b) => b.box.width * b.box.height - a.box.width * a.box.height)[0];
  if (!found) return null;
  found.one.scrollIntoView({block: 'center'});
  const box = found.one.getBoundingClientRect();
  return [found.value, box.x + box.width / 2, box.y + box.height / 2];
}"""
# The colours of each value of a field in the charts of panels.
COLOURS = """fields => Object.entries(fields).flatMap(([key, field]) => [
  ...document.querySelectorAll(`[data-panel="${key}"] .chart .role-mark [aria-label]`)
].map(one => [
  key, String(one.__data__?.datum?.[field]),
  // A line has no fill.
  ['fill', 'stroke'].map(name => one.getAttribute(name))
    .find(colour => colour?.startsWith('#')) ?? ''
]))"""

MOVE = """address => new Promise(done => {
  if (location.hash === `#${address}`) return done();
  addEventListener('hashchange', () => setTimeout(done), {once: true});
  location.hash = address;
})"""
NEXT_FRAME = "new Promise(done => requestAnimationFrame(() => setTimeout(done)))"

Json = dict[str, Any]


@dataclass
class Dashboard:
    """A dashboard's file, and the report of the same warehouse."""

    report: Report
    path: Path

    def write(self, path: Path | None = None) -> None:
        """Write the file, as `instacart dashboard` does."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("INSTACART_DB", str(self.report.database))
            dashboard.write_dashboard(path or self.path, lambda line: None)

    @cached_property
    def content(self) -> str:
        return self.path.read_text("utf-8")

    @cached_property
    def data(self) -> Json:
        """What the file's script reads."""
        found = re.search(
            r'<script type="application/json" id="data">(.*?)</script>', self.content
        )
        assert found
        data: Json = json.loads(found[1])
        # Views share the columns of their tables, and rows.
        for view in data["views"]:
            view.update(data["tables"][view["table"]], rows=data["rows"][view["rows"]])
        return data

    @cached_property
    def pages(self) -> list[Page]:
        """What the file was made of."""
        return make_pages(read_source(self.report.warehouse))

    def page(self, key: str) -> Json:
        """A page as the script reads it."""
        (page,) = (one for one in self.data["pages"] if one["key"] == key)
        return dict(page)

    def expected(self, key: str, chosen: dict[str, str]) -> dict[str, Json]:
        """The view of each panel of a page where these values are chosen."""
        found = {}
        for panel in self.page(key)["panels"]:
            choice = [chosen[each] for each in panel["controls"]]
            text = json.dumps(choice, ensure_ascii=False, separators=(",", ":"))
            found[panel["key"]] = self.data["views"][panel["views"][text]]
        return found


@dataclass
class Window:
    """A browser's window that shows a dashboard, and what it says of a page."""

    seen: Opened
    dashboard: Dashboard

    def go(self, address: str) -> None:
        """Show a page, as drop-downs are at first if the address names none."""
        self.seen.page.goto("about:blank")
        self.seen.console.clear()
        self.seen.foreign.clear()
        self.seen.page.goto(f"{self.dashboard.path.as_uri()}#{address}")
        self.settle()

    def move(self, address: str) -> None:
        """Change the address, as a link does: nothing is loaded again.

        Drop-downs are as at first if the address says nothing of them.
        """
        self.seen.page.evaluate(MOVE, address)
        self.settle()

    def settle_again(self) -> None:
        """Wait until what a change of width or colours redraws is drawn."""
        self.seen.page.evaluate(NEXT_FRAME)
        self.settle()

    def settle(self, key: str = "") -> None:
        """Wait until all is drawn: of a page, if the address leads to another one.

        A browser changes the address at once, and tells the page's script later.
        """
        page = f' .page[data-page="{key}"]:visible' if key else ""
        self.seen.page.locator(f"{DRAWN}{page}").wait_for()

    def panels(self) -> dict[str, Json]:
        """What is seen of each panel of the page, by key."""
        return {panel["key"]: panel for panel in self.seen.page.evaluate(SEE)}

    def point(self, panel: str, field: str, values: list[str]) -> Any:
        """A mark of one of these values: the value, and where it is; None without."""
        return self.seen.page.evaluate(POINT, [panel, field, values])

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(
            self.seen.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        )

    def field(self, page: str, control: Json) -> Locator:
        """A drop-down, or a search field."""
        key = control["key"]
        return self.seen.page.locator(f'#page-{page} [data-control="{key}"]')

    def chosen(self, page: str) -> dict[str, str]:
        """The value of each drop-down of a page."""
        found: dict[str, str] = {}
        for control in self.dashboard.page(page)["controls"]:
            value = self.field(page, control).input_value()
            if control["is_search"]:
                of = found.get(control["of"], "")
                (value,) = (o for o, label in control["options"][of] if label == value)
            found[control["key"]] = value
        return found

    def colours(self, views: dict[str, Json]) -> set[tuple[str, str, str]]:
        """Panel, name and colour of each mark that is told from others by colour."""
        fields = {}
        for key, view in views.items():
            if view["chart"] is not None:
                spec = self.dashboard.data["charts"][view["chart"]]
                for part in (spec, *spec.get("layer", ())):
                    color = part.get("encoding", {}).get("color", {})
                    if color.get("type") == "nominal":
                        fields[key] = color["field"]
        return {tuple(one) for one in self.seen.page.evaluate(COLOURS, fields)}

    def assert_silent(self) -> None:
        said = self.seen.console + self.seen.foreign
        assert not said, said


class Windows:
    """The windows of a test process: one of each dashboard and width."""

    def __init__(self, browser: Browser, held: ExitStack) -> None:
        self.browser = browser
        self._held = held
        self._open: dict[tuple[Path, int], Window] = {}

    def __call__(self, dashboard: Dashboard, width: int = WIDE) -> Window:
        key = dashboard.path, width
        if key not in self._open:
            seen = self._held.enter_context(opened(self.browser, key[0], width))
            self._open[key] = Window(seen, dashboard)
        return self._open[key]


def steps(page: Json) -> Iterator[tuple[Json, str, str]]:
    """Every value of every drop-down: the drop-down, the value, and that of `of`.

    Values that several of the other drop-down's offer come once; of a long search come
    some.
    """
    for control in page["controls"]:
        seen: set[str] = set()
        for of, options in control["options"].items():
            values = [value for value, _ in options if value not in seen]
            seen.update(values)
            if control["is_search"]:
                values = some(values)
            for value in values:
                yield control, value, of


def some(values: list[str]) -> list[str]:
    """The first, the last, and three between them."""
    last = len(values) - 1
    return [
        values[number] for number in sorted({last * part // 4 for part in range(5)})
    ]


def label_of(control: Json, value: str, of: str) -> str:
    """How an option is called."""
    return next(str(label) for each, label in control["options"][of] if each == value)


def key_of(panel: str) -> str:
    """The page of a panel."""
    return panel.partition("-")[0]


def assert_shown(window: Window, key: str) -> dict[str, Json]:
    """Each panel of a page shows what is chosen in it; gives the views of that."""
    views = window.dashboard.expected(key, window.chosen(key))
    panels = window.panels()
    for name, view in views.items():
        panel, has_chart = panels[name], view["chart"] is not None
        verdict, action = view["verdict"], view["action"]
        if verdict and view["judged"]:
            verdict = f"{view['judged']}: {verdict.lower()}"
        told = {
            "finding": view["finding"],
            "note": view["note"],
            "verdict": verdict,
            "action": f"What to do: {action}" if action else "",
        }
        for part, text in told.items():
            assert panel[part] == text, (name, panel[part], text)
        assert (panel["charts"], panel["marks"] > 0) == (has_chart, has_chart), name
        assert not has_chart or panel["size"] >= 40, name
        assert not panel["cut"], (name, panel["cut"])
    return views
