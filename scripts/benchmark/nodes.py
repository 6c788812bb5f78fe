"""What each node of a build took, from dbt's own record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from benchmark.rounds import database_in, read_json

KINDS = {"operation": "hook", "test": "data test", "unit_test": "unit test"}
# dbt lists them, and does nothing.
NOT_BUILT = "exposure"
SLOWEST = 10


def built_nodes(folder: Path) -> dict[str, Any]:
    """Return what the nodes of the last build in a folder took.

    `kinds` has number and seconds of each kind, the dearest first; `slowest` has name,
    kind, seconds and rows of the SLOWEST. Rows are those of tables, else None.
    """
    with duckdb.connect(str(database_in(folder)), read_only=True) as warehouse:
        rows = dict(
            warehouse.execute(
                "select table_name, estimated_size from duckdb_tables()"
            ).fetchall()
        )
    nodes = []
    for result in read_json(folder / "target" / "run_results.json")["results"]:
        resource, _, name = result["unique_id"].split(".", 2)
        if resource == NOT_BUILT:
            continue
        # A test's id ends in a hash, after its name.
        name = name.rpartition(".")[0] if resource == "test" and "." in name else name
        nodes.append(
            {
                "name": name.rpartition(".")[2] if resource == "unit_test" else name,
                "kind": KINDS.get(resource, resource),
                "seconds": result["execution_time"],
                "rows": rows.get(name) if resource in ("model", "seed") else None,
            }
        )
    seconds: dict[str, list[float]] = {}
    for node in nodes:
        seconds.setdefault(node["kind"], []).append(node["seconds"])
    kinds = [(kind, len(each), sum(each)) for kind, each in seconds.items()]
    return {
        "kinds": sorted(kinds, key=lambda kind: -kind[2]),
        "slowest": sorted(nodes, key=lambda node: -node["seconds"])[:SLOWEST],
    }
