"""The Java that Spark runs on: that of JAVA_HOME, else the one on PATH."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from instacart.errors import UserError

# Spark 4 needs it, and scripts/install_java.sh installs it.
LEAST_JAVA = 17
# Java 8 calls itself 1.8.
VERSION = re.compile(r' version "(?:1\.)?([0-9]+)')


def find_java() -> Path:
    """The java to run; raises UserError where none is new enough."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home, "bin", "java")) if home else shutil.which("java")
    version = java_version(java) if java else None
    if java and version and version >= LEAST_JAVA:
        return Path(java)
    found = f"Java {version}" if version else "none"
    if home:
        remedy = "correct or unset JAVA_HOME"
    else:
        remedy = "install one with scripts/install_java.sh, or name it with JAVA_HOME"
    where = f" at {home}" if home else ""
    raise UserError(f"Java {LEAST_JAVA} or newer", f"{found}{where}", remedy)


def java_version(java: str) -> int | None:
    """The number of a Java, such as 17; None if it doesn't run."""
    try:
        said = subprocess.run(
            [java, "-version"], capture_output=True, text=True, errors="replace"
        )
    except OSError:
        return None
    found = VERSION.search(said.stderr + said.stdout)
    return int(found[1]) if found else None
