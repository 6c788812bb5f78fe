"""Every query of analyses/ runs as it is, on any package, and reads what it may."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from support.analyses import (
    ANALYSES,
    PLAIN,
    TEMPLATED,
    Rows,
    all_tables,
    column,
    rows_of,
    tables_of,
    text_of,
)
from support.packages import PACKAGES
from support.warehouse import Built, Warehouse

QUESTIONS = [
    *("key_question_1", "key_question_2", "key_question_3", "key_question_4"),
    *("key_question_5a", "key_question_5b", "key_question_5c", "key_question_5d"),
    *("key_question_6", "key_question_7"),
    *("stakeholder_marketing", "stakeholder_sales", "stakeholder_customer"),
    "quietest_ad_windows",
]
# Lists who to write to, from a table of ids that is no report.
AUDIENCES = "audience_members"
MONEY = {
    *("revenue", "revenue_share", "revenue_rank", "avg_order_total"),
    *("order_total_rank", "avg_product_price", "lowest_price", "highest_price"),
    *("order_total_against_all", "order_total_spread"),
    *("order_total_adjusted_r_squared", "income_order_total_adjusted_r_squared"),
}
COUNTS = {"customer_count", "order_count", "order_product_count"}


@pytest.fixture(scope="module")
def turned(
    generated: dict[str, Built], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """What plain queries read of each package, the last row of each table first."""
    folder = tmp_path_factory.mktemp("turned")
    found = {}
    for package, built in generated.items():
        found[package] = folder / f"{package}.duckdb"
        with duckdb.connect(str(found[package])) as connection:
            connection.execute(f"attach '{built.database}' as straight (read_only)")
            connection.execute("create schema marts")
            for table in sorted(all_tables()):
                connection.execute(
                    f"create table {table} as"
                    f" select * from straight.{table} order by rowid desc"
                )
    return found


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_of_the_brief_has_one_query(question: str) -> None:
    assert len([name for name in ANALYSES if name.startswith(question)]) == 1


def test_every_query_answers_a_question_of_the_brief_or_lists_audiences() -> None:
    others = [name for name in PLAIN if not name.startswith(tuple(QUESTIONS))]
    assert others == [AUDIENCES]


@pytest.mark.parametrize("name", ANALYSES)
def test_a_query_begins_with_its_question(name: str) -> None:
    first = text_of(name).splitlines()[0]
    assert first.startswith("-- ")
    assert first.endswith("?")
    assert len(first) <= 88


@pytest.mark.parametrize("name", PLAIN)
def test_a_header_says_how_to_read_the_answer_and_how_not_to(name: str) -> None:
    header = text_of(name).partition("\nwith\n")[0]
    assert all(line.startswith("--") for line in header.splitlines())
    assert "\n-- How to read it: " in header
    assert "\n-- What it doesn't show: " in header


@pytest.mark.parametrize("name", ANALYSES)
def test_a_query_ends_with_its_last_step_in_order(name: str) -> None:
    text = text_of(name)
    steps = re.findall(r"^(\w+) as \($", text, re.MULTILINE)
    end = re.search(
        r"\nselect \* from (\w+)\n\norder by( |\n    )[\w\s,]+\n?\Z",
        text,
    )
    assert end
    assert end[1] == steps[-1]


@pytest.mark.parametrize("name", PLAIN)
def test_a_query_can_be_pasted(name: str, compiled: dict[str, str]) -> None:
    text = text_of(name)
    assert "{{" not in text
    assert "{%" not in text
    assert compiled[name].strip() == text.strip()


@pytest.mark.parametrize("name", PLAIN)
def test_a_query_reads_marts_only_and_reports_rather_than_facts(
    name: str, warehouse: Warehouse
) -> None:
    marts = {
        f"{node.schema}.{node.name}"
        for node in warehouse.manifest.nodes.values()
        if node.original_file_path.startswith("models/marts")
    }
    assert tables_of(name) <= marts
    facts = {table for table in tables_of(name) if table.startswith("marts.fct_")}
    assert facts == ({"marts.fct_audience_members"} if name == AUDIENCES else set())
    assert tables_of(name) & {table for table in marts if ".rpt_" in table}


@pytest.mark.parametrize("name", PLAIN)
def test_a_query_with_money_says_that_it_is_fabricated(
    name: str, answer: Callable[[str, str], Rows]
) -> None:
    if MONEY & set(answer("careerfoundry", name)[0]):
        assert "fabricated" in text_of(name).partition("\nwith\n")[0]


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("name", ANALYSES)
def test_a_query_gives_rows(
    package: str, name: str, answer: Callable[[str, str], Rows]
) -> None:
    rows = answer(package, name)
    assert rows
    assert len({tuple(row.values()) for row in rows}) == len(rows)


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("name", ANALYSES)
def test_a_query_gives_the_same_on_more_threads(
    package: str,
    name: str,
    answer: Callable[[str, str], Rows],
    generated: dict[str, Built],
    compiled: dict[str, str],
) -> None:
    again = rows_of(generated[package].database, compiled[name], threads=4)
    rows = answer(package, name)
    if name in TEMPLATED:
        # Correlations over facts waver in their last digits.
        rows, again = without_noise(rows), without_noise(again)
    assert again == rows


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("name", PLAIN)
def test_a_query_gives_the_same_on_tables_in_another_order(
    package: str,
    name: str,
    answer: Callable[[str, str], Rows],
    turned: dict[str, Path],
) -> None:
    again = rows_of(turned[package], text_of(name))
    assert again == answer(package, name)


@pytest.mark.parametrize("name", PLAIN)
def test_customers_orders_and_order_products_stand_side_by_side(
    name: str, answer: Callable[[str, str], Rows]
) -> None:
    columns = list(answer("careerfoundry", name)[0])
    # Customers of hours can't be added up to those of a window; a customer is one.
    wanted = COUNTS
    if name in ("quietest_ad_windows", AUDIENCES):
        wanted = COUNTS - {"customer_count"}
    assert wanted <= set(columns)
    assert "customer_count" not in columns or columns.index(
        "customer_count"
    ) < columns.index("order_count") < columns.index("order_product_count")


@pytest.mark.parametrize("name", PLAIN)
def test_money_is_known_with_prices_only(
    name: str, answer: Callable[[str, str], Rows]
) -> None:
    priced, unpriced = answer("careerfoundry", name), answer("kaggle", name)
    for money in MONEY & set(priced[0]):
        assert any(value is not None for value in column(priced, money)), money
        assert set(column(unpriced, money)) == {None}, money


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("name", PLAIN)
def test_a_share_is_between_none_and_all(
    package: str, name: str, answer: Callable[[str, str], Rows]
) -> None:
    rows = answer(package, name)
    for share in (each for each in rows[0] if each.endswith(("_share", "_rate"))):
        known = [value for value in column(rows, share) if value is not None]
        assert all(0 <= value <= 1 for value in known), share


def test_what_kaggle_has_no_customers_for_is_unknown(
    answer: Callable[[str, str], Rows],
) -> None:
    assert column(answer("kaggle", "key_question_5c"), "region") == ["Unknown"]
    (pair,) = answer("kaggle", "key_question_5d")
    assert (pair["age_group"], pair["family_status"]) == ("Unknown", "Unknown")
    assert column(answer("kaggle", "key_question_7"), "customer_profile") == ["Unknown"]
    assert column(answer("kaggle", "key_question_3"), "price_range") == ["Unknown"]

    targets = answer("kaggle", "stakeholder_marketing")
    assert {row["segment_type"] for row in targets} == {
        "loyalty_flag",
        "order_frequency_flag",
    }
    assert "Unknown" not in column(targets, "segment")


def test_packages_agree_on_what_needs_no_prices_or_customers(
    answer: Callable[[str, str], Rows],
) -> None:
    for name in ("key_question_1", "key_question_4", "key_question_5a", "quietest"):
        assert answer("kaggle", name) == answer("careerfoundry", name)


def without_noise(rows: Rows) -> Rows:
    return [
        {
            name: float(f"{value:.9g}") if isinstance(value, float) else value
            for name, value in row.items()
        }
        for row in rows
    ]
