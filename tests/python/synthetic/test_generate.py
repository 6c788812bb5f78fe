"""The generated packages keep the rules of the real files and match truth.json."""

import csv
import html
import json
import os
import re
import signal
import statistics
import subprocess
import sys
from itertools import pairwise

import duckdb
import numpy as np
import pytest
from conftest import PROJECT_DIR
from instacart import build, cli, raw_package
from instacart.errors import UserError
from instacart.synthetic import (
    adjustment,
    catalogue,
    customers,
    draws,
    generate,
    orders,
)
from instacart.synthetic import package as written_package

SCALE = 0.002
LINE_FILES = {
    "careerfoundry": ("orders_products_prior.csv",),
    "kaggle": ("order_products__prior.csv", "order_products__train.csv"),
}

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
    "cart places are gap-free": """
        SELECT order_id FROM lines GROUP BY order_id
        HAVING min(place) <> 1 OR max(place) <> count(*)
            OR count(DISTINCT place) <> count(*)""",
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


def load(folder, package):
    """Open a connection with the package's orders and order products."""
    con = duckdb.connect()
    con.execute(
        "CREATE TABLE orders AS SELECT row_number() OVER () AS row, order_id::INT"
        " AS order_id, user_id::INT AS user_id, eval_set, order_number::INT AS"
        " order_number, order_dow::INT AS dow, order_hour_of_day AS hour_text,"
        " order_hour_of_day::INT AS hour, days_since_prior_order AS days_text,"
        " days_since_prior_order::DOUBLE::INT AS days"
        f" FROM read_csv('{folder}/orders.csv', all_varchar = true)"
    )
    con.execute(
        "CREATE VIEW paced AS SELECT *, lag(dow) OVER w AS last_dow, lag(hour) OVER w"
        " AS last_hour FROM orders WINDOW w AS (PARTITION BY user_id ORDER BY"
        " order_number)"
    )
    parts = [
        f"SELECT *, '{'train' if 'train' in name else 'prior'}' AS file_set"
        f" FROM read_csv('{folder}/{name}')"
        for name in LINE_FILES[package]
    ]
    con.execute(
        "CREATE TABLE lines AS SELECT * RENAME (add_to_cart_order AS place) FROM ("
        + " UNION ALL ".join(parts)
        + ")"
    )
    return con


