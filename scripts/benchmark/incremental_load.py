"""What an analyst waits for: one mart changed, and new data arrived."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import duckdb
from instacart.config import PROJECT_DIR
from instacart.warehouse import literal

from benchmark import answers
from benchmark.measure import in_own_process
from benchmark.rounds import (
    DATABASE,
    WITHOUT_TESTS,
    Json,
    Workspace,
    database_in,
    generated,
    read_json,
)

MART = "rpt_departments"
EDITS = 3
DEMO_SCALE = 0.01
PROJECT_PARTS = (
    *("models", "macros", "seeds", "tests", "analyses", "scripts"),
    *("dbt_project.yml", "profiles.yml"),
)
FACTS = ("fct_orders", "fct_order_products")
# The last analysed order of every so many-th customer comes with the second delivery.
CUSTOMERS_PER_LATE_ORDER = 3
SECOND_FILE = "order_products__2.csv"


# --- the analyst's loop ---------------------------------------------------------


def analysts_loop(space: Workspace) -> Json:
    """Edit a mart in a copy of the project and build it alone, EDITS times.

    space.work: folder of the demo, whose files are generated if need be. Returns the
    mart's name, seconds of the wall clock per build and, without its tests, per run,
    and of dbt's own clock.
    """
    truth = generated(space.raw, DEMO_SCALE, space.report)
    folder = space.work / "warehouse"
    shutil.rmtree(folder, ignore_errors=True)
    space.project = project_copy(space.work / "project")
    space.dbt(folder, "loop-all", "build", *WITHOUT_TESTS)
    (mart,) = space.project.glob(f"models/marts/**/{MART}.sql")
    found: Json = {"mart": MART, "walls": [], "untested": [], "elapsed": []}
    for number in range(1, 2 * EDITS + 1):
        with mart.open("a", encoding="utf-8") as sql:
            sql.write(f"-- edit {number}\n")
        command = "build" if number % 2 else "run"
        run = space.dbt(folder, f"loop-{number}", command, "--select", MART)
        if command == "run":
            found["untested"].append(run.wall)
            continue
        results = read_json(folder / "target" / "run_results.json")
        found["walls"].append(run.wall)
        found["elapsed"].append(results["elapsed_time"])
    shutil.rmtree(space.project)
    shutil.rmtree(folder)
    return found | {"customers": truth["expected"]["customers"]}


def project_copy(project: Path) -> Path:
    """Copy what dbt reads of the project into a folder, emptied before."""
    shutil.rmtree(project, ignore_errors=True)
    project.mkdir(parents=True)
    skipped = shutil.ignore_patterns("__pycache__")
    for name in PROJECT_PARTS:
        source = PROJECT_DIR / name
        if source.is_dir():
            shutil.copytree(source, project / name, ignore=skipped)
        else:
            shutil.copyfile(source, project / name)
    return project


# --- new data -------------------------------------------------------------------


def new_data(space: Workspace, marts: answers.Tables) -> Json:
    """Deliver the package in two parts, and time what the second one costs.

    marts: checksums of the marts of a build on the whole. Returns rows of the second
    delivery, the wall seconds of the build on both (without tests), of the nodes that
    make the facts, the seconds of an incremental load in plain SQL, and the tables
    that differ from a build on the whole.
    """
    folder, raw = space.work / "deliveries", space.work / "deliveries" / "raw"
    shutil.rmtree(folder, ignore_errors=True)
    raw.mkdir(parents=True)
    counts = in_own_process(split_package, space.raw, raw, folder / "second")
    build = ("build", *WITHOUT_TESTS)
    space.dbt(folder, "deliveries-first", *build, raw=raw)
    before = folder / "before" / DATABASE
    before.parent.mkdir()
    shutil.copyfile(database_in(folder), before)
    for path in (folder / "second").iterdir():
        path.replace(raw / path.name)
    second = space.dbt(folder, "deliveries-second", *build, raw=raw)
    whole, cores = database_in(folder), len(space.limits.cores)
    found = in_own_process(answers.table_checksums, whole, ("marts",))
    facts = in_own_process(seconds_of_facts, folder / "target")
    load = in_own_process(incremental_load, before, raw, whole, cores)
    shutil.rmtree(folder)
    return {
        **counts,
        "second_wall": second.wall,
        "different_tables": answers.different_tables(marts, found),
        **facts,
        **load,
    }


LATE_ORDERS = """
    create table late as
    with orders as (
        select *, try_cast(user_id as bigint) as customer,
            try_cast(order_number as bigint) as number
        from {orders}
    )
    select distinct orders.order_id from orders
    inner join (
        select customer, max(number) as number from orders
        where eval_set = 'prior' group by customer
    ) as last using (customer)
    where orders.number >= last.number and orders.customer % {one_in} = 0
