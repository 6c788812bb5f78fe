"""Builds that are killed at random moments, and the builds that come after them."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from reliability.builds import COMMANDS, SAID, Content, Site, generate_packages

SEED = 20
# Of three kills, one waits until publishing begins.
AIMED = 3
# From then, up to when a kill may come; publishing such a package takes less.
PUBLISHING_SECONDS = 1.0
# What is killed: of `instacart build` also the dbt that it runs.
ITSELF, DBT = "itself", "its dbt"
VICTIMS = {"dbt build": (ITSELF,), "instacart build": (ITSELF, DBT)}


@dataclass
class Kill:
    """One kill, and what was found after it.

    after: seconds from the build's start. shown: which build the published file then
    held: the one "before", the "new" one, or "neither". left: how many processes ran
    on. next_passed, next_published: whether the next build passed, and published its
    package. litter: what lies around then that an undisturbed build does not leave.
    said: what the next build returned and said in the end, if it did not pass.
    """

    command: str
    victim: str
    aimed: bool
    after: float
    shown: str
    left: int
    next_passed: bool
    next_published: bool
    litter: list[str]
    said: str

    @property
    def is_survived(self) -> bool:
        return (
            self.shown != "neither"
            and not self.left
            and self.next_passed
            and self.next_published
            and not self.litter
        )


def measure(folder: Path, kills: int, report: Callable[[str], None]) -> dict[str, Any]:
    """Kill builds of each command, both side by side; return what was found."""
    packages = generate_packages(folder / "raw")
    share = -(-kills // len(COMMANDS))
    with ProcessPoolExecutor(len(COMMANDS), get_context("spawn")) as pool:
        lanes = [
            pool.submit(
                lane,
                Site(folder / command.replace(" ", "_"), command),
                packages,
                share,
                random.Random(SEED + number),
                report,
            )
            for number, command in enumerate(COMMANDS)
        ]
    found = [kill for lane in lanes for kill in lane.result()]
    return {"kills": [asdict(kill) for kill in found]}


def lane(
    site: Site,
    packages: list[Path],
    kills: int,
    chance: random.Random,
    report: Callable[[str], None],
) -> list[Kill]:
    """Build packages undisturbed, then kill their builds."""
    took, expected = [], []
    for package in packages:
        took.append(site.build(package))
        expected.append(site.content())
    return kill_builds(site, packages, expected, kills, median(took), chance, report)


def kill_builds(
    site: Site,
    packages: list[Path],
    expected: list[Content],
    kills: int,
    seconds: float,
    chance: random.Random,
    report: Callable[[str], None] = print,
) -> list[Kill]:
    """Build packages in turn, each once more after its build was killed.

    expected: what an undisturbed build publishes of each; seconds: what it takes. The
    site's last build was undisturbed.
    """
    undisturbed = site.names()
    found: list[Kill] = []
    # A kill that comes too late, when the build has ended, does not count.
    for attempt in range(2 * kills):
        number, is_aimed = attempt % len(packages), len(found) % AIMED == 0
        victim = VICTIMS[site.command][attempt // 2 % len(VICTIMS[site.command])]
        before = site.content()
        killed = kill_one(site, packages[number], victim, is_aimed, seconds, chance)
        shown = site.content()
        with site.started(packages[number]) as build:
            code = build.wait()
        if killed:
            after, left = killed
            found.append(
                Kill(
                    site.command,
                    victim,
                    is_aimed,
                    after,
                    which(shown, before, expected[number]),
                    left,
                    code == 0,
                    site.content() == expected[number],
                    sorted(site.names() - undisturbed),
                    f"{code}: {site.said()[-SAID:]}" if code else "",
                )
            )
            report(f"`{site.command}` killed {len(found)} of {kills} times")
        if len(found) == kills:
            break
    return found


def kill_one(
    site: Site,
    package: Path,
    victim: str,
    is_aimed: bool,
    seconds: float,
    chance: random.Random,
) -> tuple[float, int] | None:
    """Start a build and kill it; return after how many seconds, and what is left.

    seconds: what a build takes. None where it had ended already.
    """
    versions = site.database.with_name(f"{site.database.name}.built") / "versions"
    before = names_in(versions)
    with site.started(package) as build:
        began = time.monotonic()
        if is_aimed:
            while names_in(versions) == before and build.poll() is None:
                time.sleep(0.002)
            time.sleep(chance.uniform(0, PUBLISHING_SECONDS))
        else:
            time.sleep(chance.uniform(0, seconds))
        if build.poll() is not None:
            return None
        killed = victim_of(build, victim)
        with suppress(psutil.NoSuchProcess):
            killed.kill()
        after = time.monotonic() - began
        return after, len(site.orphans())


def victim_of(build: subprocess.Popen[bytes], victim: str) -> psutil.Process:
    process = psutil.Process(build.pid)
    below = process.children()
    return below[0] if victim == DBT and below else process


def which(shown: Content, before: Content, new: Content) -> str:
    """Which build a published file holds."""
    if shown == before:
        return "before"
    return "new" if shown == new else "neither"


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def is_kept(result: dict[str, Any]) -> bool:
    """Whether every kill was survived, and nothing left over."""
    found = [Kill(**kill) for kill in result["kills"]]
    return bool(found) and all(kill.is_survived for kill in found)
