"""Which function and which symbol of the old plan is which of the new one."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Set
from typing import TypeVar

from attrs import define, field, frozen

from orcagen.diff.annotations import Box, Type, Word, parse
from orcagen.diff.index import Index, Operation, Symbol, alias_type
from orcagen.plan.model import Argument, Field, Model, TypeName

T = TypeVar("T")

_ALIKE = 0.5  # share of common properties from which a class can be another one under a new name
_PARAMETER = re.compile(r"\{([^}]*)\}")


@frozen
class Pairs:
    """What belongs together. `names` gives the new symbol of each old one that lives on, under its name or another."""

    operations: tuple[tuple[Operation, Operation], ...]
    names: dict[str, str]


def match(old: Index, new: Index) -> Pairs:
    """Functions go together by method and path, else by name; symbols by name, else by place.

    A symbol whose name is gone lives on in the one that stands at its pointer, or in the one that took its place
    in a field, an argument, a body or an answer, if the two look alike.
    """
    operations = tuple(_operations(old, new))
    matcher = _Matcher(old, new)
    matcher.by_name()
    matcher.by_pointer()
    for a, b in operations:
        matcher.operation(a, b)
    matcher.follow()
    return Pairs(operations, matcher.names)


def arguments(a: Operation, b: Operation) -> list[tuple[Argument | None, Argument | None]]:
    """The arguments of two functions: by place and wire name, path parameters else by position, the rest by name."""
    old, new = list(a.function.arguments), list(b.function.arguments)
    out: list[tuple[Argument | None, Argument | None]] = []

    def take(
        old_key: Callable[[Argument], Hashable], new_key: Callable[[Argument], Hashable]
    ) -> None:
        for x, y in _pair(old, new, old_key, new_key):
            old.remove(x)
            new.remove(y)
            out.append((x, y))

    take(_on_the_wire, _on_the_wire)
    paths = a.function.path_key, b.function.path_key
    if shape(paths[0]) == shape(paths[1]):
        old_places, new_places = (
            {name: i for i, name in enumerate(_PARAMETER.findall(path))} for path in paths
        )
        take(
            lambda x: old_places.get(x.wire) if x.location == "path" else None,
            lambda y: new_places.get(y.wire) if y.location == "path" else None,
        )
    take(lambda x: x.name, lambda y: y.name)
    return [*out, *((x, None) for x in old), *((None, y) for y in new)]


def fields(a: Model, b: Model) -> list[tuple[Field | None, Field | None]]:
    """The fields of two classes: by wire name, else by name."""
    old, new = {f.wire: f for f in a.fields}, {f.wire: f for f in b.fields}
    out: list[tuple[Field | None, Field | None]] = [(old[w], new[w]) for w in old if w in new]
    gone, came = ([x[w] for w in x if w not in y] for x, y in ((old, new), (new, old)))
    for x, y in [*_pair(gone, came, lambda f: f.name, lambda f: f.name)]:
        gone.remove(x)
        came.remove(y)
        out.append((x, y))
    return [*out, *((x, None) for x in gone), *((None, y) for y in came)]


def shape(path: str) -> str:
    """A path without the names of its parameters."""
    return _PARAMETER.sub("{}", path)


def _on_the_wire(argument: Argument) -> Hashable:
    name = argument.wire
    return argument.location, name.lower() if argument.location == "header" else name


def _operations(old: Index, new: Index) -> Iterator[tuple[Operation, Operation]]:
    a, b = list(old.operations), list(new.operations)
    keys: list[Callable[[Operation], Hashable]] = [
        lambda o: (o.function.method, o.function.path_key),
        lambda o: (o.function.method, shape(o.function.path_key)),
        lambda o: o.name,
    ]
    for key in keys:
        pairs = [*_pair(a, b, key, key)]
        taken = {id(o) for pair in pairs for o in pair}
        a, b = ([o for o in side if id(o) not in taken] for side in (a, b))
        yield from pairs


def _pair(
    old: Iterable[T],
    new: Iterable[T],
    old_key: Callable[[T], Hashable],
    new_key: Callable[[T], Hashable],
) -> Iterator[tuple[T, T]]:
    """Pairs whose key, other than None, occurs once on each side."""
    left, right = _once(old, old_key), _once(new, new_key)
    return ((x, right[k]) for k, x in left.items() if k in right)


def _once(items: Iterable[T], key: Callable[[T], Hashable]) -> dict[Hashable, T]:
    found: dict[Hashable, list[T]] = {}
    for item in items:
        found.setdefault(key(item), []).append(item)
    return {k: v[0] for k, v in found.items() if len(v) == 1 and k is not None}


@define
class _Matcher:
    old: Index
    new: Index
    names: dict[str, str] = field(factory=dict)
    _gone: set[str] = field(factory=set)
    _todo: list[tuple[Symbol, Symbol]] = field(factory=list)

    def by_name(self) -> None:
        for name, symbol in self.old.symbols.items():
            if name in self.new.symbols:
                self._join(name, name)
            else:
                self._gone.add(symbol.symbol)

    def by_pointer(self) -> None:
        at = {s.pointer: s for s in self.new.symbols.values() if s.symbol not in self.old.symbols}
        for name in sorted(self._gone):
            other = at.get(self.old.symbols[name].pointer)
            if other is not None and self._alike(name, other.symbol):
                self._join(name, other.symbol)

    def operation(self, a: Operation, b: Operation) -> None:
        for x, y in arguments(a, b):
            if x and y:
                self._place(x.annotation, y.annotation)
        if a.function.body and b.function.body:
            self._place(a.function.body.annotation, b.function.body.annotation)
        self._place(a.function.result, b.function.result)
        for status, answer in a.function.answers.items():
            other = b.function.answers.get(status)
            if isinstance(answer, str) and isinstance(other, str):
                self._place(answer, other)
        if a.function.stream and b.function.stream:
            self._place(a.function.stream.item, b.function.stream.item)

    def follow(self) -> None:
        """What stands at the same place inside symbols that go together."""
        while self._todo:
            a, b = self._todo.pop()
            if isinstance(a, Model) and isinstance(b, Model):
                for x, y in fields(a, b):
                    if x and y and x.annotation != y.annotation:
                        self._place(x.annotation, y.annotation)
                if a.additional and b.additional:
                    self._place(a.additional, b.additional)
            elif not isinstance(a, Model) and not isinstance(b, Model):
                self._types(alias_type(a), alias_type(b))

    def _place(self, old: str, new: str) -> None:
        if old != new and self._gone:
            self._types(parse(old), parse(new))

    def _types(self, old: Type, new: Type) -> None:
        lost = sorted(m.name for m in old if isinstance(m, Word) and m.name in self._gone)
        known = {self.names.get(m.name) for m in old if isinstance(m, Word)}
        found = sorted(
            m.name
            for m in new
            if isinstance(m, Word) and m.name in self.new.symbols and m.name not in known
        )
        for name in lost:
            alike = [n for n in found if self._alike(name, n)]
            if len(alike) == 1:
                self._join(name, alike[0])
        a, b = ([m for m in t if isinstance(m, Box)] for t in (old, new))
        if len(a) == len(b) == 1 and len(a[0].inner) == len(b[0].inner):
            for x, y in zip(a[0].inner, b[0].inner, strict=True):
                self._types(x, y)

    def _join(self, old: str, new: str) -> None:
        self.names[old] = new
        self._gone.discard(old)
        a, b = self.old.resolved(old), self.new.resolved(new)
        if a and b:
            self._todo.append((a, b))

    def _alike(self, old: str, new: str) -> bool:
        a, b = self.old.resolved(old), self.new.resolved(new)
        if isinstance(a, Model) and isinstance(b, Model):
            return _overlap({f.wire for f in a.fields}, {f.wire for f in b.fields})
        if isinstance(a, TypeName) and isinstance(b, TypeName):
            return _overlap(alias_type(a), alias_type(b))
        return False


def _overlap(old: Set[T], new: Set[T]) -> bool:
    return len(old & new) >= _ALIKE * len(old | new)
