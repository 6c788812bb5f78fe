"""What depends on a var that is not as published is not comparable, nothing else."""

from __future__ import annotations

import csv
import json
import math
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from instacart import cli
from instacart.config import PROJECT_DIR
from instacart.synthetic import fidelity
from instacart.synthetic.cells import NOT_COMPARABLE, Cell
from instacart.warehouse import open_warehouse
from support.warehouse import Built, Warehouse

SEEDS = PROJECT_DIR / "seeds"
VARS = yaml.safe_load((PROJECT_DIR / "dbt_project.yml").read_text("utf-8"))["vars"]
LOYAL_ABOVE_30 = {
    "loyalty_flag": [
        ["Loyal customer", "> 30"],
        ["Regular customer", "> 10"],
        ["New customer", "otherwise"],
    ]
}
# Each with other values in all its vars: other bounds, other labels, other rows.
CHANGES: dict[str, dict[str, Any]] = {
    "bounds": LOYAL_ABOVE_30
    | {
        "price_range": [
            ["High-range product", "> 12"],
            ["Low-range product", "otherwise"],
        ],
        "busiest_day": [["Busiest day", "<= 2"], ["Least busy", "otherwise"]],
        "busiest_days": [["Busiest days", "<= 3"], ["Least busy days", "otherwise"]],
        "busiest_period_of_day": [["Most orders", "<= 9"], ["Others", "otherwise"]],
        "spending_flag": [["High spender", ">= 8"], ["Low spender", "otherwise"]],
        "order_frequency_flag": [["Frequent customer", "<= 9"], ["Other", "otherwise"]],
        "shopping_time_segment": [["Early bird", "<= 12"], ["Other", "otherwise"]],
    },
    "population": {"analysed_eval_sets": ["prior", "train"]},
    # And vars that nothing published depends on.
    "rows": {"known_genders": ["Female"], "lowest_valid_price": 3}
    | {"highest_valid_price": 10, "min_pair_orders": 0.5, "min_named_share": 0.2}
    | {
        "activity_flag": [["Low activity", "< 8"], ["High activity", "otherwise"]],
        "high_activity_label": "Low activity",
        "age_group": [["Young adult", "<= 50"], ["Senior", "otherwise"]],
        "family_size": [["No dependants", "= 0"], ["Family", "otherwise"]],
        "income_group": [
            ["Low income", "<= first_quartile"],
            ["Other income", "otherwise"],
        ],
        "cart_size": [
            ["No products", "= 0"],
            ["Small", "<= 9"],
            ["Large", "otherwise"],
        ],
        "adventurousness_flag": [
            ["Adventurous shopper", "<= third_quartile"],
            ["Other", "otherwise"],
        ],
        "has_bought_alcohol": "produce",
    },
}


