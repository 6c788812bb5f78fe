"""The one exception whose text is written for the person who runs a command."""

from __future__ import annotations


class UserError(Exception):
    """What a user can mend, in one sentence: expected, found, what to do.

    `where` names the file, column or setting; leave it out where `expected` does.
    """

    def __init__(
        self, expected: str, found: str, remedy: str, *, where: str = ""
    ) -> None:
        subject = f"{where}: " if where else ""
        super().__init__(f"{subject}expected {expected}, found {found}; {remedy}.")


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
