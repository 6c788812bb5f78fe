"""What is odd in a cell stays what it is."""

from __future__ import annotations

import datetime
from pathlib import Path

import duckdb
import openpyxl

from export.support import FIRST, Make, cells, export

# What XML can't hold, Excel writes as _xHHHH_; openpyxl shows it as it is.
ESCAPED = {
    "\x01\x02": "_x0001__x0002_",
    "a\r\nb": "a_x000D_\nb",
    "_x0001_": "_x005F_x0001_",
    "\ufffe": "_xFFFE_",
}


def test_texts_stay_texts(other: Make, tmp_path: Path) -> None:
    texts = ["=1+1", "http://example.com", "mailto:a@b.c", "007", "1e5", "TRUE", "+1"]
    texts += ["@a", "{=A1}", "<r>", "<r><b></r>", "</r>&amp;", " spaced ", "'a", ""]
    texts += ["line\nbreak", "#N/A", "\U0001f955 ümlaut", *ESCAPED]
    values = ", ".join(f"({number}, ?)" for number in range(len(texts)))
    path = other()
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "create table marts.dim_texts (number integer, text varchar)"
        )
        connection.execute(f"insert into marts.dim_texts values {values}", texts)
    export(tmp_path / "marts.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "marts.xlsx")["dim_texts"]
    found = [row[1] for row in sheet.iter_rows(min_row=FIRST)]
    assert {cell.data_type for cell in found} <= {"s", "inlineStr", "n"}
    assert not any(cell.hyperlink for cell in found)
    assert [cell.value for cell in found] == [ESCAPED.get(text, text) for text in texts]


def test_odd_values(other: Make, tmp_path: Path) -> None:
    other(
        "create table marts.dim_odd as select * from (values"
        " (1, 'nan'::double, date '0017-03-01', 123456789012::hugeint, [1, 2]),"
        " (2, 'infinity'::double, date '1900-01-01', null, null),"
        " (3, null, date '9999-12-31', -1, null))"
        " as odd (odd_id, reorder_rate, day, big, list)",
        "create view marts.dim_empty as from marts.dim_odd where false",
    )
    export(tmp_path / "marts.xlsx")
    book = openpyxl.load_workbook(tmp_path / "marts.xlsx")
    first, second, third = cells(book["dim_odd"])
    assert first[2:] == ["0017-03-01", 123456789012, "[1, 2]"]
    assert second[2:] == [datetime.datetime(1900, 1, 1), None, None]
    assert third[1:] == [None, datetime.datetime(9999, 12, 31), -1, None]
    assert cells(book["dim_empty"]) == []
    assert book["dim_empty"].auto_filter.ref == "A2:E2"


def test_too_long_a_text_is_cut_and_counted(other: Make, tmp_path: Path) -> None:
    other("create table marts.dim_long as select 1 as id, repeat('x', 40000) as text")
    summary = export(tmp_path / "marts.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "marts.xlsx")["dim_long"]
    assert len(sheet["B3"].value) == 32_767
    assert "Cut        1 text to the 32,767 characters" in summary


def test_rows_are_as_high_as_wrapped_texts_need(other: Make, tmp_path: Path) -> None:
    other(
        "create table marts.dim_high as select * from (values"
        " (1, 'short'), (2, repeat('word ', 30)), (3, repeat('word ', 5000)))"
        " as texts (id, text)"
    )
    export(tmp_path / "marts.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "marts.xlsx")["dim_high"]
    assert all(cell.alignment.wrap_text for cell in sheet["B"][FIRST - 1 :])
    heights = [sheet.row_dimensions[row].height for row in (3, 4, 5)]
    assert heights[0] < 15 and 40 <= heights[1] <= 60
    assert 400 < heights[2] <= 409  # Excel's highest
