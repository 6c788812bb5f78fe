"""What each command measures, saves and writes."""

from __future__ import annotations

import fcntl
import io
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
from instacart import config
from instacart.config import PROJECT_DIR, shown
from instacart.errors import UserError, one_line
from instacart.files import replaced_when_complete

from benchmark import growth, incremental_load, measure, nodes, page, rounds, targets
from benchmark.measure import DONE, FAILED, GB, Limits, in_own_process
from benchmark.rounds import (
    BUILD,
    CONTENDER_SCRIPTS,
    CONTENDERS,
    EARLIER,
    USUAL,
    Json,
    Reference,
    Workspace,
)

DOCS, IMAGES = PROJECT_DIR / "docs", "images"
# What the page is made of, so that either half can be measured again.
PUBLISHED = DOCS / "benchmarks.json"
RESULTS, TRIAL, GROWTH = "results.json", "trial.json", "growth.json"
CORES, MINUTES, ROUNDS = int(config.DEFAULTS["INSTACART_THREADS"]), 30.0, 3
# What a figure depends on, as git names it.
MEASURED_FILES = (
    *("models", "macros", "scripts", "seeds", "tests", "dbt_project.yml"),
    *("profiles.yml", "requirements.lock"),
)
# Raw files, the reference, one contender and two deliveries lie side by side.
DISK_PER_RAW = 8


@dataclass(frozen=True)
class Request:
    """Where to work, by which command line, and what a run may take.

    `memory_limit` is a size such as 16GB, or None for what the machine has;
    `time_limit` is in minutes.
    """

    work: Path
    command: str
    cores: int
    memory_limit: str | None
    time_limit: float

    @property
    def is_default(self) -> bool:
        """Whether a run has the limits of every other."""
        limits = (self.cores, self.memory_limit, self.time_limit)
        return limits == (CORES, None, MINUTES)

    def limits(self) -> Limits:
        """What a run may take; raises UserError for what can't be."""
        memory = measure.default_memory_limit()
        if self.memory_limit:
            memory = growth.bytes_of(self.memory_limit)
        return Limits(memory, self.time_limit * 60, measure.chosen_cores(self.cores))

    def origin(self, limits: Limits) -> Json:
        """When, from what, by which command and on what machine figures come."""
        return {
            "command": self.command,
            "date": date.today().isoformat(),
            "commit": commit(),
            "machine": measure.machine(limits.cores),
        }


# --- commands -------------------------------------------------------------------


def compare(
    request: Request,
    scale: float,
    round_count: int,
    contenders: list[str],
    against: str | None,
    scripts: Path,
    without: Sequence[str],
) -> int:
    """Compare contenders at one scale, save what was measured, and write the page.

    The project of the commit `against` is built as well, if one is named. Returns 1 if
    a contender computes something else or fails, or if loading new data incrementally
    gives other rows, else 0.
    """
    limits = request.limits()
    work = request.work / f"{scale:g}"
    is_complete = round_count >= ROUNDS and contenders == USUAL
    if against:
        contenders = [BUILD, EARLIER, *(key for key in contenders if key != BUILD)]
    is_usual = scripts == CONTENDER_SCRIPTS and request.is_default and not without
    with held(request.work):
        saved = request.origin(limits)
        growth.check_disk(work, scale, DISK_PER_RAW)
        space = Workspace(work, work / "raw", limits, scripts, report=say)
        if against:
            space.earlier = work / "earlier_project"
            saved["earlier"] = check_out(against, space.earlier)
        saved |= settings(scale, round_count, contenders, limits)
        saved |= raw_facts(space, scale)
        saved["is_published"] = scale == 1 and is_complete and is_usual
        reference = rounds.prepare(space, contenders)
        runs, refused = rounds.run_rounds(space, contenders, round_count, reference)
        saved |= {"runs": runs, "refused": refused}
        # A trial at full size may not displace what the published page is made of.
        is_trial = scale == 1 and not saved["is_published"]
        results = work / (TRIAL if is_trial else RESULTS)
        save(results, saved)
        saved["nodes"] = built_nodes(space, contenders, runs)
        if "loop" not in without:
            saved["loop"] = analysts_loop(request.work, limits)
        if "incremental" not in without:
            saved["incremental_load"] = loaded_incrementally(space, reference)
        save(results, saved)
        written = write(request.work, saved)
    summarize(saved, written)
    failed = any(run["status"] == FAILED for run in runs)
    appended = (saved.get("incremental_load") or {}).get("same_rows", True)
    return int(bool(refused) or failed or bool(different(saved)) or not appended)


