"""dbt-duckdb's plugin: looks at the raw files before dbt builds anything from them.

dbt loads it by its name (see ``profiles.yml``), so that plain ``dbt build`` makes the
checks. SQL can't: one wrong byte ends a query with DuckDB's own error. What is expected
of each file is defined once, in ``models/staging/instacart/_instacart__sources.yml``;
the macro ``prepare_raw_files`` hands it over as JSON.

package.py       what is found in the files of each table, and said of them
expectations.py  what is expected of them
names.py         which files there are: in any case, packed, in parts, in a folder
absent.py        what is said of a file that is not there
paths.py         names of files and their endings
unpack.py        zip archives and bzip2
contents.py      bytes: encoding, line ends, foreign formats, the end of a file
header.py        the header of a file and its layout
columns.py       which column is which, and other names for them
records.py       rows: quotes, and where a row ends
copies.py        copies that DuckDB can read
database.py      whether dbt can write to the database at all
"""

from __future__ import annotations

from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

from instacart.raw_package.copies import discard_copies
from instacart.raw_package.database import check_database
from instacart.raw_package.package import inspect_package


class Plugin(BasePlugin):
    """Gives SQL the functions inspect_package and discard_copies."""

    def update_connection_config(self, creds: Any, config: dict[str, Any]) -> None:
        check_database(creds.path, config)

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        text = "VARCHAR"
        conn.create_function(
            "inspect_package", inspect_package, [text, text, text], text
        )
        conn.create_function(
            "discard_copies", discard_copies, [text], text, side_effects=True
        )
