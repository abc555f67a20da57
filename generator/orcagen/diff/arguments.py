"""What changes in the arguments of a function, the body included."""

from __future__ import annotations

from typing import Any

from orcagen.diff.changes import Level
from orcagen.diff.collector import Reporter
from orcagen.diff.documentation import compare_documentation
from orcagen.diff.matching import match_arguments
from orcagen.diff.type_comparison import TypeComparer, format_type
from orcagen.plan.model import Argument, BodyEncoding, BodyPlan, Function, Type
from orcagen.plan.symbols import join_types
from orcagen.render.types import add_none
from orcagen.schema import union_members
from orcagen.schema.model import NONE


def compare_arguments(report: Reporter, types: TypeComparer, a: Function, b: Function) -> None:
    """Adds the changes of all arguments but the body."""
    pairs = match_arguments(a, b)
    for x, y in pairs:
        if x and y:
            _compare_argument(report, types, x, y)
        elif x:
            report.add("breaking", "argument-removed", "is removed", x.name)
        elif y:
            _add_new_argument(report, "argument-added", y.name, y)
    new_names = {x.name: y.name for x, y in pairs if x and y and x.required and y.required}
    old_order = [new_names[x.name] for x in a.arguments if x.name in new_names]
    new_order = [y.name for y in b.arguments if y.name in old_order]
    if old_order != new_order:
        predicate = f"has its positional arguments in another order: `{', '.join(new_order)}`"
        report.add("breaking", "argument-order", predicate)


def _add_new_argument(report: Reporter, rule: str, name: str, new: Argument | BodyPlan) -> None:
    if new.required:
        text = f"is a new required argument of type {format_type(new.type)}"
        report.add("breaking", rule, text, name)
    else:
        text = f"is a new argument of type {format_type(add_none(new.type))}"
        report.add("additive", rule, text, name)


def _compare_argument(report: Reporter, types: TypeComparer, x: Argument, y: Argument) -> None:
    if x.name != y.name:
        report.add("breaking", "argument-renamed", f"is renamed to `{y.name}`", x.name)
    if y.required and not x.required:
        report.add("breaking", "argument-required", "is now required", x.name)
    elif x.required and not y.required:
        predicate = "is now optional and keyword-only"
        report.add("breaking", "argument-optional", predicate, x.name)
    report.add_type("argument-type", types.compare_as_input(x.type, y.type), x.name)
    old_location, new_location = _describe_location(x), _describe_location(y)
    if old_location != new_location:
        predicate = f"is now sent {new_location}, formerly {old_location}"
        report.add("documentation", "argument-location", predicate, x.name)
    elif (x.style, x.encoding) != (y.style, y.encoding):
        predicate = f"is now serialized {_describe_style(y)}, formerly {_describe_style(x)}"
        report.add("documentation", "argument-style", predicate, x.name)
    compare_documentation(report, "argument", x, y)


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


def compare_body(
    report: Reporter, types: TypeComparer, x: BodyPlan | None, y: BodyPlan | None
) -> None:
    """Adds the changes of the argument `body`."""
    if x and y:
        if y.required and not x.required:
            report.add("breaking", "body-required", "is now required", "body")
        elif x.required and not y.required:
            report.add("additive", "body-optional", "is now optional", "body")
        change = types.compare_as_input(_passed_type(x), _passed_type(y))
        report.add_type("body-type", change, "body")
        _compare_encodings(report, x, y)
        report.add_description("body-description", x.description, y.description, "body")
    elif x:
        report.add("breaking", "body-removed", "is removed", "body")
    elif y:
        _add_new_argument(report, "body-added", "body", y)


def _passed_type(body: BodyPlan) -> Type:
    """The type of a body that is sent: None stands for no body where the body is optional."""
    if body.required:
        return body.type
    return join_types(m for m in union_members(body.type) if m != NONE)  # type: ignore[arg-type]


def _list_parts(encoding: BodyEncoding) -> tuple[Any, ...]:
    """All of an encoding, without the order of its properties and without the default content type of files."""
    content_types = {
        name: content_type
        for name, content_type in encoding.content_types.items()
        if content_type != "application/octet-stream"
    }
    files, encoded = frozenset(encoding.files), frozenset(encoding.encoded)
    positions = encoding.positions, encoding.item_type, encoding.headers
    return encoding.kind, files, encoded, content_types, encoding.styles, positions


def _compare_encodings(report: Reporter, x: BodyPlan, y: BodyPlan) -> None:
    def add(level: Level, predicate: str, argument: str = "body") -> None:
        report.add(level, "body-media-type", predicate, argument)

    old, new = ({e.media_type: _list_parts(e) for e in body.encodings} for body in (x, y))
    if x.media_types:
        for media_type in old.keys() - new.keys():
            add("breaking", f"can no longer be sent as `{media_type}`")
        if not y.media_types:
            add("breaking", "is removed", "media_type")
    if y.media_types:
        for media_type in new.keys() - old.keys():
            add("additive", f"can also be sent as `{media_type}` (argument `media_type`)")
    old_default, new_default = x.encodings[0].media_type, y.encodings[0].media_type
    if old_default != new_default:
        by_default = " by default" if y.media_types else ""
        predicate = f"is now sent as `{new_default}`{by_default}, formerly as `{old_default}`"
        add("documentation", predicate)
    if any(old[m] != new[m] for m in old.keys() & new.keys()):
        predicate = "is now serialized in another way"
        report.add("documentation", "body-style", predicate, "body")
