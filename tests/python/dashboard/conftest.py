"""Dashboards of three packages, written once, and windows that show them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from report.support import Export, Report, needs_samples
from support.shared import made_once
from support.warehouse import Built, Warehouse

from dashboard.support import Dashboard, Windows

# Made by the generator, but for the sample of the real data.
PACKAGES = ["careerfoundry", "kaggle", pytest.param("sample", marks=needs_samples)]

Written = Callable[[str], Dashboard]


@pytest.fixture(scope="session")
def written(
    request: pytest.FixtureRequest,
    generated: dict[str, Built],
    export: Export,
    shared_dir: Path,
) -> Written:
    """The dashboard of a package, by its name."""
    known: dict[str, Dashboard] = {}

    def write(name: str) -> Dashboard:
        if name not in known:
            if name == "sample":
                report: Report = request.getfixturevalue("sample")
            else:
                database = generated[name].database
                report = export(database, shared_dir / f"{name}.xlsx")
            folder = shared_dir / f"dashboard_{name}"
            known[name] = Dashboard(report, folder / "dashboard.html")
            made_once(folder, lambda folder: known[name].write())
        return known[name]

    return write


@pytest.fixture(scope="session", params=PACKAGES)
def dashboard(
    request: pytest.FixtureRequest, written: Written, warehouse: Warehouse
) -> Dashboard:
    """The dashboard of each package; `warehouse` tells pytest that it takes a build."""
    return written(request.param)


@pytest.fixture(scope="session")
def course(written: Written, warehouse: Warehouse) -> Dashboard:
    """The dashboard of the package with all there can be."""
    return written("careerfoundry")


@pytest.fixture(scope="session")
def windows(browser: Browser) -> Iterator[Windows]:
    with ExitStack() as held:
        yield Windows(browser, held)
