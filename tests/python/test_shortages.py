"""Memory or a disk that ran out is known by what DuckDB and the system say."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from instacart.shortages import shortage

ENOSPC = "No space left on device"


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INSTACART_DB", str(tmp_path / "db" / "w.duckdb"))
    monkeypatch.setenv("INSTACART_TEMP_DIR", str(tmp_path / "tmp"))
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / "target"))
    monkeypatch.setenv("INSTACART_MEMORY_LIMIT", "1GB")


@pytest.mark.parametrize(
    ("text", "name", "folder"),
    [
        (f'IO Error: Could not write file "HERE/db/w": {ENOSPC}', "INSTACART_DB", "db"),
        (
            f'IO Error: Could not write file "HERE/tmp/run-1/x.tmp": {ENOSPC}',
            *("INSTACART_TEMP_DIR", "tmp"),
        ),
        (
            f'IO Error: Could not write file "/duckdb_temp_block-1.block": {ENOSPC}',
            *("INSTACART_TEMP_DIR", "tmp"),
        ),
        (
            "Out of Memory Error: failed to offload data block of size 160.0 KiB (18.0"
            " MiB/18.0 MiB used).",
            *("INSTACART_TEMP_DIR", "tmp"),
        ),
        (
            "Invalid Input Error: Python exception occurred while executing the UDF:"
            f" OSError: [Errno 28] {ENOSPC}",
            *("INSTACART_TEMP_DIR", "tmp"),
        ),
        (
            f"OSError: [Errno 28] {ENOSPC}: 'HERE/tmp/run-1/a.csv'",
            *("INSTACART_TEMP_DIR", "tmp"),
        ),
        (
            f"OSError: [Errno 28] {ENOSPC}: 'HERE/target/a.json'",
            *("DBT_TARGET_PATH", "target"),
        ),
        (f"OSError: [Errno 28] {ENOSPC}", "DBT_TARGET_PATH", "target"),
        ("OSError: [Errno 122] Disk quota exceeded", "DBT_TARGET_PATH", "target"),
    ],
)
def test_a_full_disk_is_named_by_its_variable(
    text: str, name: str, folder: str, tmp_path: Path
) -> None:
    assert str(shortage(text.replace("HERE", str(tmp_path)))) == (
        f"{name}: expected room on the disk of {folder}, found it full; free some, or"
        " name a folder on another disk."
    )


@pytest.mark.parametrize(
    "text",
    [
        "  Out of Memory Error: could not allocate block of size 30.5 MiB",
        "OSError: [Errno 12] Cannot allocate memory",
        "MemoryError",
    ],
)
def test_too_little_memory_is_named_by_its_variable(text: str) -> None:
    assert str(shortage(text)) == (
        "INSTACART_MEMORY_LIMIT: expected enough memory for every model, found that 1GB"
        " is not enough for one; set a higher one, make room in INSTACART_TEMP_DIR, or"
        " build one at a time with INSTACART_DBT_THREADS=1."
    )


@pytest.mark.parametrize(
    ("spill_to", "name"),
    [("tmp", "INSTACART_TEMP_DIR"), ("", "INSTACART_MEMORY_LIMIT")],
)
def test_what_duckdb_says_is_known(tmp_path: Path, spill_to: str, name: str) -> None:
    settings = {
        "memory_limit": "60MB",
        "threads": "2",
        "temp_directory": spill_to and str(tmp_path / spill_to),
    }
    with duckdb.connect(config=settings) as connection:
        connection.execute("set max_temp_directory_size = '5MB'")
        with pytest.raises(duckdb.Error) as raised:
            connection.execute(
                "create table sorted as"
                " select md5(range::varchar) as x from range(3000000) order by x"
            )
    assert str(shortage(str(raised.value))).startswith(f"{name}: ")


@pytest.mark.parametrize(
    "text", ["1 of 9 OK created out_of_memory", "FAIL 2 unique_space_left", "space"]
)
def test_other_lines_are_none(text: str) -> None:
    assert shortage(text) is None
