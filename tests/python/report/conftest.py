"""Reports of unusual warehouses, built once, besides those that other folders share."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.packages import CUSTOMERS, PRODUCTS, write_careerfoundry
from support.warehouse import Built, Warehouse

from report.support import Build, Changed, Export, Report, change

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

# What the vars of verdicts change.
JUDGED = (
    *("rpt_hours_of_day", "rpt_department_hours", "rpt_product_pairs"),
    *("rpt_departments", "rpt_department_opportunities", "rpt_income_opportunities"),
    "rpt_phenomenon_departments",
    *("path:models/marts/customer_segments", "conditions_in_force"),
)


@pytest.fixture(scope="session")
def judged(
    warehouse: Warehouse, generated: dict[str, Built], export: Export, session_dir: Path
) -> Callable[..., Report]:
    """The report of the synthetic data, with some vars of verdicts set otherwise."""
    known: dict[str, Report] = {}

    def run(**variables: float) -> Report:
        name = json.dumps(variables)
        if name not in known:
            built = generated["careerfoundry"]
            warehouse.restore(built.database)
            done = warehouse.dbt(
                "run", built.raw_dir, "--select", *JUDGED, "--vars", name
            )
            assert done.succeeded, done.output + done.error
            folder = session_dir / f"judged_{len(known)}"
            folder.mkdir()
            database = shutil.move(warehouse.database, folder / "instacart.duckdb")
            known[name] = export(Path(database), folder / "Final Report.xlsx")
        return known[name]

    return run


@pytest.fixture(scope="session")
def odd(build: Build, export: Export, session_dir: Path) -> Report:
    """Other labels and bounds, no ages, one region, and odd names."""
    database = build("odd", write_odd, **OTHER_VARS)
    return export(database, session_dir / "Odd.xlsx")


def write_odd(folder: Path) -> Path:
    raw = write_careerfoundry(folder)
    products = PRODUCTS
    for old, new in ODD_NAMES.items():
        products = products.replace(old, new)
    (raw / "products.csv").write_text(products)
    header, *customers = CUSTOMERS.splitlines()
    for number, line in enumerate(customers):
        cells = line.split(",")
        cells[4:6] = ["Alabama", ""]
        customers[number] = ",".join(cells)
    (raw / "customers.csv").write_text("\n".join([header, *customers, ""]))
    return raw


@pytest.fixture(scope="session")
def single(build: Build, export: Export, session_dir: Path) -> Report:
    """One customer with one order of one product; nothing is known of them."""
    return export(build("single", write_single), session_dir / "Single.xlsx")


def write_single(folder: Path) -> Path:
    raw = write_careerfoundry(folder)
    header, first, *_ = CUSTOMERS.splitlines()
    unknown = [*first.split(",")[:3], "", "", "", "1/31/2017", "", "", ""]
    (raw / "customers.csv").write_text(f"{header}\n{','.join(unknown)}\n")
    for name in ("orders.csv", "orders_products_prior.csv"):
        lines = (raw / name).read_text().splitlines()
        (raw / name).write_text(f"{lines[0]}\n{lines[1]}\n")
    return raw


@pytest.fixture(params=["tiny", "kaggle", "demo", "odd"])
def each(request: pytest.FixtureRequest, warehouse: Warehouse) -> Report:
    """Each of these; `warehouse` tells pytest that it takes a build."""
    report: Report = request.getfixturevalue(request.param)
    return report


@pytest.fixture
def changed(tiny: Report, export: Export, tmp_path: Path) -> Iterator[Changed]:
    """The report of a copy of a warehouse that some statements have changed."""
    made: list[Report] = []

    def run(*statements: str, database: Path | None = None) -> Report:
        copy = change(database or tiny.database, tmp_path, statements)
        made.append(export(copy, tmp_path / "Final Report.xlsx"))
        return made[-1]

    yield run
    for report in made:
        report.warehouse.connection.close()
