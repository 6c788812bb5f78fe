"""Fit the factors in calibration/ that no published table gives.

    python -m instacart.synthetic.calibrate --rounds 8

Generates a sixth of the customers again and again and moves the factors towards the
published figures: `rebuy_factor` of aisles and top products (reorder rate),
`taste_spread` and `interested_share` of departments (orders that hold the department,
customers who ever bought in it). Run it after a change of the basket model; what is
left over is adjusted exactly while generating.
"""

from __future__ import annotations

import csv
from concurrent.futures import ThreadPoolExecutor

import click
import numpy as np

from instacart.synthetic import baskets, customers, draws, orders
from instacart.synthetic.adjustment import DEPARTMENTS
from instacart.synthetic.catalogue import catalogue
from instacart.synthetic.draws import Span

# Every STEP-th block is drawn; a factor moves by a power of what is missing.
STEP = 6
REBUY_PACE, INTEREST_PACE = 0.6, 1.5
# Prior orders and active customers, as published, and about how many order products
# the train orders of a block hold.
PRIOR_ORDERS, ACTIVE_CUSTOMERS, TRAIN_LINES = 3_214_874, 162_633, 6_800
HIGHEST_SPREAD, LOWEST_INTEREST = 2.0, 0.04
# More than the number of departments.
DEPARTMENT_KEYS = 32
Rows = list[dict[str, str]]


def measure(seed: int) -> dict[str, np.ndarray]:
    """Return sums over every sixth block as they are before adjustment.

    `lines` and `reordered` are prior order products by kind (see Catalogue), `orders`
    and `buyers`, active customers, by department, `totals` active customers and order
    products.
    """
    goods = catalogue()
    order_model, basket_model = orders.OrderModel(), baskets.BasketModel()
    basket_model.adjusts = False
    kinds, departments = len(goods.kind_lines), DEPARTMENTS

    def one(block: int) -> list[np.ndarray]:
        prior, train = customers.order_counts(block, seed)
        span = Span(0, int(prior.sum()), PRIOR_ORDERS)
        share = (span.quota(orders.PRIOR_LINES), TRAIN_LINES)
        drawn = order_model.draw(prior, train, share, span, block, seed)
        lines = basket_model.draw(drawn, span, block, seed)
        keep = drawn["eval_set"][lines["order"]] == orders.PRIOR
        product, order = lines["product"][keep] - 1, lines["order"][keep]
        reordered, customer = lines["reordered"][keep], drawn["customer"][order]
        kind, department = goods.kinds[product], goods.departments[product] - 1
        active = prior[customer] >= 5
        bought = np.unique(customer[active] * DEPARTMENT_KEYS + department[active])
        held = np.unique(order * DEPARTMENT_KEYS + department)
        return [
            np.bincount(kind, minlength=kinds),
            np.bincount(kind, reordered, minlength=kinds),
            np.bincount(held % DEPARTMENT_KEYS, minlength=departments),
            np.bincount(bought % DEPARTMENT_KEYS, minlength=departments),
            np.array([(prior >= 5).sum(), keep.sum()]),
        ]

    with ThreadPoolExecutor(2) as pool:
        blocks = list(pool.map(one, range(3, draws.BLOCKS, STEP)))
    names = ("lines", "reordered", "orders", "buyers", "totals")
    parts = zip(names, zip(*blocks, strict=True), strict=True)
    return {name: np.sum(part, axis=0) for name, part in parts}


def fit(seed: int) -> str:
    """Move all factors once towards the published figures and write them.

    Returns how far what was drawn with the old ones is from what is published.
    """
    drawn = measure(seed)
    tops, aisles, departments = map(_read, ("top_products", "aisles", "departments"))
    rate = drawn["reordered"] / drawn["lines"]
    published = np.array([float(row["reorder_rate"]) for row in aisles])
    by_aisle = np.array([int(row["aisle_id"]) for row in tops]) - 1
    wanted = np.concatenate([published[by_aisle], published])
    for row, odds in zip([*tops, *aisles], _odds(wanted) / _odds(rate), strict=True):
        row["rebuy_factor"] = _moved(row["rebuy_factor"], odds**REBUY_PACE)
    _fit_departments(departments, drawn)
    _write("top_products", tops)
    _write("aisles", aisles)
    _write("departments", departments)

    lines = catalogue().kind_lines
    share = lines / lines.sum() * drawn["totals"][1]
    off = np.abs(drawn["lines"] / share - 1)
    missed = np.abs(rate - wanted)[len(tops) :]
    return (
        f"order products off by {off[: len(tops)].max():.1%} (top),"
        f" {off[len(tops) :].max():.1%} (aisles); reorder rate off by"
        f" {missed.max():.3f} at most, {missed.mean():.3f} on average;"
        f" {drawn['reordered'].sum() / drawn['lines'].sum():.4f} overall"
    )


def _fit_departments(departments: Rows, drawn: dict[str, np.ndarray]) -> None:
    """Move spread and interest of each department; the rows are changed in place."""
    active, lines = drawn["totals"]
    share = lines / catalogue().kind_lines.sum()
    for at, row in enumerate(departments):
        much = drawn["orders"][at] / (int(row["orders_with"]) * share)
        spread = float(_moved(row["taste_spread"], much))
        row["taste_spread"] = str(min(spread, HIGHEST_SPREAD))
        if row["active_buyers"]:
            buyers = drawn["buyers"][at] * ACTIVE_CUSTOMERS / active
            many = int(row["active_buyers"]) / buyers
            interest = float(_moved(row["interested_share"], many**INTEREST_PACE))
            row["interested_share"] = str(min(max(interest, LOWEST_INTEREST), 1.0))


def _odds(share: np.ndarray) -> np.ndarray:
    return share / (1 - share)


def _moved(text: str, factor: float) -> str:
    """Return a factor as text, moved by no more than half or twice."""
    return str(round(float(text) * float(np.clip(factor, 0.5, 2)), 3))


def _read(name: str) -> Rows:
    with (draws.CALIBRATION / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _write(name: str, rows: Rows) -> None:
    path = draws.CALIBRATION / f"{name}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    draws.calibration.cache_clear()


@click.command(help=__doc__)
@click.option("--rounds", type=click.IntRange(1), default=8, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
def calibrate(rounds: int, seed: int) -> None:
    for turn in range(rounds):
        print(f"{turn + 1}: {fit(seed + turn)}", flush=True)
    print(f"Written    {draws.CALIBRATION}")


if __name__ == "__main__":
    calibrate()
