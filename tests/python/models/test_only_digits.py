"""A file of nothing but digits, commas and line ends is checked with less work.

It has to become the same rows as a file that also has other characters.
"""

from __future__ import annotations

import gzip
from itertools import product
from pathlib import Path

import duckdb
import pytest
from instacart.raw_package import contents
from support.macros import model

HEADER = "order_id,product_id,add_to_cart_order,reordered"
ROWS = ["1,39576,1,1", "10,15069,2,0", "2539329,196,3,0"]
# All that is no digit and still may stand in a number, or in place of one.
OTHERS = [" ", "\t", ".", "+", "-", "_", "e", "x", "$", "'", '"', "\x00", "é", "\ufeff"]
# Whatever digits can spell.
CELLS = [
    *("", "0", "00", "000", "1", "01", "02", "2", "007", "9", "10", "0100"),
    *("2147483646", "2147483647", "2147483648", "02147483647", "4294967297"),
    *("99999999999999", "9223372036854775808", "0" * 30 + "1", "9" * 400),
]
# Rows of other shapes.
SHAPES = [
    "",
    ",",
    ",,",
    ",,,",
    ",,,,",
    "1",
    "1,2,3",
    "1,2,3,0,",
    "1,2,3,0,4",
    "1,2,3,1,,",
]


def has_only_digits(path: Path, content: str) -> bool:
    text = content.encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return contents.scan_bytes(path).has_only_digits


@pytest.mark.parametrize("name", ["orders.csv", "orders.csv.gz"])
@pytest.mark.parametrize("size", [1, 2, 48, 49, 50, 1000])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_digits_alone_are_seen_wherever_a_chunk_ends(
    end: str, size: int, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "CHUNK_BYTES", size)
    lines = end.join([HEADER, *ROWS])
    assert has_only_digits(tmp_path / name, lines)
    assert has_only_digits(tmp_path / name, lines + end)
    assert has_only_digits(tmp_path / name, HEADER + end)


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("size", [1, 50, 1000])
@pytest.mark.parametrize("row", range(len(ROWS)))
def test_another_character_is_seen_in_each_place(
    row: int, size: int, other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "CHUNK_BYTES", size)
    path = tmp_path / "orders.csv"
    for place in range(len(ROWS[row]) + 1):
        rows = [*ROWS]
        rows[row] = rows[row][:place] + other + rows[row][place:]
        assert not has_only_digits(path, "\n".join([HEADER, *rows]))
        assert not has_only_digits(path, "\n".join([HEADER, *rows, ""]))


def test_digits_become_the_same_rows_in_either_way(tmp_path: Path) -> None:
    path = tmp_path / "order_products.csv"
    rows = [",".join(cells) for cells in product(CELLS, CELLS, ["0", "7", ""], CELLS)]
    assert has_only_digits(path, "\n".join([HEADER, *rows, *SHAPES]))
    query = model("staging/instacart/base_instacart__order_products.sql")
    columns = {column: "VARCHAR" for column in HEADER.split(",")}
    with duckdb.connect() as connection:
        connection.execute("create schema raw")
        for is_known in (True, False):
            connection.execute(
                f"""
                create or replace view raw.order_products as
                select *, 1 as file_number, {is_known} as has_only_digits
                from read_csv(
                    '{path}', columns = {columns}, header = true, auto_detect = false,
                    quote = '"', escape = '"', store_rejects = true
                )
                """
            )
            connection.execute(f"create table known_{is_known} as {query}")
        ((count, rejected, kept_texts),) = connection.sql(
            "select count(*), count(rejection_reason), count(raw_row) from known_True"
        ).fetchall()
        differences = connection.sql(
            """
            (from known_True except all from known_False)
            union all (from known_False except all from known_True)
            """
        ).fetchall()

    assert not differences
    assert len(rows) <= count < len(rows) + len(SHAPES)
    assert 0 < rejected < kept_texts < count
