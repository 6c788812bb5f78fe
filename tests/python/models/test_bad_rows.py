"""A bad row costs no more than itself.

The marts are those of a package without it, and it is in data_quality.rejected_rows
with its reason.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from instacart.raw_package.contents import scan_bytes
from support.changes import (
    AISLES,
    BASKETS,
    CUSTOMERS,
    DEPARTMENTS,
    KAGGLE_BASKETS,
    KAGGLE_TRAIN,
    ORDERS,
    PRODUCTS,
    add,
    drop,
    encode,
    make_package,
    pack,
    put,
    rewrite,
    together,
)
from support.loads import (
    Batch,
    Load,
    Loaded,
    Rejected,
    alone,
    check_batch,
    check_case,
    conflict,
    each_case,
    new_ids,
    unknown_order,
    unknown_product,
)

LARGEST = 2_147_483_647
NO_GENDER = "gender is not one of Female, Male, F, M, Non-binary, Other, Unknown"
# A line of customers.csv, of an id to be named.
CUSTOMER = "{id},Brixomar,Yelthorne,Male,Alaska,50,12/1/2018,2,married,90000"


def bad_order(name: str, line: str, reason: str) -> Load:
    """A spoilt order, whose two order products are missing with it."""
    number = next(new_ids)
    line = line.format(id=number)
    bought = (f"{number},3,1,0", f"{number},6,2,1")
    return Load(
        f"order with {name}",
        together(add(ORDERS, line), add(BASKETS, *bought)),
        rejected=[("orders", reason, line), *unknown_order(*bought)],
    )


def bad_order_product(name: str, line: str, reason: str, file: str = BASKETS) -> Load:
    """A spoilt order product. Nobody buys product 13 but in such lines."""
    return Load(
        f"order product with {name}",
        add(file, line),
        rejected=[("order_products", reason, line)],
    )


def bad_product(name: str, line: str, reason: str) -> Load:
    """A spoilt product, whose one order product is missing with it."""
    number = next(new_ids)
    line = line.format(id=number)
    bought = f"105,{number},9,0"
    return Load(
        f"product with {name}",
        together(add(PRODUCTS, line), add(BASKETS, bought)),
        rejected=[("products", reason, line), *unknown_product(bought)],
    )


def bad_customer(name: str, line: str, reason: str, shown: str | None = None) -> Load:
    """A spoilt customer, who is known from an order only.

    Any cell may be a name: no more than the digits of the id are shown.
    """
    number = next(new_ids)
    order = add(ORDERS, f"{number},{number},prior,1,0,08,")
    return Load(
        f"customer with {name}",
        together(add(CUSTOMERS, line.format(id=number)), order),
        like=order,
        rejected=[("customers", reason, str(number) if shown is None else shown)],
    )


def misstated(name: str, old: str, new: str, reason: str) -> Load:
    """A value of a customer is spoilt."""
    assert CUSTOMER.count(old) == 1
    return bad_customer(name, CUSTOMER.replace(old, new), reason)


ORDER_CASES = [
    bad_order("id 2.6", "2.6,1,prior,4,1,10,15.0", "order_id is not a whole number"),
    bad_order("id abc", "abc,1,prior,4,1,10,15.0", "order_id is not a whole number"),
    bad_order("id 1e2", "1e2,1,prior,4,1,10,15.0", "order_id is not a whole number"),
    bad_order("id 0x68", "0x68,1,prior,4,1,10,15.0", "order_id is not a whole number"),
    bad_order("id 1_04", "1_04,1,prior,4,1,10,15.0", "order_id is not a whole number"),
    bad_order("no id", ",1,prior,4,1,10,15.0", "order_id is missing"),
    bad_order("id -5", "-5,1,prior,4,1,10,15.0", "order_id is below 1"),
    bad_order("id 0", "0,1,prior,4,1,10,15.0", "order_id is below 1"),
    bad_order(
        "huge id",
        "99999999999,1,prior,4,1,10,15.0",
        f"order_id is above {LARGEST}",
    ),
    bad_order("no customer", "{id},,prior,4,1,10,15.0", "user_id is missing"),
    bad_order(
        "customer 1.5", "{id},1.5,prior,4,1,10,15.0", "user_id is not a whole number"
    ),
    bad_order("hour 24", "{id},1,prior,4,1,24,15.0", "order_hour_of_day is above 23"),
    bad_order("hour 25", "{id},1,prior,4,1,25,15.0", "order_hour_of_day is above 23"),
    bad_order("hour -1", "{id},1,prior,4,1,-1,15.0", "order_hour_of_day is below 0"),
    bad_order("no hour", "{id},1,prior,4,1,,15.0", "order_hour_of_day is missing"),
    bad_order(
        "hour 10:30",
        "{id},1,prior,4,1,10:30,15.0",
        "order_hour_of_day is not a whole number",
    ),
    bad_order("day 7", "{id},1,prior,4,7,10,15.0", "order_dow is above 6"),
    bad_order(
        "day Monday", "{id},1,prior,4,Monday,10,15.0", "order_dow is not a whole number"
    ),
    bad_order(
        "eval_set validation",
        "{id},1,validation,4,1,10,15.0",
        "eval_set is not one of prior, train, test",
    ),
    bad_order("no eval_set", "{id},1,,4,1,10,15.0", "eval_set is missing"),
    bad_order("number 0", "{id},1,prior,0,1,10,15.0", "order_number is below 1"),
    bad_order(
        "31 days", "{id},1,prior,4,1,10,31.0", "days_since_prior_order is above 30"
    ),
    bad_order("-2 days", "{id},1,prior,4,1,10,-2", "days_since_prior_order is below 0"),
    bad_order(
        "days N.A.",
        "{id},1,prior,4,1,10,N.A.",
        "days_since_prior_order is not a whole number",
    ),
    bad_order("id NA", "NA,1,prior,4,1,10,15.0", "order_id is missing"),
    bad_order(
        "id 12,34", '"12,34",1,prior,4,1,10,15.0', "order_id is not a whole number"
    ),
    bad_order(
        "3.5 days",
        "{id},1,prior,4,1,10,3.5",
        "days_since_prior_order is not a whole number",
    ),
    bad_order("too few columns", "{id},1,prior,4,1,10", "too few columns"),
    bad_order("too many columns", "{id},1,prior,4,1,10,15.0,x", "too many columns"),
]
ORDER_PRODUCT_CASES = [
    bad_order_product("order 1.5", "1.5,13,4,0", "order_id is not a whole number"),
    bad_order_product("product 2.5", "101,2.5,4,0", "product_id is not a whole number"),
    bad_order_product("no product", "101,,4,0", "product_id is missing"),
    bad_order_product("reordered 2", "101,13,4,2", "reordered is above 1"),
    bad_order_product(
        "reordered maybe", "102,13,4,maybe", "reordered is not a whole number"
    ),
    bad_order_product("position 0", "103,13,0,0", "add_to_cart_order is below 1"),
    bad_order_product("unknown order", "999,13,4,0", "unknown order"),
    bad_order_product("unknown product", "104,999,4,0", "unknown product"),
    bad_order_product(
        "unknown product, unusually written", "0104,998,4.0,0.0", "unknown product"
    ),
    bad_order_product("too few columns", "105,13,4", "too few columns"),
    bad_order_product("too many columns", "201,13,4,0,0", "too many columns"),
]
PRODUCT_CASES = [
    bad_product("id abc", "abc,Rioja,28,5,18.0", "product_id is not a whole number"),
    bad_product("no id", ",Rioja,28,5,18.0", "product_id is missing"),
    bad_product("aisle x", "{id},Rioja,x,5,18.0", "aisle_id is not a whole number"),
    bad_product("no department", "{id},Rioja,28,,18.0", "department_id is missing"),
    bad_product("too few columns", "{id},Rioja,28,5", "too few columns"),
    bad_product("too many columns", "{id},Rioja, red,28,5,18.0", "too many columns"),
    bad_product(
        "words of a customer's row, but no cell of one",
        "{id},Female razors, unmarried 2017,28,5,18.0",
        "too many columns",
    ),
]
CUSTOMER_CASES = [
    bad_customer(
        "a name in the cell of the id",
        CUSTOMER.replace("{id}", "Jobblequin"),
        "user_id is not a whole number",
        shown="",
    ),
    misstated("age abc", ",50,", ",abc,", "age is not a whole number"),
    misstated("age 200", ",50,", ",200,", "age is above 120"),
    misstated("age -1", ",50,", ",-1,", "age is below 0"),
    misstated(
        "date 13/45/2017", "12/1/2018", "13/45/2017", "date_joined is not a date"
    ),
    misstated("date 2/30/2018", "12/1/2018", "2/30/2018", "date_joined is not a date"),
    misstated("date 2018", "12/1/2018", "2018", "date_joined is not a date"),
    misstated("-1 dependants", ",2,", ",-1,", "n_dependants is below 0"),
    misstated("2.6 dependants", ",2,", ",2.6,", "n_dependants is not a whole number"),
    misstated("income 12k", "90000", "12k", "income is not a whole number"),
    misstated("income -1", "90000", "-1", "income is below 0"),
    bad_customer(
        "a comma in the first name and no state",
        CUSTOMER.replace("Brixomar", "Brix,omar").replace("Alaska,", ""),
        NO_GENDER,
    ),
    bad_customer(
        "a comma in the first name and no age",
        CUSTOMER.replace("Brixomar", "Brix,omar").replace("50,", ""),
        NO_GENDER,
    ),
    bad_customer("too many columns", f"{CUSTOMER},Jobblequin", "too many columns"),
    bad_customer("too few columns", "{id},Jobblequin,Xyphrandel", "too few columns"),
]
# DuckDB reads these from a copy of the file, in which each line is quoted whole.
BROKEN_QUOTE_CASES = [
    bad_order("too few quoted columns", '"{id}","1"', "too few columns"),
    bad_product("open quote", '{id},"Rioja,28,5,18.0', "broken quotes"),
    bad_product("open quote after a blank", '{id}, "Rioja,28,5,18.0', "broken quotes"),
    bad_product("open quote after another", '{id},R"ioja,"28,5,18.0', "broken quotes"),
    bad_product("text after a quote", '{id},"Rioja" red,28,5,18.0', "broken quotes"),
    bad_customer("open quote", CUSTOMER.replace(",Brix", ',"Brix'), "broken quotes"),
    bad_customer(
        "open quote and quoted id",
        CUSTOMER.replace("{id},Brix", '"{id}","Brix'),
        "broken quotes",
    ),
    bad_customer(
        "text after a quote",
        CUSTOMER.replace("Brixomar", '"Brixomar" II'),
        "broken quotes",
    ),
]

PRODUCT_11 = "11,Rioja,28,5,18.0"
BASKET_105_11 = "105,11,4,0"
CUSTOMER_2 = CUSTOMER.format(id=2)
# Only the end of a file, or a packed file, can be spoilt in these ways.
LAST_LINE_CASES = [
    Load(
        "product with open quote in the last line",
        together(
            put(PRODUCTS, "13,Cava", '13,"Cava'),
            encode(PRODUCTS, bytes.rstrip),
        ),
        like=drop(PRODUCTS, "13,"),
        rejected=[("products", "broken quotes", '13,"Cava,28,5,18.0')],
    ),
    Load(
        "customers.csv begins with ages and has an open quote",
        together(
            rewrite(
                CUSTOMERS,
                lambda rows: [[row[5], *row[:5], *row[6:]] for row in rows],
            ),
            put(CUSTOMERS, "Brixomar,", '"Brixomar,'),
        ),
        like=drop(CUSTOMERS, "2,"),
        rejected=[("customers", "broken quotes", "")],
    ),
]
PACKED_CASE = Load(
    "product with open quote in a packed file",
    together(put(PRODUCTS, PRODUCT_11, '11,"Rioja,28,5,18.0'), pack(PRODUCTS)),
    like=together(drop(PRODUCTS, "11,"), drop(BASKETS, BASKET_105_11)),
    rejected=[
        ("products", "broken quotes", '11,"Rioja,28,5,18.0'),
        *unknown_product(BASKET_105_11),
    ],
)


def clash(
    name: str,
    file: str,
    lines: tuple[str, ...],
    rejected: Callable[[int], Rejected],
    kept: int = 0,
    duplicates: dict[str, int] | None = None,
) -> Load:
    """Lines of one id that disagree: one is kept.

    Args:
        rejected: The row that is rejected, of an id.
        kept: Which of the lines is kept.
    """
    number = next(new_ids)
    named = [line.format(id=number) for line in lines]
    return Load(
        name,
        add(file, *named),
        like=add(file, named[kept]),
        rejected=[rejected(number)],
        duplicates=duplicates or {},
    )


CLASH_CASES = [
    clash(
        "order twice, in other values: the lower hour stays",
        ORDERS,
        ("{id},{id},prior,4,1,10,15.0", "{id},{id},prior,4,1,11,15.0"),
        lambda id: conflict("orders", "order_id", f"{id},{id},prior,4,1,11,15.0"),
    ),
    clash(
        "order twice, in other values: a lower hour replaces",
        ORDERS,
        ("{id},{id},prior,4,1,10,15.0", "{id},{id},prior,4,1,07,15.0"),
        lambda id: conflict("orders", "order_id", f"{id},{id},prior,4,1,10,15.0"),
        kept=1,
    ),
    clash(
        "order with a copy and a conflict",
        ORDERS,
        (
            *("{id},{id},prior,4,1,10,15.0", "{id},{id},prior,4,1,10,15.0"),
            "{id},{id},prior,4,1,11,15.0",
        ),
        lambda id: conflict("orders", "order_id", f"{id},{id},prior,4,1,11,15.0"),
        duplicates={"orders": 1},
    ),
    clash(
        "order of two customers",
        ORDERS,
        ("{id},1,prior,4,1,10,15.0", "{id},2,prior,4,1,10,15.0"),
        lambda id: conflict("orders", "order_id", f"{id},2,prior,4,1,10,15.0"),
    ),
    Load(
        "product twice in an order, at other positions",
        add(BASKETS, "105,11,9,0"),
        rejected=[
            conflict("order_products", "order_id and product_id", "105,11,9,0"),
        ],
    ),
    clash(
        "order twice, in other values and unusually written",
        ORDERS,
        ("{id},{id},prior,4,1,10,15.0", "{id}.0, {id},prior,04,1,11,15"),
        lambda id: conflict("orders", "order_id", f"{id}.0, {id},prior,04,1,11,15"),
    ),
    clash(
        "product twice, with other prices and unusually written",
        PRODUCTS,
        ("{id},Rioja,28,5,18.0", '{id},"Rioja,  red",028,5,19.00'),
        lambda id: conflict(
            "products", "product_id", f'{id},"Rioja,  red",028,5,19.00'
        ),
        kept=0,
    ),
    Load(
        "product twice in an order, at other positions and unusually written",
        add(BASKETS, "105,01,09,0.0"),
        rejected=[
            conflict("order_products", "order_id and product_id", "105,01,09,0.0"),
        ],
    ),
    clash(
        "product twice, with other names",
        PRODUCTS,
        ("{id},Rioja,28,5,18.0", "{id},Tempranillo,28,5,18.0"),
        lambda id: conflict("products", "product_id", f"{id},Tempranillo,28,5,18.0"),
    ),
    clash(
        "product twice, with other prices",
        PRODUCTS,
        ("{id},Rioja,28,5,18.0", "{id},Rioja,28,5,19.0"),
        lambda id: conflict("products", "product_id", f"{id},Rioja,28,5,19.0"),
    ),
    clash(
        "customer twice, with other incomes",
        CUSTOMERS,
        (CUSTOMER, CUSTOMER.replace("90000", "95000")),
        lambda id: conflict("customers", "user_id", str(id)),
    ),
    clash(
        "customer twice, with other surnames",
        CUSTOMERS,
        (CUSTOMER, CUSTOMER.replace("Yelthorne", "Xyphrandel")),
        lambda id: conflict("customers", "user_id", str(id)),
    ),
]
KAGGLE_CASES = [
    Load(
        "product of one order in both of Kaggle's files",
        add(KAGGLE_TRAIN, "105,11,4,1"),
        rejected=[
            conflict("order_products", "order_id and product_id", "105,11,4,1"),
        ],
    ),
    Load(
        "department twice, with other names",
        add(DEPARTMENTS, "5,spirits"),
        rejected=[conflict("departments", "department_id", "5,spirits")],
    ),
    Load(
        "department without a name",
        add(DEPARTMENTS, "6,"),
        rejected=[("departments", "department is missing", "6,")],
    ),
    Load(
        "aisle twice, with other names",
        add(AISLES, "28,wines"),
        rejected=[conflict("aisles", "aisle_id", "28,wines")],
    ),
    Load(
        "aisle with an id that is no number",
        add(AISLES, "x,wines"),
        rejected=[("aisles", "aisle_id is not a whole number", "x,wines")],
    ),
]

AGAIN = conflict("order_products", "order_id and product_id", "105,08,9,00")
# Spoilt by digits and commas alone, beside a file with other characters.
DIGIT_CASES = [
    bad_order_product(
        "unknown product, beside a file of digits alone",
        "106,997,3.0,0.0",
        "unknown product",
        KAGGLE_TRAIN,
    ),
    *(
        bad_order_product(f"{name}, of digits alone", line, reason, KAGGLE_BASKETS)
        for name, line, reason in [
            ("no product", "101,,4,0", "product_id is missing"),
            ("no cell filled", ",,,", "order_id is missing"),
            ("position 0", "103,13,0,0", "add_to_cart_order is below 1"),
            ("zeros for an order", "000,13,4,0", "order_id is below 1"),
            ("huge product", "103,99999999999,4,0", f"product_id is above {LARGEST}"),
            ("reordered 02", "0103,13,4,02", "reordered is above 1"),
            ("product after zeros", "0104,0998,04,00", "unknown product"),
            ("product again, after a zero", AGAIN[2], AGAIN[1]),
            ("too few columns", "105,13,4", "too few columns"),
            ("too many columns", "201,13,4,0,0", "too many columns"),
        ]
    ),
    Load(
        "order product with reordered 2 in a last row without a line end",
        together(
            add(KAGGLE_BASKETS, "101,13,4,2"), encode(KAGGLE_BASKETS, bytes.rstrip)
        ),
        rejected=[("order_products", "reordered is above 1", "101,13,4,2")],
    ),
]

BATCHES = [
    Batch(
        "bad values",
        [*ORDER_CASES, *ORDER_PRODUCT_CASES, *PRODUCT_CASES, *CUSTOMER_CASES],
    ),
    Batch("broken quotes", BROKEN_QUOTE_CASES),
    Batch("last lines", LAST_LINE_CASES),
    alone(PACKED_CASE),
    Batch("conflicts", CLASH_CASES),
    Batch("bad rows of Kaggle's files", [*KAGGLE_CASES, *DIGIT_CASES], "kaggle"),
]
CASES = each_case(BATCHES)


def test_one_of_kaggles_spoilt_files_holds_digits_alone(tmp_path: Path) -> None:
    raw_dir = make_package(
        tmp_path, "kaggle", together(*(x.change for x in DIGIT_CASES))
    )
    assert scan_bytes(raw_dir / KAGGLE_BASKETS).has_only_digits
    assert not scan_bytes(raw_dir / KAGGLE_TRAIN).has_only_digits


@pytest.mark.parametrize("batch", BATCHES, ids=lambda batch: batch.name)
def test_bad_rows_cost_no_more_than_themselves(
    batch: Batch, load: Callable[[Batch], Loaded]
) -> None:
    check_batch(batch, load(batch))


@pytest.mark.parametrize(("batch", "case"), CASES, ids=[case.name for _, case in CASES])
def test_a_bad_row_is_rejected_for_its_reason(
    batch: Batch, case: Load, load: Callable[[Batch], Loaded]
) -> None:
    check_case(batch, case, load(batch))
