"""Whether Spark builds the same warehouse as DuckDB, row by row.

cases.py    the raw packages that are built on both
broken.py   lines that can't be read or used, added to a package
compare.py  two published files, compared
run.py      builds and compares
"""
