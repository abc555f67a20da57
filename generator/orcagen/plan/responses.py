"""Responses of operations: the types of their bodies, the result of a call, and what can be streamed."""

from __future__ import annotations

from attrs import frozen

from orcagen import schema
from orcagen.openapi import MediaType, Operation
from orcagen.plan.binary import is_binary, json_type
from orcagen.plan.media_types import (
    STREAM_FORMATS,
    drop_redundant,
    is_json,
    is_json_range,
    is_range_of_type,
    is_text,
    is_xml,
    says_the_same,
    strip_parameters,
)
from orcagen.plan.model import BINARY, ResponsePlan, StreamPlan, Type
from orcagen.plan.schemas import expand
from orcagen.plan.symbols import Symbols, join_types
from orcagen.plan.text import one_line
from orcagen.plan.xml import describes_xml
from orcagen.schema import (
    ANY,
    ListType,
    LiteralType,
    MapType,
    ObjectType,
    Scalar,
    TypeGraph,
)
from orcagen.schema.model import BYTES, NONE, STR, UPLOAD

_NO_BODY = ("204", "205", "304")  # RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5


@frozen
class ResponsesPlan:
    """The responses of an operation.

    `result` is the type of a success body, `results` that type for each media type or range that can be asked for; empty
    where there is no choice. `accept` is the one that is asked for by default, None for all. `stream` is that of a success, if
    any can be streamed; `is_stream` says that nothing else can come.
    """

    responses: tuple[ResponsePlan, ...]
    result: Type
    results: dict[str, Type]
    accept: str | None
    stream: StreamPlan | None
    is_stream: bool


def plan_responses(op: Operation, graph: TypeGraph, symbols: Symbols) -> ResponsesPlan:
    """The responses of an operation, without media types that offer nothing new beside JSON."""
    responses: list[ResponsePlan] = []
    successes: list[dict[str, Type]] = []
    stream: StreamPlan | None = None
    accept: str | None = None
    # Where no 2XX is documented, a documented redirect or `default` is the success.
    documented = [r.status for r in op.responses if r.status[0] == "2"]
    for response in op.responses:
        no_body = op.method == "HEAD" or response.status in _NO_BODY
        content = () if no_body else response.content
        is_success = response.status[0] == "2" if documented else response.status[0] in "3d"
        structured = _find_structured_json(content, graph)
        kept = [c for c in drop_redundant(content) if not _repeats(c, structured, graph)]
        types = {c.media_type: symbols.resolve(_body_type(c, graph)) for c in kept}
        description = one_line(response.description)
        responses.append(ResponsePlan(response.status, description, types, is_success))
        if is_success:
            successes.append(types)
            if accept is None and any(_has_schema_of(c, structured) for c in kept):
                accept = structured[0].media_type
            for c in content:
                if stream is None and c.media_type in types:
                    stream = _plan_stream(c, graph, symbols)
    if not op.responses or (not documented and not successes):
        responses.append(ResponsePlan("default", "", {"application/json": ANY}, is_success=True))
        successes.append({"application/json": ANY})
    media_types = dict.fromkeys(m for types in successes for m in types)
    return ResponsesPlan(
        tuple(responses),
        _result_type(successes, accept),
        {m: _result_type(successes, m) for m in media_types}
        if len(media_types) > 1 or any(map(is_range_of_type, media_types))
        else {},
        accept,
        stream,
        {*map(strip_parameters, media_types)} <= STREAM_FORMATS.keys() and stream is not None,
    )


def _result_type(successes: list[dict[str, Type]], media_type: str | None = None) -> Type:
    """The type of a success body; with a media type, of one that was asked for."""
    types: list[Type] = []
    for content in successes:
        chosen = [content[media_type]] if media_type in content else [*content.values()]
        types += [BYTES if t == BINARY else t for t in chosen] or [NONE]
    return join_types(types)


def _body_type(content: MediaType, graph: TypeGraph) -> schema.Type:
    """The type of a body that is read as a whole."""
    media_type = strip_parameters(content.media_type)
    type_ = graph.types[content.schema.key] if content.schema else ANY
    if is_binary(graph, type_):
        return BINARY if is_json_range(media_type) else BYTES
    if media_type in STREAM_FORMATS:
        return STR
    if is_xml(media_type) and describes_xml(graph, type_):
        return json_type(type_)
    if is_json_range(media_type):
        has_schema = content.schema is not None
        return BINARY if media_type == "*/*" and not has_schema else json_type(type_)
    return STR if is_text(media_type) else BYTES


def _plan_stream(content: MediaType, graph: TypeGraph, symbols: Symbols) -> StreamPlan | None:
    stream_format = STREAM_FORMATS.get(strip_parameters(content.media_type))
    if stream_format is None:
        return None
    node = content.item_schema or content.schema
    item = graph.types[node.key] if node else ANY
    if content.item_schema is None and isinstance(item, ListType):
        item = item.item
    item = json_type(item)
    leaves = expand(graph, item)
    classes = [leaf for leaf in leaves if isinstance(leaf, ObjectType)]
    whole_event = stream_format == "sse" and content.item_schema is not None and _are_events(leaves)
    data = [p for class_ in classes for p in class_.properties if p.name == "data"]
    is_text = all(_is_text(leaf) for p in data for leaf in expand(graph, p.type))
    return StreamPlan(
        symbols.resolve(item),
        stream_format,
        whole_event,
        json_data=whole_event and not is_text,
        needs_data=not (whole_event and classes and not data),
    )


_EVENT_FIELDS = frozenset(("data", "event", "id", "retry"))  # HTML, section 9.2.6


def _are_events(leaves: list[schema.Type | ObjectType]) -> bool:
    """Whether the items of server-sent events are whole events, as OpenAPI 3.2 has it (Media Type Object, itemSchema). A
    class with other properties than those of events can only describe their data."""
    for leaf in leaves:
        if isinstance(leaf, ObjectType):
            if not {p.name for p in leaf.properties} <= _EVENT_FIELDS:
                return False
        elif leaf != ANY and not isinstance(leaf, MapType):
            return False
    return True


def _is_text(type_: schema.Type | ObjectType) -> bool:
    if isinstance(type_, LiteralType):
        return all(isinstance(value, str) for value in type_.values)
    return type_ in (STR, UPLOAD)


def _find_structured_json(content: tuple[MediaType, ...], graph: TypeGraph) -> list[MediaType]:
    """The media types of JSON whose values are objects or arrays."""
    return [
        c
        for c in content
        if is_json(c.media_type)
        and c.schema
        and any(
            not isinstance(leaf, (Scalar, LiteralType))
            for leaf in expand(graph, graph.types[c.schema.key])
        )
    ]


def _has_schema_of(content: MediaType, structured: list[MediaType]) -> bool:
    """Whether a media type represents the values of a JSON one, as a file: text/csv beside an array of objects."""
    return (
        not is_json(content.media_type)
        and strip_parameters(content.media_type) not in STREAM_FORMATS
        and content.schema is not None
        and content.schema.value in [c.schema.value for c in structured if c.schema]
    )


def _repeats(content: MediaType, structured: list[MediaType], graph: TypeGraph) -> bool:
    """Whether a media type is only another spelling of a JSON one that is read instead. XML documents of models are read,
    too."""
    type_ = graph.types[content.schema.key] if content.schema else ANY
    return (
        says_the_same(content.media_type)
        and _has_schema_of(content, structured)
        and not (is_xml(content.media_type) and describes_xml(graph, type_))
    )
