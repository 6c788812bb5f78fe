"""Random raw packages against a count that does not know the warehouse.

INSTACART_EXAMPLES says how many packages, of a seed that is printed (INSTACART_SEED
repeats it); without it some few, the same each time.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, seed, settings
from support.models import COMPARED
from support.random_packages import PACKAGES as RANDOM_PACKAGES
from support.random_packages import Package
from support.row_counts import Count, count_rows, text_of
from support.warehouse import Built, Warehouse

EXAMPLES = int(os.environ.get("INSTACART_EXAMPLES", 0))
SEED = int(os.environ.get("INSTACART_SEED", secrets.randbits(32)))
Test = Callable[..., None]
# What is built for each package, with all that it rests on.
TABLES = tuple(
    f"models/data_quality/{name}.sql"
    for name in ("file_row_counts", "rejected_rows", "population_flow")
)
STEPS = {
    "Usable rows": "unusable",
    "Distinct rows": "duplicate",
    "Order products of known orders": "unknown order",
    "Order products of known products": "unknown product",
}


OPTIONS: dict[str, Any] = {
    **{"database": None, "deadline": None},
    "suppress_health_check": list(HealthCheck),
}


def examples(short: int, share: int = 1) -> Callable[[Test], Test]:
    """So many packages, always the same; or that part of those that are asked for."""

    def decorate(test: Test) -> Test:
        if not EXAMPLES:
            return settings(derandomize=True, max_examples=short, **OPTIONS)(test)
        number = max(EXAMPLES // share, 1)
        return seed(SEED)(settings(max_examples=number, **OPTIONS)(test))

    return decorate


@pytest.fixture(scope="module", autouse=True)
def seed_is_shown(request: pytest.FixtureRequest) -> None:
    """Also where all pass."""
    if EXAMPLES:
        capture = request.config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled():
            print(f"\n{EXAMPLES} random packages of INSTACART_SEED={SEED}")


@examples(8)
@given(package=RANDOM_PACKAGES)
def test_every_row_is_where_an_independent_count_says(
    package: Package,
    warehouse: Warehouse,
    baselines: dict[str, Built],
    session_dir: Path,
) -> None:
    raw_dir = write(package, session_dir)
    run = warehouse.rebuild(raw_dir, baselines[package.kind], TABLES)
    assert run.succeeded, run.output + run.error
    check(warehouse, count_rows(raw_dir))


@examples(4, share=10)
@given(package=RANDOM_PACKAGES)
def test_the_order_of_rows_changes_no_table(
    package: Package,
    warehouse: Warehouse,
    baselines: dict[str, Built],
    session_dir: Path,
) -> None:
    """A file that ends within a row is called cut short, so none does."""
    ended = [replace(form, ends_with_line_end=True) for form in package.forms]
    package = replace(package, forms=tuple(ended))
    found = []
    for order in (0, 1):
        raw_dir = write(package, session_dir, order)
        run = warehouse.rebuild(raw_dir, baselines[package.kind], COMPARED)
        assert run.succeeded, run.output + run.error
        found.append(warehouse.snapshot())
    for table, rows in found[0].items():
        assert found[1][table] == rows, table


def write(package: Package, session_dir: Path, order: int = 0) -> Path:
    """Write a package, and show its files if the test fails."""
    raw_dir = session_dir / "random" / "raw"
    shutil.rmtree(raw_dir, ignore_errors=True)
    package.write(raw_dir, order)
    for path in sorted(raw_dir.iterdir()):
        note(f"{path.name}:\n{text_of(path)}")
    return raw_dir


def check(warehouse: Warehouse, count: Count) -> None:
    """The three tables are what was counted."""
    tables = warehouse.snapshot(("data_quality",))
    check_files(tables["data_quality.file_row_counts"], count)
    check_rejected(tables["data_quality.rejected_rows"], count)
    check_flow(tables["data_quality.population_flow"], count)


def check_files(rows: list[dict[str, Any]], count: Count) -> None:
    """Rows read, kept, removed and rejected of each file."""
    for row in rows:
        parts = ("rows_kept", "duplicates_removed", "rows_rejected")
        assert row["rows_read"] == sum(row[part] for part in parts), row
    found = {
        (row["dataset"], row["source_file"]): in_three(
            row["rows_kept"], row["duplicates_removed"], row["rows_rejected"]
        )
        for row in rows
    }
    expected = {
        (dataset, file): three(outcomes)
        for dataset in count.rows
        for file, outcomes in count.outcomes_by_file(dataset).items()
    }
    assert found.keys() == expected.keys()
    for dataset in count.rows:
        of_dataset = [key for key in expected if key[0] == dataset]
        assert total(found, of_dataset) == total(expected, of_dataset), dataset
        # Which of several rows that differ is kept may depend on all files.
        if len(of_dataset) == 1 or not count.has_conflicts(dataset):
            assert {key: found[key] for key in of_dataset} == {
                key: expected[key] for key in of_dataset
            }


def three(outcomes: Counter[str]) -> Counter[str]:
    """Kept, removed and rejected rows."""
    kept, removed = outcomes["kept"], outcomes["duplicate"]
    return in_three(kept, removed, outcomes.total() - kept - removed)


def in_three(kept: int, removed: int, rejected: int) -> Counter[str]:
    return Counter(kept=kept, duplicate=removed, rejected=rejected)


def total(counts: dict[Any, Counter[str]], keys: list[Any]) -> Counter[str]:
    return sum((counts[key] for key in keys), Counter())


def check_rejected(rows: list[dict[str, Any]], count: Count) -> None:
    """Each rejected row is listed, under the kind of its reason."""
    found = Counter((row["dataset"], kind_of(row["reason"])) for row in rows)
    expected = Counter(
        {
            (dataset, outcome): row_count
            for dataset in count.rows
            for outcome, row_count in count.outcomes(dataset).items()
            if outcome not in ("kept", "duplicate")
        }
    )
    assert found == expected


def kind_of(reason: str) -> str:
    if reason in ("unknown order", "unknown product"):
        return reason
    return "conflict" if "appears in another row" in reason else "unusable"


def check_flow(rows: list[dict[str, Any]], count: Count) -> None:
    """Each step starts where the one before it ended, and removes what was counted."""
    left: dict[str, int] = {}
    for row in rows:
        dataset, removed = row["dataset"], row["rows_removed"]
        assert row["rows_in"] == left.get(dataset, row["rows_in"]), row
        assert row["rows_in"] - removed == row["rows_out"] >= 0, row
        left[dataset] = row["rows_out"]
        if dataset not in count.rows:
            continue
        outcomes = count.outcomes(dataset)
        if row["step"].startswith("Rows of"):
            assert (row["rows_in"], removed) == (outcomes.total(), 0), row
        elif outcome := outcome_of(row["step"]):
            assert removed == outcomes[outcome], row


def outcome_of(step: str) -> str | None:
    """What the rows are that a step removes; none where it only selects."""
    return "conflict" if step.startswith("One row per ") else STEPS.get(step)
