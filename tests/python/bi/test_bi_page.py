"""docs/bi.md names every tool, and says of none that it was tried if it wasn't."""

from __future__ import annotations

import re
from dataclasses import asdict

import pytest
from bi.page import END, START, with_results
from bi.trial import Found
from instacart.config import PROJECT_DIR
from instacart.errors import UserError
from reliability import clients

PAGE = (PROJECT_DIR / "docs/bi.md").read_text("utf-8")
TOOLS = (
    *("Superset", "Metabase", "Power BI", "Tableau", "DBeaver", "Excel", "Harlequin"),
    *("DuckDB's command line", "SQLAlchemy 2.0", "ADBC", "pandas"),
)
BY_DOCUMENT, TRIED = "the vendor's document", "tried here"
SAVED = {
    "date": "2017-01-01",
    "commit": "c0ffee",
    "machine": {"processor": "P", "cores": 2, "memory": 1e9, "system": "S"},
    "found": [asdict(Found("Slate", failure="no | such table", failed=2))],
}


def known_from() -> dict[str, str]:
    """By tool, where its settings are known from."""
    (_, _, below) = PAGE.partition("## Your tool")
    rows = re.findall(
        r"^\| \[?([^]|]+?)\]?(?:\(\S+\))? \|.*\| ([^|]+) \|$", below, re.M
    )
    return {tool: known for tool, known in rows if known in (BY_DOCUMENT, TRIED)}


def test_every_tool_is_there_with_where_it_is_known_from() -> None:
    assert set(TOOLS) <= known_from().keys()


def test_what_was_tried_has_a_result_and_nothing_else_has() -> None:
    results = PAGE.partition(START)[2].partition(END)[0]
    passed = re.findall(r"^\| ([^|]+) \|.*\| passed \|", results, re.M)
    for tool, known in known_from().items():
        has_result = any(client.startswith(tool) for client in passed)
        assert has_result == (known == TRIED), tool


def test_each_document_is_named() -> None:
    for tool, known in known_from().items():
        if known == BY_DOCUMENT:
            section = PAGE.partition(f"\n### {tool}\n")[2].partition("\n#")[0]
            assert "Document" in section, tool


def test_the_versions_are_those_that_are_tested() -> None:
    versions = list(clients.VERSIONS)
    listed = f"{', '.join(versions[:-1])} and {versions[-1]}"
    assert f"DuckDB {listed}" in PAGE.replace("\n", " ")


def test_results_replace_those_between_the_marks() -> None:
    page = f"before\n\n{START}\n\nold\n\n{END}\n\nafter\n"
    text = with_results(page, SAVED)
    assert text.startswith(f"before\n\n{START}\n\n| Client |")
    assert text.endswith(f"\n\n{END}\n\nafter\n")
    assert "old" not in text
    assert "| Slate |" in text
    assert "**does not pass**" in text
    assert "Slate says: `no | such table`" in text
    assert with_results(text, SAVED) == text


@pytest.mark.parametrize("page", ["", START, f"{START}\n{END}\n{START}\n"])
def test_a_page_without_a_place_for_results_is_refused(page: str) -> None:
    with pytest.raises(UserError, match=r"docs/bi\.md"):
        with_results(page, SAVED)
