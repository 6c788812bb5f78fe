"""What `instacart enrich` adds is read; what a build rejects is rejected as before."""

from __future__ import annotations

import shutil
from pathlib import Path

from instacart.synthetic import enrich
from support.warehouse import Built, Warehouse

BAD_ROWS = '77,"Open,1,1\n78,Short,1\n79,Long, name,1,1\n80,Tea,1,produce\nx,Tea,1,1\n'


def test_bad_rows_are_rejected_as_before(
    warehouse: Warehouse, baselines: dict[str, Built], tmp_path: Path
) -> None:
    raw_dir = tmp_path / "raw"
    shutil.copytree(baselines["kaggle"].raw_dir, raw_dir)
    with (raw_dir / "products.csv").open("a") as file:
        file.write(BAD_ROWS)

    before = rejected(warehouse, baselines, raw_dir)
    enrich.enrich(raw_dir)

    assert len(before) == BAD_ROWS.count("\n")
    assert rejected(warehouse, baselines, raw_dir) == before
    assert warehouse.query(
        "select source_file, fabricated_columns from data_quality.file_row_counts"
        " where fabricated_columns is not null order by all"
    ) == [("customers.csv", "all"), ("products.csv", "prices")]
    assert warehouse.query(
        "select count(*) from marts.dim_products where listed_price is null"
    ) == [(0,)]


def rejected(
    warehouse: Warehouse, baselines: dict[str, Built], raw_dir: Path
) -> list[tuple[str, str]]:
    """Rejected products: the reason, and the text but for a price at its end."""
    run = warehouse.rebuild(raw_dir, baselines["kaggle"])
    assert run.succeeded, run.output
    rows = warehouse.query(
        "select reason, raw_row from data_quality.rejected_rows"
        " where dataset = 'products' order by all"
    )
    return [(reason, ",".join(text.split(",")[:3])) for reason, text in rows]
