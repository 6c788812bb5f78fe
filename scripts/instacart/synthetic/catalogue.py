"""The 49,688 fabricated products: aisle, name, price and how often they are bought.

The catalogue is the same for every seed, as the real one is the same for every
extract; seeds change customers and their orders.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from instacart.synthetic import draws
from instacart.synthetic.draws import calibration, stream
from instacart.synthetic.words import (
    ACCENTED,
    ADJECTIVES,
    BRAND_ENDS,
    BRAND_STARTS,
    SUFFIXES,
)

PRODUCTS = 49_688
CATALOGUE_SEED = 2017

UNNAMED_IDS = (
    *(34, 69, 116, 262, 525, 1511, 1780, 2240, 2586, 3159, 3230),
    *(3736, 4283, 4790, 38183, 40440),
)
DUPLICATED_IDS = (462, 18458, 26808, 35306, 35491)
# The id a product row is listed under -> the product's true id.
MISNUMBERED_IDS = {6800: 6799, 26520: 26519}
MISTYPED_PRICES = {21553: 14_900.0, 33664: 99_999.0}
NAME_ERROR_ID = 11908


def _spread(lines: int, ids: tuple[int, ...]) -> dict[int, int]:
    """Spread order products evenly over product ids."""
    return {each: (lines + at) // len(ids) for at, each in enumerate(ids)}


# Prior order products of the planted ids on the full real data; where only the sum
# of several ids is published, it is spread evenly. That of NAME_ERROR_ID is not known.
PLANTED_LINES = {
    **{525: 18, 38183: 4, 6799: 1_014, 26519: 1_015, 6800: 8, 26520: 562},
    **{21553: 4_429, 33664: 698, NAME_ERROR_ID: 200},
    **_spread(28_171 - 18 - 4, tuple(x for x in UNNAMED_IDS if x not in (525, 38183))),
    **_spread(1_182, DUPLICATED_IDS),
}

# Aisles of the planted products; the other planted ids may be anything.
PLANTED_AISLES = {
    6799: 64,
    6800: 92,
    26519: 80,
    26520: 21,
    21553: 108,
    33664: 84,
    NAME_ERROR_ID: 31,
}
# How many names of the real file have each oddity, and the share with a comma.
INCH_AISLES = (10, 60, 79, 85, 111, 128)
INCH_NAMES = 120
DOUBLE_BLANK_NAMES = 408
NON_ASCII_NAMES = 318
COMMA_SHARE = 0.064
ENTITY_NAMES = (
    "Fields &#38; Sons Nail Polish",
    "Bath &#38; Bloom Rose &#38; Mint Lipstick",
    "L&#39;Amour&Reg; Cr&Eacute;me Mascara",
    "D&#39;Or&Reg; Soir&Eacute;e&Reg; Makeup Remover",
)
ENTITY_AISLE = 132


# Products of the real catalogue that no prior order holds: 49,688 less 49,677.
NEVER_ORDERED = 11
# Form of an aisle's sales by product: the spread, the sales in order products that no
# product but the published top ones exceeds by much, and the lowest. Fitted to the
# published shares of the top 50 to 10,000 products.
POPULARITY_SPREAD, POPULARITY_BEND = 0.8, 1.5
POPULARITY_CAP, POPULARITY_FLOOR = 70_000, 16
# Departments with prices of their own, bounds of the price ranges in tenths of a
# dollar, and prior order products of low and high-range products in the real data.
SNACKS, MEAT = 19, 12
LOW_PRICE, MID_PRICE = 50, 150
LOW_LINES, HIGH_LINES = 10_126_339, 412_555
# Aisles two products of which are planted to sell together, and about how many order
# products each of the two has.
AFFINITY_AISLES = ((131, 9), (107, 51), (106, 43), (120, 57), (88, 112), (128, 30))
AFFINITY_LINES = 12_000


class Catalogue:
    """All products, as arrays whose index 0 is product 1.

    `aisles` and `departments` are ids, `lines` planned prior order products, `prices`
    tenths of a dollar, `kinds` the class whose sales are published: the number of a
    top product, else the number of top products plus the aisle's row.
    """

    def __init__(self) -> None:
        table = calibration("aisles")
        self.aisles = _product_aisles()
        self.departments = aisle_departments()[self.aisles]
        self.top = _top_product_ids(self.aisles) - 1
        self.lines = _planned_lines(self.aisles, self.top)
        self.planted = np.array(sorted(PLANTED_LINES)) - 1
        self.kinds = len(self.top) + self.aisles - 1
        self.kinds[self.top] = np.arange(len(self.top))
        tops = calibration("top_products")["prior_lines"]
        sold = np.bincount(
            self.aisles[self.top], tops, minlength=len(table["aisle"]) + 1
        )
        rest = table["prior_lines"] - sold[1:].astype(np.int64)
        self.kind_lines = np.concatenate([tops, rest])
        self.pairs = self._pairs()
        self.names = _product_names(self.aisles, self.top)
        self.prices = _prices(self.departments, self.lines)

    def _pairs(self) -> np.ndarray:
        """Return the planted affinities: rows of a leading and another product."""
        special = np.zeros(PRODUCTS, dtype=bool)
        special[np.array([*_special_ids(), *(self.top + 1)]) - 1] = True
        pairs = []
        for aisles in AFFINITY_AISLES:
            far = [
                np.where(
                    (self.aisles == aisle) & ~special,
                    np.abs(self.lines - AFFINITY_LINES),
                    np.inf,
                )
                for aisle in aisles
            ]
            pairs.append([int(each.argmin()) for each in far])
        return np.array(pairs)

    def listed_name(self, product: int, package: str) -> str:
        """Return the name the package's file gives to a true product id."""
        if package == "careerfoundry" and product in UNNAMED_IDS:
            return ""
        if package == "careerfoundry" and product == NAME_ERROR_ID:
            return "#NAME?"
        return self.names[product - 1]


