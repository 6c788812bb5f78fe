"""The public tables, those of marts and data_quality: what they hold, by the comments
in the database, and how a reader wants to see them, by `meta` in the models' YAML.

A folder of models has a `section` in dbt_project.yml; sections are sorted by name. A
model may have a `sheet`, a column a `unit`; without them a mart comes last in its
section, sorted by its key, and its numbers are shown by their names and types.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from instacart import words
from instacart.config import shown
from instacart.errors import UserError
from instacart.warehouse import Row, Warehouse, column_meta, read_manifest
from instacart.workbook import Column

SCHEMAS = ("marts", "data_quality")
# How Python writes a kind of number as wide as Excel does.
WRITTEN = {
    "id": "d",
    "count": ",d",
    "fine_share": ".2%",
    "money": "$,.2f",
    "dollars": "$,d",
    "decimal": ",.2f",
    "figure": ".6g",
}
FIXED_WIDTHS = {"boolean": 5, "date": 10}
ID = re.compile(r"(^|_)id(_|$)")
# Most differences are of shares; others have a `unit`.
SHARE = re.compile(
    r"(^|_)(share|rate|difference|standard_error)(_|$)|_r_squared$|^support$"
    r"|^confidence(_|$)"
)
MONEY = re.compile(r"(^|_)(dollars|income|order_total|price|revenue|spend)(_|$)")
# What a column's `unit` may be, where its name doesn't tell.
UNITS = {"dollars": "money", "share": "fine_share", "number": "decimal"}
# Columns that hold figures of several kinds.
FIGURES = ("published", "actual", "rounding")
# Words of a column's name that a heading has otherwise.
HEADING_WORDS = {"id": "ID", "avg": "average", "a": "A", "b": "B", "r": "R"}
# The section of models whose folder has none: behind those with a number.
OTHER = "Other"
# Characters. Wider texts are wrapped in tables that are short enough to be read.
WIDEST, WRAPPED_ROWS = 50, 1_000
BATCH_ROWS = 2_000
# Characters that Excel allows.
SHEET_NAME = 31
# About a third of a laptop's screen.
FROZEN_WIDTH = 70


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
        if self.kind in ("fine_share", "money", "decimal", "figure"):
            return f'cast("{self.key}" as double)'
        return f'"{self.key}"'


@dataclass(frozen=True)
class Sheet:
    """What a model's `sheet` says: its position in the section, the columns by which
    its rows are sorted, the condition of those shown, and a sentence on them."""

    position: float = math.inf
    order_by: Sequence[str] = ()
    only: str = "true"
    note: str = ""


@dataclass(frozen=True)
class Table:
    """A public table; its grain is the first sentence of its comment."""

    schema: str
    name: str
    grain: str
    description: str
    columns: list[TableColumn]
    section: str
    sheet: Sheet
    key: Sequence[str]
    row_count: int = 0
    # Those that a sheet shows.
    sheet_row_count: int = 0

    @property
    def source(self) -> str:
        return f'"{self.schema}"."{self.name}"'

    @property
    def shown(self) -> str:
        """Where a sheet's rows are read from."""
        return f"{self.source} where {self.sheet.only}"

    @property
    def sheet_name(self) -> str:
        """The name, as long as Excel allows."""
        return self.name[:SHEET_NAME]


