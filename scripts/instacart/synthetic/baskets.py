"""Which products fill the orders: tastes, favourites, reorders and places in the cart.

A customer has a list of distinct products in the order of first purchase. An order
takes the next ones of the list as new and others from before, so a product is marked
as reordered exactly if the customer has bought it. Which products stand on the lists
is settled block by block until every aisle and every published top product has its
share of the published order products.
"""

from __future__ import annotations

import numpy as np

from instacart.synthetic import draws
from instacart.synthetic.catalogue import CATALOGUE_SEED, PRODUCTS, catalogue
from instacart.synthetic.draws import calibration, cumulative, stream
from instacart.synthetic.orders import PRIOR
from instacart.synthetic.settling import PRODUCT_BITS, SHELVES, Settler, holds

# Reorder rate by order number (3,013 real orders), and its spread between customers
# (sd of the logit): the quartiles of active customers' reorder rates.
REORDER_NUMBERS = (2, 3, 4, 5, 6.5, 9, 13, 18, 25, 39, 70)
REORDER_RATES = (
    *(0.252, 0.372, 0.445, 0.518, 0.585, 0.622),
    *(0.698, 0.723, 0.776, 0.804, 0.827),
)
REORDER_SPREAD = 0.75
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
# How much later new products come into the cart: .68 reordered at place 1, .37 from
# 30 on.
CART_PULL = 1.5
# Share of the lists with the leading product of an affinity that hold the other one
# next to it, and the other one's chance to be met by itself.
AFFINITY_SHARE, AFFINITY_ALONE = 0.8, 0.25
# Products of departments few care for come in runs of RUN on the lists, and of reorders
# that stand alone of such a department LONE_DROPPED are left out.
RUN, LONE_DROPPED = 3, 0.72
# Interest in a department of those who do not care for it.
INDIFFERENCE = 0.001
# Customers tried out to weigh departments and products.
TRIALS = 1_000


