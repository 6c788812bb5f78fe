"""Build the same packages on DuckDB and on Spark, and compare every row.

    python -m parity run
    python -m parity run --scale 0.01 kaggle-dirty

Exit codes: 0 all is equal; 1 something differs, or a build failed; 2 wrong usage; 130
stopped. What is built lies in target/parity.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click
from instacart import cli, config

from parity import run
from parity.cases import CASES

PROGRAM = "python -m parity"


@click.group(cls=cli.Commands, context_settings={"help_option_names": ["-h", "--help"]})
def parity() -> None:
    """Compare what DuckDB and Spark build."""


@parity.command("run")
@click.option(
    "--work",
    type=cli.FOLDER,
    default=config.in_project("target/parity"),
    help="Folder to work in (default target/parity).",
)
@click.option(
    "--scale", type=cli.Scale(), default=0.0005, show_default=True, help="How many."
)
@click.option(
    "--whole", is_flag=True, help="Run all tests of every package, not the first alone."
)
@click.argument("names", type=click.Choice(list(CASES)), nargs=-1)
def run_command(work: Path, names: tuple[str, ...], scale: float, whole: bool) -> int:
    """Build and compare some packages (default all)."""
    return run.run(work, names or tuple(CASES), scale, whole)


@parity.command("models", hidden=True)
def models_command() -> None:
    """Build on Spark without publishing: a step of a comparison."""
    run.build_models()


if __name__ == "__main__":
    sys.exit(cli.run(sys.argv[1:], parity, PROGRAM))
