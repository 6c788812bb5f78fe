"""Every query of analyses/: it runs as it stands, and answers what it asks."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest
from conftest import PROJECT_DIR, PUBLISHED_SCHEMAS, WITHOUT_TESTS, Warehouse
from instacart.synthetic import generate

SCALE = 0.005
ANALYSES = {
    path.stem: path for path in sorted((PROJECT_DIR / "analyses").glob("*.sql"))
}
# With Jinja a query is no example to paste: the comparison with published figures only.
TEMPLATED = {"synthetic_data_fidelity"}
PLAIN = [name for name in ANALYSES if name not in TEMPLATED]
QUESTIONS = [
    *("key_question_1", "key_question_2", "key_question_3", "key_question_4"),
    *("key_question_5a", "key_question_5b", "key_question_5c", "key_question_5d"),
    *("key_question_6", "key_question_7"),
    *("stakeholder_marketing", "stakeholder_sales", "stakeholder_customer"),
    "quietest_ad_windows",
]
MONEY = {
    *("revenue", "revenue_share", "revenue_rank", "avg_order_total"),
    *("order_total_rank", "avg_product_price", "lowest_price", "highest_price"),
    *("order_total_against_all", "order_total_spread"),
    *("order_total_adjusted_r_squared", "income_order_total_adjusted_r_squared"),
}
COUNTS = {"customer_count", "order_count", "order_product_count"}

Row = dict
Rows = list[Row]


@dataclass
class Built:
    """A generated package's warehouse, and the same with its reports turned round."""

    database: Path
    turned: Path
    truth: dict


@pytest.fixture(scope="module")
def compiled(warehouse: Warehouse, session_dir: Path) -> dict[str, str]:
    """The analyses as dbt compiles them for a database called instacart.duckdb."""
    run = warehouse.dbt(
        "compile",
        session_dir,
        *("--select", "path:analyses", "--no-introspect", "--no-populate-cache"),
    )
    assert run.succeeded, run.output
    folder = warehouse.folder / "target" / "compiled" / "instacart" / "analyses"
    return {name: (folder / f"{name}.sql").read_text("utf-8") for name in ANALYSES}


@pytest.fixture(scope="module")
def packages(
    warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Built]:
    """A generated package of each kind, built."""
    found = {}
    for package in ("careerfoundry", "kaggle"):
        folder = tmp_path_factory.mktemp(package)
        truth = generate.generate(folder / "raw", package, SCALE, seed=3)
        warehouse.database.unlink(missing_ok=True)
        read = {f"+{table.removeprefix('marts.')}" for table in all_tables()}
        selected = ("--select", *sorted(read), *(f"+{name}" for name in TEMPLATED))
        run = warehouse.dbt("build", folder / "raw", *selected, *WITHOUT_TESTS)
        assert run.succeeded, run.output
        database = folder / "instacart.duckdb"
        warehouse.database.rename(database)
        found[package] = Built(database, turn_round(database, folder), truth)
    return found


def turn_round(database: Path, folder: Path) -> Path:
    """Copy what plain queries read, the last row of each table first."""
    turned = folder / "turned.duckdb"
    with duckdb.connect(str(turned)) as connection:
        connection.execute(f"attach '{database}' as straight (read_only)")
        connection.execute("create schema marts")
        for table in sorted(all_tables()):
            connection.execute(
                f"create table {table} as"
                f" select * from straight.{table} order by rowid desc"
            )
    return turned


@pytest.fixture(scope="module")
def answer(
    packages: dict[str, Built], compiled: dict[str, str]
) -> Callable[[str, str], Rows]:
    """What an analysis says of a package, by a beginning of its name."""
    known: dict[tuple[str, str], Rows] = {}

    def ask(package: str, beginning: str) -> Rows:
        (name,) = (each for each in ANALYSES if each.startswith(beginning))
        if (package, name) not in known:
            sql = compiled[name] if name in TEMPLATED else text_of(name)
            known[package, name] = rows_of(packages[package].database, sql)
        return known[package, name]

    return ask


def text_of(name: str) -> str:
    return ANALYSES[name].read_text("utf-8")


def tables_of(name: str) -> set[str]:
    return set(re.findall(r"\b(?:from|join) (\w+\.\w+)", text_of(name)))


