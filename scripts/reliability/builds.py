"""A database of its own to build, and what lies and runs around it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from instacart.checksums import PUBLISHED, Table, measure
from instacart.config import PROJECT_DIR
from instacart.errors import UserError
from instacart.synthetic.generate import generate

PROJECT = ("--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR))
COMMANDS = {
    "dbt build": (str(Path(sys.executable).with_name("dbt")), "build", *PROJECT),
    "instacart build": (sys.executable, "-m", "instacart", "build"),
}
PACKAGES = ("careerfoundry", "kaggle")
SCALE, SEED = 0.0005, 1
# Characters that are kept of what a build said in the end.
SAID = 1000
# For processes to end that were told so.
SECONDS_TO_END = 10

# By table of the published schemas.
Content = dict[str, Table]


@dataclass(frozen=True)
class Site:
    """A database and its folders below `folder`, but for those that are shared.

    shared: variables that differ.
    """

    folder: Path
    command: str = "dbt build"
    shared: Mapping[str, str] = field(default_factory=dict)

    @property
    def database(self) -> Path:
        return Path(self.environment()["INSTACART_DB"])

    def environment(self) -> dict[str, str]:
        return {
            "INSTACART_DB": str(self.folder / "warehouse" / "instacart.duckdb"),
            "INSTACART_TEMP_DIR": str(self.folder / "tmp"),
            "DBT_TARGET_PATH": str(self.folder / "dbt" / "target"),
            "DBT_LOG_PATH": str(self.folder / "dbt" / "logs"),
            # They bring rows of their own, and publishing doesn't wait for them.
            "DBT_EXCLUDE_RESOURCE_TYPES": "unit_test",
            "DBT_USE_COLORS": "false",
            "PYTHONPATH": str(PROJECT_DIR / "scripts"),
            "TMPDIR": str(self.folder / "system"),
            # By which its processes are found again.
            "RELIABILITY_SITE": str(self.folder),
            **self.shared,
        }

    @contextmanager
    def started(self, raw: Path) -> Iterator[subprocess.Popen[bytes]]:
        """A build of a package; what is left of it in the end is killed."""
        (self.folder / "system").mkdir(parents=True, exist_ok=True)
        environment = os.environ | self.environment() | {"INSTACART_RAW_DIR": str(raw)}
        with self.log.open("wb") as log:
            build = subprocess.Popen(
                COMMANDS[self.command],
                env=environment,
                cwd=PROJECT_DIR,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C reaches the soak alone, which then kills it.
                start_new_session=True,
            )
        try:
            yield build
        finally:
            for process in self.processes():
                with suppress(psutil.Error):
                    process.kill()
            build.wait()

    def build(self, raw: Path) -> float:
        """Build a package to the end; return the seconds. Raises UserError."""
        before = time.monotonic()
        with self.started(raw) as build:
            code = build.wait()
        if code:
            raise UserError(
                f"`{self.command}` of {raw.name} to pass",
                f"that it returned {code}: {self.said()[-SAID:]}",
                "see the rest above that",
                where=str(self.log),
            )
        return time.monotonic() - before

    @property
    def log(self) -> Path:
        return self.folder / "build.log"

    def said(self) -> str:
        """What the last build printed."""
        return self.log.read_text("utf-8", errors="replace")

    def processes(self) -> list[psutil.Process]:
        """What runs for this site."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                site = process.environ().get("RELIABILITY_SITE")
                if site == str(self.folder) and process.status() != "zombie":
                    found.append(process)
        return found

    def orphans(self) -> list[psutil.Process]:
        """What still runs after a while."""
        deadline = time.monotonic() + SECONDS_TO_END
        while (left := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return left

    def names(self) -> set[str]:
        """What lies around the database and in temporary folders, without numbers."""
        return {
            re.sub(r"\d+", "N", str(path.relative_to(self.folder)))
            for name in ("warehouse", "tmp", "system")
            for path in (self.folder / name).rglob("*")
        }

    def content(self) -> Content:
        """What the published file holds; nothing where there is none."""
        return measure(PUBLISHED, self.database) if self.database.exists() else {}


def say_progress(line: str) -> None:
    print(f"  {line}", flush=True)


def generate_packages(folder: Path) -> list[Path]:
    """The smallest package of each kind."""
    for name in PACKAGES:
        generate(folder / name, name, SCALE, SEED)
    return [folder / name for name in PACKAGES]
