"""Where a decoded value does not fit its type: the places that lenient reading has kept as they came."""

from __future__ import annotations

import json
import re
import sys
import typing
from collections.abc import Iterable, Iterator
from functools import cache
from types import UnionType
from typing import Annotated, Any, ForwardRef, Literal, Union, cast

from attrs import evolve, fields

from .annotations import evaluate
from .encoder import to_json
from .errors import DecodingError, Problem, quote_problems
from .model import UNSET, ApiModel, Discriminator, Unset, union_of
from .readers import Reader

# Names of types in the words of JSON Schema.
_WORDS = {
    "str": "a string",
    "int": "an integer",
    "float": "a number",
    "bool": "a boolean",
    "NoneType": "null",
    "list": "an array",
    "dict": "an object",
    "tuple": "an array",
    "datetime": "a date-time",
    "date": "a date",
    "time": "a time",
    "bytes": "base64 text",
    "UUID": "a UUID",
    "Decimal": "a decimal",
}


def find_problems(
    type_: Any, value: Any, is_request: bool = False
) -> tuple[Problem, ...]:
    """The places of a decoded value that do not fit a type; those of an object in the order of its class.

    Requests need what is `writeOnly`, responses what is `readOnly` (OpenAPI: Schema Object).
    """
    try:
        return tuple(_Checker(is_request).check(type_, value))
    except RecursionError:
        return (Problem("", "less nesting", "more than can be checked"),)


class StrictItems:
    """The items of a stream, each checked. Raises DecodingError for one that does not fit."""

    def __init__(self, call: Any, items: Any) -> None:
        self.call, self.items = call, items

    @property
    def ended(self) -> bool:
        return getattr(self.items, "ended", False)

    def __call__(self, piece: bytes | None) -> Iterator[Any]:
        for item in self.items(piece):
            if problems := find_problems(self.call.item_type, item):
                raise DecodingError.of(
                    f"an item of the response to {self.call.request} {quote_problems(problems)}",
                    request=self.call.request,
                    problems=problems,
                )
            yield item


class _Checker:
    """Checks one value. What has been found for named types is kept: the members of nested unions ask again."""

    def __init__(self, is_request: bool) -> None:
        self._is_request = is_request
        self._known: dict[tuple[str, int], list[Problem]] = {}

    def check(self, type_: Any, value: Any) -> list[Problem]:
        type_ = evaluate(type_)
        origin, args = typing.get_origin(type_), typing.get_args(type_)
        if isinstance(type_, ForwardRef):
            return self._check_named(type_.__forward_arg__, value)
        if origin is Annotated:
            return self._check_annotated(args, value)
        if origin is Union or origin is UnionType:
            return self._check_union(type_, value)
        # As in `readers`: a check of `value` itself makes type checkers forget that it is Any.
        if origin is value.__class__ is list:
            return self._check_parts((i, args[0], v) for i, v in enumerate(value))
        if origin is value.__class__ is dict:
            return self._check_parts((k, args[1], v) for k, v in value.items())
        if origin is value.__class__ is tuple:
            return self._check_parts(_align(args, value))
        if isinstance(type_, type) and issubclass(type_, ApiModel):
            return self._check_model(type_, value)
        return [] if _fits(type_, value) else [_mismatch(type_, value)]

    def _check_parts(self, parts: Iterable[tuple[object, Any, Any]]) -> list[Problem]:
        return [
            evolve(p, pointer=point(name) + p.pointer)
            for name, type_, value in parts
            for p in self.check(type_, value)
        ]

    def _check_named(self, name: str, value: Any) -> list[Problem]:
        from .. import models  # type: ignore[attr-defined, unused-ignore]

        key = (name, id(value))
        if key not in self._known:
            self._known[key] = self.check(getattr(models, name), value)
        return self._known[key]

    def _check_annotated(self, args: tuple[Any, ...], value: Any) -> list[Problem]:
        for item in args[1:]:
            if isinstance(item, Reader):  # of numbers with `format: decimal`
                number = item.read(0).__class__
                return [] if isinstance(value, number) else [_mismatch(float, value)]
            if isinstance(item, Discriminator):
                return self._check_discriminated(args[0], item, value)
        return self.check(args[0], value)

    def _check_discriminated(
        self, union: Any, discriminator: Discriminator, value: Any
    ) -> list[Problem]:
        """As the union, and the value of the discriminator must be one that selects a member (OpenAPI: Discriminator Object)."""
        problems = self.check(union, value)
        name = discriminator.property_name
        if discriminator.default or not isinstance(value, (dict, ApiModel)):
            return problems
        tag = _get_property(value, name)
        # The mapping has JSON text: true, 1.
        text = tag if isinstance(tag, str) else str(tag).lower()
        if text in discriminator.mapping:
            return problems
        problem = Problem(
            point(name), _list_values(discriminator.mapping), _describe_value(tag)
        )
        return [
            problem,
            *(p for p in problems if p.pointer not in ("", problem.pointer)),
        ]

    def _check_union(self, union: Any, value: Any) -> list[Problem]:
        """The problems of the member that fits best: none, or those inside it. If none fits at all, that is the problem."""
        best: list[Problem] | None = None
        for member in typing.get_args(union):
            if member is Unset:
                continue
            problems = self.check(member, value)
            if not problems:
                return []
            is_inside = all(p.pointer for p in problems)
            if is_inside and (best is None or len(problems) < len(best)):
                best = problems
        return [_mismatch(union, value)] if best is None else best

    def _check_model(self, cls: type[ApiModel], value: Any) -> list[Problem]:
        union = union_of(cls)
        problems = [] if union is None else self.check(union, value)
        if union is not None and type(value) is not cls:
            return problems
        if not isinstance(value, cls):
            return [_mismatch(cls, value)]
        schema = _find_schema(type(value))
        problems = [*problems, *self._check_properties(value)]
        return [p if p.schema else evolve(p, schema=schema) for p in problems]

    def _check_properties(self, model: ApiModel) -> list[Problem]:
        problems: list[Problem] = []
        *own, extra = sorted(fields(type(model)), key=_is_additional)
        for f in own:
            value, type_, name = (
                getattr(model, f.name),
                _evaluate(f.type),
                _json_name(f),
            )
            constant = f.metadata.get("constant", value)
            if value is UNSET:
                if _is_required(f, self._is_request):
                    expected = f"{_describe_type(type_)} (required)"
                    problems.append(Problem(point(name), expected, "nothing"))
            elif value != constant:
                expected, actual = _shorten(constant), _describe_value(value)
                problems.append(Problem(point(name), expected, actual))
            else:
                problems += self._check_parts([(name, type_, value)])
        unnamed = model.additional_properties
        if not extra.metadata.get("closed"):
            return problems + self.check(extra.type, unnamed)
        return problems + [
            Problem(point(k), "no such property", _describe_value(v))
            for k, v in unnamed.items()
        ]