def all_tables() -> set[str]:
    """What plain queries read."""
    return set().union(*map(tables_of, PLAIN))


def rows_of(database: Path, sql: str, threads: int = 1) -> Rows:
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute(f"set threads = {threads}")
        connection.execute(f"set preserve_insertion_order = {threads == 1}")
        return fetched(connection.execute(sql))


def fetched(result: duckdb.DuckDBPyConnection) -> Rows:
    columns = [column[0] for column in result.description]
    return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


def without_noise(rows: Rows) -> Rows:
    return [
        {
            name: float(f"{value:.9g}") if isinstance(value, float) else value
            for name, value in row.items()
        }
        for row in rows
    ]


def column(rows: Rows, name: str) -> list:
    return [row[name] for row in rows]


def by(rows: Rows, *keys: str) -> dict:
    """Rows by one column, or by several."""
    found = {
        row[keys[0]] if len(keys) == 1 else tuple(row[key] for key in keys): row
        for row in rows
    }
    assert len(found) == len(rows)
    return found


# --- form -----------------------------------------------------------------------


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_of_the_brief_has_one_query(question: str) -> None:
    assert len([name for name in ANALYSES if name.startswith(question)]) == 1


def test_every_query_answers_a_question_of_the_brief() -> None:
    others = [name for name in PLAIN if not name.startswith(tuple(QUESTIONS))]
    assert others == []


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
    assert not any(table.startswith("marts.fct_") for table in tables_of(name))
    assert tables_of(name) & {table for table in marts if ".rpt_" in table}


@pytest.mark.parametrize("name", PLAIN)
def test_a_query_with_money_says_that_it_is_fabricated(
    name: str, answer: Callable[[str, str], Rows]
) -> None:
    if MONEY & set(answer("careerfoundry", name)[0]):
        assert "fabricated" in text_of(name).partition("\nwith\n")[0]


# --- both packages --------------------------------------------------------------


@pytest.mark.parametrize("package", ["careerfoundry", "kaggle"])
@pytest.mark.parametrize("name", ANALYSES)
def test_a_query_gives_rows(
    package: str, name: str, answer: Callable[[str, str], Rows]
) -> None:
    rows = answer(package, name)
    assert rows
    assert len({tuple(row.values()) for row in rows}) == len(rows)


@pytest.mark.parametrize("package", ["careerfoundry", "kaggle"])
@pytest.mark.parametrize("name", ANALYSES)
def test_a_query_gives_the_same_on_more_threads(
    package: str,
    name: str,
    answer: Callable[[str, str], Rows],
    packages: dict[str, Built],
    compiled: dict[str, str],
) -> None:
    again = rows_of(packages[package].database, compiled[name], threads=4)
    rows = answer(package, name)
    if name in TEMPLATED:
        # Correlations over facts waver in their last digits.
        rows, again = without_noise(rows), without_noise(again)
    assert again == rows


@pytest.mark.parametrize("package", ["careerfoundry", "kaggle"])
@pytest.mark.parametrize("name", PLAIN)
def test_a_query_gives_the_same_on_tables_in_another_order(
    package: str,
    name: str,
    answer: Callable[[str, str], Rows],
    packages: dict[str, Built],
) -> None:
    again = rows_of(packages[package].turned, text_of(name))
    assert again == answer(package, name)


@pytest.mark.parametrize("name", PLAIN)
def test_customers_orders_and_order_products_stand_side_by_side(
    name: str, answer: Callable[[str, str], Rows]
) -> None:
    columns = list(answer("careerfoundry", name)[0])
    # Customers of hours can't be added up to those of a window.
    wanted = COUNTS - {"customer_count"} if name == "quietest_ad_windows" else COUNTS
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


@pytest.mark.parametrize("package", ["careerfoundry", "kaggle"])
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


# --- answers --------------------------------------------------------------------


