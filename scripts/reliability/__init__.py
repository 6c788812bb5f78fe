"""The soak: what is promised of published files, kept up for some minutes.

__main__.py  the command
clients.py   where the clients are that `make clients` installs
readers.py   many readers while builds are published; reader.py is one of them
sessions.py  a file that is kept open, by each client
stamps.py    what is read, by which an answer tells its build
kills.py     builds that are killed at random moments
pairs.py     two builds at the same time, with folders in common
builds.py    a database to build, and what runs and lies around it
tests.py     promises that are tests of their own
page.py      docs/reliability.md
"""
