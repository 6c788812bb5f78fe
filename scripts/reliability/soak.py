"""Measure promises, save what was found, and write the page."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from benchmark.commands import CORES, commit, held, save, say
from benchmark.measure import chosen_cores, machine
from benchmark.rounds import read_json
from instacart.config import PROJECT_DIR, shown
from instacart.files import replaced_when_complete

from reliability.page import page
from reliability.promises import PROMISES, Json

RESULTS, PAGE = "results.json", "reliability.md"


def run(work: Path, names: Sequence[str], part: float) -> int:
    """Measure promises at some part of full length; return 1 if one is not kept."""
    with held(work):
        saved = read_json(work / RESULTS)
        for name in names:
            promise = PROMISES[name]
            count = max(1, round(part * promise.full))
            say(f"{name}: {promise.text}")
            folder = work / name
            shutil.rmtree(folder, ignore_errors=True)
            started = time.monotonic()
            origin = {
                "date": date.today().isoformat(),
                "commit": commit(),
                "machine": machine(chosen_cores(CORES)),
            }
            found = promise.measure(folder, count, lambda line: say(f"  {line}"))
            saved[name] = {
                **origin,
                "count": count,
                "is_full": count >= promise.full,
                "seconds": time.monotonic() - started,
                "is_kept": promise.is_kept(found),
                "found": found,
            }
            save(work / RESULTS, saved)
            say(f"  {'kept' if saved[name]['is_kept'] else 'NOT KEPT'}")
        say(f"Page  {shown(write(work, saved))}")
    return 0 if all(saved[name]["is_kept"] for name in names) else 1


def write_again(work: Path) -> int:
    """Write the page from what was saved."""
    say(f"Page  {shown(write(work, read_json(work / RESULTS)))}")
    return 0


def write(work: Path, saved: Json) -> Path:
    """Write the page: to docs if all of it was measured at full length."""
    is_complete = all(saved.get(name, {}).get("is_full") for name in PROMISES)
    path = (PROJECT_DIR / "docs" if is_complete else work) / PAGE
    with replaced_when_complete(path) as partial:
        partial.write_text(page(saved), "utf-8", newline="\n")
    return path
