"""JSON as typed values, by annotations alone: a second reading, independent of the generated package's own decoder.

`build` makes the value that a user would write for some JSON, `check` compares a value that the package has read.
Where several types fit, as in a union, the one that says most about the JSON is expected: constants before formats,
formats before plain types, classes that name the properties before those that keep them as additional ones.
"""

from __future__ import annotations

import base64
import collections.abc
import datetime as dt
import decimal
import re
import typing
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from attrs import frozen

from benchmarks.conformance.package import EXTRA, Package, Upload


class MismatchError(Exception):
    """A value that is not of a type, or is not what was expected."""


def _parse(pattern: str, function: Callable[[str], Any]) -> Callable[[Any], Any]:
    def parse(data: Any) -> Any:
        if not isinstance(data, str) or not re.match(pattern, data):
            raise ValueError(data)
        return function(data)

    return parse


def _is(*kinds: type) -> Callable[[Any], Any]:
    def same(data: Any) -> Any:
        if type(data) not in kinds:
            raise ValueError(data)
        return data

    return same


# type: (how much it says, how to read it)
SCALARS: dict[Any, tuple[float, Callable[[Any], Any]]] = {
    type(None): (3, _is(type(None))),
    bool: (3, _is(bool)),
    int: (3, _is(int)),
    float: (2.5, _is(int, float)),
    str: (2, _is(str)),
    bytes: (2.2, _parse("", lambda text: base64.b64decode(text, validate=True))),
    decimal.Decimal: (2.6, lambda data: decimal.Decimal(str(_is(int, float, str)(data)))),
    uuid.UUID: (4, _parse("", uuid.UUID)),
    dt.datetime: (
        4,
        _parse(r"\d{4}-\d\d-\d\d[Tt ]", lambda text: dt.datetime.fromisoformat(text.upper())),
    ),
    dt.date: (4, _parse(r"\d{4}-\d\d-\d\d$", dt.date.fromisoformat)),
    dt.time: (4, _parse(r"\d\d:\d\d", dt.time.fromisoformat)),
}
MAPPINGS = (dict, collections.abc.Mapping)


