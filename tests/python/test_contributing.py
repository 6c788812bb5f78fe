"""Each recipe of CONTRIBUTING.md does what it says, in a copy of the project.

The edits and commands are read from the document itself; see its first paragraph for
what a block means. All recipes share the copy, so that dbt reads it twice only: once
with all edits, and once without the mart that a recipe deletes.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from instacart.config import PROJECT_DIR
from support.shared import made_once
from support.warehouse import Built, run_dbt
from test_documents import LONGEST_README

CONTRIBUTING = PROJECT_DIR / "CONTRIBUTING.md"
COMMANDS = "sh"
EDITS = ("csv", "diff", "sql", "yaml")
FILE = re.compile(r"`([\w./-]+\.(?:csv|md|py|sql|yml))`")
MART = "A mart in five minutes"
# The build of everything passes their tests; to pass them here, too, would say no more.
WITHOUT_TESTS = {"DBT_EXCLUDE_RESOURCE_TYPES": "test unit_test"}


@dataclass(frozen=True)
class Block:
    """A fenced block of a recipe, with the file that the lines above it name last."""

    language: str
    text: str
    path: str


def recipe(title: str) -> list[Block]:
    """The blocks of a section of CONTRIBUTING.md."""
    (section,) = re.findall(
        rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)",
        CONTRIBUTING.read_text("utf-8"),
        re.MULTILINE | re.DOTALL,
    )
    found, path = [], ""
    for above, language, text in re.findall(
        r"(.*?)^```(\w*)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL
    ):
        path = (FILE.findall(above) or [path])[-1]
        found.append(Block(language, text, path))
    assert found, f"no block in {title}"
    return found


def edits(title: str) -> list[Block]:
    return [block for block in recipe(title) if block.language != COMMANDS]


def command(title: str) -> str:
    """The one command of a recipe."""
    (block,) = (block for block in recipe(title) if block.language == COMMANDS)
    return block.text.strip()


def hunks(diff: str) -> Iterator[tuple[str, str]]:
    """The lines that each part of a diff replaces, and those that replace them."""
    for part in diff.split("@@\n"):
        lines = part.splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if line[0] in " -")
        new = "".join(line[1:] for line in lines if line[0] in " +")
        yield old, new


class Project:
    """A copy of the project with a warehouse, to follow recipes in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "project"
        self.raw_dir = folder / "raw"
        self.published = folder / "instacart.duckdb"
        self.database = folder / "instacart.duckdb.built" / "instacart.duckdb"
        self.before_deleting = folder / "before" / "instacart.duckdb"
        self.variables = {
            "INSTACART_RAW_DIR": str(self.raw_dir),
            "INSTACART_DB": str(self.published),
            "INSTACART_TEMP_DIR": str(folder / "temp"),
            # Where dbt-bouncer.yml looks.
            "DBT_TARGET_PATH": str(self.folder / "target/test/careerfoundry/target"),
            "DBT_LOG_PATH": str(folder / "logs"),
        }
        self.manifest: Any = None

    def copy(self, built: Built) -> None:
        """Copy the project, a raw package and its warehouse."""
        shutil.copytree(
            PROJECT_DIR,
            self.folder,
            ignore=shutil.ignore_patterns(
                *(".git", ".venv", "*_cache", "__pycache__"),
                *("data", "logs", "reports", "target", "warehouse"),
            ),
        )
        shutil.copytree(built.raw_dir, self.raw_dir)
        self.database.parent.mkdir()
        shutil.copyfile(built.database, self.database)

    def edit(self, title: str) -> None:
        """Write new files, add to the end of others, or replace lines of them."""
        for block in edits(title):
            assert block.language in EDITS, block
            path = self.folder / block.path
            if block.language == "diff":
                text = path.read_text("utf-8")
                for old, new in hunks(block.text):
                    assert text.count(old) == 1, f"not once in {block.path}:\n{old}"
                    text = text.replace(old, new)
                path.write_text(text, "utf-8")
            elif path.exists():
                space = "" if path.suffix == ".csv" else "\n"
                with path.open("a", encoding="utf-8") as file:
                    file.write(space + block.text)
            else:
                path.write_text(block.text, "utf-8")

    def dbt(self, line: str, **variables: str) -> None:
        """Run a command line of dbt in this process; it reads the project once."""
        program, name, *arguments = shlex.split(line)
        assert program == "dbt", line
        here = ["--project-dir", str(self.folder), "--profiles-dir", str(self.folder)]
        environment = self.variables | variables
        if self.manifest is None:
            read = run_dbt(None, environment, "parse", *here, "--write-json")
            assert read.succeeded, read.output + read.error
            self.manifest = read.result
        done = run_dbt(self.manifest, environment, name, *here, *arguments)
        assert done.succeeded, f"{line}\n{done.output}{done.error}"

    def run(self, line: str) -> str:
        """Run a command line as a shell in the activated environment does."""
        tools = str(Path(sys.executable).parent)
        done = subprocess.run(
            ["bash", "-ec", line],
            cwd=self.folder,
            env=os.environ
            | self.variables
            | {
                "PATH": os.pathsep.join((tools, os.environ["PATH"])),
                # The copy's own package, not the installed one.
                "PYTHONPATH": str(self.folder / "scripts"),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}"
        return done.stdout

    def query(self, sql: str, database: Path | None = None) -> list[tuple]:
        path = str(database or self.database)
        with duckdb.connect(path, read_only=True) as connection:
            return connection.execute(sql).fetchall()


def follow_all(project: Project) -> None:
    """Do what the recipes say, and delete the mart again at last."""
    mart, *others = (block.path for block in edits(MART))
    undone = {path: (project.folder / path).read_bytes() for path in others}
    for title in (MART, "A flag", "A bound", "A message"):
        project.edit(title)
    project.dbt(command(MART))
    project.dbt(command("A flag"), **WITHOUT_TESTS)

    departments = project.raw_dir / "departments.csv"
    departments.write_text(departments.read_text().replace("alcohol", "floral"))
    project.dbt("dbt run --select base_instacart__departments+1 dim_departments")
    group = "select department_group from marts.dim_departments where department_id = 5"
    assert project.query(group) == [("Unknown",)]
    project.edit("A value of a seed")
    project.dbt(command("A value of a seed"), **WITHOUT_TESTS)
    assert project.query(group) == [("Specialty and lifestyle",)]

    check_rules(project)
    project.before_deleting.parent.mkdir()
    shutil.copyfile(project.database, project.before_deleting)
    for path, content in undone.items():
        (project.folder / path).write_bytes(content)
    (project.folder / mart).unlink()
    # The bound's command, too: it passes all tests with all the edits.
    assert command("Delete a model") == command("A bound")
    printed = project.run(command("Delete a model"))
    assert "Dropped marts.rpt_cart_sizes" in printed


def check_rules(project: Project) -> None:
    """Ask what `make lint` and `make check` ask of what the recipes edit."""
    paths = {block.path for title in (MART, "A flag") for block in edits(title)}
    queries = " ".join(path for path in paths if path.endswith(".sql"))
    settings = " ".join(path for path in paths if path.endswith(".yml"))
    project.run(
        f"""
        dbt-bouncer run --only manifest_checks
        sqlfluff lint --disable-progress-bar {queries}
        yamllint --strict {settings}
        """
    )
    readme = (project.folder / "README.md").read_text("utf-8")
    assert "`marts.rpt_cart_sizes`" in readme
    assert len(readme.splitlines()) <= LONGEST_README


@pytest.fixture(scope="module")
def project(shared_dir: Path, baselines: dict[str, Built]) -> Project:
    """A copy in which all recipes were followed, once for all test processes."""

    def make(folder: Path) -> None:
        followed = Project(folder)
        followed.copy(baselines["careerfoundry"])
        follow_all(followed)

    return Project(made_once(shared_dir / "recipes", make))


def test_a_mart_is_built_and_deleted(project: Project) -> None:
    found = "select sum(order_count) from marts.rpt_cart_sizes"
    orders = project.query("select count(*) from marts.fct_orders where is_analysed")
    assert project.query(found, project.before_deleting) == orders

    # All tests passed, so that readers see it too.
    for database in (project.database, project.published):
        tables = project.query("select table_name from duckdb_tables", database)
        assert ("dim_customers",) in tables
        assert ("rpt_cart_sizes",) not in tables


def test_a_flag_is_in_every_segment_report(project: Project) -> None:
    reports = {
        f"{folder}.{name}": column
        for folder, name, column in project.query(
            "select table_schema, table_name, column_name"
            " from information_schema.columns where table_schema = 'marts'"
            " and column_name in ('segment_type', 'segment_type_a')"
        )
    }
    assert {"marts.rpt_segment_crosstabs", "marts.rpt_segment_hours"} <= reports.keys()
    for report, column in reports.items():
        found = f"select count(*) from {report} where {column} = 'variety_flag'"
        assert project.query(found) != [(0,)], report
    assert project.query(
        "select label, condition from data_quality.conditions_in_force"
        " where column_name = 'variety_flag' and label like '% products'"
        " order by label_number"
    ) == [("Many products", "> 100"), ("Few products", "otherwise")]


def test_a_bound_is_changed_once(project: Project) -> None:
    assert project.query(
        "select condition from data_quality.conditions_in_force"
        " where label = 'Loyal customer'"
    ) == [("> 30",)]
    ((description,),) = project.query(
        "select comment from duckdb_columns where schema_name = 'marts'"
        " and table_name = 'dim_customers' and column_name = 'loyalty_flag'"
    )
    assert "Loyal customer > 30" in description
    # What `instacart fidelity` words as "not comparable".
    figures = project.query(
        "select distinct coalesce(contains(vars, 'loyalty_flag'), false),"
        " is_comparable from intermediate.int_published_figures"
    )
    assert sorted(figures) == [(False, True), (True, False)]


def test_a_message_is_said_and_tested(project: Project) -> None:
    assert "1 passed" in project.run(f"{command('A message')} -p no:cacheprovider")
    said = project.run(
        "python -c 'from pathlib import Path;"
        " from instacart.raw_package.contents import refuse_foreign_content as refuse;"
        ' refuse(Path("orders.csv"), b"SQLite format 3")\' 2>&1 | tail -1'
    )
    assert (
        "orders.csv: expected comma-separated UTF-8 text, found an SQLite database;"
        " export its tables as CSV." in said
    )
