"""Stage 4: the plan of a package: every name and every decision, as values for the templates."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from orcagen.config import Config
from orcagen.diagnostics import Diagnostics
from orcagen.openapi import Document, References
from orcagen.plan.binary import encode_in_json, is_binary, json_type
from orcagen.plan.clients import (
    plan_operation_servers,
    plan_options,
    plan_security_schemes,
    plan_server,
)
from orcagen.plan.component_schemas import rename_components
from orcagen.plan.custom_types import check_custom_types, keep_used, plan_custom_types
from orcagen.plan.function_names import name_functions
from orcagen.plan.media_types import is_xml
from orcagen.plan.model import BINARY, ApiModule, ModelModule, Package, Table
from orcagen.plan.operations import plan_api_modules
from orcagen.plan.schemas import expand, plan_modules
from orcagen.plan.symbols import assign_symbols
from orcagen.plan.text import clean_markdown, one_line
from orcagen.plan.typed_dicts import TypedDicts, plan_typed_dicts
from orcagen.plan.uniqueness import check_names
from orcagen.plan.webhooks import plan_webhooks
from orcagen.schema import CustomType, Key, Scalar, TupleType, Type, TypeGraph, UnionType
from orcagen.schema.keywords import FORMATS
from orcagen.schema.model import BYTES, DECIMAL_NUMBER, STR, UPLOAD, inner_types, walk

_JSON_SCALARS = frozenset(map(Scalar, ("str", "int", "float", "bool", "None")))

__all__ = [
    "Package",
    "TableData",
    "check_custom_types",
    "plan",
    "plan_custom_types",
    "schemas_by_symbol",
]


@frozen
class TableData:
    """The content of a data file, and the key of the schema that describes it."""

    name: str
    data: Any
    schema: Key
    source: str
    description: str


def plan(
    document: Document,
    graph: TypeGraph,
    config: Config,
    diagnostics: Diagnostics,
    name: str,
    source: str,
    tables: tuple[TableData, ...] = (),
) -> Package:
    """Decides everything that is written. `source` is the document's name for docstrings."""
    function_names = name_functions(document, config.names)
    symbols = assign_symbols(graph, function_names.by_node, config.names, document)
    in_json = encode_in_json(document, graph)
    typed_dicts = (
        plan_typed_dicts(document, in_json, symbols) if config.typed_dicts else TypedDicts()
    )
    schemes = plan_security_schemes(document.security_schemes)
    apis = plan_api_modules(document, graph, symbols, typed_dicts, function_names, diagnostics)
    types = _list_types(graph, in_json)
    scalars = {t.name for t in types if isinstance(t, Scalar)}
    has_xml = _has_xml(apis)
    models = plan_modules(in_json, symbols, has_xml)
    package = Package(
        name=name,
        title=one_line(document.title) or "API",
        version=one_line(document.version),
        description=clean_markdown(document.description),
        source=source,
        models=models,
        apis=apis,
        options=plan_options(document.security_schemes, schemes),
        security_schemes=schemes,
        servers=tuple(map(plan_server, document.servers)),
        operation_servers=plan_operation_servers(document),
        tables=tuple(
            Table(
                t.name,
                symbols.resolve(graph.types[t.schema]),
                clean_markdown(t.description),
                t.data,
                t.source,
            )
            for t in tables
        ),
        typed_dicts=typed_dicts.plans,
        openapi_version=document.openapi_version,
        webhooks=plan_webhooks(document, graph, symbols),
        webhook_signature=document.webhook_signature,
        has_formats=not scalars.isdisjoint({*FORMATS.values()} - {UPLOAD.name}),
        has_unions=bool(document.webhooks) or _has_unions(in_json, types, models),
        has_decimal_numbers=DECIMAL_NUMBER.name in scalars,
        naive_datetimes=config.naive_datetimes,
        downloads=config.downloads,
        validate_requests=config.validate_requests,
        opentelemetry=config.opentelemetry,
        has_files=_has_files(apis),
        custom_types=keep_used(plan_custom_types(config.types), _find_custom_types(graph)),
        has_xml=has_xml,
        contact=document.contact,
        license=document.license,
        schemas={
            graph.named[key].pointer: f"{name}.models.{symbols.symbol[key]}"
            for key in (*graph.components, *_find_included(document, graph))
        },
    )
    check_names(package)
    return package


def _find_included(document: Document, graph: TypeGraph) -> list[Key]:
    """The schemas of other files that are no components, but named by themselves as these are."""
    return sorted(
        key
        for key, named in graph.named.items()
        if key.file != document.root.file
        and named.qualifiers is not None
        and not key.role
        and key not in graph.components
    )


def _has_files(apis: tuple[ApiModule, ...]) -> bool:
    """Whether an operation sends or returns files."""
    functions = [f for a in apis for f in a.functions]
    return any(
        type_ in (BYTES, BINARY)
        for f in functions
        for r in f.responses
        if r.is_success
        for type_ in r.content.values()
    ) or any(e.kind in ("raw", "multipart") for f in functions if f.body for e in f.body.encodings)


def _has_xml(apis: tuple[ApiModule, ...]) -> bool:
    """Whether a body or a response is an XML document of models, and not the text of one."""
    functions = [f for a in apis for f in a.functions]
    return any(
        is_xml(media_type) and type_ not in (STR, BYTES)
        for f in functions
        for r in f.responses
        for media_type, type_ in r.content.items()
    ) or any(e.kind == "xml" or e.xml_parts for f in functions if f.body for e in f.body.encodings)


def _list_types(graph: TypeGraph, in_json: TypeGraph) -> list[Type]:
    """All types in a document, and those inside them. Of bodies that are files as a whole, nothing is decoded."""
    types = [json_type(t) for t in graph.types.values() if not is_binary(graph, t)]
    types += (t for n in in_json.named.values() for t in inner_types(n))
    return [part for t in types for part in walk(t)]


def _has_unions(graph: TypeGraph, types: list[Type], models: tuple[ModelModule, ...]) -> bool:
    """Whether there are tuples, or unions that may have to choose between members that differ in more than JSON's types."""
    if any(c.variants for m in models for c in m.classes):
        return True
    if any(a.discriminator for m in models for a in m.aliases):
        return True
    if any(isinstance(t, TupleType) for t in types):
        return True
    for union in {t for t in types if isinstance(t, UnionType)}:
        leaves = expand(graph, union)
        others = [leaf for leaf in leaves if leaf not in _JSON_SCALARS]
        # A word can be taken for base64.
        is_word = STR in leaves and any(o == BYTES or isinstance(o, CustomType) for o in others)
        if len(others) > 1 or is_word:
            return True
    return False


def _find_custom_types(graph: TypeGraph) -> set[str]:
    types = [*graph.types.values(), *(t for n in graph.named.values() for t in inner_types(n))]
    return {part.symbol for t in types for part in walk(t) if isinstance(part, CustomType)}


def schemas_by_symbol(
    document: Document, references: References, graph: TypeGraph, config: Config
) -> dict[str, Any]:
    """The component schemas, and those of other files, by the names that `plan` gives them, for generators of other kinds of
    models."""
    functions = name_functions(document, config.names).by_node
    symbols = assign_symbols(graph, functions, config.names, document)
    keys = (*graph.components, *_find_included(document, graph))
    return rename_components(document, references, keys, symbols)