@cache
def catalogue() -> Catalogue:
    """Return the one catalogue of all generated packages."""
    return Catalogue()


def _planned_lines(aisles: np.ndarray, top: np.ndarray) -> np.ndarray:
    """Return prior order products per product: published sums, spread by rank."""
    rng = stream(CATALOGUE_SEED, draws.STREAM_CATALOGUE, 2)
    table = calibration("aisles")
    fixed = np.zeros(PRODUCTS)
    fixed[np.array(list(PLANTED_LINES)) - 1] = list(PLANTED_LINES.values())
    fixed[top] = calibration("top_products")["prior_lines"]
    free = np.flatnonzero(fixed == 0)
    never = rng.choice(free, NEVER_ORDERED, replace=False)
    lines = fixed.copy()
    for aisle, total in zip(table["aisle_id"], table["prior_lines"], strict=True):
        members = aisles == aisle
        rest = np.setdiff1d(np.flatnonzero(members & (fixed == 0)), never)
        rank = (rng.permutation(len(rest)) + 0.5) / len(rest)
        form = (rank**POPULARITY_BEND / (1 - rank)) ** POPULARITY_SPREAD
        wanted = total - fixed[members].sum()
        low, high = 0.0, 10 * wanted / form.sum()
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (
                (middle, high)
                if _capped(middle * form).sum() < wanted
                else (low, middle)
            )
        spread = _capped(high * form)
        lines[rest] = spread * wanted / spread.sum()
    return lines


def _capped(weight: np.ndarray) -> np.ndarray:
    """Hold sales between the floor and about the cap, without a step at either."""
    return POPULARITY_FLOOR + weight / np.hypot(1, weight / POPULARITY_CAP)


