"""Charts of what: price ranges, departments and pairs of products."""

from __future__ import annotations

from instacart import words
from instacart.report.blocks import (
    CHART_COLUMN,
    CHART_SIZE,
    FEWEST_CUSTOMERS,
    Block,
    Charts,
    asks,
    ceiling,
    floor,
    highest,
)
from instacart.report.design import (
    BLUE,
    FONT,
    GREY,
    ORANGE,
    PIXELS_PER_ROW,
    Column,
    Range,
    Series,
)

# The height of the chart of labelled points, in pixels: they need room.
TALL = 520


@asks("Key question 3: What do price ranges sell?", "prices")
def price_ranges(charts: Charts) -> Block:
    rows = charts.warehouse.analysis("key_question_3_price_ranges")
    largest = highest(rows, "order_product_count")
    dearest = rows[-1]
    return Block(
        f"{words.group(largest['price_range'])} are"
        f" {words.share(largest['order_product_share'])} of order products and"
        f" {words.share(largest['revenue_share'])} of revenue;"
        f" {words.segment(dearest['price_range'])} are"
        f" {words.share(dearest['order_product_share'])} and"
        f" {words.share(dearest['revenue_share'])}, bought at least once by"
        f" {words.share(dearest['customer_share'], 0)} of customers.",
        [
            Column("price_range", "Price range"),
            Column("customer_count", "Customers", "count"),
            Column("order_count", "Orders", "count"),
            Column("order_product_count", "Order products", "count"),
            Column("customer_share", "Share of customers", "share"),
            Column("product_share", "Share of the catalogue", "share"),
            Column("order_product_share", "Share of order products", "share"),
            Column("revenue_share", "Share of revenue", "share"),
        ],
        rows,
        charts.share_columns(
            "price_range",
            {
                "product_share": GREY,
                "order_product_share": BLUE,
                "revenue_share": ORANGE,
            },
            "Price ranges on offer, bought and earned",
        ),
        "Shares of customers don't add up to 1: most bought in several ranges.",
    )


@asks("Key question 4: Which departments are bought from most often?")
def departments(charts: Charts) -> Block:
    rows = charts.warehouse.analysis("key_question_4_departments_by_frequency")
    first, second, last = rows[0], rows[min(1, len(rows) - 1)], rows[-1]
    return Block(
        f"{first['department'].capitalize()} is"
        f" {words.share(first['order_product_share'], 0)} of order products, in"
        f" {words.share(first['order_share'], 0)} of orders"
        + (
            f"; with {second['department']}"
            f" {words.share(second['cumulative_share'], 0)}. Least is"
            f" {last['department']}"
            f" ({words.plural(last['order_product_count'], 'order product')})."
            if len(rows) > 2
            else "."
        ),
        [
            Column("department", "Department"),
            Column("customer_count", "Customers", "count"),
            Column("order_count", "Orders", "count"),
            Column("order_product_count", "Order products", "count"),
            Column("customer_share", "Share of customers", "share"),
            Column("order_share", "Share of orders", "share"),
            Column("order_product_share", "Share of order products", "share"),
            Column("reorder_rate", "Reorder rate", "share"),
        ],
        rows,
        charts.bars(
            "department",
            "order_product_share",
            "Share of order products by department",
            "0.0%",
        ),
    )


@asks(
    "Sales: Which departments earn much per order and are seldom reordered?", "prices"
)
def opportunities(charts: Charts) -> Block:
    rows = charts.rows(
        "select * from marts.rpt_departments where order_product_count > 0 order by"
        " opportunity_rank, department_id"
    )
    first = rows[0]

    across = {
        "min": floor(rows, "reorder_rate", 0.1),
        "max": ceiling(rows, "reorder_rate", 0.1),
    }
    up = {
        "min": floor(rows, "revenue_per_order", 5),
        "max": ceiling(rows, "revenue_per_order", 5),
    }
    positions = _label_positions(
        [
            (
                row["department"],
                _part(row["reorder_rate"], across) * (CHART_SIZE[0] - 110),
                (1 - _part(row["revenue_per_order"], up)) * (TALL - 120),
            )
            for row in rows
        ]
    )

    # A series per department: its name is the label, which any reader can draw.
    def draw(place: Range) -> None:
        charts.sheet.chart(
            {"type": "scatter"},
            place,
            [
                Series(
                    "revenue_per_order",
                    BLUE,
                    "reorder_rate",
                    {
                        "name": place.cell("department", number),
                        "line": {"none": True},
                        "marker": {
                            "type": "circle",
                            "size": 6,
                            "fill": {"color": BLUE},
                            "border": {"color": "white"},
                        },
                        "data_labels": {
                            "series_name": True,
                            "position": positions[number],
                            "font": {"name": FONT, "size": 8},
                        },
                    },
                    number,
                )
                for number in range(len(rows))
            ],
            "Revenue per order with it, by reorder rate",
            {
                "name": "Reorder rate: share of order products bought before",
                "num_format": "0%",
                "major_gridlines": {"visible": False},
            }
            | across,
            {"name": "Dollars per order", "num_format": "$#,##0"} | up,
            (place.header_row, CHART_COLUMN),
            (CHART_SIZE[0], TALL),
            has_legend=False,
        )

    return Block(
        f"{first['department'].capitalize()} has most to gain: an order with it earns"
        f" {words.money(first['revenue_per_order'])} there, and"
        f" {words.share(first['reorder_rate'], 0)} of what is bought there had been"
        " bought before.",
        [
            Column("department", "Department"),
            Column("opportunity_rank", "Place by opportunity", "count"),
            Column("customer_count", "Customers", "count"),
            Column("order_count", "Orders", "count"),
            Column("order_product_count", "Order products", "count"),
            Column("reorder_rate", "Reorder rate", "share"),
            Column("revenue_per_order", "Revenue per order", "money"),
        ],
        rows,
        draw,
        "Opportunity is the mean of two places: high revenue per order, low reorder"
        " rate.",
        chart_rows=TALL // PIXELS_PER_ROW + 1,
    )


