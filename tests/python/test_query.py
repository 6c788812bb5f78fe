"""`instacart query` shows or writes what one query reads, and refuses all else."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from instacart import cli
from instacart.config import PROJECT_DIR
from instacart.text_table import table_lines

Query = Callable[..., tuple[int, str, str]]

TABLES = (
    "create schema marts",
    "create table marts.dim_things (id integer, amount double, label varchar)",
    "insert into marts.dim_things values (1, 0.5, 'a,b'), (2, null, ''), (3, 7, null)",
)


@pytest.fixture
def query(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Query:
    """Run the command on a small warehouse; give its exit code and what it prints.

    Of errors, that is what follows the line that says which build is shown.
    """
    database = tmp_path / "instacart.duckdb"
    with duckdb.connect(str(database)) as connection:
        for statement in TABLES:
            connection.execute(statement)
    monkeypatch.setenv("INSTACART_DB", str(database))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = cli.run(["query", *arguments])
        output, error = capsys.readouterr()
        if error.startswith("Shown      instacart.duckdb, "):
            _, _, error = error.partition("\n")
        return code, output, error

    return run


def test_a_table_has_numbers_to_the_right_and_all_else_to_the_left(
    query: Query,
) -> None:
    code, output, _ = query("-c", "from marts.dim_things order by id")
    assert code == 0
    assert output.splitlines() == [
        "id  amount  label",
        "--  ------  -----",
        " 1     0.5  a,b",
        " 2    NULL",
        " 3     7.0  NULL",
        "",
        "3 rows",
    ]


def test_a_file_is_run_wherever_it_is(query: Query, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    file = tmp_path / "folder" / "things.sql"
    # A mark that some editors write, a semicolon and comments change nothing.
    file.write_text(
        "\ufeff-- How many\nselect count(*) as n from marts.dim_things; -- !\n"
    )
    assert query("folder/things.sql") == (0, "n\n-\n3\n\n1 row\n", "")
    assert query(str(file)) == (0, "n\n-\n3\n\n1 row\n", "")


@pytest.mark.parametrize(
    "sql",
    [
        "show all tables",
        "describe marts.dim_things",
        "summarize marts.dim_things",
        "with things as (from marts.dim_things) select * from things",
        "values (1)",
        "pivot marts.dim_things on label using sum(amount)",
        "unpivot marts.dim_things on id, amount",
        "table marts.dim_things",
    ],
)
def test_whatever_reads_is_a_query(query: Query, sql: str) -> None:
    code, output, error = query("-c", sql)
    assert (code, error) == (0, "")
    assert output.splitlines()[-1].endswith(("row", "rows"))
    assert query("-c", sql, "--format", "csv")[0] == 0


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("", "no statements; write a select"),
        ("-- nothing\n;", "no statements; write a select"),
        ("select 1; select 2", "2 statements; leave one"),
        ("copy (select 1) to 'other.csv'", "the statement copy; write a select"),
        ("attach 'other.duckdb' as other", "the statement attach"),
        ("export database 'other'", "the statement export"),
        ("create table marts.other as select 1", "the statement create"),
        ("create temp table other as select 1", "the statement create"),
        ("insert into marts.dim_things values (4, 4, '4') returning id", "insert"),
        ("update marts.dim_things set id = 4", "the statement update"),
        ("drop table marts.dim_things", "the statement drop"),
        ("set memory_limit = '1GB'", "the statement set"),
        ("install httpfs", "the statement load"),
        ("checkpoint", "the statement call"),
        ("explain analyze copy (select 1) to 'other.csv'", "the statement explain"),
    ],
)
def test_whatever_else_is_refused_and_writes_nothing(
    query: Query, tmp_path: Path, sql: str, found: str
) -> None:
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    code, output, error = query("-c", sql)
    assert (code, output) == (1, "")
    assert error.startswith("instacart query: expected ")
    assert " after -c" in error
    assert found in error
    assert error.count("\n") == 1
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("selec 1", 'in line 1: Parser Error: syntax error at or near "selec";'),
        (
            "select\n  1 as a\nfrm x y",
            "in line 3: Parser Error: syntax error at or near",
        ),
        ("select 'open", "unterminated quoted string"),
        ("from marts.dim_thing", 'Did you mean "dim_things"; correct it'),
        ("from warehouse", "Table with name warehouse does not exist"),
        ("select idd from marts.dim_things", 'Candidate bindings: "id"'),
        ("select cast('a' as integer)", "Could not convert string 'a' to INT32"),
        ("select $1", "prepared"),
    ],
)
def test_a_broken_query_gives_the_message_of_duckdb(
    query: Query, tmp_path: Path, sql: str, message: str
) -> None:
    (tmp_path / "broken.sql").write_text(sql)
    code, output, error = query("broken.sql")
    assert (code, output) == (1, "")
    assert error.startswith("instacart query: expected a query in broken.sql that the ")
    assert message in error
    assert error.count("\n") == 1
    assert error.endswith(
        "correct it (`instacart query -c 'show all tables'` lists the tables).\n"
    )


def test_a_file_without_sql_is_refused(query: Query, tmp_path: Path) -> None:
    assert "No such file" in query("none.sql")[2]
    (tmp_path / "binary.sql").write_bytes(b"\xff\xfe")
    assert query("binary.sql")[2].startswith(
        "instacart query: expected a query in binary.sql, found "
    )
    (tmp_path / "model.sql").write_text("select * from {{ ref('dim_things') }}")
    code, _, error = query("model.sql")
    assert code == 1
    assert "found Jinja, which dbt has to render; run `dbt compile`" in error


def test_rows_are_given_in_the_order_of_the_query(query: Query, tmp_path: Path) -> None:
    sql = "select range as n from range(150000) order by hash(range)"
    expected = [n for (n,) in duckdb.sql(sql).fetchall()]
    assert query("-c", sql, "--out", "n.csv")[0] == 0
    with (tmp_path / "n.csv").open() as file:
        assert [int(row["n"]) for row in csv.DictReader(file)] == expected
    assert query("-c", sql, "--out", "n.parquet")[0] == 0
    written = duckdb.sql(f"from '{tmp_path}/n.parquet'").fetchall()
    assert [n for (n,) in written] == expected


# What would colour, move or mislead a terminal, and how it is shown.
CONTROLS = "\x1b[31m\x07\x7f\x9b2J\t\r\n\u202e\u2028"
SHOWN = r"\x1b[31m\x07\x7f\x9b2J\t\r\n\u202e\u2028"


def test_no_control_character_reaches_the_terminal(query: Query) -> None:
    text = "'' || " + " || ".join(f"chr({ord(each)})" for each in CONTROLS)
    _, output, _ = query("-c", f"select {text} || '🥕 né' as x")
    assert output.splitlines()[2] == f"{SHOWN}🥕 né"
    _, output, _ = query("-c", f'select 1 as "{CONTROLS}"')
    assert output.splitlines()[0] == SHOWN
    _, _, error = query("-c", f'from "{CONTROLS}"')
    assert error.removesuffix("\n").isprintable()


@pytest.mark.parametrize("to", ["csv", "json"])
def test_a_format_for_programs_is_escaped_for_a_terminal_only(
    query: Query, to: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sql = "select 'a' || chr(27) || chr(155) || 'b' as x"
    _, piped, _ = query("-c", sql, "--format", to)
    assert "\x9b" in piped
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    _, shown, _ = query("-c", sql, "--format", to)
    assert shown.translate({9: "", 10: ""}).isprintable() and r"\x9b" in shown
    assert shown.count("\n") == piped.count("\n")


def test_a_long_table_says_how_much_is_left_out(query: Query) -> None:
    sql = "select range as n from range(1234)"
    lines = query("-c", sql)[1].splitlines()
    assert lines[-3].strip() == "99"
    assert lines[-1] == (
        "100 of 1,234 rows (1,134 left out; --rows shows more, --out writes all)"
    )
    lines = query("-c", sql, "--rows", "1234")[1].splitlines()
    assert lines[-3].strip() == "1233"
    assert lines[-1] == "1,234 rows"


def test_formats_are_what_programs_read(query: Query) -> None:
    sql = "from marts.dim_things order by id"
    code, output, _ = query("-c", sql, "--format", "csv")
    assert code == 0
    assert output == 'id,amount,label\n1,0.5,"a,b"\n2,,""\n3,7.0,\n'
    code, output, _ = query("-c", sql, "--format", "json")
    assert code == 0
    assert json.loads(output) == [
        {"id": 1, "amount": 0.5, "label": "a,b"},
        {"id": 2, "amount": None, "label": ""},
        {"id": 3, "amount": 7.0, "label": None},
    ]


@pytest.mark.parametrize("name", ["a.csv", "new/a.CSV", "a.parquet", "it's.json"])
def test_a_file_is_written_in_the_format_of_its_name(
    query: Query, tmp_path: Path, name: str
) -> None:
    code, output, error = query("-c", "from marts.dim_things", "--out", name)
    assert (code, error) == (0, "")
    assert output.startswith(f"Written    {name} (0.")
    path = str(tmp_path / name).replace("'", "''")
    rows = duckdb.sql(f"select id, amount from '{path}' order by id").fetchall()
    assert rows == [(1, 0.5), (2, None), (3, 7.0)]


def test_a_file_of_another_format_is_refused(query: Query, tmp_path: Path) -> None:
    code, _, error = query("-c", "select 1", "--out", "a.xlsx")
    assert code == 1
    assert error == (
        "instacart query: expected a name that ends in .csv, .parquet, .json, found"
        " a.xlsx; name another file with --out.\n"
    )
    (tmp_path / "a.csv").write_text("before")
    assert query("-c", "select error('no')", "--out", "a.csv")[0] == 1
    assert (tmp_path / "a.csv").read_text() == "before"


def test_columns_that_do_not_fit_follow_below_with_the_rows_numbered() -> None:
    names = ["day_name", "order_count", "advice"]
    rows = [("Saturday", 1200, "not now"), ("Sunday", None, "two\nlines")]
    assert list(table_lines(names, rows, 27)) == [
        "row  day_name  order_count",
        "---  --------  -----------",
        "  1  Saturday         1200",
        "  2  Sunday           NULL",
        "",
        "row  advice",
        "---  ----------",
        "  1  not now",
        "  2  two\\nlines",
    ]
    assert next(table_lines(names, rows, 37)) == "day_name  order_count  advice"
    # A column wider than the terminal is shown whole all the same.
    parts = list(table_lines(names, rows, 1))
    assert [line for line in parts if line.startswith("row")] == [
        "row  day_name",
        "row  order_count",
        "row  advice",
    ]
    assert list(table_lines(["a", "b"], [], 80)) == ["a  b", "-  -"]


def test_every_column_of_a_wide_analysis_is_shown_on_a_narrow_terminal(
    query: Query, tmp_path: Path
) -> None:
    wide = ", ".join(f"{n} as a_rather_long_column_{n}" for n in range(13))
    _, output, _ = query("-c", f"select {wide} from range(14)")
    lines = output.splitlines()
    assert max(map(len, lines)) <= 80
    assert sum(line.count("a_rather_long_column_") for line in lines) == 13
    assert lines[-1] == "14 rows"


def test_analyses_without_jinja_are_plain_sql(query: Query) -> None:
    """So that a user can run each; their results are tested elsewhere."""
    plain = [
        path
        for path in sorted((PROJECT_DIR / "analyses").glob("*.sql"))
        if "{{" not in path.read_text() and "{%" not in path.read_text()
    ]
    assert len(plain) > 10
    for path in plain:
        code, _, error = query(str(path))
        assert code == 1
        assert "Catalog Error: Table with name" in error, path.name
