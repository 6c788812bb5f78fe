"""The sheet that follows each row from its raw file to what is analysed."""

from __future__ import annotations

from instacart import words
from instacart.report.design import (
    BAND,
    BLUE,
    FAINT_INK,
    FONT,
    GREY,
    ORANGE,
    PIXELS_PER_ROW,
    RED,
    SKY,
    Column,
    Formula,
    Range,
    Series,
    Sheet,
)
from instacart.report.facts import Facts
from instacart.warehouse import Warehouse

WIDTHS = (2, 30, 40, 13, 13, 13, 11, 13, 13, 36)
# The lanes of the drawing, and what happens to their rows after they are cleaned.
LANES = {
    "products": "products.csv",
    "orders": "orders.csv",
    "order_products": "order products files",
    "customers": "customers.csv",
}
BOX, LANE, STEP = (240, 44), 300, 96
DRAWING_ROWS, CHART_ROWS = 25, 18


def write(sheet: Sheet, warehouse: Warehouse, facts: Facts) -> None:
    """Write the drawing, its table, and the published variants beside it."""
    steps = warehouse.rows("select * from data_quality.population_flow order by 1")
    sheet.start(
        "Population flow",
        "From the rows of the raw files to the order products that are analysed, and to"
        f" those of active customers: nothing is lost unseen. {facts.warning}".strip(),
    )
    sheet.print_in_blocks()
    _draw(sheet, steps, {file["dataset"] for file in facts.files})
    chart_row = sheet.heading("Order products: kept and removed at each step") + 1
    sheet.gap(CHART_ROWS)
    table = _tabulate(sheet, steps)
    _chart(sheet, steps, table, chart_row)
    _compare(sheet, warehouse)


def _draw(sheet: Sheet, steps: list[dict], loaded: set[str]) -> None:
    """Boxes of rows, with what is removed between them; `loaded` are the datasets."""
    sheet.heading("The flow")
    top = sheet.row
    lanes = {
        dataset: [step for step in steps if step["dataset"] == dataset]
        for dataset in LANES
    }
    for number, (dataset, file) in enumerate(LANES.items()):
        left = 30 + number * LANE
        lane = lanes[dataset]
        if dataset not in loaded:
            missing = f"No {file} in this package"
            sheet.box(missing, left, 10, BOX, top, BAND, FAINT_INK, italic=True)
            continue
        cleaning = [step for step in lane[1:] if not _is_choice(step)]
        kept = cleaning[-1]["rows_out"]
        _box(sheet, top, left, 10, f"Rows of {file}", lane[0]["rows_out"], GREY)
        _arrow(sheet, top, left, 10, _removed(cleaning))
        name = "Clean " + dataset.replace("_", " ")
        _box(sheet, top, left, 10 + STEP, name, kept, BLUE)
    _join(sheet, top, [dataset in loaded for dataset in LANES])
    left = 30 + 2 * LANE
    flow = lanes["order_products"]
    merged = [step for step in flow if not _is_choice(step)][-1]["rows_out"]
    _arrow(sheet, top, left, 10 + STEP, "each finds its order, product and customer")
    _box(
        sheet, top, left, 10 + 2 * STEP, "Order products with all that is known",
        merged, SKY, "#000000",
    )  # fmt: skip
    colours = (ORANGE, RED)
    for number, step in enumerate(one for one in flow if _is_choice(one)):
        above = 10 + (2 + number) * STEP
        _arrow(sheet, top, left, above, _removed([step]))
        colour = colours[min(number, 1)]
        ink = "#000000" if colour == ORANGE else "#FFFFFF"
        _box(
            sheet, top, left, above + STEP, step["step"], step["rows_out"], colour, ink
        )
    for number, dataset in ((1, "orders"), (3, "dim_customers")):
        chosen = [
            step for step in steps if step["dataset"] == dataset and _is_choice(step)
        ]
        for place, step in enumerate(chosen):
            above = 10 + (2 + place) * STEP
            left = 30 + number * LANE
            _arrow(sheet, top, left, above, _removed([step]))
            _box(
                sheet, top, left, above + STEP, step["step"], step["rows_out"],
                colours[min(place, 1)], "#000000" if place == 0 else "#FFFFFF",
            )  # fmt: skip
    legend = (
        "Grey: as in the file. Blue: cleaned. Light blue: merged. Orange: analysed."
        " Red: of active customers."
    )
    sheet.box(
        legend, 30, 10 + 5 * STEP - 42, (900, 20), top, None, FAINT_INK, italic=True
    )
    sheet.row = top + DRAWING_ROWS


def _is_choice(step: dict) -> bool:
    """Whether a step chooses what is analysed, instead of cleaning."""
    return step["step"].startswith(("Analysed", "Customers with", "High-activity"))


