"""The sheet of crosstabs: customers by two things at a time, as counts and shares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from instacart import words
from instacart.report.facts import IS_LISTED, Facts
from instacart.report.page import link_to
from instacart.report.segment_names import type_name
from instacart.report.sheet import Sheet
from instacart.report.source import Source
from instacart.warehouse import Row, Warehouse
from instacart.workbook import Column

NAME = "Crosstabs"
ABOUT = "customers by two things at a time, as counts and shares"
# A grid as wide as a page: a panel of counts and one of shares, each a label over
# several columns and up to five figures; wider panels stand below each other.
LABEL, FIGURES = 3, 5
WIDTHS = (1, *[9.9] * 2 * (LABEL + FIGURES))
LABELS = (1, LABEL)
SHARES_COLUMN = 1 + LABEL + FIGURES
# Columns that a link of the list of crosstabs takes.
LINK = 4

BY_SEGMENT = (
    ("region", "spending_flag"),
    ("region", "order_frequency_flag"),
    ("region", "loyalty_flag"),
    ("loyalty_flag", "spending_flag"),
    ("loyalty_flag", "order_frequency_flag"),
    ("age_group", "family_status"),
    ("age_group", "family_size"),
    ("age_group", "income_group"),
    ("age_group", "loyalty_flag"),
    ("income_group", "spending_flag"),
    ("income_group", "loyalty_flag"),
    ("income_group", "family_size"),
    ("family_status", "order_frequency_flag"),
    ("gender", "loyalty_flag"),
    ("shopping_time_segment", "loyalty_flag"),
    ("adventurousness_flag", "loyalty_flag"),
    ("customer_profile", "region"),
    ("customer_profile", "loyalty_flag"),
    ("customer_profile", "order_frequency_flag"),
)
BY_DEPARTMENT = (
    "loyalty_flag",
    "order_frequency_flag",
    "region",
    "income_group",
    "age_group",
    "family_size",
    "has_bought_meat",
)
# What is unknown without prices.
OF_PRICES = "spending_flag"


@dataclass(frozen=True)
class Crosstab:
    """A crosstab: a row has a label, `counts` and `shares` by column, and maybe `all`.

    note: what it counts, or why it can't be made of this package.
    """

    title: str
    note: str = ""
    columns: Sequence[str] = ()
    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_narrow(self) -> bool:
        """Whether counts, with their sum, and shares have room beside each other."""
        return len(self.columns) < FIGURES


def write(sheet: Sheet, source: Source) -> None:
    """Write the list of crosstabs with links, then one after the other."""
    facts = source.facts
    sheet.set_close()
    sheet.start(
        NAME,
        "Customers by two things at a time: first as counts, beside or below them as"
        " shares of the customers of the row, or of what the line below the title says."
        f" {facts.population} {facts.warning}".strip(),
    )
    index = sheet.row
    crosstabs = list(_crosstabs(source))
    beside = (len(WIDTHS) - 1) // LINK
    high = -(-len(crosstabs) // beside)
    sheet.row = index + high + 1
    for number, crosstab in enumerate(crosstabs):
        panels = 1 if crosstab.is_narrow else 2
        lines = sum(sheet.lines(row["label"], LABELS) for row in crosstab.rows)
        sheet.keep_together(panels * (1.03 * lines + 2.2) + 3)
        row = sheet.heading(crosstab.title)
        first = 1 + number // high * LINK
        link = link_to(sheet.name, crosstab.title, row)
        sheet.write(index + number % high, (first, first + LINK - 1), link)
        if crosstab.note:
            sheet.paragraph(crosstab.note)
        if crosstab.rows:
            _write_panels(sheet, crosstab)
        sheet.gap()


def _crosstabs(source: Source) -> Iterator[Crosstab]:
    warehouse, facts = source.warehouse, source.facts
    for across, along in BY_SEGMENT:
        title = f"{_name(across).capitalize()} by {_name(along)}"
        missing = _missing(source, across, along)
        yield (
            Crosstab(title, missing)
            if missing
            else _by_segment(warehouse, facts, title, across, along)
        )
    for one in BY_DEPARTMENT:
        title = f"{_name(one).capitalize()} by department"
        missing = _missing(source, one) or facts.lacking("departments")
        yield (
            Crosstab(title, missing)
            if missing
            else _by_department(warehouse, facts, title, one)
        )
    yield _by_price_range(warehouse, facts)
    yield _by_day(warehouse, facts)


def _name(segment_type: str) -> str:
    """A segment type in a title: age, loyalty."""
    return type_name(segment_type).removesuffix(" group")


def _missing(source: Source, *types: str) -> str:
    """Why a crosstab can't be made of this package, or nothing."""
    known = source.segment_types
    if left_out := [one for one in types if one not in known]:
        return f"The var segment_types leaves out {words.listing(left_out)}."
    needs = ["customers"] if any(known[one]["is_demographic"] for one in types) else []
    needs += ["prices"] if OF_PRICES in types else []
    return source.facts.lacking(*needs)


def _write_panels(sheet: Sheet, crosstab: Crosstab) -> None:
    """The same crosstab twice: `counts` and `shares` of each row."""
    start, rows, columns = sheet.row, crosstab.rows, crosstab.columns
    totals = [Column("all", "All", "count")] if "all" in rows[0] else []
    first = 1
    for key, kind, heading, more in (
        ("counts", "count", "Customers", totals),
        ("shares", "share", "Shares of customers", []),
    ):
        sheet.table(
            [
                Column("label", heading, "wrapped", LABEL),
                *(Column(name, name, kind) for name in columns),
                *more,
            ],
            [{"label": row["label"], "all": row.get("all")} | row[key] for row in rows],
            first,
        )
        if key == "counts" and crosstab.is_narrow:
            sheet.row, first = start, SHARES_COLUMN
        elif key == "counts":
            sheet.gap()


