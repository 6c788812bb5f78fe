"""The sheet of columns dropped, renamed and retyped, from dbt's manifest."""

from __future__ import annotations

from instacart import words
from instacart.errors import UserError
from instacart.report.design import Column, Sheet
from instacart.warehouse import Warehouse, column_meta

WIDTHS = (2, 18, 24, 26, 22, 13, 13, 62)


def write(sheet: Sheet, warehouse: Warehouse, manifest: dict) -> None:
    """Write one row per raw column, and per column that staging adds.

    Raises UserError where the manifest is of another version of the project.
    """
    sheet.start(
        "Wrangling steps",
        "What becomes of each column of the raw files. Every column is read as text,"
        " checked, and only then typed; nothing is changed in silence.",
    )
    rows = steps(warehouse, manifest)
    done = {kind: sum(kind in row["change"] for row in rows) for kind in KINDS}
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


KINDS = ("dropped", "renamed", "retyped", "added")


def steps(warehouse: Warehouse, manifest: dict) -> list[dict]:
    """The rows of the sheet: dataset by dataset, in the order of the raw columns."""
    types = {
        (row["table_name"], row["column_name"]): row["kind"]
        for row in warehouse.rows(
            "select table_name, column_name, split_part(lower(data_type), '(', 1) as"
            " kind from information_schema.columns where table_schema = 'staging'"
        )
    }
    rows = []
    for source in manifest["sources"].values():
        if source["source_name"] != "instacart":
            continue
        dataset = source["name"]
        model = f"stg_instacart__{dataset}"
        try:
            staged = manifest["nodes"][f"model.instacart.{model}"]["columns"]
        except KeyError as error:
            raise UserError(
                f"the model {model} in dbt's manifest",
                "none",
                "run `dbt parse` in this version of the project",
            ) from error
        metas = {name: column_meta(column) for name, column in staged.items()}
        for raw, column in source["columns"].items():
            dropped = column_meta(column).get("dropped")
            if dropped:
                rows.append(_step(dataset, raw, None, "dropped", None, dropped))
            for name, meta in metas.items():
                if meta.get("raw_column") == raw:
                    kind = types.get((model, name))
                    change = [] if name == raw else ["renamed"]
                    change += [] if kind == "varchar" else ["retyped"]
                    rows.append(
                        _step(
                            dataset, raw, name, " and ".join(change) or "kept", kind,
                            meta.get("reason"),
                        )
                    )  # fmt: skip
        rows += [
            _step(
                dataset, None, name, "added", types.get((model, name)),
                meta.get("reason"),
            )
            for name, meta in metas.items()
            if "derived_from" in meta
        ]  # fmt: skip
    return rows


def _step(dataset, raw_column, column, change, kind, reason) -> dict:
    return {
        "dataset": dataset,
        "raw_column": raw_column,
        "column": column,
        "change": change,
        "raw_type": "text" if raw_column else None,
        "type": "text" if kind == "varchar" else kind,
        "reason": reason,
    }
