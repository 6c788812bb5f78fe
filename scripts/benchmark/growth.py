"""How time, memory and disk grow with the data: one build per scale."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from instacart.errors import UserError

from benchmark import rounds
from benchmark.measure import GB, Limits, folder_bytes, probe_seconds
from benchmark.rounds import Json, Workspace, database_in

SCALES = (0.1, 1.0, 3.0, 10.0)
# DuckDB's limit where a build may take 8 GB in all.
MEMORY_LIMIT = "6GB"
RAW_BYTES_PER_SCALE = 0.7 * GB
DISK_PER_RAW = 4
# From here on files are removed once measured.
LARGE = 3
UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
BINARY_UNITS = {"ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}


def grow(
    work: Path,
    scale: float,
    limits: Limits,
    keep: bool,
    report: Callable[[str], None],
) -> Json:
    """Generate one scale, build it with all tests, and return what it took.

    The result is Run.as_dict with `scale`, counts, `raw` and `size` in bytes, and
    seconds of the `probe` before it. Raises UserError if the disk is too small or the
    build fails.
    """
    space = Workspace(
        work / f"{scale:g}", work / f"{scale:g}" / "raw", limits, report=report
    )
    check_disk(space.work, scale, DISK_PER_RAW)
    truth = rounds.generated(space.raw, scale, report)
    raw = folder_bytes(space.raw)
    folder = space.work / "growth"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        space.dbt(folder, "growth-parse", "parse")
        rounds.read_once(space.raw)
        probe = probe_seconds()
        run = space.dbt(folder, "growth", "build")
        size = database_in(folder).stat().st_size
        elapsed = rounds.dbt_elapsed(folder)
    finally:
        if scale >= LARGE and not keep:
            shutil.rmtree(folder, ignore_errors=True)
            shutil.rmtree(space.raw, ignore_errors=True)
    counts = {name: truth["expected"][name] for name in ("customers", "order_products")}
    found = {"scale": scale, "raw": raw, "size": size, "elapsed": elapsed}
    return run.as_dict() | counts | found | {"probe": probe}


def check_disk(folder: Path, scale: float, times: float) -> None:
    """Raise UserError unless a scale fits: `times` the bytes of its raw files."""
    folder.mkdir(parents=True, exist_ok=True)
    held = folder_bytes(folder)
    needed = scale * RAW_BYTES_PER_SCALE * times - held
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise UserError(
            f"{needed / GB:.1f} GB of free disk in {folder} for scale {scale:g}",
            f"{free / GB:.1f} GB: {(needed - free) / GB:.1f} GB are missing",
            "free some, or name another folder with --work",
        )


def memory_limit() -> str:
    """DuckDB's memory limit: INSTACART_MEMORY_LIMIT, else MEMORY_LIMIT."""
    return os.environ.get("INSTACART_MEMORY_LIMIT") or MEMORY_LIMIT


def bytes_of(text: str) -> int:
    """Return the bytes of a size as DuckDB takes it, such as 4GB or 512MiB."""
    found = re.fullmatch(r"\s*([0-9.]+)\s*([kmgt]i?)?b?\s*", text.lower())
    try:
        number = float(found.group(1)) if found else -1.0
    except ValueError:
        number = -1.0
    if not found or number <= 0:
        raise UserError("a size such as 4GB", text, "name one")
    return int(number * (UNITS | BINARY_UNITS)[found.group(2) or ""])
