"""The record of the last build that was published, beside the database."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from instacart.build.inputs import Inputs
from instacart.config import shown

RECORD = "record.json"
MANIFEST = "manifest.json"
# Raised when a record means something else than before.
FORMAT = 4
RELATIONS = ("model.", "seed.")
TESTS = ("test.", "unit_test.")


@dataclass(frozen=True)
class Record:
    """What the last build was made of; what passed is in the state of the database."""

    built_at: str
    inputs: Inputs


def read_record(folder: Path) -> Record | None:
    """What a folder records of the last build; None if there is nothing of use."""
    content = read_json(folder / RECORD)
    if content.pop("format", None) != FORMAT or not read_json(folder / MANIFEST):
        return None
    return Record(**content | {"inputs": Inputs(**content["inputs"])})


def write_record(folder: Path, inputs: Inputs, manifest: Path) -> None:
    """Record a build, after its manifest; warn if that can't be done."""
    # These import nothing that takes time; a build that has nothing to do needs none.
    from instacart.errors import UserError
    from instacart.files import replaced_when_complete

    record = Record(f"{datetime.now():%Y-%m-%d %H:%M}", inputs)
    try:
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


def read_json(path: Path) -> dict[str, Any]:
    """A JSON file's object; empty where there is none that can be read."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
