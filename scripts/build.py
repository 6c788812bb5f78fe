"""Build and test the warehouse, or say that nothing changed since it was built.

    python scripts/build.py [--force]

After a build that passed, a folder beside the database (``instacart.duckdb.built``)
holds what the database was made of, and dbt's manifest of that time. As long as the raw
files, the project, the settings and the database are as recorded, there is nothing to
build. If only models, tests, seeds or analyses changed, dbt builds what differs from
that manifest and what stands on it; otherwise everything.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from demo_files import is_half_published

RECORD = "record.json"
MANIFEST = "manifest.json"
# Raised when a record means something else than before.
FORMAT = 1

# What changes in the first folders, dbt compares with its manifest of another build.
COMPARED_BY_DBT = ("models/", "seeds/", "tests/", "analyses/")
FOLDERS = (*COMPARED_BY_DBT, "macros/")
GENERIC_TESTS = "tests/generic/"
PYTHON_TESTS = "tests/python/"
READ_BY_DBT = {".sql", ".py", ".yml", ".yaml", ".md", ".csv"}
# Of a larger seed dbt compares the name only.
LARGEST_COMPARED_SEED = 1_000_000
PROJECT_FILES = (
    ".dbtignore",
    "dbt_project.yml",
    "dependencies.yml",
    "packages.yml",
    "profiles.yml",
    "requirements.lock",
    "selectors.yml",
    "scripts/raw_package.py",
    "scripts/demo_files.py",
)

# Any variable of theirs may change what is built or whether it passes, but for these.
SETTINGS = re.compile(r"DBT_|INSTACART_")
# dbt reads each of its variables under this prefix too, and prefers it.
ENGINE = "DBT_ENGINE_"
WITHOUT_EFFECT = re.compile(
    r"INSTACART_(DB|THREADS|DBT_THREADS|MEMORY_LIMIT|TEMP_DIR)"
    r"|DBT_(TARGET_PATH|LOG_.*|USE_COLORS.*|PRINTER_WIDTH)"
)
# With one of these, dbt reads another project or profile than the files looked at.
ELSEWHERE = {"DBT_PROJECT_DIR", "DBT_PROFILES_DIR"}

# dbt's lines for what starts, what passes and what it need not do.
PROGRESS = re.compile(r"[0-9] (START|PASS|NO-OP) ")
# What dbt returns if it ran to the end, and not all of it passed.
NOT_ALL_PASSED = 1
RELATIONS = ("model.", "seed.")
TESTS = ("test.", "unit_test.")
CHANGES_NAMED = 3
SECONDS_TO_STOP = 30


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return its exit code (dbt's own, 130 when stopped)."""
    parser = argparse.ArgumentParser(
        prog="build.py", description="Build and test the warehouse where it changed."
    )
    parser.add_argument(
        "--force", action="store_true", help="build everything, changed or not"
    )
    is_forced = parser.parse_args(argv).force
    for each in (signal.SIGTERM, signal.SIGHUP):
        # A hangup that nohup ignores stays ignored.
        if signal.getsignal(each) is not signal.SIG_IGN:
            signal.signal(each, signal.default_int_handler)
    database = Path(os.environ.get("INSTACART_DB") or "warehouse/instacart.duckdb")
    raw_dir = Path(os.environ.get("INSTACART_RAW_DIR") or "data/raw")
    try:
        return build(database, raw_dir, is_forced)
    except BrokenPipeError:
        # Nobody reads on, as after `make build | head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        print(
            f"build.py: expected to read {error.filename}, found that it can't be read"
            f" ({error.strerror}); check that it is there and who may read it.",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print(
            "build.py: stopped; the next `make build` builds it again.",
            file=sys.stderr,
        )
        return 130


