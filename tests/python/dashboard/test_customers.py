"""The page on customers: what its panels show of each segment type and segment."""

from __future__ import annotations

from pathlib import Path

import pytest
from instacart.dashboard import html
from instacart.dashboard.pages import customers, times
from instacart.dashboard.panel import Choice, Page, Panel, View
from instacart.report.source import Source, read_source
from instacart.warehouse import open_warehouse
from report.support import Report, change
from support.warehouse import Built

DEMOGRAPHIC = "age_group"
BY_SEGMENT = ("rpt_customer_segments", "rpt_segment_departments", "rpt_segment_hours")
FAVOURED = "customers-departments"
LINES = ("customers-hours", "region", "South")
MONEY = ("avg_order_total", "avg_product_price")


@pytest.fixture(scope="module")
def source(demo: Report) -> Source:
    return read_source(demo.warehouse)


@pytest.fixture(scope="module")
def page(source: Source) -> Page:
    return customers.page(source)


@pytest.fixture(scope="module")
def without_customers(generated: dict[str, Built]) -> tuple[Source, Page]:
    """Those of a package that has neither customers nor prices."""
    with open_warehouse(path=generated["kaggle"].database) as warehouse:
        source = read_source(warehouse)
        return source, customers.page(source)


def panel_of(page: Page, key: str) -> Panel:
    (found,) = (panel for panel in page.panels if panel.key == key)
    return found


def view_of(page: Page, key: str, *choice: str) -> View:
    return panel_of(page, key).views[choice]


def options_of(page: Page, key: str, of: str = "") -> list[str]:
    (control,) = (one for one in page.controls if one.key == key)
    return [option.value for option in control.options[of]]


def test_every_type_is_offered_with_its_segments(page: Page, demo: Report) -> None:
    types = options_of(page, "segment_type")
    rows = demo.query(
        "select segment_type, segment from marts.rpt_customer_segments"
        " order by segment_type, segment"
    )
    assert sorted(types) == list(dict.fromkeys(row["segment_type"] for row in rows))
    for one in types:
        first, *segments = options_of(page, "segment", one)
        assert first == ""
        assert sorted(segments) == [
            row["segment"] for row in rows if row["segment_type"] == one
        ]
        assert options_of(page, "segment_type_b", one) == [t for t in types if t != one]


def test_segments_are_in_the_order_of_their_conditions(page: Page) -> None:
    order = ["New customer", "Regular customer", "Loyal customer"]
    shown = options_of(page, "segment", "loyalty_flag")[1:]
    assert shown in (order, order[::-1])
    rows = view_of(page, "customers-size", "loyalty_flag", "").rows
    assert [row["segment"] for row in rows] == shown


def test_types_that_a_package_lacks_say_so_in_every_panel(
    without_customers: tuple[Source, Page],
) -> None:
    source, page = without_customers
    types = options_of(page, "segment_type")
    assert set(types) == set(source.segment_types)
    assert options_of(page, "segment", DEMOGRAPHIC) == [""]
    # What is known comes first, and of that what customers do.
    known = [bool(source.segment_types[one]["segment_count"]) for one in types]
    assert known == sorted(known, reverse=True) and len(set(known)) == 2
    lacking, no_prices = map(source.facts.lacking, ("customers", "prices"))
    seen = 0
    for panel in page.panels:
        for choice, view in panel.views.items():
            if DEMOGRAPHIC in choice:
                seen += 1
                needs_prices = {"spending_flag", *MONEY} & set(choice)
                expected = [lacking, *([no_prices] if needs_prices else [])]
                assert view.finding in expected, choice
                assert (view.chart, list(view.rows), view.verdict) == (None, [], "")
    assert seen > len(types)
    money = view_of(page, "customers-habits", "loyalty_flag", "avg_order_total", "")
    assert (money.finding, money.chart) == (no_prices, None)
    view = view_of(page, "customers-habits", "loyalty_flag", "order_count", "")
    assert view.chart is not None
    assert all(row["avg_order_total"] is None for row in view.rows)
    ranking = view_of(page, "customers-ranking")
    assert DEMOGRAPHIC not in {row["segment_type"] for row in ranking.rows}


def test_sizes_and_habits_are_those_of_the_report_table(
    page: Page, demo: Report
) -> None:
    found = demo.query("select * from marts.rpt_customer_segments")
    expected = {(row["segment_type"], row["segment"]): row for row in found}
    for one in options_of(page, "segment_type"):
        size = view_of(page, "customers-size", one, "")
        assert sum(row["customer_share"] for row in size.rows) == pytest.approx(1)
        for row in size.rows:
            other = expected[one, row["segment"]]
            assert row["order_product_count"] == other["order_product_count"]
            assert row["order_share"] == other["order_share"]
        for measure in options_of(page, "measure"):
            view = view_of(page, "customers-habits", one, measure, "")
            key = {"order_count": "orders_per_customer"}.get(measure, measure)
            assert {row["segment"]: row[key] for row in view.rows} == {
                segment: pytest.approx(float(row[key]))
                for (of, segment), row in expected.items()
                if of == one
            }


