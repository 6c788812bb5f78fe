"""The sheet of charts: what they draw is what the cells beside them hold."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from openpyxl.utils import range_boundaries

from report.support import (
    CHARTS,
    LEFT,
    NAMESPACES,
    Report,
)


def cells_of(report: Report, reference: str) -> list[Any]:
    """Values of a reference such as 'Sheet'!$A$1:$A$3."""
    name, _, area = reference.rpartition("!")
    page = report.book[name.strip("'").replace("''", "'")]
    left, top, right, bottom = range_boundaries(area.replace("$", ""))
    rows = page.iter_rows(top, bottom, left, right, values_only=True)
    return [value for row in rows for value in row]


def cached(reference: ElementTree.Element) -> dict[int, str]:
    """What a chart keeps of its cells, without empty ones."""
    return {
        int(point.get("idx")): point.findtext("c:v", "", NAMESPACES)
        for point in reference.iter(f"{{{NAMESPACES['c']}}}pt")
        if point.findtext("c:v", "", NAMESPACES) != ""
    }


def test_there_are_charts_enough(demo: Report, kaggle: Report) -> None:
    assert len(demo.charts) >= 14
    assert sum(len(page._charts) for page in demo.book) == len(demo.charts)
    assert len(kaggle.charts) >= 6


def test_every_chart_has_a_title_and_series_of_figures(each: Report) -> None:
    for chart in each.charts:
        title = "".join(
            text.text or ""
            for text in chart.find(".//c:title", NAMESPACES).iter(
                f"{{{NAMESPACES['a']}}}t"
            )
        )
        assert title.strip()
        series = chart.findall(".//c:ser", NAMESPACES)
        assert series, title
        for one in series:
            values = one.find("c:val", NAMESPACES)
            values = one.find("c:yVal", NAMESPACES) if values is None else values
            shown = cells_of(each, values.findtext(".//c:f", None, NAMESPACES))
            assert any(isinstance(value, int | float) for value in shown), title
            categories = one.find("c:cat", NAMESPACES)
            categories = (
                one.find("c:xVal", NAMESPACES) if categories is None else categories
            )
            names = cells_of(each, categories.findtext(".//c:f", None, NAMESPACES))
            assert len(names) == len(shown)
            assert all(name not in (None, "") for name in names), title
            assert one.find("c:tx", NAMESPACES) is not None


def test_charts_keep_the_values_of_their_cells(each: Report) -> None:
    compared = 0
    for chart in each.charts:
        for one in chart.findall(".//c:ser", NAMESPACES):
            for part in ("tx", "cat", "val", "xVal", "yVal"):
                reference = one.find(f"c:{part}", NAMESPACES)
                if reference is None:
                    continue
                formula = reference.findtext(".//c:f", None, NAMESPACES)
                cells = dict(enumerate(cells_of(each, formula)))
                known = {n: v for n, v in cells.items() if v is not None}
                kept = cached(reference)
                assert set(kept) == set(known), formula
                for number, value in known.items():
                    if isinstance(value, str):
                        assert kept[number] == value
                    else:
                        assert float(kept[number]) == pytest.approx(value)
                    compared += 1
    assert compared > 100


def test_no_axis_has_no_length(each: Report) -> None:
    for chart in each.charts:
        for scale in chart.findall(".//c:scaling", NAMESPACES):
            low, high = scale.find("c:min", NAMESPACES), scale.find("c:max", NAMESPACES)
            if low is not None and high is not None:
                assert float(low.get("val")) < float(high.get("val"))


def test_axes_show_every_value(each: Report) -> None:
    for chart in each.charts:
        # Of charts with several axes categories come first, values second.
        axes = chart.findall(".//c:valAx", NAMESPACES)
        if not axes:
            continue
        scale = axes[-1].find("c:scaling", NAMESPACES)
        for one in chart.findall(".//c:ser", NAMESPACES):
            values = one.find("c:val", NAMESPACES)
            values = one.find("c:yVal", NAMESPACES) if values is None else values
            cells = cells_of(each, values.findtext(".//c:f", None, NAMESPACES))
            shown = [cell for cell in cells if cell is not None]
            stacked = (
                chart.find(".//c:grouping[@val='stacked']", NAMESPACES) is not None
            )
            for end, is_outside in (("min", np.less), ("max", np.greater)):
                bound = scale.find(f"c:{end}", NAMESPACES)
                if bound is not None and not stacked and shown:
                    limit = float(bound.get("val"))
                    assert not is_outside(shown, limit).any(), (end, limit, shown)


def test_the_heat_map_of_hours_covers_its_cells(each: Report) -> None:
    page = each.book[CHARTS]
    ranges = {
        str(area.sqref)
        for area, rules in page.conditional_formatting._cf_rules.items()
        if rules[0].type == "colorScale"
    }
    row = each.row_of(CHARTS, "Key question 1: When in the week")
    while page.cell(row, LEFT).value != "Hour from":
        row += 1
    assert f"C{row + 1}:I{row + 24}" in ranges