def list_required(type_: Any) -> list[str]:
    """The names of the properties that a request of a class must have; none for other types."""
    from .. import models  # type: ignore[attr-defined, unused-ignore]

    type_ = evaluate(type_)
    cls = (
        getattr(models, type_.__forward_arg__)
        if isinstance(type_, ForwardRef)
        else type_
    )
    if not (isinstance(cls, type) and issubclass(cls, ApiModel)):
        return []
    own = (f for f in fields(cls) if not _is_additional(f))
    return [_json_name(f) for f in own if _is_required(f, is_request=True)]


def _is_required(f: Any, is_request: bool) -> bool:
    type_ = _evaluate(f.type)
    # An optional property of any type has no Unset in its type; one that is readOnly has a default.
    if f.default is UNSET and (is_request or type_ is Any):
        return False
    if "write_only" in f.metadata and not is_request:
        return False
    return Unset not in typing.get_args(type_)


@cache
def _evaluate(annotation: Any) -> Any:
    return evaluate(annotation)


def _is_additional(f: Any) -> bool:
    return bool(f.name == "additional_properties")


def _json_name(f: Any) -> str:
    return str(f.metadata.get("json_name", f.name))


def _align(
    args: tuple[Any, ...], values: tuple[Any, ...]
) -> Iterator[tuple[object, Any, Any]]:
    """The items of an array with the types of their places; the last type may be for all further ones."""
    rest = [a for a in args if typing.get_origin(a) is tuple]
    types = [a for a in args if typing.get_origin(a) is not tuple]
    for i, value in enumerate(values):
        yield i, types[i] if i < len(types) else typing.get_args(rest[0])[0], value


def _fits(type_: Any, value: Any) -> bool:
    """Whether a value is one of a type without parts."""
    if type_ is Any:
        return True
    if type_ is None:
        return value is None
    if typing.get_origin(type_) is Literal:
        return any(
            type(value) is type(v) and value == v for v in typing.get_args(type_)
        )
    if type_ is int or type_ is float:  # 1.0 is an integer, too
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return is_number and (type_ is float or value == value // 1)
    return isinstance(type_, type) and isinstance(value, type_)


def _get_property(value: Any, name: str) -> Any:
    if isinstance(value, ApiModel):
        for f in fields(type(value)):
            if _json_name(f) == name:
                return getattr(value, f.name)
        value = value.additional_properties
    return value.get(name, UNSET)


def _mismatch(type_: Any, value: Any) -> Problem:
    return Problem("", _describe_type(type_), _describe_value(value))


def _describe_type(type_: Any) -> str:
    type_ = evaluate(type_)
    origin, args = typing.get_origin(type_), typing.get_args(type_)
    if isinstance(type_, ForwardRef):
        return type_.__forward_arg__
    if origin is Annotated:
        return _describe_type(args[0])
    if origin is Literal:
        return _list_values(args)
    if origin is Union or origin is UnionType:
        members = dict.fromkeys(_describe_type(a) for a in args if a is not Unset)
        return " or ".join(members)
    if origin is tuple:
        items = [a for a in args if typing.get_origin(a) is not tuple]
        return f"an array of {len(items)} items"
    name = "NoneType" if type_ is None else (origin or type_).__name__
    return _WORDS.get(name, name)


def _list_values(values: Iterable[object]) -> str:
    return " or ".join(map(_shorten, values))


def _describe_value(value: Any) -> str:
    if value is UNSET:
        return "nothing"
    if isinstance(value, (list, tuple)):
        return f"an array of {len(cast('list[Any]', value))} items"
    if isinstance(value, ApiModel):
        return f"an object ({type(value).__name__})"
    if isinstance(value, dict):
        return "an object"
    return _shorten(to_json(value, str))


def _shorten(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def point(name: object) -> str:
    """A part of a JSON pointer (RFC 6901)."""
    return "/" + str(name).replace("~", "~0").replace("/", "~1")


def _find_schema(cls: type[Any]) -> str:
    """The pointer in the docstring of the module of a class; "" if there is none, as with `python -OO`."""
    text = sys.modules[cls.__module__].__doc__ or ""
    match = re.match(r"The schema `(#[^`]*)`", text)
    return match[1] if match else ""
