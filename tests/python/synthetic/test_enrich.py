"""`instacart enrich` adds fabricated customers and prices and leaves the rest alone."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
import zipfile
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


def write_orders(folder: Path, *users: object, name: str = "orders.csv") -> None:
    """Orders of a small package."""
    header = (
        "order_id,user_id,eval_set,order_number,order_dow,order_hour_of_day,"
        "days_since_prior_order\n"
    )
    rows = "".join(f"{n},{user},prior,1,0,08,\n" for n, user in enumerate(users, 1))
    data = (header + rows).encode()
    (folder / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)


def prices_of(before: bytes, after: bytes) -> list[str | None]:
    """What was added to each line below the header; all else must be as it was."""
    lines = before.splitlines(keepends=True), after.splitlines(keepends=True)
    added: list[str | None] = []
    for old, new in zip(*lines, strict=True):
        body = old.rstrip(b"\r\n")
        end = old[len(body) :]
        assert new.startswith(body) and new.endswith(end)
        cell = new[len(body) : len(new) - len(end)]
        assert not cell or cell.startswith(b",")
        added.append(cell[1:].decode() if cell else None)
    assert added[0] == "prices"
    assert all(price is None or float(price) >= 1 for price in added[1:])
    return added[1:]


def test_windows_line_ends_gaps_in_ids_and_gzip_are_kept(tmp_path: Path) -> None:
    products = (
        b"product_id,product_name,aisle_id,department_id\r\n"
        b'7,"9\\""x13\\"" Pan, Caf\xc3\xa9  Set",10,17\r\n'
        b"9,Plain,61,19"
    )
    (tmp_path / "products.csv.gz").write_bytes(gzip.compress(products))
    write_orders(tmp_path, 50, 3, 50, name="orders.csv.gz")
    enrich.enrich(tmp_path)
    assert all(prices_of(products, (tmp_path / "products.csv").read_bytes()))
    assert gzip.decompress((tmp_path / "products.kaggle.csv.gz.bak").read_bytes()) == (
        products
    )
    assert not (tmp_path / "products.csv.gz").exists()
    with (tmp_path / "customers.csv").open(newline="") as file:
        assert {row["user_id"] for row in csv.DictReader(file)} == {"3", "50"}


HEADER = b"product_id,product_name,aisle_id,department_id\n"


@pytest.mark.parametrize(
    ("products", "is_priced"),
    [
        (b",product_id,product_name,aisle_id,department_id\n0,1,Tea,1,19\n", [True]),
        (
            b'"product_id","product_name","aisle_id","department_id"\n'
            b'"1","Tea","1","19"\n',
            [True],
        ),
        (b"Department_ID,aisle_id,product_id,product_name\n19,1,1,Tea\n", [True]),
        (
            b"product_id,product_name,aisle_id,department_id,aisle\n1,Tea,1,19,teas\n",
            [True],
        ),
        (b"\xef\xbb\xbf" + HEADER + b"1,Tea,1,19\n", [True]),
        (HEADER + b"1,Tea,1,19\r\n2,Rye,1,12\n\n3,Ale,1,19", [True, True, False, True]),
        (HEADER + b'1,"Tea\nof two lines",1,19\n2,Rye,1,12\n', [False, True, True]),
        (HEADER + b'1,"A \\"fine\\" tea",1,19\n2,Rye,1,12\n', [True, True]),
        # Rows that a build rejects.
        (HEADER + b"1,Tea,1,produce\nx,Rye,,\n3,Ale,1,19\n", [True, True, True]),
        (HEADER + b'1,"Tea,1,19\n2,Rye,1,12\n', [False, True]),
        (HEADER + b"1,Tea,1\n2,Rye,1,12\n", [False, True]),
        (HEADER + b"1,Tea, green,1,19\n2,Rye,1,12\n", [True, True]),
    ],
    ids=[
        *("index column", "quoted header", "other order", "more columns"),
        *("byte order mark", "mixed line ends", "line break in quotes"),
        *("backslashes", "mistyped", "open quote", "short line", "long line"),
    ],
)
def test_all_that_a_build_reads_gets_a_price_and_keeps_its_text(
    tmp_path: Path, products: bytes, is_priced: list[bool]
) -> None:
    (tmp_path / "products.csv").write_bytes(products)
    write_orders(tmp_path, 1)
    result = enrich.enrich(tmp_path)
    after = (tmp_path / "products.csv").read_bytes()
    prices = prices_of(products, after)
    assert [price is not None for price in prices] == is_priced
    assert result["files"]["products.csv"]["rows"] == sum(is_priced)


@pytest.mark.parametrize(
    ("cell", "low", "high"), [("12", 8, 25), ("12.0", 8, 25), (" 12 ", 8, 25)]
)
def test_a_department_is_known_in_each_of_its_forms(
    tmp_path: Path, cell: str, low: float, high: float
) -> None:
    rows = "".join(f"{number},Ham,1,{cell}\n" for number in range(1, 200))
    (tmp_path / "products.csv").write_text(HEADER.decode() + rows)
    write_orders(tmp_path, 1)
    enrich.enrich(tmp_path)
    after = (tmp_path / "products.csv").read_bytes()
    prices = map(float, filter(None, prices_of(HEADER + rows.encode(), after)))
    assert all(low <= price <= high for price in prices)


def test_copies_of_a_row_stay_copies(tmp_path: Path) -> None:
    products = HEADER + b"1,Tea,1,19\n2,Rye,1,12\n1,Tea,1,19\n"
    (tmp_path / "products.csv").write_bytes(products)
    write_orders(tmp_path, 1)
    enrich.enrich(tmp_path)
    first, _, copy = prices_of(products, (tmp_path / "products.csv").read_bytes())
    assert first == copy


def test_files_in_another_wrapping_are_enriched_where_they_lie(tmp_path: Path) -> None:
    folder = tmp_path / "instacart"
    folder.mkdir()
    products = HEADER + b"1,Tea,1,19\n"
    with zipfile.ZipFile(folder / "Products.csv.zip", "w") as archive:
        archive.writestr("products.csv", products)
    write_orders(folder, 4, 5, name="ORDERS.CSV")
    result = enrich.enrich(tmp_path)
    assert sorted(path.name for path in folder.iterdir()) == [
        *("ORDERS.CSV", "Products.kaggle.csv.zip.bak", "customers.csv"),
        *("enriched.json", "products.csv"),
    ]
    assert all(prices_of(products, (folder / "products.csv").read_bytes()))
    assert result["files"]["customers.csv"]["rows"] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["instacart"]


def test_a_file_of_another_case_keeps_its_name(tmp_path: Path) -> None:
    products = HEADER + b"1,Tea,1,19\n"
    (tmp_path / "Products.CSV").write_bytes(products)
    write_orders(tmp_path, 4)
    enrich.enrich(tmp_path)
    assert all(prices_of(products, (tmp_path / "Products.CSV").read_bytes()))
    assert not (tmp_path / "products.csv").exists()
    assert (tmp_path / "Products.kaggle.CSV.bak").read_bytes() == products


@pytest.mark.parametrize("is_folder", [False, True])
def test_parts_become_one_file(tmp_path: Path, is_folder: bool) -> None:
    folder = tmp_path / "products.csv" if is_folder else tmp_path
    folder.mkdir(exist_ok=True)
    (folder / "products_1.csv").write_bytes(HEADER + b"1,Tea,1,19")
    (folder / "products_2.csv").write_bytes(HEADER + b"2,Rye,1,12\n")
    write_orders(tmp_path, 4)
    enrich.enrich(tmp_path)
    whole = HEADER + b"1,Tea,1,19\n2,Rye,1,12\n"
    assert all(prices_of(whole, (tmp_path / "products.csv").read_bytes()))
    kept = {path.name for path in tmp_path.rglob("*.bak")}
    assert kept == (
        {"products.kaggle.csv.bak"}
        if is_folder
        else {"products_1.kaggle.csv.bak", "products_2.kaggle.csv.bak"}
    )
    assert not list(tmp_path.glob("products_*.csv"))


def test_users_that_a_build_rejects_get_no_customer(tmp_path: Path) -> None:
    (tmp_path / "products.csv").write_bytes(HEADER + b"1,Tea,1,19\n")
    users = [7, "x", "", "8.0", " +9 ", "2.6", -1, 0, 2**31 - 1, 2**31, "1e1", "07"]
    write_orders(tmp_path, *users)
    with (tmp_path / "orders.csv").open("a") as file:
        file.write("99,10\n100,11,prior,1,0,08,,x,y\n")
    enrich.enrich(tmp_path)
    with (tmp_path / "customers.csv").open(newline="") as file:
        found = {row["user_id"] for row in csv.DictReader(file)}
    assert found == {"7", "8", "9", str(2**31 - 1)}


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
    message = refused(raw, capsys)
    assert f"{name}: expected in {raw}" in message and "; copy it there" in message


def test_an_enriched_folder_is_refused(
    raw: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    enrich.enrich(raw)
    assert "found customers.csv; move it away" in refused(raw, capsys)
    (raw / "customers.csv").unlink()
    assert "found a column prices; remove it" in refused(raw, capsys)
    (raw / "products.csv").write_bytes((raw / "products.kaggle.csv.bak").read_bytes())
    message = refused(raw, capsys)
    assert "products.kaggle.csv.bak of an earlier run; rename it" in message


@pytest.mark.parametrize(
    ("products", "message"),
    [
        (b"", "expected a header and rows"),
        (b"product_id;product_name\n1;x\n", "export the file again with commas"),
        (b"product_id,name,aisle_id,department_id\n1,x,1,19\n", "product_name"),
    ],
)
def test_products_that_a_build_refuses_are_refused(
    raw: Path, capsys: pytest.CaptureFixture[str], products: bytes, message: str
) -> None:
    (raw / "products.csv").write_bytes(products)
    assert message in refused(raw, capsys)


def test_orders_without_a_user_are_refused(
    raw: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_orders(raw, "x", "", "2.6")
    assert "expected whole numbers in user_id, found none" in refused(raw, capsys)


def test_orders_that_a_build_refuses_are_refused(
    raw: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (raw / "orders.csv").write_text("order_id,user_id\n1,5\n")
    assert "eval_set" in refused(raw, capsys)


def test_generated_and_other_files_are_not_enriched(
    generated: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(generated, tmp_path / "raw")
    write_orders(folder, 5)
    assert "beside orders.csv; if the others are your own" in refused(folder, capsys)


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
