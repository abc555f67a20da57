"""Annotations of the plan, read back from their Python text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TypeAlias

from attrs import frozen


@frozen
class Word:
    """A name: a word of the vocabulary (`str`, `dt.datetime`, `None`) or the symbol of a model or an alias."""

    name: str

    def __str__(self) -> str:
        return self.name


@frozen
class Value:
    """One value of a `Literal`, as Python text."""

    text: str

    def __str__(self) -> str:
        return f"Literal[{self.text}]"

    @property
    def kind(self) -> str:
        """The type of the value."""
        if self.text in ("True", "False"):
            return "bool"
        return "str" if self.text[0] in "\"'" else "int"


@frozen
class Box:
    """A container: `list[...]`, `dict[...]`, `tuple[...]`. A starred tuple has the name `*tuple`."""

    name: str
    inner: tuple[Type, ...]

    def __str__(self) -> str:
        return f"{self.name}[{', '.join(show(t) for t in self.inner)}]"


Member: TypeAlias = Word | Value | Box
Type: TypeAlias = frozenset[Member]

NONE, UNSET, ANY = Word("None"), Word("Unset"), Word("Any")

_TOKEN = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[\w.-]+|[\[\],|*]""")


@lru_cache(maxsize=1 << 16)
def parse(text: str) -> Type:
    """The members of an annotation or of an alias's expression, where names stand in quotes."""
    tokens = _TOKEN.findall(text)
    tokens.append("")
    type_, _ = _type(tokens, 0)
    return type_


def show(type_: Type) -> str:
    """A type as Python text, its members in the order of their text, None and Unset last."""
    values = sorted(m.text for m in type_ if isinstance(m, Value))
    known = [f"Literal[{', '.join(values)}]"] if values else []
    others = sorted((m in (NONE, UNSET), str(m)) for m in type_ if not isinstance(m, Value))
    return " | ".join(known + [text for _, text in others])


def words(type_: Type) -> Iterator[str]:
    """All names in a type, inner ones included."""
    for member in type_:
        if isinstance(member, Word):
            yield member.name
        elif isinstance(member, Box):
            for inner in member.inner:
                yield from words(inner)


def _type(tokens: list[str], at: int) -> tuple[Type, int]:
    members: set[Member] = set()
    while True:
        found, at = _member(tokens, at)
        members |= found
        if tokens[at] != "|":
            return frozenset(members), at
        at += 1


def _member(tokens: list[str], at: int) -> tuple[Type, int]:
    name = tokens[at]
    if name == "*":
        name += tokens[at + 1]
        at += 1
    if name == "[":  # the arguments of a Callable
        name, at = "", at - 1
    if tokens[at + 1] != "[":
        return frozenset((Word(name.strip("\"'")),)), at + 1
    at += 2
    if name == "Literal":
        values: set[Member] = set()
        while tokens[at] != "]":
            if tokens[at] != ",":
                values.add(Value(tokens[at]))
            at += 1
        return frozenset(values), at + 1
    inner: list[Type] = []
    while tokens[at] != "]":
        if tokens[at] == ",":
            at += 1
            continue
        type_, at = _type(tokens, at)
        inner.append(type_)
    if name == "Union":
        return frozenset(m for t in inner for m in t), at + 1
    return frozenset((Box(name, tuple(inner)),)), at + 1
