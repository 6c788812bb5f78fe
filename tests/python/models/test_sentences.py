"""Whatever fails ends in a sentence: what was expected, what was found, what to do."""

from __future__ import annotations

import re

import duckdb
import pytest
from support.loads import ALL_NAMES
from support.warehouse import DATA_TESTS, Built, Warehouse

SENTENCE = re.compile(r"(Failed|Warned) (\w+): (.+)")
SHAPE = re.compile(r".+: expected .+, found .+; .+\.")

# By the beginning of a test's name: SQL that makes it fail, and words of its sentence.
GENERIC = {
    "unique_dim_departments_department_id": (
        "create or replace table marts.dim_departments as"
        " from marts.dim_departments union all"
        " from marts.dim_departments where department_id = 19",
        "each department_id once, found 1 of them more than once, such as 19; look at",
    ),
    "unique_state_regions_state": (
        "insert into reference.state_regions from reference.state_regions"
        " where state = 'Ohio'",
        'such as Ohio; look at `instacart query -c "select state, count(*) as row_count'
        ' from reference.state_regions group by all having row_count > 1"`, and correct'
        " seeds/state_regions.csv.",
    ),
    "not_null_int_product_sales_aggregated_product_id": (
        "update intermediate.int_product_sales_aggregated set product_id = null"
        " where product_id < 3",
        "a value of product_id in each row, found none in 2 of them; look at",
    ),
    "not_null_columns_int_products_product_id__product_name": (
        "update intermediate.int_products set product_name = null where product_id = 3",
        "found 1 of them without, such as without product_name;",
    ),
    "unique_combination_of_columns_rpt_day_hours": (
        "insert into marts.rpt_day_hours from marts.rpt_day_hours"
        " where day_of_week = 3 and hour_of_day > 21",
        "day_of_week, hour_of_day once, found 2 of them more than once, such as 3, 22;",
    ),
    "accepted_values_dim_customers_region": (
        "update marts.dim_customers set region = 'Zarvekian' where customer_id = 2",
        "found another in 1 of its rows, such as (left out: may hold names); look at",
    ),
    "accepted_range_fct_orders_hour_of_day": (
        "update marts.fct_orders set hour_of_day = 24 where order_id in (101, 102)",
        "of at least 0 and at most 23 in each row, found 2 of them with another value,"
        " such as 24;",
    ),
    "accepted_range_rpt_departments": (
        "update marts.rpt_departments set reorder_rate = 1.5 where department_id = 4",
        "such as 1.5, ",
    ),
    "relationships_dim_products_aisle_id": (
        "update marts.dim_products set aisle_id = 999 where product_id = 13",
        "each aisle_id in marts.dim_aisles, found 1 of its rows with another one,"
        " such as 999;",
    ),
    "accepted_labels_dim_products_price_range": (
        "update marts.dim_products set price_range = 'Priceless' where product_id < 5",
        "High-range product, Mid-range product, Low-range product, Unknown,"
        " found another in 4 of its rows, such as Priceless;",
    ),
    "shares_sum_to_one_rpt_days_of_week": (
        "update marts.rpt_days_of_week set order_share = order_share * 2",
        "order_share to be from 0 to 1 and to sum to 1, found a sum of 2",
    ),
    "few_rows_are_rejected": (
        "update data_quality.file_row_counts set rows_rejected = 1"
        " where dataset = 'departments'",
        "departments.csv: expected at most 1 % of its rows to be rejected, found 1 of 3"
        " (33.3 %); look at",
    ),
    "no_file_is_mostly_rejected": (
        "update data_quality.file_row_counts set rows_read = 1000, rows_rejected = 501"
        " where dataset = 'orders';"
        "insert into data_quality.rejected_rows"
        " select 'orders', 'orders.csv', 'order_dow is above 6', '1,2,prior,1,7,8,'"
        " from range(400) union all"
        " select 'orders', 'orders.csv', 'eval_set is missing', '2,2,,1,6,8,'"
        " from range(101)",
        "orders.csv: expected at most 50 % of its rows to be rejected, found 501 of"
        " 1000 (50.1 %), 400 of them for order_dow is above 6, such as"
        " `1,2,prior,1,7,8,`; look at",
    ),
    "no_column_is_mostly_lost": (
        "update data_quality.consistency_checks set row_count = 501, rows_read = 1000"
        " where column_name = 'prices' and check_name = 'mistyped'",
        "products.csv, column prices: expected at most 50 % of its values to be lost,"
        " found 501 of 1000 (50.1 %) mistyped (replaced by the median of the aisle",
    ),
    "matches_published_figures": (
        "insert into data_quality.published_figures_check"
        " (metric, dimension, published, actual, is_match)"
        " values ('customers', 'all', 206209, 4, false)",
        "found 1 that do not, such as customers, all (published 206209.0, here 4.0);",
    ),
    "analysed_orders_have_products": (
        "update data_quality.consistency_checks set row_count = 3"
        " where column_name = 'order_id' and check_name = 'completeness'",
        "orders_products_prior.csv: expected products of each analysed order, found"
        " none for 3 of 12 (25.0 %); the file may end early",
    ),
}
SINGULAR = {
    "assert_aisles_are_in_the_department_of_their_products": (
        "update marts.dim_aisles set department_id = 4 where aisle_id = 28",
        "found aisle 28 in department 4 and all its products in 5;",
    ),
    "assert_all_products_or_none_have_a_price": (
        "update marts.dim_products set price = null where product_id = 1",
        "found 12 of 13 with a price, where 13 are listed with one;",
    ),
    "assert_audiences_name_known_labels": (
        "delete from data_quality.conditions_in_force where label = 'Night owl'",
        "dbt_project.yml: expected each audience to name labels that its flags have,"
        " found 1 others, such as Night owl of shopping_time_segment in night_owls;"
        " correct its condition under audiences.",
    ),
    "assert_customer_departments_agree": (
        "update marts.fct_customer_departments set order_product_count ="
        " order_product_count + 2 where customer_id = 1 and department_id = 19",
        "found 2 of their rows with others, such as 2 order products, 0 orders and 0.00"
        " dollars more for ",
    ),
    "assert_customers_of_orders_are_listed": (
        "update data_quality.consistency_checks set row_count = 7"
        " where column_name = 'user_id' and check_name = 'referential'",
        "customers.csv: expected each customer who ordered, found 0 missing, who placed"
        " 7 of 14 orders (50.0 %);",
    ),
    "assert_customers_without_orders_are_labelled_so": (
        "update marts.dim_customers set loyalty_flag = 'Loyal customer'"
        " where customer_id = 4",
        "found 1 that are not so, such as customer 4;",
    ),
    "assert_dates_have_one_order": (
        "update staging.base_instacart__customers set date_order = 'day first'"
        " where customer_id = 2;"
        "update staging.base_instacart__customers set date_order = 'month first'"
        " where customer_id = 1",
        "customers.csv, column date_joined: expected the day first in all dates, or the"
        " month, found 1 with the day and 1 with the month;",
    ),
    "assert_every_label_has_a_condition": (
        # Beside the price range above.
        "delete from data_quality.conditions_in_force"
        " where column_name = 'cart_size' and label = 'Small'",
        "found 2 without, such as Priceless of price_range;",
    ),
    "assert_every_raw_row_is_accounted_for": (
        "update data_quality.file_row_counts set rows_read = rows_read + 1"
        " where dataset = 'customers'",
        "found 5 = 4 + 0 + 0 and 0 rows listed in rejected_rows for customers.csv;",
    ),
    "assert_every_segment_type_is_in_every_segment_report": (
        "delete from marts.rpt_segment_hours where segment_type = 'gender'",
        "each of segment_types in 5 segment reports, found gender in 4;",
    ),
    "assert_first_orders_have_no_days_since_prior_order": (
        "update marts.fct_orders set days_since_prior_order = 3 where order_id = 201",
        "found 1 with days, such as order 201;",
    ),
    "assert_merge_variants_match_the_marts": (
        "update data_quality.merge_variants"
        " set order_product_count = order_product_count + 1",
        "found 31 order products of ",
    ),
    "assert_no_file_fills_a_spreadsheet": (
        "update data_quality.file_row_counts set rows_read = 1048575"
        " where dataset = 'products'",
        "products.csv: expected all lines of the original, found exactly the 1048576"
        " that a spreadsheet holds;",
    ),
    "assert_no_file_is_cut_short": (
        "create or replace view staging.stg_instacart__files as"
        " select * replace (dataset = 'orders' as is_cut_short) from raw.loaded_files",
        "orders.csv: expected a whole last line, found one that breaks off;",
    ),
    "assert_no_report_exceeds_the_totals": (
        "update marts.rpt_aisles set customer_count = 99 where aisle_id = 24",
        "marts.rpt_aisles: expected no more customers or orders than in total, and no",
    ),
    "assert_order_numbers_have_no_gaps": (
        "update data_quality.consistency_checks set row_count = 2"
        " where column_name = 'order_number' and check_name = 'completeness'",
        "orders.csv: expected the order numbers of each customer to run from 1 without"
        " a gap, found 2 missing;",
    ),
    "assert_order_products_match_staging": (
        # As many rows as before: one twice, and another not at all.
        "create table intermediate.doubled as from intermediate.int_order_products"
        " where order_id <> 302 or product_id <> 4 union all"
        " from intermediate.int_order_products"
        " where order_id = 301 and product_id = 8;"
        "create or replace view intermediate.int_order_products as"
        " from intermediate.doubled",
        "found 30 rows, where 30 are staged and 0 of them repeated or of an unknown"
        " one, 0 wrongly, but some twice and others not at all;",
    ),
    "assert_order_products_are_unique": (
        # The row above is one of them.
        "select 1",
        "found 1 of them more than once, such as product 8 in order 301;",
    ),
    "assert_orders_match_staging": (
        "delete from marts.fct_orders where order_id = 206",
        "found 1 that are in one of them only, such as order 206;",
    ),
    "assert_pairs_agree_with_sales": (
        "update marts.rpt_department_pairs set order_count_b = 0"
        " where department_id_a = 4 and department_id_b = 19",
        "of 4 and 19, as their report of sales has, found ",
    ),
    "assert_population_flow_adds_up": (
        "update data_quality.population_flow set rows_removed = 1"
        " where step_number = 2",
        "found 4 - 1 = 4 in step 2, after 4;",
    ),
    "assert_population_flow_matches_the_marts": (
        "update data_quality.population_flow set rows_out = 99 where step_number = 4",
        "expected 4 rows of customers after the step `conflict`, as the marts have,"
        " found 99;",
    ),
    "assert_reports_agree_with_the_facts": (
        "update marts.rpt_hours_of_day set order_count = order_count + 1"
        " where hour_of_day = 8",
        "marts.rpt_hours_of_day: expected ",
    ),
    "assert_totals_agree_across_marts": (
        "update marts.dim_customers set total_order_count = 9 where customer_id = 1",
        "marts.fct_order_products: expected the same orders, order products and",
    ),
}
CASES = GENERIC | SINGULAR