def _prices(departments: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """Return prices whose counts are published, with the published means.

    Prices come from the real file's price histogram (snacks, meat seafood and the
    rest), then are swapped: between departments until the mean over products is the
    published one, within each until the mean over order products is, and the order
    products of low and high-range products are as many as published.
    """
    rng = stream(CATALOGUE_SEED, draws.STREAM_PRICES)
    table, target = calibration("prices"), calibration("departments")
    prices = np.empty(PRODUCTS, dtype=np.int64)
    own = {MEAT: "meat seafood", SNACKS: "snacks"}
    others = ~np.isin(departments, list(own))
    for name, rows in [
        *((each, departments == number) for number, each in own.items()),
        ("other", others),
    ]:
        listed = table["price_group"] == name
        pool = np.repeat(table["tenths"][listed], table["products"][listed])
        # The histogram lacks the mistyped prices; usual ones take their place.
        pool = np.concatenate([pool, np.full(rows.sum() - len(pool), 80)])
        prices[rows] = rng.permutation(pool)

    _trade(rng, prices, departments, np.flatnonzero(others), target)
    snacks = departments == SNACKS
    low = (prices[snacks] <= LOW_PRICE).mean()
    share = (LOW_LINES - low * lines[snacks].sum()) / lines[others].sum()
    high = HIGH_LINES / lines[departments == MEAT].sum()
    for number, mean in zip(
        target["department_id"], target["basket_price"], strict=True
    ):
        members = np.flatnonzero(departments == number)
        bound, wanted = (LOW_PRICE, low if number == SNACKS else share)
        if number == MEAT:
            bound, wanted = MID_PRICE, 1 - high
        prices[members] = _arranged(
            rng, prices[members], lines[members], mean * 10, bound, wanted
        )
    return prices


def _trade(
    rng: np.random.Generator,
    prices: np.ndarray,
    departments: np.ndarray,
    others: np.ndarray,
    target: dict[str, np.ndarray],
) -> None:
    """Swap prices between departments until each has its mean over products.

    `prices` are tenths of a dollar, changed in place; `others` the rows of products
    that take part; `target` is the table of departments.
    """
    wanted = np.zeros(departments.max() + 1)
    wanted[target["department_id"]] = target["catalogue_price"] * 10
    count = np.bincount(departments)
    for _ in range(20_000):
        total = np.bincount(departments[others], prices[others], minlength=len(wanted))
        lacking = (wanted * count - total) * (total > 0)
        poor, rich = int(lacking.argmax()), int(lacking.argmin())
        if lacking[poor] < 20 or lacking[rich] > -20:
            return
        give, take = (
            rng.choice(np.flatnonzero(departments == each), 40) for each in (rich, poor)
        )
        gain = prices[give] - prices[take]
        most = min(lacking[poor], -lacking[rich])
        swap = (np.cumsum(np.maximum(gain, 0)) <= most) & (gain > 0)
        first = np.zeros(40, dtype=bool)
        first[np.unique(give, return_index=True)[1]] = True
        once = np.zeros(40, dtype=bool)
        once[np.unique(take, return_index=True)[1]] = True
        swap &= first & once
        prices[give[swap]], prices[take[swap]] = prices[take[swap]], prices[give[swap]]


def _arranged(
    rng: np.random.Generator,
    prices: np.ndarray,
    lines: np.ndarray,
    mean: float,
    bound: int,
    share: float,
) -> np.ndarray:
    """Swap a department's prices until order products have a mean and a share.

    `mean` is in tenths of a dollar, `share` that of order products at most `bound`.
    """
    prices = prices.copy()
    total = lines.sum()
    for _ in range(400):
        off = (prices * lines).sum() / total / mean - 1
        over = ((prices <= bound) * lines).sum() / total - share
        if abs(off) < 0.002 and abs(over) < 0.002:
            break
        one, two = rng.integers(0, len(prices), (2, 4_000))
        weight = (lines[one] - lines[two]) / total
        shift = weight * (prices[two] - prices[one]) / mean
        tilt = weight * ((prices[two] <= bound) * 1.0 - (prices[one] <= bound))
        best = np.argmin(np.abs(off + shift) + np.abs(over + tilt))
        at = [one[best], two[best]]
        prices[at] = prices[at[::-1]]
    return prices


def _product_aisles() -> np.ndarray:
    """Return the aisle id of products 1..49,688 (index 0 is product 1).

    Each aisle has as many products as Kaggle's catalogue gives it.
    """
    aisles = calibration("aisles")
    pool = np.repeat(aisles["aisle_id"], aisles["products"])
    planted = np.array(list(PLANTED_AISLES.values()))
    # One product of each planted aisle leaves the pool for its own id.
    taken = np.searchsorted(pool, planted)
    pool = stream(CATALOGUE_SEED, draws.STREAM_CATALOGUE).permutation(
        np.delete(pool, taken)
    )
    at = np.array(list(PLANTED_AISLES)) - 1
    result = np.empty(PRODUCTS, dtype=np.int64)
    free = np.ones(PRODUCTS, dtype=bool)
    free[at] = False
    result[at] = planted
    result[free] = pool
    return result


def aisle_departments() -> np.ndarray:
    """Return the department id of every aisle, indexed by aisle id (0 unused)."""
    aisles = calibration("aisles")
    return np.concatenate([[0], aisles["department_id"]])


def _special_ids() -> set[int]:
    """Return the ids of all products with a planted defect of their own."""
    return {*UNNAMED_IDS, *DUPLICATED_IDS, *MISTYPED_PRICES, *PLANTED_AISLES}


def _top_product_ids(aisles: np.ndarray) -> np.ndarray:
    """Return a product id for each row of top_products.csv, in that row's aisle."""
    special = _special_ids()
    used: dict[int, int] = {}
    ids = []
    for aisle in calibration("top_products")["aisle_id"].tolist():
        here = (np.flatnonzero(aisles == aisle) + 1).tolist()
        candidates = [product for product in here if product not in special]
        ids.append(candidates[used.get(aisle, 0)])
        used[aisle] = used.get(aisle, 0) + 1
    return np.array(ids)


def _product_names(aisles: np.ndarray, top: np.ndarray) -> list[str]:
    """Return a distinct fabricated name for each product (index 0 is product 1).

    `aisles` holds the products' aisle ids, `top` the rows of published top products.
    """
    rng = stream(CATALOGUE_SEED, draws.STREAM_CATALOGUE, 1)
    names = _plain_names(rng, aisles)
    top_ids = (top + 1).tolist()
    plain = np.ones(PRODUCTS, dtype=bool)
    plain[np.array([*_special_ids(), *top_ids]) - 1] = False
    _add_oddities(rng, names, aisles, plain)
    top_names = calibration("top_products")["product_name"].tolist()
    for product, name in zip(top_ids, top_names, strict=True):
        names[product - 1] = name
    return _distinct(names)


def _plain_names(rng: np.random.Generator, aisles: np.ndarray) -> list[str]:
    """Draw brand, adjective and noun of each product, none twice in an aisle."""
    brands = [a + b for a in BRAND_STARTS for b in BRAND_ENDS]
    nouns = [n.split("|") for n in calibration("aisles")["nouns"].tolist()]
    names = [""] * PRODUCTS
    for aisle, aisle_nouns in enumerate(nouns, start=1):
        members = np.flatnonzero(aisles == aisle)
        choices = len(brands) * len(ADJECTIVES) * len(aisle_nouns)
        codes = rng.choice(choices, len(members), replace=False).tolist()
        for at, code in zip(members.tolist(), codes, strict=True):
            code, noun = divmod(code, len(aisle_nouns))
            brand, adjective = divmod(code, len(ADJECTIVES))
            words = (brands[brand], ADJECTIVES[adjective], aisle_nouns[noun])
            names[at] = " ".join(words)
    return names


def _add_oddities(
    rng: np.random.Generator, names: list[str], aisles: np.ndarray, plain: np.ndarray
) -> None:
    """Give some `plain` products the oddities of the real file's names, each one.

    Commas, inch marks after a backslash, double blanks, accents, entities.
    """

    def pick(count: int, among: np.ndarray | None = None) -> list[int]:
        """Take `count` plain products, each to be altered once only."""
        free = np.flatnonzero(plain if among is None else plain & among)
        chosen = rng.choice(free, count, replace=False)
        plain[chosen] = False
        return [int(at) for at in chosen]

    for at, name in zip(pick(4, aisles == ENTITY_AISLE), ENTITY_NAMES, strict=True):
        names[at] = name
    for at in pick(INCH_NAMES, np.isin(aisles, INCH_AISLES)):
        brand, rest = names[at].split(" ", 1)
        size = int(rng.integers(4, 14))
        mark = f'{size}\\"x{size + 4}\\"' if size % 2 else f'{size}\\"'
        names[at] = f"{brand} {mark} {rest}"
    # Product 33664 is one of the names with two blanks.
    for at in [*pick(DOUBLE_BLANK_NAMES - 1), 33664 - 1]:
        names[at] = "  ".join(names[at].rsplit(" ", 1))
    # Some nouns of wines have accents of their own.
    ascii_names = np.array([name.isascii() for name in names])
    for at in pick(NON_ASCII_NAMES - int((~ascii_names).sum()), ascii_names):
        brand, rest = names[at].split(" ", 1)
        names[at] = f"{brand} {ACCENTED[int(rng.integers(len(ACCENTED)))]} {rest}"
    for at in pick(round(PRODUCTS * COMMA_SHARE)):
        names[at] += ", " + SUFFIXES[int(rng.integers(len(SUFFIXES)))]
    # A leading plus sign is what makes Excel write '#NAME?'.
    names[NAME_ERROR_ID - 1] = "+" + names[NAME_ERROR_ID - 1]


def _distinct(names: list[str]) -> list[str]:
    """Number the second and later holders of a name."""
    seen: dict[str, int] = {}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name} No. {seen[name]}")
    return result


def draw_prices(departments: np.ndarray, seed: int) -> np.ndarray:
    """Return one fabricated price per product, in tenths of a dollar.

    Uniform in steps of 0.1: snacks (department 19) 1.6 to 7.0, meat seafood (12)
    8.0 to 25.0, others 1.0 to 15.0: the price histogram of CareerFoundry's file.
    """
    low = np.select([departments == SNACKS, departments == MEAT], [16, 80], 10)
    high = np.select([departments == SNACKS, departments == MEAT], [70, 250], 150)
    return stream(seed, draws.STREAM_PRICES).integers(low, high, endpoint=True)


def price_text(tenths: int) -> str:
    """Write a price as CareerFoundry's file does: '5.8', and '14' for 14.0."""
    whole, tenth = divmod(tenths, 10)
    return f"{whole}.{tenth}" if tenth else str(whole)


def csv_text(value: str) -> str:
    """Quote a CSV value if it needs it; marks are doubled, backslashes kept."""
    if "," in value or '"' in value:
        return '"' + value.replace('"', '""') + '"'
    return value
