"""Measure the warehouse against other ways to the same answers, and how it grows.

    python -m benchmark run --scale 1 --rounds 3
    python -m benchmark growth --scales 0.1 1 3 10
    python -m benchmark loop
    python -m benchmark page

`run` generates raw files, runs every contender on them in turns, compares what they
computed, and writes docs/benchmarks.md. `growth` builds one scale after the other.
`loop` measures again how long one edited mart takes. `page` writes the page again from
what was saved. Everything else lies in target/bench.
Exits 0 if done, 1 if a contender computes something else or fails, 2 if nothing can be
measured, 130 if stopped.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
from instacart import config
from instacart.errors import UserError
from instacart.files import replaced_when_complete
from instacart.synthetic.generate import SCALES

from benchmark import deliveries, growth, measure, nodes, page, rounds, targets
from benchmark.measure import DONE, FAILED, GB, BenchError, Limits, apart
from benchmark.rounds import CONTENDERS, PROJECT_DIR, Place

WORK = Path("target/bench")
DOCS, IMAGES = PROJECT_DIR / "docs", "images"
# What the page is made of, so that either half can be measured again.
PUBLISHED = DOCS / "benchmarks.json"
RESULTS, TRIAL, GROWTH = "results.json", "trial.json", "growth.json"
ROUNDS = 3
# What a figure depends on, as git names it.
MEASURED_FILES = (
    *("models", "macros", "scripts", "seeds", "tests", "dbt_project.yml"),
    *("profiles.yml", "requirements.lock"),
)
# Raw files, the reference, one contender and two deliveries lie side by side.
DISK_PER_RAW = 8
CORES, TIME_LIMIT_MINUTES = 2, 30.0
CONTENDER_SCRIPTS = rounds.SCRIPTS / "benchmark" / "contenders"


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return its exit code, see above."""
    args = parser().parse_args(argv)
    args.command_line = command_line(sys.argv[1:] if argv is None else argv)
    for each in (signal.SIGTERM, signal.SIGHUP):
        # A hangup that nohup ignores stays ignored.
        if signal.getsignal(each) is not signal.SIG_IGN:
            signal.signal(each, signal.default_int_handler)
    try:
        return args.do(args)
    except (BenchError, UserError) as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 2
    except (OSError, duckdb.Error, BrokenProcessPool) as error:
        said = " ".join(str(error).split())
        print(
            f"benchmark: expected to read and write in {args.work}, found: {said};"
            " see that it is there and has room.",
            file=sys.stderr,
        )
        return 2
    except KeyboardInterrupt:
        print("benchmark: stopped; no page was written.", file=sys.stderr)
        return 130


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(
        prog="python -m benchmark",
        description="Measure the warehouse against other ways, and how it grows.",
    )
    commands = top.add_subparsers(required=True, metavar="run|growth|loop|page")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--work", type=Path, default=WORK, help=f"folder to work in (default {WORK})"
    )
    limited = argparse.ArgumentParser(add_help=False, parents=[shared])
    limited.add_argument(
        "--cores",
        type=int,
        default=CORES,
        help=f"cores that every run gets (default {CORES})",
    )
    limited.add_argument(
        "--memory-limit",
        help="kill a run above this, such as 16GB (default 90 %% of the machine)",
    )
    limited.add_argument(
        "--time-limit",
        type=float,
        default=TIME_LIMIT_MINUTES,
        help=f"kill a run after so many minutes (default {TIME_LIMIT_MINUTES:g})",
    )
    run = commands.add_parser("run", parents=[limited], help="compare contenders")
    run.add_argument("--scale", type=scale_argument, default=1.0)
    run.add_argument("--rounds", type=int, default=ROUNDS, choices=range(1, 100))
    run.add_argument(
        "--contenders",
        type=contender_list,
        default=list(CONTENDERS),
        help=f"some of {','.join(CONTENDERS)} (default all)",
    )
    run.add_argument(
        "--contender-scripts",
        type=Path,
        default=CONTENDER_SCRIPTS,
        help="folder of the contenders in Python",
    )
    run.add_argument(
        "--without",
        choices=("loop", "deliveries"),
        nargs="*",
        default=[],
        help="leave out the analyst's loop or the second delivery",
    )
    run.set_defaults(do=run_command)
    grow = commands.add_parser("growth", parents=[limited], help="measure scales")
    grow.add_argument(
        "--scales", type=scale_argument, nargs="+", default=list(growth.SCALES)
    )
    grow.add_argument(
        "--keep", action="store_true", help="keep the files of large scales"
    )
    grow.set_defaults(do=growth_command)
    loop = commands.add_parser("loop", parents=[limited], help="measure one mart")
    loop.set_defaults(do=loop_command)
    again = commands.add_parser("page", parents=[shared], help="write the page again")
    again.add_argument("--scale", type=scale_argument, default=1.0)
    again.set_defaults(do=page_command)
    return top


