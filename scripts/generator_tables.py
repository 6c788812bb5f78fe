"""Parts shared by generate.py and enrich.py: draws, product catalogue, customers.

Everything here is fabricated. The tables in calibration/ are counts only, taken from
published figures of the 2017 Instacart data and from CareerFoundry's fictitious
customers and prices; they hold no row of either:

* aisles.csv: products, prior order products and reorder rate per aisle; the two
  factors make generated shares meet these figures; `nouns` are invented.
* top_products.csv: the 24 most ordered products with their prior order products.
* prior_orders.csv, gaps.csv, dow_hour.csv, basket_sizes.csv: histograms of orders.
* incomes.csv: customers per income band, up to and above 40 years of age.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

CALIBRATION = Path(__file__).with_name("calibration")

PRODUCTS = 49_688
CUSTOMERS = 206_209
# 20 times the 51 states, so that the states stay balanced at any scale.
BLOCK = 1_020

UNNAMED_IDS = (
    *(34, 69, 116, 262, 525, 1511, 1780, 2240, 2586, 3159, 3230),
    *(3736, 4283, 4790, 38183, 40440),
)
DUPLICATED_IDS = (462, 18458, 26808, 35306, 35491)
# The id a product row is listed under -> the product's true id.
MISNUMBERED_IDS = {6800: 6799, 26520: 26519}
MISTYPED_PRICES = {21553: 14_900.0, 33664: 99_999.0}
NAME_ERROR_ID = 11908

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
INCH_AISLES = (10, 60, 79, 85, 111, 128)
INCH_NAMES = 120
DOUBLE_BLANK_NAMES = 318
NON_ASCII_NAMES = 358
ENTITY_NAMES = (
    "Fields &#38; Sons Nail Polish",
    "Bath &#38; Bloom Rose &#38; Mint Lipstick",
    "L&#39;Amour&Reg; Cr&Eacute;me Mascara",
    "D&#39;Or&Reg; Soir&Eacute;e&Reg; Makeup Remover",
)
ENTITY_AISLE = 132

# Streams of random numbers; a new purpose takes a new number.
STREAM_CATALOGUE, STREAM_PRICES, STREAM_CUSTOMERS = 1, 2, 3
STREAM_COUNTS, STREAM_ORDERS, STREAM_LINES = 4, 5, 6


def _words(text: str, separator: str | None = None) -> tuple[str, ...]:
    return tuple(text.split(separator))


ADJECTIVES = _words(
    "Organic|Natural|Classic|Original|Premium|Simple|Golden|Fresh|Homestyle|Pure|"
    "Traditional|Gluten Free|Low Sodium|Reduced Fat|Unsweetened|Sweet|Spicy|Mild|"
    "Smoked|Light|Extra|Family|Everyday|Select|Garden|Country|Ultra|Gentle|Bold|"
    "Creamy|Roasted|Crunchy|Zesty|Honey|Lemon|Vanilla|Wild|Farmhouse|All Natural|"
    "100% Natural",
    "|",
)
BRAND_STARTS = _words(
    """Maple Cedar Willow River Sunny Harbor Stone Meadow Silver Blue Red
Green Oak Pine Hill North South Bright Honey Fox Robin Clover Prairie Ridge Lake Autumn
Summer Winter Copper Amber"""
)
BRAND_ENDS = _words(
    """brook field wood dale crest gate haven stead mark bridge land view
ton ford worth side grove leaf bird well"""
)
SUFFIXES = (
    "Family Size",
    "Value Pack",
    "12 Count",
    "Unscented & Gentle",
    "Lightly Salted",
    "8 oz",
    "Twin Pack",
    "No Sugar Added",
)
ACCENTED = ("Café", "Crème", "Rosé", "Jalapeño", "Purée", "Sauté", "Señor", "Brand®")

MALE_NAMES = _words(
    """James Robert John Michael David William Richard Joseph Thomas Charles
Daniel Matthew Anthony Mark Paul Steven Andrew Kenneth Joshua Kevin Brian George Edward
Ronald Timothy Jason Jeffrey Ryan Jacob Gary Eric Stephen Larry Justin Scott Brandon
Frank Samuel Gregory Raymond"""
)
FEMALE_NAMES = _words(
    """Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Sarah
Karen Lisa Nancy Betty Sandra Margaret Ashley Kimberly Emily Donna Michelle Carol Amanda
Melissa Deborah Stephanie Rebecca Laura Sharon Cynthia Kathleen Amy Angela Shirley Anna
Brenda Pamela Emma Nicole Helen Samantha"""
)
SURNAMES = _words(
    """Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez
