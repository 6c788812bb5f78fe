"""Charts of when: hours and days, by orders and by money."""

from __future__ import annotations

from collections.abc import Sequence

from instacart import words
from instacart.report.blocks import (
    FREQUENT,
    Block,
    Charts,
    asks,
    ceiling,
    floor,
    highest,
    labels,
    lowest,
)
from instacart.report.design import (
    BLUE,
    GREY,
    ORANGE,
    SKY,
    Column,
    Range,
    Series,
)

PHENOMENON_COLOURS = (BLUE, SKY, ORANGE, GREY)
AVERAGE = {"dash_type": "dash", "color": GREY, "width": 1.5}


@asks("Key question 1: At what hours do customers order?")
def orders_by_hour(charts: Charts) -> Block:
    rows = charts.rows("select * from marts.rpt_hours_of_day order by hour_of_day")
    peak = highest(rows, "order_count")
    busy = [row["hour_of_day"] for row in rows if row["is_high_traffic"]]
    busy_share = sum(row["order_share"] for row in rows if row["is_high_traffic"])
    reading = (
        f"Most orders come at {words.hour(peak['hour_of_day'])}"
        f" ({words.share(peak['order_share'])} of the day); the"
        f" {words.plural(len(busy), 'hour')} with at least the mean,"
        f" {words.hours(busy)}, take {words.share(busy_share, 0)}."
    )
    kinds = list(
        dict.fromkeys(
            row["phenomenon"]
            for row in sorted(
                rows,
                key=lambda row: (not row["is_high_traffic"], not row["is_high_value"]),
            )
        )
    )
    if not charts.facts.has_prices:
        kinds = []
    both = [row for row in rows if row["is_high_traffic"] and row["is_high_value"]]
    if charts.facts.has_prices and both:
        reading += (
            f" Many orders of high totals ({both[0]['phenomenon']}):"
            f" {words.hours([row['hour_of_day'] for row in both])}."
        )
    elif charts.facts.has_prices:
        reading += " No hour has both many orders and high totals."
    for row in rows:
        row["hour"] = words.hour(row["hour_of_day"])
        row[f"phenomenon {row['phenomenon']}"] = row["order_count"]
    keys = [f"phenomenon {kind}" for kind in kinds] or ["order_count"]
    colours = dict(zip(keys, PHENOMENON_COLOURS, strict=False))
    return Block(
        reading,
        [
            Column("hour", "Hour from"),
            Column("customer_count", "Customers", "count"),
            Column("order_count", "Orders", "count"),
            Column("order_share", "Share of orders", "share"),
            *(Column(f"phenomenon {kind}", kind, "count") for kind in kinds),
        ],
        rows,
        charts.chart(
            "column",
            [
                Series(key, colour, "hour", {"gap": 30, "overlap": 100})
                for key, colour in colours.items()
            ],
            "Orders by hour of the day",
            {"name": "Hour of the day"},
            {"name": "Orders", "num_format": "#,##0"},
        ),
    )


@asks("Key question 1: On which days do customers order?")
def orders_by_day(charts: Charts) -> Block:
    rows = charts.rows("select * from marts.rpt_days_of_week order by day_of_week")
    ranked = sorted(rows, key=lambda row: row["order_rank"])
    first, last = ranked[0], ranked[-1]
    more = (
        first["order_count"] / last["order_count"] - 1 if last["order_count"] else None
    )
    return Block(
        f"{first['day_name']} is the busiest day ({words.share(first['order_share'])}"
        f" of orders), {last['day_name']} the quietest"
        f" ({words.share(last['order_share'])})"
        + (f": {words.share(more, 0)} more orders." if more is not None else "."),
        [
            Column("day_name", "Day"),
            Column("customer_count", "Customers", "count"),
            Column("order_count", "Orders", "count"),
            Column("order_share", "Share of orders", "share"),
            Column("order_product_count", "Order products", "count"),
            Column("products_per_order", "Products per order", "decimal"),
            Column("avg_order_total", "Mean order total", "money"),
        ],
        rows,
        charts.chart(
            "column",
            [
                Series(
                    "order_count",
                    BLUE,
                    "day_name",
                    {"gap": 50, "data_labels": labels("#,##0")},
                )
            ],
            "Orders by day of the week",
            {},
            {"name": "Orders", "num_format": "#,##0"},
        ),
        "Names of days are the course's guess (0 is Saturday); Instacart never said.",
    )


@asks("Key question 1: When in the week is the shop busiest, and when quiet?")
def orders_by_day_and_hour(charts: Charts) -> Block:
    cells = charts.rows("select * from marts.rpt_day_hours order by day_of_week")
    windows = charts.warehouse.analysis("quietest_ad_windows")
    days = list(dict.fromkeys(cell["day_name"] for cell in cells))
    rows = [
        {"hour": words.hour(hour)}
        | {
            cell["day_name"]: cell["order_count"]
            for cell in cells
            if cell["hour_of_day"] == hour
        }
        for hour in range(24)
    ]
    peak = highest(cells, "order_count")
    quiet = next(
        window
        for window in sorted(windows, key=lambda window: window["week_rank"])
        if window["considered"] == "waking hours"
    )
    sheet = charts.sheet

    def colour(place: Range) -> None:
        sheet.colour_scale(
            place.first_row,
            place.column(days[0]),
            place.last_row,
            place.column(days[-1]),
            {"type": "2_color_scale"},
        )

    return Block(
        f"Busiest is {peak['day_name']} at {words.hour(peak['hour_of_day'])}"
        f" ({words.plural(peak['order_count'], 'order')}). The quietest span of waking"
        f" hours is {window_text(quiet)}:"
        f" {words.plural(quiet['order_count'], 'order')}.",
        [
            Column("hour", "Hour from"),
            *(Column(day, day, "count") for day in days),
        ],
        rows,
        colour,
        "Darker cells have more orders.",
    )


