"""The comparison with published figures: verdicts, distortions, what is said."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from conftest import GENERATED_SCALE
from instacart import cli, config
from instacart.synthetic import fidelity, generate
from instacart.synthetic.cells import BROKEN, Cell
from instacart.warehouse import open_warehouse
from support.warehouse import Built, Warehouse

Figure = tuple[str, str, float, float, str, float | None, bool]

# The good packages of conftest hold four customers, one of them without orders, and
# 14 orders of which 12 are prior; the largest of these has four products.
CUSTOMERS: Figure = ("customers", "all", 4, 0, "exact", 0, True)
ORDERS: Figure = ("orders", "all", 14, 0, "exact", 0, True)
LARGEST: Figure = ("largest prior order", "all", 4, 0, "exact", None, False)


@pytest.fixture(scope="module")
def query(warehouse: Warehouse, session_dir: Path) -> Path:
    """The analysis as dbt compiles it for a database called instacart.duckdb."""
    run = warehouse.dbt(
        "compile",
        session_dir,
        *("--select", fidelity.ANALYSIS, "--no-introspect", "--no-populate-cache"),
    )
    assert run.succeeded, run.output
    compiled = warehouse.folder / "target" / "compiled" / "instacart" / "analyses"
    return compiled / f"{fidelity.ANALYSIS}.sql"


@pytest.fixture
def good(tmp_path: Path, baselines: dict[str, Built]) -> Path:
    """A copy of CareerFoundry's good warehouse."""
    return copied(baselines["careerfoundry"].database, tmp_path)


@pytest.fixture(scope="module")
def course(generated: dict[str, Built]) -> Built:
    """A generated package of the course's kind, and its warehouse."""
    return generated["careerfoundry"]


@pytest.fixture(scope="module")
def broken_before(course: Built, query: Path) -> set[str]:
    """Metrics that the generated package breaks as it is."""
    return broken_metrics(course.database, query)


def copied(database: Path, folder: Path) -> Path:
    """Copy a database under the name that the compiled query reads."""
    copy = folder / "instacart.duckdb"
    shutil.copyfile(database, copy)
    return copy


def publish(database: Path, *figures: Figure) -> None:
    """Let some figures be all that is published."""
    with duckdb.connect(str(database)) as connection:
        connection.execute("delete from reference.published_figures")
        connection.executemany(
            "insert into reference.published_figures (metric, dimension, published,"
            " tolerance, tolerance_kind, noise, is_scaled, basis, source)"
            " values (?, ?, ?, ?, ?, ?, ?, 'exact', 'a notebook')",
            list(figures),
        )


def compared(database: Path, query: Path) -> list[Cell]:
    """All that the analysis says of a database."""
    with open_warehouse(path=database) as opened:
        return fidelity.compare(opened, query.read_text("utf-8"))


def judge(database: Path, query: Path, *figures: Figure) -> list[Cell]:
    """What the analysis says of some figures, in their order; none may be twice."""
    publish(database, *figures)
    found = {(cell.metric, cell.dimension): cell for cell in compared(database, query)}
    return [found[figure[:2]] for figure in figures]


def broken_metrics(database: Path, query: Path) -> set[str]:
    cells = compared(database, query)
    return {cell.metric for cell in cells if cell.verdict == BROKEN}


# --- verdicts -------------------------------------------------------------------

# Of the 14 orders: published, tolerance and its kind, error, verdict.
TOLERANCES = [
    (14, 0, "exact", 0, "within"),
    (13, 0, "exact", 1, "broken"),
    (15, 0, "exact", -1, "broken"),
    (8, 0.75, "relative", 0.75, "within"),
    (8, 0.74, "relative", 0.75, "broken"),
    (16, 0.125, "relative", -0.125, "within"),
    (16, 0.124, "relative", -0.125, "broken"),
    (12, 2, "absolute", 2, "within"),
    (12, 1.9, "absolute", 2, "broken"),
    (16, 2, "absolute", -2, "within"),
    (16, 1.9, "absolute", -2, "broken"),
]
# Of four customers where so many are published: orders published, noise, then orders
# expected, tolerance, verdict.
SIZES = [
    (8, 28, 0, 14, 0, "within"),
    (8, 30, 0, 15, 0, "broken"),
    (8, 32, 0.4, 16, 0.1, "broken"),
    (8, 32, 0.5, 16, 0.125, "within"),
    (2, 7, 0, 14, 0, "within"),
    (2, 8, 0.4, 16, 0.1, "broken"),
    (2, 8, 0.5, 16, 0.125, "within"),
]


