"""Figures as if measured: a fixed part, and so much per million order products."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

from distributed.events import read_events, summary

LOG = summary(read_events(Path(__file__).parent / "log"))
MILLION = 1e6
FIXED_CPU, CPU = 50.0, 20.0


def build(scale: float, workers: int) -> dict[str, Any]:
    """A build of 30 million order products times its scale."""
    millions = 30 * scale
    run: dict[str, Any] = {
        "scale": scale,
        "order_products": round(millions * MILLION),
        "workers": workers,
        "probe": 0.2,
        "cpu": 20 + 4 * millions,
        "wall": 100 + 30 * millions,
        "elapsed": 90 + 30 * millions,
        "nodes": {"model.instacart.int_order_products_joined": 6.0, "seed.a.b": 2.0},
    }
    if workers:
        log = deepcopy(LOG)
        done = log["nodes"]["model.instacart.int_order_products_repeated"]
        done["stages"][0]["executors"]["1"] |= {
            "rows_read": round(1e6 + 5e6 * millions),
            "bytes_read": round(1e6 + 5e7 * millions),
            "shuffle_written": round(2e6 + 1e8 * millions),
        }
        log["nodes"]["model.instacart.int_order_products_joined"] = done
        run["log"] = log
        run["warehouse"] = 10**8
        executor = FIXED_CPU + CPU * millions
        run["cluster_cpu"] = {"executor": executor, "Thrift server": 30.0}
    return run


def results() -> dict[str, Any]:
    runs = [build(scale, workers) for scale in (0.03, 0.1, 0.3) for workers in (0, 2)]
    runs.append(build(0.3, 1))
    return {
        "command": "python -m distributed measure --scale 0.3",
        "date": "2026-11-28",
        "commit": "abc1234",
        "machine": {
            "processor": "P",
            "cores": 2,
            "memory": 1,
            "system": "S",
            "load_at_start": 0.0,
            "versions": {"Python": "3", "dbt-core": "1", "duckdb": "1"},
        },
        "scale": 0.3,
        "is_full": True,
        "memory": {"DuckDB": "800MB", "worker": "1500MB"},
        "runs": runs,
    }


def benchmarks() -> dict[str, Any]:
    """DuckDB's growth: 4 s per million order products, but faster by the power 1.1."""
    growth = [
        {
            "scale": scale,
            "order_products": 30e6 * scale,
            "cpu": 4 * (30 * scale) ** 1.1,
            "wall": 2.5 * (30 * scale) ** 1.1,
            "memory": 24 * 30e6 * scale,
        }
        for scale in (0.1, 1, 3, 10)
    ]
    runs = [
        {"contender": name, "cpu": cpu}
        for name, cpu in (("dbt_build", 100.0), ("dbt_run", 80.0), ("plain", 60.0))
    ]
    machine = {"cores_used": 2}
    return {
        "growth": {"runs": growth, "machine": machine},
        "comparison": {"runs": runs},
    }
