"""A value that can be repaired, a copy of a row or a missing file costs no row.

The marts are those of a clean package but for what the case states, and each repair is
in data_quality.repaired_values.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
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
    copied,
    drop,
    every_file,
    pack,
    put,
    remove,
    together,
    without_column,
)
from support.loads import (
    Batch,
    Edit,
    Load,
    Loaded,
    all_differ,
    alone,
    appears,
    check_batch,
    check_case,
    differs,
    each_case,
    new_ids,
    vanishes,
)

IMPUTED = {"is_price_imputed": True, "listed_price": None}
NO_DEMOGRAPHICS = {
    "gender": "Unknown",
    "state": "Unknown",
    "region": "Unknown",
    "age": None,
    "age_group": "Unknown",
    "date_joined": None,
    "dependants_count": None,
    "is_parent": None,
    "family_size": "Unknown",
    "family_status": "Unknown",
    "income": None,
    "income_group": "Unknown",
    "demographic_group": "Unknown",
    "customer_profile": "Unknown",
}


def duplicated(dataset: str, name: str, line: str, package: str) -> Load:
    return Load(
        f"copy of a row of {name} ({package})", add(name, line), duplicates={dataset: 1}
    )


def product(name: str, cells: str, **values: object) -> Load:
    """A product that nobody bought, of these cells after its id; clean, it is a Cava.

    Aisle 28 has the median price 18.0 whatever becomes of the price.
    """
    number = next(new_ids)
    return Load(
        name,
        add(PRODUCTS, f"{number},{cells}"),
        like=add(PRODUCTS, f"{number},Cava,28,5,18.0"),
        edits=[differs("dim_products", {"product_id": number}, **values)],
    )


def priced(text: str, name: str = "", **values: object) -> Load:
    """A product has another price, which may be imputed."""
    is_imputed = values.get("is_price_imputed", False)
    number = next(new_ids)
    return Load(
        f"price {name or text}",
        add(PRODUCTS, f"{number},Cava,28,5,{text}"),
        like=add(PRODUCTS, f"{number},Cava,28,5,18.0"),
        repaired=[("products", "prices", number, text.strip() or None, "18.00")]
        if is_imputed
        else [],
        edits=[differs("dim_products", {"product_id": number}, **values)],
    )


def named(name: str, cell: str, listed: str | None, shown: str = "") -> Load:
    """A product has another name; without one to show it is named by its id."""
    number = next(new_ids)
    values: dict[str, object] = {"product_name": shown}
    if not shown:
        shown = f"Unknown product {number}"
        values = {"product_name": shown, "is_product_name_imputed": True}
    return Load(
        f"product name {name}",
        add(PRODUCTS, f"{number},{cell},28,5,18.0"),
        like=add(PRODUCTS, f"{number},Cava,28,5,18.0"),
        repaired=[("products", "product_name", number, listed, shown)],
        edits=[differs("dim_products", {"product_id": number}, **values)],
    )


def decoded(name: str, listed: str, shown: str) -> Load:
    return named(name, listed, listed, shown)


CUSTOMER = "{id},Ophrennia,Kwazibor,Male,Ohio,20,7/4/2019,1,married,70000"


def customer(name: str, old: str, new: str, **values: object) -> Load:
    """A customer who never ordered has other demographics."""
    number = next(new_ids)
    line = CUSTOMER.format(id=number)
    assert line.count(old) == 1
    return Load(
        name,
        add(CUSTOMERS, line.replace(old, new)),
        like=add(CUSTOMERS, line),
        edits=[differs("dim_customers", {"customer_id": number}, **values)],
    )


def of_unknown_aisle(number: int) -> list[Edit]:
    return [
        differs(
            "dim_products",
            {"product_id": number},
            aisle_id=999,
            aisle="Unknown aisle 999",
        ),
        appears(
            "dim_aisles",
            aisle_id=999,
            aisle="Unknown aisle 999",
            department_id=5,
            department="alcohol",
            department_group="Treats and indulgence",
        ),
    ]


def of_unknown_department(number: int) -> list[Edit]:
    named = {
        "department_id": 99,
        "department": "Unknown department 99",
        "department_group": "Unknown",
    }
    return [
        differs("dim_products", {"product_id": number}, **named),
        appears("dim_departments", **named, is_listed=False),
    ]


def misplaced(name: str, place: str, edits_of: Callable[[int], list[Edit]]) -> Load:
    """A product of an aisle or a department that is nowhere listed."""
    number = next(new_ids)
    return Load(
        name,
        add(PRODUCTS, f"{number},Cava,{place},18.0"),
        like=add(PRODUCTS, f"{number},Cava,28,5,18.0"),
        edits=edits_of(number),
    )


MISNUMBERED = [
    "6800,Vitamin Water,64,7,6.4",
    "6800,Baby Cereal,92,18,14.0",
    "26520,Deodorant,80,11,10.6",
    "26520,Sharp Cheddar,21,16,2.9",
]
NUMBERED = [
    MISNUMBERED[0].replace("6800", "6799"),
    MISNUMBERED[1],
    MISNUMBERED[2].replace("26520", "26519"),
    MISNUMBERED[3],
]
BOUGHT = add(BASKETS, "105,6799,5,0", "105,6800,6,0", "105,26519,7,0", "105,26520,8,0")


def misnumbered(name: str, lines: list[str], duplicates: dict[str, int]) -> Load:
    """Two products have the ids of two others, and get their own back."""
    return Load(
        f"misnumbered products{name}",
        together(add(PRODUCTS, *lines), BOUGHT),
        like=together(add(PRODUCTS, *NUMBERED), BOUGHT),
        duplicates=duplicates,
        repaired=[
            ("products", "product_id", 6799, "6800", "6799"),
            ("products", "product_id", 26519, "26520", "26519"),
        ],
    )


def reread(text: str) -> Load:
    """A product's price is 18.0, written otherwise."""
    number = next(new_ids)
    return Load(
        f"price {text}",
        add(PRODUCTS, f"{number},Cava,28,5,{text}"),
        like=add(PRODUCTS, f"{number},Cava,28,5,18.0"),
        repaired=[("products", "prices", number, text, "18.00")],
    )


