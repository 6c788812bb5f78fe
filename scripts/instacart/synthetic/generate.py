"""Write a fabricated Instacart package in the form of the real 2017 files.

The files have the real names, columns, quoting, line ends and planted defects, but no
customer, order or price in them is real; what is published about the real data comes
out of them (see docs/fidelity.md). truth.json beside them says what was planted and
what a correct warehouse must come to. The same seed gives the same bytes; --scale
changes the number of customers (1 = 206,209), not what a customer does. --dirt spoils
rows as real extracts do.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from instacart.config import shown
from instacart.errors import UserError, one_line
from instacart.generated_files import (
    ENRICHED,
    TRUTH,
    WORK,
    is_half_published,
    is_unchanged,
    recorded_files,
)
from instacart.synthetic.package import PACKAGES, write_package

SCALES = (0.0005, 100.0)
DIRT_LEVELS = (0, 1, 2, 3)


def generate(
    out: str | os.PathLike[str],
    package: str = "careerfoundry",
    scale: float = 0.01,
    seed: int = 42,
    dirt: int = 0,
    report: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Write a fabricated package into folder `out` and return its truth.

    `scale` is in units of 206,209 customers (0.0005 to 100), `dirt` a level from 0 to
    3, `report` takes lines of progress. The returned dict is what truth.json holds.
    Raises UserError when `out` holds files this program did not write, ValueError
    for a bad argument.
    """
    if package not in PACKAGES:
        raise ValueError(f"package must be one of {', '.join(PACKAGES)}")
    if not SCALES[0] <= scale <= SCALES[1]:
        raise ValueError("scale must be a number from 0.0005 to 100")
    if not 0 <= seed < 1 << 63:
        raise ValueError("seed must be a whole number from 0 to 2**63 - 1")
    if dirt not in DIRT_LEVELS:
        raise ValueError("dirt must be 0, 1, 2 or 3")
    out = Path(out)
    _check_owned(out)
    work = out / WORK
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        truth = write_package(work, package, scale, seed, dirt, report)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    _publish(work, out, truth)
    shutil.rmtree(work, ignore_errors=True)
    return truth


# --- output folder --------------------------------------------------------------


def _check_owned(out: Path) -> None:
    """Refuse a folder whose package files this program did not write.

    A packed file, one in a folder below or an archive counts as well.
    """
    # Imports dbt, which the command line should not wait for.
    from instacart.raw_package.names import may_hold

    if out.exists() and not out.is_dir():
        raise UserError(
            f"a folder to write to at {shown(out)}", "a file", "name another"
        )
    # A publishing that was cut short leaves files of two runs.
    written = [recorded_files(each) for each in (out, out / WORK)]
    names = sorted({name for files in PACKAGES.values() for name in files})
    for path in may_hold(out, names) if out.exists() else ():
        if not any(is_unchanged(path, each) for each in written):
            raise UserError(
                f"only generated files in {shown(out)}",
                f"{path.relative_to(out)}, which is not as it was generated here and"
                " may be real data",
                "move it away, or name another folder with --out",
            )


def _publish(work: Path, out: Path, truth: dict[str, Any]) -> None:
    """Move the finished files into `out`, and truth.json last.

    Files of an earlier run that are not replaced are removed, if they are as written.
    """
    written = recorded_files(out)
    text = json.dumps(truth, indent=2) + "\n"
    (work / TRUTH).write_text(text, "utf-8")
    for name in written.keys() - truth["files"].keys():
        file = written[name]
        # An own original that `instacart enrich` kept is neither.
        is_ours = file.is_of_demo or file.fabricated_columns
        if is_ours and is_unchanged(out / name, written):
            (out / name).unlink()
    (out / ENRICHED).unlink(missing_ok=True)
    for name in truth["files"]:
        os.replace(work / name, out / name)
    os.replace(work / TRUTH, out / TRUTH)


def has_raw_files(folder: Path) -> bool:
    """Whether a folder holds anything but what a run left that was cut short."""
    if is_half_published(folder) or not folder.exists():
        return False
    return not folder.is_dir() or any(
        not path.name.startswith(".") for path in folder.iterdir()
    )


@contextmanager
def _stopping_cleanly(work: Path) -> Iterator[None]:
    """Let Ctrl-C end the process at once, leaving nothing half-written.

    DuckDB turns an interrupt into errors of several kinds, or swallows it.
    """

    def stop(*_: object) -> None:
        # Once files are being published, the record of that must stay.
        if not (work / TRUTH).exists():
            shutil.rmtree(work, ignore_errors=True)
        print(
            "instacart data: stopped before it was done.", file=sys.stderr, flush=True
        )
        os._exit(130)

    before = {s: signal.signal(s, stop) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def run(out: Path, package: str, scale: float, seed: int, dirt: int) -> list[str]:
    """Write a package into a folder; return the lines of the summary."""
    try:
        with _stopping_cleanly(out / WORK):
            truth = generate(
                out,
                *(package, scale, seed, dirt),
                lambda line: print(line, flush=True),
            )
    except duckdb.Error as error:
        raise UserError(
            f"to write to {shown(out)}", one_line(error), "see that the disk has room"
        ) from error
    expected = truth["expected"]
    return [
        f"{expected['customers']:,} customers, {expected['orders']:,} orders,"
        f" {expected['order_products']:,} order products, all fabricated",
        f"Written    {shown(out)}",
    ]
