"""The benchmark: what it refuses, how it measures one run, what it says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from benchmark import __main__ as command
from benchmark import commands, growth, page, targets
from benchmark.measure import (
    DONE,
    FAILED,
    OUT_OF_MEMORY,
    OUT_OF_TIME,
    Limits,
    chosen_cores,
    probe_seconds,
    run_measured,
)
from benchmark.rounds import Workspace
from instacart.config import PROJECT_DIR

SCALE = "0.001"
MB = 1_000_000
CORES = chosen_cores(1)
# The benchmark is run from the project, and not installed.
ENVIRONMENT = os.environ | {"PYTHONPATH": str(PROJECT_DIR / "scripts")}
COMMAND = (sys.executable, "-m", "benchmark")
GENEROUS = Limits(memory=4000 * MB, seconds=60, cores=CORES)

# --- stopping, refusing -----------------------------------------------------------


def test_ctrl_c_ends_it_and_what_it_started(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [
            *(*COMMAND, "run", "--scale", SCALE),
            *("--work", str(tmp_path), "--contenders", "plain"),
        ],
        cwd=PROJECT_DIR,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    log = tmp_path / SCALE / "logs" / "reference.log"
    bench = psutil.Process(process.pid)
    # The log is opened a moment before what writes it is started.
    while not (log.is_file() and bench.children()) and process.poll() is None:
        time.sleep(0.05)
    started = bench.children(recursive=True)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    sentence = "stopped; no file is left half-written."
    assert errors == f"python -m benchmark run: {sentence}\n"
    _, alive = psutil.wait_procs(started, timeout=10)
    assert started and not alive


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("page",), "expected results of scale 1"),
        (("page", "--scale", "0.3"), "expected results of scale 0.3"),
        (("run", "--cores", "4096"), "expected --cores from 1 to"),
        (("run", "--memory-limit", "much"), "expected a size such as 4GB"),
        (("run", "--scale", "100"), "GB are missing"),
        (("run", "--scale", "0.0005", "--against", "no-such"), "no-such, which is no"),
    ],
)
def test_what_can_not_be_done_is_said_in_a_sentence(
    arguments: tuple[str, ...],
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usage = type("Usage", (), {"free": 10**9})
    monkeypatch.setattr(growth.shutil, "disk_usage", lambda _: usage)
    monkeypatch.setattr(commands, "PUBLISHED", tmp_path / "none.json")
    assert command.run([*arguments, "--work", str(tmp_path)]) == 1
    errors = capsys.readouterr().err
    assert said in errors and errors.count("\n") == 1


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--contenders", "pandas,excel", "excel is none of dbt_build,"),
        ("--scale", "nan", "nan is not a number"),
        ("--rounds", "0", "0 is not in the range"),
        ("--time-limit", "0", "0.0 is not in the range"),
    ],
)
def test_wrong_usage_is_named(
    option: str, value: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    assert command.run(["run", option, value, "--work", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err


# --- one run ----------------------------------------------------------------------

FAMILY = """
import subprocess, sys
child = "import time; held = b'x' * {size}; time.sleep({seconds})"
for each in [subprocess.Popen([sys.executable, "-c", child]) for _ in range(2)]:
    each.wait()
