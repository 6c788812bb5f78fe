"""The sheet of crosstabs."""

from __future__ import annotations

import pytest

from report.support import (
    ALL_CUSTOMERS,
    CROSSTABS,
    LEFT,
    Changed,
    Report,
    crosstab,
)

PAIRS = {
    "Region by spending": ("region", "spending_flag"),
    "Region by order frequency": ("region", "order_frequency_flag"),
    "Region by loyalty": ("region", "loyalty_flag"),
    "Loyalty by spending": ("loyalty_flag", "spending_flag"),
    "Age by family status": ("age_group", "family_status"),
    "Age by family size": ("age_group", "family_size"),
    "Age by income": ("age_group", "income_group"),
    "Age by loyalty": ("age_group", "loyalty_flag"),
    "Income by spending": ("income_group", "spending_flag"),
    "Income by family size": ("income_group", "family_size"),
    "Gender by loyalty": ("gender", "loyalty_flag"),
    "Profile by region": ("customer_profile", "region"),
    "Profile by loyalty": ("customer_profile", "loyalty_flag"),
}
DEPARTMENTS = {
    "Loyalty by department": "loyalty_flag",
    "Order frequency by department": "order_frequency_flag",
    "Region by department": "region",
    "Income by department": "income_group",
    "Age by department": "age_group",
    "Family size by department": "family_size",
}


@pytest.mark.parametrize("title", PAIRS)
def test_crosstabs_are_those_of_the_report(title: str, demo: Report) -> None:
    one, other = PAIRS[title]
    known = {
        (row["segment_a"], row["segment_b"]): row
        for row in demo.query(
            f"from marts.rpt_segment_crosstabs where segment_type_a = '{one}'"
            f" and segment_type_b = '{other}'"
        )
    }
    counts, shares = crosstab(demo, title)
    compared = set()
    for row, share in zip(counts, shares, strict=True):
        label, whole = row.pop(""), row.pop("All")
        assert share.pop("") == label
        assert sum(row.values()) == whole
        assert sum(share.values()) == pytest.approx(1)
        for name, number in row.items():
            compared.add((label, name))
            assert number == known[label, name]["customer_count"]
            assert share[name] == pytest.approx(number / whole)
    assert compared == set(known)
    assert sum(row["customer_count"] for row in known.values()) == demo.one(
        f"select {ALL_CUSTOMERS}"
    )


@pytest.mark.parametrize("title", DEPARTMENTS)
def test_customers_of_departments_are_counted_from_the_facts(
    title: str, demo: Report
) -> None:
    column = DEPARTMENTS[title]
    known = {
        (row["department"], row["segment"]): row["number"]
        for row in demo.query(
            f"select products.department, customers.{column} as segment,"
            " count(distinct lines.customer_id) as number"
            " from marts.fct_order_products as lines"
            " inner join marts.dim_products as products using (product_id)"
            " inner join marts.dim_customers as customers"
            " on lines.customer_id = customers.customer_id"
            " where lines.is_analysed group by all"
        )
    }
    size = {
        row["segment"]: row["number"]
        for row in demo.query(
            f"select {column} as segment, count(*) as number from marts.dim_customers"
            " where order_count > 0 group by all"
        )
    }
    counts, shares = crosstab(demo, title)
    assert len(counts) == demo.one("select count(*) from marts.dim_departments")
    for row, share in zip(counts, shares, strict=True):
        department = row.pop("")
        for segment, number in row.items():
            assert number == known.get((department, segment), 0)
            assert share[segment] == pytest.approx(number / size[segment])


def test_customers_of_price_ranges_and_days_are_counted_from_the_facts(
    demo: Report,
) -> None:
    for title, key, whole in (
        ("Price range by department", "price_range", None),
        ("Day of the week by department", "day_name", "marts.rpt_days_of_week"),
    ):
        known = {
            (row["department"], row["key"]): row["number"]
            for row in demo.query(
                f"select department, {key} as key,"
                " count(distinct lines.customer_id) as number"
                " from marts.fct_order_products as lines"
                " inner join marts.dim_products as products using (product_id)"
                " inner join marts.fct_orders as orders"
                " on lines.order_id = orders.order_id"
                " where lines.is_analysed group by all"
            )
        }
        sizes = (
            {
                row["day_name"]: row["customer_count"]
                for row in demo.query(f"from {whole}")
            }
            if whole
            else {}
        )
        everybody = demo.one(f"select {ALL_CUSTOMERS}")
        counts, shares = crosstab(demo, title)
        for row, share in zip(counts, shares, strict=True):
            department = row.pop("")
            for name, number in row.items():
                assert number == known.get((department, name), 0)
                size = sizes.get(name, everybody)
                assert share[name] == pytest.approx(number / size)


def test_every_crosstab_is_linked_from_the_head_of_the_sheet(each: Report) -> None:
    page = each.book[CROSSTABS]
    linked = {
        cell.value: cell.hyperlink.location
        for row in page.iter_rows()
        for cell in row
        if cell.hyperlink and cell.row > 3
    }
    assert len(linked) > 20
    assert {*PAIRS, *DEPARTMENTS} <= set(linked)
    for title, location in linked.items():
        place = int(location.rpartition("!A")[2])
        assert page.cell(place, LEFT).value == title


def test_many_family_statuses_stay_in_their_panel(changed: Changed) -> None:
    """A status is free text in the raw file, so that there may be any number."""
    report = changed(
        "delete from marts.rpt_segment_crosstabs where segment_type_a = 'age_group'"
        " and segment_type_b = 'family_status'",
        "insert into marts.rpt_segment_crosstabs by name"
        " select 'age_group' as segment_type_a, groups.segment_a,"
        " 'family_status' as segment_type_b, 'status ' || n as segment_b,"
        " 1 as customer_count, 1 as order_count, 1 as order_product_count,"
        " 0.1 as customer_share_of_a from range(10) as numbers (n)"
        " cross join (from (values ('Senior'), ('Young adult'))"
        " as groups (segment_a)) as groups",
    )
    counts, shares = crosstab(report, "Age by family status")
    assert [row["All"] for row in counts] == [10, 10]
    assert [len(row) for row in shares] == [11, 11]


def test_a_segment_type_that_a_var_leaves_out_is_said_to_be_so(
    changed: Changed,
) -> None:
    report = changed(
        "delete from marts.rpt_segment_types where segment_type = 'has_bought_meat'"
    )
    page = report.cells[CROSSTABS]
    (row,) = (
        number
        for number, cells in enumerate(page)
        if cells[LEFT - 1] == "Bought meat by department" and number > 10
    )
    assert page[row + 1][LEFT - 1] == (
        "The var segment_types leaves out has_bought_meat."
    )
