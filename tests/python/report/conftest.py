"""Warehouses of several packages, built once, and the reports of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import conftest
import pytest
from conftest import WITHOUT_TESTS, Built, Warehouse
from instacart.synthetic import generate

from report.support import SAMPLES, Changed, Export, Report, change

SCALE = 0.005
# Every var that makes a label or bound of a segment, otherwise than shipped.
OTHER_VARS = {
    "unknown_label": "n/a",
    "no_orders_label": "Never ordered",
    "high_activity_label": "Active",
    "activity_flag": [["Passive", "< 3"], ["Active", "otherwise"]],
    "loyalty_flag": [["Devoted", "> 4"], ["Casual", "otherwise"]],
    "income_group": [["Poor", "< third_quartile"], ["Rich", "otherwise"]],
    "price_range": [["Dear", "> 7"], ["Cheap", "otherwise"]],
    "phenomenon": {
        "high_traffic_and_value": "Sun",
        "high_traffic": "Wind",
        "high_value": "Rain",
        "neither": "Fog",
    },
    "min_pair_orders": 1,
}
ODD_NAMES = {
    "Pears": "=1+1",
    "Bananas": "a\x01b",
    "Plums": "+1",
    "Pretzels": "@SUM(A1)",
}

# What takes a build of its own.
BUILT = {"demo", "odd", "single", "sample"}

# Builds a raw package with some vars, and gives its database.
Build = Callable[..., Path]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what needs a build of its own."""
    for item in items:
        if BUILT.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)


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
def build(warehouse: Warehouse, session_dir: Path) -> Build:
    """Builds a package, and gives its database under the name its views know."""

    def run(name: str, raw_dir: Path, **variables: object) -> Path:
        warehouse.database.unlink(missing_ok=True)
        done = warehouse.dbt(
            "build", raw_dir, *WITHOUT_TESTS, "--vars", json.dumps(variables)
        )
        assert done.succeeded, done.output + done.error
        folder = session_dir / f"report_{name}"
        folder.mkdir()
        return Path(shutil.move(warehouse.database, folder / "instacart.duckdb"))

    return run


@pytest.fixture(scope="session")
def tiny_databases(baselines: dict[str, Built], session_dir: Path) -> dict[str, Path]:
    """Both good packages, under the name that their views know."""
    found = {}
    for name, built in baselines.items():
        folder = session_dir / f"report_tiny_{name}"
        folder.mkdir()
        found[name] = Path(shutil.copyfile(built.database, folder / "instacart.duckdb"))
    return found


@pytest.fixture(scope="session")
def tiny(tiny_databases: dict[str, Path], export: Export) -> Report:
    database = tiny_databases["careerfoundry"]
    return export(database, database.with_name("Final Report.xlsx"))


@pytest.fixture(scope="session")
def kaggle(tiny_databases: dict[str, Path], export: Export) -> Report:
    database = tiny_databases["kaggle"]
    return export(database, database.with_name("Final Report.xlsx"))


@pytest.fixture(scope="session")
def demo(build: Build, export: Export, session_dir: Path) -> Report:
    """Synthetic data of a thousand customers."""
    raw = session_dir / "report_raw"
    generate.generate(raw, "careerfoundry", SCALE, seed=3)
    database = build("demo", raw)
    return export(database, database.with_name("Final Report.xlsx"))


@pytest.fixture(scope="session")
def odd(build: Build, export: Export, session_dir: Path) -> Report:
    """Other labels and bounds, no ages, one region, and odd names."""
    raw = conftest.write_careerfoundry(session_dir / "report_raw_odd")
    products = conftest.PRODUCTS
    for old, new in ODD_NAMES.items():
        products = products.replace(old, new)
    (raw / "products.csv").write_text(products)
    header, *customers = conftest.CUSTOMERS.splitlines()
    for number, line in enumerate(customers):
        cells = line.split(",")
        cells[4:6] = ["Alabama", ""]
        customers[number] = ",".join(cells)
    (raw / "customers.csv").write_text("\n".join([header, *customers, ""]))
    database = build("odd", raw, **OTHER_VARS)
    return export(database, database.with_name("Final Report.xlsx"))


@pytest.fixture(scope="session")
def single(build: Build, export: Export, session_dir: Path) -> Report:
    """One customer with one order of one product; nothing is known of them."""
    raw = conftest.write_careerfoundry(session_dir / "report_raw_single")
    header, first, *_ = conftest.CUSTOMERS.splitlines()
    unknown = [*first.split(",")[:3], "", "", "", "1/31/2017", "", "", ""]
    (raw / "customers.csv").write_text(f"{header}\n{','.join(unknown)}\n")
    for name in ("orders.csv", "orders_products_prior.csv"):
        lines = (raw / name).read_text().splitlines()
        (raw / name).write_text(f"{lines[0]}\n{lines[1]}\n")
    database = build("single", raw)
    return export(database, database.with_name("Final Report.xlsx"))


@pytest.fixture(scope="session")
def sample(build: Build, export: Export) -> Report:
    """The course's sample of the real data."""
    database = build("sample", SAMPLES / "careerfoundry-sample")
    return export(database, database.with_name("Final Report.xlsx"))


@pytest.fixture(
    params=[
        *("tiny", "kaggle"),
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("demo", "odd")),
    ]
)
def each(request: pytest.FixtureRequest) -> Report:
    report: Report = request.getfixturevalue(request.param)
    return report


@pytest.fixture
def changed(
    tiny_databases: dict[str, Path], export: Export, tmp_path: Path
) -> Iterator[Changed]:
    """The report of a copy of a warehouse that some statements have changed."""
    made: list[Report] = []

    def run(*statements: str, database: Path | None = None) -> Report:
        copy = change(database or tiny_databases["careerfoundry"], tmp_path, statements)
        made.append(export(copy, tmp_path / "Final Report.xlsx"))
        return made[-1]

    yield run
    for report in made:
        report.warehouse.connection.close()