"""


def family(size: int, seconds: float) -> list[str]:
    """A small process with two children that hold `size` bytes each."""
    return [sys.executable, "-c", FAMILY.format(size=size, seconds=seconds)]


def test_memory_counts_children(tmp_path: Path) -> None:
    run = run_measured(family(150 * MB, 1.0), tmp_path / "log", GENEROUS)
    assert run.status == DONE
    assert 300 * MB < run.memory < 500 * MB


@pytest.mark.parametrize(
    ("limits", "status"),
    [
        (Limits(memory=250 * MB, seconds=60, cores=CORES), OUT_OF_MEMORY),
        (Limits(memory=4000 * MB, seconds=0.5, cores=CORES), OUT_OF_TIME),
    ],
)
def test_a_tree_over_its_limit_is_killed(
    limits: Limits, status: str, tmp_path: Path
) -> None:
    run = run_measured(family(150 * MB, 50), tmp_path / "log", limits)
    assert run.status == status
    assert run.wall < 50
    assert not [
        process
        for process in psutil.process_iter(["cmdline"])
        if "b'x' * 150000000" in " ".join(process.info["cmdline"] or [])
    ]


def test_a_failure_keeps_what_was_said(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('no raw files')"]
    run = run_measured(command, tmp_path / "log", GENEROUS)
    assert run.status == FAILED
    assert (tmp_path / "log").read_text() == "no raw files\n"


def test_the_peak_of_a_watched_folder_is_kept(tmp_path: Path) -> None:
    spill = (
        "import pathlib, time; p = pathlib.Path('spill'); p.write_bytes(bytes(5000));"
        " time.sleep(1); p.unlink()"
    )
    folder = tmp_path / "temp"
    folder.mkdir()
    run = run_measured(
        [sys.executable, "-c", spill],
        tmp_path / "log",
        GENEROUS,
        folder=folder,
        watched=folder,
    )
    assert run.spilled == 5000


def test_the_probe_takes_time() -> None:
    assert 0 < probe_seconds() < 60


# --- verdicts ---------------------------------------------------------------------


def run_of(contender: str, wall: float, memory: float, **other: object) -> dict:
    """A saved run; memory in GB."""
    run = {"contender": contender, "round": 1, "status": DONE, "wall": wall}
    run |= {"memory": memory * 1000 * MB, "size": 10**9, "cpu": wall, "elapsed": None}
    return run | {"others": 0.0} | other


@pytest.mark.parametrize(
    ("wall", "memory", "status", "verdicts"),
    [
        (120.0, 16.0, DONE, ("met", "met")),
        (80.0, 14.0, DONE, ("not met", "not met")),
        (130.0, 20.0, OUT_OF_MEMORY, ("met", "met")),
        (30.0, 4.0, OUT_OF_MEMORY, ("not measured", "not measured")),
    ],
)
def test_a_killed_contender_counts_as_far_as_it_got(
    wall: float, memory: float, status: str, verdicts: tuple[str, str]
) -> None:
    runs = [
        run_of("dbt_build", 40.0, 3.0, elapsed=36.0),
        run_of("pandas", wall, memory, status=status),
    ]
    found = targets.targets({"runs": runs})
    assert (found[3].verdict, found[4].verdict) == verdicts


@pytest.mark.parametrize(
    ("probes", "said"),
    [
        pytest.param([2.0, 2.3], "", id="at the bound"),
        pytest.param([0.24, 0.20, 0.22], "took 0.20 to 0.24 s", id="above"),
        pytest.param([], "", id="measured before there was a probe"),
    ],
)
def test_a_processor_that_changes_its_speed_is_said(
    probes: list[float], said: str
) -> None:
    runs = [run_of("plain", 1, 1, probe=probe) for probe in probes]
    warning = page.speed_warning({"runs": runs or [run_of("plain", 1, 1)]})
    assert said in warning
    assert bool(warning) == bool(said)


def test_targets_without_start_up() -> None:
    runs = [run_of("dbt_build", 66.0, 4.5, elapsed=60.0), run_of("plain", 40.0, 3.0)]
    over, wall, memory, *_, size = targets.targets({"runs": runs})
    assert (over.measured, over.verdict) == ("1.50 times", "met")
    assert (wall.verdict, memory.verdict, size.verdict) == (
        "not met",
        "not met",
        "met",
    )


@pytest.mark.parametrize(
    ("cpu", "memory", "verdicts"),
    [(75.0, 2.0, ("met", "met")), (75.1, 2.01, ("not met", "not met"))],
)
def test_a_build_is_judged_beside_an_earlier_commit_s(
    cpu: float, memory: float, verdicts: tuple[str, str]
) -> None:
    runs = [
        run_of("dbt_build", 1.0, memory, cpu=cpu, elapsed=1.0),
        run_of("dbt_build_earlier", 1.0, 2.0, cpu=100.0, elapsed=1.0),
    ]
    found = targets.targets({"runs": runs, "earlier": "abc1234"})
    cpu_found, memory_found = (one for one in found if "abc1234" in one.what)
    assert (cpu_found.verdict, memory_found.verdict) == verdicts
    assert cpu_found.measured == f"{cpu / 100:.2f} of them"
    assert not [
        one for one in targets.targets({"runs": runs[:1]}) if "commit" in one.what
    ]


@pytest.mark.parametrize(
    ("walls", "verdict"), [([9.0, 3.0, 1.0], "met"), ([3.1], "not met")]
)
def test_the_loop_is_judged_by_its_median(walls: list[float], verdict: str) -> None:
    (found,) = targets.loop_target({"walls": walls})
    assert found.verdict == verdict


def test_an_earlier_commit_is_built_by_its_own_project(tmp_path: Path) -> None:
    if not (PROJECT_DIR / ".git").exists():
        pytest.skip("the project is no git repository here")
    folder = tmp_path / "earlier"
    name = commands.check_out("HEAD", folder)
    assert commands.commit().startswith(name)
    assert (folder / "dbt_project.yml").is_file()
    space = Workspace(tmp_path, tmp_path / "raw", GENEROUS, earlier=folder)
    earlier, now = space.of("dbt_build_earlier"), space.of("dbt_build")
    assert (earlier.project, now.project) == (folder, PROJECT_DIR)
    assert earlier.environment(tmp_path)["PYTHONPATH"] == str(folder / "scripts")


def test_growth_is_judged_from_scale_one_to_ten() -> None:
    runs = [
        run_of("dbt_build", 50.0, 4.0, scale=1.0),
        run_of("dbt_build", 600.0, 8.9, scale=10.0),
    ]
    saved = {"runs": runs, "memory_limit": 6675 * MB, "missing": []}
    time_found, memory_found = targets.growth_targets(saved)
    assert (time_found.verdict, memory_found.verdict) == ("not met", "met")
    assert time_found.measured == "12.0 times, scale 1 to 10"
    # DuckDB's limit is three quarters of what a build may take.
    smaller = saved | {"memory_limit": 6674 * MB}
    assert targets.growth_targets(smaller)[1].verdict == "not met"
    # The one that is missing may have taken too much.
    for other in ({"missing": ["scale 10"]}, {"runs": runs[:1]}):
        assert targets.growth_targets(saved | other)[1].verdict == "not measured"


def test_the_page_tells_of_scales_that_were_not_measured(tmp_path: Path) -> None:
    runs = [
        run_of("", 6.0 * scale, 1.0, scale=scale, spilled=0, raw=10**8)
        | {"order_products": 3}
        for scale in (0.1, 1.0)
    ]
    saved = {"runs": runs, "missing": ["expected 28 GB of free disk, found 3."]}
    saved |= {"memory_limit": 8000 * MB, "command": "make", "date": "today"}
    saved |= {"commit": "abc"}
    saved |= {"machine": {"cores_used": 2, "versions": {"duckdb": "1.5"}}}
    written = page.write_page({}, saved, tmp_path, "images")
    text = written.read_text("utf-8")
    assert "Not measured: expected 28 GB of free disk, found 3." in text
    assert "(images/growth.png)" in text
    assert (tmp_path / "images" / "growth.png").stat().st_size < 100_000


def test_a_scale_measured_again_joins_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once all scales are there the page is published, and names no folder."""

    def grow(work: Path, scale: float, *_: object) -> dict:
        run = run_of("", 6.0 * scale, 1.0, scale=scale, spilled=0, raw=10**8)
        return run | {"order_products": 3, "log": str(work / "growth.log")}

    docs = tmp_path / "docs"
    monkeypatch.setattr(growth, "grow", grow)
    monkeypatch.setattr(commands, "DOCS", docs)
    monkeypatch.setattr(commands, "PUBLISHED", docs / "benchmarks.json")
    grown = ["growth", "--work", str(tmp_path / "work")]
    assert command.run([*grown, "1", "3"]) == 0
    assert not docs.exists()
    assert command.run([*grown, "0.1", "10"]) == 0
    published = json.loads((docs / "benchmarks.json").read_text("utf-8"))["growth"]
    assert sorted(run["scale"] for run in published["runs"]) == [0.1, 1, 3, 10]
    assert str(tmp_path) not in json.dumps(published)
    # A later run of one scale leaves the other three as they were.
    assert command.run([*grown, "1"]) == 0
    again = json.loads((docs / "benchmarks.json").read_text("utf-8"))["growth"]
    assert sorted(run["scale"] for run in again["runs"]) == [0.1, 1, 3, 10]


