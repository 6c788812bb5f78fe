"""The sheet that follows each row from its raw file to what is analysed."""

from __future__ import annotations

from instacart import words
from instacart.report.chart import SMALL, Chart, Place, Series
from instacart.report.page import Formula, Range
from instacart.report.sheet import Sheet
from instacart.report.source import Source
from instacart.report.trust import (
    merge_variants,
    population_steps,
    removed_text,
    variants_caution,
)
from instacart.warehouse import Row, Warehouse
from instacart.workbook import (
    BAND,
    BLUE,
    FAINT_INK,
    GREY,
    LIGHT_GREY,
    ORANGE,
    RED,
    SKY,
    Column,
)

NAME = "Population flow"
ABOUT = "every row from raw file to analysis, and how published pipelines go astray"
WIDTHS = (1, 19, 38, 12, 12, 12, 9, 14, 14, 30)
# The lanes of the drawing, and what happens to their rows after they are cleaned.
LANES = {
    "products": "products.csv",
    "orders": "orders.csv",
    "order_products": "order products files",
    "customers": "customers.csv",
}
# Pixels: a box, from lane to lane, from box to box; the first box's left and top.
BOX, LANE, STEP, LEFT, TOP = (258, 54), 284, 112, 14, 10
DRAWING_ROWS, CHART_ROWS = 36, 22
WHITE, BLACK = "#FFFFFF", "#000000"
# Fill and text of the boxes of chosen rows: what is analysed, and of whom.
CHOICES = ((ORANGE, BLACK), (RED, WHITE))
LEGEND = (
    "Grey: as in the file. Blue: cleaned. Light blue: merged. Orange: analysed. Red: of"
    " active customers."
)


def write(sheet: Sheet, source: Source) -> None:
    """Write the drawing, its table, and the published variants beside it."""
    steps = population_steps(source.warehouse)
    sheet.set_close()
    sheet.start(
        NAME,
        "From the rows of the raw files to the order products that are analysed, and to"
        " those of active customers: nothing is lost unseen."
        f" {source.facts.warning}".strip(),
    )
    _draw(sheet, steps, {file["dataset"] for file in source.facts.files})
    sheet.keep_together(CHART_ROWS + 1)
    chart_row = sheet.heading("Order products: kept and removed at each step") + 1
    sheet.gap(CHART_ROWS)
    table = _tabulate(sheet, steps)
    _chart(sheet, steps, table, chart_row)
    _compare(sheet, source.warehouse)


def _draw(sheet: Sheet, steps: list[Row], loaded: set[str]) -> None:
    """Boxes of rows, with what is removed between them; `loaded` are the datasets."""
    sheet.heading("The flow")
    flow = Flow(sheet)
    by_dataset: dict[str, list[Row]] = {dataset: [] for dataset in LANES}
    for step in steps:
        by_dataset.setdefault(step["dataset"], []).append(step)
    for number, (dataset, file) in enumerate(LANES.items()):
        left = LEFT + number * LANE
        if dataset in loaded:
            name = "Clean " + dataset.replace("_", " ")
            flow.lane(left, f"Rows of {file}", name, by_dataset[dataset])
        else:
            missing = f"No {file} in this package"
            sheet.box(missing, left, TOP, BOX, flow.row, BAND, FAINT_INK, italic=True)
    flow.join([dataset in loaded for dataset in LANES])
    left = LEFT + 2 * LANE
    order_products = by_dataset["order_products"]
    merged = [step for step in order_products if not step["is_choice"]][-1]
    flow.arrow(left, TOP + STEP, "each finds its order, product and customer")
    name = "Order products with all that is known"
    flow.box(left, TOP + 2 * STEP, name, merged["rows_out"], SKY, BLACK)
    # Customers are chosen from those of the dimension, who have orders.
    flow.choices(left, order_products)
    flow.choices(LEFT + LANE, by_dataset["orders"])
    flow.choices(LEFT + 3 * LANE, by_dataset.get("dim_customers", []))
    at = TOP + 5 * STEP - 42
    sheet.box(LEGEND, LEFT, at, (900, 20), flow.row, None, FAINT_INK, italic=True)
    sheet.row = flow.row + DRAWING_ROWS


