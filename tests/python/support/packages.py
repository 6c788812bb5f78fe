"""Fabricated raw packages of thirteen orders, and what is expected of their files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from instacart.raw_package.expectations import read_expectations, read_meta
from instacart.raw_package.names import find_forms, package_folder
from instacart.raw_package.paths import shown

# Words that occur nowhere else, so that finding one in a database proves a leak.
CUSTOMER_NAMES = {
    1: ("Quillonda", "Zarvekian"),
    2: ("Brixomar", "Yelthorne"),
    3: ("", "Vuxendahl"),
    4: ("Ophrennia", "Kwazibor"),
}

CUSTOMERS = f"""\
user_id,First Name,Surnam,Gender,STATE,Age,date_joined,n_dependants,fam_status,income
1,{",".join(CUSTOMER_NAMES[1])},Female,Alabama,30,1/31/2017,0,single,50000
2,{",".join(CUSTOMER_NAMES[2])},Male,Alaska,50,12/1/2018,2,married,90000
3,{",".join(CUSTOMER_NAMES[3])},Female,Maine,70,4/1/2020,3,married,120000
4,{",".join(CUSTOMER_NAMES[4])},Male,Ohio,20,7/4/2019,1,married,70000
"""

# Customers 1 and 2 are of high activity, 3 is of low, and 4 never ordered.
ORDERS = """\
order_id,user_id,eval_set,order_number,order_dow,order_hour_of_day,days_since_prior_order
101,1,prior,1,0,08,
102,1,prior,2,0,09,7.0
103,1,prior,3,0,09,7.0
104,1,prior,4,1,10,15.0
105,1,prior,5,2,11,30.0
106,1,train,6,2,12,5.0
201,2,prior,1,0,08,
202,2,prior,2,1,09,1.0
203,2,prior,3,1,14,0.0
204,2,prior,4,3,15,3.0
205,2,prior,5,4,16,4.0
206,2,test,6,5,17,6.0
301,3,prior,1,6,20,
302,3,prior,2,6,21,21.0
"""

ORDER_PRODUCTS_PRIOR = """\
order_id,product_id,add_to_cart_order,reordered
101,1,1,0
101,2,2,0
101,6,3,0
102,1,1,1
102,7,2,0
103,1,1,1
103,2,2,1
103,10,3,0
104,3,1,0
104,6,2,1
105,1,1,1
105,4,2,0
105,8,3,0
105,11,4,0
201,5,1,0
201,6,2,0
202,5,1,1
202,9,2,0
203,6,1,1
203,12,2,0
203,1,3,0
204,5,1,1
204,7,2,0
205,6,1,1
205,9,2,1
301,2,1,0
301,8,2,0
302,2,1,1
302,3,2,0
302,4,3,0
"""

ORDER_PRODUCTS_TRAIN = """\
order_id,product_id,add_to_cart_order,reordered
106,1,1,1
106,9,2,0
"""

# Nobody bought product 13, and aisle 28 has the median price 18.0 with and without it.
PRODUCTS = """\
product_id,product_name,aisle_id,department_id,prices
1,Bananas,24,4,1.0
2,"Apples, red",24,4,2.0
3,Pears,24,4,3.0
4,Plums,24,4,4.0
5,Dates,24,4,9.0
6,Salted Chips,107,19,4.5
7,Corn Chips,107,19,5.5
8,Pretzels,107,19,7.5
9,"Family ""Big"" Chips",107,19,12.0
10,Merlot,28,5,14.0
11,Rioja,28,5,18.0
12,Barolo,28,5,22.0
13,Cava,28,5,18.0
"""

WIDE_DEPARTMENTS = """\
department_id,4,5,19
department,produce,alcohol,snacks
"""

LONG_DEPARTMENTS = """\
department_id,department
4,produce
5,alcohol
19,snacks
"""

AISLES = """\
aisle_id,aisle
24,fresh fruits
28,red wines
107,chips pretzels
"""


def write_careerfoundry(folder: Path) -> Path:
    """Write the course's package: products and customers end their lines with CRLF."""
    folder.mkdir(parents=True)
    files = {
        "orders.csv": ORDERS,
        "orders_products_prior.csv": ORDER_PRODUCTS_PRIOR,
        "products.csv": PRODUCTS.replace("\n", "\r\n"),
        "departments.csv": WIDE_DEPARTMENTS,
        "customers.csv": CUSTOMERS.replace("\n", "\r\n"),
    }
    for name, text in files.items():
        (folder / name).write_bytes(text.encode())
    return folder


def write_kaggle(folder: Path) -> Path:
    """Write Kaggle's package: no customers, no prices, two order products files."""
    folder.mkdir(parents=True)
    unpriced = "".join(f"{line.rpartition(',')[0]}\n" for line in PRODUCTS.splitlines())
    files = {
        "orders.csv": ORDERS,
        "order_products__prior.csv": ORDER_PRODUCTS_PRIOR,
        "order_products__train.csv": ORDER_PRODUCTS_TRAIN,
        "products.csv": unpriced,
        "departments.csv": LONG_DEPARTMENTS,
        "aisles.csv": AISLES,
    }
    for name, text in files.items():
        (folder / name).write_bytes(text.encode())
    return folder


PACKAGES: dict[str, Callable[[Path], Path]] = {
    "careerfoundry": write_careerfoundry,
    "kaggle": write_kaggle,
}


def changed_tables(raw_dir: Path, other: Path) -> set[str]:
    """Source tables of which two packages don't have the same files."""
    return {table for table, *_ in files_by_table(raw_dir) ^ files_by_table(other)}


def files_by_table(raw_dir: Path) -> set[tuple[str, str, bytes]]:
    """Table, path and content of each file of a package."""
    expectations = read_expectations()
    folder = package_folder(raw_dir, expectations)
    return {
        (table, shown(path, raw_dir), path.read_bytes())
        for table, expected in expectations.items()
        for forms in find_forms(folder, expected).values()
        for form in forms
        for path in form.paths
    }


def expected_files() -> dict[str, dict]:
    """What the macro raw_file_expectations says of each dataset, from the same YAML."""
    return read_meta()
