"""What became of rows and values, in sentences that sheets and the dashboard share."""

from __future__ import annotations

from instacart.report import trust

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
