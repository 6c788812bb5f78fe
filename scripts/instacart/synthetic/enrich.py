"""Give Kaggle's files the two things CareerFoundry adds: customers and prices.

Reads what a build reads. Writes customers.csv with one fabricated customer per user of
the orders, and replaces products.csv by one with a fabricated `prices` column. The
original stays beside it (products.csv as products.kaggle.csv.bak), and enriched.json
says what is fabricated. All other text of the products is kept byte for byte. The same
seed gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np

from instacart.config import shown
from instacart.errors import UserError, one_line
from instacart.generated_files import (
    ALL,
    ENRICHED,
    TRUTH,
    first_rows,
    is_unchanged,
    recorded_files,
)
from instacart.raw_package.contents import read_chunks
from instacart.raw_package.expectations import read_expectations
from instacart.raw_package.names import find_files, package_folder
from instacart.raw_package.package import RawFile, inspect_table, refuse_mixture
from instacart.raw_package.records import LONGEST_RECORD_LINES, read_record
from instacart.raw_package.unpack import is_gzip
from instacart.synthetic import customers, draws
from instacart.synthetic.catalogue import draw_prices, price_text
from instacart.synthetic.database import insert, working_database
from instacart.warehouse import literal

WORK = ".enriching"
PRODUCTS, CUSTOMERS = "products.csv", "customers.csv"
FABRICATED = (
    "All of customers.csv and the prices column of products.csv are fabricated by"
    " `instacart enrich`; they describe no real person and no real price."
)
# Of ids, as a build takes them.
LARGEST_ID = 2**31 - 1
ID_DIGITS = len(str(LARGEST_ID))


@dataclass
class Package:
    """The files to enrich, and where to write."""

    folder: Path
    work: Path
    orders: list[RawFile]
    products: list[RawFile]
    # What holds the products, right in the folder, and where each is kept.
    kept: dict[Path, Path]
    # The file with prices.
    target: Path


class Record(NamedTuple):
    """A record of the products with its line end, and what its price depends on."""

    text: bytes
    product: int
    department: int
    # Not where a build can't read it: it is left as it is.
    has_price: bool


def enrich(raw: str | os.PathLike[str], seed: int = 42) -> dict[str, Any]:
    """Add fabricated customers and prices to the Kaggle files in folder `raw`.

    Returns what enriched.json holds: files, rows, the seed and the kept original.
    Raises UserError, having changed nothing, when a build would refuse the orders or
    the products, products have prices, or there are customers.
    """
    raw = Path(raw)
    work = raw / WORK
    shutil.rmtree(work, ignore_errors=True)
    try:
        package = _find(raw, work)
        work.mkdir(exist_ok=True)
        rows = {
            CUSTOMERS: _write_customers(package, seed),
            package.target.name: _write_products(package, raw, seed),
        }
        result = {
            "fabricated": FABRICATED,
            "seed": seed,
            "files": _record(package, raw, rows),
        }
        (work / ENRICHED).write_text(json.dumps(result, indent=2) + "\n", "utf-8")
        _publish(package)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return result


def _find(raw: Path, work: Path) -> Package:
    """What there is to enrich. Raises UserError if that can't or needn't be done."""
    orders = inspect_table(raw, "orders", work / "copies")
    products = inspect_table(raw, "products", work / "copies")
    expectations = read_expectations()
    folder = package_folder(raw, expectations)
    refuse_mixture(folder, expectations)
    for path, *_ in find_files(folder, "customers", expectations):
        raise UserError(
            f"no customers in {shown(folder)}",
            path.name,
            "move it away if you want fabricated customers instead",
        )
    if "prices" in products[0].header:
        raise UserError(
            f"no prices in {shown(raw / products[0].name)}",
            "a column prices",
            "remove it if you want fabricated prices instead",
        )
    kept = {}
    for path in (raw / file.name for file in products):
        # A folder of parts is kept whole.
        original = folder / path.relative_to(folder).parts[0]
        stem, dot, endings = original.name.partition(".")
        kept[original] = folder / f"{stem}.kaggle{dot}{endings}.bak"
    for original, backup in kept.items():
        if backup.exists():
            raise UserError(
                f"files in {shown(folder)} that are not enriched yet",
                f"{backup.name} of an earlier run",
                f"rename it to {original.name} to enrich again",
            )
    # Under its own name a file is replaced at once, whatever its case.
    plain = [path for path in kept if path.name.lower() == PRODUCTS and path.is_file()]
    target = plain[0] if plain else folder / PRODUCTS
    return Package(folder, work, orders, products, kept, target)


def _record(package: Package, raw: Path, rows: dict[str, int]) -> dict[str, Any]:
    """What was written by name: rows, size, and what of it is fabricated."""
    recorded = recorded_files(package.folder, (TRUTH,))
    orders = [raw / file.name for file in package.orders]
    # Of a generated package, customers and products belong to it.
    are_generated = {
        CUSTOMERS: all(is_unchanged(path, recorded) for path in orders),
        package.target.name: all(is_unchanged(path, recorded) for path in package.kept),
    }
    files: dict[str, Any] = {
        name: {
            "rows": rows[name],
            "bytes": (package.work / name).stat().st_size,
            "fabricated_columns": ALL
            if name == CUSTOMERS or is_generated
            else ["prices"],
            "is_of_generated_data": is_generated,
            "first_rows": first_rows(package.work / name),
        }
        for name, is_generated in are_generated.items()
    }
    is_generated = are_generated[package.target.name]
    for original, backup in package.kept.items():
        files[backup.name] = {
            "original_of": original.name,
            "bytes": original.stat().st_size,
            "fabricated_columns": ALL if is_generated else [],
            "is_of_generated_data": is_generated,
        }
    return files


def _publish(package: Package) -> None:
    """Move the finished files into the folder, keep the originals, the record last."""
    for original, backup in package.kept.items():
        if original.is_dir():
            os.replace(original, backup)
        else:
            # A copy, so that there is a file of products at every moment.
            shutil.copy2(original, package.work / backup.name)
            os.replace(package.work / backup.name, backup)
    os.replace(package.work / package.target.name, package.target)
    for original in package.kept:
        if original.is_file() and original != package.target:
            original.unlink()
    for name in (CUSTOMERS, ENRICHED):
        os.replace(package.work / name, package.folder / name)


# --- products -------------------------------------------------------------------


def _write_products(package: Package, raw: Path, seed: int) -> int:
    """Write the products with a price at the end of each row; return how many."""
    header, records = b"", []
    for file in package.products:
        data = b"".join(read_chunks(raw / file.name, file.name))
        if file is not package.products[-1] and not data.endswith((b"\n", b"\r")):
            data += b"\n"
        first, *others = _records(data, file.header)
        header = header or first.text
        records += others
    # One price per product, so that copies of a row stay copies.
    departments = {each.product: each.department for each in records if each.has_price}
    drawn = draw_prices(np.array([*departments.values()], dtype=np.int64), seed)
    prices = dict(zip(departments, map(price_text, drawn.tolist()), strict=True))
    with (package.work / package.target.name).open("wb") as target:
        target.write(_with_cell(header, "prices"))
        for each in records:
            text = each.text
            if each.has_price:
                text = _with_cell(text, prices[each.product])
            target.write(text)
    return sum(each.has_price for each in records)


def _records(data: bytes, header: list[str]) -> Iterator[Record]:
    """The records of products, the header first.

    One that is longer than the header gets a price, too: it would become readable else.
    """
    product_at, department_at = map(header.index, ("product_id", "department_id"))
    lines = data.splitlines(keepends=True)
    texts = [line.decode("utf-8", "replace").rstrip("\r\n") for line in lines]
    position = 0
    while position < len(lines):
        nearest = texts[position : position + LONGEST_RECORD_LINES]
        record, taken = read_record(nearest, len(header))
        text = b"".join(lines[position : position + taken])
        position += taken
        cells = _cells(record.text) if record.is_whole else []
        if len(cells) < len(header):
            yield Record(text, 0, 0, has_price=False)
        else:
            product, department = cells[product_at], cells[department_at]
            yield Record(text, _whole(product), _whole(department), has_price=True)


def _cells(record: str) -> list[str]:
    lines = io.StringIO(record)
    return next(csv.reader(lines, skipinitialspace=True, strict=True), [])


def _whole(cell: str) -> int:
    """An id, or 0 where a cell holds none; such a row is rejected later."""
    digits = cell.strip().removeprefix("+").partition(".")[0]
    return int(digits) if digits.isdecimal() and len(digits) <= ID_DIGITS else 0


def _with_cell(record: bytes, cell: str) -> bytes:
    """A record with one more cell, its line end kept."""
    body = record.rstrip(b"\r\n")
    return body + b"," + cell.encode() + record[len(body) :]


# --- customers ------------------------------------------------------------------


def _write_customers(package: Package, seed: int) -> int:
    """Write a customer for each distinct user of the orders; return how many."""
    with working_database(package.work) as con:
        users = _user_ids(con, package.orders)
        customers.create_customers(con)
        for block in range(draws.block_count(len(users))):
            first, end = draws.block_bounds(block)
            ids = users[first:end]
            rows = customers.customer_block(block, seed)
            rows = {name: values[: len(ids)] for name, values in rows.items()}
            insert(con, "customers", {**rows, "user_id": ids})
        return customers.write_customers(con, package.work / CUSTOMERS)


def _user_ids(con: duckdb.DuckDBPyConnection, orders: list[RawFile]) -> np.ndarray:
    """Return the distinct users of the orders, in ascending order."""
    users = " UNION ALL ".join(f"SELECT user_id FROM {_csv(file)}" for file in orders)
    found = con.execute(
        "SELECT DISTINCT try_cast(regexp_extract(user_id, $pattern, 1) AS BIGINT) AS id"
        f" FROM ({users}) WHERE id BETWEEN 1 AND {LARGEST_ID} ORDER BY id",
        {"pattern": r"^\s*\+?([0-9]+)(\.0*)?\s*$"},
    ).fetchnumpy()["id"]
    if not len(found):
        raise UserError(
            "whole numbers in user_id",
            "none",
            "correct the column",
            where=orders[0].name,
        )
    return np.asarray(found)


def _csv(file: RawFile) -> str:
    """SQL that reads the users of a file, without the lines that can't be split."""
    names = [
        name if name == "user_id" else f"unread_{number}"
        for number, name in enumerate(file.header)
    ]
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
    compression = "gzip" if is_gzip(Path(file.path)) else "none"
    return (
        f"read_csv({literal(file.path)}, columns = {{{columns}}}, header = true,"
        " auto_detect = false, delim = ',', quote = '\"', escape = '\"',"
        f" compression = '{compression}', ignore_errors = true)"
    )


def run(raw: Path, seed: int) -> list[str]:
    """Enrich the files of a folder; return the lines of the summary."""
    try:
        result = enrich(raw, seed)
    except duckdb.Error as error:
        raise UserError(
            f"to enrich {shown(raw)}", one_line(error), "see that its files are whole"
        ) from error
    rows = {name.lower(): file.get("rows") for name, file in result["files"].items()}
    return [
        FABRICATED,
        f"{rows[CUSTOMERS]:,} customers and {rows[PRODUCTS]:,} prices",
        f"Written    {shown(raw)}",
    ]