def test_weekends_and_days_are_busiest(answer: Callable[[str, str], Rows]) -> None:
    rows = answer("careerfoundry", "key_question_1")
    days, hours = rows[:7], rows[7:]

    assert {row["time_name"] for row in days[:2]} == {"Saturday", "Sunday"}
    assert {row["time_name"] for row in days[-2:]} == {"Tuesday", "Wednesday"}
    assert {row["time_name"] for row in hours[:8]} == {
        f"{hour:02d}:00" for hour in range(9, 17)
    }
    assert {row["time_name"] for row in hours[-7:]} == {
        f"{hour:02d}:00" for hour in range(7)
    }
    for part in (days, hours):
        assert column(part, "order_rank") == list(range(1, len(part) + 1))
        assert sum(column(part, "order_share")) == pytest.approx(1, abs=0.002)
        assert sum(column(part, "orders_against_mean")) == pytest.approx(0, abs=0.01)


def test_most_money_is_made_by_day_and_most_per_order_in_the_evening(
    answer: Callable[[str, str], Rows],
) -> None:
    rows = answer("careerfoundry", "key_question_2")

    assert set(column(rows, "hour_of_day")) == set(range(24))
    assert rows[0]["hour_of_day"] in range(9, 17)
    busy = [row for row in rows if row["order_count"] >= 200]
    dearest = min(busy, key=lambda row: row["order_total_rank"])
    assert dearest["hour_of_day"] in (21, 22, 23)
    assert all(7 < row["avg_product_price"] < 8.5 for row in busy)
    assert column(rows, "revenue_rank") == sorted(column(rows, "revenue_rank"))

    # Without prices by hour.
    unpriced = answer("kaggle", "key_question_2")
    assert column(unpriced, "hour_of_day") == list(range(24))
    assert column(unpriced, "typical_department")[10] is not None


def test_price_ranges_share_order_products_as_published(
    answer: Callable[[str, str], Rows],
) -> None:
    low, middle, high = answer("careerfoundry", "key_question_3")

    shares = column([low, middle, high], "order_product_share")
    assert shares == pytest.approx([0.312, 0.675, 0.013], abs=0.02)
    assert low["highest_price"] < middle["lowest_price"]
    assert middle["highest_price"] < high["lowest_price"]
    assert high["largest_department"] == "meat seafood"


def test_produce_is_the_first_department_and_shares_add_up(
    answer: Callable[[str, str], Rows],
) -> None:
    rows = answer("careerfoundry", "key_question_4")

    assert column(rows[:2], "department") == ["produce", "dairy eggs"]
    assert rows[0]["order_product_share"] == pytest.approx(0.292, abs=0.02)
    assert rows[0]["customer_share"] > 0.9
    assert rows[-1]["cumulative_share"] == 1
    assert {row["department"] for row in rows[-5:]} == {
        *("bulk", "other", "missing", "pets", "alcohol"),
    }


def test_loyal_customers_are_few_and_their_order_products_many(
    answer: Callable[[str, str], Rows], packages: dict[str, Built]
) -> None:
    rows = answer("careerfoundry", "key_question_5a")

    labels = ["Loyal customer", "Regular customer", "New customer"]
    assert column(rows, "loyalty_flag") == labels
    assert column(rows, "customer_share") == pytest.approx(
        [0.083, 0.373, 0.545], abs=0.02
    )
    assert rows[0]["order_product_share"] > 3 * rows[0]["customer_share"]
    truth = packages["careerfoundry"].truth["expected"]
    assert sum(column(rows, "order_count")) == truth["orders_by_eval_set"]["prior"]
    assert sum(column(rows, "order_product_count")) == truth["prior_order_products"]


def test_loyal_customers_order_often_and_reorder(
    answer: Callable[[str, str], Rows],
) -> None:
    loyal, regular, new = answer("careerfoundry", "key_question_5b")

    days = column([loyal, regular, new], "median_days_between_orders")
    assert days == sorted(days)
    assert loyal["reorder_rate"] > regular["reorder_rate"] > new["reorder_rate"]
    for row in (loyal, regular, new):
        assert row["favoured_points"] > 0 > row["neglected_points"]
        assert row["peak_hour"] in range(9, 18)


def test_regions_have_as_many_customers_as_states(
    answer: Callable[[str, str], Rows],
) -> None:
    rows = answer("careerfoundry", "key_question_5c")

    states = {row["region"]: row["state_count"] for row in rows}
    assert states == {"South": 17, "West": 13, "Midwest": 12, "Northeast": 9}
    assert column(rows, "customer_share") == pytest.approx(
        column(rows, "state_share"), abs=0.03
    )
    # They differ in nothing else.
    for row in rows:
        assert (
            row["orders_adjusted_r_squared"]
            < 0.01
            > row["order_total_adjusted_r_squared"]
        )
        assert (
            not row["is_orders_significant"] and not row["is_order_total_significant"]
        )
        assert abs(row["most_different_standard_errors"]) < 4


