"""Which functions, arguments, classes and fields of the old plan and the new one are the same, renamed ones included."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Set
from typing import TypeVar

from attrs import define, field, frozen

from orcagen.diff.package_index import ApiFunction, PackageIndex
from orcagen.diff.types import Generic, Members, normalize
from orcagen.plan.model import Argument, Field, ModelClass, ModelType, Type

T = TypeVar("T")

_SIMILARITY = 0.5  # share of common properties from which a class can be a renamed one
_PATH_PARAMETER = re.compile(r"\{([^}]*)\}")


@frozen
class Matches:
    """`new_names` has the new name of each class and alias that still exists, under its old name or another."""

    functions: tuple[tuple[ApiFunction, ApiFunction], ...]
    new_names: dict[str, str]


def match(old: PackageIndex, new: PackageIndex) -> Matches:
    """Matches functions by method and path, then by name; classes and aliases by name, then by pointer.

    A class or alias that has neither is the same as the one that replaces it in a field, an argument, a body or a response,
    if the two are similar.
    """
    functions = tuple(_match_functions(old, new))
    matcher = _SymbolMatcher(old, new)
    matcher.match_by_name()
    matcher.match_by_pointer()
    for a, b in functions:
        matcher.match_in_function(a, b)
    matcher.match_inside()
    return Matches(functions, matcher.new_names)


def match_arguments(
    a: ApiFunction, b: ApiFunction
) -> list[tuple[Argument | None, Argument | None]]:
    """The arguments of two functions: by location and name in the request, then path parameters by position and all
    others by name. None where there is no counterpart."""
    old, new = list(a.function.arguments), list(b.function.arguments)
    pairs: list[tuple[Argument | None, Argument | None]] = []

    def take(
        old_key: Callable[[Argument], Hashable], new_key: Callable[[Argument], Hashable]
    ) -> None:
        for x, y in _pair_by_key(old, new, old_key, new_key):
            old.remove(x)
            new.remove(y)
            pairs.append((x, y))

    take(_request_key, _request_key)
    paths = a.function.path_template, b.function.path_template
    if drop_parameter_names(paths[0]) == drop_parameter_names(paths[1]):
        old_positions, new_positions = (
            {name: i for i, name in enumerate(_PATH_PARAMETER.findall(path))} for path in paths
        )
        take(
            lambda x: old_positions.get(x.api_name) if x.location == "path" else None,
            lambda y: new_positions.get(y.api_name) if y.location == "path" else None,
        )
    take(lambda x: x.name, lambda y: y.name)
    return [*pairs, *((x, None) for x in old), *((None, y) for y in new)]


def match_fields(a: ModelClass, b: ModelClass) -> list[tuple[Field | None, Field | None]]:
    """The fields of two classes: by name in JSON, then by name. None where there is no counterpart."""
    old, new = {f.json_name: f for f in a.fields}, {f.json_name: f for f in b.fields}
    pairs: list[tuple[Field | None, Field | None]] = [(old[n], new[n]) for n in old if n in new]
    removed = [f for n, f in old.items() if n not in new]
    added = [f for n, f in new.items() if n not in old]
    for x, y in [*_pair_by_key(removed, added, lambda f: f.name, lambda f: f.name)]:
        removed.remove(x)
        added.remove(y)
        pairs.append((x, y))
    return [*pairs, *((x, None) for x in removed), *((None, y) for y in added)]


def drop_parameter_names(path: str) -> str:
    return _PATH_PARAMETER.sub("{}", path)


def _request_key(argument: Argument) -> Hashable:
    name = argument.api_name
    return argument.location, name.lower() if argument.location == "header" else name


def _match_functions(
    old: PackageIndex, new: PackageIndex
) -> Iterator[tuple[ApiFunction, ApiFunction]]:
    a, b = list(old.functions), list(new.functions)
    keys: list[Callable[[ApiFunction], Hashable]] = [
        lambda f: (f.function.method, f.function.path_template),
        lambda f: (f.function.method, drop_parameter_names(f.function.path_template)),
        lambda f: f.name,
    ]
    for key in keys:
        pairs = [*_pair_by_key(a, b, key, key)]
        matched = {id(f) for pair in pairs for f in pair}
        a, b = ([f for f in side if id(f) not in matched] for side in (a, b))
        yield from pairs


def _pair_by_key(
    old: Iterable[T],
    new: Iterable[T],
    old_key: Callable[[T], Hashable],
    new_key: Callable[[T], Hashable],
) -> Iterator[tuple[T, T]]:
    """Pairs whose key, other than None, occurs once on each side."""
    left, right = _index_unique(old, old_key), _index_unique(new, new_key)
    return ((x, right[k]) for k, x in left.items() if k in right)


def _index_unique(items: Iterable[T], key: Callable[[T], Hashable]) -> dict[Hashable, T]:
    by_key: dict[Hashable, list[T]] = {}
    for item in items:
        by_key.setdefault(key(item), []).append(item)
    return {k: v[0] for k, v in by_key.items() if len(v) == 1 and k is not None}


@define
class _SymbolMatcher:
    old: PackageIndex
    new: PackageIndex
    new_names: dict[str, str] = field(factory=dict)
    _unmatched: set[str] = field(factory=set)
    _todo: list[tuple[str, str]] = field(factory=list)

    def match_by_name(self) -> None:
        for name in self.old.symbols:
            if name in self.new.symbols:
                self._match(name, name)
            else:
                self._unmatched.add(name)

    def match_by_pointer(self) -> None:
        by_pointer = {
            s.pointer: s for s in self.new.symbols.values() if s.symbol not in self.old.symbols
        }
        for name in sorted(self._unmatched):
            other = by_pointer.get(self.old.symbols[name].pointer)
            if other is not None and self._are_similar(name, other.symbol):
                self._match(name, other.symbol)

    def match_in_function(self, a: ApiFunction, b: ApiFunction) -> None:
        for x, y in match_arguments(a, b):
            if x and y:
                self._match_in_types(x.type, y.type)
        if a.function.body and b.function.body:
            self._match_in_types(a.function.body.type, b.function.body.type)
        self._match_in_types(a.function.result, b.function.result)
        responses = {r.status: r.content for r in b.function.responses}
        for response in a.function.responses:
            content = responses.get(response.status, {})
            for media_type, type_ in response.content.items():
                if media_type in content:
                    self._match_in_types(type_, content[media_type])
        if a.function.stream and b.function.stream:
            self._match_in_types(a.function.stream.item_type, b.function.stream.item_type)

    def match_inside(self) -> None:
        """Matches what has the same place inside classes and aliases that are matched already."""
        while self._todo:
            old, new = self._todo.pop()
            a, b = self.old.find_class(old), self.new.find_class(new)
            a_type, b_type = self.old.find_aliased_type(old), self.new.find_aliased_type(new)
            if a and b:
                for x, y in match_fields(a, b):
                    if x and y:
                        self._match_in_types(x.type, y.type)
                if a.additional_properties and b.additional_properties:
                    self._match_in_types(a.additional_properties, b.additional_properties)
            elif a_type and b_type:
                self._match_in_types(a_type, b_type)

    def _match_in_types(self, old: Type, new: Type) -> None:
        if self._unmatched and old != new:
            self._match_in_members(normalize(old), normalize(new))

    def _match_in_members(self, old: Members, new: Members) -> None:
        old_names = {m.symbol for m in old if isinstance(m, ModelType)}
        matched = {self.new_names.get(name) for name in old_names}
        candidates = sorted({m.symbol for m in new if isinstance(m, ModelType)} - matched)
        for name in sorted(old_names & self._unmatched):
            similar = [c for c in candidates if self._are_similar(name, c)]
            if len(similar) == 1:
                self._match(name, similar[0])
        a, b = ([m for m in members if isinstance(m, Generic)] for members in (old, new))
        if len(a) == len(b) == 1 and len(a[0].args) == len(b[0].args):
            for x, y in zip(a[0].args, b[0].args, strict=True):
                self._match_in_members(x, y)

    def _match(self, old: str, new: str) -> None:
        self.new_names[old] = new
        self._unmatched.discard(old)
        self._todo.append((old, new))

    def _are_similar(self, old: str, new: str) -> bool:
        a, b = self.old.find_class(old), self.new.find_class(new)
        if a and b:
            return _overlap({f.json_name for f in a.fields}, {f.json_name for f in b.fields})
        a_type, b_type = self.old.find_aliased_type(old), self.new.find_aliased_type(new)
        if a_type and b_type:
            return _overlap(normalize(a_type), normalize(b_type))
        return False


def _overlap(old: Set[T], new: Set[T]) -> bool:
    return len(old & new) >= _SIMILARITY * len(old | new)