def window_text(window: dict) -> str:
    """A row of quietest_ad_windows in words: Tuesday, 20:00 to 23:00."""
    return (
        f"{window['day_name']}, {words.hour(window['first_hour'])} to"
        f" {words.hour(window['end_hour'])}"
    )


@asks("Key question 2: When do customers spend most per order?", "prices")
def order_total_by_hour(charts: Charts) -> Block:
    rows = _hours_with_spend(charts)
    frequent = [row for row in rows if row["order_share"] >= FREQUENT]
    high = highest(frequent, "avg_order_total")
    low = lowest(frequent, "avg_order_total")
    return Block(
        f"The mean order is dearest at {words.hour(high['hour_of_day'])}"
        f" ({words.money(high['avg_order_total'])}) and cheapest at"
        f" {words.hour(low['hour_of_day'])} ({words.money(low['avg_order_total'])});"
        f" over all hours it is {words.money(high['overall'])} (of hours with at least"
        f" {words.share(FREQUENT, 0)} of orders; others waver).",
        [
            Column("hour", "Hour from"),
            Column("order_count", "Orders", "count"),
            Column("products_per_order", "Products per order", "decimal"),
            Column("avg_order_total", "Mean order total", "money"),
            Column("overall", "Mean of all orders", "money"),
        ],
        rows,
        charts.chart(
            "line",
            [
                Series("avg_order_total", BLUE, "hour"),
                Series("overall", GREY, "hour", {"line": AVERAGE}),
            ],
            "Mean order total by hour (axis does not start at 0)",
            {"name": "Hour of the day"},
            _tight("avg_order_total", rows)
            | {"name": "Dollars per order", "num_format": "$#,##0"},
        ),
        "Hours with few orders waver; prices are fabricated by the course.",
    )


@asks("Key question 2: At what hours is most money spent?", "prices")
def revenue_by_hour(charts: Charts) -> Block:
    rows = _hours_with_spend(charts)
    high = highest(rows, "revenue")
    total = sum(row["revenue"] for row in rows)
    for row in rows:
        row["revenue_share"] = row["revenue"] / total if total else None
    return Block(
        f"Most money is spent from {words.hours([high['hour_of_day']])}:"
        f" {words.money(high['revenue'])}, or {words.share(high['revenue_share'])} of"
        " the day"
        + (
            ", when most orders come."
            if high is highest(rows, "order_count")
            else f"; most orders come at {highest(rows, 'order_count')['hour']}."
        ),
        [
            Column("hour", "Hour from"),
            Column("customer_count", "Customers", "count"),
            Column("order_count", "Orders", "count"),
            Column("order_product_count", "Order products", "count"),
            Column("revenue", "Revenue", "dollars"),
            Column("revenue_share", "Share of revenue", "share"),
        ],
        rows,
        charts.chart(
            "column",
            [Series("revenue", BLUE, "hour", {"gap": 30})],
            "Revenue by hour of the day",
            {"name": "Hour of the day"},
            {"name": "Dollars", "num_format": "$#,##0"},
        ),
    )


@asks("Key question 2: Do customers buy dearer products at some hours?", "prices")
def product_price_by_hour(charts: Charts) -> Block:
    rows = _hours_with_spend(charts)
    known = [row for row in rows if row["avg_product_price"] is not None]
    frequent = [row for row in known if row["order_share"] >= FREQUENT] or known
    high = highest(frequent, "avg_product_price")
    low = lowest(frequent, "avg_product_price")
    spread = high["avg_product_price"] / low["avg_product_price"] - 1
    return Block(
        f"The mean price of a product is {words.money(low['avg_product_price'])} to"
        f" {words.money(high['avg_product_price'])}, highest at"
        f" {words.hour(high['hour_of_day'])}: {words.share(spread)} between the ends"
        f" (of hours with at least {words.share(FREQUENT, 0)} of orders; others"
        " waver).",
        [
            Column("hour", "Hour from"),
            Column("order_product_count", "Order products", "count"),
            Column("avg_product_price", "Mean product price", "money"),
        ],
        rows,
        charts.chart(
            "line",
            [Series("avg_product_price", BLUE, "hour")],
            "Mean price of a product by hour",
            {"name": "Hour of the day"},
            {"name": "Dollars per product", "num_format": "$0.00", "min": 0},
        ),
        "Hours with few orders waver; prices are fabricated by the course.",
    )


def _hours_with_spend(charts: Charts) -> list[dict]:
    rows = charts.rows(
        "select *, (select sum(revenue) / sum(order_count) from marts.rpt_hours_of_day)"
        " as overall from marts.rpt_hours_of_day order by hour_of_day"
    )
    for row in rows:
        row["hour"] = words.hour(row["hour_of_day"])
    return rows


def _tight(key: str, rows: Sequence[dict]) -> dict:
    """Bounds of an axis around a column, in whole fives."""
    return {"min": floor(rows, key, 5), "max": ceiling(rows, key, 5)}