@pytest.fixture(scope="module")
def spoilt(warehouse: Warehouse, baselines: dict[str, Built]) -> str:
    """What dbt prints when every kind of test fails."""
    built = baselines["careerfoundry"]
    warehouse.restore(built.database)
    with duckdb.connect(str(warehouse.database)) as connection:
        for change, _ in CASES.values():
            connection.execute(change)
    run = warehouse.dbt("test", built.raw_dir, *DATA_TESTS)
    assert not run.succeeded
    return run.output


@pytest.fixture(scope="module")
def sentences(spoilt: str) -> dict[str, list[str]]:
    """The sentences by test; one on files has a sentence for each."""
    found: dict[str, list[str]] = {}
    for _, name, sentence in SENTENCE.findall(spoilt):
        found.setdefault(name, []).append(sentence)
    return found


@pytest.mark.parametrize("beginning", CASES)
def test_a_test_that_fails_says_so_in_a_sentence(
    sentences: dict[str, list[str]], beginning: str
) -> None:
    (found,) = (said for name, said in sentences.items() if name.startswith(beginning))
    assert any(CASES[beginning][1] in sentence for sentence in found), found


def test_every_test_that_fails_has_a_sentence_without_names(
    spoilt: str, sentences: dict[str, list[str]]
) -> None:
    failed = set(re.findall(r"(?:Failure|Warning) in test (\w+)", spoilt))
    assert failed == sentences.keys()
    said = [sentence for found in sentences.values() for sentence in found]
    for sentence in said:
        assert SHAPE.fullmatch(sentence), sentence
        assert "expected no row that" not in sentence, "the test has no message"
    assert not [name for name in ALL_NAMES if name in "".join(said)]


