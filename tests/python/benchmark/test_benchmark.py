"""The benchmark: what it refuses, what it kills, what it measures, what it says."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from benchmark import __main__ as benchmark
from benchmark import growth, nodes, page, targets
from benchmark.measure import (
    DONE,
    FAILED,
    OUT_OF_MEMORY,
    OUT_OF_TIME,
    Limits,
    probe_seconds,
    run_measured,
)
from conftest import PROJECT_DIR

BENCHMARK = PROJECT_DIR / "scripts" / "benchmark.py"
SCALE = "0.002"
MB = 1_000_000
CORES = tuple(sorted(os.sched_getaffinity(0))[:1])
GENEROUS = Limits(memory=4000 * MB, seconds=60, cores=CORES)

# Stands for a contender: reads what the warehouse answers, and lies where it should.
CONTENDER = """
import argparse, subprocess, sys, time
from pathlib import Path
import duckdb

parser = argparse.ArgumentParser()
parser.add_argument("--raw"), parser.add_argument("--out")
parser.add_argument("--labels", default="polars")
args = parser.parse_args()
if args.labels == "strings":
    hog = "import time; held = b'x' * 1_200_000_000; time.sleep(60)"
    subprocess.run([sys.executable, "-c", hog])
    sys.exit("a hog that was not stopped")
out = Path(args.out)
kept = out.parents[1] / "reference" / "answers"
for name in ("customers", "departments", "rows"):
    duckdb.execute(f"copy (from read_parquet('{kept / name}') order by all)"
                   f" to '{out}/answers_{name}.csv' (header)")
(out / "wide_table").write_bytes(bytes(1000))
if args.labels == "polars":
    path = out / "answers_departments.csv"
    lines = path.read_text().splitlines()
    name, count, revenue = lines[1].split(",")
    lines[1] = f"{name},{int(count) + 1},{revenue}"
    path.write_text("\\n".join(lines[:-1]) + "\\n")
    path = out / "answers_customers.csv"
    path.write_text(path.read_text() + path.read_text().splitlines()[1] + "\\n")
"""


@dataclass
class Benchmark:
    """A run of the whole benchmark: its folder, what it said, and what it left."""

    work: Path
    code: int
    output: str
    errors: str
    results: dict
    docs_before: str

    @property
    def page(self) -> str:
        return (self.work / SCALE / "benchmarks.md").read_text("utf-8")


def run_cli(*arguments: str) -> subprocess.CompletedProcess:
    """Run the command line as a user would, in the project's folder."""
    return subprocess.run(
        [sys.executable, str(BENCHMARK), *arguments],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=False,
    )


def docs_state() -> str:
    digest = hashlib.sha256()
    for path in sorted((PROJECT_DIR / "docs").rglob("*.*")):
        digest.update(str(path).encode() + path.read_bytes())
    return digest.hexdigest()


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Benchmark:
    """The benchmark with one honest, one greedy and one lying contender."""
    folder = tmp_path_factory.mktemp("benchmark")
    scripts, work = folder / "scripts", folder / "work"
    scripts.mkdir()
    for name in ("pandas_course.py", "polars_course.py"):
        (scripts / name).write_text(CONTENDER)
    before = docs_state()
    done = run_cli(
        *("run", "--scale", SCALE, "--rounds", "1", "--work", str(work)),
        *("--contenders", "dbt_run,plain,pandas,pandas_strings,polars"),
        *("--contender-scripts", str(scripts), "--without", "loop"),
        *("--memory-limit", "800MB"),
    )
    results = work / SCALE / "results.json"
    assert results.is_file(), done.stdout + done.stderr
    saved = json.loads(results.read_text("utf-8"))
    return Benchmark(work, done.returncode, done.stdout, done.stderr, saved, before)


def statuses(measured: Benchmark) -> dict[str, str]:
    return {run["contender"]: run["status"] for run in measured.results["runs"]}


