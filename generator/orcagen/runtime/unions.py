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
    LITERAL_SCORE,
    ApiModel,
    UnionReader,
    Codec,
    ReferenceReader,
    LiteralReader,
    Reader,
    ModelReader,
    T,
    MapReader,
    make_reader,
    model_reader,
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
        reader = make_reader(self.type)
        if self.tag:
            reader = DiscriminatorReader(reader, self.tag, self.tags)
        return BaseClassReader(reader, self.base) if self.base else reader


class BestMatchReader(UnionReader):
    """Of the members that a value fits, the one that it fits best reads it; it stays as it came if it fits none."""

    def __init__(self, members: list[Reader]) -> None:
        super().__init__(members)
        objects = [m for m in members if isinstance(m, (ReferenceReader, MapReader))]
        self.only = (
            objects[0]
            if len(objects) == 1 and isinstance(objects[0], ReferenceReader)
            else None
        )

    def read(self, value: Any) -> Any:
        if self.only and type(value) is dict:
            return self.only.read(value)
        best, reader = 0.0, None
        for member in self.members:
            fit = member.match_score(value)
            if fit > best:
                best, reader = fit, member
        return reader.read(value) if reader else value


class DiscriminatorReader(Reader):
    """A union with a discriminator. A value whose tag is unknown is matched as if there were none."""

    plain = False

    def __init__(self, inner: Reader, tag: str, tags: Mapping[str, str]) -> None:
        self.inner, self.tag = inner, tag
        self.tags = {k: ReferenceReader(v) for k, v in tags.items()}

    def _by_tag(self, value: Any) -> Reader | None:
        tag = value.get(self.tag) if isinstance(value, dict) else None
        return self.tags.get(tag) if isinstance(tag, str) else None

    def read(self, value: Any) -> Any:
        return (self._by_tag(value) or self.inner).read(value)

    def match_score(self, value: Any) -> float:
        return 4.0 if self._by_tag(value) else self.inner.match_score(value)


class BaseClassReader(Reader):
    """A union of classes that extend one: what is an object but none of them is read as that."""

    plain = False

    def __init__(self, inner: Reader, base: type[ApiModel]) -> None:
        self.inner, self.base = inner, base

    def read(self, value: Any) -> Any:
        found = self.inner.read(value)
        return model_reader(self.base).read(found) if isinstance(found, dict) else found

    def match_score(self, value: Any) -> float:
        return self.inner.match_score(value) or model_reader(self.base).match_score(
            value
        )


def match_score(shape: ModelReader, value: Any) -> float:
    """How well a value fits a class: above 0 unless a constant or a telling pattern differs.

    Known properties that fit count for it, missing required ones against it.
    """
    if not isinstance(value, dict):
        return 0.0
    required, patterns = _marks(shape)
    score = 1.0
    for json_name, reader in shape.readers.items():
        if json_name in value:
            fit = reader.match_score(value[json_name])
            if fit == 0 and isinstance(reader, LiteralReader):
                return 0.0
            pattern = patterns.get(json_name)
            unknown = fit < LITERAL_SCORE and isinstance(value[json_name], str)
            if pattern and unknown and not pattern.search(value[json_name]):
                return 0.0
            score += 1 + fit / 4 if fit else -1
        elif json_name in required:
            score -= 2
    score -= sum(0.25 for k in value if k not in shape.readers)
    return max(score, 0.01)


@functools.cache
def _marks(shape: ModelReader) -> tuple[set[str], dict[str, re.Pattern[str]]]:
    """The properties that are required, and the patterns of the document (ECMA-262) that Python can read."""
    required, patterns = set(), {}
    for f in fields(shape.cls):
        json_name = shape.json_names.get(f.name)
        if json_name is None:
            continue
        if "Unset" not in str(f.type):
            required.add(json_name)
        if "pattern" in f.metadata:
            try:
                patterns[json_name] = re.compile(f.metadata["pattern"])
            except re.error:
                pass
    return required, patterns