def test_every_kind_of_test_has_a_case(warehouse: Warehouse) -> None:
    assert warehouse.manifest
    kinds, singular = set(), set()
    for node in warehouse.manifest.nodes.values():
        if node.resource_type == "test":
            if not hasattr(node, "test_metadata"):
                singular.add(node.name)
            elif node.name.startswith(tuple(GENERIC)):
                kinds.add(node.test_metadata.name)
    macros = warehouse.manifest.macros.values()
    assert kinds == {
        macro.name.removeprefix("test_")
        for macro in macros
        if macro.package_name == "instacart" and macro.name.startswith("test_")
    }
    assert singular == SINGULAR.keys()


def test_warnings_come_before_failures(spoilt: str) -> None:
    verdicts = [verdict for verdict, _, _ in SENTENCE.findall(spoilt)]
    assert verdicts == sorted(verdicts, reverse=True)
    assert len(set(verdicts)) == 2


def test_a_model_that_can_not_be_built_says_so_in_a_sentence(
    warehouse: Warehouse, baselines: dict[str, Built]
) -> None:
    built = baselines["careerfoundry"]
    warehouse.restore(built.database)
    with duckdb.connect(str(warehouse.database)) as connection:
        connection.execute("drop table marts.dim_aisles")
    run = warehouse.dbt("run", built.raw_dir, "--select", "rpt_aisles")
    ((verdict, name, sentence),) = SENTENCE.findall(run.output)
    assert (verdict, name) == ("Failed", "rpt_aisles")
    assert sentence.startswith(
        "models/marts/product_categories/rpt_aisles.sql: expected it to run, found"
        " Catalog Error: Table with name dim_aisles does not exist"
    )
    assert SHAPE.fullmatch(sentence)


