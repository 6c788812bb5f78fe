"""The plugin says what is wrong with a file, and leaves good ones as they are."""

from __future__ import annotations

import bz2
import errno
import gzip
import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from instacart.errors import UserError
from instacart.raw_package import contents, package, records
from instacart.raw_package.expectations import read_meta
from support.packages import CUSTOMER_NAMES, write_careerfoundry, write_kaggle
from support.warehouse import Warehouse


def inspect(raw_dir: Path, **only: dict) -> dict:
    found = package.inspect_package(
        str(raw_dir), json.dumps(only or read_meta()), str(raw_dir.parent / "copies")
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


def test_files_are_numbered_in_order_and_by_name(tmp_path: Path) -> None:
    folder = write_kaggle(tmp_path / "raw")
    before = numbers(folder)
    assert list(before) == sorted(before, key=before.get)
    (folder / "order_products__a.csv").write_bytes(
        (folder / "order_products__prior.csv").read_bytes()
    )
    after = numbers(folder)
    assert list(after) == ["order_products__a.csv", *before]
    assert not set(after.values()) & set(before.values())


def test_a_number_in_a_name_that_matches_a_pattern_is_no_part(tmp_path: Path) -> None:
    folder = write_kaggle(tmp_path / "raw")
    prior, train = "order_products__prior.csv", "order_products__train.csv"
    (folder / "order_products__2018.csv").write_bytes((folder / train).read_bytes())
    assert list(numbers(folder)) == ["order_products__2018.csv", prior, train]
    (folder / prior).rename(folder / "order_products__prior_1.csv")
    (folder / train).rename(folder / "order_products__prior_2.csv")
    assert list(numbers(folder)) == [
        "order_products__2018.csv",
        "order_products__prior_1.csv",
        "order_products__prior_2.csv",
    ]


def numbers(folder: Path) -> dict[str, int]:
    files = inspect(folder)["tables"]["order_products"]
    return {file["name"]: file["number"] for file in files}


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
    monkeypatch.setattr(contents, "CHUNK_BYTES", size)

    scan = contents.scan_bytes(path)

    assert scan.bytes_read == len(content)
    assert not scan.mixes_line_ends
    assert scan.has_rows


@pytest.mark.parametrize("size", range(60, 90))
@pytest.mark.parametrize("is_packed", [False, True])
def test_wrong_byte_is_found_with_its_line_wherever_a_chunk_ends(
    size: int, is_packed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = b"id,name\n" + "1,é€\n".encode() * 9 + b"2,caf\xe9\n3,x\n"
    path = tmp_path / ("products.csv.gz" if is_packed else "products.csv")
    path.write_bytes(gzip.compress(content) if is_packed else content)
    monkeypatch.setattr(contents, "CHUNK_BYTES", size)
    with pytest.raises(UserError, match=r"byte 0xE9 in line 11,"):
        contents.scan_bytes(path)


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
    monkeypatch.setattr(contents, "CHUNK_BYTES", size)
    assert contents.scan_bytes(path).mixes_line_ends is is_mixed


@pytest.mark.parametrize(
    ("lines", "expected"),
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
    lines: list[str], expected: list[tuple[str, bool]], tmp_path: Path
) -> None:
    path = tmp_path / "products.csv"
    path.write_text("\n".join(lines) + "\n")
    found = [record[:2] for record in records.split_records(path, 3)]
    assert found[: len(expected)] == expected


def test_copies_with_names_are_removed_when_the_run_stops(raw_dir: Path) -> None:
    customers = raw_dir / "customers.csv"
    content = customers.read_text().replace(CUSTOMER_NAMES[2][0], '"Open')
    customers.write_text(content)
    (raw_dir / "orders.csv").write_text("")
    first = read_meta()["customers"]
    found = inspect(raw_dir, customers=first, orders=read_meta()["orders"])
    assert found["error"].startswith("orders.csv: expected ")
    assert not (raw_dir.parent / "copies").exists()


def test_file_that_may_not_be_read_is_named(
    raw_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, name: str) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(contents, "read_chunks", refuse)
    error = inspect(raw_dir)["error"]
    assert "orders.csv: expected a file that can be read, found Permission" in error
    assert error.endswith(".")


def test_column_of_another_case_is_not_called_missing(raw_dir: Path) -> None:
    header = inspect(raw_dir)["tables"]["customers"][0]["header"]
    path = raw_dir / "customers.csv"
    lines = path.read_bytes().split(b"\r\n", 1)
    path.write_bytes(b"\r\n".join([lines[0].upper(), lines[1]]))
    assert inspect(raw_dir)["tables"]["customers"][0]["header"] == header


@pytest.mark.slow
def test_dbt_says_the_very_same_sentence(raw_dir: Path, warehouse: Warehouse) -> None:
    (raw_dir / "products.csv").write_bytes(b"version https://git-lfs.github.com/spec\n")
    sentence = inspect(raw_dir)["error"]
    run = warehouse.dbt("build", raw_dir, "--select", "stg_instacart__files")
    assert not run.succeeded
    assert [line.strip() for line in run.output.splitlines()].count(sentence) == 1
    assert "Traceback" not in run.output + run.error


def test_exports_of_other_names_are_not_read(raw_dir: Path) -> None:
    (raw_dir / "orders_products_combined.csv").write_text("order_id\n1\n")
    found = inspect(raw_dir)
    (file,) = found["tables"]["order_products"]
    assert file["name"] == "orders_products_prior.csv"
    assert any("orders_products_combined.csv" in note for note in found["notes"])


def test_a_folder_below_raw_files_is_not_read_and_named(raw_dir: Path) -> None:
    names = [path.name for path in raw_dir.iterdir()]
    for folder in ("kaggle", "pictures", "departments", ".old"):
        (raw_dir / folder).mkdir()
    (raw_dir / "kaggle" / "orders.csv").write_text("order_id\n1\n")
    (raw_dir / "departments" / "notes.csv").write_text("order_id\n1\n")
    found = inspect(raw_dir)
    files = [file["name"] for table in found["tables"].values() for file in table]
    assert sorted(files) == sorted(names)
    (note,) = (each for each in found["notes"] if each.startswith("not read"))
    assert note == "not read, as there are raw files above them: kaggle"


def test_a_folder_that_may_not_be_looked_into_is_passed_over(
    raw_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = raw_dir / "package"
    inner.mkdir()
    for path in raw_dir.glob("*.csv"):
        path.rename(inner / path.name)
    (raw_dir / "lost+found").mkdir()
    listed = Path.iterdir

    def iterdir(path: Path) -> Iterator[Path]:
        if path.name == "lost+found":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    monkeypatch.setattr(os, "access", lambda path, _: path.name != "lost+found")
    files = inspect(raw_dir)["tables"]["orders"]
    assert [file["name"] for file in files] == ["package/orders.csv"]


def test_the_files_of_one_table_are_found_without_dbt(raw_dir: Path) -> None:
    copies = raw_dir.parent / "copies"
    content = (raw_dir / "orders.csv").read_bytes()
    (raw_dir / "orders.csv").unlink()
    (raw_dir / "Orders.csv.bz2").write_bytes(bz2.compress(content))
    (file,) = package.inspect_table(raw_dir, "orders", copies)
    assert file.name == "Orders.csv.bz2"
    assert Path(file.path).read_bytes() == content
    assert package.inspect_table(raw_dir, "aisles", copies) == []
    with pytest.raises(UserError, match=r"products\.csv"):
        (raw_dir / "products.csv").unlink()
        package.inspect_table(raw_dir, "products", copies)


def test_copies_of_packed_files_are_removed_when_the_run_stops(raw_dir: Path) -> None:
    for name in ("customers.csv", "orders.csv"):
        path = raw_dir / name
        path.with_name(f"{name}.bz2").write_bytes(bz2.compress(path.read_bytes()))
        path.unlink()
    (raw_dir / "orders.csv.bz2").write_bytes(bz2.compress(b"order_id\n"))
    meta = read_meta()
    found = inspect(raw_dir, customers=meta["customers"], orders=meta["orders"])
    assert found["error"].startswith("orders.csv.bz2: expected ")
    assert not (raw_dir.parent / "copies").exists()


@pytest.mark.parametrize("ending", [".zip", ".gz", ".bz2"])
def test_all_files_may_be_packed_optional_ones_too(ending: str, raw_dir: Path) -> None:
    for path in sorted(raw_dir.iterdir()):
        packed = path.with_name(f"{path.name}{ending}")
        if ending == ".zip":
            with zipfile.ZipFile(packed, "w") as archive:
                archive.write(path, path.name)
        else:
            pack = gzip.compress if ending == ".gz" else bz2.compress
            packed.write_bytes(pack(path.read_bytes()))
        path.unlink()
    found = inspect(raw_dir)["tables"]
    names = [file["name"] for files in found.values() for file in files]
    assert sorted(names) == sorted(os.listdir(raw_dir))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has none")
@pytest.mark.parametrize("is_packed", [False, True])
def test_a_full_disk_is_named(is_packed: bool, raw_dir: Path) -> None:
    path = raw_dir / "orders.csv"
    content = path.read_bytes()
    folder, name = "readable", "orders.csv"
    if is_packed:
        folder, name = "unpacked", "orders.csv.bz2"
        path.unlink()
        (raw_dir / name).write_bytes(bz2.compress(content))
    else:
        path.write_bytes(content.replace(b"\n", b"\r\n", 1))
    copy = raw_dir.parent / "copies" / folder / f"{name}.csv"
    copy.parent.mkdir(parents=True)
    copy.symlink_to("/dev/full")
    error = inspect(raw_dir)["error"]
    assert error.startswith(f"{name}: expected room for a copy in {copy.parent}, found")
    assert error.endswith("point INSTACART_TEMP_DIR to another.")


def test_a_name_that_would_move_a_terminal_is_shown_escaped(raw_dir: Path) -> None:
    (raw_dir / "x\x1b[31m\nOK.csv").write_text("a\n1\n")
    notes = inspect(raw_dir)["notes"]
    assert any(note.endswith(r": x\x1b[31m\nOK.csv") for note in notes)
    orders = raw_dir / "orders.csv"
    orders.write_text(orders.read_text().replace("order_dow", "\x1b[31mdow"))
    assert r"found \x1b[31mdow in the header" in inspect(raw_dir)["error"]


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    folder = write_kaggle(tmp_path / "raw")
    name = os.fsdecode(b"order_products__\xff.csv")
    try:
        (folder / "order_products__train.csv").rename(folder / name)
    except OSError:
        pytest.skip("this file system has names in UTF-8 only")
    assert inspect(folder)["error"] == (
        r"order_products__\udcff.csv: expected a file name in UTF-8, found another"
        " encoding; rename the file."
    )
