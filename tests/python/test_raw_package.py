"""raw_package.py says what is wrong with a file, and leaves good ones as they are."""

from __future__ import annotations

import errno
import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import raw_package
import yaml
from conftest import CUSTOMER_NAMES, PROJECT_DIR, write_careerfoundry, write_kaggle


def expectations() -> dict[str, dict]:
    """What the macro raw_file_expectations hands over, from the same YAML."""
    path = PROJECT_DIR / "models/staging/instacart/_instacart__sources.yml"
    found = {}
    for table in yaml.safe_load(path.read_text())["sources"][0]["tables"]:
        meta = table["config"]["meta"]
        found[table["name"]] = {
            "files": meta["files"],
            "one_of": meta.get("one_of", []),
            "lacking": meta.get("lacking", ""),
            "wide_column": meta.get("wide_column"),
            "columns": {
                column["name"]: column.get("config", {})
                .get("meta", {})
                .get("optional", False)
                for column in table["columns"]
            },
        }
    return found


def inspect(raw_dir: Path, **only: dict) -> dict:
    found = raw_package.inspect_package(
        str(raw_dir), json.dumps(only or expectations()), str(raw_dir.parent / "copies")
    )
    return json.loads(found)


@pytest.fixture
def raw_dir(tmp_path: Path) -> Path:
    return write_careerfoundry(tmp_path / "raw")


def test_good_packages_are_read_where_they_lie(tmp_path: Path) -> None:
    for write in (write_careerfoundry, write_kaggle):
        folder = write(tmp_path / write.__name__)
        tables = inspect(folder)["tables"]
        files = [file for found in tables.values() for file in found]
        assert {file["name"] for file in files} == set(os.listdir(folder))
        assert all(file["path"] == str(folder / file["name"]) for file in files)
        assert [file["name"] for file in files if file["is_wide"]] == (
            ["departments.csv"] if write is write_careerfoundry else []
        )


def test_absent_optional_files_and_columns_are_noted(tmp_path: Path) -> None:
    notes = inspect(write_kaggle(tmp_path / "raw"))["notes"]
    assert "no prices in products.csv: unknown" in notes
    assert any("customers.csv" in note for note in notes)


