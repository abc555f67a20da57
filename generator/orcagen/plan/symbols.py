"""Names for schemas: a symbol and a module for each, and types as Python text."""

from __future__ import annotations

import os
from typing import TypeAlias

from attrs import define, field

from orcagen.plan import names
from orcagen.plan.text import literal
from orcagen.schema import (
    Alias,
    Key,
    ListType,
    LiteralType,
    MapType,
    Scalar,
    TupleType,
    Type,
    TypeGraph,
    TypeRef,
    UnionType,
)

Operations: TypeAlias = dict[Key, str]  # the function of an operation, by its place


@define
class Symbols:
    """The symbol and the module of each named schema."""

    symbol: dict[Key, str]
    module: dict[Key, str]

    @classmethod
    def of(
        cls, graph: TypeGraph, operations: Operations, overrides: dict[str, str], root_file: str
    ) -> Symbols:
        """`root_file` is the document's file: places are told apart by their path from its folder."""
        components = set(graph.components)
        wanted: dict[str, tuple[str, str]] = {}
        keys: dict[str, Key] = {}
        roots: dict[Key, Key | None] = {}

        def text_of(key: Key) -> str:
            """The name that a key asks for, from its owners down."""
            named = graph.named.get(key)
            if named is None:
                return operations.get(key, "")
            if key in components or named.parent is None or named.parent == key:
                return named.suggested_name
            return f"{text_of(named.parent)} {named.suggested_name}"

        def root_of(key: Key) -> Key | None:
            """The schema or the operation in whose module a key stands."""
            named = graph.named.get(key)
            if named is None or key in components or named.parent is None or named.parent == key:
                return key
            return root_of(named.parent)

        for key in sorted(graph.named):
            identity = _identity(key, root_file)
            keys[identity] = key
            roots[key] = root_of(key)
            original = text_of(key) if key in components else ""
            place = graph.named[key].pointer  # of what is made beside a schema, that schema's
            own = (place == key.pointer and not key.role) or Key(key.file, place) not in graph.named
            override = overrides.get(place) if own else None
            wanted[identity] = (original, override or names.symbol(text_of(key)))
        twins = {
            key: target
            for key, named in graph.named.items()
            if isinstance(named, Alias)
            and (target := same_as(named)) is not None
            and wanted[_identity(key, root_file)][1] == wanted[_identity(target, root_file)][1]
        }  # two spellings of one name for one schema
        for key in twins:
            del wanted[_identity(key, root_file)]
        inner = {i for i in wanted if keys[i] not in components}
        chosen = names.unique({i: w for i, w in wanted.items() if i not in inner})
        taken = set(chosen.values())
        for identity, name in names.unique({i: wanted[i] for i in inner}).items():
            chosen[identity] = f"{name}{names.digest(identity).upper()}" if name in taken else name
        symbol = {keys[i]: name for i, name in chosen.items()}

        modules: dict[str, tuple[str, str]] = {}
        for key in symbol:
            root = roots[key]
            assert root is not None
            name = (
                operations[root] if root in operations else names.snake(symbol[_end(root, twins)])
            )
            modules[_identity(root, root_file)] = (
                "",
                names.harmless(name, {*symbol.values(), *names.BUILTINS}),
            )
        chosen_modules = names.unique(modules, files=True)
        module = {}
        for key in symbol:
            root = roots[key]
            assert root is not None
            module[key] = chosen_modules[_identity(root, root_file)]
        for key in twins:
            target = _end(key, twins)
            symbol[key], module[key] = symbol[target], module[target]
        return cls(symbol, module)


def _end(key: Key, twins: dict[Key, Key]) -> Key:
    while key in twins:
        key = twins[key]
    return key


def _identity(key: Key, root_file: str) -> str:
    """A place, said so that it is the same in every folder."""
    file, pointer, role = key
    pointer += f"&{role}" if role else ""
    if file == root_file:
        return "#" + pointer
    if file.startswith(("http://", "https://")) or root_file.startswith(("http://", "https://")):
        return f"{file}#{pointer}"
    folder = "." if root_file == "-" else root_file.rpartition("/")[0] or "/"
    return f"{os.path.relpath(file, folder)}#{pointer}"


@define
class Writer:
    """Writes types as annotations of one module and notes what they use."""

    symbols: Symbols
    prefix: str = ""  # of references, for expressions in which the module `models` is at hand
    quoted: bool = False  # references in quotes, for expressions that are evaluated when the module is imported
    models: set[str] = field(factory=set)
    words: set[str] = field(factory=set)

    def write(self, type_: Type) -> str:
        match type_:
            case Scalar(name):
                word = "dt" if name.startswith("dt.") else name
                if word in ("Any", "dt", "UUID", "Decimal", "Upload"):
                    self.words.add(word)
                return name
            case LiteralType(values, rest):
                self.words.add("Literal")
                known = f"Literal[{', '.join(literal(v) for v in values)}]"
                return f"{known} | {rest}" if rest else known
            case ListType(item):
                return f"list[{self.write(item)}]"
            case MapType(value):
                return f"dict[str, {self.write(value)}]"
            case TupleType(items, rest):
                parts = [self.write(i) for i in items]
                if rest is not None:
                    parts.append(f"*tuple[{self.write(rest)}, ...]")
                return f"tuple[{', '.join(parts)}]"
            case TypeRef(key):
                self.models.add(self.symbols.symbol[key])
                name = self.symbols.symbol[key]
                return literal(name) if self.quoted else self.prefix + name
            case UnionType(members):
                parts = [part for m in members for part in self._parts(m)]
                if (self.quoted or self.prefix) and any(isinstance(m, TypeRef) for m in members):
                    self.words.add("Union")
                    return f"Union[{', '.join(parts)}]"
                return " | ".join(parts)

    def _parts(self, type_: Type) -> list[str]:
        if isinstance(type_, LiteralType) and type_.open_type:
            return [self.write(LiteralType(type_.values, None)), type_.open_type]
        return [self.write(type_)]


def same_as(alias: Alias) -> Key | None:
    """What an alias is another name of."""
    return (
        alias.type.key
        if isinstance(alias.type, TypeRef)
        and alias.type.key != alias.key
        and not alias.discriminator
        else None
    )