def command_line(arguments: list[str]) -> str:
    """Return the command as it was given, without folders, which are of one machine."""
    folders = ("--work", "--contender-scripts")
    kept = [
        text
        for before, text in zip(["", *arguments], arguments, strict=False)
        if text.partition("=")[0] not in folders and before not in folders
    ]
    return shlex.join(["python", "-m", "benchmark", *kept])


def scale_argument(text: str) -> float:
    """Read --scale; raises ArgumentTypeError outside of what can be generated."""
    lowest, highest = SCALES
    try:
        scale = float(text)
    except ValueError:
        scale = -1.0
    if not lowest <= scale <= highest:
        raise argparse.ArgumentTypeError(
            f"must be a number from {lowest:g} to {highest:g}, not '{text}'"
        )
    return scale


def contender_list(text: str) -> list[str]:
    """Read --contenders; raises ArgumentTypeError for a name that is none."""
    names = [name.strip() for name in text.split(",")]
    unknown = [name for name in names if name not in CONTENDERS]
    if unknown:
        raise argparse.ArgumentTypeError(
            f"must be some of {','.join(CONTENDERS)}, not '{unknown[0]}'"
        )
    return [name for name in CONTENDERS if name in names]


# --- commands -------------------------------------------------------------------


def run_command(args: argparse.Namespace) -> int:
    """Compare contenders at one scale, save what was measured, and write the page."""
    limits = limits_of(args)
    work = args.work.absolute() / f"{args.scale:g}"
    with held(args.work):
        begun = origin(args, measure.machine(limits.cores))
        growth.check_disk(work, args.scale, DISK_PER_RAW)
        place = Place(
            work, work / "raw", limits, args.contender_scripts.absolute(), report=say
        )
        truth = rounds.generated(place.raw, args.scale, say)
        rounds.read_once(place.raw)
        reference = rounds.prepare(place, args.contenders)
        runs, refused = rounds.run_rounds(
            place, args.contenders, args.rounds, reference
        )
        saved = begun | {
            "scale": args.scale,
            "rounds": args.rounds,
            "is_published": is_published(args),
            "contenders": args.contenders,
            "memory_limit": limits.memory,
            "time_limit": limits.seconds,
            "dbt_threads": int(config.setting("INSTACART_DBT_THREADS")),
            "duckdb_memory_limit": rounds.duckdb_memory(),
            **{name: truth["expected"][name] for name in ("customers", "orders")},
            "order_products": truth["expected"]["order_products"],
            "raw_bytes": sum(path.stat().st_size for path in place.raw.glob("*.csv")),
            "runs": runs,
            "refused": refused,
        }
        # A trial at full size may not displace what the published page is made of.
        is_trial = args.scale == 1 and not saved["is_published"]
        results = work / (TRIAL if is_trial else RESULTS)
        save(results, saved)
        saved["nodes"] = built_nodes(place, args.contenders, runs)
        if "loop" not in args.without:
            saved["loop"] = analysts_loop(args.work.absolute(), limits)
        if "deliveries" not in args.without:
            say("A second delivery ...")
            marts = {
                name: found
                for name, found in reference.checksums.items()
                if name.startswith("marts.")
            }
            saved["deliveries"] = deliveries.new_data(place, marts)
        save(results, saved)
        written = write(args.work, saved)
    summarize(saved, written)
    failed = any(run["status"] == FAILED for run in runs)
    appended = (saved.get("deliveries") or {}).get("same_rows", True)
    return int(bool(refused) or failed or bool(different(saved)) or not appended)