def published_figures() -> list[dict[str, str]]:
    with (SEEDS / "published_figures.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def built(generated: dict[str, Built]) -> Built:
    """A generated package, built with the vars as published."""
    return generated["careerfoundry"]


def compiled(warehouse: Warehouse, raw_dir: Path, *arguments: str) -> str:
    """The analysis, for the vars given."""
    options = ("--select", fidelity.ANALYSIS, "--no-introspect", "--no-populate-cache")
    run = warehouse.dbt("compile", raw_dir, *options, *arguments)
    assert run.succeeded, run.output
    folder = warehouse.folder / "target" / "compiled" / "instacart" / "analyses"
    return (folder / f"{fidelity.ANALYSIS}.sql").read_text("utf-8")


def cells_with(
    warehouse: Warehouse, built: Built, changed: dict[str, Any]
) -> dict[tuple[str, str], Cell]:
    """What the analysis says once everything is built with other vars."""
    warehouse.restore(built.database)
    arguments = ("--vars", json.dumps(changed)) if changed else ()
    if changed:
        selected = ("--select", f"+{fidelity.ANALYSIS},resource_type:model")
        run = warehouse.dbt("run", built.raw_dir, *selected, *arguments)
        assert run.succeeded, run.output
    query = compiled(warehouse, built.raw_dir, *arguments)
    with open_warehouse(path=warehouse.database) as opened:
        cells = fidelity.compare(opened, query)
    return {(cell.metric, cell.dimension): cell for cell in cells}


@pytest.fixture(scope="module")
def as_published(warehouse: Warehouse, built: Built) -> dict[tuple[str, str], Cell]:
    return cells_with(warehouse, built, {})


@pytest.mark.slow
def test_with_the_vars_as_published_everything_is_comparable(
    as_published: dict[tuple[str, str], Cell],
) -> None:
    assert NOT_COMPARABLE not in {cell.verdict for cell in as_published.values()}


def is_same(figure: float | None, other: float | None) -> bool:
    """Whether two figures agree but for a correlation's last digits."""
    if figure is None or other is None:
        return figure is other
    return math.isclose(figure, other, rel_tol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES)
def test_what_a_var_changes_is_not_comparable_and_nothing_else(
    warehouse: Warehouse,
    built: Built,
    as_published: dict[tuple[str, str], Cell],
    change: str,
) -> None:
    changed = CHANGES[change]
    assert all(changed[name] != VARS[name] for name in changed)

    found = cells_with(warehouse, built, changed)

    moved = {
        key
        for key, cell in as_published.items()
        if not is_same(found[key].actual, cell.actual)
    }
    not_comparable = {
        key for key, cell in found.items() if cell.verdict == NOT_COMPARABLE
    }
    dependent = {
        (row["metric"], row["dimension"])
        for row in published_figures()
        if set(row["vars"].split()) & set(changed)
    }
    absent = {key for key, cell in found.items() if cell.actual is None}
    assert moved <= not_comparable
    assert not_comparable == dependent - absent
    assert moved


def test_every_var_that_a_figure_depends_on_has_a_published_value() -> None:
    named = {name for row in published_figures() for name in row["vars"].split()}
    with (SEEDS / "published_vars.csv").open(newline="", encoding="utf-8") as file:
        values = {
            row["var_name"]: row["published_value"] for row in csv.DictReader(file)
        }
    assert named == set(values)
    assert named <= set(VARS)
    # Each is changed by a case above, so that its figures are known to follow it.
    assert named <= {name for changed in CHANGES.values() for name in changed}


def test_a_changed_bound_is_counted_and_does_not_fail(
    warehouse: Warehouse,
    baselines: dict[str, Built],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    good = baselines["careerfoundry"]
    warehouse.restore(good.database)
    figures = [
        ("customers", "all", 4, None),
        # Three are, so it is broken as long as it is comparable.
        ("customers by loyalty", "New customer", 2, "analysed_eval_sets loyalty_flag"),
        ("orders", "all", 14, None),
        ("prior order products", "all", 30, "analysed_eval_sets"),
    ]
    with duckdb.connect(str(warehouse.database)) as connection:
        connection.execute("delete from reference.published_figures")
        connection.executemany(
            "insert into reference.published_figures (metric, dimension, published,"
            " vars, rounding, tolerance, tolerance_kind, noise, is_scaled, basis,"
            " source)"
            " values (?, ?, ?, ?, 0, 0, 'exact', 0, true, 'exact', 'a notebook')",
            figures,
        )
    query = compiled(warehouse, good.raw_dir)
    monkeypatch.setattr(fidelity, "compile_query", lambda: query)
    monkeypatch.setenv("INSTACART_DB", str(warehouse.published))
    page = tmp_path / "fidelity.md"

    assert cli.run(["fidelity", "--out", str(page)]) == 1
    assert "broken: customers by loyalty" in capsys.readouterr().out

    models = ("int_published_figures", "file_row_counts", "published_figures_check")
    options = {"force_published_figures_check": True, **LOYAL_ABOVE_30}
    run = warehouse.dbt(
        "run", good.raw_dir, "--select", *models, "--vars", json.dumps(options)
    )
    assert run.succeeded, run.output

    assert cli.run(["fidelity", "--out", str(page)]) == 0
    said = capsys.readouterr().out
    assert re.search(r"not comparable +1 figures", said) and "broken" not in said
    text = page.read_text("utf-8")
    assert "3 within, 1 not comparable." in text
    assert "| New customer | 2 | 3 | none | exact | not comparable |" in text
    assert "What depends on a var that is not as published is `not comparable`." in text
    # The check of the full data leaves it out.
    assert warehouse.query(
        "select metric from data_quality.published_figures_check order by all"
    ) == [("customers",), ("orders",), ("prior order products",)]