def grow(request: Request, scales: Sequence[float], keep: bool) -> int:
    """Build one scale after the other; save and show what was measured.

    Scales that are not asked for keep what was measured with the same limits. Returns
    1 if one can't be measured, else 0.
    """
    limits = request.limits()
    os.environ["INSTACART_MEMORY_LIMIT"] = growth.memory_limit()
    with held(request.work):
        saved = request.origin(limits) | {
            "memory_limit": growth.bytes_of(growth.memory_limit()),
            "limits": [limits.memory, limits.seconds, len(limits.cores)],
            "missing": [],
        }
        saved["runs"] = other_scales(request.work, saved, scales)
        for scale in sorted(scales):
            try:
                run = growth.grow(request.work, scale, limits, keep, say)
            except UserError as error:
                # The page names no folder of this machine.
                folder = str(request.work)
                saved["missing"].append(str(error).replace(folder, "target/bench"))
                say(f"  scale {scale:g}  not measured: {error}")
                continue
            saved["runs"].append(run | {"commit": saved["commit"]})
            # What is measured stays, if the next scale is stopped.
            save(request.work / GROWTH, saved)
            say(
                f"  scale {scale:<5g}  {run['wall']:8.1f} s"
                f"  {run['memory'] / GB:6.2f} GB"
                f"  spilled {run['spilled'] / GB:.2f} GB"
            )
        found = tuple(sorted(run["scale"] for run in saved["runs"]))
        if found == growth.SCALES and request.is_default and not saved["missing"]:
            written = publish("growth", saved)
        else:
            written = page.write_page({}, saved, request.work / "growth", "")
    for target in targets.growth_targets(saved):
        say(f"  {target.verdict:<12}  {target.what}: {target.measured}")
    say(f"Page  {shown(written)}")
    return int(bool(saved["missing"]))


def loop(request: Request) -> int:
    """Measure the analyst's loop again, and put it into the page."""
    limits = request.limits()
    with held(request.work):
        found = analysts_loop(request.work, limits) | {"commit": commit()}
    say(f"  {', '.join(f'{wall:.2f} s' for wall in found['walls'])}")
    published = rounds.read_json(PUBLISHED).get("comparison")
    if published and request.is_default:
        say(f"Page  {shown(publish('comparison', published | {'loop': found}))}")
    return 0


def write_again(work: Path, scale: float) -> int:
    """Write the page again from what was saved."""
    folder = work / f"{scale:g}"
    saved = rounds.read_json(folder / RESULTS) or rounds.read_json(folder / TRIAL)
    if saved and not saved["is_published"]:
        say(f"Page  {shown(page.write_page(saved, {}, folder, ''))}")
        return 0
    if scale != 1 or not rounds.read_json(PUBLISHED):
        raise UserError(
            f"results of scale {scale:g} in {shown(work)}",
            "none",
            f"run `make bench SCALE={scale:g}` first",
        )
    say(f"Page  {shown(publish())}")
    return 0


# --- what is measured and saved -------------------------------------------------


def settings(
    scale: float, round_count: int, contenders: list[str], limits: Limits
) -> Json:
    """What a comparison was asked to do."""
    return {
        "scale": scale,
        "rounds": round_count,
        "contenders": contenders,
        "memory_limit": limits.memory,
        "time_limit": limits.seconds,
        "dbt_threads": int(config.setting("INSTACART_DBT_THREADS")),
        "duckdb_memory_limit": config.setting("INSTACART_MEMORY_LIMIT"),
    }


def raw_facts(space: Workspace, scale: float) -> Json:
    """Have the raw files, and the page cache full of them; return their size."""
    expected = rounds.generated(space.raw, scale, say)["expected"]
    rounds.read_once(space.raw)
    counts = ("customers", "orders", "order_products")
    size = sum(path.stat().st_size for path in space.raw.glob("*.csv"))
    return {name: expected[name] for name in counts} | {"raw_bytes": size}