def growth_command(args: argparse.Namespace) -> int:
    """Build one scale after the other; save and show what was measured.

    Scales that are not asked for keep what was measured with the same limits.
    """
    limits = limits_of(args)
    os.environ["INSTACART_MEMORY_LIMIT"] = growth.memory_limit()
    work = args.work.absolute()
    with held(work):
        saved = origin(args, measure.machine(limits.cores)) | {
            "memory_limit": growth.bytes_of(growth.memory_limit()),
            "limits": [limits.memory, limits.seconds, len(limits.cores)],
            "missing": [],
        }
        before = rounds.read_json(work / GROWTH)
        saved["runs"] = [
            {"commit": before["commit"]} | run
            for run in before.get("runs", [])
            if run["scale"] not in args.scales
            and before.get("memory_limit") == saved["memory_limit"]
            and before.get("limits", saved["limits"]) == saved["limits"]
        ]
        for scale in sorted(args.scales):
            try:
                run = growth.grow(work, scale, limits, args.keep, say)
            except BenchError as error:
                # The page names no folder of this machine.
                saved["missing"].append(str(error).replace(str(work), str(WORK)))
                say(f"  scale {scale:g}  not measured: {error}")
                continue
            saved["runs"].append(run | {"commit": saved["commit"]})
            # What is measured stays, if the next scale is stopped.
            save(work / GROWTH, saved)
            say(
                f"  scale {scale:<5g}  {run['wall']:8.1f} s"
                f"  {run['memory'] / GB:6.2f} GB"
                f"  spilled {run['spilled'] / GB:.2f} GB"
            )
        found = sorted(run["scale"] for run in saved["runs"])
        if tuple(found) == growth.SCALES and is_default(args) and not saved["missing"]:
            written = publish("growth", saved)
        else:
            written = page.write_page({}, saved, work / "growth", "")
    for target in targets.growth_targets(saved):
        say(f"  {target.verdict:<12}  {target.what}: {target.measured}")
    say(f"Page  {shown(written)}")
    return int(bool(saved["missing"]))


def loop_command(args: argparse.Namespace) -> int:
    """Measure the analyst's loop again, and put it into the page."""
    limits = limits_of(args)
    with held(args.work):
        found = analysts_loop(args.work.absolute(), limits) | {"commit": commit()}
    say(f"  {', '.join(f'{wall:.2f} s' for wall in found['walls'])}")
    published = rounds.read_json(PUBLISHED).get("comparison")
    if published and is_default(args):
        say(f"Page  {shown(publish('comparison', published | {'loop': found}))}")
    return 0


def analysts_loop(work: Path, limits: Limits) -> dict:
    """Return what deliveries.analysts_loop measures on the demo."""
    say("The analyst's loop, on the demo ...")
    demo = work / "demo"
    return deliveries.analysts_loop(Place(demo, demo / "raw", limits, report=say))


def page_command(args: argparse.Namespace) -> int:
    """Write the page again from what was saved."""
    saved = read_results(args.work, args.scale)
    if saved and not saved["is_published"]:
        folder = args.work / f"{args.scale:g}"
        say(f"Page  {shown(page.write_page(saved, {}, folder, ''))}")
        return 0
    if args.scale != 1 or not rounds.read_json(PUBLISHED):
        raise BenchError(
            f"expected results of scale {args.scale:g} in {args.work}, found none; run"
            f" `make bench SCALE={args.scale:g}` first."
        )
    say(f"Page  {shown(publish())}")
    return 0


# --- what they share ------------------------------------------------------------


def limits_of(args: argparse.Namespace) -> Limits:
    """Return what a run may take; raises BenchError for what can't be."""
    if not args.time_limit > 0:
        raise BenchError(
            f"expected --time-limit in minutes above 0, found {args.time_limit:g}; name"
            " more."
        )
    memory = measure.default_memory_limit()
    if args.memory_limit:
        memory = growth.bytes_of(args.memory_limit)
    return Limits(memory, args.time_limit * 60, measure.chosen_cores(args.cores))


def is_published(args: argparse.Namespace) -> bool:
    """Whether a run may replace the page in docs: full size, rounds and contenders."""
    return (
        args.scale == 1
        and args.rounds >= ROUNDS
        and args.contenders == list(CONTENDERS)
        and args.contender_scripts == CONTENDER_SCRIPTS
        and not args.without
        and is_default(args)
    )


