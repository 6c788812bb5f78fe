"""Fit the factors of twin/calibration that no published table gives.

    python scripts/calibrate.py --rounds 8

Generates a sixth of the customers again and again and moves the factors towards the
published figures: `rebuy_factor` of aisles and top products (reorder rate),
`taste_spread` and `caring_share` of departments (orders that hold the department,
customers who ever bought in it). Run it after a change of
the basket model; what is left over is settled exactly while generating.
"""

from __future__ import annotations

import argparse
import csv
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from instacart.synthetic import baskets, customers, draws, orders
from instacart.synthetic.catalogue import catalogue

# Every STEP-th block is drawn; a factor moves by a power PACE of what is missing.
STEP, PACE = 6, 0.6


def measure(seed: int) -> dict[str, np.ndarray]:
    """Return sums over every sixth block as they are before settling."""
    goods = catalogue()
    order_model, basket_model = orders.OrderModel(), baskets.BasketModel()
    basket_model.settles = False
    kinds, shelves = len(goods.kind_lines), 22

    def one(block: int) -> list[np.ndarray]:
        prior, train = customers.order_counts(block, seed)
        share = (round(prior.sum() * orders.PRIOR_LINES / 3_214_874), 6_800)
        span = (0, int(prior.sum()), 3_214_874)
        drawn = order_model.draw(prior, train, share, span, block, seed)
        lines = basket_model.draw(drawn, span, block, seed)
        keep = drawn["eval_set"][lines["order"]] == orders.PRIOR
        product, order = lines["product"][keep] - 1, lines["order"][keep]
        again, customer = lines["reordered"][keep], drawn["customer"][order]
        kind, shelf = goods.kinds[product], goods.departments[product]
        active = prior[customer] >= 5
        return [
            np.bincount(kind, minlength=kinds),
            np.bincount(kind, again, minlength=kinds),
            np.bincount(np.unique(order * 32 + shelf) % 32, minlength=shelves)[1:],
            np.bincount(
                np.unique((customer * 32 + shelf)[active]) % 32, minlength=shelves
            )[1:],
            np.array([(prior >= 5).sum(), keep.sum()]),
        ]

    with ThreadPoolExecutor(2) as pool:
        blocks = list(pool.map(one, range(3, draws.BLOCKS, STEP)))
    names = ("lines", "reordered", "orders", "buyers", "totals")
    return {
        n: sum(each) for n, each in zip(names, zip(*blocks, strict=True), strict=True)
    }


def fit(seed: int, report) -> None:
    """Move all factors once towards the published figures and write them."""
    drawn = measure(seed)
    tops, aisles = _read("top_products"), _read("aisles")
    shelves = _read("departments")
    rows = [*tops, *aisles]
    lines = catalogue().kind_lines
    share = lines / lines.sum() * drawn["totals"][1]
    rate = drawn["reordered"] / drawn["lines"]
    off = np.abs(drawn["lines"] / share - 1)
    published = np.array([float(row["reorder_rate"]) for row in aisles])
    by_aisle = np.array([int(row["aisle_id"]) for row in tops]) - 1
    wanted = np.concatenate([published[by_aisle], published])
    for at, row in enumerate(rows):
        odds = wanted[at] / (1 - wanted[at]) / (rate[at] / (1 - rate[at]))
        row["rebuy_factor"] = _moved(row["rebuy_factor"], odds**PACE)
    within = drawn["totals"][1] / lines.sum()
    for at, row in enumerate(shelves):
        much = drawn["orders"][at] / (int(row["orders_with"]) * within)
        most = 2.0
        row["taste_spread"] = min(_moved(row["taste_spread"], much), most)
        if row["active_buyers"]:
            buyers = drawn["buyers"][at] * 162_633 / drawn["totals"][0]
            many = int(row["active_buyers"]) / buyers
            caring = _moved(row["caring_share"], many**1.5)
            row["caring_share"] = float(np.clip(caring, 0.04, 1.0))
    for name, table in (
        ("top_products", tops),
        ("aisles", aisles),
        ("departments", shelves),
    ):
        _write(name, table)
    report(
        f"order products off by {off[:24].max():.1%} (top), {off[24:].max():.1%}"
        f" (aisles); reorder rate off by {np.abs(rate - wanted)[24:].max():.3f}"
        f" at most, {np.abs(rate - wanted)[24:].mean():.3f} on average;"
        f" {drawn['reordered'].sum() / drawn['lines'].sum():.4f} overall"
    )


def _moved(text: str, factor: float) -> float:
    return round(float(text) * float(np.clip(factor, 0.5, 2)), 3)


def _read(name: str) -> list[dict[str, str]]:
    with (draws.CALIBRATION / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _write(name: str, rows: list[dict[str, str]]) -> None:
    path = draws.CALIBRATION / f"{name}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    draws.calibration.cache_clear()


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(prog="calibrate.py", description=__doc__)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(argv)
    for turn in range(args.rounds):
        fit(args.seed + turn, lambda line, turn=turn: print(f"{turn + 1}: {line}"))
    print(f"written to {draws.CALIBRATION}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
