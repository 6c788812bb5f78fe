"""Ways in which customers' names get where they don't belong, as in real files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from support.changes import BASKETS, CUSTOMERS, ORDERS, PRODUCTS, add
from support.packages import CUSTOMERS as GOOD_CUSTOMERS

# Letters that occur nowhere else: a first name and a surname begin with them, and two
# letters that tell whose they are follow. Any five letters of a name hold its middle.
FIRST, FIRST_MIDDLE = "Zyxwq", "xwq"
LAST, LAST_MIDDLE = "Kjvbh", "vbh"

HEADER = GOOD_CUSTOMERS.partition("\n")[0]
# A good row.
ROW = "{id},{first},{last},Female,Ohio,30,1/31/2017,1,married,50000"


@dataclass(frozen=True)
class Spoil:
    """Lines of one file that are wrong in one way.

    Attributes:
        kept: How many rows of them are loaded, with a name that goes nowhere.
        rejected: How many are rejected.
    """

    name: str
    lines: tuple[str, ...]
    kept: int = 0
    rejected: int = 1
    file: str = CUSTOMERS


def row(**cells: str) -> str:
    """The good row with other texts in place of some, or with parts replaced."""
    text = ROW
    for old, new in CELLS.items():
        text = text.replace(new, cells.get(old, new))
    return text


CELLS = {
    "id": "{id}",
    "names": "{first},{last}",
    "gender": "Female",
    "state": "Ohio",
    "age": "30",
    "date": "1/31/2017",
    "dependants": ",1,",
    "status": "married",
    "income": "50000",
}


def rejected(name: str, *lines: str, count: int = 1, file: str = CUSTOMERS) -> Spoil:
    return Spoil(name, lines, kept=0, rejected=count, file=file)


def kept(name: str, *lines: str, count: int = 1) -> Spoil:
    return Spoil(name, lines, kept=count, rejected=0)


SPOILS = [
    # Cells that shifted
    rejected("to the right", row(names=",{first},{last}").removesuffix(",50000")),
    rejected("to the right, with a cell more", row(names=",{first},{last}")),
    rejected("to the left, no first name", row(names="{last}") + ","),
    rejected("to the left, no id", ROW.removeprefix("{id},") + ","),
    rejected("extra cells", f"{ROW},{{first}},{{last}}"),
    rejected("missing cells", "{id},{first},{last},Female"),
    rejected("only names", "{first} {last}"),
    rejected("a comma in the surname", row(names="{first},{last}, {last}")),
    rejected(
        "a comma in the surname, and no income",
        row(names="{first},{last},{last}").removesuffix(",50000"),
    ),
    rejected("tabs for commas", ROW.replace(",", "\t")),
    rejected("semicolons for commas", ROW.replace(",", ";")),
    rejected("two rows joined", f"{ROW}{ROW}"),
    rejected("a comment", "# {first} {last} called about the row below"),
    # Quotes and line ends
    rejected("an open quote", row(names='"{first},{last}')),
    rejected("an open quote in the surname", row(names='{first},"{last}')),
    rejected("a quote and more", row(names='"{first}" "{last}",{last}')),
    rejected("the whole row in quotes", f'"{ROW}"'),
    rejected("quotes around the id and a name", row(id='"{id},{first}"')),
    kept("a quote in the middle", row(names='{first},O"{last}')),
    kept("quotes that are escaped", row(names='"{first} ""{last}""",{last}')),
    kept("quotes escaped by backslashes", row(names='"{first} \\"{last}\\"",{last}')),
    kept("a line end in quotes", row(names='"{first}\r\n{last}",{last}')),
    # A name in another cell
    rejected("a name as the id", row(id="{first}")),
    rejected("an id glued to a name", row(id="{id}{last}")),
    rejected("a name glued to an id", row(id="{last}{id}")),
    rejected("a name and an id that is too large", row(id="{last}99999999999")),
    rejected("an id that is too large", row(id="9999{id}99999")),
    rejected("a name as gender", row(gender="{first}")),
    rejected("gender and a name", row(gender="F {first}")),
    rejected("a name as age", row(age="{first}")),
    rejected("age and a name", row(age="30 {first}")),
    rejected("a name as date", row(date="{first}")),
    rejected("date and a name", row(date="1/31/2017 {first}")),
    rejected("a name as dependants", row(dependants=",{first},")),
    rejected("dependants and a name", row(dependants=",1 ({first}),")),
    rejected("a name as income", row(income="{first}")),
    rejected("income and a name", row(income="$50000 {first}")),
    kept("a name as state", row(state="{last}")),
    kept("state and a name", row(state="Ohio ({last})")),
    kept("a name in quotes as state", row(state='"{last}, {first}"')),
    kept("a name as status", row(status="{last}")),
    kept("status and a name", row(status="married to {first}")),
    kept("names as both", row(state="{first}", status="{last}")),
    # Rows that meet
    Spoil("a copy", (ROW, ROW), kept=1, rejected=0),
    Spoil("another name", (ROW, row(names="{last},{first}")), kept=1),
    Spoil("other values", (ROW, row(age="40")), kept=1),
    Spoil(
        "other words in state and status",
        (
            row(state="{first}", status="{last}"),
            row(state="{first}{last}", status="{last}"),
            row(state="{first}", status="{last}{first}"),
        ),
        kept=1,
        rejected=2,
    ),
    # Names alone
    kept("capitals", row(names="{FIRST},{LAST}")),
    kept("other letters", row(names="{first}é,Ñ{last}ß李")),
    kept("digits", row(names="{first}2,{last} 3rd")),
    kept("blank names", row(names=" , ")),
    kept("no names", row(names=",")),
    kept("words for missing ones", row(names="NULL,{last}", state="NA", status="NaN")),
    kept("a formula", row(names="=2*{first},+{last}")),
    kept("a NUL byte", row(names="{first}\0,{last}")),
    # In another file
    rejected("among orders", ROW, file=ORDERS),
    rejected("among order products", ROW, file=BASKETS),
    rejected("among products", ROW, file=PRODUCTS),
    rejected(
        "among products, with an open quote",
        row(names='"{first},{last}'),
        file=PRODUCTS,
    ),
    rejected("among orders, cut off", ROW.partition(",1,")[0], file=ORDERS),
    rejected("among products, cut off", ROW.partition(",30")[0], file=PRODUCTS),
    rejected("among orders, with semicolons", ROW.replace(",", ";"), file=ORDERS),
    rejected("among orders, lacking a gender", row(gender=""), file=ORDERS),
    rejected("among orders, lacking a date", row(date=""), file=ORDERS),
]


