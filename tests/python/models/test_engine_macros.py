"""The macros in which DuckDB and Spark could differ give the same on both."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import duckdb
import pytest
from support.macros import macros
from support.spark import Rows, spark_rows

ENGINES = ("duckdb", "spark")
MACROS = {engine: macros(engine) for engine in ENGINES}
# Some HTML entities, as the seed html_entities has them.
ENTITIES = {"amp": 38, "amp;": 38, "lt;": 60, "reg": 174, "reg;": 174, "#150;": 8211}

Expression = Callable[[Any], str]


# What each macro makes of the text x.
EXPRESSIONS: dict[str, Expression] = {
    "whole_number": lambda sql: sql.whole_number("x"),
    "to_integer": lambda sql: sql.to_integer("x"),
    "other_flag": lambda sql: sql.other_flag("x", sql.lower_case("x")),
    "integer_problem": lambda sql: sql.integer_problem("x", minimum=1, maximum=30),
    "to_decimal": lambda sql: f"cast({sql.to_decimal('x')} as string)",
    "to_plain_decimal": lambda sql: (
        f"case when {sql.is_plain_decimal('x')}"
        f" then cast({sql.to_plain_decimal('x')} as string) end"
    ),
    "proven_decimal_mark": lambda sql: sql.proven_decimal_mark("x"),
    "hexadecimal_number": lambda sql: sql.hexadecimal_number("x"),
    "rounded": lambda sql: f"cast({sql.rounded('cast(x as double)', 2)} as string)",
    "is_year_first": lambda sql: sql.is_year_first("x"),
    "compact_date": lambda sql: f"cast({sql.compact_date('x')} as string)",
    "calendar_date": lambda sql: "cast({} as string)".format(
        sql.calendar_date(*(sql.date_part("x", part) for part in (1, 2, 3)))
    ),
    "to_text": lambda sql: sql.to_text("x"),
    "trimmed": lambda sql: sql.trimmed("x"),
    "squeeze_blanks": lambda sql: sql.squeeze_blanks("x"),
    "lower_case": lambda sql: sql.lower_case("x"),
    "character": lambda sql: sql.character("cast(x as integer)"),
    "text_literal": lambda sql: "x",
    "clean_name": lambda sql: sql.clean_name("x", "entities"),
    "usual_gender": lambda sql: sql.usual_gender("x"),
    "state_word": lambda sql: sql.state_word("x"),
    "is_customer_row": lambda sql: sql.is_customer_row("x"),
    "redacted_row": lambda sql: sql.redacted_row("x"),
    "cell_of": lambda sql: sql.cell_of("x", 1),
    "csv_row": lambda sql: sql.csv_row(["x", "x"]),
    "part_of": lambda sql: sql.part_of("x", "(a+)(b*)", 2),
    "any line": lambda sql: sql.matches_whole("x", ".*"),
    "masked": lambda sql: sql.replace_all("x", "[^0-9.,:/+-]", "x"),
    "sentence": lambda sql: sql.sentence("it's", "a\\b", "x, 1, 2.5", "correct it"),
}

# The traps, each with what it has to give.
TRAPS: list[tuple[str, str | None, Any]] = [
    ("whole_number", "5.0", 5),
    ("whole_number", " +07.00\t", 7),
    ("whole_number", "2147483647.0", 2147483647),
    ("whole_number", "2147483648", None),
    ("to_integer", "0x1F", None),
    ("to_integer", "1e1", None),
    ("to_integer", "5.6", None),
    ("to_integer", "1\u00a0234", 1234),
    ("to_integer", "\v5", None),
    ("to_integer", "5\u20c0", 5),
    ("to_integer", "5 \u017fek", 5),
    ("to_integer", None, None),
    ("integer_problem", "5\n", None),
    ("integer_problem", "99999999999", "x is above 30"),
    ("to_plain_decimal", "5.", "5.00000000000000000000"),
    ("to_plain_decimal", "-.5", "-0.50000000000000000000"),
    ("to_plain_decimal", "0.123456789012345678905", "0.12345678901234567891"),
    ("to_plain_decimal", "1234567890123456789", None),
    ("hexadecimal_number", "1F", 31),
    ("hexadecimal_number", "000000000001f", 31),
    ("hexadecimal_number", "FFFFFFFF", None),
    ("hexadecimal_number", "F" * 20, None),
    ("rounded", "2.675", "2.68"),
    ("rounded", "1.005", "1.0"),
    ("rounded", "-0.125", "-0.13"),
    ("calendar_date", "2017/2/30", None),
    ("calendar_date", "2017/2/3", "2017-02-03"),
    ("compact_date", "\u00a020170131", "2017-01-31"),
    ("to_text", "\t\\n ", None),
    ("to_text", "\u3000a\u00a0", "a"),
    ("trimmed", "\ta\u2003", "\ta"),
    ("squeeze_blanks", "a\u00a0\t\r\nb\vc", "a b\vc"),
    ("lower_case", "\u0130\u03a3", "i\u03c3"),
    ("character", "233", "\u00e9"),
    ("character", "128512", "\U0001f600"),
    ("text_literal", "it's \\n, r'\\z' and \\", "it's \\n, r'\\z' and \\"),
    (
        "clean_name",
        "&amp;lt; &AMP; &reg &#233; &#x1F600;&",
        "&lt; & \u00ae \u00e9 \U0001f600&",
    ),
    (
        "clean_name",
        '&#150; &#0; &#99999999999; \\"a\\"',
        '\u2013 &#0; &#99999999999; "a"',
    ),
    ("usual_gender", " FEMALE".strip(), "Female"),
    ("state_word", "New\u00a0 YORK", "new york"),
    ("is_customer_row", "1,a\n,MARRIED,b", True),
    ("redacted_row", ' "12,Ann', "12"),
    ("redacted_row", None, ""),
    ("cell_of", '1,"a,""b""",c', 'a,""b'),
    ("part_of", "xaabb", "bb"),
    ("part_of", "x", ""),
    ("any line", "a\r\u2028b", True),
    ("any line", "a\n", False),
    ("sentence", None, "it's: expected a\\b, found 12.5; correct it."),
]

