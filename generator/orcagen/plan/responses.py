"""Responses of operations: the types of their bodies, the result of a call, and what can be streamed."""

from __future__ import annotations

from orcagen import schema
from orcagen.openapi import MediaType, Operation
from orcagen.plan.bodies import holds_upload
from orcagen.plan.media_types import (
    STREAM_FORMATS,
    drop_redundant,
    is_json,
    is_text,
    strip_parameters,
)
from orcagen.plan.model import ResponsePlan, StreamPlan, Type
from orcagen.plan.schemas import sole_object
from orcagen.plan.symbols import Symbols, join_types
from orcagen.plan.text import one_line
from orcagen.schema import ANY, ListType, TypeGraph
from orcagen.schema.model import BYTES, NONE, STR


def plan_responses(
    op: Operation, graph: TypeGraph, symbols: Symbols
) -> tuple[tuple[ResponsePlan, ...], Type, StreamPlan | None]:
    """The responses of an operation, the type of a success body, and the stream of a success, if any can be streamed."""
    responses: list[ResponsePlan] = []
    results: list[Type] = []
    stream: StreamPlan | None = None
    # Where no 2XX is documented, a documented redirect or `default` is the success.
    documented = [r.status for r in op.responses if r.status[0] == "2"]
    for response in op.responses:
        content = () if op.method == "HEAD" else response.content
        is_success = response.status[0] == "2" if documented else response.status[0] in "3d"
        types = {
            c.media_type: symbols.resolve(_body_type(c, graph)) for c in _drop_equivalent(content)
        }
        description = one_line(response.description)
        responses.append(ResponsePlan(response.status, description, types, is_success))
        if is_success:
            results += types.values() or [NONE]
            for c in content:
                if stream is None and c.media_type in types:
                    stream = _plan_stream(c, graph, symbols)
    if not op.responses or (not documented and not results):
        responses.append(ResponsePlan("default", "", {"application/json": ANY}, is_success=True))
        results.append(ANY)
    return tuple(responses), join_types(results), stream


def _body_type(content: MediaType, graph: TypeGraph) -> schema.Type:
    """The type of a body that is read as a whole."""
    media_type = strip_parameters(content.media_type)
    if media_type in STREAM_FORMATS:
        return STR
    if is_json(media_type) or media_type in ("*/*", "application/*"):
        type_ = graph.types[content.schema.key] if content.schema else ANY
        return BYTES if media_type == "*/*" and holds_upload(graph, type_) else type_
    return STR if is_text(media_type) else BYTES


def _plan_stream(content: MediaType, graph: TypeGraph, symbols: Symbols) -> StreamPlan | None:
    stream_format = STREAM_FORMATS.get(strip_parameters(content.media_type))
    if stream_format is None:
        return None
    node = content.item_schema or content.schema
    item = graph.types[node.key] if node else ANY
    if content.item_schema is None and isinstance(item, ListType):
        item = item.item
    # OpenAPI 3.2: an itemSchema of server-sent events describes the event, whose field `data` is the payload.
    event = sole_object(graph, item) if content.item_schema else None
    whole_event = event is not None and any(p.name == "data" for p in event.properties)
    return StreamPlan(symbols.resolve(item), stream_format, whole_event)


def _drop_equivalent(content: tuple[MediaType, ...]) -> list[MediaType]:
    """The media types to ask for: without those that have the same schema as a JSON one."""
    chosen = drop_redundant(content)
    json_schemas = [
        c.schema.value for c in chosen if is_json(c.media_type) and c.schema is not None
    ]
    return [
        c
        for c in chosen
        if is_json(c.media_type)
        or strip_parameters(c.media_type) in STREAM_FORMATS
        or c.schema is None
        or c.schema.value not in json_schemas
    ]