def test_a_segment_is_shown_against_all_customers(page: Page, demo: Report) -> None:
    bought = {
        row["department"]: row
        for row in demo.query(
            """
            select
                departments.department,
                count(*) filter (customers.region = 'South') / sum(count(*) filter (
                    customers.region = 'South')) over () as share,
                count(*) / sum(count(*)) over () as overall
            from marts.fct_order_products as sold
            inner join marts.dim_customers as customers using (customer_id)
            inner join marts.dim_products as products using (product_id)
            inner join marts.dim_departments as departments
                on products.department_id = departments.department_id
            where sold.is_analysed
            group by departments.department
            """
        )
    }
    rows = view_of(page, FAVOURED, "region", "South").rows
    assert len(rows) == len(bought)
    shares = [row["share_of_segment"] for row in rows]
    assert shares == sorted(shares, reverse=True)
    for row in rows:
        other = bought[row["department"]]
        assert row["share_of_segment"] == pytest.approx(other["share"])
        assert row["overall_share"] == pytest.approx(other["overall"])
    hours = demo.query(
        """
        select
            orders.hour_of_day,
            count(*) filter (customers.region = 'South') as orders,
            count(*) / sum(count(*)) over () as overall
        from marts.fct_orders as orders
        inner join marts.dim_customers as customers using (customer_id)
        where orders.is_analysed
        group by orders.hour_of_day
        """
    )
    rows = view_of(page, "customers-hours", "region", "South").rows
    assert [row["hour"] for row in rows] == [f"{hour:02d}:00" for hour in range(24)]
    for hour in hours:
        row = rows[hour["hour_of_day"]]
        assert row["order_count"] == hour["orders"]
        assert row["overall_share"] == pytest.approx(hour["overall"])


@pytest.mark.parametrize("choice", [("customers-size", "region", ""), LINES])
def test_shares_have_the_colours_of_their_legend(choice: Choice, page: Page) -> None:
    spec = html.chart_spec(view_of(page, *choice))
    assert spec
    legend = spec["encoding"]["color"]["scale"]["domain"]
    (named,) = (one["calculate"] for one in spec["transform"] if "calculate" in one)
    assert [name for name in legend if f'"{name}"' in named] == legend


def test_the_clearest_favourite_of_each_segment_is_shown(
    demo: Report, tmp_path: Path
) -> None:
    database = change(
        demo.database,
        tmp_path,
        [
            "update marts.rpt_segment_departments set verdict = 'The same'",
            "update marts.rpt_segment_departments set verdict = 'Differs',"
            " share_of_segment = overall_share + 0.1 * department_id"
            " where department_id in (4, 7)",
            *(
                f"update marts.{table} set segment = 'Unknown'"
                " where segment_type = 'region' and segment = 'West'"
                for table in BY_SEGMENT
            ),
            "update marts.rpt_segment_crosstabs set segment_a = 'Unknown'"
            " where segment_a = 'West'",
            "update marts.rpt_segment_crosstabs set segment_b = 'Unknown'"
            " where segment_b = 'West'",
            "update marts.rpt_segment_departments set verdict = 'The same'"
            " where segment = 'South'",
        ],
    )
    with open_warehouse(path=database) as warehouse:
        made = customers.page(read_source(warehouse))
    view = view_of(made, FAVOURED, "region", "")
    favoured = {row["segment"]: row["department"] for row in view.rows}
    assert favoured == {
        "Midwest": "beverages",
        "Northeast": "beverages",
        "South": "none clearly",
        "Unknown": "none clearly",
    }
    assert view.chart is not None
    assert view_of(made, FAVOURED, "region", "South").finding
    view = view_of(made, FAVOURED, "region", "Unknown")
    assert "unknown" in view.finding


def test_the_map_of_hours_leaves_out_the_few(page: Page, demo: Report) -> None:
    few = {
        row["segment"]
        for row in demo.query(
            "select segment from marts.rpt_customer_segments"
            " where segment_type = 'customer_profile' and not has_enough_customers"
        )
    }
    assert few
    view = view_of(page, "customers-hours", "customer_profile", "")
    shown = {row["segment"] for row in view.rows}
    every = set(options_of(page, "segment", "customer_profile")) - {""}
    assert shown == every - few
    assert view.note.startswith("Too few to rely on: ")
    assert "The chart leaves them out." in view.note
    loyalty = view_of(page, "customers-hours", "loyalty_flag", "")
    assert "leaves" not in loyalty.note


