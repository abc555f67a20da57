"""Parameters of operations: the arguments of the functions, and how they are serialized."""

from __future__ import annotations

from typing import Literal

from orcagen.diagnostics import Diagnostics
from orcagen.openapi import Operation, Parameter
from orcagen.plan import names
from orcagen.plan.media_types import is_json, strip_parameters
from orcagen.plan.model import Argument, Documentation, StylePlan
from orcagen.plan.schemas import expand
from orcagen.plan.symbols import Symbols
from orcagen.plan.text import one_line
from orcagen.schema import (
    ANY,
    LiteralType,
    Property,
    Scalar,
    Type,
    TypeGraph,
    UnionType,
    union_members,
)
from orcagen.schema.model import NONE, STR

# Beside builtins: the other arguments and variables of the functions, and what their modules import.
_RESERVED = names.BUILTINS | {
    "body", "media_type", "accept", "content", "self", "cls", "dt", "models", "dicts", "custom_types",
    "json_body", "raw_body", "form_body", "multipart_body", "lines_body", "xml_body", "xml_part",
    "json_text",
}  # fmt: skip
# Of parameters of one name in several locations, the first keeps the name.
_LOCATIONS = ("path", "query", "querystring", "header", "cookie")
# OpenAPI 3.2, Parameter Object: style and explode where the document names none.
_DEFAULT_STYLES = {
    "path": StylePlan("simple"),
    "query": StylePlan("form", explode=True),
    "header": StylePlan("simple"),
    "cookie": StylePlan("form", explode=True),
}
_ALLOWED_STYLES = {
    "path": {"simple", "label", "matrix"},
    "query": {"form", "spaceDelimited", "pipeDelimited", "tabDelimited", "deepObject"},
    "header": {"simple"},
    "cookie": {"form", "cookie"},
}


def plan_arguments(
    op: Operation,
    function_name: str,
    graph: TypeGraph,
    symbols: Symbols,
    diagnostics: Diagnostics,
) -> tuple[Argument, ...]:
    """The arguments of an operation's function, the required ones first."""
    chosen = _name_arguments(op, function_name)
    arguments = []
    for p in op.parameters:
        declared = (
            graph.parameters[p.schema.key] if p.schema else Property(p.name, STR, p.required, "")
        )
        type_ = graph.types[p.schema.key] if p.schema else STR
        arguments.append(
            Argument(
                name=chosen[f"{p.location} {p.name}"],
                api_name=p.name,
                location=p.location,
                type=symbols.resolve(_drop_null(type_)),
                required=p.required,
                style=_plan_style(p, type_, graph, diagnostics),
                encoding=_choose_encoding(p),
                documentation=Documentation(
                    text=one_line(p.description) or one_line(declared.description),
                    deprecated=p.deprecated or declared.deprecated,
                    constraints=declared.constraints,
                    default=declared.default,
                    value_names=declared.value_names,
                ),
            )
        )
    return tuple(sorted(arguments, key=lambda a: not a.required))


def _name_arguments(op: Operation, function_name: str) -> dict[str, str]:
    """The name of each argument, by location and name of its parameter."""
    candidates: dict[str, tuple[str, str]] = {}
    taken: dict[str, str] = {}  # the location that has a name
    for location in _LOCATIONS:
        own = {
            f"{location} {p.name}": (p.name, names.to_snake_case(p.given_name or p.name))
            for p in op.parameters
            if p.location == location
        }
        for identity, (original, name) in names.disambiguate_by_prefix(own).items():
            name = names.escape_reserved(name, _RESERVED | {function_name})
            if taken.setdefault(name, location) != location:
                name = f"{names.to_snake_case(original)}_{location}"
            candidates[identity] = (original, name)
    return names.resolve_collisions(candidates)


def _drop_null(type_: Type) -> Type:
    """The type of an argument: null cannot be serialized in a parameter."""
    members = tuple(m for m in union_members(type_) if m != NONE)
    if not isinstance(type_, UnionType) or len(members) == len(type_.members):
        return type_
    return members[0] if len(members) == 1 else UnionType(members) if members else STR


def _choose_encoding(p: Parameter) -> Literal["plain", "json", "form"]:
    media_type = strip_parameters(p.media_type or "")
    if p.location == "querystring" and media_type in ("", "application/x-www-form-urlencoded"):
        return "form"
    return "json" if is_json(media_type) else "plain"


def _plan_style(
    p: Parameter, type_: Type, graph: TypeGraph, diagnostics: Diagnostics
) -> StylePlan | None:
    """The style of a parameter, None where the default one gives the same text."""
    if p.location == "querystring":
        return None
    style = p.style
    if style not in _ALLOWED_STYLES[p.location]:
        default = _DEFAULT_STYLES[p.location].style
        diagnostics.add(
            "warning",
            p.node.file,
            p.node.pointer,
            f"the style {style!r} is not allowed in {p.location}",
            f"serialized as {default}",
        )
        style = default
    plan = StylePlan(style, p.explode, p.allow_reserved)
    if plan == _DEFAULT_STYLES[p.location]:
        return None
    if style == "deepObject":
        return StylePlan(style)  # neither explode nor allowReserved applies to it
    is_scalar = p.schema is None or all(
        leaf != ANY and isinstance(leaf, (Scalar, LiteralType)) for leaf in expand(graph, type_)
    )
    return None if is_scalar and not p.allow_reserved and style in ("form", "simple") else plan
