"""Chromium, for tests that open a page as a user does: a file, without network."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from instacart.config import PROJECT_DIR
from playwright.sync_api import Browser, Page, Request, sync_playwright

# Those that scripts/install_browser.sh looks for.
NAMES = ("chromium", "chromium-browser", "google-chrome")
EXECUTABLE = next(filter(None, map(shutil.which, NAMES)), None)
# Besides playwright's own: they keep it from looking for a graphics card and for hosts.
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-sync")
AXE = PROJECT_DIR / "target/browser/node_modules/axe-core/axe.min.js"

needs_browser = pytest.mark.skipif(
    not EXECUTABLE, reason="Chromium is not installed: make browser"
)
needs_axe = pytest.mark.skipif(
    not (EXECUTABLE and AXE.is_file()),
    reason="Chromium or axe-core is not installed: make browser",
)


@dataclass
class Opened:
    """A page, with what it said and asked for since it was opened.

    `console` has its errors and warnings, uncaught exceptions among them; `foreign` the
    addresses that it wanted from elsewhere than a file, itself or memory.
    """

    page: Page
    console: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser; skips the test where none is installed."""
    if not EXECUTABLE:
        pytest.skip(needs_browser.kwargs["reason"])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=EXECUTABLE, args=[*ARGUMENTS]
        )
        with browser:
            yield browser


@contextmanager
def opened(
    browser: Browser, path: Path, width: int = 1400, height: int = 900, **options: Any
) -> Iterator[Opened]:
    """Open a file in a window of its own, without network; sizes are in pixels.

    `options` are those of playwright's `new_context`, such as `color_scheme="dark"`.
    """
    with browser.new_context(
        offline=True, viewport={"width": width, "height": height}, **options
    ) as context:
        if AXE.is_file():
            # Before the page's own policy counts, which may forbid `eval`.
            context.add_init_script(path=AXE)
        seen = Opened(context.new_page())
        seen.page.on("pageerror", lambda error: seen.console.append(f"{error}"))
        seen.page.on(
            "console",
            lambda message: (
                seen.console.append(message.text)
                if message.type in ("error", "warning")
                else None
            ),
        )

        def note(request: Request) -> None:
            if not request.url.startswith(("file:", "data:", "blob:")):
                seen.foreign.append(request.url)

        context.on("request", note)
        seen.page.goto(path.resolve().as_uri())
        yield seen


def violations(page: Page, *rules: str) -> list[str]:
    """What axe-core finds in a page, by some rules or all: a line for each element."""
    found = page.evaluate(
        "rules => axe.run(rules.length ? {runOnly: rules} : {})"
        ".then(result => result.violations)",
        rules,
    )
    return sorted(
        f"{rule['id']}: {' '.join(map(str, node['target']))}"
        for rule in found
        for node in rule["nodes"]
    )
