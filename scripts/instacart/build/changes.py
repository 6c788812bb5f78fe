"""What changed since a recorded build, and what dbt has to build for it."""

from __future__ import annotations

from pathlib import Path

from instacart import config
from instacart.build.record import (
    MANIFEST,
    RELATIONS,
    Record,
    last_run,
    read_json,
)
from instacart.build.state import COMPARED_BY_DBT, GENERIC_TESTS, LARGEST_COMPARED_SEED
from instacart.config import PROJECT_DIR


def compare(record: Record, now: dict, database: list) -> tuple[list[str], bool]:
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
    return not is_seed or (PROJECT_DIR / path).stat().st_size < LARGEST_COMPARED_SEED


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


def select_changed(record: Record, folder: Path) -> list[str]:
    """Arguments for dbt to build what changed and everything downstream.

    What a build that failed has built is built again, also if its change was undone.
    """
    names = [f"{name}+" for name in record["unfinished"] or ()]
    return ["--select", "state:modified+", *names, "--state", str(folder)]


def overlooked(folder: Path) -> str | None:
    """What dbt has left out of the last run although it changed, if there is anything.

    dbt overlooks the order of a table's columns in YAML, and the columns of a source,
    by which its raw files are read.
    """
    before, now = (
        read_json(folder / MANIFEST),
        read_json(config.target_dir() / MANIFEST),
    )
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