@pytest.fixture(scope="module")
def judged(
    session_dir: Path, baselines: dict[str, Built], query: Path
) -> dict[int, list[Cell]]:
    """The verdicts on the orders of TOLERANCES and SIZES, by customers published.

    One query judges all figures of a size: that takes as long as one figure.
    """
    figures: dict[int, list[Figure]] = {
        # Noise says nothing at full size.
        4: [("orders", "all", p, t, kind, 100, True) for p, t, kind, *_ in TOLERANCES]
    }
    for customers, published, noise, *_ in SIZES:
        figure = ("orders", "all", published, 0, "exact", noise, True)
        figures.setdefault(customers, []).append(figure)
    folder = session_dir / "judged"
    folder.mkdir()
    database = copied(baselines["careerfoundry"].database, folder)
    found = {}
    for customers, of_size in figures.items():
        size = ("customers", "all", customers, 0, "exact", 0, True)
        publish(database, size, *of_size)
        found[customers] = compared(database, query)
    return found


def order_cell(cells: list[Cell], published: float, tolerance: float) -> Cell:
    """The verdict on the only figure of orders with a tolerance."""
    [cell] = [
        cell
        for cell in cells
        if (cell.metric, cell.published) == ("orders", published)
        and cell.tolerance == pytest.approx(tolerance)
    ]
    return cell


@pytest.mark.parametrize(
    ("published", "tolerance", "kind", "error", "verdict"), TOLERANCES
)
def test_a_tolerance_is_kept_up_to_its_bound(
    judged: dict[int, list[Cell]],
    published: float,
    tolerance: float,
    kind: str,
    error: float,
    verdict: str,
) -> None:
    cell = order_cell(judged[4], published, tolerance)

    assert (cell.expected, cell.actual) == (published, 14)
    assert cell.tolerance_kind == kind
    assert cell.error == pytest.approx(error)
    assert cell.verdict == verdict


@pytest.mark.parametrize(
    ("customers", "published", "noise", "expected", "tolerance", "verdict"), SIZES
)
def test_exact_counts_become_relative_at_another_size(
    judged: dict[int, list[Cell]],
    customers: int,
    published: float,
    noise: float,
    expected: float,
    tolerance: float,
    verdict: str,
) -> None:
    [loaded] = [cell for cell in judged[customers] if cell.metric == "customers"]
    cell = order_cell(judged[customers], published, tolerance)

    assert loaded.verdict == "within"
    assert cell.expected == expected
    assert (cell.tolerance_kind, cell.tolerance) == ("relative", tolerance)
    assert cell.verdict == verdict


def test_rates_are_widened_by_the_number_of_customers(good: Path, query: Path) -> None:
    size = ("customers", "all", 8, 0, "exact", 0, True)
    assert judge(good, query, CUSTOMERS, LARGEST)[1].verdict == "within"

    # With four customers, noise is halved; the figure itself stays.
    for published, noise, verdict in [(5, 1, "within"), (5, 0.9, "broken")]:
        largest = ("largest prior order", "all")
        figure = (*largest, published, 0.5, "absolute", noise, False)
        cell = judge(good, query, size, figure)[1]
        assert (cell.expected, cell.error) == (published, -1)
        assert cell.tolerance == pytest.approx(0.5 + noise / 2)
        assert cell.verdict == verdict


def test_what_does_not_scale_stays_exact(good: Path, query: Path) -> None:
    size = ("customers", "all", 8, 0, "exact", 0, True)
    for published, verdict in [(13, "within"), (26, "broken")]:
        figure = ("catalogue", "products", published, 0, "exact", 0, False)
        cell = judge(good, query, size, figure)[1]
        assert (cell.expected, cell.tolerance_kind) == (published, "exact")
        assert cell.verdict == verdict


def test_a_figure_without_noise_is_compared_at_full_size_only(
    good: Path, query: Path
) -> None:
    wrong = ("largest prior order", "all", 9, 1, "absolute", None, False)
    assert judge(good, query, CUSTOMERS, wrong)[1].verdict == "broken"

    size = ("customers", "all", 8, 0, "exact", 0, True)
    cell = judge(good, query, size, wrong)[1]
    assert (cell.actual, cell.tolerance) == (4, None)
    assert cell.verdict == "full size only"


