"""What an analyst waits for: one mart changed, and new data arrived."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import duckdb
from instacart.checksums import Tables
from instacart.warehouse import literal

from benchmark import answers
from benchmark.measure import apart
from benchmark.rounds import (
    DATABASE,
    PROJECT_DIR,
    WITHOUT_TESTS,
    Place,
    duckdb_memory,
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


def analysts_loop(place: Place) -> dict:
    """Edit a mart in a copy of the project and build it alone, EDITS times.

    place.work: folder of the demo, whose files are generated if need be. Returns the
    mart's name, seconds of the wall clock per build, and of dbt's own clock.
    """
    truth = generated(place.raw, DEMO_SCALE, place.report)
    project, folder = place.work / "project", place.work / "warehouse"
    for path in (project, folder):
        shutil.rmtree(path, ignore_errors=True)
    project.mkdir(parents=True)
    skipped = shutil.ignore_patterns("__pycache__")
    for name in PROJECT_PARTS:
        source = PROJECT_DIR / name
        if source.is_dir():
            shutil.copytree(source, project / name, ignore=skipped)
        else:
            shutil.copyfile(source, project / name)
    place.project = project
    place.dbt(folder, "loop-all", "build", *WITHOUT_TESTS)
    (mart,) = project.glob(f"models/marts/**/{MART}.sql")
    walls, elapsed, untested = [], [], []
    for number in range(1, 2 * EDITS + 1):
        with mart.open("a", encoding="utf-8") as sql:
            sql.write(f"-- edit {number}\n")
        command = "build" if number % 2 else "run"
        run = place.dbt(folder, f"loop-{number}", command, "--select", MART)
        if command == "run":
            untested.append(run.wall)
            continue
        results = read_json(folder / "target" / "run_results.json")
        walls.append(run.wall)
        elapsed.append(results["elapsed_time"])
    shutil.rmtree(project)
    shutil.rmtree(folder)
    return {
        "mart": MART,
        "walls": walls,
        "untested": untested,
        "elapsed": elapsed,
        "customers": truth["expected"]["customers"],
    }


# --- new data -------------------------------------------------------------------


def new_data(place: Place, marts: Tables) -> dict:
    """Deliver the package in two parts, and time what the second one costs.

    marts: checksums of the marts of a build on the whole. Returns rows of the second
    delivery, the wall seconds of the build on both (without tests), of the nodes that
    make the facts, the seconds of an incremental load in plain SQL, and the tables
    that differ from a build on the whole.
    """
    folder, raw = place.work / "deliveries", place.work / "deliveries" / "raw"
    shutil.rmtree(folder, ignore_errors=True)
    raw.mkdir(parents=True)
    late = apart(split_package, place.raw, raw, folder / "second")
    build = ("build", *WITHOUT_TESTS)
    place.dbt(folder, "deliveries-first", *build, raw=raw)
    before = folder / "before" / DATABASE
    before.parent.mkdir()
    shutil.copyfile(folder / DATABASE, before)
    for path in (folder / "second").iterdir():
        path.replace(raw / path.name)
    second = place.dbt(folder, "deliveries-second", *build, raw=raw)
    found = apart(answers.table_checksums, folder / DATABASE, ("marts",))
    facts = apart(seconds_of_facts, folder / "target")
    load = apart(incremental_load, before, raw, folder / DATABASE, place.limits.cores)
    shutil.rmtree(folder)
    return {
        **late,
        "second_wall": second.wall,
        "different_tables": answers.different_tables(marts, found),
        **facts,
        **load,
    }


def split_package(whole: Path, first: Path, second: Path) -> dict:
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
    with duckdb.connect() as connection:
        connection.execute("set memory_limit = '2GB'")
        connection.execute("set enable_progress_bar = false")
        connection.execute(f"set temp_directory = {literal(second)}")
        read = "read_csv({}, header = true, all_varchar = true, delim = ',')".format
        orders = read(literal(whole / "orders.csv"))
        lines = read(literal(products))
        connection.execute(f"""
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
            where orders.number >= last.number
                and orders.customer % {CUSTOMERS_PER_LATE_ORDER} = 0
        """)
        late = "order_id in (select order_id from late)"
        for source, condition, target in (
            (orders, f"not {late}", first / "orders.csv"),
            (lines, f"not {late}", first / products.name),
            (lines, late, second / SECOND_FILE),
        ):
            # order ids may be blank in spoilt files, which are in no delivery's list.
            connection.execute(
                f"copy (from {source} where coalesce({condition}, true))"
                f" to {literal(target)} (header, delimiter ',', quote '\"')"
            )
        query = f"select count(*), count(*) filter ({late}) from {{}}"
        orders_all, orders_late = connection.execute(query.format(orders)).fetchone()
        lines_all, lines_late = connection.execute(query.format(lines)).fetchone()
    return {
        "orders": orders_all,
        "late_orders": orders_late,
        "order_products": lines_all,
        "late_order_products": lines_late,
    }


def seconds_of_facts(target: Path) -> dict:
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


INCREMENTAL = {
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
    "append": "insert into incremental.facts from new_rows",
    "delete": """
        delete from incremental.facts
        using new_rows
        where facts.order_id = new_rows.order_id
            and facts.product_id = new_rows.product_id
    """,
    "insert": "insert into incremental.facts from new_rows",
}


def incremental_load(
    database: Path, raw: Path, whole: Path, cores: tuple[int, ...]
) -> dict:
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
    seconds = {}
    columns = "order_id, product_id, customer_id, is_analysed, cart_position"
    checksum = f"select count(*), sum(hash({columns}, is_reordered, price)) from {{}}"
    with duckdb.connect(str(database)) as built:
        built.execute(f"set memory_limit = '{duckdb_memory()}'")
        built.execute("set preserve_insertion_order = false")
        built.execute("set enable_progress_bar = false")
        built.execute(f"set threads = {len(cores)}")
        built.execute("create schema incremental")
        built.execute(
            "create table incremental.facts as"
            f" select {columns}, is_reordered, price from marts.fct_order_products"
        )
        built.execute("checkpoint")
        for step, statements in INCREMENTAL.items():
            start = time.perf_counter()
            for statement in built.extract_statements(statements.format(**files)):
                built.execute(statement)
            if step in ("append", "insert"):
                built.execute("checkpoint")
            seconds[step] = time.perf_counter() - start
            if step == "append":
                found = built.execute(checksum.format("incremental.facts")).fetchone()
    # Apart: a view names its database, which both files share.
    with answers.opened(whole) as other:
        expected = other.execute(checksum.format("marts.fct_order_products")).fetchone()
    return {
        "incremental": seconds,
        "same_rows": found == expected,
    }
