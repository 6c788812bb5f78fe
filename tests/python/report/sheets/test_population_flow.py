"""The sheet that follows each row from its raw file to what is analysed."""

from __future__ import annotations

import itertools
import re
from xml.etree import ElementTree

from report.support import (
    FLOW,
    NAMESPACES,
    Changed,
    Report,
    Rows,
)


def flow_rows(report: Report) -> Rows:
    return report.query("from data_quality.population_flow order by step_number")


def boxes(report: Report) -> list[str]:
    """The texts of the shapes that are drawn on the sheets."""
    found = []
    for name, content in report.parts.items():
        if not re.fullmatch(r"xl/drawings/drawing\d+\.xml", name):
            continue
        for shape in ElementTree.fromstring(content).iter(f"{{{NAMESPACES['xdr']}}}sp"):
            lines = [
                "".join(
                    text.text or "" for text in line.iter(f"{{{NAMESPACES['a']}}}t")
                )
                for line in shape.iter(f"{{{NAMESPACES['a']}}}p")
            ]
            found.append("\n".join(lines))
    return found


def test_every_step_is_listed_and_adds_up(each: Report) -> None:
    header, *rows = each.table(FLOW, "Step by step", "Dataset")
    assert header == [
        *("Dataset", "What is left after the step", "Rows before", "Removed"),
        *("Rows after", "Adds up", "Why they are removed"),
    ]
    assert rows == [
        [
            *(row["dataset"], row["step"], row["rows_in"], row["rows_removed"]),
            *(row["rows_out"], "yes", row["reason"]),
        ]
        for row in flow_rows(each)
    ]


def test_steps_follow_on_each_other(each: Report) -> None:
    rows = each.dicts(FLOW, "Step by step", "Dataset")
    for before, after in itertools.pairwise(rows):
        if before["Dataset"] == after["Dataset"]:
            assert before["Rows after"] == after["Rows before"]


def test_the_formula_of_a_step_reads_its_own_row(each: Report) -> None:
    page = each.formulas[FLOW]
    found = 0
    for row in page.iter_rows():
        for cell in row:
            if cell.data_type == "f":
                found += 1
                assert set(re.findall(r"[A-Z]+(\d+)", cell.value)) == {str(cell.row)}
                before, removed, after = re.findall(r"([A-Z]+)\d+", cell.value)[:3]
                header = [
                    page[f"{letter}{each.row_of(FLOW, 'Dataset')}"].value
                    for letter in (before, removed, after)
                ]
                assert header == ["Rows before", "Removed", "Rows after"]
    assert found == len(flow_rows(each))


def test_a_step_that_does_not_add_up_is_seen(changed: Changed) -> None:
    report = changed(
        "update data_quality.population_flow set rows_out = rows_out + 1"
        " where step = 'Analysed orders'"
    )
    rows = report.dicts(FLOW, "Step by step", "Dataset")
    wrong = [row for row in rows if row["Adds up"] != "yes"]
    assert [row["What is left after the step"] for row in wrong] == ["Analysed orders"]


def test_the_drawing_shows_the_figures_of_the_steps(each: Report) -> None:
    texts = boxes(each)
    steps = flow_rows(each)
    lanes = {row["dataset"] for row in each.query("from data_quality.file_row_counts")}
    drawn = ("orders", "order_products", "products", "customers")
    for dataset in drawn:
        own = [step for step in steps if step["dataset"] == dataset]
        if dataset not in lanes:
            assert any("in this package" in t and dataset in t for t in texts)
            continue
        assert any(t.endswith(f"\n{own[0]['rows_in']:,}") for t in texts), dataset
    choices = [
        step
        for step in steps
        if step["step"].startswith(("Analysed", "Customers with", "High-activity"))
    ]
    assert len(choices) == 6
    for step in choices:
        assert f"{step['step']}\n{step['rows_out']:,}" in texts
        if step["rows_removed"]:
            assert any(f"{step['rows_removed']:,} removed: " in t for t in texts)
    if not any(step["rows_removed"] for step in steps if step["dataset"] in drawn):
        assert "nothing removed" in texts


def test_removed_rows_stand_beside_their_arrow(changed: Changed) -> None:
    report = changed(
        "update data_quality.population_flow set rows_removed = 77, rows_out = 0"
        " where dataset = 'products' and step = 'Distinct rows'"
    )
    assert any("77 removed: exact copies of another row" in t for t in boxes(report))


def test_published_ways_to_merge_stand_beside_the_correct_one(each: Report) -> None:
    header, *rows = each.table(FLOW, "The published ways", "Way to merge")
    assert header[-1] == "Against correct"
    assert rows == [
        list(row.values())
        for row in each.query(
            "select variant, what_goes_wrong, order_product_count,"
            " high_activity_order_product_count, lost_order_product_count,"
            " extra_order_product_count, unmatched_order_product_count,"
            " difference_from_correct from data_quality.merge_variants"
            " order by variant_number"
        )
    ]
    assert rows[-1][0] == "Correct"
