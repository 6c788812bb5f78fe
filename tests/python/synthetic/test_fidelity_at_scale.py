"""`instacart fidelity --generate` compares files of its own, not the user's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from instacart import cli, config
from instacart.synthetic import fidelity, fidelity_at_scale, generate

VARIABLES = (
    "INSTACART_RAW_DIR",
    "INSTACART_DB",
    "INSTACART_TEMP_DIR",
    "DBT_ENGINE_TARGET_PATH",
    "DBT_ENGINE_LOG_PATH",
)


@pytest.fixture
def steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What is generated, built and compared, without doing it; 1 is not close."""
    found: list[tuple[object, ...]] = []
    for name in VARIABLES:
        monkeypatch.setenv(name, str(tmp_path / "mine"))

    def generated(*arguments: object) -> Iterator[str]:
        found.append(arguments)
        yield "Generated."

    def built(*arguments: str) -> int:
        found.append((config.raw_dir(), config.database(), config.target_dir()))
        assert arguments[:3] == ("build", "--select", f"+{fidelity.ANALYSIS}")
        return 0

    def compared(out: Path) -> int:
        found.append((out,))
        return 1

    monkeypatch.setattr(config, "PROJECT_DIR", tmp_path)
    monkeypatch.setattr(generate, "run", generated)
    monkeypatch.setattr(fidelity_at_scale, "run_dbt", built)
    monkeypatch.setattr(fidelity, "run", compared)
    return found


@pytest.mark.parametrize(
    ("arguments", "made", "page"),
    [
        ([], ("careerfoundry", 1.0, 42), "docs/fidelity.md"),
        (
            ["--scale", "0.02", "--seed", "0"],
            ("careerfoundry", 0.02, 0),
            "target/fidelity/careerfoundry/fidelity.md",
        ),
        (
            ["--package", "kaggle"],
            ("kaggle", 1.0, 42),
            "target/fidelity/kaggle/fidelity.md",
        ),
    ],
)
def test_files_are_generated_built_and_compared_apart(
    steps: list[tuple[object, ...]],
    tmp_path: Path,
    arguments: list[str],
    made: tuple[object, ...],
    page: str,
) -> None:
    assert cli.run(["fidelity", "--generate", *arguments]) == 1
    folder = tmp_path / "target" / "fidelity" / str(made[0])
    assert steps == [
        (folder / "raw", *made, 0),
        (folder / "raw", folder / "instacart.duckdb", folder / "target"),
        (tmp_path / page,),
    ]


def test_a_build_that_fails_is_said(
    steps: list[tuple[object, ...]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(fidelity_at_scale, "run_dbt", lambda *arguments: 2)
    assert cli.run(["fidelity", "--generate"]) == 1
    assert "expected every model to be built, found what" in capsys.readouterr().err


def test_what_to_generate_goes_with_generating() -> None:
    assert cli.run(["fidelity", "--scale", "1"]) == 2