@frozen
class Values:
    """Values of the types of a package."""

    package: Package

    def build(self, annotation: Any, data: Any) -> Any:
        """The value of the annotated type for this JSON. Raises MismatchError where there is none."""
        return self._best(annotation, data)[0][2]

    def check(self, annotation: Any, data: Any, value: Any, where: str = "$") -> None:
        """Raises MismatchError unless `value` is the reading of this JSON by the annotation."""
        problems = []
        for _, kind, _ in self._best(annotation, data):
            try:
                return self._check(kind, data, value, where)
            except MismatchError as problem:
                problems.append(str(problem))
        raise MismatchError(" / ".join(dict.fromkeys(problems)))

    def _best(self, annotation: Any, data: Any) -> list[tuple[float, Any, Any]]:
        """[(score, type, value)] of the types that say most about this JSON: several where they say as much."""
        options, problems = [], []
        for kind in self._alternatives(annotation):
            try:
                options.append((*self._fit(kind, data), kind))
            except (MismatchError, ValueError, ArithmeticError) as problem:
                problems.append(f"{getattr(kind, '__name__', kind)}: {problem}"[:120])
        if not options:
            raise MismatchError(f"{str(data)[:80]!r} is no {'; '.join(problems)[:400]}")
        most = max(score for score, _, _ in options)
        return [(score, kind, value) for score, value, kind in options if score == most]

    def _alternatives(self, annotation: Any) -> Iterator[Any]:
        """The types that a value can have: members of unions, and what extends a class."""
        for kind in self.package.members(annotation):
            if self.package.is_model(kind):
                yield from self.package.subclasses(kind)
            elif not self.package.is_unset(kind):
                yield kind

    def _fit(self, kind: Any, data: Any) -> tuple[float, Any]:
        """(score, value); raises where the JSON is not of this type."""
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if isinstance(data, Upload) and origin is not list:
            if (
                kind in SCALARS.keys() - {bytes}
                or origin in (typing.Literal, *MAPPINGS)
                or self.package.is_model(kind)
            ):
                raise MismatchError("not a file")
            return 3, data.argument
        if kind in (Any, object):
            return 1, data
        if origin is typing.Literal:
            if not any(data == a and type(data) is type(a) for a in arguments):
                raise MismatchError(f"{data!r} is not among {arguments}")
            return 5, data
        if origin in (list, tuple):
            values = [data] if isinstance(data, Upload) else _is(list)(data)
            kinds = (
                arguments
                if origin is tuple and arguments[-1:] != (...,)
                else arguments[:1] * len(values)
            )
            if len(kinds) != len(values):
                raise MismatchError(f"{len(values)} items")
            built = [self._best(k, v)[0] for k, v in zip(kinds, values, strict=True)]
            return min((b[0] for b in built), default=3), origin(b[2] for b in built)
        if origin in MAPPINGS or kind in MAPPINGS:
            item_type = (arguments or (str, Any))[1]
            items = {k: self._best(item_type, v)[0] for k, v in _is(dict)(data).items()}
            low = min((item[0] for item in items.values()), default=1.5)
            return low if origin is dict else 0.5, {k: item[2] for k, item in items.items()}
        if kind in SCALARS:
            score, read = SCALARS[kind]
            return score, read(data)
        if self.package.is_model(kind):
            return self._fit_class(kind, _is(dict)(data))
        if typing.is_typeddict(kind):
            return 0.5, _is(dict)(data)
        raise MismatchError(f"a type of no JSON: {kind}")

    def _fit_class(self, cls: Any, data: dict[str, Any]) -> tuple[float, Any]:
        fields, extra_type = self.package.fields(cls), self.package.extra_type(cls)
        if missing := [n for n, f in fields.items() if f.required and n not in data]:
            raise MismatchError(f"{missing[0]} is missing")
        arguments, score = {}, 3.0
        for name in data.keys() & fields.keys():
            part, _, arguments[fields[name].argument] = self._best(fields[name].type, data[name])[0]
            score += 1.5 if part >= 5 else 0.5
        if extra := {k: v for k, v in data.items() if k not in fields}:
            if extra_type is None:
                raise MismatchError(f"{min(extra)} is no property")
            arguments[EXTRA] = {k: self._best(extra_type, v)[0][2] for k, v in extra.items()}
            score += (0 if extra_type is Any else 0.5) - 0.6 * len(extra)
        return score, cls(**arguments)

    def _check(self, kind: Any, data: Any, value: Any, where: str) -> None:
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if origin in (list, tuple):
            if not isinstance(value, (list, tuple)) or len(value) != len(data):
                raise MismatchError(f"{where} is {value!r:.120}, not {len(data)} items")
            kinds = (
                arguments
                if origin is tuple and arguments[-1:] != (...,)
                else arguments[:1] * len(data)
            )
            for i, (k, d, v) in enumerate(zip(kinds, data, value, strict=True)):
                self.check(k, d, v, f"{where}[{i}]")
        elif origin in MAPPINGS:
            self._same_keys(data, value, where)
            for key, item in data.items():
                self.check((arguments or (str, Any))[1], item, value[key], f"{where}.{key}")
        elif self.package.is_model(kind):
            self._check_class(kind, data, value, where)
        else:
            expected = self._fit(kind, data)[1]
            same = isinstance(value, bool) == isinstance(expected, bool) and (
                isinstance(value, type(expected)) or kind is float
            )
            if not same or value != expected:
                raise MismatchError(f"{where} is {value!r:.120}, not {expected!r:.120}")

    def _check_class(self, cls: Any, data: Any, value: Any, where: str) -> None:
        if type(value) is not cls:
            raise MismatchError(f"{where} is {value!r:.160}, not a {cls.__name__}")
        fields = self.package.fields(cls)
        for name, f in fields.items():
            own = getattr(value, f.attribute)
            if name in data:
                self.check(f.type, data[name], own, f"{where}.{name}")
            elif own is not self.package.unset and own != f.default:
                raise MismatchError(f"{where}.{name} is {own!r:.80}, and not in the JSON")
        extra = {k: v for k, v in data.items() if k not in fields}
        kept = getattr(value, EXTRA, {})
        self._same_keys(extra, kept, where)
        for key, item in extra.items():
            self.check(self.package.extra_type(cls), item, kept[key], f"{where}.{key}")

    @staticmethod
    def _same_keys(data: Any, value: Any, where: str) -> None:
        if not isinstance(value, collections.abc.Mapping) or value.keys() != data.keys():
            raise MismatchError(f"{where} is {value!r:.120}, not an object with {sorted(data)}")

    def same_json(self, data: Any, value: Any) -> None:
        """Raises MismatchError unless the models in `value` are written as this JSON again."""
        encoded = self.package.encode(value)
        if encoded is not None:
            if encoded != data:
                raise MismatchError(f"written as {encoded!r:.200}, not {data!r:.200}")
        elif isinstance(value, (list, tuple)):
            for item, v in zip(data, value, strict=True):
                self.same_json(item, v)
        elif isinstance(value, dict):
            for key, v in value.items():
                self.same_json(data[key], v)
