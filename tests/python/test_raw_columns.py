"""Renamed columns are told apart from unknown ones, jointly and never crosswise."""

from __future__ import annotations

import itertools
import re

import pytest
from instacart.errors import UserError
from instacart.raw_package.columns import as_expected, best_pairs, check_columns
from instacart.raw_package.expectations import read_expectations

EXPECTATIONS = read_expectations()
SYNONYMS = [
    (table, column, other)
    for table, expected in EXPECTATIONS.items()
    for column, found in expected.columns.items()
    for other in found.also_called
]


def sentence(table: str, *renamed: tuple[str, str], more: str = "") -> str | None:
    """What is said of a table's header with these columns under other names."""
    columns = EXPECTATIONS[table].columns
    header = [dict(renamed).get(column, column) for column in columns]
    try:
        check_columns("x.csv", [*filter(None, header), *more.split()], columns)
    except UserError as error:
        return str(error)
    return None


def proposals(said: str | None) -> list[tuple[str, str]]:
    """New and old names that a sentence proposes to exchange."""
    assert said
    one = re.search(r"expected a column (.+), found (.+) instead; rename it\.", said)
    if one:
        return [(one[2], one[1])]
    _, _, remedy = said.partition("; rename ")
    pairs = re.split(r", and add .*|, | and ", remedy.rstrip("."))
    return [(new, old) for new, _, old in (x.partition(" to ") for x in pairs) if old]


@pytest.mark.parametrize(("table", "column", "other"), SYNONYMS)
def test_what_a_column_is_also_called_is_proposed(
    table: str, column: str, other: str
) -> None:
    assert proposals(sentence(table, (column, other))) == [(other, column)]


@pytest.mark.parametrize("table", EXPECTATIONS)
def test_no_two_columns_share_a_name(table: str) -> None:
    columns = EXPECTATIONS[table].columns
    names = [*columns, *(x for found in columns.values() for x in found.also_called)]
    assert len({as_expected([name], {})[0].lower() for name in names}) == len(names)
    for column in columns:
        assert as_expected([column.upper().replace("_", " ")], columns) == [column]


def test_every_pair_of_renamed_columns_is_proposed_together() -> None:
    """Any two columns of orders under any of their other names, none crosswise."""
    orders = EXPECTATIONS["orders"].columns
    for one, two in itertools.combinations(orders, 2):
        for new_one in orders[one].also_called:
            for new_two in orders[two].also_called:
                said = sentence("orders", (one, new_one), (two, new_two))
                assert set(proposals(said)) == {(new_one, one), (new_two, two)}, said


@pytest.mark.parametrize(
    ("renamed", "more"),
    [
        # Names that nobody listed, but near enough
        ([("order_dow", "order_day_name"), ("order_hour_of_day", "order_hours")], ""),
        ([("order_id", "orderid_1"), ("user_id", "userid_1")], ""),
        ([("eval_set", "eval_sets")], "note comment remark"),
    ],
)
def test_similar_names_are_proposed(renamed: list[tuple[str, str]], more: str) -> None:
    said = sentence("orders", *renamed, more=more)
    assert set(proposals(said)) == {(new, old) for old, new in renamed}, said


@pytest.mark.parametrize(
    ("renamed", "more"),
    [
        ([("order_id", "id_1"), ("user_id", "id_2")], ""),
        ([("eval_set", "note")], ""),
        ([("order_number", "order_num_1")], "order_num_2"),
    ],
)
def test_nothing_is_proposed_that_may_be_wrong(
    renamed: list[tuple[str, str]], more: str
) -> None:
    said = sentence("orders", *renamed, more=more)
    assert said
    assert not proposals(said)
    for old, new in renamed:
        assert old in said and new in said


@pytest.mark.parametrize(
    ("table", "column", "unknown"),
    [
        ("products", "prices", "aisle department"),
        ("products", "prices", "priority"),
        ("products", "prices", "pieces"),
        ("customers", "Surnam", "username"),
        ("customers", "First Name", "full_name"),
        ("customers", "First Name", "name"),
    ],
)
def test_an_optional_column_may_be_absent_beside_unknown_ones(
    table: str, column: str, unknown: str
) -> None:
    assert sentence(table, (column, ""), more=unknown) is None


@pytest.mark.parametrize(
    ("table", "column", "unknown"),
    [
        ("products", "prices", "price"),
        ("products", "prices", "price_usd"),
        ("products", "prices", "pricess"),
        ("customers", "Surnam", "surnames"),
        ("customers", "First Name", "firstnames"),
    ],
)
def test_an_optional_column_may_not_be_renamed(
    table: str, column: str, unknown: str
) -> None:
    said = sentence(table, (column, ""), more=f"aisle {unknown}")
    assert proposals(said) == [(unknown, column)]


@pytest.mark.parametrize("value", ["1", "1/31/2017", "$50,000", "30.0"])
def test_a_header_that_goes_on_with_a_row_is_not_quoted(value: str) -> None:
    said = sentence("customers", ("income", "incomes"), more=f"Zyxwq Stateson {value}")
    assert said and "found values of a row beside them" in said
    assert "Zyxwq" not in said and "Stateson" not in said


@pytest.mark.parametrize("title", ["note_1", "2nd", "-", "備考2"])
def test_a_title_with_a_letter_or_without_a_digit_is_quoted(title: str) -> None:
    said = sentence("orders", ("eval_set", "note"), more=title)
    assert said and title in said


def test_titles_may_be_ids_where_a_layout_is_wide() -> None:
    columns = EXPECTATIONS["departments"].columns
    header = ["departments", "4", "19"]
    with pytest.raises(UserError, match="found none of these names"):
        check_columns("x.csv", header, columns)
    with pytest.raises(UserError, match="found departments, 4 and 19 in the header"):
        check_columns("x.csv", header, columns, ids_are_titles=True)
    with pytest.raises(UserError, match="found none of these names"):
        check_columns("x.csv", [*header, "1/31/2017"], columns, ids_are_titles=True)


def test_a_header_of_many_unknown_names_is_judged_at_once() -> None:
    renamed = [(column, f"{column}_x") for column in EXPECTATIONS["customers"].columns]
    more = " ".join(f"unknown_column_{number}" for number in range(1_000))
    said = sentence("customers", *renamed, more=more)
    assert len(proposals(said)) == len(renamed)


def test_the_best_assignment_is_found() -> None:
    """The best pair alone is not always part of it."""
    assert best_pairs([[0.9, 0.8], [0.8, 0.0]]) == (1.6, {0: 1, 1: 0})
    assert best_pairs([[0.0, 0.0]]) == (0.0, {})
