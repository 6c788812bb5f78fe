"""Spark reads from raw files exactly what DuckDB reads, and rejects the same lines."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from instacart.config import PROJECT_DIR
from instacart.publish.run import end_run
from instacart.raw_package.expectations import read_expectations
from instacart.raw_package.package import described_package
from parity.session import session
from support.packages import PACKAGES
from support.spark import skip_without_spark
from support.warehouse import WITHOUT_TESTS, Snapshot, Warehouse

PYTHON = PROJECT_DIR / ".venv-spark" / "bin" / "python"
SECONDS = 600
DBT_FOLDERS = ("analyses", "macros", "models", "seeds", "tests")
# Wherever a path is read as a pattern or as an address, one of these is.
FOLDER = "raw [x] {a,b} 50%20#é 'q' \"d\" b\\s *? :1"
DATASETS = (
    "aisles",
    "departments",
    "products",
    "customers",
    "orders",
    "order_products",
)

Line = Callable[[list[str]], str]


def joined(*cells: str) -> str:
    return ",".join(cells)


def second(text: str) -> Line:
    """A good row with something else in its second cell."""
    return lambda cells: joined(cells[0], text, *cells[2:])


def last(text: str) -> Line:
    return lambda cells: joined(*cells[:-1], text.format(cells[-1]))


# How a line is made of the cells of a good row. Spark reads it where the file lies.
PLAIN: dict[str, Line] = {
    "a good row": lambda cells: joined(*cells),
    "a cell less": lambda cells: joined(*cells[:-1]),
    "one cell": lambda cells: cells[0],
    "a cell more": lambda cells: joined(*cells, "9"),
    "two cells more": lambda cells: joined(*cells, "", "9"),
    "a blank cell more": lambda cells: joined(*cells, " "),
    "a line separator more": lambda cells: joined(*cells, "\u2028"),
    "very many cells": lambda cells: joined(*cells, *["y"] * 300),
    "a comma at the end": lambda cells: joined(*cells, ""),
    "commas at the end": lambda cells: joined(*cells, "", "", ""),
    "nothing": lambda cells: "",
    "blanks": lambda cells: "   ",
    "a tab": lambda cells: "\t",
    "a NUL byte": lambda cells: "\0",
    "control characters": lambda cells: "\x0b\x1f",
    "a hard space": lambda cells: "\u00a0",
    "commas only": lambda cells: joined(*[""] * len(cells)),
    "too few commas": lambda cells: joined(*[""] * (len(cells) - 1)),
    "too many commas": lambda cells: joined(*[""] * (len(cells) + 3)),
    "no first cell": lambda cells: joined("", *cells[1:]),
    "semicolons": lambda cells: ";".join(cells),
    "tabs": lambda cells: "\t".join(cells),
    "a comment": lambda cells: "#" + joined(*cells),
    "two rows joined": lambda cells: joined(*cells, *cells),
    "an empty cell": second(""),
    "a blank cell": second(" "),
    "blanks around": lambda cells: joined(*(f"  {cell} " for cell in cells)),
    "\\N": second("\\N"),
    "NULL": second("NULL"),
    "a backslash": second("C:\\tmp"),
    "a backslash before a comma": second("Red \\"),
    "a NUL byte in a cell": second("Pe\0ars"),
    "a NUL byte in front": lambda cells: "\0" + joined(*cells),
    "a byte order mark": lambda cells: "\ufeff" + joined(*cells),
    "a line separator": second("Pe\u2028ars"),
    "a next line": second("Pe\u0085ars"),
    "a vertical tab": second("Pe\x0bars\x0c"),
    "the end of a file": second("Pe\x1aars"),
    "other letters": second("Piñas 李😀"),
    "an apostrophe": second("'Pears"),
    "a very long cell": second("x" * 20_000),
    "a very long line with a cell less": lambda cells: "x" * 20_000,
}
QUOTED: dict[str, Line] = {
    "quotes": second('"Pears"'),
    "quotes everywhere": lambda cells: joined(*(f'"{cell}"' for cell in cells)),
    "a comma in quotes": second('"Pears, red"'),
    "doubled quotes": second('"Pears ""red"""'),
    "only doubled quotes": second('""""""'),
    "an empty cell in quotes": second('""'),
    "a blank cell in quotes": second('" "'),
    "\\N in quotes": second('"\\N"'),
    "a blank before quotes": second(' "Pears"'),
    "blanks before quotes with a comma": second('   "Pears, red"'),
    "a blank before quotes with a comma": second(' "Pears, red"'),
    "blanks before quotes": second('  "Pears"'),
    "blanks before quotes and a cell less": lambda cells: joined(
        cells[0], '  "b, c"', *cells[2:-1]
    ),
    "a blank before the last quotes": last(' "{}"'),
    "a tab before quotes": second('\t"Pears"'),
    "a tab before quotes with a comma": second('\t"Pears, red"'),
    "a blank within quotes": second('" ""Pears"""'),
    "a blank after quotes": second('"Pears" '),
    "a blank after the last quotes": last('"{}" '),
    "text after quotes": second('"Pears" red'),
    "text with a comma after quotes": second('"a"b,c"'),
    "a quote in the middle": second('5" Size'),
    "quotes in the middle": second('the "Big" one'),
    "a quote after a backslash": second('"5\\" Size"'),
    "a doubled quote after a backslash": second('"5\\"" Size"'),
    "a backslash and a quote, not quoted": second('5\\" Size'),
    "doubled quotes around": second('""Pears""'),
    "an open quote": second('"Pears'),
    "an open quote after a blank": second(' "Pears'),
    "an open last quote": last('"{}'),
    "a quote alone": lambda cells: '"',
    "an empty line in quotes": lambda cells: '""',
    "a blank line in quotes": lambda cells: '" "',
    "the whole row in quotes": lambda cells: f'"{joined(*cells)}"',
    "the whole row in doubled quotes": lambda cells: f'"{cells[0]},""b"",24"',
    "quotes and a cell less": lambda cells: joined(cells[0], '"b"', *cells[2:-1]),
    "quotes and a cell more": lambda cells: joined(cells[0], '"b, c"', *cells[2:], "x"),
    "quotes, blanks and a cell less": lambda cells: joined(
        cells[0], ' "b, c"', *cells[2:-1]
    ),
    "quotes and a comma at the end": lambda cells: joined(
        f'"{cells[0]}"', *cells[1:], ""
    ),
    "empty quotes at the end": lambda cells: joined(*cells, '""'),
    "empty quotes and commas at the end": lambda cells: joined(*cells, "", ' ""', ""),
    "very many quotes": second('"' + '""' * 400 + '"'),
    "very many quotes and a cell less": lambda cells: '"' + '""' * 400 + '"',
    "a line break in quotes": second('"Pears{end}red"'),
    "blank lines in quotes": second('"Pears{end}{end}  {end}red"'),
    "a line break in quotes and a comma at the end": lambda cells: joined(
        cells[0], '"Pears{end}red"', *cells[2:], ""
    ),
    "a line break in quotes and a cell less": lambda cells: joined(
        cells[0], '"Pears{end}red"', *cells[2:-1]
    ),
}
LONG = "a very long line with a cell less"
# A file with one of these lines is read from a copy.
BLANK = ("blanks", "a tab", "a NUL byte", "control characters")
GOOD_ROWS = {
    "aisles": ["24", "fresh fruits"],
    "departments": ["4", "produce"],
    "products": ["1", "Bananas", "24", "4", "1.0"],
    "customers": [
        *("7", "Quillonda", "Zarvekian", "Female", "Ohio"),
        *("30", "1/31/2017", "0", "married", "50000"),
    ],
    "orders": ["107", "1", "prior", "7", "1", "10", "15.0"],
    "order_products": ["101", "3", "4", "0"],
}