Hernandez Lopez Gonzalez Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Perez
Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker Young Allen King
Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera Campbell
Mitchell Carter Roberts Gomez Phillips Evans Turner Diaz Parker Cruz Edwards Collins
Reyes"""
)
STATES = _words(
    "Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|"
    "District of Columbia|Florida|Georgia|Hawaii|Idaho|Illinois|Indiana|Iowa|Kansas|"
    "Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|"
    "Missouri|Montana|Nebraska|Nevada|New Hampshire|New Jersey|New Mexico|New York|"
    "North Carolina|North Dakota|Ohio|Oklahoma|Oregon|Pennsylvania|Rhode Island|"
    "South Carolina|South Dakota|Tennessee|Texas|Utah|Vermont|Virginia|Washington|"
    "West Virginia|Wisconsin|Wyoming",
    "|",
)
CUSTOMER_COLUMNS = (
    *("user_id", "First Name", "Surnam", "Gender", "STATE", "Age"),
    *("date_joined", "n_dependants", "fam_status", "income"),
)


def stream(seed: int, purpose: int, block: int = 0) -> np.random.Generator:
    """Return the random numbers of one purpose and one block of customers.

    Philox is keyed by (seed, purpose, block), so no draw depends on how many other
    blocks there are or on the order they are made in.
    """
    key = np.array([seed, purpose << 40 | block], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key))


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
    """Return the running share of `weights`, ending in exactly 1."""
    shares = np.cumsum(weights, dtype=np.float64)
    return shares / shares[-1]


# --- products -------------------------------------------------------------------


def product_aisles(seed: int) -> np.ndarray:
    """Return the aisle id of products 1..49,688 (index 0 is product 1).

    Each aisle has as many products as Kaggle's catalogue gives it.
    """
    aisles = calibration("aisles")
    pool = np.repeat(aisles["aisle_id"], aisles["products"])
    planted = np.array(list(PLANTED_AISLES.values()))
    # One product of each planted aisle is taken out of the pool and put in its place.
    taken = np.searchsorted(pool, planted)
    pool = stream(seed, STREAM_CATALOGUE, 0).permutation(np.delete(pool, taken))
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


def special_ids() -> set[int]:
    """Return the ids of all products with a planted defect of their own."""
    return {*UNNAMED_IDS, *DUPLICATED_IDS, *MISTYPED_PRICES, *PLANTED_AISLES}


def top_product_ids(aisles: np.ndarray) -> np.ndarray:
    """Return a product id for each row of top_products.csv, in that row's aisle."""
    special = special_ids()
    used: dict[int, int] = {}
    ids = []
    for aisle in calibration("top_products")["aisle_id"].tolist():
        candidates = [p for p in (np.flatnonzero(aisles == aisle) + 1).tolist()]
        candidates = [p for p in candidates if p not in special]
        ids.append(candidates[used.get(aisle, 0)])
        used[aisle] = used.get(aisle, 0) + 1
    return np.array(ids)


def product_names(aisles: np.ndarray, seed: int) -> list[str]:
    """Return a distinct fabricated name for each product (index 0 is product 1).

    `aisles` holds the products' aisle ids. Names carry the oddities of the real
    file: commas, inch marks after a backslash, double blanks, accents, entities.
    """
    rng = stream(seed, STREAM_CATALOGUE, 1)
    brands = [a + b for a in BRAND_STARTS for b in BRAND_ENDS]
    table = calibration("aisles")
    nouns = [n.split("|") for n in table["nouns"].tolist()]
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

    top = top_product_ids(aisles)
    plain = np.ones(PRODUCTS, dtype=bool)
    plain[np.array([*special_ids(), *top.tolist()]) - 1] = False

    def pick(count: int, among: np.ndarray | None = None) -> list[int]:
        """Take `count` plain products, each to be altered once only."""
        free = np.flatnonzero(plain if among is None else plain & among)
        chosen = rng.choice(free, count, replace=False)
        plain[chosen] = False
        return chosen.tolist()

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
    for at in pick(NON_ASCII_NAMES):
        brand, rest = names[at].split(" ", 1)
        names[at] = f"{brand} {ACCENTED[int(rng.integers(len(ACCENTED)))]} {rest}"
    for at in pick(round(PRODUCTS * 0.064)):
        names[at] += ", " + SUFFIXES[int(rng.integers(len(SUFFIXES)))]
    # A leading plus sign is what makes Excel write '#NAME?'.
    names[NAME_ERROR_ID - 1] = "+" + names[NAME_ERROR_ID - 1]
    for at, name in zip(
        top.tolist(), calibration("top_products")["product_name"].tolist(), strict=True
    ):
        names[at - 1] = name
    return _distinct(names)


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
    low = np.select([departments == 19, departments == 12], [16, 80], 10)
    high = np.select([departments == 19, departments == 12], [70, 250], 150)
    return stream(seed, STREAM_PRICES).integers(low, high, endpoint=True)


def price_text(tenths: int) -> str:
    """Write a price as CareerFoundry's file does: '5.8', and '14' for 14.0."""
    whole, tenth = divmod(tenths, 10)
    return f"{whole}.{tenth}" if tenth else str(whole)


def csv_text(value: str) -> str:
    """Quote a CSV value if it needs it; marks are doubled, backslashes kept."""
    if "," in value or '"' in value:
        return '"' + value.replace('"', '""') + '"'
    return value


# --- customers ------------------------------------------------------------------


