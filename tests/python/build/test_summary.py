"""The summary after a build: what there is, what failed and what is missing."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from instacart import config
from instacart.build import summary
from instacart.build.summary import origin
from instacart.publish.state import Result, State, write_state
from instacart.warehouse import Row

TABLES = """
create schema marts;
create schema data_quality;
create table marts.dim_customers as from range(3);
create table marts.fct_orders as from range(1500);
create table marts.rpt_aisles as from range(1);
create table marts.rpt_departments as from range(1);
create table data_quality.file_row_counts as select 'orders.csv' as source_file,
    'orders' as dataset, null as fabricated_columns, 1600 as rows_read,
    1500 as rows_kept, 40 as duplicates_removed, 60 as rows_rejected;
create table data_quality.repaired_values as
    select 'orders' as dataset, 'days_since_prior_order' as column_name,
    'Word for a missing value removed' as repair, 'NA' as raw_value,
    unnest([1, 3]) as value_count;
create table data_quality.rejected_rows as
    select 'orders' as dataset, 'order_id is missing' as reason from range(60);
"""
PASSED = {
    "model.instacart.dim_customers": "success",
    "test.instacart.unique_dim_customers.f00": "pass",
    "unit_test.instacart.rpt_aisles.aisles_are_ranked": "pass",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a working database."""
    monkeypatch.setenv("INSTACART_DB", str(tmp_path / "instacart.duckdb"))
    monkeypatch.setenv("INSTACART_RAW_DIR", str(tmp_path))
    config.record_dir().mkdir()
    with duckdb.connect(str(config.working_database())) as connection:
        connection.execute(TABLES)
    return config.record_dir()


def summarized(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    results: dict[str, str],
    published_run: int = 0,
) -> list[str]:
    """The lines of the summary after dbt's second run ended like this."""
    ended = {name: Result(2, status, None) for name, status in results.items()}
    ended["test.instacart.of_the_run_before"] = Result(1, "warn", None)
    write_state(folder, State(run=2, published_run=published_run, results=ended))
    summary.summarize(config.working_database())
    return capsys.readouterr().out.splitlines()


def test_a_build_that_passed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.database().write_bytes(b"0" * 3_000_000)
    lines = summarized(folder, capsys, PASSED, published_run=2)
    assert f"Database   {config.database()} (3 MB)" in lines
    assert "Marts      3 customers, 1,500 orders" in lines
    assert any(line.startswith("Reports    2, ") for line in lines)
    assert "Tests      2 passed, 0 warned, 0 failed" in lines
    assert "Rejected   60 rows, in data_quality.rejected_rows" in lines
    at = lines.index("Repairs    4 values, in data_quality.repaired_values")
    assert lines[at + 1].strip() == (
        "3 in orders.days_since_prior_order: Word for a missing value removed,"
        " such as NA"
    )
    assert lines[-1].startswith("Next ")
    assert not [line for line in lines if "not pass" in line or "Not built" in line]


def test_a_warning_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = PASSED | {"test.instacart.few_rows_are_rejected.f01": "warn"}
    lines = summarized(folder, capsys, results)
    at = lines.index("Tests      2 passed, 1 warned, 0 failed")
    assert lines[at + 1] == "Warned     few_rows_are_rejected"
    assert lines[-1].startswith("Next ")


def test_a_build_that_failed_counts_only_what_it_made(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = PASSED | {
        "model.instacart.fct_orders": "error",
        "model.instacart.rpt_aisles": "skipped",
        "model.instacart.rpt_regions": "skipped",
        "model.instacart.repaired_values": "skipped",
        "test.instacart.unique_fct_orders.f02": "skipped",
        "test.instacart.unique_dim_customers.f00": "fail",
        "test.instacart.assert_orders_match_staging.f03": "error",
        "unit_test.instacart.rpt_aisles.aisles_are_ranked": "fail",
    }
    lines = summarized(folder, capsys, results)
    assert lines[1] == "The build did not pass. What there is:"
    assert "Marts      3 customers" in lines
    assert any(line.startswith("Reports    1, ") for line in lines)
    at = lines.index("Tests      0 passed, 0 warned, 3 failed, 1 skipped")
    assert lines[at + 1 : at + 8] == [
        "Failed     fct_orders",
        "Failed     aisles_are_ranked",
        "Failed     assert_orders_match_staging",
        "Failed     unique_dim_customers",
        "Missing    1 not built: rpt_regions",
        "Outdated   3 as an older build left them: fct_orders, repaired_values,"
        " rpt_aisles",
        "",
    ]
    assert not [line for line in lines if line.startswith(("Repairs", "Next"))]
    assert "Rejected   60 rows, in data_quality.rejected_rows" in lines


def test_what_readers_see_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = config.database()
    lines = summarized(folder, capsys, PASSED)
    assert f"Database   {database} is not there yet" in lines
    database.write_bytes(b"0" * 3_000_000)
    lines = summarized(folder, capsys, PASSED, published_run=1)
    assert f"Database   {database} (3 MB): the build before, not this one" in lines


def test_many_missing_tables_take_several_lines(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = {f"model.instacart.rpt_{n:02}": "skipped" for n in range(22)}
    lines = summarized(folder, capsys, results)
    at = lines.index("")
    while not lines[at].startswith("Missing    22 not built: rpt_00, "):
        at += 1
    assert not [line for line in lines if line.startswith("Tests")]
    assert max(len(line) for line in lines[at : at + 3]) <= 88
    assert " ".join(lines[at : at + 3]).count("rpt_") == 22


def test_without_the_counts_of_files_there_is_still_a_summary(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = {"model.instacart.file_row_counts": "skipped"}
    lines = summarized(folder, capsys, results)
    assert not [line for line in lines if "orders.csv" in line]
    assert "Marts      3 customers, 1,500 orders" in lines


@pytest.mark.parametrize(
    ("fabricated", "said"),
    [
        ({"orders": None, "departments": None}, "yours"),
        (
            {"orders": "all", "departments": None, "aisles": None},
            "generated demo files, all fabricated but departments.csv and aisles.csv",
        ),
        (
            {"orders": None, "products": "prices", "customers": "all"},
            "yours, but prices of products.csv and customers.csv fabricated by"
            " `make enrich`",
        ),
        (
            {"orders": None, "products": None, "customers": "all"},
            "yours, but customers.csv fabricated by `make enrich`",
        ),
    ],
)
def test_whose_the_files_are(fabricated: dict[str, str | None], said: str) -> None:
    files = [
        Row(dataset=name, source_file=f"{name}.csv", fabricated_columns=columns)
        for name, columns in fabricated.items()
    ]
    assert origin(files) == said
