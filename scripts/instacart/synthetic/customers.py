"""Who the customers are: how often they order, and the fictitious rest of them.

Every full set of 206,209 customers meets the published tables exactly: the histogram
of prior orders, and region, state, gender, age and family, each by loyalty. A smaller
scale is the beginning of a full set, a larger one several sets.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import duckdb
import numpy as np

from instacart.synthetic import draws
from instacart.synthetic.database import row_count
from instacart.synthetic.draws import (
    CUSTOMERS,
    block_bounds,
    calibration,
    cumulative,
    stream,
)
from instacart.synthetic.words import FEMALE_NAMES, MALE_NAMES, SURNAMES
from instacart.warehouse import literal

TRAIN_CUSTOMERS = 131_209
COLUMNS = (
    *("user_id", "First Name", "Surnam", "Gender", "STATE", "Age"),
    *("date_joined", "n_dependants", "fam_status", "income"),
)
# Groups of customers by prior orders: at most 4 (low activity), 10, 40 and 99.
INACTIVE, NEW, REGULAR, LOYAL = range(4)
GROUP_ENDS = (4, 10, 40, 99)
GROUP_NAMES = ("", "New customer", "Regular customer", "Loyal customer")
# Counted in customers.csv: women, and customers of each gender without a first name.
FEMALE = 102_142
NAMELESS = {"Female": 5_823, "Male": 5_436}
JOIN_DAYS = 1_187
LOWEST_INCOME = 25_903
# Mean item price in dollars below which incomes follow the basket, and how closely:
# customers below 60,000 dollars pay 6.5 to 7.6 per item, the others 7.95.
CHEAP_BASKET, BASKET_WEIGHT = 7.7, 3.0


def order_counts(block: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return prior orders (3 to 99) and whether the last order is train, per customer.

    Exact over each full set of customers, and close to its shares in any block.
    """
    rank = _ranks(block, seed)
    table = calibration("prior_orders")
    ends = np.cumsum(table["customers"])
    prior = table["prior_orders"][np.searchsorted(ends, rank, "right")]
    train = draws.shuffled(rank, CUSTOMERS, seed, _purpose(block)) < TRAIN_CUSTOMERS
    return prior, train


def _ranks(block: int, seed: int) -> np.ndarray:
    """Return each customer's rank in the full set sorted by prior orders, from 0.

    Steps of the golden section spread any run of customers evenly over all ranks.
    """
    first, end = block_bounds(block)
    rng = stream(seed, draws.STREAM_COUNTS, block)
    within = first % CUSTOMERS + rng.permutation(end - first)
    # 127,444 / 206,209 is the golden section; the two have no common divisor.
    return (within * 127_444 + seed % CUSTOMERS) % CUSTOMERS


def _purpose(block: int) -> int:
    """Return a number that tells apart the shuffles of each full set of customers."""
    return block // draws.BLOCKS * 100


@cache
def _groups() -> tuple[np.ndarray, np.ndarray]:
    """Return size and first rank of the groups by prior orders."""
    table = calibration("prior_orders")
    ends = [
        int(table["customers"][table["prior_orders"] <= last].sum())
        for last in GROUP_ENDS
    ]
    return np.diff(ends, prepend=0), np.array([0, *ends[:-1]])


def _crosstab(tables: str) -> dict[tuple[str, str], tuple[int, int]]:
    """Return the customers and active customers of each cell of a published table."""
    table = calibration("customer_crosstabs")
    rows = table["tables"] == tables
    cells = [tuple(cell.split(" | ")) for cell in table["cell"][rows].tolist()]
    counts = zip(table["customers"][rows], table["active"][rows], strict=True)
    return dict(zip(cells, counts, strict=True))


@cache
def _state_table() -> np.ndarray:
    """Return customers by state (rows of states.csv) and group."""
    states = calibration("states")
    crossed = _crosstab("region x loyalty")
    table = np.zeros((len(states["state"]), 4), dtype=np.int64)
    table[:, INACTIVE] = states["customers"] - states["active"]
    for region in np.unique(states["region"]).tolist():
        rows = np.flatnonzero(states["region"] == region)
        totals = np.array([crossed[region, name][1] for name in GROUP_NAMES[1:]])
        table[rows, 1:] = draws.apportioned(states["active"][rows], totals)
    return table