PRICE_CASES = [
    reread("$18.0"),
    priced("", "missing", **IMPUTED),
    priced("  ", "blank", **IMPUTED),
    priced("-3", **IMPUTED),
    priced("0", **IMPUTED),
    priced("0.009", **IMPUTED),
    priced("0.0099999999", **IMPUTED),
    priced("100.01", **IMPUTED),
    priced("14900", **IMPUTED),
    priced("99999.0", **IMPUTED),
    priced("abc", **IMPUTED),
    priced("nan", **IMPUTED),
    priced("1e1", **IMPUTED),
    priced(
        "0.01",
        price=Decimal("0.01"),
        listed_price=Decimal("0.01"),
        price_range="Low-range product",
    ),
    priced("100", price=Decimal("100.00"), listed_price=Decimal("100.00")),
    Load(
        "price 14900 of a product that is bought",
        put(PRODUCTS, "5,Dates,24,4,9.0", "5,Dates,24,4,14900"),
        like=put(PRODUCTS, "5,Dates,24,4,9.0", "5,Dates,24,4,2.5"),
        repaired=[("products", "prices", 5, "14900", "2.50")],
        edits=[differs("dim_products", {"product_id": 5}, **IMPUTED)],
    ),
    Load(
        "no valid price in an aisle: the department's median",
        add(PRODUCTS, "14,Nuts,83,19,0"),
        like=add(PRODUCTS, "14,Nuts,83,19,6.5"),
        repaired=[("products", "prices", 14, "0", "6.50")],
        edits=[differs("dim_products", {"product_id": 14}, **IMPUTED)],
    ),
]
NAME_CASES = [
    named("missing", "", None),
    named("blank", "   ", None),
    named("#NAME?", "#NAME?", "#NAME?"),
    named("NA", "NA", "NA"),
    decoded("with &amp;", "Salt &amp; Vinegar", "Salt & Vinegar"),
    decoded("with &#38;", "Salt &#38; Vinegar", "Salt & Vinegar"),
    decoded("with &#x26;", "Salt &#x26; Vinegar", "Salt & Vinegar"),
    decoded("with &#39;", "L&#39;Or&Eacute;Al&Reg;", "L'OrÉAl®"),
    decoded("with &amp;lt;", "Fish &amp;lt;3", "Fish &lt;3"),
    decoded("with an unknown entity", "A  &bogus; B", "A &bogus; B"),
    decoded("with &#174 ;", "174 ; Sticks&#174 ; Large", "174 ; Sticks® ; Large"),
    decoded("with &amp", "Salt &amp Vinegar", "Salt & Vinegar"),
    decoded("with &eacute and letters", "Caf&eacutes &copycat", "Cafés ©cat"),
    decoded("with &#150;", "Size 1&#150;2", "Size 1\u20132"),
    decoded("with two blanks", "2 % Reduced  Fat  Milk", "2 % Reduced Fat Milk"),
    named(
        "with backslashes",
        '"The \\""Big\\"" Cheese"',
        'The \\"Big\\" Cheese',
        'The "Big" Cheese',
    ),
    product(
        "product name with a quote inside",
        '12" Pizza,28,5,18.0',
        product_name='12" Pizza',
    ),
    product(
        "product name with ampersands that start no entity",
        "AT&T M&M's; R&D; Salt &Vinegar &trade,28,5,18.0",
        product_name="AT&T M&M's; R&D; Salt &Vinegar &trade",
    ),
    product(
        "product name with accents",
        "Crème Brûlée,28,5,18.0",
        product_name="Crème Brûlée",
    ),
]
REFERENCE_CASES = [
    misplaced("product of an unknown aisle", "999,5", of_unknown_aisle),
    misplaced("product of an unknown department", "28,99", of_unknown_department),
    misnumbered("", MISNUMBERED, {}),
]
COPY_CASES = [
    duplicated("orders", ORDERS, "104,1,prior,4,1,10,15.0", "careerfoundry"),
    Load(
        "copy of an order, with its numbers written otherwise",
        add(ORDERS, "105.0,1,prior,05,2,11,30"),
        duplicates={"orders": 1},
    ),
    duplicated("order_products", BASKETS, "105,11,4,0", "careerfoundry"),
    duplicated("products", PRODUCTS, "11,Rioja,28,5,18.0", "careerfoundry"),
    duplicated(
        "customers",
        CUSTOMERS,
        "2,Brixomar,Yelthorne,Male,Alaska,50,12/1/2018,2,married,90000",
        "careerfoundry",
    ),
    Load(
        "days before a first order",
        put(ORDERS, "101,1,prior,1,0,08,", "101,1,prior,1,0,08,3.0"),
        repaired=[("orders", "days_since_prior_order", 101, "3.0", None)],
    ),
    misnumbered(
        " in another order and with a copy",
        [*MISNUMBERED[::-1], MISNUMBERED[0]],
        {"products": 1},
    ),
]
DEMOGRAPHIC_CASES = [
    customer(
        "state that is none", "Ohio", "Ontario", state="Unknown", region="Unknown"
    ),
    customer(
        "family status that is none",
        "married",
        "widower",
        family_status="Unknown",
    ),
    customer("no state", "Ohio", "", state="Unknown", region="Unknown"),
    customer("no gender", "Male", "", gender="Unknown"),
    customer(
        "no age",
        ",20,",
        ",,",
        age=None,
        age_group="Unknown",
        customer_profile="Unknown",
    ),
]
# What these come to depends on all customers, and on the prices of all products.
WHOLE_FILE_CASES = [
    Load(
        "order of a customer who is not in customers.csv",
        drop(CUSTOMERS, "2,"),
        edits=[
            differs("dim_customers", {"customer_id": 2}, **NO_DEMOGRAPHICS),
            # Customer 1 is now the only active one, and sets both quartiles.
            differs(
                "dim_customers",
                {"customer_id": 4},
                income_group="High income",
                demographic_group="High income, small family",
                customer_profile="Young adult parent, high income",
            ),
        ],
    ),
    Load(
        "no valid price in a department: the median of all",
        add(PRODUCTS, "14,Milk,84,16,0"),
        like=add(PRODUCTS, "14,Milk,84,16,7.5"),
        repaired=[("products", "prices", 14, "0", "7.50")],
        edits=[differs("dim_products", {"product_id": 14}, **IMPUTED)],
    ),
    Load(
        "product name with a line break",
        put(PRODUCTS, "13,Cava", '13,"Ca\nva"'),
        repaired=[("products", "product_name", 13, "Ca\nva", "Ca va")],
        edits=[differs("dim_products", {"product_id": 13}, product_name="Ca va")],
    ),
]
NO_PRICES = Load(
    "no column prices",
    without_column(PRODUCTS, "prices"),
    edits=[
        all_differ(
            "dim_products",
            price=None,
            listed_price=None,
            is_price_imputed=False,
            price_range="Unknown",
        ),
        all_differ("fct_orders", order_total=None),
        all_differ("fct_order_products", price=None),
        all_differ("fct_customer_departments", spend=None),
        all_differ(
            "dim_customers",
            total_spend=None,
            avg_product_price=None,
            avg_order_total=None,
            spending_flag="Unknown",
        ),
        differs("dim_customers", {"customer_id": 4}, spending_flag="No orders"),
    ],
)
NO_CUSTOMERS = Load(
    "no customers.csv",
    remove(CUSTOMERS),
    edits=[
        vanishes("dim_customers", {"customer_id": 4}),
        all_differ("dim_customers", **NO_DEMOGRAPHICS),
    ],
)
KAGGLE_CASES = [
    duplicated("order_products", KAGGLE_TRAIN, "106,1,1,1", "kaggle"),
    duplicated("departments", DEPARTMENTS, "5,alcohol", "kaggle"),
    duplicated("aisles", AISLES, "28,red wines", "kaggle"),
]
DOWNLOADED_AGAIN = Load(
    "order products file a second time, as a download",
    copied(KAGGLE_BASKETS, "order_products__prior (1).csv"),
    duplicates={"order_products": 30},
)

