"""The plan of one package: its functions in one list, its classes and aliases by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from attrs import frozen

from orcagen.plan.model import Function, ModelClass, ModelType, Package, Type, TypeAliasPlan
from orcagen.render.types import walk

Symbol: TypeAlias = ModelClass | TypeAliasPlan


@frozen
class ApiFunction:
    """A function of `api/` with the name of its module."""

    module: str
    function: Function

    @property
    def name(self) -> str:
        return f"{self.module}.{self.function.name}"

    @property
    def required_arguments(self) -> str:
        """The required arguments, written as in a signature."""
        names = [a.name for a in self.function.arguments if a.required]
        if self.function.body and self.function.body.required:
            names += ["*", "body"]
        return ", ".join(names)

    @property
    def signature(self) -> str:
        return f"{self.name}({self.required_arguments})"

    def request_types(self) -> list[Type]:
        body = [self.function.body.type] if self.function.body else []
        return [a.type for a in self.function.arguments] + body

    def response_types(self) -> dict[tuple[str, str], Type]:
        """The types of all responses, those of errors included, by status and media type."""
        types = {("result", ""): self.function.result}
        for response in self.function.responses:
            types |= {(response.status, m): t for m, t in response.content.items()}
        if self.function.stream:
            types["stream", ""] = self.function.stream.item_type
        return types


@frozen
class PackageIndex:
    """`symbols` are the classes and aliases of `models/`.

    `in_requests` and `in_responses` are the names of those that occur in requests and in responses, directly or inside
    others. Those that occur in neither (payloads of webhooks, types of tables, unused schemas) can only be read: they
    count as parts of responses.
    """

    package: Package
    functions: tuple[ApiFunction, ...]
    symbols: dict[str, Symbol]
    in_requests: frozenset[str]
    in_responses: frozenset[str]

    @classmethod
    def build(cls, package: Package) -> PackageIndex:
        functions = tuple(ApiFunction(a.name, f) for a in package.apis for f in a.functions)
        symbols: dict[str, Symbol] = {}
        for module in package.models:
            symbols |= {c.symbol: c for c in module.classes}
            symbols |= {a.symbol: a for a in module.aliases}
        uses = {name: list(_find_symbols(_inner_types(s))) for name, s in symbols.items()}
        in_requests = _reach((t for f in functions for t in f.request_types()), uses)
        in_responses = _reach((t for f in functions for t in f.response_types().values()), uses)
        unused = symbols.keys() - in_requests - in_responses
        return cls(package, functions, symbols, in_requests, in_responses | unused)

    def resolve(self, name: str) -> Symbol | None:
        """The class or alias of this name; for an alias that is only another name of a symbol, that symbol."""
        seen = set()
        symbol = self.symbols.get(name)
        while isinstance(symbol, TypeAliasPlan) and symbol.alias_of and symbol.alias_of not in seen:
            seen.add(symbol.alias_of)
            symbol = self.symbols.get(symbol.alias_of)
        return symbol

    def find_class(self, name: str) -> ModelClass | None:
        """The class of this name, or of which this is another name; None for a union, with or without a base class."""
        symbol = self.resolve(name)
        return symbol if isinstance(symbol, ModelClass) and symbol.variants is None else None

    def aliased_types(self) -> dict[str, Type]:
        """What each alias and each base class of a union stands for."""
        types = ((name, aliased_type(symbol)) for name, symbol in self.symbols.items())
        return {name: type_ for name, type_ in types if type_ is not None}

    def find_aliased_type(self, name: str) -> Type | None:
        """Like `aliased_type`, for the symbol of which this is only another name."""
        symbol = self.resolve(name)
        return aliased_type(symbol) if symbol else None


def aliased_type(symbol: Symbol) -> Type | None:
    """The type that an alias stands for, and the union that has a class as its base; None for any other class."""
    return symbol.variants if isinstance(symbol, ModelClass) else symbol.type


def _inner_types(symbol: Symbol) -> Iterator[Type]:
    type_ = aliased_type(symbol)
    if type_ is not None:
        yield type_
        if symbol.discriminator:
            yield from map(ModelType, symbol.discriminator.mapping.values())
    elif isinstance(symbol, ModelClass):
        yield from (f.type for f in symbol.fields)
        if symbol.additional_properties is not None:
            yield symbol.additional_properties


def _find_symbols(types: Iterable[Type]) -> Iterator[str]:
    for type_ in types:
        for part in walk(type_):
            if isinstance(part, ModelType):
                yield part.symbol


def _reach(start: Iterable[Type], uses: dict[str, list[str]]) -> frozenset[str]:
    """The symbols in some types, and all that they use."""
    todo = list(_find_symbols(start))
    reached = set(todo)
    while todo:
        new = set(uses[todo.pop()]) - reached
        reached |= new
        todo += new
    return frozenset(reached)