class Flow:
    """The drawing below a row of the sheet; lefts and tops are in pixels."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet, self.row = sheet, sheet.row

    def lane(self, left: int, raw: str, clean: str, steps: list[Row]) -> None:
        """A dataset as its file has it, and cleaned."""
        cleaning = [step for step in steps[1:] if not step["is_choice"]]
        self.box(left, TOP, raw, steps[0]["rows_out"], GREY)
        self.arrow(left, TOP, removed_text(cleaning))
        self.box(left, TOP + STEP, clean, cleaning[-1]["rows_out"], BLUE)

    def choices(self, left: int, steps: list[Row]) -> None:
        """The steps that choose what is analysed, below the merged or clean rows."""
        chosen = [step for step in steps if step["is_choice"]]
        for number, step in enumerate(chosen):
            above = TOP + (2 + number) * STEP
            fill, ink = CHOICES[min(number, 1)]
            self.arrow(left, above, removed_text([step]))
            self.box(left, above + STEP, step["step"], step["rows_out"], fill, ink)

    def box(
        self,
        left: int,
        top: int,
        name: str,
        rows: int,
        fill: str,
        colour: str = WHITE,
    ) -> None:
        text = f"{name}\n{words.count(rows)}"
        self.sheet.box(text, left, top, BOX, self.row, fill, colour, bold=True)

    def arrow(self, left: int, top: int, text: str) -> None:
        """An arrow down from the box at `top`, with a text over its shaft."""
        middle, start = left + BOX[0] // 2, top + BOX[1]
        length = STEP - BOX[1]
        tip = start + length - 23
        self.line(middle - 1, start, (2, length - 8))
        self.sheet.box("\u25bc", middle - 30, tip, (60, 26), self.row, None, GREY)
        self.sheet.box(
            text, left - 8, start + 4, (LANE - 10, 34), self.row, WHITE, FAINT_INK
        )

    def join(self, is_loaded: list[bool]) -> None:
        """Lines that bring the clean lanes together, and two of them further down."""
        foot = TOP + STEP + BOX[1]
        middles = [LEFT + number * LANE + BOX[0] // 2 for number in range(len(LANES))]
        for middle, is_there in zip(middles, is_loaded, strict=True):
            if is_there:
                self.line(middle - 1, foot, (2, 8))
        self.line(middles[0] - 1, foot + 8, (middles[-1] - middles[0] + 2, 2))
        for middle in (middles[1], middles[3]):
            self.line(middle - 1, foot + 8, (2, STEP - 8))

    def line(self, left: int, top: int, extent: tuple[int, int]) -> None:
        self.sheet.box("", left, top, extent, self.row, GREY)


def _tabulate(sheet: Sheet, steps: list[Row]) -> Range:
    sheet.keep_together(len(steps) + 2)
    sheet.heading("Step by step: rows before, removed, after, and why")
    first = sheet.row + 2
    for number, step in enumerate(steps):
        row = first + number
        is_right = step["rows_in"] - step["rows_removed"] == step["rows_out"]
        step["adds_up"] = Formula(
            f'=IF(D{row}-E{row}=F{row},"yes","NO")', "yes" if is_right else "NO"
        )
    cells = sheet.table(
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
    return cells


def _chart(sheet: Sheet, steps: list[Row], table: Range, row: int) -> None:
    """Order products step by step, kept and removed, from the table's cells."""
    numbers = [
        number
        for number, step in enumerate(steps)
        if step["dataset"] == "order_products"
    ]
    cells = table.part(numbers[0], numbers[-1])
    shown_inside = {
        "value": True,
        "num_format": "#,##0",
        "position": "inside_end",
        "font": SMALL | {"color": WHITE},
    }
    look = {"gap": 30, "data_labels": shown_inside}
    kept, started = cells.rows[-1], cells.rows[0]
    place = Place(
        row,
        1,
        0,
        sheet.width((1, sheet.last_column)),
        CHART_ROWS * sheet.row_pixels - 30,
        f"Of {words.plural(started['rows_in'], 'order product')} of the files"
        f" {words.count(kept['rows_out'])} are of active customers",
    )
    Chart(
        "bar",
        [
            Series("rows_out", BLUE, "step", look),
            Series("rows_removed", LIGHT_GREY, "step"),
        ],
        "Order products from the raw files to active customers",
        {"name": "Step"},
        {"name": "Order products"},
        subtype="stacked",
    ).draw(sheet, cells, place)


def _compare(sheet: Sheet, warehouse: Warehouse) -> None:
    rows = merge_variants(warehouse)
    sheet.keep_together(36)
    sheet.heading("The published ways to merge, on this data")
    sheet.paragraph(
        "Eight ways that public notebooks merged orders, order products and products,"
        " and the correct one, counted on the loaded data."
        f" {variants_caution(rows)}"
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
