"""The page of tiers, stages, first baskets and audiences: its views, not its look."""

from __future__ import annotations

import re

import pytest
from instacart.dashboard.pages import loyalty
from instacart.dashboard.panel import ALL, Choice, Page, Panel, View
from instacart.report.source import read_source
from report.support import Report


@pytest.fixture(scope="module")
def page(demo: Report) -> Page:
    return loyalty.page(read_source(demo.warehouse))


def panel_of(page: Page, key: str) -> Panel:
    return next(one for one in page.panels if one.key == f"loyalty-{key}")


def views_of(page: Page, key: str) -> dict[Choice, View]:
    """The views of a panel, one for each choice that its drop-downs allow."""
    panel = panel_of(page, key)
    assert sorted(panel.views) == sorted(page.choices(panel))
    return dict(panel.views)


def test_a_tier_is_told_by_its_shares_and_what_it_lacks(
    page: Page, demo: Report
) -> None:
    tiers = demo.query("from marts.rpt_loyalty_tiers order by tier_number")
    sizes, lacking = views_of(page, "tiers"), views_of(page, "next")
    for views in (sizes, lacking):
        for view in views.values():
            shown = [row.get("segment", row.get("loyalty_tier")) for row in view.rows]
            assert shown == [row["loyalty_tier"] for row in tiers]
    for tier, shown in zip(tiers, sizes[ALL,].rows, strict=True):
        view = sizes[tier["loyalty_tier"],]
        for share in ("customer_share", "order_share", "order_product_share"):
            assert shown[share] == pytest.approx(tier[share])
            assert f"{100 * tier[share]:.1f}%" in view.finding
        finding = lacking[tier["loyalty_tier"],].finding
        if tier["next_tier"]:
            near = tier["customers_near_next_tier"]
            assert f"{near:,} of {tier['customer_count']:,}" in finding
            assert f"{tier['orders_to_next_tier']:,} orders are missing" in finding
        else:
            assert finding.endswith("are in the highest tier.")


def test_stages_of_a_tier_are_those_of_its_customers(page: Page, demo: Report) -> None:
    views = views_of(page, "lifecycle")
    for (tier,), view in views.items():
        if tier == ALL:
            continue
        counted = {
            row["lifecycle_stage"]: row
            for row in demo.query(
                "select lifecycle_stage, count(*) as customers,"
                " sum(order_count)::bigint as orders,"
                " sum(order_product_count)::bigint as items from marts.dim_customers"
                f" where order_count > 0 and loyalty_flag = '{tier}' group by all"
            )
        }
        assert [row["lifecycle_stage"] for row in view.rows] == [
            row["lifecycle_stage"] for row in views[ALL,].rows
        ]
        # "New customer" is a tier too, of which not all are new here.
        assert [row["meaning"] for row in view.rows][:2] == [
            "New\n(too few orders to compare)",
            "Growing",
        ]
        for row in view.rows:
            found = counted.get(row["lifecycle_stage"], {})
            assert row["customer_count"] == found.get("customers", 0)
            assert row["order_count"] == found.get("orders", 0)
            assert row["order_product_count"] == found.get("items", 0)
        for share in ("customer_share", "order_share", "order_product_share"):
            assert sum(row[share] for row in view.rows) == pytest.approx(1)


def test_late_orders_are_compared_from_the_second_on(page: Page, demo: Report) -> None:
    by_number = {
        row["order_number"]: row
        for row in demo.query("from marts.rpt_order_sequence order by order_number")
    }
    for key, column in (
        ("reorders", "reorder_rate"),
        ("gaps", "avg_days_since_prior_order"),
    ):
        (view,) = views_of(page, key).values()
        assert view.rows[0]["order_number"] == 2
        for row in view.rows:
            assert row[column] == by_number[row["order_number"]][column]
        number = int(re.findall(r"the (\d+)(?:st|nd|rd|th) ", view.finding)[0])
        assert by_number[number]["customer_count"] >= 30


def test_first_baskets_are_asked_for_each_number_of_orders(
    page: Page, demo: Report
) -> None:
    views = views_of(page, "baskets")
    assert [bound for (bound,) in views] == ["5", "10", "40"]
    for (bound,), view in views.items():
        rows = demo.query(
            f"select department, reached_{bound}_difference as difference"
            " from marts.rpt_first_baskets where customer_count >= 30"
            " and department not in ('missing', 'other')"
            f" and reached_{bound}_difference is not null order by 2 desc, department"
        )
        assert [row[f"lead_{bound}"] for row in view.rows] == pytest.approx(
            [100 * row["difference"] for row in rows]
        )
        assert view.verdict == demo.facts.verdicts.too_few
        assert f"at {bound} orders" in view.finding


def test_every_audience_can_be_chosen_and_listed(page: Page, demo: Report) -> None:
    audiences = demo.query("from marts.rpt_audiences order by audience_number")
    sizes, tastes = views_of(page, "audiences"), views_of(page, "favourites")
    assert len(sizes) == len(tastes) == len(audiences) + 1
    for row in audiences:
        view = sizes[row["audience"],]
        assert view.finding.startswith(row["title"])
        listing = re.search(r"analyses/(\w+)\.sql", view.note)
        assert bool(listing) == (row["customer_count"] > 0)
        if listing:
            listed = demo.warehouse.analysis(listing[1])
            of_audience = [one for one in listed if one["audience"] == row["audience"]]
            assert len(of_audience) == row["customer_count"]
            taste = tastes[row["audience"],]
            assert taste.verdict == row["favoured_verdict"]


def test_audiences_of_a_few_customers_are_grey_and_their_tastes_last(
    page: Page,
) -> None:
    sizes = views_of(page, "audiences")[ALL,]
    tastes = views_of(page, "favourites")[ALL,]
    enough = {row["title"]: row["customer_count"] >= 30 for row in sizes.rows}
    assert len(set(enough.values())) == 2
    assert {row["title"]: row["has_enough"] for row in sizes.rows} == enough
    assert [
        (not enough[row["title"]], -row["points"]) for row in tastes.rows
    ] == sorted((not enough[row["title"]], -row["points"]) for row in tastes.rows)
    for view in (sizes, tastes):
        assert "Audiences of fewer than 30 customers are " in view.note


def test_without_prices_and_customers_the_rest_is_shown(kaggle: Report) -> None:
    page = loyalty.page(read_source(kaggle.warehouse))
    for panel in page.panels:
        for choice in page.choices(panel):
            view = panel.views[choice]
            assert "$" not in f"{view.finding}{view.note}"
            if view.chart is not None:
                assert "revenue" not in str(view.chart.to_dict())
    empty = kaggle.one(
        "select min(audience) from marts.rpt_audiences where customer_count = 0"
    )
    finding = views_of(page, "audiences")[empty,].finding
    assert finding.endswith("nobody is in it, or the files lack what tells who is.")