@pytest.mark.parametrize("size", [97, 98, 99, 100, 101, 128, 4096])
@pytest.mark.parametrize("is_packed", [False, True])
def test_chunk_ends_inside_characters_and_line_ends_change_nothing(
    size: int, is_packed: bool, raw_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = b"product_id,product_name,aisle_id,department_id\r\n"
    names = [f"{i},{'é€😀' * (i % 7)},1,1\r\n".encode() for i in range(200)]
    content = header + b"".join(names)
    path = raw_dir / ("products.csv.gz" if is_packed else "products.csv")
    (raw_dir / "products.csv").unlink()
    path.write_bytes(gzip.compress(content) if is_packed else content)
    monkeypatch.setattr(raw_package, "CHUNK_BYTES", size)

    scan = raw_package.scan_bytes(path)

    assert scan.bytes_read == len(content)
    assert not scan.mixes_line_ends
    assert scan.has_rows


@pytest.mark.parametrize("limit", range(100, 112))
def test_packed_file_looked_at_in_part_is_not_called_broken(
    limit: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "products.csv.gz"
    path.write_bytes(gzip.compress(b"id,name\n" + "1,€😀é\n".encode() * 50))
    monkeypatch.setattr(raw_package, "CHUNK_BYTES", limit)
    monkeypatch.setattr(raw_package, "PACKED_BYTES_CHECKED", limit)
    assert raw_package.scan_bytes(path).bytes_read == limit


@pytest.mark.parametrize("size", range(60, 90))
def test_wrong_byte_is_found_with_its_line_wherever_a_chunk_ends(
    size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "products.csv"
    path.write_bytes(b"id,name\n" + "1,é€\n".encode() * 9 + b"2,caf\xe9\n3,x\n")
    monkeypatch.setattr(raw_package, "CHUNK_BYTES", size)
    with pytest.raises(raw_package.RawPackageError, match=r"byte 0xE9 in line 11,"):
        raw_package.scan_bytes(path)


@pytest.mark.parametrize(
    ("content", "is_mixed"),
    [
        (b"a\nb\n", False),
        (b"a\r\nb\r\n", False),
        (b"a\rb\r", False),
        (b"a\r\nb\n", True),
        (b"a\nb\r", True),
        (b"a\r\nb\rc\r\n", True),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_mixed_line_ends_are_seen(
    content: bytes,
    is_mixed: bool,
    size: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(content)
    monkeypatch.setattr(raw_package, "CHUNK_BYTES", size)
    assert raw_package.scan_bytes(path).mixes_line_ends is is_mixed


@pytest.mark.parametrize(
    ("lines", "records"),
    [
        (["1,a,2", "2,b,3"], [("1,a,2", True), ("2,b,3", True)]),
        (['1,"a', 'b",2', "2,b,3"], [('1,"a\nb",2', True), ("2,b,3", True)]),
        (['1,"a,2', "2,b,3"], [('1,"a,2', False), ("2,b,3", True)]),
        (['1,"a,2', '2,"b,3', "3,c,4"], [('1,"a,2', False), ('2,"b,3', False)]),
        (['1,"a,2', '2,"b",3'], [('1,"a,2', False), ('2,"b",3', True)]),
        (['1,"a" b,2', "2,b,3"], [('1,"a" b,2', False), ("2,b,3", True)]),
        (['1,12" a,2', "2,b,3"], [('1,12" a,2', True), ("2,b,3", True)]),
        (['1,x"a,"2', "2,b,3"], [('1,x"a,"2', False), ("2,b,3", True)]),
        (['1,"a ""b"" c",2', "2,b,3"], [('1,"a ""b"" c",2', True), ("2,b,3", True)]),
    ],
)
def test_open_quote_breaks_its_own_line_only(
    lines: list[str], records: list[tuple[str, bool]], tmp_path: Path
) -> None:
    path = tmp_path / "products.csv"
    path.write_text("\n".join(lines) + "\n")
    assert list(raw_package.split_records(path, 3))[: len(records)] == records


def test_copies_with_names_are_removed_when_the_run_stops(raw_dir: Path) -> None:
    customers = raw_dir / "customers.csv"
    content = customers.read_text().replace(CUSTOMER_NAMES[2][0], '"Open')
    customers.write_text(content)
    (raw_dir / "orders.csv").write_text("")
    first = expectations()["customers"]
    found = inspect(raw_dir, customers=first, orders=expectations()["orders"])
    assert found["error"].startswith("orders.csv: expected ")
    assert not (raw_dir.parent / "copies").exists()


def test_file_that_may_not_be_read_is_named(
    raw_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(raw_package, "read_chunks", refuse)
    error = inspect(raw_dir)["error"]
    assert "orders.csv: expected a file that can be read, found Permission" in error
    assert error.endswith(".")


def test_column_of_another_case_is_not_called_missing(raw_dir: Path) -> None:
    header = inspect(raw_dir)["tables"]["customers"][0]["header"]
    path = raw_dir / "customers.csv"
    lines = path.read_bytes().split(b"\r\n", 1)
    path.write_bytes(b"\r\n".join([lines[0].upper(), lines[1]]))
    assert inspect(raw_dir)["tables"]["customers"][0]["header"] == header


def test_plain_dbt_build_says_the_very_same_sentence(
    raw_dir: Path, tmp_path: Path
) -> None:
    (raw_dir / "products.csv").write_bytes(b"version https://git-lfs.github.com/spec\n")
    sentence = inspect(raw_dir)["error"]
    dbt = Path(sys.executable).with_name("dbt")
    run = subprocess.run(
        [dbt, "build", "--target-path", tmp_path / "target", "--log-path", tmp_path],
        cwd=PROJECT_DIR,
        env=os.environ
        | {
            "INSTACART_RAW_DIR": str(raw_dir),
            "INSTACART_DB": str(tmp_path / "instacart.duckdb"),
            "INSTACART_TEMP_DIR": str(tmp_path / "temp"),
        },
        capture_output=True,
        text=True,
    )
    assert run.returncode != 0
    assert [line.strip() for line in run.stdout.splitlines()].count(sentence) == 1
    assert "Traceback" not in run.stdout + run.stderr
