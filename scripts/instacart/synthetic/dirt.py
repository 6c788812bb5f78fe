"""Spoils generated orders and order products the way real extracts are spoilt.

Works on the DuckDB tables `orders` and `lines` before the files are written. Which rows
are spoilt follows from seed, customer, order number and product, not from scale or
threads, and a higher level spoils those of a lower one too; only rows taken so that no
kind is missing among few rows are others. A spoilt row lies in `spoilt_orders` or
`spoilt_lines` with its true values and the number of its kind: bad text is put in after
sorting, so that only numbers are sorted.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import duckdb
import numpy as np

# Of so many rows one is spoilt, per kind.
ONE_IN = {1: 10_000, 2: 1_000, 3: 100}
# Lines are spoilt in some orders only: one in so many there, per kind.
ONE_LINE_IN = 100
EVAL_SETS = ("prior", "train", "test")
# Added to an id it gives one that nothing has at any scale, and still an integer.
FOREIGN = 1_000_000_000
DUPLICATE, CONFLICT = "duplicate", "conflict"
UNKNOWN_ORDER, UNKNOWN_PRODUCT = "unknown order", "unknown product"


class Kind(NamedTuple):
    """What a file shows in a column in place of the true value, and what that comes to.

    `text` is SQL over the true row, NULL for a blank. `reason` is the one in
    rejected_rows; an exact copy has none, as it is removed and counted.
    """

    name: str
    column: str = ""
    text: str = ""
    reason: str = ""


class Dataset(NamedTuple):
    """A table to spoil: its key, its file's columns as SQL and two columns to sort by.

    Kinds in `replaced` come in place of the true row, kinds in `added` beside it; a
    kind's number is its position among both, from 1.
    """

    table: str
    key: tuple[str, ...]
    columns: dict[str, str]
    sort: tuple[str, str]
    replaced: tuple[Kind, ...]
    added: tuple[Kind, ...]

    def kinds(self) -> dict[int, Kind]:
        return dict(enumerate(self.replaced + self.added, 1))

    def number(self, name: str) -> int:
        return next(n for n, kind in self.kinds().items() if kind.name == name)


def _bad(column: str, flaw: str, text: str, problem: str) -> Kind:
    return Kind(f"{column} {flaw}", column, text, f"{column} {problem}")


def _unreadable(column: str, value: str) -> tuple[Kind, ...]:
    """Return a word, a fraction that rounds to the next number, and a blank."""
    return (
        _bad(column, "is a word", "'abc'", "is not a whole number"),
        _bad(column, "is a fraction", f"{value} || '.6'", "is not a whole number"),
        _bad(column, "is blank", "NULL", "is missing"),
    )


def _conflict(key: str, column: str, text: str) -> Kind:
    """Return another version of a row; `text` is a higher value, the lowest is kept."""
    reason = f"{key} appears in another row with other values, which was kept"
    return Kind(CONFLICT, column, text, reason)


HOUR, DAYS = "order_hour_of_day", "days_since_prior_order"
ORDERS = Dataset(
    "orders",
    key=("order_id",),
    columns={
        "order_id": "order_id",
        "user_id": "user_id",
        "eval_set": "CASE eval_set WHEN 0 THEN 'prior' WHEN 1 THEN 'train'"
        " ELSE 'test' END",
        "order_number": "order_number",
        "order_dow": "dow",
        HOUR: "lpad(hour::VARCHAR, 2, '0')",
        DAYS: "CASE WHEN days >= 0 THEN days || '.0' END",
    },
    sort=("user_id", "order_number"),
    replaced=(
        *_unreadable("order_id", "order_id"),
        *_unreadable("user_id", "user_id"),
        *_unreadable("order_number", "order_number"),
        _bad("order_dow", "is 7", "7", "is above 6"),
        *(_bad(HOUR, f"is {hour}", str(hour), "is above 23") for hour in (24, 25, 99)),
        _bad(DAYS, "is negative", "'-' || (days + 2) || '.0'", "is below 0"),
    ),
    added=(
        Kind(DUPLICATE),
        _conflict("order_id", HOUR, "lpad((hour + 1)::VARCHAR, 2, '0')"),
    ),
)
LINES = Dataset(
    "lines",
    key=("order_id", "product_id"),
    columns={
        "order_id": "order_id",
        "product_id": "product_id",
        "add_to_cart_order": "cart_position",
        "reordered": "reordered",
    },
    sort=("order_id", "cart_position"),
    replaced=(
        *_unreadable("order_id", "order_id"),
        *_unreadable("product_id", "product_id"),
        *_unreadable("add_to_cart_order", "cart_position"),
        _bad("reordered", "is 2", "2", "is above 1"),
    ),
    added=(
        Kind(DUPLICATE),
        _conflict("order_id and product_id", "add_to_cart_order", "cart_position + 1"),
        Kind(UNKNOWN_ORDER, "order_id", f"order_id + {FOREIGN}", UNKNOWN_ORDER),
        Kind(UNKNOWN_PRODUCT, "product_id", f"product_id + {FOREIGN}", UNKNOWN_PRODUCT),
    ),
)
# Orders of which the file has no usable row.
LOST = f"(SELECT order_id FROM spoilt_orders WHERE kind <= {len(ORDERS.replaced)})"


def spoil(con: duckdb.DuckDBPyConnection, level: int, seed: int) -> dict[str, Any]:
    """Spoil `orders` and `lines` in place; return what was done and must be found.

    Level 1, 2 or 3 spoils about one row in 10,000, 1,000 or 100 per kind and at least
    one; level 0 spoils none. Afterwards `orders` holds what a warehouse keeps, `lines`
    also those whose order was lost. The dict holds the level and, for orders and order
    products, the rows of each kind, those of rejected_rows by reason, and the
    duplicates removed. Raises ValueError for another level.
    """
    if level and level not in ONE_IN:
        raise ValueError("level must be 0, 1, 2 or 3")
    for data in (ORDERS, LINES):
        con.execute(
            f"CREATE TABLE spoilt_{data.table} AS"
            f" SELECT *, 0::TINYINT AS kind FROM {data.table} LIMIT 0"
        )
    if level:
        orders = _diced_orders(seed)
        some_lines = _diced_lines(seed, ONE_IN[level] // ONE_LINE_IN)
        # Nobody looks at the days of a first order.
        of_days = ORDERS.number(f"{DAYS} is negative") - 1
        spoilable = (
            f"FROM ({orders}) WHERE days >= 0 OR dice % {ONE_IN[level]} <> {of_days}"
        )
        later = f"FROM ({orders}) WHERE days >= 0"
        _pick(con, ORDERS, spoilable, ONE_IN[level], later)
        _pick(con, LINES, some_lines, ONE_LINE_IN, _diced_lines(seed, 1))
        for data in (LINES, ORDERS):
            same = " AND ".join(
                f"{data.table}.{key} = spoilt.{key}" for key in data.key
            )
            con.execute(
                f"DELETE FROM {data.table} USING spoilt_{data.table} AS spoilt"
                f" WHERE {same} AND kind <= {len(data.replaced)}"
            )
    outcome = {"orders": _outcome(con, ORDERS), "order_products": _outcome(con, LINES)}
    return {"level": level, **outcome}


def _dice(purpose: str, seed: int) -> str:
    """Return SQL for 64 random bits per order: MD5, as DuckDB's own hash may change."""
    text = f"concat_ws(' ', '{purpose}', {seed}, user_id, order_number)"
    return f"md5_number_lower({text})"


