"""Headers of responses, as attributes of a class for the operation."""

from __future__ import annotations

from attrs import evolve

from orcagen.openapi import Operation
from orcagen.plan import names
from orcagen.plan.media_types import is_json
from orcagen.plan.model import HeaderPlan
from orcagen.plan.symbols import Symbols, join_types
from orcagen.plan.text import one_line
from orcagen.schema import TypeGraph
from orcagen.schema.model import NONE, STR, UPLOAD

# What the class and its annotations use.
_RESERVED = names.RESERVED_ATTRIBUTES | {"models", "header_field"}


def plan_headers(op: Operation, graph: TypeGraph, symbols: Symbols) -> tuple[HeaderPlan, ...]:
    """The headers of all responses of an operation. One that several responses have can have any of its types."""
    headers: dict[str, HeaderPlan] = {}
    for header in (h for r in op.responses for h in r.headers):
        key = header.name.lower()
        if key == "content-type":  # the media types describe it (OpenAPI, Response Object)
            continue
        declared = graph.types[header.schema.key] if header.schema else STR
        type_ = symbols.resolve(STR if declared in (UPLOAD, NONE) else declared)
        text, as_json = one_line(header.description), is_json(header.media_type)
        merged = headers.setdefault(key, HeaderPlan("", header.name, type_, as_json, text))
        if merged.type != type_:
            merged = evolve(merged, type=join_types([merged.type, type_]))
        headers[key] = evolve(merged, description=merged.description or text)
    candidates = {
        key: (h.api_name, names.escape_reserved(names.to_snake_case(h.api_name), _RESERVED))
        for key, h in headers.items()
    }
    chosen = names.resolve_collisions(names.disambiguate_by_prefix(candidates))
    return tuple(evolve(h, name=chosen[key]) for key, h in headers.items())
