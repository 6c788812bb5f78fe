"""Two builds of two packages at the same time, with folders in common."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from reliability.builds import SAID, Content, Site, generate_packages

DATABASE = "database"
# What two builds may have in common, and the variable that names it.
SHARED = {
    "temporary folder": "INSTACART_TEMP_DIR",
    "target folder": "DBT_TARGET_PATH",
    "folder of logs": "DBT_LOG_PATH",
    DATABASE: "INSTACART_DB",
}
# Of so many rounds, one is on the same database.
SAME_DATABASE = 5


@dataclass
class Pair:
    """Two builds of one round.

    shared: what they had in common. passed: how many passed, refused: how many were
    told who builds the database. mixed: databases that hold anything but the rows of
    the package built into them. said: the end of what builds said that did not pass.
    """

    shared: list[str]
    passed: int
    refused: int
    mixed: int
    said: str

    @property
    def is_apart(self) -> bool:
        expected = (1, 1) if DATABASE in self.shared else (2, 0)
        return (self.passed, self.refused) == expected and not self.mixed


def measure(folder: Path, rounds: int, report: Callable[[str], None]) -> dict[str, Any]:
    """Build two packages at once, again and again; return what was found."""
    # Both lie in one folder.
    packages = generate_packages(folder / "raw")
    alone, expected = Site(folder / "alone"), []
    for package in packages:
        alone.build(package)
        expected.append(alone.content())
    folders = [name for name in SHARED if name != DATABASE]
    combinations = itertools.cycle(
        list(itertools.compress(folders, each))
        for each in itertools.product((True, False), repeat=len(folders))
    )
    found = []
    for number in range(rounds):
        # A database gets the other package each time, so an old one would be seen.
        turn = packages if number % 2 == 0 else packages[::-1]
        contents = expected if number % 2 == 0 else expected[::-1]
        if number % SAME_DATABASE == SAME_DATABASE - 1:
            shared = [DATABASE]
        else:
            shared = next(combinations)
        found.append(build_two(folder, shared, turn, contents))
        report(f"{number + 1} of {rounds} pairs of builds")
    return {"pairs": [asdict(pair) for pair in found]}


def build_two(
    folder: Path, shared: list[str], packages: list[Path], expected: list[Content]
) -> Pair:
    """Build two packages at once with these folders, or this database, in common."""
    common = {SHARED[name]: str(folder / "common" / SHARED[name]) for name in shared}
    if DATABASE in shared:
        common["INSTACART_DB"] += "/instacart.duckdb"
    sites = [Site(folder / name, shared=common) for name in ("first", "second")]
    with ExitStack() as stack:
        builds = [
            stack.enter_context(site.started(package))
            for site, package in zip(sites, packages, strict=True)
        ]
        codes = [build.wait() for build in builds]
    passed = [number for number in (0, 1) if codes[number] == 0]
    return Pair(
        shared,
        len(passed),
        sum(
            codes[number] != 0 and is_refusal(sites[number].said(), builds[1 - number])
            for number in (0, 1)
        ),
        sum(sites[number].content() != expected[number] for number in passed),
        "".join(sites[number].said()[-SAID:] for number in (0, 1) if codes[number]),
    )


def is_refusal(said: str, holder: subprocess.Popen[bytes]) -> bool:
    """Whether a build was told in one sentence which process builds the database."""
    told = [line for line in said.splitlines() if f"process {holder.pid}" in line]
    return len(told) == 1 and "Traceback" not in said


def is_kept(result: dict[str, Any]) -> bool:
    """Whether all builds kept apart."""
    found = [Pair(**pair) for pair in result["pairs"]]
    return bool(found) and all(pair.is_apart for pair in found)
