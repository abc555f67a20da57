"""Pagination: whether what an operation declares can work with its parameters and schemas, and the type of the items."""

from __future__ import annotations

from attrs import evolve

from orcagen import schema
from orcagen.diagnostics import Diagnostics
from orcagen.openapi import Operation
from orcagen.openapi.model import Pagination
from orcagen.plan.binary import json_type
from orcagen.plan.media_types import is_json
from orcagen.plan.model import PaginationPlan
from orcagen.plan.places import find_json_schemas, follow
from orcagen.plan.responses import ResponsesPlan
from orcagen.plan.schemas import expand
from orcagen.plan.symbols import Symbols
from orcagen.pointers import escaped
from orcagen.schema import ListType, ObjectType, TypeGraph


def ask_for_json(op: Operation, graph: TypeGraph) -> Operation:
    """A paginated operation whose successes have other media types as well, with one JSON media type: pages are read of JSON."""
    if op.pagination is None:
        return op
    types = {graph.types[node.key] if node else None for node in find_json_schemas(op)}
    if len(types) != 1 or None in types:
        return op
    responses = []
    for r in op.responses:
        json = next((c for c in r.content if is_json(c.media_type)), None)
        is_page = r.status[0] == "2" and json is not None
        responses.append(evolve(r, content=(json,)) if is_page and json else r)
    return evolve(op, responses=tuple(responses))


def plan_pagination(
    op: Operation,
    responses: ResponsesPlan,
    graph: TypeGraph,
    symbols: Symbols,
    diagnostics: Diagnostics,
) -> PaginationPlan | None:
    if op.pagination is None:
        return None
    try:
        return _plan(op, op.pagination, responses, graph, symbols)
    except ValueError as error:
        node = op.pagination.node
        message, action = f"the pagination cannot work: {error}", "the operation is not paginated"
        diagnostics.add("warning", node.file, node.pointer, message, action)
        return None


def _plan(
    op: Operation, p: Pagination, responses: ResponsesPlan, graph: TypeGraph, symbols: Symbols
) -> PaginationPlan:
    """Raises ValueError, with the reason, for what cannot work."""
    schemas = find_json_schemas(op)
    if (
        len(schemas) != 1
        or schemas[0] is None
        or responses.stream
        or len(set(responses.results.values())) > 1
    ):
        raise ValueError("it needs one success with a JSON body that has a schema")
    body = graph.types[schemas[0].key]
    pointer = _find_list(graph, body) if p.items is None else p.items
    item = next((t.item for t in follow(graph, body, pointer) if isinstance(t, ListType)), None)
    if item is None:
        raise ValueError(f"`items`, {pointer or 'the whole body'}, is not an array in the response")
    for name in ("cursor", "more", "total"):
        if (where := getattr(p, name)) and not follow(graph, body, where):
            raise ValueError(f"`{name}`, {where}, is not in the response")
    if p.kind in ("cursor", "url") and not (p.cursor or p.header):
        raise ValueError("it does not say where the response has the next cursor or URL")
    location, start = "query", p.start
    if p.kind in ("cursor", "page", "offset"):
        location, default = _find_parameter(op, p, graph)
        if start is None:
            start = default if default is not None else int(p.kind == "page")
    return PaginationPlan(
        item_type=symbols.resolve(json_type(item)),
        kind=p.kind,
        items=pointer,
        cursor=p.cursor,
        header=p.header,
        parameter=p.parameter,
        location=location,
        more=p.more,
        total=p.total,
        start=start or 0,
    )


def _find_parameter(op: Operation, p: Pagination, graph: TypeGraph) -> tuple[str, int | None]:
    """The location that the cursor, page number or offset is sent in, and the parameter's default."""
    if not p.parameter:
        raise ValueError("it does not say which parameter the next request has")
    if p.location == "body":
        content = [c.schema for c in op.body.content if is_json(c.media_type)] if op.body else []
        if not any(n and follow(graph, graph.types[n.key], p.parameter) for n in content):
            raise ValueError(f"the JSON body of the request has no {p.parameter}")
        return "body", None
    for parameter in op.parameters:
        if parameter.name == p.parameter and parameter.location in ("query", "header"):
            value = parameter.schema.value if parameter.schema else None
            default = value.get("default") if isinstance(value, dict) else None
            return parameter.location, default if type(default) is int else None
    raise ValueError(f"the operation has no parameter {p.parameter!r} in the query or a header")


def _find_list(graph: TypeGraph, body: schema.Type) -> str:
    """The body, if that is an array, else its only property that is one."""
    leaves = expand(graph, body)
    if any(isinstance(leaf, ListType) for leaf in leaves):
        return ""
    lists = {
        p.name
        for leaf in leaves
        if isinstance(leaf, ObjectType)
        for p in leaf.properties
        if any(isinstance(t, ListType) for t in expand(graph, p.type))
    }
    if len(lists) != 1:
        raise ValueError(
            "the response has no array, or several, and it does not say which are the `items`"
        )
    return "/" + escaped(lists.pop())
