"""Write a fabricated Instacart package in the form of the real 2017 files.

    python scripts/generate.py --package careerfoundry --scale 0.01 --seed 42

The files have the real names, columns, quoting, line ends and planted defects, but no
row of them is real. truth.json beside them says what was planted and what a correct
warehouse must come to. The same seed gives the same bytes; --scale changes only the
number of customers (1 = 206,209), not what a customer does.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import generator_tables as tables
import numpy as np
from demo_files import is_unchanged, recorded_files
from generator_tables import BLOCK, PRODUCTS, cumulative, stream

SCALES = (0.0005, 100.0)
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
WORK = ".generating"
FABRICATED = (
    "Every row of these files is fabricated by scripts/generate.py; only their form,"
    " defects and overall shares follow the Instacart 2017 data."
)
EVAL_SETS = ("prior", "train", "test")
PRIOR, TRAIN, TEST = range(3)

# Resolution of the tables that turn a uniform number into a gap or an hour.
STEPS = 1 << 14
# Share of the variance of a draw that belongs to the customer, not the order: between
# and within-customer spreads of 7,816 real customers (hour 2.1 and 3.6, gap 7.1/7.4).
HOUR_HABIT, GAP_HABIT, BASKET_HABIT = 0.18, 0.31, 0.30
# Pull of a gap towards the weekdays that are busy over all orders.
WEEKDAY_PULL = 1.1
# Reorder rate by order number (3,013 real orders), and its spread between customers.
REORDER_NUMBERS = (2, 3, 4, 5, 6.5, 9, 13, 18, 25, 39, 70)
REORDER_RATES = (
    *(0.252, 0.372, 0.445, 0.518, 0.585, 0.622),
    *(0.698, 0.723, 0.776, 0.804, 0.827),
)
REORDER_SPREAD = 0.9
# Makes up on the logit for orders whose history is too short to reorder from.
REORDER_LIFT = 0.08
# At most this share of the products a customer knows is bought again in one order.
HISTORY_SHARE = 0.75
# How much more a customer rebuys some products than others (sd of the log weight).
FAVOURITE_SPREAD = 0.8
# How far reordered products move up in the cart: .68 at place 1, .37 from 30 on.
CART_PULL = 0.12
# Sort of an aisle's popularity: the top 100 products hold 22.8 % of all lines.
POPULARITY_SPREAD = 0.82
# Prior order products of the planted ids on the full real data; sums where only a
# sum is published, spread evenly.
PLANTED_LINES = {
    **dict.fromkeys(tables.UNNAMED_IDS, (28_171 - 22) / 14),
    **{525: 18, 38183: 4},
    **dict.fromkeys(tables.DUPLICATED_IDS, 1_182 / 5),
    **{6799: 1_014, 26519: 1_015, 6800: 8, 26520: 562},
    **{21553: 4_429, 33664: 698, tables.NAME_ERROR_ID: 200},
}


class GenerateError(Exception):
    """A request that can't be met; its text is one sentence for the user."""


def generate(
    out: str | os.PathLike[str],
    package: str = "careerfoundry",
    scale: float = 0.01,
    seed: int = 42,
    report: Callable[[str], None] = lambda line: None,
) -> dict:
    """Write a fabricated package into folder `out` and return its truth.

    `scale` is in units of 206,209 customers (0.0005 to 100), `report` takes lines of
    progress. The returned dict is what truth.json holds. Raises GenerateError when
    `out` holds files this program did not write, ValueError for a bad argument.
    """
    if package not in PACKAGES:
        raise ValueError(f"package must be one of {', '.join(PACKAGES)}")
    if not SCALES[0] <= scale <= SCALES[1]:
        raise ValueError("scale must be a number from 0.0005 to 100")
    if not 0 <= seed < 1 << 63:
        raise ValueError("seed must be a whole number from 0 on")
    out = Path(out)
    _check_owned(out)
    work = out / WORK
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        truth = _write_package(work, package, scale, seed, report)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    _publish(work, out, truth)
    shutil.rmtree(work, ignore_errors=True)
    return truth


# --- orders ---------------------------------------------------------------------


