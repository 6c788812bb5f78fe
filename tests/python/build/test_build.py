"""``make build`` does what changed since the last build that passed, and says so."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from instacart import build, config
from instacart.build import inputs, summary
from instacart.config import PROJECT_DIR
from instacart.errors import UserError
from instacart.publish.state import Node, read_state, write_state
from instacart.synthetic import generate
from support.packages import write_careerfoundry

MODEL = "models/marts/time_trends/rpt_days_of_week.sql"
YAML = "models/marts/time_trends/_time_trends__models.yml"
MACRO = "macros/measures.sql"
# What the tests change; dbt isn't run, so no more is read.
FILES = (
    MODEL,
    YAML,
    MACRO,
    "dbt_project.yml",
    "models/docs.md",
    "scripts/instacart/generated_files.py",
    "scripts/instacart/raw_package/header.py",
    "seeds/state_regions.csv",
    "tests/generic/accepted_range.sql",
)


class Scene:
    """A project whose database is taken as built, with a stand-in for dbt."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in FILES:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(PROJECT_DIR / name, path)
        self.raw_dir = folder / "raw"
        self.database = folder / "instacart.duckdb"
        self.exit_code = 0
        # A digest of dbt's vars.
        self.settings = ""
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

    def dbt(self, *arguments: str) -> int:
        """Write what dbt would write, and what its first and last hook do."""
        assert arguments[:2] == ("build", "--write-json")
        self.selections.append(list(arguments[2:]))
        folder = config.record_dir()
        folder.mkdir(exist_ok=True)
        config.working_database().write_text("")
        target = self.folder / "target"
        target.mkdir(exist_ok=True)
        (target / "manifest.json").write_text(json.dumps(self.manifest))
        state = read_state(folder)
        state.begin(dict.fromkeys(self.results), self.settings)
        if self.exit_code in (0, 1):
            known = self.manifest["nodes"].keys() | self.results.keys()
            state.end({name: Node(None, []) for name in known}, self.results)
        if self.exit_code == 0 and not state.waiting:
            state.published_run = state.run
            self.database.write_text("")
        write_state(folder, state)
        return self.exit_code

    def generate(self, out: Path, *demo: object) -> Iterator[str]:
        """Make demo files where there are none."""
        assert out == self.raw_dir
        assert demo == ("careerfoundry", 0.01, 42, 0)
        write_careerfoundry(self.raw_dir)
        yield "Generated."

    def build(self, is_forced: bool = False) -> list[list[str]]:
        """Selections of the runs of dbt that a build makes; an empty one is all."""
        self.selections = []
        try:
            build.run(is_forced)
        except UserError as error:
            assert "found what dbt says above" in str(error)
            assert self.exit_code
        else:
            assert not self.exit_code or not self.selections
        return self.selections


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """A scene that has been built once."""
    made = Scene(tmp_path / "project")
    monkeypatch.setattr(config, "PROJECT_DIR", made.folder)
    monkeypatch.setattr(build, "run_dbt", made.dbt)
    monkeypatch.setattr(summary, "summarize", lambda path: None)
    monkeypatch.setattr(generate, "run", made.generate)
    monkeypatch.setenv("INSTACART_RAW_DIR", str(made.raw_dir))
    monkeypatch.setenv("INSTACART_DB", str(made.database))
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


def add_raw_file_below(scene: Scene) -> None:
    folder = scene.raw_dir / "2017" / "orders.csv"
    folder.mkdir(parents=True)
    (folder / "part-00000.csv").write_text("order_id\n")


def remove_raw_file(scene: Scene) -> None:
    (scene.raw_dir / "customers.csv").unlink()


def remove_database(scene: Scene) -> None:
    scene.database.unlink()


def remove_working_database(scene: Scene) -> None:
    config.working_database().unlink()


