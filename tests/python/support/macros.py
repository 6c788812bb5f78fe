"""Macros rendered without dbt, for tests that need many small queries."""

from __future__ import annotations

from typing import Any

import jinja2
from instacart.config import PROJECT_DIR

from support.project import VARS


class _Adapter:
    """What the macros use of dbt's adapter."""

    def __init__(self, engine: str) -> None:
        self.engine = engine
        self.macros: Any = None

    def dispatch(self, name: str) -> Any:
        default = getattr(self.macros, f"default__{name}", None)
        return getattr(self.macros, f"{self.engine}__{name}", default)


def macros(engine: str = "duckdb") -> Any:
    """The project's macros, to be called as dbt would outside of a run."""
    files = sorted((PROJECT_DIR / "macros").rglob("*.sql"))
    adapter = _Adapter(engine)
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    environment.globals.update(
        {
            "adapter": adapter,
            "execute": False,
            "return": lambda value: value,
            "var": VARS.__getitem__,
        }
    )
    text = "".join(file.read_text() for file in files)
    adapter.macros = environment.from_string(text).module
    return adapter.macros
