"""A cluster is not started where it does not fit."""

from __future__ import annotations

from pathlib import Path

import pytest
from instacart.errors import UserError
from instacart.spark import memory

# Two workers of a gigabyte, and two for the Thrift server.
NEEDED = 2 * (1024 + 400 + 250) + 2048 + 400 + 250


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder where a machine and a container say what they have."""
    monkeypatch.setattr(memory, "MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "CGROUP", tmp_path)
    return tmp_path


def say(machine: Path, megabytes: int) -> None:
    (machine / "meminfo").write_text(
        f"MemTotal:       99999999 kB\nMemAvailable:   {megabytes * 1024} kB\n"
    )


def limit(machine: Path, megabytes: int, used: int, files: int) -> None:
    (machine / "memory.max").write_text(f"{megabytes * 2**20}\n")
    (machine / "memory.current").write_text(f"{used * 2**20}\n")
    (machine / "memory.stat").write_text(f"anon 1\ninactive_file {files * 2**20}\n")


def test_enough_memory_is_no_matter(machine: Path) -> None:
    say(machine, NEEDED)
    memory.check_memory(2, 1024, 2048)


def test_too_little_memory_is_said(machine: Path) -> None:
    say(machine, NEEDED - 1)
    with pytest.raises(UserError) as raised:
        memory.check_memory(2, 1024, 2048)
    assert str(raised.value) == (
        "expected 6,046 MB of free memory for the workers and the Thrift server, found"
        " 6,045 MB; end other programs, or lower INSTACART_SPARK_WORKER_MEMORY or"
        " INSTACART_SPARK_WORKERS."
    )


def test_the_limit_of_a_container_counts(machine: Path) -> None:
    say(machine, 2 * NEEDED)
    limit(machine, NEEDED, used=1000, files=1000)
    memory.check_memory(2, 1024, 2048)
    limit(machine, NEEDED, used=1000, files=999)
    with pytest.raises(UserError, match=r"found 6,045 MB"):
        memory.check_memory(2, 1024, 2048)
    limit(machine, 100, used=200, files=0)
    with pytest.raises(UserError, match=r"found 0 MB"):
        memory.check_memory(2, 1024, 2048)


def test_a_container_without_a_limit_has_none(machine: Path) -> None:
    say(machine, NEEDED)
    limit(machine, 1, used=1, files=0)
    (machine / "memory.max").write_text("max\n")
    memory.check_memory(2, 1024, 2048)


def test_where_nothing_says_so_nothing_is_refused(machine: Path) -> None:
    assert memory.free_megabytes() is None
    memory.check_memory(2, 10**6, 2048)