def test_the_most_different_department_is_so_by_standard_errors(
    answer: Callable[[str, str], Rows], packages: dict[str, Built]
) -> None:
    with duckdb.connect(str(packages["careerfoundry"].database), True) as connection:
        departments = fetched(
            connection.execute(
                "select * from marts.rpt_segment_departments"
                " where segment_type = 'region'"
            )
        )
    for row in answer("careerfoundry", "key_question_5c"):
        off = {
            each["department"]: (each["share_of_segment"] - each["overall_share"])
            / each["share_standard_error"]
            for each in departments
            if each["segment"] == row["region"]
        }
        furthest = max(off, key=lambda name: abs(off[name]))
        assert row["most_different_department"] == furthest
        assert row["most_different_standard_errors"] == round(off[furthest], 1)


def test_family_status_follows_age(answer: Callable[[str, str], Rows]) -> None:
    rows = by(answer("careerfoundry", "key_question_5d"), "age_group", "family_status")

    assert len(rows) == 12
    home = "living with parents and siblings"
    assert rows["Young adult", home]["customers_against_chance"] > 2
    nobody = rows["Senior", home]
    assert (nobody["customer_count"], nobody["orders_per_customer"]) == (0, None)
    assert nobody["customers_against_chance"] == 0
    shares: dict[str, float] = {}
    for (age_group, _), row in rows.items():
        shares[age_group] = shares.get(age_group, 0) + row["share_of_age_group"]
    assert list(shares.values()) == pytest.approx([1, 1, 1], abs=0.001)


def test_each_classification_holds_all_customers_and_income_parts_them(
    answer: Callable[[str, str], Rows],
) -> None:
    rows = answer("careerfoundry", "key_question_6")

    totals: dict[str, int] = {}
    for row in rows:
        kind = row["classification"]
        totals[kind] = totals.get(kind, 0) + row["customer_count"]
    assert len(totals) == 11
    assert len(set(totals.values())) == 1
    shares = column(rows, "order_total_adjusted_r_squared")
    assert shares == sorted(shares, reverse=True)
    said = {row["classification"]: row for row in rows}
    assert said["income_group"]["taste_points"] > said["gender"]["taste_points"]
    assert said["income_group"]["taste_standard_errors"] > 4
    assert said["income_group"]["is_order_total_significant"]
    assert said["has_bought_meat"]["is_orders_significant"]
    for kind in ("region", "gender", "family_size"):
        assert not said[kind]["is_orders_significant"]
        assert not said[kind]["is_order_total_significant"]


def test_profiles_of_low_income_favour_snacks(
    answer: Callable[[str, str], Rows],
) -> None:
    rows = answer("careerfoundry", "key_question_7")

    profiles = by(rows, "customer_profile")
    for age_group in ("Middle-aged", "Senior"):
        low = profiles[f"{age_group} parent, low income"]
        assert low["favoured_department"] == "snacks"
        assert low["favoured_standard_errors"] > 2
        assert low["order_total_against_all"] < 0
        assert low["income_order_total_adjusted_r_squared"] > 0.01
    assert sum(column(rows, "customer_share")) == pytest.approx(1, abs=0.002)


def test_a_target_is_told_what_it_favours_or_that_it_favours_nothing(
    answer: Callable[[str, str], Rows],
) -> None:
    rows = answer("careerfoundry", "stakeholder_marketing")

    targets = by(rows, "segment_type", "segment")
    low = targets["income_group", "Low income"]
    assert re.fullmatch(
        r"Try snacks: 1\d\.\d% of what they buy, [89]\.\d% of what all buy\.",
        low["advice"],
    )
    points = column(rows, "favoured_points")
    assert points == sorted(points, reverse=True)
    for row in rows:
        assert row["advice"].startswith("Try ") == row["is_advised"]
        assert row["is_advised"] == (
            row["favoured_points"] >= 0.5
            and row["favoured_standard_errors"] > 4
            and row["customer_count"] >= 30
        )
        assert row["customer_share"] >= 0.01
        assert row["quiet_hour"] not in range(9, 18)
        assert row["segment_type"] != "region"


