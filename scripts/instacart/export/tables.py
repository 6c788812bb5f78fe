"""The public tables, those of marts and data_quality: what they hold, by the comments
in the database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from instacart.config import shown
from instacart.errors import UserError
from instacart.warehouse import Row, Warehouse
from instacart.workbook import Column

SCHEMAS = ("marts", "data_quality")
# How Python writes a kind of number as wide as Excel does.
WRITTEN = {
    "id": "d",
    "count": ",d",
    "fine_share": ".2%",
    "decimal": ",.2f",
    "figure": ".6g",
}
FIXED_WIDTHS = {"boolean": 5, "date": 10}
ID = re.compile(r"(^|_)id(_|$)")
SHARE = re.compile(r"(^|_)share(_|$)|(^|_)rate$|_r_squared$|^support$|^confidence(_|$)")
# Columns that hold figures of several kinds.
FIGURES = ("published", "actual", "rounding")
# Characters. Wider texts are wrapped in tables that are short enough to be read.
WIDEST, WRAPPED_ROWS = 50, 1_000
BATCH_ROWS = 2_000


@dataclass(frozen=True)
class TableColumn(Column):
    """A column of a table: what it is in the database, beside how it is shown."""

    data_type: str = ""
    description: str = ""

    @property
    def selected(self) -> str:
        """The column as SQL hands it over: a number, boolean, date or text."""
        if self.kind in ("text", "wrapped"):
            return f'cast("{self.key}" as varchar)'
        if self.kind in ("fine_share", "decimal", "figure"):
            return f'cast("{self.key}" as double)'
        return f'"{self.key}"'


@dataclass(frozen=True)
class Table:
    """A public table; its grain is the first sentence of its comment."""

    schema: str
    name: str
    grain: str
    description: str
    columns: list[TableColumn]
    row_count: int

    @property
    def source(self) -> str:
        return f'"{self.schema}"."{self.name}"'


def read_tables(warehouse: Warehouse) -> list[Table]:
    """The public tables: dimensions, facts, reports, data quality, each by name.

    Widths of columns are not measured yet. Raises UserError without tables.
    """
    where = f"schema_name in {SCHEMAS} and database_name = current_database()"
    found = warehouse.rows(
        f"select schema_name, table_name, comment from duckdb_tables() where {where}"
        " union all select schema_name, view_name, comment from duckdb_views() where"
        f" {where}"
    )
    for schema in SCHEMAS:
        if not any(row["schema_name"] == schema for row in found):
            raise UserError(
                f"the schema {schema} with its tables in {shown(warehouse.path)}",
                "none",
                "run `make build`",
            )
    columns: dict[tuple[str, str], list[TableColumn]] = {}
    for row in warehouse.rows(
        "select schema_name, table_name, column_name, data_type, comment from"
        f" duckdb_columns() where {where} order by column_index"
    ):
        key = (row["schema_name"], row["table_name"])
        columns.setdefault(key, []).append(_column(row))
    # The prefixes dim, fct and rpt are in the order of the alphabet.
    found.sort(key=lambda row: (SCHEMAS.index(row["schema_name"]), row["table_name"]))
    tables = []
    for row in found:
        schema, name = row["schema_name"], row["table_name"]
        grain, _, description = on_one_line(row["comment"]).partition(". ")
        table = Table(schema, name, grain, description, columns[schema, name], 0)
        count = warehouse.value(f"select count(*) as row_count from {table.source}")
        tables.append(replace(table, row_count=count))
    return tables


def _column(row: Row) -> TableColumn:
    name = row["column_name"]
    return TableColumn(
        name,
        name,
        kind_of(name, row["data_type"]),
        data_type=row["data_type"].lower(),
        description=on_one_line(row["comment"]),
    )


def kind_of(name: str, data_type: str) -> str:
    """How a column is shown, by its name and DuckDB's type."""
    if data_type in ("BOOLEAN", "DATE"):
        return data_type.lower()
    if data_type.endswith(("INT", "INTEGER")):
        return "id" if ID.search(name) else "count"
    if data_type in ("DOUBLE", "FLOAT") or data_type.startswith("DECIMAL"):
        if name in FIGURES:
            return "figure"
        return "fine_share" if SHARE.search(name) else "decimal"
    return "text"


def on_one_line(comment: str | None) -> str:
    return " ".join((comment or "").split())


def measured(warehouse: Warehouse, table: Table) -> list[TableColumn]:
    """Its columns as wide as what they hold, headers included; too wide texts wrap."""
    parts = []
    for number, column in enumerate(table.columns):
        if column.kind == "text":
            parts.append(f"max(length({column.selected})) as high{number}")
        elif column.kind not in FIXED_WIDTHS:
            parts.append(f"min({column.selected}) as low{number}")
            parts.append(f"max({column.selected}) as high{number}")
    extremes = warehouse.row(f"select {', '.join([*parts, '0'])} from {table.source}")
    columns = []
    for number, column in enumerate(table.columns):
        low, high = extremes.get(f"low{number}"), extremes.get(f"high{number}")
        # A header is bold and has the button of its filter.
        width = max(_width(column.kind, low, high), 1.1 * len(column.heading) + 3)
        is_wrapped = width > WIDEST and table.row_count <= WRAPPED_ROWS
        kind = "wrapped" if is_wrapped and column.kind == "text" else column.kind
        columns.append(replace(column, kind=kind, width=min(width, WIDEST) + 2))
    return columns


def _width(kind: str, low: Any, high: Any) -> int:
    """Characters that a kind takes, from its lowest to its highest value."""
    if kind == "text":
        return high or 0
    if kind in FIXED_WIDTHS or high is None:
        return FIXED_WIDTHS.get(kind, 0)
    return max(len(format(end, WRITTEN[kind])) for end in (low, high))


def read_rows(warehouse: Warehouse, table: Table) -> Iterator[tuple[Any, ...]]:
    """A table's rows in a total order: by its columns from the left, which are keys."""
    columns = ", ".join(column.selected for column in table.columns)
    query = f"select {columns} from {table.source} order by all"
    for batch in warehouse.batches(query, BATCH_ROWS):
        yield from batch
