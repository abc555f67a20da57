"""Every name of generated packages that the suite relies on: modules, methods, attributes and annotations."""

from __future__ import annotations

import asyncio
import builtins
import collections.abc
import datetime
import decimal
import importlib
import inspect
import json
import pkgutil
import types
import typing
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

EXTRA = "additional_properties"
OPTIONS = (
    "body",
    "media_type",
    "accept",
)  # parameters of functions that are none of the document's

# Names that annotations may use without their module importing them when it runs.
_COMMON: dict[str, Any] = {
    **vars(typing),
    **vars(collections.abc),
    "dt": datetime,
    "UUID": uuid.UUID,
    "Decimal": decimal.Decimal,
}


def fold(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())


@attrs.frozen
class Field:
    """A property of a model."""

    attribute: str
    argument: str
    type: Any
    required: bool
    default: Any


@attrs.frozen
class Upload:
    """A file of a multipart body."""

    name: str
    content: bytes = attrs.field(repr=False)
    media_type: str | None

    @property
    def argument(self) -> tuple[Any, ...]:
        """As functions take it. Without a media type it is that of the document."""
        return attrs.astuple(self) if self.media_type else (self.name, self.content)


@attrs.define(eq=False)
class Package:
    """A generated package that can be imported, with the report of its generation."""

    name: str
    report: Path
    root: Any = attrs.field(init=False)
    models: Any = attrs.field(init=False)
    unset: Any = attrs.field(init=False)
    _functions: dict[tuple[str, str], str] = attrs.field(init=False)
    _classes: dict[str, str] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        report = json.loads(self.report.read_text(encoding="utf-8"))
        self._functions = {(o["method"], o["path"]): o["function"] for o in report["operations"]}
        self._classes = {s["pointer"].lstrip("#"): s["symbol"] for s in report["schemas"]}
        self.root = importlib.import_module(self.name)
        self.models = importlib.import_module(f"{self.name}.models")
        self.unset = self.root.UNSET
        for module in pkgutil.walk_packages(self.root.__path__, f"{self.name}."):
            importlib.import_module(module.name)  # all classes are subclasses of what they extend

    # Functions

    def function(self, method: str, path: str) -> Callable[..., Any]:
        function: Callable[..., Any] = self._load(self._functions[method, path])
        return function

    def parameter(self, function: Callable[..., Any], name: str) -> inspect.Parameter | None:
        """The function's parameter for the document's parameter of that name, if it has one."""
        own = {n: p for n, p in inspect.signature(function).parameters.items() if n not in OPTIONS}
        same = [p for n, p in own.items() if fold(n) == fold(name)]
        longer = [p for n, p in own.items() if fold(n).startswith(fold(name))]  # of equal names
        return next(iter(same + longer), None)

    def option(self, function: Callable[..., Any], name: str) -> inspect.Parameter | None:
        """One of OPTIONS, if the function has it."""
        return inspect.signature(function).parameters.get(name)

    def results(self, function: Callable[..., Any], accept: str | None) -> tuple[Any, Any]:
        """The annotations of a call's typed body, and of the items of its stream, with that argument `accept`."""
        for overload in typing.get_overloads(function):
            choice = inspect.signature(overload).parameters["accept"].annotation
            if accept in typing.get_args(self.resolve(choice, function.__module__)):
                function = overload
        call = self.resolve(inspect.signature(function).return_annotation, function.__module__)
        arguments = typing.get_args(call) or (Any,)
        return arguments[0], arguments[-1]

    # Types

    def class_at(self, pointer: str) -> Any:
        return self._load(self._classes[pointer]) if pointer in self._classes else None

    def resolve(self, annotation: Any, module: str | None = None) -> Any:
        """The type that an annotation stands for, aliases replaced. `module` is the name of that where it is."""
        while True:
            if isinstance(annotation, typing.ForwardRef):
                annotation = annotation.__forward_arg__
            if isinstance(annotation, str):
                # Annotations of the packages that this program has generated.
                annotation = eval(annotation, {"__builtins__": {}}, _Names(self, module))  # noqa: S307
            elif hasattr(annotation, "__value__"):  # type X = ...
                annotation = annotation.__value__
            elif typing.get_origin(annotation) is typing.Annotated:
                annotation = typing.get_args(annotation)[0]
            else:
                return annotation

    def members(self, annotation: Any, module: str | None = None) -> list[Any]:
        """The types of a union, else the one type."""
        kind = self.resolve(annotation, module)
        if typing.get_origin(kind) in (typing.Union, types.UnionType):
            return [k for member in typing.get_args(kind) for k in self.members(member, module)]
        return [kind]

    def is_unset(self, annotation: Any) -> bool:
        return annotation is type(self.unset)

    def is_model(self, annotation: Any) -> bool:
        return isinstance(annotation, type) and attrs.has(annotation)

    def fields(self, cls: Any) -> dict[str, Field]:
        """The properties of a model, by their names in JSON."""
        fields = {}
        for f in attrs.fields(cls):
            if f.name != EXTRA:
                annotation = self.resolve(f.type, self._home(cls, f.name))
                optional = any(map(self.is_unset, self.members(annotation)))
                constant = f.default is not self.unset and not optional
                name = f.metadata.get("json_name", f.name)
                required = f.default is attrs.NOTHING or constant
                fields[name] = Field(f.name, f.alias, annotation, required, f.default)
        return fields

    def extra_type(self, cls: Any) -> Any:
        """The type of the properties that a model does not name; None where it keeps none."""
        for f in attrs.fields(cls):
            if f.name == EXTRA:
                return typing.get_args(self.resolve(f.type, self._home(cls, EXTRA)))[-1]
        return None

    def _home(self, cls: Any, name: str) -> str:
        """The module of the class that declares a field."""
        classes: tuple[type, ...] = cls.__mro__
        return next(c for c in classes if name in inspect.get_annotations(c)).__module__

    def subclasses(self, cls: type[Any]) -> Iterator[type[Any]]:
        """The class and all that extend it."""
        yield cls
        for heir in cls.__subclasses__():
            yield from self.subclasses(heir)

    def encode(self, value: Any) -> Any:
        """The JSON object of a model; None for any other value."""
        return value.to_dict() if self.is_model(type(value)) else None

    # Clients

    def credential(self, scheme: str, value: str) -> dict[str, str]:
        """The client's option for a security scheme."""
        return {self.root.Client.SCHEMES[scheme].option: value}

    def send(self, call: Any, asynchronous: bool, options: Mapping[str, Any]) -> Any:
        """The response, whatever its status."""
        if not asynchronous:
            with self.root.Client(**options) as client:
                return client.send_raw(call)

        async def send() -> Any:
            async with self.root.AsyncClient(**options) as client:
                return await client.send_raw(call)

        return asyncio.run(send())

    def stream(self, call: Any, asynchronous: bool, options: Mapping[str, Any]) -> list[Any]:
        """All items of a streamed response."""
        if not asynchronous:
            with self.root.Client(**options) as client, client.stream(call) as stream:
                return list(stream)

        async def collect() -> list[Any]:
            async with (
                self.root.AsyncClient(**options) as client,
                client.stream(call) as stream,
            ):
                return [item async for item in stream]

        return asyncio.run(collect())

    def _load(self, dotted: str) -> Any:
        module, _, name = dotted.rpartition(".")
        return getattr(importlib.import_module(module), name)


class _Names(dict[str, Any]):
    """The names that an annotation can use."""

    def __init__(self, package: Package, module: str | None) -> None:
        self.places = [vars(importlib.import_module(module))] if module else []
        self.models, self.root = package.models, package.root

    def __missing__(self, name: str) -> Any:
        for place in self.places:
            if name in place:
                return place[name]
        for owner in (self.models, self.root):
            if hasattr(owner, name):
                return getattr(owner, name)
        if name in _COMMON:
            return _COMMON[name]
        return getattr(builtins, name)
