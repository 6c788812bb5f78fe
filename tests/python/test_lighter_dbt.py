"""What is spared dbt changes nothing of what dbt does."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from dbt.adapters.events.types import SQLQuery
from dbt.clients.jinja import MacroGenerator, MacroStack
from dbt.compilation import inject_ctes_into_sql
from dbt.context.macros import MacroNamespaceBuilder
from dbt.contracts.graph.nodes import InjectedCTE
from dbt.exceptions import PackageNotFoundForMacroError
from dbt.tracking import track_behavior_change_warn
from dbt_common.clients.jinja import MacroFuzzEnvironment, NativeSandboxEnvironment
from dbt_common.clients.system import write_json
from dbt_common.dataclass_schema import dbtClassMixin
from dbt_common.events.base_types import EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.logger import LoggerConfig
from dbt_common.events.types import Formatting, Note
from dbt_common.utils.encoding import JSONEncoder
from instacart import lighter_dbt
from instacart.lighter_dbt import (
    TOKENS,
    MacroContexts,
    build_namespace,
    compile_source,
    dbt_build_namespace,
    dbt_compile,
    fire_event,
    mashumaro_default,
)
from mashumaro.jsonschema import build_json_schema, schema
from sqlparse.lexer import Lexer

FIXTURES = [
    InjectedCTE(id="orders", sql=" __dbt__cte__orders as (select 1 as id)"),
    InjectedCTE(id="days", sql=" __dbt__cte__days as (select 2 as id)"),
]
MODELS = [
    "with a as (select 1) select * from a",
    "\n\nWITH\n\n-- A step.\na as (\n    select 1\n)\n\nselect * from a",
    "with recursive a as (select 1), b as (select 2) select * from a",
    "with\n\n/* with */ recursive a as (select 1) select * from a",
    "-- with\n/* a comment\nwith lines */ with a as (select 1) select * from a",
    "with recursively as (select 1) select * from recursively",
    "select * from (with a as (select 1) select * from a) as withdrawn",
    "-- with\nselect 'with a as (select 1)' as text",
    "(select 1)",
    "-- Ends with a comment\nselect 1 -- with",
]


@pytest.fixture
def lexer() -> Iterator[Lexer]:
    lexer = Lexer.get_default_instance()
    lexer.default_initialization()
    yield lexer
    lexer.set_SQL_REGEX(TOKENS)


@pytest.mark.parametrize("sql", MODELS)
def test_fixtures_are_inserted_where_dbt_inserts_them(lexer: Lexer, sql: str) -> None:
    expected = inject_ctes_into_sql(sql, FIXTURES)
    assert "__dbt__cte__days" in expected
    lexer.set_SQL_REGEX(TOKENS)
    assert inject_ctes_into_sql(sql, FIXTURES) == expected


def test_a_model_of_many_tokens_has_no_limit(lexer: Lexer) -> None:
    lexer.set_SQL_REGEX(TOKENS)
    columns = ", ".join(f"{number} as c{number}" for number in range(10_000))
    found = inject_ctes_into_sql(f"with a as (select {columns}) from a", FIXTURES)
    assert found.count("__dbt__cte__") == len(FIXTURES)
    assert found.endswith("9999 as c9999) from a")


@pytest.mark.parametrize(
    ("log", "written"),
    [
        ([], ["Note"]),
        ([EventLevel.INFO], ["Note"]),
        ([EventLevel.ERROR, EventLevel.DEBUG], ["SQLQuery", "Note"]),
    ],
)
def test_messages_are_written_where_a_log_has_their_level(
    log: list[EventLevel], written: list[str]
) -> None:
    manager = EventManager()
    for number, level in enumerate(log):
        manager.add_logger(
            LoggerConfig(f"log {number}", level=level, output_stream=io.StringIO())
        )
    found: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            lighter_dbt,
            "dbt_fire_event",
            lambda _, e, *__: found.append(type(e).__name__),
        )
        fire_event(manager, SQLQuery(sql="select 1"))
        fire_event(manager, Note(msg="A note."))
    assert found == written


def test_a_callback_gets_every_message_with_its_level() -> None:
    found: list[tuple[str, str]] = []
    manager = EventManager()
    manager.add_callback(track_behavior_change_warn)
    manager.add_callback(lambda msg: found.append((msg.info.name, msg.info.level)))
    fire_event(manager, SQLQuery(sql="select 1"))
    fire_event(manager, SQLQuery(sql="select 1"), EventLevel.WARN)
    assert found == [("SQLQuery", "debug"), ("SQLQuery", "warn")]


def test_what_is_raised_above_debugging_is_written() -> None:
    stream = io.StringIO()
    manager = EventManager()
    manager.add_logger(
        LoggerConfig(name="raised", level=EventLevel.INFO, output_stream=stream)
    )
    fire_event(manager, Formatting(msg="unseen"), EventLevel.DEBUG)
    fire_event(manager, Formatting(msg="seen"), EventLevel.WARN)
    assert stream.getvalue().endswith("seen\n")
    assert "unseen" not in stream.getvalue()


@pytest.mark.parametrize("kind", [MacroFuzzEnvironment, NativeSandboxEnvironment])
def test_a_text_is_compiled_once_for_each_kind_of_environment(
    kind: type[MacroFuzzEnvironment],
) -> None:
    text = "{{ [1, 'one'] }} of test_a_text_is_compiled_once"
    expected = dbt_compile(kind(), text)
    assert compile_source(kind(), text).co_code == expected.co_code
    assert compile_source(kind(), text) is compile_source(kind(), text)
    assert compile_source(kind(), text, raw=True) == dbt_compile(kind(), text, raw=True)


def macro(package: str, name: str) -> Any:
    return SimpleNamespace(
        package_name=package, name=name, unique_id=f"macro.{package}.{name}"
    )


# "ref" is also a function of dbt's own.
NAMES = {
    "dbt": ["ref", "of_all", "of_dbt", "of_internal", "default__of_dbt"],
    "dbt_duckdb": ["of_all", "of_internal", "duckdb__of_dbt"],
    "instacart": ["of_all", "of_project", "default__of_dbt"],
    "installed": ["of_all", "of_installed"],
}


class FakeContext:
    """What a context is built from, with macros of a project and of three packages."""

    def __init__(self, search_package: str) -> None:
        self.search_package = search_package
        self._ctx: dict[str, Any] = {}
        macros = {
            package: {name: macro(package, name) for name in names}
            for package, names in NAMES.items()
        }
        self.manifest = SimpleNamespace(get_macros_by_package=lambda: macros)

    def _get_namespace_builder(self) -> MacroNamespaceBuilder:
        internal = ["dbt_duckdb", "dbt"]
        return MacroNamespaceBuilder(
            "instacart", self.search_package, MacroStack(), internal
        )


def ids(found: Any) -> Any:
    """What a name leads to: the id of its macro, or those of a package."""
    if isinstance(found, dict):
        return {name: ids(found[name]) for name in found}
    return found and found.macro.unique_id


@pytest.mark.parametrize("package", NAMES)
def test_a_context_finds_the_macros_that_it_finds_in_dbt(package: str) -> None:
    theirs, ours = FakeContext(package), FakeContext(package)
    expected = dbt_build_namespace(theirs)
    namespace = build_namespace(ours)  # type: ignore[arg-type]
    theirs._ctx.update(ref="dbt's own", sql="select 1")
    theirs._ctx.update(expected)
    ours._ctx.update(ref="dbt's own", sql="select 1")
    ours._ctx.update(namespace)
    for context in (theirs._ctx, ours._ctx):
        assert context.pop("sql") == "select 1"
    assert ids(ours._ctx) == ids(theirs._ctx)
    assert ids(dict(ours._ctx)) == ids({**ours._ctx}) == ids(theirs._ctx)
    assert "of_nobody" not in ours._ctx
    assert ours._ctx.get("of_nobody", 1) == 1
    assert all(
        made.context is ours._ctx
        for made in dict(ours._ctx).values()
        if isinstance(made, MacroGenerator)
    )
    for where in (None, "dbt", "instacart", "installed"):
        for name in {name for names in NAMES.values() for name in names} | {"unknown"}:
            found = namespace.get_from_package(where, name)
            assert ids(found) == ids(expected.get_from_package(where, name))
    with pytest.raises(PackageNotFoundForMacroError):
        namespace.get_from_package("unknown", "of_all")


def test_what_a_macro_was_given_is_not_for_the_next() -> None:
    contexts = MacroContexts(lambda macro, *_: {"package": macro.package_name})
    manifest = object()
    first = contexts(macro("dbt", "a"), None, manifest, None)
    first.update(package="changed", limit=5)
    again = contexts(macro("dbt", "b"), None, manifest, None)
    assert again is first
    assert again == {"package": "dbt"}
    assert contexts(macro("instacart", "a"), None, manifest, None) is not first
    assert contexts(macro("dbt", "a"), None, object(), None) is not first
    with ThreadPoolExecutor() as pool:
        other = pool.submit(contexts, macro("dbt", "a"), None, manifest, None).result()
    assert other is not first


CONTENT = {
    "text": 'Crème brûlée "1"\n',
    "nested": [{"a": None, "b": [True, 1, 0.1]}, {}, []],
    "converted": [Decimal("1.5"), datetime(2026, 1, 31, 5), ValueError("bad")],
    2: 1e300,
}


def test_a_file_of_json_is_written_as_dbt_writes_it(tmp_path: Path) -> None:
    write_json(str(tmp_path / "ours.json"), CONTENT)
    with pytest.MonkeyPatch.context() as patch:
        patch.delattr(JSONEncoder, "iterencode")
        write_json(str(tmp_path / "theirs.json"), CONTENT)
    assert (tmp_path / "ours.json").read_bytes() == (
        tmp_path / "theirs.json"
    ).read_bytes()


class Color(StrEnum):
    RED = "red"


@dataclass
class WithDefaults(dbtClassMixin):
    nothing: str | None = None
    text: str = "a"
    number: int = 1
    ratio: float = 0.5
    flag: bool = True
    color: Color = Color.RED
    # Its default is converted: the schema has a text.
    day: datetime = datetime(2026, 1, 31, 5)
    several: list[str] = field(default_factory=list)


def test_a_schema_has_the_defaults_that_it_has_without() -> None:
    found = build_json_schema(WithDefaults).to_dict()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schema, "_default", mashumaro_default)
        expected = build_json_schema(WithDefaults).to_dict()
    assert expected["properties"]["ratio"]["default"] == 0.5
    assert json.dumps(found) == json.dumps(expected)


PLAIN_DBT = """
import sys
from dbt.cli.main import cli
from dbt.plugins import set_up_plugin_manager

