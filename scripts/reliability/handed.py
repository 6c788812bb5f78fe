"""Promises that are tests of their own, which the soak runs with more examples."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from instacart.config import PROJECT_DIR

TESTS = Path("tests/python")


@dataclass(frozen=True)
class Handed:
    """A promise, and the files of the tests that keep it.

    examples: how many random packages they draw; None for a fixed set.
    """

    promise: str
    files: tuple[str, ...]
    examples: int | None = None


HANDED = {
    "versions": Handed(
        "A published file opens read-only with DuckDB 1.0 to 1.5 and 2.0, under any name"
        " and alias, with the same rows, types and comments.",
        ("reliability/test_versions.py",),
    ),
    "random": Handed(
        "Of random packages, every raw row is where an independent count says: read ="
        " kept + duplicates + rejected.",
        ("models/test_random_packages.py",),
        examples=200,
    ),
}


@dataclass
class Tested:
    """How tests ended: counts, and seconds in all."""

    passed: int
    failed: int
    skipped: int
    seconds: float
    examples: int | None


def measure(
    folder: Path, name: str, examples: int | None, report: Callable[[str], None]
) -> dict[str, Any]:
    """Run the tests of a promise, with fewer examples or with its own number."""
    handed = HANDED[name]
    if handed.examples:
        examples = examples or handed.examples
    folder.mkdir(parents=True)
    results = folder / "junit.xml"
    environment = dict(os.environ)
    if examples:
        environment["INSTACART_EXAMPLES"] = str(examples)
    before = time.monotonic()
    subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:xdist"),
            *("--timeout", "3600", "--junitxml", str(results)),
            *(str(PROJECT_DIR / TESTS / file) for file in handed.files),
        ],
        cwd=PROJECT_DIR,
        env=environment,
        stdout=(folder / "pytest.log").open("w"),
        stderr=subprocess.STDOUT,
    )
    seconds = time.monotonic() - before
    suite = ElementTree.parse(results).getroot()[0].attrib
    failed = int(suite["failures"]) + int(suite["errors"])
    skipped = int(suite["skipped"])
    passed = int(suite["tests"]) - failed - skipped
    report(f"{passed} tests passed, {failed} failed, {skipped} skipped")
    return asdict(Tested(passed, failed, skipped, seconds, examples))


def is_kept(result: dict[str, Any]) -> bool:
    return bool(result["passed"]) and not result["failed"]
