"""Spark builds what DuckDB builds, of broken files too; `make parity` compares more."""

from __future__ import annotations

from pathlib import Path

import pytest
from parity.cases import CASES
from parity.run import BUILD_MODELS, WITHOUT, compare_case
from parity.session import session
from support.spark import skip_without_spark

SCALE = 0.0005


# Unit tests bring their own rows: to run them once says all.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "left_out"),
    [("careerfoundry-broken", "test"), ("kaggle-broken", "test unit_test")],
)
def test_every_row_is_the_same(name: str, left_out: str, tmp_path: Path) -> None:
    skip_without_spark()
    variables = session(tmp_path / "session") | {WITHOUT: left_out}
    found = compare_case(CASES[name], tmp_path, SCALE, BUILD_MODELS, variables)
    assert not found.differences
    assert found.tables > 30
    assert found.rows > 100_000
