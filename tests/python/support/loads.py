"""Spoilt packages that must load, at the cost of their bad rows and values only."""

from __future__ import annotations

import copy
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.changes import Change, make_package, together, unchanged
from support.packages import CUSTOMER_NAMES
from support.warehouse import Built, Snapshot, Warehouse

Edit = Callable[[Snapshot], None]
# Dataset, reason, raw row.
Rejected = tuple[str, str, str]
# Dataset, column, id, raw value, new value.
Repaired = tuple[str, str, int, str | None, str | None]

# Names that only spoilt customers.csv have.
OTHER_NAMES = {"Xyphrandel", "Jobblequin"}
ALL_NAMES = OTHER_NAMES | {
    name for pair in CUSTOMER_NAMES.values() for name in pair if name
}
# Ids that no good package has, so that each case spoils rows of its own.
new_ids = itertools.count(1001)


@dataclass
class Load:
    """One way to spoil a package.

    Attributes:
        like: The change that gives a clean package with the same marts.
        rejected: What it adds to rejected_rows.
        duplicates: Copies that are removed, by dataset.
        repaired: What it adds to repaired_values.
        edits: How the marts differ from those of the clean package, row by row.
    """

    name: str
    change: Change
    like: Change = unchanged
    rejected: list[Rejected] = field(default_factory=list)
    duplicates: dict[str, int] = field(default_factory=dict)
    repaired: list[Repaired] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)


@dataclass
class Batch:
    """Cases that spoil different rows of one package, so that one build shows all."""

    name: str
    cases: Sequence[Load]
    package: str = "careerfoundry"

    def make(self, folder: Path, is_clean: bool = False) -> Path:
        """Write the spoilt package, or the clean one it is compared with."""
        changes = [case.like if is_clean else case.change for case in self.cases]
        return make_package(folder, self.package, together(*changes))


def alone(case: Load, package: str = "careerfoundry") -> Batch:
    """A case that shares its package with no other."""
    return Batch(case.name, [case], package)


def each_case(batches: Iterable[Batch]) -> list[tuple[Batch, Load]]:
    """Every case beside its batch."""
    return [(batch, case) for batch in batches for case in batch.cases]


# What a case does to the marts -------------------------------------------------------


def differs(table: str, key: dict[str, Any], **values: object) -> Edit:
    """One row of a mart has these values instead."""

    def edit(tables: Snapshot) -> None:
        (row,) = (row for row in tables[f"marts.{table}"] if key.items() <= row.items())
        assert values.keys() <= row.keys()
        assert all(row[column] != value for column, value in values.items())
        row.update(values)

    return edit


def appears(table: str, **values: object) -> Edit:
    """A mart has one row more."""

    def edit(tables: Snapshot) -> None:
        assert values.keys() == tables[f"marts.{table}"][0].keys()
        tables[f"marts.{table}"].append(values)

    return edit


def all_differ(table: str, **values: object) -> Edit:
    """All rows of a mart have these values instead."""

    def edit(tables: Snapshot) -> None:
        for row in tables[f"marts.{table}"]:
            assert values.keys() <= row.keys()
            row.update(values)

    return edit


def vanishes(table: str, key: dict[str, Any]) -> Edit:
    """A mart lacks one row."""

    def edit(tables: Snapshot) -> None:
        rows = tables[f"marts.{table}"]
        (gone,) = (row for row in rows if key.items() <= row.items())
        rows.remove(gone)

    return edit


def unknown_order(*rows: str) -> list[Rejected]:
    return [("order_products", "unknown order", row) for row in rows]


def unknown_product(*rows: str) -> list[Rejected]:
    return [("order_products", "unknown product", row) for row in rows]


def conflict(dataset: str, key: str, row: str) -> Rejected:
    reason = f"{key} appears in another row with other values, which was kept"
    return dataset, reason, row


# What was loaded ---------------------------------------------------------------------


