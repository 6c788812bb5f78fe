"""What sells: departments, their aisles and products, and what is at stake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from instacart import words
from instacart.dashboard import charts
from instacart.dashboard.columns import (
    CUSTOMERS,
    DEPARTMENT_NAME,
    HOUR,
    ITEMS,
    OF_ITEMS,
    ORDERS,
    SHARES,
)
from instacart.dashboard.pages import categories_products
from instacart.dashboard.pages.asked import panel_of, question_of, view_of
from instacart.dashboard.pages.categories_products import (
    AISLE,
    DEPARTMENT,
    REORDER_RATE,
)
from instacart.dashboard.panel import (
    ALL,
    Choice,
    Click,
    Control,
    Option,
    Page,
    Panel,
    View,
)
from instacart.report.categories import (
    aisles,
    departments,
    few_verdict,
    sales_sentence,
)
from instacart.report.department_hours import DepartmentHours
from instacart.report.question import Question
from instacart.report.questions.q3_price_ranges import PriceRanges
from instacart.report.questions.q4_departments import Departments
from instacart.report.questions.sales_income import IncomeOpportunities
from instacart.report.questions.sales_opportunities import Opportunities
from instacart.report.source import Source
from instacart.warehouse import Row
from instacart.workbook import GREY, SKY, Column


def page(source: Source) -> Page:
    """The page, with a filter by department and by its aisles that clicks set."""
    listed = departments(source.warehouse)
    every_aisle = aisles(source.warehouse)
    return Page(
        "categories",
        "Categories",
        "Which departments, aisles and products sell, and where more could be sold.",
        [
            _frequency(source, listed),
            _opportunities(source, listed),
            categories_products.aisles_panel(listed, every_aisle),
            categories_products.products_panel(source, listed, every_aisle),
            _hours(source, listed),
            _price_ranges(source),
            _incomes(source),
        ],
        [
            Control(
                DEPARTMENT,
                "Department",
                {"": _options("All departments", listed, "department")},
            ),
            Control(
                AISLE,
                "Aisle",
                {ALL: _options("All aisles", every_aisle, "aisle")}
                | {
                    one["department"]: _options(
                        f"All of {one['department']}",
                        categories_products.of_department(
                            every_aisle, one["department"]
                        ),
                        "aisle",
                    )
                    for one in listed
                },
                of=DEPARTMENT,
            ),
        ],
    )


def _options(every: str, rows: list[Row], name: str) -> list[Option]:
    return [Option(ALL, every), *(Option(row[name], row[name]) for row in rows)]


def _asked_of_each(
    source: Source,
    every: View,
    question: Question,
    listed: list[Row],
    finding: Callable[[Row], str],
) -> dict[Choice, View]:
    """A question's view of all departments, and with a finding of its own for each."""
    views: dict[Choice, View] = {(ALL,): every}
    for row in listed:
        views[row["department"],] = (
            every
            if question.lacking
            else replace(
                every,
                finding=finding(row),
                verdict=few_verdict(row, source.facts),
                note=question.caution(),
                # What to do is said of all departments.
                action="",
            )
        )
    return views


def _frequency(source: Source, listed: list[Row]) -> Panel:
    """Each department's shares of items, orders and customers, told apart."""
    question = source.question(Departments)
    chart = charts.shares_side_by_side(
        DEPARTMENT_NAME,
        SHARES,
        REORDER_RATE,
        click="department",
        as_dots=True,
    )
    return Panel(
        "categories-departments",
        question_of(question),
        "items, orders that hold any, and customers who bought any",
        ["marts.rpt_departments"],
        _asked_of_each(
            source,
            view_of(question, chart),
            question,
            listed,
            lambda row: sales_sentence(row, "department", source.facts),
        ),
        [DEPARTMENT],
        Click(DEPARTMENT, "department"),
        asks={Departments: (ALL,)},
    )


