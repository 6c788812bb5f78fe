"""The sheet of derived columns, their conditions and values."""

from __future__ import annotations

import json
import re

import pytest

from report.support import (
    DERIVATIONS,
    Report,
    Rows,
    meta_of,
)


def derivations(report: Report) -> dict[tuple[str, str], Rows]:
    """Rows of values by table and column."""
    found: dict[tuple[str, str], Rows] = {}
    table = column = ""
    for row in report.cells[DERIVATIONS][3:]:
        name = row[1]
        if heading := re.fullmatch(r"(\w+): ([\d,]+) rows?", str(name or "")):
            table = heading[1]
        elif name != "New column" and any(cell is not None for cell in row):
            column = name or column
            keys = ("source", "what", "value", "condition", "count", "share")
            values = (*row[2:4], *row[5:9])
            group = found.setdefault((table, column), [])
            group.append(dict(zip(keys, values, strict=True)))
    return found


def test_every_derived_column_appears_with_what_it_is_made_of(each: Report) -> None:
    manifest = json.loads(each.manifest.read_text())
    expected = {
        (node["name"], name): meta_of(column)["derived_from"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] == "marts"
        for name, column in node["columns"].items()
        if "derived_from" in meta_of(column)
    }
    found = derivations(each)
    assert set(found) == set(expected)
    assert len({key for key in found if key[0].startswith(("dim_", "fct_"))}) > 40
    for key, sources in expected.items():
        assert found[key][0]["source"].split("\n") == sources
        assert found[key][0]["what"]


def test_frequencies_add_up_to_the_rows_of_the_table(each: Report) -> None:
    rows = {
        row["table_name"]: each.one(f"select count(*) from marts.{row['table_name']}")
        for row in each.query(
            "select table_name from information_schema.tables"
            " where table_schema = 'marts'"
        )
    }
    for (table, column), values in derivations(each).items():
        assert sum(value["count"] for value in values) == rows[table], (table, column)
        if rows[table]:
            assert sum(value["share"] for value in values) == pytest.approx(1)


def test_values_of_dimensions_and_facts_are_counted(each: Report) -> None:
    found = derivations(each)
    for table, column in (
        *(("dim_customers", name) for name in ("loyalty_flag", "age_group", "region")),
        *(("dim_customers", name) for name in ("is_parent", "has_bought_alcohol")),
        *(("fct_orders", name) for name in ("cart_size", "is_analysed")),
        ("dim_products", "price_range"),
    ):
        counts = {
            row["value"]: row["count"] for row in found[table, column] if row["count"]
        }
        assert counts == {
            row["value"]: row["number"]
            for row in each.query(
                f"select coalesce({column}::varchar, '(empty)') as value,"
                f" count(*) as number from marts.{table} group by all"
            )
        }, (table, column)


def test_conditions_are_those_in_force(each: Report) -> None:
    in_force: dict[str, Rows] = {}
    for row in each.query(
        "from data_quality.conditions_in_force order by column_name, label_number"
    ):
        in_force.setdefault(row["column_name"], []).append(row)
    compared = set()
    derived = derivations(each)
    for (table, column), values in derived.items():
        conditions = in_force.get(column, [])
        if table.startswith("rpt_"):
            # A report lists the labels that it has.
            labels = {value["value"] for value in values}
            conditions = [
                one
                for one in conditions
                if one["label"] in labels
                or ("(empty)" in labels and one["label"] not in ("true", "false"))
            ]
        shown = [value for value in values if value["condition"]]
        if not sum(value["count"] or 0 for value in values) and not shown:
            # A report without rows has no labels.
            continue
        if not conditions:
            assert all(v["condition"].startswith("median ") for v in shown), column
            continue
        compared.add(column)
        assert len(shown) == len(conditions)
        for value, condition in zip(shown, conditions, strict=True):
            assert value["condition"].endswith(condition["condition"])
            # Hours and income groups of reports are no measure of a customer.
            is_of_customers = table.startswith("rpt_") and (
                ("dim_customers", column) in derived
            )
            if condition["condition"] != "otherwise" and not is_of_customers:
                assert value["condition"].startswith(condition["measure"])
            if condition["label"] not in ("true", "false"):
                assert value["value"] in (condition["label"], "(empty)")
    assert compared == set(in_force)


def test_hours_have_no_condition_of_customers(demo: Report) -> None:
    """An hour is of a segment itself; customers are by their most common one."""
    values = derivations(demo)["rpt_hours_of_day", "shopping_time_segment"]
    assert {value["condition"] for value in values} <= {
        "<= 5",
        "<= 11",
        "<= 17",
        "otherwise",
    }


def test_another_bound_is_shown_as_it_was_built(demo: Report, odd: Report) -> None:
    key = ("dim_customers", "loyalty_flag")
    shipped = {row["value"]: row["condition"] for row in derivations(demo)[key]}
    other = {row["value"]: row["condition"] for row in derivations(odd)[key]}
    assert shipped["Loyal customer"] == "max_order_number > 40"
    assert other["Devoted"] == "max_order_number > 4"
    assert "Loyal customer" not in other
    groups = derivations(odd)["dim_customers", "income_group"]
    (rich,) = (row for row in groups if row["value"] == "Poor")
    assert re.fullmatch(r"income < [\d.]+ \(third quartile\)", rich["condition"])


def test_conditions_of_several_columns_can_be_read(demo: Report) -> None:
    values = derivations(demo)["rpt_hours_of_day", "phenomenon"]
    assert not any("is_high_value is_high_value" in v["condition"] for v in values)