def test_a_verdict_on_the_files_skips_no_table(
    warehouse: Warehouse, baselines: dict[str, Built]
) -> None:
    """Whoever reads that a file is bad can look at all that was counted."""
    built = baselines["careerfoundry"]
    warehouse.restore(built.database)
    with duckdb.connect(str(warehouse.database)) as connection:
        connection.execute(
            "insert into staging.base_instacart__orders by name"
            " select file_number, 'user_id is missing' as rejection_reason,"
            " '1,,prior' as raw_row from staging.base_instacart__orders, range(20)"
        )
        connection.execute(
            "insert into intermediate.int_row_outcomes_counted values"
            " ('orders', 'orders.csv', 'read', 280),"
            " ('orders', 'orders.csv', 'unusable', 280),"
            " ('products', 'products.csv', 'read', 1048562),"
            " ('products', 'products.csv', 'duplicate', 1048562)"
        )
    run = warehouse.dbt(
        "build",
        built.raw_dir,
        *("--select", "path:models/data_quality", "--exclude", "test_type:unit"),
    )
    statuses = {found.node.name: found.status for found in run.result.results}
    assert statuses["no_file_is_mostly_rejected"] == "fail"
    assert statuses["assert_no_file_fills_a_spreadsheet"] == "fail"
    assert "skipped" not in statuses.values()


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (
            "2 as x",
            "tests/mine.sql: expected no row that mine finds, found 3; look at"
            " `dbt show --select mine`.",
        ),
        ("2 as x, null as message", "tests/mine.sql: expected no row that mine finds"),
        ("2 as x, 'As it says.' as message", "As it says."),
    ],
)
def test_a_test_without_a_message_is_named(
    warehouse: Warehouse, baselines: dict[str, Built], columns: str, said: str
) -> None:
    """As one that a user adds."""
    warehouse.restore(baselines["kaggle"].database)
    result = {
        "status": "fail",
        "failures": 3,
        "node": {
            "resource_type": "test",
            "name": "mine",
            "original_file_path": "tests/mine.sql",
            "compiled_code": f"select {columns} -- of mine",
        },
    }
    query = f"select {{{{ text_literal(failure_sentences({result})[0]) }}}} as sentence"
    raw_dir = baselines["kaggle"].raw_dir
    run = warehouse.dbt("show", raw_dir, "--inline", query)
    assert run.succeeded, run.output + run.error
    assert run.result.results[0].agate_table[0]["sentence"].startswith(said)


def test_models_that_lack_memory_or_disk_say_so_once(
    warehouse: Warehouse, baselines: dict[str, Built]
) -> None:
    node = {"resource_type": "model", "name": "a", "original_file_path": "models/a.sql"}
    messages = [
        "Runtime Error in model a (models/a.sql)\n  Out of Memory Error: no block",
        "Runtime Error in model a (models/a.sql)\n  Out of Memory Error: no pin",
        "Runtime Error in model a (models/a.sql)\n  Binder Error: no column",
        # As Spark's Thrift server puts it.
        "Runtime Error in model a (models/a.sql)\n  Database Error\n    org.apache.hive"
        ".HiveSQLException: Error running query: [NO_COLUMN] org.apache.spark.sql"
        ".AnalysisException: [NO_COLUMN] There is none.\n    \tat org.apache.spark.X",
    ]
    results = [
        {"status": "error", "node": node, "message": message} for message in messages
    ]
    warehouse.restore(baselines["kaggle"].database)
    query = f"select 1 as x {{{{ say_what_failed({results}) or '' }}}}"
    run = warehouse.dbt("show", baselines["kaggle"].raw_dir, "--inline", query)
    assert run.succeeded, run.output + run.error
    said = [line for line in run.output.splitlines() if line.startswith("Failed a: ")]
    assert len(said) == 3
    assert said[0].startswith(
        "Failed a: INSTACART_MEMORY_LIMIT: expected enough memory"
    )
    assert said[1] == (
        "Failed a: models/a.sql: expected it to run, found Binder Error: no column;"
        " correct it and build again."
    )
    assert said[2] == (
        "Failed a: models/a.sql: expected it to run, found [NO_COLUMN] There is none;"
        " correct it and build again."
    )
