"""What changes in the arguments of a function, the body included."""

from __future__ import annotations

from collections.abc import Iterator

from orcagen.diff.changes import Level
from orcagen.diff.collector import ChangeCollector
from orcagen.diff.documentation import compare_documentation
from orcagen.diff.matching import match_arguments
from orcagen.diff.package_index import ApiFunction
from orcagen.diff.type_comparison import format_type
from orcagen.plan.model import Argument, BodyEncoding, BodyPlan, Type
from orcagen.plan.symbols import join_types
from orcagen.render.types import add_none
from orcagen.schema import union_members
from orcagen.schema.model import NONE


def compare_arguments(collector: ChangeCollector, a: ApiFunction, b: ApiFunction) -> None:
    """Adds the changes of all arguments but the body."""
    pairs = match_arguments(a, b)
    for x, y in pairs:
        if x and y:
            _compare_argument(collector, a, b, x, y)
        elif x:
            collector.add_to_argument("breaking", "argument-removed", a, b, x.name, "is removed")
        elif y:
            _add_new_argument(collector, "argument-added", a, b, y.name, y.type, y.required)
    new_names = {x.name: y.name for x, y in pairs if x and y and x.required and y.required}
    old_order = [new_names[x.name] for x in a.function.arguments if x.name in new_names]
    new_order = [y.name for y in b.function.arguments if y.name in old_order]
    if old_order != new_order:
        predicate = f"has its positional arguments in another order: `{', '.join(new_order)}`"
        collector.add_to_function("breaking", "argument-order", a, b, predicate)


def _add_new_argument(
    collector: ChangeCollector,
    rule: str,
    a: ApiFunction,
    b: ApiFunction,
    name: str,
    type_: Type,
    is_required: bool,
) -> None:
    level: Level = "breaking" if is_required else "additive"
    kind = "required argument" if is_required else "argument"
    text = format_type(type_ if is_required else add_none(type_))
    collector.add_to_argument(level, rule, a, b, name, f"is a new {kind} of type {text}")


def _compare_argument(
    collector: ChangeCollector, a: ApiFunction, b: ApiFunction, x: Argument, y: Argument
) -> None:
    def add(level: Level, rule: str, predicate: str) -> None:
        collector.add_to_argument(level, rule, a, b, x.name, predicate)

    if x.name != y.name:
        add("breaking", "argument-renamed", f"is renamed to `{y.name}`")
    if y.required and not x.required:
        add("breaking", "argument-required", "is now required")
    elif x.required and not y.required:
        add("breaking", "argument-optional", "is now optional and keyword-only")
    if change := collector.types.compare_as_input(x.type, y.type):
        add(change.level, "argument-type", change.predicate)
    old_location, new_location = _describe_location(x), _describe_location(y)
    if old_location != new_location:
        predicate = f"is now sent {new_location}, formerly {old_location}"
        add("documentation", "argument-location", predicate)
    elif (x.style, x.encoding) != (y.style, y.encoding):
        predicate = f"is now serialized {_describe_style(y)}, formerly {_describe_style(x)}"
        add("documentation", "argument-style", predicate)
    for level, rule, predicate in compare_documentation(
        x.documentation, y.documentation, as_input=True
    ):
        add(level, f"argument-{rule}", predicate)


def _describe_location(argument: Argument) -> str:
    match argument.location:
        case "path":
            return "in the path"
        case "querystring":
            return "as the whole query string"
        case "query":
            return f"in the query parameter `{argument.api_name}`"
        case "header":
            return f"in the header `{argument.api_name.title()}`"
        case "cookie":
            return f"in the cookie `{argument.api_name}`"


def _describe_style(argument: Argument) -> str:
    style = argument.style
    parts = [f"in the style `{style.style}`" if style else "in the default style"]
    if argument.encoding != "plain":
        parts.append("as JSON" if argument.encoding == "json" else "as a form")
    if style and style.explode:
        parts.append("with `explode`")
    if style and style.allow_reserved:
        parts.append("with `allowReserved`")
    return ", ".join(parts)


def compare_body(collector: ChangeCollector, a: ApiFunction, b: ApiFunction) -> None:
    """Adds the changes of the argument `body`."""

    def add(level: Level, rule: str, predicate: str) -> None:
        collector.add_to_argument(level, rule, a, b, "body", predicate)

    x, y = a.function.body, b.function.body
    if x is None or y is None:
        if x:
            add("breaking", "body-removed", "is removed")
        elif y:
            _add_new_argument(collector, "body-added", a, b, "body", y.type, y.required)
        return
    if y.required and not x.required:
        add("breaking", "body-required", "is now required")
    elif x.required and not y.required:
        add("additive", "body-optional", "is now optional")
    if change := collector.types.compare_as_input(_passed_type(x), _passed_type(y)):
        add(change.level, "body-type", change.predicate)
    for level, predicate in _compare_media_types(x, y):
        add(level, "body-media-type", predicate)
    if x.media_types and not y.media_types:
        rule = "body-media-type"
        collector.add_to_argument("breaking", rule, a, b, "media_type", "is removed")
    old = {e.media_type: _encoding_key(e) for e in x.encodings}
    new = {e.media_type: _encoding_key(e) for e in y.encodings}
    if any(old[m] != new[m] for m in old.keys() & new.keys()):
        add("documentation", "body-style", "is now serialized in another way")
    if x.description != y.description:
        add("documentation", "body-description", "has a new description")


def _passed_type(body: BodyPlan) -> Type:
    """The type of a body that is sent: None stands for no body where the body is optional."""
    if body.required:
        return body.type
    return join_types(m for m in union_members(body.type) if m != NONE)  # type: ignore[arg-type]


def _compare_media_types(x: BodyPlan, y: BodyPlan) -> Iterator[tuple[Level, str]]:
    old, new = ([e.media_type for e in body.encodings] for body in (x, y))
    if x.media_types:
        for media_type in sorted(set(old) - set(new)):
            yield "breaking", f"can no longer be sent as `{media_type}`"
    if y.media_types:
        for media_type in sorted(set(new) - set(old)):
            yield "additive", f"can also be sent as `{media_type}` (argument `media_type`)"
    if old[0] != new[0]:
        default = " by default" if y.media_types else ""
        yield "documentation", f"is now sent as `{new[0]}`{default}, formerly as `{old[0]}`"


def _encoding_key(e: BodyEncoding) -> tuple[object, ...]:
    """All of an encoding, without the order of its properties."""
    files = None if e.files is None else frozenset(e.files)
    return e.kind, files, e.content_types, e.styles
