"""When customers order and how much: weekday, hour, gap and basket size of each order.

What is published about orders is met by drawing from percentile ranks: a customer's
habits decide which of a block's orders gets the early hour or the long gap, the
published shares decide how many there are. Gaps are days since the order before.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np

from instacart.synthetic import draws
from instacart.synthetic.draws import (
    CUSTOMERS,
    Span,
    calibration,
    cumulative,
    raked,
    stream,
)

PRIOR, TRAIN, TEST = range(3)
# Order products as published: of prior orders, of train orders, of first orders, and of
# first orders with one to four products.
PRIOR_LINES, TRAIN_LINES = 32_434_489, 1_384_617
FIRST_LINES = 2_078_068
SMALL_FIRST_ORDERS = (11_439, 12_064, 12_926, 13_558)
# Prior order products by loyalty, as published, in the order of GROUPS.
GROUP_LINES = (10_293_959, 15_891_172, 6_249_358)
# The longest gap that the data knows: 30 days or more.
CAP = 30
# Loyalty of a customer by prior orders: loyal above 40, regular above 10, else new.
LOYAL, REGULAR, NEW = range(3)
GROUPS = ("loyal", "regular", "new")

# Share of the variance of a draw that is the customer's own, not the order's, by
# loyalty for gaps. Fitted to the published order products by order frequency flag and
# to the habits of 7,816 real customers (docs/fidelity.md).
GAP_HABIT = (0.08, 0.10, 0.33)
BASKET_HABIT = 0.30
# How much shorter the gaps are of those who order more often in a group (standard
# deviations per unit of log orders).
GAP_SHIFT = (1.0, 0.7, 0.2)
# How much of the noise of one gap goes into the next: correlation .438 of gaps.
GAP_AUTOCORRELATION = 0.12
# Spread of customers' own hours, of an order around them, and of that from customer
# to customer (log).
HOUR_OWN, HOUR_NOISE, HOUR_NOISE_SPREAD = 0.45, 0.87, 0.5
# Standard deviation of the hour of an order.
HOUR_SPREAD = 4.226
# How much likelier a customer's own weekday is.
WEEKDAY_HABIT = 2.6
# Resolution of the tables from a number in (0, 1) to a gap.
STEPS = 1 << 13

# The normal distribution as a table: deviates and the probability below them.
NORMAL = np.linspace(-6, 6, 4_801)
UNIFORM = np.array([NormalDist().cdf(each) for each in NORMAL])


class _Placed(NamedTuple):
    """The orders of a block before anything is drawn of them.

    `customer` and `last`, whether it is the customer's last order, are by order;
    `group` (loyalty), `start` (row of the first order) and `total` (number of orders)
    by customer.
    """

    customer: np.ndarray
    group: np.ndarray
    last: np.ndarray
    start: np.ndarray
    total: np.ndarray


class OrderModel:
    """Draws the orders of a block from the published tables."""

    def __init__(self) -> None:
        days, weekdays = calibration("gaps"), calibration("weekdays")
        counts = calibration("prior_orders")
        by_group = [
            counts["customers"] * keep
            for keep in (
                counts["prior_orders"] > 40,
                (counts["prior_orders"] > 10) & (counts["prior_orders"] <= 40),
                counts["prior_orders"] <= 10,
            )
        ]
        customers = np.array([each.sum() for each in by_group])
        prior = np.array([(each * counts["prior_orders"]).sum() for each in by_group])
        sizes = calibration("basket_sizes")
        self.lines = sizes["lines"]
        self.size_tables = _size_tables(sizes)
        gaps = _gap_targets(days, customers, prior, sizes)
        dows = _weekday_targets(weekdays, customers)
        self.start, self.gap_steps, self.gaps, self.dows = _fit_chain(gaps, dows)
        self.own_weekday = [cumulative(each) for each in dows[:, 0]]
        self._fit_hours()
        self._fit_sizes(gaps, prior)

    def _fit_hours(self) -> None:
        """Set shares of hours by weekday, of prior and last orders; shifts by group."""
        prior = calibration("weekday_hours")["prior_orders"].reshape(7, 24)
        hours = calibration("hours")
        last_dow = calibration("weekdays")["orders"] - prior.sum(axis=1)
        last_hour = hours["orders"] - prior.sum(axis=0)
        last = raked(prior, [((0,), last_dow), ((1,), last_hour)])
        tables = np.stack([prior, last]).astype(float)
        self.hours = np.cumsum(tables, axis=2) / tables.sum(axis=2, keepdims=True)
        self.hours[..., -1] = 1.0
        self.weekdays = prior.sum(axis=1)
        self.hour_counts = (prior.sum(axis=0), last_hour)
        # Loyal customers order earlier: their mean hour, on the scale of the draws.
        sample = np.array([hours[f"{name}_sample"] for name in GROUPS])
        mean = (sample * np.arange(24)).sum(axis=1) / sample.sum(axis=1)
        overall = (sample.sum(axis=0) * np.arange(24)).sum() / sample.sum()
        self.hour_shift = (mean - overall) / HOUR_SPREAD

    def _fit_sizes(self, gaps: np.ndarray, prior: np.ndarray) -> None:
        """Set how far weekday, hour and loyalty shift a basket's size.

        `gaps` are orders by group, prior or last, and gap; `prior` orders by group.
        """
        orders = calibration("weekday_hours")["prior_orders"].reshape(7, 24)
        lines = raked(
            orders,
            [
                ((0,), calibration("weekdays")["prior_order_products"]),
                ((1,), calibration("hours")["prior_order_products"]),
            ],
        )
        # How a shift of the deviate moves the mean of each histogram.
        shifts = np.linspace(-0.5, 0.5, 41)
        middle = (np.arange(2_000) + 0.5) / 2_000
        chance = _chance(np.interp(middle, UNIFORM, NORMAL)[:, None] + shifts)
        self.sizes = [cumulative(table) for table in self.size_tables]
        means = np.array(
            [
                self.lines[np.searchsorted(t, chance, "right")].mean(0)
                for t in self.sizes
            ]
        )
        buckets = _by_bucket(gaps[:, 0])
        buckets = np.hstack([(prior - buckets.sum(axis=1))[:, None], buckets])
        by_group = buckets @ means / prior[:, None]
        wanted = np.array(GROUP_LINES) / prior
        self.group_shift = np.array(
            [np.interp(w, m, shifts) for w, m in zip(wanted, by_group, strict=True)]
        )
        overall = buckets.sum(axis=0) @ means / prior.sum()
        self.size_shift = np.interp(lines / orders, overall, shifts)

    def draw(
        self,
        prior: np.ndarray,
        train: np.ndarray,
        share: tuple[int, int],
        span: Span,
        block: int,
        seed: int,
    ) -> dict[str, np.ndarray]:
        """Return orders, one array per column, sorted by customer and order number.

        `prior` and `train` are order_counts, `share` the prior and train order
        products the block must hold, `span` its part of the prior orders of a full
        set. `customer` counts from 0 within the block; `days` is -1 on first orders;
        `size` is the number of order products, 0 for test orders; `early` is the
        customer's own shift, towards early hours below 0.
        """
        rng = stream(seed, draws.STREAM_ORDERS, block)
        total = prior + 1
        start = np.cumsum(total) - total
        customer = np.repeat(np.arange(len(prior)), total)
        number = np.arange(len(customer)) - start[customer] + 1
        last = number == total[customer]
        group = np.select([prior > 40, prior > 10], [LOYAL, REGULAR], NEW)
        placed = _Placed(customer, group, last, start, total)
        dow, days = self._draw_days(rng, placed)
        wanted = span.split(self.weekdays)
        dow = _adjust_weekdays(rng, dow.astype(np.int64), customer, last, wanted)
        early = rng.standard_normal(len(prior))
        hour = self._draw_hours(rng, placed, dow, early)
        first = draws.block_bounds(block)[0] % CUSTOMERS
        people = Span(first, first + len(prior), CUSTOMERS)
        self._adjust_hours(rng, hour, last, (span, people))
        hour = _in_order(hour, days)
        size = self._draw_sizes(rng, placed, dow, hour, days)
        kind = np.where(last, np.where(train, TRAIN, TEST)[customer], PRIOR)
        size[kind == TEST] = 0
        prior_lines, train_lines = share
        first_lines = int(people.split(np.array([FIRST_LINES]))[0])
        for rows, lines in (
            (number == 1, first_lines),
            ((kind == PRIOR) & (number > 1), prior_lines - first_lines),
            (kind == TRAIN, train_lines),
        ):
            _adjust_sizes(rng, size, np.flatnonzero(rows), lines)
        return {
            **{"customer": customer, "number": number, "start": start, "dow": dow},
            **{"hour": hour, "days": days, "size": size, "early": early},
            "eval_set": kind.astype(np.int8),
        }

    def _draw_days(
        self, rng: np.random.Generator, placed: _Placed
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw gaps and the weekdays they lead to; return weekdays, then gaps."""
        customer, group, last, start, total = placed
        habit = np.array(GAP_HABIT)[group]
        own = np.sqrt(habit) * rng.standard_normal(len(total))
        own -= np.array(GAP_SHIFT)[group] * np.log(total)
        score = own[customer]
        noise = rng.standard_normal(len(customer))
        noise[1:] += GAP_AUTOCORRELATION * noise[:-1]
        noise[1:] /= np.hypot(1, GAP_AUTOCORRELATION)
        score += np.sqrt(1 - habit)[customer] * noise
        kind = group[customer] * 2 + last
        # First orders have no gap; they would thin out a group's ranks.
        kind[start] = 6
        step = (draws.percentile_ranks(score, kind, rng) * STEPS).astype(np.int64)
        chance = rng.random((2, len(total)))
        own_day = np.empty(len(total), dtype=np.int64)
        for each in range(3):
            rows = group == each
            own_day[rows] = np.searchsorted(
                self.own_weekday[each], chance[0, rows], "right"
            )
        return self._follow(placed, own_day, chance[1], step)

    def _follow(
        self,
        placed: _Placed,
        own_day: np.ndarray,
        chance: np.ndarray,
        step: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Follow each customer's chain of weekdays and gaps, order after order.

        `own_day` and `chance`, which draws the first weekday, are by customer; `step`
        by order is the row of the table of outcomes.
        """
        customer, group, last, start, total = placed
        dow = np.empty(len(customer), dtype=np.int8)
        days = np.full(len(customer), -1, dtype=np.int8)
        shares = self.start[group, own_day]
        dow[start] = (chance[:, None] > shares).sum(axis=1)
        for order in range(1, int(total.max())):
            active = np.flatnonzero(total > order)
            now = start[active] + order
            at = self.gap_steps[
                group[active],
                last[now].astype(int),
                own_day[active],
                dow[now - 1],
                step[now],
            ]
            days[now], dow[now] = self.gaps[at], (dow[now - 1] + self.dows[at]) % 7
        return dow, days

    def _draw_hours(
        self,
        rng: np.random.Generator,
        placed: _Placed,
        dow: np.ndarray,
        early: np.ndarray,
    ) -> np.ndarray:
        """Draw hours by the customer's habit and the weekday's shares."""
        customer, group, last, *_ = placed
        # Some customers keep their hour, others order at any time.
        spread = np.exp(HOUR_NOISE_SPREAD * rng.standard_normal(len(early)))
        score = (HOUR_OWN * early + self.hour_shift[group])[customer]
        noise = rng.standard_normal(len(customer))
        score += (HOUR_NOISE * spread)[customer] * noise
        chance = draws.percentile_ranks(score, dow + 7 * last, rng)
        shares = self.hours[last.astype(int), dow]
        hour: np.ndarray = (chance[:, None] > shares).sum(axis=1).astype(np.int8)
        return hour

    def _adjust_hours(
        self,
        rng: np.random.Generator,
        hour: np.ndarray,
        last: np.ndarray,
        spans: tuple[Span, Span],
    ) -> None:
        """Set hours to the published counts of prior and of last orders, in order.

        `spans` are the block's parts of the two in a full set. `hour` is changed in
        place.
        """
        for each, span in enumerate(spans):
            rows = np.flatnonzero(last == each)
            rows = rows[np.lexsort((rng.random(len(rows)), hour[rows]))]
            hour[rows] = np.repeat(np.arange(24), span.split(self.hour_counts[each]))

    def _draw_sizes(
        self,
        rng: np.random.Generator,
        placed: _Placed,
        dow: np.ndarray,
        hour: np.ndarray,
        days: np.ndarray,
    ) -> np.ndarray:
        """Draw basket sizes from the histogram of the order's gap."""
        customer, group, *_ = placed
        score = np.sqrt(BASKET_HABIT) * rng.standard_normal(len(group))[customer]
        score += np.sqrt(1 - BASKET_HABIT) * rng.standard_normal(len(customer))
        bucket = np.select([days < 0, days == 0, days <= 7], [0, 1, 2], 3)
        # Ranked hour by hour, since few orders fall into the small hours.
        chance = draws.percentile_ranks(score, bucket + 4 * hour.astype(int), rng)
        shift = self.size_shift[dow, hour] + self.group_shift[group][customer]
        chance = _chance(np.interp(chance, UNIFORM, NORMAL) + shift)
        size = np.empty(len(customer), dtype=np.int64)
        for at, shares in enumerate(self.sizes):
            rows = bucket == at
            size[rows] = self.lines[np.searchsorted(shares, chance[rows], "right")]
        return size


def _adjust_weekdays(
    rng: np.random.Generator,
    dow: np.ndarray,
    customer: np.ndarray,
    last: np.ndarray,
    wanted: np.ndarray,
) -> np.ndarray:
    """Shift the weeks of some customers until prior orders have the weekdays `wanted`.

    All orders of a customer move by the same number of days, so gaps stay as they are.
    """
    cells = customer[~last] * 7 + dow[~last]
    held = np.bincount(cells, minlength=7 * (int(customer[-1]) + 1)).reshape(-1, 7)
    shifted = np.zeros(len(held), dtype=np.int64)
    lacking = wanted - held.sum(axis=0)
    source = (np.arange(7) - np.arange(1, 7)[:, None]) % 7
    for _ in range(80):
        if np.abs(lacking).sum() <= 4:
            break
        some = rng.integers(0, len(held), 64)
        change = held[some][:, source] - held[some][:, None]
        left = ((lacking - change) ** 2).sum(axis=2)
        one, days = np.unravel_index(left.argmin(), left.shape)
        if left[one, days] < (lacking**2).sum():
            lacking -= change[one, days]
            shifted[some[one]] += days + 1
            held[some[one]] += change[one, days]
    return ((dow + shifted[customer]) % 7).astype(np.int8)


def _in_order(hour: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Sort the hours of each customer's day, as nobody orders before the last order.

    Each weekday keeps its hours.
    """
    run = np.cumsum(days != 0)
    return hour[np.lexsort((hour, run))]


def _chance(deviate: np.ndarray) -> np.ndarray:
    """Return the normal probability below each deviate, below 1."""
    return np.minimum(np.interp(deviate, NORMAL, UNIFORM), 1 - 1e-9)


def _adjust_sizes(
    rng: np.random.Generator, size: np.ndarray, rows: np.ndarray, wanted: int
) -> None:
    """Add or take single products in some of the orders `rows` until all sum up."""
    # Sizes of at least five first: the published shares of the smallest stay.
    for smallest in (5, 1):
        while missing := wanted - int(size[rows].sum()):
            free = rows[size[rows] >= (smallest if missing > 0 else smallest + 1)]
            if not len(free):
                break
            chosen = rng.permutation(free)[: abs(missing)]
            size[chosen] += 1 if missing > 0 else -1


def _by_bucket(gaps: np.ndarray) -> np.ndarray:
    """Sum gaps of 0 to 30 days into same day, within a week and later."""
    return np.stack(
        [gaps[..., 0], gaps[..., 1:8].sum(axis=-1), gaps[..., 8:].sum(axis=-1)], axis=-1
    )


def _size_tables(sizes: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Return histograms of sizes: first orders, same day, within a week, later.

    Of first orders only the four smallest counts and the sum are published; the rest
    lies between the other histograms.
    """
    same_day, week, later = (
        sizes[name].astype(float) for name in ("same_day", "within_week", "later")
    )
    known = np.array(SMALL_FIRST_ORDERS)
    rest = CUSTOMERS - known.sum()
    tail = sizes["lines"] > len(known)
    wanted = (FIRST_LINES - (known * np.arange(1, 5)).sum()) / rest

    def mean(weight: float) -> float:
        mixed = (week + weight * (later - week)) * tail
        return float((mixed * sizes["lines"]).sum() / mixed.sum())

    low, high = mean(0.0), mean(1.0)
    # Means of a mixture are near enough to linear for one secant step.
    weight = (wanted - low) / (high - low)
    weight += (wanted - mean(weight)) / (high - low)
    mixed = (week + weight * (later - week)) * tail
    first = mixed / mixed.sum() * rest
    first[: len(known)] = known
    return [first, same_day, week, later]


def _gap_targets(
    days: dict[str, np.ndarray],
    customers: np.ndarray,
    prior: np.ndarray,
    sizes: dict[str, np.ndarray],
) -> np.ndarray:
    """Return orders by group, prior or last, and days since the order before.

    The sample's shares by loyalty are raked to the published days of all orders, the
    prior orders by bucket of days and the orders of each group. `days` and `sizes` are
    tables of calibration, `customers` and `prior` orders are by group.
    """
    sample = np.array([days[f"{name}_sample"] for name in GROUPS], dtype=float)
    later_prior = prior - customers
    by_kind = np.stack([later_prior, customers], axis=1)
    table = sample[:, None, :] * by_kind[:, :, None]
    buckets = np.array(
        [sizes[name].sum() for name in ("same_day", "within_week", "later")]
    )
    at = np.select([days["days"] == 0, days["days"] <= 7], [0, 1], 2)
    lasts = np.bincount(at, days["orders"], minlength=3) - buckets
    for _ in range(30):
        table = raked(table, [((2,), days["orders"]), ((0, 1), by_kind)])
        # Buckets are no axis of the table, so they are fitted beside it.
        for kind, wanted in enumerate((buckets, lasts)):
            have = np.bincount(at, table[:, kind].sum(axis=0), minlength=3)
            table[:, kind] *= (wanted / have)[at]
    return table


def _weekday_targets(
    weekdays: dict[str, np.ndarray], customers: np.ndarray
) -> np.ndarray:
    """Return orders by group, prior or last, and weekday."""
    prior = np.array([weekdays[f"{name}_prior_orders"] for name in GROUPS])
    last = weekdays["orders"] - prior.sum(axis=0)
    skew = prior / prior.sum(axis=0) * last
    lasts = raked(skew, [((0,), customers), ((1,), last)])
    return np.stack([prior.astype(float), lasts], axis=1)


# Outcomes of the chain: a gap of 0 to 29 days, or 30 and more days that lead to any
# weekday; their days, by how much they shift the weekday, and where they lead to by
# last weekday.
OUTCOME_DAYS = np.array([*range(CAP), *[CAP] * 7])
OUTCOME_SHIFT = np.array([*range(CAP), *range(7)]) % 7
OUTCOME_TO = (np.arange(7)[:, None] + OUTCOME_SHIFT) % 7


def _fit_chain(
    gaps: np.ndarray, dows: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Fit how the next weekday and gap follow from the last weekday.

    `gaps` and `dows` are the orders wanted by group, prior or last, and gap or weekday.
    Returns the cumulative shares of the first weekday by group and own weekday; a table
    of outcomes by group, prior or last, own weekday, last weekday and step; and days
    and weekday shift per outcome.
    """
    start = np.empty((3, 7, 7))
    steps = np.empty((3, 2, 7, 7, STEPS), dtype=np.int8)
    middle = (np.arange(STEPS) + 0.5) / STEPS
    for group in range(3):
        own_share = dows[group, 0] / dows[group, 0].sum()
        # A last order comes after prior ones, whose weekdays are stationary.
        before: np.ndarray | None = None
        for kind in range(2):
            share, stationary = _fit_outcomes(
                gaps[group, kind], dows[group, kind], own_share, before
            )
            if before is None:
                before = stationary
                start[group] = np.cumsum(stationary, axis=1)
            ends = np.cumsum(share, axis=2)
            ends[..., -1] = 1.0
            for one in range(7):
                for at in range(7):
                    steps[group, kind, one, at] = np.searchsorted(
                        ends[one, at], middle, "right"
                    )
    start[..., -1] = 1.0
    return start, steps, OUTCOME_DAYS.astype(np.int8), OUTCOME_SHIFT.astype(np.int8)


def _fit_outcomes(
    gaps: np.ndarray,
    dows: np.ndarray,
    own_share: np.ndarray,
    before: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the shares of outcomes of one group's prior or last orders.

    Outcomes are weighted by their days and by the weekday they lead to until gaps and
    weekdays are those wanted, `gaps` and `dows`. `own_share` is the share of customers
    by own weekday; `before` the shares of the last weekday by own weekday, or None to
    take the stationary distribution. The shares are by own weekday, last weekday and
    outcome; the last weekdays are returned with them.
    """
    wanted_days, wanted_dow = gaps / gaps.sum(), dows / dows.sum()
    is_own = np.arange(7)[:, None, None] == OUTCOME_TO
    own = np.where(is_own, WEEKDAY_HABIT, 1.0)
    split = np.where(OUTCOME_DAYS == CAP, 1 / 7, 1.0)
    day_weight, dow_weight = wanted_days.copy(), np.ones(7)
    for _ in range(300):
        weight = own * (day_weight[OUTCOME_DAYS] * split) * dow_weight[OUTCOME_TO]
        share: np.ndarray = weight / weight.sum(axis=2, keepdims=True)
        moves = np.zeros((7, 7, 7))
        for at in range(7):
            index: Any = (slice(None), OUTCOME_TO[at])
            np.add.at(moves[:, at], index, share[:, at])
        last = _stationary(moves) if before is None else before
        arrived = np.einsum("o,of,oft->t", own_share, last, moves)
        taken = np.einsum("o,of,ofd->d", own_share, last, share)
        taken = np.bincount(OUTCOME_DAYS, taken, minlength=CAP + 1)
        day_weight *= wanted_days / taken
        dow_weight *= wanted_dow / arrived
    return share, last


def _stationary(moves: np.ndarray) -> np.ndarray:
    """Return the stationary distribution of weekdays of one chain per own weekday.

    `moves` are transition probabilities by own weekday, last and next weekday; after 64
    steps the first weekday no longer matters.
    """
    power = moves
    for _ in range(6):
        power = power @ power
    return power[:, 0]
