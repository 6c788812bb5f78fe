"""dbt, in a process that ends with its parent, however that ends.

``python -m instacart.dbt_child ...`` is ``dbt ...``, but for its standard input: a pipe
that only the parent can write to. The system closes it when the parent ends.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time

SECONDS_TO_STOP = 10
# With Python's own 700, dbt spends a sixth of its time looking for garbage.
OBJECTS_BETWEEN_COLLECTIONS = 5_000


def main() -> None:
    """Run dbt on the arguments of the command line."""
    # Python leaves it ignored where it was, as for what a shell starts with &.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=end_with_parent, daemon=True).start()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    from mashumaro.config import BaseConfig

    # Otherwise each of dbt's classes compiles its serialization code on import.
    BaseConfig.lazy_compilation = True
    from dbt.cli.main import cli

    from instacart.lighter_dbt import lighten_dbt

    # dbt finds dbt_instacart.py, which does so too, when it has read its configuration.
    lighten_dbt()
    cli()


def end_with_parent() -> None:
    """Wait until standard input is closed; then end this process.

    At first gently: DuckDB then removes what it has spilt to disk.
    """
    os.read(sys.stdin.fileno(), 1)
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(SECONDS_TO_STOP)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
