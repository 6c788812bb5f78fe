"""Write a fabricated Instacart package in the form of the real 2017 files.

    python scripts/generate.py --package careerfoundry --scale 0.01 --seed 42

The files have the real names, columns, quoting, line ends and planted defects, but no
customer, order or price in them is real; what is published about the real data comes
out of them (see docs/fidelity.md). truth.json beside them says what was planted and
what a correct warehouse must come to. The same seed gives the same bytes; --scale
changes the number of customers (1 = 206,209), not what a customer does. --dirt spoils
rows as real extracts do.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from demo_files import WORK, is_half_published, is_unchanged, recorded_files
from twin.package import PACKAGES, write_package

SCALES = (0.0005, 100.0)
DIRT_LEVELS = (0, 1, 2, 3)


class GenerateError(Exception):
    """A request that can't be met; its text is one sentence for the user."""


def generate(
    out: str | os.PathLike[str],
    package: str = "careerfoundry",
    scale: float = 0.01,
    seed: int = 42,
    dirt: int = 0,
    report: Callable[[str], None] = lambda line: None,
) -> dict:
    """Write a fabricated package into folder `out` and return its truth.

    `scale` is in units of 206,209 customers (0.0005 to 100), `dirt` a level from 0 to
    3, `report` takes lines of progress. The returned dict is what truth.json holds.
    Raises GenerateError when `out` holds files this program did not write, ValueError
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
    """Refuse a folder whose package files this program did not write."""
    if out.exists() and not out.is_dir():
        raise GenerateError(f"{out} is a file, not a folder.")
    # A publishing that was cut short leaves files of two runs.
    written = [recorded_files(each) for each in (out, out / WORK)]
    names = sorted({name for files in PACKAGES.values() for name in files})
    for name in (n + ending for n in names for ending in ("", ".gz")):
        path = out / name
        if path.exists() and not any(is_unchanged(path, each) for each in written):
            raise GenerateError(
                f"{out} holds {name}, which is not as it was generated here and may be"
                " real data: move it away or choose another folder with --out."
            )


def _publish(work: Path, out: Path, truth: dict) -> None:
    """Move the finished files into `out`, and truth.json last.

    Files of an earlier run that are not replaced are removed, if they are as written.
    """
    written, generated = recorded_files(out), recorded_files(out, ("truth.json",))
    text = json.dumps(truth, indent=2) + "\n"
    (work / "truth.json").write_text(text, "utf-8")
    for name in written.keys() - truth["files"].keys():
        if is_unchanged(out / name, written):
            (out / name).unlink()
    for kept in out.glob("products.kaggle.csv*.bak"):
        # The original that enrich.py kept is removed only if it was generated, too.
        if is_unchanged(kept, {kept.name: generated.get("products.csv", -1)}):
            kept.unlink()
    (out / "enriched.json").unlink(missing_ok=True)
    for name in truth["files"]:
        os.replace(work / name, out / name)
    os.replace(work / "truth.json", out / "truth.json")


# --- command line ---------------------------------------------------------------


def scale_argument(text: str) -> float:
    """Read --scale; raises ArgumentTypeError outside 0.0005..100."""
    try:
        scale = float(text)
    except ValueError:
        scale = -1.0
    if not SCALES[0] <= scale <= SCALES[1]:
        raise argparse.ArgumentTypeError(
            f"must be a number from 0.0005 to 100, not '{text}'"
        )
    return scale


def seed_argument(text: str) -> int:
    """Read --seed; raises ArgumentTypeError for anything but a whole number >= 0."""
    if not (text.isascii() and text.isdigit() and int(text) < 1 << 63):
        raise argparse.ArgumentTypeError(
            f"must be a whole number from 0 to {(1 << 63) - 1}, not '{text}'"
        )
    return int(text)


def raw_folder() -> str:
    """Return the raw folder the warehouse reads unless told otherwise."""
    return os.environ.get("INSTACART_RAW_DIR") or "data/raw"


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

    def stop(*_) -> None:
        # Once files are being published, the record of that must stay.
        if not (work / "truth.json").exists():
            shutil.rmtree(work, ignore_errors=True)
        print("generate.py: stopped before it was done.", file=sys.stderr, flush=True)
        os._exit(130)

    before = {s: signal.signal(s, stop) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return its exit code (0 done, 1 refused)."""
    parser = argparse.ArgumentParser(
        prog="generate.py",
        description="Write a fabricated Instacart package with the real files' form"
        " and defects.",
    )
    parser.add_argument("--package", choices=PACKAGES, default="careerfoundry")
    parser.add_argument(
        "--scale",
        type=scale_argument,
        default=0.01,
        help="1 = 206,209 customers (default 0.01)",
    )
    parser.add_argument("--seed", type=seed_argument, default=42)
    parser.add_argument(
        "--dirt",
        type=int,
        choices=DIRT_LEVELS,
        default=0,
        help="spoil one row in 10,000, 1,000 or 100 per kind of defect (default 0)",
    )
    parser.add_argument(
        "--out",
        default=None,
        help="folder to write to (default INSTACART_RAW_DIR, else data/raw)",
    )
    parser.add_argument(
        "--if-none",
        action="store_true",
        help="do nothing where the folder holds files already",
    )
    args = parser.parse_args(argv)
    out = args.out or raw_folder()
    if args.if_none:
        if has_raw_files(Path(out)):
            return 0
        print(f"No raw files in {out}: generating demo files, all rows fabricated.")
    try:
        with _stopping_cleanly(Path(out) / WORK):
            truth = generate(
                out,
                *(args.package, args.scale, args.seed, args.dirt),
                lambda line: print(line, flush=True),
            )
    except GenerateError as error:
        print(f"generate.py: {error}", file=sys.stderr)
        return 1
    except (OSError, duckdb.Error) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        print(f"generate.py: can't write to {out}: {reason}", file=sys.stderr)
        return 1
    expected = truth["expected"]
    print(
        f"{expected['customers']:,} customers, {expected['orders']:,} orders,"
        f" {expected['order_products']:,} order products, all fabricated"
    )
    print(f"written to {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