def test_a_customer_lost_at_full_size_is_an_error_not_another_size(
    good: Path, query: Path
) -> None:
    with duckdb.connect(str(good)) as connection:
        connection.execute(
            "insert into marts.dim_customers"
            " select customers.* replace (100 + n as customer_id)"
            " from marts.dim_customers as customers, range(396) as more (n)"
            " where customer_id = 4"
        )
    cases = [(400, "within"), (401, "broken"), (404, "broken"), (410, "within")]
    for published, verdict in cases:
        figure = ("customers", "all", published, 0, "exact", 0, True)
        [cell] = judge(good, query, figure)
        assert (cell.actual, cell.verdict) == (400, verdict)


def test_a_metric_without_rows_is_not_in_the_package(
    tmp_path: Path, good: Path, query: Path, baselines: dict[str, Built]
) -> None:
    figures = (
        ("train order products", "all", 2, 0, "exact", 0, True),
        ("customers by state", "Ohio", 1, 0, "exact", 0, True),
        ("revenue", "all", 1, 0, "exact", 0, True),
    )
    (tmp_path / "kaggle").mkdir()
    kaggle = copied(baselines["kaggle"].database, tmp_path / "kaggle")
    # Without customers.csv only the three with orders are known.
    size = ("customers", "all", 3, 0, "exact", 0, True)

    of_kaggle = judge(kaggle, query, size, *figures)[1:]
    of_careerfoundry = judge(good, query, CUSTOMERS, *figures)[1:]

    absent = "not in this package"
    assert [cell.verdict for cell in of_kaggle] == ["within", absent, absent]
    assert [cell.verdict for cell in of_careerfoundry] == [absent, "within", "broken"]
    assert [cell.actual for cell in of_kaggle] == [2, None, None]


def test_a_cell_without_rows_is_zero_where_others_have_some(
    good: Path, query: Path
) -> None:
    figures = [
        ("orders by hour", hour, 2, 0.5, "relative", 0, True) for hour in ("8", "3")
    ]
    assert [cell.actual for cell in judge(good, query, CUSTOMERS, *figures)[1:]] == [
        2,
        0,
    ]
    assert judge(good, query, CUSTOMERS, *figures)[2].verdict == "broken"


# --- the shipped figures --------------------------------------------------------


def test_every_published_figure_is_measured(course: Built, query: Path) -> None:
    cells = compared(course.database, query)
    absent = {cell.metric for cell in cells if cell.verdict == "not in this package"}
    assert absent == {"train order products"}
    full_size = {cell.metric for cell in cells if cell.verdict == "full size only"}
    assert full_size == {"largest prior order", "products ever ordered"}
    # A dimension spelled otherwise than in the marts would be zero for ever.
    zero = {(cell.metric, cell.dimension) for cell in cells if cell.actual == 0}
    assert not {
        (metric, dimension)
        for metric, dimension in zero
        if metric.startswith(("order products by", "orders by", "mean", "reorder rate"))
    }


