"""What is drawn has the published shares, whatever is generated of it."""

from __future__ import annotations

import csv
from itertools import pairwise

import numpy as np
import pytest
from instacart.config import PROJECT_DIR
from instacart.synthetic import (
    adjustment,
    catalogue,
    customers,
    draws,
    orders,
    package,
)


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "full"), [(42, 0), (1, 3)])
def test_a_full_set_of_customers_meets_the_published_tables(
    seed: int, full: int
) -> None:
    blocks = range(full * draws.BLOCKS, (full + 1) * draws.BLOCKS)
    counts = [customers.order_counts(block, seed) for block in blocks]
    prior = np.concatenate([each[0] for each in counts])
    histogram = draws.calibration("prior_orders")
    published = dict(
        zip(histogram["prior_orders"], histogram["customers"], strict=True)
    )
    assert dict(zip(*np.unique(prior, return_counts=True), strict=True)) == published
    assert (prior > 40).sum() == 17_017
    assert ((prior > 10) & (prior <= 40)).sum() == 76_864
    assert (prior >= 5).sum() == 162_633
    assert prior.sum() == 3_214_874
    assert np.concatenate([each[1] for each in counts]).sum() == 131_209

    people = [customers.customer_block(block, seed) for block in blocks]
    column = {n: np.concatenate([each[n] for each in people]) for n in people[0]}
    loyalty = np.select(
        [prior > 40, prior > 10], ["Loyal customer", "Regular customer"], "New customer"
    )
    states = draws.calibration("states")
    region = dict(zip(states["state"].tolist(), states["region"].tolist(), strict=True))
    crossed = {
        "region x loyalty": ([region[each] for each in column["STATE"]], loyalty),
        "loyalty x family_status": (loyalty, column["fam_status"]),
        "loyalty x gender": (loyalty, column["Gender"]),
        "family_status x dependants": (column["fam_status"], column["n_dependants"]),
    }
    table = draws.calibration("customer_crosstabs")
    for name, (first, second) in crossed.items():
        cells = np.array([f"{a} | {b}" for a, b in zip(first, second, strict=True)])
        for rows, which in ((prior > 0, "customers"), (prior >= 5, "active")):
            mine = table["tables"] == name
            wanted = dict(zip(table["cell"][mine], table[which][mine], strict=True))
            wanted = {cell: many for cell, many in wanted.items() if many}
            found = zip(*np.unique(cells[rows], return_counts=True), strict=True)
            assert dict(found) == wanted, (name, which)
    for name, which in ((column["STATE"], "state"), (column["Age"], "age")):
        listed = draws.calibration(f"{which}s")
        wanted = dict(zip(listed[which], listed["customers"], strict=True))
        assert dict(zip(*np.unique(name, return_counts=True), strict=True)) == wanted


def test_blocks_keep_the_rules_at_any_scale() -> None:
    drawer = package._Drawer(package.Request("kaggle", 10 * draws.CUSTOMERS, 42, 0))
    seen = []
    for block in (1, 57, 201, 203, 259):
        drawn = drawer.draw(block)
        order = drawn["lines"]["order"].astype(np.int64)
        product = drawn["lines"]["product_id"].astype(np.int64)
        assert len(np.unique(order << 17 | product)) == len(order)
        user = drawn["orders"]["user_id"][order].astype(np.int64)
        number = drawn["orders"]["order_number"][order]
        by_time = np.lexsort((number, product, user))
        pair = (user << 17 | product)[by_time]
        known = np.zeros(len(order), dtype=bool)
        known[by_time[1:]] = pair[1:] == pair[:-1]
        assert (known == (drawn["lines"]["reordered"] == 1)).all()
        seen.append((user.min() - 1, drawn["orders"]["dow"][:500].tolist()))
    # The second set of customers begins where the first ends, and does other things.
    assert seen[3][0] - seen[0][0] == seen[4][0] - seen[1][0] == draws.CUSTOMERS
    assert seen[3][1] != seen[0][1] and seen[4][1] != seen[1][1]


def test_dearer_products_are_not_those_that_are_on_the_list_already() -> None:
    model = package._models()[1]
    goods = model.goods
    smallest = np.bincount(goods.aisles)[1:].argmin() + 1
    shelf = np.flatnonzero((goods.aisles == smallest) & (goods.lines > 0))
    shelf = shelf[~model.locked[shelf]]
    shelf = shelf[np.argsort(goods.prices[shelf])]
    # All but the cheapest were bought in the train order only.
    uses = np.zeros(len(shelf), dtype=np.int64)
    uses[0] = 3
    for high in ([1, 3], [0, 0]):
        product = shelf.copy()
        model.adjuster._adjust_spenders(
            np.random.default_rng(1),
            adjustment.Lists(product, np.zeros_like(uses), uses, uses == 0),
            high,
        )
        assert len(set(product.tolist())) == len(shelf)


