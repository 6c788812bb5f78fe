"""A whole comparison: what is refused, what is killed, what is measured and written."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from benchmark import nodes, page
from benchmark.measure import DONE, OUT_OF_MEMORY
from instacart.config import PROJECT_DIR

# It builds the warehouse four times, by dbt as a user starts it.
pytestmark = pytest.mark.slow
SCALE = "0.001"
MB = 1_000_000
# The benchmark is run from the project, and not installed.
ENVIRONMENT = os.environ | {"PYTHONPATH": str(PROJECT_DIR / "scripts")}
COMMAND = (sys.executable, "-m", "benchmark")

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
    results: dict[str, Any]
    docs_before: str

    @property
    def page(self) -> str:
        return (self.work / SCALE / "performance.md").read_text("utf-8")


def run_cli(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user would, in the project's folder."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=PROJECT_DIR,
        env=ENVIRONMENT,
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
    assert refused["example"].endswith(" is in more than one row")
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
    found = measured.results["incremental_load"]
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
    assert f"`python -m benchmark run --scale {SCALE} " in measured.page
    assert platform.node() not in measured.page
    assert "Traceback" not in measured.output + measured.errors


def test_big_files_are_gone(measured: Benchmark) -> None:
    scale = measured.work / SCALE
    left = {path.relative_to(scale).parts[0] for path in scale.rglob("*.duckdb")}
    assert left == {"dbt_run"}


def test_the_page_is_written_again_from_saved_results(measured: Benchmark) -> None:
    path = measured.work / SCALE / "performance.md"
    before = path.read_bytes()
    path.unlink()
    done = run_cli("page", "--scale", SCALE, "--work", str(measured.work))
    assert done.returncode == 0, done.stderr
    assert path.read_bytes() == before
