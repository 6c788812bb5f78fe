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
from dbt_common.exceptions import DbtRuntimeError
from duckdb import DuckDBPyConnection

from instacart import config
from instacart.dbt_child import OBJECTS_BETWEEN_COLLECTIONS
from instacart.errors import UserError, unusable_file
from instacart.lighter_dbt import lighten_dbt
from instacart.publish import build
from instacart.publish.database import check_database
from instacart.publish.run import Run, end_run, start_run
from instacart.raw_package.package import inspect_package
from instacart.shortages import shortage


def collect_less() -> None:
    """Leave what dbt has read out of garbage collection: it is needed to the end."""
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    # A connection is closed, and its log becomes part of the database, when collected.
    atexit.register(gc.unfreeze)


class Plugin(BasePlugin):
    """Takes the database for this process, and gives SQL four functions."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Spare dbt work that nobody needs."""
        collect_less()
        lighten_dbt()

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
        except UserError as error:
            raise DbtRuntimeError(str(error)) from None
        except OSError as error:
            raise DbtRuntimeError(str(unusable_file(error))) from None

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Give SQL functions of texts, with a text as result: JSON, or a sentence."""
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
            conn.create_function(name, function, texts, "VARCHAR", side_effects=True)

    def inspect_raw_files(self, raw_dir: str, expectations: str) -> str:
        """Check the raw files and say where to read them: see inspect_package."""
        inspected = inspect_package(raw_dir, expectations, str(self.run.copies))
        found = json.loads(inspected)
        if "error" in found:
            build.refuse(self.run.built, found["error"])
        else:
            self.files = build.described(found["tables"])
        return inspected

    def say_shortage(self, error: str) -> str:
        """The sentence for an error that memory or a disk is short of; else nothing."""
        return str(shortage(error) or "")

    def begin_run(self, started: str) -> str:
        """Record what a run is about to build: an object of selected and vars.

        Returns an object, with a sentence as error if that can't be done.
        """
        told = json.loads(started)
        try:
            build.begin(self.run.built, told["selected"], told["vars"], self.files)
        except OSError as error:
            return json.dumps({"error": str(unusable_file(error))})
        except UserError as error:
            return json.dumps({"error": str(error)})
        return "{}"

    def finish_run(self, ended: str) -> str:
        """Publish what passed: an object of nodes, statuses and tables.

        Returns an object with a sentence, as said or error.
        """
        told = json.loads(ended)
        connection = self.connection.cursor()
        try:
            build.write_log(self.run.built, connection)
            said = build.finish(
                self.run.built, build.ended_as_told(told), self.files, connection
            )
            return json.dumps({"said": said})
        except OSError as error:
            return json.dumps({"error": str(unusable_file(error))})
        except UserError as error:
            return json.dumps({"error": str(error)})
        finally:
            end_run()
