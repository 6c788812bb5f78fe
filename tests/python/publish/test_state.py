"""What readers wait for, after runs of all or of a part that ended in every way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from instacart.publish.state import (
    STATE,
    Node,
    State,
    read_state,
    write_state,
)

SOURCE = "source.instacart.instacart.orders"
SEED = "seed.instacart.regions"
STAGED = "model.instacart.stg_orders"
FACTS = "model.instacart.fct_orders"
REPORT = "model.instacart.rpt_orders"
TEST = "test.instacart.unique_fct_orders.f00"
UNIT_TEST = "unit_test.instacart.rpt_orders.orders_are_counted"

# Facts are made of orders, and a report of both them and regions.
NODES = {
    SEED: Node("a seed", []),
    STAGED: Node("staging", [SOURCE]),
    FACTS: Node("facts", [STAGED]),
    REPORT: Node("a report", [FACTS, SEED]),
    TEST: Node(None, [FACTS]),
}
ALL = tuple(NODES)
FILES = {"orders": [{"name": "orders.csv", "sha256": "f00", "size": 3}]}
FOUND = "fail"


class Database:
    """A database, and the runs of dbt that write it."""

    def __init__(self) -> None:
        self.state = State()
        self.nodes = dict(NODES)
        self.files: dict[str, list[dict[str, object]]] | None = FILES
        self.settings = "vars"

    def start(self, *selected: str) -> None:
        """A run that is killed before it ends."""
        if self.files is not None:
            self.state.read(self.files)
        nodes = {name: self.nodes.get(name, Node(None, [])) for name in selected}
        checksums = {name: node.checksum for name, node in nodes.items()}
        self.state.begin(checksums, self.settings)

    def run(
        self,
        *selected: str,
        statuses: Mapping[str, str] | None = None,
        others: Mapping[str, str] | None = None,
    ) -> list[str]:
        """A run; what readers wait for then. What `statuses` leaves out passed.

        others: of what dbt does not list as selected.
        """
        self.start(*selected)
        passed = {
            name: "pass" if name == TEST else "success"
            for name in selected
            if name in self.nodes
        }
        self.state.end(self.nodes, {**passed, **(statuses or {}), **(others or {})})
        return self.state.waiting

    def publish(self) -> None:
        assert not self.state.waiting
        self.state.published_run = self.state.run

    def change(self, name: str) -> None:
        self.nodes[name] = replace(self.nodes[name], checksum="changed")


@pytest.fixture
def database() -> Database:
    """A database that has been built and published once."""
    made = Database()
    assert made.run(*ALL) == []
    made.publish()
    return made


def test_readers_wait_for_all_before_anything_is_built() -> None:
    assert not State().is_published
    assert Database().run(STAGED) == sorted({*ALL} - {STAGED})


def test_parts_complete_a_whole() -> None:
    database = Database()
    database.run(SEED)
    database.run(STAGED, FACTS)
    assert database.run(REPORT) == [TEST]
    assert database.run(TEST) == []


def test_what_is_built_waits_for_what_is_downstream(database: Database) -> None:
    assert database.run(FACTS) == [REPORT, TEST]
    assert not database.state.is_published
    assert database.run(REPORT) == [TEST]
    assert database.run(TEST) == []


def test_what_is_not_downstream_waits_for_nothing(database: Database) -> None:
    assert database.run(SEED, REPORT) == []


@pytest.mark.parametrize("status", ["error", "fail", "skipped", "without all rows"])
def test_what_did_not_pass_is_waited_for(database: Database, status: str) -> None:
    assert database.run(*ALL, statuses={REPORT: status}) == [REPORT]
    assert database.run(REPORT) == []


@pytest.mark.parametrize("status", ["pass", "success", "warn"])
def test_a_warning_passes(database: Database, status: str) -> None:
    assert database.run(*ALL, statuses={TEST: status}) == []


def test_a_test_that_failed_holds_back_what_other_runs_build(
    database: Database,
) -> None:
    assert database.run(FACTS, REPORT, TEST, statuses={TEST: FOUND}) == [TEST]
    assert database.run(SEED, REPORT) == [TEST]
    assert database.run(TEST) == []


def test_a_changed_model_is_waited_for(database: Database) -> None:
    database.change(REPORT)
    assert database.run(TEST) == [REPORT]
    assert database.run(REPORT) == []


def test_a_new_model_is_waited_for(database: Database) -> None:
    new = "model.instacart.rpt_new"
    database.nodes[new] = Node("new", [SEED])
    assert database.run(TEST) == [new]
    assert database.run(new) == []


def test_a_model_that_the_project_lost_is_waited_for_by_nobody(
    database: Database,
) -> None:
    database.run(REPORT, statuses={REPORT: "error"})
    del database.nodes[REPORT]
    assert database.run(SEED) == []
    assert REPORT not in database.state.results


def test_other_settings_are_those_of_all(database: Database) -> None:
    database.settings = "other vars"
    assert database.run(SEED) == sorted({*ALL} - {SEED})
    assert database.run(*ALL) == []
    # What was built with them before is not known to be the same.
    database.settings = "vars"
    assert database.run(SEED) == sorted({*ALL} - {SEED})


def test_other_content_of_a_file_is_waited_for_downstream(database: Database) -> None:
    database.files = {"orders": [{"name": "orders.csv", "sha256": "f01", "size": 3}]}
    assert database.run(SEED, REPORT) == [STAGED]
    assert database.run(STAGED) == [FACTS]
    assert database.run(FACTS) == [REPORT, TEST]
    assert database.run(REPORT, TEST) == []


def test_a_file_that_was_written_again_is_as_before(database: Database) -> None:
    database.files = {
        "orders": [{"name": "orders.csv", "sha256": "f00", "size": 3, "inode": 7}]
    }
    assert database.run(SEED, REPORT) == []
    assert database.state.files == database.files["orders"]


def test_nothing_is_published_of_files_that_changed_while_they_were_read(
    database: Database,
) -> None:
    database.run(*ALL)
    database.state.distrust_files(database.nodes)
    assert database.state.waiting == [STAGED]
    # What is read of them again has to be followed by all that is made of it.
    assert database.run(STAGED) == [FACTS]
    assert database.run(FACTS, REPORT, TEST) == []


def test_what_reads_no_raw_file_does_not_end_the_distrust(database: Database) -> None:
    database.run(*ALL)
    database.state.distrust_files(database.nodes)
    database.files = None
    assert database.run(FACTS, REPORT, TEST) == [STAGED]
    database.files = FILES
    assert database.run(STAGED, FACTS, REPORT, TEST) == []


def test_what_reads_no_raw_file_keeps_what_is_known_of_them(
    database: Database,
) -> None:
    database.files = None
    assert database.run(SEED, REPORT) == []
    assert database.state.files == FILES["orders"]


def test_the_list_of_files_is_of_all_of_them(database: Database) -> None:
    """A source that names no table of raw rows changes with each of them."""
    files = "model.instacart.stg_files"
    database.nodes[files] = Node("files", ["source.instacart.raw.loaded_files"])
    assert database.run(*ALL, files) == []
    database.files = {"orders": [{"name": "orders.csv", "sha256": "f01", "size": 3}]}
    assert files in database.run(*ALL)
    assert database.run(files) == []


def test_an_ephemeral_model_is_a_part_of_what_reads_it(database: Database) -> None:
    ephemeral = "model.instacart.int_orders"
    database.nodes[ephemeral] = Node("ephemeral", [FACTS], runs=False)
    database.nodes[REPORT] = Node("a report", [ephemeral, SEED])
    assert database.run(SEED, REPORT) == []
    assert database.run(FACTS, TEST) == [REPORT]
    assert database.run(REPORT) == []


def test_a_killed_run_leaves_all_it_may_have_written_to_be_waited_for(
    database: Database,
) -> None:
    database.start(FACTS, REPORT)
    assert database.state.waiting == sorted([FACTS, REPORT])
    assert database.state.failure == "it was stopped"
    assert not database.state.is_published
    assert database.run(FACTS) == sorted([REPORT, TEST])
    assert database.run(REPORT, TEST) == []


def test_a_unit_test_that_failed_is_waited_for(database: Database) -> None:
    assert database.run(*ALL, others={UNIT_TEST: FOUND}) == [UNIT_TEST]
    assert database.run(SEED, REPORT) == [UNIT_TEST]
    # A run of all without it leaves it out because the project lost it, or on purpose.
    assert database.run(*ALL) == []


def test_a_unit_test_that_failed_is_waited_for_until_it_passes(
    database: Database,
) -> None:
    assert database.run(REPORT, others={UNIT_TEST: FOUND}) == [UNIT_TEST]
    assert database.run(REPORT, others={UNIT_TEST: "pass"}) == []


def test_a_unit_test_that_passes_again_is_of_the_last_run(database: Database) -> None:
    for _ in range(2):
        assert database.run(*ALL, others={UNIT_TEST: "pass"}) == []
        assert database.state.last_results[UNIT_TEST] == "pass"


def test_nobody_waits_for_a_unit_test_that_was_left_out(database: Database) -> None:
    assert database.run(*ALL, others={UNIT_TEST: "pass"}) == []
    database.change(REPORT)
    assert database.run(REPORT) == []


def test_what_ran_since_readers_saw_it_is_known(database: Database) -> None:
    assert database.state.unpublished == set()
    database.run(FACTS, TEST, statuses={TEST: FOUND})
    assert database.state.unpublished == {FACTS, TEST, REPORT}
    database.run(FACTS, TEST, REPORT)
    database.publish()
    assert database.state.unpublished == set()
    assert database.state.is_published


def test_only_what_the_last_run_did_is_its_own(database: Database) -> None:
    database.run(FACTS, TEST, statuses={TEST: "warn"})
    assert database.state.last_results == {FACTS: "success", TEST: "warn"}


def test_a_state_is_read_as_it_was_written(tmp_path: Path, database: Database) -> None:
    database.run(REPORT, TEST, statuses={TEST: FOUND})
    write_state(tmp_path, database.state)
    assert read_state(tmp_path) == database.state


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{}", "null", '{"format": 0}', '{"format": 1}{'),
        *('{"format": 1, "results": []}', '{"format": 1, "results": {"a": {}}}'),
    ],
)
def test_a_state_of_no_use_is_as_none(tmp_path: Path, text: str) -> None:
    assert read_state(tmp_path) == State()
    (tmp_path / STATE).write_text(text)
    assert read_state(tmp_path) == State()