def _opportunities(source: Source, listed: list[Row]) -> Panel:
    """Revenue per order against the reorder rate, with what is at stake."""
    question = source.question(Opportunities)
    every = view_of(question)
    if not question.lacking:
        *departments, medians = question.rows
        for row in departments:
            row["is_found"] = row in question.found
        chart = charts.quadrants(
            DEPARTMENT_NAME,
            REORDER_RATE,
            Column("revenue_per_order", "Revenue per order", "money"),
            (medians["reorder_rate"], medians["revenue_per_order"]),
            Column("dollars_at_stake", "At stake", "dollars"),
            ORDERS,
            highlight="is_found",
            click="department",
        )
        every = replace(every, chart=chart, rows=departments)
    return Panel(
        "categories-opportunities",
        question_of(question),
        "dollars per order, and items; the lines are the medians of departments",
        ["marts.rpt_department_opportunities"],
        _asked_of_each(
            source,
            every,
            question,
            listed,
            lambda row: question.department_sentence(row["department"]),
        ),
        [DEPARTMENT],
        Click(DEPARTMENT, "department"),
        asks={Opportunities: (ALL,)},
    )


def _hours(source: Source, listed: list[Row]) -> Panel:
    """When items of all departments are bought; of one, its share of each hour."""
    asked = DepartmentHours(source.warehouse, source.facts)
    of_department = Column(
        "share_of_department", "Share of the department's items", "share"
    )
    of_hour = Column("share_of_hour", "Share of the hour's items", "fine_share")
    overall = Column("overall_share", "Share of the day's items", "fine_share")
    verdict = Column("verdict", "Verdict")
    figures = [HOUR, CUSTOMERS, ORDERS, ITEMS, of_department, of_hour, overall, verdict]
    lacking = source.facts.lacking("departments")
    everywhere = charts.heat_map(
        HOUR, DEPARTMENT_NAME, of_department, of_hour, overall, verdict
    )
    of_one = charts.lines(HOUR, of_hour, ITEMS, verdict, rule=overall, zero=False)
    views: dict[Choice, View] = {}
    for name in (ALL, *(row["department"] for row in listed)):
        rows = asked.judged(name)
        if lacking or not any(row["order_product_count"] for row in rows):
            views[name,] = View(lacking or asked.sentence(name))
            continue
        views[name,] = View(
            asked.sentence(name),
            of_one if name else everywhere,
            rows,
            figures if name else [DEPARTMENT_NAME, *figures],
            asked.verdict(name),
            "The dashed line is its share of all items (the axis doesn't start at 0)."
            if name
            else _note_of_hours(asked.gaps),
        )
    return Panel(
        "categories-hours",
        "When does a department sell more than otherwise?",
        "items",
        ["marts.rpt_department_hours"],
        views,
        [DEPARTMENT],
        is_wide=True,
    )


def _note_of_hours(gaps: list[str]) -> str:
    """What all departments' hours show, and which are left out."""
    note = (
        "All departments sell most when most customers order; compared are their shares"
        " of the hour's items."
    )
    if not gaps:
        return note
    left_out = f"{words.listing(gaps)}, products without a department"
    return f"{note} Left out: {left_out} in the catalogue."


def _price_ranges(source: Source) -> Panel:
    question = source.question(PriceRanges)
    chart = charts.shares_side_by_side(
        Column("price_range", "Price range"),
        {
            Column("product_share", "Share of catalogue", "share"): SKY,
            OF_ITEMS: SHARES[OF_ITEMS],
            Column("revenue_share", "Share of revenue", "share"): GREY,
        },
        CUSTOMERS,
    )
    return panel_of(
        "categories-prices",
        question,
        chart,
        "products, items and dollars",
        ["marts.rpt_price_ranges", "marts.rpt_products"],
    )


def _incomes(source: Source) -> Panel:
    """How much less, or more, the highest incomes reorder than others."""
    question = source.question(IncomeOpportunities)
    chart = None
    if not question.lacking and question.rows:
        for row in question.rows:
            row["differs"] = row["verdict"] == source.facts.verdicts.differs
        chart = charts.bars(
            DEPARTMENT_NAME,
            Column(
                "reorder_rate_points", "Percentage points less (-) or more", "points"
            ),
            REORDER_RATE,
            Column("other_reorder_rate", "Rate of others", "share"),
            Column("verdict", "Verdict"),
            highlight="differs",
            click="department",
        )
    return panel_of(
        "categories-incomes",
        question,
        chart,
        "items",
        ["marts.rpt_income_opportunities", "marts.rpt_department_opportunities"],
        Click(DEPARTMENT, "department"),
    )
