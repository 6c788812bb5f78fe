"""Show by checksums that two builds hold the same rows.

A table's checksum covers the names and types of its columns in their order, and all
its rows in any order, copies included. Doubles are not rounded. Two builds of the same
files have the same checksums, as two tables are left out: build_info, which holds the
time of a build, and changes_since_last_version, which depends on the file before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from instacart import config
from instacart.config import shown
from instacart.errors import UserError
from instacart.files import replaced_when_complete
from instacart.warehouse import Row, Warehouse, identifier, literal, open_warehouse
from instacart.words import plural

PUBLISHED = ("marts", "data_quality")
# What is another one in the next build of the same files.
OF_A_BUILD = "'build_info', 'changes_since_last_version'"
ALL = (*PUBLISHED, "intermediate", "reference")
# Of 64 hexadecimal digits, so many tell tables apart.
DIGITS = 16


@dataclass(frozen=True)
class Table:
    """What is compared of a table."""

    rows: int
    checksum: str
    # Names with types, in their order.
    columns: list[str]


@dataclass(frozen=True)
class Saved:
    """What a file of checksums holds."""

    # The version that hashed the rows.
    duckdb: str
    schemas: list[str]
    # By name with schema.
    tables: dict[str, Table]


def run(with_all: bool, save_to: Path | None, saved: Path | None) -> int:
    """Print checksums, save or compare them; return 1 if something differs.

    Raises UserError.
    """
    if saved:
        return compare(saved)
    schemas = ALL if with_all else PUBLISHED
    tables = measure(schemas)
    print("\n".join(table_lines(tables)))
    if save_to:
        save(save_to, Saved(duckdb.__version__, list(schemas), tables))
        print(f"Written    {shown(save_to)}")
    return 0


def measure(schemas: Sequence[str], path: Path | None = None) -> dict[str, Table]:
    """Each table and view of some schemas, by name.

    path: the database, if not the published one, or for other schemas than it has the
    one that dbt writes. Raises UserError if it can't be read or holds none.
    """
    if path is None:
        is_published = set(schemas) <= set(PUBLISHED)
        path = config.database() if is_published else config.working_database()
    with open_warehouse(path=path) as warehouse:
        found = warehouse.rows(
            "select table_schema, table_name,"
            " list(column_name order by ordinal_position) as names,"
            " list(column_name || ' ' || data_type order by ordinal_position)"
            " as columns"
            " from information_schema.columns"
            f" where table_schema in ({', '.join(literal(each) for each in schemas)})"
            f" and table_name not in ({OF_A_BUILD})"
            " and table_catalog = current_database()"
            " group by all order by all"
        )
        if not found:
            raise UserError(
                f"a built warehouse at {shown(path)}",
                f"no tables in {' or '.join(schemas)}",
                "run `make build`",
            )
        return {
            f"{row['table_schema']}.{row['table_name']}": measure_table(warehouse, row)
            for row in found
        }


def measure_table(warehouse: Warehouse, table: Row) -> Table:
    names = ", ".join(identifier(name) for name in table["names"])
    # A sum, not an exclusive or, in which a row and its copy would cancel out.
    row = warehouse.row(
        "select count(*) as row_count,"
        f" cast(coalesce(sum(cast(hash({names}) as hugeint)), 0) as varchar) as hashes"
        f" from {identifier(table['table_schema'])}.{identifier(table['table_name'])}"
    )
    checksum = digest([table["columns"], row["row_count"], row["hashes"]])
    return Table(row["row_count"], checksum, table["columns"])


def compare(path: Path) -> int:
    """Print what differs from a saved file; return 1 if anything does.

    Raises UserError if the file or the warehouse can't be read or compared.
    """
    saved = read_saved(path)
    before, now = saved.tables, measure(saved.schemas)
    lines = []
    for name in sorted(before | now):
        if name not in now:
            lines.append(f"{name}: gone, had {plural(before[name].rows, 'row')}")
        elif name not in before:
            lines.append(f"{name}: new, {plural(now[name].rows, 'row')}")
        elif before[name] != now[name]:
            lines.append(f"{name}: {difference(before[name], now[name])}")
    if lines:
        print("\n".join(lines))
        print(f"{len(lines)} of {len(before | now)} tables differ from {shown(path)}.")
        return 1
    print(f"All {len(now)} tables are as in {shown(path)}.")
    return 0


def difference(before: Table, now: Table) -> str:
    """In what way one table is not as it was."""
    rows = f"{now.rows:,} rows, of other values"
    if before.rows != now.rows:
        rows = f"{before.rows:,} rows before, {now.rows:,} now"
    if before.columns == now.columns:
        return rows
    changed = set(before.columns) ^ set(now.columns)
    names = sorted({column.partition(" ")[0] for column in changed})
    return f"{rows}; other columns: {', '.join(names) or 'their order'}"


def save(path: Path, content: Saved) -> None:
    """Write checksums as JSON. Raises UserError or OSError."""
    with replaced_when_complete(path, "--save") as work:
        work.write_text(json.dumps(asdict(content), indent=1) + "\n", "utf-8")


def read_saved(path: Path) -> Saved:
    """What `save` wrote. Raises UserError for another file or version of DuckDB."""
    try:
        content = json.loads(path.read_text("utf-8"))
        tables = {name: Table(**table) for name, table in content["tables"].items()}
        saved = Saved(content["duckdb"], content["schemas"], tables)
        if not set(saved.schemas) <= set(ALL):
            raise ValueError(path)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"checksums at {shown(path)}",
            "none that can be read",
            "write them with --save first",
        ) from error
    if saved.duckdb != duckdb.__version__:
        raise UserError(
            f"checksums of DuckDB {duckdb.__version__} in {shown(path)}",
            f"those of {saved.duckdb}, which may hash otherwise",
            "save them again with this one",
        )
    return saved


def table_lines(tables: dict[str, Table]) -> list[str]:
    """A line per table, and one with a checksum of all."""
    width = max(len(name) for name in tables)
    lines = [
        f"{name:<{width}}{table.rows:>14,}  {table.checksum}"
        for name, table in tables.items()
    ]
    total = sum(table.rows for table in tables.values())
    checksum = digest([[name, table.checksum] for name, table in tables.items()])
    return [*lines, f"{'all':<{width}}{total:>14,}  {checksum}"]


def digest(parts: list[Any]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:DIGITS]
