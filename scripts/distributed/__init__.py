"""The warehouse on Spark, measured, and on paper for more data than was measured.

__main__.py  the command
measure.py   builds on clusters of one and two workers, and on DuckDB
events.py    what Spark's log of events says of each model
model.py     time and money for more data, with every assumption and its source
page.py      docs/distributed-figures.md
"""
