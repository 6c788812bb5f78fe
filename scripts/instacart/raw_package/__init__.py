"""Look at the raw files before dbt builds anything from them.

SQL can't: one wrong byte ends a query with DuckDB's own error. What is expected of each
file is defined once, in ``models/staging/instacart/_instacart__sources.yml``; the macro
``prepare_raw_files`` hands it over as JSON.

package.py       what is found in the files of each table, and said of them
expectations.py  what is expected of them
names.py         which files there are: in any case, packed, in parts, in a folder
absent.py        what is said of a file that is not there
paths.py         names of files and their endings
unpack.py        packed files: zip archives, bzip2 and gzip, within limits
stamps.py        whether the files that were checked still lie there
contents.py      bytes: encoding, line ends, foreign formats, the end of a file
header.py        the header of a file and its layout
columns.py       which column is which, and other names for them
records.py       rows: quotes, and where a row ends
copies.py        copies that DuckDB can read
spark.py         copies from which Spark reads the same
"""
