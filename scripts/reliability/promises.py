"""What is promised, how it is measured, and when it is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from reliability import kills, pairs, readers, tests

Json = dict[str, Any]
# Of a folder to work in, and how often.
Measure = Callable[[Path, int], Json]


@dataclass(frozen=True)
class Promise:
    """A promise of the page.

    source: the file that measures it. full: how often, at full length.
    """

    text: str
    source: str
    measure: Measure
    is_kept: Callable[[Json], bool]
    full: int = 1


def tested(text: str, file: str, examples: int = 1) -> Promise:
    """A promise that is a file of tests; examples: random packages that it draws."""
    return Promise(text, file, partial(tests.measure, file), tests.is_kept, examples)


PROMISES = {
    "readers": Promise(
        "Readers of every client go on while builds are published: no query fails, and"
        " all totals of a query belong to one build, the newest when the file was"
        " opened.",
        "scripts/reliability/readers.py",
        readers.measure,
        readers.is_kept,
        full=100,
    ),
    "kills": Promise(
        "After SIGKILL at any moment the published file is the last complete build;"
        " nothing runs on, the next build needs no cleaning, and nothing is left over.",
        "scripts/reliability/kills.py",
        kills.measure,
        kills.is_kept,
        full=30,
    ),
    "pairs": Promise(
        "Two builds with folders in common never see each other's rows; of two builds"
        " of one database, the second is told who builds it.",
        "scripts/reliability/pairs.py",
        pairs.measure,
        pairs.is_kept,
        full=20,
    ),
    "versions": tested(
        "A published file opens with DuckDB 1.0 to 1.5 and 2.0, under any name and"
        " alias, with the same rows, types and comments.",
        "tests/python/reliability/test_versions.py",
    ),
    "random": tested(
        "Of random packages, every raw row is where an independent count says: read ="
        " kept + duplicates + rejected.",
        "tests/python/models/test_random_packages.py",
        examples=200,
    ),
    "order": tested(
        "The order of a file's rows and the number of threads (1, 2 or 4) change no"
        " published table.",
        "tests/python/models/test_order_and_threads.py",
    ),
    "names": tested(
        "No name of a customer is in the database, the published file, a workbook, the"
        " documentation, dbt's files, temporary files or a message, however the row of"
        " customers.csv is spoilt.",
        "tests/python/models/test_customer_names.py",
    ),
    "hostile": tested(
        "Formulas, markup, SQL, Jinja and control characters in a text column stay text"
        " in the marts, the report, the export and the terminal.",
        "tests/python/models/test_hostile_text.py",
    ),
}
