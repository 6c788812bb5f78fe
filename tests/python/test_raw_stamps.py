"""What a build has checked is what it read: stamps, and hashes of the files."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from instacart.errors import UserError
from instacart.raw_package import contents
from instacart.raw_package.stamps import Stamp, check_unchanged
from support.packages import write_careerfoundry
from test_raw_package import inspect


@pytest.fixture
def raw_dir(tmp_path: Path) -> Path:
    return write_careerfoundry(tmp_path / "raw")


def stamps(raw_dir: Path) -> dict[str, Stamp]:
    """The stamps of a package's files as its inspection found them."""
    return {
        file["name"]: Stamp(file["size"], file["modified_ns"], file["inode"])
        for files in inspect(raw_dir)["tables"].values()
        for file in files
    }


def zip_of(content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("orders.csv", content)
    return made.getvalue()


WAYS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "plain": ("orders.csv", lambda content: content),
    "read from a copy": ("orders.csv", lambda text: text.replace(b"\n", b"\r\n", 1)),
    "gzip": ("orders.csv.gz", gzip.compress),
    "gzip, from a copy": (
        "orders.csv.gz",
        lambda text: gzip.compress(text.replace(b"\n", b"\r\n", 1)),
    ),
    "bzip2": ("orders.csv.bz2", bz2.compress),
    "zip": ("orders.csv.zip", zip_of),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("is_linked", [False, True])
@pytest.mark.parametrize("size", [100, 1 << 18])
def test_stamp_and_hash_are_those_of_the_file_as_it_lies_there(
    way: str,
    is_linked: bool,
    size: int,
    raw_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name, pack = WAYS[way]
    path = raw_dir / "orders.csv"
    content = pack(path.read_bytes())
    path.unlink()
    path = raw_dir / name
    if is_linked:
        target = raw_dir.parent / "elsewhere"
        path.symlink_to(target)
    path.write_bytes(content)
    os.utime(path, ns=(1, 1_500_000_000_123_456_789))
    monkeypatch.setattr(contents, "CHUNK_BYTES", size)

    (file,) = inspect(raw_dir)["tables"]["orders"]

    assert file["name"] == name
    assert file["sha256"] == hashlib.sha256(content).hexdigest()
    assert file["size"] == len(content)
    assert file["modified_ns"] == 1_500_000_000_123_456_789
    assert file["inode"] == path.stat().st_ino
    assert (file["path"] == str(path)) is (way in ("plain", "gzip"))


def test_files_that_nobody_touched_are_as_checked(raw_dir: Path) -> None:
    found = stamps(raw_dir)
    assert set(found) == set(os.listdir(raw_dir))
    check_unchanged(raw_dir, found)
    os.chmod(raw_dir / "orders.csv", 0o444)
    (raw_dir / "notes.txt").touch()
    check_unchanged(raw_dir, found)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"0")


def write_again(path: Path) -> None:
    before = path.stat()
    path.write_bytes(path.read_bytes())
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))


def replace(path: Path) -> None:
    """By another file of the same size and time."""
    before = path.stat()
    other = path.with_name(".other")
    other.write_bytes(path.read_bytes()[::-1])
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)


def put_a_pipe(path: Path) -> None:
    other = path.with_name(".other")
    os.mkfifo(other)
    other.replace(path)


CHANGES: dict[Callable[[Path], object], str] = {
    empty: "0 bytes in it",
    append: "{more} bytes in it",
    write_again: "it written again",
    replace: "another of {size} bytes in its place",
    Path.unlink: "it gone",
    put_a_pipe: "another of 0 bytes in its place",
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_changed_is_named(
    change: Callable[[Path], object], raw_dir: Path
) -> None:
    found = stamps(raw_dir)
    size = found["products.csv"].size
    change(raw_dir / "products.csv")
    with pytest.raises(UserError) as error:
        check_unchanged(raw_dir, found)
    difference = CHANGES[change].format(size=f"{size:,}", more=f"{size + 1:,}")
    assert str(error.value) == (
        f"products.csv: expected the file of {size:,} bytes that was checked, found"
        f" {difference} before it was read to its end; put that file back or wait"
        " until the new one is whole, and build again."
    )


def test_the_folder_that_is_gone_is_one_sentence(raw_dir: Path) -> None:
    found = stamps(raw_dir)
    raw_dir.rename(raw_dir.with_name("moved"))
    with pytest.raises(UserError, match="found it gone before"):
        check_unchanged(raw_dir, found)


def test_a_link_to_another_file_is_seen(raw_dir: Path) -> None:
    path = raw_dir / "orders.csv"
    target = path.rename(raw_dir.parent / "first.csv")
    path.symlink_to(target)
    found = stamps(raw_dir)
    check_unchanged(raw_dir, found)
    other = raw_dir.parent / "second.csv"
    other.write_bytes(target.read_bytes())
    path.unlink()
    path.symlink_to(other)
    with pytest.raises(UserError, match=r"orders\.csv: .* another of .* in its place"):
        check_unchanged(raw_dir, found)


@pytest.mark.parametrize("name", ["orders.csv", "orders.csv.bz2"])
def test_a_file_that_changes_while_it_is_looked_at_is_seen_in_the_end(
    name: str, raw_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = raw_dir / "orders.csv"
    content = path.read_bytes()
    if name != path.name:
        path.unlink()
        path = raw_dir / name
        path.write_bytes(bz2.compress(content))
    read = contents.read_chunks

    def read_and_change(read_path: Path, read_name: str | None = None) -> Iterator:
        yield from read(read_path, read_name)
        if read_path == path:
            append(path)

    monkeypatch.setattr(contents, "read_chunks", read_and_change)
    found = stamps(raw_dir)
    with pytest.raises(UserError, match=r"orders\.csv.*: expected the file of "):
        check_unchanged(raw_dir, found)
