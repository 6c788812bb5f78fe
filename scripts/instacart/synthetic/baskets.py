"""Which products fill the orders: tastes, favourites, reorders and cart positions.

A customer has a list of distinct products in the order of first purchase. An order
takes the next ones of the list as new and others from before, so a product is marked
as reordered exactly if the customer has bought it. Which products are on the lists is
adjusted block by block until every aisle and every published top product has its share
of the published order products.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from instacart.synthetic import draws
from instacart.synthetic.adjustment import (
    DEPARTMENTS,
    PRODUCT_BITS,
    SalesAdjuster,
    holds,
)
from instacart.synthetic.catalogue import CATALOGUE_SEED, PRODUCTS, catalogue
from instacart.synthetic.draws import Span, calibration, cumulative, stream
from instacart.synthetic.orders import PRIOR

# Reorder rate by order number, of 3,013 real orders, and its spread between customers
# (sd of the logit): the quartiles of active customers' reorder rates.
REORDER_NUMBERS = (2, 3, 4, 5, 6.5, 9, 13, 18, 25, 39, 70)
REORDER_RATES = (
    *(0.252, 0.372, 0.445, 0.518, 0.585, 0.622),
    *(0.698, 0.723, 0.776, 0.804, 0.827),
)
REORDER_SPREAD = 0.75
# The logistic function is close to the distribution function of a normal variable with
# this variance (1.7 squared).
LOGISTIC_VARIANCE = 2.9
# Makes up on the logit for orders whose history is too short to reorder from.
REORDER_LIFT = 0.17
# Large baskets hold more new products (logit per unit of log size), and those who
# order early reorder more.
REORDER_SIZE, REORDER_EARLY = -0.30, -0.18
# Those who order more often reorder more at the same order number (per log orders).
REORDER_OFTEN = 0.40
# At most this share of the products a customer knows is bought again in one order.
HISTORY_SHARE = 0.75
# How much more a customer rebuys some products than others (sd of the log weight).
FAVOURITE_SPREAD = 0.8
# How much later new products come into the cart: .68 reordered at position 1, .37 from
# 30 on.
CART_PULL = 1.5
# Share of the lists with the leading product of an affinity that hold the other one
# next to it, and the other one's chance to be met by itself.
AFFINITY_SHARE, AFFINITY_ALONE = 0.8, 0.25
# Departments of which fewer customers buy are niches. Their products come in runs of
# RUN on the lists, and of reorders that are the only one of their niche in an order
# LONE_DROPPED are left out.
NICHE, RUN, LONE_DROPPED = 0.5, 3, 0.72
# Interest in a department of those who are not interested.
INDIFFERENCE = 0.001
# Customers tried out to weigh departments and products, and how often.
TRIALS, TRIAL_ROUNDS = 1_000, 10


class Picks(NamedTuple):
    """Products put into orders: the order's row, and the item's row on the lists."""

    order: np.ndarray
    item: np.ndarray


class BasketModel:
    """Draws which products fill the orders of a block."""

    def __init__(self) -> None:
        # Off while the model's own sales are measured; see calibrate.py.
        self.adjusts = True
        self.goods = catalogue()
        table = calibration("departments")
        self.spread, self.interested = table["taste_spread"], table["interested_share"]
        # Few buy for pets, for babies or alcohol, and those buy several at once.
        self.is_niche = self.interested < NICHE
        self.often = _mean_log_orders()
        weight = self._fit_tastes(self._fit_rebuys())
        departments = self.goods.departments
        self.by_department = np.argsort(departments, kind="stable")
        self.cumulated = np.concatenate([[0.0], np.cumsum(weight[self.by_department])])
        ends = np.searchsorted(
            departments[self.by_department], np.arange(1, DEPARTMENTS + 2)
        )
        self.bounds = self.cumulated[ends]
        self.partner = np.full(PRODUCTS, -1)
        self.partner[self.goods.pairs[:, 0]] = self.goods.pairs[:, 1]
        self.locked = np.zeros(PRODUCTS, dtype=bool)
        self.locked[self.goods.planted] = True
        self.locked[self.goods.pairs.ravel()] = True
        self.adjuster = SalesAdjuster(weight, self.locked, self.is_niche)

    def _fit_rebuys(self) -> np.ndarray:
        """Set how often products are bought again; return how many customers meet each.

        With a reorder rate r a product that is met is then bought r / (1 - r) times.
        """
        rows = self.goods.aisles - 1
        table, tops = calibration("aisles"), calibration("top_products")
        rate = table["reorder_rate"][rows]
        rebuy = table["rebuy_factor"][rows]
        rebuy[self.goods.top] = tops["rebuy_factor"]
        self.rebuy = rate / (1 - rate) * rebuy
        met: np.ndarray = self.goods.lines * (1 - rate)
        # Planted products replace others of their aisle later on.
        met[self.goods.planted] = 0
        met[self.goods.pairs[:, 1]] *= AFFINITY_ALONE
        return met

    def _fit_tastes(self, met: np.ndarray) -> np.ndarray:
        """Set the weights of departments and return those of products.

        `met` is how many customers should have each product on their list. As nobody
        has one twice, it takes more draws than that, the more the likelier a product:
        of n draws from a department, a product with share q is met with probability
        1 - exp(-qn).
        """
        rng = stream(CATALOGUE_SEED, draws.STREAM_CATALOGUE, 3)
        length = _trial_lengths(rng)
        length *= met.sum() / draws.CUSTOMERS / length.mean()
        tastes = self._tastes(rng, TRIALS)
        department = self.goods.departments - 1
        base = np.bincount(department, met)
        base = base / base.sum()
        steps = np.geomspace(1e-7, 0.5, 60)
        weight = np.zeros(PRODUCTS)
        for _ in range(TRIAL_ROUNDS):
            drawn = tastes * base
            drawn *= (length / drawn.sum(axis=1))[:, None]
            for at in range(len(base)):
                reached = 1 - np.exp(-steps[:, None] * drawn[:, at])
                mine = department == at
                weight[mine] = np.interp(
                    met[mine] / draws.CUSTOMERS, reached.mean(axis=1), steps, left=0
                )
            total = np.bincount(department, weight)
            length *= (base * total).sum()
            base *= total / (base * total).sum()
        self.base = base
        return weight

    def _tastes(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Return each customer's taste for each department (rows customers)."""
        shape = (count, len(self.spread))
        taste = np.exp(self.spread * rng.standard_normal(shape) - self.spread**2 / 2)
        is_interested = rng.random(shape) < self.interested
        return taste * np.where(is_interested, 1, INDIFFERENCE)

    def draw(
        self, orders: dict[str, np.ndarray], span: Span, block: int, seed: int
    ) -> dict[str, np.ndarray]:
        """Return order products, one array per column, sorted by order and position.

        `order` is the row of `orders`, `product` the id, `cart_position` counts from 1,
        and `reordered` is a boolean. `span` is what OrderModel.draw takes.
        """
        rng = stream(seed, draws.STREAM_LINES, block)
        customer, size = orders["customer"], orders["size"]
        again, known, need = self._split(rng, orders)
        owner = np.repeat(np.arange(len(need)), need)
        product = self._together(self._lists(rng, need), owner)
        list_start = np.cumsum(need) - need
        self._pair_up(rng, product, owner)
        weight = self.rebuy[product]
        weight *= np.exp(FAVOURITE_SPREAD * rng.standard_normal(len(product)))
        cumulated = np.concatenate([[0.0], np.cumsum(weight)])
        start = list_start[customer]
        new = _new_picks(size - again, start + known)
        old = _pick_known(rng, cumulated, start, known, again)
        self._join_pairs(product, start + known, old)
        self._drop_lone(rng, product, (start, start + known), new, old)

        order = np.concatenate([new.order, old.order])
        item = np.concatenate([new.item, old.item])
        prior = orders["eval_set"][order] == PRIOR
        uses = np.bincount(item[prior], minlength=len(product))
        if self.adjusts:
            self.adjuster.adjust(rng, product, owner, uses, span)
        reordered = np.arange(len(order)) >= len(new.order)
        rows, position = _in_cart(rng, order, reordered, len(size))
        return {
            **{"order": order[rows], "product": product[item[rows]] + 1},
            **{"cart_position": position, "reordered": reordered[rows]},
        }

    def _split(
        self, rng: np.random.Generator, orders: dict[str, np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the reordered and the known products of orders, and list lengths.

        The first two are counts by row of `orders`, the last by customer.
        """
        customer, number, size = (orders[k] for k in ("customer", "number", "size"))
        customers = int(customer[-1]) + 1
        rate = np.interp(number, REORDER_NUMBERS, REORDER_RATES)
        own = REORDER_SPREAD * rng.standard_normal(customers)
        own += REORDER_EARLY * orders["early"]
        # A wider logit keeps the mean despite the spread.
        widened = np.log(rate / (1 - rate))
        widened *= np.sqrt(1 + REORDER_SPREAD**2 / LOGISTIC_VARIANCE)
        widened += own[customer] + REORDER_LIFT
        total = np.bincount(customer, minlength=customers)
        widened += REORDER_OFTEN * (np.log(total)[customer] - self.often[number])
        widened += REORDER_SIZE * np.log(np.maximum(size, 1) / 8)
        again = rng.binomial(size, 1 / (1 + np.exp(-widened)))
        known = np.zeros(len(size), dtype=np.int64)
        length = np.zeros(customers, dtype=np.int64)
        for step in range(int(total.max())):
            active = np.flatnonzero(total > step)
            now = orders["start"][active] + step
            known[now] = length[active]
            limit = np.ceil(length[active] * HISTORY_SHARE).astype(np.int64)
            again[now] = np.minimum(again[now], limit)
            length[active] += size[now] - again[now]
        return again, known, length

    def _lists(self, rng: np.random.Generator, need: np.ndarray) -> np.ndarray:
        """Draw `need` distinct product rows per customer, customer by customer."""
        customers = len(need)
        tastes = np.cumsum(self._tastes(rng, customers) * self.base, axis=1)
        tastes = tastes / tastes[:, -1:]
        flat = (tastes + np.arange(customers)[:, None]).ravel()
        departments = tastes.shape[1]
        owner = np.empty(0, dtype=np.int64)
        product = np.empty(0, dtype=np.int64)
        more = need + need // 4 + 4
        while more.any():
            extra = np.repeat(np.arange(customers), more)
            at = np.searchsorted(flat, extra + rng.random(len(extra)), "right")
            at = np.minimum(at - extra * departments, departments - 1)
            value = self.bounds[at]
            value = value + rng.random(len(extra)) * (self.bounds[at + 1] - value)
            drawn = np.searchsorted(self.cumulated, value, "right") - 1
            drawn = self.by_department[drawn]
            owner = np.concatenate([owner, extra])
            product = np.concatenate([product, drawn])
            # The first of equal draws stays, in the order they were drawn.
            first = _first_of_each(owner << PRODUCT_BITS | product)
            owner, product = owner[first], product[first]
            short = need - np.bincount(owner, minlength=customers)
            more = np.where(short > 0, 2 * short + 8, 0)
        # NumPy sorts numbers of 16 bits by counting.
        by_owner = np.argsort(owner.astype(np.int16), kind="stable")
        owner, product = owner[by_owner], product[by_owner]
        have = np.bincount(owner, minlength=customers)
        rank = np.arange(len(owner)) - (np.cumsum(have) - have)[owner]
        return product[rank < need[owner]]

    def _pair_up(
        self, rng: np.random.Generator, product: np.ndarray, owner: np.ndarray
    ) -> None:
        """Put the other product of an affinity next to the leading one."""
        lead = np.flatnonzero(self.partner[product[:-1]] >= 0)
        lead = lead[rng.random(len(lead)) < AFFINITY_SHARE]
        lead = lead[(owner[lead + 1] == owner[lead]) & ~self.locked[product[lead + 1]]]
        other = self.partner[product[lead]]
        keys = np.sort(owner << PRODUCT_BITS | product)
        free = ~holds(keys, owner[lead] << PRODUCT_BITS | other)
        product[lead[free] + 1] = other[free]

    def _join_pairs(self, product: np.ndarray, end: np.ndarray, old: Picks) -> None:
        """Let reordered products bring the other one of an affinity with them.

        `old` are picks sorted by order and item; a pick beside the leading product
        makes room. `end` is where each order's known products end on the lists.
        """
        order, item = old
        lead = np.flatnonzero(self.partner[product[item]] >= 0)
        lead = lead[item[lead] + 1 < end[order[lead]]]
        beside = item[lead] + 1
        lead = lead[product[beside] == self.partner[product[item[lead]]]]
        after = np.minimum(lead + 1, len(order) - 1)
        has_after = (after > lead) & (order[after] == order[lead])
        before = np.maximum(lead - 1, 0)
        has_before = (before < lead) & (order[before] == order[lead])
        there = has_after & (item[after] == item[lead] + 1)
        room = np.where(has_after, after, before)
        usable = (has_after | has_before) & ~there
        usable &= ~self.locked[product[item[room]]]
        item[room[usable]] = item[lead[usable]] + 1

    def _together(self, product: np.ndarray, owner: np.ndarray) -> np.ndarray:
        """Move products of niche departments into runs on the lists."""
        department = self.goods.departments[product] - 1
        moved = np.flatnonzero(self.is_niche[department])
        moved = moved[np.lexsort((moved, department[moved], owner[moved]))]
        group = owner[moved] * DEPARTMENTS + department[moved]
        rank = np.arange(len(moved)) - np.searchsorted(group, group)
        position = np.arange(len(product), dtype=np.float64)
        first = moved[np.arange(len(moved)) - rank % RUN]
        position[moved] = first + rank % RUN / (2 * RUN)
        return product[np.argsort(position, kind="stable")]

    def _drop_lone(
        self,
        rng: np.random.Generator,
        product: np.ndarray,
        known: tuple[np.ndarray, np.ndarray],
        new: Picks,
        old: Picks,
    ) -> None:
        """Exchange reorders that are the only one of their niche in an order.

        A neighbour on the list takes their place. `known` are where each order's known
        products begin and end on the lists; `old`, the reorders, are sorted by order
        and item.
        """
        (start, end), (order, item) = known, old
        departments = self.goods.departments[product] - 1
        is_niche = self.is_niche[departments]
        orders = np.concatenate([order, new.order])
        department = departments[np.concatenate([item, new.item])]
        chosen = np.flatnonzero(self.is_niche[department])
        count = np.bincount(
            orders[chosen] * DEPARTMENTS + department[chosen],
            minlength=DEPARTMENTS * len(start),
        )
        lone = np.flatnonzero(is_niche[item] & ~self.locked[product[item]])
        lone = lone[count[order[lone] * DEPARTMENTS + departments[item[lone]]] == 1]
        lone = lone[rng.random(len(lone)) < LONE_DROPPED]
        width = len(product).bit_length()
        held = [np.sort(order << width | item)]
        for step in (1, -1, 2, -2, 3, -3):
            other = item[lone] + step
            fits = (other >= start[order[lone]]) & (other < end[order[lone]])
            other = np.clip(other, 0, len(product) - 1)
            wish = order[lone] << width | other
            fits &= ~is_niche[other] & ~self.locked[product[other]]
            for each in held:
                fits &= ~holds(each, wish)
            item[lone[fits]] = other[fits]
            held.append(np.sort(wish[fits]))
            lone = lone[~fits]


def _trial_lengths(rng: np.random.Generator) -> np.ndarray:
    """Draw how many products are on the lists of TRIALS customers, before scaling."""
    table = calibration("prior_orders")
    middle = (np.arange(TRIALS) + 0.5) / TRIALS
    prior = np.searchsorted(cumulative(table["customers"]), middle, "right")
    number = np.arange(1, 100)
    new = 1 - np.interp(number, REORDER_NUMBERS, REORDER_RATES)
    new[0] = 1
    length: np.ndarray = np.cumsum(new)[table["prior_orders"][prior] - 1]
    length *= np.exp(0.5 * rng.standard_normal(TRIALS))
    return length


def _mean_log_orders() -> np.ndarray:
    """Return the mean log of all orders of customers with at least n orders, by n."""
    table = calibration("prior_orders")
    total, customers = table["prior_orders"] + 1, table["customers"]
    number = np.arange(total.max() + 1)
    reached = (total >= number[:, None]) * customers
    return (reached * np.log(total)).sum(axis=1) / reached.sum(axis=1)


def _first_of_each(keys: np.ndarray) -> np.ndarray:
    """Return the rows at which each of `keys` comes first, in ascending order."""
    # One sort of numbers that hold key and row is quicker than one of rows by key.
    width = len(keys).bit_length()
    both = np.sort(keys << width | np.arange(len(keys)))
    new = np.ones(len(keys), dtype=bool)
    new[1:] = both[1:] >> width != both[:-1] >> width
    return np.sort(both[new] & ((1 << width) - 1))


def _ranked(group: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Return the rows of numbers in [0, 1), sorted by group and number."""
    width = len(group).bit_length()
    fine = 62 - width - int(group.max(initial=0)).bit_length()
    scaled = (chance * (1 << fine)).astype(np.int64)
    both = np.sort((group << fine | scaled) << width | np.arange(len(group)))
    return both & ((1 << width) - 1)


def _in_cart(
    rng: np.random.Generator, order: np.ndarray, reordered: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draw cart positions; return rows sorted by order and position, and positions.

    `order` counts from 0 to `count`. A race in which new products are slower by
    CART_PULL.
    """
    chance = 1 - rng.random(len(order)) ** np.where(reordered, 1, CART_PULL)
    rows = _ranked(order, chance)
    order = order[rows]
    filled = np.bincount(order, minlength=count)
    return rows, np.arange(len(order)) - (np.cumsum(filled) - filled)[order] + 1


def _new_picks(new: np.ndarray, start: np.ndarray) -> Picks:
    """Return the picks of orders that take the next `new` items from `start` on."""
    order = np.repeat(np.arange(len(new)), new)
    offset = np.arange(len(order)) - (np.cumsum(new) - new)[order]
    return Picks(order, start[order] + offset)


def _pick_known(
    rng: np.random.Generator,
    cumulated: np.ndarray,
    start: np.ndarray,
    known: np.ndarray,
    again: np.ndarray,
) -> Picks:
    """Pick `again` distinct list items per order among its first `known` ones.

    `cumulated` holds the summed weights of all lists, `start` where an order's list
    begins. The picks are sorted by order and item.
    """
    low, high = cumulated[start], cumulated[start + known]
    width = len(cumulated).bit_length()
    order = np.repeat(np.arange(len(again)), again)
    # Equal picks are drawn again; orders that take long for it race for all items.
    picks = np.empty(0, dtype=np.int64)
    for _ in range(3):
        value = low[order] + rng.random(len(order)) * (high - low)[order]
        item = np.searchsorted(cumulated, value, "right") - 1
        item = np.clip(item, start[order], start[order] + known[order] - 1)
        picks = np.concatenate([picks, order << width | item])
        picks.sort()
        picks = picks[np.concatenate([[True], picks[1:] != picks[:-1]])[: len(picks)]]
        missing = again - np.bincount(picks >> width, minlength=len(again))
        order = np.repeat(np.arange(len(again)), missing)
        if not len(order):
            break
    short = missing > 0
    picks = picks[~short[picks >> width]]
    raced = _race(rng, cumulated, start, known, again, np.flatnonzero(short))
    picks = np.sort(np.concatenate([picks, raced.order << width | raced.item]))
    return Picks(picks >> width, picks & ((1 << width) - 1))


def _race(
    rng: np.random.Generator,
    cumulated: np.ndarray,
    start: np.ndarray,
    known: np.ndarray,
    again: np.ndarray,
    racing: np.ndarray,
) -> Picks:
    """Pick items for the orders `racing` by the times at which items arrive.

    Exponential times with the items' weights as rates give a weighted sample without
    repetition (Efraimidis and Spirakis 2006).
    """
    order = np.repeat(racing, known[racing])
    first = np.cumsum(known[racing]) - known[racing]
    item = start[order] + np.arange(len(order)) - np.repeat(first, known[racing])
    weight = cumulated[item + 1] - cumulated[item]
    arrival = rng.standard_exponential(len(item)) / weight
    ranked = np.lexsort((arrival, order))
    within = np.arange(len(order)) - np.repeat(first, known[racing])
    won = ranked[within < again[order]]
    return Picks(order[won], item[won])