@cache
def _family_table() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return age, dependants and family status of each kind, and kinds by group."""
    ages, families = calibration("ages"), calibration("families")
    kinds: list[tuple[int, int, int]] = []
    for first, last in sorted(
        set(zip(families["age_from"], families["age_to"], strict=True))
    ):
        members = np.flatnonzero((ages["age"] >= first) & (ages["age"] <= last))
        rows = np.flatnonzero(families["age_from"] == first)
        table = draws.apportioned(
            ages["customers"][members], families["customers"][rows]
        )
        for at, member in enumerate(members):
            for column, row in enumerate(rows):
                kinds.append((ages["age"][member], int(row), table[at, column]))
    age, kind, customers = (np.array(x) for x in zip(*kinds, strict=True))
    dependants, status = families["dependants"][kind], families["family_status"][kind]

    groups = np.zeros((len(kinds), 4), dtype=np.int64)
    for (name, many), (everyone, active) in _crosstab(
        "family_status x dependants"
    ).items():
        rows = np.flatnonzero((status == name) & (dependants == int(many)))
        totals = np.array([everyone - active, active])
        split = draws.apportioned(customers[rows], totals)
        groups[rows, INACTIVE], groups[rows, NEW] = split[:, 0], split[:, 1]
    crossed = _crosstab("loyalty x family_status")
    for name in np.unique(status).tolist():
        rows = np.flatnonzero(status == name)
        totals = np.array([crossed[group, name][1] for group in GROUP_NAMES[1:]])
        groups[rows, 1:] = draws.apportioned(groups[rows, NEW], totals)
    return age, dependants, status, groups


@cache
def _gender_table() -> np.ndarray:
    """Return customers by gender (female, male) and group."""
    crossed = _crosstab("loyalty x gender")
    table = np.zeros((2, 4), dtype=np.int64)
    for at, gender in enumerate(("Female", "Male")):
        everyone, active = crossed["New customer", gender]
        table[at, INACTIVE] = everyone - active
        for group in (NEW, REGULAR, LOYAL):
            table[at, group] = crossed[GROUP_NAMES[group], gender][1]
    return table


def _attribute(
    table: np.ndarray, group: np.ndarray, rank: np.ndarray, seed: int, purpose: int
) -> np.ndarray:
    """Return a row of `table` (values by group) per customer, exact over a full set.

    `group` and `rank`, the rank within it, are those of the customers.
    """
    result = np.empty(len(group), dtype=np.int64)
    sizes = _groups()[0]
    for at, size in enumerate(sizes):
        rows = group == at
        position = draws.shuffled(rank[rows], int(size), seed, purpose + at)
        result[rows] = np.searchsorted(np.cumsum(table[:, at]), position, "right")
    return result


def customer_block(
    block: int, seed: int, baskets: dict[str, np.ndarray] | None = None
) -> dict[str, np.ndarray]:
    """Return the fabricated customers of one block, without their ids.

    Columns are those of customers.csv, plus `sort_day` and `sort_key`, which give the
    file's order. Age is in years (18 to 81), the family status follows from age and
    dependants, income is in dollars a year: CareerFoundry's fictitious file.
    `baskets`, if known, holds per customer `price`, the mean item price in dollars,
    and `typos`, whether one of the mistyped products was bought; incomes follow them.
    """
    overall = _ranks(block, seed)
    count = len(overall)
    starts = _groups()[1]
    group = np.asarray(np.searchsorted(starts, overall, "right") - 1)
    rank = overall - starts[group]
    rng = stream(seed, draws.STREAM_CUSTOMERS, block)
    purpose = _purpose(block)
    state = _attribute(_state_table(), group, rank, seed, purpose + 10)
    ages, dependants, status, kinds = _family_table()
    kind = _attribute(kinds, group, rank, seed, purpose + 20)
    female = _attribute(_gender_table(), group, rank, seed, purpose + 30) == 0
    names = _first_names(female, rng)
    surnames = np.array(SURNAMES, dtype=object)[rng.integers(0, len(SURNAMES), count)]
    day = rng.integers(0, JOIN_DAYS, count)
    values = (
        np.arange(count),
        names,
        surnames,
        np.where(female, "Female", "Male").astype(object),
        calibration("states")["state"].astype(object)[state],
        ages[kind],
        _date_texts(day),
        dependants[kind],
        status.astype(object)[kind],
        _incomes(ages[kind] > 40, baskets, rng),
    )
    columns = dict(zip(COLUMNS, values, strict=True))
    return {**columns, "sort_day": day, "sort_key": rng.random(count)}


def _first_names(female: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a first name by gender, or None for the published share without one."""
    count = len(female)
    names = np.where(
        female,
        np.array(FEMALE_NAMES, dtype=object)[rng.integers(0, len(FEMALE_NAMES), count)],
        np.array(MALE_NAMES, dtype=object)[rng.integers(0, len(MALE_NAMES), count)],
    )
    missing = np.where(
        female, NAMELESS["Female"] / FEMALE, NAMELESS["Male"] / (CUSTOMERS - FEMALE)
    )
    names[rng.random(count) < missing] = None
    return names


