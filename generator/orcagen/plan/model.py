"""The plan: everything that the templates write, as plain data. All names and all decisions are in it."""

from __future__ import annotations

from typing import Any, Literal

from attrs import field, frozen


@frozen
class Uses:
    """What a module's annotations need: models, words of the vocabulary (`dt`, `UUID`, ...) and typed dicts."""

    models: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    dicts: tuple[str, ...] = ()


@frozen
class Field:
    """One attribute of a model. `default` is Python text, "" for none; `alias` the argument's name where attrs would
    choose another."""

    name: str
    wire: str
    annotation: str
    default: str
    description: str
    alias: str | None = None
    pattern: str | None = None  # tells the model from the others of a union


@frozen
class Model:
    """A class. `additional` is the type of unknown properties, None for any; `inherited` the names of the fields that
    its base has."""

    symbol: str
    pointer: str
    description: str
    fields: tuple[Field, ...]
    additional: str | None
    base: str = "ApiModel"
    inherited: tuple[str, ...] = ()

    @property
    def own(self) -> tuple[Field, ...]:
        """The fields that are written in it."""
        return tuple(f for f in self.fields if f.name not in self.inherited)


@frozen
class TypeName:
    """An alias. `same` names the model or alias that it equals; otherwise `expression` is its type. A `base` is written
    as a class that the members of the type extend."""

    symbol: str
    pointer: str
    description: str
    expression: str
    same: str | None = None
    same_module: str = ""
    same_is_model: bool = False
    tag: str | None = None
    tags: dict[str, str] = field(factory=dict)
    base: bool = False

    @property
    def is_union(self) -> bool:
        """Whether its codec tells the members apart by more than their types."""
        return self.tag is not None or self.base


@frozen
class ModelModule:
    name: str
    models: tuple[Model, ...]
    aliases: tuple[TypeName, ...]
    uses: Uses


@frozen
class Argument:
    """A parameter of an endpoint function. `value` is the text that goes into the call."""

    name: str
    wire: str
    location: Literal["path", "query", "querystring", "header", "cookie"]
    annotation: str
    required: bool
    value: str
    description: str


@frozen
class BodyWay:
    """How a body is written as one media type: Python text with the name `body` in it."""

    media_type: str
    value: str


@frozen
class BodyArgument:
    annotation: str
    required: bool
    description: str
    ways: tuple[BodyWay, ...]
    media_types: tuple[
        str, ...
    ]  # to choose from, with the keyword media_type; () where there is no choice


@frozen
class StreamPart:
    item: str
    expression: str
    framing: Literal["sse", "jsonl", "json-seq"]
    events: bool


@frozen
class Function:
    """An operation. `answers` is as in `Call`; `result` the type of the success body."""

    name: str
    method: str
    path: str
    path_key: str
    pointer: str
    summary: str
    description: str
    deprecated: bool
    arguments: tuple[Argument, ...]
    body: BodyArgument | None
    answers: dict[str, str | dict[str, str] | None]
    responses: dict[str, Any]  # the same as expressions
    statuses: dict[str, str]
    result: str
    stream: StreamPart | None
    security: tuple[tuple[str, ...], ...]
    server: str | None


@frozen
class ApiModule:
    name: str
    tag: str
    description: str
    functions: tuple[Function, ...]
    uses: Uses
    calls: tuple[str, ...]  # names of the runtime's call module that are used
    forms: tuple[str, ...]
    styles: bool = False  # whether a parameter has another style than the default one


@frozen
class Option:
    """A keyword of the client that holds a credential."""

    name: str
    annotation: str
    description: str


@frozen
class SchemePlan:
    key: str
    option: str
    place: str
    name: str


@frozen
class ServerPlan:
    url: str
    variables: dict[str, tuple[str, tuple[str, ...]]]
    description: str


@frozen
class Table:
    """A data file as a module: `type_` says how its content is read."""

    name: str
    symbol: str
    description: str
    data: Any
    source: str


@frozen
class Package:
    name: str
    title: str
    version: str
    description: str
    source: str
    models: tuple[ModelModule, ...]
    apis: tuple[ApiModule, ...]
    options: tuple[Option, ...]
    schemes: tuple[SchemePlan, ...]
    servers: tuple[ServerPlan, ...]
    tables: tuple[Table, ...]
    dicts: dict[str, Any]  # schemas of the typed dicts, by name
    openapi_version: str
    schemas: dict[
        str, str
    ]  # JSON pointer of each component schema, and the symbol that stands for it
