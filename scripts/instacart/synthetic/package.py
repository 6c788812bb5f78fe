"""Writes the files of a generated package, and the truth about them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np

from instacart.generated_files import ALL, REAL_FILES, first_rows
from instacart.synthetic import dirt, draws
from instacart.synthetic.baskets import BasketModel
from instacart.synthetic.catalogue import (
    DUPLICATED_IDS,
    MISNUMBERED_IDS,
    MISTYPED_PRICES,
    NAME_ERROR_ID,
    PRODUCTS,
    UNNAMED_IDS,
    catalogue,
    csv_text,
    price_text,
)
from instacart.synthetic.customers import (
    create_customers,
    customer_block,
    order_counts,
    write_customers,
)
from instacart.synthetic.database import insert, row_count, working_database
from instacart.synthetic.draws import (
    BLOCKS,
    CUSTOMERS,
    Span,
    block_bounds,
    calibration,
)
from instacart.synthetic.orders import (
    PRIOR,
    PRIOR_LINES,
    TRAIN,
    TRAIN_LINES,
    OrderModel,
)
from instacart.warehouse import literal

Columns = dict[str, np.ndarray]
Drawn = dict[str, Columns]
PACKAGES = {
    "careerfoundry": (
        *("orders.csv", "orders_products_prior.csv", "products.csv"),
        *("departments.csv", "customers.csv"),
    ),
    "kaggle": (
        *("orders.csv", "order_products__prior.csv", "order_products__train.csv"),
        *("products.csv", "aisles.csv", "departments.csv"),
    ),
}
# A product's true id -> the id its row is listed under.
LISTED_AS = {true: listed for listed, true in MISNUMBERED_IDS.items()}
WORKERS = 2
FABRICATED = (
    "All customers, orders and prices of these files are fabricated by"
    " `instacart data`; their form, defects and overall shares follow the Instacart"
    " 2017 data, from which only the names of aisles, departments and the 24"
    " best-selling products are taken."
)


class Request(NamedTuple):
    """What to generate; `level` is the level of dirt, 0 to 3."""

    package: str
    customers: int
    seed: int
    level: int

    @property
    def is_careerfoundry(self) -> bool:
        """Whether it has customers, prices and defects of the catalogue."""
        return self.package == "careerfoundry"


def write_package(
    work: Path,
    package: str,
    scale: float,
    seed: int,
    level: int,
    report: Callable[[str], None],
) -> dict[str, Any]:
    """Write the package's files into `work` and return the truth about them.

    `level` is the dirt level (0 to 3); `report` takes lines of progress.
    """
    request = Request(package, round(CUSTOMERS * scale), seed, level)
    with working_database(work) as con:
        _fill(con, request, report)
        if level:
            report(f"adding dirt of level {level}")
        spoilt = dirt.spoil(con, level, seed)
        report("sorting and writing the files")
        rows, nameless = _copy_tables(con, work, request)
        customers = request.customers if request.is_careerfoundry else None
        expected = dirt.expected(con, PRODUCTS, customers)
        affinities = _affinities(con, int(expected["orders_by_eval_set"]["prior"]))
    rows |= _write_products(work, package)
    sold = expected.pop("product_lines")
    revenue = _revenue(sold) if request.is_careerfoundry else None
    return {
        "generated": True,
        "fabricated": FABRICATED,
        "package": package,
        "scale": scale,
        "seed": seed,
        "dirt": spoilt,
        "files": {
            name: {
                "rows": rows[name],
                "bytes": (work / name).stat().st_size,
                "fabricated_columns": [] if name in REAL_FILES else ALL,
                "first_rows": first_rows(work / name),
            }
            for name in PACKAGES[package]
        },
        "planted": _planted(sold, package, nameless),
        "affinities": affinities,
        "expected": {**expected, "products": PRODUCTS, "prior_revenue": revenue},
    }


# --- orders and order products --------------------------------------------------


@lru_cache(maxsize=2)
def _orders_before(full: int, seed: int) -> np.ndarray:
    """Return prior, train and all orders before each block of a full set, and in all.

    Rows are the three; `full` counts the full sets of customers before it.
    """
    counts = [order_counts(full * BLOCKS + block, seed) for block in range(BLOCKS)]
    per_block = [
        [int(prior.sum()), int(train.sum()), int((prior + 1).sum())]
        for prior, train in counts
    ]
    return np.concatenate([np.zeros((1, 3), np.int64), np.cumsum(per_block, axis=0)]).T


def _order_count(customers: int, seed: int) -> int:
    """Return how many orders the first `customers` customers place."""
    full, rest = divmod(customers, CUSTOMERS)
    total = full * int(_orders_before(0, seed)[2, -1])
    if rest:
        last = draws.block_count(rest) - 1
        kept = rest - block_bounds(last)[0]
        prior = order_counts(full * BLOCKS + last, seed)[0]
        total += int(_orders_before(full, seed)[2, last])
        total += int((prior[:kept] + 1).sum())
    return total


@cache
def _models() -> tuple[OrderModel, BasketModel]:
    """Return the models, which no argument changes."""
    return OrderModel(), BasketModel()


class _Drawer:
    """Draws blocks; each depends on its number and the seed only."""

    def __init__(self, request: Request) -> None:
        self.orders, self.baskets = _models()
        self.prices = catalogue().prices / 10
        self.request = request

    def draw(self, block: int) -> Drawn:
        """Return the rows of `orders`, `lines` and `customers`, by column."""
        first, seed = block_bounds(block)[0], self.request.seed
        prior, train = order_counts(block, seed)
        # Whole blocks are drawn at any scale; the last one is cut to size.
        kept = min(len(prior), self.request.customers - first)
        full, at = divmod(block, BLOCKS)
        before = _orders_before(full, seed)[:2].tolist()
        span, trained = (Span(each[at], each[at + 1], each[-1]) for each in before)
        share = (span.quota(PRIOR_LINES), trained.quota(TRAIN_LINES))
        orders = self.orders.draw(prior, train, share, span, block, seed)
        lines = self.baskets.draw(orders, span, block, seed)
        result = self._tables(orders, lines, first, kept)
        if self.request.is_careerfoundry:
            baskets = self._baskets(orders, lines, len(prior))
            people = customer_block(block, seed, baskets)
            people["user_id"] = np.arange(first + 1, first + len(prior) + 1)
            result["customers"] = {name: x[:kept] for name, x in people.items()}
        return result

    def _tables(self, orders: Columns, lines: Columns, first: int, kept: int) -> Drawn:
        """Return the rows to write of the first `kept` customers of a block.

        `first` is the number of customers before the block; `order` of `lines` is the
        row of `orders`.
        """
        sets = orders["eval_set"][lines["order"]]
        start = orders["start"]
        rows = int(start[kept]) if kept < len(start) else len(orders["dow"])
        written = lines["order"] < rows
        if self.request.is_careerfoundry:
            written &= sets == PRIOR
        return {
            "orders": {
                "user_id": (orders["customer"][:rows] + first + 1).astype(np.int32),
                "eval_set": orders["eval_set"][:rows],
                "order_number": orders["number"][:rows].astype(np.int8),
                **{name: orders[name][:rows] for name in ("dow", "hour", "days")},
            },
            "lines": {
                "order": lines["order"][written],
                "product_id": lines["product"][written].astype(np.int32),
                "cart_position": lines["cart_position"][written].astype(np.int16),
                "reordered": lines["reordered"][written].astype(np.int8),
                "eval_set": sets[written],
            },
        }

    def _baskets(self, orders: Columns, lines: Columns, customers: int) -> Columns:
        """Return what customer_block asks of the baskets of prior orders."""
        prior = orders["eval_set"][lines["order"]] == PRIOR
        buyer = orders["customer"][lines["order"]][prior]
        product = lines["product"][prior]
        count = np.bincount(buyer, minlength=customers)
        spent = np.bincount(buyer, self.prices[product - 1], minlength=customers)
        typos = np.isin(product, [*MISTYPED_PRICES])
        return {
            "price": spent / count,
            "typos": np.bincount(buyer[typos], minlength=customers) > 0,
        }


def _ahead(
    pool: ThreadPoolExecutor, work: Callable[[int], Drawn], items: range
) -> Iterator[Drawn]:
    """Yield work(item) in order, a few of them drawn ahead."""
    left = iter(items)
    waiting = deque(pool.submit(work, item) for item in islice(left, 2 * WORKERS))
    while waiting:
        yield waiting.popleft().result()
        waiting.extend(pool.submit(work, item) for item in islice(left, 1))


def _fill(
    con: duckdb.DuckDBPyConnection, request: Request, report: Callable[[str], None]
) -> None:
    """Fill tables `orders`, `lines` and `customers` block by block."""
    con.execute(
        "CREATE TABLE orders (order_id INTEGER, user_id INTEGER, eval_set TINYINT,"
        " order_number TINYINT, dow TINYINT, hour TINYINT, days TINYINT)"
    )
    con.execute(
        "CREATE TABLE lines (order_id INTEGER, product_id INTEGER, cart_position"
        " SMALLINT, reordered TINYINT, eval_set TINYINT)"
    )
    create_customers(con)
    customers, seed = request.customers, request.seed
    blocks = draws.block_count(customers)
    total, written = _order_count(customers, seed), 0
    drawer = _Drawer(request)
    pool = ThreadPoolExecutor(WORKERS)
    try:
        for block, drawn in enumerate(_ahead(pool, drawer.draw, range(blocks))):
            rows = len(drawn["orders"]["user_id"])
            positions = np.arange(written, written + rows)
            ids = draws.shuffled(positions, total, seed, 0).astype(np.int32) + 1
            written += rows
            drawn["orders"] = {"order_id": ids, **drawn["orders"]}
            drawn["lines"] = {
                "order": ids[drawn["lines"].pop("order")],
                **drawn["lines"],
            }
            for table, columns in drawn.items():
                insert(con, table, columns)
            if (block + 1) * 10 // blocks > block * 10 // blocks:
                report(f"customers: {min(customers, block_bounds(block)[1]):,}")
    finally:
        pool.shutdown(cancel_futures=True)


def _copy_tables(
    con: duckdb.DuckDBPyConnection, work: Path, request: Request
) -> tuple[dict[str, int], int]:
    """Write what the tables hold; return rows by file, and customers without a name."""
    names, level = PACKAGES[request.package], request.level
    queries = {
        "orders.csv": dirt.orders_query(level),
        names[1]: dirt.lines_query(PRIOR, level),
    }
    if not request.is_careerfoundry:
        queries["order_products__train.csv"] = dirt.lines_query(TRAIN, level)
    rows = {}
    for name, query in queries.items():
        target = literal(work / name)
        copied = con.execute(f"COPY ({query}) TO {target} (FORMAT csv, HEADER)")
        rows[name] = copied.fetchall()[0][0]
    nameless = 0
    if request.is_careerfoundry:
        rows["customers.csv"] = write_customers(con, work / "customers.csv")
        nameless = row_count(con, 'customers WHERE "First Name" IS NULL')
    return rows, nameless


# --- the catalogue's files ------------------------------------------------------


def _write_products(work: Path, package: str) -> dict[str, int]:
    """Write products, departments and aisles; return the rows of each file."""
    faulty = package == "careerfoundry"
    records = []
    for product in range(1, PRODUCTS + 1):
        copies = 2 if faulty and product in DUPLICATED_IDS else 1
        records += [_product_record(product, package)] * copies
    header = "product_id,product_name,aisle_id,department_id" + ",prices" * faulty
    end = "\r\n" if faulty else "\n"
    _write_lines(work / "products.csv", [header, *records], end)
    rows = {"products.csv": len(records)}

    table = calibration("aisles")
    pairs = zip(table["department_id"].tolist(), table["department"], strict=True)
    departments = dict(sorted(set(pairs)))
    if faulty:
        wide = [
            ",".join(["department_id", *map(str, departments)]),
            ",".join(["department", *departments.values()]),
        ]
        _write_lines(work / "departments.csv", wide, end)
        return rows | {"departments.csv": 1}
    long = [f"{number},{name}" for number, name in departments.items()]
    _write_lines(work / "departments.csv", ["department_id,department", *long], end)
    aisles = [
        f"{number},{name}"
        for number, name in zip(table["aisle_id"], table["aisle"], strict=True)
    ]
    _write_lines(work / "aisles.csv", ["aisle_id,aisle", *aisles], end)
    return rows | {"departments.csv": len(long), "aisles.csv": len(aisles)}


def _product_record(product: int, package: str) -> str:
    """Return a product's line in products.csv, as the package has it."""
    goods, at = catalogue(), product - 1
    faulty = package == "careerfoundry"
    fields = [
        str(LISTED_AS.get(product, product) if faulty else product),
        csv_text(goods.listed_name(product, package)),
        str(goods.aisles[at]),
        str(goods.departments[at]),
    ]
    if faulty:
        typo = MISTYPED_PRICES.get(product)
        fields.append(price_text(round(typo * 10) if typo else int(goods.prices[at])))
    return ",".join(fields)


