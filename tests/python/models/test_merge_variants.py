"""The merges of published notebooks, done again in pandas as the notebooks do them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from instacart.synthetic import generate
from support.warehouse import WITHOUT_TESTS, Warehouse

SCALE = 0.005
LINES = {
    "careerfoundry": "orders_products_prior.csv",
    "kaggle": "order_products__prior.csv",
}
ORDER_PRODUCT = ["order_id", "product_id"]
CORRECT = "Correct"


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("merged")
    for package in LINES:
        generate.generate(folder / package, package, SCALE, seed=5)
    spoil_last_orders(folder / "careerfoundry")
    return {package: folder / package for package in LINES}


def spoil_last_orders(raw_dir: Path) -> None:
    """Leave one product in the last order of customers who just reach high activity.

    It has no name, a mistyped price, an id that the file lacks, or one that it has
    twice: where a variant drops it, the customer is of low activity.
    """
    products = pd.read_csv(raw_dir / "products.csv")
    absent, doubled = 6799, 6800
    assert (products.product_id == absent).sum() == 0
    assert (products.product_id == doubled).sum() == 2
    unnamed = products[products.product_name.isna()].product_id.iloc[0]
    mistyped = products[products.prices > 100].product_id.iloc[0]
    defects = [unnamed, mistyped, absent, doubled]

    orders = pd.read_csv(raw_dir / "orders.csv")
    prior = orders[orders.eval_set == "prior"]
    last = prior.sort_values("order_number").drop_duplicates("user_id", keep="last")
    spoilt = last[last.order_number == 5].order_id.head(10 * len(defects))
    assert len(spoilt) == 10 * len(defects)

    lines = pd.read_csv(raw_dir / LINES["careerfoundry"])
    kept = lines[~lines.order_id.isin(spoilt) | (lines.add_to_cart_order == 1)]
    bought = dict(zip(spoilt, defects * 10, strict=True))
    product_id = kept.order_id.map(bought).fillna(kept.product_id).astype(int)
    kept.assign(product_id=product_id).to_csv(
        raw_dir / LINES["careerfoundry"], index=False
    )


def merges(raw_dir: Path, package: str) -> dict[str, pd.DataFrame]:
    """The merged table of each variant, by name and in order."""
    orders = pd.read_csv(raw_dir / "orders.csv")
    products = pd.read_csv(raw_dir / "products.csv")
    lines = pd.read_csv(raw_dir / LINES[package])
    bought = orders[orders.eval_set == "prior"].merge(lines, on="order_id")
    named = products.dropna(subset=["product_name"])
    cleaned = named.drop_duplicates()
    priced = cleaned[cleaned.prices <= 100] if "prices" in cleaned else cleaned
    single = named.drop_duplicates("product_id")
    unambiguous = cleaned.drop_duplicates("product_id", keep=False)
    key = "product_id"
    return {
        "Inner join to cleaned products": bought.merge(cleaned, on=key),
        "Inner join to products as they came": bought.merge(products, on=key),
        "Inner join to deduplicated products": bought.merge(
            products.drop_duplicates(), on=key
        ),
        "Left join to cleaned products": bought.merge(cleaned, on=key, how="left"),
        "Inner join to cleaned products without mistyped prices": bought.merge(
            priced, on=key
        ),
        "Left join to one product per id": bought.merge(single, on=key, how="left"),
        "Left join to cleaned products without colliding ids": bought.merge(
            unambiguous, on=key, how="left"
        ),
        "Rows without days since the prior order dropped": bought.dropna(
            subset=["days_since_prior_order"]
        ),
        CORRECT: bought,
    }


def notebook_counts(raw_dir: Path, package: str) -> dict[str, dict[str, int]]:
    """What each variant comes to, and how it differs from the correct one."""
    merged = merges(raw_dir, package)
    correct = pd.MultiIndex.from_frame(merged[CORRECT][ORDER_PRODUCT])
    assert correct.is_unique
    counts = {}
    for variant, table in merged.items():
        last_orders = table.groupby("user_id").order_number.transform("max")
        copies = table.groupby(ORDER_PRODUCT).size().reindex(correct, fill_value=0)
        counts[variant] = {
            "order_product_count": len(table),
            "high_activity_order_product_count": (last_orders >= 5).sum(),
            "low_activity_order_product_count": (last_orders < 5).sum(),
            "lost_order_product_count": (copies == 0).sum(),
            "extra_order_product_count": (copies - 1).clip(lower=0).sum(),
            "unmatched_order_product_count": (
                table.product_name.isna().sum() if variant.startswith("Left") else 0
            ),
            "difference_from_correct": len(table) - len(correct),
        }
    return {
        variant: {name: int(number) for name, number in row.items()}
        for variant, row in counts.items()
    }


def built_counts(warehouse: Warehouse, raw_dir: Path) -> dict[str, dict[str, int]]:
    warehouse.build_new(raw_dir, "--select", "+merge_variants", *WITHOUT_TESTS)
    rows = warehouse.snapshot(("data_quality",))["data_quality.merge_variants"]
    assert [row.pop("variant_number") for row in rows] == list(range(1, 10))
    assert all(row.pop("what_goes_wrong") for row in rows)
    return {row.pop("variant"): row for row in rows}


def test_careerfoundry_merges_are_those_of_the_notebooks(
    warehouse: Warehouse, packages: dict[str, Path]
) -> None:
    raw_dir = packages["careerfoundry"]
    expected = notebook_counts(raw_dir, "careerfoundry")

    found = built_counts(warehouse, raw_dir)

    assert found == expected
    assert list(found) == list(expected)
    assert len({row["order_product_count"] for row in found.values()}) == 7
    # The more products a variant drops, the more customers fall to low activity.
    low_activity = [
        found[variant]["low_activity_order_product_count"]
        for variant in (
            CORRECT,
            "Inner join to deduplicated products",
            "Inner join to cleaned products",
            "Inner join to cleaned products without mistyped prices",
        )
    ]
    assert low_activity == sorted(set(low_activity))


def test_kaggle_merges_agree_but_for_first_orders(
    warehouse: Warehouse, packages: dict[str, Path]
) -> None:
    """Its catalogue is clean: nothing is lost, doubled or left without a product."""
    raw_dir = packages["kaggle"]

    found = built_counts(warehouse, raw_dir)

    assert found == notebook_counts(raw_dir, "kaggle")
    dropped = found.pop("Rows without days since the prior order dropped")
    assert dropped["lost_order_product_count"] > 0
    assert all(row == found[CORRECT] for row in found.values())
