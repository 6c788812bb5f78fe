"""The sheet of crosstabs: customers by two things at a time, as counts and shares."""

from __future__ import annotations

from collections.abc import Sequence

from instacart.report.blocks import population, what_lacks
from instacart.report.design import Column, Sheet, link_to
from instacart.report.facts import Facts
from instacart.warehouse import Warehouse

# A panel of counts and a panel of shares, each a label and up to eight columns.
PANEL = 8
WIDTHS = (2, 36, *[11.5] * PANEL, 2, 36, *[11.5] * PANEL)
SHARES_COLUMN = PANEL + 3

NAMES = {
    "region": "region",
    "spending_flag": "spending",
    "order_frequency_flag": "order frequency",
    "loyalty_flag": "loyalty",
    "age_group": "age",
    "family_status": "family status",
    "family_size": "family size",
    "income_group": "income",
    "gender": "gender",
    "customer_profile": "profile",
    "shopping_time_segment": "shopping time",
    "adventurousness_flag": "adventurousness",
    "has_bought_meat": "bought meat",
}
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
DEMOGRAPHIC = {
    "region", "age_group", "family_status", "family_size", "income_group", "gender",
    "is_parent", "customer_profile", "demographic_group",
}  # fmt: skip


def write(sheet: Sheet, warehouse: Warehouse, facts: Facts) -> None:
    """Write the list of crosstabs with links, then one after the other."""
    sheet.start(
        "Crosstabs",
        "Customers by two things at a time: on the left as counts, on the right as"
        " shares of the customers of the row, or of what stands below the title."
        f" {population(facts)} {facts.warning}".strip(),
    )
    sheet.print_in_blocks()
    index = sheet.row
    tables = [
        *(_by_segment(warehouse, facts, *pair) for pair in BY_SEGMENT),
        *(_by_department(warehouse, facts, one) for one in BY_DEPARTMENT),
        _by_price_range(warehouse, facts),
        _by_day(warehouse),
    ]
    half = -(-len(tables) // 2)
    sheet.row = index + half + 1
    for number, (title, rows, columns, note) in enumerate(tables):
        sheet.keep_together(len(rows) + 5)
        place = sheet.heading(title)
        sheet.write(
            index + number % half,
            1 if number < half else SHARES_COLUMN,
            link_to(sheet.name, title, place),
        )
        if note:
            sheet.paragraph(note)
        if rows:
            _write_panels(sheet, rows, columns)
        sheet.gap()


def _write_panels(sheet: Sheet, rows: list[dict], columns: Sequence[str]) -> None:
    """The same crosstab twice: `counts` and `shares` of each row."""
    start = sheet.row
    totals = [Column("all", "All", "count")] if "all" in rows[0] else []
    # More columns than a panel has room for push the other panel to the right.
    beside = max(SHARES_COLUMN, 3 + len(columns) + len(totals))
    for first, key, kind, heading, more in (
        (1, "counts", "count", "Customers", totals),
        (beside, "shares", "share", "Shares of customers", []),
    ):
        sheet.row = start
        sheet.table(
            [
                Column(
                    "label", heading, "text" if first <= SHARES_COLUMN else "wrapped"
                ),
                *(Column(name, name, kind) for name in columns),
                *more,
            ],
            [{"label": row["label"], "all": row.get("all")} | row[key] for row in rows],
            first,
        )


def _by_segment(
    warehouse: Warehouse, facts: Facts, across: str, along: str
) -> tuple[str, list[dict], list[str], str]:
    title = f"{NAMES[across].capitalize()} by {NAMES[along]}"
    note = _missing(facts, across, along)
    if note:
        return title, [], [], note
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
    return title, rows, columns, ""


def _by_department(
    warehouse: Warehouse, facts: Facts, segment_type: str
) -> tuple[str, list[dict], list[str], str]:
    title = f"{NAMES[segment_type].capitalize()} by department"
    note = _missing(facts, segment_type)
    if note:
        return title, [], [], note
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
        where departments.segment_type = '{segment_type}'
        order by departments.department_id, departments.segment
        """
    )
    columns = facts.in_order(segment_type, [cell["segment"] for cell in cells])
    size = {cell["segment"]: cell["customers"] for cell in cells}
    return (
        title,
        _grid(cells, "department", "segment", columns, size),
        columns,
        "Customers who bought in the department at least once, and their share of the"
        " segment's customers; a customer counts in each of its departments.",
    )


def _by_price_range(
    warehouse: Warehouse, facts: Facts
) -> tuple[str, list[dict], list[str], str]:
    title = "Price range by department"
    lacking = what_lacks(facts, "prices")
    if lacking:
        return title, [], [], lacking
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
        group by
            departments.department_id, departments.department, bought.price_range
        order by departments.department_id, bought.price_range
        """
    )
    columns = facts.in_order("price_range", [cell["price_range"] for cell in cells])
    return (
        title,
        _grid(cells, "department", "price_range", columns, facts.customers),
        columns,
        "Customers who bought a product of the price range in the department at least"
        " once, and their share of all customers.",
    )


def _by_day(warehouse: Warehouse) -> tuple[str, list[dict], list[str], str]:
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
    return (
        "Day of the week by department",
        _grid(cells, "department", "day_name", list(size), size),
        list(size),
        "Customers who bought in the department on that day at least once, and their"
        " share of the customers who ordered on that day.",
    )


def _grid(
    cells: list[dict],
    label: str,
    across: str,
    columns: Sequence[str],
    size: dict[str, int] | int,
) -> list[dict]:
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


def _missing(facts: Facts, *types: str) -> str:
    """Why a crosstab can't be made of this package, or nothing."""
    needs = ["customers"] if DEMOGRAPHIC.intersection(types) else []
    return what_lacks(facts, *needs, *(["prices"] if "spending_flag" in types else []))
