"""What dbt's first and last hook do: begin a run, end it, publish what passed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from duckdb import DuckDBPyConnection

from instacart import config
from instacart.config import shown
from instacart.errors import UserError, one_line
from instacart.publish.info import build_info
from instacart.publish.run import published_beside
from instacart.publish.state import Node, State, read_state, write_state
from instacart.publish.write import Table, publish_file
from instacart.raw_package.stamps import Stamp, check_unchanged
from instacart.words import plural

NAMES_SHOWN = 3
# What decides what the same code makes of the same files.
SETTINGS = ("dbt_project.yml", "macros/**/*.sql", "tests/generic/**/*.sql")

# Of a raw file, by table.
DESCRIBED = ("name", "size", "modified_ns", "inode", "sha256")
Files = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Ended:
    """A run as dbt ended it."""

    nodes: Mapping[str, Node]
    # By unique id, of what ran.
    statuses: Mapping[str, str]
    tables: Sequence[Table]
    # The query of data_quality.changes_since_last_version; empty if it is not filled.
    changes: str = ""


def described(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> Files:
    """What is recorded of the raw files that `inspect_package` lists."""
    return {
        table: [{key: file[key] for key in DESCRIBED} for file in files]
        for table, files in tables.items()
    }


def ended_as_told(told: Mapping[str, Any]) -> Ended:
    """A run as the macro finish_run tells of it."""
    return Ended(
        nodes={name: Node(**node) for name, node in told["nodes"].items()},
        statuses=told["statuses"],
        tables=[Table(**table) for table in told["tables"]],
        changes=told.get("changes", ""),
    )


def begin(
    built: Path,
    selected: Mapping[str, str | None],
    cli_vars: str,
    files: Files | None,
    engine: str = "duckdb",
) -> None:
    """Record that a run starts, and what it reads; None where it reads no raw file."""
    state = read_state(built)
    if files is not None:
        state.read(files)
    state.begin(selected, settings_digest(f"{engine} {cli_vars}"))
    write_state(built, state)


def refuse(built: Path, sentence: str) -> None:
    """Record that a run ended before it built anything."""
    state = read_state(built)
    state.failure = sentence
    write_state(built, state)


def finish(
    built: Path, ended: Ended, files: Files | None, connection: DuckDBPyConnection
) -> str:
    """Record how a run ended; publish if all there is has passed. Return a sentence.

    files: what it read; None if it read no raw file. Raises UserError if a file is not
    as it was when it was checked, or what should be published can't be.
    """
    state = read_state(built)
    state.end(ended.nodes, ended.statuses)
    target = published_beside(built)
    try:
        check_raw_files(state, ended.nodes, files)
        if state.waiting:
            state.failure = reason(state)
            seen = "the build before" if target.exists() else "nothing yet"
            return f"Not published: {state.failure}; readers see {seen}"
        number = publish(built, target, state, ended, connection)
        state.failure, state.published_run = "", state.run
        size = target.stat().st_size / 1e6
        return f"Published {shown(target)} ({size:,.0f} MB), build {number}"
    except UserError as error:
        state.failure = str(error)
        raise
    finally:
        write_state(built, state)


def write_log(built: Path, connection: DuckDBPyConnection) -> None:
    """Write what is in the log, and spilt with it, into the database of a run.

    At the end of the process it would be too late: what was spilt is then removed.
    Raises UserError if that can't be done.
    """
    try:
        connection.execute("checkpoint")
    except duckdb.Error as error:
        raise UserError(
            "to write the database",
            f"that it can't be done ({one_line(error)})",
            "check that its folder can be written and has room for it, and build again",
            where=f"{shown(built)} (INSTACART_DB)",
        ) from None


def check_raw_files(
    state: State, nodes: Mapping[str, Node], files: Files | None
) -> None:
    """Raise UserError if a raw file was changed after it was checked."""
    checked = {
        file["name"]: Stamp(file["size"], file["modified_ns"], file["inode"])
        for described in (files or {}).values()
        for file in described
    }
    try:
        check_unchanged(config.raw_dir(), checked)
    except UserError:
        state.distrust_files(nodes)
        raise


def publish(
    built: Path,
    target: Path,
    state: State,
    ended: Ended,
    connection: DuckDBPyConnection,
) -> int:
    """Publish a complete state; return the version's number. Raises UserError."""
    statuses = [result.status for result in state.results.values()]
    info = build_info(state.files, state.settings[0], statuses)
    try:
        return publish_file(
            connection,
            ended.tables,
            target,
            built / config.VERSIONS,
            info,
            ended.changes,
        )
    except (OSError, duckdb.Error) as error:
        raise UserError(
            "to write the published file",
            f"that it can't be done ({one_line(error)})",
            "check that its folder can be written and has room for it, and build again",
            where=f"{shown(target)} (INSTACART_DB)",
        ) from None


def reason(state: State) -> str:
    """Why readers have to wait, as a clause."""
    statuses = state.last_results.values()
    failed = sum(status in ("error", "fail") for status in statuses)
    if failed:
        return f"{plural(failed, 'model or test', 'models and tests')} failed"
    names = [name.split(".")[2] for name in state.waiting]
    remedy = "`dbt build`"
    if len(names) <= NAMES_SHOWN:
        remedy = f"`dbt build --select {' '.join(f'{name}+' for name in names)}`"
    count = plural(len(names), "model or test", "models and tests")
    return f"{count} did not run and pass after what they read was built (run {remedy})"


def settings_digest(given: str) -> str:
    """A digest of what a run was given, and of vars and macros in force."""
    found = hashlib.sha256(given.encode())
    for pattern in SETTINGS:
        for path in sorted(config.PROJECT_DIR.glob(pattern)):
            found.update(path.read_bytes())
    return found.hexdigest()
