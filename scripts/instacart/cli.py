"""The command `instacart`: what a user can do, and how each command ends.

Exit codes: 0 done; 1 refused, failed or found to differ; 2 wrong usage; 130 stopped.
`instacart build` passes on dbt's own codes. Modules are imported by the command that
needs them, so that an answer without dbt or DuckDB comes at once.
"""

from __future__ import annotations

import math
import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from instacart import config
from instacart.errors import UserError, one_line

STOPPED = 130
FILE = click.Path(dir_okay=False, resolve_path=True, path_type=Path)
FOLDER = click.Path(file_okay=False, resolve_path=True, path_type=Path)
SEED = click.IntRange(0, (1 << 63) - 1)


class Scale(click.FloatRange):
    """A scale that can be generated; 1 is 206,209 customers."""

    def __init__(self) -> None:
        super().__init__(0.0005, 100)

    def convert(self, value: Any, *context: Any) -> float:
        scale: float = super().convert(value, *context)
        # It is neither below the range nor above it.
        if math.isnan(scale):
            self.fail("nan is not a number.", *context)
        return scale


package_option = click.option(
    "--package",
    type=click.Choice(["careerfoundry", "kaggle"]),
    default="careerfoundry",
    show_default=True,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="instacart-warehouse")
def cli() -> None:
    """Build, check and read the Instacart warehouse.

    Variables (INSTACART_DB, INSTACART_RAW_DIR, ...) say where files lie; see the
    README.
    """


@cli.command()
@click.option("--force", is_flag=True, help="Build everything, changed or not.")
def build(force: bool) -> int:
    """Build and test what changed; generate demo files if there are no raw files."""
    from instacart import build

    return build.build(force)


@cli.command()
@package_option
@click.option(
    "--scale",
    type=Scale(),
    default=0.01,
    show_default=True,
    help="1 is 206,209 customers.",
)
@click.option("--seed", type=SEED, default=42, show_default=True)
@click.option(
    "--dirt",
    type=click.IntRange(0, 3),
    default=0,
    show_default=True,
    help="Spoil one row in 10,000 (1), 1,000 (2) or 100 (3) per kind of defect.",
)
@click.option("--out", type=FOLDER, help="Folder to write (default INSTACART_RAW_DIR).")
def data(package: str, scale: float, seed: int, dirt: int, out: Path | None) -> None:
    """Generate a synthetic package with the form and defects of the real files."""
    from instacart.synthetic import generate

    out = out or config.raw_dir()
    say(generate.run(out, package, scale, seed, dirt))


@cli.command()
@click.option("--seed", type=SEED, default=42, show_default=True)
@click.option("--raw", type=FOLDER, help="Kaggle's files (default INSTACART_RAW_DIR).")
def enrich(seed: int, raw: Path | None) -> None:
    """Add fabricated customers and prices to Kaggle's files."""
    from instacart.synthetic import enrich

    say(enrich.run(raw or config.raw_dir(), seed))


@cli.command()
@click.option(
    "--out", type=FILE, default=None, help="Default reports/Final Report.xlsx."
)
def report(out: Path | None) -> None:
    """Write the final report as an Excel workbook."""
    from instacart import report

    say(report.run(out or config.in_project("reports/Final Report.xlsx")))


@cli.command()
@click.option("--out", type=FILE, default=None, help="Default reports/marts.xlsx.")
def export(out: Path | None) -> None:
    """Write the published tables as an Excel workbook, a sheet each."""
    from instacart import export

    say(export.run(out or config.in_project("reports/marts.xlsx")))


@cli.command()
@click.option("--out", type=FILE, help="Page to write (default none).")
@click.option(
    "--generate",
    is_flag=True,
    help="Generate and build the data first, in target/fidelity; write its page.",
)
@package_option
@click.option("--scale", type=Scale(), default=1.0, show_default=True)
@click.option("--seed", type=SEED, default=42, show_default=True)
def fidelity(
    out: Path | None, generate: bool, package: str, scale: float, seed: int
) -> int:
    """Compare the warehouse with the figures published for the real data."""
    from instacart.synthetic import fidelity

    if generate:
        return fidelity.run_generated(out, package, scale, seed)
    return fidelity.run(out)


@cli.command()
@click.option("--all", "with_all", is_flag=True, help="Also the intermediate tables.")
@click.option("--save", type=FILE, help="Write them as JSON.")
@click.option("--compare", type=FILE, help="Show what differs from a saved file.")
def checksums(with_all: bool, save: Path | None, compare: Path | None) -> int:
    """Show rows and checksum of every table, to see that two builds hold the same."""
    from instacart import checksums

    if save and compare:
        raise click.UsageError("--save and --compare exclude each other.")
    return checksums.run(with_all, save, compare)


@cli.command()
@click.argument("file", type=FILE, required=False)
@click.option("-c", "--command", help="SQL to run in place of a file.")
@click.option(
    "--out",
    type=FILE,
    help="File to write: its ending, .csv, .parquet or .json, says the format.",
)
@click.option(
    "--format", "to", type=click.Choice(["table", "csv", "json"]), default="table"
)
@click.option(
    "--rows",
    type=click.IntRange(1),
    default=100,
    show_default=True,
    help="Rows that a table shows.",
)
def query(
    file: Path | None, command: str | None, out: Path | None, to: str, rows: int
) -> None:
    """Run a query on the warehouse, such as analyses/quietest_ad_windows.sql."""
    from instacart import query

    if (file is None) == (command is None):
        raise click.UsageError("Name a file with a query, or write one after -c.")
    query.run(file, command, out, to, rows)


def say(lines: Iterable[str]) -> None:
    """Print lines as they come: progress first, the summary last."""
    for line in lines:
        print(line, flush=True)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; exit as the module says."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(
    arguments: list[str], commands: click.Group = cli, program: str = "instacart"
) -> int:
    """Run the command line of a program; return its exit code."""
    for each in (signal.SIGTERM, signal.SIGHUP):
        # A hangup that nohup ignores stays ignored.
        if signal.getsignal(each) is not signal.SIG_IGN:
            signal.signal(each, signal.default_int_handler)
    name = f"{program} {arguments[0]}" if arguments else program
    try:
        code = commands.main(arguments, program, standalone_mode=False, obj=arguments)
        return code or 0
    except UserError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        print(f"{name}: stopped; nothing was replaced.", file=sys.stderr)
        return STOPPED
    except BrokenPipeError:
        # Nobody reads on, as after `make build | head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        refusal = UserError(
            f"to read and write {error.filename or 'files'}",
            f"that it can't be done ({one_line(error)})",
            "check that it is there, has room, and who may use it",
        )
        print(f"{name}: {refusal}", file=sys.stderr)
        return 1