def row_of(text: str, start: str) -> list[str]:
    (line,) = (line for line in text.splitlines() if line.startswith(f"| {start} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


# --- the whole ------------------------------------------------------------------


def test_honest_contenders_are_measured(measured: Benchmark) -> None:
    found = {
        run["contender"]: run
        for run in measured.results["runs"]
        if run["status"] == DONE
    }
    assert set(found) == {"dbt_run", "plain", "pandas"}
    for run in found.values():
        assert run["wall"] > 0 and run["cpu"] > 0 and run["memory"] > 10 * MB
    assert found["pandas"]["size"] == 1000
    assert 0 < found["dbt_run"]["elapsed"] < found["dbt_run"]["wall"]


def test_the_plain_script_makes_dbts_tables(measured: Benchmark) -> None:
    assert statuses(measured)["plain"] == DONE
    assert "plain" not in measured.results["refused"]
    script = (measured.work / SCALE / "plain_duckdb.sql").read_text("utf-8")
    assert "fct_order_products" in script and "__dbt_tmp" not in script


def test_other_answers_are_refused_without_a_time(measured: Benchmark) -> None:
    assert measured.code == 1
    assert "polars" not in statuses(measured)
    refused = measured.results["refused"]["polars"]
    assert refused["departments"] == 2 and refused["customers"] == 1
    assert refused["example"].startswith("customer ")
    assert refused["example"].endswith(" stands in more than one row")
    (line,) = (
        line for line in measured.output.splitlines() if "round 1 of 1  Polars" in line
    )
    assert line.endswith(refused["example"]) and " s " not in line
    cells = row_of(measured.page, "Polars")[1:3]
    assert cells == ["computes something else", page.NOTHING]
    assert f"2 departments differ, such as {refused['example']}." in measured.page


def test_a_greedy_contender_is_killed_and_reported(measured: Benchmark) -> None:
    assert statuses(measured)["pandas_strings"] == OUT_OF_MEMORY
    cell = row_of(measured.page, "pandas, labels as strings")[1]
    assert cell.startswith("killed at ") and cell.endswith(" s")


def test_a_second_delivery_gives_the_marts_of_the_whole(measured: Benchmark) -> None:
    found = measured.results["deliveries"]
    assert found["different_tables"] == []
    assert found["same_rows"] is True
    assert 0 < found["late_order_products"] < found["order_products"] / 10
    assert "## New data arrives" in measured.page


def test_the_page_lists_the_slowest_nodes(measured: Benchmark) -> None:
    section = measured.page.partition("## Slowest nodes")[2].partition("## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert len(rows) == nodes.SLOWEST
    assert all("nothing yet" in row or row.rstrip("| ")[-1] == "." for row in rows)


def test_a_small_run_leaves_docs_alone(measured: Benchmark) -> None:
    assert docs_state() == measured.docs_before
    picture = measured.work / SCALE / "benchmarks.png"
    assert 1000 < picture.stat().st_size < 100_000


def test_nothing_of_the_machine_is_on_the_page(measured: Benchmark) -> None:
    assert str(measured.work) not in measured.page
    assert f"`python scripts/benchmark.py run --scale {SCALE} " in measured.page
    assert os.uname().nodename not in measured.page
    assert "Traceback" not in measured.output + measured.errors


def test_big_files_are_gone(measured: Benchmark) -> None:
    left = {path.parent.name for path in measured.work.rglob("*.duckdb")}
    assert left == {"dbt_run"}


def test_the_page_is_written_again_from_saved_results(measured: Benchmark) -> None:
    path = measured.work / SCALE / "benchmarks.md"
    before = path.read_bytes()
    path.unlink()
    done = run_cli("page", "--scale", SCALE, "--work", str(measured.work))
    assert done.returncode == 0, done.stderr
    assert path.read_bytes() == before


# --- stopping, refusing -----------------------------------------------------------


def test_ctrl_c_ends_it_and_what_it_started(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [
            *(sys.executable, str(BENCHMARK), "run", "--scale", SCALE),
            *("--work", str(tmp_path), "--contenders", "plain"),
        ],
        cwd=PROJECT_DIR,
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
    assert errors == "benchmark.py: stopped; no page was written.\n"
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
    monkeypatch.setattr(benchmark, "PUBLISHED", tmp_path / "none.json")
    assert benchmark.main([*arguments, "--work", str(tmp_path)]) == 2
    errors = capsys.readouterr().err
    assert said in errors and errors.count("\n") == 1


def test_a_contender_without_script_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        benchmark.main(["run", "--contenders", "pandas,excel", "--work", str(tmp_path)])


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
    monkeypatch.setattr(benchmark, "DOCS", docs)
    monkeypatch.setattr(benchmark, "PUBLISHED", docs / "benchmarks.json")
    grown = ["growth", "--work", str(tmp_path / "work"), "--scales"]
    assert benchmark.main([*grown, "1", "3"]) == 0
    assert not docs.exists()
    assert benchmark.main([*grown, "0.1", "10"]) == 0
    published = json.loads((docs / "benchmarks.json").read_text("utf-8"))["growth"]
    assert sorted(run["scale"] for run in published["runs"]) == [0.1, 1, 3, 10]
    assert str(tmp_path) not in json.dumps(published)
    # A later run of one scale leaves the other three as they were.
    assert benchmark.main([*grown, "1"]) == 0
    again = json.loads((docs / "benchmarks.json").read_text("utf-8"))["growth"]
    assert sorted(run["scale"] for run in again["runs"]) == [0.1, 1, 3, 10]


def test_what_is_published_names_no_folder() -> None:
    published = json.loads((PROJECT_DIR / "docs" / "benchmarks.json").read_text())
    for half in published.values():
        assert not any("/" in run["log"] for run in half["runs"])


@pytest.mark.parametrize(
    ("text", "size"), [("4GB", 4 * 10**9), ("512MiB", 2**29), ("0.5 gb", 5 * 10**8)]
)
def test_sizes_are_read_as_duckdb_reads_them(text: str, size: int) -> None:
    assert growth.bytes_of(text) == size