set_up_plugin_manager("instacart")
print(*sorted({"dbt_instacart", "instacart.lighter_dbt"} & set(sys.modules)))
"""


def test_plain_dbt_finds_what_spares_it_work() -> None:
    assert output_of(PLAIN_DBT) == "dbt_instacart instacart.lighter_dbt\n"


CALLS = """
import json, sys
from pathlib import Path

import duckdb
from instacart.dbt_plugin import Plugin
from instacart.publish.run import start_run

folder = Path(sys.argv[1], "instacart.duckdb.built")
started = json.dumps({"selected": {}, "vars": ""})
# One table that was never built, so that it says why nothing is published.
node = {"checksum": "", "parents": [], "runs": True}
ended = json.dumps(
    {"nodes": {"model.b.c": node}, "statuses": {}, "tables": [], "changes": ""}
)
plugin = Plugin.create("instacart.dbt_plugin", config={}, alias="instacart")
plugin.run = start_run(folder, folder / "temp")
with duckdb.connect(str(folder / "instacart.duckdb")) as connection:
    plugin.configure_connection(connection)
    for call in (
        f"inspect_raw_files('{folder}', '{{}}')",
        "say_shortage('none of these')",
        f"begin_run('{started}')",
        f"finish_run('{ended}')",
    ):
        assert connection.execute(f"select {call}").fetchall() == [(None,)], call
    print("pandas" in sys.modules)
"""


def test_a_run_imports_no_pandas(tmp_path: Path) -> None:
    """DuckDB would, to look at what a function of ours returns, unless it is null."""
    said, imported = output_of(CALLS, str(tmp_path)).splitlines()
    assert said.endswith("readers see nothing yet.")
    assert imported == "False"


CYCLE = """
from instacart.dbt_plugin import collect_less

class Connection:
    def __del__(self):
        print("closed", flush=True)

connection = Connection()
connection.itself = connection
collect_less()
"""


def test_what_was_left_out_of_collections_is_closed_at_the_end() -> None:
    """Else a database would keep its log beside it, and be incomplete without."""
    assert output_of(CYCLE) == "closed\n"


def output_of(code: str, *arguments: str) -> str:
    """What a Python process of its own prints."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
