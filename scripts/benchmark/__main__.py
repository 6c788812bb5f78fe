"""Measure the warehouse against other ways to the same answers, and how it grows.

    python -m benchmark run --scale 1 --rounds 3
    python -m benchmark growth
    python -m benchmark loop
    python -m benchmark page

Exit codes: 0 done; 1 refused, or a contender fails or computes something else; 2 wrong
usage; 130 stopped. What is measured lies in target/bench; docs/performance.md is
written from it.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from instacart import cli, config

from benchmark import commands, growth
from benchmark.commands import CORES, MINUTES, ROUNDS, Request
from benchmark.rounds import CONTENDER_SCRIPTS, USUAL

PROGRAM = "python -m benchmark"
# Options that name a folder of one machine.
FOLDERS = ("--work", "--contender-scripts")
Command = Callable[..., Any]


class ContenderList(click.ParamType):
    """Names of contenders with commas between, in the order of USUAL."""

    name = "contenders"

    def convert(self, value: Any, *context: Any) -> list[str]:
        names = value if isinstance(value, list) else value.split(",")
        if unknown := [name for name in names if name not in USUAL]:
            self.fail(f"{unknown[0]} is none of {','.join(USUAL)}.", *context)
        return [name for name in USUAL if name in names]


def working(command: Command) -> Command:
    """Add --work."""
    return click.option(
        "--work",
        type=cli.FOLDER,
        default=config.in_project("target/bench"),
        help="Folder to work in (default target/bench).",
    )(command)


def limited(command: Command) -> Command:
    """Add the options that say what a run may take, and --work."""
    options = (
        click.option(
            "--cores",
            type=int,
            default=CORES,
            show_default=True,
            help="Cores that every run gets.",
        ),
        click.option(
            "--memory-limit",
            help="Kill a run above this, such as 16GB (default 90% of the machine).",
        ),
        click.option(
            "--time-limit",
            type=click.FloatRange(0, min_open=True),
            default=MINUTES,
            show_default=True,
            help="Kill a run after so many minutes.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return working(command)


@click.group(cls=cli.Commands, context_settings={"help_option_names": ["-h", "--help"]})
def benchmark() -> None:
    """Measure the warehouse against other ways to the same answers.

    What is measured lies in target/bench; docs/performance.md is written from it.
    """


@benchmark.command("run")
@limited
@click.option("--scale", type=cli.Scale(), default=1.0, show_default=True)
@click.option("--rounds", type=click.IntRange(1, 99), default=ROUNDS, show_default=True)
@click.option(
    "--contenders",
    type=ContenderList(),
    default=USUAL,
    help=f"Some of {','.join(USUAL)} (default all).",
)
@click.option(
    "--against", metavar="COMMIT", help="Build by the project of this commit as well."
)
@click.option(
    "--contender-scripts",
    type=cli.FOLDER,
    default=CONTENDER_SCRIPTS,
    help="Folder of the contenders in Python.",
)
@click.option(
    "--without",
    type=click.Choice(["loop", "incremental"]),
    multiple=True,
    help="Leave out the analyst's loop or the incremental load.",
)
@click.pass_context
def run_command(
    context: click.Context,
    scale: float,
    rounds: int,
    contenders: list[str],
    against: str | None,
    contender_scripts: Path,
    without: tuple[str, ...],
    **limits: Any,
) -> int:
    """Compare contenders at one scale; at full size, write docs/performance.md."""
    return commands.compare(
        request_of(context, **limits),
        *(scale, rounds, contenders, against, contender_scripts, without),
    )


@benchmark.command("growth")
@limited
@click.argument("scales", type=cli.Scale(), nargs=-1)
@click.option("--keep", is_flag=True, help="Keep the files of large scales.")
@click.pass_context
def growth_command(
    context: click.Context, scales: tuple[float, ...], keep: bool, **limits: Any
) -> int:
    """Build one scale after the other (default 0.1 1 3 10)."""
    return commands.grow(request_of(context, **limits), scales or growth.SCALES, keep)


@benchmark.command("loop")
@limited
@click.pass_context
def loop_command(context: click.Context, **limits: Any) -> int:
    """Measure again how long one edited mart takes."""
    return commands.loop(request_of(context, **limits))


@benchmark.command("page")
@working
@click.option("--scale", type=cli.Scale(), default=1.0, show_default=True)
def page_command(work: Path, scale: float) -> int:
    """Write the page again from what was saved, without measuring."""
    return commands.write_again(work, scale)


def request_of(
    context: click.Context,
    work: Path,
    cores: int,
    memory_limit: str | None,
    time_limit: float,
) -> Request:
    """What was asked for, with the command line that asked."""
    command = command_line(context.obj)
    return Request(work, command, cores, memory_limit, time_limit)


def command_line(arguments: Sequence[str]) -> str:
    """The command as it was given, without folders, which are of one machine."""
    kept = [
        text
        for before, text in zip(["", *arguments], arguments, strict=False)
        if text.partition("=")[0] not in FOLDERS and before not in FOLDERS
    ]
    return f"{PROGRAM} {shlex.join(kept)}"


def run(arguments: list[str]) -> int:
    """Run the command line; return its exit code."""
    return cli.run(arguments, benchmark, PROGRAM)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
