"""The published file: tables that open anywhere, replaced as a whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import duckdb
import pytest
from duckdb import DuckDBPyConnection
from instacart.config import PROJECT_DIR
from instacart.publish.info import BuildInfo
from instacart.publish.write import Table, publish_file

WORKING = (
    "create schema marts",
    "create schema data_quality",
    "create schema intermediate",
    "create table intermediate.int_things as select 1 as id, 'Jobblequin' as name",
    "create table marts.dim_things (id integer primary key, label varchar not null)",
    "create index labels on marts.dim_things (label)",
    "insert into marts.dim_things select i, 'label ' || i from range(9) t(i)",
    "create view marts.fct_things as select id, 2.5::decimal(9, 2) as price,"
    " list_value(id) as ids from marts.dim_things",
    'create table marts."odd ""name""" as select 1 as "a column; drop", null as other',
    "create table data_quality.build_info (build_number bigint, version varchar,"
    " commit varchar, fingerprint varchar, files varchar, built_at timestamp,"
    " passed_count integer, warned_count integer)",
)
TABLES = [
    Table("marts", "dim_things", "A thing's row.", {"id": "Its key; what's more."}),
    Table("marts", "fct_things", "", {}),
    Table("marts", 'odd "name"', "Odd.", {"a column; drop": "Dropped."}),
    Table("data_quality", "build_info", "The build.", {}),
]
INFO = BuildInfo(
    version="1.2.3",
    commit=None,
    fingerprint="f00",
    files="[]",
    built_at=datetime(2026, 11, 28, 11, 5, 52),
    passed_count=3,
    warned_count=1,
)


class Warehouse:
    """A working database, and the file that is published of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.target = folder / "instacart.duckdb"
        self.built = folder / "instacart.duckdb.built"
        self.working = self.built / "instacart.duckdb"
        self.versions = self.built / "versions"

    def beside(self) -> list[str]:
        """All that lies beside the published file, and it."""
        return sorted(os.listdir(self.folder))

    def connected(self) -> DuckDBPyConnection:
        return duckdb.connect(str(self.working))

    def publish(self) -> int:
        with self.connected() as connection:
            return publish_file(connection, TABLES, self.target, self.versions, INFO)

    def read(self, sql: str) -> list[Any]:
        with duckdb.connect(str(self.target), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def numbers(self) -> list[int]:
        """The versions that are kept; nothing else is there."""
        return [int(path.stem) for path in sorted(self.versions.iterdir())]

    def number(self) -> int:
        """The version that readers see."""
        ((number,),) = self.read("select build_number from data_quality.build_info")
        return int(number)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    made = Warehouse(tmp_path)
    made.built.mkdir()
    with made.connected() as connection:
        for statement in WORKING:
            connection.execute(statement)
    return made


def test_what_is_listed_is_published_as_tables(warehouse: Warehouse) -> None:
    assert warehouse.publish() == 1
    query = "select table_schema, table_name, table_type from information_schema.tables"
    assert warehouse.read(f"{query} order by all") == [
        ("data_quality", "build_info", "BASE TABLE"),
        ("marts", "dim_things", "BASE TABLE"),
        ("marts", "fct_things", "BASE TABLE"),
        ("marts", 'odd "name"', "BASE TABLE"),
    ]
    assert warehouse.read("select sum(id), min(price) from marts.fct_things") == [
        (36, 2.5)
    ]
    # Older versions of DuckDB open no file with keys.
    for function in ("constraints", "indexes"):
        assert warehouse.read(f"from duckdb_{function}()") == []
    types = "select data_type from information_schema.columns where table_name ="
    assert warehouse.read(f"{types} 'fct_things'") == [
        ("INTEGER",),
        ("DECIMAL(9,2)",),
        ("INTEGER[]",),
    ]
    assert b"Jobblequin" not in warehouse.target.read_bytes()


def test_descriptions_are_comments(warehouse: Warehouse) -> None:
    warehouse.publish()
    comments = "select table_name, comment from duckdb_tables() where comment <> ''"
    assert warehouse.read(f"{comments} order by all") == [
        ("build_info", "The build."),
        ("dim_things", "A thing's row."),
        ('odd "name"', "Odd."),
    ]
    comments = "select column_name, comment from duckdb_columns() where comment <> ''"
    assert warehouse.read(f"{comments} and schema_name = 'marts' order by all") == [
        ("a column; drop", "Dropped."),
        ("id", "Its key; what's more."),
    ]


def test_the_file_says_what_it_was_made_of(warehouse: Warehouse) -> None:
    warehouse.publish()
    assert warehouse.read("from data_quality.build_info") == [
        (1, "1.2.3", None, "f00", "[]", INFO.built_at, 3, 1)
    ]


def test_the_file_opens_under_any_name_and_alias(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    warehouse.publish()
    renamed = tmp_path / "Some other name.db"
    shutil.copyfile(warehouse.target, renamed)
    with duckdb.connect() as connection:
        for path, alias in ((warehouse.target, "here"), (renamed, '"main alias"')):
            connection.execute(f"attach '{path}' as {alias} (read_only)")
            query = f"select count(*) from {alias}.marts.fct_things"
            assert connection.execute(query).fetchall() == [(9,)]


def test_the_file_is_whole_without_a_log(warehouse: Warehouse) -> None:
    warehouse.publish()
    assert warehouse.beside() == ["instacart.duckdb", "instacart.duckdb.built"]
    assert warehouse.numbers() == [1]


def test_the_last_three_are_kept(warehouse: Warehouse) -> None:
    for number in range(1, 6):
        assert warehouse.publish() == number
        assert warehouse.number() == number
    assert warehouse.numbers() == [3, 4, 5]


def test_a_reader_keeps_the_file_that_it_opened(warehouse: Warehouse) -> None:
    warehouse.publish()
    with duckdb.connect(str(warehouse.target), read_only=True) as reader:
        number = "select build_number from data_quality.build_info"
        assert reader.execute(number).fetchall() == [(1,)]
        warehouse.publish()
        assert reader.execute(number).fetchall() == [(1,)]
    assert warehouse.number() == 2


def test_a_link_stays_one(warehouse: Warehouse, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere" / "bi.duckdb"
    elsewhere.parent.mkdir()
    warehouse.target.symlink_to(elsewhere)
    for number in (1, 2):
        warehouse.publish()
        assert warehouse.target.readlink() == elsewhere
        assert os.listdir(elsewhere.parent) == ["bi.duckdb"]
        assert warehouse.number() == number


def test_a_log_beside_the_file_before_is_not_applied_to_the_new_one(
    warehouse: Warehouse,
) -> None:
    """As a BI tool leaves that opened the file to write and was killed."""
    warehouse.publish()
    log = warehouse.target.with_name("instacart.duckdb.wal")
    write = f"""
