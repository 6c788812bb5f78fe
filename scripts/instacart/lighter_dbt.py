"""dbt without work that nobody needs.

dbt has no settings for these, so each replaces a function of dbt or of a library that
it uses by one with the same result. What each saves: docs/performance.md.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from types import CodeType
from typing import Any

from dbt.adapters.base.impl import BaseAdapter
from dbt.clients.jinja import MacroGenerator
from dbt.context.manifest import ManifestContext
from dbt.context.providers import ModelContext
from dbt.contracts.graph.nodes import Macro
from dbt.exceptions import PackageNotFoundForMacroError
from dbt.include.global_project import PROJECT_NAME as DBT
from dbt.tracking import track_behavior_change_warn
from dbt_common.clients.jinja import MacroFuzzEnvironment
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.utils.encoding import JSONEncoder
from mashumaro.jsonschema import schema
from sqlparse import tokens
from sqlparse.lexer import Lexer

# dbt asks sqlparse only where the first `with` of a unit-tested model is, and inserts
# fixtures behind it: the rest need not be split into tokens.
TOKENS = [
    (r"\s+", tokens.Whitespace),
    (r"--.*", tokens.Comment.Single),
    (r"/\*[\s\S]*?\*/", tokens.Comment.Multiline),
    (r"(with|recursive)\b", tokens.Keyword),
    (r"[\s\S]+", tokens.Text),
]
FOR_DEBUGGING = (EventLevel.DEBUG, EventLevel.TEST)

dbt_compile = MacroFuzzEnvironment.compile
dbt_fire_event = EventManager.fire_event
dbt_build_namespace = ManifestContext._build_namespace
dbt_execute_macro = BaseAdapter.execute_macro
mashumaro_default = schema._default

Context = dict[str, Any]
# What dbt gives to every context by name.
FUNCTIONS = frozenset(ModelContext._context_members_)
# What a text of Jinja's compiles to, in an environment of a kind.
COMPILED: dict[tuple[type, str], CodeType] = {}


@cache
def lighten_dbt() -> None:
    """Replace them in this process, once."""
    Lexer.get_default_instance().set_SQL_REGEX(TOKENS)
    for owner, name, ours in (
        (EventManager, "fire_event", fire_event),
        (MacroFuzzEnvironment, "compile", compile_source),
        (ManifestContext, "_build_namespace", build_namespace),
        (BaseAdapter, "execute_macro", execute_macro),
        (JSONEncoder, "iterencode", iterencode),
        (schema, "_default", default_in_schema),
    ):
        setattr(owner, name, ours)


def fire_event(
    manager: EventManager,
    e: BaseEvent,
    level: EventLevel | None = None,
    *more: Any,
    **options: Any,
) -> None:
    """Write a message for debugging only where it is read: a build has 16,000."""
    is_for_debugging = (level or e.level_tag()) in FOR_DEBUGGING
    if not is_for_debugging or reads_what_is_for_debugging(manager):
        dbt_fire_event(manager, e, level, *more, **options)


def reads_what_is_for_debugging(manager: EventManager) -> bool:
    """Whether a log has that level, or a callback besides dbt's own, of warnings."""
    return any(logger.level in FOR_DEBUGGING for logger in manager.loggers) or any(
        callback is not track_behavior_change_warn for callback in manager.callbacks
    )


def compile_source(
    environment: MacroFuzzEnvironment, source: Any, *more: Any, **options: Any
) -> CodeType:
    """Compile a text of Jinja's once: many tests have the same, or the same model."""
    if more or options or not isinstance(source, str):
        return dbt_compile(environment, source, *more, **options)
    key = (type(environment), source)
    if key not in COMPILED:
        COMPILED[key] = dbt_compile(environment, source)
    return COMPILED[key]


