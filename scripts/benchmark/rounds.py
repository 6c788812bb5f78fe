"""What is compared, how each is started, and the rounds in which they take turns."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from instacart import config
from instacart.config import PROJECT_DIR
from instacart.errors import UserError
from instacart.generated_files import is_unchanged, recorded_files

from benchmark import answers, plain_duckdb
from benchmark.answers import Tables
from benchmark.measure import (
    DONE,
    FAILED,
    GB,
    Limits,
    Run,
    folder_bytes,
    in_own_process,
    probe_seconds,
    run_measured,
)

Json = dict[str, Any]
HERE = Path(__file__).parent
CONTENDER_SCRIPTS = HERE / "contenders"
DATABASE = "instacart.duckdb"
DBT_COMMAND = (sys.executable, "-m", "instacart.dbt_child", "--no-use-colors")
WITHOUT_TESTS = ("--exclude-resource-type", "test", "unit_test")
PACKAGE, SEED = "careerfoundry", 42
# The warehouse and the script hold tables, the others answers in files.
BUILD, RUN, CORE, PLAIN = "dbt_build", "dbt_run", "dbt_core", "plain"
# As BUILD, by the project of an earlier commit. Only where one is named.
EARLIER = "dbt_build_earlier"
PANDAS, PANDAS_STRINGS, POLARS = "pandas", "pandas_strings", "polars"
PANDAS_TUNED = "pandas_tuned"
CONTENDERS = {
    BUILD: "`dbt build`, all tests",
    EARLIER: "`dbt build`, all tests, earlier commit",
    RUN: "`dbt build` without tests",
    PLAIN: "plain DuckDB script",
    CORE: "`dbt build` of what pandas makes",
    PANDAS: "pandas, labels as categories",
    PANDAS_STRINGS: "pandas, labels as strings",
    PANDAS_TUNED: "pandas, tuned",
    POLARS: "Polars",
}
USUAL = [key for key in CONTENDERS if key != EARLIER]
SCRIPT_NAMES = {
    PANDAS: "pandas_course.py",
    PANDAS_STRINGS: "pandas_course.py",
    PANDAS_TUNED: "pandas_tuned.py",
    POLARS: "polars_course.py",
}
DBT = (BUILD, EARLIER, RUN, CORE)
WAREHOUSES = (*DBT, PLAIN)
# Marts that answer what the contenders in Python do, as answers.py asks.
CORE_MARTS = (
    *("marts.dim_customers", "marts.dim_products", "marts.fct_orders"),
    *("marts.fct_order_products", "marts.rpt_departments"),
)


def database_in(folder: Path) -> Path:
    """What dbt built in a folder, published or not, or what the plain script made."""
    built = folder / f"{DATABASE}{config.BUILT}" / DATABASE
    return built if built.is_file() else folder / DATABASE


@dataclass
class Workspace:
    """Where and how a benchmark runs.

    work: folder of one scale's files; raw: its package; scripts: folder of the
    contenders in Python; report: takes lines of progress; project: what dbt builds;
    earlier: the project as an earlier commit has it, if that takes part.
    """

    work: Path
    raw: Path
    limits: Limits
    scripts: Path = CONTENDER_SCRIPTS
    report: Callable[[str], None] = print
    project: Path = PROJECT_DIR
    earlier: Path | None = None
    logs: Path = field(init=False)

    def __post_init__(self) -> None:
        self.logs = self.work / "logs"

    def of(self, key: str) -> Workspace:
        """The same, with the project that a contender builds."""
        if key == EARLIER and self.earlier:
            return replace(self, project=self.earlier)
        return self

    def environment(self, folder: Path, raw: Path | None = None) -> dict[str, str]:
        """Return the variables of a warehouse that lies in a folder."""
        threads = str(len(self.limits.cores))
        return {
            "INSTACART_RAW_DIR": str(raw or self.raw),
            "INSTACART_DB": str(folder / DATABASE),
            "INSTACART_TEMP_DIR": str(folder / "tmp"),
            "INSTACART_THREADS": threads,
            "INSTACART_MEMORY_LIMIT": config.setting("INSTACART_MEMORY_LIMIT"),
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
            "POLARS_MAX_THREADS": threads,
            # dbt's plugin is of the project that is built.
            "PYTHONPATH": str(self.project / "scripts"),
        }

    def dbt(
        self, folder: Path, name: str, *arguments: str, raw: Path | None = None
    ) -> Run:
        """Run dbt for the warehouse in a folder; raises UserError if it fails."""
        folder.mkdir(parents=True, exist_ok=True)
        run = run_measured(
            [*DBT_COMMAND, *arguments],
            self.logs / f"{name}.log",
            self.limits,
            self.environment(folder, raw),
            folder=self.project,
            watched=folder / "tmp",
        )
        if run.status != DONE:
            raise refusal(f"`dbt {' '.join(arguments)}`", run, self.limits)
        return run


def refusal(what: str, run: Run, limits: Limits) -> UserError:
    """Return a sentence about a run that did not end well."""
    if run.status == FAILED:
        said = last_line(Path(run.log))
        return UserError(
            f"{what} to succeed",
            f"that it failed after {run.wall:.0f} s ({said})",
            f"read {run.log}",
        )
    return UserError(
        f"{what} to end within {limits.memory / GB:.1f} GB and {limits.seconds:,.0f} s",
        f"it {run.status} at {run.memory / GB:.1f} GB after {run.wall:.0f} s",
        "see --memory-limit and --time-limit",
    )


def last_line(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").split("\n")
    said = [line.strip() for line in lines if line.strip()]
    return said[-1].rstrip(".") if said else "it said nothing"


# --- raw files ------------------------------------------------------------------


def generated(raw: Path, scale: float, report: Callable[[str], None]) -> Json:
    """Return a package's truth.json, generating the package unless it lies there."""
    sizes = recorded_files(raw, ("truth.json",))
    truth = read_json(raw / "truth.json")
    stated = (truth.get("package"), truth.get("scale"), truth.get("seed"))
    intact = all(is_unchanged(raw / name, sizes) for name in sizes)
    clean = truth.get("dirt", {}).get("level") == 0
    if stated == (PACKAGE, scale, SEED) and sizes and intact and clean:
        return truth
    report(f"Generating raw files of scale {scale:g} ...")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "instacart", "data", "--package", PACKAGE),
            *("--scale", str(scale), "--seed", str(SEED), "--out", str(raw)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        raise UserError(
            f"`instacart data` to write {raw}",
            f"that it said: {said[-1].rstrip('.')}",
            "mend that and run this again",
        )
    return read_json(raw / "truth.json")


def read_json(path: Path) -> Json:
    """Return what a JSON file holds, or nothing where there is none."""
    try:
        found: Json = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def read_once(raw: Path) -> None:
    """Read the raw files, so that every contender finds them in the page cache."""
    for path in sorted(raw.glob("*.csv")):
        with path.open("rb") as file:
            while file.read(1 << 24):
                pass


# --- rounds ---------------------------------------------------------------------


@dataclass
class Reference:
    """What the warehouse holds, which every contender has to reach."""

    answers: Path
    checksums: Tables
    script: Path


def prepare(space: Workspace, chosen: list[str]) -> Reference:
    """Build the warehouse once, untimed; keep what it holds, and the plain script.

    dbt reads the project for the chosen contenders as well, so that their rounds are a
    user's second build.
    """
    for key in set(chosen) - set(WAREHOUSES):
        course_script(space, key)
    folder = space.work / "reference"
    shutil.rmtree(folder, ignore_errors=True)
    space.report("Building the warehouse once, untimed ...")
    # Tables in the log are the only trace of what a hook became.
    logging = ("--log-format-file", "json", "--log-level-file", "debug")
    size = ("--log-file-max-bytes", "0")
    space.dbt(folder, "reference", *logging, *size, "build", *WITHOUT_TESTS)
    database = database_in(folder)
    reference = Reference(
        answers=folder / "answers",
        checksums=in_own_process(answers.table_checksums, database),
        script=space.work / "plain_duckdb.sql",
    )
    in_own_process(answers.keep_answers, database, reference.answers)
    settings = config.duckdb_config() | {
        "threads": str(len(space.limits.cores)),
        "temp_directory": str(space.work / PLAIN / "tmp"),
    }
    in_own_process(
        plain_duckdb.write_script,
        *(reference.script, database, folder / "target"),
        *(folder / "logs" / "dbt.log", settings),
    )
    database.unlink()
    for key in set(DBT) & set(chosen):
        space.of(key).dbt(space.work / key, f"{key}-parse", "parse")
    return reference


def run_rounds(
    space: Workspace, chosen: list[str], rounds: int, reference: Reference
) -> tuple[list[Json], dict[str, Json]]:
    """Run every contender in every round, and compare before a time counts.

    Returns the runs (Run.as_dict with `contender`, `round`, `size` in bytes, seconds of
    the `probe` before it and, of dbt, `elapsed` seconds), and by contender why it was
    refused.
    """
    runs: list[Json] = []
    refused: dict[str, Json] = {}
    out: set[str] = set()
    for number in range(1, rounds + 1):
        order = chosen if number % 2 else chosen[::-1]
        for key in (key for key in order if key not in out):
            probe = probe_seconds()
            run = run_once(space, key, number, reference)
            difference = (
                compare(space, key, reference)
                if run.status == DONE
                else {"example": ""}
            )
            size = result_bytes(space.work / key)
            elapsed = dbt_elapsed(space.work / key) if key in DBT else None
            if key != kept_warehouse(chosen):
                empty(space.work / key)
            if difference["example"]:
                refused[key] = difference
                runs = [each for each in runs if each["contender"] != key]
                said = f"computes something else: {difference['example']}"
            else:
                entry = {"contender": key, "round": number, "size": size}
                entry |= {"elapsed": elapsed, "probe": probe}
                runs.append(run.as_dict() | entry)
                said = what_happened(run)
            if difference["example"] or run.status != DONE:
                out.add(key)
            name = CONTENDERS[key].replace("`", "")
            space.report(f"  round {number} of {rounds}  {name:<28}  {said}")
    return runs, refused


def kept_warehouse(chosen: list[str]) -> str | None:
    """Return the contender whose warehouse is kept, to look into."""
    return next((key for key in (BUILD, RUN) if key in chosen), None)


def what_happened(run: Run) -> str:
    """Return a run's outcome in a few words."""
    if run.status == FAILED:
        said = last_line(Path(run.log))
        return f"failed after {run.wall:.1f} s: {said}; read {run.log}"
    figures = f"{run.wall:8.2f} s  {run.memory / GB:6.2f} GB"
    if run.status == DONE:
        return figures
    return f"{run.status} at {run.memory / GB:.2f} GB after {run.wall:.1f} s"


def run_once(space: Workspace, key: str, number: int, reference: Reference) -> Run:
    """Run one contender in a fresh folder; dbt keeps what it read of the project."""
    folder = space.work / key
    folder.mkdir(parents=True, exist_ok=True)
    empty(folder)
    return run_measured(
        command(space, key, reference),
        space.logs / f"{key}-{number}.log",
        space.limits,
        space.of(key).environment(folder),
        folder=space.of(key).project,
        watched=folder / "tmp",
    )


def empty(folder: Path) -> None:
    """Remove all that a contender made, but not what dbt read of the project."""
    for path in folder.iterdir():
        if path.is_dir() and path.name != "target":
            shutil.rmtree(path)
        elif not path.is_dir():
            path.unlink()


def course_script(space: Workspace, key: str) -> Path:
    """Return a contender's script in Python; raises UserError if there is none."""
    script = space.scripts / SCRIPT_NAMES[key]
    if not script.is_file():
        raise UserError(
            f"the contender's script at {script}",
            "none",
            "leave it out with --contenders",
        )
    return script


def command(space: Workspace, key: str, reference: Reference) -> list[str]:
    """Return a contender's command line."""
    folder, python = space.work / key, sys.executable
    if key in DBT:
        core = ("--select", *(f"+{name.partition('.')[2]}" for name in CORE_MARTS))
        chosen = core if key == CORE else ()
        return [
            *DBT_COMMAND,
            "build",
            *chosen,
            *(() if key in (BUILD, EARLIER) else WITHOUT_TESTS),
        ]
    if key == PLAIN:
        script = HERE / "plain_duckdb.py"
        return [python, *map(str, (script, reference.script, folder / DATABASE))]
    script = course_script(space, key)
    (folder / "out").mkdir()
    files = ("--raw", str(space.raw), "--out", str(folder / "out"))
    labels = {PANDAS: "categories", PANDAS_STRINGS: "strings"}.get(key)
    return [python, str(script), *files, *(["--labels", labels] if labels else [])]


def compare(space: Workspace, key: str, reference: Reference) -> Json:
    """Return how a contender's result differs; `example` is empty if it doesn't."""
    folder = space.work / key
    if key not in WAREHOUSES:
        return in_own_process(
            answers.compare_answers, reference.answers, folder / "out"
        )
    found = in_own_process(answers.table_checksums, database_in(folder))
    expected = reference.checksums
    if key == CORE:
        expected = {name: expected[name] for name in CORE_MARTS}
        found = {name: found[name] for name in CORE_MARTS if name in found}
    tables = answers.different_tables(expected, found)
    if not tables:
        return {"tables": 0, "example": ""}
    ours, theirs = (each.get(tables[0]) for each in (expected, found))
    if not (ours and theirs):
        said = f"{tables[0]} is {'missing' if ours else 'not in the warehouse'}"
    elif ours.rows != theirs.rows:
        said = f"{tables[0]}: expected {ours.rows:,} rows, found {theirs.rows:,}"
    else:
        said = f"{tables[0]} has other values in as many rows"
    return {"tables": len(tables), "example": said}


def result_bytes(folder: Path) -> int:
    """Return the size of what a contender left, without its answers for us."""
    if database_in(folder).is_file():
        return database_in(folder).stat().st_size
    answered = sum(path.stat().st_size for path in folder.glob("out/answers_*.csv"))
    return folder_bytes(folder / "out") - answered


def dbt_elapsed(folder: Path) -> float | None:
    """Return the seconds of dbt's own clock: hooks, models and tests, no start-up."""
    return read_json(folder / "target" / "run_results.json").get("elapsed_time")
