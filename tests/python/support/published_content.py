"""Print as JSON what a file shows to the DuckDB that is on the path, of any version.

Run as a script, with the path of a file and a name to attach it by.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import duckdb


def content(path: str, alias: str) -> dict[str, Any]:
    """Tables by name: columns with types, comments, count and checksum of rows.

    And how many views, constraints and indexes there are.
    """
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as \"{alias}\" (read_only)")

        def listed(kind: str, columns: str, condition: str = "true") -> list[Any]:
            return connection.execute(
                f"select {columns} from duckdb_{kind}()"
                f" where database_name = '{alias}' and {condition} order by all"
            ).fetchall()

        tables = {
            f"{schema}.{name}": {"comment": comment, "columns": {}}
            for schema, name, comment in listed(
                "tables", "schema_name, table_name, comment"
            )
        }
        for schema, table, *column in listed(
            "columns", "schema_name, table_name, column_name, data_type, comment"
        ):
            # Of a view it is, if there is no such table.
            if found := tables.get(f"{schema}.{table}"):
                found["columns"][column[0]] = column[1:]
        for name, table in tables.items():
            table["rows"] = connection.execute(
                summed(f'"{alias}".{name}', list(table["columns"]))
            ).fetchone()
        return {
            "tables": tables,
            "views": len(listed("views", "true", "not internal")),
            "constraints": len(listed("constraints", "true")),
            "indexes": len(listed("indexes", "true")),
        }


def summed(table: str, columns: list[str]) -> str:
    """A query for the count of rows and the sum of their digests.

    Of md5 and text: what hash() gives differs by version.
    """
    cells = ", ".join(
        f"coalesce(cast(\"{name}\" as varchar), 'NULL')" for name in columns
    )
    digest = f"cast('0x' || left(md5(concat_ws('|', {cells})), 12) as bigint)"
    return f"select count(*), cast(coalesce(sum({digest}), 0) as varchar) from {table}"


if __name__ == "__main__":
    print(json.dumps(content(*sys.argv[1:])))
