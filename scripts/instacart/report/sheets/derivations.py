"""The sheet of derived columns: from what, on what conditions, with what values.

What a column is derived from is read from dbt's manifest; what it says and on which
conditions, as this warehouse was built, from the warehouse; values are counted.
"""

from __future__ import annotations

from typing import Any

from instacart import words
from instacart.errors import UserError
from instacart.report.sheet import Group, Sheet
from instacart.report.source import Source
from instacart.warehouse import Row, Warehouse, column_meta
from instacart.workbook import Column

NAME = "Column derivations"
ABOUT = "each derived column: from what, on what conditions, with what values"
WIDTHS = (1, 25, 23, 21, 21, 32, 21, 10.5, 7.5)
# A column of more different values than this is described by its quartiles.
MOST_VALUES = 40
# Of values that no condition names as many are listed; the rest is one line.
LISTED_VALUES = 10
FLAGS = ("true", "false")
GROUP_COLUMNS = (
    Column("column", "New column", "strong"),
    Column("derived_from", "Derived from", "wrapped"),
    Column("description", "What it says", "wrapped", 2),
)
VALUE_COLUMNS = (
    Column("value", "Value", "wrapped"),
    Column("condition", "Condition in force", "wrapped"),
    Column("row_count", "Rows", "count"),
    Column("row_share", "Share", "share"),
)

# What each derived column of a table is derived from.
Derived = dict[str, list[str]]


def write(sheet: Sheet, source: Source) -> None:
    """Write a group of rows per derived column, table by table."""
    sheet.set_close()
    sheet.start(
        NAME,
        "Every derived column of dimensions and facts, and every flag, rank and score"
        " of the reports: from what, on which conditions when this warehouse was built,"
        " and how many rows have each value. Shares are of"
        f" the table's rows. {source.facts.warning}".strip(),
    )
    models = derived_columns(source.manifest)
    if not models:
        raise UserError(
            "derived columns in dbt's manifest",
            "none",
            "run `dbt parse` in this version of the project",
        )
    earned = set(models.get("dim_customers", {}))
    described = Described(source.warehouse)
    for table, columns in models.items():
        total = source.warehouse.value(f"select count(*) as n from marts.{table}")
        sheet.keep_together(8)
        sheet.heading(f"{table}: {words.plural(total, 'row')}")
        groups = [
            described.group(table, name, sources, total, name in earned)
            for name, sources in columns.items()
        ]
        sheet.grouped_table(GROUP_COLUMNS, VALUE_COLUMNS, groups)
        sheet.gap()


