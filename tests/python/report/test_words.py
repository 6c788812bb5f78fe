"""Figures as words of a sentence."""

from __future__ import annotations

import pytest
from instacart import words


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (1, "1st"),
        (2, "2nd"),
        (3, "3rd"),
        (4, "4th"),
        (11, "11th"),
        (12, "12th"),
        (13, "13th"),
        (21, "21st"),
        (90, "90th"),
        (101, "101st"),
        (112, "112th"),
    ],
)
def test_ranks_end_as_they_are_read(number: int, said: str) -> None:
    assert words.ordinal(number) == said
