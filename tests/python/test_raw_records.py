"""Quotes escaped by backslashes, and files whose last row is cut."""

from __future__ import annotations

import csv
import gzip
import tracemalloc
from pathlib import Path

import pytest
from instacart.raw_package import contents, records
from instacart.raw_package.contents import scan_bytes
from instacart.raw_package.records import (
    Record,
    is_cut_short,
    logical_lines,
    read_record,
    split_records,
)

HEADER = "product_id,product_name,aisle_id\n"


@pytest.mark.parametrize(
    ("line", "name"),
    [
        # Backslashes before quotes only
        (r'1,"5\" Size",2', '5" Size'),
        (r'1,"5\" Size, \"Red\"",2', '5" Size, "Red"'),
        (r'1,"Size 5\"",2', 'Size 5"'),
        (r'1,"\"Red\" Size",2', '"Red" Size'),
        (r'1,"a\",b",2', 'a",b'),
        (r'1,"13\\"x17\\" Bags",2', r"13\"x17\" Bags"),
        (r'1,"13\\", Red",2', r"13\", Red"),
        (r'1,"Bags 13\\"",2', r"Bags 13\""),
        (r'1,"C:\tmp 5\"",2', r'C:\tmp 5"'),
        # Before backslashes as well
        (r'1,"13\\\"x17\\\" Bags",2', r"13\"x17\" Bags"),
        (r'1,"Bags 13\\\"",2', r"Bags 13\""),
    ],
)
def test_a_quote_after_a_backslash_is_read_where_the_line_breaks_otherwise(
    line: str, name: str
) -> None:
    record, taken = read_record([line, "2,Next,3"], 3)
    assert record.is_whole and record.had_backslashes and taken == 1
    assert next(csv.reader([record.text], strict=True)) == ["1", name, "2"]


@pytest.mark.parametrize(
    "line",
    [
        # As the course's file has it
        r'1,"Family \""Big\"" Chips",2',
        r'1,"Bags 13\""",2',
        r'1,"13\""x17\"", Red",2',
        # Whole as it stands
        r'1,"Red \",2',
        r"1,C:\tmp,2",
        r"1,5\" Size,2",
        # Too many cells in any way
        r'1,"a",b\",c,2',
    ],
)
def test_a_line_that_can_be_split_is_left_as_it_is(line: str) -> None:
    assert read_record([line, "2,Next,3"], 3) == (Record(line), 1)


@pytest.mark.parametrize("line", [r'1,"5\" Size,2', r'1,"5\" Size" b,2'])
def test_a_line_that_backslashes_do_not_mend_is_broken(line: str) -> None:
    record, taken = read_record([line, "2,Next,3"], 3)
    assert record == Record(line, is_whole=False)
    assert taken == 1


@pytest.mark.parametrize(
    ("end", "is_cut"),
    [
        ("1,Pears,24\n2,Plums,24", False),
        ("1,Pears,24\n2,Plums,", False),
        ("1,Pears,24\n2,Plums,24\n", False),
        ("1,Pears,24\r\n2,Plums,24", False),
        ("1,Pears,24\n2,Plums,24,4", False),
        ('1,Pears,24\n2,"Plums, red",24', False),
        ('1,Pears,24\n2,"Plums\nred",24', False),
        ('1,Pears,24\n2,"Plums\nred",', False),
        (r"1,Pears,24" "\n" r'2,"Plums \"red\"",24', False),
        ('1,Pears,24\n2,"Plums" red,24', False),
        ("1,Pears,24\n2,Plums\n", False),
        ("1,Pears,24\n  ", False),
        ("1,Pears,24\n2,Plums", True),
        ("1,Pears,24\r\n2,Plums", True),
        ("1,Pears,24\r2", True),
        ('1,Pears,24\n2,"Plums', True),
        ('1,Pears,24\n2,"Plums, red', True),
        ('1,Pears,24\n2,"Plums ""red""', True),
        ('1,Pears,24\n2,"Plums","2', True),
        ('1,Pears,24\n2,"Plums, r",2,"', True),
        (r"1,Pears,24" "\n" r'2,"Plums \"red', True),
    ],
)
@pytest.mark.parametrize("is_packed", [False, True])
@pytest.mark.parametrize("size", [1, 7, 1 << 18])
def test_a_cut_row_is_seen_at_the_end_only(
    end: str,
    is_cut: bool,
    is_packed: bool,
    size: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = f"{HEADER}{end}".encode()
    path = tmp_path / ("products.csv.gz" if is_packed else "products.csv")
    path.write_bytes(gzip.compress(content) if is_packed else content)
    monkeypatch.setattr(contents, "CHUNK_BYTES", size)
    assert is_cut_short(scan_bytes(path).last_lines, 3) is is_cut


@pytest.mark.parametrize("size", [10, 30, 1 << 18])
@pytest.mark.parametrize("tail", range(8, 40))
def test_a_row_that_reaches_further_back_than_looked_at_is_not_called_cut(
    size: int, tail: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "products.csv"
    row = "2,Plums,24"
    path.write_text(f"{HEADER}1,Pears,24\n{row}")
    monkeypatch.setattr(contents, "CHUNK_BYTES", size)
    monkeypatch.setattr(contents, "TAIL_BYTES", tail)
    assert not is_cut_short(scan_bytes(path).last_lines, 3)
    path.write_text(f"{HEADER}1,Pears,24\n{row[:7]}")
    assert is_cut_short(scan_bytes(path).last_lines, 3) is (tail > len(row[:7]))


@pytest.mark.parametrize("size", [1, 2, 7, 1 << 18])
@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\r"])
def test_lines_are_the_same_wherever_a_chunk_ends(
    size: int, end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "products.csv"
    path.write_bytes(f"\ufeffa,b\r\n1,é\n\n2,\u2028\r3,😀{end}".encode())
    monkeypatch.setattr(contents, "CHUNK_BYTES", size)
    assert [*logical_lines(path)] == ["a,b", "1,é", "", "2,\u2028", "3,😀"]


def test_records_are_not_held_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "products.csv"
    path.write_bytes(b'"id","name"\n' + b"1,Pears\n" * 100_000)
    monkeypatch.setattr(contents, "CHUNK_BYTES", 10_000)
    tracemalloc.start()
    count = sum(1 for _ in split_records(path, 2))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 100_001
    assert peak < 400_000


def test_a_file_that_grew_without_line_ends_is_not_held_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "products.csv"
    path.write_bytes(b"id\n" + b"0" * 1000 + b"\n1\n")
    monkeypatch.setattr(contents, "CHUNK_BYTES", 10)
    monkeypatch.setattr(records, "LONGEST_LINE", 100)
    lines = [*logical_lines(path)]
    assert lines[0] == "id" and lines[-1] == "1"
    assert max(map(len, lines)) <= 110
