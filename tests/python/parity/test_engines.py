"""Spark builds what DuckDB builds, of broken files too; `make parity` compares more."""

from __future__ import annotations

from pathlib import Path

import pytest
from parity.cases import CASES
from parity.run import BUILD_MODELS, WITHOUT, compare_case
from parity.session import session
from support.spark import skip_without_spark

SCALE = 0.0005


# Spark runs the unit tests, as `make check` does on DuckDB, and DuckDB the data tests:
# they find the same in equal tables.
@pytest.mark.slow
def test_every_row_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    skip_without_spark()
    monkeypatch.setenv(WITHOUT, "unit_test")
    variables = session(tmp_path / "session") | {WITHOUT: "test"}
    case = CASES["careerfoundry-broken"]
    found = compare_case(case, tmp_path, SCALE, BUILD_MODELS, variables)
    assert not found.differences
    assert found.tables > 30
    assert found.rows > 100_000
