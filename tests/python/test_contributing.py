"""Each recipe of CONTRIBUTING.md does what it says, in a copy of the project.

The edits and commands are read from the document itself; see its first paragraph for
what a block means.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from instacart.config import PROJECT_DIR
from support.warehouse import Built

pytestmark = pytest.mark.slow

CONTRIBUTING = PROJECT_DIR / "CONTRIBUTING.md"
COMMANDS = "sh"
EDITS = ("csv", "diff", "sql", "yaml")
FILE = re.compile(r"`([\w./-]+\.(?:csv|md|py|sql|yml))`")


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


def hunks(diff: str) -> Iterator[tuple[str, str]]:
    """The lines that each part of a diff replaces, and those that replace them."""
    for part in diff.split("@@\n"):
        lines = part.splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if line[0] in " -")
        new = "".join(line[1:] for line in lines if line[0] in " +")
        yield old, new


class Project:
    """A copy of the project with a built warehouse, to follow recipes in."""

    def __init__(self, folder: Path, built: Built) -> None:
        self.folder = folder / "project"
        shutil.copytree(
            PROJECT_DIR,
            self.folder,
            ignore=shutil.ignore_patterns(
                *(".git", ".venv", "*_cache", "__pycache__"),
                *("data", "logs", "reports", "target", "warehouse"),
            ),
        )
        self.raw_dir = shutil.copytree(built.raw_dir, folder / "raw")
        self.database = folder / "instacart.duckdb"
        shutil.copyfile(built.database, self.database)
        tools = str(Path(sys.executable).parent)
        self.environment = os.environ | {
            "PATH": os.pathsep.join((tools, os.environ["PATH"])),
            # The copy's own package, not the installed one.
            "PYTHONPATH": str(self.folder / "scripts"),
            "INSTACART_RAW_DIR": str(self.raw_dir),
            "INSTACART_DB": str(self.database),
            "INSTACART_TEMP_DIR": str(folder / "temp"),
            # Where dbt-bouncer.yml looks.
            "DBT_TARGET_PATH": "target/test/careerfoundry/target",
            "DBT_LOG_PATH": str(folder / "logs"),
        }

    def follow(self, title: str) -> str:
        """Do what a recipe says, in its order; return what its commands print."""
        printed = ""
        for block in recipe(title):
            if block.language == COMMANDS:
                printed += self.run(block.text)
            else:
                self.edit(block)
        return printed

    def edit(self, block: Block) -> None:
        """Write a new file, add to the end of one, or replace lines of one."""
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

    def run(self, commands: str) -> str:
        """Run commands as a shell in the activated environment does."""
        done = subprocess.run(
            ["bash", "-ec", commands],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout}"
        return done.stdout

    def query(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def tables(self) -> set[str]:
        return {name for (name,) in self.query("select table_name from duckdb_tables")}


@pytest.fixture
def project(tmp_path: Path, baselines: dict[str, Built]) -> Project:
    return Project(tmp_path, baselines["careerfoundry"])


def check_rules(project: Project, title: str) -> None:
    """Ask what `make lint` and `make check` ask of what a recipe edits."""
    edited = [block.path for block in recipe(title)]
    queries = " ".join(path for path in edited if path.endswith(".sql"))
    settings = " ".join(path for path in edited if path.endswith(".yml"))
    project.run(
        f"""
        dbt-bouncer run --only manifest_checks
        sqlfluff lint --disable-progress-bar {queries}
        yamllint --strict {settings}
        """
    )


def test_a_mart_is_built_documented_and_deleted(project: Project) -> None:
    added = recipe("A mart in five minutes")
    before = {
        block.path: project.folder.joinpath(block.path).read_bytes()
        for block in added
        if project.folder.joinpath(block.path).is_file()
    }
    project.follow("A mart in five minutes")
    assert project.query("select sum(order_count) from marts.rpt_cart_sizes") == (
        project.query("select count(*) from marts.fct_orders where is_analysed")
    )
    check_rules(project, "A mart in five minutes")
    project.run("pytest tests/python/test_documents.py -k readme_fits")

    for path, content in before.items():
        (project.folder / path).write_bytes(content)
    (project.folder / added[0].path).unlink()
    project.follow("Delete a model")
    assert "rpt_cart_sizes" not in project.tables()


def test_a_flag_is_in_every_segment_report(project: Project) -> None:
    project.follow("A flag")
    reports = [
        name for name in project.tables() if re.match("rpt_(customer_)?segment", name)
    ]
    assert len(reports) == 5
    for report in reports:
        column = "segment_type_a" if report.endswith("crosstabs") else "segment_type"
        found = f"select count(*) from marts.{report} where {column} = 'variety_flag'"
        assert project.query(found) != [(0,)], report
    assert project.query(
        "select label, condition from data_quality.conditions_in_force"
        " where column_name = 'variety_flag' and label like '% products'"
        " order by label_number"
    ) == [("Many products", "> 100"), ("Few products", "otherwise")]
    check_rules(project, "A flag")


def test_a_bound_is_changed_once(project: Project) -> None:
    printed = project.follow("A bound")
    assert "Done. PASS" in printed
    assert project.query(
        "select condition from data_quality.conditions_in_force"
        " where label = 'Loyal customer'"
    ) == [("> 30",)]
    (description,) = project.query(
        "select comment from duckdb_columns where schema_name = 'marts'"
        " and table_name = 'dim_customers' and column_name = 'loyalty_flag'"
    )
    assert "Loyal customer > 30" in description[0]
    # Of four customers hardly any figure is close.
    compared = project.run("instacart fidelity || true")
    assert "not comparable" in compared
    assert not re.search("broken: .*loyal", compared)


def test_a_value_of_a_seed_reaches_the_marts(project: Project) -> None:
    departments = project.raw_dir / "departments.csv"
    text = departments.read_text()
    assert "alcohol" in text
    departments.write_text(text.replace("alcohol", "floral"))
    project.run("dbt build --select base_instacart__departments dim_departments")
    group = "select department_group from marts.dim_departments where department_id = 5"
    assert project.query(group) == [("Unknown",)]

    project.follow("A value of a seed")
    assert project.query(group) == [("Specialty and lifestyle",)]


def test_a_message_is_said_and_tested(project: Project) -> None:
    project.follow("A message")
    (project.raw_dir / "orders.csv").write_bytes(b"SQLite format 3\0")
    said = project.run("! dbt build --select base_instacart__orders")
    assert (
        "orders.csv: expected comma-separated UTF-8 text, found an SQLite database;"
        " export its tables as CSV." in said
    )
    cases = "tests/python/models/test_corruptions.py -k database"
    assert "[database]" in project.run(f"pytest --collect-only {cases}")
