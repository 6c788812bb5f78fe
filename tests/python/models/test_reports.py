"""Every report agrees with an independent count, whatever is counted."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from instacart.config import PROJECT_DIR
from support.facts import SEGMENT_TYPES, read_facts
from support.models import BASKETS, CUSTOMER_SEGMENTS, MARTS, REPORT_FOLDERS, SEGMENTS
from support.packages import (
    AISLES,
    LONG_DEPARTMENTS,
    ORDER_PRODUCTS_PRIOR,
    ORDERS,
    PACKAGES,
    PRODUCTS,
)
from support.recount import (
    PAIR_REPORTS,
    REPORTS,
    SEGMENT_REPORTS,
    check,
)
from support.warehouse import (
    WITHOUT_UNIT_TESTS,
    Built,
    Warehouse,
)

SAMPLES = PROJECT_DIR.parent / "shared" / "data"
needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(),
    reason="the real samples may not be redistributed and are not at ../shared/data",
)


def build(warehouse: Warehouse, raw: Path, baseline: Built, *arguments: str) -> None:
    """The marts of a tiny package, over those of a good one."""
    run = warehouse.rebuild(raw, baseline, (MARTS,), *arguments)
    assert run.succeeded, run.output + run.error


def rerun(
    warehouse: Warehouse, raw: Path, variables: dict[str, object], *select: str
) -> None:
    """Some models once more, with other vars."""
    run = warehouse.dbt(
        *("run", raw, "--vars", json.dumps(variables), "--select", *select)
    )
    assert run.succeeded, run.output + run.error


@pytest.mark.parametrize("package", PACKAGES)
def test_reports_agree_with_an_independent_count(
    warehouse: Warehouse, generated: dict[str, Built], package: str
) -> None:
    """Pairs of products count from four orders on: by default hardly any would."""
    raw = generated[package].raw_dir
    warehouse.restore(generated[package].database)
    rerun(warehouse, raw, {"min_pair_orders": 4}, BASKETS)
    facts = read_facts(raw, warehouse.database)
    facts.least_pair_orders = 4
    assert len(facts.customers) > 600
    assert warehouse.query("select count(*) > 1000 from marts.rpt_product_pairs")[0][0]
    assert facts.is_priced == (package == "careerfoundry")
    check(warehouse.database, facts)


def test_every_report_is_counted_again(warehouse: Warehouse) -> None:
    assert warehouse.manifest is not None
    reports = {
        node.name
        for node in warehouse.manifest.nodes.values()
        if node.resource_type == "model" and node.name.startswith("rpt_")
    }
    assert reports == REPORTS.keys()


@pytest.mark.parametrize("package", PACKAGES)
def test_a_flag_added_to_the_list_is_in_all_segment_reports(
    warehouse: Warehouse, generated: dict[str, Built], package: str
) -> None:
    """Text, a number and a column that is true or false alike; known or not."""
    raw = generated[package].raw_dir
    warehouse.restore(generated[package].database)
    flags = ["state", "favourite_department", "is_parent", "gender"]
    rerun(warehouse, raw, {"segment_types": flags}, SEGMENTS, CUSTOMER_SEGMENTS)
    facts = read_facts(raw, warehouse.database, segment_types=flags)
    check(warehouse.database, facts, SEGMENT_REPORTS)
    for report in SEGMENT_REPORTS:
        column = f"segment_type{'_a' * report.endswith('crosstabs')}"
        found = warehouse.query(f"select distinct {column} from marts.{report}")
        assert {name for (name,) in found} == set(flags), report


def lines(*rows: str) -> str:
    return "".join(f"{row}\n" for row in rows)


ORDERS_HEADER = lines(ORDERS.splitlines()[0])
ORDER_PRODUCTS_HEADER = lines(ORDER_PRODUCTS_PRIOR.splitlines()[0])

# Customer 5 bought unknown products only, 6 ordered once before the train order, 7 has
# a train order alone, 8 lacks order number 2, and nobody knows what 9 ordered. Copies
# of rows don't count.
ODD_ORDERS = ORDERS + lines(
    "401,5,prior,1,5,03,",
    "501,6,prior,1,0,08,",
    "502,6,train,2,1,09,4.0",
    "601,7,train,1,2,10,",
    "701,8,prior,1,0,00,",
    "703,8,prior,3,1,23,30.0",
    "801,9,prior,1,6,08,",
    "801,9,prior,1,6,08,",
)
ODD_ORDER_PRODUCTS = ORDER_PRODUCTS_PRIOR + lines(
    *("401,998,1,0", "401,999,2,0", "501,10,1,0", "501,10,1,0", "501,16,2,0"),
    *("701,16,1,0", "701,15,2,0", "703,11,1,0"),
)
# Aisle 45 lies in two departments alike, nobody buys pets, and missing has no products.
ODD_PRODUCTS = PRODUCTS + lines(
    "14,Cat Food,41,8,2.0", "15,Toffee,45,19,1.5", "16,Fudge,45,4,2.5"
)
ODD_AISLES = AISLES + lines("41,cat food care", "45,candy chocolate", "100,missing")
ODD_LONG_DEPARTMENTS = LONG_DEPARTMENTS + lines("8,pets", "21,missing")
ODD_WIDE_DEPARTMENTS = lines(
    "department_id,4,5,8,19,21", "department,produce,alcohol,pets,snacks,missing"
)


def write(folder: Path, package: str, orders: str, order_products: str) -> Path:
    """The tiny package of a kind, with other orders."""
    raw = PACKAGES[package](folder)
    (raw / "orders.csv").write_text(orders)
    (prior,) = raw.glob("order*_products_*prior.csv")
    prior.write_text(order_products)
    return raw


def write_odd(folder: Path, package: str) -> Path:
    raw = write(folder, package, ODD_ORDERS, ODD_ORDER_PRODUCTS)
    if package == "careerfoundry":
        (raw / "products.csv").write_text(ODD_PRODUCTS)
        (raw / "departments.csv").write_text(ODD_WIDE_DEPARTMENTS)
    else:
        unpriced = [row.rpartition(",")[0] for row in ODD_PRODUCTS.splitlines()]
        (raw / "products.csv").write_text(lines(*unpriced))
        (raw / "departments.csv").write_text(ODD_LONG_DEPARTMENTS)
        (raw / "aisles.csv").write_text(ODD_AISLES)
    return raw


@pytest.mark.parametrize("package", PACKAGES)
def test_one_order_of_one_product_fills_every_report(
    warehouse: Warehouse, tmp_path: Path, package: str
) -> None:
    """With all data tests. No pairs, 23 quiet hours, two departments without sales."""
    raw = write(
        tmp_path / "raw",
        package,
        ORDERS_HEADER + lines("101,1,prior,1,3,08,", "106,1,train,2,4,09,7.0"),
        ORDER_PRODUCTS_HEADER + lines("101,7,1,0"),
    )
    warehouse.build_new(raw, *WITHOUT_UNIT_TESTS)
    check(warehouse.database, read_facts(raw, warehouse.database))

    price = Decimal("5.50") if package == "careerfoundry" else None
    assert warehouse.query(
        "select distinct customer_count, order_count, order_product_count, revenue,"
        " median_days_between_orders, reorder_rate from marts.rpt_customer_segments"
    ) == [(1, 1, 1, price, None, 0)]
    types = len(SEGMENT_TYPES)
    for report, rows in {
        **{"days_of_week": 7, "hours_of_day": 24, "day_hours": 168, "departments": 3},
        **{"products": 13, "department_hours": 3 * 24, "order_sequence": 1},
        **{"customer_segments": types, "segment_departments": types * 3},
        **{"segment_hours": types * 24, "segment_crosstabs": types * (types - 1)},
        "segment_differences": types * 6,
        **{"product_pairs": 0, "department_pairs": 0},
    }.items():
        found = warehouse.query(f"select count(*) from marts.rpt_{report}")
        assert found == [(rows,)], report


def test_odd_orders_and_customers_count_for_what_they_are(
    warehouse: Warehouse, baselines: dict[str, Built], tmp_path: Path
) -> None:
    """Orders without products count, and train orders don't. With data tests."""
    raw = write_odd(tmp_path / "raw", "careerfoundry")
    build(warehouse, raw, baselines["careerfoundry"])
    run = warehouse.dbt(
        *("test", raw, "--select", *REPORT_FOLDERS, "--exclude", "test_type:unit")
    )
    assert run.succeeded, run.output
    check(warehouse.database, read_facts(raw, warehouse.database))
    # Customers 4 and 7 have no analysed order; 5, 6, 8 and 9 are not in customers.csv.
    assert warehouse.query(
        "select segment, customer_count, order_count, order_product_count"
        " from marts.rpt_customer_segments where segment_type = 'gender' order by 1"
    ) == [("Female", 2, 7, 19), ("Male", 1, 5, 11), ("Unknown", 4, 5, 5)]
    assert warehouse.query(
        "select customer_count, order_count, order_product_count, revenue,"
        " avg_order_total, avg_product_price, reorder_rate, median_days_between_orders"
        " from marts.rpt_customer_segments where segment = 'Unknown'"
        " and segment_type = 'spending_flag'"
    ) == [(2, 2, 0, 0, 0, None, None, None)]
    # Customer 8 has reached order 2 without any record of it.
    assert warehouse.query(
        "select order_number, customer_count, order_count"
        " from marts.rpt_order_sequence where order_number < 4 order by 1"
    ) == [(1, 7, 7), (2, 4, 3), (3, 3, 3)]


