"""Run dbt on this project as a process of its own, which ends as we do."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
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
# What dbt returns if it ran to the end, and not all of it passed.
NOT_ALL_PASSED = 1


def run_dbt(
    *arguments: str,
    python: Path | None = None,
    environment: dict[str, str] | None = None,
) -> int:
    """Run dbt, showing what it prints but for progress; return its exit code.

    python: that of another environment with dbt in it. environment: further variables.

    Raises UserError if a folder can't be written, if memory or a disk ran out, or if
    something killed it, KeyboardInterrupt when we are stopped, and BrokenPipeError when
    nobody reads what it prints; dbt has then ended.
    """
    config.check_folders()
    project = str(config.PROJECT_DIR)
    with subprocess.Popen(
        [
            *(str(python or sys.executable), "-m", "instacart.dbt_child"),
            *arguments,
            # Named, so that DBT_PROJECT_DIR and DBT_PROFILES_DIR don't matter.
            *("--project-dir", project, "--profiles-dir", project),
        ],
        cwd=project,
        # A variable that is set to nothing has its default here, not in dbt.
        env=os.environ
        | {name: config.setting(name) for name in config.DEFAULTS}
        | (environment or {}),
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
            show_output(running)
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


def show_output(running: subprocess.Popen[str]) -> None:
    """Print what dbt prints, as it comes, but for progress; what failed comes last.

    Raises UserError, in place of dbt's details, if memory or a disk ran out.
    """
    assert running.stdout is not None
    sentences: list[str] = []
    details: list[str] = []
    skipped, ran_out = 0, None
    for line in running.stdout:
        ran_out = ran_out or shortage(line)
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