def spoilt(
    path: Path, dataset: str, kinds: dict[str, Line], end: str, last_end: str = ""
) -> None:
    """Write a file again, with a line of each kind and a second header."""
    header, *rows = path.read_bytes().decode().splitlines()
    cells = GOOD_ROWS[dataset][: len(header.split(","))]
    lines = [header, *rows]
    lines += [line(cells).replace("{end}", end) for line in kinds.values()]
    text = end.join([*lines, header, joined(*cells)]) + last_end
    path.write_bytes(text.encode())


def careerfoundry(folder: Path) -> None:
    """Every kind of line in every file but the wide one."""
    every = {**PLAIN, **QUOTED}
    spoilt(folder / "products.csv", "products", every, "\r\n", "\r\n")
    spoilt(folder / "customers.csv", "customers", every, "\r\n")
    spoilt(folder / "orders.csv", "orders", every, "\n")
    prior = folder / "orders_products_prior.csv"
    # Mixed line ends.
    spoilt(prior, "order_products", every, "\n", "\r\n101,4,5,0\r\n")


def kaggle(folder: Path) -> None:
    """Files without quotes, and names and departments with them."""
    readable = {name: line for name, line in PLAIN.items() if name not in BLANK}
    spoilt(folder / "orders.csv", "orders", readable, "\n")
    orders = (folder / "orders.csv").read_bytes()
    (folder / "orders.csv").write_bytes(b"\xef\xbb\xbf" + orders)
    prior = folder / "order_products__prior.csv"
    # After CR LF DuckDB keeps one byte less of a rejected line of over 10,000 bytes.
    shorter = {name: line for name, line in PLAIN.items() if name != LONG}
    spoilt(prior, "order_products", shorter, "\r\n")
    train = folder / "order_products__train.csv"
    text = {name: line for name, line in readable.items() if "NUL" not in name}
    spoilt(train, "order_products", text, "\r")
    packed = gzip.compress(train.read_bytes())
    (folder / "order_products__train.csv.gz").write_bytes(packed)
    (folder / "order_products__extra:1.CSV.GZ").write_bytes(packed)
    train.unlink()
    spoilt(folder / "products.csv", "products", PLAIN, "\n")
    spoilt(folder / "departments.csv", "departments", {**PLAIN, **QUOTED}, "\n", "\n")
    spoilt(folder / "aisles.csv", "aisles", {**PLAIN, **QUOTED}, "\r\n")