def test_reports_follow_the_analysed_eval_sets(
    warehouse: Warehouse, baselines: dict[str, Built], tmp_path: Path
) -> None:
    raw = write_odd(tmp_path / "raw", "kaggle")
    sets = ["prior", "train"]
    variables = json.dumps({"analysed_eval_sets": sets})
    build(warehouse, raw, baselines["kaggle"], "--vars", variables)
    facts = read_facts(raw, warehouse.database, sets)
    assert {7, 8} < set(facts.customers.index)
    check(warehouse.database, facts)


def test_orders_without_any_known_product_have_totals_of_zero(
    warehouse: Warehouse, baselines: dict[str, Built], tmp_path: Path
) -> None:
    """The catalogue has prices: that nothing was sold is known, not unknown."""
    raw = write(
        tmp_path / "raw",
        "careerfoundry",
        ORDERS_HEADER + lines("101,1,prior,1,3,08,", "102,1,prior,2,3,08,7.0"),
        ORDER_PRODUCTS_HEADER + lines("101,998,1,0", "102,999,1,0"),
    )
    build(warehouse, raw, baselines["careerfoundry"])
    check(warehouse.database, read_facts(raw, warehouse.database))


def test_a_share_of_orders_that_pairs_need_is_rounded_up_and_five_at_least(
    warehouse: Warehouse, baselines: dict[str, Built], tmp_path: Path
) -> None:
    """A number from 1 on is taken as it is."""
    together = {(1, 2): 8, (1, 3): 7, (2, 3): 5, (3, 4): 4, (5, 6): 1}
    held = [pair for pair, number in together.items() for _ in range(number)]
    held += [(number % 8 + 6,) for number in range(100 - len(held))]
    orders = lines(
        *(
            f"{number + 1},{number % 4 + 1},prior,{number // 4 + 1},{number % 7},09,"
            + ("7.0" if number >= 4 else "")
            for number in range(100)
        )
    )
    order_products = lines(
        *(
            f"{number},{product},{position},0"
            for number, basket in enumerate(held, 1)
            for position, product in enumerate(basket, 1)
        )
    )
    raw = write(
        tmp_path / "raw",
        "careerfoundry",
        ORDERS_HEADER + orders,
        ORDER_PRODUCTS_HEADER + order_products,
    )
    build(warehouse, raw, baselines["careerfoundry"])
    facts = read_facts(raw, warehouse.database)
    assert len(facts.orders) == 100
    check(warehouse.database, facts, PAIR_REPORTS)
    # As a float, 0.07 * 100 is above 7.
    for minimum, least in ((0.07, 7), (0.0701, 8), (1, 1)):
        rerun(warehouse, raw, {"min_pair_orders": minimum}, BASKETS)
        facts.least_pair_orders = least
        check(warehouse.database, facts, PAIR_REPORTS)
        expected = sum(number >= least for number in together.values())
        found = warehouse.query("select count(*) from marts.rpt_product_pairs")
        assert found == [(expected,)], minimum


