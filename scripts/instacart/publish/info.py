"""What a published file was made of: the row of data_quality.build_info."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

from instacart import config
from instacart.warehouse import identifier, literal


@dataclass(frozen=True)
class BuildInfo:
    """A column each of data_quality.build_info, but for the number."""

    version: str
    commit: str | None
    fingerprint: str
    files: str
    built_at: datetime
    passed_count: int
    warned_count: int

    def insertion(self, database: str, number: int) -> str:
        """The statement that writes the row to a database."""
        row = {"build_number": number, **asdict(self)}
        names = ", ".join(identifier(name) for name in row)
        # Not as parameters, for which DuckDB imports pandas.
        values = ", ".join(
            "null" if value is None else literal(str(value)) for value in row.values()
        )
        table = f"{database}.data_quality.build_info"
        return f"insert into {table} ({names}) values ({values})"


def build_info(
    files: Sequence[Mapping[str, Any]], settings: str, statuses: Iterable[str]
) -> BuildInfo:
    """What is published now: made of these raw files, with tests that ended like this.

    files: name, size in bytes and sha256 of each. settings: a digest.
    """
    listed = [
        {"file": file["name"], "bytes": file["size"], "sha256": file["sha256"]}
        for file in sorted(files, key=lambda file: str(file["name"]))
    ]
    text, counted = json.dumps(listed), list(statuses)
    return BuildInfo(
        version=metadata.version("instacart-warehouse"),
        commit=commit(),
        fingerprint=hashlib.sha256(f"{settings}\n{text}".encode()).hexdigest(),
        files=text,
        built_at=datetime.now(UTC).replace(tzinfo=None, microsecond=0),
        passed_count=sum(status != "warn" for status in counted),
        warned_count=counted.count("warn"),
    )


def commit() -> str | None:
    """The project's commit, marked where files differ from it; None outside of git."""
    command = ["git", "-C", str(config.PROJECT_DIR), "describe"]
    try:
        described = subprocess.run(
            [*command, "--always", "--dirty", "--abbrev=40", "--exclude=*"],
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return described.stdout.strip()
