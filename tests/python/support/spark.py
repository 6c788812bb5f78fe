"""Spark, for tests that ask both engines the same."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from instacart.config import PROJECT_DIR
from parity.session import session

PYTHON = PROJECT_DIR / ".venv-spark" / "bin" / "python"
SESSION = Path(__file__).with_name("spark_session.py")

Rows = list[list[Any]]


def skip_without_spark() -> None:
    """Skip a test where Spark or Java is not installed."""
    if not PYTHON.exists():
        pytest.skip(".venv-spark is missing: make .venv-spark/.synced")
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        pytest.skip("Java is missing: scripts/install_java.sh")


def spark_rows(queries: list[str], folder: Path) -> list[Rows]:
    """The rows of each query, all from one session."""
    skip_without_spark()
    asked, answered = folder / "queries.json", folder / "rows.json"
    asked.write_text(json.dumps(queries))
    run = subprocess.run(
        [PYTHON, SESSION, asked, answered],
        cwd=folder,
        env=os.environ | session(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    rows: list[Rows] = json.loads(answered.read_text())
    return rows
