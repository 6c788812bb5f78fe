"""The one exception whose text is written for the person who runs a command."""

from __future__ import annotations

import re

# What a terminal would act on, or could not show: control characters, line ends of any
# kind, marks that turn the direction of writing, halves of characters.
UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


class UserError(Exception):
    """What a user can mend, in one sentence: expected, found, what to do.

    `where` names the file, column or setting; leave it out where `expected` does.
    """

    def __init__(
        self, expected: str, found: str, remedy: str, *, where: str = ""
    ) -> None:
        subject = f"{where}: " if where else ""
        sentence = f"{subject}expected {expected}, found {found}; {remedy}."
        super().__init__(printable(sentence))


def printable(text: str, but: str = "") -> str:
    """A text of the data as a terminal may show it: escapes, such as \\x1b, in it.

    but: what is left as it is.
    """

    def escaped(found: re.Match[str]) -> str:
        character = found[0]
        if character in but:
            return character
        return character.encode("unicode_escape").decode("ascii")

    return UNSAFE.sub(escaped, text)


def one_line(error: object) -> str:
    """An error's text as part of a sentence."""
    reason = getattr(error, "strerror", None) or str(error) or "no reason given"
    return " ".join(str(reason).split()).rstrip("!.")


def unusable_file(error: OSError) -> UserError:
    return UserError(
        f"to read and write {error.filename or 'files'}",
        f"that it can't be done ({one_line(error)})",
        "check that it is there, has room, and who may use it",
    )
