"""Random numbers that depend on nothing but the seed, and shares met exactly.

A customer's draws come from streams keyed by seed, purpose and block of customers, so
they are the same at any scale and whatever the threads.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

CALIBRATION = Path(__file__).with_name("calibration")

CUSTOMERS = 206_209
# Blocks per CUSTOMERS customers: the unit of work, about 160,000 order products.
BLOCKS = 202

# A count, or an array of counts.
Counts = TypeVar("Counts", int, np.ndarray)

# Streams of random numbers; a new purpose takes a new number.
STREAM_CATALOGUE, STREAM_PRICES, STREAM_CUSTOMERS = 1, 2, 3
STREAM_COUNTS, STREAM_ORDERS, STREAM_LINES, STREAM_IDS = 4, 5, 6, 7


def stream(seed: int, purpose: int, block: int = 0) -> np.random.Generator:
    """Return the random numbers of one purpose and one block of customers.

    Philox is keyed by (seed, purpose, block), so no draw depends on how many other
    blocks there are or on the order they are made in.
    """
    key = np.array([seed, purpose << 40 | block], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key))


@cache
def calibration(name: str) -> dict[str, np.ndarray]:
    """Read calibration/`name`.csv: one array per column, numbers where all are."""
    path = CALIBRATION / f"{name}.csv"
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    columns = {}
    for column, values in zip(header, zip(*rows, strict=True), strict=True):
        array = np.array(values)
        for kind in (np.int64, np.float64):
            try:
                array = array.astype(kind)
                break
            except ValueError:
                continue
        columns[column] = array
    return columns


def cumulative(weights: np.ndarray) -> np.ndarray:
    """Return the cumulative share of `weights`, ending in exactly 1."""
    shares = np.cumsum(weights, dtype=np.float64)
    return shares / shares[-1]


def block_bounds(block: int) -> tuple[int, int]:
    """Return the first customer of a block and the first after it, from 0 on.

    Every CUSTOMERS customers are cut into BLOCKS blocks of 1,020 or 1,021, so a block
    never holds the end of one full set and the start of the next.
    """
    full, rest = divmod(block, BLOCKS)
    return (
        full * CUSTOMERS + rest * CUSTOMERS // BLOCKS,
        full * CUSTOMERS + (rest + 1) * CUSTOMERS // BLOCKS,
    )


def block_count(customers: int) -> int:
    """Return how many blocks hold the first `customers` customers."""
    full, rest = divmod(customers, CUSTOMERS)
    return full * BLOCKS + -(-rest * BLOCKS // CUSTOMERS)


def shuffled(positions: np.ndarray, total: int, seed: int, purpose: int) -> np.ndarray:
    """Return where a fixed shuffle of 0..`total`-1 puts each of `positions`.

    A Feistel network shuffles without holding the shuffle; what it throws outside the
    range walks on until it comes back in (cycle walking, Black and Rogaway 2002).
    `purpose` tells shuffles apart.
    """
    half = max(1, ((total - 1).bit_length() + 1) // 2)
    mask = np.uint64((1 << half) - 1)
    keys = stream(seed, STREAM_IDS, purpose).integers(1 << 62, size=4, dtype=np.uint64)
    result = positions.astype(np.uint64)
    outside = np.arange(len(positions))
    while len(outside):
        left, right = result[outside] >> np.uint64(half), result[outside] & mask
        for key in keys:
            mixed = (right + key) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
            mixed *= np.uint64(0xBF58476D1CE4E5B9)
            left, right = right, left ^ (mixed >> np.uint64(64 - half))
        result[outside] = left << np.uint64(half) | right
        outside = outside[result[outside] >= total]
    return result.astype(np.int64)


def apportioned(counts: np.ndarray, totals: np.ndarray) -> np.ndarray:
    """Split `counts` copies of each item over groups of given sizes, evenly.

    `counts` and `totals` have the same sum. Returns whole copies by item (rows) and
    group (columns): rows sum to `counts`, columns to `totals`, and each group gets
    about its share of each item.
    """
    item = np.repeat(np.arange(len(counts)), counts)
    copy = np.arange(len(item)) - np.repeat(np.cumsum(counts) - counts, counts)
    deck = item[np.argsort((copy + 0.5) / counts[item], kind="stable")]
    table = np.zeros((len(counts), len(totals)), dtype=np.int64)
    np.add.at(table, (deck, np.repeat(np.arange(len(totals)), totals)), 1)
    return table


def percentile_ranks(
    values: np.ndarray, group: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return the rank of each value in its group, as a share of the group in (0, 1).

    The order of values within a group is kept, so what made two values alike still
    does; but a share p of a group's ranks, give or take one, lies below p, whatever
    the distribution of the values. `group` holds small whole numbers, one per value;
    all ranks of a group are shifted by the same random part of a step.
    """
    order = np.lexsort((values, group))
    size = np.bincount(group)
    rank = np.arange(len(values)) - (np.cumsum(size) - size)[group[order]]
    result = np.empty(len(values))
    jitter = rng.random(len(size))[group[order]]
    result[order] = (rank + jitter) / size[group[order]]
    return np.clip(result, 1e-9, 1 - 1e-9)


def cumulative_quota(total: Counts, done: int, of: int) -> Counts:
    """Return how much of `total` the first `done` of `of` parts get, rounded.

    Differences of it are whole numbers that sum to `total` whatever the cuts.
    """
    return (total * done + of // 2) // of


class Span(NamedTuple):
    """A part of something that comes in whole numbers: from, to, and of how many."""

    before: int
    after: int
    of: int

    def quota(self, total: Counts) -> Counts:
        """Return this part of `total`, or of each total of an array."""
        before = cumulative_quota(total, self.before, self.of)
        return cumulative_quota(total, self.after, self.of) - before

    def split(self, counts: np.ndarray) -> np.ndarray:
        """Return this part of `counts`, which sums to this part of their sum."""
        return np.diff(self.quota(np.cumsum(counts)), prepend=0)


def raked(
    table: np.ndarray, margins: list[tuple[tuple[int, ...], np.ndarray]]
) -> np.ndarray:
    """Scale a table until its sums over the other axes meet every margin.

    `margins` pairs the axes kept with the sums wanted there, one per cell of these
    axes (raking: iterative proportional fitting, Deming and Stephan 1940).
    """
    table = table.astype(np.float64)
    for _ in range(200):
        for axes, wanted in margins:
            others = tuple(a for a in range(table.ndim) if a not in axes)
            sums = table.sum(axis=others, keepdims=True)
            shape = [n if a in axes else 1 for a, n in enumerate(table.shape)]
            ratio = wanted.reshape(shape) / np.where(sums > 0, sums, 1)
            table *= ratio
    return table
