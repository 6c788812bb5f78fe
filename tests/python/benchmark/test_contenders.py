"""The benchmark's contenders give the warehouse's answers."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from instacart.config import PROJECT_DIR
from instacart.synthetic import generate
from support.packages import PACKAGES
from support.warehouse import WITHOUT_TESTS, Built, Warehouse

SCALE = 0.002
CONTENDERS = {
    "pandas": ("pandas_course.py",),
    "pandas with strings": ("pandas_course.py", "--labels", "strings"),
    "pandas, tuned": ("pandas_tuned.py",),
    "polars": ("polars_course.py",),
}
MODELS = (
    *("dim_customers", "dim_products", "fct_orders", "fct_order_products"),
    "rpt_departments",
)
ROW_FLAGS = {
    "price_range": "dim_products",
    "busiest_day": "fct_orders",
    "busiest_days": "fct_orders",
    "busiest_period_of_day": "fct_orders",
}
ANSWERS = {
    "answers_customers": """
        select customer_id, loyalty_flag, spending_flag, order_frequency_flag,
            activity_flag, region, age_group, income_group, customer_profile
        from marts.dim_customers order by customer_id""",
    "answers_departments": """
        select department, order_product_count, revenue
        from marts.rpt_departments order by department""",
    "answers_rows": " union all ".join(
        f"""
        select '{flag}' as flag, {table}.{flag} as "label",
            count(*) as order_product_count
        from marts.fct_order_products
        inner join marts.fct_orders using (order_id)
        inner join marts.dim_products using (product_id)
        where fct_order_products.is_analysed group by all"""
        for flag, table in ROW_FLAGS.items()
    )
    + ' order by flag, "label"',
}


@pytest.fixture(scope="session")
def packages(
    warehouse: Warehouse, baselines: dict[str, Built], session_dir: Path
) -> dict[str, tuple[Path, Path]]:
    """Raw files and warehouse of both tiny packages and of a generated one.

    The tiny ones have a customer without orders. The generated one, the course's, has
    orders and order products twice, and some of no order or product.
    """
    found = {name: (built.raw_dir, built.database) for name, built in baselines.items()}
    raw_dir = session_dir / "contended"
    generate.generate(raw_dir, "careerfoundry", SCALE, seed=5)
    spoil(raw_dir)
    warehouse.database.unlink(missing_ok=True)
    selected = ("--select", *(f"+{model}" for model in MODELS), *WITHOUT_TESTS)
    run = warehouse.dbt("build", raw_dir, *selected)
    assert run.succeeded, run.output
    database = raw_dir / "instacart.duckdb"
    shutil.move(warehouse.database, database)
    return found | {"generated": (raw_dir, database)}


def spoil(raw_dir: Path) -> None:
    """Repeat the last rows of two files, and add rows that belong to nothing."""
    for name, strays in (
        ("orders.csv", []),
        ("orders_products_prior.csv", ["99999999,1,1,0", "{order},99999999,90,0"]),
    ):
        path = raw_dir / name
        lines = path.read_text("utf-8").splitlines()
        order = lines[-1].split(",")[0]
        lines += lines[-3:] + [stray.format(order=order) for stray in strays]
        path.write_text("\n".join([*lines, ""]), "utf-8")


def run(contender: str, raw_dir: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """Start a contender as the benchmark does."""
    if contender == "polars":
        pytest.importorskip("polars")
    script, *options = CONTENDERS[contender]
    path = PROJECT_DIR / "scripts" / "benchmark" / "contenders" / script
    return subprocess.run(
        [sys.executable, path, "--raw", raw_dir, "--out", out, *options],
        capture_output=True,
        text=True,
        check=False,
    )


def check_answers(contender: str, raw_dir: Path, database: Path, out: Path) -> None:
    """Compare every row of the three answers with the warehouse's."""
    done = run(contender, raw_dir, out)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1 and str(out) in done.stdout
    with duckdb.connect() as warehouse:
        # The warehouse's views know it under this name.
        warehouse.execute(f"attach '{database}' as instacart (read_only)")
        warehouse.execute("use instacart")
        for name, query in ANSWERS.items():
            expected = warehouse.execute(query)
            header = [column[0] for column in expected.description]
            rows = [[text_of(cell) for cell in row] for row in expected.fetchall()]
            with (out / f"{name}.csv").open(newline="", encoding="utf-8") as file:
                assert list(csv.reader(file)) == [header, *rows], name


def text_of(cell: object) -> str:
    """Return a value as the answers write it."""
    if cell is None:
        return ""
    return f"{cell:.2f}" if isinstance(cell, Decimal) else str(cell)


@pytest.mark.parametrize("package", [*PACKAGES, "generated"])
@pytest.mark.parametrize("contender", CONTENDERS)
def test_answers_are_the_warehouse_s(
    contender: str,
    package: str,
    packages: dict[str, tuple[Path, Path]],
    tmp_path: Path,
) -> None:
    check_answers(contender, *packages[package], tmp_path)


@pytest.mark.parametrize(
    ("contender", "name"),
    [
        ("pandas", "orders.csv"),
        ("pandas, tuned", "orders_products_prior.csv"),
        ("polars", "orders.csv"),
    ],
)
def test_a_missing_file_is_named(
    contender: str, name: str, baselines: dict[str, Built], tmp_path: Path
) -> None:
    raw_dir = tmp_path / "raw"
    shutil.copytree(baselines["careerfoundry"].raw_dir, raw_dir)
    (raw_dir / name).unlink()
    done = run(contender, raw_dir, tmp_path / "out")
    sentence = f"expected {name} in {raw_dir}, found no such file; copy it there."
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{CONTENDERS[contender][0]}: {sentence}\n"
