"""``make build`` does what changed since the last build that passed, and says so."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from conftest import PROJECT_DIR, write_careerfoundry
from instacart import build

MODEL = "models/marts/time_trends/rpt_days_of_week.sql"
YAML = "models/marts/time_trends/_time_trends__models.yml"
MACRO = "macros/measures.sql"


def copy_project(folder: Path) -> Path:
    """All that dbt and build.py read, to be changed at will."""
    for name in ("models", "macros", "seeds", "tests", "analyses", "scripts"):
        shutil.copytree(
            PROJECT_DIR / name,
            folder / name,
            ignore=shutil.ignore_patterns("python", "__pycache__"),
        )
    for name in ("dbt_project.yml", "profiles.yml", "requirements.lock"):
        shutil.copyfile(PROJECT_DIR / name, folder / name)
    return folder


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


class Project:
    """A copy of the project, whose builds run as `make build` runs them."""

    def __init__(self, folder: Path) -> None:
        self.folder = copy_project(folder / "project")
        self.raw_dir = write_careerfoundry(folder / "raw")
        self.database = folder / "warehouse" / "instacart.duckdb"
        self.database.parent.mkdir()
        self.target = folder / "target"
        self.environment = os.environ | {
            "INSTACART_RAW_DIR": str(self.raw_dir),
            "INSTACART_DB": str(self.database),
            "INSTACART_TEMP_DIR": str(folder / "temp"),
            "DBT_TARGET_PATH": str(self.target),
            "DBT_LOG_PATH": str(folder / "logs"),
        }

    @property
    def command(self) -> list[str]:
        return [sys.executable, "scripts/build.py"]

    def build(self) -> subprocess.CompletedProcess:
        return subprocess.run(
            self.command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self) -> subprocess.Popen:
        """A build that has just made its first table."""
        building = subprocess.Popen(
            self.command,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for line in building.stdout:
            if " OK created sql table model " in line:
                break
        return building

    def ran(self, kind: str) -> set[str]:
        """Names of one kind of node that dbt's last run built or tested."""
        results = json.loads((self.target / "run_results.json").read_text())["results"]
        ids = [result["unique_id"].split(".") for result in results]
        return {parts[2] for parts in ids if parts[0] == kind}

    def ranks(self) -> list[int]:
        with duckdb.connect(str(self.database), read_only=True) as connection:
            query = "select order_rank from marts.rpt_days_of_week order by 1"
            return [rank for (rank,) in connection.execute(query).fetchall()]


def processes_below(parent: int) -> list[int]:
    found = subprocess.run(
        ["pgrep", "-P", str(parent)], capture_output=True, text=True, check=False
    )
    return [int(pid) for pid in found.stdout.split()]