def _by_segment(
    warehouse: Warehouse, facts: Facts, title: str, across: str, along: str
) -> Crosstab:
    cells = warehouse.rows(
        f"select * from marts.rpt_segment_crosstabs where segment_type_a = '{across}'"
        f" and segment_type_b = '{along}' order by segment_a, segment_b"
    )
    columns = facts.in_order(along, [cell["segment_b"] for cell in cells])
    rows = []
    for label in facts.in_order(across, [cell["segment_a"] for cell in cells]):
        own = {cell["segment_b"]: cell for cell in cells if cell["segment_a"] == label}
        rows.append(
            {
                "label": label,
                "counts": {name: own[name]["customer_count"] for name in columns},
                "shares": {name: own[name]["customer_share_of_a"] for name in columns},
                "all": sum(cell["customer_count"] for cell in own.values()),
            }
        )
    return Crosstab(title, "", columns, rows)


def _by_department(
    warehouse: Warehouse, facts: Facts, title: str, segment_type: str
) -> Crosstab:
    cells = warehouse.rows(
        f"""
        select
            departments.segment,
            departments.department,
            departments.customer_count as bought,
            segments.customer_count as customers
        from marts.rpt_segment_departments as departments
        inner join marts.rpt_customer_segments as segments
            on
                departments.segment_type = segments.segment_type
                and departments.segment = segments.segment
        where departments.segment_type = '{segment_type}' and {IS_LISTED}
        order by departments.department_id, departments.segment
        """
    )
    columns = facts.in_order(segment_type, [cell["segment"] for cell in cells])
    size = {cell["segment"]: cell["customers"] for cell in cells}
    return Crosstab(
        title,
        "Customers who bought in the department at least once, and their share of the"
        " segment's customers; a customer counts in each of its departments.",
        columns,
        _grid(cells, "department", "segment", columns, size),
    )


def _by_price_range(warehouse: Warehouse, facts: Facts) -> Crosstab:
    title = "Price range by department"
    lacking = facts.lacking("prices", "departments")
    if lacking:
        return Crosstab(title, lacking)
    cells = warehouse.rows(
        """
        with bought as (
            select distinct
                sold.customer_id,
                products.department_id,
                products.price_range
            from marts.fct_order_products as sold
            inner join marts.dim_products as products
                on sold.product_id = products.product_id
            where sold.is_analysed
        )
        select departments.department, bought.price_range, count(*) as bought
        from bought
        inner join marts.dim_departments as departments
            on bought.department_id = departments.department_id
        where departments.is_listed
        group by
            departments.department_id, departments.department, bought.price_range
        order by departments.department_id, bought.price_range
        """
    )
    columns = facts.in_order("price_range", [cell["price_range"] for cell in cells])
    return Crosstab(
        title,
        "Customers who bought a product of the price range in the department at least"
        " once, and their share of all customers.",
        columns,
        _grid(cells, "department", "price_range", columns, facts.customers),
    )


def _by_day(warehouse: Warehouse, facts: Facts) -> Crosstab:
    title = "Day of the week by department"
    lacking = facts.lacking("departments")
    if lacking:
        return Crosstab(title, lacking)
    cells = warehouse.rows(
        """
        with bought as (
            select distinct
                sold.customer_id,
                products.department_id,
                orders.day_of_week
            from marts.fct_order_products as sold
            inner join marts.dim_products as products
                on sold.product_id = products.product_id
            inner join marts.fct_orders as orders
                on sold.order_id = orders.order_id
            where sold.is_analysed
        )
        select departments.department, days.day_name, count(*) as bought
        from bought
        inner join marts.dim_departments as departments
            on bought.department_id = departments.department_id
        inner join marts.rpt_days_of_week as days
            on bought.day_of_week = days.day_of_week
        where departments.is_listed
        group by
            departments.department_id,
            departments.department,
            days.day_of_week,
            days.day_name
        order by departments.department_id, days.day_of_week
        """
    )
    days = warehouse.rows(
        "select day_name, customer_count from marts.rpt_days_of_week order by"
        " day_of_week"
    )
    size = {day["day_name"]: day["customer_count"] for day in days}
    return Crosstab(
        title,
        "Customers who bought in the department on that day at least once, and their"
        " share of the customers who ordered on that day.",
        list(size),
        _grid(cells, "department", "day_name", list(size), size),
    )


def _grid(
    cells: list[Row],
    label: str,
    across: str,
    columns: Sequence[str],
    size: dict[str, int] | int,
) -> list[dict[str, Any]]:
    """Rows of a crosstab from cells with the count `bought`; 0 where there is none."""
    found = {(cell[label], cell[across]): cell["bought"] for cell in cells}
    rows = []
    for name in dict.fromkeys(cell[label] for cell in cells):
        counts = {column: found.get((name, column), 0) for column in columns}
        shares = {
            column: number / whole
            if (whole := size if isinstance(size, int) else size[column])
            else None
            for column, number in counts.items()
        }
        rows.append({"label": name, "counts": counts, "shares": shares})
    # What most customers buy from comes first.
    return sorted(rows, key=lambda row: -sum(row["counts"].values()))
