"""Java is taken from JAVA_HOME or PATH if it is new enough; else a sentence says so."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from instacart.config import PROJECT_DIR
from instacart.errors import UserError
from instacart.spark.java import LEAST_JAVA, find_java

SCRIPT = PROJECT_DIR / "scripts" / "install_java.sh"
BANNERS = {
    8: 'openjdk version "1.8.0_442"',
    11: 'openjdk version "11.0.26" 2025-01-21',
    16: 'java version "16" 2021-03-16',
    17: 'openjdk version "17.0.15" 2025-04-15',
    25: 'openjdk version "25-ea" 2025-09-16',
}

Home = Callable[[int], Path]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Make the folder of a Java that says which it is; no other Java is found."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("bash", "sed", "head", "id"):
        for folder in ("/usr/bin", "/bin"):
            if Path(folder, tool).exists():
                (tools / tool).symlink_to(Path(folder, tool))
                break
    monkeypatch.setenv("PATH", str(tools))

    def make(version: int) -> Path:
        java = tmp_path / f"java-{version}" / "bin" / "java"
        java.parent.mkdir(parents=True)
        java.write_text(f"#!/bin/sh\necho '{BANNERS[version]}' >&2\n")
        java.chmod(0o755)
        return java.parent.parent

    return make


def said_by_script() -> str:
    """What the script says of the same variables; empty if it is content."""
    # Not by its first line: env would look for bash in this PATH.
    run = subprocess.run(["bash", SCRIPT], capture_output=True, text=True)
    assert run.returncode == (1 if run.stderr else 0), run.stderr
    return run.stderr


@pytest.mark.parametrize("version", [17, 25])
def test_a_java_that_is_new_enough_is_taken(
    home: Home, version: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = home(version)
    monkeypatch.setenv("JAVA_HOME", str(folder))
    assert find_java() == folder / "bin" / "java"
    assert said_by_script() == ""

    monkeypatch.setenv("JAVA_HOME", "")
    monkeypatch.setenv("PATH", f"{folder}/bin{os.pathsep}{os.environ['PATH']}")
    assert find_java() == folder / "bin" / "java"
    assert said_by_script() == ""


@pytest.mark.parametrize("version", [8, 11, 16])
def test_an_older_java_is_refused(
    home: Home, version: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = home(version)
    monkeypatch.setenv("JAVA_HOME", str(folder))
    sentence = (
        f"expected Java 17 or newer, found Java {version} at {folder}; correct or unset"
        " JAVA_HOME."
    )
    with pytest.raises(UserError) as raised:
        find_java()
    assert str(raised.value) == sentence
    assert said_by_script() == f"install_java.sh: {sentence}\n"


def test_a_java_home_without_java_is_said(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{home(17)}/bin{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "none"))
    sentence = (
        f"expected Java 17 or newer, found none at {tmp_path}/none; correct or unset"
        " JAVA_HOME."
    )
    with pytest.raises(UserError) as raised:
        find_java()
    assert str(raised.value) == sentence
    assert said_by_script() == f"install_java.sh: {sentence}\n"


def test_no_java_at_all_is_said(home: Home) -> None:
    with pytest.raises(UserError) as raised:
        find_java()
    assert str(raised.value) == (
        "expected Java 17 or newer, found none; install one with"
        " scripts/install_java.sh, or name it with JAVA_HOME."
    )
    # apt-get is not on PATH.
    assert said_by_script().startswith(
        "install_java.sh: expected Java 17 or newer, found none; install it (on Debian"
    )


def test_the_script_installs_what_the_package_asks_for() -> None:
    assert f"\nleast={LEAST_JAVA}\n" in SCRIPT.read_text()
