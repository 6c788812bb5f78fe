"""Each rule about SQL that engines read differently, on a line of either kind."""

from __future__ import annotations

import pytest
from lint.portable import FIXTURES, QUERIES, Rule, findings, project_findings

RULES = {rule.name: rule for rule in (*QUERIES, *FIXTURES)}

# By rule: what is found, and what is not.
LINES: list[tuple[str, str, str]] = [
    ("division", "revenue / order_count", "{{ ratio('revenue', 'order_count') }}"),
    ("division", "sum(x)/2 as y", "'the hour / that of all' as y -- a / b"),
    ("division in a text of SQL", "'sum(x) / sum(y)'", "'the hour / that of all'"),
    ("rank", "rank() over (order by x) as y", "rank() over (order by x) = 1"),
    (
        "rank",
        "row_number() over (order by max(x)) - 1 as y",
        "cast(\nrow_number() over (order by max(x)) - 1\nas bigint) as y",
    ),
    (
        "rank",
        "case when x then rank() over per_y\nend as z",
        "order by rank() over per_y",
    ),
    ("engine", "{% if target.type == 'x' %}", "target_type"),
    ("engine", "'DuckDB'", "-- DuckDB would truncate it"),
    ("dispatch", "{{ adapter.dispatch('x')() }}", "{{ x() }}"),
    ("rounding", "round(coalesce(x, 0), 2)", "round(coalesce(x, 0))"),
    ("trimming", "trim(x)", "trim(both '\"' from x)"),
    ("trimming", "rtrim(x, ';')", "{{ x.trim(y) }}"),
    ("regular expression", "regexp_matches(x, 'a')", "{{ matches_whole('x', 'a') }}"),
    (
        "quantile",
        "quantile_cont(x, 0.5)",
        "percentile_cont(0.5) within group (order by x)",
    ),
    ("columns by star", "select * exclude (x)", "select *"),
    ("list", "list(x)", "{% set x = y | list %}"),
    ("list", "string_split(x, ',')", "split_part(x, ',', 1)"),
    ("extreme", "arg_max(x, y)", "max_by(x, y)"),
    ("whole division", "x // 2", "-- https://example.org"),
    ("cast", "x::integer", "cast(x as integer)"),
    ("slice", "x[1:2]", "{% set x = y[1:] %}"),
    ("generated rows", "from range(1, 9) as x (y)", "from (values (1), (2)) as x (y)"),
    ("generated rows", "select unnest([1, 2])", "select 1"),
    (
        "unordered number",
        "row_number() over () as x",
        "row_number() over (order by y) as x",
    ),
]


def found(rule: Rule, text: str) -> list[int]:
    return [line for line, _ in findings(text, (rule,))]


@pytest.mark.parametrize(("name", "bad", "good"), LINES)
def test_a_rule_tells_the_lines_apart(name: str, bad: str, good: str) -> None:
    assert found(RULES[name], f"\n{bad}\n") == [2]
    assert found(RULES[name], f"\n{good}\n") == []


def test_every_rule_is_tested() -> None:
    assert {name for name, _, _ in LINES} == set(RULES)


def test_the_macro_for_ratios_may_divide() -> None:
    macro = "{% macro ratio(a, b) -%}\n    a / b\n{%- endmacro %}\n"
    assert found(RULES["division"], macro) == []
    assert found(RULES["division"], f"{macro}c / d\n") == [4]


def test_the_project_has_no_sql_that_engines_read_differently() -> None:
    assert project_findings() == []
