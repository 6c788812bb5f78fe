"""What the contenders share: the project's rules, the raw files, the command line.

Bounds and labels are defined in ``dbt_project.yml`` and regions in ``seeds/``, as for
the models; the contenders hold the steps only.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from operator import methodcaller
from pathlib import Path
from typing import Any

import yaml
from instacart.errors import UserError

PROJECT_DIR = Path(__file__).resolve().parents[3]
SEEDS = PROJECT_DIR / "seeds"
RULES = yaml.safe_load((PROJECT_DIR / "dbt_project.yml").read_text("utf-8"))["vars"]
UNKNOWN, NO_ORDERS = RULES["unknown_label"], RULES["no_orders_label"]
# Comparisons by their method, of the same name in pandas and in Polars.
COMPARISONS = {"<": "lt", "<=": "le", "=": "eq", "<>": "ne", ">": "gt", ">=": "ge"}
ORDER_PRODUCTS = ("orders_products_*.csv", "order_products__*.csv")
CUSTOMER_ANSWERS = [
    *("customer_id", "loyalty_flag", "spending_flag", "order_frequency_flag"),
    *("activity_flag", "region", "age_group", "income_group", "customer_profile"),
]
CUSTOMER_FLAGS = [*CUSTOMER_ANSWERS[1:], "family_size"]
ROW_FLAGS = ["price_range", "busiest_day", "busiest_days", "busiest_period_of_day"]
SEGMENTS = ["loyalty_flag", "region", "customer_profile"]
TOP_PRODUCTS = 20


@dataclass(frozen=True)
class Package:
    """The raw files of one folder; None for what the package lacks."""

    orders: Path
    order_products: list[Path]
    products: Path
    departments: Path
    customers: Path | None
    aisles: Path | None


def find_package(raw_dir: Path) -> Package:
    """Return a folder's raw files; raise UserError where one is missing."""

    def required(name: str) -> Path:
        if not (raw_dir / name).is_file():
            raise UserError(f"{name} in {raw_dir}", "no such file", "copy it there")
        return raw_dir / name

    def optional(name: str) -> Path | None:
        return raw_dir / name if (raw_dir / name).is_file() else None

    found = sorted(path for name in ORDER_PRODUCTS for path in raw_dir.glob(name))
    # The course's combined exports have names like these as well.
    found = [path for path in found if path.stem.endswith(("_prior", "_train"))]
    if not any(path.stem.endswith("_prior") for path in found):
        found = [required("orders_products_prior.csv")]
    return Package(
        required("orders.csv"),
        found,
        required("products.csv"),
        required("departments.csv"),
        optional("customers.csv"),
        optional("aisles.csv"),
    )


Conditions = dict[str, Callable[[Any], Any]]


def conditions_of(flag: str, **bounds: float) -> tuple[Conditions, str]:
    """Return a flag's conditions by label, the first that holds wins, and the rest's.

    A condition takes a column of numbers, pandas' or Polars', and gives the comparison.
    ``bounds`` are those that the rules only name, such as ``first_quartile``.
    """
    *bands, (rest, otherwise) = RULES[flag]
    conditions: Conditions = {}
    for label, condition in bands:
        parts = re.fullmatch(r"(<=|>=|<>|<|>|=)\s*(\S+)", condition)
        if not parts or otherwise != "otherwise":
            raise UserError(
                f"{flag} to compare with one bound and to end with otherwise",
                condition,
                "write such a condition",
                where="dbt_project.yml",
            )
        bound = bounds[parts[2]] if parts[2] in bounds else float(parts[2])
        conditions[label] = methodcaller(COMPARISONS[parts[1]], bound)
    return conditions, rest


def labels_of(flag: str) -> list[str]:
    """Return all that a flag can read, the labels of its rules first."""
    return [*(label for label, _ in RULES[flag]), UNKNOWN, NO_ORDERS]


def run(
    contender: Callable[[argparse.Namespace], str],
    description: str,
    **options: dict[str, Any],
) -> int:
    """Run a contender's command line; return the exit code (0 done, 1 bad input).

    ``options`` are the contender's own, by name. It is given the arguments and returns
    what it made, in a few words.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--raw", type=Path, required=True, help="folder of raw files")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    for name, option in options.items():
        parser.add_argument(f"--{name}", **option)
    args = parser.parse_args()
    try:
        args.out.mkdir(parents=True, exist_ok=True)
        made = contender(args)
    except (UserError, OSError, ValueError, LookupError) as error:
        print(f"{parser.prog}: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    print(f"{parser.prog}: {made}, in {args.out}")
    return 0
