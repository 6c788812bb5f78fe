"""Fabricated raw packages, and dbt to build a warehouse from them.

dbt runs inside the test process with one parsed project per worker: parsing costs
more than building thirteen orders.
"""

from __future__ import annotations

import fnmatch
import gc
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

PROJECT_DIR = Path(__file__).resolve().parents[2]
WITHOUT_TESTS = ["--exclude-resource-type", "test", "unit_test"]
PUBLISHED_SCHEMAS = ("marts", "data_quality")

# Words that occur nowhere else, so that finding one in a database proves a leak.
CUSTOMER_NAMES = {
    1: ("Quillonda", "Zarvekian"),
    2: ("Brixomar", "Yelthorne"),
    3: ("", "Vuxendahl"),
    4: ("Ophrennia", "Kwazibor"),
}

CUSTOMERS = f"""\
user_id,First Name,Surnam,Gender,STATE,Age,date_joined,n_dependants,fam_status,income
1,{",".join(CUSTOMER_NAMES[1])},Female,Alabama,30,1/31/2017,0,single,50000
2,{",".join(CUSTOMER_NAMES[2])},Male,Alaska,50,12/1/2018,2,married,90000
3,{",".join(CUSTOMER_NAMES[3])},Female,Maine,70,4/1/2020,3,married,120000
4,{",".join(CUSTOMER_NAMES[4])},Male,Ohio,20,7/4/2019,1,married,70000
"""

# Customers 1 and 2 are of high activity, 3 is of low, and 4 never ordered.
ORDERS = """\
order_id,user_id,eval_set,order_number,order_dow,order_hour_of_day,days_since_prior_order
101,1,prior,1,0,08,
102,1,prior,2,0,09,7.0
103,1,prior,3,0,09,7.0
104,1,prior,4,1,10,15.0
105,1,prior,5,2,11,30.0
106,1,train,6,2,12,5.0
201,2,prior,1,0,08,
202,2,prior,2,1,09,1.0
203,2,prior,3,1,14,0.0
204,2,prior,4,3,15,3.0
205,2,prior,5,4,16,4.0
206,2,test,6,5,17,6.0
301,3,prior,1,6,20,
302,3,prior,2,6,21,21.0
"""

ORDER_PRODUCTS_PRIOR = """\
order_id,product_id,add_to_cart_order,reordered
101,1,1,0
101,2,2,0
101,6,3,0
102,1,1,1
102,7,2,0
103,1,1,1
103,2,2,1
103,10,3,0
104,3,1,0
104,6,2,1
105,1,1,1
105,4,2,0
105,8,3,0
105,11,4,0
201,5,1,0
201,6,2,0
202,5,1,1
202,9,2,0
203,6,1,1
203,12,2,0
203,1,3,0
204,5,1,1
204,7,2,0
205,6,1,1
205,9,2,1
301,2,1,0
301,8,2,0
302,2,1,1
302,3,2,0
302,4,3,0
"""

ORDER_PRODUCTS_TRAIN = """\
order_id,product_id,add_to_cart_order,reordered
106,1,1,1
106,9,2,0
"""

# Nobody bought product 13, and aisle 28 has the median price 18.0 with and without it.
PRODUCTS = """\
product_id,product_name,aisle_id,department_id,prices
1,Bananas,24,4,1.0
2,"Apples, red",24,4,2.0
3,Pears,24,4,3.0
4,Plums,24,4,4.0
5,Dates,24,4,9.0
6,Salted Chips,107,19,4.5
7,Corn Chips,107,19,5.5
8,Pretzels,107,19,7.5
9,"Family ""Big"" Chips",107,19,12.0
10,Merlot,28,5,14.0
11,Rioja,28,5,18.0
12,Barolo,28,5,22.0
13,Cava,28,5,18.0
"""

WIDE_DEPARTMENTS = """\
department_id,4,5,19
department,produce,alcohol,snacks
"""

LONG_DEPARTMENTS = """\
department_id,department
4,produce
5,alcohol
19,snacks
"""

AISLES = """\
aisle_id,aisle
24,fresh fruits
28,red wines
107,chips pretzels
"""


