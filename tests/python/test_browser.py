"""The browser that tests open pages in sees what it should."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from instacart.config import PROJECT_DIR
from playwright.sync_api import Browser
from support.browser import NAMES, needs_axe, needs_browser, opened, violations

POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'"
GOOD = """\
<!doctype html><html lang="en"><head><title>Good</title><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}"></head>
<body><main><h1>Good</h1></main><script>{script}</script></body></html>
"""
# Nothing answers there, with a network or without.
ELSEWHERE = "/".join(("http:", "", "elsewhere.test", ""))


def page_in(folder: Path, script: str = "", policy: str = POLICY) -> Path:
    path = folder / "page.html"
    path.write_text(GOOD.format(policy=policy, script=script))
    return path


@needs_browser
def test_a_good_page_is_silent_and_has_the_width_it_is_given(
    browser: Browser, tmp_path: Path
) -> None:
    script = 'document.title = innerWidth; console.log("fine")'
    with opened(browser, page_in(tmp_path, script), width=390) as seen:
        assert seen.page.title() == "390"
    assert (seen.console, seen.foreign) == ([], [])


@needs_browser
def test_errors_and_requests_elsewhere_are_seen(
    browser: Browser, tmp_path: Path
) -> None:
    script = (
        'console.error("complained"); setTimeout(() => { throw Error("thrown") });'
        f'fetch("{ELSEWHERE}").catch(() => document.title = "failed")'
    )
    page = page_in(tmp_path, script, policy="default-src * 'unsafe-inline'")
    with opened(browser, page) as seen:
        seen.page.wait_for_function('document.title == "failed"')
    assert seen.foreign == [ELSEWHERE]
    for each in ("complained", "thrown", "ERR_INTERNET_DISCONNECTED"):
        assert any(each in line for line in seen.console), seen.console


@needs_browser
def test_what_a_policy_forbids_is_seen(browser: Browser, tmp_path: Path) -> None:
    script = f'fetch("{ELSEWHERE}").catch(() => document.title = "failed")'
    with opened(browser, page_in(tmp_path, script)) as seen:
        seen.page.wait_for_function('document.title == "failed"')
    assert seen.foreign == []
    assert any("Content Security Policy" in line for line in seen.console)


@needs_axe
def test_axe_finds_what_is_wrong_and_nothing_else(
    browser: Browser, tmp_path: Path
) -> None:
    good = page_in(tmp_path)
    with opened(browser, good) as seen:
        assert violations(seen.page) == []
        seen.page.evaluate('document.querySelector("h1").innerHTML = "<img src=x>"')
        assert "image-alt: img" in violations(seen.page)


def test_what_is_installed_is_what_is_looked_for() -> None:
    script = (PROJECT_DIR / "scripts/install_browser.sh").read_text()
    assert f"for name in {' '.join(NAMES)}; do" in script
    lock = (PROJECT_DIR / "tests/browser/package-lock.json").read_text()
    assert "://" not in lock
    packages = json.loads(lock)["packages"]
    assert {"", "node_modules/axe-core"} == packages.keys()
    assert packages["node_modules/axe-core"]["integrity"].startswith("sha512-")


@pytest.mark.parametrize(
    ("name", "missing"),
    [("install_browser.sh", "chromium"), ("setup_browser_tests.sh", "npm")],
)
def test_what_cannot_be_installed_is_said_in_a_sentence(
    tmp_path: Path, name: str, missing: str
) -> None:
    (tmp_path / "scripts").mkdir()
    script = shutil.copy(PROJECT_DIR / "scripts" / name, tmp_path / "scripts")
    programs = tmp_path / "bin"
    programs.mkdir()
    for program in ("bash", "dirname"):
        (programs / program).symlink_to(str(shutil.which(program)))
    run = subprocess.run(
        ["bash", script],
        env=os.environ | {"PATH": str(programs)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    (sentence,) = run.stderr.splitlines()
    assert sentence.startswith(f"{name}: expected {missing}, found none; install ")


def test_without_a_registry_the_last_line_names_the_lock(tmp_path: Path) -> None:
    if not shutil.which("npm"):
        pytest.skip("npm is not installed: make browser")
    shutil.copytree(PROJECT_DIR / "tests/browser", tmp_path / "tests/browser")
    (tmp_path / "scripts").mkdir()
    name = "setup_browser_tests.sh"
    script = shutil.copy(PROJECT_DIR / "scripts" / name, tmp_path / "scripts")
    run = subprocess.run(
        ["bash", script],
        env=os.environ
        | {"npm_config_offline": "true", "npm_config_cache": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    last = run.stderr.splitlines()[-1]
    assert last.startswith(f"{name}: expected every package of tests/browser/package")
    assert not (tmp_path / "target/browser/.installed").exists()