def _diced_orders(seed: int) -> str:
    # No hour of the day comes after 23, and a conflict shows a later one.
    return f"SELECT *, {_dice('orders', seed)} AS dice FROM orders WHERE hour < 23"


def _diced_lines(seed: int, one_in: int) -> str:
    """Return SQL for the lines of one order in `one_in`, with 32 random bits each."""
    return (
        "SELECT lines.*, (chance // 4294967296 + product_id::UBIGINT * 2654435761)"
        " % 4294967291 AS dice FROM lines JOIN (SELECT order_id,"
        f" {_dice('lines', seed)} AS chance FROM orders WHERE chance % {one_in} = 0)"
        " USING (order_id)"
    )


def _pick(
    con: duckdb.DuckDBPyConnection, data: Dataset, diced: str, one_in: int, every: str
) -> None:
    """Copy one of `one_in` rows of `diced` per kind, at least one of `every` row."""
    con.execute(
        f"INSERT INTO spoilt_{data.table} SELECT * EXCLUDE (dice), dice % {one_in} + 1"
        f" FROM ({diced}) WHERE dice % {one_in} < {len(data.kinds())}"
    )
    missing = [n for n, rows in _kind_counts(con, data).items() if not rows]
    if missing:
        key = ", ".join(data.key)
        con.execute(
            f"INSERT INTO spoilt_{data.table} SELECT * EXCLUDE (dice),"
            f" ({missing})[row_number() OVER (ORDER BY dice, {key})] FROM ({every})"
            f" ANTI JOIN spoilt_{data.table} USING ({key})"
            f" ORDER BY dice, {key} LIMIT {len(missing)}"
        )


def _kind_counts(con: duckdb.DuckDBPyConnection, data: Dataset) -> dict[int, int]:
    query = f"SELECT kind, count(*) FROM spoilt_{data.table} GROUP BY kind"
    return dict.fromkeys(data.kinds(), 0) | dict(con.execute(query).fetchall())


