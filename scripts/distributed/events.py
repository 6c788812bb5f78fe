"""What Spark's log of events says of each model: its stages, tasks, bytes and seconds.

A task names its stage, a stage belongs to a job, a job to a query, and each query of
dbt begins with a comment that names the model.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

Json = dict[str, Any]

# dbt's comment is JSON.
NODE = re.compile(r'"node_id": "([^"]+)"')
# Of queries before and after the models, and those that read columns for dbt.
NO_NODE = "no node"
# Name here: where a task's metrics have it.
SUMMED = {
    "run_ms": ("Executor Run Time",),
    "cpu_ns": ("Executor CPU Time",),
    "gc_ms": ("JVM GC Time",),
    "rows_read": ("Input Metrics", "Records Read"),
    "bytes_read": ("Input Metrics", "Bytes Read"),
    "bytes_written": ("Output Metrics", "Bytes Written"),
    "shuffle_written": ("Shuffle Write Metrics", "Shuffle Bytes Written"),
    "shuffle_rows": ("Shuffle Write Metrics", "Shuffle Records Written"),
    "shuffle_read_local": ("Shuffle Read Metrics", "Local Bytes Read"),
    "shuffle_read_remote": ("Shuffle Read Metrics", "Remote Bytes Read"),
    "memory_spilled": ("Memory Bytes Spilled",),
    "disk_spilled": ("Disk Bytes Spilled",),
}
PEAK = "Peak Execution Memory"


def read_events(folder: Path) -> Iterator[Json]:
    """The events of the log below a folder, in order.

    The last line is not whole where the cluster was killed.
    """
    logs = sorted(
        folder.rglob("events_*"), key=lambda path: int(path.name.split("_")[1])
    )
    for log in logs:
        with log.open(encoding="utf-8") as lines:
            for line in lines:
                if line.endswith("\n"):
                    yield json.loads(line)


def summary(events: Iterable[Json]) -> Json:
    """Versions, and what the tasks of each node took.

    `nodes` has, by node, `jobs` and `stages`: of each stage by executor the number of
    `tasks`, the sums of SUMMED and the largest `peak_memory` of a task. Tasks that
    failed count too: what they took was taken.
    """
    found: Json = {"spark": "", "java": ""}
    queries: dict[int, str] = {}
    nodes: dict[int, str] = {}
    jobs: dict[str, int] = defaultdict(int)
    stages: dict[str, dict[int, dict[str, Json]]] = defaultdict(dict)
    for event in events:
        kind = event["Event"].rpartition(".")[2]
        if kind == "SparkListenerLogStart":
            found["spark"] = event["Spark Version"]
        elif kind == "SparkListenerEnvironmentUpdate":
            found["java"] = event["JVM Information"]["Java Version"].split()[0]
        elif kind == "SparkListenerSQLExecutionStart":
            # A query that another one starts has no comment of its own.
            whole = queries.get(event.get("rootExecutionId", -1), NO_NODE)
            named = NODE.search(event["description"])
            queries[event["executionId"]] = named[1] if named else whole
        elif kind == "SparkListenerJobStart":
            properties = event.get("Properties") or {}
            query = properties.get("spark.sql.execution.id")
            node = queries.get(int(query), NO_NODE) if query else NO_NODE
            jobs[node] += 1
            for stage in event["Stage IDs"]:
                # The job that comes first runs it; later ones skip it.
                nodes.setdefault(stage, node)
        elif kind == "SparkListenerTaskEnd" and event.get("Task Metrics"):
            stage = event["Stage ID"]
            node = nodes.get(stage, NO_NODE)
            executors = stages[node].setdefault(stage, {})
            add_task(executors, event["Task Info"]["Executor ID"], event)
    found["nodes"] = {
        node: {
            "jobs": jobs[node],
            "stages": [
                {"stage": stage, "executors": executors}
                for stage, executors in sorted(stages[node].items())
            ],
        }
        for node in jobs
    }
    return found


def add_task(executors: dict[str, Json], executor: str, event: Json) -> None:
    """Add what a task took to what its executor did for the stage."""
    done = executors.setdefault(
        executor, {"tasks": 0, "peak_memory": 0} | dict.fromkeys(SUMMED, 0)
    )
    metrics = event["Task Metrics"]
    done["tasks"] += 1
    done["peak_memory"] = max(done["peak_memory"], metrics.get(PEAK, 0))
    for name, path in SUMMED.items():
        value: Any = metrics
        for key in path:
            value = value[key]
        done[name] += value


def totals(stages: Iterable[Json], executor: str | None = None) -> Json:
    """The sums over some stages, of one executor or all; of the memory the largest."""
    found: Json = {"stages": 0, "tasks": 0, "peak_memory": 0} | dict.fromkeys(SUMMED, 0)
    for stage in stages:
        chosen = [
            done
            for name, done in stage["executors"].items()
            if executor in (None, name)
        ]
        found["stages"] += bool(chosen)
        for done in chosen:
            found["peak_memory"] = max(found["peak_memory"], done["peak_memory"])
            for name in ("tasks", *SUMMED):
                found[name] += done[name]
    return found


def all_stages(log: Json) -> list[Json]:
    """The stages of all nodes, and of what no node asked for."""
    return [stage for node in log["nodes"].values() for stage in node["stages"]]


def executors_of(stages: Iterable[Json]) -> list[str]:
    return sorted({name for stage in stages for name in stage["executors"]})
