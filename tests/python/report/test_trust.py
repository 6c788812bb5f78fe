"""What became of rows and values, in sentences that sheets and the dashboard share."""

from __future__ import annotations

import pytest
from instacart.report import trust
from instacart.warehouse import Row

from report.support import Changed, Report

PUBLISHED = (
    "insert into data_quality.published_figures_check"
    " (metric, dimension, published, actual, is_match) values {}"
)
MATCHING = "('orders', 'all', 13, 13, true), ('aisles', 'all', 134, 134, true)"
DIFFERING = "('orders', 'of customers', 9, 8, false)"


def test_trust_in_a_line_counts_what_the_warehouse_says(
    tiny: Report, changed: Changed
) -> None:
    counted = {
        "order_count": "select sum(product_count)::bigint from marts.fct_orders"
        " where is_analysed",
        "read": "select sum(rows_read)::bigint from data_quality.file_row_counts"
        " where dataset = 'order_products'",
        "repaired": "select coalesce(sum(value_count), 0)::bigint"
        " from data_quality.repaired_values",
    }
    analysed, read, repaired = (tiny.one(sql) for sql in counted.values())
    start = f"{analysed} of {read} order products read are analysed;"
    assert trust.trust_line(tiny.warehouse, tiny.facts) == (
        f"{start} 0 rows rejected, {repaired} values repaired, nothing to compare with"
        " published figures."
    )
    other = changed(
        "update data_quality.file_row_counts set rows_rejected = 1"
        " where dataset = 'orders'",
        "delete from data_quality.repaired_values",
        PUBLISHED.format(f"{MATCHING}, {DIFFERING}"),
    )
    assert trust.trust_line(other.warehouse, other.facts) == (
        f"{start} 1 row rejected, 0 values repaired, 2 of 3 published figures match."
    )


def test_published_figures_match_differ_or_are_not_compared(
    tiny: Report, demo: Report, changed: Changed
) -> None:
    def said(report: Report) -> str:
        return trust.published_sentence(
            trust.published_figures(report.warehouse), report.facts
        )

    assert said(demo).endswith("and what is loaded is generated.")
    assert said(tiny).endswith("and what is loaded is not the whole of it.")
    matching = changed(PUBLISHED.format(MATCHING))
    assert said(matching) == "All 2 published figures of the 2017 data match."
    matching.warehouse.connection.close()
    differing = changed(PUBLISHED.format(f"{MATCHING}, {DIFFERING}"))
    assert said(differing) == (
        "2 of 3 published figures match; 1 differs, for one orders, of customers."
    )


def step(dataset: str, name: str, came: int, left: int, is_choice: bool = False) -> Row:
    return Row(
        dataset=dataset,
        step=name,
        rows_in=came,
        rows_removed=came - left,
        rows_out=left,
        reason="Copies: of another row",
        is_choice=is_choice,
    )


CUSTOMERS = [
    step("customers", "Rows of customers.csv", 9, 9),
    step("customers", "Distinct rows", 9, 9),
    step("dim_customers", "Customers of both", 12, 12),
    step("dim_customers", "Active customers", 12, 7, is_choice=True),
]
ORDERS = [
    step("orders", "Rows of orders.csv", 1200, 1200),
    step("orders", "Distinct rows", 1200, 1195),
    step("orders", "Analysed orders", 1195, 1000, is_choice=True),
    step("orders", "Orders of active customers", 1000, 900, is_choice=True),
]


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (
            ORDERS,
            "Of 1,200 rows of orders.csv 1,195 are kept (5 removed: copies); 1,000"
            " analysed orders and 900 orders of active customers are left.",
        ),
        (
            CUSTOMERS,
            "Of 9 rows of customers.csv all are kept. Of 12 customers of both all are"
            " kept; 7 active customers are left.",
        ),
        (ORDERS[:1], "Of 1,200 rows of orders.csv all are kept."),
    ],
)
def test_a_flow_is_told_from_its_file_to_what_is_left(
    steps: list[Row], said: str
) -> None:
    assert trust.flow_sentence(steps) == said


def test_customers_flow_on_without_a_file_of_them() -> None:
    steps, files = [*CUSTOMERS, *ORDERS], [Row(dataset="customers")]
    assert trust.flow_of(steps, files, "customers") == CUSTOMERS
    assert trust.flow_of(steps, [], "customers") == CUSTOMERS[2:]
    assert trust.flow_of(steps, files, "orders") == []


def file(name: str, read: int, kept: int, copies: int, rejected: int) -> Row:
    return Row(
        source_file=name,
        rows_read=read,
        rows_kept=kept,
        duplicates_removed=copies,
        rows_rejected=rejected,
    )


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            [file("a.csv", 1000, 990, 9, 1), file("b.csv", 5, 5, 0, 0)],
            "Of 1,005 rows read 995 are kept, 9 are exact copies and 1 is rejected.",
        ),
        (
            [file("a.csv", 10, 8, 1, 0)],
            "Of 10 rows read 8 are kept, 1 is an exact copy and 0 are rejected; the"
            " rows of a.csv don't add up.",
        ),
        ([], "The package has no file of this dataset."),
    ],
)
def test_rows_of_files_add_up_or_not(files: list[Row], said: str) -> None:
    assert trust.files_sentence(files) == said


def test_few_or_no_problems_rejections_and_repairs_are_told() -> None:
    clean, bad = Row(has_problem=False), Row(has_problem=True)
    assert trust.checks_sentence([clean] * 3) == (
        "None of 3 checked columns has a problem."
    )
    assert (
        trust.checks_sentence([clean, bad]) == "1 of 2 checked columns has a problem."
    )
    assert trust.checks_sentence([bad] * 2) == "2 of 2 checked columns have a problem."
    reason = Row(source_file="orders.csv", reason="order_id is missing", row_count=1)
    assert trust.rejected_sentence([reason]) == (
        "1 row is rejected, 1 of orders.csv: order_id is missing."
    )
    repaired = [
        Row(column_name="prices", repair="Median", value_count=2),
        Row(column_name="name", repair="HTML decoded", value_count=5),
    ]
    assert trust.repairs_sentence(repaired) == (
        "7 values are repaired, 5 of name: HTML decoded."
    )
    assert trust.repairs_sentence(repaired[:1]) == (
        "2 values of prices are repaired: Median."
    )
    assert trust.repairs_sentence([]) == "No value is shown otherwise than in its file."


def variant(name: str, rows: int, change: int, unmatched: int = 0) -> Row:
    return Row(
        variant=name,
        order_product_count=rows,
        difference_from_correct=change,
        unmatched_order_product_count=unmatched,
    )


def test_ways_to_merge_are_wrong_openly_or_unseen() -> None:
    correct = variant("Correct", 1000, 0)
    openly = [variant("Inner join", 990, -10), variant("Left join", 1004, 4)]
    unseen = variant("Left join to one", 1000, 0, unmatched=3)
    assert trust.variants_sentence([*openly, unseen, correct]) == (
        "2 of 3 published ways to merge the files miss the correct 1,000 order"
        " products, the worst by -10 (inner join)."
    )
    hides = "A right number of rows may hide what is lost and what is doubled."
    assert trust.variants_caution([*openly, unseen, correct]) == (
        f"{hides} 1 of them has it, with up to 3 rows without a product."
    )
    assert trust.variants_sentence([unseen, unseen, correct]) == (
        "All 2 published ways to merge the files have the correct 1,000 order products."
    )
    assert trust.variants_caution([*openly, correct]) == hides