"""


def split_package(whole: Path, first: Path, second: Path) -> dict[str, int]:
    """Write a package without some customers' last orders, and what completes it.

    first: gets a whole package; second: gets orders.csv of all and the order products
    that are lacking. Returns rows of the second delivery, and of all.
    """
    second.mkdir(parents=True)
    (products,) = whole.glob("orders_products_prior.csv")
    for path in whole.glob("*.csv"):
        if path.name not in ("orders.csv", products.name):
            (first / path.name).hardlink_to(path)
    shutil.copyfile(whole / "orders.csv", second / "orders.csv")
    with answers.connected(":memory:", first.with_name("tmp")) as connection:
        connection.execute("set preserve_insertion_order = true")
        read = "read_csv({}, header = true, all_varchar = true, delim = ',')".format
        orders, lines = read(literal(whole / "orders.csv")), read(literal(products))
        connection.execute(
            LATE_ORDERS.format(orders=orders, one_in=CUSTOMERS_PER_LATE_ORDER)
        )
        late = "order_id in (select order_id from late)"
        for source, condition, target in (
            (orders, f"not {late}", first / "orders.csv"),
            (lines, f"not {late}", first / products.name),
            (lines, late, second / SECOND_FILE),
        ):
            # Order ids may be blank in spoilt files, which are in no delivery's list.
            connection.execute(
                f"copy (from {source} where coalesce({condition}, true))"
                f" to {literal(target)} (header, delimiter ',', quote '\"')"
            )
        counts = {
            name: connection.execute(f"select count(*) from {rows}").fetchall()[0][0]
            for name, rows in {
                "orders": orders,
                "late_orders": f"{orders} where {late}",
                "order_products": lines,
                "late_order_products": f"{lines} where {late}",
            }.items()
        }
    return counts


def seconds_of_facts(target: Path) -> dict[str, float]:
    """Return the seconds of a build's nodes: those that make the facts, and all."""
    parents = read_json(target / "manifest.json")["parent_map"]
    seconds = {
        result["unique_id"]: result["execution_time"]
        for result in read_json(target / "run_results.json")["results"]
    }
    waiting = [key for key in seconds if key.split(".")[-1] in FACTS]
    needed: set[str] = set()
    while waiting:
        key = waiting.pop()
        if key in seconds and key not in needed:
            needed.add(key)
            waiting += parents.get(key, [])
    return {
        "facts_nodes": len(needed),
        "facts_seconds": sum(seconds[key] for key in needed),
        "nodes_seconds": sum(seconds.values()),
    }


COLUMNS = (
    "order_id, product_id, customer_id, is_analysed, cart_position, is_reordered, price"
)
APPEND = {
    "read": """
        create temp table new_orders as
        select
            cast(order_id as integer) as order_id,
            cast(user_id as integer) as customer_id,
            eval_set = 'prior' as is_analysed
        from read_csv({orders}, header = true, all_varchar = true, delim = ',') as new
        where not exists (
            select 1 from marts.fct_orders
            where fct_orders.order_id = cast(new.order_id as integer)
        );
        create temp table new_rows as
        select
            cast(new.order_id as integer) as order_id,
            cast(new.product_id as integer) as product_id,
            new_orders.customer_id,
            new_orders.is_analysed,
            cast(new.add_to_cart_order as integer) as cart_position,
            cast(new.reordered as integer) = 1 as is_reordered,
            dim_products.price
        from read_csv({lines}, header = true, all_varchar = true, delim = ',') as new
        inner join new_orders on cast(new.order_id as integer) = new_orders.order_id
        inner join marts.dim_products
            on cast(new.product_id as integer) = dim_products.product_id
    """,
    "check": """
        create temp table known_keys as
        select facts.order_id, facts.product_id
        from incremental.facts
        inner join new_rows using (order_id, product_id)
    """,
    "append": "insert into incremental.facts from new_rows; checkpoint",
}
REPLACE = {
    "delete": """
        delete from incremental.facts
        using new_rows
        where facts.order_id = new_rows.order_id
            and facts.product_id = new_rows.product_id
    """,
    "insert": "insert into incremental.facts from new_rows; checkpoint",
}


def incremental_load(
    database: Path, raw: Path, whole: Path, cores: int
) -> dict[str, Any]:
    """Load the second delivery into a built fact table; return seconds by step.

    The facts are copied first, untimed, since a warehouse may hold them in a view. The
    steps `read` (both files, joined with customers and prices), `check` (keys that are
    there already) and `append` are one way; `delete` and `insert`, once more on top,
    the other. `same_rows` says whether appending gave the facts of the warehouse
    `whole`.
    """
    files = {
        "orders": literal(raw / "orders.csv"),
        "lines": literal(raw / SECOND_FILE),
    }
    spilled = database.with_name("tmp")
    with answers.connected(
        database, spilled, read_only=False, threads=cores
    ) as connection:
        connection.execute("create schema incremental")
        connection.execute(
            "create table incremental.facts as"
            f" select {COLUMNS} from marts.fct_order_products"
        )
        connection.execute("checkpoint")
        seconds = {
            step: timed(connection, statements.format(**files))
            for step, statements in APPEND.items()
        }
        found = checksum(connection, "incremental.facts")
        seconds |= {
            step: timed(connection, statements.format(**files))
            for step, statements in REPLACE.items()
        }
    # Apart: a view names its database, which both files share.
    with answers.connected(whole, spilled) as other:
        expected = checksum(other, "marts.fct_order_products")
    return {"steps": seconds, "same_rows": found == expected}


def timed(connection: duckdb.DuckDBPyConnection, statements: str) -> float:
    """Execute statements and write what they changed; return the seconds."""
    start = time.perf_counter()
    for statement in connection.extract_statements(statements):
        connection.execute(statement)
    return time.perf_counter() - start


def checksum(
    connection: duckdb.DuckDBPyConnection, facts: str
) -> list[tuple[int, int]]:
    query = f"select count(*), sum(hash({COLUMNS})) from {facts}"
    return connection.execute(query).fetchall()
