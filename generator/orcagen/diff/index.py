"""The plan of one document, looked up by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from attrs import frozen

from orcagen.diff.annotations import Type, parse, words
from orcagen.plan.model import Function, Model, Package, TypeName

Symbol: TypeAlias = Model | TypeName


@frozen
class Operation:
    """A function and its module."""

    module: str
    function: Function

    @property
    def name(self) -> str:
        """The function as it is called after `from NAME.api import MODULE`."""
        return f"{self.module}.{self.function.name}"

    @property
    def arguments(self) -> str:
        """The required arguments as a signature has them."""
        names = [a.name for a in self.function.arguments if a.required]
        if self.function.body and self.function.body.required:
            names += ["*", "body"]
        return ", ".join(names)

    @property
    def signature(self) -> str:
        """The call with its required arguments."""
        return f"{self.name}({self.arguments})"

    @property
    def types(self) -> Iterator[str]:
        """All annotations of what is sent."""
        for argument in self.function.arguments:
            yield argument.annotation
        if self.function.body:
            yield self.function.body.annotation

    @property
    def results(self) -> Iterator[str]:
        """All annotations of what comes back, errors included."""
        yield self.function.result
        for status in self.function.answers:
            yield from contents(self.function, status).values()
        if self.function.stream:
            yield self.function.stream.item


@frozen
class Index:
    """`sent` and `received` are the symbols that requests and answers reach, through fields and aliases.

    What neither reaches (payloads of webhooks, tables, unused schemas) can only be read, and counts as received.
    """

    package: Package
    operations: tuple[Operation, ...]
    symbols: dict[str, Symbol]
    sent: frozenset[str]
    received: frozenset[str]

    @classmethod
    def of(cls, package: Package) -> Index:
        operations = tuple(Operation(a.name, f) for a in package.apis for f in a.functions)
        symbols: dict[str, Symbol] = {}
        for module in package.models:
            symbols |= {m.symbol: m for m in module.models}
            symbols |= {a.symbol: a for a in module.aliases}
        uses = {name: [*_named(annotations_of(s), symbols)] for name, s in symbols.items()}
        sent = _reached((t for o in operations for t in o.types), symbols, uses)
        received = _reached((t for o in operations for t in o.results), symbols, uses)
        unused = symbols.keys() - sent - received
        return cls(package, operations, symbols, sent, received | unused)

    def resolved(self, name: str) -> Symbol | None:
        """A symbol, past aliases that only name another one."""
        seen = set()
        symbol = self.symbols.get(name)
        while isinstance(symbol, TypeName) and symbol.same and symbol.same not in seen:
            seen.add(symbol.same)
            symbol = self.symbols.get(symbol.same)
        return symbol


def contents(function: Function, status: str) -> dict[str, str]:
    """The types of an answer by media type."""
    answer = function.answers[status]
    return {"application/json": answer} if isinstance(answer, str) else dict(answer or {})


def annotations_of(symbol: Symbol) -> list[str]:
    """All annotations in a class or an alias."""
    if isinstance(symbol, Model):
        own = [f.annotation for f in symbol.fields]
        return own if symbol.additional is None else [*own, symbol.additional]
    return [symbol.same or symbol.expression, *symbol.tags.values()]


def alias_type(symbol: TypeName) -> Type:
    """What an alias stands for."""
    return parse(symbol.same or symbol.expression)


def _named(texts: Iterable[str], symbols: dict[str, Symbol]) -> Iterator[str]:
    for text in texts:
        for name in words(parse(text)):
            if name in symbols:
                yield name


def _reached(
    start: Iterable[str], symbols: dict[str, Symbol], uses: dict[str, list[str]]
) -> frozenset[str]:
    todo = [*_named(start, symbols)]
    seen = set(todo)
    while todo:
        new = [n for n in uses[todo.pop()] if n not in seen]
        seen.update(new)
        todo += new
    return frozenset(seen)