def test_three_factors_make_the_sales_of_a_department(
    answer: Callable[[str, str], Rows],
) -> None:
    rows = answer("careerfoundry", "stakeholder_sales")

    (customers,) = {
        round(row["customer_count"] / row["customer_share"], -2)
        for row in rows
        if row["customer_share"] > 0.5
    }
    assert customers == pytest.approx(1000, abs=100)
    shares = column(rows, "order_product_share")
    assert shares == sorted(shares)
    assert {row["department"] for row in rows[:5]} == {
        *("bulk", "other", "missing", "pets", "alcohol"),
    }
    for row in rows[:5]:
        assert row["main_reason"].startswith("Few customers: ")
    assert rows[-1]["main_reason"].startswith("None: ")
    for row in rows:
        assert row["customer_count"] * row["orders_per_buyer"] * row[
            "products_per_order"
        ] == pytest.approx(row["order_product_count"], rel=0.02)


def test_a_department_that_nobody_buys_from_is_said_to_be_so(
    packages: dict[str, Built],
) -> None:
    with duckdb.connect() as connection:
        attach_copy(connection, packages["careerfoundry"], "stakeholder_sales")
        connection.execute(
            "update marts.rpt_departments set customer_count = 0, order_count = 0,"
            " order_product_count = 0, order_product_share = 0"
            " where department = 'bulk'"
        )
        (name,) = (each for each in PLAIN if each.startswith("stakeholder_sales"))
        rows = by(fetched(connection.execute(text_of(name))), "department")

    bulk = rows["bulk"]
    assert bulk["main_reason"] == "Nobody bought any."
    assert (bulk["customer_share"], bulk["orders_per_buyer"]) == (0, None)


@pytest.mark.parametrize("package", ["careerfoundry", "kaggle"])
def test_recommendations_are_the_three_pairs_of_highest_lift(
    package: str, answer: Callable[[str, str], Rows], packages: dict[str, Built]
) -> None:
    with duckdb.connect(str(packages[package].database), read_only=True) as connection:
        pairs = connection.execute(
            "select product_id_a, product_id_b, lift from marts.rpt_product_pairs"
        ).fetchall()
        products = {
            product_id: (rank, name)
            for product_id, rank, name in connection.execute(
                "select product_id, order_product_rank, product_name"
                " from marts.rpt_products"
            ).fetchall()
        }
    partners: dict[int, list[tuple[float, int]]] = {}
    for one, two, lift in pairs:
        if lift >= 1.5:
            partners.setdefault(one, []).append((-lift, two))
            partners.setdefault(two, []).append((-lift, one))
    expected = {
        (products[product_id][0], place): products[other][1]
        for product_id, others in partners.items()
        for place, (_, other) in enumerate(sorted(others)[:3], 1)
    }

    rows = answer(package, "stakeholder_customer")

    found = by(rows, "product_rank", "recommendation_rank")
    assert {key: row["recommended_product"] for key, row in found.items()} == expected
    for pair in packages[package].truth["affinities"]:
        if pair["orders_with_both"] >= 20:
            one, two = products[pair["product_id_a"]], products[pair["product_id_b"]]
            assert two[1] in [
                row["recommended_product"]
                for row in rows
                if row["product_rank"] == one[0]
            ]


# --- windows for advertisements -------------------------------------------------

WINDOWS = "quietest_ad_windows"


def attach_copy(
    connection: duckdb.DuckDBPyConnection, built: Built, beginning: str
) -> None:
    """Copy what a query reads, to be changed."""
    (name,) = (each for each in PLAIN if each.startswith(beginning))
    connection.execute(f"attach '{built.database}' as built (read_only)")
    connection.execute("create schema marts")
    for table in tables_of(name):
        connection.execute(f"create table {table} as from built.{table}")


Week = dict[tuple[int, int], int]


