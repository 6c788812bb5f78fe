"""Memory or a disk that runs out while dbt builds, said in a sentence."""

from __future__ import annotations

import re
from pathlib import Path

from instacart import config
from instacart.config import shown
from instacart.errors import UserError

# What DuckDB and the system say.
MEMORY = re.compile(r"out of memory error|\bMemoryError\b|cannot allocate memory", re.I)
SPILL = re.compile(r"max_temp_directory_size|failed to offload data block", re.I)
DISK = re.compile(r"no space left on device|disk quota exceeded", re.I)
NAMED_FILE = re.compile(r"""(?:file |: )["'](?P<path>/[^"']+)["']""")
# The names of files to which DuckDB spills begin so.
SPILLED = "duckdb_temp_"


def shortage(text: str) -> UserError | None:
    """The sentence for an error's text that says that memory or a disk ran out."""
    if SPILL.search(text):
        return full_disk("INSTACART_TEMP_DIR", config.temp_dir())
    if DISK.search(text):
        found = NAMED_FILE.search(text)
        return full_disk(*folder_of(Path(found["path"]) if found else None, text))
    if MEMORY.search(text):
        return UserError(
            "enough memory for every model",
            f"that {config.setting('INSTACART_MEMORY_LIMIT')} is not enough for one",
            "set a higher one, make room in INSTACART_TEMP_DIR, or build one at a time"
            " with INSTACART_DBT_THREADS=1",
            where="INSTACART_MEMORY_LIMIT",
        )
    return None


def folder_of(file: Path | None, text: str) -> tuple[str, Path]:
    """The variable that names the folder of a file, and that folder.

    DuckDB always names the file. Python does not: a function in SQL was copying a raw
    file, and anything else is dbt.
    """
    temp = ("INSTACART_TEMP_DIR", config.temp_dir())
    target = ("DBT_TARGET_PATH", config.target_dir())
    if not file:
        return temp if "UDF" in text else target
    if file.is_relative_to(temp[1]) or file.name.startswith(SPILLED):
        return temp
    if file.is_relative_to(target[1]):
        return target
    return "INSTACART_DB", config.database().parent


def full_disk(variable: str, folder: Path) -> UserError:
    return UserError(
        f"room on the disk of {shown(folder)}",
        "it full",
        "free some, or name a folder on another disk",
        where=variable,
    )
