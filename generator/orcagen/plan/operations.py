"""Operations: what the modules of `api/` contain."""

from __future__ import annotations

import re
from urllib.parse import quote

from attrs import evolve

from orcagen.diagnostics import Diagnostics
from orcagen.openapi import Document
from orcagen.plan import names
from orcagen.plan.bodies import plan_body
from orcagen.plan.clients import plan_server
from orcagen.plan.function_names import FunctionNames, operation_key
from orcagen.plan.links import Linker
from orcagen.plan.long_running import PlannedOperation, plan_long_running
from orcagen.plan.method_names import name_methods
from orcagen.plan.model import ApiModule, Function
from orcagen.plan.pagination import ask_for_json, plan_pagination
from orcagen.plan.parameters import plan_arguments
from orcagen.plan.response_headers import plan_headers
from orcagen.plan.responses import plan_responses
from orcagen.plan.symbols import Symbols
from orcagen.plan.text import clean_markdown, one_line
from orcagen.plan.typed_dicts import TypedDicts
from orcagen.schema import TypeGraph


def plan_api_modules(
    document: Document,
    graph: TypeGraph,
    symbols: Symbols,
    typed_dicts: TypedDicts,
    function_names: FunctionNames,
    diagnostics: Diagnostics,
) -> tuple[ApiModule, ...]:
    """One module per tag, with a function for each operation."""
    operations: list[PlannedOperation] = []
    for op in document.operations:
        op = ask_for_json(op, graph)
        name = function_names.function[operation_key(op)]
        arguments = plan_arguments(op, name, graph, symbols, diagnostics)
        responses = plan_responses(op, graph, symbols)
        path_parameters = {a.api_name for a in arguments if a.location == "path"}
        function = Function(
            name=name,
            method=op.method,
            path=_normalize_path(op.path, path_parameters),
            path_template=op.path,
            pointer=document.place(op.node.key),
            summary=one_line(op.summary),
            description=clean_markdown(op.description),
            deprecated=op.deprecated,
            arguments=arguments,
            body=plan_body(op, graph, symbols, typed_dicts),
            responses=responses.responses,
            result=responses.result,
            results=responses.results,
            accept=responses.accept,
            stream=responses.stream,
            stream_method=name if responses.is_stream else None,
            security=op.security,
            server=plan_server(op.servers[0]) if op.servers else None,
            idempotency_key=op.idempotency_key,
            pagination=plan_pagination(op, responses, graph, symbols, diagnostics),
            headers=plan_headers(op, graph, symbols),
        )
        module = function_names.module[operation_key(op)]
        operations.append(PlannedOperation(op, function, module))
    functions: dict[str, list[Function]] = {}
    operations = plan_long_running(operations, document, graph, symbols, diagnostics)
    linker = Linker(document, operations, diagnostics)
    for planned in operations:
        function = evolve(planned.function, links=linker.plan(planned.op))
        functions.setdefault(planned.module, []).append(function)
    attributes, classes = name_methods(functions)
    for name, of_module in functions.items():
        functions[name] = _name_classes(_name_stream_methods(of_module), classes[name])
    return tuple(
        ApiModule(
            name,
            attributes[name],
            classes[name],
            function_names.tags[name],
            clean_markdown(document.tags.get(function_names.tags[name], "")),
            tuple(functions[name]),
        )
        for name in sorted(functions)
    )


def _name_stream_methods(functions: list[Function]) -> list[Function]:
    """The functions of a module, with names for the methods that stream what is not always a stream."""
    taken = {f.name for f in functions}
    named = []
    for f in functions:
        if f.stream is not None and f.stream_method is None:
            name = f.name + "_stream"
            while name in taken:
                name += "_"
            taken.add(name)
            f = evolve(f, stream_method=name)
        named.append(f)
    return named


def _name_classes(functions: list[Function], methods: str) -> list[Function]:
    """The functions of a module, with names for the classes of their headers and links."""
    classes = {f"{f.name} Headers" for f in functions if f.headers}
    classes |= {f"{f.name} Links" for f in functions if f.links}
    candidates = {c: (c, names.to_pascal_case(c)) for c in classes}
    chosen = names.resolve_collisions(candidates, taken=(methods, "TypedHeaders", "ResponseLinks"))
    return [
        evolve(
            f,
            headers_class=chosen.get(f"{f.name} Headers", ""),
            links_class=chosen.get(f"{f.name} Links", ""),
        )
        for f in functions
    ]


_PLACEHOLDER = re.compile(r"(\{[^{}]*\})")


def _normalize_path(path: str, parameters: set[str]) -> str:
    """A path with placeholders for its parameters, and everything else percent-encoded where RFC 3986 demands it.

    Some documents write a query or a fragment behind the path. The fragment is dropped, and so are the pairs of the query
    with placeholders of query parameters, which are serialized like any other.
    """
    path, mark, query = path.partition("#")[0].partition("?")
    placeholders = {f"{{{name}}}" for name in parameters}
    fixed = [p for p in query.split("&") if set(_PLACEHOLDER.findall(p)) <= placeholders]
    text = "".join(
        part if part in placeholders else quote(part, "/%:@!$&'()*+,;=~-._?", errors="replace")
        for part in _PLACEHOLDER.split(path + mark * bool(fixed) + "&".join(fixed))
    )
    return text if text.startswith("/") else "/" + text