def test_no_report_but_that_of_pairs_reads_the_order_products(
    warehouse: Warehouse,
) -> None:
    assert warehouse.manifest is not None
    readers = {
        key.rpartition(".")[2]
        for name in ("marts.fct_order_products", "intermediate.int_order_products")
        for parent, node in warehouse.manifest.nodes.items()
        if f"{node.schema}.{node.name}".startswith(name)
        for key in warehouse.manifest.child_map[parent]
        if ".rpt_" in key and key.startswith("model.")
    }
    assert readers == {"rpt_product_pairs"}


@pytest.mark.parametrize(
    ("model", "variables", "found"),
    [
        ("rpt_product_pairs", "{min_pair_orders: abc}", "abc"),
        ("rpt_product_pairs", "{min_pair_orders: 0}", "0"),
        ("rpt_product_pairs", "{min_pair_orders: -0.5}", "-0.5"),
        ("rpt_product_pairs", "{min_pair_orders: 2.5}", "2.5"),
        ("rpt_product_pairs", "{min_pair_orders: true}", "True"),
        ("int_orders", "{analysed_eval_sets: prior}", "prior"),
        ("int_orders", "{analysed_eval_sets: []}", "[]"),
        ("int_orders", "{analysed_eval_sets: [trian]}", "['trian']"),
        (
            "published_figures_check",
            "{force_published_figures_check: 'no'}",
            "no",
        ),
        ("rpt_segment_differences", "{min_named_share: 2}", "2"),
        ("rpt_segment_differences", "{min_named_share: 1%}", "1%"),
        ("rpt_segment_differences", "{min_adjusted_r_squared: -0.1}", "-0.1"),
        ("rpt_segment_differences", "{min_adjusted_r_squared: true}", "True"),
        ("rpt_segment_differences", "{segment_types: 5}", "5"),
        ("conditions_in_force", "{min_adjusted_r_squared: []}", "[]"),
        ("int_segment_combinations", "{segment_types: [income]}", "['income']"),
        ("int_combination_segments", "{segment_types: 5}", "5"),
        ("int_customer_segment_combinations", "{segment_types: []}", "[]"),
        ("int_segment_combinations", "{segment_types: [gendre]}", "['gendre']"),
        ("int_segment_combinations", "{segment_types: gender}", "gender"),
        (
            "int_combination_segments",
            "{segment_types: [gender, gender]}",
            "['gender', 'gender']",
        ),
        ("rpt_loyalty_tiers", "{loyalty_flag: [[A, '< 9'], [B, otherwise]]}", "A < 9"),
        (
            "int_customers",
            "{loyalty_flag: [[A, '> 9'], [B, '> 9'], [C, otherwise]]}",
            "B > 9",
        ),
        ("int_customers", "{loyalty_flag: [[A, '> 9'], [B, '> 2']]}", "B > 2"),
        ("int_customer_lifecycles", "{recent_gaps: three}", "three"),
        ("int_customer_lifecycles", "{lapsed_gap_days: 0}", "0"),
        ("int_customer_lifecycles", "{min_lifecycle_gaps: 3}", "3"),
        ("int_customer_lifecycles", "{growing_gap_ratio: 1.25}", "1.25"),
        ("int_customer_lifecycles", "{gap_standard_errors: -1}", "-1"),
        ("rpt_audiences", "{audiences: night owls}", "night owls"),
        ("rpt_audiences", "{audiences: []}", "[]"),
        ("rpt_audiences", "{audiences: [night owls]}", "night owls"),
        ("rpt_audiences", "{audiences: 5}", "5"),
        (
            "conditions_in_force",
            "{audiences: [{name: a, title: A}]}",
            "{'name': 'a', 'title': 'A'}",
        ),
        (
            "fct_audience_members",
            "{audiences: [{name: A b, title: A, condition: customers.is_parent}]}",
            "A b",
        ),
        (
            "fct_audience_members",
            "{audiences: [{name: a, title: A, condition: customers.is_parnet}]}",
            "customers.is_parnet in a",
        ),
        (
            "fct_audience_members",
            "{audiences: [{name: a, title: A, condition: bought.spend > 9}]}",
            "bought.spend in a",
        ),
        (
            "fct_audience_members",
            "{audiences: [{name: a, title: A, condition: is_parent}]}",
            "is_parent in a",
        ),
    ],
)
def test_a_var_that_makes_no_report_is_refused_in_a_sentence(
    warehouse: Warehouse, session_dir: Path, model: str, variables: str, found: str
) -> None:
    name = variables.strip("{").split(":")[0]
    run = warehouse.dbt(
        "compile",
        session_dir,
        *("--select", model, "--no-introspect", "--no-populate-cache"),
        *("--vars", variables),
    )
    assert not run.succeeded
    said = f"{run.output} {run.error}"
    assert f"dbt_project.yml: expected {name} to " in said
    assert f", found {found}; " in said
    assert "Traceback" not in said