def test_blocks_cover_all_customers_once() -> None:
    for number in (1, 1_020, 1_021, 206_209, 206_210, 500_000):
        blocks = draws.block_count(number)
        bounds = [draws.block_bounds(block) for block in range(blocks)]
        assert bounds[0][0] == 0 and bounds[-1][0] < number <= bounds[-1][1]
        assert all(a[1] == b[0] for a, b in pairwise(bounds))


@pytest.mark.parametrize("total", [1, 2, 7, 1_024, 3_421])
def test_a_shuffle_is_one(total: int) -> None:
    shuffled = draws.shuffled(np.arange(total), total, 42, 5)
    assert sorted(shuffled.tolist()) == list(range(total))


def test_percentile_ranks_keep_the_order_of_each_group() -> None:
    rng = np.random.default_rng(1)
    values, group = rng.standard_normal(5_000), rng.integers(0, 3, 5_000)
    chance = draws.percentile_ranks(values, group, rng)
    for each in range(3):
        mine = group == each
        assert (np.argsort(chance[mine]) == np.argsort(values[mine])).all()
        for share in (0.1, 0.5, 0.93):
            assert abs((chance[mine] < share).sum() - share * mine.sum()) <= 1


def test_sizes_are_adjusted_to_the_sum_wanted() -> None:
    rng = np.random.default_rng(1)
    for wanted in (3, 20, 2_000):
        size = np.array([1, 1, 1, 5, 30])
        orders._adjust_sizes(rng, size, np.arange(3), wanted)
        assert size[:3].sum() == wanted and size[:3].min() >= 1
        assert size[3:].tolist() == [5, 30]


def test_the_catalogue_has_the_published_prices_and_shares() -> None:
    goods = catalogue.catalogue()
    assert goods.lines.sum() == pytest.approx(32_434_489, abs=1)
    assert (goods.lines == 0).sum() == catalogue.NEVER_ORDERED
    running = np.cumsum(np.sort(goods.lines)[::-1]) / goods.lines.sum()
    for top, share in ((10, 0.0716), (100, 0.228), (1_000, 0.533), (10_000, 0.882)):
        assert running[top - 1] == pytest.approx(share, rel=0.02)
    table = draws.calibration("departments")
    for shelf, product_mean, line_mean in zip(
        *(table[n] for n in ("department_id", "catalogue_price", "basket_price")),
        strict=True,
    ):
        mine = goods.departments == shelf
        assert goods.prices[mine].mean() == pytest.approx(10 * product_mean, rel=0.01)
        mean = (goods.prices * goods.lines)[mine].sum() / goods.lines[mine].sum()
        assert mean == pytest.approx(10 * line_mean, rel=0.005)
    prices = draws.calibration("prices")
    wanted = np.bincount(prices["tenths"], prices["products"])
    found = np.bincount(goods.prices, minlength=len(wanted))
    # Usual prices take the place of the two mistyped ones.
    wanted[80] += 2
    assert (found == wanted).all()


def test_calibration_and_published_figures_agree() -> None:
    path = PROJECT_DIR / "seeds" / "published_figures.csv"
    with path.open(encoding="utf-8") as file:
        figures = {
            (row["metric"], row["dimension"]): float(row["published"])
            for row in csv.DictReader(file)
        }
    tables = {
        "customers by prior orders": ("prior_orders", "prior_orders", "customers"),
        "customers by state": ("states", "state", "customers"),
        "customers by age": ("ages", "age", "customers"),
        "orders by hour": ("hours", "hour", "orders"),
        "orders by weekday": ("weekdays", "weekday", "orders"),
        "orders by days since prior order": ("gaps", "days", "orders"),
        "order products by aisle": ("aisles", "aisle", "prior_lines"),
        "order products by department": ("departments", "department", "prior_lines"),
        "reorder rate by department": ("departments", "department", "reorder_rate"),
        "mean price of products by department": (
            *("departments", "department", "catalogue_price"),
        ),
        "prior orders with a department": ("departments", "department", "orders_with"),
    }
    for metric, (name, key, value) in tables.items():
        table = draws.calibration(name)
        cells = zip(table[key].tolist(), table[value].tolist(), strict=True)
        wanted = {key: value for (m, key), value in figures.items() if m == metric}
        assert {str(cell): float(each) for cell, each in cells} == wanted, metric