import duckdb, os
connection = duckdb.connect({str(warehouse.target)!r})
connection.execute("create table marts.mine as select 1 as id")
os.kill(os.getpid(), 9)
"""
    killed = subprocess.run([sys.executable, "-c", write])
    assert killed.returncode == -signal.SIGKILL
    assert log.is_file()
    warehouse.publish()
    assert not log.exists()
    assert warehouse.number() == 2
    assert warehouse.read("select 1 from duckdb_tables() where table_name = 'mine'") == []


def test_where_no_link_can_be_made_the_file_is_copied(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> NoReturn:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    for number in (1, 2):
        warehouse.publish()
        assert warehouse.number() == number
        version = warehouse.versions / f"{number:06}.duckdb"
        assert version.read_bytes() == warehouse.target.read_bytes()
        assert not version.samefile(warehouse.target)


FAILURES = [
    (os, "replace", OSError(errno.ENOSPC, "No space left on device")),
    (shutil, "copyfile", OSError(errno.ENOSPC, "No space left on device")),
]


@pytest.mark.parametrize(("module", "function", "error"), FAILURES)
def test_an_error_of_the_disk_leaves_the_file_before(
    warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    module: Any,
    function: str,
    error: OSError,
) -> None:
    warehouse.publish()
    before = warehouse.target.read_bytes()

    def fail(*_: object) -> NoReturn:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(os, "link", fail)
        patch.setattr(module, function, fail)
        with pytest.raises(OSError, match="No space left"):
            warehouse.publish()
    assert warehouse.target.read_bytes() == before
    assert warehouse.beside() == ["instacart.duckdb", "instacart.duckdb.built"]
    assert warehouse.numbers() == [1]
    assert warehouse.publish() == 2
    assert warehouse.number() == 2


def test_an_error_of_the_database_leaves_the_file_before(warehouse: Warehouse) -> None:
    warehouse.publish()
    before = warehouse.target.read_bytes()
    with warehouse.connected() as connection:
        connection.execute("drop view marts.fct_things")
    with pytest.raises(duckdb.CatalogException):
        warehouse.publish()
    assert warehouse.target.read_bytes() == before
    assert warehouse.numbers() == [1]
    with warehouse.connected() as connection:
        connection.execute("create view marts.fct_things as from marts.dim_things")
    assert warehouse.publish() == 2


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    "step", ["insertion", "first replace", "link", "second replace"]
)
def test_a_kill_leaves_the_file_before_or_the_next_and_no_rest(
    warehouse: Warehouse, step: str, when: str
) -> None:
    warehouse.publish()
    publish = (
        "import sys; from pathlib import Path; import test_write as test;"
        " test.kill_at(*sys.argv[2:]); test.Warehouse(Path(sys.argv[1])).publish()"
    )
    folders = [str(PROJECT_DIR / "scripts"), str(Path(__file__).parent)]
    killed = subprocess.run(
        [sys.executable, "-c", publish, str(warehouse.folder), step, when],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(folders)},
    )
    assert killed.returncode == -signal.SIGKILL
    is_new = (step, when) == ("second replace", "after")
    assert warehouse.number() == (2 if is_new else 1)
    assert warehouse.read("select count(*) from marts.fct_things") == [(9,)]
    number = warehouse.publish()
    assert warehouse.number() == number
    assert warehouse.numbers()[-1] == number
    assert warehouse.beside() == ["instacart.duckdb", "instacart.duckdb.built"]


def kill_at(step: str, when: str) -> None:
    """Let this process be killed before or after it takes a step."""
    *_, name = step.split()
    owner: Any = BuildInfo if name == "insertion" else os
    taken = getattr(owner, name)
    others = iter(["first"] if step.startswith("second") else [])

    def take(*arguments: Any) -> Any:
        is_last = next(others, None) is None
        if is_last and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = taken(*arguments)
        if is_last:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, take)
