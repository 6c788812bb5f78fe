"""The models' YAML says where each column comes from, without gaps.

The final report's wrangling steps and column derivations are written from it: under
``meta``, a source column may have ``dropped``; a staging column has ``raw_column`` or
``derived_from``, and ``reason``; a published column has ``derived_from`` unless it is a
staging column passed on unchanged.

An entry of ``derived_from`` is a column of the same table, ``seed`` and its name, or
``table.column``: of a published table, or of a dataset as staging names its columns.
Of a staging column it is a raw column of the same dataset, or ``file name``.
"""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

import pytest
from support.analyses import all_tables
from support.warehouse import Warehouse

CORE = "models/marts/core"
FILE_NAME = "file name"
# What meta of a column, by table and column.
Meta = dict[str, dict[str, dict]]


@pytest.fixture(scope="module")
def raw(warehouse: Warehouse) -> Meta:
    """The columns of each raw dataset."""
    return {
        source.name: metas(source)
        for source in warehouse.manifest.sources.values()
        if source.source_name == "instacart"
    }


@pytest.fixture(scope="module")
def staged(warehouse: Warehouse, raw: Meta) -> Meta:
    """The columns of each dataset in staging."""
    nodes = warehouse.manifest.nodes
    return {
        dataset: metas(nodes[f"model.instacart.stg_instacart__{dataset}"])
        for dataset in raw
    }


@pytest.fixture(scope="module")
def published(warehouse: Warehouse) -> Meta:
    """The columns of each published table."""
    return {node.name: metas(node) for node in models(warehouse, "models/marts")}


def models(warehouse: Warehouse, folder: str) -> list:
    return [
        node
        for node in warehouse.manifest.nodes.values()
        if node.resource_type == "model"
        and node.original_file_path.startswith(f"{folder}/")
    ]


def metas(node: object) -> dict[str, dict]:
    return {name: column.config.meta for name, column in node.columns.items()}


def test_every_raw_column_is_staged_once_or_dropped(raw: Meta, staged: Meta) -> None:
    for dataset, columns in raw.items():
        dropped = [name for name, meta in columns.items() if meta.get("dropped")]
        taken = [
            meta["raw_column"]
            for meta in staged[dataset].values()
            if "raw_column" in meta
        ]
        assert sorted(taken + dropped) == sorted(columns), (
            f"{dataset}: expected each raw column as raw_column of one staging column, "
            "or with `dropped: <reason>`"
        )


def test_every_staging_column_says_what_it_comes_from(raw: Meta, staged: Meta) -> None:
    for dataset, columns in staged.items():
        for name, meta in columns.items():
            column = f"stg_instacart__{dataset}.{name}"
            assert ("raw_column" in meta) != ("derived_from" in meta), (
                f"{column}: expected either raw_column or derived_from"
            )
            assert meta.get("reason", "").endswith("."), f"{column}: expected a reason"
            unknown = set(meta.get("derived_from", [])) - {*raw[dataset], FILE_NAME}
            assert not unknown, f"{column} is derived from what is not raw: {unknown}"


def test_every_core_column_is_staged_or_says_what_it_is_derived_from(
    warehouse: Warehouse, staged: Meta, published: Meta
) -> None:
    for node in models(warehouse, CORE):
        upstream = ancestors(warehouse, node.unique_id)
        passed_on = {
            name
            for dataset, columns in staged.items()
            if f"model.instacart.stg_instacart__{dataset}" in upstream
            for name in columns
        }
        for name, meta in published[node.name].items():
            assert meta.get("derived_from") or name in passed_on, (
                f"{node.name}.{name}: no staging column of that name; say what it is "
                "made of: `config: {meta: {derived_from: [...]}}`"
            )


def test_what_columns_are_derived_from_is_upstream(
    warehouse: Warehouse, staged: Meta, published: Meta
) -> None:
    for node in models(warehouse, "models/marts"):
        upstream = ancestors(warehouse, node.unique_id)
        for name, meta in published[node.name].items():
            for entry in meta.get("derived_from", []):
                table, _, column = entry.rpartition(".")
                if entry.startswith("seed "):
                    known = f"seed.instacart.{entry.removeprefix('seed ')}" in upstream
                elif table in staged:
                    model = f"model.instacart.stg_instacart__{table}"
                    known = column in staged[table] and model in upstream
                else:
                    known = column in published.get(table or node.name, {})
                assert known, (
                    f"{node.name}.{name} is derived from {entry}: no such column or "
                    "seed, or the table is not built from it"
                )


def test_no_column_is_derived_from_itself(published: Meta) -> None:
    made_of = {
        f"{table}.{name}": [
            entry if "." in entry else f"{table}.{entry}"
            for entry in meta.get("derived_from", [])
            if not entry.startswith("seed ")
        ]
        for table, columns in published.items()
        for name, meta in columns.items()
    }
    try:
        TopologicalSorter(made_of).prepare()
    except CycleError as error:
        pytest.fail(f"derived from itself: {' < '.join(error.args[1])}")


def ancestors(warehouse: Warehouse, key: str) -> set[str]:
    """Everything that a model is built from."""
    found: set[str] = set()
    waiting = [key]
    while waiting:
        parents = set(warehouse.manifest.parent_map.get(waiting.pop(), [])) - found
        found |= parents
        waiting += parents
    return found


def exposed_tables(warehouse: Warehouse, exposure: str) -> set[str]:
    """Schema and name of what an exposure depends on."""
    assert warehouse.manifest is not None
    nodes = warehouse.manifest.nodes
    (found,) = (
        each for each in warehouse.manifest.exposures.values() if each.name == exposure
    )
    return {f"{nodes[key].schema}.{nodes[key].name}" for key in found.depends_on.nodes}


def test_lineage_knows_what_the_questions_read(warehouse: Warehouse) -> None:
    assert exposed_tables(warehouse, "key_questions") == all_tables()
