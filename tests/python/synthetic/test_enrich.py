"""`instacart enrich` adds fabricated customers and prices and leaves the rest alone."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
from pathlib import Path

import pytest
from generated_packages import check_customers
from instacart import cli
from instacart.synthetic import enrich, generate


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("generated")
    generate.generate(folder, "kaggle", 0.0005, 7)
    return folder


@pytest.fixture
def raw(generated: Path, tmp_path: Path) -> Path:
    """A folder with Kaggle's files as somebody downloads them."""
    folder = tmp_path / "raw"
    shutil.copytree(generated, folder, ignore=shutil.ignore_patterns("truth.json"))
    return folder


def users_of(folder: Path) -> set[int]:
    with (folder / "orders.csv").open(newline="") as file:
        return {int(row["user_id"]) for row in csv.DictReader(file)}


def test_customers_cover_every_user_once(raw: Path) -> None:
    result = enrich.enrich(raw)
    users = users_of(raw)
    assert result["files"]["customers.csv"]["rows"] == len(users)
    check_customers(raw / "customers.csv", users)


def test_prices_are_added_and_nothing_else_changes(raw: Path) -> None:
    original = (raw / "products.csv").read_bytes()
    enrich.enrich(raw)
    assert (raw / "products.kaggle.csv.bak").read_bytes() == original
    before, after = original.split(b"\n"), (raw / "products.csv").read_bytes()
    after = after.split(b"\n")
    assert after[0] == before[0] + b",prices"
    assert [line.rpartition(b",")[0] for line in after[1:]] == [
        line if line else b"" for line in before[1:]
    ]
    with (raw / "products.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 49_688
    ranges = {"19": (1.6, 7.0), "12": (8.0, 25.0)}
    for row in rows:
        low, high = ranges.get(row["department_id"], (1.0, 15.0))
        assert low <= float(row["prices"]) <= high


def test_both_are_said_to_be_fabricated(
    raw: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["enrich", "--raw", str(raw), "--seed", "3"]) == 0
    said = capsys.readouterr().out
    noted = json.loads((raw / "enriched.json").read_text("utf-8"))
    assert said.splitlines()[0] == noted["fabricated"] == enrich.FABRICATED
    assert noted["seed"] == 3
    assert set(noted["files"]) == {
        *("customers.csv", "products.csv", "products.kaggle.csv.bak")
    }


def test_windows_line_ends_gaps_in_ids_and_gzip_are_kept(tmp_path: Path) -> None:
    products = (
        b"product_id,product_name,aisle_id,department_id\r\n"
        b'7,"9\\""x13\\"" Pan, Caf\xc3\xa9  Set",10,17\r\n'
        b"9,Plain,61,19"
    )
    (tmp_path / "products.csv.gz").write_bytes(gzip.compress(products))
    orders = b"order_id,user_id\n1,50\n2,3\n3,50\n"
    (tmp_path / "orders.csv.gz").write_bytes(gzip.compress(orders))
    enrich.enrich(tmp_path)
    lines = (tmp_path / "products.csv").read_bytes().split(b"\r\n")
    names = [line.rpartition(b",")[0] for line in lines]
    assert names == products.split(b"\r\n")
    assert gzip.decompress((tmp_path / "products.kaggle.csv.gz.bak").read_bytes()) == (
        products
    )
    assert not (tmp_path / "products.csv.gz").exists()
    with (tmp_path / "customers.csv").open(newline="") as file:
        assert {row["user_id"] for row in csv.DictReader(file)} == {"3", "50"}


def test_same_seed_gives_the_same_bytes(
    raw: Path, generated: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(generated, other, ignore=shutil.ignore_patterns("truth.json"))
    enrich.enrich(raw, 5)
    enrich.enrich(other, 5)
    for name in ("customers.csv", "products.csv", "enriched.json"):
        assert (raw / name).read_bytes() == (other / name).read_bytes()


def refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Run on `folder`, which must be refused; return the message."""
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert cli.run(["enrich", "--raw", str(folder)]) == 1
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    return message


@pytest.mark.parametrize("name", ["orders.csv", "products.csv"])
def test_a_missing_file_is_refused(
    raw: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (raw / name).unlink()
    assert f"expected {name} or {name}.gz" in refused(raw, capsys)


def test_an_enriched_folder_is_refused(
    raw: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    enrich.enrich(raw)
    assert "found customers.csv" in refused(raw, capsys)
    (raw / "customers.csv").unlink()
    (raw / "products.kaggle.csv.bak").unlink()
    assert "found a column prices" in refused(raw, capsys)


@pytest.mark.parametrize(
    ("products", "message"),
    [
        (b"", "expected Kaggle's header"),
        (b"product_id;product_name\n1;x\n", "expected Kaggle's header"),
        (enrich.HEADER + b"\n1,x,1,produce\n", "at the end of line 2"),
    ],
)
def test_other_product_files_are_refused(
    raw: Path, capsys: pytest.CaptureFixture[str], products: bytes, message: str
) -> None:
    (raw / "products.csv").write_bytes(products)
    assert message in refused(raw, capsys)


def test_other_order_files_are_refused(
    raw: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (raw / "orders.csv").write_text("order_id,user_id\n1,x\n")
    assert "whole numbers in user_id" in refused(raw, capsys)


def test_generating_over_an_enriched_package_removes_its_files(tmp_path: Path) -> None:
    generate.generate(tmp_path, "kaggle", 0.0005, 7)
    enrich.enrich(tmp_path)
    generate.generate(tmp_path, "kaggle", 0.0005, 8)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {*generate.PACKAGES["kaggle"], "truth.json"}


def test_a_kept_original_of_somebody_else_is_not_removed(raw: Path) -> None:
    enrich.enrich(raw)
    kept = (raw / "products.kaggle.csv.bak").read_bytes()
    for name in generate.PACKAGES["kaggle"]:
        (raw / name).unlink()
    (raw / "customers.csv").unlink()
    generate.generate(raw, "careerfoundry", 0.0005, 1)
    assert (raw / "products.kaggle.csv.bak").read_bytes() == kept