def test_builds_do_what_is_to_be_done(tmp_path: Path) -> None:
    """One warehouse, from its first build through changes, failures and kills."""
    project = Project(tmp_path)
    below = {"rpt_days_of_week", "published_figures_check"}

    # The first build is killed, the second one stopped.
    killed = project.start()
    (dbt,) = processes_below(killed.pid)
    for process in (killed.pid, dbt):
        os.kill(process, signal.SIGKILL)
    killed.communicate()
    stopped = project.start()
    (dbt,) = processes_below(stopped.pid)
    stopped.send_signal(signal.SIGINT)
    output, error = stopped.communicate()
    assert stopped.returncode == 130
    assert error == "build.py: stopped; the next `make build` builds it again.\n"
    assert "Traceback" not in output
    with pytest.raises(ProcessLookupError):
        os.kill(dbt, 0)

    first = project.build()
    assert first.returncode == 0, first.stdout + first.stderr
    assert "Changed since" not in first.stdout
    assert " START " not in first.stdout
    assert " PASS " not in first.stdout
    assert "OK created sql table model marts.rpt_days_of_week" in first.stdout
    assert "Raw files in" in first.stdout
    assert len(project.ran("model")) > 60

    written = project.database.stat().st_mtime_ns
    second = project.build()
    assert second.returncode == 0
    assert second.stdout.startswith("Nothing changed since ")
    assert "5 in" in second.stdout
    assert "make build FORCE=1" in second.stdout
    assert project.database.stat().st_mtime_ns == written

    # A model, and what stands on it.
    replace(project.folder / MODEL, "select * from", "-- Again.\nselect * from")
    changed = project.build()
    assert changed.returncode == 0, changed.stdout
    assert f"{MODEL} changed; building that" in changed.stdout
    assert project.ran("model") == below
    assert project.ran("seed") == set()
    assert project.build().stdout.startswith("Nothing changed since ")

    # A data test that fails, after the table was written; its change undone, the table
    # is built again all the same.
    good = (project.folder / MODEL).read_text()
    no_sunday = "nullif(ranked_days.day_name, 'Sunday') as day_name,"
    replace(project.folder / MODEL, "ranked_days.day_name,", no_sunday)
    failed = project.build()
    assert failed.returncode == 1
    assert "ERROR=1" in failed.stdout or "FAIL" in failed.stdout
    (project.folder / MODEL).write_text(good)
    repaired = project.build()
    assert repaired.returncode == 0, repaired.stdout
    assert "the last build did not pass" in repaired.stdout
    assert project.ran("model") == below
    assert project.ranks() == list(range(1, 8))
    assert project.build().stdout.startswith("Nothing changed since ")


