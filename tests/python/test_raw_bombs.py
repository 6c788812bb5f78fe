"""Files that would fill memory or disk, or never end, are refused in one sentence."""

from __future__ import annotations

import bz2
import gzip
import io
import os
import random
import socket
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from instacart.errors import UserError
from instacart.generated_files import recorded_files
from instacart.raw_package import contents, package, unpack
from instacart.raw_package.contents import LONGEST_LINE, scan_bytes
from instacart.raw_package.expectations import read_meta
from support.packages import write_careerfoundry, write_kaggle
from test_raw_package import inspect

HEADER = b"order_id,product_id,add_to_cart_order,reordered\n"
ROW = b'"1","2","3","1"\n'
ENDINGS = ["", ".gz", ".bz2", ".zip"]


def packed(content: bytes, ending: str, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    if ending == ".gz":
        return gzip.compress(content)
    if ending == ".bz2":
        return bz2.compress(content)
    return zipped({"orders.csv": content}, method) if ending == ".zip" else content


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return made.getvalue()


@pytest.fixture
def raw_dir(tmp_path: Path) -> Path:
    return write_careerfoundry(tmp_path / "raw")


def replace(raw_dir: Path, name: str, content: bytes) -> Path:
    """Put a file in place of the one that it is packed of."""
    (raw_dir / name.partition(".csv")[0]).with_suffix(".csv").unlink()
    path = raw_dir / name
    path.write_bytes(content)
    return path


def error_of(raw_dir: Path) -> str:
    """The one sentence about a package; nothing that was copied is left."""
    error = inspect(raw_dir)["error"]
    assert "\n" not in error and error.endswith(".")
    assert not (raw_dir.parent / "copies").exists()
    return error


# --- what is in it ----------------------------------------------------------------


@pytest.mark.parametrize("ending", ENDINGS[1:])
@pytest.mark.parametrize(
    ("first", "unit", "found"),
    [(b"", b"\0", "found binary data"), (HEADER, b"0", "found line 2 longer")],
)
def test_300_mb_without_a_line_end_are_refused_at_their_beginning(
    ending: str, first: bytes, unit: bytes, found: str, tmp_path: Path
) -> None:
    path = tmp_path / f"orders.csv{ending}"
    block = unit * 100_000_000
    if ending in (".gz", ".bz2"):
        # As streams, one after the other, which is sooner made.
        path.write_bytes(packed(first, ending) + packed(block, ending) * 3)
    else:
        path.write_bytes(packed(first + block + block + block, ending))
    del block
    copy = tmp_path / "copy.csv"
    tracemalloc.start()
    with pytest.raises(UserError, match=found):
        scan_bytes(path, None, copy)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16_000_000
    assert not copy.exists()


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"0" * LONGEST_LINE, "found line 1 longer"),
        (HEADER + b"\0" * LONGEST_LINE, "found line 2 longer"),
        (HEADER + ROW + b'"' * LONGEST_LINE, "found line 3 longer"),
        (HEADER + ROW + b"0" * LONGEST_LINE + b"\r\n" + ROW, "found line 3 longer"),
    ],
)
def test_no_line_is_without_an_end(
    ending: str, content: bytes, found: str, raw_dir: Path
) -> None:
    replace(raw_dir, f"orders.csv{ending}", packed(content, ending))
    assert found in error_of(raw_dir)


