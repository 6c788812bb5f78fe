"""Run the uv of .venv with what pip is told about where packages come from.

    .venv/bin/python scripts/run_uv.py pip sync requirements.lock

uv reads neither pip.conf nor PIP_* variables. What uv is told itself counts more. An
extra-index-url is left out: pip adds its files to those of the first index, where uv
takes a package from one index only.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

# pip's setting, the variable that tells uv the same, and its older name.
VARIABLES = {
    "index-url": ("UV_DEFAULT_INDEX", "UV_INDEX_URL"),
    "trusted-host": ("UV_INSECURE_HOST",),
    "cert": ("SSL_CERT_FILE",),
    "proxy": ("ALL_PROXY",),
}
# Each counts more than those before it.
SECTIONS = ("global", "install", ":env:")


def main() -> None:
    """Become uv with the arguments of the command line."""
    settings = pip_settings()
    arguments = ["uv", *sys.argv[1:]]
    if settings.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        links = settings.get("find-links", "").split()
        arguments += ["--no-index", *(f"--find-links={link}" for link in links)]
    uv = Path(sys.executable).with_name("uv")
    os.execve(uv, arguments, os.environ | uv_variables(settings))


def pip_settings() -> dict[str, str]:
    """What `pip install` is told by its files and its variables."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    lines = [line.partition("=") for line in listed.splitlines()]
    return {
        key.removeprefix(f"{section}."): ast.literal_eval(value)
        for section in SECTIONS
        for key, _, value in lines
        if key.startswith(f"{section}.")
    }


def uv_variables(settings: dict[str, str]) -> dict[str, str]:
    """The same as variables of uv, but for those that are set."""
    return {
        names[0]: settings[setting]
        for setting, names in VARIABLES.items()
        if settings.get(setting) and not any(os.environ.get(name) for name in names)
    }


if __name__ == "__main__":
    main()