def order_counts(block: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return prior orders (3 to 99) and whether the last order is train, per customer.

    Both are dealt out evenly within a block, so published shares hold at any scale.
    """
    rng = stream(seed, tables.STREAM_COUNTS, block)
    table = tables.calibration("prior_orders")
    chance = (rng.permutation(BLOCK) + rng.random(BLOCK)) / BLOCK
    drawn = np.searchsorted(cumulative(table["customers"]), chance, "right")
    train = rng.permutation(BLOCK) < round(BLOCK * 131_209 / 206_209)
    return table["prior_orders"][drawn], train


class OrderModel:
    """Draws the orders of a block: weekday, hour, gap and basket size of each."""

    def __init__(self) -> None:
        slots = tables.calibration("dow_hour")["orders"].reshape(7, 24)
        self.weekdays = cumulative(slots.sum(axis=1))
        hours = np.cumsum(slots, axis=1) / slots.sum(axis=1, keepdims=True)
        self.hours = np.array([_lookup(row) for row in hours])
        # Share of a weekday's orders placed before each hour.
        self.before = np.hstack([np.zeros((7, 1)), hours[:, :-1]])
        pull = (slots.sum(axis=1) / slots.sum() * 7) ** WEEKDAY_PULL
        gaps = tables.calibration("gaps")
        days = gaps["days"]
        self.gaps = np.empty((3, 7, STEPS), dtype=np.int8)
        for group, name in enumerate(("loyal", "regular", "new")):
            for weekday in range(7):
                # The cap hides the true gap, so 30 days lead to no weekday.
                weight = np.where(days < 30, pull[(weekday + days) % 7], 1.0)
                self.gaps[group, weekday] = _lookup(cumulative(gaps[name] * weight))
        sizes = tables.calibration("basket_sizes")
        same_day, week, later = (
            cumulative(sizes[name]) for name in ("same_day", "within_week", "later")
        )
        # 59 to 41 gives first orders their published mean of 10.08 products.
        self.sizes = (0.59 * week + 0.41 * later, same_day, week, later)
        self.lines = sizes["lines"]

    def draw(self, prior: np.ndarray, block: int, seed: int) -> dict[str, np.ndarray]:
        """Return one array per column, sorted by customer and order number.

        `customer` counts from 0 within the block; `days` is -1 on first orders;
        `size` is the number of order products.
        """
        rng = stream(seed, tables.STREAM_ORDERS, block)
        total = prior + 1
        start = np.cumsum(total) - total
        customer = np.repeat(np.arange(BLOCK), total)
        number = np.arange(len(customer)) - start[customer] + 1
        loyalty = np.select([prior > 40, prior > 10], [0, 1], 2)
        gap_chance = _habitual(rng, customer, GAP_HABIT)
        hour_chance = _habitual(rng, customer, HOUR_HABIT)
        size_chance = _habitual(rng, customer, BASKET_HABIT)
        free_dow = np.searchsorted(self.weekdays, rng.random(len(customer)), "right")

        gap_step = (gap_chance * STEPS).astype(np.int64)
        dow, hour = free_dow.astype(np.int8), np.empty(len(customer), dtype=np.int8)
        days = np.full(len(customer), -1, dtype=np.int8)
        hour[start] = self.hours[dow[start], (hour_chance[start] * STEPS).astype(int)]
        for step in range(1, int(total.max())):
            active = np.flatnonzero(total > step)
            now = start[active] + step
            last_dow, last_hour = dow[now - 1].astype(int), hour[now - 1]
            gap = self.gaps[loyalty[active], last_dow, gap_step[now]]
            today = np.where(gap < 30, (last_dow + gap) % 7, dow[now])
            # On the same day only the hours from the last order on are left.
            low = np.where(gap == 0, self.before[today, last_hour], 0.0)
            chance = low + hour_chance[now] * (1 - low)
            drawn = self.hours[today, (chance * STEPS).astype(int)]
            hour[now] = np.where(gap == 0, np.maximum(drawn, last_hour), drawn)
            days[now], dow[now] = gap, today

        size = np.empty(len(customer), dtype=np.int64)
        bucket = np.select([days < 0, days == 0, days <= 7], [0, 1, 2], 3)
        for kind, shares in enumerate(self.sizes):
            rows = bucket == kind
            drawn = np.searchsorted(shares, size_chance[rows], "right")
            size[rows] = self.lines[np.minimum(drawn, len(self.lines) - 1)]
        return {
            **{"customer": customer, "number": number, "start": start, "dow": dow},
            **{"hour": hour, "days": days, "size": size},
        }


def _lookup(shares: np.ndarray) -> np.ndarray:
    """Turn running shares into a table from steps of a uniform number to a value."""
    middle = (np.arange(STEPS) + 0.5) / STEPS
    return np.searchsorted(shares, middle, "right").astype(np.int8)


def _habitual(
    rng: np.random.Generator, customer: np.ndarray, habit: float
) -> np.ndarray:
    """Return uniform numbers per order, alike for one customer by share `habit`."""
    own = rng.standard_normal(BLOCK)[customer]
    mixed = np.sqrt(habit) * own
    mixed += np.sqrt(1 - habit) * rng.standard_normal(len(customer))
    # A logistic form of the normal distribution, right to 0.0002.
    chance = 1 / (1 + np.exp(-1.5976 * mixed - 0.07056 * mixed**3))
    return np.minimum(chance, 1 - 1e-9)


def order_ids(first: int, count: int, total: int, seed: int) -> np.ndarray:
    """Return `count` ids from a shuffle of 1..`total`, from place `first` on.

    A Feistel network permutes the places without holding the whole shuffle; places
    thrown outside the range walk on until they come back in.
    """
    half = max(1, ((total - 1).bit_length() + 1) // 2)
    mask = np.uint64((1 << half) - 1)
    rng = stream(seed, tables.STREAM_COUNTS, 1 << 39)
    keys = rng.integers(1 << 62, size=4, dtype=np.uint64)
    ids = np.arange(first, first + count, dtype=np.uint64)
    outside = np.arange(count)
    while len(outside):
        left, right = ids[outside] >> np.uint64(half), ids[outside] & mask
        for key in keys:
            mixed = (right + key) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
            mixed *= np.uint64(0xBF58476D1CE4E5B9)
            left, right = right, left ^ (mixed >> np.uint64(64 - half))
        ids[outside] = left << np.uint64(half) | right
        outside = outside[ids[outside] >= total]
    return ids.astype(np.int64) + 1


# --- order products -------------------------------------------------------------


class BasketModel:
    """Draws which products fill the orders of a block."""

    def __init__(self, aisles: np.ndarray, seed: int) -> None:
        table = tables.calibration("aisles")
        row = aisles - 1
        lines = self._target_lines(aisles, table, seed)
        rate = table["reorder_rate"][row]
        factor = table["intro_factor"][row].astype(float)
        top = tables.top_product_ids(aisles) - 1
        published = tables.calibration("top_products")
        factor[top] *= published["intro_factor"]
        # A product is met once per customer and then bought again rate/(1-rate) times.
        self.intro = cumulative(lines * (1 - rate) * factor)
        self.rebuy = rate / (1 - rate) * table["rebuy_factor"][row]
        self.rebuy[top] *= published["rebuy_factor"]

    @staticmethod
    def _target_lines(
        aisles: np.ndarray, table: dict[str, np.ndarray], seed: int
    ) -> np.ndarray:
        """Return prior order products per product: published sums, spread by rank."""
        rng = stream(seed, tables.STREAM_CATALOGUE, 2)
        top = tables.calibration("top_products")["prior_lines"]
        fixed = np.zeros(PRODUCTS)
        fixed[np.array(list(PLANTED_LINES)) - 1] = list(PLANTED_LINES.values())
        fixed[tables.top_product_ids(aisles) - 1] = top
        lines = fixed.copy()
        for aisle, total in zip(table["aisle_id"], table["prior_lines"], strict=True):
            members = aisles == aisle
            rest = np.flatnonzero(members & (fixed == 0))
            place = (rng.permutation(len(rest)) + 0.5) / len(rest)
            weight = (place / (1 - place)) ** POPULARITY_SPREAD
            weight *= max(total - fixed[members].sum(), 0) / weight.sum()
            # No other product may be more popular than the published top ones.
            lines[rest] = np.minimum(weight, top.min())
        return lines

    def draw(
        self, orders: dict[str, np.ndarray], block: int, seed: int
    ) -> dict[str, np.ndarray]:
        """Return `order` (row of `orders`), `product`, `place` and `reordered`.

        Each customer has a list of distinct products in the order of first purchase;
        an order takes the next ones of the list as new and others from before.
        """
        rng = stream(seed, tables.STREAM_LINES, block)
        customer, size = orders["customer"], orders["size"]
        again, known, need = self._split(rng, orders)
        product = self._lists(rng, need, planted=block == 0)
        list_start = np.cumsum(need) - need
        weight = self.rebuy[product]
        weight *= np.exp(FAVOURITE_SPREAD * rng.standard_normal(len(product)))
        running = np.concatenate([[0.0], np.cumsum(weight)])
        start = list_start[customer]

        new = size - again
        new_order = np.repeat(np.arange(len(size)), new)
        offset = np.arange(len(new_order)) - (np.cumsum(new) - new)[new_order]
        new_item = (start + known)[new_order] + offset
        old_order, old_item = _pick_known(rng, running, start, known, again)

        order = np.concatenate([new_order, old_order])
        item = np.concatenate([new_item, old_item])
        reordered = np.arange(len(order)) >= len(new_order)
        place_key = (rng.random(len(order)) + CART_PULL * ~reordered) / (1 + CART_PULL)
        by_place = np.argsort(order + place_key)
        order, item = order[by_place], item[by_place]
        filled = np.bincount(order, minlength=len(size))
        place = np.arange(len(order)) - (np.cumsum(filled) - filled)[order] + 1
        return {
            **{"order": order, "product": product[item] + 1, "place": place},
            **{"reordered": reordered[by_place]},
        }

    def _split(
        self, rng: np.random.Generator, orders: dict[str, np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return per order the reordered and the known products, then list lengths."""
        customer, number, size = (orders[k] for k in ("customer", "number", "size"))
        rate = np.interp(number, REORDER_NUMBERS, REORDER_RATES)
        own = REORDER_SPREAD * rng.standard_normal(BLOCK)[customer]
        # Widening the logit (sd 1.7 to a normal 1) keeps the mean despite the spread.
        widened = np.log(rate / (1 - rate)) * np.sqrt(1 + REORDER_SPREAD**2 / 2.9)
        again = rng.binomial(size, 1 / (1 + np.exp(-(widened + own + REORDER_LIFT))))
        total = np.bincount(customer, minlength=BLOCK)
        known, length = np.zeros(len(size), dtype=np.int64), np.zeros(BLOCK, dtype=int)
        for step in range(int(total.max())):
            active = np.flatnonzero(total > step)
            now = orders["start"][active] + step
            known[now] = length[active]
            limit = np.ceil(length[active] * HISTORY_SHARE).astype(np.int64)
            again[now] = np.minimum(again[now], limit)
            length[active] += size[now] - again[now]
        return again, known, length

    def _lists(
        self, rng: np.random.Generator, need: np.ndarray, planted: bool
    ) -> np.ndarray:
        """Draw `need` distinct product rows per customer, customer by customer.

        With `planted`, the first customers meet one planted product each, so that
        every defect has order products at any scale.
        """
        owner = np.empty(0, dtype=np.int64)
        product = np.empty(0, dtype=np.int64)
        more = need + need // 4 + 4
        while more.any():
            extra = np.repeat(np.arange(BLOCK), more)
            drawn = np.searchsorted(self.intro, rng.random(len(extra)), "right")
            if planted and not len(owner):
                ids = np.array(sorted(PLANTED_LINES))
                drawn[(np.cumsum(more) - more)[: len(ids)]] = ids - 1
            owner = np.concatenate([owner, extra])
            product = np.concatenate([product, drawn])
            # The first of equal draws stays, in the order they were drawn.
            _, first = np.unique(owner << 16 | product, return_index=True)
            first.sort()
            owner, product = owner[first], product[first]
            short = need - np.bincount(owner, minlength=BLOCK)
            more = np.where(short > 0, 2 * short + 8, 0)
        by_owner = np.argsort(owner, kind="stable")
        owner, product = owner[by_owner], product[by_owner]
        have = np.bincount(owner, minlength=BLOCK)
        rank = np.arange(len(owner)) - (np.cumsum(have) - have)[owner]
        keep = rank < need[owner]
        return product[keep]


def _pick_known(
    rng: np.random.Generator,
    running: np.ndarray,
    start: np.ndarray,
    known: np.ndarray,
    again: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Pick `again` distinct list items per order among its first `known` ones.

    `running` holds the summed weights of all lists, `start` the order's place in
    them. Returns the order and the item of each pick, without a given sequence.
    """
    low, high = running[start], running[start + known]
    width = len(running).bit_length()
    missing = again.copy()
    pending = np.empty(0, dtype=np.int64)
    done = []
    # Equal picks are drawn anew; after twelve rounds the few still short stay short.
    for _ in range(12):
        order = np.repeat(np.arange(len(again)), missing)
        value = low[order] + rng.random(len(order)) * (high - low)[order]
        item = np.searchsorted(running, value, "right") - 1
        item = np.clip(item, start[order], start[order] + known[order] - 1)
        pending = np.unique(np.concatenate([pending, order << width | item]))
        owner = pending >> width
        missing = again - np.bincount(owner, minlength=len(again))
        unfinished = missing[owner] > 0
        done.append(pending[~unfinished])
        pending = pending[unfinished]
        if not len(pending):
            break
        # Orders already handed over have nothing more to draw.
        still = np.zeros(len(again), dtype=bool)
        still[pending >> width] = True
        missing[~still] = 0
    picks = np.concatenate([*done, pending])
    return picks >> width, picks & ((1 << width) - 1)


# --- files ----------------------------------------------------------------------


def _write_package(
    work: Path, package: str, scale: float, seed: int, report: Callable[[str], None]
) -> dict:
    """Write the package's files into `work` and return the truth about them."""
    customers = round(tables.CUSTOMERS * scale)
    con = duckdb.connect(str(work / "work.duckdb"))
    try:
        con.execute("SET memory_limit = '3GB'")
        con.execute("SET preserve_insertion_order = true")
        con.execute(f"SET temp_directory = '{tables.sql_path(work / 'spill')}'")
        con.execute("SET enable_progress_bar = false")
        aisles = tables.product_aisles(seed)
        counts = _fill_orders(con, aisles, customers, package, seed, report)
        report("sorting and writing the files")
        rows = _copy_orders(con, work, package)
        catalogue = _Catalogue(aisles, seed)
        if package == "careerfoundry":
            user_ids = np.arange(1, customers + 1)
            tables.customers_table(con, user_ids, seed)
            rows["customers.csv"] = tables.write_customers(con, work / "customers.csv")
            nameless = con.execute(
                'SELECT count(*) FROM customers WHERE "First Name" IS NULL'
            ).fetchone()[0]
        else:
            nameless = 0
    finally:
        con.close()
    rows |= _write_products(work, catalogue, package)
    files = {
        name: {"rows": rows[name], "bytes": (work / name).stat().st_size}
        for name in PACKAGES[package]
    }
    return {
        "generated": True,
        "fabricated": FABRICATED,
        "package": package,
        "scale": scale,
        "seed": seed,
        "files": files,
        "planted": _planted(catalogue, counts["product_lines"], package, nameless),
        "expected": _expected(catalogue, counts, package, customers),
    }


def _fill_orders(
    con: duckdb.DuckDBPyConnection,
    aisles: np.ndarray,
    customers: int,
    package: str,
    seed: int,
    report: Callable[[str], None],
) -> dict:
    """Fill tables `orders` and `lines` block by block and return their counts."""
    con.execute(
        "CREATE TABLE orders (order_id INTEGER, user_id INTEGER, eval_set TINYINT,"
        " order_number TINYINT, dow TINYINT, hour TINYINT, days TINYINT)"
    )
    con.execute(
        "CREATE TABLE lines (order_id INTEGER, product_id INTEGER, place SMALLINT,"
        " reordered TINYINT, eval_set TINYINT)"
    )
    blocks = -(-customers // BLOCK)
    total = sum(
        int((order_counts(block, seed)[0] + 1)[: customers - block * BLOCK].sum())
        for block in range(blocks)
    )
    order_model, basket_model = OrderModel(), BasketModel(aisles, seed)
    counts = {
        **{"loyal": 0, "regular": 0, "new": 0, "high_activity": 0},
        **{"orders": np.zeros(3, dtype=np.int64), "lines": np.zeros(3, dtype=np.int64)},
        **{"reordered": np.zeros(3, dtype=np.int64)},
        "product_lines": np.zeros(PRODUCTS, dtype=np.int64),
    }
    written = 0
    for block in range(blocks):
        prior, train = order_counts(block, seed)
        orders = order_model.draw(prior, block, seed)
        last = orders["number"] == prior[orders["customer"]] + 1
        kind = np.where(train[orders["customer"]], TRAIN, TEST)
        eval_set = np.where(last, kind, PRIOR).astype(np.int8)
        orders["size"][eval_set == TEST] = 0
        lines = basket_model.draw(orders, block, seed)

        # Whole blocks are drawn at any scale; the last one is cut to size.
        kept = min(BLOCK, customers - block * BLOCK)
        rows = int(orders["start"][kept]) if kept < BLOCK else len(last)
        ids = order_ids(written, rows, total, seed).astype(np.int32)
        written += rows
        order_rows = {
            "order_id": ids,
            "user_id": (orders["customer"][:rows] + block * BLOCK + 1).astype(np.int32),
            "eval_set": eval_set[:rows],
            "order_number": orders["number"][:rows].astype(np.int8),
            **{name: orders[name][:rows] for name in ("dow", "hour", "days")},
        }
        tables.insert(con, "orders", order_rows)
        sets = eval_set[lines["order"]]
        keep = lines["order"] < rows
        if package == "careerfoundry":
            keep &= sets == PRIOR
        line_rows = {
            "order_id": ids[lines["order"][keep]],
            "product_id": lines["product"][keep].astype(np.int32),
            "place": lines["place"][keep].astype(np.int16),
            "reordered": lines["reordered"][keep].astype(np.int8),
            "eval_set": sets[keep],
        }
        tables.insert(con, "lines", line_rows)

        prior = prior[:kept]
        counts["loyal"] += int((prior > 40).sum())
        counts["regular"] += int(((prior > 10) & (prior <= 40)).sum())
        counts["new"] += int((prior <= 10).sum())
        counts["high_activity"] += int((prior >= 5).sum())
        counts["orders"] += np.bincount(eval_set[:rows], minlength=3)
        counts["lines"] += np.bincount(line_rows["eval_set"], minlength=3)
        again = line_rows["eval_set"][line_rows["reordered"] == 1]
        counts["reordered"] += np.bincount(again, minlength=3)
        bought = line_rows["product_id"][line_rows["eval_set"] == PRIOR] - 1
        counts["product_lines"] += np.bincount(bought, minlength=PRODUCTS)
        if (block + 1) * 10 // blocks > block * 10 // blocks:
            report(f"customers: {min(customers, (block + 1) * BLOCK):,}")
    return counts


def _copy_orders(
    con: duckdb.DuckDBPyConnection, work: Path, package: str
) -> dict[str, int]:
    """Write the order and order product files; return the rows of each."""
    names = "CASE eval_set WHEN 0 THEN 'prior' WHEN 1 THEN 'train' ELSE 'test' END"
    queries = {
        "orders.csv": (
            f"SELECT order_id, user_id, {names} AS eval_set, order_number,"
            " dow AS order_dow, lpad(hour::VARCHAR, 2, '0') AS order_hour_of_day,"
            " CASE WHEN days >= 0 THEN days || '.0' END AS days_since_prior_order"
            " FROM orders"
        )
    }
    prior_name = PACKAGES[package][1]
    files = {prior_name: PRIOR, "order_products__train.csv": TRAIN}
    for name, kind in files.items():
        if name in PACKAGES[package]:
            queries[name] = (
                "SELECT order_id, product_id, place AS add_to_cart_order, reordered"
                f" FROM lines WHERE eval_set = {kind} ORDER BY order_id, place"
            )
    rows = {}
    for name, query in queries.items():
        target = tables.sql_path(work / name)
        copied = con.execute(f"COPY ({query}) TO '{target}' (FORMAT csv, HEADER)")
        rows[name] = copied.fetchone()[0]
    return rows


class _Catalogue:
    """The 49,688 true products; index 0 is product 1, prices in tenths of a dollar."""

    def __init__(self, aisles: np.ndarray, seed: int) -> None:
        self.aisles = aisles
        self.departments = tables.aisle_departments()[aisles]
        self.names = tables.product_names(aisles, seed)
        self.prices = tables.draw_prices(self.departments, seed)

    def listed_name(self, product: int, package: str) -> str:
        """Return the name the package's file gives to a true product id."""
        if package == "careerfoundry" and product in tables.UNNAMED_IDS:
            return ""
        if package == "careerfoundry" and product == tables.NAME_ERROR_ID:
            return "#NAME?"
        return self.names[product - 1]


def _write_products(work: Path, catalogue: _Catalogue, package: str) -> dict[str, int]:
    """Write products, departments and aisles; return the rows of each file."""
    dirty = package == "careerfoundry"
    listed_as = {true: listed for listed, true in tables.MISNUMBERED_IDS.items()}
    records = []
    for product in range(1, PRODUCTS + 1):
        at = product - 1
        fields = [
            str(listed_as.get(product, product) if dirty else product),
            tables.csv_text(catalogue.listed_name(product, package)),
            str(catalogue.aisles[at]),
            str(catalogue.departments[at]),
        ]
        if dirty:
            typo = tables.MISTYPED_PRICES.get(product)
            tenths = round(typo * 10) if typo else int(catalogue.prices[at])
            fields.append(tables.price_text(tenths))
        record = ",".join(fields)
        records += [record] * (2 if dirty and product in tables.DUPLICATED_IDS else 1)
    header = "product_id,product_name,aisle_id,department_id" + ",prices" * dirty
    end = "\r\n" if dirty else "\n"
    _write_lines(work / "products.csv", [header, *records], end)

    table = tables.calibration("aisles")
    pairs = zip(table["department_id"].tolist(), table["department"], strict=True)
    departments = dict(sorted(set(pairs)))
    if dirty:
        wide = [
            ",".join(["department_id", *map(str, departments)]),
            ",".join(["department", *departments.values()]),
        ]
        _write_lines(work / "departments.csv", wide, end)
        return {"products.csv": len(records), "departments.csv": 1}
    long = [f"{number},{name}" for number, name in departments.items()]
    _write_lines(work / "departments.csv", ["department_id,department", *long], end)
    aisles = [
        f"{number},{name}"
        for number, name in zip(table["aisle_id"], table["aisle"], strict=True)
    ]
    _write_lines(work / "aisles.csv", ["aisle_id,aisle", *aisles], end)
    return {
        **{"products.csv": len(records), "departments.csv": len(long)},
        "aisles.csv": len(aisles),
    }


def _write_lines(path: Path, lines: list[str], end: str) -> None:
    path.write_text("".join(line + end for line in lines), "utf-8", newline="")


# --- truth ----------------------------------------------------------------------


def _planted(
    catalogue: _Catalogue, product_lines: np.ndarray, package: str, nameless: int
) -> dict:
    """Return what was planted: rows of products.csv, names, prior order products."""
    dirty = package == "careerfoundry"
    names = [catalogue.listed_name(p, package) for p in range(1, PRODUCTS + 1)]

    def lines(ids) -> int:
        return int(product_lines[np.array(list(ids)) - 1].sum()) if dirty else 0

    misnumbered = tables.MISNUMBERED_IDS if dirty else {}
    typos = tables.MISTYPED_PRICES if dirty else {}
    return {
        "duplicate_product_rows": len(tables.DUPLICATED_IDS) if dirty else 0,
        "missing_product_names": names.count(""),
        "name_error_values": names.count("#NAME?"),
        "misnumbered_products": [list(pair) for pair in misnumbered.items()],
        "mistyped_prices": {str(product): price for product, price in typos.items()},
        "html_entity_names": sum("&" in n and ";" in n for n in names),
        "backslash_quote_names": sum('\\"' in name for name in names),
        "double_blank_names": sum("  " in name for name in names),
        "non_ascii_names": sum(not name.isascii() for name in names),
        "missing_first_names": nameless,
        "misnumbered_lines": lines(tables.MISNUMBERED_IDS.values()),
        "collided_lines": lines(tables.MISNUMBERED_IDS),
        "unnamed_lines": lines(tables.UNNAMED_IDS),
        "duplicated_lines": lines(tables.DUPLICATED_IDS),
        "mistyped_price_lines": lines(tables.MISTYPED_PRICES),
        "name_error_lines": lines([tables.NAME_ERROR_ID]),
    }


def _expected(
    catalogue: _Catalogue, counts: dict, package: str, customers: int
) -> dict:
    """Return the totals a warehouse must reach once the defects are repaired."""
    orders, lines = counts["orders"], counts["lines"]
    return {
        "customers": customers,
        "orders": int(orders.sum()),
        "orders_by_eval_set": dict(zip(EVAL_SETS, orders.tolist(), strict=True)),
        "order_products": int(lines.sum()),
        "prior_order_products": int(lines[PRIOR]),
        "products": PRODUCTS,
        "loyalty": {name: counts[name] for name in ("loyal", "regular", "new")},
        "high_activity_customers": counts["high_activity"],
        "reordered_order_products": int(counts["reordered"].sum()),
        "reordered_prior_order_products": int(counts["reordered"][PRIOR]),
        "prior_revenue": (
            _revenue(catalogue, counts["product_lines"])
            if package == "careerfoundry"
            else None
        ),
    }


def _revenue(catalogue: _Catalogue, product_lines: np.ndarray) -> float:
    """Return the dollars of all prior order products at cleaned prices.

    A mistyped price counts as the median of its aisle's valid prices. Cents are
    whole numbers throughout, so nothing is lost to rounding.
    """
    cents = catalogue.prices * 10
    typos = np.array(list(tables.MISTYPED_PRICES)) - 1
    valid = np.ones(PRODUCTS, dtype=bool)
    valid[typos] = False
    for at in typos.tolist():
        peers = valid & (catalogue.aisles == catalogue.aisles[at])
        cents[at] = round(float(np.median(catalogue.prices[peers])) * 10)
    return int((product_lines * cents).sum()) / 100


# --- output folder --------------------------------------------------------------


def _check_owned(out: Path) -> None:
    """Refuse a folder whose package files this program did not write."""
    if out.exists() and not out.is_dir():
        raise GenerateError(f"{out} is a file, not a folder.")
    # An interrupted publishing leaves its truth.json in the working folder.
    if _is_truth(out / WORK / "truth.json"):
        return
    written = recorded_files(out) if _is_truth(out / "truth.json") else {}
    names = sorted({name for files in PACKAGES.values() for name in files})
    for name in (n + ending for n in names for ending in ("", ".gz")):
        if (out / name).exists() and not is_unchanged(out / name, written):
            raise GenerateError(
                f"{out} holds {name}, which is not as it was generated here and may be"
                " real data: move it away or choose another folder with --out."
            )


def _is_truth(path: Path) -> bool:
    """Say whether `path` is a truth.json of this program."""
    try:
        return json.loads(path.read_text("utf-8"))["generated"] is True
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _publish(work: Path, out: Path, truth: dict) -> None:
    """Move the finished files into `out`, and truth.json last."""
    final = out / "truth.json"
    stale = {name for p in (final, out / "enriched.json") for name in _named_files(p)}
    text = json.dumps(truth, indent=2) + "\n"
    (work / "truth.json").write_text(text, "utf-8")
    final.unlink(missing_ok=True)
    for name in stale - truth["files"].keys():
        (out / name).unlink(missing_ok=True)
    (out / "enriched.json").unlink(missing_ok=True)
    for name in truth["files"]:
        os.replace(work / name, out / name)
    os.replace(work / "truth.json", final)


def _named_files(path: Path) -> set[str]:
    """Return the plain file names listed under `files` in a JSON file, if any."""
    try:
        listed = json.loads(path.read_text("utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    return {name for name in listed if Path(name).name == name}


# --- command line ---------------------------------------------------------------


def scale_argument(text: str) -> float:
    """Read --scale; raises ArgumentTypeError outside 0.0005..100."""
    try:
        scale = float(text)
    except ValueError:
        scale = -1.0
    if not SCALES[0] <= scale <= SCALES[1]:
        raise argparse.ArgumentTypeError(
            f"must be a number from 0.0005 to 100, not '{text}'"
        )
    return scale


def seed_argument(text: str) -> int:
    """Read --seed; raises ArgumentTypeError for anything but a whole number >= 0."""
    if not (text.isascii() and text.isdigit() and int(text) < 1 << 63):
        raise argparse.ArgumentTypeError(
            f"must be a whole number from 0 on, not '{text}'"
        )
    return int(text)


def raw_folder() -> str:
    """Return the raw folder the warehouse reads unless told otherwise."""
    return os.environ.get("INSTACART_RAW_DIR") or "data/raw"


def has_raw_files(folder: Path) -> bool:
    """Whether a folder holds anything but a generation that was cut short."""
    if (folder / WORK).exists() or not folder.exists():
        return False
    return not folder.is_dir() or any(
        not path.name.startswith(".") for path in folder.iterdir()
    )


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return its exit code (0 done, 1 refused)."""
    parser = argparse.ArgumentParser(
        prog="generate.py",
        description="Write a fabricated Instacart package with the real files' form"
        " and defects.",
    )
    parser.add_argument("--package", choices=PACKAGES, default="careerfoundry")
    parser.add_argument(
        "--scale",
        type=scale_argument,
        default=0.01,
        help="1 = 206,209 customers (default 0.01)",
    )
    parser.add_argument("--seed", type=seed_argument, default=42)
    parser.add_argument(
        "--out",
        default=None,
        help="folder to write to (default INSTACART_RAW_DIR, else data/raw)",
    )
    parser.add_argument(
        "--if-none",
        action="store_true",
        help="do nothing where the folder holds files already",
    )
    args = parser.parse_args(argv)
    out = args.out or raw_folder()
    if args.if_none:
        if has_raw_files(Path(out)):
            return 0
        print(f"No raw files in {out}: generating demo files, all rows fabricated.")
    try:
        truth = generate(
            out, args.package, args.scale, args.seed, lambda x: print(x, flush=True)
        )
    except GenerateError as error:
        print(f"generate.py: {error}", file=sys.stderr)
        return 1
    except (OSError, duckdb.Error) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        print(f"generate.py: can't write to {out}: {reason}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("generate.py: stopped before it was done.", file=sys.stderr)
        return 130
    expected = truth["expected"]
    print(
        f"{expected['customers']:,} customers, {expected['orders']:,} orders,"
        f" {expected['order_products']:,} order products, all fabricated"
    )
    print(f"written to {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
