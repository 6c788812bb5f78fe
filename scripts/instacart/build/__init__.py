"""Build and test the warehouse, or say that nothing changed since it was built.

After a build that passed, the folder beside the database (``instacart.duckdb.built``)
holds what it was made of, and dbt's manifest of that time. As long as the raw files,
the project and the settings are as recorded, and all of the database has passed, there
is nothing to build. If only models, tests, seeds or analyses changed, dbt builds what
differs from that manifest and everything downstream of it; otherwise everything.
"""

from __future__ import annotations

from pathlib import Path

from instacart import config
from instacart.build.changes import Changes, compare, overlooked, select_changed
from instacart.build.inputs import Inputs, raw_files, read_inputs
from instacart.build.record import MANIFEST, Record, read_record, write_record
from instacart.config import shown
from instacart.dbt_process import NOT_ALL_PASSED, run_dbt
from instacart.errors import UserError
from instacart.generated_files import is_half_published
from instacart.publish.state import State, read_state

BUILD = ("build", "--write-json")
CHANGES_NAMED = 3


def run(is_forced: bool) -> None:
    """Build what there is to build. Raises UserError if not all of it passes."""
    database, raw_dir = config.database(), config.raw_dir()
    if is_half_published(raw_dir) or not raw_files(raw_dir):
        generate_demo(raw_dir)
    # Taken before dbt reads them: what changes meanwhile is seen by the next build.
    inputs = read_inputs(raw_dir)
    folder = config.record_dir()
    record, state = read_record(folder), read_state(folder)
    selection: list[str] = []
    if record and not is_forced:
        changes = compare(record, inputs, state)
        if not changes.all:
            print_unchanged(record, state, database, raw_dir)
            return
        if not changes.not_followed:
            selection = select_changed(state, folder)
        print_changes(record, changes)
    code = run_recorded(inputs, selection)
    if code in (0, NOT_ALL_PASSED):
        # Imports DuckDB, for which the answer that nothing changed should not wait.
        from instacart.build.summary import summarize

        summarize(config.working_database())
    if code:
        raise UserError(
            "every model to be built and every test to pass",
            "what dbt says above",
            "correct that and run `make build` again",
        )


def generate_demo(raw_dir: Path) -> None:
    """Generate demo files where a folder holds none, not even some of no use."""
    from instacart.synthetic.generate import has_raw_files, run

    if not has_raw_files(raw_dir):
        print(
            f"No raw files in {shown(raw_dir)}: generating demo files, which are"
            " fabricated.",
            flush=True,
        )
        demo = (config.DEMO_PACKAGE, config.DEMO_SCALE, config.SEED, 0)
        for line in run(raw_dir, *demo):
            print(line, flush=True)


def run_recorded(inputs: Inputs, selection: list[str]) -> int:
    """Run dbt and record what it was made of if it passed; return its exit code."""
    folder = config.record_dir()
    code = run_dbt(*BUILD, *selection)
    if code == 0 and selection:
        state = read_state(folder)
        found = ""
        if name := overlooked(state, folder):
            found = f"dbt sees no change in {name}, but there is one"
        elif not state.is_published:
            found = "The rest is not of the same files and settings"
        if found:
            print(f"{found}: building everything.", flush=True)
            code = run_dbt(*BUILD)
    if code == 0 and read_state(folder).is_published:
        write_record(folder, inputs, config.target_dir() / MANIFEST)
    return code


def print_changes(record: Record, changes: Changes) -> None:
    """Say what changed, and what is built for it."""
    named = ", ".join(changes.all[:CHANGES_NAMED])
    if len(changes.all) > CHANGES_NAMED:
        named += f" and {len(changes.all) - CHANGES_NAMED} more"
    does = "building everything."
    if not changes.not_followed:
        does = (
            "building that and what is downstream (`make build FORCE=1` builds"
            " everything)."
        )
    print(f"Changed since {record.built_at}: {named}; {does}", flush=True)


def print_unchanged(
    record: Record, state: State, database: Path, raw_dir: Path
) -> None:
    """Say that there is nothing to build, and what there is."""
    sizes = [
        stamp[0]
        for name, stamp in record.inputs.raw_files.items()
        if stamp and ".csv" in name.lower()
    ]
    megabytes = database.stat().st_size / 1e6
    statuses = [result.status for result in state.results.values()]
    print(
        f"Nothing changed since {record.built_at}, so there is nothing to build.\n"
        f"\nRaw files  {len(sizes)} in {shown(raw_dir)} ({sum(sizes) / 1e6:,.1f} MB)"
        f"\nDatabase   {shown(database)} ({megabytes:,.0f} MB)"
        f"\nPassed     {len(state.results):,} models, seeds and tests,"
        f" {statuses.count('warn')} of them with a warning"
        "\nNext       `instacart query -c 'show all tables'`, or `make build FORCE=1`"
        " to build all the same"
    )
