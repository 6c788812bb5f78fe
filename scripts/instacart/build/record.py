"""The record of the last build, beside the database."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from instacart import config
from instacart.build.inputs import Inputs, Stamp
from instacart.config import shown

RECORD = "record.json"
MANIFEST = "manifest.json"
# Raised when a record means something else than before.
FORMAT = 3
RELATIONS = ("model.", "seed.")
TESTS = ("test.", "unit_test.")


@dataclass(frozen=True)
class Record:
    """What the last build was made of, and what came of it."""

    built_at: str
    inputs: Inputs
    database: list[Stamp]
    # Models, seeds and tests of the project.
    node_count: int
    # Unique ids of tests that warned.
    warned: list[str]
    # Models and seeds that a build touched which did not pass; None if it passed.
    unfinished: list[str] | None = None


def read_record(folder: Path) -> Record | None:
    """What a folder records of the last build; None if there is nothing of use."""
    content = read_json(folder / RECORD)
    if content.pop("format", None) != FORMAT or not read_json(folder / MANIFEST):
        return None
    return Record(**content | {"inputs": Inputs(**content["inputs"])})


def passed_record(
    previous: Record | None, inputs: Inputs, database: list[Stamp]
) -> Record:
    """The record of a build that passed.

    previous: the record of the build that it completes; None if it built everything.
    """
    manifest = read_json(config.target_dir() / MANIFEST)
    present = [
        unique_id
        for unique_id in (*manifest.get("nodes", ()), *manifest.get("unit_tests", ()))
        if unique_id.startswith(RELATIONS + TESTS)
    ]
    ran = last_run()
    warned = {unique_id for unique_id, status in ran.items() if status == "warn"}
    if previous:
        warned.update(set(previous.warned) - ran.keys())
    return Record(
        built_at=f"{datetime.now():%Y-%m-%d %H:%M}",
        inputs=inputs,
        database=database,
        node_count=len(present),
        warned=sorted(warned.intersection(present)),
    )


def unfinished_record(record: Record, database: list[Stamp]) -> Record:
    """The record before a build of a part that failed, and what that build touched."""
    touched = {name.split(".")[2] for name in last_run() if name.startswith(RELATIONS)}
    touched.update(record.unfinished or ())
    return replace(record, unfinished=sorted(touched), database=database)


def write_record(folder: Path, record: Record, manifest: Path | None = None) -> None:
    """Write a record, after the manifest it belongs to; warn if that can't be done."""
    # These import nothing that takes time; a build that has nothing to do needs none.
    from instacart.errors import UserError
    from instacart.files import replaced_when_complete

    try:
        if manifest:
            with replaced_when_complete(folder / MANIFEST) as work:
                shutil.copyfile(manifest, work)
        with replaced_when_complete(folder / RECORD) as work:
            content = {"format": FORMAT} | asdict(record)
            work.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    except (OSError, UserError):
        print(
            f"instacart build: expected to write to {shown(folder)} what the warehouse"
            " was made of, found that it can't be written; the next `make build` builds"
            " everything.",
            file=sys.stderr,
        )


def last_run() -> dict[str, str]:
    """The status of each node of dbt's last run, by its unique id."""
    found = read_json(config.target_dir() / "run_results.json").get("results", ())
    return {result["unique_id"]: result["status"] for result in found}


def read_json(path: Path) -> dict[str, Any]:
    """A JSON file's object; empty where there is none that can be read."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
