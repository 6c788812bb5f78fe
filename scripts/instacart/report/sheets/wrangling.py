"""The sheet of columns dropped, renamed and retyped, from dbt's manifest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from instacart import words
from instacart.errors import UserError
from instacart.report.sheet import Sheet
from instacart.report.source import Source
from instacart.warehouse import Warehouse, column_meta
from instacart.workbook import Column

NAME = "Wrangling steps"
ABOUT = "columns dropped, renamed and retyped, and why"
WIDTHS = (1, 15, 24, 26, 19, 11, 11, 52)
KINDS = ("dropped", "renamed", "retyped", "added")

Manifest = dict[str, Any]
Step = dict[str, str | None]


def write(sheet: Sheet, source: Source) -> None:
    """Write one row per raw column, and per column that staging adds.

    Raises UserError where the manifest is of another version of the project.
    """
    sheet.set_close()
    sheet.start(
        NAME,
        "What becomes of each column of the raw files. Every column is read as text,"
        " checked, and only then typed; nothing is changed in silence.",
    )
    rows = steps(source.warehouse, source.manifest)
    done = {kind: sum(kind in str(row["change"]) for row in rows) for kind in KINDS}
    added = done.pop("added")
    sheet.paragraph(
        "Of the columns of the raw files "
        + words.listing([f"{number} are {kind}" for kind, number in done.items()])
        + f"; {words.plural(added, 'column is', 'columns are')} added."
    )
    sheet.gap()
    sheet.table(
        [
            Column("dataset", "Dataset"),
            Column("raw_column", "Raw column"),
            Column("column", "In the warehouse"),
            Column("change", "Change"),
            Column("raw_type", "Type before"),
            Column("type", "Type after"),
            Column("reason", "Reason", "wrapped"),
        ],
        rows,
    )
    sheet.worksheet.repeat_rows(sheet.row - len(rows) - 1)


def steps(warehouse: Warehouse, manifest: Manifest) -> list[Step]:
    """The rows of the sheet: dataset by dataset, in the order of the raw columns."""
    types = {
        (row["table_name"], row["column_name"]): row["kind"]
        for row in warehouse.rows(
            "select table_name, column_name, split_part(lower(data_type), '(', 1) as"
            " kind from information_schema.columns where table_schema = 'staging'"
        )
    }
    rows: list[Step] = []
    for source in manifest["sources"].values():
        if source["source_name"] != "instacart":
            continue
        model = f"stg_instacart__{source['name']}"
        metas = _staged_metas(manifest, model)
        kinds = {name: types.get((model, name)) for name in metas}
        for raw, column in source["columns"].items():
            rows += _steps_of(source["name"], raw, column, metas, kinds)
        rows += [
            _step(source["name"], None, name, "added", kinds[name], meta.get("reason"))
            for name, meta in metas.items()
            if "derived_from" in meta
        ]
    return rows


def _staged_metas(manifest: Manifest, model: str) -> dict[str, dict[str, Any]]:
    """What the columns of a staging model say of themselves."""
    try:
        columns = manifest["nodes"][f"model.instacart.{model}"]["columns"]
    except KeyError as error:
        raise UserError(
            f"the model {model} in dbt's manifest",
            "none",
            "run `dbt parse` in this version of the project",
        ) from error
    return {name: column_meta(column) for name, column in columns.items()}


def _steps_of(
    dataset: str,
    raw: str,
    column: dict[str, Any],
    metas: dict[str, dict[str, Any]],
    kinds: dict[str, str | None],
) -> Iterator[Step]:
    """What becomes of a raw column: dropped, or shown in one column or more."""
    dropped = column_meta(column).get("dropped")
    if dropped:
        yield _step(dataset, raw, None, "dropped", None, dropped)
    for name, meta in metas.items():
        if meta.get("raw_column") == raw:
            change = [] if name == raw else ["renamed"]
            change += [] if kinds[name] == "varchar" else ["retyped"]
            done = " and ".join(change) or "kept"
            yield _step(dataset, raw, name, done, kinds[name], meta.get("reason"))


def _step(
    dataset: str,
    raw_column: str | None,
    column: str | None,
    change: str,
    kind: str | None,
    reason: str | None,
) -> Step:
    return {
        "dataset": dataset,
        "raw_column": raw_column,
        "column": column,
        "change": change,
        "raw_type": "text" if raw_column else None,
        "type": "text" if kind == "varchar" else kind,
        "reason": reason,
    }