def _date_texts(day: np.ndarray) -> np.ndarray:
    """Write days after 2017-01-01 as M/D/YYYY without padding."""
    dates = np.datetime64("2017-01-01") + day
    year = dates.astype("datetime64[Y]").astype(int) + 1970
    month = dates.astype("datetime64[M]").astype(int) % 12 + 1
    day_of_month = (dates - dates.astype("datetime64[M]")).astype(int) + 1
    text = np.strings.add(month.astype("U2"), "/")
    text = np.strings.add(text, day_of_month.astype("U2"))
    text = np.strings.add(np.strings.add(text, "/"), year.astype("U4"))
    return text.astype(object)


def _incomes(
    over_40: np.ndarray, baskets: dict[str, np.ndarray] | None, rng: np.random.Generator
) -> np.ndarray:
    """Draw yearly incomes in dollars: a band by age, then uniform within it.

    With `baskets`, the customers with the cheapest items per age group have the low
    incomes, buyers of mistyped products the highest, and the rest any other.
    """
    score = rng.standard_normal(len(over_40))
    if baskets is not None:
        cheap = np.minimum(baskets["price"] - CHEAP_BASKET, 0)
        score += BASKET_WEIGHT * cheap + 10 * baskets["typos"]
    chance = draws.percentile_ranks(score, over_40.astype(int), rng)
    within = rng.random(len(over_40))
    table = calibration("incomes")
    income = np.empty(len(over_40), dtype=np.int64)
    for group in (0, 1):
        rows = table["over_40"] == group
        mine = over_40 == bool(group)
        shares = cumulative(table["customers"][rows])
        band = np.searchsorted(shares, chance[mine], "right")
        low, width = table["income_floor"][rows][band], table["width"][rows][band]
        drawn = low + (within[mine] * width).astype(np.int64)
        income[mine] = np.maximum(drawn, LOWEST_INCOME)
    return income


def create_customers(con: duckdb.DuckDBPyConnection) -> None:
    """Create table `customers` in DuckDB connection `con`, to be filled by insert."""
    con.execute(
        'CREATE TABLE customers (user_id BIGINT, "First Name" VARCHAR, Surnam VARCHAR,'
        " Gender VARCHAR, STATE VARCHAR, Age INTEGER, date_joined VARCHAR,"
        " n_dependants INTEGER, fam_status VARCHAR, income INTEGER,"
        " sort_day INTEGER, sort_key DOUBLE)"
    )


def write_customers(con: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Write table `customers` by day of joining, with CRLF; return its rows."""
    columns = ", ".join(f'"{name}"' for name in COLUMNS)
    plain = path.with_name(path.name + ".lf")
    con.execute(
        f"COPY (SELECT {columns} FROM customers ORDER BY sort_day, sort_key, user_id)"
        f" TO {literal(plain)} (FORMAT csv, HEADER)"
    )
    with plain.open("rb") as source, path.open("wb") as target:
        while chunk := source.read(1 << 20):
            target.write(chunk.replace(b"\n", b"\r\n"))
    plain.unlink()
    return row_count(con, "customers")
