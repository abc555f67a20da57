"""Readers: objects that decode parsed JSON into values of one type. This module has those of JSON's own types."""

from __future__ import annotations

from typing import Any

from .encoder import Function, write_list

# The readers ask `value.__class__`, because a check of `value` itself makes type checkers forget that it is Any.


class Reader:
    """Returns every value unchanged, and is the base class of the others.

    `converts` says that `read` may return another object than it was given, `is_scalar` that it always returns a JSON
    scalar, `reads_objects` that it may return a model for an object, `decimals_are_text` that its Decimals are strings in
    JSON, `reads_words` that it may convert a word. `writes` is a class that it reads values as, and a function that writes
    those; others are written by their own class.
    """

    converts = False
    is_scalar = False
    reads_objects = False
    decimals_are_text = False
    reads_words = False
    writes: tuple[type[Any], Function] | None = None

    def read(self, value: Any, /) -> Any:
        return value


class ScalarReader(Reader):
    """JSON's own scalars."""

    is_scalar = True

    def __init__(self, *types: type) -> None:
        self.types = types


class LiteralReader(Reader):
    """The values of an enum or const."""

    is_scalar = True

    def __init__(self, values: tuple[object, ...]) -> None:
        # With their types, because True == 1.
        self.values = frozenset((type(v), v) for v in values)


class ListReader(Reader):
    """An array whose items have one type."""

    def __init__(self, item: Reader) -> None:
        self.item = item
        self.converts = item.converts
        self.decimals_are_text = item.decimals_are_text
        if not self.decimals_are_text:
            self.writes = list, write_list

    def read(self, value: Any) -> Any:
        if not self.converts or value.__class__ is not list:
            return value
        read = self.item.read
        return [read(v) for v in value]


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


class UnionReader(Reader):
    """A union in which at most one member converts: that one reads. `unions` has those that must choose."""

    def __init__(self, members: list[Reader]) -> None:
        self.members = members
        self.converts = any(m.converts for m in members)
        self.is_scalar = all(m.is_scalar for m in members)
        self.reads_objects = any(m.reads_objects for m in members)
        self.decimals_are_text = any(m.decimals_are_text for m in members)
        self.converting = next((m for m in members if m.converts), Reader())
        if not self.decimals_are_text:
            self.writes = next((m.writes for m in members if m.writes), None)

    def read(self, value: Any) -> Any:
        return self.converting.read(value)