def read_tables(warehouse: Warehouse) -> list[Table]:
    """The public tables, as a reader would look for them.

    Widths of columns are not measured yet. Raises UserError without tables or dbt's
    manifest.
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
    columns: dict[tuple[str, str], list[Row]] = {}
    for row in warehouse.rows(
        "select schema_name, table_name, column_name, data_type, comment from"
        f" duckdb_columns() where {where} order by column_index"
    ):
        columns.setdefault((row["schema_name"], row["table_name"]), []).append(row)
    models = {
        (node["schema"], node["name"]): node
        for node in read_manifest()["nodes"].values()
    }
    tables = []
    for row in found:
        source = (row["schema_name"], row["table_name"])
        table = _table(row, columns[source], models.get(source, {}))
        counts = warehouse.row(
            "select count(*) as row_count,"
            f" count(*) filter (where {table.sheet.only}) as sheet_row_count"
            f" from {table.source}"
        )
        tables.append(replace(table, **counts))
    return sorted(
        tables, key=lambda each: (each.section, each.sheet.position, each.name)
    )


def _table(row: Row, columns: list[Row], model: dict[str, Any]) -> Table:
    """A table, by the database and by its model in the manifest."""
    meta = model.get("config", {}).get("meta", {})
    grain, _, description = on_one_line(row["comment"]).partition(". ")
    described = model.get("columns", {})
    sheet = meta.get("sheet", {})
    known = [field.name for field in fields(Sheet)]
    _check_words(f"under `sheet` of {row['table_name']}", sheet, known)
    return Table(
        row["schema_name"],
        row["table_name"],
        grain,
        description,
        [_column(column, described) for column in columns],
        meta.get("section", OTHER),
        Sheet(**sheet),
        model.get("primary_key", []),
    )


def _column(row: Row, described: dict[str, Any]) -> TableColumn:
    name = row["column_name"]
    unit = column_meta(described.get(name, {})).get("unit")
    _check_words(
        f"as `unit` of {row['table_name']}.{name}", [unit] if unit else [], UNITS
    )
    return TableColumn(
        name,
        heading_of(name),
        UNITS[unit] if unit else kind_of(name, row["data_type"]),
        data_type=row["data_type"].lower(),
        description=on_one_line(row["comment"]),
    )


def _check_words(where: str, found: Iterable[str], known: Iterable[str]) -> None:
    """Refuse what a model's YAML says and nobody reads."""
    if unknown := sorted(set(found) - set(known)):
        raise UserError(
            f"only {words.listing(list(known))} {where}",
            words.listing(unknown),
            "correct the model's YAML and run `dbt parse`",
        )


def heading_of(name: str) -> str:
    """A column's name in words: avg_order_total is Average order total."""
    heading = " ".join(HEADING_WORDS.get(word, word) for word in name.split("_"))
    return heading[:1].upper() + heading[1:]


def kind_of(name: str, data_type: str) -> str:
    """How a column is shown, by its name and DuckDB's type."""
    if data_type in ("BOOLEAN", "DATE"):
        return data_type.lower()
    if data_type.endswith(("INT", "INTEGER")):
        if ID.search(name):
            return "id"
        is_money = MONEY.search(name) and not name.endswith(("_count", "_rank"))
        return "dollars" if is_money else "count"
    if data_type in ("DOUBLE", "FLOAT") or data_type.startswith("DECIMAL"):
        if name in FIGURES:
            return "figure"
        if SHARE.search(name):
            return "fine_share"
        return "money" if MONEY.search(name) else "decimal"
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
    extremes = warehouse.row(f"select {', '.join([*parts, '0'])} from {table.shown}")
    columns = []
    for number, column in enumerate(table.columns):
        low, high = extremes.get(f"low{number}"), extremes.get(f"high{number}")
        width = max(_width(column.kind, low, high), _heading_width(column.heading))
        is_wrapped = width > WIDEST and table.sheet_row_count <= WRAPPED_ROWS
        kind = "wrapped" if is_wrapped and column.kind == "text" else column.kind
        columns.append(replace(column, kind=kind, width=min(width, WIDEST) + 2))
    return columns


def _width(kind: str, low: Any, high: Any) -> int:
    """Characters that a kind takes, from its lowest to its highest value."""
    if kind == "text":
        return high or 0
    if kind in FIXED_WIDTHS or high is None:
        return FIXED_WIDTHS.get(kind, 0)
    written = WRITTEN[kind]
    sign = written.startswith("$")
    return sign + max(len(format(end, written.lstrip("$"))) for end in (low, high))


def _heading_width(heading: str) -> float:
    """Characters that a heading takes on a few lines: bold, with a filter's button."""
    longest = max(map(len, heading.split()), default=0)
    return 1.1 * max(longest, len(heading) / 2.5) + 3


def frozen_columns(table: Table, columns: Sequence[TableColumn]) -> int:
    """How many columns stay in sight: the leading ones of the key, and their names."""
    subjects = {column.partition("_")[0] for column in table.key}
    count, width = 0, 0.0
    for column in columns:
        is_text = column.kind in ("text", "wrapped")
        is_name = is_text and column.key.partition("_")[0] in subjects
        width += column.width
        if not (column.key in table.key or is_name) or width > FROZEN_WIDTH:
            break
        count += 1
    return max(count, 1)


def read_rows(warehouse: Warehouse, table: Table) -> Iterator[tuple[Any, ...]]:
    """A table's rows in a total order: as its sheet says, then by its columns from the
    left, which are keys."""
    columns = ", ".join(column.selected for column in table.columns)
    order = [f"{column} nulls last" for column in table.sheet.order_by]
    order += [str(number + 1) for number in range(len(table.columns))]
    query = f"select {columns} from {table.shown} order by {', '.join(order)}"
    for batch in warehouse.batches(query, BATCH_ROWS):
        yield from batch
