"""Build packages on Spark and DuckDB, save what each build took, and write the page."""

from __future__ import annotations

import resource
import shutil
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path

import psutil
from benchmark.commands import CORES, PUBLISHED, commit, held, save, say
from benchmark.measure import (
    chosen_cores,
    cpu_of,
    folder_bytes,
    machine,
    probe_seconds,
)
from benchmark.rounds import generated, read_json, read_once
from instacart import config
from instacart.config import PROJECT_DIR, shown
from instacart.errors import UserError
from instacart.files import replaced_when_complete
from instacart.spark.processes import processes_of
from parity.run import BUILD_DUCKDB, BUILD_MODELS, WITHOUT, build, cluster, token_of

from distributed.events import Json, read_events, summary
from distributed.page import page

FULL = 0.3
# The model is fitted to the smallest and the largest, and checked against the other.
PARTS = (1 / 10, 1 / 3, 1)
LEAST_SCALE = 0.0005
WORKERS = (1, 2)
FIRST_PORT = 24200
RESULTS, PAGE = "results.json", "distributed-figures.md"
WITHOUT_TESTS = {WITHOUT: "test unit_test"}


def run(work: Path, scale: float, port: int) -> int:
    """Measure all builds of a scale and of parts of it, and write the page."""
    scales = [max(LEAST_SCALE, round(scale * part, 4)) for part in PARTS]
    if len(set(scales)) < len(PARTS):
        raise UserError(
            "a scale of which three parts can be generated",
            f"{scale:g}",
            "name 0.002 or more",
            where="--scale",
        )
    with held(work):
        saved: Json = {
            "command": f"python -m distributed measure --scale {scale:g}",
            "date": date.today().isoformat(),
            "commit": commit(),
            "machine": machine(chosen_cores(CORES)),
            "scale": scale,
            "is_full": scale >= FULL,
            "memory": {
                "DuckDB": config.setting("INSTACART_MEMORY_LIMIT"),
                "worker": config.setting("INSTACART_SPARK_WORKER_MEMORY"),
            },
            "runs": [],
        }
        for each in scales:
            folder = work / f"{each:g}"
            truth = generated(folder / "raw", each, say)["expected"]
            facts = {"scale": each, "order_products": truth["order_products"]}
            # One worker against two is of the largest alone.
            for workers in (0, *(WORKERS if each == scales[-1] else WORKERS[-1:])):
                read_once(folder / "raw")
                probe = probe_seconds()
                took = on_spark(folder, workers, port) if workers else on_duckdb(folder)
                saved["runs"].append(
                    facts | {"workers": workers, "probe": probe} | took
                )
                # What is measured stays, if the next build fails.
                save(work / RESULTS, saved)
                say(f"  scale {each:<6g}  {name_of(workers):<9}  {took['wall']:8.1f} s")
        say(f"Page  {shown(write(work, saved))}")
    return 0


def name_of(workers: int) -> str:
    return f"spark-{workers}" if workers else "duckdb"


def on_duckdb(folder: Path) -> Json:
    return measured(folder, "duckdb", BUILD_DUCKDB, WITHOUT_TESTS)


def on_spark(folder: Path, workers: int, port: int) -> Json:
    """Build on a cluster of its own, which is gone afterwards with its tables."""
    place = folder / f"cluster-{workers}"
    shutil.rmtree(place, ignore_errors=True)
    settings = {
        "INSTACART_SPARK_WORKERS": str(workers),
        "INSTACART_SPARK_WORKER_CORES": "1",
        "INSTACART_SPARK_PORT": str(port),
        "INSTACART_SPARK_MASTER_PORT": str(port + 1),
        # The page of queries has the port after it.
        "INSTACART_SPARK_UI_PORT": str(port + 2),
    }
    with cluster(place, **settings) as variables:
        before = cluster_cpu(place)
        name = name_of(workers)
        took = measured(folder, name, BUILD_MODELS, variables | WITHOUT_TESTS)
        took["cluster_cpu"] = {
            part: seconds - before.get(part, 0)
            for part, seconds in cluster_cpu(place).items()
        }
    # Its last events are written when it ends.
    took["log"] = summary(read_events(place / "events"))
    took["warehouse"] = folder_bytes(place / "warehouse")
    shutil.rmtree(place / "warehouse", ignore_errors=True)
    return took


def measured(
    folder: Path, name: str, command: tuple[str, ...], variables: Mapping[str, str]
) -> Json:
    """Build once; return the seconds, CPU seconds of dbt and ours, and of each node."""
    shutil.rmtree(folder / name, ignore_errors=True)
    # Each build reads the project anew: settings that differ make dbt do so anyway.
    target = folder.parent / "target" / name
    shutil.rmtree(target, ignore_errors=True)
    before = children_cpu()
    database = folder / name / "instacart.duckdb"
    wall = build(command, database, folder, target, variables)
    (results,) = target.rglob("run_results.json")
    return {
        "wall": wall,
        "cpu": children_cpu() - before,
        "elapsed": read_json(results)["elapsed_time"],
        "nodes": node_seconds(read_json(results)),
    }


def children_cpu() -> float:
    """CPU seconds of the processes that we started and that have ended."""
    return cpu_of(resource.getrusage(resource.RUSAGE_CHILDREN))


def cluster_cpu(folder: Path) -> Counter[str]:
    """CPU seconds so far of the processes of a cluster, by part."""
    seconds: Counter[str] = Counter()
    for process, part in processes_of(token_of(folder)).items():
        # It may have ended.
        with suppress(psutil.NoSuchProcess):
            times = psutil.Process(process).cpu_times()
            seconds[part or "other"] += times.user + times.system
    return seconds


def node_seconds(results: Json) -> dict[str, float]:
    """Seconds of what was built, by id; dbt lists exposures and does nothing."""
    return {
        result["unique_id"]: result["execution_time"]
        for result in results["results"]
        if not result["unique_id"].startswith("exposure.")
    }


def write_again(work: Path) -> int:
    """Write the page from what was saved. Raises UserError if nothing was."""
    saved = read_json(work / RESULTS)
    if len(saved.get("runs", [])) < len(PARTS) * 2 + 1:
        raise UserError(
            f"the results of all builds in {shown(work)}",
            f"{len(saved.get('runs', []))} of {len(PARTS) * 2 + 1}",
            "run `python -m distributed measure` first",
        )
    say(f"Page  {shown(write(work, saved))}")
    return 0


def write(work: Path, saved: Json) -> Path:
    """Write the page: to docs if it was measured at full scale."""
    path = (PROJECT_DIR / "docs" if saved["is_full"] else work) / PAGE
    with replaced_when_complete(path) as partial:
        partial.write_text(page(saved, read_json(PUBLISHED)), "utf-8", newline="\n")
    return path
