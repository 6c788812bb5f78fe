"""One HTML file of pages and panels, with everything that draws them inside."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from importlib.resources import files
from typing import Any

import vl_convert
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from instacart.dashboard.panel import Choice, Page, Panel, View
from instacart.report.facts import Facts

# Charts in Vega-Lite, by their identity.
Specs = dict[int, dict[str, Any]]
# More digits than these differ between machines and threads.
DIGITS = 12


def render(pages: Sequence[Page], facts: Facts, title: str, built: str) -> str:
    """The text of the file. Its content security policy allows these scripts alone."""
    libraries = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    scripts = [_as_element(one) for one in (libraries, _asset("page.js"))]
    allowed = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    environment = Environment(
        loader=PackageLoader("instacart.dashboard", "assets"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.jinja").render(
        title=title,
        origin=f"{facts.origin}. {facts.population}",
        warning=facts.warning,
        built=built,
        citations=facts.citations,
        policy=(
            f"default-src 'none'; script-src {allowed};"
            " style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
        ),
        pages=[_shown(page) for page in pages],
        style=Markup(_asset("page.css")),
        scripts=[Markup(script) for script in scripts],
        data=Markup(_json(_payload(pages, facts, title)).replace("<", "\\u003c")),
    )


def _asset(name: str) -> str:
    return (files("instacart.dashboard") / "assets" / name).read_text("utf-8")


def _as_element(script: str) -> str:
    """A script without what would end its element, or begin another."""
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _shown(page: Page) -> dict[str, Any]:
    """What the template writes of a page: each panel as it is at first."""
    panels = [
        {
            "key": panel.key,
            "question": panel.question,
            "counts": panel.counts,
            "tables": panel.tables,
            "is_wide": panel.is_wide,
            "more": panel.more,
            "first": panel.views[next(page.choices(panel))],
        }
        for panel in page.panels
    ]
    return vars(page) | {"panels": panels}


def _payload(pages: Sequence[Page], facts: Facts, title: str) -> dict[str, Any]:
    """What the script reads: pages, and views and charts, those alike once."""
    views, tables, rows, charts = Once(), Once(), Once(), Once()
    specs: Specs = {}
    return {
        "title": title,
        "verdicts": list(facts.verdicts),
        "pages": [
            {
                "key": page.key,
                "title": page.title,
                "controls": [
                    {
                        "key": control.key,
                        "of": control.of,
                        "is_search": control.is_search,
                        "holds": control.holds,
                        "options": {
                            of: [[one.value, one.label] for one in options]
                            for of, options in control.options.items()
                        },
                    }
                    for control in page.controls
                ],
                "panels": [
                    {
                        "key": panel.key,
                        "controls": list(panel.controls),
                        "click": vars(panel.click) if panel.click else None,
                        "views": {
                            _json(choice): views.number(
                                _told(view, tables, rows, charts, specs)
                            )
                            for choice, view in _views(page, panel)
                        },
                    }
                    for panel in page.panels
                ],
            }
            for page in pages
        ],
        "views": views.items,
        "tables": tables.items,
        "rows": rows.items,
        "charts": charts.items,
    }


def _views(page: Page, panel: Panel) -> Iterator[tuple[Choice, View]]:
    return ((choice, panel.views[choice]) for choice in page.choices(panel))


class Once:
    """A list in which what is the same stands once, so that its number tells it."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self._numbers: dict[str, int] = {}

    def number(self, item: Any) -> int:
        number = self._numbers.setdefault(_json(item), len(self.items))
        if number == len(self.items):
            self.items.append(item)
        return number


def _told(
    view: View, tables: Once, rows: Once, charts: Once, specs: Specs
) -> dict[str, Any]:
    """A view with the numbers of its chart, of its table, which has fields and columns,
    and of its rows, which are lists of what the fields name."""
    spec = chart_spec(view, specs)
    columns = [column for column in view.columns if _is_known(view, column.key)]
    named = [column.key for column in columns]
    drawn = sorted(_fields(spec) & {key for row in view.rows for key in row})
    fields = list(dict.fromkeys([*named, *drawn]))
    return {
        "finding": view.finding,
        "verdict": view.verdict,
        "note": view.note,
        "judged": view.judged,
        "action": view.action,
        "chart": None if spec is None else charts.number(spec),
        "table": tables.number(
            {
                "fields": fields,
                "columns": [
                    {"key": one.key, "heading": one.heading, "kind": one.kind}
                    for one in columns
                ],
            }
        ),
        "rows": rows.number(_told_rows(view, fields)),
    }


def _told_rows(view: View, fields: Sequence[str]) -> list[list[Any]]:
    """Rows as lists; a text that is not known is blank, not what charts call null."""
    texts = {
        key for row in view.rows for key in fields if isinstance(row.get(key), str)
    }
    return [
        [
            "" if key in texts and row.get(key) is None else _value(row.get(key))
            for key in fields
        ]
        for row in view.rows
    ]


def _is_known(view: View, key: str) -> bool:
    """Whether any row holds something: what a package lacks, as money, is left out."""
    return any(row.get(key) is not None for row in view.rows)


def chart_spec(view: View, specs: Specs | None = None) -> dict[str, Any] | None:
    """A view's chart in Vega-Lite, as wide as its panel, without data or Altair's look.

    specs: those of charts that views share, as Altair is slow to write them. Where a
    chart has a step per name its height is that of all names: Vega-Lite warns of a step
    beside the width of a panel.
    """
    if view.chart is None:
        return None
    specs = {} if specs is None else specs
    if id(view.chart) not in specs:
        specs[id(view.chart)] = view.chart.to_dict()
    spec: dict[str, Any] = {"width": "container"} | deepcopy(specs[id(view.chart)])
    for part in (spec, *spec.get("layer", ())):
        for key in ("$schema", "config", "data", "datasets"):
            part.pop(key, None)
        if isinstance(height := part.get("height"), dict):
            part["height"] = height["step"] * _names(part, view)
        if "tooltip" in (encoding := part.get("encoding", {})):
            encoding["tooltip"] = [
                one for one in encoding["tooltip"] if not _is_unknown(view, one)
            ]
    return spec


def _is_unknown(view: View, tooltip: dict[str, Any]) -> bool:
    """Whether a tooltip shows a column in which no row has anything."""
    key = tooltip["field"]
    return any(key in row for row in view.rows) and not _is_known(view, key)


def _names(spec: dict[str, Any], view: View) -> int:
    """How many names there are down a chart, or bars beside each other of all names."""
    encoding = spec.get("encoding") or spec["layer"][0]["encoding"]
    names = {row[encoding["y"]["field"]] for row in view.rows}
    beside = encoding.get("yOffset", {}).get("sort") or [None]
    return len(names) * len(beside)


def _fields(spec: Any) -> set[str]:
    """The texts within a chart, among which are the fields that it reads."""
    if isinstance(spec, dict):
        return set().union(*(_fields(value) for value in spec.values()))
    if isinstance(spec, list):
        return set().union(*(_fields(value) for value in spec))
    if isinstance(spec, str):
        # Expressions name them in brackets: datum['is_busy'].
        return {spec, *spec.replace('"', "'").split("'")}
    return set()


def _value(value: Any) -> Any:
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def _json(item: Any) -> str:
    return json.dumps(item, ensure_ascii=False, separators=(",", ":"))
