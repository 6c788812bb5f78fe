"""Write, audit, publish: dbt writes one database, readers open another.

dbt builds a database of the same name in the folder ``<INSTACART_DB>.built``. Once
every model, seed and data test has passed after all that it depends on, the public
models are copied as tables to a new file, which takes the place of ``INSTACART_DB`` by
one rename. A reader has the old file or the new one, whole.

build.py     what dbt's first and last hook do
database.py  whether there can be one
run.py       one build at a time, with a folder for temporary files of its own
state.py     what passed, and what readers still have to wait for
write.py     the published file
versions.py  the last published files, and which of them readers see
rollback.py  the way back to one of them
changes.py   data_quality.changes_since_last_version: what the file before has otherwise
info.py      data_quality.build_info: what a published file was made of

dbt calls this through ``instacart.dbt_plugin`` and ``macros/publish.sql``.
"""
