"""The generated packages keep the rules of the real files and match truth.json."""

from __future__ import annotations

import html
import json
import re
import statistics
from pathlib import Path

import duckdb
import numpy as np
import pytest
from generated_packages import LINE_FILES, Package, check_customers, load
from instacart.synthetic import catalogue, generate
from instacart.synthetic import package as package_module

SCALE = 0.002

# Each query returns the rows that break one rule of the real files.
ORDER_RULES = {
    "order ids are 1..n": """
        SELECT count(*), max(order_id) FROM orders
        HAVING count(DISTINCT order_id) <> count(*) OR max(order_id) <> count(*)
            OR min(order_id) <> 1""",
    "file is sorted": """
        SELECT * FROM (SELECT user_id, order_number,
            lag((user_id, order_number)) OVER (ORDER BY row) AS last FROM orders)
        WHERE last >= (user_id, order_number)""",
    "order numbers are gap-free": """
        SELECT user_id FROM orders GROUP BY user_id
        HAVING min(order_number) <> 1 OR max(order_number) <> count(*)
            OR count(DISTINCT order_number) <> count(*)
            OR count(*) NOT BETWEEN 4 AND 100""",
    "the last order alone is train or test": """
        SELECT * FROM (SELECT *, max(order_number) OVER (PARTITION BY user_id) AS n
            FROM orders)
        WHERE (eval_set = 'prior') = (order_number = n)""",
    "days are null on first orders only": """
        SELECT * FROM orders WHERE (days IS NULL) <> (order_number = 1)
            OR days NOT BETWEEN 0 AND 30""",
    "weekdays follow from the gaps": """
        SELECT * FROM paced WHERE days < 30 AND (last_dow + days) % 7 <> dow""",
    "same-day orders don't go back": """
        SELECT * FROM paced WHERE days = 0 AND hour < last_hour""",
    "ranges": """
        SELECT * FROM orders WHERE dow NOT BETWEEN 0 AND 6
            OR hour NOT BETWEEN 0 AND 23""",
}
LINE_RULES = {
    "cart positions are gap-free": """
        SELECT order_id FROM lines GROUP BY order_id
        HAVING min(position) <> 1 OR max(position) <> count(*)
            OR count(DISTINCT position) <> count(*)""",
    "a product is once in an order": """
        SELECT order_id FROM lines GROUP BY order_id, product_id
        HAVING count(*) > 1""",
    "reordered means bought before": """
        SELECT * FROM (SELECT reordered, row_number() OVER (
                PARTITION BY user_id, product_id ORDER BY order_number) > 1 AS known
            FROM lines JOIN orders USING (order_id))
        WHERE reordered <> known::INTEGER""",
    "lines belong to orders of their file": """
        SELECT * FROM lines LEFT JOIN orders USING (order_id)
        WHERE orders.eval_set IS DISTINCT FROM file_set""",
    "every order has lines": """
        SELECT order_id FROM orders ANTI JOIN lines USING (order_id)
        WHERE eval_set IN (SELECT DISTINCT file_set FROM lines)""",
    "products are in the catalogue": """
        SELECT * FROM lines WHERE product_id NOT BETWEEN 1 AND 49688""",
}


