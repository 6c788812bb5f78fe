"""Run dbt on this project as a process of its own, which ends as we do."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from instacart import config
from instacart.dbt_child import SECONDS_TO_STOP
from instacart.errors import UserError
from instacart.shortages import shortage
from instacart.words import plural

# dbt's lines for what starts, what passes and what it need not do.
PROGRESS = re.compile(r"[0-9] (START|PASS|NO-OP) ")
SKIPPED = re.compile(r"[0-9] SKIP ")
# Where it begins to say in some lines each what went wrong.
DETAILS = re.compile(r"Completed with [0-9]+ error|Exited because|Encountered an error")
# The sentences of the macro say_what_failed, without the time.
SENTENCE = re.compile(r"[0-9]  ((?:Failed|Warned) \w+: .+)")
SECONDS_BETWEEN_LOOKS = 3.0
# What dbt returns if it ran to the end, and not all of it passed.
NOT_ALL_PASSED = 1


@dataclass(frozen=True)
class Engine:
    """What is special about running dbt on an engine."""

    # Of the environment that has its adapter; none for this one.
    python: Path | None = None
    # Further variables.
    environment: dict[str, str] = field(default_factory=dict)
    # The sentence for a line of dbt's that says what the engine lacks.
    lacking: Callable[[str], UserError | None] = shortage
    # Lines that say nothing to a user; none where each says something.
    noise: re.Pattern[str] | None = None
    # Asked every few seconds: the UserError that it raises ends dbt.
    watch: Callable[[], None] | None = None


DUCKDB = Engine()


def run_dbt(*arguments: str, engine: Engine = DUCKDB) -> int:
    """Run dbt, showing what it prints but for progress; return its exit code.

    Raises UserError if a folder can't be written, if the engine lacks something, or if
    something killed it, KeyboardInterrupt when we are stopped, and BrokenPipeError when
    nobody reads what it prints; dbt has then ended.
    """
    config.check_folders()
    project = str(config.PROJECT_DIR)
    with subprocess.Popen(
        [
            *(str(engine.python or sys.executable), "-m", "instacart.dbt_child"),
            *arguments,
            # Named, so that DBT_PROJECT_DIR and DBT_PROFILES_DIR don't matter.
            *("--project-dir", project, "--profiles-dir", project),
        ],
        cwd=project,
        # A variable that is set to nothing has its default here, not in dbt.
        env=os.environ
        | {name: config.setting(name) for name in config.DEFAULTS}
        | engine.environment,
        # Nothing is written to it: see dbt_child.
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # dbt shows a stack trace on either when it is stopped; then nothing is shown.
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        # Ctrl-C then reaches dbt through us only, and once.
        process_group=0,
    ) as running:
        try:
            with watched(running, engine.watch):
                show_output(running, engine)
            code = running.wait()
        except (KeyboardInterrupt, BrokenPipeError):
            stop(running)
            raise
    if code < 0:
        raise UserError(
            "dbt to run to its end",
            f"that {signal.Signals(-code).name} ended it",
            "run this again, with a lower INSTACART_MEMORY_LIMIT if memory ran out",
        )
    return code


@contextmanager
def watched(
    running: subprocess.Popen[str], watch: Callable[[], None] | None
) -> Iterator[None]:
    """Ask `watch` while dbt runs; end dbt by, and raise, the UserError it raises."""
    found: list[UserError] = []
    has_ended = threading.Event()

    def look() -> None:
        while watch and not has_ended.wait(SECONDS_BETWEEN_LOOKS):
            try:
                watch()
            except UserError as error:
                found.append(error)
                assert running.stdin is not None
                running.stdin.close()
                return

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    try:
        yield
    finally:
        has_ended.set()
        looking.join()
    if found:
        running.wait()
        raise found[0]


def show_output(running: subprocess.Popen[str], engine: Engine) -> None:
    """Print what dbt prints, as it comes, but for progress; what failed comes last.

    Raises UserError, in place of dbt's details, if the engine lacked something.
    """
    assert running.stdout is not None
    sentences: list[str] = []
    details: list[str] = []
    skipped, ran_out = 0, None
    for line in running.stdout:
        ran_out = ran_out or engine.lacking(line)
        if engine.noise and engine.noise.search(line):
            continue
        if found := SENTENCE.search(line):
            sentences.append(found[1])
        elif SKIPPED.search(line):
            skipped += 1
        elif details or DETAILS.search(line):
            details.append(line)
        elif not PROGRESS.search(line):
            print(line, end="", flush=True)
    if skipped:
        nodes = plural(skipped, "model or test", "models and tests")
        print(f"Skipped for that: {nodes}.", flush=True)
    if ran_out:
        raise ran_out
    print(*details, sep="", end="", flush=True)
    if sentences:
        print("", *sentences, sep="\n", flush=True)


def stop(running: subprocess.Popen[str]) -> None:
    """Stop dbt: it ends when its standard input is closed, else it is killed."""
    try:
        running.communicate(timeout=SECONDS_TO_STOP)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        running.kill()
