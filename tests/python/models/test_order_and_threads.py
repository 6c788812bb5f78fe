"""The order of a file's rows and the number of threads change no published table.

Random packages are shuffled in test_random_packages.py.
"""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from instacart.checksums import PUBLISHED, measure
from instacart.synthetic import generate
from support.warehouse import WITHOUT_TESTS, Warehouse

# A row of these is a line; departments.csv is one wide row in the course's package.
SHUFFLED = ("orders", "order", "products", "aisles", "customers")


def shuffled(raw_dir: Path, folder: Path, seed: int) -> Path:
    """A package with the lines of each file in another order."""
    shutil.copytree(raw_dir, folder)
    for path in sorted(folder.glob("*.csv")):
        if path.name.startswith(SHUFFLED):
            header, *lines = path.read_bytes().splitlines(keepends=True)
            if lines and not lines[-1].endswith(b"\n"):
                lines[-1] += b"\n"
            random.Random(seed).shuffle(lines)
            path.write_bytes(header + b"".join(lines))
    return folder


def checksums(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> dict[str, tuple[int, str]]:
    """Rows and checksum of each published table."""
    monkeypatch.setenv("INSTACART_DB", str(warehouse.database))
    found = measure(PUBLISHED)
    return {name: (table.rows, table.checksum) for name, table in found.items()}


@pytest.mark.parametrize(("package", "threads"), [("careerfoundry", 4), ("kaggle", 2)])
def test_a_dirty_package_gives_the_same_tables_shuffled_and_by_more_threads(
    package: str,
    threads: int,
    tmp_path: Path,
    warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raw_dir = tmp_path / "raw"
    generate.generate(raw_dir, package, 0.001, seed=11, dirt=3)
    warehouse.build_new(raw_dir, *WITHOUT_TESTS)
    expected = checksums(warehouse, monkeypatch)
    assert expected["data_quality.rejected_rows"][0] > 50
    again = shuffled(raw_dir, tmp_path / "shuffled", threads)
    warehouse.database.unlink()
    run = warehouse.dbt("build", again, *WITHOUT_TESTS, threads=threads)
    assert run.succeeded, run.output + run.error
    assert checksums(warehouse, monkeypatch) == expected
