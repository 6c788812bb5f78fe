"""Adjusts what a block sells: every aisle, top product and defect has its share.

Products on customers' lists are exchanged for others, with all their orders. Which
customers do, chance decides; how many order products there are, what is published.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from instacart.synthetic.catalogue import PLANTED_LINES, PRODUCTS, catalogue
from instacart.synthetic.draws import Span

# Departments, and room for the row of a product in the key of a list item.
DEPARTMENTS, PRODUCT_BITS = 21, 16
# Customers whose items cost 10 dollars and more on average, in tenths of a dollar, and
# their prior order products, as published.
HIGH_SPENDER, HIGH_SPENDERS, HIGH_SPENDER_LINES = 100, 3_388, 119_878
# Customers among whom every defect is sold: fewer than the smallest scale has.
FIRST_CUSTOMERS = 100
# Order products by which a block's sales by kind may be off, and the most rounds of
# exchanges to get there.
TOLERANCE, MAX_ROUNDS = 6, 16
# Customers near the bound of high spenders who are looked at, and the products that
# each of theirs might be exchanged for.
CANDIDATES, CHOICES = 60, 200


class Lists(NamedTuple):
    """List items of a block: product row, customer, prior order products, may change.

    Arrays of one length; `product` and `fixed` are changed in place.
    """

    product: np.ndarray
    owner: np.ndarray
    uses: np.ndarray
    fixed: np.ndarray


class SalesAdjuster:
    """Exchanges products between the lists of a block's customers.

    `weight` is each product's chance to be drawn, `locked` products are left alone,
    and nobody gets interested in a department that `is_niche`.
    """

    def __init__(
        self, weight: np.ndarray, locked: np.ndarray, is_niche: np.ndarray
    ) -> None:
        self.goods, self.locked, self.is_niche = catalogue(), locked, is_niche
        self.by_kind = np.argsort(self.goods.kinds, kind="stable")
        self.cumulated = np.concatenate([[0.0], np.cumsum(weight[self.by_kind])])
        kinds = np.arange(len(self.goods.kind_lines) + 1)
        self.kind_bounds = self.cumulated[
            np.searchsorted(self.goods.kinds[self.by_kind], kinds)
        ]

    def adjust(
        self,
        rng: np.random.Generator,
        product: np.ndarray,
        owner: np.ndarray,
        uses: np.ndarray,
        span: Span,
    ) -> None:
        """Exchange products on the lists until each kind has its share of sales.

        `product`, `owner` (customer) and `uses` (prior order products) are those of
        list items. `product` is changed in place.
        """
        lists = Lists(product, owner, uses, self.locked[product])
        self._plant(rng, lists, span)
        wanted = span.quota(self.goods.kind_lines)
        wanted[self.goods.kind_lines.argmax()] += int(uses.sum() - wanted.sum())
        lists.fixed[uses == 0] = True
        self._exchange(rng, lists, wanted)
        high = span.quota(np.array([HIGH_SPENDERS, HIGH_SPENDER_LINES])).tolist()
        self._adjust_spenders(rng, lists, high)

    # --- planted defects ------------------------------------------------------------

    def _plant(self, rng: np.random.Generator, lists: Lists, span: Span) -> None:
        """Replace products of planted ones' aisles until each of these has its sales.

        The first customers of a full set already meet every one, so that no scale is
        without. What is put is `fixed`.
        """
        product, owner, uses, fixed = lists
        aisles = self.goods.aisles[product]
        usable = np.isin(aisles, self.goods.aisles[self.goods.planted])
        usable &= ~fixed & (uses > 0)
        usable &= self.goods.kinds[product] >= len(self.goods.top)
        here = np.flatnonzero(usable)
        here = here if span.before == 0 else rng.permutation(here)
        spare = np.empty(0, dtype=np.int64)
        for row in self.goods.planted.tolist():
            lines = PLANTED_LINES[row + 1]
            # Rounded up, so that the first customers already meet every defect.
            left = -(-lines * span.after // span.of) + (lines * span.before // -span.of)
            pool = here[aisles[here] == self.goods.aisles[row]]
            if span.before == 0:
                pool = pool[owner[pool] < FIRST_CUSTOMERS]
            if not left:
                continue
            holders: set[int] = set()
            left = _put(row, lists, pool, left, holders)
            # Small aisles and few customers may hold too little; others help out.
            if not len(spare):
                spare = np.flatnonzero((uses == 1) & ~fixed)
                spare = spare if span.before == 0 else rng.permutation(spare)
            _put(row, lists, spare, left, holders)

    # --- sales by kind --------------------------------------------------------------

    def _exchange(
        self, rng: np.random.Generator, lists: Lists, wanted: np.ndarray
    ) -> None:
        """Exchange list items between kinds until each has the sales `wanted`."""
        product, owner, uses, _ = lists
        kinds = self.goods.kinds
        known = [np.sort(owner << PRODUCT_BITS | product)]
        departments = self.goods.departments - 1
        niche = np.flatnonzero(self.is_niche[departments[product]])
        interests = np.sort(owner[niche] * DEPARTMENTS + departments[product[niche]])
        for turn in range(MAX_ROUNDS):
            have = np.bincount(kinds[product], uses, minlength=len(wanted))
            lacking = wanted - have.astype(np.int64)
            if np.abs(lacking).sum() <= TOLERANCE:
                return
            giving = self._givers(rng, lists, lacking, turn)
            need = np.cumsum(np.maximum(lacking, 0))
            middle = np.cumsum(uses[giving]) - uses[giving] / 2
            taking = np.searchsorted(need, middle, "right")
            giving, taking = giving[taking < len(need)], taking[taking < len(need)]
            drawn = self._drawn(rng, taking)
            wish = owner[giving] << PRODUCT_BITS | drawn
            free = np.zeros(len(wish), dtype=bool)
            free[np.unique(wish, return_index=True)[1]] = True
            # Nobody gets interested in a niche department, if it can be helped.
            if turn < MAX_ROUNDS // 4:
                interest = owner[giving] * DEPARTMENTS + departments[drawn]
                free &= ~self.is_niche[departments[drawn]] | holds(interests, interest)
            for keys in known:
                free &= ~holds(keys, wish)
            product[giving[free]] = drawn[free]
            known.append(np.sort(wish[free]))

    def _givers(
        self, rng: np.random.Generator, lists: Lists, lacking: np.ndarray, turn: int
    ) -> np.ndarray:
        """Return list items to give up, of kinds that sell more than is wanted.

        `lacking` are the order products that a kind lacks, below 0 where it has more.
        """
        product, _, uses, fixed = lists
        kinds = self.goods.kinds
        spare = np.maximum(-lacking, 0)
        # Every third turn lets an item go that is sold more often than is spare.
        is_generous = turn % 3 == 2
        room = np.where((spare > 0) & is_generous, PRODUCTS, spare)
        items = np.flatnonzero((uses <= room[kinds[product]]) & ~fixed)
        items = items[rng.permutation(len(items))]
        by_kind = np.argsort(kinds[product[items]].astype(np.int16), kind="stable")
        items = items[by_kind]
        kind, sold = kinds[product[items]], uses[items]
        total = np.cumsum(sold)
        first = np.searchsorted(kind, kind)
        within = total - (total - sold)[first]
        giving = (within <= spare[kind]) | ((within == sold) & is_generous)
        return rng.permutation(items[giving])

    def _drawn(self, rng: np.random.Generator, kind: np.ndarray) -> np.ndarray:
        """Draw a product of each kind, by its weight."""
        low = self.kind_bounds[kind]
        value = low + rng.random(len(low)) * (self.kind_bounds[kind + 1] - low)
        return self.by_kind[np.searchsorted(self.cumulated, value, "right") - 1]

    # --- high spenders --------------------------------------------------------------

    def _adjust_spenders(
        self, rng: np.random.Generator, lists: Lists, high: list[int]
    ) -> None:
        """Let about as many customers as published pay 10 dollars and more per item.

        `high` are such customers and their order products. Customers near the bound
        change products for dearer or cheaper ones of the same kind, so no kind's sales
        change.
        """
        product, owner, uses, _ = lists
        count = np.bincount(owner, uses)
        over = np.bincount(owner, uses * self.goods.prices[product])
        over -= HIGH_SPENDER * count
        customers, lines = high[0] - (over >= 0).sum(), high[1] - count[over >= 0].sum()
        up = bool(lines > 0)
        near = np.flatnonzero(over < 0 if up else over >= 0)
        nearest = np.argsort(np.abs(over[near] / count[near]), kind="stable")
        near = near[nearest[:CANDIDATES]]
        # New ones of the size that brings customers and lines to what is published.
        size = lines / customers if up and customers > 0 else abs(lines)
        near = near[count[near] <= max(1.5 * size, 5)]
        for customer in near.tolist():
            if count[customer] > abs(lines):
                continue
            if self._moved_over(rng, lists, customer, over[customer], up):
                lines += -int(count[customer]) if up else int(count[customer])

    def _moved_over(
        self,
        rng: np.random.Generator,
        lists: Lists,
        customer: int,
        over: float,
        up: bool,
    ) -> bool:
        """Exchange a customer's products until the bound is passed; say if it was.

        `over` is what the customer pays above the bound, in tenths of a dollar over
        all items; `up` whether it should end at 0 or above, else below.
        """
        product, owner, uses, fixed = lists
        prices, kinds = self.goods.prices, self.goods.kinds
        items = np.flatnonzero((owner == customer) & ~fixed)
        held = set(product[owner == customer].tolist())
        for at in items[np.argsort(-uses[items], kind="stable")].tolist():
            low, end = np.searchsorted(
                kinds[self.by_kind], [kinds[product[at]], kinds[product[at]] + 1]
            )
            others = rng.permutation(self.by_kind[low:end])[:CHOICES]
            others = others[(self.goods.lines[others] > 0) & ~self.locked[others]]
            best = others[np.argsort(prices[others], kind="stable")[-1 if up else 0]]
            gain = uses[at] * (prices[best] - prices[product[at]])
            if best in held or (gain > 0) != up:
                continue
            product[at] = best
            held.add(int(best))
            over += gain
            if (over >= 0) == up:
                return True
        return False


def _put(row: int, lists: Lists, pool: np.ndarray, left: int, holders: set[int]) -> int:
    """Put a product in place of items of a pool; return the sales still `left`.

    `holders` are the customers who have it, each once.
    """
    product, owner, uses, fixed = lists
    for at in pool.tolist():
        if not left:
            break
        if uses[at] <= left and not fixed[at] and owner[at] not in holders:
            product[at], fixed[at] = row, True
            holders.add(int(owner[at]))
            left -= int(uses[at])
    return left


def holds(keys: np.ndarray, wish: np.ndarray) -> np.ndarray:
    """Return which of `wish` are among the sorted `keys`."""
    if not len(keys):
        return np.zeros(len(wish), dtype=bool)
    at = np.minimum(np.searchsorted(keys, wish), len(keys) - 1)
    return keys[at] == wish
