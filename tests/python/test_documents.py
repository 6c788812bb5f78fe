"""What the documents name exists, and what exists is named.

Nothing is built here: files, the Makefile, the command line and the settings are read.
"""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from instacart import config
from instacart.cli import cli
from instacart.config import PROJECT_DIR

GENERATED = (
    *("docs/fidelity.md", "docs/performance.md", "docs/reliability.md"),
    "docs/distributed-figures.md",
)
WRITTEN = {
    str(path.relative_to(PROJECT_DIR)): path.read_text("utf-8")
    for path in sorted([*PROJECT_DIR.glob("*.md"), *PROJECT_DIR.glob("docs/*.md")])
    if str(path.relative_to(PROJECT_DIR)) not in GENERATED
}
LONGEST_README = 150

# Text and target of a link, or of a picture.
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
FENCED = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
# As 12 s, 0.3 seconds or 5 minutes.
TIMING = re.compile(r"\b\d[\d.,]*[ -]?(?:ms|s|min|seconds?|minutes?)\b")


def targets() -> set[str]:
    """The targets of the Makefile that `make help` lists."""
    makefile = (PROJECT_DIR / "Makefile").read_text("utf-8")
    return set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))


def published_tables() -> set[str]:
    """The tables that BI tools may read, with their schemas."""
    return {
        f"{schema}.{path.stem}"
        for schema in ("marts", "data_quality")
        for path in (PROJECT_DIR / "models" / schema).rglob("*.sql")
    }


def present(name: str) -> str:
    """Prose of a document, but for the changelog's column of what has been renamed."""
    text = FENCED.sub("", WRITTEN[name])
    if name == "CHANGELOG.md":
        text = re.sub(r"^\|[^|]*\|", "", text, flags=re.MULTILINE)
    return text


def commands_in(text: str) -> list[str]:
    """Lines of code, in blocks and within sentences."""
    blocks = [line for block in FENCED.findall(text) for line in block.splitlines()]
    return blocks + CODE.findall(FENCED.sub("", text))


def anchors(text: str) -> set[str]:
    """What the headings of a document are linked by."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", text), re.MULTILINE)
    return {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in headings
    }


def rows_below(heading: str) -> list[list[str]]:
    """Rows of the reference's table below a heading row, as their cells."""
    (_, _, below) = WRITTEN["docs/reference.md"].partition(heading)
    assert below, f"no table {heading}"
    rows = below.split("\n\n")[0].strip().splitlines()[1:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


@pytest.mark.parametrize("name", WRITTEN)
def test_links_lead_somewhere(name: str) -> None:
    document = PROJECT_DIR / name
    for link in LINK.findall(FENCED.sub("", WRITTEN[name])):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.read_text("utf-8")), link


@pytest.mark.parametrize("name", WRITTEN)
def test_commands_exist(name: str) -> None:
    for line in commands_in(WRITTEN[name]):
        if called := re.match(r"make ([a-z-]+)", line):
            assert called[1] in targets(), line
        if called := re.match(r"(?:\$ )?instacart ([a-z]+)(.*)", line):
            command = cli.commands.get(called[1])
            assert command, line
            known = {option for each in command.params for option in each.opts}
            for option in re.findall(r"(?<= )--?[a-z-]+", called[2].split('"')[0]):
                assert option in known | {"--help"}, line


@pytest.mark.parametrize("name", WRITTEN)
def test_files_and_tables_exist(name: str) -> None:
    """Of the project, that is: what a recipe adds is not there."""
    added = re.findall(r"`([\w./-]*rpt_cart_sizes[\w.]*)`", WRITTEN[name])
    folders = "analyses|docs|macros|models|scripts|seeds|tests"
    for code in CODE.findall(present(name)):
        if code in added:
            continue
        if re.fullmatch(rf"(?:{folders})/[\w./-]*", code):
            assert (PROJECT_DIR / code).exists(), code
        if re.fullmatch(r"(?:marts|data_quality)\.\w+", code):
            assert code in published_tables(), code
        if re.fullmatch(r"(?:base|dim|fct|int|rpt|stg)_\w*[a-z]", code):
            assert list(PROJECT_DIR.glob(f"models/**/{code}.sql")), code


def test_readme_fits_a_page_and_names_every_published_table() -> None:
    readme = WRITTEN["README.md"]
    assert len(readme.splitlines()) <= LONGEST_README
    assert published_tables() <= set(CODE.findall(readme))


def test_every_picture_is_shown() -> None:
    pictures = {path.name for path in (PROJECT_DIR / "docs" / "images").iterdir()}
    documents = [PROJECT_DIR / "README.md", *PROJECT_DIR.glob("docs/*.md")]
    shown = {
        Path(link).name
        for document in documents
        for link in LINK.findall(document.read_text("utf-8"))
    }
    assert pictures <= shown


@pytest.mark.parametrize("name", WRITTEN)
def test_timings_are_in_the_page_of_the_benchmark_alone(name: str) -> None:
    lines = [line for line in WRITTEN[name].splitlines() if TIMING.search(line)]
    if name == "README.md":
        # What the two commands take.
        (line,) = lines
        assert "about" in line
    elif name != "CHANGELOG.md":
        assert lines == []


def test_reference_lists_every_target() -> None:
    rows = rows_below("| Target | Does |")
    assert {row[0].strip("`").removeprefix("make ") for row in rows} == targets()


def test_reference_lists_every_command_with_its_options() -> None:
    rows = {
        row[0].strip("`"): row[2] for row in rows_below("| Command | Does | Options |")
    }
    assert rows.keys() == {f"instacart {name}" for name in cli.commands}
    for name, command in cli.commands.items():
        options = {
            option
            for each in command.params
            if isinstance(each, click.Option)
            for option in each.opts[:1]
        }
        described = re.findall(r"`(--?[a-z-]+)", rows[f"instacart {name}"])
        assert set(described) == options, name


def test_reference_has_the_defaults_of_variables() -> None:
    rows = rows_below("| Variable | Default | Is |")
    documented = {row[0].strip("`"): row[1].strip("`") for row in rows}
    assert documented == config.DEFAULTS


def test_map_names_every_room() -> None:
    """Each folder with files of the project, or the folder above it."""
    (_, _, rooms) = WRITTEN["CONTRIBUTING.md"].partition("## Where things are")
    named = {code.rstrip("/") for code in CODE.findall(rooms)}
    for parent in ("models", "scripts", "scripts/instacart", "tests/python"):
        for folder in (PROJECT_DIR / parent).iterdir():
            if folder.is_dir() and not folder.name.startswith(("_", ".")):
                path = folder.relative_to(PROJECT_DIR).as_posix()
                mirrored = parent == "tests/python" and (
                    any(PROJECT_DIR.glob(f"scripts/**/{folder.name}"))
                )
                assert path in named or mirrored, path
    for folder in ("analyses", "docs", "macros", "seeds", "tests"):
        assert folder in named
