"""What installs the environment agrees with itself, and runs where people are."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from instacart.config import PROJECT_DIR

OLDEST, NEWEST = 11, 14
VERSIONS = [f"3.{minor}" for minor in range(OLDEST, NEWEST + 1)]
LOCKS = ("requirements.lock", "requirements-download.lock")
SPARK_LOCK, SUPERSET_LOCK = "requirements-spark.lock", "requirements-superset.lock"
SUPERSETS_NEWEST = (3, 12)
CLIENTS = sorted((PROJECT_DIR / "tests/clients").glob("*.lock"))
# Of GNU make 3.82 and later; macOS has 3.81.
NEWER_THAN_MAKE_3_81 = [
    r"^\.(?:ONESHELL|SHELLFLAGS|RECIPEPREFIX|EXTRA_PREREQS|NOTINTERMEDIATE)\b",
    r"^(?:private|undefine|load)\b",
    r"^define\s+\S+\s*[:+?]?=",
    r"^[\w.-]+\s*(?:!|::|:::)=",
    r"^[^\t#=]*&:",
    r"\$\((?:file|let|intcmp|guile)\b",
]


@pytest.fixture(scope="module")
def run_uv() -> ModuleType:
    """scripts/run_uv.py, which is no module of a package."""
    path = PROJECT_DIR / "scripts/run_uv.py"
    spec = importlib.util.spec_from_file_location("run_uv", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def pip_conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of pip's settings that counts more than those of the user."""
    for name in os.environ:
        if name.startswith(("PIP_", "UV_")) or name in ("SSL_CERT_FILE", "ALL_PROXY"):
            monkeypatch.delenv(name)
    path = tmp_path / "pip.conf"
    monkeypatch.setenv("PIP_CONFIG_FILE", str(path))
    return path


def recipe_lines() -> list[str]:
    """The commands of the Makefile, each on one line and without its quoted texts."""
    makefile = (PROJECT_DIR / "Makefile").read_text().replace("\\\n", " ")
    lines = re.findall(r"^\t(.*)", makefile, re.MULTILINE)
    return [re.sub(r"'[^']*'|\"[^\"]*\"", "''", line) for line in lines]


def test_the_supported_versions_of_python_are_the_same_everywhere() -> None:
    pyproject = tomllib.loads((PROJECT_DIR / "pyproject.toml").read_text())
    bounds = f">={VERSIONS[0]},<3.{NEWEST + 1}"
    assert pyproject["project"]["requires-python"] == bounds
    oldest = VERSIONS[0].replace(".", "")
    assert pyproject["tool"]["ruff"]["target-version"] == f"py{oldest}"

    setup = (PROJECT_DIR / "scripts/setup.sh").read_text()
    (candidates,) = re.findall(r"^candidates=\((.*)\)$", setup, re.MULTILINE)
    newest_first = [f"python{version}" for version in reversed(VERSIONS)]
    assert candidates.split() == [*newest_first, "python3"]
    assert f"        {' | '.join(VERSIONS)}) ;;" in setup
    assert f"expected Python {VERSIONS[0]} to {VERSIONS[-1]}" in setup

    workflow = yaml.safe_load((PROJECT_DIR / ".github/workflows/ci.yml").read_text())
    (job,) = workflow["jobs"].values()
    assert job["strategy"]["matrix"]["python"] == [VERSIONS[0], VERSIONS[-1]]

    readme = (PROJECT_DIR / "README.md").read_text()
    assert f"Python {VERSIONS[0]} to {VERSIONS[-1]}" in readme


def pinned_in(name: str) -> dict[str, str]:
    """Package: what follows its == in a lock, such as a version with its marker."""
    text = (PROJECT_DIR / name).read_text()
    return dict(
        re.findall(r"^([\w.-]+)(?:\[\w,]+\])?==(.*?) *\\?$", text, re.MULTILINE)
    )


@pytest.mark.parametrize("name", [*LOCKS, SPARK_LOCK, SUPERSET_LOCK])
def test_a_lock_pins_by_hash_and_names_no_host(name: str) -> None:
    lock = (PROJECT_DIR / name).read_text()
    assert "://" not in lock
    assert not re.search(r"^ *-(?!-hash=)", lock, re.MULTILINE), "an option of pip"
    pinned = re.split(r"\n(?=[a-z0-9])", lock)
    assert len(pinned) > 50
    for requirement in pinned:
        assert re.match(r"[\w.\[\]-]+==\S+ .*\\\n +--hash=sha256:", requirement)


