"""The page of baskets shows the pairs of the marts, and finds a product by its name."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from instacart.dashboard.pages import baskets
from instacart.dashboard.panel import Control, Page, Panel
from instacart.report.source import read_source
from instacart.warehouse import literal
from playwright.sync_api import expect
from report.support import Export, change
from support.browser import needs_browser

from dashboard.support import Dashboard, Windows

BOTH_WAYS = """
    (
        select *, product_id_a as id, product_id_b as partner_id,
            order_count_a as orders, confidence_a_to_b as confidence
        from marts.rpt_product_pairs
        union all
        select *, product_id_b, product_id_a, order_count_b, confidence_b_to_a
        from marts.rpt_product_pairs
    )
"""


def page(made: Dashboard) -> Page:
    return next(one for one in made.pages if one.key == "baskets")


def panel(made: Page, name: str) -> Panel:
    return next(one for one in made.panels if one.key == f"baskets-{name}")


def search(made: Page) -> Control:
    (control,) = made.controls
    return control


def test_a_product_has_its_closest_partners_of_enough_customers_first(
    dashboard: Dashboard,
) -> None:
    views = panel(page(dashboard), "partners").views
    ids = [one.value for one in search(page(dashboard)).options[""]]
    expected = dashboard.report.query(
        f"select id from {BOTH_WAYS} group by id"
        " order by max(orders) desc, id limit 1000"
    )
    assert ids == ["", *(str(row["id"]) for row in expected)]
    partners = defaultdict(list)
    for row in dashboard.report.query(
        f"select * from {BOTH_WAYS} order by"
        " id, has_enough_customers desc, lift desc, partner_id"
    ):
        partners[str(row["id"])].append(row)
    for product in ids[1:]:
        rows, view = partners[product], views[product,]
        for key in (
            "partner_id",
            "lift",
            "confidence",
            "customer_count",
            "order_count",
        ):
            assert [row[key] for row in view.rows] == [row[key] for row in rows[:6]]
        assert ("Shown are the closest 6" in view.note) == (len(rows) > 6)
        few = any(not row["has_enough_customers"] for row in rows[:6])
        assert ("Grey: fewer than 30 customers" in view.note) == few
        is_few = not rows[0]["has_enough_customers"]
        assert view.verdict == ("Too few to tell" if is_few else "")


def test_departments_are_those_large_enough_to_be_named(dashboard: Dashboard) -> None:
    (view,) = panel(page(dashboard), "departments").views.values()
    named = "(select department_id from marts.rpt_departments where"
    named += " order_product_share >= 0.01 and customer_count >= 30)"
    rows = dashboard.report.query(
        "select department_a || ' + ' || department_b as pair, lift"
        " from marts.rpt_department_pairs"
        f" where department_id_a in {named} and department_id_b in {named}"
        " order by lift desc, department_id_a, department_id_b"
    )
    for key in ("pair", "lift"):
        assert [row[key] for row in view.rows] == [row[key] for row in rows[:12]]


def otherwise(made: Dashboard, export: Export, folder: Path, *statements: str) -> Page:
    """The page of a copy of the warehouse that some statements have changed."""
    database = change(made.report.database, folder, statements)
    report = export(database, folder / "none.xlsx")
    try:
        return baskets.page(read_source(report.warehouse))
    finally:
        report.warehouse.connection.close()


def test_names_that_two_products_have_are_told_apart(
    course: Dashboard, export: Export, tmp_path: Path
) -> None:
    ids = [one.value for one in search(page(course)).options[""]][1:4]
    names = ["Same", "Same", "<script>alert('1')</script>"]
    statements = [
        f"update marts.rpt_product_pairs set product_name_{end} = {literal(name)}"
        f" where product_id_{end} = {key}"
        for key, name in zip(ids, names, strict=True)
        for end in "ab"
    ]
    made = otherwise(course, export, tmp_path, *statements)
    labels = {one.value: one.label for one in search(made).options[""]}
    same = [f"Same ({key})" for key in ids[:2]]
    assert [labels[key] for key in ids] == [*same, names[2]]
    shown = {
        str(row["partner_id"]): row["partner"]
        for view in panel(made, "partners").views.values()
        for row in view.rows
    }
    assert [shown[key] for key in ids] == [*same, names[2]]


def test_without_pairs_it_says_so(
    course: Dashboard, export: Export, tmp_path: Path
) -> None:
    none = "delete from marts.rpt_product_pairs"
    made = otherwise(course, export, tmp_path, none)
    assert [one.value for one in search(made).options[""]] == [""]
    for name in ("partners", "pairs"):
        (view,) = panel(made, name).views.values()
        assert view.chart is None and "No two products" in view.finding
        assert not (view.rows or view.columns or view.note), name


@needs_browser
def test_a_search_finds_a_part_of_a_name(course: Dashboard, windows: Windows) -> None:
    window = windows(course)
    options = search(page(course)).options[""][1:]
    labels = [one.label.lower() for one in options]
    # A part that one name alone has, and one that many have.
    only = next(one for one in options if labels.count(one.label.lower()) == 1)
    part = next(
        text
        for one in options
        for text in [one.label.lower()[1:]]
        if sum(text in label for label in labels) == 1
    )
    found = next(one for one in options if part in one.label.lower())
    window.go("baskets")
    field = window.field("baskets", course.page("baskets")["controls"][0])
    message = window.seen.page.locator("#page-baskets .message")
    for text, expected in (
        (f" {only.label.upper()} ", only.value),
        (part, found.value),
        ("", ""),
    ):
        field.fill(text)
        field.press("Enter")
        window.settle()
        assert window.chosen("baskets")["product"] == expected
        expect(message).to_have_text("")
    many = sum("an" in label for label in labels)
    assert many > 3
    field.fill("an")
    field.press("Enter")
    expect(message).to_contain_text(f"“an” is in {many} names of the list")
    window.settle()
    window.assert_silent()
