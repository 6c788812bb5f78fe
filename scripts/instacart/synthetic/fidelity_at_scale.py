"""Generate files, build what their comparison needs, and compare them.

All of it is in target/fidelity, so nothing of yours is read or written. So is the page,
unless it is the one in docs.
"""

from __future__ import annotations

import os
from pathlib import Path

from instacart import config
from instacart.dbt_process import run_dbt
from instacart.errors import UserError
from instacart.synthetic import fidelity, generate

# What docs/fidelity.md is about: package, scale and seed.
DOCUMENTED = (config.DEMO_PACKAGE, 1.0, config.SEED)


def run(package: str, scale: float, seed: int, out: Path | None) -> int:
    """Compare; return 1 if a figure breaks its tolerance. Raises UserError."""
    folder = config.in_project("target/fidelity") / package
    page = folder / "fidelity.md"
    if (package, scale, seed) == DOCUMENTED:
        page = config.in_project("docs/fidelity.md")
    for name, path in {
        "INSTACART_RAW_DIR": "raw",
        "INSTACART_DB": "instacart.duckdb",
        "INSTACART_TEMP_DIR": "tmp",
        "DBT_ENGINE_TARGET_PATH": "target",
        "DBT_ENGINE_LOG_PATH": "logs",
    }.items():
        os.environ[name] = str(folder / path)
    for line in generate.run(config.raw_dir(), package, scale, seed, 0):
        print(line, flush=True)
    # Without tests: what counts here is the data.
    only = ("--select", f"+{fidelity.ANALYSIS}")
    without_tests = ("--exclude-resource-type", "test", "unit_test")
    if run_dbt("build", *only, *without_tests):
        raise UserError(
            "every model to be built",
            "what dbt says above",
            "correct that and run `make fidelity` again",
        )
    return fidelity.run(out or page)