def _removed(steps: list[dict]) -> str:
    """What some steps remove, in words."""
    gone = [step for step in steps if step["rows_removed"]]
    if not gone:
        return "nothing removed"
    return "; ".join(
        f"{words.count(step['rows_removed'])} removed: {_short(step['reason'])}"
        for step in gone
    )


def _short(reason: str) -> str:
    plain = reason.partition(":")[0]
    return plain[:1].lower() + plain[1:]


def _box(sheet, row, left, top, name, rows, fill, colour="#FFFFFF") -> None:
    sheet.box(
        f"{name}\n{words.count(rows)}", left, top, BOX, row, fill, colour, bold=True
    )


def _arrow(sheet: Sheet, row: int, left: int, top: int, text: str) -> None:
    """An arrow down from the box at `top`, with a text over its shaft."""
    middle = left + BOX[0] // 2
    start = top + BOX[1]
    length = STEP - BOX[1]
    sheet.box("", middle - 1, start, (2, length - 8), row, GREY)
    sheet.box("\u25bc", middle - 30, start + length - 22, (60, 26), row, None, GREY)
    sheet.box(text, left, start + 12, (BOX[0], 24), row, "#FFFFFF", FAINT_INK, size=8)


def _join(sheet: Sheet, row: int, is_loaded: list[bool]) -> None:
    """Lines that bring the clean lanes together, and two of them further down."""
    foot = 10 + STEP + BOX[1]
    middles = [30 + number * LANE + BOX[0] // 2 for number in range(len(LANES))]
    for middle, is_there in zip(middles, is_loaded, strict=True):
        if is_there:
            sheet.box("", middle - 1, foot, (2, 8), row, GREY)
    sheet.box(
        "", middles[0] - 1, foot + 8, (middles[-1] - middles[0] + 2, 2), row, GREY
    )
    for middle in (middles[1], middles[3]):
        sheet.box("", middle - 1, foot + 8, (2, STEP - 8), row, GREY)


def _tabulate(sheet: Sheet, steps: list[dict]) -> Range:
    sheet.keep_together(len(steps) + 2)
    sheet.heading("Step by step: rows before, removed, after, and why")
    first = sheet.row + 2
    for number, step in enumerate(steps):
        row = first + number
        is_right = step["rows_in"] - step["rows_removed"] == step["rows_out"]
        step["adds_up"] = Formula(
            f'=IF(D{row}-E{row}=F{row},"yes","NO")', "yes" if is_right else "NO"
        )
    place = sheet.table(
        [
            Column("dataset", "Dataset"),
            Column("step", "What is left after the step", "wrapped"),
            Column("rows_in", "Rows before", "count"),
            Column("rows_removed", "Removed", "count"),
            Column("rows_out", "Rows after", "count"),
            Column("adds_up", "Adds up"),
            Column("reason", "Why they are removed", "wrapped", 3),
        ],
        steps,
    )
    sheet.gap()
    return place


def _chart(sheet: Sheet, steps: list[dict], table: Range, row: int) -> None:
    """Order products step by step, kept and removed, from the table's cells."""
    numbers = [
        number
        for number, step in enumerate(steps)
        if step["dataset"] == "order_products"
    ]
    place = table.part(numbers[0], numbers[-1])
    sheet.chart(
        {"type": "bar", "subtype": "stacked"},
        place,
        [
            Series(
                "rows_out", BLUE, "step",
                {
                    "gap": 30,
                    "data_labels": {
                        "value": True, "num_format": "#,##0", "position": "inside_end",
                        "font": {"name": FONT, "size": 8, "color": "#FFFFFF"},
                    },
                },
            ),
            Series("rows_removed", ORANGE, "step"),
        ],
        "Order products from the raw files to active customers",
        {},
        {},
        (row, 1),
        (1250, CHART_ROWS * PIXELS_PER_ROW - 30),
    )  # fmt: skip


def _compare(sheet: Sheet, warehouse: Warehouse) -> None:
    rows = warehouse.rows("select * from data_quality.merge_variants order by 1")
    sheet.keep_together(44)
    sheet.heading("The published ways to merge, on this data")
    sheet.paragraph(
        "Eight ways that public notebooks merged orders, order products and products,"
        " and the correct one, counted on the loaded data. A right number of rows may"
        " hide what is lost and what is doubled."
    )
    sheet.table(
        [
            Column("variant", "Way to merge", "wrapped"),
            Column("what_goes_wrong", "What goes wrong", "wrapped"),
            Column("order_product_count", "Order products", "count"),
            Column("high_activity_order_product_count", "Of active customers", "count"),
            Column("lost_order_product_count", "Lost", "count"),
            Column("extra_order_product_count", "Extra", "count"),
            Column("unmatched_order_product_count", "Without a product", "count"),
            Column("difference_from_correct", "Against correct", "change"),
        ],
        rows,
        strong_last=True,
    )  # fmt: skip