@asks("Customers: Which products are bought together?")
def pairs(charts: Charts) -> Block:
    # Of fewer customers a pair is a habit of theirs; shown only if there is no other.
    rows = charts.rows(
        "select * from marts.rpt_product_pairs"
        f" order by customer_count < {FEWEST_CUSTOMERS}, lift desc, product_id_a,"
        " product_id_b limit 15"
    )
    sure = [row for row in rows if row["customer_count"] >= FEWEST_CUSTOMERS]
    rows = sure or rows
    if not rows:
        return Block(
            "No two products are bought together often enough to be reported (the var"
            " min_pair_orders)."
        )
    for row in rows:
        row["pair"] = f"{row['product_name_a']} + {row['product_name_b']}"
    first = rows[0]
    return Block(
        f"{first['product_name_a']} and {first['product_name_b']} are in one order"
        f" {words.decimal(first['lift'], 0)} times as often as chance would have it"
        f" ({words.plural(first['order_count'], 'order')} of"
        f" {words.plural(first['customer_count'], 'customer')})"
        + (
            "."
            if sure
            else f": no pair is bought by {FEWEST_CUSTOMERS} customers, so that this"
            " says"
            " nothing of others."
        ),
        [
            Column("pair", "Pair of products", "small"),
            Column("order_count_a", "Orders with the first", "count"),
            Column("order_count_b", "Orders with the second", "count"),
            Column("order_count", "Orders with both", "count"),
            Column("customer_count", "Customers with both", "count"),
            Column("support", "Share of orders", "fine_share"),
            Column("confidence_a_to_b", "Second, given the first", "share"),
            Column("confidence_b_to_a", "First, given the second", "share"),
            Column("lift", "Lift", "decimal"),
        ],
        rows,
        charts.bars(
            "pair",
            "lift",
            "Lift of the closest pairs: times as often as by chance",
            "0.0",
            {"num_font": {"name": FONT, "size": 7}},
        ),
        "Pairs in few orders are left out (the var min_pair_orders), and those of few"
        " customers, if there are others.",
    )


def _part(value: float, axis: dict) -> float:
    """Where on an axis a value lies, 0 to 1."""
    return (value - axis["min"]) / (axis["max"] - axis["min"])


def _label_positions(points: list[tuple[str, float, float]]) -> list[str]:
    """On which side of its point each label meets the fewest labels and points.

    points: text, and pixels from the left and from the top.
    """
    taken = [(left - 5, top - 5, left + 5, top + 5) for _, left, top in points]
    positions = []
    for text, left, top in points:
        wide, high = 5.2 * len(text) + 4, 13
        boxes = {
            "right": (left + 6, top - high / 2, left + 6 + wide, top + high / 2),
            "left": (left - 6 - wide, top - high / 2, left - 6, top + high / 2),
            "above": (left - wide / 2, top - 6 - high, left + wide / 2, top - 6),
            "below": (left - wide / 2, top + 6, left + wide / 2, top + 6 + high),
        }
        best = min(
            boxes, key=lambda side: sum(_meet(boxes[side], one) for one in taken)
        )
        positions.append(best)
        taken.append(boxes[best])
    return positions


def _meet(one: tuple, other: tuple) -> bool:
    """Whether two boxes (left, top, right, bottom) overlap."""
    return (
        one[0] < other[2]
        and other[0] < one[2]
        and one[1] < other[3]
        and other[1] < one[3]
    )
