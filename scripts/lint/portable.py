"""Finds SQL that DuckDB and Spark read differently; `python scripts/lint/portable.py`.

Differences belong in the macros of macros/engine/, which have a body for each.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT_DIR = Path(__file__).resolve().parents[2]

COMMENT = r"\{#.*?#\}|--[^\n]*"
# What is left is SQL alone, without what Jinja computes and without texts.
JINJA_OR_TEXT = r"\{\{.*?\}\}|\{%.*?%\}|'[^'\n]*'"
# The only place for a division.
RATIO = r"\{% macro ratio\(.*?\{%- endmacro %\}"
RANKS = r"\b(?:row_number|rank|dense_rank|ntile)\([^()]*\)\s+over\s*"


@dataclass(frozen=True)
class Rule:
    """What is not to be written, and what is."""

    name: str
    pattern: str
    instead: str
    is_bare: bool = False


QUERIES = (
    Rule("division", r"/", "ratio()", is_bare=True),
    Rule("division in a text of SQL", r"\)\s*/\s*\w", "ratio()"),
    Rule("rank", RANKS, "cast(... as bigint) around it, as Spark's rank is an integer"),
    Rule(
        "engine", r"(?i)\b(?:duckdb|spark|target\.type)\b", "a macro in macros/engine/"
    ),
    Rule("dispatch", r"adapter\.dispatch", "a macro in macros/engine/"),
    Rule("rounding", r"\bround\((?:[^()]|\([^()]*\))*,", "rounded()"),
    Rule("trimming", r"(?<![\w.])[lr]?trim\((?!both |trailing |leading )", "trimmed()"),
    Rule(
        "regular expression",
        r"\bregexp_\w+\(",
        "matches_whole(), part_of() or replace_all()",
    ),
    Rule("quantile", r"\bquantile_\w+\(", "percentile_cont() within group"),
    Rule("columns by star", r"(?i)\*\s+(?:exclude|replace|rename)\b", "the columns"),
    Rule("list", r"\b(?:list|string_split|unnest|array_agg)\(", "rows, or map_of()"),
    Rule("extreme", r"\barg_(?:max|min)\(", "max_by() or min_by()"),
    Rule("whole division", r"//", "floor(ratio())", is_bare=True),
    Rule("cast", r"::", "cast()"),
    Rule("slice", r"\[\d*:\d*\]", "substr()", is_bare=True),
)
FIXTURES = (
    Rule("generated rows", r"\b(?:unnest|range)\(", "values"),
    Rule("unordered number", r"row_number\(\)\s+over\s*\(\s*\)", "over (order by ...)"),
)


def blanked(text: str, pattern: str) -> str:
    """The text with what matches as blanks, so that lines keep their numbers."""
    return re.sub(
        pattern, lambda match: re.sub(r"[^\n]", " ", match[0]), text, flags=re.S
    )


def is_plain_column(text: str, rank: re.Match[str]) -> bool:
    """Whether a rank is given a name as it is, not compared or cast."""
    if text[: rank.start()].rstrip().endswith("cast("):
        return False
    rest = text[rank.end() :]
    depth = 0
    for position, character in enumerate(rest):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0:
            after = r"[)\w]*\s*(?:[-+] \d+\s*)?(?:end\s+)?as\s"
            return bool(re.match(after, rest[position:]))
    return False


def findings(text: str, rules: tuple[Rule, ...]) -> Iterator[tuple[int, Rule]]:
    """Line and rule of what is not to be written."""
    written = blanked(text, f"{COMMENT}|{RATIO}")
    bare = blanked(written, JINJA_OR_TEXT)
    for rule in rules:
        for match in re.finditer(rule.pattern, bare if rule.is_bare else written):
            if rule.pattern != RANKS or is_plain_column(written, match):
                yield written.count("\n", 0, match.start()) + 1, rule


def project_findings(project_dir: Path = PROJECT_DIR) -> list[str]:
    """A line for each finding in the project's files."""
    found = []
    # Analyses have no macros: they query the published file, which is DuckDB's.
    for folder in ("macros", "models", "tests"):
        for path in sorted((project_dir / folder).rglob("*.sql")):
            if path.parent != project_dir / "macros" / "engine":
                found += _lines(path, QUERIES, project_dir)
    for path in sorted((project_dir / "models").rglob("*unit_tests.yml")):
        found += _lines(path, FIXTURES, project_dir)
    return found


def _lines(path: Path, rules: tuple[Rule, ...], project_dir: Path) -> Iterator[str]:
    for line, rule in findings(path.read_text(), rules):
        yield (
            f"{path.relative_to(project_dir)}:{line}: expected {rule.instead},"
            f" found a {rule.name} that engines read differently; rewrite it."
        )


if __name__ == "__main__":
    lines = project_findings()
    print(*lines, sep="\n", end="\n" if lines else "")
    sys.exit(bool(lines))
