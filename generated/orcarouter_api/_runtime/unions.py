"""Readers of unions in which several members convert values, so that one must be chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .readers import MapReader, Reader, UnionReader


class BestMatchReader(UnionReader):
    """The member with the best score reads; the first of several. A value that matches none is returned unchanged."""

    def __init__(self, members: list[Reader]) -> None:
        super().__init__(members)
        # An object needs no score where one member only reads objects.
        objects = [m for m in members if m.reads_objects or isinstance(m, MapReader)]
        only = objects[0] if len(objects) == 1 else None
        self.object_reader = only if only and only.reads_objects else None

    def read(self, value: Any) -> Any:
        if self.object_reader and type(value) is dict:
            return self.object_reader.read(value)
        best, reader = 0.0, None
        for member in self.members:
            score = member.score(value)
            if score > best:
                best, reader = score, member
        return reader.read(value) if reader else value


class DiscriminatorReader(Reader):
    """A union with a discriminator. A value that the mapping does not have is matched by structure."""

    converts = True
    reads_objects = True

    def __init__(
        self, union: Reader, property_name: str, mapping: Mapping[str, Reader]
    ) -> None:
        self.union, self.property_name, self.mapping = union, property_name, mapping

    def _find(self, value: Any) -> Reader | None:
        if not issubclass(value.__class__, dict):
            return None
        name = value.get(self.property_name)
        return self.mapping.get(name) if isinstance(name, str) else None

    def read(self, value: Any) -> Any:
        return (self._find(value) or self.union).read(value)

    def score(self, value: Any) -> float:
        return 4.0 if self._find(value) else self.union.score(value)


class BaseClassReader(Reader):
    """A union of subclasses. An object that matches none of them is read as the base class."""

    converts = True
    reads_objects = True

    def __init__(self, union: Reader, base: Reader) -> None:
        self.union, self.base = union, base

    def read(self, value: Any) -> Any:
        model = self.union.read(value)
        return self.base.read(model) if isinstance(model, dict) else model

    def score(self, value: Any) -> float:
        return self.union.score(value) or self.base.score(value)
