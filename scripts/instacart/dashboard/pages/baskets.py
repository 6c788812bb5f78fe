"""What is bought together: a product's partners, and pairs of all."""

from __future__ import annotations

from collections.abc import Sequence

from instacart import words
from instacart.dashboard import charts
from instacart.dashboard.pages.asked import panel_of
from instacart.dashboard.panel import (
    ALL,
    Choice,
    Click,
    Control,
    Option,
    Page,
    Panel,
    View,
    one_view,
)
from instacart.report.baskets import (
    DepartmentPairs,
    few_text,
    partner_sentence,
    partners,
    products_sentence,
)
from instacart.report.categories import tell_apart
from instacart.report.questions.customer_pairs import ProductPairs
from instacart.report.source import Source
from instacart.warehouse import Row
from instacart.workbook import Column

PRODUCT = "product"
# As fit into the file, and as a chart shows.
MOST_PRODUCTS, MOST_PARTNERS, MOST_SHOWN = 1000, 6, 12
PAIRS = ["marts.rpt_product_pairs"]
CUSTOMERS = Column("customer_count", "Customers with both", "count")
ORDERS = Column("order_count", "Orders with both", "count")
LIFT = Column("lift", "Times as often as by chance", "tenth")
PARTNER = Column("partner", "Partner")
CONFIDENCE = Column("confidence", "Orders with it that hold the partner", "share")
LINES = Column("lines", "Bought together")
FEW = Column("few", "Customers who say little")


def page(source: Source) -> Page:
    """The page, with a search for a product, which a click on one is too."""
    rows = partners(source.warehouse, MOST_PARTNERS, MOST_PRODUCTS)
    for row in rows:
        row["few"] = None if row["has_enough_customers"] else few_text(source.facts)
    products = _products(rows)
    names = {row["product_id"]: row["product_name"] for row in products}
    for row in [*rows, *products]:
        row["partner"] = names.get(row["partner_id"], row["partner_name"])
    options = [Option(str(key), name) for key, name in names.items()]
    held = words.plural(len(options), "product")
    if len(options) == MOST_PRODUCTS:
        held = f"the {held} of most orders"
    return Page(
        "baskets",
        "Baskets",
        "Which products and departments are bought together in one order.",
        [
            _partners(source, rows, products),
            _pairs(source),
            _department_pairs(source),
        ],
        [
            Control(
                PRODUCT,
                "Search a product",
                {"": [Option(ALL, "All products"), *options]},
                is_search=True,
                holds=f"{held} that are often bought together with another one",
            )
        ],
    )


def _products(rows: Sequence[Row]) -> list[Row]:
    """The row of each product with its closest partner, names told apart."""
    products = [Row(row) for row in rows if row["partner_rank"] == 1]
    tell_apart(products, "product_name", "product_id")
    return products


def _partners(source: Source, rows: Sequence[Row], products: Sequence[Row]) -> Panel:
    """The closest partners of a product; of all, those of the products ordered most."""
    columns = [PARTNER, LIFT, CONFIDENCE, CUSTOMERS, ORDERS, FEW]
    measures = CONFIDENCE, CUSTOMERS, ORDERS
    enough, searched = "has_enough_customers", "searched"
    of_one = charts.bars(PARTNER, LIFT, *measures, highlight=enough, click=searched)
    of_all = charts.bars(
        LINES,
        LIFT,
        *measures,
        highlight=enough,
        click=searched,
        step=charts.TWO_LINES,
    )
    first = [
        Row(
            row,
            searched=str(row["product_id"]),
            lines=_lines(row["product_name"], row["partner"]),
        )
        for row in products[:MOST_SHOWN]
    ]
    views: dict[Choice, View] = {(ALL,): View(products_sentence(first, source.facts))}
    if first:
        views[ALL,] = View(
            products_sentence(products, source.facts),
            of_all,
            first,
            [Column("product_name", "Product"), *columns],
            _verdict(source, first),
            _note(
                first,
                f"Shown are the {len(first)} most ordered products, each with the"
                " partner closest to it.",
            ),
        )
    of: dict[str, list[Row]] = {}
    for row in rows:
        of.setdefault(str(row["product_id"]), []).append(
            Row(row, searched=str(row["partner_id"]))
        )
    for product, found in of.items():
        cut = found[0]["partner_count"] > len(found)
        views[product,] = View(
            partner_sentence(found[0], source.facts),
            of_one,
            found,
            columns,
            _verdict(source, found),
            _note(found, f"Shown are the closest {MOST_PARTNERS}." if cut else ""),
        )
    return Panel(
        "baskets-partners",
        "What goes with a product?",
        "orders that hold both, and customers who bought both in one",
        PAIRS,
        views,
        [PRODUCT],
        Click(PRODUCT, "searched"),
        is_wide=True,
    )


def _verdict(source: Source, rows: Sequence[Row]) -> str:
    """Too few, where the pair of the sentence, the first, is of few customers."""
    is_few = not rows[0]["has_enough_customers"]
    return source.facts.verdicts.too_few if is_few else ""


def _lines(first: str, second: str) -> str:
    """Two names on two lines, as in one the second would be cut."""
    return f"{first}\n+ {second}"


def _note(rows: Sequence[Row], text: str) -> str:
    """A note, and what grey bars are, if there are any."""
    few = [row["few"] for row in rows if row["few"]]
    return " ".join(one for one in (text, f"Grey: {few[0]}." if few else "") if one)


def _pairs(source: Source) -> Panel:
    question = source.question(ProductPairs)
    for row in question.rows:
        row["searched"] = str(row["product_id_a"])
        row["lines"] = _lines(row["product_name_a"], row["product_name_b"])
    chart = charts.bars(
        LINES,
        LIFT,
        CUSTOMERS,
        ORDERS,
        highlight="has_enough_customers",
        click="searched",
        step=charts.TWO_LINES,
    )
    return panel_of(
        "baskets-pairs",
        question,
        chart if question.rows else None,
        "orders that hold both, and customers who bought both in one",
        PAIRS,
        Click(PRODUCT, "searched"),
    )


def _department_pairs(source: Source) -> Panel:
    asked = DepartmentPairs(source.warehouse, source.facts)
    shown = asked.rows[:MOST_SHOWN]
    pair = Column("pair", "Pair of departments")
    figures = [
        Column("lift", "Times as often as by chance", "index"),
        ORDERS,
        Column("confidence_a_to_b", "Second, given first", "share"),
        Column("confidence_b_to_a", "First, given second", "share"),
    ]
    for row in shown:
        row["lines"] = _lines(row["department_a"], row["department_b"])
    chart = charts.bars(LINES, *figures, step=charts.TWO_LINES)
    note = f"Shown are the closest {len(shown)} of {len(asked.rows)}." if shown else ""
    view = View(
        source.facts.lacking("departments") or asked.sentence(),
        chart if shown else None,
        shown,
        [pair, *figures] if shown else [],
        note=f"{note} {asked.caution()}".strip() if shown else "",
    )
    return Panel(
        "baskets-departments",
        "Which departments are bought together?",
        "orders that hold items of both",
        ["marts.rpt_department_pairs", "marts.rpt_departments"],
        one_view(view),
    )