@dataclass
class Loaded:
    """The tables of a spoilt package beside those of its clean one.

    Attributes:
        clean: Dimensions and facts of the clean package.
        tables: All published tables of the spoilt one.
        leaks: Where the warehouse holds the name of a customer.
    """

    clean: Snapshot
    tables: Snapshot
    leaks: list[str]

    @property
    def rejected(self) -> Counter[Rejected]:
        rows = self.tables["data_quality.rejected_rows"]
        return Counter((row["dataset"], row["reason"], row["raw_row"]) for row in rows)

    @property
    def repaired(self) -> Counter[Repaired]:
        names = ("dataset", "column_name", "row_id", "raw_value", "new_value")
        rows = self.tables["data_quality.repaired_values"]
        return Counter(tuple(row[name] for name in names) for row in rows)

    @property
    def duplicates(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for row in self.tables["data_quality.file_row_counts"]:
            found[row["dataset"]] += row["duplicates_removed"]
        return +found


class Loader:
    """Builds each batch once."""

    def __init__(
        self, warehouse: Warehouse, baselines: dict[str, Built], folder: Path
    ) -> None:
        self.warehouse = warehouse
        self.baselines = baselines
        self.folder = folder
        self.known: dict[str, Loaded] = {}

    def __call__(self, batch: Batch) -> Loaded:
        if batch.name not in self.known:
            clean = self.clean_tables(batch)
            tables = self.build(batch, batch.make(self.folder / batch.name))
            self.known[batch.name] = Loaded(clean, tables, leaks(self.warehouse))
        return self.known[batch.name]

    def clean_tables(self, batch: Batch) -> Snapshot:
        """Dimensions and facts of the package that a batch is compared with."""
        if all(case.like is unchanged for case in batch.cases):
            return dimensions_and_facts(self.baselines[batch.package].tables)
        raw_dir = batch.make(self.folder / f"{batch.name} clean", is_clean=True)
        tables = self.build(batch, raw_dir)
        assert tables["data_quality.rejected_rows"] == []
        assert tables["data_quality.repaired_values"] == []
        return dimensions_and_facts(tables)

    def build(self, batch: Batch, raw_dir: Path) -> Snapshot:
        run = self.warehouse.rebuild(raw_dir, self.baselines[batch.package])
        assert run.succeeded, run.output + run.error
        return self.warehouse.snapshot()


def leaks(warehouse: Warehouse, schemas: tuple[str, ...] | None = None) -> list[str]:
    """Where a customer's name is: in a cell, the file's bytes or a copied raw file."""
    found = [
        f"{table}: {text}"
        for table, text in warehouse.all_text(schemas)
        if any(name in text for name in ALL_NAMES)
    ]
    content = warehouse.database.read_bytes()
    found += [name for name in ALL_NAMES if name.encode() in content]
    return found + [str(path) for path in warehouse.temp_dir.rglob("*.csv*")]


def dimensions_and_facts(tables: Snapshot) -> Snapshot:
    return {
        table: rows
        for table, rows in tables.items()
        if table.startswith(("marts.dim_", "marts.fct_"))
    }


def edited(tables: Snapshot, cases: Iterable[Load]) -> Snapshot:
    """Tables as some cases leave them."""
    changed = copy.deepcopy(tables)
    for case in cases:
        for edit in case.edits:
            edit(changed)
    return changed


def counted(rows: list[dict[str, Any]]) -> Counter[str]:
    """Rows in any order."""
    return Counter(repr(sorted(row.items())) for row in rows)


# What must hold ----------------------------------------------------------------------


def check_batch(batch: Batch, loaded: Loaded) -> None:
    """Only the stated rows and values are rejected, removed, repaired and changed."""
    check_quality_tables(loaded, batch.cases)
    assert not loaded.leaks
    marts = dimensions_and_facts(loaded.tables)
    expected = edited(loaded.clean, batch.cases)
    assert marts.keys() == expected.keys()
    for table, rows in marts.items():
        assert counted(rows) == counted(expected[table]), table


def check_quality_tables(loaded: Loaded, cases: Sequence[Load]) -> None:
    """What the cases state is all there is, and all rows add up."""
    assert loaded.rejected == Counter(row for case in cases for row in case.rejected)
    assert loaded.repaired == Counter(row for case in cases for row in case.repaired)
    assert loaded.duplicates == stated_duplicates(cases)
    rejected = Counter(
        row["source_file"] for row in loaded.tables["data_quality.rejected_rows"]
    )
    counts = loaded.tables["data_quality.file_row_counts"]
    for row in counts:
        parts = ("rows_kept", "duplicates_removed", "rows_rejected")
        assert row["rows_read"] == sum(row[part] for part in parts), row
        assert row["rows_rejected"] == rejected[row["source_file"]], row
    assert rejected.keys() <= {row["source_file"] for row in counts}
    for row in loaded.tables["data_quality.consistency_checks"]:
        assert row["treatment"], f"a problem that column_checks does not know: {row}"


def stated_duplicates(cases: Iterable[Load]) -> Counter[str]:
    found: Counter[str] = Counter()
    for case in cases:
        found.update(case.duplicates)
    return found


def check_case(batch: Batch, case: Load, loaded: Loaded) -> None:
    """What one case of a batch states is so."""
    assert case.rejected or case.repaired or case.duplicates or case.edits
    assert Counter(case.rejected) <= loaded.rejected
    assert Counter(case.repaired) <= loaded.repaired
    stated = stated_duplicates(batch.cases)
    for dataset in case.duplicates:
        assert loaded.duplicates[dataset] == stated[dataset], dataset
    for table, rows in edited(loaded.clean, [case]).items():
        before, after = counted(loaded.clean[table]), counted(rows)
        found = counted(loaded.tables[table])
        assert after - before <= found, table
        assert not (before - after) & found, table