@pytest.mark.parametrize(
    ("distortion", "metrics"),
    [
        pytest.param(
            "update marts.fct_orders set hour_of_day = (hour_of_day + 4) % 24",
            {"orders by hour", "prior orders by weekday and hour"},
            id="other hours",
        ),
        pytest.param(
            "update marts.fct_orders set days_since_prior_order ="
            " (days_since_prior_order + 7) % 31",
            {"orders by days since prior order", "breaches of rules"},
            id="other gaps",
        ),
        pytest.param(
            "delete from marts.fct_orders where order_number > 10",
            {"orders", "prior order products", "breaches of rules"},
            id="lost orders",
        ),
        pytest.param(
            "update marts.dim_customers set state = 'Ohio', region = 'Midwest'",
            {"customers by region", "active customers by region and loyalty"},
            id="one region",
        ),
        pytest.param(
            "update marts.dim_customers set income = income / 2",
            {"income"},
            id="half the income",
        ),
        pytest.param(
            "update marts.dim_customers set loyalty_flag = 'Loyal customer'",
            {"customers by loyalty", "order products by loyalty"},
            id="all loyal",
        ),
        pytest.param(
            "update intermediate.int_order_products_joined"
            " set product_id = 1 + (product_id * 7919 + order_id) % 49688",
            {"order products by department", "share of the most ordered products"},
            id="any product",
        ),
        pytest.param(
            "update intermediate.int_order_products_joined"
            " set is_reordered = order_id % 2 = 0",
            {"reorder rate by department", "reorder rate by cart position"},
            id="reordered by chance",
        ),
        pytest.param(
            "update intermediate.int_order_products_joined"
            " set cart_position = cart_position + 1 where cart_position = 9",
            {"breaches of rules"},
            id="a gap in the cart",
        ),
        pytest.param(
            "update marts.fct_orders set order_total = order_total * 2",
            {"revenue", "mean order total by hour"},
            id="doubled totals",
        ),
        pytest.param(
            "delete from marts.dim_products where product_id = 1",
            {"catalogue"},
            id="a lost product",
        ),
    ],
)
def test_a_distorted_package_breaks_its_figures(
    tmp_path: Path,
    course: Built,
    query: Path,
    broken_before: set[str],
    distortion: str,
    metrics: set[str],
) -> None:
    assert not metrics & broken_before
    distorted = copied(course.database, tmp_path)
    with duckdb.connect(str(distorted)) as connection:
        connection.execute(distortion)

    assert metrics <= broken_metrics(distorted, query)


# --- the command line -----------------------------------------------------------


@pytest.fixture
def run(
    query: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., int]:
    """Run the command on what dbt built, with the query as it was compiled before."""
    monkeypatch.setattr(fidelity, "compile_query", lambda: query.read_text("utf-8"))
    monkeypatch.setenv("INSTACART_TEMP_DIR", str(tmp_path / "spilled"))

    def run(database: Path, *arguments: str, raw_dir: Path = tmp_path) -> int:
        monkeypatch.setattr(config, "working_database", lambda: database)
        monkeypatch.setenv("INSTACART_RAW_DIR", str(raw_dir))
        return cli.run(["fidelity", *arguments])

    return run


