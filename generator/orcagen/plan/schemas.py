"""Models and aliases: what the modules of `models/` hold."""

from __future__ import annotations

from attrs import evolve

from orcagen.plan import names
from orcagen.plan.model import Field, Model, ModelModule, TypeName, Uses
from orcagen.plan.symbols import Symbols, Writer, same_as
from orcagen.plan.text import (
    constraints_text,
    default_text,
    full_stop,
    literal,
    prose,
    sentence,
    value_names_text,
)
from orcagen.schema import (
    Alias,
    Definition,
    Key,
    ObjectType,
    Property,
    Type,
    TypeGraph,
    TypeRef,
    UnionType,
    union_members,
)


def model_modules(graph: TypeGraph, symbols: Symbols) -> tuple[ModelModule, ...]:
    chosen_by_pattern = _chosen_by_pattern(graph)
    by_module: dict[str, list[Key]] = {}
    for key, module in symbols.module.items():
        named = graph.named[key]
        same = same_as(named) if isinstance(named, Alias) else None
        if same is None or symbols.symbol[same] != symbols.symbol[key]:
            by_module.setdefault(module, []).append(key)
    return tuple(
        _module(name, by_module[name], graph, symbols, chosen_by_pattern)
        for name in sorted(by_module)
    )


def _module(
    name: str, keys: list[Key], graph: TypeGraph, symbols: Symbols, by_pattern: set[tuple[Key, str]]
) -> ModelModule:
    own = {symbols.symbol[k] for k in keys}
    annotations, expressions = Writer(symbols), Writer(symbols, quoted=True)
    models: dict[Key, Model] = {}
    aliases: dict[Key, TypeName] = {}
    components = set(graph.components)
    for key in sorted(keys, key=lambda k: (k not in components, symbols.symbol[k])):
        named = graph.named[key]
        if isinstance(named, ObjectType):
            models[key] = _model(named, symbols.symbol[key], annotations, by_pattern)
        else:
            aliases[key] = _alias(named, symbols, expressions, graph)
    bases: list[Model] = []
    for key, alias in aliases.items():
        if base := _base(graph.named[key], alias, models):
            bases.append(base)
            aliases[key] = evolve(alias, base=True)
    same = {a.same for a in aliases.values() if a.same}
    used = (annotations.models | expressions.models) - own - same
    uses = Uses(tuple(sorted(used)), tuple(sorted(annotations.words | expressions.words)))
    return ModelModule(
        name, (*bases, *models.values()), tuple(_in_order([*aliases.values()])), uses
    )


def _base(named: Definition, alias: TypeName, models: dict[Key, Model]) -> Model | None:
    """The class that the members of a union extend, where they can: what it has is taken out of them."""
    if not isinstance(named, Alias) or not named.common:
        return None
    keys = [m.key for m in union_members(named.type) if isinstance(m, TypeRef)]
    members = [models[k] for k in keys]
    fields = tuple(
        f
        for f in members[0].fields
        if f.wire in named.common and all(f in m.fields for m in members)
    )
    if not fields:
        return None
    inherited = tuple(f.name for f in fields)
    for key in keys:
        models[key] = evolve(models[key], base=alias.symbol, inherited=inherited)
    description = alias.description or _words(alias.symbol)
    return Model(alias.symbol, alias.pointer, description, fields, None)


def _chosen_by_pattern(graph: TypeGraph) -> set[tuple[Key, str]]:
    """The properties whose patterns tell the records of a union apart: several of them have it, with other patterns."""
    types = [a.type for a in graph.named.values() if isinstance(a, Alias) and not a.discriminator]
    types += [
        p.type for r in graph.named.values() if isinstance(r, ObjectType) for p in r.properties
    ]
    types += graph.types.values()
    out: set[tuple[Key, str]] = set()
    for type_ in types:
        if not isinstance(type_, UnionType):
            continue
        records = [r for r in leaves(graph, type_) if isinstance(r, ObjectType)]
        patterns: dict[str, dict[Key, str]] = {}
        for record in records:
            for p in record.properties:
                if p.pattern is not None and p.required:
                    patterns.setdefault(p.name, {})[record.key] = p.pattern
        for name, found in patterns.items():
            if len(set(found.values())) > 1:
                out |= {(key, name) for key in found}
    return out


