"""What of a working database passed, and what readers still have to wait for.

Every node of dbt has the number of the run that built or tested it last. A state is
complete when each model, seed and data test passed in a run that is not older than that
of anything it depends on; the raw files of a source count as built by the run that
first found them as they are. So a build of a part completes what others began, as long
as nothing changed in between.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from instacart.files import replaced_when_complete

STATE = "state.json"
# Raised when a state means something else than before.
FORMAT = 1
PASSED = {"pass", "success", "warn"}
STARTED = "started"
KILLED = "it was stopped"
# It says something of the code, nothing of the data: only its failure counts.
UNIT_TEST = "unit_test."
SOURCE = "source."


@dataclass(frozen=True)
class Node:
    """A model, seed or test of the project."""

    # Of its code; None where dbt knows none.
    checksum: str | None
    # Unique ids of nodes and sources.
    parents: list[str]
    # An ephemeral model does not: it is a part of those that read it.
    runs: bool = True


@dataclass
class Result:
    """How a node ended, in which run, and the code that ran."""

    run: int
    status: str
    checksum: str | None


@dataclass
class State:
    """Of all builds of a database so far."""

    # The number of the last run.
    run: int = 0
    # Why it published nothing; empty if it did.
    failure: str = ""
    # The last run that published; readers see what was there at its end.
    published_run: int = 0
    # By unique id.
    results: dict[str, Result] = field(default_factory=dict)
    # By name of the source: its files, and the run that found them first.
    sources: dict[str, tuple[list[dict[str, Any]], int]] = field(default_factory=dict)
    # A digest, and the run that had it first.
    settings: tuple[str, int] = ("", 0)
    # Unique ids of the nodes that readers wait for.
    waiting: list[str] = field(default_factory=list)

    @property
    def files(self) -> list[dict[str, Any]]:
        """The raw files that were read: name, size, modified_ns, inode, sha256 each."""
        return [file for files, _ in self.sources.values() for file in files]

    @property
    def is_published(self) -> bool:
        """Whether readers see what is in the working database."""
        return 0 < self.published_run == self.run

    @property
    def unpublished(self) -> set[str]:
        """Unique ids of what readers wait for, and of what ran since they saw it."""
        since = {
            name
            for name, result in self.results.items()
            if result.run > self.published_run
        }
        return since.union(self.waiting)

    @property
    def last_results(self) -> dict[str, str]:
        """The status of each node of the last run, by unique id."""
        return {
            name: result.status
            for name, result in self.results.items()
            if result.run == self.run
        }

    def begin(self, selected: Mapping[str, str | None], settings: str) -> None:
        """A run starts, of some nodes with these checksums."""
        self.run += 1
        # What is true if it is killed.
        self.failure = KILLED
        if settings != self.settings[0]:
            self.settings = settings, self.run
        for name, checksum in selected.items():
            self.results[name] = Result(self.run, STARTED, checksum)
        self.waiting = sorted({*self.waiting, *selected})

    def read(self, sources: Mapping[str, list[dict[str, Any]]]) -> None:
        """The run that begins next reads these raw files, by source."""
        for name, files in sources.items():
            before, run = self.sources.get(name, (None, 0))
            is_as_before = before is not None and content(before) == content(files)
            self.sources[name] = files, run if is_as_before else self.run + 1

    def distrust_files(self, nodes: Mapping[str, Node]) -> None:
        """What was read of the raw files may be half of one and half of another."""
        # As of a run to come: all that was built of them is older.
        self.sources = {name: ([], self.run + 1) for name in self.sources}
        self.waiting = sorted({*self.waiting, *self.outdated(nodes)})

    def end(self, nodes: Mapping[str, Node], statuses: Mapping[str, str]) -> None:
        """A run ended with these statuses, in a project of these nodes."""
        for name, status in statuses.items():
            if name.startswith(UNIT_TEST):
                # dbt doesn't list them among what is selected.
                self.results[name] = Result(self.run, status, None)
            elif name in self.results:
                self.results[name].status = status
        is_whole = all(
            self.run_of(name, nodes) == self.run for name in nodes if nodes[name].runs
        )
        for name, result in list(self.results.items()):
            # dbt lists no unit tests among the nodes: those of a whole run are all.
            is_gone = not name.startswith(UNIT_TEST) or is_whole
            if name not in nodes and is_gone and result.run < self.run:
                del self.results[name]
        self.waiting = sorted({*self.not_passed(), *self.outdated(nodes)})

    def not_passed(self) -> Iterable[str]:
        """What was run and did not pass, or did not end."""
        return (
            name for name, result in self.results.items() if result.status not in PASSED
        )

    def outdated(self, nodes: Mapping[str, Node]) -> Iterable[str]:
        """What has not run on what is there."""
        for name, node in nodes.items():
            result = self.results.get(name)
            if not node.runs:
                continue
            if result is None or result.checksum != node.checksum:
                yield name
                continue
            runs = [self.run_of(parent, nodes) for parent in node.parents]
            if result.run < max([self.settings[1], *runs]):
                yield name

    def run_of(self, name: str, nodes: Mapping[str, Node]) -> int:
        """The run that a node or source has its content from; 0 where there is none."""
        if name.startswith(SOURCE):
            # The list of loaded files is of all of them.
            latest = max((run for _, run in self.sources.values()), default=0)
            _, run = self.sources.get(name.rpartition(".")[2], ([], latest))
            return run
        if name in nodes and not nodes[name].runs:
            parents = nodes[name].parents
            return max((self.run_of(parent, nodes) for parent in parents), default=0)
        return self.results[name].run if name in self.results else 0


def content(files: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """What is in some files, whenever they were written."""
    return [(file["name"], file["sha256"]) for file in files]


def read_state(built: Path) -> State:
    """The state that a folder of builds holds; an empty one where there is none."""
    try:
        saved = json.loads((built / STATE).read_text("utf-8"))
        if saved.pop("format") != FORMAT:
            return State()
        saved["results"] = {
            name: Result(**result) for name, result in saved["results"].items()
        }
        for name, (files, run) in saved["sources"].items():
            saved["sources"][name] = files, run
        saved["settings"] = tuple(saved["settings"])
        return State(**saved)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return State()


def write_state(built: Path, state: State) -> None:
    """Replace the state of a folder."""
    with replaced_when_complete(built / STATE) as work:
        work.write_text(json.dumps({"format": FORMAT} | asdict(state)) + "\n", "utf-8")