def build(database: Path, raw_dir: Path, is_forced: bool) -> int:
    """Do what there is to do; return the exit code. Raises OSError."""
    if is_half_published(raw_dir) or not raw_files(raw_dir):
        script = Path(__file__).with_name("generate.py")
        demo = [sys.executable, str(script), "--if-none", "--out", str(raw_dir)]
        if code := subprocess.run(demo, check=False).returncode:
            return code
    # Taken before dbt reads them: what changes meanwhile is seen by the next build.
    made_of = ingredients(raw_dir)
    folder = database.with_name(f"{database.name}.built")
    set_here = {plain_name(name) for name in os.environ}
    record = None if ELSEWHERE & set_here else read_record(folder)
    selection: list[str] = []
    if record and not is_forced:
        changes, needs_all = compare(record, made_of, identity(database))
        if not changes:
            print_unchanged(record, database, raw_dir)
            return 0
        if not needs_all:
            selection = select_changed(record, folder)
        print_changes(record, changes, needs_all)
    if code := run_recorded(folder, database, record, made_of, selection):
        return code
    # Imports DuckDB, for which the answer that nothing changed should not wait.
    from summarize import main as summarize

    return summarize()


def run_recorded(
    folder: Path,
    database: Path,
    record: dict | None,
    made_of: dict,
    selection: list[str],
) -> int:
    """Run dbt and record what came of it; return its exit code.

    There is no record while dbt runs: a build that is killed leaves none, so the next
    one builds everything.
    """
    before = identity(database)
    with suppress(OSError):
        (folder / RECORD).unlink(missing_ok=True)
    code = None
    try:
        code = run_dbt(selection)
        if code == 0 and selection and (name := overlooked(folder)):
            print(
                f"dbt sees no change in {name}, but there is one: building everything."
            )
            selection = []
            code = run_dbt(selection)
    finally:
        after = identity(database)
        if code == 0:
            passed = passed_record(record if selection else None, made_of, after)
            write_record(folder, passed, target_path() / MANIFEST)
        elif record and after == before:
            # Nothing was written, so it holds as before.
            write_record(folder, record)
        elif record and selection and code == NOT_ALL_PASSED:
            write_record(folder, unfinished_record(record, after))
    return code


def run_dbt(selection: list[str]) -> int:
    """Run ``dbt build``, showing what it prints but for progress; return its exit code.

    Raises KeyboardInterrupt when stopped, and BrokenPipeError when nobody reads what it
    prints; dbt has then ended.
    """
    dbt = str(Path(sys.executable).with_name("dbt"))
    with subprocess.Popen(
        [dbt, "build", "--write-json", *selection],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        # dbt shows a stack trace on either when it is stopped; then nothing is shown.
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        # Ctrl-C then reaches dbt through us only, and once.
        process_group=0,
    ) as running:
        try:
            for line in running.stdout:
                if not PROGRESS.search(line):
                    print(line, end="", flush=True)
            code = running.wait()
        except (KeyboardInterrupt, BrokenPipeError):
            # Not a kill: DuckDB then removes what it has spilt to disk.
            running.send_signal(signal.SIGINT)
            try:
                running.communicate(timeout=SECONDS_TO_STOP)
            except (subprocess.TimeoutExpired, KeyboardInterrupt):
                running.kill()
            raise
    # As a shell has it, where a signal ended dbt.
    return code if code >= 0 else 128 - code


# --- what a build is made of ----------------------------------------------------


def ingredients(raw_dir: Path) -> dict:
    """All that decides what is built: raw files, project files, settings."""
    paths = [Path(name) for name in PROJECT_FILES]
    for folder in FOLDERS:
        paths += [
            path
            for path in sorted(Path(folder).rglob("*"))
            if path.suffix in READ_BY_DBT
            and not path.as_posix().startswith(PYTHON_TESTS)
        ]
    return {
        "raw_files": raw_files(raw_dir),
        "project_files": {
            path.as_posix(): digest(path.read_bytes())
            for path in paths
            if path.is_file()
        },
        # As digests, since a variable may hold a secret.
        "settings": {
            name: digest(value.encode("utf-8", "surrogateescape"))
            for name, value in sorted(os.environ.items())
            if SETTINGS.match(name) and not WITHOUT_EFFECT.fullmatch(plain_name(name))
        },
    }


def raw_files(raw_dir: Path) -> dict[str, list]:
    """Size and time of every file in the folder of raw files, by name."""
    if not raw_dir.is_dir():
        return {}
    return {
        path.name: size_and_time(path)
        for path in sorted(raw_dir.iterdir())
        if path.is_file() and not path.name.startswith(".")
    }


