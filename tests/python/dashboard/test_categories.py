"""The page of categories shows what SQL finds in the marts."""

from __future__ import annotations

import pytest
from instacart.dashboard.panel import Page, Panel, View
from instacart.warehouse import literal

from dashboard.support import Dashboard

LISTED = (
    "department_id in (select department_id from marts.dim_departments where is_listed)"
)


def page(made: Dashboard) -> Page:
    return next(one for one in made.pages if one.key == "categories")


def panel(made: Dashboard, name: str) -> Panel:
    return next(one for one in page(made).panels if one.key == f"categories-{name}")


def column(view: View, key: str) -> list[object]:
    return [row[key] for row in view.rows]


def found(made: Dashboard, query: str) -> list[object]:
    """The only column of a query."""
    return [value for row in made.report.query(query) for value in row.values()]


def test_drop_downs_have_departments_and_aisles_of_most_items_first(
    course: Dashboard,
) -> None:
    departments, aisles = page(course).controls
    names = found(
        course,
        f"select department from marts.rpt_departments where {LISTED}"
        " order by order_product_rank",
    )
    assert [one.value for one in departments.options[""]] == ["", *names]
    assert list(aisles.options) == ["", *names]
    for name in ("", *map(str, names)):
        of = f"where department = {literal(name)}" if name else ""
        expected = found(
            course,
            f"select aisle from marts.rpt_aisles {of} order by order_product_rank",
        )
        assert [one.value for one in aisles.options[name]] == ["", *expected]


def test_shares_of_items_orders_and_customers_are_those_of_the_marts(
    course: Dashboard,
) -> None:
    views = panel(course, "departments").views
    rows = course.report.query(
        f"""
        select
            department,
            order_product_share,
            order_count / (select sum(order_count) from marts.rpt_days_of_week)
                as order_share,
            customer_count / (
                select count(*) from marts.dim_customers where order_count > 0
            ) as customer_share
        from marts.rpt_departments where {LISTED} order by order_product_rank
        """
    )
    for choice in (("",), (rows[0]["department"],)):
        assert column(views[choice], "department") == [
            row["department"] for row in rows
        ]
        for share in ("order_product_share", "order_share", "customer_share"):
            expected = pytest.approx([row[share] for row in rows], abs=1e-6)
            assert column(views[choice], share) == expected


def test_what_is_at_stake_is_in_the_table_and_the_medians_are_no_department(
    course: Dashboard,
) -> None:
    view = panel(course, "opportunities").views["",]
    query = (
        "select {} from marts.rpt_department_opportunities where "
        + LISTED
        + " order by"
        " dollars_at_stake desc, revenue desc, department_id"
    )
    for key in ("department", "dollars_at_stake", "revenue_per_order"):
        assert column(view, key) == found(course, query.format(key))
    assert "dollars_at_stake" in [one.key for one in view.columns]


def test_aisles_and_products_are_the_first_of_what_is_chosen(course: Dashboard) -> None:
    aisles, products = panel(course, "aisles").views, panel(course, "products").views
    for (department,), view in aisles.items():
        of = f"and department = {literal(department)}" if department else ""
        expected = found(
            course,
            f"select aisle from marts.rpt_aisles where order_product_count > 0 {of}"
            f" order by order_product_rank {'' if department else 'limit 15'}",
        )
        assert column(view, "aisle") == expected
        assert ("Shown are the first 15" in view.note) == (not department)
    for (department, aisle), view in products.items():
        of = f"and department = {literal(department)}" if department else ""
        if aisle:
            of = f"and aisle = {literal(aisle)}"
        most = 10 if aisle else 15
        expected = found(
            course,
            "select product_id from marts.rpt_products where order_product_count > 0"
            f" {of} order by order_product_rank limit {most}",
        )
        assert column(view, "product_id") == expected, (department, aisle)
        assert (f"the first {most} by items" in view.note) == (len(expected) == most)


def test_an_aisle_says_the_same_in_its_department_and_in_all(course: Dashboard) -> None:
    views = panel(course, "products").views
    of_all = {
        aisle: view for (name, aisle), view in views.items() if aisle and not name
    }
    assert of_all
    for (name, aisle), view in views.items():
        if name and aisle:
            assert view is of_all[aisle]


def test_hours_of_a_department_are_those_of_its_row(course: Dashboard) -> None:
    views = panel(course, "hours").views
    first = page(course).controls[0].options[""][1].value
    name, view = literal(first), views[first,]
    assert len(view.rows) == 24
    for key in ("share_of_hour", "overall_share", "share_of_department", "verdict"):
        assert column(view, key) == found(
            course,
            f"select {key} from marts.rpt_department_hours where department = {name}"
            " order by hour_of_day",
        )
    # Departments that are none are among those to choose, but not in the map of all.
    gaps = {"missing", "other"}
    shown = {row["department"] for row in views["",].rows}
    assert shown == {name for (name,) in views if name} - gaps
    assert len(views["",].rows) == 24 * len(shown)
    assert all((name in views["",].note) == ((name,) in views) for name in gaps)


def test_without_prices_the_rest_is_there(dashboard: Dashboard) -> None:
    facts = dashboard.report.facts
    for name in ("opportunities", "prices", "incomes"):
        views = set(map(id, panel(dashboard, name).views.values()))
        for view in panel(dashboard, name).views.values():
            assert (view.chart is None) == (not facts.has_prices), name
            assert bool(view.rows) == facts.has_prices, name
        if not facts.has_prices:
            assert len(views) == 1
    for name in ("departments", "aisles", "products", "hours"):
        assert next(iter(panel(dashboard, name).views.values())).chart is not None
    keys = {one.key for one in panel(dashboard, "products").views["", ""].columns}
    assert {"product_name", "price", "revenue"} <= keys