def remove_state(scene: Scene) -> None:
    (config.record_dir() / "state.json").unlink()


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
        (add_raw_file_below, "2017/orders.csv/part-00000.csv is new"),
        (remove_raw_file, "customers.csv is gone"),
        (remove_database, "the database is gone"),
        (remove_working_database, "the database is gone"),
        (remove_state, "it is not known what was built"),
        (edit(MACRO), f"{MACRO} changed"),
        (edit("dbt_project.yml"), "dbt_project.yml changed"),
        (
            edit("scripts/instacart/generated_files.py"),
            "scripts/instacart/generated_files.py changed",
        ),
        (
            edit("scripts/instacart/raw_package/header.py"),
            "scripts/instacart/raw_package/header.py changed",
        ),
        (
            edit("tests/generic/accepted_range.sql"),
            "tests/generic/accepted_range.sql changed",
        ),
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
    monkeypatch.setenv("INSTACART_SPARK_PORT", "10001")
    monkeypatch.setenv("DBT_LOG_PATH", "elsewhere")
    assert scene.build() == []
    monkeypatch.setenv("DBT_ENV_SECRET_WORD", "opensesame")
    assert scene.build() == [[]]
    assert "DBT_ENV_SECRET_WORD is set otherwise" in capsys.readouterr().out
    folder = scene.folder / "instacart.duckdb.built"
    assert "opensesame" not in (folder / "record.json").read_text()
    # `make build` names its own.
    monkeypatch.setenv("DBT_PROFILES_DIR", str(scene.folder))
    monkeypatch.setenv("DBT_ENGINE_PROJECT_DIR", str(scene.folder))
    assert scene.build() == []


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
    scene.results |= {"model.instacart.b": "success", "test.instacart.c.1": "fail"}
    assert scene.build()[0][1:4] == ["state:modified+", "a+", "--state"]
    (scene.folder / MODEL).write_text(good)
    scene.exit_code, scene.results = 0, dict.fromkeys(scene.results, "success")
    # What passed is of a change that was undone.
    assert scene.build()[0][1:5] == ["state:modified+", "a+", "b+", "c+"]
    assert scene.build() == []


def test_a_part_that_can_not_be_published_alone_is_followed_by_the_whole(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    """As after `dbt build` with other vars."""
    scene.manifest["nodes"]["model.instacart.b"] = {"name": "b", "columns": {}}
    scene.results["model.instacart.b"] = "success"
    assert scene.build(is_forced=True) == [[]]
    edit(MODEL)(scene)
    scene.settings = "others"
    del scene.results["model.instacart.b"]
    capsys.readouterr()

    def dbt(*arguments: str) -> int:
        if len(arguments) == 2:
            scene.results["model.instacart.b"] = "success"
        return scene.dbt(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "run_dbt", dbt)
        assert [bool(selection) for selection in scene.build()] == [True, False]
    said = "The rest is not of the same files and settings: building everything."
    assert said in capsys.readouterr().out
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
def test_a_part_that_broke_off_is_built_again(scene: Scene, exit_code: int) -> None:
    """All of it: how far dbt came is then not known."""
    good = (scene.folder / MODEL).read_text()
    edit(MODEL)(scene)
    scene.exit_code = exit_code
    assert len(scene.build()) == 1
    (scene.folder / MODEL).write_text(good)
    scene.exit_code = 0
    assert [selection[1:3] for selection in scene.build()] == [
        ["state:modified+", "a+"]
    ]
    assert scene.build() == []


def test_an_error_before_anything_is_written_changes_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = (scene.folder / MODEL).read_text()
    edit(MODEL)(scene)
    with monkeypatch.context() as patch:
        patch.setattr(build, "run_dbt", lambda *arguments: 2)
        with pytest.raises(UserError):
            build.run(False)
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
    record = scene.folder / "instacart.duckdb.built" / "record.json"
    record.unlink()
    record.mkdir()
    capsys.readouterr()
    assert scene.build() == [[]]
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "the next `make build` builds everything" in error
    assert scene.build() == [[]]


def test_hidden_files_are_no_raw_files(scene: Scene) -> None:
    for name in (".DS_Store", ".old/orders.csv", "2017/._orders.csv"):
        (scene.raw_dir / name).parent.mkdir(exist_ok=True)
        (scene.raw_dir / name).write_text("")
    assert scene.build() == []


def test_what_the_plugin_imports_is_looked_at() -> None:
    """A module that the plugin imports is one of the project's files."""
    package = PROJECT_DIR / "scripts" / "instacart"
    waiting, seen = [package / "dbt_plugin.py"], set()
    while waiting:
        path = waiting.pop()
        seen.add(path)
        for module in imported_modules(path):
            base = PROJECT_DIR / "scripts" / Path(*module.split("."))
            for found in (base.with_suffix(".py"), base / "__init__.py"):
                if found.is_file() and found not in seen:
                    waiting.append(found)
    assert len(seen) > 6
    assert seen <= set(inputs.project_files())


def imported_modules(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            # Of a package, a name may be a module.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
            yield node.module
