"""What is said of a file that is not there: what lies in its place, and what to do."""

from __future__ import annotations

import difflib
from pathlib import Path

from instacart.errors import UserError
from instacart.raw_package.expectations import Expectations, Expected
from instacart.raw_package.paths import (
    PACKED_NAMES,
    UNPACK,
    UNREAD,
    bare_name,
    ending,
    is_archive,
    matches,
    paths_below,
    plain_name,
    shortened,
    shown,
    visible,
)
from instacart.words import listing

# How many folders deep a message looks for what is missing.
DEPTH_SEARCHED = 3
# From this likeness on, 0 to 1, a file may be one with its name mistyped.
SIMILAR = 0.85


def check_absence(folder: Path, table: str, expectations: Expectations) -> None:
    """Raise UserError where a table has no file and needs one, or has it unreadable."""
    expected = expectations[table]
    present = [path.name for path in visible(folder)]
    csv_files = [name for name in present if ".csv" in name.lower()]
    archives = [name for name in present if is_archive(name)]
    if unread := unread_forms(present, expected):
        found = f"{unread[0]} instead"
        remedy = UNPACK
        if not is_archive(unread[0]):
            remedy = f"save it there as {bare_name(unread[0])}.csv"
    elif not expected.one_of:
        return
    elif deeper := deeper_files(folder, expected):
        found = f"it in {listing(shortened(deeper))}"
        remedy = "move all files into one folder, or point INSTACART_RAW_DIR there"
    elif similar := similar_names(csv_files, table, expectations):
        found = f"{similar[0][0]} instead"
        remedy = f"rename it to {similar[0][1]}.csv, or copy the right file there"
    elif archives:
        found = f"only {listing(shortened([*csv_files, *archives]))}"
        remedy = UNPACK
    else:
        found = f"only {listing(shortened(csv_files))}" if csv_files else "no CSV file"
        remedy = "copy it there or point INSTACART_RAW_DIR to the folder that has it"
    raise UserError(
        f"in {folder}, {PACKED_NAMES}",
        found,
        remedy,
        where=" or ".join(expected.one_of or expected.names),
    )


def deeper_files(folder: Path, expected: Expected) -> list[str]:
    """Files of a table in folders below, by their paths."""
    return [
        shown(path, folder)
        for path in paths_below(folder, DEPTH_SEARCHED)
        if matches(plain_name(path.name), expected.names)
    ]


def unread_forms(present: list[str], expected: Expected) -> list[str]:
    """Names that a file of a table has in another format or archive."""
    bare = {bare_name(name) for name in expected.names}
    return [
        name
        for name in present
        if bare_name(name) in bare and (ending(name) in UNREAD or is_archive(name))
    ]


def similar_names(
    csv_files: list[str], table: str, expectations: Expectations
) -> list[tuple[str, str]]:
    """Files that may be a table's under another name, with its name for them."""
    taken = [pattern for each in expectations.values() for pattern in each.files]
    others = {
        bare_name(name)
        for other in expectations.keys() - {table}
        for name in expectations[other].names
    }
    found = []
    for name in csv_files:
        bare = bare_name(name)
        likeness, wanted = max(
            (difflib.SequenceMatcher(None, each, bare).ratio(), each)
            for each in map(bare_name, expectations[table].one_of)
        )
        more = bare.removeprefix(wanted)
        # orders_products_combined.csv is not orders.
        is_longer = more != bare and not any(other in more for other in others)
        if (likeness >= SIMILAR or is_longer) and not matches(plain_name(name), taken):
            found.append((name, wanted))
    return found
