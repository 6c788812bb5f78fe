"""The project as its files have it: what tests must not repeat."""

from __future__ import annotations

from typing import Any

import yaml
from instacart.config import PROJECT_DIR

VARS: dict[str, Any] = yaml.safe_load((PROJECT_DIR / "dbt_project.yml").read_text())[
    "vars"
]
