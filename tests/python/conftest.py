"""Fixtures that several folders share; what they are made of is in support/."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import configuration
from instacart import dbt_plugin
from instacart.synthetic import generate
from playwright.sync_api import Browser
from report.support import SAMPLES, Build, Export, Report
from support import browser as browsers
from support.analyses import ANALYSES, TEMPLATED, Rows, rows_of, text_of
from support.loads import Batch, Loaded, Loader
from support.packages import PACKAGES
from support.shared import made_once
from support.warehouse import WITHOUT_TESTS, Built, Warehouse

GENERATED_SCALE = 0.005
GENERATED_SEED = 3


def pytest_configure(config: pytest.Config) -> None:
    """Let Hypothesis keep what it knows of Unicode with pytest's own cache."""
    if cache := getattr(config, "cache", None):
        configuration.set_hypothesis_home_dir(cache.mkdir("hypothesis"))


@pytest.fixture(autouse=True)
def interruptible() -> None:
    """Let signals end what a test starts, also in the background or under nohup.

    Before each test: one may have imported polars, whose handler restarts a read that
    a signal interrupted, so that Ctrl-C would wait for the end of what is read.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session", autouse=True)
def own_temp_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Leave the project's own folder of temporary files alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INSTACART_TEMP_DIR", str(tmp_path_factory.mktemp("temp")))
        yield


@pytest.fixture(scope="session", autouse=True)
def collected_builds() -> Iterator[None]:
    """Let the collector take what a build leaves behind: many run in a process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dbt_plugin, "collect_less", lambda: None)
        yield


@pytest.fixture(scope="session")
def session_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this test process."""
    return tmp_path_factory.mktemp("packages")


@pytest.fixture(scope="session")
def shared_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all test processes of a run share."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The process's browser, with a window for each page that `opened` opens."""
    with browsers.launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def warehouse(session_dir: Path, shared_dir: Path) -> Warehouse:
    """The process's warehouse, with the project parsed."""
    built = Warehouse(session_dir / "warehouse")
    built.parse(shared_dir / "parsed")
    return built


@pytest.fixture(scope="session")
def baselines(shared_dir: Path, warehouse: Warehouse) -> dict[str, Built]:
    """Both good packages of thirteen orders, built without tests."""

    def make(folder: Path) -> None:
        for name, write in PACKAGES.items():
            built = built_in(folder, name)
            write(built.raw_dir)
            warehouse.build_new(built.raw_dir, *WITHOUT_TESTS)
            shutil.copyfile(warehouse.database, built.database)

    return all_in(made_once(shared_dir / "baselines", make))


@pytest.fixture(scope="session")
def generated(shared_dir: Path, warehouse: Warehouse) -> dict[str, Built]:
    """A generated package of each kind, built without tests.

    Kaggle's is built over the course's, as by a user who has both.
    """

    def make(folder: Path) -> None:
        warehouse.database.unlink(missing_ok=True)
        for name in PACKAGES:
            built = built_in(folder, name)
            generate.generate(built.raw_dir, name, GENERATED_SCALE, GENERATED_SEED)
            run = warehouse.dbt("build", built.raw_dir, *WITHOUT_TESTS)
            assert run.succeeded, run.output + run.error
            shutil.copyfile(warehouse.database, built.database)

    return all_in(made_once(shared_dir / "generated", make))


@pytest.fixture(scope="session")
def load(
    session_dir: Path, warehouse: Warehouse, baselines: dict[str, Built]
) -> Callable[[Batch], Loaded]:
    """Builds a batch of spoilt packages, once, and says what came of it."""
    return Loader(warehouse, baselines, session_dir / "loads")


@pytest.fixture(scope="session")
def compiled(warehouse: Warehouse, session_dir: Path) -> dict[str, str]:
    """The analyses as dbt compiles them for a database called instacart.duckdb."""
    run = warehouse.dbt(
        "compile",
        session_dir,
        *("--select", "path:analyses", "--no-introspect", "--no-populate-cache"),
    )
    assert run.succeeded, run.output + run.error
    return {found.node.name: found.node.compiled_code for found in run.result.results}


@pytest.fixture(scope="session")
def answer(
    generated: dict[str, Built], compiled: dict[str, str]
) -> Callable[[str, str], Rows]:
    """What an analysis says of a generated package, by a beginning of its name."""

    @cache
    def ask(package: str, beginning: str) -> Rows:
        (name,) = (each for each in ANALYSES if each.startswith(beginning))
        sql = compiled[name] if name in TEMPLATED else text_of(name)
        return rows_of(generated[package].database, sql)

    return ask


@pytest.fixture(scope="session")
def manifest(warehouse: Warehouse, session_dir: Path) -> Path:
    """dbt's manifest.json, in a folder of its own."""
    path = session_dir / "report_target" / "manifest.json"
    path.parent.mkdir(exist_ok=True)
    assert warehouse.manifest
    warehouse.manifest.write(str(path))
    return path


@pytest.fixture(scope="session")
def export(manifest: Path) -> Export:
    return lambda database, target: Report(database, manifest, target)


@pytest.fixture(scope="session")
def build(warehouse: Warehouse, shared_dir: Path) -> Build:
    """Builds a package once, and gives its database under the name its views know."""

    def run(name: str, write: Callable[[Path], Path], **variables: object) -> Path:
        def make(folder: Path) -> None:
            raw_dir = write(folder / "raw")
            options = ("--vars", json.dumps(variables))
            warehouse.build_new(raw_dir, *WITHOUT_TESTS, *options)
            shutil.move(warehouse.database, folder / "instacart.duckdb")

        return made_once(shared_dir / f"report_{name}", make) / "instacart.duckdb"

    return run


@pytest.fixture(scope="session")
def tiny(baselines: dict[str, Built], export: Export, session_dir: Path) -> Report:
    """The course's package of thirteen orders."""
    database = baselines["careerfoundry"].database
    return export(database, session_dir / "Tiny.xlsx")


@pytest.fixture(scope="session")
def kaggle(baselines: dict[str, Built], export: Export, session_dir: Path) -> Report:
    """Kaggle's package of thirteen orders."""
    return export(baselines["kaggle"].database, session_dir / "Kaggle.xlsx")


@pytest.fixture(scope="session")
def demo(generated: dict[str, Built], export: Export, session_dir: Path) -> Report:
    """Synthetic data of a thousand customers."""
    return export(generated["careerfoundry"].database, session_dir / "Demo.xlsx")


@pytest.fixture(scope="session")
def sample(build: Build, export: Export, session_dir: Path) -> Report:
    """The course's sample of the real data."""
    database = build("sample", lambda folder: SAMPLES / "careerfoundry-sample")
    return export(database, session_dir / "Sample.xlsx")


def built_in(folder: Path, name: str) -> Built:
    # Its views know the database by this name.
    return Built(folder / name / "raw", folder / name / "instacart.duckdb")


def all_in(folder: Path) -> dict[str, Built]:
    return {name: built_in(folder, name) for name in PACKAGES}


# What takes dbt to answer, and so its seconds.
BUILDS = {"warehouse", "baselines", "generated"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that needs a warehouse: `pytest -m "not slow"` builds none."""
    for item in items:
        if BUILDS & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)