def customer_block(block: int, seed: int) -> dict[str, np.ndarray]:
    """Return the 1,020 fabricated customers of one block, without their ids.

    Columns are those of customers.csv, plus `sort_day` and `sort_key`, which give
    the file's order. Ages (years, 18 to 81), dependants (0 to 3), days of joining
    (2017-01-01 to 2020-04-01) are uniform, states balanced, the family status
    follows from age and dependants, incomes (dollars a year) break at age 40: the
    published marginals of CareerFoundry's file.
    """
    rng = stream(seed, STREAM_CUSTOMERS, block)
    female = rng.random(BLOCK) < 102_142 / CUSTOMERS
    age = rng.integers(18, 81, BLOCK, endpoint=True)
    dependants = rng.integers(0, 3, BLOCK, endpoint=True)
    states = rng.permuted(np.tile(np.arange(51), (BLOCK // 51, 1)), axis=1).ravel()
    names = np.where(
        female,
        np.array(FEMALE_NAMES, dtype=object)[rng.integers(0, len(FEMALE_NAMES), BLOCK)],
        np.array(MALE_NAMES, dtype=object)[rng.integers(0, len(MALE_NAMES), BLOCK)],
    )
    missing = np.where(female, 5_823 / 102_142, 5_436 / 104_067)
    names[rng.random(BLOCK) < missing] = None
    surnames = np.array(SURNAMES, dtype=object)[rng.integers(0, len(SURNAMES), BLOCK)]
    day = rng.integers(0, 1_187, BLOCK)
    dates = np.datetime64("2017-01-01") + day
    year = dates.astype("datetime64[Y]").astype(int) + 1970
    month = dates.astype("datetime64[M]").astype(int) % 12 + 1
    day_of_month = (dates - dates.astype("datetime64[M]")).astype(int) + 1
    # Joined by NumPy's string functions: M/D/YYYY without padding.
    date_text = np.strings.add(month.astype("U2"), "/")
    date_text = np.strings.add(date_text, day_of_month.astype("U2"))
    date_text = np.strings.add(np.strings.add(date_text, "/"), year.astype("U4"))
    status = np.select(
        [(dependants == 0) & (age < 60), dependants == 0, age <= 21],
        ["single", "divorced/widowed", "living with parents and siblings"],
        "married",
    )
    values = (
        np.arange(BLOCK),
        names,
        surnames,
        np.where(female, "Female", "Male").astype(object),
        np.array(STATES, dtype=object)[states],
        age,
        date_text.astype(object),
        dependants,
        status.astype(object),
        _incomes(age, rng),
    )
    columns = dict(zip(CUSTOMER_COLUMNS, values, strict=True))
    return {**columns, "sort_day": day, "sort_key": rng.random(BLOCK)}


def _incomes(age: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw yearly incomes in dollars: a band by age, then uniform within it."""
    table = calibration("incomes")
    over_40, chance, within = age > 40, rng.random(len(age)), rng.random(len(age))
    income = np.empty(len(age), dtype=np.int64)
    for group in (0, 1):
        rows = table["over_40"] == group
        band = np.searchsorted(cumulative(table["customers"][rows]), chance, "right")
        low, width = table["income_floor"][rows][band], table["width"][rows][band]
        drawn = np.maximum(low + (within * width).astype(np.int64), 25_903)
        income = np.where(over_40 == bool(group), drawn, income)
    return income


def customers_table(con, user_ids: np.ndarray, seed: int) -> None:
    """Fill table `customers` of `con` with one fabricated customer per user id.

    `con` is a DuckDB connection; the k-th id gets the k-th customer's values.
    """
    con.execute(
        'CREATE TABLE customers (user_id BIGINT, "First Name" VARCHAR, Surnam VARCHAR,'
        " Gender VARCHAR, STATE VARCHAR, Age INTEGER, date_joined VARCHAR,"
        " n_dependants INTEGER, fam_status VARCHAR, income INTEGER,"
        " sort_day INTEGER, sort_key DOUBLE)"
    )
    for block, first in enumerate(range(0, len(user_ids), BLOCK)):
        ids = user_ids[first : first + BLOCK]
        rows = {k: v[: len(ids)] for k, v in customer_block(block, seed).items()}
        rows["user_id"] = ids
        insert(con, "customers", rows)


def write_customers(con, path: Path) -> int:
    """Write table `customers` by day of joining, with CRLF; return its rows."""
    columns = ", ".join(f'"{name}"' for name in CUSTOMER_COLUMNS)
    plain = path.with_name(path.name + ".lf")
    con.execute(
        f"COPY (SELECT {columns} FROM customers ORDER BY sort_day, sort_key, user_id)"
        f" TO '{sql_path(plain)}' (FORMAT csv, HEADER)"
    )
    with plain.open("rb") as source, path.open("wb") as target:
        while chunk := source.read(1 << 20):
            target.write(chunk.replace(b"\n", b"\r\n"))
    plain.unlink()
    return con.execute("SELECT count(*) FROM customers").fetchone()[0]


def insert(con, table: str, rows: dict[str, np.ndarray]) -> None:
    """Append `rows`, one array per column in the table's order, to a DuckDB table."""
    con.execute(f"INSERT INTO {table} SELECT * FROM rows")


def sql_path(path: Path) -> str:
    """Return `path` for use inside a SQL string literal."""
    return str(path).replace("'", "''")
