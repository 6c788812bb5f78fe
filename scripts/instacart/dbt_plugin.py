"""dbt-duckdb's plugin: what a build needs besides SQL.

dbt loads it by its name (see ``profiles.yml``), so plain ``dbt build`` does the same as
``make build``: it builds alone, from raw files that were checked, and publishes what
passed. ``macros/prepare_raw_files.sql`` and ``macros/publish.sql`` call its functions.
"""

from __future__ import annotations

import atexit
import gc
import json
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.events.types import JinjaLogInfo
from dbt_common.events.functions import fire_event
from dbt_common.exceptions import DbtRuntimeError
from duckdb import DuckDBPyConnection
from duckdb.func import FunctionNullHandling

from instacart import config
from instacart.dbt_child import OBJECTS_BETWEEN_COLLECTIONS
from instacart.errors import UserError, unusable_file
from instacart.publish import build
from instacart.publish.database import check_database
from instacart.publish.run import Run, end_run, start_run
from instacart.raw_package.package import inspect_package
from instacart.shortages import shortage

# What is known of the raw files, for macros/engine/raw_files.sql.
PACKAGE = "package.json"


def collect_less() -> None:
    """Leave what dbt has read out of garbage collection: it is needed to the end."""
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    # A connection is closed, and its log becomes part of the database, when collected.
    atexit.register(gc.unfreeze)


class Plugin(BasePlugin):
    """Takes the database for this process, and gives SQL four functions."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Begin: dbt has read the project, and connects."""
        collect_less()

    def update_connection_config(self, creds: Any, options: dict[str, Any]) -> None:
        """Prepare to connect. Raises DbtRuntimeError, which dbt shows as a sentence."""
        # As dbt runs in the project, so do relative paths.
        working = Path(creds.path).resolve()
        try:
            config.check_settings()
            config.check_writable("INSTACART_DB", working.parent)
            config.check_writable("INSTACART_TEMP_DIR", config.temp_dir())
            self.run: Run = start_run(working.parent, config.temp_dir())
            options["temp_directory"] = str(self.run.spill)
            check_database(working, options)
        except (OSError, UserError) as error:
            raise DbtRuntimeError(sentence(error)) from None

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Give SQL functions of texts that return a sentence, or null.

        DuckDB imports pandas, 54 MB, when a function first returns anything but null.
        """
        # By table, what this run reads; None if it reads no raw file.
        self.files: build.Files | None = None
        self.connection = conn
        for function, count in (
            (self.inspect_raw_files, 2),
            (self.begin_run, 1),
            (self.finish_run, 1),
            (self.say_shortage, 1),
        ):
            name = function.__name__
            texts: list[Any] = ["VARCHAR"] * count
            # So that they may return null.
            nulls = FunctionNullHandling.SPECIAL
            conn.create_function(
                name, function, texts, "VARCHAR", side_effects=True, null_handling=nulls
            )

    def inspect_raw_files(self, raw_dir: str, expectations: str) -> str | None:
        """Check the raw files, and write what inspect_package found to a file.

        It is PACKAGE in the temporary directory. Returns a sentence if that fails.
        """
        inspected = inspect_package(raw_dir, expectations, str(self.run.copies))
        found = json.loads(inspected)
        if "error" in found:
            build.refuse(self.run.built, found["error"])
            return str(found["error"])
        self.files = build.described(found["tables"])
        try:
            self.run.spill.mkdir(exist_ok=True)
            (self.run.spill / PACKAGE).write_text(inspected, "utf-8")
        except OSError as error:
            return sentence(error)
        return None

    def say_shortage(self, error: str) -> str | None:
        """The sentence for an error that memory or a disk is short of; else null."""
        short = shortage(error)
        return str(short) if short else None

    def begin_run(self, started: str) -> str | None:
        """Record what a run is about to build: an object of selected and vars.

        Returns a sentence if that can't be done.
        """
        told = json.loads(started)
        try:
            build.begin(self.run.built, told["selected"], told["vars"], self.files)
        except (OSError, UserError) as error:
            return sentence(error)
        return None

    def finish_run(self, ended: str) -> str | None:
        """Publish what passed and say so: an object of nodes, statuses and tables.

        Returns a sentence if that can't be done.
        """
        told = json.loads(ended)
        connection = self.connection.cursor()
        try:
            build.write_log(self.run.built, connection)
            said = build.finish(
                self.run.built, build.ended_as_told(told), self.files, connection
            )
        except (OSError, UserError) as error:
            return sentence(error)
        finally:
            end_run()
        fire_event(JinjaLogInfo(msg=f"{said}."))
        return None


def sentence(error: OSError | UserError) -> str:
    """What dbt shows of an error."""
    return str(unusable_file(error) if isinstance(error, OSError) else error)