def analysts_loop(work: Path, limits: Limits) -> Json:
    """What incremental_load.analysts_loop measures on the demo."""
    say("The analyst's loop, on the demo ...")
    demo = work / "demo"
    space = Workspace(demo, demo / "raw", limits, report=say)
    return incremental_load.analysts_loop(space)


def loaded_incrementally(space: Workspace, reference: Reference) -> Json:
    """What incremental_load.new_data measures, against the marts of the reference."""
    say("A second delivery ...")
    marts = {
        name: found
        for name, found in reference.checksums.items()
        if name.startswith("marts.")
    }
    return incremental_load.new_data(space, marts)


def other_scales(work: Path, saved: Json, scales: Sequence[float]) -> list[Json]:
    """The runs of scales that are not measured now, if they had the same limits."""
    before = rounds.read_json(work / GROWTH)
    if any(before.get(name) != saved[name] for name in ("memory_limit", "limits")):
        return []
    return [
        {"commit": before["commit"]} | run
        for run in before["runs"]
        if run["scale"] not in scales
    ]


def built_nodes(space: Workspace, chosen: list[str], runs: list[Json]) -> Json:
    """What the nodes of the last `dbt build` took, if it ended well."""
    kept = rounds.kept_warehouse(chosen)
    last = [run for run in runs if run["contender"] == kept][-1:]
    if not kept or not last or last[0]["status"] != DONE:
        return {}
    return in_own_process(nodes.built_nodes, space.work / kept)


def commit() -> str:
    """The project's commit, and whether files differ from it."""
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


def check_out(name: str, folder: Path) -> str:
    """Write the project as a commit has it into a folder; return the commit's name.

    Raises UserError if there is no such commit.
    """
    git = ["git", "-C", str(PROJECT_DIR)]
    found = subprocess.run(
        [*git, "rev-parse", "--short", "--verify", "--quiet", f"{name}^{{commit}}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode:
        raise UserError(
            "a commit of this project after --against",
            f"{name}, which is none",
            "name one that `git log` shows",
        )
    commit = found.stdout.strip()
    archive = subprocess.run([*git, "archive", commit], capture_output=True, check=True)
    shutil.rmtree(folder, ignore_errors=True)
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as project:
        project.extractall(folder, filter="data")
    return commit


def save(path: Path, saved: Json) -> None:
    with replaced_when_complete(path) as partial:
        partial.write_text(json.dumps(saved, indent=1) + "\n", "utf-8")


# --- what is written and said ---------------------------------------------------


def write(work: Path, saved: Json) -> Path:
    """Write the page of a comparison to docs if it may, else beside its results."""
    if saved["is_published"]:
        return publish("comparison", saved)
    return page.write_page(saved, {}, work / f"{saved['scale']:g}", "")


def publish(half: str = "", measured: Json | None = None) -> Path:
    """Write the page in docs from its two halves, one of them as just measured."""
    halves = rounds.read_json(PUBLISHED)
    if measured:
        # A log lies on one machine only.
        runs = [{**run, "log": Path(run["log"]).name} for run in measured["runs"]]
        halves[half] = measured | {"runs": runs}
        save(PUBLISHED, halves)
    comparison, grown = (halves.get(name, {}) for name in ("comparison", "growth"))
    return page.write_page(comparison, grown, DOCS, IMAGES, page.lab_notes())


def summarize(saved: Json, written: Path) -> None:
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


def different(saved: Json) -> list[str]:
    """Tables that a second delivery leaves other than a build on the whole does."""
    tables: list[str] = (saved.get("incremental_load") or {}).get(
        "different_tables", []
    )
    return tables


def say(line: str) -> None:
    print(line, flush=True)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Let one benchmark at a time work in a folder.

    Raises UserError if another one does, or the folder can't be worked in.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            # The system lets go of it when the process ends, however it ends.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UserError(
                f"nobody else to work in {shown(folder)}",
                "another benchmark",
                "wait until it ends, or name another folder with --work",
            ) from None
        try:
            yield
        except (duckdb.Error, BrokenProcessPool) as error:
            raise UserError(
                f"to read and write in {shown(folder)}",
                one_line(error),
                "see that it has room",
            ) from error