# Each of these alone, after and before each of those.
TEXTS = (
    "", "0", "05", "5.0", "5.", ".5", "5.6", "2147483648", "0x1F", "1e1", "1,234",
    "1.234,50", "1 234", "1'234", "1\u2019234", "1,299,000", "1.299.000", "12,5",
    "\u20ac5", "5 usd", "NaN", "\\N", "n/a", "true", "F", "1/31/2017", "2017-01-31",
    "2017-02-30", "20170131", "Living with  parents and siblings", "\u212aansas",
    "a\\b", "it's", '"a,""b"",c",d', "&amp;lt;", "&#38;", "&#x26", "&notit;", "&&",
    "1" * 60, "0." + "1" * 60, "\uff15",
)  # fmt: skip
BEFORE = (" ", "\t", "\u00a0", "\u2003", "\v", "+", "-", "$", "\ufeff")
AFTER = (" ", "\n", "\r\n", "\u00a0", "\u3000", "\v", "\u2028", "%", " USD", "\x1f")
ALL_TEXTS: list[str | None] = [
    *TEXTS,
    *map("".join, product(BEFORE, TEXTS)),
    *map("".join, product(TEXTS, AFTER)),
]
# The others take only texts of one kind.
TAKE_ANY_TEXT = [
    name
    for name in EXPRESSIONS
    if name
    not in (
        "calendar_date", "character", "hexadecimal_number", "rounded", "whole_number",
    )
]  # fmt: skip


def view(sql: Any, name: str, texts: list[str | None]) -> str:
    """The texts as a view, and the map of entities beside each."""
    rows = ", ".join(
        f"({number}, {'null' if text is None else sql.text_literal(text)})"
        for number, text in enumerate(texts)
    )
    known = ", ".join(f"('{entity}', {code})" for entity, code in ENTITIES.items())
    return (
        f"create temporary view {name} as"
        f" select number, cast(x as string) as x, entities"
        f" from (values {rows}) as texts (number, x) cross join ("
        f"select {sql.map_of('entity', 'code')} as entities"
        f" from (values {known}) as known (entity, code)) as known"
    )


def queries(engine: str) -> list[str]:
    """Two views, then a query for each trap, then one for each expression."""
    sql = MACROS[engine]
    of_traps = [
        f"select {EXPRESSIONS[name](sql)} as answer from traps where number = {number}"
        for number, (name, _, _) in enumerate(TRAPS)
    ]
    of_texts = [
        f"select {EXPRESSIONS[name](sql)} as answer from texts order by number"
        for name in TAKE_ANY_TEXT
    ]
    views = [
        view(sql, "traps", [text for _, text, _ in TRAPS]),
        view(sql, "texts", ALL_TEXTS),
    ]
    return views + of_traps + of_texts


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Rows]]:
    """By engine the answers to the traps, then to all texts."""
    folder = tmp_path_factory.mktemp("spark")
    on_spark = spark_rows(queries("spark"), folder)
    with duckdb.connect() as connection:
        on_duckdb = [
            [list(row) for row in connection.execute(query).fetchall()]
            for query in queries("duckdb")
        ]
    return {"duckdb": on_duckdb[2:], "spark": on_spark[2:]}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_trap_gives_what_it_has_to(
    answers: dict[str, list[Rows]], engine: str
) -> None:
    of_traps = answers[engine][: len(TRAPS)]
    found = [
        (name, text, rows[0][0])
        for (name, text, _), rows in zip(TRAPS, of_traps, strict=True)
    ]
    assert found == TRAPS


def test_engines_agree_on_every_text(answers: dict[str, list[Rows]]) -> None:
    by_engine = [answers[engine][len(TRAPS) :] for engine in ENGINES]
    different = [
        (name, text, on_duckdb, on_spark)
        for name, *both in zip(TAKE_ANY_TEXT, *by_engine, strict=True)
        for text, on_duckdb, on_spark in zip(ALL_TEXTS, *both, strict=True)
        if on_duckdb != on_spark
    ]
    assert different == []
