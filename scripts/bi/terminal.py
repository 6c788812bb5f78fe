"""Harlequin in a terminal: what a person types and reads, by a pseudo-terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from typing import Any

import pyte

from bi.questions import Answers, by_sql

# High enough for an answer of all tables: nothing is scrolled.
COLUMNS, LINES = 160, 200
# A busy Harlequin loses what is typed, as it would to a person, who types it again.
ATTEMPTS, SECONDS = 6, 15
# Characters of a screen in a message.
LONGEST = 500
# F2, Ctrl+A, backspace, Ctrl+J.
EDITOR, SELECT_ALL, DELETE, RUN = "\x1bOQ", "\x01", "\x7f", "\n"
PASTED = "\x1b[200~{}\x1b[201~"
READY = "Run Query"
# The number of rows that a query gave, in the title of its results.
TITLE = re.compile(r"Query Results \((\d+) Records?\)")


@contextmanager
def harlequin(path: str) -> Iterator[Answers]:
    with tempfile.TemporaryDirectory() as home:
        # It would read and write the settings and the history of whoever runs this.
        child, keys = pty.fork()
        if not child:
            os.environ |= {"HOME": home, "TERM": "xterm-256color"}
            # In another locale numbers have separators; without any it asks first.
            options = ("--locale", "C", "--read-only", path)
            os.execv(sys.executable, [sys.executable, "-m", "harlequin", *options])
        try:
            yield by_sql(Terminal(keys).ask)
        finally:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            os.close(keys)


class Terminal:
    """The keyboard and the screen. Raises RuntimeError if nothing comes in time."""

    def __init__(self, keys: int) -> None:
        self.keys = keys
        self.screen = pyte.Screen(COLUMNS, LINES)
        self.stream = pyte.ByteStream(self.screen)
        self.numbers = count(1)
        fcntl.ioctl(keys, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        # The first query waits longer: that is its first attempt.
        self.waited_for(lambda: READY in "".join(self.screen.display))

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Type a query, run it and read its rows: texts without blanks."""
        # By its number the answer is known from the one before.
        number = f"answer-{next(self.numbers)}"
        # A long line is scrolled to its end.
        query = f"select '{number}' as number, * from ({sql}) -- {number} is asked"
        typed = f"-- {number} "
        for _ in range(ATTEMPTS):
            for keys in (EDITOR, SELECT_ALL, DELETE, PASTED.format(query)):
                self.type(keys)
            if self.waited_for(lambda: typed in "".join(self.screen.display)):
                self.type(RUN)
                if found := self.waited_for(lambda: self.rows(number)):
                    return found
        words = re.findall(r"[^\s─│╭╮╰╯]+", " ".join(self.screen.display))
        raise RuntimeError(
            f"no answer to {ATTEMPTS} attempts: {' '.join(words)[:LONGEST]}"
        )

    def rows(self, number: str) -> list[tuple[Any, ...]]:
        """The rows of an answer, once all of them are on the screen; none before."""
        text = "\n".join(self.screen.display)
        found = re.findall(rf"│ +{number} +([^│]*)│", text)
        is_complete = str(len(found)) in TITLE.findall(text)
        return [tuple(row.split()) for row in found] if is_complete else []

    def type(self, text: str) -> None:
        os.write(self.keys, text.encode())
        self.read(0.3)

    def read(self, seconds: float) -> None:
        """Draw what comes, until nothing has come for some time."""
        while select.select([self.keys], [], [], seconds)[0]:
            try:
                self.stream.feed(os.read(self.keys, 65536))
            except OSError:
                raise RuntimeError("Harlequin ended") from None

    def waited_for(self, found: Callable[[], Any]) -> Any:
        """What `found` gives, as soon as it gives anything, or else after a while."""
        deadline = time.monotonic() + SECONDS
        while not (result := found()) and time.monotonic() < deadline:
            self.read(0.1)
        return result
