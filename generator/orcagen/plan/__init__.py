"""Stage 4: the Package: every name and every decision, as plain data for the templates."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from orcagen.config import Config
from orcagen.diagnostics import Diagnostics
from orcagen.openapi import Document, SecurityScheme
from orcagen.plan import names
from orcagen.plan.dicts import TypedDicts, renamed_components, typed_dicts
from orcagen.plan.model import (
    Option,
    Package,
    SchemePlan,
    ServerPlan,
    Table,
)
from orcagen.plan.operations import Planner, function_names, places
from orcagen.plan.schemas import model_modules
from orcagen.plan.symbols import Symbols, Writer
from orcagen.plan.text import prose, sentence
from orcagen.schema import Key, TypeGraph

__all__ = ["Package", "TableData", "plan", "schemas_by_symbol"]

_OWN_OPTIONS = frozenset(
    "base_url timeout headers http_client server_variables token basic_auth client_credentials self".split()
)


@frozen
class TableData:
    """The content of a data file, and the place of its schema."""

    name: str
    data: Any
    schema: Key
    source: str
    description: str


def plan(
    document: Document,
    graph: TypeGraph,
    config: Config,
    found: Diagnostics,
    name: str,
    source: str,
    tables: tuple[TableData, ...] = (),
) -> Package:
    """Decides everything that is written. `source` is the document's name for docstrings."""
    functions = function_names(document, config.names)
    symbols = Symbols.of(graph, places(document, functions), config.names, document.root.file)
    dicts = typed_dicts(document, graph, symbols) if config.typed_dicts else TypedDicts()
    planner = Planner(document, graph, symbols, found, functions, dicts.names)
    apis = planner.modules()
    schemes = _schemes(document.security_schemes)
    models = model_modules(graph, symbols)
    return Package(
        name=name,
        title=sentence(document.title) or "API",
        version=sentence(document.version),
        description=prose(document.description),
        source=source,
        models=models,
        apis=apis,
        options=_options(document.security_schemes, schemes),
        schemes=schemes,
        servers=tuple(
            ServerPlan(s.url, s.variables, sentence(s.description)) for s in document.servers
        ),
        tables=tuple(
            Table(
                t.name,
                Writer(symbols).write(graph.types[t.schema]),
                prose(t.description),
                t.data,
                t.source,
            )
            for t in tables
        ),
        dicts=dicts.schemas,
        openapi_version=document.openapi_version,
        schemas={key.pointer: f"{name}.models.{symbols.symbol[key]}" for key in graph.components},
    )


def schemas_by_symbol(
    document: Document, graph: TypeGraph, config: Config, found: Diagnostics
) -> dict[str, Any]:
    """The components under the names that `plan` gives them, for generators of other models."""
    functions = function_names(document, config.names)
    symbols = Symbols.of(graph, places(document, functions), config.names, document.root.file)
    schemas, left_out = renamed_components(document, graph, symbols)
    for pointer in left_out:
        found.add(
            "warning",
            document.root.file,
            pointer,
            "a schema that refers to another file",
            "left out",
        )
    return schemas


def _schemes(schemes: tuple[SecurityScheme, ...]) -> tuple[SchemePlan, ...]:
    wanted = {
        s.key: (s.key, names.harmless(names.snake(s.key), _OWN_OPTIONS | names.BUILTINS))
        for s in schemes
        if s.kind == "apiKey"
    }
    keys = names.unique(wanted)
    out = []
    for s in schemes:
        if s.kind in ("bearer", "oauth2"):
            out.append(SchemePlan(s.key, "token", s.kind, s.token_url or ""))
        elif s.kind == "basic":
            out.append(SchemePlan(s.key, "basic_auth", "basic", ""))
        elif s.kind == "apiKey":
            out.append(SchemePlan(s.key, keys[s.key], s.location, s.name))
    return tuple(out)


def _options(
    schemes: tuple[SecurityScheme, ...], plans: tuple[SchemePlan, ...]
) -> tuple[Option, ...]:
    about = {s.key: sentence(s.description) for s in schemes}
    out: dict[str, Option] = {}
    for p in plans:
        if p.place == "basic":
            annotation, text = "tuple[str, str]", "User name and password."
        else:
            annotation = "str | Callable[[], str]"
            text = {
                "bearer": "The bearer token, or a function that gives it.",
                "oauth2": "The OAuth 2 access token, or a function that gives it.",
            }.get(
                p.place,
                f"The API key for the {p.place} {sentence(p.name)!r}, or a function that gives it.",
            )
        description = f"{text} {about[p.key]}".strip()
        out.setdefault(p.option, Option(p.option, annotation, description))
        if p.place == "oauth2" and p.name:
            text = "OAuth 2 client id and secret; the token is fetched and refreshed."
            out.setdefault(
                "client_credentials", Option("client_credentials", "tuple[str, str]", text)
            )
    return tuple(out.values())
