"""What keeps a database from being built is said in a sentence before dbt connects."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from instacart.errors import UserError
from instacart.publish.database import check_database


@pytest.fixture
def published(tmp_path: Path) -> Path:
    path = tmp_path / "instacart.duckdb"
    working_of(path).parent.mkdir()
    return path


def working_of(published: Path) -> Path:
    return published.with_name(f"{published.name}.built") / published.name


def refusal(published: Path, **options: object) -> str:
    """What is said of a database that can't be built."""
    with pytest.raises(UserError) as refused:
        check_database(working_of(published), options)
    sentence = str(refused.value)
    assert sentence.startswith(f"{published} (INSTACART_DB): expected ")
    assert sentence.endswith(".") and "\n" not in sentence
    return sentence


@pytest.mark.parametrize("is_there", [True, False])
def test_a_new_database_is_made_and_an_old_one_left_as_it_is(
    published: Path, is_there: bool
) -> None:
    if is_there:
        for path in (published, working_of(published)):
            with duckdb.connect(str(path)) as connection:
                connection.execute("create table things as select 1 as id")
    before = published.read_bytes() if is_there else None
    check_database(working_of(published), {"threads": 1})
    assert working_of(published).is_file()
    assert (published.read_bytes() if published.exists() else None) == before


def test_an_empty_file_may_be_published_to(published: Path) -> None:
    """As `mktemp` makes one."""
    published.touch()
    check_database(working_of(published), {})


def test_a_folder_is_not_replaced(published: Path) -> None:
    published.mkdir()
    assert "expected a file to publish to, found a folder" in refusal(published)


@pytest.mark.parametrize(
    "content", [b"no", b"order_id,user_id\n1,2\n", b"SQLite format 3\0"]
)
def test_a_file_of_another_kind_is_not_replaced(
    published: Path, content: bytes
) -> None:
    published.write_bytes(content)
    assert "found another file; name a new one, or move this" in refusal(published)
    assert published.read_bytes() == content


def test_a_working_database_that_can_not_be_opened_may_be_removed(
    published: Path,
) -> None:
    working_of(published).write_bytes(b"half of a page" * 999)
    said = refusal(published)
    assert "found what can't be opened (" in said
    assert f"; remove {published}.built, build again." in said


def test_whoever_has_the_working_database_open_is_named(published: Path) -> None:
    working = working_of(published)
    duckdb.connect(str(working)).close()
    reader = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True)"
    command = [sys.executable, "-c", f"{reader}; sys.stdin.read()", str(working)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as holder:
        assert holder.stdout
        holder.stdout.readline()
        said = refusal(published)
        holder.communicate()
    assert f"found it open in process {holder.pid}; close that connection" in said


def test_readers_of_the_published_file_keep_nobody_from_building(
    published: Path,
) -> None:
    duckdb.connect(str(published)).close()
    with duckdb.connect(str(published), read_only=True):
        check_database(working_of(published), {})


def test_settings_that_duckdb_refuses_are_named(published: Path) -> None:
    assert "correct INSTACART_MEMORY_LIMIT" in refusal(published, memory_limit="lots")
