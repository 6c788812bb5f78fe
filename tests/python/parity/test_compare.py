"""What differs between two published files is found, whatever and wherever it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from parity.broken import add_broken_lines, kinds
from parity.cases import CASES
from parity.compare import TOLERANCE, Compared, compare

CREATE = """
create schema marts;
create schema data_quality;
create table marts.t as from (values
    (1, 'a', 0.5::decimal(10, 2), 3.0::double),
    (2, null, null, null),
    (3, 'b', 0.5, 'nan')
) as t (id, name, money, share);
create table data_quality.copies as from (values ('x'), ('x')) as copies (text);
create table data_quality.build_info as select random() as built_at;
create table data_quality.changes_since_last_version as select random() as change;
"""
CHANGES = {
    "a text": ("update marts.t set name = 'A' where id = 1", "name 'a' and 'A'"),
    "a key": ("update marts.t set id = 9 where id = 3", "id 3 and 9"),
    "a null": ("update marts.t set name = '' where id = 2", "name None and ''"),
    "a cent": ("update marts.t set money = 0.51 where id = 1", "money "),
    "a double": ("update marts.t set share = 3.00000001 where id = 1", "share 3.0 and"),
    "a double that is null": (
        "update marts.t set share = 0 where id = 2",
        "share None",
    ),
    "no number": ("update marts.t set share = 1 where id = 3", "share nan and 1.0"),
    "a row less": ("delete from marts.t where id = 1", "3 rows on DuckDB, 2 on Spark"),
    "another copy": (
        "insert into data_quality.copies values ('x')",
        "2 rows on DuckDB, 3 on Spark",
    ),
    "a type": ("alter table marts.t alter id type bigint", "other columns"),
    "a column": ("alter table marts.t add column more integer", "other columns"),
    "a table less": ("drop table data_quality.copies", "built by DuckDB only"),
    "a table more": ("create table marts.u as select 1 as id", "built by Spark only"),
}
Found = Callable[[str], Compared]


@pytest.fixture
def found(tmp_path: Path) -> Found:
    """What differs once a statement changed the second of two equal files."""

    def compared(change: str) -> Compared:
        for name, statement in {"one": "select 1", "other": change}.items():
            with duckdb.connect(str(tmp_path / name)) as connection:
                connection.execute(f"{CREATE} {statement}")
        return compare(tmp_path / "one", tmp_path / "other")

    return compared


@pytest.mark.parametrize("change", CHANGES)
def test_a_difference_is_named(change: str, found: Found) -> None:
    statement, expected = CHANGES[change]
    differences = found(statement).differences
    assert any(expected in line for line in differences), differences


def test_equal_files_are_counted(found: Found) -> None:
    assert found("select 1") == Compared(2, 5, [])


@pytest.mark.parametrize(("part", "is_equal"), [(0.9, True), (1.1, False)])
def test_doubles_may_differ_in_their_last_digits(
    part: float, is_equal: bool, found: Found
) -> None:
    share = 3.0 * (1 + part * TOLERANCE)
    compared = found(f"update marts.t set share = {share!r} where id = 1")
    assert (not compared.differences) == is_equal


def test_many_rows_that_differ_are_counted(found: Found) -> None:
    lines = found("update marts.t set name = 'z', money = 1").differences
    assert len(lines) == 3


def test_broken_packages_have_what_their_name_says(tmp_path: Path) -> None:
    assert len(kinds()) > 20
    case = CASES["kaggle-broken"]
    case.write(tmp_path, 0.0005)
    products = (tmp_path / "products.csv").read_bytes()
    assert b'90003,"Rioja,28,5\n' in products
    assert b"{price}" not in products
    assert b"Cava,28,5,$4.50" not in products
    assert (tmp_path / "order_products__train.csv").read_bytes().count(b"maybe") == 1


def test_lines_are_added_to_the_files_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "products.csv").write_text("product_id,prices\n")
    add_broken_lines(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["products.csv"]
    assert b'90003,"Rioja,28,5,18.0' in (tmp_path / "products.csv").read_bytes()
