"""The command `instacart`: what a user can do, and how each command ends.

Exit codes: 0 done; 1 refused, failed or found to differ; 2 wrong usage; 130 stopped.
Modules are imported by the command that needs them, so that an answer without dbt or
DuckDB comes at once.
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
from instacart.errors import UserError, unusable_file

STOPPED = 130
FILE = click.Path(dir_okay=False, resolve_path=True, path_type=Path)
FOLDER = click.Path(file_okay=False, resolve_path=True, path_type=Path)
PACKAGE = click.Choice(["careerfoundry", "kaggle"])
SEED = click.IntRange(0, (1 << 63) - 1)
REPORT = "reports/Final Report.xlsx"
MARTS = "reports/marts.xlsx"
DASHBOARD = "reports/dashboard.html"
DOCS = "reports/docs"
# What is true after Ctrl-C; files are replaced when they are complete.
WHEN_STOPPED = {
    "build": "the next `make build` builds it again",
    "download": "nothing of it is kept, and the folder is as it was",
    "spark build": "the next `make build-spark` builds it again",
    "spark up": "nothing of the cluster is left running",
    "spark down": "the next `make spark-down` ends what is left",
}
FILES_ARE_WHOLE = "no file is left half-written"


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


class Command(click.Command):
    """A command that starts with variables checked; prints the lines it returns."""

    def invoke(self, ctx: click.Context) -> int:
        config.check_settings()
        result = super().invoke(ctx)
        if isinstance(result, int):
            return result
        for line in result or ():
            # As they come: progress first, the summary last.
            print(line, flush=True)
        return 0


class Commands(click.Group):
    command_class = Command
    # A group within it is another one.
    group_class = type


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "show_default": True},
)
@click.version_option(package_name="instacart-warehouse")
def cli() -> None:
    """Build, check and read the Instacart warehouse.

    Variables such as INSTACART_DB and INSTACART_RAW_DIR say where files are;
    docs/reference.md lists them all.
    """


seed = click.option(
    "--seed",
    type=SEED,
    default=config.SEED,
    help="The same seed gives the same bytes.",
)


@cli.command()
@click.option("--force", is_flag=True, help="Build everything, changed or not.")
def build(force: bool) -> None:
    """Build and test what changed since the last build.

    Generates demo files first if there are no raw files.
    """
    from instacart import build

    build.run(force)


@cli.command()
@click.option(
    "--package",
    type=PACKAGE,
    default=config.DEMO_PACKAGE,
    help="Whose files: the course's, or Kaggle's without prices and customers.",
)
@click.option(
    "--scale",
    type=Scale(),
    default=config.DEMO_SCALE,
    help="Number of customers: 1 is 206,209.",
)
@seed
@click.option(
    "--dirt",
    type=click.IntRange(0, 3),
    default=0,
    help="Spoil one row in 10,000 (1), 1,000 (2) or 100 (3) per kind of defect.",
)
@click.option(
    "--out", type=FOLDER, show_default="INSTACART_RAW_DIR", help="Folder to write to."
)
def data(
    package: str, scale: float, seed: int, dirt: int, out: Path | None
) -> Iterable[str]:
    """Generate synthetic files with the form and defects of the real ones."""
    from instacart.synthetic import generate

    return generate.run(out or config.raw_dir(), package, scale, seed, dirt)


@cli.command()
@click.option(
    "--accept-terms", is_flag=True, help="Accept the data's terms without being asked."
)
def download(accept_terms: bool) -> Iterable[str]:
    """Download the real 2017 data from Kaggle into INSTACART_RAW_DIR.

    Shows the data's terms and asks whether you accept them. Needs an extra, which
    `make download` installs.
    """
    from instacart import download

    return download.run(config.raw_dir(), accept_terms)


@cli.command()
@seed
@click.option(
    "--raw", type=FOLDER, show_default="INSTACART_RAW_DIR", help="Folder of the files."
)
def enrich(seed: int, raw: Path | None) -> Iterable[str]:
    """Add fabricated customers and prices to Kaggle's files."""
    from instacart.synthetic import enrich

    return enrich.run(raw or config.raw_dir(), seed)


@cli.command()
@click.option("--out", type=FILE, show_default=REPORT, help="Workbook to write.")
def report(out: Path | None) -> Iterable[str]:
    """Write the final report as an Excel workbook."""
    from instacart import report

    return report.run(out or config.in_project(REPORT))


@cli.command()
@click.option("--out", type=FILE, show_default=DASHBOARD, help="HTML file to write.")
def dashboard(out: Path | None) -> Iterable[str]:
    """Write the dashboard, one HTML file that opens with a double click."""
    from instacart import dashboard

    return dashboard.run(out or config.in_project(DASHBOARD))


@cli.command()
@click.option("--parquet", is_flag=True, help="A folder of Parquet files instead.")
@click.option(
    "--out",
    type=click.Path(resolve_path=True, path_type=Path),
    show_default=f"{MARTS}, or with --parquet INSTACART_DB with .parquet after it",
    help="Workbook or folder to write.",
)
def export(parquet: bool, out: Path | None) -> Iterable[str]:
    """Write the published tables as an Excel workbook, facts as Parquet beside it."""
    if parquet:
        from instacart.export import parquet_folder

        database = config.database()
        beside = database.with_name(f"{database.name}.parquet")
        return parquet_folder.run(out or beside)
    from instacart import export

    return export.run(out or config.in_project(MARTS))


@cli.command()
@click.option(
    "--to", type=click.IntRange(1), metavar="NUMBER", help="Which of those kept."
)
def rollback(to: int | None) -> Iterable[str]:
    """Show readers the published version before this one."""
    from instacart.publish import rollback

    return rollback.run(to)


