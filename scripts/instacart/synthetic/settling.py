"""Settles what a block sells: every aisle, top product and defect has its share.

Products on customers' lists are exchanged for others, with all their orders. Which
customers do, chance decides; how many order products there are, what is published.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from instacart.synthetic.catalogue import PLANTED_LINES, PRODUCTS, catalogue
from instacart.synthetic.draws import rounded_running

# Departments, and room for the row of a product in the key of a list item.
SHELVES, PRODUCT_BITS = 21, 16
# Customers whose items cost 10 dollars and more on average, in tenths of a dollar, and
# their prior order products.
HIGH_SPENDER, HIGH_SPENDERS, HIGH_SPENDER_LINES = 100, 3_388, 119_878
# Customers among whom every defect is sold: fewer than the smallest scale has.
FIRST_CUSTOMERS = 100
# Order products by which a block's sales by kind may be off, and the most rounds of
# exchanges to get there.
SETTLED, SETTLE_TURNS = 6, 16


class Lists(NamedTuple):
    """List items of a block: product row, customer, prior order products, may change.

    Arrays of one length; `product` and `fixed` are changed in place.
    """

    product: np.ndarray
    owner: np.ndarray
    uses: np.ndarray
    fixed: np.ndarray


class Settler:
    """Exchanges products between the lists of a block's customers.

    `weight` is each product's chance to be drawn, `locked` products are left alone,
    and nobody gets a taste for departments `few` care for.
    """

    def __init__(self, weight: np.ndarray, locked: np.ndarray, few: np.ndarray) -> None:
        self.goods, self.locked, self.few = catalogue(), locked, few
        self.by_kind = np.argsort(self.goods.kinds, kind="stable")
        self.kind_running = np.concatenate([[0.0], np.cumsum(weight[self.by_kind])])
        kinds = np.arange(len(self.goods.kind_lines) + 1)
        self.kind_bounds = self.kind_running[
            np.searchsorted(self.goods.kinds[self.by_kind], kinds)
        ]

    def settle(
        self,
        rng: np.random.Generator,
        product: np.ndarray,
        owner: np.ndarray,
        uses: np.ndarray,
        span: tuple[int, int, int],
    ) -> None:
        """Exchange products on the lists until each kind has its share of sales.

        `product`, `owner` (customer) and `uses` (prior order products) are those of
        list items, `span` is what OrderModel.draw takes. `product` is changed in place.
        """
        before, after, of = span
        lists = Lists(product, owner, uses, self.locked[product])
        self._plant(rng, lists, span)
        wanted = rounded_running(self.goods.kind_lines, after, of)
        wanted -= rounded_running(self.goods.kind_lines, before, of)
        wanted[self.goods.kind_lines.argmax()] += int(uses.sum() - wanted.sum())
        lists.fixed[uses == 0] = True
        self._exchange(rng, lists, wanted)
        high = [
            rounded_running(each, after, of) - rounded_running(each, before, of)
            for each in (HIGH_SPENDERS, HIGH_SPENDER_LINES)
        ]
        self._spend(rng, lists, high)

    def _plant(
        self,
        rng: np.random.Generator,
        lists: Lists,
        span: tuple[int, int, int],
    ) -> None:
        """Put planted products in the place of others until each has its sales.

        The first customers of a full set already meet every one, so that no scale is
        without. What is put is `fixed`.
        """
        before, after, of = span
        product, owner, uses, fixed = lists
        aisles = self.goods.aisles[product]
        here = np.isin(aisles, self.goods.aisles[self.goods.planted])
        here &= ~fixed & (uses > 0)
        here &= self.goods.kinds[product] >= len(self.goods.top)
        here = np.flatnonzero(here)
        here = here if before == 0 else rng.permutation(here)
        spare = np.empty(0, dtype=np.int64)
        for row in self.goods.planted.tolist():
            lines = PLANTED_LINES[row + 1]
            # Rounded up, so that the first customers already meet every defect.
            left = -(-lines * after // of) + (lines * before // -of)
            pool = here[aisles[here] == self.goods.aisles[row]]
            if before == 0:
                pool = pool[owner[pool] < FIRST_CUSTOMERS]
            holders = set()
            while left:
                for at in pool.tolist():
                    if uses[at] <= left and not fixed[at] and owner[at] not in holders:
                        product[at], fixed[at] = row, True
                        holders.add(int(owner[at]))
                        left -= int(uses[at])
                    if not left:
                        break
                # Small aisles and few customers may hold too little; others help out.
                if not len(spare):
                    spare = np.flatnonzero((uses == 1) & ~fixed)
                    spare = spare if before == 0 else rng.permutation(spare)
                if pool is spare:
                    break
                pool = spare

    def _exchange(
        self,
        rng: np.random.Generator,
        lists: Lists,
        wanted: np.ndarray,
    ) -> None:
        """Exchange list items between kinds until each has the sales `wanted`."""
        product, owner, uses, fixed = lists
        kinds = self.goods.kinds
        known = [np.sort(owner << PRODUCT_BITS | product)]
        shelves = self.goods.departments - 1
        caring = np.flatnonzero(self.few[shelves[product]])
        caring = np.sort(owner[caring] * SHELVES + shelves[product[caring]])
        for turn in range(SETTLE_TURNS):
            have = np.bincount(kinds[product], uses, minlength=len(wanted))
            lacking = wanted - have.astype(np.int64)
            if np.abs(lacking).sum() <= SETTLED:
                return
            spare = np.maximum(-lacking, 0)
            # Every third turn lets an item go that is sold more often than is spare.
            room = np.where((spare > 0) & (turn % 3 == 2), PRODUCTS, spare)
            items = np.flatnonzero((uses <= room[kinds[product]]) & ~fixed)
            items = items[rng.permutation(len(items))]
            by_kind = np.argsort(kinds[product[items]].astype(np.int16), kind="stable")
            items = items[by_kind]
            kind, sold = kinds[product[items]], uses[items]
            total = np.cumsum(sold)
            first = np.searchsorted(kind, kind)
            within = total - (total - sold)[first]
            giving = (within <= spare[kind]) | ((within == sold) & (turn % 3 == 2))
            giving = rng.permutation(items[giving])
            need = np.cumsum(np.maximum(lacking, 0))
            middle = np.cumsum(uses[giving]) - uses[giving] / 2
            taking = np.searchsorted(need, middle, "right")
            giving, taking = giving[taking < len(need)], taking[taking < len(need)]
            low = self.kind_bounds[taking]
            value = low + rng.random(len(low)) * (self.kind_bounds[taking + 1] - low)
            drawn = self.by_kind[np.searchsorted(self.kind_running, value, "right") - 1]
            wish = owner[giving] << PRODUCT_BITS | drawn
            free = np.zeros(len(wish), dtype=bool)
            free[np.unique(wish, return_index=True)[1]] = True
            # Nobody gets a taste that few have, if it can be helped.
            if turn < SETTLE_TURNS // 4:
                cared = owner[giving] * SHELVES + shelves[drawn]
                free &= ~self.few[shelves[drawn]] | holds(caring, cared)
            for keys in known:
                free &= ~holds(keys, wish)
            product[giving[free]] = drawn[free]
            known.append(np.sort(wish[free]))

    def _spend(
        self,
        rng: np.random.Generator,
        lists: Lists,
        high: list[int],
    ) -> None:
        """Let about as many customers as published pay 10 dollars and more per item.

        `high` are such customers and their order products. Customers near the bound
        change products for dearer or cheaper ones of the same kind, so no kind's sales
        change.
        """
        product, owner, uses, fixed = lists
        prices, kinds = self.goods.prices, self.goods.kinds
        count = np.bincount(owner, uses)
        over = np.bincount(owner, uses * prices[product]) - HIGH_SPENDER * count
        customers, lines = high[0] - (over >= 0).sum(), high[1] - count[over >= 0].sum()
        up = lines > 0
        near = np.flatnonzero(over < 0 if up else over >= 0)
        near = near[np.argsort(np.abs(over[near] / count[near]), kind="stable")[:60]]
        # New ones of the size that brings customers and lines to what is published.
        size = lines / customers if up and customers > 0 else abs(lines)
        near = near[count[near] <= max(1.5 * size, 5)]
        for customer in near.tolist():
            if count[customer] > abs(lines):
                continue
            items = np.flatnonzero((owner == customer) & ~fixed)
            held = set(product[owner == customer].tolist())
            for at in items[np.argsort(-uses[items], kind="stable")].tolist():
                low, end = np.searchsorted(
                    kinds[self.by_kind], [kinds[product[at]], kinds[product[at]] + 1]
                )
                others = rng.permutation(self.by_kind[low:end])[:200]
                others = others[(self.goods.lines[others] > 0) & ~self.locked[others]]
                best = others[
                    np.argsort(prices[others], kind="stable")[-1 if up else 0]
                ]
                gain = uses[at] * (prices[best] - prices[product[at]])
                if best in held or (gain > 0) != up:
                    continue
                product[at] = best
                held.add(int(best))
                over[customer] += gain
                if (over[customer] >= 0) == up:
                    lines += -int(count[customer]) if up else int(count[customer])
                    break


def holds(keys: np.ndarray, wish: np.ndarray) -> np.ndarray:
    """Return which of `wish` are among the sorted `keys`."""
    if not len(keys):
        return np.zeros(len(wish), dtype=bool)
    at = np.minimum(np.searchsorted(keys, wish), len(keys) - 1)
    return keys[at] == wish
