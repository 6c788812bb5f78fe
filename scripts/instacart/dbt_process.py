"""Run dbt on this project as a process of its own, and stop it as we are stopped."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

from instacart import config
from instacart.errors import UserError

# dbt's lines for what starts, what passes and what it need not do.
PROGRESS = re.compile(r"[0-9] (START|PASS|NO-OP) ")
# The sentences of the macro say_what_failed, without the time.
SENTENCE = re.compile(r"[0-9]  ((?:Failed|Warned) \w+: .+)")
# What dbt returns if it ran to the end, and not all of it passed.
NOT_ALL_PASSED = 1
SECONDS_TO_STOP = 30


def run_dbt(*arguments: str) -> int:
    """Run dbt, showing what it prints but for progress; return its exit code.

    Raises UserError if something killed it, KeyboardInterrupt when we are stopped, and
    BrokenPipeError when nobody reads what it prints; dbt has then ended.
    """
    project = str(config.PROJECT_DIR)
    with subprocess.Popen(
        [
            *(sys.executable, "-c", "from dbt.cli.main import cli; cli()"),
            *arguments,
            # Named, so that DBT_PROJECT_DIR and DBT_PROFILES_DIR don't matter.
            *("--project-dir", project, "--profiles-dir", project),
        ],
        cwd=project,
        # A variable that is set to nothing has its default here, not in dbt.
        env=os.environ | {name: config.setting(name) for name in config.DEFAULTS},
        stdin=subprocess.DEVNULL,
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
    """Print what dbt prints, as it comes, but for progress; what failed comes last."""
    assert running.stdout is not None
    sentences = []
    for line in running.stdout:
        if found := SENTENCE.search(line):
            sentences.append(found[1])
        elif not PROGRESS.search(line):
            print(line, end="", flush=True)
    if sentences:
        print("", *sentences, sep="\n", flush=True)


def stop(running: subprocess.Popen[str]) -> None:
    """Stop dbt, at first gently: DuckDB then removes what it has spilt to disk."""
    running.send_signal(signal.SIGINT)
    try:
        running.communicate(timeout=SECONDS_TO_STOP)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        running.kill()
