"""``make build`` with dbt itself: first, again, changed, failed, killed and stopped."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import psutil
import pytest
from instacart.config import PROJECT_DIR
from support.packages import write_careerfoundry

pytestmark = pytest.mark.slow

MODEL = "models/marts/time_trends/rpt_days_of_week.sql"
# With the model, what is downstream of it.
DOWNSTREAM = {"rpt_days_of_week", "published_figures_check", "headline_figures"}
# Tests take most of a build; those of the model's folder are enough here.
FEWER_TESTS = """
data_tests:
  instacart:
    +enabled: false
    marts: {time_trends: {+enabled: true}}

unit_tests:
  instacart: {+enabled: false}
"""


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


class Project:
    """A copy of the project, whose builds run as `make build` runs them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "project"
        for name in ("models", "macros", "seeds", "tests", "scripts"):
            shutil.copytree(
                PROJECT_DIR / name,
                self.folder / name,
                ignore=shutil.ignore_patterns("python", "__pycache__"),
            )
        for name in ("dbt_project.yml", "profiles.yml", "requirements.lock"):
            shutil.copyfile(PROJECT_DIR / name, self.folder / name)
        with (self.folder / "dbt_project.yml").open("a") as file:
            file.write(FEWER_TESTS)
        self.raw_dir = write_careerfoundry(folder / "raw")
        # What readers open.
        self.database = folder / "warehouse" / "instacart.duckdb"
        self.database.parent.mkdir()
        self.target = folder / "target"
        self.environment = os.environ | {
            # The copy's own package and plugin, whatever is installed.
            "PYTHONPATH": str(self.folder / "scripts"),
            "INSTACART_RAW_DIR": str(self.raw_dir),
            "INSTACART_DB": str(self.database),
            "INSTACART_TEMP_DIR": str(folder / "temp"),
            "DBT_TARGET_PATH": str(self.target),
            "DBT_LOG_PATH": str(folder / "logs"),
            # Of another project, as a user may have exported them.
            "DBT_PROJECT_DIR": str(folder),
            "DBT_PROFILES_DIR": str(folder),
        }

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start `instacart build`, or another command, in another folder."""
        return subprocess.Popen(
            [sys.executable, *(command or ("-m", "instacart", "build"))],
            cwd=self.folder.parent,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def start_until_a_table_is_made(self) -> tuple[subprocess.Popen[str], int]:
        """A build that has just made its first table, and the process of dbt."""
        building = self.start()
        assert building.stdout
        for line in building.stdout:
            if " OK created sql table model " in line:
                break
        (dbt,) = psutil.Process(building.pid).children()
        return building, dbt.pid

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        running = self.start(*command)
        output, error = running.communicate()
        assert "Traceback" not in output + error
        return subprocess.CompletedProcess([], running.returncode, output, error)

    def build(self) -> subprocess.CompletedProcess[str]:
        return self.run()

    def ran(self, kind: str) -> set[str]:
        """Names of one kind of node that dbt's last run built or tested."""
        results = json.loads((self.target / "run_results.json").read_text())["results"]
        ids = [result["unique_id"].split(".") for result in results]
        return {parts[2] for parts in ids if parts[0] == kind}

    def ranks(self) -> list[int]:
        with duckdb.connect(str(self.database), read_only=True) as connection:
            query = "select order_rank from marts.rpt_days_of_week order by 1"
            return [rank for (rank,) in connection.execute(query).fetchall()]


def test_builds_do_what_is_to_be_done(tmp_path: Path) -> None:
    """One warehouse, from its first build through changes, failures and kills."""
    project = Project(tmp_path)
    kill_a_build(project)
    stop_a_build(project)
    build_with_dbt_itself(project)
    build_everything(project)
    build_nothing(project)
    build_a_changed_model(project)
    build_again_what_failed(project)


def kill_a_build(project: Project) -> None:
    killed, dbt = project.start_until_a_table_is_made()
    for process in (killed.pid, dbt):
        os.kill(process, signal.SIGKILL)
    killed.communicate()


def stop_a_build(project: Project) -> None:
    stopped, dbt = project.start_until_a_table_is_made()
    stopped.send_signal(signal.SIGTERM)
    output, error = stopped.communicate()
    assert stopped.returncode == 130
    assert error == "instacart build: stopped; the next `make build` builds it again.\n"
    assert "Traceback" not in output
    assert not psutil.pid_exists(dbt)


def build_with_dbt_itself(project: Project) -> None:
    """Started in another folder, dbt finds the plugin and the raw files."""
    plain = project.run(
        *("-c", "from dbt.cli.main import cli; cli()", "build"),
        *("--select", "stg_instacart__files"),
        *("--project-dir", "project", "--profiles-dir", "project"),
    )
    assert plain.returncode == 0, plain.stdout
    assert project.ran("model") == {"stg_instacart__files"}


def build_everything(project: Project) -> None:
    first = project.build()
    assert first.returncode == 0, first.stdout + first.stderr
    assert "Changed since" not in first.stdout
    assert " START " not in first.stdout
    assert " PASS " not in first.stdout
    assert "OK created sql table model marts.rpt_days_of_week" in first.stdout
    assert "Raw files in" in first.stdout
    assert len(project.ran("model")) > 60


def build_nothing(project: Project) -> None:
    written = project.database.stat().st_mtime_ns
    second = project.build()
    assert second.returncode == 0
    assert second.stdout.startswith("Nothing changed since ")
    assert "5 in" in second.stdout
    assert "make build FORCE=1" in second.stdout
    assert project.database.stat().st_mtime_ns == written


def build_a_changed_model(project: Project) -> None:
    """It and what is downstream."""
    replace(project.folder / MODEL, "select * from", "-- Again.\nselect * from")
    changed = project.build()
    assert changed.returncode == 0, changed.stdout
    assert f"{MODEL} changed; building that" in changed.stdout
    assert project.ran("model") == DOWNSTREAM
    assert project.ran("seed") == set()
    assert project.build().stdout.startswith("Nothing changed since ")


def build_again_what_failed(project: Project) -> None:
    """A data test fails after its table was written; then the change is undone."""
    good = (project.folder / MODEL).read_text()
    no_sunday = "nullif(ranked_days.day_name, 'Sunday') as day_name,"
    replace(project.folder / MODEL, "ranked_days.day_name,", no_sunday)
    failed = project.build()
    assert failed.returncode == 1
    assert "ERROR=1" in failed.stdout or "FAIL" in failed.stdout
    _, _, last = failed.stdout.partition("Done. PASS=")
    assert " Failed not_null_columns_rpt_days_of_week" not in failed.stdout
    assert "\nFailed not_null_columns_rpt_days_of_week" in last
    assert "found 1 of them without, such as without day_name; look at" in last
    assert "The build did not pass. What there is:" in last
    assert "\nFailed     not_null_columns_rpt_days_of_week" in last
    assert failed.stderr == (
        "instacart build: expected every model to be built and every test to pass,"
        " found what dbt says above; correct that and run `make build` again.\n"
    )
    (project.folder / MODEL).write_text(good)
    repaired = project.build()
    assert repaired.returncode == 0, repaired.stdout
    assert "the last build was not published; building that" in repaired.stdout
    assert project.ran("model") == DOWNSTREAM
    assert project.ranks() == list(range(1, 8))
    assert project.build().stdout.startswith("Nothing changed since ")