def windows_of(built: Built, week: Week) -> Rows:
    """What the query says of a week of other orders."""
    ranked = sorted(week, key=lambda slot: (week[slot], slot))
    with duckdb.connect() as connection:
        attach_copy(connection, built, WINDOWS)
        connection.executemany(
            "update marts.rpt_day_hours set order_count = $1,"
            " order_product_count = 10 * $1, ad_window_rank = $2"
            " where day_of_week = $3 and hour_of_day = $4",
            [(week[slot], ranked.index(slot) + 1, *slot) for slot in week],
        )
        return fetched(connection.execute(text_of(WINDOWS)))


def setting(name: str) -> int:
    """What the query itself takes for a bound."""
    (value,) = re.findall(rf"(\d+) as {name}\b", text_of(WINDOWS))
    return int(value)


def expected_windows(week: Week) -> Rows:
    """The same by trying every window."""
    ranked = sorted(week, key=lambda slot: (week[slot], slot))
    mean = Fraction(sum(week.values()), len(week))
    bounds = {
        "all hours": (0, 24),
        "waking hours": (setting("waking_from"), setting("waking_until")),
    }
    found = []
    for considered, (opening, closing) in bounds.items():
        quietest = []
        for day in range(7):
            tried = [
                (
                    Fraction(sum(week[day, hour] for hour in range(first, end)))
                    / (end - first),
                    first - end,
                    first,
                )
                for first in range(opening, closing)
                for end in range(first + setting("shortest_window"), closing + 1)
            ]
            per_hour, length, first = min(tried)
            quietest.append((per_hour, length, day, first))
        for place, (per_hour, length, day, first) in enumerate(sorted(quietest), 1):
            hours = range(first, first - length)
            orders = sum(week[day, hour] for hour in hours)
            of_day = sum(week[day, hour] for hour in range(24))
            ranks = [ranked.index((day, hour)) + 1 for hour in hours]
            found.append(
                {
                    "day_of_week": day,
                    "considered": considered,
                    "first_hour": first,
                    "end_hour": first - length,
                    "order_count": orders,
                    "order_product_count": 10 * orders,
                    "orders_per_hour": float(per_hour),
                    "share_of_day": orders / of_day if of_day else None,
                    "below_average_hour": float(1 - per_hour / mean) if mean else None,
                    "mean_ad_window_rank": sum(ranks) / len(ranks),
                    "week_rank": place,
                }
            )
    return sorted(found, key=lambda row: (row["day_of_week"], row["considered"]))


def slots() -> list[tuple[int, int]]:
    return [(day, hour) for day in range(7) for hour in range(24)]


def same_everywhere() -> Week:
    return dict.fromkeys(slots(), 1)


def one_day_without_orders() -> Week:
    return {slot: 0 if slot[0] == 4 else 10 + slot[1] for slot in slots()}


def one_day_with_orders() -> Week:
    return {slot: 5 if slot[0] == 4 else 0 for slot in slots()}


def no_orders() -> Week:
    return dict.fromkeys(slots(), 0)


def two_windows_alike() -> Week:
    """Hours 2 to 4 are as quiet as 10 to 12, which only the earlier may win."""
    quiet = {2, 3, 4, 10, 11, 12}
    return {slot: 1 if slot[1] in quiet else 9 for slot in slots()}


def a_longer_window_alike() -> Week:
    """Hours 2 to 4 are as quiet as 10 to 13, which are longer."""
    quiet = {2, 3, 4, 10, 11, 12, 13}
    return {slot: 1 if slot[1] in quiet else 9 for slot in slots()}


def four_hours_quieter_than_three() -> Week:
    """A quiet hour on each side of two loud ones: the best window holds all four."""
    orders = dict.fromkeys(range(24), 100) | {8: 1, 9: 7, 10: 7, 11: 1}
    return {slot: orders[slot[1]] for slot in slots()}


def quiet_across_midnight() -> Week:
    """Hours 22 to 1 are quiet, but no window goes past midnight."""
    quiet = {22, 23, 0, 1}
    return {slot: 1 if slot[1] in quiet else 50 + slot[1] for slot in slots()}


def busier_than_average_all_day() -> Week:
    """Two days are busy at every waking hour."""
    return {
        slot: 0 if slot[1] < 6 else 90 if slot[0] < 2 else 20 + slot[1]
        for slot in slots()
    }


def at_random(seed: int, most: int) -> Callable[[], Week]:
    def draw() -> Week:
        numbers = random.Random(seed)
        return {slot: numbers.randint(0, most) for slot in slots()}

    draw.__name__ = f"random_up_to_{most}"
    return draw