@pytest.mark.parametrize("path", CLIENTS, ids=lambda path: path.stem)
def test_clients_are_pinned_by_hash_and_name_no_host(path: Path) -> None:
    lock = path.read_text()
    assert "://" not in lock
    for requirement in re.split(r"\n(?=[a-z0-9])", lock):
        assert re.match(r"[\w.\[\]-]+==\S+ .*\\\n +--hash=sha256:", requirement)
    wanted = path.with_suffix(".in").read_text()
    if version := re.search(r"^duckdb~=([\d.]+)\.0", wanted):
        assert lock.startswith(f"duckdb=={version[1]}.")


def test_clients_come_with_the_duckdb_of_the_project() -> None:
    ours = pinned_in(LOCKS[0])["duckdb"]
    for name in ("readers", "harlequin", "sqlalchemy-2.1"):
        assert pinned_in(f"tests/clients/{name}.lock")["duckdb"] == ours
    assert pinned_in(SUPERSET_LOCK)["duckdb"] == ours
    node = json.loads((PROJECT_DIR / "tests/clients/node/package.json").read_text())
    assert node["dependencies"]["@duckdb/node-api"].startswith(f"{ours}-")


def test_the_client_for_node_is_pinned_by_hash_and_names_no_host() -> None:
    lock = (PROJECT_DIR / "tests/clients/node/package-lock.json").read_text()
    assert "://" not in lock
    packages = json.loads(lock)["packages"]
    assert len(packages) > 2
    for name, package in packages.items():
        assert not name or package["integrity"].startswith("sha512-"), name


