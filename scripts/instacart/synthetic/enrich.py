"""Give Kaggle's files the two things CareerFoundry adds: customers and prices.

Writes customers.csv with one fabricated customer per user of orders.csv, and replaces
products.csv by one with a fabricated `prices` column. The original stays beside it as
products.kaggle.csv.bak (.gz.bak), and enriched.json says what is fabricated. Everything
else in products.csv is kept byte for byte. The same seed gives the same bytes.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from instacart.config import shown
from instacart.errors import UserError, one_line
from instacart.generated_files import ALL, TRUTH, is_unchanged, recorded_files
from instacart.synthetic import customers, draws
from instacart.synthetic.catalogue import draw_prices, price_text
from instacart.synthetic.database import insert, working_database
from instacart.warehouse import literal

WORK = ".enriching"
WRITTEN = ("products.csv", "customers.csv")
HEADER = b"product_id,product_name,aisle_id,department_id"
FABRICATED = (
    "All of customers.csv and the prices column of products.csv are fabricated by"
    " `instacart enrich`; they describe no real person and no real price."
)


def enrich(raw: str | os.PathLike[str], seed: int = 42) -> dict[str, Any]:
    """Add fabricated customers and prices to the Kaggle files in folder `raw`.

    Returns what enriched.json holds: files, rows, the seed and the kept original.
    Raises UserError, having changed nothing, when orders.csv or products.csv is
    missing or not Kaggle's, products.csv has prices, or customers.csv exists.
    """
    raw = Path(raw)
    orders, products = _find(raw, "orders.csv"), _find(raw, "products.csv")
    for path in (raw / "customers.csv", raw / "customers.csv.gz"):
        if path.exists():
            raise UserError(
                f"no customers in {shown(raw)}",
                path.name,
                "move it away if you want fabricated customers instead",
            )
    backup = raw / f"products.kaggle.{products.name.split('.', 1)[1]}.bak"
    if backup.exists():
        raise UserError(
            f"files in {shown(raw)} that are not enriched yet",
            f"{backup.name} of an earlier run",
            f"rename it to {products.name} to enrich again",
        )
    priced, rows = _with_prices(products, seed)
    work = raw / WORK
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    try:
        (work / "products.csv").write_bytes(priced)
        people = _write_customers(orders, work, seed)
        sizes = {name: (work / name).stat().st_size for name in WRITTEN}
        recorded = recorded_files(raw, (TRUTH,))
        is_demo = is_unchanged(products, recorded)
        result = {
            "fabricated": FABRICATED,
            "seed": seed,
            "files": {
                "customers.csv": {
                    "rows": people,
                    "bytes": sizes["customers.csv"],
                    "fabricated_columns": ALL,
                    "is_of_generated_data": is_unchanged(orders, recorded),
                },
                "products.csv": {
                    "rows": rows,
                    "bytes": sizes["products.csv"],
                    "fabricated_columns": ALL if is_demo else ["prices"],
                    "is_of_generated_data": is_demo,
                },
                backup.name: {
                    "original_of": products.name,
                    "bytes": products.stat().st_size,
                    "fabricated_columns": ALL if is_demo else [],
                    "is_of_generated_data": is_demo,
                },
            },
        }
        text = json.dumps(result, indent=2) + "\n"
        (work / "enriched.json").write_text(text, "utf-8")
        _publish(work, raw, products, backup)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return result


def _publish(work: Path, raw: Path, products: Path, backup: Path) -> None:
    """Move the finished files into `raw`, keep the original, and enriched.json last."""
    # A copy, so that there is a products.csv at every moment.
    shutil.copy2(products, work / backup.name)
    os.replace(work / backup.name, backup)
    os.replace(work / "products.csv", raw / "products.csv")
    if products.name != "products.csv":
        products.unlink()
    os.replace(work / "customers.csv", raw / "customers.csv")
    os.replace(work / "enriched.json", raw / "enriched.json")


def _find(raw: Path, name: str) -> Path:
    """Return the file `name` or `name`.gz in `raw`."""
    for path in (raw / name, raw / f"{name}.gz"):
        if path.is_file():
            return path
    raise UserError(
        f"{name} or {name}.gz in {shown(raw)}", "neither", "copy Kaggle's files there"
    )


def _with_prices(products: Path, seed: int) -> tuple[bytes, int]:
    """Return products.csv with a price at the end of each line, and its rows.

    Works on bytes, so names, quoting and line ends stay as they are.
    """
    data = products.read_bytes()
    if products.suffix == ".gz":
        data = gzip.decompress(data)
    lines = data.splitlines(keepends=True)
    first = lines[0].removeprefix(b"\xef\xbb\xbf").strip() if lines else b""
    if b"prices" in first.split(b","):
        raise UserError(
            f"no prices in {shown(products)}", "a column prices", "leave it as it is"
        )
    if first != HEADER:
        raise UserError(
            f"Kaggle's header {HEADER.decode()} in {shown(products)}",
            "another",
            "take the file as Kaggle hands it out",
        )
    bodies = [line.rstrip(b"\r\n") for line in lines]
    last_fields = [body.rpartition(b",")[2].strip() for body in bodies[1:]]
    for number, field in enumerate(last_fields, start=2):
        if not field.isdigit():
            raise UserError(
                f"a department number at the end of line {number}",
                "something else",
                "correct the line",
                where=shown(products),
            )
    prices = draw_prices(np.array(last_fields, dtype=np.int64), seed)
    added = [b"prices", *(price_text(p).encode() for p in prices.tolist())]
    result = [
        body + b"," + price + line[len(body) :]
        for body, price, line in zip(bodies, added, lines, strict=True)
    ]
    return b"".join(result), len(result) - 1


def _write_customers(orders: Path, work: Path, seed: int) -> int:
    """Write a customer for each distinct user of `orders`; return how many."""
    with working_database(work) as con:
        users = _user_ids(con, orders)
        customers.create_customers(con)
        for block in range(draws.block_count(len(users))):
            first, end = draws.block_bounds(block)
            ids = users[first:end]
            rows = customers.customer_block(block, seed)
            rows = {name: values[: len(ids)] for name, values in rows.items()}
            insert(con, "customers", {**rows, "user_id": ids})
        return customers.write_customers(con, work / "customers.csv")


def _user_ids(con: duckdb.DuckDBPyConnection, orders: Path) -> np.ndarray:
    """Return the distinct users of an orders file, in ascending order."""
    try:
        found = con.execute(
            "SELECT DISTINCT user_id::BIGINT AS user_id"
            f" FROM read_csv({literal(orders)}, delim = ',', header = true,"
            " all_varchar = true) WHERE user_id IS NOT NULL ORDER BY user_id"
        ).fetchnumpy()["user_id"]
    except duckdb.Error as error:
        raise UserError(
            f"comma-separated orders with whole numbers in user_id in {shown(orders)}",
            one_line(error),
            "take the file as Kaggle hands it out",
        ) from error
    return np.asarray(found)


def run(raw: Path, seed: int) -> list[str]:
    """Enrich the files of a folder; return the lines of the summary."""
    try:
        result = enrich(raw, seed)
    except (EOFError, duckdb.Error) as error:
        raise UserError(
            f"to enrich {shown(raw)}", one_line(error), "see that its files are whole"
        ) from error
    files = result["files"]
    return [
        FABRICATED,
        f"{files['customers.csv']['rows']:,} customers and"
        f" {files['products.csv']['rows']:,} prices",
        f"Written    {shown(raw)}",
    ]
