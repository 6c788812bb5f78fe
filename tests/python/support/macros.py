"""Macros rendered without dbt, for tests that need many small queries."""

from __future__ import annotations

from typing import Any

import jinja2
from instacart.config import PROJECT_DIR

from support.project import VARS


def macros(file: str) -> Any:
    """The macros of a file, to be called as dbt would outside of a run."""
    text = (PROJECT_DIR / "macros" / file).read_text()
    known = {"var": VARS.__getitem__, "execute": False}
    return jinja2.Environment().from_string(text, globals=known).module
