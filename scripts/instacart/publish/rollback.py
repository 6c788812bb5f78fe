"""Show readers an earlier published version again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from instacart import config
from instacart.config import shown
from instacart.errors import UserError
from instacart.publish.run import only_build_of
from instacart.publish.versions import show, versions
from instacart.warehouse import open_warehouse
from instacart.words import listing


def run(number: int | None) -> Iterator[str]:
    """Show version `number`, or the one before that which is shown.

    Gives the lines of the summary. Raises UserError, with the published file as it was,
    if there is no such version.
    """
    built, target = config.record_dir(), config.database()
    kept = versions(built / config.VERSIONS)
    if not kept:
        raise UserError(
            f"published versions in {shown(built / config.VERSIONS)}",
            "none",
            "run `make build`, which publishes one",
        )
    with only_build_of(built):
        before = shown_number(target)
        if number is None:
            earlier = [each for each in kept if before is None or each < before]
            number = max(earlier, default=None)
        if number not in kept:
            raise UserError(
                f"a version before {before}" if number is None else f"version {number}",
                f"versions {listing([str(each) for each in kept])} only",
                "name one of them with --to, or build again",
            )
        show(kept[number], target)
    for each, path in kept.items():
        with open_warehouse(path=path) as warehouse:
            mark = "shown" if each == number else "kept"
            yield f"{mark:<11}build {each}, of {warehouse.written():%Y-%m-%d %H:%M} UTC"
    yield f"Database   {shown(target)} ({target.stat().st_size / 1e6:,.0f} MB)"
    yield "Next       `make build FORCE=1` publishes a new one"


def shown_number(target: Path) -> int | None:
    """The number of the published version; None where there is none."""
    if not target.is_file():
        return None
    with open_warehouse() as warehouse:
        build = warehouse.build()
    return None if build is None else int(build["build_number"])