@pytest.mark.parametrize("ending", ENDINGS[1:])
@pytest.mark.parametrize(("size", "is_refused"), [(50_000, False), (50_001, True)])
def test_what_packs_too_well_is_refused_beyond_a_size(
    ending: str,
    size: int,
    is_refused: bool,
    raw_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = (raw_dir / "orders.csv").read_bytes()
    content = content.ljust(size - 1, b"\n") + b"\n"
    path = replace(raw_dir, f"orders.csv{ending}", packed(content, ending))
    monkeypatch.setattr(unpack, "UNPACKED_BYTES", 50_000)
    monkeypatch.setattr(unpack, "UNPACKED_RATIO", 2)
    monkeypatch.setattr(contents, "CHUNK_BYTES", 1000)
    if is_refused:
        assert error_of(raw_dir) == (
            f"orders.csv{ending}: expected at most 50,000 bytes when unpacked, found"
            f" more in {path.stat().st_size:,} packed ones; copy the file again, or if"
            " it is right, unpack it there and remove the archive."
        )
        monkeypatch.setattr(unpack, "UNPACKED_RATIO", 1000)
    assert "error" not in inspect(raw_dir)


@pytest.mark.parametrize("ending", ENDINGS[1:])
def test_a_file_that_packs_as_csv_does_may_have_any_size(
    ending: str, raw_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = (raw_dir / "orders.csv").read_bytes()
    replace(raw_dir, f"orders.csv{ending}", packed(content, ending))
    monkeypatch.setattr(unpack, "UNPACKED_BYTES", 1)
    assert "error" not in inspect(raw_dir)


@pytest.mark.parametrize("ending", ["", ".gz", ".bz2"])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize(("size", "is_refused"), [(99, False), (100, True)])
@pytest.mark.parametrize("chunk", [1, 7, 60, 99])
def test_a_line_may_be_as_long_as_duckdb_reads(
    ending: str,
    line_end: bytes,
    size: int,
    is_refused: bool,
    chunk: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(contents, "LONGEST_LINE", 100)
    monkeypatch.setattr(contents, "CHUNK_BYTES", chunk)
    path = tmp_path / f"orders.csv{ending}"
    line = b"1" * size
    for lines, number in (
        ([b"id", b"2", line, b"3", b""], 3),
        ([b"id", b"2", line], 3),
        ([line, b"2", b""], 1),
    ):
        path.write_bytes(packed(line_end.join(lines), ending))
        if not is_refused:
            assert scan_bytes(path).first_lines[0] == lines[0].decode()
            continue
        number = 1 if line_end == b"\r" else number
        with pytest.raises(UserError) as error:
            scan_bytes(path)
        assert str(error.value) == (
            f"orders.csv{ending}: expected lines of fewer than 100 bytes, found line"
            f" {number} longer; export the file again with a line end after each row."
        )


def test_a_line_may_be_as_long_as_duckdb_does_read(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    for size, rows in ((LONGEST_LINE - 1, 3), (LONGEST_LINE, 2)):
        path.write_bytes(b"a,b\n1,2\n3," + b"x" * (size - 2) + b"\n5,6\n")
        found = duckdb.sql(
            f"select count(*) from read_csv('{path}', header = true, delim = ',',"
            " columns = {'a': 'VARCHAR', 'b': 'VARCHAR'}, auto_detect = false,"
            " ignore_errors = true)"
        ).fetchall()
        assert found == [(rows,)]
    with pytest.raises(UserError):
        scan_bytes(path)


def test_a_header_longer_than_a_chunk_is_read_whole(
    raw_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = read_meta()["orders"]
    before = inspect(raw_dir, orders=orders)
    monkeypatch.setattr(contents, "CHUNK_BYTES", 10)
    assert inspect(raw_dir, orders=orders) == before


@pytest.mark.parametrize("ending", ENDINGS)
def test_quotes_are_looked_at_in_files_of_a_size_packed_or_not(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw_dir = write_kaggle(tmp_path / "raw")
    content = HEADER + ROW * 50 + b'2,"3,1,1\n'
    name = "order_products__prior.csv"
    (raw_dir / name).unlink()
    (raw_dir / f"{name}{ending}").write_bytes(packed(content, ending))
    for size, has_copy in ((len(content), True), (len(content) - 1, False)):
        monkeypatch.setattr(package, "QUOTED_BYTES_CHECKED", size)
        found = inspect(raw_dir)
        note = f"{name}{ending} leaves a quote open: read from a copy"
        assert any(each.startswith(note) for each in found["notes"]) is has_copy
        file = found["tables"]["order_products"][0]
        assert ("readable" in file["path"]) is has_copy


def test_a_gzip_file_cut_anywhere_is_refused(raw_dir: Path) -> None:
    # DuckDB takes the rows up to there for the whole file.
    content = gzip.compress((raw_dir / "orders.csv").read_bytes())
    for size in range(1, len(content), 7):
        path = raw_dir / "orders.csv.gz"
        path.write_bytes(content[:size])
        with pytest.raises(UserError, match=r"gz: expected gzip data, found "):
            scan_bytes(path)


# --- archives that lie ------------------------------------------------------------


def with_declared_size(archive: bytes, size: int) -> bytes:
    """A zip archive of one file with another size of that in its directory."""
    start = archive.index(b"PK\1\2") + 24
    return archive[:start] + struct.pack("<I", size) + archive[start + 4 :]


@pytest.mark.parametrize(
    ("size", "says"),
    [
        (10, "found a packed file that is damaged or cut short; copy the file again."),
        (400_000, "found a packed file that is damaged or cut short"),
        (4_000_000_000, "expected at most 536,870,912 bytes when unpacked, found more"),
    ],
)
def test_a_zip_archive_that_lies_about_a_size_is_refused(
    size: int, says: str, raw_dir: Path
) -> None:
    content = packed((raw_dir / "orders.csv").read_bytes() + b"\n" * 300_000, ".zip")
    replace(raw_dir, "orders.csv.zip", with_declared_size(content, size))
    assert says in error_of(raw_dir)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_archive_of_a_method_without_limits_is_refused(
    method: int, raw_dir: Path
) -> None:
    content = (raw_dir / "orders.csv").read_bytes()
    replace(raw_dir, "orders.csv.zip", packed(content, ".zip", method))
    assert "found one packed by an unusual method" in error_of(raw_dir)


@pytest.mark.parametrize(
    ("name", "pack", "says"),
    [
        (
            "orders.csv.zip",
            lambda content: zipped({"orders.csv.gz": gzip.compress(content)}),
            "found 1 file in it (orders.csv.gz); unpack it there",
        ),
        (
            "orders.csv.zip",
            lambda content: packed(gzip.compress(content), ".zip"),
            "found gzip data; unpack it there",
        ),
        (
            "orders.csv.gz",
            lambda content: gzip.compress(gzip.compress(content)),
            "found gzip data; unpack it there",
        ),
        (
            "orders.csv.bz2",
            lambda content: bz2.compress(packed(content, ".zip")),
            "expected comma-separated UTF-8 text, found a zip archive",
        ),
        (
            "orders.csv.zip",
            lambda content: zipped({"a\nb\x1b[31m": content}),
            r"found 1 file in it (a\nb\x1b[31m)",
        ),
    ],
)
def test_what_is_packed_twice_or_oddly_named_is_refused(
    name: str, pack: Callable[[bytes], bytes], says: str, raw_dir: Path
) -> None:
    replace(raw_dir, name, pack((raw_dir / "orders.csv").read_bytes()))
    assert says in error_of(raw_dir)


@pytest.mark.parametrize("ending", ENDINGS[1:])
def test_whatever_is_damaged_is_refused_in_one_sentence(
    ending: str, tmp_path: Path
) -> None:
    content = packed(HEADER + b"".join(b"%d,1,1,1\n" % i for i in range(500)), ending)
    path = tmp_path / f"orders.csv{ending}"
    numbers = random.Random(1)
    # Sizes and flags stand in the first and the last bytes.
    places = [*range(40), *range(len(content) - 80, len(content))]
    for _ in range(300):
        spoilt = bytearray(content)
        for place in numbers.sample(places, 3):
            spoilt[place] = numbers.choice((0, 1, 255))
        path.write_bytes(spoilt)
        try:
            scan_bytes(path, None, tmp_path / "copy.csv")
        except UserError as error:
            assert str(error).startswith(f"orders.csv{ending}: expected ")


# --- no files ---------------------------------------------------------------------


def make_socket(path: Path) -> None:
    # A path may have 100 characters only.
    before = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(before)


NO_FILES: dict[str, Callable[[Path], object]] = {
    "a named pipe": os.mkfifo,
    "a socket": make_socket,
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a link to nothing": lambda path: path.symlink_to("nothing"),
    "something else": Path.mkdir,
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", NO_FILES)
@pytest.mark.parametrize("name", ["orders.csv", "customers.csv", "products.csv.gz"])
def test_what_is_named_as_a_file_and_is_none_is_not_opened(
    kind: str, name: str, raw_dir: Path
) -> None:
    (raw_dir / f"{name.partition('.')[0]}.csv").unlink()
    NO_FILES[kind](raw_dir / name)
    if name.endswith(".gz") and (raw_dir / name).is_dir():
        assert error_of(raw_dir).startswith("products.csv: expected in ")
        return
    assert error_of(raw_dir) == (
        f"{name}: expected a file, found {kind} of that name; put the CSV file there."
    )


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", NO_FILES)
@pytest.mark.parametrize("name", ["truth.json", "enriched.json"])
def test_what_is_named_as_a_record_and_is_none_is_not_opened(
    kind: str, name: str, raw_dir: Path
) -> None:
    before = inspect(raw_dir)
    NO_FILES[kind](raw_dir / name)
    assert recorded_files(raw_dir) == {}
    assert inspect(raw_dir) == before


@pytest.mark.parametrize("content", [b'{"files":' + b"[" * 500_000, b"0"])
def test_a_record_that_none_could_be_is_none(content: bytes, raw_dir: Path) -> None:
    before = inspect(raw_dir)
    path = raw_dir / "truth.json"
    path.write_bytes(content)
    if len(content) == 1:
        # Of holes, which take no room on the disk.
        os.truncate(path, 1 << 40)
    assert recorded_files(raw_dir) == {}
    assert inspect(raw_dir) == before


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", ["a named pipe", "a link to nothing"])
def test_a_part_that_is_no_file_is_not_left_out(kind: str, raw_dir: Path) -> None:
    content = (raw_dir / "orders.csv").read_bytes()
    (raw_dir / "orders.csv").unlink()
    folder = raw_dir / "orders.csv"
    folder.mkdir()
    (folder / "_SUCCESS").touch()
    (folder / "part-00000.csv").write_bytes(content)
    assert "error" not in inspect(raw_dir)
    NO_FILES[kind](folder / "part-00001.csv")
    assert error_of(raw_dir).startswith(
        f"orders.csv/part-00001.csv: expected a file, found {kind}"
    )


@pytest.mark.timeout(60)
def test_files_of_other_names_may_be_anything(raw_dir: Path) -> None:
    for kind, make in NO_FILES.items():
        make(raw_dir / f"{kind}.csv")
    assert "error" not in inspect(raw_dir)
