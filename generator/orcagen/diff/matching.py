"""Which functions, arguments, classes and fields of the old plan and the new one are the same, renamed ones included."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Set
from operator import attrgetter
from typing import TypeAlias, TypeVar

from attrs import define, field

from orcagen.diff.package_index import ApiFunction, PackageIndex
from orcagen.diff.types import Generic, Members, normalize
from orcagen.plan.model import Argument, Field, Function, ModelClass, ModelType, Type

T = TypeVar("T")
Pairs: TypeAlias = list[tuple[T | None, T | None]]

_SIMILARITY = 0.5  # share of common properties from which a class can be a renamed one
_PATH_PARAMETER = re.compile(r"\{([^}]*)\}")


def pair(old: Iterable[T], new: Iterable[T], *keys: Callable[[T], Hashable]) -> Pairs[T]:
    """What both sides have, by each key in turn, then the rest, with None where there is no counterpart.

    Only those keys count that are not None and occur once on each side.
    """
    pairs: Pairs[T] = []
    left, right = list(old), list(new)
    for key in keys:
        if not left or not right:
            break
        old_by_key, new_by_key = _index_unique(left, key), _index_unique(right, key)
        common = old_by_key.keys() & new_by_key.keys()
        pairs += [(x, new_by_key[k]) for k, x in old_by_key.items() if k in common]
        if len(common) == len(left) == len(right):
            return pairs  # nearly always
        left, right = ([x for x in side if key(x) not in common] for side in (left, right))
    return [*pairs, *((x, None) for x in left), *((None, y) for y in right)]


def _index_unique(items: list[T], key: Callable[[T], Hashable]) -> dict[Hashable, T]:
    by_key = {key(item): item for item in items}
    if len(by_key) == len(items) and None not in by_key:
        return by_key
    counts = Counter(map(key, items))
    return {k: item for k, item in by_key.items() if k is not None and counts[k] == 1}


def match_functions(old: PackageIndex, new: PackageIndex) -> Pairs[ApiFunction]:
    """The functions of two packages: by method and path, then by name."""
    return pair(
        old.functions,
        new.functions,
        lambda f: (f.function.method, f.function.path_template),
        lambda f: (f.function.method, drop_parameter_names(f.function.path_template)),
        lambda f: f.name,
    )


def match_arguments(a: Function, b: Function) -> Pairs[Argument]:
    """The arguments of two functions: by location and name in the request, then path parameters by position and all
    others by name."""
    positions = find_path_positions(a.path_template, b.path_template)

    def find_position(x: Argument) -> int | None:
        return positions.get(x.api_name) if x.location == "path" else None

    return pair(a.arguments, b.arguments, _request_key, find_position, lambda x: x.name)


def _request_key(argument: Argument) -> Hashable:
    name = argument.api_name
    return argument.location, name.lower() if argument.location == "header" else name


def match_fields(a: ModelClass, b: ModelClass) -> Pairs[Field]:
    """The fields of two classes: by name in JSON, then by name."""
    return pair(a.fields, b.fields, attrgetter("json_name"), attrgetter("name"))


def find_path_positions(old: str, new: str) -> dict[str, int]:
    """The position of each parameter in two path templates that differ in nothing but their names; {} for others."""
    if drop_parameter_names(old) != drop_parameter_names(new):
        return {}
    return {name: i for path in (old, new) for i, name in enumerate(_PATH_PARAMETER.findall(path))}


def drop_parameter_names(path: str) -> str:
    return _PATH_PARAMETER.sub("{}", path)


def match_symbols(
    old: PackageIndex, new: PackageIndex, functions: Pairs[ApiFunction]
) -> dict[str, str]:
    """The new name of each class and alias that still exists: matched by name, then by pointer.

    One that has neither is the same as the one that replaces it in a field, an argument, a body or a response, if the two
    are similar.
    """
    matcher = _SymbolMatcher(old, new, set(old.symbols.keys() - new.symbols.keys()))
    for name in old.symbols:
        if name in new.symbols:
            matcher.match(name, name)
    matcher.match_by_pointer()
    for a, b in functions:
        if a and b:
            matcher.match_in_function(a, b)
    matcher.match_inside()
    return matcher.new_names


@define
class _SymbolMatcher:
    old: PackageIndex
    new: PackageIndex
    unmatched: set[str]
    new_names: dict[str, str] = field(factory=dict)
    _todo: list[tuple[str, str]] = field(factory=list)

    def match(self, old: str, new: str) -> None:
        self.new_names[old] = new
        self.unmatched.discard(old)
        self._todo.append((old, new))

    def match_by_pointer(self) -> None:
        by_pointer = {
            s.pointer: name for name, s in self.new.symbols.items() if name not in self.old.symbols
        }
        for name in sorted(self.unmatched):
            other = by_pointer.get(self.old.symbols[name].pointer)
            if other is not None and self._are_similar(name, other):
                self.match(name, other)

    def match_in_function(self, a: ApiFunction, b: ApiFunction) -> None:
        if not self.unmatched:
            return
        for x, y in match_arguments(a.function, b.function):
            if x and y:
                self._match_in_types(x.type, y.type)
        if a.function.body and b.function.body:
            self._match_in_types(a.function.body.type, b.function.body.type)
        new_types = b.response_types()
        for place, type_ in a.response_types().items():
            if place in new_types:
                self._match_in_types(type_, new_types[place])

    def match_inside(self) -> None:
        """Matches what has the same place inside classes and aliases that are matched already."""
        while self._todo and self.unmatched:
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
        if self.unmatched and old != new:
            self._match_in_members(normalize(old), normalize(new))

    def _match_in_members(self, old: Members, new: Members) -> None:
        old_names = {m.symbol for m in old if isinstance(m, ModelType)}
        matched = {self.new_names.get(name) for name in old_names}
        candidates = sorted({m.symbol for m in new if isinstance(m, ModelType)} - matched)
        for name in sorted(old_names & self.unmatched):
            similar = [c for c in candidates if self._are_similar(name, c)]
            if len(similar) == 1:
                self.match(name, similar[0])
        a, b = ([m for m in members if isinstance(m, Generic)] for members in (old, new))
        if len(a) == len(b) == 1 and len(a[0].args) == len(b[0].args):
            for x, y in zip(a[0].args, b[0].args, strict=True):
                self._match_in_members(x, y)

    def _are_similar(self, old: str, new: str) -> bool:
        a, b = self.old.find_class(old), self.new.find_class(new)
        if a and b:
            return _overlap({f.json_name for f in a.fields}, {f.json_name for f in b.fields})
        a_type, b_type = self.old.find_aliased_type(old), self.new.find_aliased_type(new)
        if a_type is None or b_type is None:
            return False
        return _overlap(normalize(a_type), normalize(b_type))


def _overlap(old: Set[T], new: Set[T]) -> bool:
    return len(old & new) >= _SIMILARITY * len(old | new)