class Scene:
    """A project whose database is taken as built, with a stand-in for dbt."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.raw_dir = folder / "raw"
        self.database = folder / "instacart.duckdb"
        self.exit_code = 0
        # What dbt was told to select, run by run.
        self.selections: list[list[str]] = []
        self.manifest: dict[str, dict] = {
            "nodes": {
                "model.instacart.a": {"name": "a", "columns": {"x": {}, "y": {}}}
            },
            "sources": {},
            "unit_tests": {},
        }
        self.results: dict[str, str] = {"model.instacart.a": "success"}

    def dbt(self, selection: list[str]) -> int:
        """Write what dbt would write."""
        # So that a build that is killed leaves none.
        assert not list(self.folder.glob("*.built/record.json"))
        self.selections.append(selection)
        self.database.write_text(f"{self.exit_code} {len(self.selections)}")
        target = self.folder / "target"
        target.mkdir(exist_ok=True)
        (target / "manifest.json").write_text(json.dumps(self.manifest))
        results = [{"unique_id": k, "status": v} for k, v in self.results.items()]
        (target / "run_results.json").write_text(json.dumps({"results": results}))
        return self.exit_code

    def demo(self, command: list[str], check: bool) -> subprocess.CompletedProcess:
        """Stand in for generate.py, which makes demo files where there are none."""
        assert command[2:] == ["--if-none", "--out", str(self.raw_dir)]
        write_careerfoundry(self.raw_dir)
        return subprocess.CompletedProcess(command, 0)

    def build(self, is_forced: bool = False) -> list[list[str]]:
        """Selections of the runs of dbt that a build makes; an empty one is all."""
        self.selections = []
        code = build.build(self.database, self.raw_dir, is_forced)
        assert code == (self.exit_code if self.selections else 0)
        return self.selections


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """A scene that has been built once."""
    made = Scene(copy_project(tmp_path / "project"))
    monkeypatch.chdir(made.folder)
    monkeypatch.setattr(build, "run_dbt", made.dbt)
    monkeypatch.setattr(summary, "summarize", lambda: 0)
    monkeypatch.setattr(build.subprocess, "run", made.demo)
    for name in ("DBT_TARGET_PATH", "DBT_PROFILES_DIR", "DBT_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)
    assert made.build() == [[]]
    assert made.build() == []
    return made


def grow(scene: Scene) -> None:
    with (scene.raw_dir / "orders.csv").open("a") as file:
        file.write("\n")


def touch(scene: Scene) -> None:
    os.utime(scene.raw_dir / "orders.csv", (1, 1))


def add_raw_file(scene: Scene) -> None:
    (scene.raw_dir / "order_products__more.csv").write_text("order_id\n")


def remove_raw_file(scene: Scene) -> None:
    (scene.raw_dir / "customers.csv").unlink()


def write_database(scene: Scene) -> None:
    scene.database.write_text("otherwise")


def write_log(scene: Scene) -> None:
    scene.database.with_name("instacart.duckdb.wal").write_text("more")


def remove_database(scene: Scene) -> None:
    scene.database.unlink()


def edit(path: str) -> Callable[[Scene], None]:
    def change(scene: Scene) -> None:
        with (scene.folder / path).open("a") as file:
            file.write("\n")

    return change


def remove(path: str) -> Callable[[Scene], None]:
    return lambda scene: (scene.folder / path).unlink()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (grow, r"orders.csv grew from \d+ to \d+ bytes"),
        (touch, "orders.csv was written again"),
        (add_raw_file, "order_products__more.csv is new"),
        (remove_raw_file, "customers.csv is gone"),
        (write_database, "the database was written by something else"),
        (write_log, "the database was written by something else"),
        (remove_database, "the database is gone"),
        (edit(MACRO), f"{MACRO} changed"),
        (edit("dbt_project.yml"), "dbt_project.yml changed"),
        (edit("scripts/demo_files.py"), "scripts/demo_files.py changed"),
        (edit("tests/generic/within.sql"), "tests/generic/within.sql changed"),
        (remove(MODEL), f"{MODEL} is gone"),
    ],
)
def test_what_dbt_can_not_follow_builds_everything(
    scene: Scene,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[Scene], None],
    said: str,
) -> None:
    change(scene)
    capsys.readouterr()
    assert scene.build() == [[]]
    output = capsys.readouterr().out
    pattern = rf"Changed since 20\d\d-.*: {said}; building everything.\n"
    assert re.match(pattern, output), output
    assert scene.build() == []


def test_a_setting_builds_everything_unless_it_changes_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INSTACART_THREADS", "7")
    monkeypatch.setenv("DBT_LOG_PATH", "elsewhere")
    assert scene.build() == []
    monkeypatch.setenv("DBT_ENV_SECRET_WORD", "opensesame")
    assert scene.build() == [[]]
    assert "DBT_ENV_SECRET_WORD is set otherwise" in capsys.readouterr().out
    folder = scene.folder / "instacart.duckdb.built"
    assert "opensesame" not in (folder / "record.json").read_text()
    # Whose files are then read is not known.
    monkeypatch.setenv("DBT_PROFILES_DIR", str(scene.folder))
    assert scene.build() == [[]]
    assert scene.build() == [[]]


def test_what_dbt_follows_is_left_to_it(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [MODEL, YAML, "models/docs.md", "seeds/state_regions.csv", "tests/new.sql"]
    for name in names:
        edit(name)(scene)
    capsys.readouterr()
    folder = str(scene.folder / "instacart.duckdb.built")
    assert scene.build() == [["--select", "state:modified+", "--state", folder]]
    output = capsys.readouterr().out
    named = f"models/docs.md changed, {YAML} changed, {MODEL} changed and 2 more"
    assert named in output
    assert scene.build() == []
    # The tests of Python are none of the warehouse.
    (scene.folder / "tests" / "python").mkdir()
    edit("tests/python/test_new.py")(scene)
    assert scene.build() == []


def test_what_dbt_overlooks_builds_everything(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(YAML)(scene)
    scene.manifest["nodes"]["model.instacart.a"]["columns"] = {"y": {}, "x": {}}
    scene.results = {}
    assert [bool(selection) for selection in scene.build()] == [True, False]
    assert "dbt sees no change in a" in capsys.readouterr().out
    source = {"name": "raw_a", "config": {}, "columns": {"x": {"config": {}}}}
    scene.manifest["sources"] = {"source.instacart.raw_a": source}
    edit(YAML)(scene)
    assert [bool(selection) for selection in scene.build()] == [True, False]
    source["columns"]["x"] = {"config": {"meta": {"optional": True}}}
    edit(YAML)(scene)
    assert [bool(selection) for selection in scene.build()] == [True, False]
    edit(YAML)(scene)
    assert [bool(selection) for selection in scene.build()] == [True]


def test_a_part_that_failed_is_built_again_until_it_passes(scene: Scene) -> None:
    good = (scene.folder / MODEL).read_text()
    edit(MODEL)(scene)
    scene.exit_code, scene.results = 1, {"model.instacart.a": "error"}
    assert [selection[1:3] for selection in scene.build()] == [
        ["state:modified+", "--state"]
    ]
    scene.results = {"model.instacart.b": "success", "test.instacart.c.1": "fail"}
    assert scene.build()[0][1:3] == ["state:modified+", "a+"]
    (scene.folder / MODEL).write_text(good)
    scene.exit_code = 0
    assert scene.build()[0][1:4] == ["state:modified+", "a+", "b+"]
    assert scene.build() == []


@pytest.mark.parametrize("exit_code", [1, 2, 137])
def test_a_whole_build_that_failed_is_done_again(scene: Scene, exit_code: int) -> None:
    grow(scene)
    scene.exit_code = exit_code
    assert scene.build() == [[]]
    edit(MODEL)(scene)
    assert scene.build() == [[]]
    scene.exit_code = 0
    assert scene.build() == [[]]
    assert scene.build() == []


@pytest.mark.parametrize("exit_code", [2, 137])
def test_a_part_that_broke_off_builds_everything(scene: Scene, exit_code: int) -> None:
    """How far dbt came is then not known."""
    edit(MODEL)(scene)
    scene.exit_code = exit_code
    assert len(scene.build()) == 1
    scene.exit_code = 0
    assert scene.build() == [[]]


def test_an_error_before_anything_is_written_changes_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = (scene.folder / MODEL).read_text()
    edit(MODEL)(scene)
    with monkeypatch.context() as patch:
        patch.setattr(build, "run_dbt", lambda selection: 2)
        assert build.build(scene.database, scene.raw_dir, False) == 2
    (scene.folder / MODEL).write_text(good)
    assert scene.build() == []


def test_a_warning_is_kept_until_its_test_passes(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    scene.manifest["nodes"]["test.instacart.t.1"] = {"name": "t", "columns": {}}
    scene.results = {"model.instacart.a": "success", "test.instacart.t.1": "warn"}
    assert scene.build(is_forced=True) == [[]]
    edit(MODEL)(scene)
    scene.results = {"model.instacart.a": "success"}
    assert len(scene.build()) == 1
    capsys.readouterr()
    assert scene.build() == []
    said = "2 models, seeds and tests, 1 of them with a warning"
    assert said in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 0}'])
def test_a_record_of_no_use_is_as_none(scene: Scene, text: str) -> None:
    (scene.folder / "instacart.duckdb.built" / "record.json").write_text(text)
    assert scene.build() == [[]]
    assert scene.build() == []


def test_a_record_that_can_not_be_written_is_said_once(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = scene.folder / "instacart.duckdb.built"
    shutil.rmtree(folder)
    folder.write_text("")
    capsys.readouterr()
    assert scene.build() == [[]]
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "the next `make build` builds everything" in error
    assert scene.build() == [[]]


def test_what_the_plugin_imports_is_looked_at() -> None:
    """A module that raw_package.py imports is a part of the project's files."""
    waiting, seen = ["scripts/raw_package.py"], set()
    while waiting:
        name = waiting.pop()
        seen.add(name)
        for node in ast.walk(ast.parse((PROJECT_DIR / name).read_text())):
            modules = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                modules = [node.module or ""]
            for module in modules:
                path = f"scripts/{module.replace('.', '/')}.py"
                if (PROJECT_DIR / path).is_file() and path not in seen:
                    waiting.append(path)
    assert seen <= set(build.PROJECT_FILES)