@pytest.fixture(scope="module")
def careerfoundry(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return Package(tmp_path_factory.mktemp("careerfoundry"), "careerfoundry", SCALE)


@pytest.fixture(scope="module")
def kaggle(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return Package(tmp_path_factory.mktemp("kaggle"), "kaggle", SCALE)


@pytest.fixture(params=["careerfoundry", "kaggle"])
def package(request: pytest.FixtureRequest) -> Package:
    found: Package = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("rule", [*ORDER_RULES, *LINE_RULES])
def test_rules_of_the_real_files_hold(package: Package, rule: str) -> None:
    query = (ORDER_RULES | LINE_RULES)[rule]
    assert package.con.execute(query).fetchall()[:3] == []


def test_files_and_their_sizes_are_those_of_the_truth(package: Package) -> None:
    written = json.loads((package.folder / "truth.json").read_text("utf-8"))
    assert written == package.truth
    names = {path.name for path in package.folder.iterdir()}
    assert names == {*generate.PACKAGES[package.name], "truth.json"}
    for name, facts in package.truth["files"].items():
        assert (package.folder / name).stat().st_size == facts["bytes"]
        assert len(package.read(name)) == facts["rows"]


def test_forms_of_the_order_files(package: Package) -> None:
    first, second = (package.folder / "orders.csv").read_bytes().split(b"\n")[:2]
    assert first == (
        b"order_id,user_id,eval_set,order_number,order_dow,order_hour_of_day,"
        b"days_since_prior_order"
    )
    assert re.fullmatch(rb"\d+,1,prior,1,[0-6],[0-2]\d,", second)
    bad = "hour_text !~ '[0-2][0-9]' OR days_text !~ '[0-9]+[.]0'"
    bad = bad.replace("!~", "NOT SIMILAR TO")
    assert package.value(f"SELECT count(*) FROM orders WHERE {bad}") == 0
    for name in LINE_FILES[package.name]:
        data = (package.folder / name).read_bytes()
        assert data.startswith(b"order_id,product_id,add_to_cart_order,reordered\n")
        keys = [tuple(map(int, x.split(b",")[:3:2])) for x in data.split()[1:]]
        assert keys == sorted(keys)


def test_expected_totals_are_those_of_the_files(package: Package) -> None:
    expected = package.truth["expected"]
    sets = dict(
        package.con.execute(
            "SELECT eval_set, count(*) FROM orders GROUP BY 1"
        ).fetchall()
    )
    assert expected["customers"] == round(206_209 * SCALE)
    assert expected["customers"] == package.value(
        "SELECT count(DISTINCT user_id) FROM orders"
    )
    assert expected["orders_by_eval_set"] == sets
    assert expected["orders"] == sum(sets.values())
    lines = "SELECT count(*) FROM lines"
    assert expected["order_products"] == package.value(lines)
    prior = " WHERE file_set = 'prior'"
    assert expected["prior_order_products"] == package.value(lines + prior)
    again = "SELECT sum(reordered) FROM lines"
    assert expected["reordered_order_products"] == package.value(again)
    assert expected["reordered_prior_order_products"] == package.value(again + prior)
    loyalty = package.con.execute(
        "SELECT CASE WHEN n > 40 THEN 'loyal' WHEN n > 10 THEN 'regular' ELSE 'new'"
        " END, count(*), count(*) FILTER (n >= 5) FROM (SELECT count(*) AS n FROM"
        " orders WHERE eval_set = 'prior' GROUP BY user_id) GROUP BY 1"
    ).fetchall()
    assert expected["loyalty"] == {name: count for name, count, _ in loyalty}
    assert expected["high_activity_customers"] == sum(row[2] for row in loyalty)


def repaired(rows: list[dict[str, str]]) -> dict[int, dict[str, str]]:
    """Return true id -> row: the first row of a shared id belongs to the id before."""
    listed: dict[int, list[dict[str, str]]] = {}
    for row in rows:
        same = listed.setdefault(int(row["product_id"]), [])
        if row not in same:
            same.append(row)
    true = {}
    for number, same in listed.items():
        true[number] = same[-1]
        if len(same) == 2:
            true[number - 1] = same[0]
    return true


def test_expected_revenue_comes_from_the_repaired_files(careerfoundry: Package) -> None:
    true = repaired(careerfoundry.read("products.csv"))
    assert sorted(true) == list(range(1, 49_689))
    prices = {number: float(row["prices"]) for number, row in true.items()}
    for typo in (21553, 33664):
        aisle = true[typo]["aisle_id"]
        prices[typo] = statistics.median(
            float(row["prices"])
            for row in true.values()
            if row["aisle_id"] == aisle and float(row["prices"]) < 1_000
        )
    counts = careerfoundry.con.execute(
        "SELECT product_id, count(*) FROM lines GROUP BY 1"
    ).fetchall()
    revenue = round(sum(prices[number] * count for number, count in counts), 2)
    expected = careerfoundry.truth["expected"]["prior_revenue"]
    assert expected == pytest.approx(revenue, rel=0, abs=0.001)


def test_planted_product_defects_are_all_there(careerfoundry: Package) -> None:
    planted = careerfoundry.truth["planted"]
    rows = careerfoundry.read("products.csv")
    names = [row["product_name"] for row in repaired(rows).values()]
    distinct = {tuple(row.values()) for row in rows}
    assert len(rows) == 49_693
    assert len(rows) - len(distinct) == planted["duplicate_product_rows"] == 5
    assert {int(r["product_id"]) for r in rows if not r["product_name"]} == set(
        catalogue.UNNAMED_IDS
    )
    assert planted["missing_product_names"] == 16
    assert names.count("#NAME?") == planted["name_error_values"] == 1
    assert planted["misnumbered_products"] == [[6800, 6799], [26520, 26519]]
    places = [
        (int(row["product_id"]), int(row["aisle_id"]), int(row["department_id"]))
        for row in rows
        if row["product_id"] in ("6799", "6800", "26519", "26520", "21553", "33664")
    ]
    assert places == [
        *((6800, 64, 7), (6800, 92, 18), (21553, 108, 16)),
        *((26520, 80, 11), (26520, 21, 16), (33664, 84, 16)),
    ]
    typos = {r["product_id"]: float(r["prices"]) for r in rows}
    typos = {number: price for number, price in typos.items() if price > 100}
    assert typos == planted["mistyped_prices"]
    assert sum(html.unescape(n) != n for n in names) == planted["html_entity_names"]
    assert sum('\\"' in n for n in names) == planted["backslash_quote_names"] == 120
    assert sum("  " in n for n in names) == planted["double_blank_names"] == 408
    assert sum(not n.isascii() for n in names) == planted["non_ascii_names"] == 318
    raw = (careerfoundry.folder / "products.csv").read_bytes()
    assert raw.count(b"\r\n") == raw.count(b"\n") == 49_694
    assert len(re.findall(rb'^\d+,".*\\"".*",', raw, re.MULTILINE)) == 120
    assert b",108,16,14900\r\n" in raw


def test_every_planted_product_is_bought(careerfoundry: Package) -> None:
    planted = careerfoundry.truth["planted"]
    groups = {
        "misnumbered_lines": (6799, 26519),
        "collided_lines": (6800, 26520),
        "unnamed_lines": catalogue.UNNAMED_IDS,
        "duplicated_lines": catalogue.DUPLICATED_IDS,
        "mistyped_price_lines": tuple(catalogue.MISTYPED_PRICES),
        "name_error_lines": (catalogue.NAME_ERROR_ID,),
    }
    counts = dict(
        careerfoundry.con.execute(
            "SELECT product_id, count(*) FROM lines GROUP BY 1"
        ).fetchall()
    )
    for name, ids in groups.items():
        assert all(counts[number] > 0 for number in ids)
        assert planted[name] == sum(counts[number] for number in ids)


def test_kaggle_products_are_clean(kaggle: Package) -> None:
    rows = kaggle.read("products.csv")
    assert [int(row["product_id"]) for row in rows] == list(range(1, 49_689))
    names = [row["product_name"] for row in rows]
    assert len(set(names)) == 49_688
    assert not {"", "#NAME?"} & set(names)
    assert b"\r" not in (kaggle.folder / "products.csv").read_bytes()
    aisles = {row["aisle_id"] for row in kaggle.read("aisles.csv")}
    departments = {row["department_id"] for row in kaggle.read("departments.csv")}
    assert (len(aisles), len(departments)) == (134, 21)
    assert {row["aisle_id"] for row in rows} == aisles
    assert {row["department_id"] for row in rows} == departments
    assert kaggle.truth["expected"]["prior_revenue"] is None


def test_careerfoundry_departments_are_wide(careerfoundry: Package) -> None:
    data = (careerfoundry.folder / "departments.csv").read_bytes()
    header, row, rest = data.split(b"\r\n")
    assert header == b"department_id," + b",".join(b"%d" % n for n in range(1, 22))
    assert row.startswith(b"department,frozen,other,bakery,produce,")
    assert rest == b""


def test_customers_follow_the_published_rules(careerfoundry: Package) -> None:
    users = range(1, careerfoundry.truth["expected"]["customers"] + 1)
    missing = check_customers(careerfoundry.folder / "customers.csv", users)
    assert missing == careerfoundry.truth["planted"]["missing_first_names"] > 0


def test_kinds_of_products_have_their_published_share(careerfoundry: Package) -> None:
    goods, lines = catalogue.catalogue(), careerfoundry.con
    sold = np.zeros(catalogue.PRODUCTS, dtype=np.int64)
    for product, count in lines.execute(
        "SELECT product_id, count(*) FROM lines GROUP BY 1"
    ).fetchall():
        sold[product - 1] = count
    # Customers of a block that was cut are no sample of it: whole blocks only.
    found = np.bincount(goods.departments, sold) / sold.sum()
    published = np.bincount(goods.departments, goods.lines) / goods.lines.sum()
    assert np.abs(found - published).max() < 0.02


def test_affinities_are_those_of_the_files(careerfoundry: Package) -> None:
    assert len(careerfoundry.truth["affinities"]) >= 5
    orders = careerfoundry.truth["expected"]["orders_by_eval_set"]["prior"]
    for pair in careerfoundry.truth["affinities"]:
        one, two = pair["product_id_a"], pair["product_id_b"]
        assert one < two
        holds = f"(SELECT order_id FROM lines WHERE product_id = {one})"
        both = careerfoundry.value(
            f"SELECT count(*) FROM lines SEMI JOIN {holds} USING (order_id)"
            f" WHERE product_id = {two}"
        )
        assert both == pair["orders_with_both"] > 0
        chance = pair["orders_a"] * pair["orders_b"] / orders
        assert pair["lift"] == pytest.approx(both / chance, abs=0.01)
        assert pair["lift"] > 20


@pytest.mark.slow
def test_incomes_follow_age_and_basket(tmp_path: Path) -> None:
    generate.generate(tmp_path, "careerfoundry", 0.02, 5)
    con = load(tmp_path, "careerfoundry")
    con.execute(
        "CREATE TABLE people AS SELECT Age > 40 AS older, income, avg(prices) AS price,"
        " count(DISTINCT order_id) AS orders, bool_or(prices = 14900) AS typo"
        f" FROM read_csv('{tmp_path}/customers.csv') JOIN orders USING (user_id)"
        " JOIN lines USING (order_id) JOIN (SELECT product_id, any_value(prices) AS"
        f" prices FROM read_csv('{tmp_path}/products.csv') GROUP BY 1)"
        " USING (product_id) GROUP BY user_id, older, income"
    )
    mean = "SELECT avg(price) FROM people WHERE NOT typo AND income {}"
    prices = [
        con.execute(mean.format(band)).fetchone()[0]
        for band in ("< 40000", "BETWEEN 40000 AND 60000", "> 60000")
    ]
    assert prices[0] < prices[1] - 0.2 < prices[2] - 0.4
    younger, older = con.execute(
        "SELECT median(income) FILTER (NOT older), median(income) FILTER (older)"
        " FROM people"
    ).fetchone()
    assert younger == pytest.approx(66_900, rel=0.05)
    assert older == pytest.approx(112_900, rel=0.05)


def test_customers_meet_products_in_no_order_of_id(careerfoundry: Package) -> None:
    share = careerfoundry.value(
        "SELECT avg((later.product_id > first.product_id)::INTEGER) FROM"
        " (SELECT * FROM lines JOIN orders USING (order_id) WHERE order_number = 1)"
        " AS first JOIN (SELECT * FROM lines JOIN orders USING (order_id) WHERE"
        " order_number > 1 AND reordered = 0) AS later USING (user_id)"
    )
    assert share == pytest.approx(0.5, abs=0.05)


# --- what does not change it ----------------------------------------------------


def test_dirt_adds_to_the_same_customers(kaggle: Package, tmp_path: Path) -> None:
    clean = kaggle.truth
    dirty = generate.generate(tmp_path, "kaggle", SCALE, 42, dirt=2)
    assert clean["dirt"]["level"] == 0 and dirty["dirt"]["level"] == 2
    for dataset, names in (
        ("orders", ["orders.csv"]),
        ("order_products", LINE_FILES["kaggle"]),
    ):
        rows = dirty["dirt"][dataset]["rows"]
        kinds = [kind for kind in rows if kind != "lost order"]
        assert len(kinds) >= 14 and min(rows.values()) > 0
        files = [
            sum(truth["files"][name]["rows"] for name in names)
            for truth in (clean, dirty)
        ]
        added = [
            rows.get(kind, 0)
            for kind in ("duplicate", "conflict", "unknown order", "unknown product")
        ]
        assert files[1] == files[0] + sum(added)
        kept = clean["expected"][dataset] - dirty["expected"][dataset]
        replaced = sum(rows.values()) - sum(added)
        assert kept == replaced > 0
    same = ("products.csv", "aisles.csv", "departments.csv")
    for name in same:
        assert (tmp_path / name).read_bytes() == (kaggle.folder / name).read_bytes()


def test_same_seed_gives_the_same_bytes(careerfoundry: Package, tmp_path: Path) -> None:
    generate.generate(tmp_path, "careerfoundry", SCALE, 42)
    for path in careerfoundry.folder.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_threads_do_not_change_the_bytes(
    careerfoundry: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = duckdb.connect

    def single(path: str) -> duckdb.DuckDBPyConnection:
        return connect(path, config={"threads": 1})

    monkeypatch.setattr(duckdb, "connect", single)
    monkeypatch.setattr(package_module, "WORKERS", 1)
    truth = generate.generate(tmp_path, "careerfoundry", SCALE, 42)
    assert truth == careerfoundry.truth
    for name in truth["files"]:
        same = (careerfoundry.folder / name).read_bytes()
        assert (tmp_path / name).read_bytes() == same


def test_another_seed_gives_other_orders(
    careerfoundry: Package, tmp_path: Path
) -> None:
    generate.generate(tmp_path, "careerfoundry", 0.0005, 43)
    other = load(tmp_path, "careerfoundry")
    assert behaviour(other, 100) != behaviour(careerfoundry.con, 100)


def behaviour(con: duckdb.DuckDBPyConnection, customers: int) -> list[tuple]:
    """Return all that the first customers did, without order ids."""
    return con.execute(
        "SELECT user_id, order_number, eval_set, dow, hour, days, position, product_id,"
        " reordered FROM orders LEFT JOIN (FROM lines WHERE file_set = 'prior')"
        f" USING (order_id) WHERE user_id <= {customers} ORDER BY ALL"
    ).fetchall()


def test_scale_does_not_change_what_a_customer_does(
    careerfoundry: Package, kaggle: Package, tmp_path: Path
) -> None:
    customers = careerfoundry.truth["expected"]["customers"]
    # 1,031 customers: the last block is cut after 11 of its 1,020.
    generate.generate(tmp_path, "careerfoundry", 0.005, 42)
    larger = load(tmp_path, "careerfoundry")
    assert behaviour(careerfoundry.con, customers) == behaviour(larger, customers)
    assert behaviour(careerfoundry.con, customers) == behaviour(kaggle.con, customers)
    totals = "SELECT list(n ORDER BY user_id) FROM (SELECT user_id, count(*) AS n FROM"
    totals += " orders WHERE user_id BETWEEN {} AND {} GROUP BY user_id)"
    first = larger.execute(totals.format(1, 11)).fetchone()
    assert first != larger.execute(totals.format(1_021, 1_031)).fetchone()
