"""BI clients, tried on a published file while it is replaced.

__main__.py   the command
run.py        builds two packages, tries every client, and saves what was found
trial.py      what a client must do, and when it has passed
clients.py    the clients, and how each is started
session.py    the process of a client that programs call
questions.py  what each is asked
terminal.py   Harlequin on the screen of a terminal
superset.py   a Superset of its own, by its API
page.py       the table in docs/bi.md
"""
