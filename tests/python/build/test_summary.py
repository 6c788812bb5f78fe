"""The summary of a build says whose the raw files are, and what of them is made up."""

from __future__ import annotations

import pytest
from instacart.build.summary import origin
from instacart.warehouse import Row


@pytest.mark.parametrize(
    ("fabricated", "said"),
    [
        ({"orders": None, "departments": None}, "yours"),
        (
            {"orders": "all", "departments": None, "aisles": None},
            "generated demo files, all fabricated but departments.csv and aisles.csv",
        ),
        (
            {"orders": None, "products": "prices", "customers": "all"},
            "yours, but prices of products.csv and customers.csv fabricated by"
            " `make enrich`",
        ),
        (
            {"orders": None, "products": None, "customers": "all"},
            "yours, but customers.csv fabricated by `make enrich`",
        ),
    ],
)
def test_whose_the_files_are(fabricated: dict[str, str | None], said: str) -> None:
    files = [
        Row(dataset=name, source_file=f"{name}.csv", fabricated_columns=columns)
        for name, columns in fabricated.items()
    ]
    assert origin(files) == said