def write_careerfoundry(folder: Path) -> Path:
    """Write the course's package: products and customers end their lines with CRLF."""
    folder.mkdir(parents=True)
    files = {
        "orders.csv": ORDERS,
        "orders_products_prior.csv": ORDER_PRODUCTS_PRIOR,
        "products.csv": PRODUCTS.replace("\n", "\r\n"),
        "departments.csv": WIDE_DEPARTMENTS,
        "customers.csv": CUSTOMERS.replace("\n", "\r\n"),
    }
    for name, text in files.items():
        (folder / name).write_bytes(text.encode())
    return folder


def write_kaggle(folder: Path) -> Path:
    """Write Kaggle's package: no customers, no prices, two order products files."""
    folder.mkdir(parents=True)
    unpriced = "".join(f"{line.rpartition(',')[0]}\n" for line in PRODUCTS.splitlines())
    files = {
        "orders.csv": ORDERS,
        "order_products__prior.csv": ORDER_PRODUCTS_PRIOR,
        "order_products__train.csv": ORDER_PRODUCTS_TRAIN,
        "products.csv": unpriced,
        "departments.csv": LONG_DEPARTMENTS,
        "aisles.csv": AISLES,
    }
    for name, text in files.items():
        (folder / name).write_bytes(text.encode())
    return folder


PACKAGES: dict[str, Callable[[Path], Path]] = {
    "careerfoundry": write_careerfoundry,
    "kaggle": write_kaggle,
}

Snapshot = dict[str, list[dict]]


@dataclass
class DbtRun:
    """How a dbt command ended, everything it printed, and what stopped it."""

    succeeded: bool
    output: str
    error: str


@dataclass
class Built:
    """A good package's warehouse, to compare others with."""

    raw_dir: Path
    database: Path
    tables: Snapshot


def is_compared(model_path: str) -> bool:
    """Whether every corruption is compared by this model's table.

    What stands on reports is not: it would build them all, three hundred times.
    """
    return model_path.startswith(
        ("models/marts/core", "models/data_quality")
    ) and not model_path.startswith("models/data_quality/published")


def changed_files(raw_dir: Path, other: Path) -> set[str]:
    """Names of the files that two packages don't share."""
    contents = [
        {(path.name, path.read_bytes()) for path in folder.iterdir()}
        for folder in (raw_dir, other)
    ]
    return {name for name, _ in contents[0] ^ contents[1]}


