"""Builds that are killed at random moments, and the builds that come after them."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from instacart.cli import STOPPED, stop_like_ctrl_c
from instacart.config import PROJECT_DIR
from instacart.errors import UserError

from reliability.builds import (
    COMMANDS,
    PACKAGES,
    SAID,
    Content,
    Site,
    generate_packages,
    say_progress,
)

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


def measure(folder: Path, kills: int) -> dict[str, Any]:
    """Kill builds of each command, both side by side; return what was found.

    Raises UserError if builds don't pass that are not killed.
    """
    generate_packages(folder / "raw")
    share = -(-kills // len(COMMANDS))
    lanes = [
        subprocess.Popen(
            [sys.executable, "-m", "reliability.kills", folder, command, str(share)],
            env=os.environ | {"PYTHONPATH": str(PROJECT_DIR / "scripts")},
        )
        for command in COMMANDS
    ]
    try:
        codes = [process.wait() for process in lanes]
    except BaseException:
        for process in lanes:
            process.terminate()
            process.wait()
        raise
    if any(codes):
        raise UserError(
            "builds to pass that are not killed", "what is said above", "see to that"
        )
    found = [json.loads(results_of(folder, each).read_text()) for each in COMMANDS]
    return {"kills": [kill for lane in found for kill in lane]}


def lane(folder: str, command: str, kills: str) -> None:
    """Build packages undisturbed by one command, then kill builds, and save it."""
    site = Site(Path(folder, command.replace(" ", "_")), command)
    packages = [Path(folder, "raw", name) for name in PACKAGES]
    took, expected = [], []
    for package in packages:
        took.append(site.build(package))
        expected.append(site.content())
    chance = random.Random(f"{SEED} {command}")
    found = kill_builds(site, packages, expected, int(kills), median(took), chance)
    saved = json.dumps([asdict(kill) for kill in found])
    results_of(Path(folder), command).write_text(saved)


def results_of(folder: Path, command: str) -> Path:
    return folder / f"{command.replace(' ', '_')}.json"


def kill_builds(
    site: Site,
    packages: list[Path],
    expected: list[Content],
    kills: int,
    seconds: float,
    chance: random.Random,
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
            say_progress(f"`{site.command}` killed {len(found)} of {kills} times")
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


if __name__ == "__main__":
    stop_like_ctrl_c(signal.SIGTERM, signal.SIGHUP)
    try:
        lane(*sys.argv[1:])
    except UserError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(STOPPED)
