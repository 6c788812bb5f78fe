"""Measure what is promised of published files, for some minutes.

    python -m reliability run
    python -m reliability run --part 0.1 readers kills
    python -m reliability page

Exit codes: 0 all is kept; 1 something is not, or refused; 2 wrong usage; 130 stopped.
What is measured lies in target/soak; docs/reliability.md is written once all of it was
measured at full length.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click
from instacart import cli, config

from reliability import soak
from reliability.promises import PROMISES

PROGRAM = "python -m reliability"

working = click.option(
    "--work",
    type=cli.FOLDER,
    default=config.in_project("target/soak"),
    help="Folder to work in (default target/soak).",
)


@click.group(cls=cli.Commands, context_settings={"help_option_names": ["-h", "--help"]})
def reliability() -> None:
    """Measure what is promised of published files."""


@reliability.command("run")
@working
@click.argument("names", type=click.Choice(list(PROMISES)), nargs=-1)
@click.option(
    "--part",
    type=click.FloatRange(0, 1, min_open=True),
    default=1.0,
    show_default=True,
    help="Part of the full length.",
)
def run_command(work: Path, names: tuple[str, ...], part: float) -> int:
    """Measure some promises (default all)."""
    return soak.run(work, names or tuple(PROMISES), part)


@reliability.command("page")
@working
def page_command(work: Path) -> int:
    """Write the page again from what was saved, without measuring."""
    return soak.write_again(work)


if __name__ == "__main__":
    sys.exit(cli.run(sys.argv[1:], reliability, PROGRAM))
