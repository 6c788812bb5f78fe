"""Promises that are files of pytest, which the soak runs with more examples."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from instacart.config import PROJECT_DIR

# By which tests of random packages know how many to draw.
EXAMPLES = "INSTACART_EXAMPLES"


def measure(
    file: str, folder: Path, examples: int, report: Callable[[str], None]
) -> dict[str, Any]:
    """Run a file of tests; return how many passed, failed and were skipped."""
    folder.mkdir(parents=True)
    results = folder / "results.xml"
    with (folder / "pytest.log").open("w") as log:
        subprocess.run(
            [
                *(sys.executable, "-m", "pytest", file, "-p", "no:xdist"),
                *("--timeout", "3600", "--junitxml", str(results)),
            ],
            cwd=PROJECT_DIR,
            env=os.environ | ({EXAMPLES: str(examples)} if examples > 1 else {}),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    suite = ElementTree.parse(results).getroot()[0].attrib
    failed = int(suite["failures"]) + int(suite["errors"])
    skipped = int(suite["skipped"])
    passed = int(suite["tests"]) - failed - skipped
    report(f"{passed} tests passed, {failed} failed, {skipped} skipped")
    return {"passed": passed, "failed": failed, "skipped": skipped}


def is_kept(result: dict[str, Any]) -> bool:
    return bool(result["passed"]) and not result["failed"]
