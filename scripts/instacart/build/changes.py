"""What changed since a recorded build, and what dbt has to build for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from instacart import config
from instacart.build.inputs import COMPARED_BY_DBT, Inputs, Stamp
from instacart.build.record import MANIFEST, RELATIONS, Record, read_json
from instacart.publish.state import State

# Models apply these, which dbt doesn't follow.
GENERIC_TESTS = "tests/generic/"
# Of a larger seed dbt compares the name only.
LARGEST_COMPARED_SEED = 1_000_000
# To build everything is then hardly more work.
MOST_NAMED = 100


@dataclass
class Changes:
    """Clauses that say what changed: what dbt can follow, and what it can't."""

    followed: list[str] = field(default_factory=list)
    not_followed: list[str] = field(default_factory=list)

    @property
    def all(self) -> list[str]:
        return self.not_followed + self.followed


def compare(record: Record, inputs: Inputs, state: State) -> Changes:
    """What changed since a record, or did not pass."""
    before = record.inputs
    changes = Changes(not_followed=raw_file_changes(before.raw_files, inputs.raw_files))
    for name in differing(before.settings, inputs.settings):
        changes.not_followed.append(f"{name} is set otherwise")
    if not (config.database().is_file() and config.working_database().is_file()):
        changes.not_followed.append("the database is gone")
    old, new = before.project_files, inputs.project_files
    for path in differing(old, new):
        is_followed = path in new and is_compared_by_dbt(path)
        found = changes.followed if is_followed else changes.not_followed
        found.append(f"{path} {what_happened(path, old, new)}")
    if not state.results:
        changes.not_followed.append("it is not known what was built")
    elif not state.is_published:
        changes.followed.append("the last build was not published")
    if len(state.unpublished) > MOST_NAMED:
        changes.not_followed += changes.followed
    return changes


def is_compared_by_dbt(path: str) -> bool:
    """Whether dbt can tell what a change of this file reaches."""
    if path.startswith(GENERIC_TESTS) or not path.startswith(COMPARED_BY_DBT):
        return False
    if not path.endswith(".csv"):
        return True
    return (config.PROJECT_DIR / path).stat().st_size < LARGEST_COMPARED_SEED


def raw_file_changes(
    before: Mapping[str, Stamp], now: Mapping[str, Stamp]
) -> list[str]:
    """A clause for each raw file that is not as it was."""
    found = []
    for name in differing(before, now):
        old, new = before.get(name), now.get(name)
        happened = what_happened(name, before, now)
        if old and new:
            happened = "was written again"
            if old[0] != new[0]:
                verb = "grew" if new[0] > old[0] else "shrank"
                happened = f"{verb} from {old[0]:,} to {new[0]:,} bytes"
        found.append(f"{name} {happened}")
    return found


def what_happened(
    name: str, before: Mapping[str, object], now: Mapping[str, object]
) -> str:
    if name not in now:
        return "is gone"
    return "changed" if name in before else "is new"


def differing(before: Mapping[str, object], now: Mapping[str, object]) -> list[str]:
    """The keys that only one of two mappings has, or whose values differ."""
    keys = before.keys() | now.keys()
    return sorted(key for key in keys if before.get(key) != now.get(key))


def select_changed(state: State, folder: Path) -> list[str]:
    """Arguments for dbt to build what changed or did not pass, and all downstream.

    What was built and not published is built again, also if its change was undone.
    """
    names = {f"{unique_id.split('.')[2]}+" for unique_id in state.unpublished}
    return ["--select", "state:modified+", *sorted(names), "--state", str(folder)]


def overlooked(state: State, folder: Path) -> str | None:
    """What dbt has left out of the last run although it changed, if there is anything.

    dbt overlooks the order of a table's columns in YAML, and the columns of a source,
    by which its raw files are read.
    """
    before = read_json(folder / MANIFEST)
    now = read_json(config.target_dir() / MANIFEST)
    for unique_id, node in now["nodes"].items():
        if unique_id.startswith(RELATIONS) and unique_id not in state.last_results:
            old = before["nodes"].get(unique_id, {"columns": ()})
            if list(old["columns"]) != list(node["columns"]):
                return str(node["name"])
    for unique_id, source in now["sources"].items():
        old = before["sources"].get(unique_id)
        if old is None or how_read(old) != how_read(source):
            return str(source["name"])
    return None


def how_read(source: dict[str, Any]) -> list[Any]:
    """What decides how the files of a source are read."""
    columns = [(name, column["config"]) for name, column in source["columns"].items()]
    return [source["config"], columns]
