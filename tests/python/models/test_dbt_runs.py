"""What a run of dbt leaves in a database, beside the tables of its models."""

from __future__ import annotations

import duckdb
from support.warehouse import Built, Warehouse

LEFT_OVER = {("marts", "rpt_deleted"), ("staging", "stg_deleted"), ("mine", "notes")}


def test_an_empty_build_passes_and_drops_what_no_model_makes(
    warehouse: Warehouse, baselines: dict[str, Built]
) -> None:
    """A part of the project drops nothing, all of it nothing of other schemas."""
    built = baselines["kaggle"]
    warehouse.restore(built.database)
    with duckdb.connect(str(warehouse.database)) as connection:
        connection.execute("create table marts.rpt_deleted as select 1 as x")
        connection.execute("create view staging.stg_deleted as select 1 as x")
        connection.execute("create schema mine")
        connection.execute("create table mine.notes as select 1 as x")

    part = warehouse.dbt("run", built.raw_dir, "--select", "dim_departments")
    assert part.succeeded, part.output
    assert left_over(warehouse) == LEFT_OVER

    whole = warehouse.dbt(
        "build", built.raw_dir, "--empty", "--exclude-resource-type", "unit_test"
    )
    assert whole.succeeded, whole.output
    assert left_over(warehouse) == {("mine", "notes")}
    assert "Dropped marts.rpt_deleted, which no model or seed" in whole.output


def left_over(warehouse: Warehouse) -> set[tuple]:
    """What is there of the relations that no model makes."""
    relations = warehouse.query(
        "select table_schema, table_name from information_schema.tables"
    )
    return LEFT_OVER & set(relations)
