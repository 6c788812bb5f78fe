"""Spoilt packages: every kind of dirt, and a warehouse that comes to their truth."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import duckdb
import pytest
from instacart.synthetic import dirt
from support.packages import CUSTOMERS as LISTED_CUSTOMERS
from support.packages import PACKAGES, PRODUCTS
from support.warehouse import WITHOUT_TESTS, WITHOUT_UNIT_TESTS, Warehouse

SEED = 11
CUSTOMERS = 300
PRICES = {
    int(row["product_id"]): float(row["prices"])
    for row in csv.DictReader(PRODUCTS.splitlines())
}
# Rows that one of DuckDB's threads takes at a time.
ROW_GROUP = 122_880
LOOKED_AT = (
    *("+rejected_rows", "+file_row_counts", "+dim_customers"),
    *("+fct_orders", "+fct_order_products"),
)
LINE_FILES = {
    "careerfoundry": {0: "orders_products_prior.csv"},
    "kaggle": {0: "order_products__prior.csv", 1: "order_products__train.csv"},
}


def clean_tables(
    customers: int = CUSTOMERS, threads: int = 2, package: str = "kaggle"
) -> duckdb.DuckDBPyConnection:
    """The generator's tables: 2 to 50 orders a customer, 1 to 12 of 13 products each.

    A fifth of the customers have two orders, so that some lose all. Order ids depend on
    the number of customers, as the generator's do.
    """
    con = duckdb.connect()
    con.execute(f"SET threads = {threads}")
    con.execute(f"""
        CREATE TABLE numbered AS
        SELECT user_id, prior, number,
            1 + row_number() OVER (ORDER BY user_id DESC, number DESC) AS order_id
        FROM (SELECT user_id, greatest(user_id * 7 % 60 - 10, 1) AS prior
            FROM range(1, {customers + 1}) AS users (user_id)),
            LATERAL (SELECT unnest(range(1, prior + 2)) AS number)
        ORDER BY user_id, number
    """)
    con.execute("""
        CREATE TABLE orders AS
        SELECT order_id::INTEGER AS order_id, user_id::INTEGER AS user_id,
            (CASE WHEN number <= prior THEN 0 ELSE 1 + user_id % 2 END)::TINYINT
                AS eval_set,
            number::TINYINT AS order_number, ((user_id + number) % 7)::TINYINT AS dow,
            (user_id * number % 24)::TINYINT AS hour,
            (CASE WHEN number = 1 THEN -1 ELSE user_id * number % 31 END)::TINYINT
                AS days
        FROM numbered
    """)
    con.execute(f"""
        CREATE TABLE lines AS
        SELECT order_id, ((user_id + number * 3 + cart_position) % 13 + 1)::INTEGER
                AS product_id, cart_position::SMALLINT AS cart_position,
            ((user_id + number * cart_position) % 2)::TINYINT AS reordered, eval_set
        FROM orders JOIN numbered USING (order_id, user_id),
            LATERAL (SELECT unnest(range(1, 2 + (user_id + number) % 12))
                AS cart_position)
        WHERE eval_set < {1 if package == "careerfoundry" else 2}
    """)
    return con


def write_files(
    con: duckdb.DuckDBPyConnection, folder: Path, level: int, package: str = "kaggle"
) -> dict[str, bytes]:
    """Write the files of orders and order products; return what is in them."""
    folder.mkdir(parents=True, exist_ok=True)
    queries = {"orders.csv": dirt.orders_query(level)} | {
        name: dirt.lines_query(eval_set, level)
        for eval_set, name in LINE_FILES[package].items()
    }
    for name, query in queries.items():
        con.execute(f"COPY ({query}) TO '{folder / name}' (FORMAT csv, HEADER)")
    return {name: (folder / name).read_bytes() for name in queries}


def spoilt_rows(con: duckdb.DuckDBPyConnection) -> set[tuple]:
    """Customer, order number, product (0 for an order) and kind of all spoilt rows."""
    return set(
        con.execute("""
            WITH every AS (FROM orders UNION FROM (SELECT * EXCLUDE kind
                FROM spoilt_orders))
            SELECT user_id, order_number, product_id, kind
            FROM spoilt_lines JOIN every USING (order_id)
            UNION ALL SELECT user_id, order_number, 0, kind FROM spoilt_orders
        """).fetchall()
    )


def test_level_0_changes_nothing(tmp_path: Path) -> None:
    con = clean_tables()
    before = [con.execute(f"FROM {name}").fetchall() for name in ("orders", "lines")]
    outcome = dirt.spoil(con, 0, SEED)
    after = [con.execute(f"FROM {name}").fetchall() for name in ("orders", "lines")]
    assert after == before
    for counts in (outcome["orders"], outcome["order_products"]):
        assert {*counts["rows"].values(), *counts["rejected"].values()} == {0}
        assert counts["duplicates_removed"] == 0
    files = write_files(con, tmp_path, 0)
    orders = [
        f"{order},{user},{dirt.EVAL_SETS[eval_set]},{number},{dow},{hour:02},"
        + (f"{days}.0" if days >= 0 else "")
        for order, user, eval_set, number, dow, hour, days in before[0]
    ]
    header = ",".join(dirt.ORDERS.columns)
    assert files["orders.csv"].decode().splitlines() == [header, *orders]
    for eval_set, name in LINE_FILES["kaggle"].items():
        lines = sorted(line for line in before[1] if line[4] == eval_set)
        lines.sort(key=lambda line: (line[0], line[2]))
        found = files[name].decode().splitlines()
        assert found[0] == "order_id,product_id,add_to_cart_order,reordered"
        assert found[1:] == [",".join(map(str, line[:4])) for line in lines]


def test_another_level_is_refused() -> None:
    with pytest.raises(ValueError, match="level must be 0, 1, 2 or 3"):
        dirt.spoil(clean_tables(3), 4, SEED)


@pytest.mark.parametrize("level", [1, 2, 3])
def test_every_kind_is_there_at_its_rate(level: int) -> None:
    con = clean_tables()
    totals = {
        "orders": con.execute("SELECT count(*) FROM orders").fetchone()[0],
        "order_products": con.execute("SELECT count(*) FROM lines").fetchone()[0],
    }
    outcome = dirt.spoil(con, level, SEED)
    for name, data in (("orders", dirt.ORDERS), ("order_products", dirt.LINES)):
        rows = outcome[name]["rows"]
        for kind in data.kinds().values():
            wanted = totals[name] / dirt.ONE_IN[level]
            assert 1 <= rows[kind.name] < 3 * wanted + 6, kind
            assert level < 3 or rows[kind.name] > wanted / 2, kind
    # An order or order product that can't be used is gone, and only that.
    lost = sum(outcome["orders"]["rows"][k.name] for k in dirt.ORDERS.replaced)
    assert con.execute("SELECT count(*) FROM orders").fetchone()[0] == (
        totals["orders"] - lost
    )
    lost = sum(outcome["order_products"]["rows"][k.name] for k in dirt.LINES.replaced)
    assert con.execute("SELECT count(*) FROM lines").fetchone()[0] == (
        totals["order_products"] - lost
    )


def test_few_rows_have_every_kind_too() -> None:
    outcome = dirt.spoil(clean_tables(3), 1, SEED)
    for name, data in (("orders", dirt.ORDERS), ("order_products", dirt.LINES)):
        rows = outcome[name]["rows"]
        assert {rows[kind.name] for kind in data.kinds().values()} == {1}


def test_same_seed_same_bytes_whatever_the_threads(tmp_path: Path) -> None:
    """Enough rows that several threads share them."""
    found = []
    for threads, seed in ((1, SEED), (2, SEED), (5, SEED), (2, SEED + 1)):
        con = clean_tables(1_200, threads)
        assert con.execute("SELECT count(*) FROM lines").fetchall()[0][0] > ROW_GROUP
        outcome = dirt.spoil(con, 2, seed)
        found.append((write_files(con, tmp_path, 2), outcome))
    assert found[0] == found[1] == found[2] != found[3]


def test_what_is_spoilt_does_not_depend_on_scale_and_grows_with_the_level() -> None:
    spoilt = {}
    for customers, level in ((150, 3), (800, 2), (800, 3)):
        con = clean_tables(customers)
        dirt.spoil(con, level, SEED)
        spoilt[customers, level] = spoilt_rows(con)
    assert spoilt[150, 3] == {row for row in spoilt[800, 3] if row[0] <= 150}
    assert spoilt[800, 2] < spoilt[800, 3]


def test_spoilt_rows_are_where_the_true_ones_were(tmp_path: Path) -> None:
    clean = write_files(clean_tables(), tmp_path, 0)
    con = clean_tables()
    outcome = dirt.spoil(con, 3, SEED)
    dirty = write_files(con, tmp_path, 3)
    copies = Counter()
    for name, content in clean.items():
        true, found = content.decode().splitlines(), dirty[name].decode().splitlines()
        at = {line: position for position, line in enumerate(true)}
        last = 0
        for line in found:
            position = at.get(line)
            if position is None:
                # One cell is not that of a row nearby: spoilt rows may follow another.
                nearby = true[last : last + 9]
                assert 1 in [changed_cells(line, row) for row in nearby], line
            elif position > last or line == found[0]:
                last = position
            else:
                assert last - position <= 3, line
                copies[name[:6]] += 1
    assert copies == {
        "orders": outcome["orders"]["duplicates_removed"],
        "order_": outcome["order_products"]["duplicates_removed"],
    }


def changed_cells(line: str, other: str) -> int:
    pairs = zip(line.split(","), other.split(","), strict=True)
    return sum(cell != true for cell, true in pairs)


@pytest.mark.parametrize(
    ("level", "package"), [(1, "kaggle"), (2, "careerfoundry"), (3, "kaggle")]
)
def test_a_warehouse_comes_to_the_truth(
    warehouse: Warehouse, tmp_path: Path, level: int, package: str
) -> None:
    raw_dir = PACKAGES[package](tmp_path / "raw")
    con = clean_tables(package=package)
    outcome = dirt.spoil(con, level, SEED)
    write_files(con, raw_dir, level, package)
    listed = None
    if package == "careerfoundry":
        listed = CUSTOMERS
        header, first, *_ = LISTED_CUSTOMERS.splitlines()
        rest = first.removeprefix("1")
        rows = [header, *(f"{n + 1}{rest}" for n in range(listed))]
        (raw_dir / "customers.csv").write_text("\r\n".join(rows) + "\r\n", "utf-8")
    warehouse.database.unlink(missing_ok=True)
    # All data tests pass on the dirtiest package; of the others only what is looked at
    # here is built.
    looked_at = ("--select", *LOOKED_AT, *WITHOUT_TESTS)
    selected = WITHOUT_UNIT_TESTS if level == 3 else looked_at
    run = warehouse.dbt("build", raw_dir, *selected)
    assert run.succeeded, run.output
    expected = dirt.expected(con, len(PRICES), listed)
    if level == 3:
        assert expected["customers"] < CUSTOMERS
        assert expected["customers_without_prior_orders"] > 0
    check_rows(warehouse, outcome)
    check_totals(warehouse, expected, package)


def check_rows(warehouse: Warehouse, outcome: dict) -> None:
    """Rows are rejected for the reasons planned, and copies are removed."""
    for dataset in ("orders", "order_products"):
        rejected = warehouse.query(
            "select reason, count(*) from data_quality.rejected_rows"
            f" where dataset = '{dataset}' group by reason"
        )
        assert dict(rejected) == outcome[dataset]["rejected"]
        assert warehouse.query(
            "select sum(duplicates_removed), sum(rows_rejected)"
            f" from data_quality.file_row_counts where dataset = '{dataset}'"
        ) == [(outcome[dataset]["duplicates_removed"], sum(dict(rejected).values()))]


def check_totals(warehouse: Warehouse, expected: dict, package: str) -> None:
    """The marts hold what is left, and of a conflict the true row."""
    sets = dict(
        warehouse.query("select eval_set, count(*) from marts.fct_orders group by 1")
    )
    assert sets == expected["orders_by_eval_set"]
    assert sum(sets.values()) == expected["orders"]
    *customers, revenue = warehouse.query("""
        select
            count(*),
            count(*) filter (order_count = 0),
            count(*) filter (activity_flag = 'High activity'),
            sum(total_spend)
        from marts.dim_customers
    """)[0]
    assert customers == [
        expected["customers"],
        expected["customers_without_prior_orders"],
        expected["high_activity_customers"],
    ]
    flags = dict(
        warehouse.query(
            "select loyalty_flag, count(*) from marts.dim_customers group by 1"
        )
    )
    flags.pop("No orders", None)
    assert flags == {
        f"{name.capitalize()} customer": number
        for name, number in expected["loyalty"].items()
    }
    assert warehouse.query("""
        select
            count(*),
            count(*) filter (is_analysed),
            count(*) filter (is_reordered),
            count(*) filter (is_analysed and is_reordered)
        from marts.fct_order_products
    """) == [
        (
            expected["order_products"],
            expected["prior_order_products"],
            expected["reordered_order_products"],
            expected["reordered_prior_order_products"],
        )
    ]
    bought = expected["product_lines"].tolist()
    assert dict(enumerate(bought, 1)) == dict(
        warehouse.query(
            "select product_id, count(*) from marts.fct_order_products"
            " where is_analysed group by 1"
        )
    )
    if package == "careerfoundry":
        total = sum(n * PRICES[product] for product, n in enumerate(bought, 1))
        assert float(revenue) == pytest.approx(total, abs=0.005)
    # clean_tables' rule for hours and places, which conflicts break.
    assert warehouse.query(
        "select count(*) from marts.fct_orders"
        " where hour_of_day <> customer_id * order_number % 24"
    ) == [(0,)]
    assert warehouse.query(
        "select count(*) from marts.fct_order_products inner join marts.fct_orders"
        " using (order_id) where product_id <> 1 + (fct_orders.customer_id"
        " + order_number * 3 + cart_position) % 13"
    ) == [(0,)]
