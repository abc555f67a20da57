"""Readers of tuples, and of unions in which several members convert values, so that one must be chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, get_args, get_origin

from .annotations import ReferenceReader, make_reader
from .model_reader import ModelReader
from .readers import LiteralReader, MapReader, Reader, UnionReader
from .scores import SCORES, Score, scorer


class TupleReader(Reader):
    """An array with a type for each place (prefixItems) and one for the rest. A shorter array stays a list."""

    converts = True

    def __init__(self, types: tuple[Any, ...]) -> None:
        # tuple[int, str, *tuple[Any, ...]]: the last one is for all further items.
        rest = [t for t in types if get_origin(t) is tuple]
        items = [make_reader(t) for t in types if get_origin(t) is not tuple]
        self.items = items
        self.rest = make_reader(get_args(rest[0])[0]) if rest else None
        self.decimals_are_text = any(r.decimals_are_text for r in items)

    def read(self, value: Any) -> Any:
        if value.__class__ is not list:
            return value
        extra = len(value) - len(self.items)
        if extra < 0 or (extra and self.rest is None):
            return value
        readers = self.items + [self.rest] * extra if self.rest else self.items
        return tuple(r.read(v) for r, v in zip(readers, value, strict=True))

    def score(self, value: Any) -> float:
        if value.__class__ is not list or len(value) < len(self.items):
            return 0.0
        pairs = zip(self.items, value, strict=False)
        return min((scorer(r)(v) for r, v in pairs), default=1.0)


class BestMatchReader(UnionReader):
    """The member with the best score reads; the first of several. A value that matches none is returned unchanged."""

    def __init__(self, members: list[Reader]) -> None:
        super().__init__(members)
        # An object needs no score where one member only reads objects.
        objects = [m for m in members if m.reads_objects or isinstance(m, MapReader)]
        only = objects[0] if len(objects) == 1 else None
        self.object_reader = only if only and only.reads_objects else None

    @cached_property
    def scorers(self) -> list[tuple[Score, Reader]]:
        return [(scorer(m), m) for m in self.members]

    def read(self, value: Any) -> Any:
        if self.object_reader and type(value) is dict:
            return self.object_reader.read(value)
        return self.read_best(value, self.scorers, first_of_equals=True)

    def read_best(
        self,
        value: Any,
        scorers: Sequence[tuple[Score, Reader]],
        *,
        first_of_equals: bool,
    ) -> Any:
        """The value as the member with the best score reads it. Of several with that score the first one reads, or none."""
        is_outermost = SCORES.cached is None
        if is_outermost:
            SCORES.cached = {}
        try:
            best, reader = 0.0, None
            for score_member, member in scorers:
                score = score_member(value)
                if score > best:
                    best, reader = score, member
                elif score == best and not first_of_equals:
                    reader = None
            # Within the scores of this value, for the unions inside it.
            return reader.read(value) if reader else value
        except RecursionError:  # too deep for Python's stack: the rest stays as it came
            SCORES.depth = 0
            return value
        finally:
            if is_outermost:
                SCORES.cached = None


class DiscriminatorReader(Reader):
    """A union with a discriminator.

    A value that the mapping does not have selects `default`. Without one the structure does, if it tells: members that
    match equally well are no reason for any of them, and those that list their own values do not match.
    """

    converts = True
    reads_objects = True

    def __init__(
        self,
        union: Reader,
        property_name: str,
        mapping: Mapping[str, Reader],
        default: Reader | None,
    ) -> None:
        self.union, self.property_name = union, property_name
        self.mapping, self.default = mapping, default

    def _find(self, value: dict[str, Any]) -> Reader | None:
        tag = value.get(self.property_name)
        if isinstance(tag, (bool, int, float)):
            tag = str(tag).lower()  # the mapping has JSON text: true, 1
        return self.mapping.get(tag) if isinstance(tag, str) else None

    def is_unknown(self, value: Any) -> bool:
        """Whether nothing says what an object selects."""
        return (
            self.default is None
            and issubclass(value.__class__, dict)
            and self._find(value) is None
        )

    def read(self, value: Any) -> Any:
        if not issubclass(value.__class__, dict):
            return self.union.read(value)
        reader = self._find(value) or self.default
        if reader is None and isinstance(self.union, BestMatchReader):
            scorers = self.union.scorers
            if self.property_name in value:
                scorers = [s for s in scorers if not self._lists_values(s[1])]
            return self.union.read_best(value, scorers, first_of_equals=False)
        return (reader or self.union).read(value)

    def _lists_values(self, member: Reader) -> bool:
        """Whether a member has a constant or an enum for the property, and so none but values of the mapping."""
        model = member.target if isinstance(member, ReferenceReader) else member
        if not isinstance(model, ModelReader):
            return False
        tag = model.readers.get(self.property_name)
        types = tag.members if isinstance(tag, UnionReader) else [tag]
        return any(isinstance(t, LiteralReader) for t in types)

    def score(self, value: Any) -> float:
        if not issubclass(value.__class__, dict):
            return scorer(self.union)(value)
        if reader := self._find(value):
            return 4.0 + scorer(reader)(value)
        return scorer(self.default or self.union)(value)


class BaseClassReader(Reader):
    """A union of subclasses. An object that matches none of them, or whose discriminator is absent or has an unknown value,
    is read as the base class."""

    converts = True
    reads_objects = True

    def __init__(self, union: Reader, base: Reader) -> None:
        self.union, self.base = union, base

    def read(self, value: Any) -> Any:
        union = self.union
        if isinstance(union, DiscriminatorReader) and union.is_unknown(value):
            return self.base.read(value)
        model = union.read(value)
        return self.base.read(model) if isinstance(model, dict) else model

    def score(self, value: Any) -> float:
        return scorer(self.union)(value) or scorer(self.base)(value)


READERS = {
    "tuple": TupleReader,
    "best_match": BestMatchReader,
    "discriminator": DiscriminatorReader,
    "base_class": BaseClassReader,
}
