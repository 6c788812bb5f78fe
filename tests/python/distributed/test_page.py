"""The page, from figures as if measured, and the command's ends."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from benchmark.commands import save
from distributed import measure
from distributed.page import page
from instacart.errors import UserError
from saved import benchmarks, results


def test_page_has_every_part_and_figures_of_the_builds() -> None:
    text = page(results(), benchmarks())
    for heading in (
        *("One worker against two", "Where the seconds go", "Stages per worker"),
        *("What is read and shuffled", "With more data", "How it was measured"),
    ):
        assert f"\n## {heading}\n" in text
    assert "| `int_order_products_joined` | 6.00 |" in text
    assert "| 32 |" not in text  # Stages are counted within their model.
    assert "| 1 | executor 1 | 1 | 1.79 | 0.19 |" in text
    # 50 s and 20 s per million of executors' CPU on 1.4 busy cores, and 4 s of waiting.
    assert "gives 83 s; it took 190 s (-57%)" in text


def test_every_table_has_as_many_cells_in_each_row() -> None:
    lines = page(results(), benchmarks()).splitlines()
    for before, line in pairwise(lines):
        if before.startswith("|") and line.startswith("|"):
            assert before.count(" | ") == line.count(" | "), line


def test_page_says_whether_spark_is_ever_cheaper() -> None:
    saved = results()
    assert "**Spark is never cheaper" in page(saved, benchmarks())
    for run in saved["runs"]:
        if run["workers"]:
            run["cluster_cpu"]["executor"] /= 20
    assert "**Spark is cheaper from " in page(saved, benchmarks())


def test_page_names_an_uneven_processor() -> None:
    saved = results()
    assert "**Uneven:**" not in page(saved, benchmarks())
    saved["runs"][0]["probe"] = 0.4
    assert "**Uneven:**" in page(saved, benchmarks())


@pytest.mark.parametrize("is_full", [True, False])
def test_page_goes_to_docs_at_full_scale_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_full: bool
) -> None:
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr(measure, "PROJECT_DIR", tmp_path)
    save(tmp_path / measure.RESULTS, results() | {"is_full": is_full})
    assert measure.write_again(tmp_path) == 0
    written = [path.parent.name for path in tmp_path.rglob(measure.PAGE)]
    assert written == (["docs"] if is_full else [tmp_path.name])


def test_no_page_of_builds_that_are_missing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="0 of 7"):
        measure.write_again(tmp_path)


def test_scale_has_three_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match=r"name 0\.002 or more"):
        measure.run(tmp_path, 0.0015, 24200)
    built: list[tuple[object, ...]] = []

    def build(folder: Path, *how: int) -> dict[str, float]:
        built.append((folder.name, *how))
        return {"wall": 1.0}

    def generate(*asked: object) -> dict[str, dict[str, int]]:
        return {"expected": {"order_products": 9}}

    for name, instead in (
        *(("on_duckdb", build), ("on_spark", build), ("generated", generate)),
        ("write", lambda work, saved: work),
    ):
        monkeypatch.setattr(measure, name, instead)
    assert measure.run(tmp_path, 0.002, 24200) == 0
    assert built == [
        *(("0.0005",), ("0.0005", 2, 24200), ("0.0007",), ("0.0007", 2, 24200)),
        *(("0.002",), ("0.002", 1, 24200), ("0.002", 2, 24200)),
    ]


def test_nodes_are_what_was_built() -> None:
    built = [("model.a.b", 1.5), ("seed.a.c", 0.5), ("exposure.a.d", 0.0)]
    found = {
        "results": [{"unique_id": name, "execution_time": took} for name, took in built]
    }
    assert measure.node_seconds(found) == {"model.a.b": 1.5, "seed.a.c": 0.5}