def layouts(folder: Path) -> None:
    """Clean files of other layouts: other columns, in another order, in parts."""
    orders = folder / "orders.csv"
    lines = [line.split(",") for line in orders.read_text().splitlines()]
    moved = [
        joined(str(number), *reversed(cells), "x") for number, cells in enumerate(lines)
    ]
    moved[0] = joined("", *reversed(lines[0]), "unread `column`")
    orders.write_text("\n".join(moved) + "\n")
    prior = folder / "orders_products_prior.csv"
    header, *rows = prior.read_text().splitlines()
    for number, part in enumerate((rows[:10], rows[10:]), 1):
        name = f"orders_products_prior_part{number}.csv"
        (folder / name).write_text("\n".join([header, *part]) + "\n")
    prior.unlink()
    # With these line ends a NUL byte is taken for another format.
    text = {k: line for k, line in {**PLAIN, **QUOTED}.items() if "NUL" not in k}
    spoilt(folder / "products.csv", "products", text, "\r")
    customers = folder / "customers.csv"
    customers.write_text(customers.read_text().replace("First Name", " first  NAME "))


SPOILT: dict[str, tuple[str, Callable[[Path], None]]] = {
    "careerfoundry": ("careerfoundry", careerfoundry),
    "kaggle": ("kaggle", kaggle),
    "layouts": ("careerfoundry", layouts),
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The spoilt packages."""
    found = {}
    for name, (package, spoil) in SPOILT.items():
        found[name] = tmp_path_factory.mktemp("spoilt") / FOLDER / name
        PACKAGES[package](found[name])
        spoil(found[name])
    return found


@pytest.fixture(scope="module")
def on_spark(
    folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Snapshot]:
    """What Spark reads of each package."""
    skip_without_spark()
    folder = tmp_path_factory.mktemp("spark")
    packages = {}
    for name, raw_dir in folders.items():
        exchange = folder / FOLDER / name
        exchange.mkdir(parents=True)
        (exchange / "package.json").write_text(inspected(raw_dir, exchange))
        packages[name] = str(exchange)
    project = project_that_only_builds(folder / "project")
    told = {"folder": str(folder), "project": str(project), "packages": packages}
    script = Path(__file__).with_name("session.py")
    done = subprocess.run(
        [PYTHON, script, json.dumps(told)],
        cwd=folder,
        env=os.environ | session(folder),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-9000:] + done.stderr[-3000:]
    return {
        name: json.loads((folder / f"{name}.json").read_text()) for name in packages
    }


@pytest.fixture(scope="module")
def on_duckdb(folders: dict[str, Path], warehouse: Warehouse) -> dict[str, Snapshot]:
    """What DuckDB reads of each package."""
    found = {}
    for name, raw_dir in folders.items():
        with pytest.MonkeyPatch.context() as patch:
            # The views of raw files read copies that are removed with the run.
            patch.setattr("instacart.dbt_plugin.end_run", lambda: None)
            warehouse.build_new(
                raw_dir,
                *WITHOUT_TESTS,
                *("--select", "base_instacart__*", "state_regions"),
            )
        found[name] = json.loads(
            json.dumps(warehouse.snapshot(("raw", "staging")), default=str)
        )
        end_run()
    return found


def project_that_only_builds(folder: Path) -> Path:
    """The project without the hooks that publish: base models are not all."""
    folder.mkdir()
    for path in PROJECT_DIR.iterdir():
        if path.suffix == ".yml" or path.name in DBT_FOLDERS:
            (folder / path.name).symlink_to(path)
    settings = yaml.safe_load((PROJECT_DIR / "dbt_project.yml").read_text())
    del settings["on-run-end"]
    (folder / "dbt_project.yml").unlink()
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(settings, sort_keys=False))
    return folder


def inspected(raw_dir: Path, folder: Path) -> str:
    """What Spark is told of a package."""
    expectations = read_expectations()
    return described_package(raw_dir, expectations, folder / "copies", for_spark=True)


def counted(rows: list[dict[str, Any]]) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(sorted(row.items())) for row in rows)


@pytest.mark.parametrize("dataset", [*DATASETS, "loaded_files"])
@pytest.mark.parametrize("package", SPOILT)
def test_raw_files_have_the_same_rows(
    package: str,
    dataset: str,
    on_spark: dict[str, Snapshot],
    on_duckdb: dict[str, Snapshot],
) -> None:
    tables = [on_spark[package], on_duckdb[package]]
    if dataset == "loaded_files":
        # Spark may need a copy where DuckDB needs none.
        for table in tables:
            for row in table["raw.loaded_files"]:
                del row["read_path"]
    spark, duckdb = (counted(table[f"raw.{dataset}"]) for table in tables)
    assert spark - duckdb == Counter()
    assert duckdb - spark == Counter()


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("package", SPOILT)
def test_base_models_keep_and_reject_the_same_rows(
    package: str,
    dataset: str,
    on_spark: dict[str, Snapshot],
    on_duckdb: dict[str, Snapshot],
) -> None:
    table = f"staging.base_instacart__{dataset}"
    spark, duckdb = (counted(each[package][table]) for each in (on_spark, on_duckdb))
    assert spark - duckdb == Counter()
    assert duckdb - spark == Counter()


def test_every_reason_is_compared(on_duckdb: dict[str, Snapshot]) -> None:
    reasons = {
        row["rejection_reason"]
        for tables in on_duckdb.values()
        for rows in tables.values()
        for row in rows
        if "rejection_reason" in row
    }
    assert {"too few columns", "too many columns", "broken quotes"} <= reasons


def test_big_files_are_read_where_they_lie(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    found = json.loads(inspected(folders["kaggle"], tmp_path))["tables"]
    paths = {file["name"]: file["path"] for files in found.values() for file in files}
    for name in ("orders.csv", "order_products__train.csv.gz"):
        assert paths[name] == str(folders["kaggle"] / name)
    assert not any(file["spans_lines"] for file in found["orders"])
    assert found["departments"][0]["spans_lines"]