def _write_lines(path: Path, lines: list[str], end: str) -> None:
    path.write_text("".join(line + end for line in lines), "utf-8", newline="")


# --- truth ----------------------------------------------------------------------


def _planted(sold: np.ndarray, package: str, nameless: int) -> dict[str, Any]:
    """Return what was planted: rows of products.csv, names, prior order products.

    `sold` are prior order products by product.
    """
    goods = catalogue()
    faulty = package == "careerfoundry"
    names = [goods.listed_name(p, package) for p in range(1, PRODUCTS + 1)]

    def lines(ids: Iterable[int]) -> int:
        return int(sold[np.array(list(ids)) - 1].sum()) if faulty else 0

    misnumbered = MISNUMBERED_IDS if faulty else {}
    typos = MISTYPED_PRICES if faulty else {}
    return {
        "duplicate_product_rows": len(DUPLICATED_IDS) if faulty else 0,
        "missing_product_names": names.count(""),
        "name_error_values": names.count("#NAME?"),
        "misnumbered_products": [list(pair) for pair in misnumbered.items()],
        "mistyped_prices": {str(product): price for product, price in typos.items()},
        "html_entity_names": sum("&" in n and ";" in n for n in names),
        "backslash_quote_names": sum('\\"' in name for name in names),
        "double_blank_names": sum("  " in name for name in names),
        "non_ascii_names": sum(not name.isascii() for name in names),
        "missing_first_names": nameless,
        "misnumbered_lines": lines(MISNUMBERED_IDS.values()),
        "collided_lines": lines(MISNUMBERED_IDS),
        "unnamed_lines": lines(UNNAMED_IDS),
        "duplicated_lines": lines(DUPLICATED_IDS),
        "mistyped_price_lines": lines(MISTYPED_PRICES),
        "name_error_lines": lines([NAME_ERROR_ID]),
    }


