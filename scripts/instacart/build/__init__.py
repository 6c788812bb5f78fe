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
from instacart.build.changes import compare, overlooked, select_changed
from instacart.build.dbt import NOT_ALL_PASSED, run_dbt
from instacart.build.record import (
    MANIFEST,
    RECORD,
    Record,
    passed_record,
    read_record,
    unfinished_record,
    write_record,
)
from instacart.build.state import identity, ingredients, raw_files
from instacart.config import shown
from instacart.generated_files import is_half_published

CHANGES_NAMED = 3


def build(is_forced: bool) -> int:
    """Do what there is to do; return the exit code. Raises OSError."""
    database, raw_dir = config.database(), config.raw_dir()
    if is_half_published(raw_dir) or not raw_files(raw_dir):
        generate_demo(raw_dir)
    # Taken before dbt reads them: what changes meanwhile is seen by the next build.
    made_of = ingredients(raw_dir)
    folder = database.with_name(f"{database.name}.built")
    record = read_record(folder)
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
    from instacart.build.summary import summarize

    summarize()
    return 0


def generate_demo(raw_dir: Path) -> None:
    """Generate demo files where a folder holds none, not even some of no use."""
    from instacart.synthetic.generate import has_raw_files, run

    if not has_raw_files(raw_dir):
        print(
            f"No raw files in {shown(raw_dir)}: generating demo files, all rows"
            " fabricated.",
            flush=True,
        )
        print("\n".join(run(raw_dir, "careerfoundry", 0.01, 42, 0)), flush=True)


def run_recorded(
    folder: Path,
    database: Path,
    record: Record | None,
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
            write_record(folder, passed, config.target_dir() / MANIFEST)
        elif record and after == before:
            # Nothing was written, so it holds as before.
            write_record(folder, record)
        elif record and selection and code == NOT_ALL_PASSED:
            write_record(folder, unfinished_record(record, after))
    return code


def print_changes(record: Record, changes: list[str], needs_all: bool) -> None:
    """Say what changed, and what is built for it."""
    named = ", ".join(changes[:CHANGES_NAMED])
    if len(changes) > CHANGES_NAMED:
        named += f" and {len(changes) - CHANGES_NAMED} more"
    does = "building everything."
    if not needs_all:
        does = (
            "building that and what is downstream (`make build FORCE=1` builds"
            " everything)."
        )
    print(f"Changed since {record['built_at']}: {named}; {does}", flush=True)


def print_unchanged(record: Record, database: Path, raw_dir: Path) -> None:
    """Say that there is nothing to build, and what there is."""
    sizes = [
        size
        for name, (size, _) in record["made_of"]["raw_files"].items()
        if name.removesuffix(".gz").endswith(".csv")
    ]
    megabytes = record["database"][0][0] / 1e6
    print(
        f"Nothing changed since {record['built_at']}, so there is nothing to build.\n"
        f"\nRaw files  {len(sizes)} in {shown(raw_dir)} ({sum(sizes) / 1e6:,.1f} MB)"
        f"\nDatabase   {shown(database)} ({megabytes:,.0f} MB)"
        f"\nPassed     {record['nodes']:,} models, seeds and tests,"
        f" {len(record['warned'])} of them with a warning"
        "\nNext       query the marts (see README.md), or `make build FORCE=1` to build"
        " all the same"
    )
