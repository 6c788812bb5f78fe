"""The soak in short, and that it notices what it looks for."""

from __future__ import annotations

import random
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from reliability import kills, pairs, readers, stamps
from reliability.builds import Site, generate_packages
from reliability.kills import Kill
from reliability.page import page
from reliability.pairs import Pair
from reliability.promises import PROMISES
from reliability.reader import build_of

SURVIVED = Kill("dbt build", kills.ITSELF, False, 1.0, "before", 0, True, True, [], "")
READ = {"queries": 9, "failed": 0, "mixed": 0, "stale": 0}


@pytest.mark.slow
def test_readers_of_every_client_see_whole_builds(tmp_path: Path) -> None:
    found = readers.measure(tmp_path / "soak", 4, print)
    assert readers.is_kept(found), found
    # Those who close the file after each query see new builds.
    for reader in found["readers"]:
        assert reader["queries_per_visit"] > 1 or reader["builds"] > 1, reader


@pytest.mark.slow
def test_builds_share_folders_and_survive_a_kill(tmp_path: Path) -> None:
    packages = generate_packages(tmp_path / "raw")
    common = {
        variable: str(tmp_path / "common" / variable)
        for name, variable in pairs.SHARED.items()
        if name != pairs.DATABASE
    }
    course = Site(tmp_path / "course", "instacart build", common)
    sites = [course, Site(tmp_path / "kaggle", "dbt build", common)]
    before = time.monotonic()
    with ExitStack() as stack:
        builds = [
            stack.enter_context(site.started(package))
            for site, package in zip(sites, packages, strict=True)
        ]
        assert [build.wait() for build in builds] == [0, 0], [
            site.said() for site in sites
        ]
    seconds = time.monotonic() - before
    first, second = (site.content() for site in sites)
    for table in ("marts.dim_customers", "data_quality.file_row_counts"):
        assert first[table] != second[table]
    # The package of the other is built here, and killed.
    (kill,) = kills.kill_builds(
        course, packages[1:], [second], 1, seconds, random.Random(1)
    )
    assert kill.is_survived, kill


def test_totals_of_two_builds_are_mixed() -> None:
    rows = stamps.totals(3)
    assert build_of(rows) == 3
    assert build_of([*rows[:-1], stamps.totals(4)[-1]]) is None
    assert build_of([*rows[:-1], (*rows[-1][:-1], 0)]) is None


@pytest.mark.parametrize(
    ("change", "is_kept"),
    [
        ({}, True),
        ({"queries": 0}, False),
        ({"failed": 1}, False),
        ({"mixed": 1}, False),
        ({"stale": 1}, False),
    ],
)
def test_readers_are_kept_from_nothing(change: dict[str, int], is_kept: bool) -> None:
    assert readers.is_kept({"readers": [READ, READ | change]}) == is_kept


@pytest.mark.parametrize(
    ("change", "is_survived"),
    [
        ({"shown": "new"}, True),
        ({"shown": "neither"}, False),
        ({"left": 1}, False),
        ({"next_passed": False}, False),
        ({"next_published": False}, False),
        ({"litter": ["tmp/run-N"]}, False),
    ],
)
def test_a_kill_is_survived(change: dict[str, Any], is_survived: bool) -> None:
    found = [vars(SURVIVED), vars(SURVIVED) | change]
    assert kills.is_kept({"kills": found}) == is_survived


@pytest.mark.parametrize(
    ("pair", "is_apart"),
    [
        (Pair(["target folder"], 2, 0, 0, ""), True),
        (Pair(["target folder"], 2, 0, 1, ""), False),
        (Pair([], 1, 0, 0, ""), False),
        (Pair([pairs.DATABASE], 1, 1, 0, ""), True),
        (Pair([pairs.DATABASE], 2, 0, 0, ""), False),
        (Pair([pairs.DATABASE], 1, 0, 0, ""), False),
    ],
)
def test_a_pair_keeps_apart(pair: Pair, is_apart: bool) -> None:
    assert pairs.is_kept({"pairs": [vars(pair)]}) == is_apart


def test_the_page_has_no_figure_that_was_not_measured() -> None:
    text = page({})
    rows = [line for line in text.splitlines() if line.endswith("| not measured |")]
    assert len(rows) == len(PROMISES)
    assert "## Readers" not in text


def test_the_page_names_what_is_not_kept() -> None:
    machine = {"processor": "P", "cores": 2, "memory": 1, "system": "S"}
    machine |= {"load_at_start": 0.0, "versions": {"duckdb": "1"}}
    saved = {"date": "D", "commit": "C", "machine": machine, "seconds": 1.0, "count": 1}
    found = {"kills": [vars(SURVIVED), vars(SURVIVED) | {"shown": "neither"}]}
    text = page({"kills": saved | {"is_kept": False, "found": found}})
    assert "1 times a complete build" in text
    assert "**not kept**" in text