def test_equal_averages_are_equal_whatever_they_are_quotients_of(
    warehouse: Warehouse, baselines: dict[str, Built], tmp_path: Path
) -> None:
    """As floats, 8.40 / 3 is above 2.80 / 1; no hour or aisle here is above another."""
    baskets = [6, 6, 6, 1, 10, 10]
    raw = write(
        tmp_path / "raw",
        "careerfoundry",
        ORDERS_HEADER + lines(*(f"{n},{n},prior,1,0,{n}," for n in range(1, 7))),
        ORDER_PRODUCTS_HEADER
        + lines(*(f"{n},{product},1,0" for n, product in enumerate(baskets, 1))),
    )
    head, *rows = PRODUCTS.splitlines()
    same = [f"{row.rpartition(',')[0]},2.8" for row in rows]
    (raw / "products.csv").write_text(lines(head, *same))
    reports = ["rpt_days_of_week", "rpt_hours_of_day", "rpt_departments", "rpt_aisles"]
    build(warehouse, raw, baselines["careerfoundry"])
    facts = read_facts(raw, warehouse.database)
    check(warehouse.database, facts, {name: REPORTS[name] for name in reports})


@needs_samples
@pytest.mark.parametrize("package", PACKAGES)
def test_reports_of_the_real_samples_agree(
    warehouse: Warehouse, baselines: dict[str, Built], package: str
) -> None:
    raw = SAMPLES / f"{package}-sample"
    build(warehouse, raw, baselines[package])
    check(warehouse.database, read_facts(raw, warehouse.database))
    # Counted in the files without pandas or SQL.
    assert warehouse.query(
        "select list(order_count order by day_of_week), sum(order_product_count)"
        " from marts.rpt_days_of_week"
    ) == [([127, 200, 137, 123, 102, 141, 106], 8538)]
    assert warehouse.query(
        "select order_count from marts.rpt_hours_of_day where hour_of_day = 10"
    ) == [(104,)]
    assert warehouse.query(
        "select customer_count, retention_rate from marts.rpt_order_sequence"
        " where order_number = 3"
    ) == [(64, 1)]
    # Bananas and avocados.
    assert warehouse.query(
        "select order_count_a, order_count_b, order_count,"
        " abs(lift - 7 * 936 / (101 * 56)) < 1e-9 from marts.rpt_product_pairs"
        " where product_id_a = 24852 and product_id_b = 47209"
    ) == [(101, 56, 7, True)]
