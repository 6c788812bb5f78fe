"""What the tests of generated packages share: packages, with their rows to query."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
from instacart.synthetic import draws, generate

LINE_FILES = {
    "careerfoundry": ("orders_products_prior.csv",),
    "kaggle": ("order_products__prior.csv", "order_products__train.csv"),
}


def load(folder: Path, package: str) -> duckdb.DuckDBPyConnection:
    """Open a connection with the package's orders and order products."""
    con = duckdb.connect()
    con.execute(
        "CREATE TABLE orders AS SELECT row_number() OVER () AS row, order_id::INT"
        " AS order_id, user_id::INT AS user_id, eval_set, order_number::INT AS"
        " order_number, order_dow::INT AS dow, order_hour_of_day AS hour_text,"
        " order_hour_of_day::INT AS hour, days_since_prior_order AS days_text,"
        " days_since_prior_order::DOUBLE::INT AS days"
        f" FROM read_csv('{folder}/orders.csv', all_varchar = true)"
    )
    con.execute(
        "CREATE VIEW paced AS SELECT *, lag(dow) OVER w AS last_dow, lag(hour) OVER w"
        " AS last_hour FROM orders WINDOW w AS (PARTITION BY user_id ORDER BY"
        " order_number)"
    )
    parts = [
        f"SELECT *, '{'train' if 'train' in name else 'prior'}' AS file_set"
        f" FROM read_csv('{folder}/{name}')"
        for name in LINE_FILES[package]
    ]
    con.execute(
        "CREATE TABLE lines AS SELECT * RENAME (add_to_cart_order AS position) FROM ("
        + " UNION ALL ".join(parts)
        + ")"
    )
    return con


class Package:
    """A generated package: its folder, name, truth and a connection with its rows."""

    def __init__(self, folder: Path, name: str, scale: float) -> None:
        self.folder, self.name = folder, name
        self.truth = generate.generate(folder, name, scale, 42)
        self.con = load(folder, name)

    def value(self, query: str) -> Any:
        return self.con.execute(query).fetchall()[0][0]

    def read(self, name: str) -> list[dict[str, str]]:
        with (self.folder / name).open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))


def check_customers(path: Path, users: Iterable[int]) -> int:
    """Check the rules of customers.csv; return the number of missing first names."""
    raw, users = path.read_bytes(), list(users)
    assert raw.startswith(
        b"user_id,First Name,Surnam,Gender,STATE,Age,date_joined,n_dependants,"
        b"fam_status,income\r\n"
    )
    assert raw.count(b"\r\n") == raw.count(b"\n") == len(users) + 1
    rows = list(csv.DictReader(raw.decode().splitlines()))
    assert sorted(int(row["user_id"]) for row in rows) == sorted(users)
    joined = []
    for row in rows:
        month, day, year = row["date_joined"].split("/")
        assert not month.startswith("0") and not day.startswith("0")
        joined.append((int(year), int(month), int(day)))
        age, dependants = int(row["Age"]), int(row["n_dependants"])
        if dependants == 0:
            status = "single" if age < 60 else "divorced/widowed"
        else:
            status = "living with parents and siblings" if age <= 21 else "married"
        assert row["fam_status"] == status
        assert 18 <= age <= 81 and 0 <= dependants <= 3
        assert 25_903 <= int(row["income"]) < 600_000
    assert joined == sorted(joined)
    assert joined[0] >= (2017, 1, 1) and joined[-1] <= (2020, 4, 1)
    states = set(draws.calibration("states")["state"].tolist())
    assert {row["STATE"] for row in rows} <= states
    return sum(row["First Name"] == "" for row in rows)
