"""Validation of requests before they are sent: limits, patterns, required parts, closed enums."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from attrs import evolve, fields

from .annotations import evaluate, get_reader
from .call import Body, Request
from .client import BaseClient
from .encoder import parse_json, to_json
from .errors import InvalidRequestError, Problem, quote_problems
from .media_types import essence, is_json
from .model import UNSET, ApiModel
from .problems import find_problems, list_required, point

Constraints = Mapping[str, Any]
_MAX_STEPS = 10**7
# A class of characters or an escaped one: signs inside of it repeat nothing.
_ATOM = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)


class ValidatingClient(BaseClient):
    """A client with the option `validate_requests`."""

    def _flow(self, call: Request[Any], timeout: Any) -> Generator[Any, Any, Any]:
        if self._options.get("validate_requests"):
            validate(call)
        return (yield from super()._flow(call, timeout))


def validate(call: Request[Any]) -> None:
    """Raises InvalidRequestError with every place of a request that does not fit the document."""
    from .. import _constraints  # type: ignore[attr-defined, unused-ignore]

    problems = [
        *_check_parameters(call, _constraints.PARAMETERS.get(call.operation, {}))
    ]
    if call.body:
        types = _constraints.BODIES.get(call.operation, {})
        inside = _check_body(call.body, types, _constraints.PROPERTIES)
        problems += (evolve(p, pointer=f"/body{p.pointer}") for p in inside)
    if problems:
        raise InvalidRequestError.of(
            f"{call.request} was not sent: it {quote_problems(tuple(problems))}",
            request=call.request,
            problems=tuple(problems),
        )


def _check_parameters(
    call: Request[Any], constraints: Mapping[str, Constraints]
) -> Iterable[Problem]:
    for key, limits in constraints.items():
        location, _, name = key.partition(" ")
        value = call.arguments.get(location, {}).get(name)
        value = getattr(value, "value", value)  # of one with a style
        if value is not None:
            pointer = point(location) + point(name)
            yield from _check_limits(limits, to_json(value, str), pointer)


def _check_body(
    body: Body,
    types: Mapping[str, str],
    properties: Mapping[str, Mapping[str, Constraints]],
) -> Iterable[Problem]:
    media_type = essence(body.media_type)
    annotation = next((t for m, t in types.items() if essence(m) == media_type), None)
    if annotation is None:
        return
    if is_json(media_type):
        value = get_reader(evaluate(annotation)).read(parse_json(body.content))
        yield from find_problems(annotation, value, is_request=True)
        yield from _walk(value, "", properties)
        return
    if isinstance(body.content, bytes):
        names = {k for k, _ in parse_qsl(body.content.decode(), keep_blank_values=True)}
    else:  # multipart
        names = {name for name, _ in getattr(body.content, "fields", ())}
    for name in list_required(annotation):
        # A list or an object may have become several fields.
        if not any(n == name or str(n).startswith(f"{name}[") for n in names):
            yield Problem(point(name), "a part (required)", "nothing")


def _walk(
    value: Any, pointer: str, properties: Mapping[str, Mapping[str, Constraints]]
) -> Iterable[Problem]:
    """The limits of all properties of all models in a value."""
    parts: list[tuple[Any, Any]]
    if isinstance(value, ApiModel):
        limits = properties.get(type(value).__name__, {})
        parts = [*value.additional_properties.items()]
        for f in fields(type(value)):
            name, inner = str(f.metadata.get("json_name", f.name)), getattr(
                value, f.name
            )
            if f.name == "additional_properties" or inner is UNSET:
                continue
            parts.append((name, inner))
            if name in limits:
                data = to_json(inner, str)
                yield from _check_limits(limits[name], data, pointer + point(name))
    elif value.__class__ is dict:
        parts = [*value.items()]
    elif value.__class__ in (list, tuple):
        parts = [*enumerate(value)]
    else:
        return
    for name, inner in parts:
        yield from _walk(inner, pointer + point(name), properties)


def _check_limits(
    constraints: Constraints, data: Any, pointer: str
) -> Iterable[Problem]:
    """The constraints that parsed JSON does not keep (JSON Schema Validation 6.1 to 6.5)."""
    for keyword, limit in constraints.items():
        if _breaks(keyword, limit, data, constraints):
            yield Problem(
                pointer, f"{keyword} {json.dumps(limit)}", json.dumps(data)[:60]
            )


def _breaks(keyword: str, limit: Any, data: Any, constraints: Constraints) -> bool:
    if keyword == "enum":
        return data not in limit
    kind = data.__class__
    if issubclass(kind, (int, float)) and kind is not bool:
        # A boolean, before OpenAPI 3.1, excludes the limit beside it.
        if keyword == "minimum":
            return data < limit or (
                constraints.get("exclusiveMinimum") is True and data == limit
            )
        if keyword == "maximum":
            return data > limit or (
                constraints.get("exclusiveMaximum") is True and data == limit
            )
        if keyword == "multipleOf":
            return bool(limit) and Decimal(str(data)) % Decimal(str(limit)) != 0
        if isinstance(limit, bool):
            return False
        if keyword == "exclusiveMinimum":
            return bool(data <= limit)
        return keyword == "exclusiveMaximum" and bool(data >= limit)
    if kind is str:
        if keyword == "pattern":
            return not _matches(limit, data)
        return _is_outside(keyword, "Length", limit, len(data))
    if kind is list:
        texts = [json.dumps(item, sort_keys=True) for item in data]
        if keyword == "uniqueItems":
            return bool(limit) and len({*texts}) < len(texts)
        return _is_outside(keyword, "Items", limit, len(texts))
    return kind is dict and _is_outside(keyword, "Properties", limit, len(data))


def _is_outside(keyword: str, kind: str, limit: Any, count: int) -> bool:
    if keyword == f"min{kind}":
        return bool(count < limit)
    return keyword == f"max{kind}" and bool(count > limit)


def _matches(pattern: str, text: str) -> bool:
    """Whether a pattern is found in a text. One that could take long, or that Python cannot read, counts as found.

    `re` tries every way to share the text between the repetitions of a pattern: the number of steps grows with the length
    to the power of their number, and exponentially for repetitions inside of each other.
    """
    plain = _ATOM.sub("a", pattern)
    repetitions = len(re.findall(r"[*+{]", plain))
    if re.search(r"\)[*+{]", plain) or len(text) ** (repetitions + 1) > _MAX_STEPS:
        return True
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return True