class BasketModel:
    """Draws which products fill the orders of a block."""

    def __init__(self) -> None:
        # Off while the model's own sales are measured; see calibrate.py.
        self.settles = True
        self.goods = catalogue()
        rows = self.goods.aisles - 1
        table, tops = calibration("aisles"), calibration("top_products")
        rate = table["reorder_rate"][rows]
        rebuy = table["rebuy_factor"][rows]
        rebuy[self.goods.top] = tops["rebuy_factor"]
        # A product is met once per customer and then bought again rate/(1-rate) times.
        self.rebuy = rate / (1 - rate) * rebuy
        met = self.goods.lines * (1 - rate)
        # Planted products take the place of others of their aisle later on.
        met[self.goods.planted] = 0
        met[self.goods.pairs[:, 1]] *= AFFINITY_ALONE
        self.often = _mean_log_orders()
        table = calibration("departments")
        self.spread, self.caring = table["taste_spread"], table["caring_share"]
        # Few care for pets, babies or alcohol, and those buy several things at once.
        self.at_one_go = self.caring < 0.5
        weight = self._fit_tastes(met)
        departments = self.goods.departments
        self.by_department = np.argsort(departments, kind="stable")
        self.running = np.concatenate([[0.0], np.cumsum(weight[self.by_department])])
        ends = np.searchsorted(
            departments[self.by_department], np.arange(1, SHELVES + 2)
        )
        self.bounds = self.running[ends]
        self.partner = np.full(PRODUCTS, -1)
        self.partner[self.goods.pairs[:, 0]] = self.goods.pairs[:, 1]
        self.locked = np.zeros(PRODUCTS, dtype=bool)
        self.locked[self.goods.planted] = True
        self.locked[self.goods.pairs.ravel()] = True
        self.settler = Settler(weight, self.locked, self.at_one_go)

    def _fit_tastes(self, met: np.ndarray) -> np.ndarray:
        """Set the weights of departments and return those of products.

        `met` is how many customers should have each product on their list. As nobody
        has one twice, it takes more draws than that, the more the likelier a product:
        of n draws from a department, a product with share q is met with probability
        1 - exp(-qn).
        """
        rng = stream(CATALOGUE_SEED, draws.STREAM_CATALOGUE, 3)
        table = calibration("prior_orders")
        middle = (np.arange(TRIALS) + 0.5) / TRIALS
        prior = np.searchsorted(cumulative(table["customers"]), middle, "right")
        number = np.arange(1, 100)
        new = 1 - np.interp(number, REORDER_NUMBERS, REORDER_RATES)
        new[0] = 1
        length = np.cumsum(new)[table["prior_orders"][prior] - 1]
        length *= np.exp(0.5 * rng.standard_normal(TRIALS))
        length *= met.sum() / draws.CUSTOMERS / length.mean()
        tastes = self._tastes(rng, TRIALS)
        shelf = self.goods.departments - 1
        base = np.bincount(shelf, met)
        base /= base.sum()
        steps = np.geomspace(1e-7, 0.5, 60)
        weight = np.zeros(PRODUCTS)
        for _ in range(10):
            drawn = tastes * base
            drawn *= (length / drawn.sum(axis=1))[:, None]
            for at in range(len(base)):
                reached = 1 - np.exp(-steps[:, None] * drawn[:, at])
                mine = shelf == at
                weight[mine] = np.interp(
                    met[mine] / draws.CUSTOMERS, reached.mean(axis=1), steps, left=0
                )
            total = np.bincount(shelf, weight)
            length *= (base * total).sum()
            base *= total / (base * total).sum()
        self.base = base
        return weight

    def _tastes(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Return each customer's leaning to each department (rows customers)."""
        shape = (count, len(self.spread))
        taste = np.exp(self.spread * rng.standard_normal(shape) - self.spread**2 / 2)
        cares = rng.random(shape) < self.caring
        return taste * np.where(cares, 1, INDIFFERENCE)

    def draw(
        self,
        orders: dict[str, np.ndarray],
        span: tuple[int, int, int],
        block: int,
        seed: int,
    ) -> dict[str, np.ndarray]:
        """Return `order` (row of `orders`), `product`, `place` and `reordered`.

        `span` is what OrderModel.draw takes.
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
        running = np.concatenate([[0.0], np.cumsum(weight)])
        start = list_start[customer]

        new = size - again
        new_order = np.repeat(np.arange(len(size)), new)
        offset = np.arange(len(new_order)) - (np.cumsum(new) - new)[new_order]
        new_item = (start + known)[new_order] + offset
        old_order, old_item = _pick_known(rng, running, start, known, again)
        self._join_pairs(product, start + known, old_order, old_item)
        self._drop_lone(
            rng,
            product,
            start,
            start + known,
            (new_order, new_item),
            old_order,
            old_item,
        )

        order = np.concatenate([new_order, old_order])
        item = np.concatenate([new_item, old_item])
        prior = orders["eval_set"][order] == PRIOR
        uses = np.bincount(item[prior], minlength=len(product))
        if self.settles:
            self.settler.settle(rng, product, owner, uses, span)

        reordered = np.arange(len(order)) >= len(new_order)
        # A race in which new products are slower by CART_PULL.
        place_key = 1 - rng.random(len(order)) ** np.where(reordered, 1, CART_PULL)
        by_place = _ranked(order, place_key)
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
        customers = int(customer[-1]) + 1
        rate = np.interp(number, REORDER_NUMBERS, REORDER_RATES)
        own = REORDER_SPREAD * rng.standard_normal(customers)
        own += REORDER_EARLY * orders["early"]
        # Widening the logit (sd 1.7 to a normal 1) keeps the mean despite the spread.
        widened = np.log(rate / (1 - rate)) * np.sqrt(1 + REORDER_SPREAD**2 / 2.9)
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
        tastes = self._tastes(rng, customers) * self.base
        tastes = np.cumsum(tastes, axis=1)
        tastes /= tastes[:, -1:]
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
            drawn = np.searchsorted(self.running, value, "right") - 1
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

    def _join_pairs(
        self,
        product: np.ndarray,
        end: np.ndarray,
        order: np.ndarray,
        item: np.ndarray,
    ) -> None:
        """Let reordered products bring the other one of an affinity with them.

        `order` and `item` are picks sorted by both; a pick beside the leading product
        makes room. `end` is where each order's known products end.
        """
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
        """Move products of the departments that are bought at one go into runs."""
        shelf = self.goods.departments[product] - 1
        moved = np.flatnonzero(self.at_one_go[shelf])
        moved = moved[np.lexsort((moved, shelf[moved], owner[moved]))]
        group = owner[moved] * SHELVES + shelf[moved]
        rank = np.arange(len(moved)) - np.searchsorted(group, group)
        place = np.arange(len(product), dtype=np.float64)
        place[moved] = moved[np.arange(len(moved)) - rank % RUN] + rank % RUN / (
            2 * RUN
        )
        return product[np.argsort(place, kind="stable")]

    def _drop_lone(
        self,
        rng: np.random.Generator,
        product: np.ndarray,
        start: np.ndarray,
        end: np.ndarray,
        new: tuple[np.ndarray, np.ndarray],
        order: np.ndarray,
        item: np.ndarray,
    ) -> None:
        """Exchange reorders that stand alone of a department bought at one go.

        A neighbour on the list takes their place. `new` are orders and items of new
        products, `order` and `item` the reorders, sorted by both.
        """
        shelves = self.goods.departments[product] - 1
        apart = self.at_one_go[shelves]
        orders = np.concatenate([order, new[0]])
        shelf = shelves[np.concatenate([item, new[1]])]
        chosen = np.flatnonzero(self.at_one_go[shelf])
        count = np.bincount(
            orders[chosen] * SHELVES + shelf[chosen], minlength=SHELVES * len(start)
        )
        lone = np.flatnonzero(apart[item] & ~self.locked[product[item]])
        lone = lone[count[order[lone] * SHELVES + shelves[item[lone]]] == 1]
        lone = lone[rng.random(len(lone)) < LONE_DROPPED]
        width = len(product).bit_length()
        held = [np.sort(order << width | item)]
        for step in (1, -1, 2, -2, 3, -3):
            other = item[lone] + step
            fits = (other >= start[order[lone]]) & (other < end[order[lone]])
            other = np.clip(other, 0, len(product) - 1)
            wish = order[lone] << width | other
            fits &= ~apart[other] & ~self.locked[product[other]]
            for each in held:
                fits &= ~holds(each, wish)
            item[lone[fits]] = other[fits]
            held.append(np.sort(wish[fits]))
            lone = lone[~fits]


def _mean_log_orders() -> np.ndarray:
    """Return the mean log of all orders of customers with at least n orders, by n."""
    table = calibration("prior_orders")
    total, customers = table["prior_orders"] + 1, table["customers"]
    number = np.arange(total.max() + 1)
    reached = (total >= number[:, None]) * customers
    return (reached * np.log(total)).sum(axis=1) / reached.sum(axis=1)


def _first_of_each(keys: np.ndarray) -> np.ndarray:
    """Return the places at which each of `keys` stands first, in ascending order."""
    # One sort of numbers that hold key and place is quicker than one of places.
    width = len(keys).bit_length()
    both = np.sort(keys << width | np.arange(len(keys)))
    new = np.ones(len(keys), dtype=bool)
    new[1:] = both[1:] >> width != both[:-1] >> width
    return np.sort(both[new] & ((1 << width) - 1))


def _ranked(group: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Return the places of numbers in [0, 1), sorted by group and number."""
    width = len(group).bit_length()
    fine = 62 - width - int(group.max(initial=0)).bit_length()
    scaled = (chance * (1 << fine)).astype(np.int64)
    both = np.sort((group << fine | scaled) << width | np.arange(len(group)))
    return both & ((1 << width) - 1)


def _pick_known(
    rng: np.random.Generator,
    running: np.ndarray,
    start: np.ndarray,
    known: np.ndarray,
    again: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Pick `again` distinct list items per order among its first `known` ones.

    `running` holds the summed weights of all lists, `start` the order's place in
    them. Returns the order and the item of each pick, sorted by both.
    """
    low, high = running[start], running[start + known]
    width = len(running).bit_length()
    order = np.repeat(np.arange(len(again)), again)
    # Equal picks are drawn anew; orders for which that takes long race for all items.
    picks = np.empty(0, dtype=np.int64)
    for _ in range(3):
        value = low[order] + rng.random(len(order)) * (high - low)[order]
        item = np.searchsorted(running, value, "right") - 1
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
    racing = np.flatnonzero(short)
    order = np.repeat(racing, known[racing])
    first = np.cumsum(known[racing]) - known[racing]
    item = start[order] + np.arange(len(order)) - np.repeat(first, known[racing])
    arrival = rng.standard_exponential(len(item)) / (running[item + 1] - running[item])
    ranked = np.lexsort((arrival, order))
    within = np.arange(len(order)) - np.repeat(first, known[racing])
    won = ranked[within < again[order]]
    picks = np.sort(np.concatenate([picks, order[won] << width | item[won]]))
    return picks >> width, picks & ((1 << width) - 1)