def is_default(args: argparse.Namespace) -> bool:
    """Whether a run has the limits of every other."""
    limits = (args.cores, args.memory_limit, args.time_limit)
    return limits == (CORES, None, TIME_LIMIT_MINUTES)


def origin(args: argparse.Namespace, machine: dict) -> dict:
    """Return when, from what and by which command the figures come."""
    options = {"command": args.command_line, "date": date.today().isoformat()}
    return options | {"commit": commit(), "machine": machine}


def commit() -> str:
    """Return the project's commit, and whether files differ from it."""
    git = ["git", "-C", str(PROJECT_DIR)]
    try:
        name, changes = (
            subprocess.run(
                [*git, *command], capture_output=True, text=True, check=True
            ).stdout.strip()
            for command in (
                ("rev-parse", "--short", "HEAD"),
                ("status", "--porcelain", "--", *MEASURED_FILES),
            )
        )
    except (OSError, subprocess.CalledProcessError):
        return "not known"
    return f"{name} with changes" if changes else name


def built_nodes(place: Place, chosen: list[str], runs: list[dict]) -> dict:
    """Return what the nodes of the last `dbt build` took, if it ended well."""
    kept = rounds.kept_warehouse(chosen)
    last = [run for run in runs if run["contender"] == kept][-1:]
    if not last or last[0]["status"] != DONE:
        return {}
    return apart(nodes.built_nodes, place.work / kept)


def save(path: Path, saved: dict) -> None:
    with replaced_when_complete(path) as partial:
        partial.write_text(json.dumps(saved, indent=1) + "\n", "utf-8")


def read_results(work: Path, scale: float) -> dict:
    """Return what a run at some scale saved, or nothing."""
    folder = work / f"{scale:g}"
    return rounds.read_json(folder / RESULTS) or rounds.read_json(folder / TRIAL)


def write(work: Path, saved: dict) -> Path:
    """Write the page of a run to docs if it may, else beside its results."""
    if saved["is_published"]:
        return publish("comparison", saved)
    return page.write_page(saved, {}, work / f"{saved['scale']:g}", "")


def publish(half: str = "", saved: dict | None = None) -> Path:
    """Write the page in docs from its two halves, one of them as just measured."""
    halves = rounds.read_json(PUBLISHED)
    if half:
        # A log lies on one machine only.
        runs = [{**run, "log": Path(run["log"]).name} for run in saved["runs"]]
        halves[half] = saved | {"runs": runs}
        save(PUBLISHED, halves)
    return page.write_page(
        halves.get("comparison", {}), halves.get("growth", {}), DOCS, IMAGES
    )


def summarize(saved: dict, written: Path) -> None:
    """Print the targets, what disturbed, and where the page lies."""
    for key, found in saved["refused"].items():
        name = CONTENDERS[key].replace("`", "")
        say(f"  {name} computes something else: {found['example']}")
    for name in different(saved):
        say(f"  second delivery: {name} differs from a build on the whole")
    for target in targets.targets(saved):
        what = target.what.replace("`", "")
        say(f"  {target.verdict:<12}  {what}: {target.measured}")
    others = page.most_others(saved["runs"])
    if others > page.OTHERS_ALLOWED:
        say(f"  disturbed     other processes kept up to {others:.2f} cores busy")
    if page.speed_warning(saved):
        fastest, slowest = page.probes(saved["runs"])
        say(f"  uneven        a fixed task took {fastest:.2f} to {slowest:.2f} s")
    say(f"Page  {shown(written)}")


def different(saved: dict) -> list[str]:
    return (saved.get("deliveries") or {}).get("different_tables", [])


def shown(path: Path) -> str:
    """Return a path as one would type it here."""
    return os.path.relpath(path)


def say(line: str) -> None:
    print(line, flush=True)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Let one benchmark at a time work in a folder; raises BenchError for another."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            # The system lets go of it when the process ends, however it ends.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BenchError(
                f"expected nobody else to work in {folder}, found another benchmark;"
                " wait until it ends, or name another folder with --work."
            ) from None
        yield


if __name__ == "__main__":
    sys.exit(main())