class Warehouse:
    """One database file per worker, which dbt builds in this process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "instacart.duckdb"
        self.temp_dir = folder / "temp"
        self.manifest: Manifest | None = None
        self.run_number = 0
        folder.mkdir(parents=True, exist_ok=True)

    def dbt(self, command: str, raw_dir: Path, *arguments: str) -> DbtRun:
        """Run one dbt command on a raw package, as a user's shell would."""
        self.run_number += 1
        lines: list[str] = []
        environment = {
            "INSTACART_DB": str(self.database),
            "INSTACART_TEMP_DIR": str(self.temp_dir),
            "INSTACART_RAW_DIR": str(raw_dir),
            "INSTACART_DBT_THREADS": "1",
            "INSTACART_THREADS": "1",
        }
        options = [
            *("--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR)),
            *("--target-path", str(self.folder / "target")),
            *("--log-path", str(self.folder / "logs")),
            *(
                "--log-level-file",
                "none",
                "--log-level",
                "none",
                "--no-use-colors",
                "--no-write-json",
            ),
        ]
        runner = dbtRunner(
            manifest=self.manifest,
            callbacks=[
                lambda event: (
                    lines.append(event.info.msg)
                    if event.info.level in ("info", "warn", "error")
                    else None
                )
            ],
        )
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            patch.chdir(PROJECT_DIR)
            result = runner.invoke([command, *options, *arguments])
        # An open handle would keep the checks below from opening the file.
        DuckDBConnectionManager.close_all_connections()
        if command == "parse":
            self.manifest = result.result
        return DbtRun(result.success, "\n".join(lines), str(result.exception or ""))

    def parse(self, raw_dir: Path) -> None:
        """Read the project once; later commands reuse what was read."""
        run = self.dbt("parse", raw_dir, "--no-partial-parse")
        assert run.succeeded, run.output
        # The manifest is large and lives on: the collector need not walk it again.
        gc.freeze()

    def rebuild(self, raw_dir: Path, baseline: Built) -> DbtRun:
        """Build what can differ from a baseline, by dbt's own lineage.

        Views stay, as they hold no rows; so do reports, which full builds cover. The
        tables to build are dropped first, so that none can be left over in silence.
        """
        self.restore(baseline.database)
        names = self.tables_below(changed_files(raw_dir, baseline.raw_dir))
        with duckdb.connect(str(self.database)) as connection:
            for schema, name in names:
                connection.execute(f'drop table "{schema}"."{name}"')
        if not names:
            # The files are looked at for a model that reads them.
            core = ("path:models/marts/core", "stg_instacart__files")
            return self.dbt("run", raw_dir, "--select", *core)
        return self.dbt("run", raw_dir, "--select", *(name for _, name in names))

    def tables_below(self, files: set[str]) -> list[tuple[str, str]]:
        """Schema and name of the tables that some raw files feed."""
        assert self.manifest is not None
        nodes = self.manifest.nodes
        reached = {
            key
            for key, source in self.manifest.sources.items()
            for pattern in source.meta.get("files", [])
            if fnmatch.filter((file.removesuffix(".gz") for file in files), pattern)
        }
        waiting = list(reached)
        while waiting:
            children = set(self.manifest.child_map[waiting.pop()]) - reached
            reached |= children
            waiting += children
        needed = {
            key
            for key, node in nodes.items()
            if node.resource_type == "model" and is_compared(node.original_file_path)
        }
        waiting = list(needed)
        while waiting:
            parents = set(self.manifest.parent_map[waiting.pop()]) - needed
            needed |= parents
            waiting += parents
        return [
            (nodes[key].schema, nodes[key].name)
            for key in sorted(reached & needed)
            if key in nodes
            and nodes[key].resource_type == "model"
            and nodes[key].config.materialized == "table"
        ]

    def restore(self, database: Path) -> None:
        """Start from another database, as a user who has built one before."""
        shutil.copyfile(database, self.database)

    def query(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def snapshot(self, schemas: tuple[str, ...] = PUBLISHED_SCHEMAS) -> Snapshot:
        """All rows of all tables and views of some schemas, in a stable order."""
        found: Snapshot = {}
        with duckdb.connect(str(self.database), read_only=True) as connection:
            tables = connection.execute(
                "select table_schema, table_name from information_schema.tables "
                "where list_contains($schemas, table_schema) order by all",
                {"schemas": list(schemas)},
            ).fetchall()
            for schema, table in tables:
                relation = connection.execute(f'from "{schema}"."{table}" order by all')
                columns = [column[0] for column in relation.description]
                found[f"{schema}.{table}"] = [
                    dict(zip(columns, row, strict=True)) for row in relation.fetchall()
                ]
        return found

    def all_text(self) -> Iterator[tuple[str, str]]:
        """Every text cell of every stored table, and of every view but the raw ones.

        The raw views only point to the files; nothing of them is in the database.
        """
        with duckdb.connect(str(self.database), read_only=True) as connection:
            tables = connection.execute(
                "select table_schema, table_name from information_schema.tables "
                "where table_schema <> 'raw'"
            ).fetchall()
            for schema, table in tables:
                for row in connection.execute(f'from "{schema}"."{table}"').fetchall():
                    for cell in row:
                        if isinstance(cell, str):
                            yield f"{schema}.{table}", cell


@pytest.fixture(scope="session")
def session_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("packages")


@pytest.fixture(scope="session")
def warehouse(session_dir: Path) -> Warehouse:
    """The worker's warehouse, with the project parsed."""
    built = Warehouse(session_dir / "warehouse")
    built.parse(session_dir)
    return built


@pytest.fixture(scope="session")
def baselines(session_dir: Path, warehouse: Warehouse) -> dict[str, Built]:
    """Both good packages, built; that dbt's own tests pass is a test of its own."""
    found = {}
    for name, write in PACKAGES.items():
        raw_dir = write(session_dir / name)
        warehouse.database.unlink(missing_ok=True)
        run = warehouse.dbt("build", raw_dir, *WITHOUT_TESTS)
        assert run.succeeded, run.output
        database = session_dir / f"{name}.duckdb"
        shutil.copyfile(warehouse.database, database)
        found[name] = Built(raw_dir, database, warehouse.snapshot())
    return found
