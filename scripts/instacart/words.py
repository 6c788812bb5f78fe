"""Figures as words of a sentence."""

from __future__ import annotations

from collections.abc import Sequence

# How labels end that say what a customer or product is.
NOUNS = (
    "customer",
    "spender",
    "shopper",
    "owl",
    "bird",
    "parent",
    "adult",
    "senior",
    "creature",
    "product",
)
# Of ranks whose last digit is one of these.
ENDINGS = {1: "st", 2: "nd", 3: "rd"}


def count(number: float) -> str:
    """A whole number: 1,234."""
    return f"{number:,.0f}"


def share(number: float, digits: int = 1) -> str:
    """A share of 0 to 1: 8.3%."""
    return f"{100 * number:.{digits}f}%"


def is_same(number: float) -> bool:
    """Whether a difference, as a share, reads 0.0%."""
    return abs(number) < 0.0005


def exact_share(number: float) -> str:
    """A bound of shares, with as many digits as it has: 1%, 0.5%."""
    return f"{100 * number:g}%"


def against(number: float, what: str) -> str:
    """How far something lies from something else, as a share of it.

    4.2% more than that of all, or the same as that of all.
    """
    if is_same(number):
        return f"the same as {what}"
    return f"{share(abs(number))} {'more' if number > 0 else 'less'} than {what}"


def points(number: float) -> str:
    """A difference of shares: 1.5 points."""
    return f"{100 * abs(number):.1f} points"


def money(number: float) -> str:
    """Dollars, with cents below $100, or millions: $78.02, $4,410, $20.6 million."""
    if abs(number) >= 1e6:
        return f"${number / 1e6:,.1f} million"
    return f"${number:,.2f}" if abs(number) < 100 else f"${number:,.0f}"


def decimal(number: float, digits: int = 1) -> str:
    return f"{number:,.{digits}f}"


def ordinal(number: int) -> str:
    """A rank: 1st, 2nd, 11th, 21st."""
    is_teen = number % 100 in (11, 12, 13)
    ending = "th" if is_teen else ENDINGS.get(number % 10, "th")
    return f"{number}{ending}"


def hour(number: int) -> str:
    """An hour of the day, from 0 to 24: 09:00."""
    return f"{number:02d}:00"


def hours(numbers: Sequence[int]) -> str:
    """Hours of the day as spans: 09:00 to 12:00 and 14:00 to 15:00."""
    spans: list[list[int]] = []
    for number in sorted(numbers):
        if spans and number == spans[-1][1]:
            spans[-1][1] = number + 1
        else:
            spans.append([number, number + 1])
    return listing([f"{hour(first)} to {hour(end)}" for first, end in spans])


def listing(words: Sequence[str]) -> str:
    """Words in a row: a, b and c."""
    words = list(words)
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def plural(number: int, one: str, many: str | None = None) -> str:
    """A counted noun: 1 order, 2 orders."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def capital(text: str) -> str:
    """A text at the start of a sentence."""
    return text[:1].upper() + text[1:]


def lower(text: str) -> str:
    """A text in mid-sentence; one that starts with an abbreviation keeps it."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def several(label: str) -> str:
    """The plural of a label that is a noun: Loyal customers, Creatures of habit.

    Of another label, nothing.
    """
    noun, of, rest = label.partition(" of ")
    return f"{noun}s{of}{rest}" if noun.lower().endswith(NOUNS) else ""


def group(label: str) -> str:
    """Those who have a label, at the start of a sentence: Loyal customers."""
    return several(label) or f"Those labelled {label}"


def segment(label: str) -> str:
    """Those who have a label, in mid-sentence: loyal customers."""
    return lower(group(label))
