"""Readers: objects that decode parsed JSON into values of one type. This module has those of JSON's own types.

A union asks its members for a score of how well a value matches and takes the best: 4 and more for a known value of the
discriminator, 3 for a value that the document lists, 2 for a string in the right format, 1 for the right JSON type, 0.5
for anything, 0 for no match. The score of an object grows with each property that matches.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeAlias

Function: TypeAlias = Callable[[Any], Any]
LITERAL_SCORE = 3.0


class _Scores(threading.local):
    """The scores that are cached while the outermost union reads, by the ids of a reader and of an object or array.

    A union inside a union is asked for its score by each member of each union around it, and again when it reads. Types
    that contain themselves do so by name: keeping the score of each named type for each value makes all of it linear in
    the size of the value. The value outlives the scores, so that no id is used again meanwhile.

    `depth` counts the named types that a score is looking into. It looks no deeper than `MAX_DEPTH`: values that are
    nested more deeply must not need more of the stack for the choice than for reading.
    """

    cached: dict[tuple[int, int], float] | None = None
    depth = 0


SCORES = _Scores()
MAX_DEPTH = 60

# The readers ask `value.__class__`, because a check of `value` itself makes type checkers forget that it is Any.


def _unchanged(value: Any) -> Any:
    return value


class Reader:
    """Returns every value unchanged, and is the base class of the others.

    `converts` says that `read` may return another object than it was given, `is_scalar` that what it returns is a JSON
    scalar in any case, `reads_objects` that it may turn a JSON object into a model, `decimals_are_text` that its Decimals
    are strings in JSON, `reads_words` that it may convert a word.
    """

    converts = False
    is_scalar = False
    reads_objects = False
    decimals_are_text = False
    reads_words = False
    read: Function = staticmethod(_unchanged)

    def score(self, value: Any) -> float:
        return 0.5


class ScalarReader(Reader):
    """JSON's own scalars."""

    is_scalar = True

    def __init__(self, *types: type) -> None:
        self.types = types

    def score(self, value: Any) -> float:
        return 1.0 if type(value) in self.types else 0.0


class LiteralReader(Reader):
    """The values of an enum or const."""

    is_scalar = True

    def __init__(self, values: tuple[object, ...]) -> None:
        # With their types, because True == 1.
        self.values = frozenset((type(v), v) for v in values)

    def score(self, value: Any) -> float:
        # Only these can be hashed for sure.
        is_scalar = isinstance(value, (str, int))
        is_known = is_scalar and (type(value), value) in self.values
        return LITERAL_SCORE if is_known else 0.0


class ListReader(Reader):
    """An array whose items have one type."""

    def __init__(self, item: Reader) -> None:
        self.item = item
        self.converts = item.converts
        self.decimals_are_text = item.decimals_are_text

    def read(self, value: Any) -> Any:
        if not self.converts or value.__class__ is not list:
            return value
        read = self.item.read
        return [read(v) for v in value]

    def score(self, value: Any) -> float:
        if value.__class__ is not list:
            return 0.0
        # Twenty items tell the type: the time that a union takes does not grow with the length of its lists.
        lowest = 1.0 if not value else 1e9
        for item in value[:20]:
            lowest = min(lowest, self.item.score(item))
        return lowest


class MapReader(Reader):
    """An object whose properties have any names and one type."""

    def __init__(self, item: Reader) -> None:
        self.item = item
        self.converts = item.converts
        self.decimals_are_text = item.decimals_are_text

    def read(self, value: Any) -> Any:
        if not self.converts or not issubclass(value.__class__, dict):
            return value
        read = self.item.read
        return {k: read(v) for k, v in value.items()}

    def score(self, value: Any) -> float:
        if not issubclass(value.__class__, dict):
            return 0.0
        return min([0.5, *(self.item.score(v) for v in value.values())])


class TupleReader(Reader):
    """An array with a type for each place (prefixItems) and one for the rest. A shorter array stays a list."""

    converts = True

    def __init__(self, items: list[Reader], rest: Reader | None) -> None:
        self.items, self.rest = items, rest
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
        return min((r.score(v) for r, v in pairs), default=1.0)


class UnionReader(Reader):
    """A union in which at most one member converts: that one reads. `unions` has those that must choose."""

    def __init__(self, members: list[Reader]) -> None:
        self.members = members
        self.converts = any(m.converts for m in members)
        self.is_scalar = all(m.is_scalar for m in members)
        self.reads_objects = any(m.reads_objects for m in members)
        self.decimals_are_text = any(m.decimals_are_text for m in members)
        self.converting = next((m for m in members if m.converts), Reader())

    def read(self, value: Any) -> Any:
        return self.converting.read(value)

    def score(self, value: Any) -> float:
        best = 0.0
        for (
            member
        ) in self.members:  # a loop takes one frame of the stack less than max()
            best = max(best, member.score(value))
        return best