class Described:
    """What the warehouse says of its columns: type, comment, conditions in force."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        self.conditions: dict[str, list[Row]] = {}
        for row in warehouse.rows(
            "select * from data_quality.conditions_in_force order by column_name,"
            " label_number"
        ):
            self.conditions.setdefault(row["column_name"], []).append(row)
        # As the build wrote them: the manifest may be of a run with other vars.
        self.columns = {
            (row["table_name"], row["column_name"]): row
            for row in warehouse.rows(
                "select table_name, column_name, data_type, comment from"
                " duckdb_columns() where schema_name = 'marts' and database_name ="
                " current_database()"
            )
        }

    def group(
        self, table: str, name: str, sources: list[str], total: int, is_earned: bool
    ) -> Group:
        """A column with its values; is_earned: by customers, by measures of theirs."""
        if (table, name) not in self.columns:
            raise UserError(
                f"a column {name} in marts.{table}",
                "none: another version of the project built it",
                "run `make build`",
            )
        column = self.columns[table, name]
        conditions = self.conditions.get(name, [])
        if table.startswith("rpt_") and is_earned:
            conditions = [Row(one, measure="") for one in conditions]
        described = {
            "column": name,
            "derived_from": "\n".join(sources),
            "description": " ".join((column["comment"] or "").split()),
        }
        kind = column["data_type"]
        return described, values(self.warehouse, table, name, kind, conditions, total)


def derived_columns(manifest: dict[str, Any]) -> dict[str, dict[str, list[str]]]:
    """What each derived column is derived from, by table."""
    found = {}
    for node in manifest["nodes"].values():
        if node["resource_type"] != "model" or node["schema"] != "marts":
            continue
        columns = {
            name: column_meta(column)["derived_from"]
            for name, column in node["columns"].items()
            if "derived_from" in column_meta(column)
        }
        if columns:
            found[node["name"]] = columns
    # Dimensions, facts, reports; of each kind first what has most to tell.
    return dict(
        sorted(found.items(), key=lambda one: (one[0][:3], -len(one[1]), one[0]))
    )


def values(
    warehouse: Warehouse,
    table: str,
    column: str,
    kind: str,
    conditions: list[Row],
    total: int,
) -> list[dict[str, Any]]:
    """Values of a column with their conditions and rows, or its quartiles.

    kind: DuckDB's type of the column.
    """
    if column.endswith("_id"):
        return _different(warehouse, table, column, total)
    if kind not in ("VARCHAR", "BOOLEAN"):
        return _summarized(warehouse, table, column, kind, total)
    counted = warehouse.rows(
        f"select cast({column} as varchar) as value, count(*) as row_count from"
        f" marts.{table} group by 1 order by row_count desc, value limit"
        f" {MOST_VALUES + 1}"
    )
    if len(counted) > MOST_VALUES:
        return _different(warehouse, table, column, total)
    if kind == "BOOLEAN":
        # Neither true nor false is an empty cell, whatever reports call it.
        conditions = [
            Row(one, label=one["label"] if one["label"] in FLAGS else None)
            for one in conditions
        ]
    labelled = _labelled(counted, conditions, total)
    if table.startswith("rpt_"):
        # A report's rows have the label, not the measure of what it is made for.
        found = [row for row in labelled if row["row_count"]]
        return found or _with_empty([], 0, total)
    return labelled


def _different(
    warehouse: Warehouse, table: str, column: str, total: int
) -> list[dict[str, Any]]:
    """How many different values a column has."""
    found = warehouse.row(
        f"select count(distinct {column}) as number, count({column}) as known"
        f" from marts.{table}"
    )
    number = f"{words.count(found['number'])} different values"
    return _with_empty([{"value": number}], found["known"], total)


def _labelled(
    counted: list[Row], conditions: list[Row], total: int
) -> list[dict[str, Any]]:
    """Values in the order of their conditions, those without rows included."""
    rows = {row["value"]: row["row_count"] for row in counted}
    listed = [
        {
            "value": condition["label"],
            "condition": _condition(condition["measure"], condition["condition"]),
            "row_count": rows.pop(condition["label"], 0),
        }
        for condition in conditions
    ]
    others = [{"value": value, "row_count": number} for value, number in rows.items()]
    if len(others) > LISTED_VALUES:
        rest = others[LISTED_VALUES - 1 :]
        more = f"{words.count(len(rest))} more values"
        others[LISTED_VALUES - 1 :] = [
            {"value": more, "row_count": sum(row["row_count"] for row in rest)}
        ]
    listed += others
    for row in listed:
        row["value"] = "(empty)" if row["value"] is None else row["value"]
        row["row_share"] = row["row_count"] / total if total else None
    return listed


def _condition(measure: str, condition: str) -> str:
    """What earns a label, in words: age <= 34."""
    if condition == "otherwise":
        return condition
    runs_on = condition.startswith(("<", ">", "=", "is ", "in "))
    if not measure:
        return condition
    return f"{measure}{' ' if runs_on else ': '}{condition}"


def _summarized(
    warehouse: Warehouse, table: str, column: str, kind: str, total: int
) -> list[dict[str, Any]]:
    """Lowest, quartiles and highest of a column of numbers or dates."""
    found = warehouse.row(
        f"""
        with counted as (
            select {column} as value, count(*) as row_count
            from marts.{table}
            where {column} is not null
            group by {column}
        ),
        cumulated as (
            select
                value,
                sum(row_count) over (order by value) as running_count,
                sum(row_count) over () as known
            from counted
        )
        select
            min(value) as lowest,
            min(value) filter (where running_count >= 0.25 * known) as first_quartile,
            min(value) filter (where running_count >= 0.5 * known) as median,
            min(value) filter (where running_count >= 0.75 * known) as third_quartile,
            max(value) as highest,
            coalesce(max(known), 0) as known
        from cumulated
        """
    )
    known = int(found["known"])
    shown = {name: _shown(value, column, kind) for name, value in found.items()}
    quartiles = {
        "value": f"{shown['lowest']} to {shown['highest']}, half of them"
        f" {shown['first_quartile']} to {shown['third_quartile']}",
        "condition": f"median {shown['median']}",
    }
    return _with_empty([quartiles] if known else [], known, total)


def _with_empty(
    rows: list[dict[str, Any]], known: int, total: int
) -> list[dict[str, Any]]:
    """A row for what is known, if anything is, and one for what is not."""
    rows = [row | {"row_count": known} for row in rows]
    if known < total or not rows:
        rows.append({"value": "(empty)", "row_count": total - known})
    return [
        row | {"row_share": row["row_count"] / total if total else None} for row in rows
    ]


def _shown(value: Any, column: str, kind: str) -> str:
    if value is None:
        return ""
    if kind == "DATE":
        return str(value.isoformat())
    if column.endswith(("_rate", "_share")):
        return words.share(value)
    if kind in ("INTEGER", "BIGINT"):
        return words.count(value)
    return f"{value:,.2f}"
