"""What each node of a build took, from dbt's own record."""

from __future__ import annotations

from pathlib import Path

import duckdb

from bench.contenders import DATABASE, read_json

KINDS = {"operation": "hook", "test": "data test", "unit_test": "unit test"}
# dbt lists them, and does nothing.
NOT_BUILT = "exposure"


def built_nodes(folder: Path) -> list[dict]:
    """Return name, kind, seconds and rows of each node of the last build in a folder.

    Rows are those of tables; of views and tests they are None.
    """
    with duckdb.connect(str(folder / DATABASE), read_only=True) as warehouse:
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
    return nodes
