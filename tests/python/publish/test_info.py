"""A published file says what it was made of: the same fingerprint for the same."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from instacart import config
from instacart.publish import build
from instacart.publish.info import BuildInfo, build_info, commit

FILES = [
    {"name": "orders.csv", "size": 12, "sha256": "f00", "inode": 1, "modified_ns": 2},
    {"name": "customers.csv", "size": 7, "sha256": "f01", "inode": 3, "modified_ns": 4},
]
STATUSES = ["success", "pass", "warn", "pass"]


def info(**changed: object) -> BuildInfo:
    """Of the usual files, the first with other properties."""
    first = {**FILES[0], **changed}
    return build_info([first, FILES[1]], "settings", STATUSES)


def test_files_and_tests_are_counted_and_named() -> None:
    found = info()
    assert json.loads(found.files) == [
        {"file": "customers.csv", "bytes": 7, "sha256": "f01"},
        {"file": "orders.csv", "bytes": 12, "sha256": "f00"},
    ]
    assert (found.passed_count, found.warned_count) == (3, 1)
    now = datetime.now(UTC).replace(tzinfo=None)
    assert timedelta() <= now - found.built_at < timedelta(seconds=60)
    assert found.version.count(".") == 2


def test_the_fingerprint_is_of_content_and_settings() -> None:
    first = info().fingerprint
    assert info(inode=8, modified_ns=9).fingerprint == first
    assert build_info(FILES[::-1], "settings", []).fingerprint == first
    others = {
        info(sha256="f02").fingerprint,
        info(name="orders.csv.gz").fingerprint,
        build_info(FILES[:1], "settings", STATUSES).fingerprint,
        build_info(FILES, "other settings", STATUSES).fingerprint,
    }
    assert len(others) == 4
    assert first not in others


def test_the_commit_is_named_and_marked_where_files_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "PROJECT_DIR", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert commit() is None

    def git(*arguments: str) -> str:
        named = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
        command = ["git", "-C", str(tmp_path), *named, *arguments]
        return subprocess.run(
            command, check=True, capture_output=True, text=True
        ).stdout.strip()

    git("init", "--quiet")
    (tmp_path / "model.sql").write_text("select 1")
    git("add", "model.sql")
    git("commit", "--quiet", "--message", "A model")
    git("tag", "v1.0.0")
    head = git("rev-parse", "HEAD")
    assert commit() == head
    (tmp_path / "model.sql").write_text("select 2")
    assert commit() == f"{head}-dirty"


def test_where_there_is_no_git_there_is_no_commit(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit() is None


def test_settings_are_vars_and_macros(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "PROJECT_DIR", tmp_path)
    found = [build.settings_digest("{}"), build.settings_digest("{'a': 1}")]
    for name in ("dbt_project.yml", "macros/a.sql", "tests/generic/a.sql"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("one")
        found.append(build.settings_digest("{}"))
        path.write_text("other")
        found.append(build.settings_digest("{}"))
    assert len({*found}) == len(found)
    # Models are not: each has a checksum of its own.
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "a.sql").write_text("select 1")
    assert build.settings_digest("{}") == found[-1]