def test_what_is_published_names_no_folder() -> None:
    for half in json.loads(commands.PUBLISHED.read_text("utf-8")).values():
        assert not any("/" in run["log"] for run in half["runs"])


def test_the_page_in_docs_is_made_of_what_was_measured() -> None:
    published = json.loads(commands.PUBLISHED.read_text("utf-8"))
    text = page.page(
        published["comparison"], published["growth"], "images/", page.lab_notes()
    )
    assert (commands.DOCS / "performance.md").read_text("utf-8") == text, (
        "run `python -m benchmark page` in scripts/"
    )


def test_lab_notes_end_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "LAB_NOTES", tmp_path / "notes.md")
    assert page.lab_notes() == ""
    (tmp_path / "notes.md").write_text("### Text\n\nTakes 3 s.\n", "utf-8")
    text = page.page({}, {}, "", page.lab_notes())
    assert text == "# Performance\n\n## Lab notes\n\n### Text\n\nTakes 3 s.\n"


@pytest.mark.parametrize(
    ("text", "size"), [("4GB", 4 * 10**9), ("512MiB", 2**29), ("0.5 gb", 5 * 10**8)]
)
def test_sizes_are_read_as_duckdb_reads_them(text: str, size: int) -> None:
    assert growth.bytes_of(text) == size
