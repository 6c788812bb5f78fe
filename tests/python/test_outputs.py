"""`instacart outputs`: what there is to open, and what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest
from instacart import cli

FILES = {
    cli.DASHBOARD: "dashboard",
    cli.REPORT: "report",
    f"{cli.DOCS}/index.html": "docs",
    f"{cli.DOCS}/lineage.html": "docs",
    "warehouse/instacart.duckdb": "build",
}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project where each command has written what it writes."""
    monkeypatch.setattr("instacart.config.PROJECT_DIR", tmp_path)
    monkeypatch.delenv("INSTACART_DB", raising=False)
    monkeypatch.chdir(tmp_path)
    for name in FILES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def test_what_is_there_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["outputs"]) == 0
    lines = capsys.readouterr().out.split("\n")[1:-1]
    width = max(map(len, FILES))
    assert [line[11 : 11 + width].rstrip() for line in lines] == list(FILES)
    assert all(line.startswith("Open  ") for line in lines)
    assert "browser" in lines[0] and "Excel" in lines[1]


@pytest.mark.parametrize("missing", FILES)
def test_what_is_missing_is_said_in_a_sentence(
    project: Path, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    (project / missing).unlink()
    assert cli.run(["outputs"]) == 1
    out, error = capsys.readouterr()
    assert out.count("Open ") == len(FILES) - 1 and missing not in out
    assert error == (
        f"instacart outputs: expected {missing}, found none;"
        f" run `make {FILES[missing]}`.\n"
    )