def _affinities(
    con: duckdb.DuckDBPyConnection, prior_orders: int
) -> list[dict[str, Any]]:
    """Return the planted pairs with the kept prior orders that hold one and both.

    Lift is the share of orders with both over that expected by chance.
    """
    pairs = np.sort(catalogue().pairs + 1, axis=1).tolist()
    ids = ", ".join(str(product) for pair in pairs for product in pair)
    con.execute(
        "CREATE TEMP TABLE paired AS SELECT DISTINCT order_id, product_id FROM lines"
        f" SEMI JOIN orders USING (order_id) WHERE lines.eval_set = {PRIOR}"
        f" AND product_id IN ({ids})"
    )
    result = []
    for pair in sorted(pairs):
        [(one, two, both)] = con.execute(
            "SELECT count(*) FILTER (a), count(*) FILTER (b), count(*) FILTER (a AND b)"
            " FROM (SELECT bool_or(product_id = $1) AS a, bool_or(product_id = $2) AS b"
            " FROM paired GROUP BY order_id)",
            pair,
        ).fetchall()
        lift = both * prior_orders / (one * two) if one and two else None
        result.append(
            {
                **{"product_id_a": pair[0], "product_id_b": pair[1]},
                **{"orders_a": one, "orders_b": two, "orders_with_both": both},
                "lift": None if lift is None else round(lift, 2),
            }
        )
    return result


def _revenue(sold: np.ndarray) -> float:
    """Return the dollars of `sold` prior order products at cleaned prices.

    A mistyped price counts as the median of its aisle's valid prices. Cents are
    whole numbers throughout, so nothing is lost to rounding.
    """
    goods = catalogue()
    cents = goods.prices * 10
    typos = np.array(list(MISTYPED_PRICES)) - 1
    valid = np.ones(PRODUCTS, dtype=bool)
    valid[typos] = False
    for at in typos.tolist():
        peers = valid & (goods.aisles == goods.aisles[at])
        cents[at] = round(float(np.median(goods.prices[peers])) * 10)
    return int((sold * cents).sum()) / 100
