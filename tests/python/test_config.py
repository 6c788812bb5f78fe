"""Variables, their defaults and DuckDB's settings are the same wherever they are."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pytest
import yaml
from instacart import config
from instacart.config import DEFAULTS, PROJECT_DIR
from instacart.errors import UserError

PROFILES = (PROJECT_DIR / "profiles.yml").read_text()
# A variable that is set to nothing has its default too.
ENV_VAR = re.compile(r"""env_var\('(INSTACART_\w+)', ''\) or '(.*?)'""")
ANY_ENV_VAR = re.compile(r"env_var\(\s*['\"]INSTACART_")


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("INSTACART_", "DBT_")):
            monkeypatch.delenv(name)


def profile(**variables: str) -> dict[str, Any]:
    """profiles.yml as dbt renders it, with no other variable set."""
    environment = jinja2.Environment()
    environment.filters["as_number"] = int

    def render(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: render(each) for key, each in value.items()}
        if isinstance(value, str):
            return environment.from_string(value).render(env_var=variables.get)
        return value

    rendered: dict[str, Any] = render(yaml.safe_load(PROFILES))
    return rendered["instacart"]["outputs"]["dev"]


def as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_the_profile_configures_duckdb_as_the_package_does() -> None:
    options = {name: as_text(it) for name, it in profile()["config_options"].items()}
    # Each run has a folder of its own, which the plugin names.
    expected = config.duckdb_config()
    del expected["temp_directory"]
    assert options == expected


def test_duckdb_takes_every_setting(tmp_path: Path) -> None:
    settings = config.duckdb_config()
    with duckdb.connect(str(tmp_path / "w.duckdb"), config=settings) as connection:
        for name, value in settings.items():
            current = connection.execute(
                "select value from duckdb_settings() where name = $name", {"name": name}
            ).fetchall()
            assert len(current) == 1, name
            if name in ("threads", "temp_directory", "preserve_insertion_order"):
                assert current == [(value,)]


def test_the_profile_uses_the_defaults() -> None:
    assert PROJECT_DIR / profile()["path"] == config.working_database()
    assert profile()["threads"] == DEFAULTS["INSTACART_DBT_THREADS"]


@pytest.mark.parametrize(
    ("value", "threads"),
    [("1", "1"), ("16", "16"), ("0", "1"), ("-1", "1"), ("many", "1"), ("", "2")],
)
def test_dbt_reads_the_profile_whatever_its_threads_are(
    value: str, threads: str
) -> None:
    """So that the plugin can refuse them in a sentence."""
    assert profile(INSTACART_DBT_THREADS=value)["threads"] == threads
    named = profile(INSTACART_THREADS=value)["config_options"]["threads"]
    assert named == value or DEFAULTS["INSTACART_THREADS"]


def test_every_variable_of_dbt_is_one_of_the_package_with_its_default() -> None:
    files = [PROJECT_DIR / "profiles.yml", PROJECT_DIR / "dbt_project.yml"]
    for folder in ("macros", "models", "tests", "analyses", "seeds"):
        files += (PROJECT_DIR / folder).rglob("*.sql")
        files += (PROJECT_DIR / folder).rglob("*.yml")
    texts = [file.read_text() for file in files if "python" not in file.parts]
    used = [found for text in texts for found in ENV_VAR.findall(text)]
    # It is told by `make build-spark`, not by a user.
    told = sum(text.count("env_var('INSTACART_SPARK_EXCHANGE', '')") for text in texts)
    assert told == 1
    assert len(used) + told == sum(len(ANY_ENV_VAR.findall(text)) for text in texts)
    # The plugin reads this one, and these are of the cluster that the package starts.
    of_cluster = ("DIR", "WORKERS", "WORKER_CORES", "WORKER_MEMORY", "MASTER_PORT")
    read_by_python = {
        "INSTACART_TEMP_DIR",
        *(f"INSTACART_SPARK_{name}" for name in (*of_cluster, "UI_PORT")),
    }
    assert dict(used) == {
        name: default
        for name, default in DEFAULTS.items()
        if name not in read_by_python
    }


def test_the_documents_list_every_variable_with_its_default() -> None:
    documents = [PROJECT_DIR / "README.md", *(PROJECT_DIR / "docs").glob("*.md")]
    row = re.compile(r"^\| *`(INSTACART_\w+)` *\| *`(.*?)` *\|", re.MULTILINE)
    listed = [found for file in documents for found in row.findall(file.read_text())]
    assert sorted(listed) == sorted(DEFAULTS.items())


def test_a_path_is_relative_to_the_project_wherever_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert config.database() == PROJECT_DIR / "warehouse" / "instacart.duckdb"
    assert config.record_dir().name == "instacart.duckdb.built"
    monkeypatch.setenv("INSTACART_DB", str(tmp_path / "mine.duckdb"))
    monkeypatch.setenv("INSTACART_RAW_DIR", "other")
    assert config.database() == tmp_path / "mine.duckdb"
    assert config.raw_dir() == PROJECT_DIR / "other"
    assert config.shown(config.database()) == "mine.duckdb"
    assert config.shown(config.raw_dir()) == str(PROJECT_DIR / "other")


def test_a_variable_set_to_nothing_has_its_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in DEFAULTS:
        monkeypatch.setenv(name, "")
    config.check_settings()
    assert {name: config.setting(name) for name in DEFAULTS} == DEFAULTS


def test_dbt_prefers_the_variable_with_engine_in_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert config.target_dir() == PROJECT_DIR / "target"
    monkeypatch.setenv("DBT_TARGET_PATH", "/plain")
    assert config.target_dir() == Path("/plain")
    monkeypatch.setenv("DBT_ENGINE_TARGET_PATH", "/engine")
    assert config.target_dir() == Path("/engine")


@pytest.mark.parametrize(
    "value", ["200MB", "204800KB", "191MiB", "800MB", "1.5GB", "2 GiB", "4gb", "1TB"]
)
def test_sizes_that_duckdb_takes(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSTACART_MEMORY_LIMIT", value)
    config.check_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("INSTACART_MEMORY_LIMIT", "lots"),
        ("INSTACART_MEMORY_LIMIT", "800"),
        ("INSTACART_MEMORY_LIMIT", "80%"),
        ("INSTACART_MEMORY_LIMIT", "-1GB"),
        ("INSTACART_MEMORY_LIMIT", "0.0GB"),
        ("INSTACART_MEMORY_LIMIT", "1MB"),
        ("INSTACART_MEMORY_LIMIT", "50MB"),
        ("INSTACART_MEMORY_LIMIT", "199.9MB"),
        ("INSTACART_MEMORY_LIMIT", "190MiB"),
        ("INSTACART_THREADS", "two"),
        ("INSTACART_THREADS", "2.5"),
        ("INSTACART_THREADS", "0"),
        ("INSTACART_THREADS", "-1"),
        ("INSTACART_THREADS", "10000"),
        ("INSTACART_DBT_THREADS", "1 2"),
        ("INSTACART_DBT_THREADS", "0"),
        ("INSTACART_DBT_THREADS", "many"),
        *(
            ("INSTACART_DB", f"{folder}{name}.duckdb")
            for folder in ("", "my.folder/")
            for name in (
                *("main", "temp", "system", "memory", "raw", "marts", "data_quality"),
                "being_published",
                *("staging", "intermediate", "reference", "information_schema"),
                *("pg_catalog", "Main", "RAW", "main.2024", ""),
                *("o'brien", 'say "hi"', "a;b", "two\nlines", "a\tb", "\x7f", "\udcff"),
            )
        ),
    ],
)
def test_what_a_variable_can_not_be_is_said(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(UserError) as raised:
        config.check_settings()
    sentence = str(raised.value)
    assert sentence.startswith(f"{name}: expected ")
    assert f", found {value!r}; correct or unset it (default " in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    "name", ["instacart.duckdb", "raw_data.duckdb", "Mein Lager.db", "my-main", "été.x"]
)
def test_names_that_a_database_can_have(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INSTACART_DB", str(tmp_path / "o'brien; x" / name))
    config.check_settings()


def test_a_folder_is_no_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INSTACART_DB", str(tmp_path))
    with pytest.raises(
        UserError, match=r"^INSTACART_DB: expected a file, found the fol"
    ):
        config.check_settings()


def test_every_schema_is_a_name_that_a_database_can_not_have() -> None:
    project = yaml.safe_load((PROJECT_DIR / "dbt_project.yml").read_text())
    models, seeds = (project[kind]["instacart"] for kind in ("models", "seeds"))
    folders = [seeds, *(models[name] for name in models if not name.startswith("+"))]
    assert {folder["+schema"] for folder in folders} < config.RESERVED_NAMES


def test_a_folder_to_write_to_is_made(tmp_path: Path) -> None:
    config.check_writable("NAME", tmp_path / "a" / "b")
    assert not list((tmp_path / "a" / "b").iterdir())


def test_a_folder_that_can_not_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Root may write anywhere.
    def refuse(path: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(UserError) as raised:
        config.check_writable("NAME", tmp_path)
    assert str(raised.value) == (
        f"NAME: expected a folder to write to at {tmp_path}, found that it can't be"
        " written (Permission denied); name another, or see who may write it."
    )
