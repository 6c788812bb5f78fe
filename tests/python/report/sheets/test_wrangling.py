"""The sheet of columns dropped, renamed and retyped."""

from __future__ import annotations

import json
import re

from report.support import (
    WRANGLING,
    Report,
)


def test_every_raw_column_appears_once(each: Report) -> None:
    manifest = json.loads(each.manifest.read_text())
    raw = [
        (source["name"], column)
        for source in manifest["sources"].values()
        for column in source["columns"]
        if source["source_name"] == "instacart"
    ]
    rows = each.dicts(WRANGLING, "Dataset", "Dataset")
    listed = [(row["Dataset"], row["Raw column"]) for row in rows if row["Raw column"]]
    assert sorted(listed) == sorted(raw)
    assert len(set(listed)) == len(listed) > 20


def test_types_are_those_of_staging(each: Report) -> None:
    types = {
        (row["table_name"].removeprefix("stg_instacart__"), row["column_name"]): row
        for row in each.query(
            "select table_name, column_name, lower(data_type) as kind"
            " from information_schema.columns where table_schema = 'staging'"
            " and table_name like 'stg_instacart__%'"
        )
    }
    rows = each.dicts(WRANGLING, "Dataset", "Dataset")
    shown = {
        (row["Dataset"], row["In the warehouse"]): row
        for row in rows
        if row["In the warehouse"]
    }
    assert set(shown) == {key for key in types if key[0] != "files"}
    for key, row in shown.items():
        kind = types[key]["kind"].partition("(")[0].replace("varchar", "text")
        assert row["Type after"] == kind, key


def test_changes_are_what_their_row_shows(each: Report) -> None:
    rows = each.dicts(WRANGLING, "Dataset", "Dataset")
    for row in rows:
        change, raw, column = row["Change"], row["Raw column"], row["In the warehouse"]
        assert (change == "dropped") == (column is None)
        assert (change == "added") == (raw is None)
        if raw and column:
            assert ("renamed" in change) == (raw != column)
            assert ("retyped" in change) == (row["Type after"] != "text")
        assert row["Reason"], row
    text = " ".join(each.texts(WRANGLING)[:6])
    for kind in ("dropped", "renamed", "retyped"):
        number = sum(kind in row["Change"] for row in rows)
        assert re.search(rf"\b{number} are {kind}", text)


def test_names_of_customers_are_said_to_be_dropped(demo: Report) -> None:
    rows = demo.dicts(WRANGLING, "Dataset", "Dataset")
    assert {row["Raw column"] for row in rows if row["Change"] == "dropped"} == {
        *("First Name", "Surnam"),
    }


def test_added_columns_are_not_counted_among_those_of_the_files(demo: Report) -> None:
    (text,) = (t for t in demo.texts(WRANGLING) if " are renamed" in t)
    assert not re.match(r"Of the columns of the raw files [^.;]* are added", text)