def _outcome(con: duckdb.DuckDBPyConnection, data: Dataset) -> dict[str, Any]:
    """Return rows per kind, rejected rows per reason and duplicates of a dataset."""
    counts = _kind_counts(con, data)
    rows = {kind.name: counts[n] for n, kind in data.kinds().items()}
    reasons = dict.fromkeys((kind.reason for kind in data.kinds().values()), 0)
    for n, kind in data.kinds().items():
        reasons[kind.reason] += counts[n]
    duplicates = reasons.pop("")
    if data is LINES:
        unknown = f"spoilt_lines WHERE kind = {data.number(UNKNOWN_PRODUCT)}"
        query = f"SELECT count(*) FROM (FROM {{}}) SEMI JOIN {LOST} USING (order_id)"
        rows["lost order"], both = (
            con.execute(query.format(source)).fetchall()[0][0]
            for source in ("lines", unknown)
        )
        # Of a line whose order and product are unknown, the order is reported.
        reasons[UNKNOWN_ORDER] += rows["lost order"] + both
        reasons[UNKNOWN_PRODUCT] -= both
    return {"rows": rows, "rejected": reasons, "duplicates_removed": duplicates}


def orders_query(level: int) -> str:
    """Return the query for orders.csv; above level 0 `spoil` must have run."""
    if level:
        return _spoilt_query(ORDERS, "TRUE")
    return f"SELECT {_columns(ORDERS)} FROM orders"


def lines_query(eval_set: int, level: int) -> str:
    """Return the query for the order products of an eval set: 0 prior, 1 train.

    Above level 0 `spoil` must have run.
    """
    chosen = f"eval_set = {eval_set}"
    if level:
        return _spoilt_query(LINES, chosen)
    order = ", ".join(LINES.sort)
    return f"SELECT {_columns(LINES)} FROM lines WHERE {chosen} ORDER BY {order}"


def _columns(data: Dataset) -> str:
    return ", ".join(f"{sql} AS {name}" for name, sql in data.columns.items())


def _spoilt_query(data: Dataset, chosen: str) -> str:
    """Return the query for a file, or its `chosen` rows, with spoilt rows in place.

    A replaced row and an orphan are where the true row was, a conflict is before it, a
    copy after it or up to three rows later.
    """
    columns = []
    for name, sql in data.columns.items():
        cases = "".join(
            f" WHEN {n} THEN ({kind.text})::VARCHAR"
            for n, kind in data.kinds().items()
            if kind.column == name
        )
        shown = f"CASE kind{cases} ELSE ({sql})::VARCHAR END" if cases else sql
        columns.append(f"{shown} AS {name}")
    first, second = data.sort
    position = (
        f"{second} + CASE kind WHEN {data.number(DUPLICATE)} THEN {data.key[-1]} % 4"
        f" WHEN {data.number(CONFLICT)} THEN -1 ELSE 0 END"
    )
    # DuckDB keeps the order of a subquery that is only selected from.
    return (
        f"SELECT {', '.join(columns)} FROM (SELECT * FROM (SELECT *, 0::TINYINT AS kind"
        f" FROM {data.table} UNION ALL FROM spoilt_{data.table}) WHERE {chosen}"
        f" ORDER BY {first}, {position}, kind, {data.key[-1]})"
    )


def expected(
    con: duckdb.DuckDBPyConnection, products: int, customers: int | None = None
) -> dict[str, Any]:
    """Return the totals a warehouse must come to, counted after `spoil`.

    `customers` is the number of rows of customers.csv, or None where the package has no
    such file and only orders make a customer. `product_lines` is an array of the prior
    order products kept of products 1 to `products`.
    """
    query = "SELECT eval_set, count(*) FROM orders GROUP BY eval_set"
    sets = dict.fromkeys(range(3), 0) | dict(con.execute(query).fetchall())
    [(ordering, loyal, regular, new, active)] = con.execute(
        "SELECT count(*), count(*) FILTER (last > 40),"
        " count(*) FILTER (last > 10 AND last <= 40), count(*) FILTER (last <= 10),"
        " count(*) FILTER (last >= 5) FROM (SELECT max(order_number)"
        " FILTER (eval_set = 0) AS last FROM orders GROUP BY user_id)"
    ).fetchall()
    kept = con.execute(
        "SELECT product_id, eval_set = 0 AS prior, count(*) AS lines,"
        " sum(reordered)::BIGINT AS reordered FROM lines"
        f" ANTI JOIN {LOST} USING (order_id) GROUP BY ALL"
    ).fetchnumpy()
    prior = kept["prior"].astype(bool)
    product_lines = np.zeros(products, dtype=np.int64)
    product_lines[kept["product_id"][prior] - 1] = kept["lines"][prior]
    customers = ordering if customers is None else customers
    return {
        "customers": customers,
        "orders": sum(sets.values()),
        "orders_by_eval_set": dict(zip(EVAL_SETS, sets.values(), strict=True)),
        "order_products": int(kept["lines"].sum()),
        "prior_order_products": int(kept["lines"][prior].sum()),
        "loyalty": {"loyal": loyal, "regular": regular, "new": new},
        "customers_without_prior_orders": customers - loyal - regular - new,
        "high_activity_customers": active,
        "reordered_order_products": int(kept["reordered"].sum()),
        "reordered_prior_order_products": int(kept["reordered"][prior].sum()),
        "product_lines": product_lines,
    }
