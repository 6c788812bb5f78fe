"""`instacart docs`: both pages, what the lineage says, and that they ask nobody."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from instacart import cli, docs
from instacart.publish.state import STATE
from playwright.sync_api import Browser
from support.browser import needs_browser, opened
from support.warehouse import Built

# Model and column: what it is made of, as table and column.
LINEAGE = {
    # Renamed in staging.
    ("base_instacart__orders", "day_of_week"): {("orders", "order_dow")},
    # A sum, and its rank with what breaks a tie.
    ("rpt_departments", "order_product_count"): {
        ("int_customer_departments_aggregated", "order_product_count")
    },
    ("rpt_departments", "order_product_rank"): {
        ("int_customer_departments_aggregated", "order_product_count"),
        ("dim_departments", "department_id"),
    },
    # A label of a macro.
    ("int_customers", "loyalty_flag"): {
        ("int_customer_orders_aggregated", "max_order_number"),
        ("int_customer_orders_aggregated", "order_count"),
    },
    # A union.
    ("int_orders", "order_id"): {
        ("stg_instacart__orders", "order_id"),
        ("int_orders_repeated", "order_id"),
    },
    # A count of rows is made of no column.
    ("rpt_departments", "product_count"): set(),
}
# What a page shows when it is complete.
SHOWN = {
    "index.html": "Instacart orders as a warehouse",
    "lineage.html": "Transformations",
}
# Of dbt's own page, which looks for pictures beside it before it knows their names.
OF_DBT = (
    "Unsafe attempt to load URL file:",
    "Failed to load resource: net::ERR_FILE_NOT_FOUND",
)
ELSEWHERE = "/".join(("http:", "", "elsewhere.test", ""))


@pytest.fixture(scope="module")
def baseline(
    baselines: dict[str, Built], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """A warehouse of thirteen orders where `instacart docs` looks for one."""
    folder = tmp_path_factory.mktemp("docs")
    built = folder / "instacart.duckdb.built" / "instacart.duckdb"
    built.parent.mkdir()
    shutil.copyfile(baselines["careerfoundry"].database, built)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INSTACART_DB", str(folder / "instacart.duckdb"))
        patch.setenv("INSTACART_RAW_DIR", str(baselines["careerfoundry"].raw_dir))
        patch.setenv("DBT_TARGET_PATH", str(folder / "target"))
        patch.setenv("DBT_LOG_PATH", str(folder / "logs"))
        yield folder


@pytest.fixture(scope="module")
def pages(baseline: Path) -> Path:
    """The folder that the command wrote them to."""
    folder = baseline / "reports" / "docs"
    assert cli.run(["docs", "--out", str(folder)]) == 0
    return folder


def test_both_pages_are_written_and_nothing_else(pages: Path) -> None:
    assert sorted(path.name for path in pages.iterdir()) == sorted(docs.PAGES)
    assert "rpt_departments" in (pages / "index.html").read_text("utf-8")


def test_nothing_is_recorded_as_a_build(baseline: Path, pages: Path) -> None:
    """Else the next build would find this one not published, and build everything."""
    assert not (baseline / "instacart.duckdb.built" / STATE).exists()


def test_columns_come_from_where_they_do(pages: Path) -> None:
    text = (pages / "lineage.html").read_text("utf-8")
    (data,) = re.findall(r'colibriData = JSON\.parse\(atob\("([^"]+)"', text)
    found = defaultdict(set)
    for edge in json.loads(base64.b64decode(data))["lineage"]["edges"]:
        # Without a column: what rows are joined and filtered by.
        if edge["targetColumn"] and edge["sourceColumn"]:
            model = edge["target"].split(".")[-1]
            source = edge["source"].split(".")[-1]
            found[model, edge["targetColumn"]].add((source, edge["sourceColumn"]))
    assert {column: found[column] for column in LINEAGE} == LINEAGE


@needs_browser
@pytest.mark.parametrize("name", docs.PAGES)
def test_a_page_asks_nobody_for_anything(
    browser: Browser, pages: Path, name: str
) -> None:
    with opened(browser, pages / name) as seen:
        seen.page.get_by_text(SHOWN[name]).wait_for()
        seen.page.wait_for_load_state("networkidle")
        noise = OF_DBT if name == "index.html" else ()
        assert [line for line in seen.console if not line.startswith(noise)] == []
        assert seen.foreign == []


@needs_browser
def test_the_browser_refuses_the_lineage_page_other_hosts(
    browser: Browser, pages: Path
) -> None:
    with opened(browser, pages / "lineage.html") as seen:
        assert seen.page.evaluate("window.colibriTelemetry") is False
        asked = f'fetch("{ELSEWHERE}").catch(error => "refused")'
        assert seen.page.evaluate(asked) == "refused"
        assert any("Content Security Policy" in line for line in seen.console)
        assert seen.foreign == []


@pytest.fixture
def older(baseline: Path, tmp_path: Path) -> Path:
    """A folder with the pages of an earlier run."""
    for name in docs.PAGES:
        (tmp_path / name).write_text("of an earlier run")
    return tmp_path


def assert_left(folder: Path) -> None:
    assert {path.name: path.read_text() for path in folder.iterdir()} == {
        name: "of an earlier run" for name in docs.PAGES
    }


def test_dbt_that_fails_leaves_the_older_pages(
    older: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(docs, "run_dbt", lambda *arguments: 1)
    assert cli.run(["docs", "--out", str(older)]) == 1
    assert capsys.readouterr().err == (
        "instacart docs: expected dbt to write the documentation, found what it says"
        " above; correct that and run `make docs` again.\n"
    )
    assert_left(older)


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        ("manifest.json", "rpt_departments"),
        ("catalog.json", "1/99 non-ephemeral models missing from catalog"),
    ],
)
def test_a_model_without_lineage_leaves_the_older_pages(
    pages: Path,
    older: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    spoilt: str,
    said: str,
) -> None:
    artifacts = tmp_path_factory.mktemp("artifacts")
    for name in ("manifest.json", "catalog.json", "static_index.html"):
        shutil.copy(pages.parents[1] / "target" / name, artifacts)
    content = json.loads((artifacts / spoilt).read_text())
    model = "model.instacart.rpt_departments"
    if spoilt == "manifest.json":
        content["nodes"][model]["compiled_code"] = "select from where"
    else:
        del content["nodes"][model]
    (artifacts / spoilt).write_text(json.dumps(content))
    monkeypatch.setattr(docs, "run_dbt", lambda *arguments: 0)
    monkeypatch.setenv("DBT_TARGET_PATH", str(artifacts))
    assert cli.run(["docs", "--out", str(older)]) == 1
    error = capsys.readouterr().err
    assert error.startswith(
        "instacart docs: expected a warehouse that is built, of SQL"
    )
    assert said in error and error.count("\n") == 1
    assert_left(older)
