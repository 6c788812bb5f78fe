"""Measure builds on Spark, and reckon what larger ones would cost.

    python -m distributed measure --scale 0.3
    python -m distributed page

Exit codes: 0 done; 1 refused, or a build failed; 2 wrong usage; 130 stopped. What is
measured lies in target/distributed; docs/distributed-figures.md is written from it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click
from instacart import cli, config

from distributed import measure

PROGRAM = "python -m distributed"

working = click.option(
    "--work",
    type=cli.FOLDER,
    default=config.in_project("target/distributed"),
    help="Folder to work in (default target/distributed).",
)


@click.group(cls=cli.Commands, context_settings={"help_option_names": ["-h", "--help"]})
def distributed() -> None:
    """Measure builds on Spark, and reckon what larger ones would cost."""


@distributed.command("measure")
@working
@click.option(
    "--scale",
    type=cli.Scale(),
    default=measure.FULL,
    show_default=True,
    help="Of the largest package; a third and a tenth of it are built too.",
)
@click.option(
    "--port",
    type=click.IntRange(1024, 65000),
    default=measure.FIRST_PORT,
    show_default=True,
    help="First of the four ports that the cluster listens on.",
)
def measure_command(work: Path, scale: float, port: int) -> int:
    """Build on one worker, on two and on DuckDB; at full scale, write the page."""
    return measure.run(work, scale, port)


@distributed.command("page")
@working
def page_command(work: Path) -> int:
    """Write the page again from what was saved, without measuring."""
    return measure.write_again(work)


if __name__ == "__main__":
    sys.exit(cli.run(sys.argv[1:], distributed, PROGRAM))
