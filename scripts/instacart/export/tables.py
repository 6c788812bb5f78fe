"""The published tables: what they hold, by the comments in the database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from instacart.config import shown
from instacart.errors import UserError
from instacart.warehouse import Warehouse

SCHEMAS = ("marts", "data_quality")
# How a kind of column is shown in Excel, and how Python writes it as wide.
KINDS = {
    "id": ("0", "d"),
    "integer": ("#,##0", ",d"),
    "share": ("0.00%", ".2%"),
    "decimal": ("#,##0.00", ",.2f"),
    "figure": ("General", ".6g"),
    "boolean": ("General", ""),
    "date": ("yyyy-mm-dd", ""),
    "text": ("General", ""),
}
NUMBERS = ("integer", "share", "decimal", "figure")
FIXED_WIDTHS = {"boolean": 5, "date": 10}
ID = re.compile(r"(^|_)id(_|$)")
SHARE = re.compile(r"(^|_)share(_|$)|(^|_)rate$|^support$|^confidence(_|$)")
# Columns that hold figures of several kinds.
FIGURES = ("published", "actual", "rounding")
# Characters. Wider texts are wrapped in tables that are short enough to be read.
WIDEST, WRAPPED_ROWS = 50, 1_000
BATCH_ROWS = 2_000


@dataclass
class Column:
    """A column of a sheet: its kind is one of KINDS, its width is in characters."""

    name: str
    kind: str = "text"
    width: float = 0
    is_wrapped: bool = False
    data_type: str = ""
    description: str = ""

    @property
    def selected(self) -> str:
        """The column as SQL hands it over: a number, boolean, date or text."""
        if self.kind == "text":
            return f'cast("{self.name}" as varchar)'
        if self.kind in ("share", "decimal", "figure"):
            return f'cast("{self.name}" as double)'
        return f'"{self.name}"'


@dataclass
class Table:
    """A published table; its grain is the first sentence of its comment."""

    schema: str
    name: str
    grain: str
    description: str
    columns: list[Column]
    row_count: int

    @property
    def source(self) -> str:
        return f'"{self.schema}"."{self.name}"'


def read_tables(warehouse: Warehouse) -> list[Table]:
    """The published tables: dimensions, facts, reports, data quality, each by name.

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
    columns: dict[tuple, list[Column]] = {}
    for row in warehouse.rows(
        "select schema_name, table_name, column_name, data_type, comment from"
        f" duckdb_columns() where {where} order by column_index"
    ):
        columns.setdefault((row["schema_name"], row["table_name"]), []).append(
            Column(
                row["column_name"],
                kind_of(row["column_name"], row["data_type"]),
                data_type=row["data_type"].lower(),
                description=on_one_line(row["comment"]),
            )
        )
    # The prefixes dim, fct and rpt are in the order of the alphabet.
    found.sort(key=lambda row: (SCHEMAS.index(row["schema_name"]), row["table_name"]))
    tables = []
    for row in found:
        schema, name = row["schema_name"], row["table_name"]
        grain, _, description = on_one_line(row["comment"]).partition(". ")
        table = Table(schema, name, grain, description, columns[schema, name], 0)
        count = warehouse.row(f"select count(*) as row_count from {table.source}")
        table.row_count = count["row_count"]
        tables.append(table)
    return tables


def kind_of(name: str, data_type: str) -> str:
    """How a column is shown, by its name and DuckDB's type: a key of KINDS."""
    if data_type in ("BOOLEAN", "DATE"):
        return data_type.lower()
    if data_type.endswith(("INT", "INTEGER")):
        return "id" if ID.search(name) else "integer"
    if data_type in ("DOUBLE", "FLOAT") or data_type.startswith("DECIMAL"):
        if name in FIGURES:
            return "figure"
        return "share" if SHARE.search(name) else "decimal"
    return "text"


def on_one_line(comment: str | None) -> str:
    return " ".join((comment or "").split())


def measure_widths(warehouse: Warehouse, table: Table) -> None:
    """Find how wide each column is, its header included, and whether it is wrapped."""
    parts = []
    for number, column in enumerate(table.columns):
        if column.kind == "text":
            parts.append(f"max(length({column.selected})) as high{number}")
        elif column.kind not in FIXED_WIDTHS:
            parts.append(f"min({column.selected}) as low{number}")
            parts.append(f"max({column.selected}) as high{number}")
    extremes = warehouse.row(f"select {', '.join([*parts, '0'])} from {table.source}")
    for number, column in enumerate(table.columns):
        high = extremes.get(f"high{number}")
        width = FIXED_WIDTHS.get(column.kind, 0)
        if high is not None:
            low, spec = extremes.get(f"low{number}", high), KINDS[column.kind][1]
            ends = (format(low, spec), format(high, spec))
            width = high if column.kind == "text" else max(map(len, ends))
        # A header is bold and has the button of its filter.
        width = max(width, 1.1 * len(column.name) + 3)
        column.is_wrapped = width > WIDEST and table.row_count <= WRAPPED_ROWS
        column.width = min(width, WIDEST) + 2


def read_rows(warehouse: Warehouse, table: Table) -> Iterator[tuple]:
    """A table's rows in a total order: by its columns from the left, which are keys."""
    columns = ", ".join(column.selected for column in table.columns)
    query = f"select {columns} from {table.source} order by all"
    for batch in warehouse.batches(query, BATCH_ROWS):
        yield from batch
