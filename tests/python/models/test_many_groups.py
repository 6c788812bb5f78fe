"""More departments and aisles than there are bits, as by mistyped ids, count alike."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from instacart.synthetic import generate
from support.changes import BASKETS, PRODUCTS, rewrite
from support.facts import MISNUMBERED, read_facts
from support.recount import check
from support.warehouse import WITHOUT_TESTS, Built, Warehouse

# The smallest that can be generated.
SCALE = 0.0005
SEED = 5
NO_PRODUCT_TWICE = {
    number for wrong, _, right in MISNUMBERED for number in (wrong, right)
}


def mistype_groups(folder: Path) -> None:
    """Move 60 products to departments of their own, and 150 to aisles.

    The most bought have the highest ids, so that what gets no bit is bought a lot.
    """
    sold = pd.read_csv(folder / BASKETS).product_id.value_counts()
    ids = [str(number) for number in sold.index if number not in NO_PRODUCT_TWICE]
    departments = dict(zip(ids[:240:4], range(1059, 999, -1), strict=True))
    aisles = dict(zip(ids[1:600:4], range(2149, 1999, -1), strict=True))

    def moved(rows: list[list[str]]) -> Iterator[list[str]]:
        header, *products = rows
        number, aisle, department = (
            header.index(name) for name in ("product_id", "aisle_id", "department_id")
        )
        yield header
        for row in products:
            row[department] = str(departments.get(row[number], row[department]))
            row[aisle] = str(aisles.get(row[number], row[aisle]))
            yield row

    rewrite(PRODUCTS, moved)(folder)


@pytest.fixture(scope="module")
def mistyped(session_dir: Path, warehouse: Warehouse) -> Built:
    """A package of 81 departments and 284 aisles, built without tests."""
    folder = session_dir / "many groups"
    built = Built(folder / "raw", folder / "instacart.duckdb")
    generate.generate(built.raw_dir, "careerfoundry", SCALE, SEED)
    mistype_groups(built.raw_dir)
    warehouse.build_new(built.raw_dir, *WITHOUT_TESTS)
    shutil.copyfile(warehouse.database, built.database)
    return built


@pytest.fixture
def restored(warehouse: Warehouse, mistyped: Built) -> Warehouse:
    warehouse.restore(mistyped.database)
    return warehouse


def test_some_departments_and_aisles_have_no_bit_and_sell(restored: Warehouse) -> None:
    for group, bits, all_groups in (("department", 63, 81), ("aisle", 189, 284)):
        assert restored.query(
            f"select count(*) from intermediate.int_{group}_bitmasks"
        ) == [(bits,)]
        assert restored.query(
            f"select count(distinct {group}_id), count(*) > 500"
            f" from intermediate.int_order_{group}s_unmasked"
        ) == [(all_groups - bits, True)]


def test_reports_count_groups_without_a_bit_as_all_others(
    mistyped: Built,
) -> None:
    check(mistyped.database, read_facts(mistyped.raw_dir, mistyped.database))


def test_unlisted_departments_pair_with_listed_ones_and_each_other(
    restored: Warehouse,
) -> None:
    kinds = restored.query(
        "select distinct department_id_a > 21, department_id_b > 21"
        " from marts.rpt_department_pairs order by all"
    )
    assert kinds == [(False, False), (False, True), (True, True)]
    without_bits = restored.query(
        """
        with unmasked as (
            select distinct department_id
            from intermediate.int_order_departments_unmasked
        )
        select count(*) > 50 from marts.rpt_department_pairs
        where department_id_a in (from unmasked) and department_id_b in (from unmasked)
        """
    )
    assert without_bits == [(True,)]


def test_customers_have_the_flags_that_their_order_products_give(
    restored: Warehouse,
) -> None:
    different = restored.query(
        """
        with sold as (
            select
                sold.customer_id,
                sold.product_id,
                products.department_id,
                products.department
            from marts.fct_order_products as sold
            inner join marts.dim_products as products using (product_id)
            where sold.is_analysed
        ),
        favourites as (
            select customer_id, department
            from sold
            group by customer_id, department_id, department
            qualify row_number() over (
                partition by customer_id order by count(*) desc, department_id
            ) = 1
        ),
        flags as (
            select
                customer_id,
                count(*) as rows,
                count(distinct product_id) as products,
                bool_or(department = 'alcohol') as alcohol,
                bool_or(department = 'meat seafood') as meat
            from sold
            group by customer_id
        )
        select customers.customer_id
        from marts.dim_customers as customers
        left join favourites using (customer_id)
        left join flags using (customer_id)
        where customers.order_count > 0 and (
            customers.favourite_department is distinct from favourites.department
            or customers.order_product_count is distinct from flags.rows
            or customers.distinct_product_count is distinct from flags.products
            or customers.has_bought_alcohol is distinct from flags.alcohol
            or customers.has_bought_meat is distinct from flags.meat
        )
        """
    )
    assert different == []


def test_unlisted_groups_are_named_by_their_id_everywhere(restored: Warehouse) -> None:
    for table in ("dim_departments", "dim_products", "rpt_departments"):
        assert restored.query(
            "select count(distinct department_id), bool_and("
            "department = 'Unknown department ' || department_id"
            f" and department_group = 'Unknown') from marts.{table}"
            " where department_id > 21"
        ) == [(60, True)], table
    for table in ("dim_aisles", "dim_products", "rpt_aisles"):
        assert restored.query(
            "select count(distinct aisle_id), bool_and("
            f"aisle = 'Unknown aisle ' || aisle_id) from marts.{table}"
            " where aisle_id > 134"
        ) == [(150, True)], table


def price_ranges(count: int) -> str:
    labels = ", ".join(f"[Range {n}, '> {100 - n}']" for n in range(count - 1))
    return f"{{price_range: [{labels}, [Last range, otherwise]]}}"


@pytest.mark.parametrize(("count", "refusal"), [(62, ""), (63, "62 labels, found 63")])
def test_more_price_ranges_than_bits_are_refused_before_anything_is_built(
    warehouse: Warehouse, session_dir: Path, count: int, refusal: str
) -> None:
    run = warehouse.dbt(
        *("compile", session_dir, "--select", "int_price_range_bitmasks"),
        *("--no-introspect", "--no-populate-cache", "--vars", price_ranges(count)),
    )
    said = run.output + run.error
    assert run.succeeded == (not refusal), said
    assert refusal in said
