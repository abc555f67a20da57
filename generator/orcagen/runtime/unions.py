"""Unions of several schemas: which of them a value is."""

# pyright: basic

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any

from attrs import fields

from .model import (
    BASES,
    KNOWN,
    ApiModel,
    Choice,
    Codec,
    Named,
    OneOf,
    Reader,
    Shape,
    T,
    Values,
    reader_of,
    shape_of,
)


class UnionCodec(Codec[T]):
    """The codec of a union that says more of its members than their types.

    `tag` is the discriminator's property, `tags` the model that each of its values means. `base` is the class that the
    members extend: an object that is none of them is read as that.
    """

    def __init__(
        self,
        type_: Any,
        tag: str | None = None,
        tags: Mapping[str, str] | None = None,
        base: type[ApiModel] | None = None,
    ) -> None:
        super().__init__(type_)
        self.tag, self.tags, self.base = tag, tags or {}, base
        if base:
            BASES[base] = self

    @functools.cached_property
    def reader(self) -> Reader:
        reader = reader_of(self.type)
        if self.tag:
            reader = Tagged(reader, self.tag, self.tags)
        return Based(reader, self.base) if self.base else reader


class Best(Choice):
    """Of the members that a value fits, the one that it fits best reads it; it stays as it came if it fits none."""

    def __init__(self, members: list[Reader]) -> None:
        super().__init__(members)
        objects = [m for m in members if isinstance(m, (Named, Values))]
        self.only = (
            objects[0] if len(objects) == 1 and isinstance(objects[0], Named) else None
        )

    def read(self, value: Any) -> Any:
        if self.only and type(value) is dict:
            return self.only.read(value)
        best, reader = 0.0, None
        for member in self.members:
            fit = member.fit(value)
            if fit > best:
                best, reader = fit, member
        return reader.read(value) if reader else value


class Tagged(Reader):
    """A union with a discriminator. A value whose tag is unknown is matched as if there were none."""

    plain = False

    def __init__(self, inner: Reader, tag: str, tags: Mapping[str, str]) -> None:
        self.inner, self.tag = inner, tag
        self.tags = {k: Named(v) for k, v in tags.items()}

    def _by_tag(self, value: Any) -> Reader | None:
        tag = value.get(self.tag) if isinstance(value, dict) else None
        return self.tags.get(tag) if isinstance(tag, str) else None

    def read(self, value: Any) -> Any:
        return (self._by_tag(value) or self.inner).read(value)

    def fit(self, value: Any) -> float:
        return 4.0 if self._by_tag(value) else self.inner.fit(value)


class Based(Reader):
    """A union of classes that extend one: what is an object but none of them is read as that."""

    plain = False

    def __init__(self, inner: Reader, base: type[ApiModel]) -> None:
        self.inner, self.base = inner, base

    def read(self, value: Any) -> Any:
        found = self.inner.read(value)
        return shape_of(self.base).read(found) if isinstance(found, dict) else found

    def fit(self, value: Any) -> float:
        return self.inner.fit(value) or shape_of(self.base).fit(value)


def fit(shape: Shape, value: Any) -> float:
    """How well a value fits a class: above 0 unless a constant or a telling pattern differs.

    Known properties that fit count for it, missing required ones against it.
    """
    if not isinstance(value, dict):
        return 0.0
    required, patterns = _marks(shape)
    score = 1.0
    for wire, reader in shape.readers.items():
        if wire in value:
            fit = reader.fit(value[wire])
            if fit == 0 and isinstance(reader, OneOf):
                return 0.0
            pattern = patterns.get(wire)
            unknown = fit < KNOWN and isinstance(value[wire], str)
            if pattern and unknown and not pattern.search(value[wire]):
                return 0.0
            score += 1 + fit / 4 if fit else -1
        elif wire in required:
            score -= 2
    score -= sum(0.25 for k in value if k not in shape.readers)
    return max(score, 0.01)


@functools.cache
def _marks(shape: Shape) -> tuple[set[str], dict[str, re.Pattern[str]]]:
    """The properties that are required, and the patterns of the document (ECMA-262) that Python can read."""
    required, patterns = set(), {}
    for f in fields(shape.cls):
        wire = shape.wires.get(f.name)
        if wire is None:
            continue
        if "Unset" not in str(f.type):
            required.add(wire)
        if "pattern" in f.metadata:
            try:
                patterns[wire] = re.compile(f.metadata["pattern"])
            except re.error:
                pass
    return required, patterns
