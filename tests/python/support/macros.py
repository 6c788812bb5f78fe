"""Macros and models rendered without dbt, for tests that need many small queries."""

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
    adapter = _Adapter(engine)
    adapter.macros = _environment(adapter).from_string(_macro_text()).module
    return adapter.macros


def model(path: str, engine: str = "duckdb") -> str:
    """The query of a model by its path below models, of sources by schema and name."""
    adapter = _Adapter(engine)
    environment = _environment(adapter)
    adapter.macros = environment.from_string(_macro_text()).module
    text = (PROJECT_DIR / "models" / path).read_text()
    return environment.from_string(_macro_text() + text).render().strip()


def _macro_text() -> str:
    files = sorted((PROJECT_DIR / "macros").rglob("*.sql"))
    return "".join(file.read_text() for file in files)


def _environment(adapter: _Adapter) -> jinja2.Environment:
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    environment.globals.update(
        {
            "adapter": adapter,
            "config": lambda **_: "",
            "execute": False,
            "return": lambda value: value,
            "source": lambda _, table: f"raw.{table}",
            "var": VARS.__getitem__,
        }
    )
    return environment
