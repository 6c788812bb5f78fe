"""Run dbt as a process of its own, and stop it as we are stopped."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

from instacart.config import PROJECT_DIR

# dbt's lines for what starts, what passes and what it need not do.
PROGRESS = re.compile(r"[0-9] (START|PASS|NO-OP) ")
# What dbt returns if it ran to the end, and not all of it passed.
NOT_ALL_PASSED = 1
SECONDS_TO_STOP = 30


def run_dbt(selection: list[str]) -> int:
    """Run ``dbt build``, showing what it prints but for progress; return its exit code.

    Raises KeyboardInterrupt when stopped, and BrokenPipeError when nobody reads what it
    prints; dbt has then ended.
    """
    # Named, so that DBT_PROJECT_DIR and DBT_PROFILES_DIR of the user don't matter.
    here = ("--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR))
    dbt = str(Path(sys.executable).with_name("dbt"))
    command = [dbt, "build", "--write-json", *here]
    with subprocess.Popen(
        [*command, *selection],
        cwd=PROJECT_DIR,
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
            for line in running.stdout:
                if not PROGRESS.search(line):
                    print(line, end="", flush=True)
            code = running.wait()
        except (KeyboardInterrupt, BrokenPipeError):
            # Not a kill: DuckDB then removes what it has spilt to disk.
            running.send_signal(signal.SIGINT)
            try:
                running.communicate(timeout=SECONDS_TO_STOP)
            except (subprocess.TimeoutExpired, KeyboardInterrupt):
                running.kill()
            raise
    # As a shell has it, where a signal ended dbt.
    return code if code >= 0 else 128 - code
