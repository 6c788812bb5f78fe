"""What pages and panels consist of, and the file that they are written to."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from instacart import cli
from instacart import dashboard as written_dashboard
from instacart import warehouse as warehouse_module
from instacart.dashboard.charts import CHOSEN
from instacart.dashboard.pages.asked import view_of
from instacart.dashboard.panel import Page, Panel, View
from instacart.errors import UserError
from instacart.report.source import read_source
from support.warehouse import Warehouse

from dashboard.support import Dashboard, Json, key_of

# What Python makes of what it does not know, and blanks too many.
NOT_SAID = re.compile(r"\bNone\b(?!:| of)|\bnan\b|\binf\b|  | \.| ,|^\s|\s$")
LARGEST = 6_000_000


def panels(made: Dashboard) -> Iterator[tuple[Page, Panel]]:
    return ((page, panel) for page in made.pages for panel in page.panels)


def views(made: Dashboard) -> Iterator[tuple[Page, Panel, tuple[str, ...], View]]:
    for page, panel in panels(made):
        for choice in page.choices(panel):
            yield page, panel, choice, panel.views[choice]


def drawn(made: Dashboard) -> Iterator[tuple[str, str, Json, Json]]:
    """Panel and choice of each chart, its view as the script reads it, and itself."""
    for page in made.data["pages"]:
        for panel in page["panels"]:
            for choice, number in panel["views"].items():
                view = made.data["views"][number]
                if view["chart"] is not None:
                    spec = made.data["charts"][view["chart"]]
                    yield panel["key"], choice, view, spec


def fields(spec: Any) -> set[str]:
    """The fields that a chart reads, but for those that it computes itself."""
    read: set[str] = set()
    made: set[str] = set()

    def walk(part: Any) -> None:
        if isinstance(part, list):
            for one in part:
                walk(one)
        elif isinstance(part, dict):
            names = part.get("as", [])
            made.update([names] if isinstance(names, str) else names)
            read.update(part.get("fold", []))
            if isinstance(part.get("field"), str):
                read.add(part["field"])
            for key, value in part.items():
                if isinstance(value, str) and key in {"calculate", "filter", "test"}:
                    read.update(re.findall(r"datum\['([^']*)'\]", value))
                walk(value)

    walk(spec)
    # Nothing is read where no mark is highlighted.
    return read - made - {""}


def test_every_panel_has_its_question_unit_and_sources(dashboard: Dashboard) -> None:
    keys = [panel.key for _, panel in panels(dashboard)]
    assert len(set(keys)) == len(keys)
    found = dashboard.report.query(
        "select table_schema || '.' || table_name as name"
        " from information_schema.tables"
    )
    tables = {row["name"] for row in found}
    for page, panel in panels(dashboard):
        assert panel.key.startswith(f"{page.key}-")
        assert panel.question and panel.counts, panel.key
        assert panel.tables and set(panel.tables) <= tables, panel.key
        assert len(set(panel.tables)) == len(panel.tables), panel.key


def test_every_choice_has_a_finding(dashboard: Dashboard) -> None:
    verdicts = {"", *dashboard.report.facts.verdicts}
    for page, panel in panels(dashboard):
        choices = list(page.choices(panel))
        assert choices and set(choices) == set(panel.views), panel.key
    for _, panel, choice, view in views(dashboard):
        where = panel.key, choice
        assert view.finding.endswith((".", "?", "!")), where
        assert not NOT_SAID.search(view.finding), where
        assert not NOT_SAID.search(view.note), where
        assert view.verdict in verdicts, where


def test_tables_show_what_their_rows_have(dashboard: Dashboard) -> None:
    for _, panel, choice, view in views(dashboard):
        where = panel.key, choice
        keys = {key for row in view.rows for key in row}
        assert (view.rows and view.columns) or not view.chart, where
        assert {column.key for column in view.columns} <= keys or not keys, where
        assert all(column.heading for column in view.columns), where


def test_charts_read_what_their_rows_have(dashboard: Dashboard) -> None:
    read: dict[int, set[str]] = {}
    for panel, choice, view, spec in drawn(dashboard):
        if view["chart"] not in read:
            read[view["chart"]] = fields(spec)
            for part in (spec, *spec.get("layer", ())):
                for channel in ("x", "y"):
                    axis = part.get("encoding", {}).get(channel, {})
                    is_number = axis.get("type") == "quantitative"
                    is_hidden = "axis" in axis and axis["axis"] is None
                    # Without its unit a number says nothing.
                    if is_number and not is_hidden and "aggregate" not in axis:
                        assert axis.get("title"), (panel, choice)
        assert read[view["chart"]] <= set(view["fields"]), (panel, choice)


def test_a_click_chooses_what_a_drop_down_offers(dashboard: Dashboard) -> None:
    controls = {
        (page.key, control.key): control
        for page in dashboard.pages
        for control in page.controls
    }
    clicks = {panel.key: panel.click for _, panel in panels(dashboard) if panel.click}
    clicked = set()
    for panel, _, view, spec in drawn(dashboard):
        if panel in clicks and CHOSEN in {o["name"] for o in spec.get("params", ())}:
            control = controls[key_of(panel), clicks[panel].control]
            offered = {o.value for each in control.options.values() for o in each}
            number = view["fields"].index(clicks[panel].field)
            if {str(row[number]) for row in view["rows"]} & offered:
                clicked.add(panel)
    assert clicked == {panel for panel, *_ in drawn(dashboard)} & clicks.keys()


def test_drop_downs_offer_each_value_once(dashboard: Dashboard) -> None:
    for page in dashboard.pages:
        keys: list[str] = [""]
        for control in page.controls:
            assert control.label and control.of in keys, control.key
            keys.append(control.key)
            followed = any(control.key in panel.controls for panel in page.panels)
            depends = any(one.of == control.key for one in page.controls)
            assert followed or depends, control.key
            for options in control.options.values():
                for texts in zip(*((o.value, o.label) for o in options), strict=True):
                    assert len(set(texts)) == len(texts), control.key
                assert all(one.label for one in options), control.key


def test_links_within_the_dashboard_lead_to_pages(dashboard: Dashboard) -> None:
    keys = {page.key for page in dashboard.pages}
    found = re.findall(r'href="#(\w+)', dashboard.content)
    assert set(found) - {"content"} == keys


def test_the_file_is_small_and_needs_no_other(dashboard: Dashboard) -> None:
    assert len(dashboard.content.encode()) < LARGEST
    text = re.sub(r"<script.*?</script>", "", dashboard.content, flags=re.DOTALL)
    assert not re.findall(r"<(?:link|img|iframe|object|base)\b", text)
    assert "@import" not in text and "url(" not in text


def test_the_same_warehouse_gives_the_same_bytes(
    course: Dashboard, tmp_path: Path
) -> None:
    path = tmp_path / "again.html"
    course.write(path)
    assert path.read_text("utf-8") == course.content
    assert os.listdir(tmp_path) == [path.name]


# The command.


@dataclass
class Command:
    """`instacart dashboard` over a file of before, which stays if it is refused."""

    target: Path
    capsys: pytest.CaptureFixture[str]

    def refused(self, out: Path | None = None) -> str:
        """The sentence that says why."""
        beside = sorted(os.listdir(self.target.parent))
        self.capsys.readouterr()
        assert cli.run(["dashboard", "--out", str(out or self.target)]) == 1
        error = self.capsys.readouterr().err
        assert self.target.read_bytes() == b"of an earlier run"
        assert sorted(os.listdir(self.target.parent)) == beside
        assert error.startswith("instacart dashboard: expected ")
        assert error.count("\n") == 1 and error.endswith(".\n"), error
        return error


@pytest.fixture
def command(
    course: Dashboard,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Command:
    target = tmp_path / "reports" / "dashboard.html"
    target.parent.mkdir()
    target.write_bytes(b"of an earlier run")
    monkeypatch.setenv("INSTACART_DB", str(course.report.database))
    return Command(target, capsys)


def test_the_command_says_what_it_wrote(command: Command, course: Dashboard) -> None:
    assert cli.run(["dashboard", "--out", str(command.target)]) == 0
    said = command.capsys.readouterr()
    assert said.err == ""
    count = len(course.pages), sum(len(page.panels) for page in course.pages)
    assert "Dashboard  {} pages, {} panels".format(*count) in said.out
    assert str(command.target) in said.out.splitlines()[-1]
    assert command.target.read_text("utf-8") == course.content
    assert os.listdir(command.target.parent) == [command.target.name]


def test_no_warehouse_yet(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("INSTACART_DB", str(tmp_path / "none.duckdb"))
    error = command.refused()
    assert "none.duckdb" in error and "make build" in error


def test_a_folder_that_can_not_be_written(command: Command, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "--out" in command.refused(tmp_path / "file" / "dashboard.html")
    assert (tmp_path / "file").read_bytes() == b""


def test_a_target_that_is_a_folder(command: Command, tmp_path: Path) -> None:
    folder = tmp_path / "folder.html"
    folder.mkdir()
    with pytest.raises(UserError, match="found a folder"):
        list(written_dashboard.run(folder))
    # The command line refuses it by itself.
    assert cli.run(["dashboard", "--out", str(folder)]) == 2
    assert "is a directory" in command.capsys.readouterr().err


def test_a_name_of_no_page_is_refused(command: Command, tmp_path: Path) -> None:
    error = command.refused(tmp_path / "dashboard.pdf")
    assert "expected a name that ends in .html" in error


def test_an_error_while_writing_leaves_the_file_before(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", fail)
    error = command.refused()
    monkeypatch.undo()
    assert "No space left on device" in error


def test_lineage_knows_what_the_dashboard_reads(
    course: Dashboard,
    warehouse: Warehouse,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: set[str] = set()
    execute = warehouse_module.Warehouse.execute

    def listen(self: warehouse_module.Warehouse, query: str) -> Any:
        schemas = "marts|data_quality|reference"
        read.update(re.findall(rf"\b(?:from|join)\s+((?:{schemas})\.\w+)", query))
        return execute(self, query)

    monkeypatch.setattr(warehouse_module.Warehouse, "execute", listen)
    course.write(tmp_path / "dashboard.html")
    # Also what the first page would read if a question were among the largest findings.
    source = read_source(course.report.warehouse)
    for _, panel in panels(course):
        for question in panel.asks:
            view_of(source.question(question))
    manifest = warehouse.manifest
    assert manifest
    exposures = {one.name: one for one in manifest.exposures.values()}
    listed = {
        f"{manifest.nodes[key].schema}.{manifest.nodes[key].name}"
        for key in exposures["dashboard"].depends_on.nodes
    }
    assert read == listed
    shown = {table for _, panel in panels(course) for table in panel.tables}
    assert shown <= read