def test_clients_without_an_index_end_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / ".venv").symlink_to(sys.prefix)
    shutil.copytree(PROJECT_DIR / "tests/clients", tmp_path / "tests/clients")
    (tmp_path / "scripts").mkdir()
    for name in ("run_uv.py", "setup_clients.sh"):
        shutil.copy(PROJECT_DIR / "scripts" / name, tmp_path / "scripts")
    run = subprocess.run(
        [tmp_path / "scripts/setup_clients.sh"],
        env=os.environ | {"UV_OFFLINE": "1", "UV_CACHE_DIR": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    last = run.stderr.splitlines()[-1]
    assert last.startswith("make clients: expected every package of tests/clients/")
    assert not (tmp_path / "target/clients/.installed").exists()


def test_the_extra_adds_to_the_environment_and_changes_nothing_in_it() -> None:
    base, larger = (pinned_in(name) for name in LOCKS)
    assert base.items() <= larger.items()
    assert "kagglehub" in larger.keys() - base.keys()


def test_spark_comes_with_the_dbt_of_the_project() -> None:
    """And with the same version of whatever both need, so that both do the same."""
    ours, spark = pinned_in(LOCKS[0]), pinned_in(SPARK_LOCK)
    both = ours.keys() & spark.keys()
    assert {"dbt-core", "dbt-adapters", "dbt-common", "jinja2"} <= both
    without_markers = [
        {name: lock[name].split()[0] for name in both} for lock in (ours, spark)
    ]
    assert without_markers[0] == without_markers[1]
    assert {"dbt-spark", "pyhive", "pyspark"} <= spark.keys()


@pytest.mark.parametrize("part", ["spark", "superset"])
def test_what_comes_as_source_is_built_by_what_is_pinned(part: str) -> None:
    """And is named: anything else would be refused as source."""
    script = (PROJECT_DIR / f"scripts/setup_{part}.sh").read_text()
    (named,) = re.findall(r"--no-binary %s ' (.*?)\)", script)
    lock = f"requirements-{part}.lock"
    assert {*named.split(), "setuptools"} <= pinned_in(lock).keys()
    assert f"--build-constraints {lock}" in script


@pytest.mark.parametrize(
    ("part", "target"), [("spark", "spark-up"), ("superset", "bi")]
)
def test_an_environment_without_an_index_ends_in_a_sentence(
    tmp_path: Path, part: str, target: str
) -> None:
    if part == "superset" and sys.version_info[:2] > SUPERSETS_NEWEST:
        pytest.skip("Superset runs on Python 3.11 and 3.12")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    shutil.copy(PROJECT_DIR / f"requirements-{part}.lock", tmp_path)
    (tmp_path / "scripts").mkdir()
    for name in ("run_uv.py", f"setup_{part}.sh"):
        shutil.copy(PROJECT_DIR / "scripts" / name, tmp_path / "scripts")
    run = subprocess.run(
        [tmp_path / f"scripts/setup_{part}.sh"],
        env=os.environ | {"UV_OFFLINE": "1", "UV_CACHE_DIR": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    last = run.stderr.splitlines()[-1]
    assert last.startswith(f"make {target}: expected every package of requirements-")
    assert not (tmp_path / f".venv-{part}/.synced").exists()


@pytest.mark.parametrize("version", ["3.13", "3.14"])
def test_superset_on_a_newer_python_ends_in_a_sentence(
    tmp_path: Path, version: str
) -> None:
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\necho {version}\n")
    python.chmod(0o755)
    (tmp_path / "scripts").mkdir()
    shutil.copy(PROJECT_DIR / "scripts/setup_superset.sh", tmp_path / "scripts")
    run = subprocess.run(
        [tmp_path / "scripts/setup_superset.sh"], capture_output=True, text=True
    )
    assert run.returncode == 1
    (sentence,) = run.stderr.splitlines()
    assert "expected Python 3.11 or 3.12" in sentence
    assert f"found {version} in .venv; run make bi BASE_PYTHON=python3.12" in sentence


def test_each_line_of_a_recipe_is_one_command() -> None:
    """Whose failure fails make: make 3.81 asks for the last one's only."""
    lines = recipe_lines()
    assert len(lines) > 20
    for line in lines:
        command = line.removesuffix(" || true")
        assert not re.search(r"[;|&]|^@?(?:for|if|while)\b", command), line


def test_the_makefile_needs_no_newer_make_than_that_of_macos() -> None:
    makefile = (PROJECT_DIR / "Makefile").read_text()
    for feature in NEWER_THAN_MAKE_3_81:
        assert not re.search(feature, makefile, re.MULTILINE), feature


def test_uv_is_told_what_pip_is_told(
    run_uv: ModuleType, pip_conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip_conf.write_text(
        "[global]\nindex-url = https://global.test/index\nproxy = http://proxy.test\n"
        "cert = /certificates.pem\nextra-index-url = https://extra.test/index\n"
        "[install]\nindex-url = https://install.test/index\n"
        "trusted-host = install.test\n"
    )
    told = {
        "UV_DEFAULT_INDEX": "https://install.test/index",
        "UV_INSECURE_HOST": "install.test",
        "SSL_CERT_FILE": "/certificates.pem",
        "ALL_PROXY": "http://proxy.test",
    }
    assert run_uv.uv_variables(run_uv.pip_settings()) == told

    monkeypatch.setenv("PIP_INDEX_URL", "https://variable.test/index")
    told["UV_DEFAULT_INDEX"] = "https://variable.test/index"
    assert run_uv.uv_variables(run_uv.pip_settings()) == told


@pytest.mark.parametrize("name", ["UV_DEFAULT_INDEX", "UV_INDEX_URL"])
def test_what_uv_is_told_itself_counts_more(
    run_uv: ModuleType, pip_conf: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "https://own.test/index")
    settings = {"index-url": "https://global.test/index", "cert": "/mine.pem"}
    assert run_uv.uv_variables(settings) == {"SSL_CERT_FILE": "/mine.pem"}


def test_uv_looks_at_folders_alone_if_pip_has_no_index(
    run_uv: ModuleType, pip_conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip_conf.write_text("[global]\nno-index = true\nfind-links = /wheels\n")
    started: list[list[str]] = []
    monkeypatch.setattr(
        run_uv.os, "execve", lambda _, arguments, __: started.append(arguments)
    )
    monkeypatch.setattr(run_uv.sys, "argv", ["run_uv.py", "pip", "sync"])
    run_uv.main()
    assert started == [["uv", "pip", "sync", "--no-index", "--find-links=/wheels"]]
