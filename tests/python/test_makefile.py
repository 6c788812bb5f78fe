"""What is given to make reaches commands as it is, and nothing else runs.

The real make runs in a folder of its own, where scripts that write their arguments down
take the part of the environment's programs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from instacart.config import PROJECT_DIR

# At once, as two may write at a time.
STUB = """#!/bin/sh
printf '%s\\0' "$0" "$@" end-of-call >> called
env -0 > environment
"""
LOCKS = (
    *("requirements.lock", "requirements-download.lock", "requirements-spark.lock"),
    "requirements-superset.lock",
)
SCRIPTS = (
    *("setup.sh", "setup_download.sh", "setup_spark.sh", "lock_clients.sh"),
    *("setup_superset.sh", "setup_clients.sh", "setup_node_client.sh"),
    "install_java.sh",
)
PROGRAMS = ("instacart", "python", "pytest", "dbt", "dbt-bouncer")
# Each leaves a file named ran, if make or a shell reads more in it than text.
HOSTILE = [
    "1; touch ran #",
    "1\ntouch ran\n",
    "$(shell touch ran)",
    "$$(touch ran)",
    "$(touch ran)",
    "${shell touch ran}",
    "`touch ran`",
    "'; touch ran; '",
    '"; touch ran; "',
    "' \"",
    "a && touch ran || touch ran",
    "| touch ran",
    "> ran",
    "-f",
    "--help",
    "two  words ",
    "*",
    "~",
    "$HOME $$HOME $",
    "a\\",
    "a\\\\; touch ran",
    "#",
    "$(error ran)",
    "é%",
]
# Target: variables that become options of its command.
OPTIONS = {
    "data": ["PACKAGE", "SCALE", "SEED", "DIRT"],
    "fidelity": ["PACKAGE", "SCALE", "SEED"],
    "checksums": ["SAVE", "COMPARE"],
    "bench": ["SCALE", "ROUNDS", "AGAINST"],
}
# Target: variable that becomes a flag, and which.
FLAGS = {
    "build": ("FORCE", "--force"),
    "checksums": ("ALL", "--all"),
    "download": ("ACCEPT_TERMS", "--accept-terms"),
    "lock": ("UPGRADE", "--upgrade"),
}
INTERNAL = (
    *("BIN", "option", "flag", "synthetic", "in_test_folder", "once"),
    *("pin", "pin_spark", "pin_superset"),
)

Make = Callable[..., list[list[str]]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Run make in the folder of a test; give the arguments of what it called."""
    for name in ("Makefile", *LOCKS):
        shutil.copy(PROJECT_DIR / name, tmp_path)
    (tmp_path / "pyproject.toml").touch()
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    for path in (
        *(programs / name for name in PROGRAMS),
        *(scripts / name for name in SCRIPTS),
    ):
        path.write_text(STUB)
        path.chmod(0o755)
    (tmp_path / ".venv" / ".synced").write_text(f"{tmp_path}\n")

    def run(*arguments: str, **variables: str) -> list[list[str]]:
        called = tmp_path / "called"
        called.write_text("")
        # As after setup: newer than the locks, which `make lock` writes.
        for mark in (".synced", ".with-download"):
            (tmp_path / ".venv" / mark).touch()
        clean = {name: os.environ[name] for name in ("PATH", "HOME")}
        done = subprocess.run(
            ["make", *arguments],
            cwd=tmp_path,
            env=clean | variables,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert not list(tmp_path.rglob("ran"))
        calls = called.read_text().split("\0end-of-call\0")[:-1]
        return [
            [Path(it).name if it[:1] == "." else it for it in call.split("\0")]
            for call in calls
        ]

    return run


def environment(folder: Path) -> dict[str, str]:
    """What the last program that make called found in its environment."""
    entries = (folder / "environment").read_text().split("\0")
    return dict(entry.split("=", 1) for entry in entries if entry)


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("target", OPTIONS)
def test_a_value_is_passed_on_as_it_is(make: Make, target: str, value: str) -> None:
    names = OPTIONS[target]
    options = [f"--{name.lower()}={value}" for name in names]
    for (call,) in (
        make(target, *(f"{name}={value}" for name in names)),
        make(target, **dict.fromkeys(names, value)),
        make("-e", target, **dict.fromkeys(names, value)),
    ):
        assert call[-len(options) :] == options


@pytest.mark.parametrize("value", ["1", "yes", "00", *HOSTILE[:4]])
@pytest.mark.parametrize("target", FLAGS)
def test_a_flag_is_given_by_any_value(make: Make, target: str, value: str) -> None:
    name, flag = FLAGS[target]
    for calls in (make(target, f"{name}={value}"), make(target, **{name: value})):
        assert any(flag in call for call in calls)
        assert not any(value in call for call in calls)


@pytest.mark.parametrize("target", FLAGS)
@pytest.mark.parametrize("value", ["0", ""])
def test_a_flag_that_is_0_or_nothing_is_not_given(
    make: Make, target: str, value: str
) -> None:
    name, flag = FLAGS[target]
    for calls in (make(target, f"{name}={value}"), make(target, **{name: value})):
        assert calls
        assert not any(flag in call for call in calls)


def test_what_is_not_given_is_no_option(make: Make) -> None:
    assert make("data") == [["instacart", "data"]]
    assert make("data", "SEED=", SCALE="") == [["instacart", "data"]]
    assert make("data", "SEED=0") == [["instacart", "data", "--seed=0"]]


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("name", ["INSTACART_DB", "BASE_PYTHON", "ANYTHING"])
def test_other_variables_reach_commands_as_they_are(
    make: Make, tmp_path: Path, name: str, value: str
) -> None:
    make("build", f"{name}={value}")
    assert environment(tmp_path)[name] == value
    make("build", **{name: value})
    assert environment(tmp_path)[name] == value


@pytest.mark.parametrize("value", HOSTILE)
def test_a_make_within_make_reads_them_as_text_too(
    make: Make, tmp_path: Path, value: str
) -> None:
    calls = make("check", f"SEED={value}", f"INSTACART_ANY={value}")
    assert ["instacart", "build", "--force"] in calls
    assert environment(tmp_path)["INSTACART_ANY"] == value


@pytest.mark.parametrize("name", INTERNAL)
def test_the_makefiles_own_variables_are_no_ones_to_give(make: Make, name: str) -> None:
    for target in ("data", "test-build-kaggle", "lock"):
        expected = make(target)
        assert make(target, f"{name}=touch ran;") == expected
        assert make(target, **{name: "touch ran;"}) == expected


def test_a_demo_builds_what_is_there_and_writes_all_there_is_to_open(
    make: Make,
) -> None:
    """It generates nothing itself: `build` does where there are no raw files."""
    written = ("build", "report", "dashboard", "docs", "outputs")
    assert make("demo") == [["instacart", each] for each in written]


def test_a_check_leaves_your_documentation_alone(make: Make) -> None:
    out = "target/test/careerfoundry/docs"
    assert ["instacart", "docs", "--out", out] in make("check")


def test_setup_runs_again_for_a_python_on_the_command_line(make: Make) -> None:
    assert make("setup") == []
    assert make("setup", BASE_PYTHON="python3.12") == []
    (call,) = make("setup", "BASE_PYTHON=python3.12")
    assert call == ["scripts/setup.sh"]


def test_spark_is_set_up_before_it_starts(make: Make, tmp_path: Path) -> None:
    start = [["scripts/install_java.sh"], ["instacart", "spark", "up"]]
    assert make("spark-up") == [["scripts/setup_spark.sh"], *start]
    # As the script leaves it, in this folder and in another one.
    spark = tmp_path / ".venv-spark"
    (spark / "bin").mkdir(parents=True)
    shutil.copy(tmp_path / "scripts" / "setup_spark.sh", spark / "bin" / "python")
    (spark / ".synced").write_text(f"{tmp_path}\n")
    os.utime(spark / ".synced", (2**31, 2**31))
    assert make("spark-up") == start
    (spark / ".synced").write_text("/another/folder\n")
    os.utime(spark / ".synced", (2**31, 2**31))
    assert make("spark-up") == [["scripts/setup_spark.sh"], *start]


def test_clients_are_set_up_before_they_are_tried(make: Make) -> None:
    *before, trial = make("bi")
    assert before == [
        ["scripts/setup_clients.sh"],
        ["scripts/setup_node_client.sh"],
        ["scripts/setup_superset.sh"],
    ]
    assert trial == ["python", "-m", "bi", "run"]


def test_spark_stops_without_its_environment(make: Make) -> None:
    assert make("spark-down") == [["instacart", "spark", "down"]]