def test_crossed_types_count_each_customer_once(page: Page, demo: Report) -> None:
    views = panel_of(page, "customers-crosstab").views
    types = options_of(page, "segment_type")
    whole = {choice: view for choice, view in views.items() if not choice[-1]}
    assert len(whole) == len(types) * (len(types) - 1)
    enough = demo.query(
        "select segment_type, sum(customer_count) as customers"
        " from marts.rpt_customer_segments where has_enough_customers group by all"
    )
    shown = {row["segment_type"]: row["customers"] for row in enough}
    assert min(shown.values()) < demo.facts.customers
    for (one, *_), view in views.items():
        assert sum(row["customer_count"] for row in view.rows) == shown[one]
        is_cut = shown[one] < demo.facts.customers
        assert ("The chart leaves them out." in view.note) == is_cut
    rows = view_of(page, "customers-crosstab", "region", "loyalty_flag", "").rows
    both = demo.query(
        "select region, loyalty_flag, count(*) as customers from marts.dim_customers"
        " where order_count > 0 group by all"
    )
    found = {(row["segment_a"], row["segment_b"]): row for row in rows}
    for row in both:
        cell = found[row["region"], row["loyalty_flag"]]
        assert cell["customer_count"] == row["customers"]


@pytest.mark.parametrize(
    ("choice", "down", "is_upright"),
    [
        (("customer_profile", "loyalty_flag"), "segment_a", False),
        (("loyalty_flag", "customer_profile"), "segment_b", False),
        (("customer_profile", "demographic_group"), "segment_a", True),
        (("demographic_group", "customer_profile"), "segment_b", True),
        # Few columns have room, even if there are more of them than rows.
        (("gender", "loyalty_flag"), "segment_a", False),
    ],
)
def test_many_segments_are_on_rows(
    choice: Choice, down: str, is_upright: bool, page: Page
) -> None:
    spec = html.chart_spec(view_of(page, "customers-crosstab", *choice, ""))
    assert spec
    encoding = spec["encoding"]
    assert encoding["y"]["field"] == down
    assert encoding["x"]["axis"]["labelAngle"] == (-90 if is_upright else 0)
    line = "row" if down == "segment_a" else "column"
    assert encoding["color"]["title"] == f"Of the {line}'s customers"


def test_panels_follow_the_segment_chosen_with_the_same_rows(page: Page) -> None:
    for key, *choice in [
        ("customers-size", "loyalty_flag"),
        ("customers-habits", "loyalty_flag", "order_count"),
        ("customers-crosstab", "loyalty_flag", "activity_flag"),
    ]:
        whole = view_of(page, key, *choice, "")
        one = view_of(page, key, *choice, "New customer")
        assert "ew customers" in one.finding
        assert (one.rows, one.chart) == (whole.rows, whole.chart)
        assert "Loyal customers" not in one.finding


def test_each_badge_says_what_it_judges(page: Page) -> None:
    for panel in page.panels:
        for choice, view in panel.views.items():
            assert bool(view.judged) == bool(view.verdict), (panel.key, choice)


def test_what_goes_together_by_definition_is_said_to(page: Page) -> None:
    """Of types made from orders, which differ; not of who customers are."""
    both = "made from what customers order"
    choice = ("customers-crosstab", "loyalty_flag")
    view = view_of(page, *choice, "adventurousness_flag", "")
    assert view.verdict == "Differs" and both in view.note
    assert both not in view_of(page, *choice, "region", "").note
    assert both in view_of(page, FAVOURED, "loyalty_flag", "").note
    assert both not in view_of(page, FAVOURED, "region", "").note


def test_the_ranking_has_what_tells_most_first(page: Page, source: Source) -> None:
    view = view_of(page, "customers-ranking")
    assert "income group tells nearly most" in view.finding
    rows = view.rows
    explained = [row["adjusted_r_squared"] for row in rows]
    assert explained == sorted(explained, reverse=True)
    types = [source.segment_types[one] for one in options_of(page, "segment_type")]
    is_demographic = [row["is_demographic"] for row in types]
    assert is_demographic == sorted(is_demographic)
    assert types[0]["segment_type"] == next(
        row["segment_type"] for row in rows if not row["is_demographic"]
    )
    assert {row["segment_type"] for row in rows} == set(source.segment_types)


def test_the_week_planner_shows_the_same_hours(page: Page, source: Source) -> None:
    panel = panel_of(times.page(source), "times-segments")
    hours = panel_of(page, "customers-hours").views
    assert set(panel.views) == {(one,) for one, segment in hours if not segment}
    for (one,), view in panel.views.items():
        other = hours[one, ""]
        assert (view.finding, view.rows) == (other.finding, other.rows)
