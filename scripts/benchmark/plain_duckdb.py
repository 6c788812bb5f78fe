"""The warehouse as one SQL script: what dbt executed, without dbt and without tests.

    python scripts/benchmark/plain_duckdb.py SCRIPT.sql DATABASE

executes a script statement by statement. `write_script` makes one of the records that
a finished ``dbt build`` leaves: the manifest, the SQL executed for each node, the log
with its hooks, and the views of the raw files.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb

SCHEMAS = ("raw", "reference", "staging", "intermediate", "marts", "data_quality")
# dbt builds under this name, then renames; in an empty database there is no need.
WORK_NAME = re.compile(r'__dbt_tmp"')
DBT_HEADER = re.compile(r"/\*.*?\*/", re.DOTALL)


def write_script(
    script: Path, database: Path, target: Path, log: Path, settings: Mapping[str, str]
) -> None:
    """Write the script of a finished build.

    database, target, log: what `dbt --log-format-file json build` without tests left.
    settings: DuckDB's settings to begin with.
    """
    manifest = json.loads((target / "manifest.json").read_text("utf-8"))
    nodes = {
        key: node
        for key, node in manifest["nodes"].items()
        if node["resource_type"] in ("seed", "model")
    }
    hooks = logged_hooks(log, nodes)
    parents = {
        key: [
            parent for parent in node["depends_on"].get("nodes", []) if parent in nodes
        ]
        for key, node in nodes.items()
    }
    parts = [
        "-- What dbt executes for this warehouse, in an order that respects lineage:"
        "\n-- no tests, no comments on columns. The database must be called"
        f" {database.stem}.",
        "\n".join(f"set {name} = '{value}';" for name, value in settings.items()),
        "\n".join(f"create schema if not exists {schema};" for schema in SCHEMAS),
        *raw_views(database),
    ]
    for key in TopologicalSorter(parents).static_order():
        node = nodes[key]
        built = (
            Path(node["build_path"])
            if node.get("build_path")
            else target / "run" / node["package_name"] / node["original_file_path"]
        ).read_text("utf-8")
        statement = WORK_NAME.sub('"', built).strip().rstrip(";")
        parts += [f"-- {node['name']}\n{statement.rstrip()};"]
        parts += [f"{hook};" for hook in hooks.get(key, [])]
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text("\n\n".join(parts) + "\n", "utf-8")


def raw_views(database: Path) -> list[str]:
    """Return the statements that show the raw files, as the built file has them."""
    with duckdb.connect(str(database), read_only=True) as built:
        views = built.execute(
            "select sql from duckdb_views() where schema_name = 'raw'"
            " order by view_name"
        ).fetchall()
    return [sql for (sql,) in views]


def logged_hooks(
    log: Path, nodes: Mapping[str, dict[str, Any]]
) -> dict[str, list[str]]:
    """Return what the hooks of each node inserted, from dbt's log in JSON."""
    hooked = {
        key
        for key, node in nodes.items()
        if node["config"].get("post-hook") or node["config"].get("pre-hook")
    }
    found: dict[str, list[str]] = {}
    with log.open(encoding="utf-8") as lines:
        for line in lines:
            if '"SQLQuery"' not in line:
                continue
            data = json.loads(line)["data"]
            key = data.get("node_info", {}).get("unique_id")
            sql = DBT_HEADER.sub("", data["sql"]).strip().rstrip(";")
            if key in hooked and sql.lower().startswith(("insert", "update", "delete")):
                found.setdefault(key, []).append(sql)
    return found


def main(argv: list[str]) -> int:
    """Execute a script on a new database; return the exit code."""
    script, database = argv
    with duckdb.connect(database) as connection:
        text = Path(script).read_text("utf-8")
        for statement in connection.extract_statements(text):
            connection.execute(statement)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
