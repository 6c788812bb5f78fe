"""Try BI clients on a published file while it is replaced.

    python -m bi run
    python -m bi run --publishes 3 Superset
    python -m bi page

Exit codes: 0 all that docs/bi.md advises passed; 1 one did not, or refused; 2 wrong
usage; 130 stopped. What was found lies in target/bi; docs/bi.md gets it once every
client was tried.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click
from instacart import cli, config

from bi import run
from bi.clients import CLIENTS

PROGRAM = "python -m bi"

working = click.option(
    "--work",
    type=cli.FOLDER,
    default=config.in_project("target/bi"),
    help="Folder to work in (default target/bi).",
)


@click.group(cls=cli.Commands, context_settings={"help_option_names": ["-h", "--help"]})
def bi() -> None:
    """Try BI clients on a published file while it is replaced."""


@bi.command("run")
@working
@click.argument("names", type=click.Choice(list(CLIENTS)), nargs=-1)
@click.option(
    "--publishes",
    type=click.IntRange(1),
    default=run.PUBLISHES,
    show_default=True,
    help="While each client is asked in a loop.",
)
def run_command(work: Path, names: tuple[str, ...], publishes: int) -> int:
    """Try some clients (default all)."""
    return run.run(work, names or tuple(CLIENTS), publishes)


@bi.command("page")
@working
def page_command(work: Path) -> int:
    """Write the page again from what was saved, without trying anything."""
    return run.write_again(work)


if __name__ == "__main__":
    sys.exit(cli.run(sys.argv[1:], bi, PROGRAM))