class Macros(dict[str, Any]):
    """Macros by name, each made a function when it is first asked for.

    A context is one of these too, and holds other values besides.
    """

    def __init__(
        self, macros: dict[str, Macro], make: Callable[[Macro], MacroGenerator]
    ) -> None:
        super().__init__()
        self.macros = macros
        self.make = make

    def __missing__(self, name: str) -> Any:
        made = self[name] = self.make(self.macros[name])
        return made

    def __contains__(self, name: object) -> bool:
        return name in self.macros or super().__contains__(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def keys(self) -> Any:
        """All names, so that a copy is complete."""
        return dict.fromkeys([*self.macros, *super().keys()]).keys()

    def get(self, name: str, default: Any = None) -> Any:
        """A macro or value by its name, or the default."""
        return self[name] if name in self else default  # noqa: SIM401


class Namespace(dict[str, Any]):
    """What a context has to hold besides macros, and where dbt finds these."""

    def __init__(self, macros: Macros, packages: dict[str, Macros]) -> None:
        super().__init__(packages)
        self.macros = macros
        self.packages = packages

    def get_from_package(self, package: str | None, name: str) -> Any:
        """A macro, of this package if there is one; None if it is unknown."""
        if package is None:
            return self.macros.get(name)
        if package not in self.packages:
            raise PackageNotFoundForMacroError(package)
        return self.packages[package].get(name)


def build_namespace(context: ManifestContext) -> Namespace:
    """Give a context all macros, 770: a build has 1,600 contexts."""
    builder = context._get_namespace_builder()
    packages = dict(context.manifest.get_macros_by_package())
    internal: dict[str, Macro] = {}
    for package in reversed(builder.internal_package_names_order):
        internal |= packages.pop(package, {})
    # Of the same name the last wins.
    macros = (
        internal
        | packages.get(builder.root_package, {})
        | packages.get(builder.search_package, {})
    )
    packages[DBT] = internal

    def make(macro: Macro) -> MacroGenerator:
        return MacroGenerator(macro, context._ctx, builder.node, builder.thread_ctx)

    context._ctx = Macros(macros, make)
    namespace = Namespace(
        Macros(macros, make),
        {package: Macros(found, make) for package, found in packages.items()},
    )
    # They take the place of dbt's own functions.
    for name in macros.keys() & FUNCTIONS:
        namespace[name] = context._ctx[name]
    return namespace


def execute_macro(adapter: BaseAdapter, *given: Any, **options: Any) -> Any:
    """Run a macro that an adapter needs in a context that is made once per thread."""
    contexts = adapter._macro_context_generator
    if contexts and not isinstance(contexts, MacroContexts):
        adapter._macro_context_generator = MacroContexts(contexts)  # type: ignore[assignment]
    return dbt_execute_macro(adapter, *given, **options)


class MacroContexts(threading.local):
    """The contexts of a thread, by the packages of the macro and of its caller."""

    def __init__(self, make: Any) -> None:
        self.make = make
        self.made: dict[tuple[Any, ...], tuple[Context, Context]] = {}

    def __call__(
        self, macro: Macro, config: Any, manifest: Any, package: str | None
    ) -> Context:
        """The context to run a macro of a manifest in."""
        key = (macro.package_name, package, id(manifest))
        if key not in self.made:
            made = self.make(macro, config, manifest, package)
            self.made[key] = (made, dict(made))
        context, content = self.made[key]
        # What an earlier caller put in is not for this one.
        context.clear()
        context.update(content)
        return context


def iterencode(
    encoder: JSONEncoder, content: Any, _one_shot: bool = False
) -> Iterable[str]:
    """Write a file of JSON as Python writes a text: by its encoder in C."""
    return json.JSONEncoder.iterencode(encoder, content, _one_shot=True)


def default_in_schema(kind: Any, value: Any, config: Any) -> Any:
    """Return a field's default as its JSON Schema has it.

    The library makes a class to convert each, which these don't need.
    """
    if value is None or type(value) in (str, bool, int, float):
        return value
    return mashumaro_default(kind, value, config)
