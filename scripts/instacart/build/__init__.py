"""Build and test the warehouse, or say that nothing changed since it was built.

After a build that passed, a folder beside the database (``instacart.duckdb.built``)
holds what the database was made of, and dbt's manifest of that time. As long as the raw
files, the project, the settings and the database are as recorded, there is nothing to
build. If only models, tests, seeds or analyses changed, dbt builds what differs from
that manifest and everything downstream of it; otherwise everything.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from instacart import config
from instacart.build.changes import Changes, compare, overlooked, select_changed
from instacart.build.inputs import Inputs, database_stamps, raw_files, read_inputs
from instacart.build.record import (
    MANIFEST,
    RECORD,
    Record,
    passed_record,
    read_record,
    unfinished_record,
    write_record,
)
from instacart.config import shown
from instacart.dbt_process import NOT_ALL_PASSED, run_dbt
from instacart.errors import UserError
from instacart.generated_files import is_half_published

BUILD = ("build", "--write-json")
CHANGES_NAMED = 3


def run(is_forced: bool) -> None:
    """Build what there is to build. Raises UserError if not all of it passes."""
    database, raw_dir = config.database(), config.raw_dir()
    if is_half_published(raw_dir) or not raw_files(raw_dir):
        generate_demo(raw_dir)
    # Taken before dbt reads them: what changes meanwhile is seen by the next build.
    inputs = read_inputs(raw_dir)
    record = read_record(config.record_dir())
    selection: list[str] = []
    if record and not is_forced:
        changes = compare(record, inputs, database_stamps(database))
        if not changes.all:
            print_unchanged(record, database, raw_dir)
            return
        if not changes.not_followed:
            selection = select_changed(record, config.record_dir())
        print_changes(record, changes)
    code = run_recorded(record, inputs, selection)
    if code in (0, NOT_ALL_PASSED):
        # Imports DuckDB, for which the answer that nothing changed should not wait.
        from instacart.build.summary import summarize

        summarize()
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


def run_recorded(record: Record | None, inputs: Inputs, selection: list[str]) -> int:
    """Run dbt and record what came of it; return its exit code.

    There is no record while dbt runs: a build that is killed leaves none, so the next
    one builds everything.
    """
    database, folder = config.database(), config.record_dir()
    before = database_stamps(database)
    with suppress(OSError):
        (folder / RECORD).unlink(missing_ok=True)
    code = None
    try:
        code = run_dbt(*BUILD, *selection)
        if code == 0 and selection and (name := overlooked(folder)):
            print(
                f"dbt sees no change in {name}, but there is one: building everything."
            )
            selection = []
            code = run_dbt(*BUILD, *selection)
    finally:
        after = database_stamps(database)
        if code == 0:
            passed = passed_record(record if selection else None, inputs, after)
            write_record(folder, passed, config.target_dir() / MANIFEST)
        elif record and after == before:
            # Nothing was written, so it holds as before.
            write_record(folder, record)
        elif record and selection and code == NOT_ALL_PASSED:
            write_record(folder, unfinished_record(record, after))
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


def print_unchanged(record: Record, database: Path, raw_dir: Path) -> None:
    """Say that there is nothing to build, and what there is."""
    sizes = [
        stamp[0]
        for name, stamp in record.inputs.raw_files.items()
        if stamp and ".csv" in name.lower()
    ]
    megabytes = database.stat().st_size / 1e6
    print(
        f"Nothing changed since {record.built_at}, so there is nothing to build.\n"
        f"\nRaw files  {len(sizes)} in {shown(raw_dir)} ({sum(sizes) / 1e6:,.1f} MB)"
        f"\nDatabase   {shown(database)} ({megabytes:,.0f} MB)"
        f"\nPassed     {record.node_count:,} models, seeds and tests,"
        f" {len(record.warned)} of them with a warning"
        "\nNext       `instacart query -c 'show all tables'`, or `make build FORCE=1`"
        " to build all the same"
    )