@cli.command()
@click.option("--out", type=FOLDER, show_default=DOCS, help="Folder to write to.")
def docs(out: Path | None) -> Iterable[str]:
    """Write the documentation of all tables and the lineage of all columns.

    Two pages for a browser: index.html and lineage.html.
    """
    from instacart import docs

    return docs.run(out or config.in_project(DOCS))


@cli.command()
def outputs() -> Iterable[str]:
    """List the files to open, and what each is: those that `make demo` writes."""
    from instacart import outputs

    return outputs.run(*(config.in_project(path) for path in (DASHBOARD, REPORT, DOCS)))


@cli.command()
@click.option(
    "--generate",
    is_flag=True,
    help="Generate and build files in target/fidelity, and compare those.",
)
@click.option(
    "--package",
    type=PACKAGE,
    show_default=config.DEMO_PACKAGE,
    help="With --generate, whose files.",
)
@click.option(
    "--scale", type=Scale(), show_default="1", help="With --generate, how many."
)
@click.option(
    "--seed", type=SEED, show_default=f"{config.SEED}", help="With --generate, which."
)
@click.option(
    "--out",
    type=FILE,
    help="Page to write; with --generate there is one without this option, too.",
)
def fidelity(
    generate: bool,
    package: str | None,
    scale: float | None,
    seed: int | None,
    out: Path | None,
) -> int:
    """Compare the warehouse with the figures published for the real data.

    Exit code 1 if a figure breaks its tolerance.
    """
    from instacart.synthetic import fidelity

    if generate:
        return fidelity.run_generated(
            out,
            package or config.DEMO_PACKAGE,
            1.0 if scale is None else scale,
            config.SEED if seed is None else seed,
        )
    if any(each is not None for each in (package, scale, seed)):
        raise click.UsageError("--package, --scale and --seed go with --generate.")
    return fidelity.run(out)


@cli.command()
@click.option("--all", "with_all", is_flag=True, help="Also the intermediate tables.")
@click.option("--save", type=FILE, help="File to write them to, as JSON.")
@click.option("--compare", type=FILE, help="Saved file to compare with.")
def checksums(with_all: bool, save: Path | None, compare: Path | None) -> int:
    """Show the rows and a checksum of every table.

    Two builds with the same checksums hold the same rows. Exit code 1 if --compare
    finds a difference.
    """
    from instacart import checksums

    if save and compare:
        raise click.UsageError("--save and --compare exclude each other.")
    return checksums.run(with_all, save, compare)


@cli.command()
@click.argument("file", type=FILE, required=False)
@click.option("-c", "--command", metavar="SQL", help="The query, in place of a file.")
@click.option(
    "--format",
    "to",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    help="What to print.",
)
@click.option(
    "--rows",
    type=click.IntRange(1),
    default=100,
    help="Rows of a table to print.",
)
@click.option(
    "--out",
    type=FILE,
    help="File to write instead: .csv, .parquet or .json.",
)
def query(
    file: Path | None, command: str | None, out: Path | None, to: str, rows: int
) -> Iterable[str]:
    """Run the query in FILE on the warehouse.

    For instance: instacart query analyses/quietest_ad_windows.sql
    """
    from instacart import query

    if (file is None) == (command is None):
        raise click.UsageError("Name a file with a query, or write one after -c.")
    if out and to != "table":
        raise click.UsageError("--out names its format by its ending; omit --format.")
    return query.run(file, command, out, to, rows)


@cli.group()
def spark() -> None:
    """Build on Spark, on a cluster of this machine or another: docs/distributed.md."""


@spark.command()
def up() -> Iterable[str]:
    """Start the cluster, or what of it is missing, and wait until it answers."""
    from instacart.spark import cluster

    return cluster.up()


@spark.command()
def down() -> Iterable[str]:
    """Stop the cluster: what was started and nothing else."""
    from instacart.spark import cluster

    return cluster.down()


@spark.command("build")
def build_on_spark() -> None:
    """Build, test and publish the warehouse on Spark, all of it.

    Generates demo files first if there are no raw files.
    """
    from instacart.spark import build

    build.run()


def main() -> None:
    """Run the command line; exit as the module says."""
    sys.exit(run(sys.argv[1:]))


def run(
    arguments: list[str], commands: click.Group = cli, program: str = "instacart"
) -> int:
    """Run a command line of a program; return its exit code."""
    stop_like_ctrl_c(signal.SIGTERM, signal.SIGHUP)
    command = arguments[0] if arguments else ""
    if isinstance(commands.commands.get(command), click.Group):
        command = " ".join(arguments[:2])
    try:
        # Not `commands.main`: it answers Ctrl-C with a blank line.
        with commands.make_context(program, [*arguments], obj=arguments) as context:
            return commands.invoke(context) or 0
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except BrokenPipeError:
        # Nobody reads on, as after `make build | head`; Python would write once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        sentence = f"stopped; {WHEN_STOPPED.get(command, FILES_ARE_WHOLE)}."
        code = STOPPED
    except UserError as error:
        sentence, code = str(error), 1
    except OSError as error:
        sentence, code = str(unusable_file(error)), 1
    print(f"{program} {command}: {sentence}", file=sys.stderr)
    return code


def stop_like_ctrl_c(*signals: signal.Signals) -> None:
    """Let other signals interrupt as Ctrl-C does."""
    for each in signals:
        # A hangup that nohup ignores stays ignored.
        if signal.getsignal(each) is not signal.SIG_IGN:
            signal.signal(each, signal.default_int_handler)