BATCHES = [
    Batch("products", [*PRICE_CASES, *NAME_CASES, *REFERENCE_CASES]),
    Batch("copies and demographics", [*COPY_CASES, *DEMOGRAPHIC_CASES]),
    Batch("what a whole file tells", WHOLE_FILE_CASES),
    alone(NO_PRICES),
    alone(NO_CUSTOMERS),
    Batch("copies in Kaggle's files", KAGGLE_CASES, "kaggle"),
    alone(DOWNLOADED_AGAIN, "kaggle"),
]
CASES = each_case(BATCHES)
# The marts are the good package's, and nothing is listed.
UNNOTICED = [
    alone(Load("all files packed", every_file(pack))),
    alone(Load("all of Kaggle's files packed", every_file(pack)), "kaggle"),
]


@pytest.mark.parametrize("batch", [*BATCHES, *UNNOTICED], ids=lambda batch: batch.name)
def test_repairs_cost_no_row(batch: Batch, load: Callable[[Batch], Loaded]) -> None:
    check_batch(batch, load(batch))


@pytest.mark.parametrize(("batch", "case"), CASES, ids=[case.name for _, case in CASES])
def test_a_repair_is_made_and_listed(
    batch: Batch, case: Load, load: Callable[[Batch], Loaded]
) -> None:
    check_case(batch, case, load(batch))