def _in_order(aliases: list[TypeName]) -> list[TypeName]:
    """Other names of an alias come after it."""
    return sorted(aliases, key=lambda a: a.same is not None)


def _alias(alias: Alias, symbols: Symbols, writer: Writer, graph: TypeGraph) -> TypeName:
    symbol = symbols.symbol[alias.key]
    values = value_names_text(alias.value_names)
    description = prose(f"{alias.description or alias.title}\n\n{values}")
    if (same := same_as(alias)) is not None:
        return TypeName(
            symbol,
            alias.pointer,
            description,
            "",
            same=symbols.symbol[same],
            same_module=symbols.module[same],
            same_is_model=isinstance(graph.named[same], ObjectType),
        )
    tags = {tag: symbols.symbol[key] for tag, key in alias.mapping.items() if key in symbols.symbol}
    return TypeName(
        symbol,
        alias.pointer,
        description,
        writer.write(alias.type),
        tag=alias.discriminator,
        tags=tags,
    )


def _model(
    record: ObjectType, symbol: str, writer: Writer, by_pattern: set[tuple[Key, str]]
) -> Model:
    taken = names.ATTRIBUTES
    chosen = names.unique(
        names.with_signs(
            {
                p.name: (p.name, names.harmless(names.snake(p.name), taken))
                for p in record.properties
            }
        )
    )
    fields = tuple(
        _field(p, chosen[p.name], writer, (record.key, p.name) in by_pattern)
        for p in record.properties
    )
    additional = None
    if record.additional_properties is not None:
        additional = writer.write(record.additional_properties)
    description = prose(record.description or record.title) or _words(symbol)
    return Model(symbol, record.pointer, description, fields, additional)


def _words(symbol: str) -> str:
    """A class's name as a sentence."""
    return " ".join(names.chunks(" ".join(names.snake(symbol).split("_")))).capitalize() + "."


def _field(p: Property, name: str, writer: Writer, by_pattern: bool) -> Field:
    annotation, default = writer.write(p.type), ""
    if not p.required:
        annotation, default = f"{annotation} | Unset" if annotation != "Any" else "Any", "UNSET"
        if annotation == "Any":
            writer.words.add("Any")
    elif p.read_only:
        default = "SERVER_SET"
    elif p.constant is not None:
        default = literal(p.constant)
    alias = name if name.startswith("_") else None
    return Field(
        name, p.name, annotation, default, _about(p), alias, p.pattern if by_pattern else None
    )


def _about(p: Property) -> str:
    """One paragraph about a property: its description, limits and default."""
    parts = [full_stop(sentence(p.description)), sentence(value_names_text(p.value_names))]
    if p.deprecated:
        parts.append("Deprecated.")
    if p.read_only:
        parts.append("Set by the server.")
    if p.write_only:
        parts.append("Never in an answer.")
    parts.append(constraints_text(p.constraints))
    parts.append(default_text(p.default, p.description))
    return " ".join(part for part in parts if part)


def is_model(graph: TypeGraph, type_: Type) -> bool:
    """Whether values of a type are written as JSON objects that a caller may give as a plain mapping."""
    return isinstance(type_, TypeRef) and any(
        isinstance(t, ObjectType) for t in leaves(graph, type_)
    )


def leaves(graph: TypeGraph, type_: Type) -> list[Type | ObjectType]:
    """What a type can be: aliases followed, unions taken apart."""
    out: list[Type | ObjectType] = []
    todo, seen = [type_], set()
    while todo:
        one = todo.pop(0)
        if isinstance(one, UnionType):
            todo += one.members
        elif isinstance(one, TypeRef):
            named = graph.named[one.key]
            if isinstance(named, ObjectType):
                out.append(named)
            elif one.key not in seen:
                seen.add(one.key)
                todo.append(named.type)
        else:
            out.append(one)
    return out