def names_of(number: int) -> dict[str, str]:
    """First name and surname of one customer, whom two letters tell from others."""
    letters = chr(97 + number // 26) + chr(97 + number % 26)
    first, last = FIRST + letters, LAST + letters
    return {"first": first, "last": last, "FIRST": first.upper(), "LAST": last.upper()}


def all_spoilt(folder: Path) -> None:
    """Add the rows of all spoils to a package."""
    for number, spoil in enumerate(SPOILS):
        names = names_of(number)
        lines = (line.format(id=1001 + number, **names) for line in spoil.lines)
        add(spoil.file, *lines)(folder)


def customers_file(
    count: int, header: str = HEADER, names: tuple[str, str] | None = None
) -> bytes:
    """A good customers.csv of so many rows, below any header."""
    lines = [header] if header else []
    for number in range(count):
        found = names_of(number)
        if names:
            found |= dict(zip(("first", "last"), names, strict=True))
        lines.append(ROW.format(id=number + 1, **found))
    return "".join(f"{line}\n" for line in lines).encode()


def exchanged(*columns: str) -> str:
    """The header with the titles of each pair of columns exchanged."""
    titles = {}
    for one, other in zip(columns[::2], columns[1::2], strict=True):
        titles |= {one: other, other: one}
    return ",".join(titles.get(title, title) for title in HEADER.split(","))
