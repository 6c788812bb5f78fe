"""HTML entities in product names, decoded by the real macro as a browser would."""

from __future__ import annotations

import html
import random
from collections.abc import Callable, Iterable, Iterator
from html.entities import html5

import duckdb
import pytest
from instacart.config import PROJECT_DIR
from instacart.synthetic.catalogue import catalogue
from support.macros import macros

SEED = PROJECT_DIR / "seeds" / "html_entities.csv"
# In title-cased names these are lt and gt.
TITLE_CASED = {"Lt;", "Gt;"}
NAMES = {
    name: ord(character)
    for name, character in html5.items()
    if len(character) == 1 and name not in TITLE_CASED
}
# Numbers of Windows-1252, which a browser takes for its characters.
NUMBERS = {
    f"#{number};": ord(html.unescape(f"&#{number};"))
    for number in range(128, 160)
    if html.unescape(f"&#{number};") != chr(number)
}
AS_A_BROWSER = {
    "174 ; Dentastix&#174 ; Large": "174 ; Dentastix® ; Large",
    "Salt &amp Pepper &#38 Oil &#x26 More": "Salt & Pepper & Oil & More",
    "Caf&eacute au Lait": "Café au Lait",
    "Caf&eacutes": "Cafés",
    "&copycat &notit; &notin; &ampamp;": "©cat ¬it; ∉ &amp;",
    "&amp;lt; &amplt; &#38;amp": "&lt; &lt; &amp",
    "&#174 &#1747 &amp &amp; &am": "® \u06d3 & & &am",
    "5&#150;6 &#x99 &#0150": "5\u20136 ™ \u2013",
    "&#x1F600;&#x1f600x": "😀😀x",
    # Names that need a semicolon, or are written otherwise without one.
    "Brand&trade x, Brand&Reg x": "Brand&trade x, Brand&Reg x",
    "AT&T, A&P; M&M's; R&D; PB&J": "AT&T, A&P; M&M's; R&D; PB&J",
    "Ben & Jerry's; Mac &Cheese; 1&3;": "Ben & Jerry's; Mac &Cheese; 1&3;",
    "&; &# &#; &#x; &#xg; &&amp;&": "&; &# &#; &#x; &#xg; &&&",
    "no entity": "no entity",
    "": "",
}
OTHERWISE = {
    # Files have title-cased names.
    "Brand&Reg; &AMP; &Amp; &Lt;": "Brand® & & <",
    # Two characters.
    "&acE;": "&acE;",
    # What no name can hold.
    "&#0; &#8 &#127; &#129;": "&#0; &#8 &#127; &#129;",
    "&#xD800; &#1114112; &#99999999999;": "&#xD800; &#1114112; &#99999999999;",
}

Decode = Callable[[Iterable[str]], list[str]]


@pytest.fixture(scope="module")
def decode() -> Iterator[Decode]:
    """Names as the warehouse's SQL decodes them."""
    sql = macros()
    decoded = sql.decode_entities("name", "entities")
    entities = sql.map_of("entity", "code_point")
    with duckdb.connect() as connection:
        connection.execute("create table seed (entity varchar, code_point integer)")
        connection.execute(f"copy seed from '{SEED}' (header)")

        def run(names: Iterable[str]) -> list[str]:
            rows = connection.execute(
                f"select {decoded} from (select unnest($1) as name) cross join"
                f" (select {entities} as entities from seed)",
                [list(names)],
            )
            return [name for (name,) in rows.fetchall()]

        yield run


def test_the_seed_has_the_names_of_html_5() -> None:
    rows = duckdb.sql(f"from read_csv('{SEED}')").fetchall()
    assert rows == sorted((NAMES | NUMBERS).items())


def test_a_name_reads_as_in_a_browser(decode: Decode) -> None:
    shown = dict(zip(AS_A_BROWSER, decode(AS_A_BROWSER), strict=True))
    assert shown == AS_A_BROWSER
    assert shown == {name: html.unescape(name) for name in AS_A_BROWSER}


def test_what_a_browser_would_show_otherwise(decode: Decode) -> None:
    shown = dict(zip(OTHERWISE, decode(OTHERWISE), strict=True))
    assert shown == OTHERWISE
    assert all(html.unescape(name) != shown[name] for name in OTHERWISE)


def test_every_entity_reads_as_in_a_browser(decode: Decode) -> None:
    """With and without a semicolon, before all that can follow it."""
    numbers = [*range(32, 127), *range(160, 400), 8482, 57344, 128512, 1114109]
    entities = [name.rstrip(";") for name in (*NAMES, *NUMBERS)]
    entities += [f"#{number}" for number in numbers]
    entities += [f"#x{number:x}" for number in numbers]
    entities += [f"#X00{number:X}" for number in numbers]
    names = [
        f"A&{entity}{end}"
        for entity in entities
        for end in (";", "; x", " ;", "", " x", "-s", "&", ";;")
        if f"{entity};" not in TITLE_CASED
    ]
    assert decode(names) == [html.unescape(name) for name in names]


def test_mixed_entities_read_as_in_a_browser(decode: Decode) -> None:
    random.seed(7)
    parts = [
        *("&", "&", "&", "&#", "&#x26", ";", " ", "174", "38", "150", "amp", "lt"),
        *(
            "not",
            "in",
            "eacute",
            "Eacute",
            "copy",
            "cat",
            "AT",
            "trade",
            "nbsp",
            "frac12",
        ),
    ]
    names = ["".join(random.choices(parts, k=8)) for _ in range(5_000)]
    # Of numbers that are no characters nothing is decoded.
    names = [name for name in names if "\ufffd" not in html.unescape(name)]
    assert len(names) > 4_000
    assert decode(names) == [html.unescape(name) for name in names]


def test_names_of_a_package_read_as_in_a_browser(decode: Decode) -> None:
    names = [name for name in catalogue().names if "&Reg;" not in name]
    shown = decode(names)
    assert shown == [html.unescape(name) for name in names]
    assert shown != names