def test_a_page_says_what_is_within(
    tmp_path: Path,
    good: Path,
    run: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    publish(good, CUSTOMERS, ORDERS)
    out = tmp_path / "docs" / "fidelity.md"

    assert run(good, "--out", str(out)) == 0

    said = capsys.readouterr().out
    assert "4 customers, origin not known" in said
    assert "2 figures" in said
    assert said.endswith(f"{out}\n")
    page = out.read_text("utf-8")
    assert "| orders | 1 | all | 14 | 14 | 0 | exact | within |" in page
    assert "| all | 4 | 4 | 0 | exact | within |" in page
    assert "| Cell | Published | Synthetic | Error | Tolerance | Verdict |" in page
    assert "Counted on the full data (a notebook)." in page
    assert [path.name for path in out.parent.iterdir()] == [out.name]


def test_a_broken_tolerance_is_named_and_still_written(
    tmp_path: Path,
    good: Path,
    run: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    figure = ("orders by hour", "8", 4, 0.25, "relative", 0, True)
    publish(good, CUSTOMERS, ORDERS, figure)
    out = tmp_path / "fidelity.md"

    assert run(good, "--out", str(out)) == 1

    assert (
        "broken: orders by hour, 8: expected 4, found 2; error -50.00%, tolerance 25%"
        in capsys.readouterr().out
    )
    row = "| 4 | 2 | -50.00% | 25% | **broken** |"
    assert f"| orders by hour | 1 | 8 {row}" in out.read_text("utf-8")
    assert f"| 8 {row}" in out.read_text("utf-8")


def test_the_same_data_gives_the_same_page(
    tmp_path: Path, course: Built, run: Callable[..., int]
) -> None:
    pages = [tmp_path / name for name in ("first.md", "second.md")]
    for out in pages:
        run(course.database, "--out", str(out), raw_dir=course.raw_dir)

    first, second = (out.read_bytes() for out in pages)
    assert first == second
    text = first.decode()
    assert (
        f"package careerfoundry, scale {GENERATED_SCALE}, seed 3, 1,031 customers"
        in text
    )
    assert "| Cell | Expected | Synthetic | Error | Tolerance | Verdict |" in text
    assert "| 0 \\| 13 |" in text
    assert text.index("| 9 |") < text.index("| 10 |")


def test_a_truth_of_another_package_is_not_taken_for_this_one(
    tmp_path: Path, good: Path, course: Built, run: Callable[..., int]
) -> None:
    publish(good, CUSTOMERS, ORDERS)
    out = tmp_path / "fidelity.md"

    assert run(good, "--out", str(out), raw_dir=course.raw_dir) == 0

    assert "origin not known" in out.read_text("utf-8")


def test_a_page_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path,
    good: Path,
    run: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "file").write_text("kept")
    out = tmp_path / "file" / "fidelity.md"

    assert run(good, "--out", str(out)) == 1

    assert "name another file with --out" in capsys.readouterr().err
    assert (tmp_path / "file").read_text() == "kept"


def test_bad_use_is_said_in_one_sentence(
    tmp_path: Path,
    good: Path,
    run: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refusal(database: Path) -> str:
        assert run(database) == 1
        out, error = capsys.readouterr()
        assert out == ""
        assert error.startswith("instacart fidelity: ")
        assert "expected " in error and error.count("\n") == 1
        return error

    assert "found none; run `make build`" in refusal(tmp_path / "none.duckdb")

    (tmp_path / "text.duckdb").write_text("This is not a database. " * 1000)
    assert "a file that can't be read as one" in refusal(tmp_path / "text.duckdb")

    duckdb.connect(str(tmp_path / "empty.duckdb")).close()
    assert "run `make build`" in refusal(tmp_path / "empty.duckdb")

    monkeypatch.setattr(fidelity, "compile_query", lambda: "select 1 as metric")
    assert "to run on" in refusal(good)
    monkeypatch.undo()


def test_what_has_no_figures_or_customers_is_refused(
    good: Path, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    publish(good, ORDERS)
    assert run(good) == 1
    assert "expected figures" in capsys.readouterr().err

    with duckdb.connect(str(good)) as connection:
        connection.execute("delete from marts.dim_customers")
    assert run(good) == 1
    assert "expected customers" in capsys.readouterr().err


def test_a_memory_limit_that_is_none_is_refused(
    good: Path,
    run: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("INSTACART_MEMORY_LIMIT", "much")
    assert run(good) == 1
    assert "INSTACART_MEMORY_LIMIT" in capsys.readouterr().err


def test_a_warehouse_that_is_being_written_is_left_alone(
    good: Path, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    hold = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True)"
    writer = subprocess.Popen(
        [sys.executable, "-c", f"{hold}; sys.stdin.read()", str(good)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert writer.stdout and writer.stdout.readline()
        assert run(good) == 1
        assert "being written" in capsys.readouterr().err
    finally:
        writer.communicate(timeout=30)


def test_generated_data_has_a_folder_and_a_page_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = [0, 0, 3]
    pages: list[Path | None] = []
    for name in ("RAW_DIR", "DB", "TEMP_DIR"):
        monkeypatch.setenv(f"INSTACART_{name}", "elsewhere")
    for name in ("TARGET_PATH", "LOG_PATH"):
        monkeypatch.setenv(f"DBT_{name}", "elsewhere")
    monkeypatch.setattr(config, "PROJECT_DIR", tmp_path)
    monkeypatch.setattr(generate, "run", lambda *_, **__: ["generated"])
    monkeypatch.setattr(fidelity, "run_dbt", lambda *_: codes.pop(0))
    monkeypatch.setattr(fidelity, "run", lambda out: pages.append(out) or 0)
    package = ["--package", "kaggle", "--scale", "0.1"]

    assert cli.run(["fidelity", "--generate"]) == 0
    assert cli.run(["fidelity", "--generate", *package]) == 0
    assert config.database() == tmp_path / "target/fidelity/kaggle/instacart.duckdb"
    # What doesn't build is not compared.
    assert cli.run(["fidelity", "--generate", *package]) == 3

    own = tmp_path / "target/fidelity/kaggle/fidelity.md"
    assert pages == [tmp_path / "docs/fidelity.md", own]


@pytest.mark.slow
def test_dbt_compiles_the_query_for_the_warehouse(
    good: Path, query: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DBT_TARGET_PATH", str(query.parents[3]))
    monkeypatch.setenv("DBT_LOG_PATH", str(tmp_path))
    monkeypatch.setenv("INSTACART_DB", str(good))

    assert fidelity.compile_query() == query.read_text("utf-8")