class Package:
    """A generated package: its folder, name, truth and a connection with its rows."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.truth = generate.generate(folder, name, SCALE, 42)
        self.con = load(folder, name)

    def value(self, query):
        return self.con.execute(query).fetchone()[0]

    def read(self, name):
        with (self.folder / name).open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def careerfoundry(tmp_path_factory):
    return Package(tmp_path_factory.mktemp("careerfoundry"), "careerfoundry")


@pytest.fixture(scope="module")
def kaggle(tmp_path_factory):
    return Package(tmp_path_factory.mktemp("kaggle"), "kaggle")


@pytest.fixture(params=["careerfoundry", "kaggle"])
def package(request):
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("rule", [*ORDER_RULES, *LINE_RULES])
def test_rules_of_the_real_files_hold(package, rule):
    query = (ORDER_RULES | LINE_RULES)[rule]
    assert package.con.execute(query).fetchall()[:3] == []


def test_files_and_their_sizes_are_those_of_the_truth(package):
    written = json.loads((package.folder / "truth.json").read_text("utf-8"))
    assert written == package.truth
    names = {path.name for path in package.folder.iterdir()}
    assert names == {*generate.PACKAGES[package.name], "truth.json"}
    for name, facts in package.truth["files"].items():
        assert (package.folder / name).stat().st_size == facts["bytes"]
        assert len(package.read(name)) == facts["rows"]


def test_forms_of_the_order_files(package):
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


def test_expected_totals_are_those_of_the_files(package):
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


def repaired(rows):
    """Return true id -> row: the first row of a shared id belongs to the id before."""
    listed = {}
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


def test_expected_revenue_comes_from_the_repaired_files(careerfoundry):
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


def test_planted_product_defects_are_all_there(careerfoundry):
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


def test_every_planted_product_is_bought(careerfoundry):
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


def test_kaggle_products_are_clean(kaggle):
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


def test_careerfoundry_departments_are_wide(careerfoundry):
    data = (careerfoundry.folder / "departments.csv").read_bytes()
    header, row, rest = data.split(b"\r\n")
    assert header == b"department_id," + b",".join(b"%d" % n for n in range(1, 22))
    assert row.startswith(b"department,frozen,other,bakery,produce,")
    assert rest == b""


def check_customers(path, users):
    """Check the rules of customers.csv; return the number of missing first names."""
    raw = path.read_bytes()
    assert raw.startswith(
        b"user_id,First Name,Surnam,Gender,STATE,Age,date_joined,n_dependants,"
        b"fam_status,income\r\n"
    )
    assert raw.count(b"\r\n") == raw.count(b"\n") == len(users) + 1
    rows = list(csv.DictReader(raw.decode().splitlines()))
    assert sorted(int(row["user_id"]) for row in rows) == sorted(users)
    joined = []
    for row in rows:
        month, day, year = row["date_joined"].split("/")
        assert not month.startswith("0") and not day.startswith("0")
        joined.append((int(year), int(month), int(day)))
        age, dependants = int(row["Age"]), int(row["n_dependants"])
        if dependants == 0:
            status = "single" if age < 60 else "divorced/widowed"
        else:
            status = "living with parents and siblings" if age <= 21 else "married"
        assert row["fam_status"] == status
        assert 18 <= age <= 81 and 0 <= dependants <= 3
        assert 25_903 <= int(row["income"]) < 600_000
    assert joined == sorted(joined)
    assert joined[0] >= (2017, 1, 1) and joined[-1] <= (2020, 4, 1)
    states = set(draws.calibration("states")["state"].tolist())
    assert {row["STATE"] for row in rows} <= states
    return sum(row["First Name"] == "" for row in rows)


def test_customers_follow_the_published_rules(careerfoundry):
    users = range(1, careerfoundry.truth["expected"]["customers"] + 1)
    missing = check_customers(careerfoundry.folder / "customers.csv", users)
    assert missing == careerfoundry.truth["planted"]["missing_first_names"] > 0


@pytest.mark.parametrize(("seed", "full"), [(42, 0), (1, 3)])
def test_a_full_set_of_customers_meets_the_published_tables(seed, full):
    blocks = range(full * draws.BLOCKS, (full + 1) * draws.BLOCKS)
    counts = [customers.order_counts(block, seed) for block in blocks]
    prior = np.concatenate([each[0] for each in counts])
    histogram = draws.calibration("prior_orders")
    published = dict(
        zip(histogram["prior_orders"], histogram["customers"], strict=True)
    )
    assert dict(zip(*np.unique(prior, return_counts=True), strict=True)) == published
    assert (prior > 40).sum() == 17_017
    assert ((prior > 10) & (prior <= 40)).sum() == 76_864
    assert (prior >= 5).sum() == 162_633
    assert prior.sum() == 3_214_874
    assert np.concatenate([each[1] for each in counts]).sum() == 131_209

    people = [customers.customer_block(block, seed) for block in blocks]
    column = {n: np.concatenate([each[n] for each in people]) for n in people[0]}
    loyalty = np.select(
        [prior > 40, prior > 10], ["Loyal customer", "Regular customer"], "New customer"
    )
    states = draws.calibration("states")
    region = dict(zip(states["state"].tolist(), states["region"].tolist(), strict=True))
    crossed = {
        "region x loyalty": ([region[each] for each in column["STATE"]], loyalty),
        "loyalty x family_status": (loyalty, column["fam_status"]),
        "loyalty x gender": (loyalty, column["Gender"]),
        "family_status x dependants": (column["fam_status"], column["n_dependants"]),
    }
    table = draws.calibration("customer_crosstabs")
    for name, (first, second) in crossed.items():
        cells = np.array([f"{a} | {b}" for a, b in zip(first, second, strict=True)])
        for rows, which in ((prior > 0, "customers"), (prior >= 5, "active")):
            mine = table["tables"] == name
            wanted = dict(zip(table["cell"][mine], table[which][mine], strict=True))
            wanted = {cell: many for cell, many in wanted.items() if many}
            found = zip(*np.unique(cells[rows], return_counts=True), strict=True)
            assert dict(found) == wanted, (name, which)
    for name, which in ((column["STATE"], "state"), (column["Age"], "age")):
        listed = draws.calibration(f"{which}s")
        wanted = dict(zip(listed[which], listed["customers"], strict=True))
        assert dict(zip(*np.unique(name, return_counts=True), strict=True)) == wanted


def test_blocks_keep_the_rules_at_any_scale():
    drawer = written_package._Drawer(
        written_package.Request("kaggle", 10 * draws.CUSTOMERS, 42, 0)
    )
    seen = []
    for block in (1, 57, 201, 203, 259):
        drawn = drawer.draw(block)
        order = drawn["lines"]["order"].astype(np.int64)
        product = drawn["lines"]["product_id"].astype(np.int64)
        assert len(np.unique(order << 17 | product)) == len(order)
        user = drawn["orders"]["user_id"][order].astype(np.int64)
        number = drawn["orders"]["order_number"][order]
        by_time = np.lexsort((number, product, user))
        pair = (user << 17 | product)[by_time]
        known = np.zeros(len(order), dtype=bool)
        known[by_time[1:]] = pair[1:] == pair[:-1]
        assert (known == (drawn["lines"]["reordered"] == 1)).all()
        seen.append((user.min() - 1, drawn["orders"]["dow"][:500].tolist()))
    # The second set of customers begins where the first ends, and does other things.
    assert seen[3][0] - seen[0][0] == seen[4][0] - seen[1][0] == draws.CUSTOMERS
    assert seen[3][1] != seen[0][1] and seen[4][1] != seen[1][1]


def test_dearer_products_are_not_those_that_stand_on_the_list_already():
    model = written_package._models()[1]
    goods = model.goods
    smallest = np.bincount(goods.aisles)[1:].argmin() + 1
    shelf = np.flatnonzero((goods.aisles == smallest) & (goods.lines > 0))
    shelf = shelf[~model.locked[shelf]]
    shelf = shelf[np.argsort(goods.prices[shelf])]
    # All but the cheapest were bought in the train order only.
    uses = np.zeros(len(shelf), dtype=np.int64)
    uses[0] = 3
    for high in ([1, 3], [0, 0]):
        product = shelf.copy()
        model.adjuster._adjust_spenders(
            np.random.default_rng(1),
            adjustment.Lists(product, np.zeros_like(uses), uses, uses == 0),
            high,
        )
        assert len(set(product.tolist())) == len(shelf)


def test_blocks_cover_all_customers_once():
    for number in (1, 1_020, 1_021, 206_209, 206_210, 500_000):
        blocks = draws.block_count(number)
        bounds = [draws.block_bounds(block) for block in range(blocks)]
        assert bounds[0][0] == 0 and bounds[-1][0] < number <= bounds[-1][1]
        assert all(a[1] == b[0] for a, b in pairwise(bounds))


@pytest.mark.parametrize("total", [1, 2, 7, 1_024, 3_421])
def test_a_shuffle_is_one(total):
    shuffled = draws.shuffled(np.arange(total), total, 42, 5)
    assert sorted(shuffled.tolist()) == list(range(total))


def test_evened_numbers_keep_the_order_of_each_group():
    rng = np.random.default_rng(1)
    values, group = rng.standard_normal(5_000), rng.integers(0, 3, 5_000)
    chance = draws.percentile_ranks(values, group, rng)
    for each in range(3):
        mine = group == each
        assert (np.argsort(chance[mine]) == np.argsort(values[mine])).all()
        for share in (0.1, 0.5, 0.93):
            assert abs((chance[mine] < share).sum() - share * mine.sum()) <= 1


def test_sizes_are_settled_to_the_sum_wanted():
    rng = np.random.default_rng(1)
    for wanted in (3, 20, 2_000):
        size = np.array([1, 1, 1, 5, 30])
        orders._adjust_sizes(rng, size, np.arange(3), wanted)
        assert size[:3].sum() == wanted and size[:3].min() >= 1
        assert size[3:].tolist() == [5, 30]


def test_kinds_of_products_have_their_published_share(careerfoundry):
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


def test_the_catalogue_has_the_published_prices_and_shares():
    goods = catalogue.catalogue()
    assert goods.lines.sum() == pytest.approx(32_434_489, abs=1)
    assert (goods.lines == 0).sum() == catalogue.NEVER_ORDERED
    running = np.cumsum(np.sort(goods.lines)[::-1]) / goods.lines.sum()
    for top, share in ((10, 0.0716), (100, 0.228), (1_000, 0.533), (10_000, 0.882)):
        assert running[top - 1] == pytest.approx(share, rel=0.02)
    table = draws.calibration("departments")
    for shelf, product_mean, line_mean in zip(
        *(table[n] for n in ("department_id", "catalogue_price", "basket_price")),
        strict=True,
    ):
        mine = goods.departments == shelf
        assert goods.prices[mine].mean() == pytest.approx(10 * product_mean, rel=0.01)
        mean = (goods.prices * goods.lines)[mine].sum() / goods.lines[mine].sum()
        assert mean == pytest.approx(10 * line_mean, rel=0.005)
    prices = draws.calibration("prices")
    wanted = np.bincount(prices["tenths"], prices["products"])
    found = np.bincount(goods.prices, minlength=len(wanted))
    # Usual prices stand behind the two mistyped ones.
    wanted[80] += 2
    assert (found == wanted).all()


def test_dirt_adds_to_the_same_customers(tmp_path):
    clean = generate.generate(tmp_path / "clean", "kaggle", 0.002, 42)
    dirty = generate.generate(tmp_path / "dirty", "kaggle", 0.002, 42, dirt=2)
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
        assert (tmp_path / "clean" / name).read_bytes() == (
            tmp_path / "dirty" / name
        ).read_bytes()


@pytest.mark.parametrize("level", ["4", "-1", "much"])
def test_another_level_of_dirt_is_refused(tmp_path, capsys, level):
    assert cli.run(["data", "--dirt", level, "--out", str(tmp_path / "out")]) == 2
    assert "--dirt" in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "out").exists()


def test_calibration_and_published_figures_agree():
    path = PROJECT_DIR / "seeds" / "published_figures.csv"
    with path.open(encoding="utf-8") as file:
        figures = {
            (row["metric"], row["dimension"]): float(row["published"])
            for row in csv.DictReader(file)
        }
    tables = {
        "customers by prior orders": ("prior_orders", "prior_orders", "customers"),
        "customers by state": ("states", "state", "customers"),
        "customers by age": ("ages", "age", "customers"),
        "orders by hour": ("hours", "hour", "orders"),
        "orders by weekday": ("weekdays", "weekday", "orders"),
        "orders by days since prior order": ("gaps", "days", "orders"),
        "order products by aisle": ("aisles", "aisle", "prior_lines"),
        "order products by department": ("departments", "department", "prior_lines"),
        "reorder rate by department": ("departments", "department", "reorder_rate"),
        "mean price of products by department": (
            *("departments", "department", "catalogue_price"),
        ),
        "prior orders with a department": ("departments", "department", "orders_with"),
    }
    for metric, (name, key, value) in tables.items():
        table = draws.calibration(name)
        cells = zip(table[key].tolist(), table[value].tolist(), strict=True)
        wanted = {key: value for (m, key), value in figures.items() if m == metric}
        assert {str(cell): float(each) for cell, each in cells} == wanted, metric


def test_affinities_are_those_of_the_files(careerfoundry):
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


def test_incomes_follow_age_and_basket(tmp_path):
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


def test_same_seed_gives_the_same_bytes(careerfoundry, tmp_path):
    generate.generate(tmp_path, "careerfoundry", SCALE, 42)
    for path in careerfoundry.folder.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_threads_do_not_change_the_bytes(careerfoundry, tmp_path, monkeypatch):
    connect = duckdb.connect

    def single(path):
        return connect(path, config={"threads": 1})

    monkeypatch.setattr(duckdb, "connect", single)
    monkeypatch.setattr(written_package, "WORKERS", 1)
    truth = generate.generate(tmp_path, "careerfoundry", SCALE, 42)
    assert truth == careerfoundry.truth
    for name in truth["files"]:
        same = (careerfoundry.folder / name).read_bytes()
        assert (tmp_path / name).read_bytes() == same


def test_customers_meet_products_in_no_order_of_id(careerfoundry):
    share = careerfoundry.value(
        "SELECT avg((later.product_id > first.product_id)::INTEGER) FROM"
        " (SELECT * FROM lines JOIN orders USING (order_id) WHERE order_number = 1)"
        " AS first JOIN (SELECT * FROM lines JOIN orders USING (order_id) WHERE"
        " order_number > 1 AND reordered = 0) AS later USING (user_id)"
    )
    assert share == pytest.approx(0.5, abs=0.05)


def test_another_seed_gives_other_orders(careerfoundry, tmp_path):
    generate.generate(tmp_path, "careerfoundry", 0.0005, 43)
    other = load(tmp_path, "careerfoundry")
    assert behaviour(other, 100) != behaviour(careerfoundry.con, 100)


def behaviour(con, customers):
    """Return all that the first customers did, without order ids."""
    return con.execute(
        "SELECT user_id, order_number, eval_set, dow, hour, days, place, product_id,"
        " reordered FROM orders LEFT JOIN (FROM lines WHERE file_set = 'prior')"
        f" USING (order_id) WHERE user_id <= {customers} ORDER BY ALL"
    ).fetchall()


def test_scale_does_not_change_what_a_customer_does(careerfoundry, kaggle, tmp_path):
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


def test_a_package_replaces_an_earlier_one(tmp_path):
    generate.generate(tmp_path, "careerfoundry", 0.0005, 1)
    (tmp_path / "notes.txt").write_text("mine")
    generate.generate(tmp_path, "kaggle", 0.0005, 1)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {*generate.PACKAGES["kaggle"], "truth.json", "notes.txt"}


@pytest.mark.parametrize("name", ["orders.csv", "products.csv.gz"])
def test_real_data_is_not_overwritten(tmp_path, capsys, name):
    (tmp_path / name).write_text("precious")
    assert cli.run(["data", "--scale", "0.0005", "--out", str(tmp_path)]) == 1
    message = capsys.readouterr().err
    assert message.count("\n") == 1 and name in message and "real data" in message
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "precious"


def test_own_files_over_a_demo_are_not_overwritten(tmp_path, capsys):
    generate.generate(tmp_path, "careerfoundry", 0.0005, 1)
    (tmp_path / "orders.csv").write_text("precious")
    assert cli.run(["data", "--scale", "0.0005", "--out", str(tmp_path)]) == 1
    message = capsys.readouterr().err
    assert message.count("\n") == 1 and "orders.csv" in message
    assert (tmp_path / "orders.csv").read_text() == "precious"


def test_demo_files_are_made_for_an_empty_folder_only(tmp_path, capsys):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "archive.zip").write_text("mine")
    build.generate_demo(tmp_path / "other")
    assert os.listdir(tmp_path / "other") == ["archive.zip"]
    build.generate_demo(tmp_path / "raw")
    said = capsys.readouterr().out
    assert "all rows fabricated" in said and "2,062 customers" in said
    truth = (tmp_path / "raw" / "truth.json").stat()
    build.generate_demo(tmp_path / "raw")
    assert (tmp_path / "raw" / "truth.json").stat() == truth


@pytest.mark.parametrize("scale", ["0.0004", "101", "-1", "nan", "big"])
def test_a_scale_outside_the_range_is_refused(tmp_path, capsys, scale):
    assert cli.run(["data", "--scale", scale, "--out", str(tmp_path / "out")]) == 2
    message = capsys.readouterr().err.splitlines()[-1]
    assert "'--scale'" in message and scale in message
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("moment", ["customers: 2", "customers: 1", "sorting"])
def test_an_interrupted_run_leaves_the_earlier_files(tmp_path, moment):
    generate.generate(tmp_path, "kaggle", 0.0005, 1)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    run = subprocess.Popen(
        [
            *(sys.executable, "-m", "instacart", "data", "--scale", "0.05"),
            *("--dirt", "1", "--out", str(tmp_path)),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in run.stdout:
        if line.startswith(moment):
            break
    run.send_signal(signal.SIGINT)
    message = run.communicate(timeout=60)[1]
    assert (run.returncode, message) == (
        130,
        "instacart data: stopped before it was done.\n",
    )
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def half_publish(folder, monkeypatch):
    """Cut a run short after it has replaced one file."""
    replace, done = generate.os.replace, []

    def stop(*paths):
        if done:
            raise OSError("no space left")
        done.append(replace(*paths))

    with monkeypatch.context() as patch:
        patch.setattr(generate.os, "replace", stop)
        with pytest.raises(OSError, match="no space"):
            generate.generate(folder, "careerfoundry", 0.001, 2)
    assert (folder / generate.WORK / "truth.json").exists()


def test_a_run_that_was_cut_short_while_publishing_is_finished_by_the_next(
    tmp_path, monkeypatch
):
    generate.generate(tmp_path, "careerfoundry", 0.0005, 1)
    half_publish(tmp_path, monkeypatch)
    assert not generate.has_raw_files(tmp_path)
    with pytest.raises(UserError, match="make data"):
        raw_package.inspect_files(tmp_path, {}, tmp_path / "copies")
    truth = generate.generate(tmp_path, "careerfoundry", 0.001, 2)
    for name, facts in truth["files"].items():
        assert (tmp_path / name).stat().st_size == facts["bytes"]
    assert not (tmp_path / generate.WORK).exists()


def test_own_files_in_a_half_published_folder_are_not_overwritten(
    tmp_path, monkeypatch
):
    generate.generate(tmp_path, "careerfoundry", 0.0005, 1)
    half_publish(tmp_path, monkeypatch)
    (tmp_path / "orders.csv").write_text("precious")
    with pytest.raises(UserError, match=r"orders\.csv"):
        generate.generate(tmp_path, "careerfoundry", 0.001, 2)
    assert (tmp_path / "orders.csv").read_text() == "precious"


def test_own_files_beside_what_a_killed_run_left_count_as_own(tmp_path):
    (tmp_path / generate.WORK).mkdir()
    assert not generate.has_raw_files(tmp_path)
    (tmp_path / "orders.csv").write_text("precious")
    assert generate.has_raw_files(tmp_path)


def test_the_default_folder_comes_from_the_environment(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("INSTACART_RAW_DIR", str(tmp_path / "raw"))
    assert cli.run(["data", "--scale", "0.0005"]) == 0
    assert (tmp_path / "raw" / "truth.json").is_file()
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == f"Written    {tmp_path / 'raw'}"