WEEKS = [
    same_everywhere,
    one_day_without_orders,
    one_day_with_orders,
    no_orders,
    two_windows_alike,
    a_longer_window_alike,
    four_hours_quieter_than_three,
    quiet_across_midnight,
    busier_than_average_all_day,
    at_random(seed=1, most=1),
    at_random(seed=2, most=2),
    at_random(seed=3, most=5),
    at_random(seed=4, most=1000),
]


@pytest.mark.parametrize("week", WEEKS, ids=lambda week: week.__name__)
def test_windows_are_those_found_by_trying_all(
    week: Callable[[], Week], packages: dict[str, Built]
) -> None:
    check_windows(windows_of(packages["careerfoundry"], week()), week())


@pytest.mark.parametrize("package", ["careerfoundry", "kaggle"])
def test_windows_of_a_package_are_those_found_by_trying_all(
    package: str, answer: Callable[[str, str], Rows], packages: dict[str, Built]
) -> None:
    with duckdb.connect(str(packages[package].database), read_only=True) as connection:
        table = connection.execute(
            "select day_of_week, hour_of_day, order_count from marts.rpt_day_hours"
        ).fetchall()
    week = {(day, hour): orders for day, hour, orders in table}

    check_windows(answer(package, WINDOWS), week, are_products_known=False)


def check_windows(rows: Rows, week: Week, are_products_known: bool = True) -> None:
    assert len(rows) == 14
    for row, wanted in zip(rows, expected_windows(week), strict=True):
        if not are_products_known:
            wanted.pop("order_product_count")
        for name, value in wanted.items():
            found = row[name]
            if isinstance(value, float):
                assert found == pytest.approx(value, abs=0.0051), name
            else:
                assert found == value, name
        hours = f"{row['first_hour']:02d}:00 to {row['end_hour']:02d}:00: "
        assert row["advice"].startswith(f"{row['day_name']}, {hours}")
        check_advice(row)


def check_advice(row: Row) -> None:
    below = row["below_average_hour"]
    is_awake = setting("waking_from") <= row["first_hour"] and row[
        "end_hour"
    ] <= setting("waking_until")
    if below is None:
        assert "no orders all week" in row["advice"]
    elif below < 0:
        assert "% more orders" in row["advice"]
        assert row["advice"].endswith("take another day.")
    else:
        assert "% fewer orders" in row["advice"]
        said = "customers are awake." if is_awake else "few are awake to see it."
        assert row["advice"].endswith(said)


def test_a_day_without_orders_is_quiet_as_long_as_it_can_be(
    packages: dict[str, Built],
) -> None:
    rows = by(
        windows_of(packages["careerfoundry"], one_day_without_orders()),
        *("day_of_week", "considered"),
    )

    day, waking = rows[4, "all hours"], rows[4, "waking hours"]
    assert (day["first_hour"], day["end_hour"]) == (0, 24)
    assert (waking["first_hour"], waking["end_hour"]) == (
        setting("waking_from"),
        setting("waking_until"),
    )
    assert day["week_rank"] == waking["week_rank"] == 1
    assert day["share_of_day"] is None
    assert day["below_average_hour"] == 1


# --- lineage --------------------------------------------------------------------


def exposed_tables(warehouse: Warehouse, exposure: str) -> set[str]:
    """Schema and name of what an exposure depends on."""
    assert warehouse.manifest is not None
    nodes = warehouse.manifest.nodes
    (found,) = (
        each for each in warehouse.manifest.exposures.values() if each.name == exposure
    )
    return {f"{nodes[key].schema}.{nodes[key].name}" for key in found.depends_on.nodes}


def test_lineage_knows_what_the_questions_read(warehouse: Warehouse) -> None:
    assert exposed_tables(warehouse, "key_questions") == all_tables()


def test_lineage_knows_all_that_bi_tools_can_read(warehouse: Warehouse) -> None:
    assert warehouse.manifest is not None
    published = {
        f"{node.schema}.{node.name}"
        for node in warehouse.manifest.nodes.values()
        if node.resource_type == "model" and node.schema in PUBLISHED_SCHEMAS
    }
    assert exposed_tables(warehouse, "bi_tools") == published