def plain_name(variable: str) -> str:
    """A variable's name as dbt's documentation has it."""
    return variable.replace(ENGINE, "DBT_") if variable.startswith(ENGINE) else variable


def identity(database: Path) -> list:
    """By what one sees that a database was written: itself, and its log."""
    log = database.with_name(f"{database.name}.wal")
    return [size_and_time(path) for path in (database, log)]


def size_and_time(path: Path) -> list[int] | None:
    """Size, and nanoseconds of the last change; None where there is no file."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return [status.st_size, status.st_mtime_ns]


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# --- what changed ---------------------------------------------------------------


def compare(record: dict, now: dict, database: list) -> tuple[list[str], bool]:
    """What changed since a record, in clauses, and whether all must be built for it."""
    before = record["made_of"]
    in_all = raw_file_changes(before["raw_files"], now["raw_files"])
    for name in differing(before["settings"], now["settings"]):
        in_all.append(f"{name} is set otherwise")
    if database[0] is None:
        in_all.append("the database is gone")
    elif database != record["database"]:
        in_all.append("the database was written by something else")
    in_part = []
    old, new = before["project_files"], now["project_files"]
    for path in differing(old, new):
        changes = in_part if path in new and is_compared_by_dbt(path) else in_all
        changes.append(f"{path} {what_happened(path, old, new)}")
    if record["unfinished"] is not None:
        in_part.append("the last build did not pass")
    return in_all + in_part, bool(in_all)


def is_compared_by_dbt(path: str) -> bool:
    """Whether dbt can tell what a change of this file reaches."""
    if path.startswith(GENERIC_TESTS) or not path.startswith(COMPARED_BY_DBT):
        return False
    is_seed = path.endswith(".csv")
    return not is_seed or Path(path).stat().st_size < LARGEST_COMPARED_SEED


def raw_file_changes(before: dict[str, list], now: dict[str, list]) -> list[str]:
    """A clause for each raw file that is not as it was."""
    found = []
    for name in differing(before, now):
        happened = what_happened(name, before, now)
        if name in before and name in now:
            (old, _), (new, _) = before[name], now[name]
            verb = "grew" if new > old else "shrank"
            happened = f"{verb} from {old:,} to {new:,} bytes"
            if new == old:
                happened = "was written again"
        found.append(f"{name} {happened}")
    return found


def what_happened(name: str, before: dict, now: dict) -> str:
    if name not in now:
        return "is gone"
    return "changed" if name in before else "is new"


def differing(before: dict, now: dict) -> list[str]:
    """The keys that only one of two dictionaries has, or whose values differ."""
    return sorted(key for key in before | now if before.get(key) != now.get(key))


def select_changed(record: dict, folder: Path) -> list[str]:
    """Arguments for dbt to build what changed and what stands on it.

    What a build that failed has built is built again, also if its change was undone.
    """
    names = [f"{name}+" for name in record["unfinished"] or ()]
    return ["--select", "state:modified+", *names, "--state", str(folder)]


def overlooked(folder: Path) -> str | None:
    """What dbt has left out of the last run although it changed, if there is anything.

    dbt overlooks the order of a table's columns in YAML, and the columns of a source,
    by which its raw files are read.
    """
    before, now = read_json(folder / MANIFEST), read_json(target_path() / MANIFEST)
    ran = last_run()
    for unique_id, node in now["nodes"].items():
        if unique_id.startswith(RELATIONS) and unique_id not in ran:
            old = before["nodes"].get(unique_id, {"columns": ()})
            if list(old["columns"]) != list(node["columns"]):
                return node["name"]
    for unique_id, source in now["sources"].items():
        old = before["sources"].get(unique_id)
        if old is None or as_read(old) != as_read(source):
            return source["name"]
    return None


def as_read(source: dict) -> list:
    """What decides how the files of a source are read."""
    columns = [(name, column["config"]) for name, column in source["columns"].items()]
    return [source["config"], columns]


def print_changes(record: dict, changes: list[str], needs_all: bool) -> None:
    """Say what changed, and what is built for it."""
    named = ", ".join(changes[:CHANGES_NAMED])
    if len(changes) > CHANGES_NAMED:
        named += f" and {len(changes) - CHANGES_NAMED} more"
    does = "building everything."
    if not needs_all:
        does = (
            "building that and what stands on it (`make build FORCE=1` builds"
            " everything)."
        )
    print(f"Changed since {record['built_at']}: {named}; {does}", flush=True)


def print_unchanged(record: dict, database: Path, raw_dir: Path) -> None:
    """Say that there is nothing to build, and what there is."""
    sizes = [
        size
        for name, (size, _) in record["made_of"]["raw_files"].items()
        if name.removesuffix(".gz").endswith(".csv")
    ]
    megabytes = record["database"][0][0] / 1e6
    print(
        f"Nothing changed since {record['built_at']}, so there is nothing to build.\n"
        f"\nRaw files  {len(sizes)} in {raw_dir} ({sum(sizes) / 1e6:,.1f} MB)"
        f"\nDatabase   {database} ({megabytes:,.0f} MB)"
        f"\nPassed     {record['nodes']:,} models, seeds and tests,"
        f" {len(record['warned'])} of them with a warning"
        "\nNext       query the marts (see README.md), or `make build FORCE=1` to build"
        " all the same"
    )


# --- the record -----------------------------------------------------------------


def read_record(folder: Path) -> dict | None:
    """What a folder records of the last build; None if there is nothing of use."""
    record = read_json(folder / RECORD)
    if record.get("format") != FORMAT or not read_json(folder / MANIFEST):
        return None
    return record


def passed_record(previous: dict | None, made_of: dict, database: list) -> dict:
    """The record of a build that passed.

    previous: the record of the build that it completes; None if it built everything.
    """
    manifest = read_json(target_path() / MANIFEST)
    present = [
        unique_id
        for unique_id in (*manifest.get("nodes", ()), *manifest.get("unit_tests", ()))
        if unique_id.startswith(RELATIONS + TESTS)
    ]
    ran = last_run()
    warned = {unique_id for unique_id, status in ran.items() if status == "warn"}
    if previous:
        warned.update(set(previous["warned"]) - ran.keys())
    return {
        "format": FORMAT,
        "built_at": f"{datetime.now():%Y-%m-%d %H:%M}",
        "made_of": made_of,
        "database": database,
        "nodes": len(present),
        "warned": sorted(warned.intersection(present)),
        "unfinished": None,
    }


def unfinished_record(record: dict, database: list) -> dict:
    """The record before a build of a part that failed, and what that build touched."""
    touched = {name.split(".")[2] for name in last_run() if name.startswith(RELATIONS)}
    touched.update(record["unfinished"] or ())
    return record | {"unfinished": sorted(touched), "database": database}


def write_record(folder: Path, record: dict, manifest: Path | None = None) -> None:
    """Put a record in its place, after the manifest it belongs to; warn if it can't."""
    # Import DuckDB, for which the answer that nothing changed should not wait.
    from workbook.target import replaced_when_complete
    from workbook.warehouse import WorkbookError

    try:
        if manifest:
            with replaced_when_complete(folder / MANIFEST) as work:
                shutil.copyfile(manifest, work)
        with replaced_when_complete(folder / RECORD) as work:
            work.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    except (OSError, WorkbookError):
        print(
            f"build.py: expected to write to {folder} what the warehouse was made of,"
            " found that it can't be written; the next `make build` builds everything.",
            file=sys.stderr,
        )


def last_run() -> dict[str, str]:
    """The status of each node of dbt's last run, by its unique id."""
    found = read_json(target_path() / "run_results.json").get("results", ())
    return {result["unique_id"]: result["status"] for result in found}


def target_path() -> Path:
    """Where dbt writes its manifest and results."""
    named = (os.environ.get(f"{prefix}TARGET_PATH") for prefix in (ENGINE, "DBT_"))
    return Path(next(filter(None, named), "target"))


def read_json(path: Path) -> dict:
    """A JSON file's object; empty where there is none that can be read."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


if __name__ == "__main__":
    sys.exit(main())
